"""Kriging of many outputs at once, against the covariance matrix of each."""

import numpy as np
import pytest

from skdime._references.kriging import KnownColumns, LandmarkKriging, LandmarkTrend

N_OUTPUTS, N_SAMPLES, N_COLUMNS = 4, 50, 6
CHOSEN = np.random.RandomState(9).permutation(N_SAMPLES)[:15]
WEIGHTS = np.array([(0.0, 1e-3), (0.1, 1e-6), (1e-2, 1e-1), (1e-3, 1e-5)])


def columns(seed, n):
    return np.random.RandomState(seed).normal(size=(N_OUTPUTS, N_SAMPLES, n))


def covariance(known, trend, weights):
    deviation = known - known.mean(axis=1, keepdims=True)
    matrix = deviation @ deviation.T
    return matrix * len(matrix) / np.trace(matrix) + weights[0] * trend @ trend.T


@pytest.fixture(params=[3, 30, 0], ids=["few", "many", "none"])
def trend(request):
    return np.random.RandomState(1).normal(size=(N_SAMPLES, request.param))


@pytest.fixture
def known():
    return columns(0, N_COLUMNS)


@pytest.fixture
def kriging(known, trend):
    return LandmarkKriging(KnownColumns(known, LandmarkTrend(trend, CHOSEN)), WEIGHTS)


def test_predictions_and_residuals(known, trend, kriging):
    deviation = columns(2, 3)[:, CHOSEN]
    predicted, explained = kriging.predict(deviation)
    left_out = kriging.left_out(explained)
    for c, weights in enumerate(WEIGHTS):
        matrix = covariance(known[c], trend, weights)
        inner = matrix[np.ix_(CHOSEN, CHOSEN)] + weights[1] * np.eye(len(CHOSEN))
        solved = np.linalg.solve(inner, deviation[c])
        expected = matrix[:, CHOSEN] @ solved
        np.testing.assert_allclose(predicted[c], expected, atol=1e-7)
        expected = solved / np.diag(np.linalg.inv(inner))[:, None]
        np.testing.assert_allclose(left_out[c], expected, atol=1e-7)


def test_one_pair_of_weights_serves_all_outputs(known, trend):
    of_all = KnownColumns(known, LandmarkTrend(trend, CHOSEN))
    deviation = columns(2, 3)[:, CHOSEN]
    shared = LandmarkKriging(of_all, WEIGHTS[:1]).predict(deviation)
    each = LandmarkKriging(of_all, np.repeat(WEIGHTS[:1], N_OUTPUTS, axis=0))
    for ours, theirs in zip(shared, each.predict(deviation), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_constant_columns_predict_their_mean(trend):
    constant = np.ones((1, N_SAMPLES, N_COLUMNS))
    of_all = KnownColumns(constant, LandmarkTrend(trend, CHOSEN))
    predicted, _ = LandmarkKriging(of_all, WEIGHTS[:1]).predict(
        np.ones((1, len(CHOSEN), 2))
    )
    assert not predicted.any()
