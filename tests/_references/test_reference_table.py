"""Tables whose outputs are completed a few at a time, against those of all at once."""

import numpy as np
import pytest

from skdime._references import reference_table
from skdime._references.completion import Completion, choose_landmarks, linear_trend
from skdime._references.reference_table import completed, exact_table, spread_of
from skdime._references.weighting import Weighting

N_SAMPLES, N_REFERENCES, N_OUTPUTS, N_EVALUATED, N_LANDMARKS = 80, 30, 5, 8, 40


@pytest.fixture(scope="module")
def outputs():
    """Smooth in draws and references, other functions for every output."""
    rng = np.random.RandomState(0)
    draws, references = rng.normal(size=(N_SAMPLES, 3)), rng.normal(size=(30, 3))
    slopes = rng.normal(size=(3, 3, N_OUTPUTS))
    inner = np.einsum("si,rj,ijc->src", draws, references, slopes) / 3
    return draws, np.tanh(inner) + draws[:, :1, None]


@pytest.fixture(scope="module", params=["uniform", "calibrated"])
def weighting(request):
    features = None
    if request.param == "calibrated":
        features = np.random.RandomState(1).normal(0.2, 1, size=(N_REFERENCES, 2))
    return Weighting(N_REFERENCES, features, n_rows=1000)


def table_of(draws, values, weighting):
    references = np.random.RandomState(2).permutation(N_REFERENCES)
    columns = values[:, references[:N_EVALUATED]]
    trend = linear_trend(draws)
    order = choose_landmarks(columns, trend, np.random.RandomState(0))
    at_landmarks = values[order[:N_LANDMARKS]][:, references[N_EVALUATED:]]
    completion = Completion(columns, trend, order, N_LANDMARKS)
    return completed(completion, references, at_landmarks, weighting)


@pytest.mark.parametrize("n_together", [1, 2, N_OUTPUTS])
def test_tables_are_the_same_whatever_is_completed_together(
    outputs, weighting, n_together, monkeypatch
):
    draws, values = outputs
    size = n_together * N_SAMPLES * N_REFERENCES
    monkeypatch.setattr(reference_table, "TOGETHER", size)
    table, is_novel = table_of(draws, values, weighting)
    assert len(table.batches()) == -(-N_OUTPUTS // n_together)
    every = table.values
    # evaluated ones and landmarks are exact, the others close
    known = table.references[:N_EVALUATED]
    np.testing.assert_array_equal(every[:, known], values[:, known])
    at = table.completion.order[:N_LANDMARKS]
    np.testing.assert_array_equal(every[at], values[at])
    assert 0 < np.abs(every - values).mean() < 0.2 * values.std()
    np.testing.assert_allclose(table.mean, weighting.mean(every))
    np.testing.assert_allclose(table.variation, np.ptp(every, axis=(0, 1)))
    level = table.level(N_LANDMARKS)
    _, each = level.complete(np.swapaxes(table.at_landmarks, 0, 1))
    np.testing.assert_array_equal(is_novel, level.is_novel(each).any(axis=1))
    some = table.of_outputs([3, 1])
    np.testing.assert_allclose(some.values, every[..., [3, 1]])
    np.testing.assert_allclose(some.mean, table.mean[:, [3, 1]])


@pytest.mark.parametrize("n_together", [1, N_OUTPUTS])
def test_spread_is_the_covariance_of_columns(outputs, n_together, monkeypatch):
    size = n_together * N_SAMPLES * N_REFERENCES
    monkeypatch.setattr(reference_table, "TOGETHER", size)
    values = outputs[1].copy()
    values[:, 1:, 2] = values[:, :1, 2]  # in which no reference differs
    weighting = Weighting(N_REFERENCES)
    spread = spread_of(values, weighting)
    assert spread.shape[0] == N_SAMPLES and spread.shape[2] == N_OUTPUTS
    for c in range(N_OUTPUTS):
        covariance = np.cov(values[:, :, c])
        found = spread[..., c] @ spread[..., c].T
        np.testing.assert_allclose(found, covariance, atol=1e-10)


def test_an_exact_table_has_its_values(outputs):
    values = outputs[1]
    table = exact_table(values, values.mean(axis=1), Weighting(N_REFERENCES))
    assert table.is_exact and table.n_references == N_REFERENCES
    np.testing.assert_array_equal(table.values, values)
    assert not table.mean_error(np.ones((2, 3, N_SAMPLES))).bound.any()
