"""Bytes that are told before they are taken."""

import tracemalloc

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import (
    SeriesPerturber,
)
from tests._data import Counter
from tests._estimators._counted import explainer, interacting


@pytest.fixture
def model():
    return Counter(interacting)


def bilinear(X):
    half = X.shape[1] // 2
    return X[:, 0] * X[:, half] + X.sum(axis=1)


def peaks(n_features, n_rows, model=bilinear, **options):
    """Bytes told and bytes seen in ``explain``."""
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(400, n_features))
    half = n_features // 2
    modalities = [("a", slice(half)), ("b", slice(half, None))]
    exp = explainer(model, modalities, **options).fit(rows)
    return peaks_of(exp, rows[:n_rows])


def peaks_of(fitted, rows):
    told = fitted.cost(rows).peak_bytes
    tracemalloc.start()
    fitted.explain(rows)
    seen = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return told, seen


SIZES = {
    "small": (6, 50, {"n_samples": 200, "n_references": 50}),
    "many references": (20, 20, {"n_samples": 100, "n_references": 400}),
    "completed": (16, 20, {"n_samples": 600, "n_references": 100, "tol": 0.2}),
    "defaults": (16, 100, {"n_samples": 1000, "n_references": 100}),
    "little memory": (
        20,
        50,
        {"n_samples": 500, "n_references": 20, "max_memory": 10_000_000},
    ),
}


@pytest.mark.parametrize(
    "size",
    [
        *(pytest.param(SIZES[name], id=name) for name in ("small", "completed")),
        *(
            pytest.param(SIZES[name], id=name, marks=pytest.mark.slow)
            for name in ("many references", "defaults", "little memory")
        ),
    ],
)
@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_bytes_told_are_enough(size, algorithm):
    n_features, n_rows, options = size
    told, seen = peaks(n_features, n_rows, algorithm=algorithm, **options)
    assert seen <= told


@pytest.mark.slow
def test_bytes_told_are_enough_for_wide_tables():
    told, seen = peaks(120, 20, n_samples=1000, n_references=10, algorithm="exhaustive")
    assert seen <= told


def test_bytes_told_are_enough_for_many_outputs():
    mixing = np.random.RandomState(0).normal(size=(10, 100))
    told, seen = peaks(
        10, 20, lambda X: X @ mixing, n_samples=200, algorithm="exhaustive"
    )
    assert seen <= told


@pytest.mark.parametrize("n_segments", [1, 12])
def test_masked_rows_are_composed_within_the_memory(n_segments):
    # a grid of all masks, and pairs of some of them
    rng = np.random.RandomState(0)
    rows = MultimodalArray(ecg=rng.normal(size=(20, 4, 1200)), age=rng.normal(size=20))
    dis = Disentangler(
        lambda X: X["ecg"][:, :2].mean(axis=(1, 2)) * X["age"],
        n_references=20,
        max_memory=2**21,
        random_state=0,
    )
    series = [("ecg", SeriesPerturber(n_segments=n_segments))]
    told, seen = peaks_of(
        LocalExplainer(dis, series, n_samples=128, random_state=0).fit(rows), rows[:3]
    )
    assert seen <= told < 4 * 2**21


def test_bytes_told_grow_with_the_table(X, two, model):
    told = [
        explainer(model, two, n_samples=n_samples).cost(X).peak_bytes
        for n_samples in (100, 1_000, 10_000)
    ]
    assert told[0] < told[1] < told[2]
