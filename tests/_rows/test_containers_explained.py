"""Rows of mixed columns are explained, and those unlike the training rows refused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdime import Disentangler

N = 6
TEXTS = ["a", "bc", "", "a long text", "bc", "é"]
SERIES = [np.arange(3 + i % 3, dtype=float) + i for i in range(N)]


def mixed_model(X):
    """A text, an array and a number of every row, with interactions."""
    text = X["text"].to_list() if hasattr(X["text"], "to_list") else list(X["text"])
    length = np.array([len(item) for item in text], dtype=float)
    peak = np.array([np.max(np.asarray(item)) for item in X["series"]])
    return length * peak + np.asarray(X["age"], dtype=float) * peak


class TestDisentangler:
    @pytest.mark.parametrize("n_modalities", [2, 3])
    def test_channels(self, n_modalities):
        X = np.random.RandomState(0).normal(size=(10, 3, 7))
        modalities = [("a", [0, 2]), ("b", [1])] if n_modalities == 2 else None

        def peaks(X):
            return np.abs(X).max(axis=2)

        dis = Disentangler(lambda X: peaks(X).prod(axis=1), modalities)
        found = dis.fit(X).decompose(X)
        assert found.main.shape[1] == n_modalities
        assert_allclose(found.output[:, 0], peaks(X).prod(axis=1))
        assert_allclose(found.uc + found.mi, found.output)
        assert np.abs(found.mi).max() > 0.1
        weights = np.array([1.0, 2.0, 3.0])
        dis = Disentangler(lambda X: peaks(X) @ weights, modalities)
        assert_allclose(dis.fit(X).decompose(X).mi, 0, atol=1e-12)

    def test_names_of_channels(self):
        dis = Disentangler(lambda X: X.sum(axis=(1, 2))).fit(np.zeros((4, 3, 7)))
        assert [name for name, _ in dis.modalities_] == ["x0", "x1", "x2"]

    def test_images_of_several_views(self):
        X = np.random.RandomState(0).normal(size=(8, 2, 4, 5))
        found = Disentangler(lambda X: X[:, 0].max(axis=(1, 2)) * X[:, 1, 0, 0])
        found = found.fit(X).decompose(X)
        assert_allclose(found.uc + found.mi, found.output)
        assert np.abs(found.mi).max() > 0.1

    @pytest.mark.parametrize("library", ["pandas", "polars"])
    @pytest.mark.parametrize(
        "modalities",
        [
            [("note", ["text"]), ("body", ["series", "age"])],
            [("note", ["text"]), ("body", ["series"]), ("person", ["age"])],
        ],
    )
    def test_frame_with_texts_and_arrays(self, library, modalities):
        frames = pytest.importorskip(library)
        held = SERIES if library == "pandas" else [s.tolist() for s in SERIES]
        X = frames.DataFrame({"text": TEXTS, "series": held, "age": range(N)})
        dis = Disentangler(mixed_model, modalities, random_state=0).fit(X)
        found = dis.decompose(X)
        assert_allclose(found.output[:, 0], mixed_model(X))
        assert_allclose(found.uc + found.mi, found.output)
        assert np.abs(found.mi).max() > 0.1

        def additive(X):
            return np.array([len(t) for t in X["text"]]) + np.asarray(X["age"])

        found = Disentangler(additive, modalities, random_state=0).fit(X).decompose(X)
        assert_allclose(found.mi, 0, atol=1e-12)
