"""Rows of an image, a text, a series and numbers, and a model of them."""

import numpy as np
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from skdime import MultimodalArray

N = 12


WORDS = ["cat", "dog on mat", "", "two cats", "a dog", "where"]


def mixed_rows():
    """Row i can be told from what lies under any key."""
    rng = np.random.RandomState(0)
    return MultimodalArray(
        {
            "image": rng.randint(0, 256, size=(N, 4, 4, 3)).astype(np.uint8),
            "question": [f"{i} {WORDS[i % 6]}" for i in range(N)],
            "ecg": [rng.normal(size=(2, 3 + i % 5)) for i in range(N)],
            "vitals": rng.normal(size=(N, 3)),
        }
    )


def means(X):
    """One number for each modality of a row."""
    return np.column_stack(
        [
            X["image"].mean(axis=(1, 2, 3)) / 100,
            [len(text) for text in X["question"]],
            [series[0].max() for series in X["ecg"]],
            X["vitals"] @ [1.0, -2.0, 0.5],
        ]
    )


class Ranker(ClassifierMixin, BaseEstimator):
    """A model of several kinds of rows; insists on the kinds it was fitted on."""

    def __init__(self, C=1.0):
        self.C = C

    def fit(self, X, y):
        assert isinstance(X, MultimodalArray)
        self.kinds_ = [type(held) for held in X.values()]
        self.model_ = LogisticRegression(C=self.C).fit(means(X), y)
        self.classes_ = self.model_.classes_
        return self

    def decision_function(self, X):
        assert [type(held) for held in X.values()] == self.kinds_
        scores = means(X)
        return self.model_.decision_function(scores) + scores[:, 0] * scores[:, 1]

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 0).astype(int)]


def labels():
    return (np.arange(N) % 3 > 0).astype(int)


def assert_rows(part, X, rows):
    """`part` holds the given rows of `X`, of every key, in the same kind."""
    assert isinstance(part, MultimodalArray)
    assert part.shape == (len(rows), 4)
    assert list(part.keys()) == list(X.keys())
    for key in ("image", "vitals"):
        assert part[key].dtype == X[key].dtype
        assert_array_equal(part[key], X[key][rows])
    assert part["question"] == [X["question"][row] for row in rows]
    assert isinstance(part["ecg"], list)
    for series, row in zip(part["ecg"], rows, strict=True):
        assert_array_equal(series, X["ecg"][row])
