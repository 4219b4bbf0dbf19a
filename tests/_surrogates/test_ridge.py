"""The weighted ridge, against scikit-learn's and against fits without a draw."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skdime._surrogates.ridge import Surrogate
from skdime.perturbers import LocalDesign

ALPHA = 0.1


@pytest.fixture
def design():
    """Two rows of three regressors in two features; each row has its own weights."""
    rng = np.random.RandomState(0)
    regressors = rng.normal(size=(2, 20, 3))
    return LocalDesign(
        regressors=regressors,
        weights=rng.uniform(0.1, 3, size=(2, 20)),
        average=rng.normal(size=(2, 3)),
        contrast=rng.normal(size=(2, 3)),
        penalty=np.full((2, 3), ALPHA),
        features=np.array([0, 0, 1]),
    )


@pytest.fixture
def targets():
    return np.random.RandomState(1).normal(size=(2, 20, 2))


def ridges(design, targets):
    """scikit-learn's fit of each row, on weights of total 1."""
    for x, w, y in zip(design.regressors, design.weights, targets, strict=True):
        yield Ridge(alpha=ALPHA).fit(x, y, sample_weight=w / w.sum())


def test_slopes_and_predictions_are_those_of_a_ridge(design, targets):
    fit = Surrogate(design).fit(targets)
    for row, ridge in enumerate(ridges(design, targets)):
        np.testing.assert_allclose(fit.slopes[row], ridge.coef_.T)
        average = design.average[row]
        at_row = average + design.contrast[row]
        intercept, prediction = ridge.predict([average, at_row])
        np.testing.assert_allclose(fit.intercept[row], intercept)
        np.testing.assert_allclose(fit.prediction[row], prediction)
        each = ridge.coef_.T * design.contrast[row][:, None]
        expected = [each[:2].sum(axis=0), each[2]]
        np.testing.assert_allclose(fit.coef[row], expected)


def test_r2_of_what_is_left_out_is_that_of_fits_without_it(design, targets):
    surrogate = Surrogate(design)
    fit = surrogate.fit(targets)
    found = surrogate.r2(fit, np.zeros((2, 2)), left_out=True)
    for row in range(2):
        x, y = design.regressors[row], targets[row]
        w = design.weights[row] / design.weights[row].sum()
        lost = 0
        for p in range(20):
            others = np.arange(20) != p
            # weights stay as they are: the penalty is for a total of 1
            ridge = Ridge(alpha=ALPHA).fit(x[others], y[others], w[others])
            lost = lost + w[p] * (y[p] - ridge.predict(x[[p]])[0]) ** 2
        total = np.average((y - np.average(y, axis=0, weights=w)) ** 2, 0, w)
        np.testing.assert_allclose(found[row], 1 - lost / total)


def test_a_draw_of_no_weight_has_no_part_in_its_prediction(design, targets):
    design.weights[:, 0] = 0
    others = replace(
        design, regressors=design.regressors[:, 1:], weights=design.weights[:, 1:]
    )
    found, expected = (
        surrogate.r2(surrogate.fit(y), np.zeros((2, 2)), left_out=True)
        for surrogate, y in (
            (Surrogate(design), targets),
            (Surrogate(others), targets[:, 1:]),
        )
    )
    np.testing.assert_allclose(found, expected)
