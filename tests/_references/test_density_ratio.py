"""How much likelier values of two modalities are together than apart."""

import pickle

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from skdime._references.density_ratio import DensityRatio, _root_of_covariance

R = 0.8


@pytest.fixture(scope="module")
def ratio():
    first, other = np.random.RandomState(0).normal(size=(2, 800, 1))
    return DensityRatio([first, R * first + np.sqrt(1 - R**2) * other])


POINTS = np.array([-1.0, 0.0, 1.0])[:, None]


def log_odds(ratio):
    features = [ratio.features(m, POINTS) for m in (0, 1)]
    return ratio.pairs(0, *features)[0]


def test_log_odds_are_those_of_normal_modalities(ratio):
    found, x, z = log_odds(ratio), POINTS, POINTS.T
    exact = (R * x * z - R**2 * (x**2 + z**2) / 2) / (1 - R**2)
    np.testing.assert_allclose(found - found[1, 1], exact, atol=0.5)
    assert ratio.auc_after == pytest.approx(0.5, abs=0.06) and not ratio.note


def test_pairs_are_the_same_from_either_side(ratio):
    features = [ratio.features(m, POINTS) for m in (1, 0)]
    np.testing.assert_allclose(ratio.pairs(1, *features)[0], log_odds(ratio).T)
    again = pickle.loads(pickle.dumps(ratio))
    np.testing.assert_array_equal(log_odds(again), log_odds(ratio))


def test_covariance_is_that_of_whites_formula():
    rng = np.random.RandomState(0)
    order = np.vstack([np.arange(60) % 20, rng.permutation(60) % 20])
    is_real = np.arange(60) < 20
    order[1, :20] = order[0, :20]
    values = rng.normal(size=(60, 3)) + is_real[:, None]
    model = LogisticRegression(C=0.5).fit(values, is_real)
    root = _root_of_covariance(model, values, is_real, order)
    curvature, scores = np.diag([0, 2.0, 2.0, 2.0]), np.zeros((20, 4))
    for value, real, (first, second) in zip(values, is_real, order.T, strict=True):
        x = np.append(1, value)
        share = 1 / (1 + np.exp(-model.intercept_[0] - model.coef_[0] @ value))
        curvature += share * (1 - share) * np.outer(x, x)
        scores[first] += (real - share) * x
        if not real:
            scores[second] += (real - share) * x
    inverse = np.linalg.inv(curvature)
    shrunk = inverse @ np.append(0, 2 * model.coef_[0])
    expected = inverse @ scores.T @ scores @ inverse + np.outer(shrunk, shrunk)
    np.testing.assert_allclose(root @ root.T, expected[1:, 1:], rtol=1e-8)
