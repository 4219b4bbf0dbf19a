"""Rows in a dict, or a class like one: the model gets them in that class again."""

from collections import OrderedDict, UserDict

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Bunch

from skdime import Disentangler, LocalExplainer, MultimodalArray, explain_batches
from skdime.perturbers import TextPerturber
from tests._data import assert_same_numbers

RNG = np.random.RandomState(0)
WORDS = np.array(["ash", "birch", "cedar", "elm", "fir"])
ROWS = {
    "labs": RNG.normal(size=(20, 2)),
    "note": [" ".join(RNG.permutation(WORDS)[:3]) for _ in range(20)],
    "age": RNG.normal(size=20),
}


class ByKeyword(dict):
    """As SliceDict of skorch: made of keywords, not of a dict."""

    def __init__(self, **rows):
        super().__init__(rows)

    def __len__(self):
        return len(next(iter(self.values())))


class Regressor(RegressorMixin, BaseEstimator):
    """Takes the class that it was fitted on, and nothing else."""

    def fit(self, X, y=None):
        self.class_ = type(X)
        return self

    def predict(self, X):
        assert type(X) is self.class_
        lengths = np.array([len(note) for note in X["note"]])
        return X["labs"][:, 0] * lengths + X["labs"][:, 1] * X["age"]


def explainer():
    dis = Disentangler(Regressor(), n_references=5, random_state=0)
    perturbers = [("note", TextPerturber())]
    return LocalExplainer(dis, perturbers, n_samples=8, random_state=0)


@pytest.fixture(scope="module")
def expected():
    X = MultimodalArray(ROWS)
    fitted = explainer().fit(X)
    assert fitted.disentangler_.estimator_.class_ is MultimodalArray
    return fitted.explain(X[:3])


@pytest.mark.parametrize(
    "make", [dict, OrderedDict, UserDict, lambda rows: Bunch(**rows), ByKeyword]
)
def test_the_model_gets_what_was_given(make, expected, tmp_path):
    X = ByKeyword(**ROWS) if make is ByKeyword else make(ROWS)
    some = {key: rows[:3] for key, rows in ROWS.items()}
    some = ByKeyword(**some) if make is ByKeyword else make(some)
    fitted = explainer().fit(X)
    assert fitted.disentangler_.estimator_.class_ is type(X)
    assert_same_numbers(fitted.explain(some), expected)
    # the container of fit, not that of the explained rows
    assert_same_numbers(fitted.explain(MultimodalArray(some)), expected)
    batches = explain_batches(fitted, X, tmp_path, batch_size=10)
    assert len(batches.concatenate()) == 20


def test_a_mapping_that_cannot_be_made_becomes_a_dict(tmp_path, expected):
    rows = {key: np.array(rows) for key, rows in ROWS.items()}
    np.savez(tmp_path / "rows.npz", **rows)

    class OnlyDict(Regressor):
        def predict(self, X):
            assert type(X) is dict
            lengths = np.array([len(note) for note in X["note"]])
            return X["labs"][:, 0] * lengths + X["labs"][:, 1] * X["age"]

    fitted = explainer().set_params(disentangler__estimator=OnlyDict())
    with np.load(tmp_path / "rows.npz") as stored:
        fitted.fit(stored)
    explanation = fitted.explain({key: rows[:3] for key, rows in rows.items()})
    assert_same_numbers(explanation, expected)


def test_rows_of_unequal_length():
    X = {"labs": np.zeros((4, 2)), "age": np.zeros(3)}
    with pytest.raises(ValueError, match="'labs': 4, 'age': 3"):
        Disentangler(lambda X: X["age"]).fit(X)
