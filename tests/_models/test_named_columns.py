"""Frames with other columns and in other order, for models that find theirs by name."""

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

import skdime
from skdime import Disentangler, LocalExplainer
from skdime._models.columns_read import columns_read
from skdime._models.named_columns import names_searched, takes_any_order
from tests._data import assert_same_numbers

pd = pytest.importorskip("pandas")

# What the model is fitted on; it does not read `key`.
FITTED = ["key", "a", "b", "c", "d"]
NUMBERS = np.random.RandomState(0).normal(size=(60, 5))
X = pd.DataFrame(NUMBERS, columns=FITTED)
Y = X["a"] * X["c"] + X["b"]
TWO = {"p": ["a", "b"], "q": ["c", "d"]}
# Read by position and by name.
READS = [[1, 2, 3, 4], list("abcd"), slice("a", "d")]


def pipeline(last, columns=READS[1]):
    scaler = make_column_transformer((StandardScaler(), columns))
    return make_pipeline(scaler, last).fit(X, Y)


@pytest.fixture(scope="module")
def trees():
    return pipeline(RandomForestRegressor(5, random_state=0))


@pytest.fixture(scope="module", params=["trees", "another model"])
def model(request, trees):
    return trees if request.param == "trees" else pipeline(SVR())


FRAMES = {
    "with a target": X.assign(target=Y)[["target", *FITTED]],
    "without what is not read": X[list("abcd")],
    "in other order": X[list("dbca")].assign(target=Y),
}


def decomposition(model, frame):
    if not callable(model):
        model = FrozenEstimator(model)
    disentangler = Disentangler(model, TWO, n_references=20, random_state=0)
    return disentangler.fit(frame).decompose(frame[:3])


@pytest.mark.parametrize("frame", FRAMES)
def test_frames_that_the_model_takes(model, frame):
    frame = FRAMES[frame]
    assert (model.predict(frame) == model.predict(X)).all()
    found, expected = decomposition(model, frame), decomposition(model, X[list("abcd")])
    np.testing.assert_array_equal(found.main, expected.main)
    # the shorter way is taken, and it is right
    assert found.n_model_rows == expected.n_model_rows
    assert found.n_encodings == expected.n_encodings > 0
    read = frame[[name for name in frame.columns if name in "abcd"]]  # in this order
    function = decomposition(model.predict, read)
    np.testing.assert_allclose(found.main, function.main, atol=1e-10)


@pytest.mark.parametrize("frame", FRAMES)
def test_explanations_of_frames(trees, frame):
    frame = FRAMES[frame]
    found = skdime.explain(trees, frame, TWO, rows=frame[:3], random_state=0)
    few = X[list("abcd")]
    expected = skdime.explain(trees, few, TWO, rows=few[:3], random_state=0)
    assert_same_numbers(found, expected)
    assert found.feature_names.tolist() == list("abcd")


def test_every_column_that_is_read_is_a_modality(trees):
    frame = FRAMES["with a target"]
    found = skdime.explain(trees, frame, rows=frame[:2], random_state=0)
    assert found.modality_names.tolist() == list("abcd")


def test_columns_in_a_modality_stay_though_nothing_reads_them(trees):
    modalities = {"p": ["a", "b", "key"], "q": ["c", "d"]}
    found = skdime.explain(trees, X, modalities, rows=X[:2], random_state=0)
    assert (found.sel(feature="key") == 0).all()
    with pytest.raises(ValueError, match=r"Column 'd' belongs to no modality"):
        skdime.explain(trees, X, {"p": ["a", "b"], "q": ["c"]})


@pytest.mark.parametrize("columns", READS)
@pytest.mark.parametrize("frame", FRAMES)
def test_columns_read_of_a_frame(columns, frame):
    names = list(FRAMES[frame].columns)
    read = columns_read(pipeline(LinearRegression(), columns), len(names), names)
    assert [name for name, r in zip(names, read, strict=True) if r] == [
        name for name in names if name in "abcd"
    ]


def test_rows_to_explain_are_aligned(trees):
    disentangler = Disentangler(FrozenEstimator(trees), TWO, n_references=20)
    explainer = LocalExplainer(disentangler, random_state=0).fit(X)
    frame = FRAMES["in other order"]
    assert_same_numbers(explainer.explain(frame[:3]), explainer.explain(X[:3]))
    assert explainer.feature_names_in_.tolist() == list("abcd")


class TestWhoFindsColumnsByName:
    def test_a_column_transformer(self):
        model = pipeline(LinearRegression())
        search = GridSearchCV(model, {}, cv=2).fit(X, Y)
        for each in (model, FrozenEstimator(model), search, make_pipeline(model)):
            assert names_searched(each) == FITTED
            assert takes_any_order(each)

    def test_other_estimators_refuse(self):
        model = make_pipeline(StandardScaler(), LinearRegression()).fit(X, Y)
        assert names_searched(model) is None
        assert not takes_any_order(model)

    def test_functions_and_models_of_arrays_know_no_names(self):
        for each in (len, LinearRegression().fit(NUMBERS, Y)):
            assert names_searched(each) is None
            assert takes_any_order(each)
