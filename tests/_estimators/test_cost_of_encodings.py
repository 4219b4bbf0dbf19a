"""What encoders are given: told before, counted after, against their own count."""

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer
from sklearn.svm import SVR

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.models import TowersModel
from skdime.perturbers import (
    ImagePerturber,
    MaskedTabularPerturber,
    SeriesPerturber,
    TabularPerturber,
    TextPerturber,
)

pytestmark = pytest.mark.filterwarnings("ignore:budget=")

RNG = np.random.RandomState(0)
WORDS = ["ash", "birch", "cedar", "elm", "fir", "oak"]
N = 30
DATA = {
    "image": RNG.normal(size=(N, 6, 6)),
    "note": [" ".join(RNG.permutation(WORDS)[:3]) for _ in range(N)],
    "table": RNG.normal(size=(N, 3)),
    "series": RNG.normal(size=(N, 12)),
}
PERTURBERS = {
    "image": ImagePerturber((2, 2), replacement="mean"),
    "note": TextPerturber(),
    "series": SeriesPerturber(3),
}


class Counted:
    """An encoder that counts the rows it is given."""

    def __init__(self, function):
        self.function, self.n_rows = function, 0

    def __call__(self, rows):
        self.n_rows += len(rows)
        return self.function(rows)


def flat(rows):
    return np.tanh(np.asarray(rows, dtype=float).reshape(len(rows), -1)[:, :2])


def read(notes):
    return np.array([[note.count("a"), len(note)] for note in notes]) / 9


def product(*encoded):
    return np.prod([np.asarray(each)[:, :2] for each in encoded], axis=0).sum(axis=1)


def towers(keys, passed_on=()):
    encoders = {key: Counted(read if key == "note" else flat) for key in keys}
    return TowersModel(encoders | dict.fromkeys(passed_on, "passthrough"), product)


def n_given(model):
    return sum(getattr(encoder, "n_rows", 0) for encoder in model.encoders.values())


def explainer_of(model, perturbers=(), n_references=8, **params):
    named = [(key, PERTURBERS[key]) for key in model.encoders if key in PERTURBERS]
    dis = Disentangler(model, n_references=n_references, random_state=0)
    params = {"n_samples": 40, "random_state": 0} | params
    return LocalExplainer(dis, [*named, *perturbers], **params)


BENT = [("table", TabularPerturber(effects="shapley"))]
CASES = {
    "masks": ({"keys": ["image", "note"]}, {}),
    "many masks": ({"keys": ["image", "note", "series"]}, {"n_samples": 10}),
    "passed on": ({"keys": ["note"], "passed_on": ["table"]}, {}),
    "draws": ({"keys": ["table", "note"]}, {}),
    "draws of many": ({"keys": ["table", "note"]}, {"n_samples": 300}),
    "draws auto": ({"keys": ["table", "note"]}, {"n_samples": "auto"}),
    "bent": ({"keys": ["table", "note"]}, {"perturbers": BENT}),
    "coalitions": (
        {"keys": ["table", "note"]},
        {"perturbers": BENT, "algorithm": "coalitions"},
    ),
    "exhaustive": ({"keys": ["table", "note"]}, {"algorithm": "exhaustive"}),
    "masked table": (
        {"keys": ["table", "image"]},
        {"perturbers": [("table", MaskedTabularPerturber())]},
    ),
    "budget": ({"keys": ["table", "note"]}, {"budget": 1500}),
    "shapley": (
        {"keys": ["table", "image"]},
        {"perturbers": BENT, "attribution": "shapley"},
    ),
    "auto references": ({"keys": ["image", "note"]}, {"n_references": "auto"}),
}


@pytest.mark.parametrize("case", CASES)
def test_encodings_are_told_before_and_counted_after(case):
    options, params = CASES[case]
    model = towers(**options)
    X = MultimodalArray({key: DATA[key] for key in model.encoders})
    rows, explainer = X[:2], explainer_of(model, **params)
    before = explainer.cost(rows, n_fit=N)
    assert n_given(model) == 0
    explainer.fit(X)
    in_fit = n_given(model)
    assert 0 < in_fit == explainer.n_encodings_ <= before.fit_encodings
    after = explainer.cost(rows)
    assert n_given(model) == in_fit == after.expected_fit_encodings
    found = explainer.explain(rows)
    in_explain = n_given(model) - in_fit
    assert 0 < in_explain == found.n_encodings <= after.explain_encodings
    assert after.explain_encodings <= before.explain_encodings
    assert after.expected_explain_encodings <= after.explain_encodings
    again = explainer.cost(rows, explained=found)
    assert again.expected_explain_encodings == max(
        in_explain, after.phases[-2].expected_encodings
    )


def test_encodings_that_are_told_are_near_those_of_masks():
    model = towers(["image", "note"])
    X = MultimodalArray({key: DATA[key] for key in model.encoders})
    explainer = explainer_of(model).fit(X)
    cost = explainer.cost(X[:2])
    # of each row itself and all masks of 4 segments or 3 words, and references once
    assert cost.explain_encodings == 2 * (1 + 16) + 2 * (1 + 8) + 2 * 8
    # 8 references, checked twice, and the empty text that all notes become
    assert explainer.n_encodings_ == 2 * (8 + 8) + 1
    assert cost.phases[0].expected_encodings == explainer.disentangler_.n_encodings_
    lines = [line.split() for line in repr(cost).splitlines()]
    assert ["Encodings", "expected", "at", "most"] in lines
    assert [
        "explain",
        f"{cost.expected_explain_encodings}",
        f"{cost.explain_encodings}",
    ] in lines
    assert "Encodings" in cost._repr_html_()


def test_an_explainer_that_is_loaded_encodes_references_again():
    model = towers(["image", "note"])
    X = MultimodalArray({key: DATA[key] for key in model.encoders})
    explainer = pickle.loads(pickle.dumps(explainer_of(model).fit(X)))
    cost = explainer.cost(X[:2])
    found = explainer.explain(X[:2])
    assert found.n_encodings <= cost.explain_encodings
    new = explainer.disentangler_.estimator_
    assert found.n_encodings == n_given(new) - explainer.n_encodings_


def test_encodings_of_a_frozen_disentangler_are_not_spent_again():
    model = towers(["image", "note"])
    X = MultimodalArray({key: DATA[key] for key in model.encoders})
    whole = explainer_of(model).fit(X)
    frozen = LocalExplainer(
        FrozenEstimator(whole.disentangler_), whole.perturbers, n_samples=40
    )
    before, n_before = frozen.cost(X[:2]), n_given(model)
    frozen.fit(X)
    assert frozen.n_encodings_ == n_given(model) - n_before <= before.fit_encodings


@pytest.mark.parametrize("outputs", ["predicted", [[0], [0]]])
def test_encodings_of_asking_for_outputs_count(outputs):
    model = towers(["image", "note"])
    X = MultimodalArray({key: DATA[key] for key in model.encoders})
    explainer = explainer_of(model).fit(X)
    n_before = n_given(model)
    found = explainer.explain(X[:2], outputs=outputs)
    assert found.n_encodings == n_given(model) - n_before
    parts = explainer.disentangler_.decompose(X[2:4], outputs=outputs)
    assert parts.n_encodings == n_given(model) - n_before - found.n_encodings
    pairs = explainer.explain_pairs(X[4:6])
    n_before += found.n_encodings + parts.n_encodings
    assert pairs.n_encodings == n_given(model) - n_before > 0


class Slow(TransformerMixin, BaseEstimator):
    """Tells what it was given; `transforms_row_by_row` is set by a subclass."""

    n_rows = 0

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        type(self).n_rows += len(X)
        return np.tanh(X)


class SlowOnce(Slow):
    transforms_row_by_row = True


@pytest.mark.parametrize("kind", [SplineTransformer, SlowOnce])
@pytest.mark.parametrize("algorithm", ["auto", "coalitions"])
def test_encodings_of_fitted_pipelines_are_told(kind, algorithm):
    X = RNG.normal(size=(60, 5))
    first = ColumnTransformer([("a", kind(), [0, 1]), ("b", kind(), [2, 3, 4])])
    model = make_pipeline(first, SVR()).fit(X, X[:, 0] * X[:, 2])
    dis = Disentangler(
        FrozenEstimator(model),
        [("a", [0, 1]), ("b", [2, 3, 4])],
        n_references=10,
        random_state=0,
    )
    perturbers = [(name, TabularPerturber(effects="shapley")) for name in ("a", "b")]
    explainer = LocalExplainer(
        dis, perturbers, n_samples=60, algorithm=algorithm, random_state=0
    )
    before = explainer.cost(X[:3], n_fit=60)
    cost = explainer.fit(X).cost(X[:3])
    found = explainer.explain(X[:3])
    assert found.n_encodings <= before.explain_encodings
    assert explainer.n_encodings_ <= before.fit_encodings
    assert 0 < found.n_encodings <= cost.explain_encodings
    assert 0 < explainer.n_encodings_ == cost.expected_fit_encodings
    assert cost.expected_fit_encodings <= cost.fit_encodings


def test_encodings_of_pipelines_that_are_fitted_only_then_are_told_after_fit():
    X = RNG.normal(size=(60, 5))
    model = make_pipeline(SplineTransformer(), SVR())
    dis = Disentangler(model, [("a", [0, 1]), ("b", [2, 3, 4])], n_references=10)
    assert LocalExplainer(dis).cost(X[:3]).fit_encodings == 0
