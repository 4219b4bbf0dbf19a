"""State without frames, for skops and for MLflow, which saves by skops."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skdime import Disentangler, LocalExplainer
from skdime._estimators.portable_state import Pairs
from skdime._rows.portable import Portable
from tests._data import assert_same_numbers

pd = pytest.importorskip("pandas")

RNG = np.random.RandomState(0)
X = pd.DataFrame(
    {
        "age": RNG.randint(20, 90, 60),
        "ward": pd.Categorical(RNG.choice(["A", "B"], 60)),
        "lactate": RNG.gamma(2, 1, 60),
    },
    index=[f"patient {i}" for i in range(60)],
)
Y = X["age"] / 30 + (X["ward"] == "A") * X["lactate"]
TWO = {"chart": ["age", "ward"], "lab": ["lactate"]}


def fitted(last):
    encoder = make_column_transformer(
        (OneHotEncoder(), ["ward"]), remainder="passthrough"
    )
    model = FrozenEstimator(make_pipeline(encoder, last).fit(X, Y))
    disentangler = Disentangler(model, TWO, n_references=20, random_state=0)
    return LocalExplainer(disentangler, n_samples=40, random_state=0).fit(X)


@pytest.fixture(
    scope="module",
    params=[RandomForestRegressor(3, random_state=0), LinearRegression()],
    ids=["leaves", "draws"],
)
def explainer(request):
    return fitted(request.param)


def inside(thing, seen=None):
    """Everything that a state holds."""
    seen = {} if seen is None else seen
    if id(thing) in seen:
        return
    seen[id(thing)] = thing
    yield thing
    parts = []
    if isinstance(thing, dict):
        parts = [*thing, *thing.values()]
    elif isinstance(thing, (list, tuple)):
        parts = thing
    elif type(thing).__module__.startswith("skdime"):
        parts = list(vars(thing).values()) if hasattr(thing, "__dict__") else []
    for part in parts:
        yield from inside(part, seen)


def test_state_has_no_frames(explainer):
    things = list(inside(explainer.__getstate__()))
    assert any(isinstance(thing, Portable) for thing in things)
    assert not any(isinstance(thing, (pd.DataFrame, pd.Series)) for thing in things)
    for thing in things:
        if type(thing) is dict:
            assert all(isinstance(key, (str, int)) for key in thing)
    # what the estimator has stays as it is
    assert isinstance(explainer.disentangler_.references_, pd.DataFrame)
    pd.testing.assert_frame_equal(
        explainer.disentangler_.references_, explainer.disentangler_.references_
    )


def test_an_estimator_of_its_state(explainer):
    again = LocalExplainer.__new__(LocalExplainer)
    state = explainer.__getstate__()
    again.__setstate__(state)
    assert not [t for t in inside(vars(again)) if isinstance(t, (Portable, Pairs))]
    assert_same_numbers(again.explain(X[:3]), explainer.explain(X[:3]))
    references = explainer.disentangler_.references_
    pd.testing.assert_frame_equal(again.disentangler_.references_, references)


def test_pickle_and_copies_keep_frames(explainer):
    state = explainer.__reduce_ex__(4)[2]
    assert not [thing for thing in inside(state) if isinstance(thing, Portable)]
    for again in (pickle.loads(pickle.dumps(explainer)), copy.deepcopy(explainer)):
        assert_same_numbers(again.explain(X[:3]), explainer.explain(X[:3]))


def test_skops(explainer):
    skops = pytest.importorskip("skops.io")
    for each in (explainer, explainer.disentangler_):
        data = skops.dumps(each)
        types = skops.get_untrusted_types(data=data)
        assert all(name.startswith(("skdime.", "sklearn.", "numpy.")) for name in types)
        again = skops.loads(data, trusted=types)
        np.testing.assert_array_equal(again.transform(X[:3]), each.transform(X[:3]))


def test_mlflow(explainer, tmp_path):
    mlflow = pytest.importorskip("mlflow.sklearn")
    skops = pytest.importorskip("skops.io")
    types = skops.get_untrusted_types(data=skops.dumps(explainer))
    options = {"serialization_format": "skops", "skops_trusted_types": types}
    mlflow.save_model(explainer, tmp_path / "model", **options)
    again = mlflow.load_model(tmp_path / "model")
    assert_same_numbers(again.explain(X[:3]), explainer.explain(X[:3]))
