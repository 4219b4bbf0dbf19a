"""The kernel: its tuning, its solution, and Shapley values in closed form."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.stats import multivariate_normal

from skdime._surrogates import kernel_tuning
from skdime._surrogates.anova_kernel import AnovaKernel, Pieces, covariance
from skdime._surrogates.kernel_solver import SharedFactor
from skdime._surrogates.kernel_tuning import (
    LowerTriangle,
    _Grams,
    _loss,
    _start,
    tuned_kernel,
)
from skdime._surrogates.shapley_operators import contributions, main_contributions
from skdime.perturbers._bases import CUBIC, column_basis


def pieces_of(X):
    bases = [column_basis(column, False, CUBIC) for column in X.T]
    lines = np.column_stack([b.line(x) for b, x in zip(bases, X.T, strict=True)])
    return Pieces([b(x) for b, x in zip(bases, X.T, strict=True)], lines)


@pytest.fixture
def X():
    return np.random.RandomState(0).normal(size=(80, 4))


def test_terms_of_modalities_make_the_kernel(X):
    """The sum and the product over all columns, written out."""
    parts = pieces_of(X[:, :1]), pieces_of(X[:, 1:])
    kernel = AnovaKernel(
        [np.array([0.3]), np.array([0.2, 0.5, 0.1])],
        [np.array([0.7]), np.array([0.4, 0.05, 0.6])],
        0.1,
    )
    matrix = covariance(kernel.terms(m, p, p) for m, p in enumerate(parts))
    own, interaction = map(
        np.concatenate, (kernel.own_variances, kernel.interaction_variances)
    )
    grams = [f @ f.T for p in parts for f in p.features]
    lines = np.hstack([p.lines for p in parts])
    expected = 10.0 + 100 * lines @ lines.T + np.einsum("j,jab->ab", own, grams)
    expected += np.prod([1 + r * g for r, g in zip(interaction, grams, strict=True)], 0)
    expected -= 1 + np.einsum("j,jab->ab", interaction, grams)
    np.testing.assert_allclose(matrix, expected)


@pytest.mark.parametrize("together", [1, 3, 32])
def test_the_likelihood_and_its_gradient(X, together, monkeypatch):
    monkeypatch.setattr(kernel_tuning, "TOGETHER", together)
    monkeypatch.setattr(kernel_tuning, "STORED", 1)
    target = (X[:, 0] * X[:, 1])[:, None] / (X[:, 0] * X[:, 1]).std()
    triangle = LowerTriangle(80)
    features = pieces_of(X).features
    full = [f @ f.T for f in features]
    grams, fixed = _Grams(features, triangle), np.full(len(triangle.at), 9.0)
    rng = np.random.RandomState(0)
    theta = _start(4) + rng.normal(scale=0.3, size=9)
    args = target, grams, fixed, triangle
    own, interaction, noise = np.split(np.exp(theta), [4, 8])
    matrix = 9.0 + np.prod(
        [1 + r * g for r, g in zip(interaction, full, strict=True)], 0
    )
    matrix += np.einsum("j,jab->ab", own - interaction, full) + noise * np.eye(80)
    density = multivariate_normal(cov=matrix).logpdf(target[:, 0])
    loss = -density - 40 * np.log(2 * np.pi)
    np.testing.assert_allclose(_loss(theta, *args)[0], loss)
    off = check_grad(lambda t: _loss(t, *args)[0], lambda t: _loss(t, *args)[1], theta)
    assert off < 1e-4 * np.linalg.norm(_loss(theta, *args)[1])


def test_tuning_finds_what_matters(X):
    y = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2]
    kernel = tuned_kernel([pieces_of(X[:, :2]), pieces_of(X[:, 2:])], y)
    own, interaction = map(
        np.concatenate, (kernel.own_variances, kernel.interaction_variances)
    )
    assert own[0] > 100 * own[3]
    assert min(interaction[1:3]) > 100 * interaction[3]


@pytest.mark.parametrize("d", [1, 2, 5, 7])
def test_contributions_are_shapley_values_of_products(d):
    rng = np.random.RandomState(d)
    present, absent = 1 + rng.normal(size=(2, d, 6))
    expected = np.zeros((d, 6))
    for g in range(d):
        others = [h for h in range(d) if h != g]
        for size in range(d):
            weight = factorial(size) * factorial(d - size - 1) / factorial(d)
            for coalition in combinations(others, size):
                factors = [present[h] if h in coalition else absent[h] for h in others]
                product = np.prod([np.ones(6), *factors], axis=0)
                expected[g] += weight * (present[g] - absent[g]) * product
    found = contributions(present, absent)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    total = present.prod(axis=0) - absent.prod(axis=0)
    np.testing.assert_allclose(found.sum(axis=0), total, atol=1e-12)


def test_main_contributions_have_all_others_absent():
    rng = np.random.RandomState(0)
    present, absent = 1 + rng.normal(size=(2, 3, 6))
    found = main_contributions(present, absent)
    np.testing.assert_allclose(
        found[1], (present[1] - absent[1]) * absent[0] * absent[2]
    )


def test_own_points_change_the_solution_as_a_whole_regression_does():
    rng = np.random.RandomState(0)
    matrix, y = rng.normal(size=(40, 40)), rng.normal(size=40)
    matrix = matrix @ matrix.T + np.eye(40)
    shared = SharedFactor(matrix[:25, :25], y[:25])
    row = shared.with_own(matrix[:25, 25:], matrix[25:, 25:], y[25:])
    inverse = np.linalg.inv(matrix)
    np.testing.assert_allclose(row.alpha, inverse @ y, atol=1e-9)
    operators = rng.normal(size=(3, 40))
    np.testing.assert_allclose(row.weights(operators), operators @ inverse, atol=1e-9)
    for p in (3, 30):  # predicted from all others
        rest = np.delete(np.arange(40), p)
        alone = np.linalg.solve(matrix[np.ix_(rest, rest)], y[rest])
        missed = y[p] - matrix[p, rest] @ alone
        assert row.left_out()[p] == pytest.approx(missed)
    rest = np.delete(np.arange(25), 3)
    alone = np.linalg.solve(matrix[np.ix_(rest, rest)], y[rest])
    assert shared.left_out()[3] == pytest.approx(y[3] - matrix[3, rest] @ alone)
