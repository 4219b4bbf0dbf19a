"""Combinations of values that no draw has: errors tell what they may do."""

import warnings
from itertools import combinations, product

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime._surrogates.anova_kernel import Pieces
from skdime._surrogates.unseen_combinations import (
    coefficient_variances,
    left_out_together,
    rest_on_few,
    squared_errors,
)

TWO = {"a": [0, 1], "b": [2, 3]}


def counts(n, seed):
    return np.random.RandomState(seed).poisson(1.5, size=(n, 4)).astype(float)


def larger(X):
    return 2.0 * (X[:, 0] > X[:, 1]) * (1 + (X[:, 2] > X[:, 3]))


def equal(X):
    return 3.0 * (X[:, 0] == X[:, 1]) + (X[:, 2] == X[:, 3])


def uc_of_first(model, X, row):
    """Shapley values of UC of columns 0 and 1, by all their values."""
    others, mean = X[:, 2:], {}
    for kept in product((False, True), repeat=2):
        own = [row[[j]] if k else X[:, j] for j, k in enumerate(kept)]
        pairs = np.array(list(product(*own)))
        hybrids = np.column_stack(
            [np.repeat(pairs, len(X), axis=0), np.tile(others, (len(pairs), 1))]
        )
        mean[kept] = model(hybrids).mean()
    first = mean[True, False] - mean[False, False] + mean[True, True]
    second = mean[False, True] - mean[False, False] + mean[True, True]
    return np.array([first - mean[False, True], second - mean[True, False]]) / 2


@pytest.mark.parametrize("model", [larger, equal])
@pytest.mark.parametrize("seed", range(3))
def test_errors_hold_where_counts_are_compared(model, seed):
    X = counts(100, seed)
    rows = np.vstack([X[:4], [[2.0, X[:, 1].max(), 0, 0]]])
    true = np.array([uc_of_first(model, X, row) for row in rows])
    disentangler = Disentangler(model, TWO, n_references=None)
    options = {"algorithm": "draws", "random_state": seed}
    explanation = LocalExplainer(disentangler, **options).fit(X).explain(rows)
    wrong = explanation.coef[:, 0, :2, 0] - true
    se = explanation.se_perturbations[:, 0, :2, 0]
    assert (np.abs(wrong) <= 3 * se + 1e-9).all()
    assert np.median(se) < 0.1 * np.abs(true).max()


def test_what_all_draws_tell_has_hardly_any_error():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.randint(6, size=300), rng.randint(2, size=(300, 3))])
    X = X.astype(float)

    def model(X):
        return np.sin(X[:, 0]) * X[:, 1] + X[:, 2]

    explainer = LocalExplainer(Disentangler(model, TWO), random_state=0).fit(X)
    explanation = explainer.explain(X[:5])
    assert explanation.se_perturbations.max() < 0.01 * np.abs(explanation.coef).max()


def test_variances_of_coefficients_by_all_sets_of_features():
    own = np.random.RandomState(0).uniform(size=(5, 3))
    true = np.zeros_like(own)
    for size in range(1, 6):
        for some in combinations(range(5), size):
            true[list(some)] += own[list(some)].prod(axis=0) / size**2
    found = coefficient_variances(1 + own, np.ones_like(own))
    np.testing.assert_allclose(found, true)
    main = coefficient_variances(1 + own, np.ones_like(own), main=True)
    np.testing.assert_allclose(main, own)


def test_left_out_together_is_leaving_out():
    rng = np.random.RandomState(0)
    values = np.array([0.0, 1, 1, 2, 3, 3, 3, 4])
    points = Pieces([values[:, None]], values[:, None])
    covariance = np.exp(-np.abs(values[:, None] - values)) + 0.1 * np.eye(8)
    targets, inverse = rng.normal(size=8), np.linalg.inv(covariance)
    expected = []
    for value in np.unique(values):
        out = values == value
        weights = covariance[np.ix_(out, ~out)]
        among = covariance[np.ix_(~out, ~out)]
        missed = targets[out] - weights @ np.linalg.solve(among, targets[~out])
        left = covariance[np.ix_(out, out)]
        left = left - weights @ np.linalg.solve(among, weights.T)
        expected.append(missed @ np.linalg.solve(left, missed) / out.sum())
    together = left_out_together(points, inverse)
    assert not together.repeat
    alpha = (inverse @ targets)[None, :, None]
    variances = np.array([[1.0, 2.0]])
    squared = squared_errors(together, alpha, variances)
    np.testing.assert_allclose(squared[0, :, 0], np.mean(expected) * variances[0])


def test_few_draws_make_most():
    squares = np.ones((1, 100, 3))
    squares[0, 0] = 1, 1e4, 1e4
    total = np.array([[1.0, 1.0, 1e9]])
    assert rest_on_few(squares, total).tolist() == [[False, True, False]]


def warned(model, X):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        LocalExplainer(Disentangler(model, TWO), random_state=0).fit(X)
    return [str(w.message) for w in caught if "Few combinations" in str(w.message)]


def test_a_mean_that_few_combinations_decide_is_named():
    X = np.random.RandomState(0).normal(size=(200, 4))
    (message,) = warned(lambda X: np.exp(X[:, 2] * X[:, 3]) + X[:, 0], X)
    assert "'b'" in message and "'a'" not in message
    assert not warned(lambda X: X[:, 2] * X[:, 3] + np.sin(X[:, 0]), X)
