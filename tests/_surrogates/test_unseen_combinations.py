"""Combinations of values that no draw has: errors tell what they may do."""

import warnings
from itertools import product

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime._surrogates.unseen_combinations import (
    rest_on_few,
    squared_errors,
    unseen_of,
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
    assert np.mean(np.abs(wrong) <= 3 * se + 1e-9) >= 0.9
    assert np.sqrt(np.mean(np.square(wrong) / np.square(se))) < 2
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


def test_squared_errors_by_hand():
    # no draw has (1, 1), nor (2, 0)
    cells = np.array([(0, 0)] * 4 + [(0, 1)] * 2 + [(1, 0)] * 3 + [(2, 1)])
    values = np.column_stack([cells, np.linspace(0, 1, 10)])  # no levels in the last
    values = (
        np.tile(values, (2, 1)) + np.array([0, 0, 1]) * (np.arange(20) > 9)[:, None]
    )
    rng = np.random.RandomState(0)
    root = rng.normal(size=(20, 20))
    covariance = root @ root.T + np.eye(20)
    inverse, targets = np.linalg.inv(covariance), rng.normal(size=20)
    total, weights = 0.0, 0.0
    for cell in np.unique(cells, axis=0):
        out = (values[:, :2] == cell).all(axis=1)
        to_others = covariance[np.ix_(out, ~out)]
        among = covariance[np.ix_(~out, ~out)]
        missed = targets[out] - to_others @ np.linalg.solve(among, targets[~out])
        total += np.square(missed).mean() / out.sum()
        weights += 1 / out.sum()
    square = total / weights
    of_all = (0.3 * 0.3) ** 2 + (0.1 * 0.7) ** 2
    beside = {0: 0.0, 1: 0.3**2, 2: 0.7**2}, {0: 0.1**2, 1: 0.3**2}
    rows = np.array([[0, 0, 0.5], [1, 1, 0.5], [2, 0, 0.1]])
    expected = [beside[0][a] + beside[1][b] + 2 * of_all for a, b, _ in rows]
    alpha = np.tile((inverse @ targets)[None, :, None], (3, 1, 1))
    unseen = unseen_of(values, values, inverse, np.ones(3), np.arange(3))
    found = squared_errors(unseen, alpha, rows, np.arange(3))[:, :, 0]
    np.testing.assert_allclose(found[:, 0], np.array(expected) / 4 * square)
    np.testing.assert_allclose(found[:, 1], found[:, 0])
    assert not found[:, 2].any()
    main = squared_errors(unseen, alpha, rows, np.arange(3), main=True)[:, :, 0]
    own = [beside[0][a] + of_all for a, _, _ in rows]
    np.testing.assert_allclose(main[:, 0], np.array(own) * square)
    together = squared_errors(unseen, alpha, rows, np.array([0, 0, 1]))
    assert not together.any()


def test_three_columns_by_hand():
    # of eight combinations no draw has (0, 1, 1)
    seen = [c for c in product((0.0, 1.0), repeat=3) if c != (0, 1, 1)]
    values = np.array(seen + [seen[0]] * 3 + [seen[6]] * 2)
    share = values.mean(axis=0)
    squares = np.stack([np.square(1 - share), np.square(share)])
    none = squares[0, 0] * squares[1, 1] * squares[1, 2]
    two = squares[0, 0]  # of column 0 beside both others
    one = squares[0, 0] * squares[1, 2], squares[0, 0] * squares[1, 1]
    expected = np.array(
        [
            (none + two) / 9 + (one[0] + one[1]) / 36,
            (none + one[0]) / 9 + (two + one[1]) / 36,
            (none + one[1]) / 9 + (two + one[0]) / 36,
        ]
    )
    row, features, alpha = np.ones((1, 3)), np.arange(3), np.ones((1, 12, 1))
    unseen = unseen_of(values, values, np.eye(12), np.ones(3), features)
    found = squared_errors(unseen, alpha, row, features)[0, :, 0]
    np.testing.assert_allclose(found / found[0], expected / expected[0])
    main = squared_errors(unseen, alpha, row, features, main=True)[0, :, 0]
    of_main = none + np.array([0, *one])
    np.testing.assert_allclose(main / main[1], of_main / of_main[1])


def test_a_combination_of_three_flags_that_draws_have_in_part():
    rng = np.random.RandomState(0)
    X = (rng.uniform(size=(200, 4)) < [0.5, 0.1, 0.05, 0.5]).astype(float)

    def model(X):
        return 4 * X[:, 0] * X[:, 1] * X[:, 2] + X[:, 3]

    share = X.mean(axis=0)[:3]
    pairs = share[[1, 0, 0]] * share[[2, 2, 1]]
    singles = share[[1, 0, 0]] + share[[2, 2, 1]]
    # Shapley values of a product at a row of ones
    true = 4 * (1 - share) * (1 / 3 + singles / 6 + pairs / 3)
    for seed in range(4):
        dis = Disentangler(model, {"a": [0, 1, 2], "b": [3]}, n_references=None)
        explainer = LocalExplainer(dis, algorithm="draws", random_state=seed).fit(X)
        explanation = explainer.explain(np.ones((1, 4)))
        wrong = np.abs(explanation.coef[0, 0, :3, 0] - true)
        assert (wrong <= 3 * explanation.se[0, 0, :3, 0] + 1e-3).all()


def test_values_that_no_draw_has():
    values = np.array([[0.0, 0], [0, 1], [1, 0], [np.nan, 1]] * 2)
    alpha, features = np.ones((3, 16, 1)), np.arange(2)
    unseen = unseen_of(values, values, np.eye(8), np.ones(2), features)
    assert unseen is None  # three levels are more than a quarter of eight draws
    unseen = unseen_of(*2 * [np.tile(values, (2, 1))], np.eye(16), np.ones(2), features)
    rows = np.array([[np.nan, 1.0], [7, 1], [0, 1]])
    found = squared_errors(unseen, alpha, rows, features)[:, 0, 0]
    assert found[1] > found[0] > found[2] > 0


def test_frequencies_are_those_of_the_data():
    """Points may have rare levels more often, and lack some of many."""
    values = np.tile([[0.0, 0], [0, 1], [1, 0], [1, 1]], (4, 1))
    drawn = np.array([[0.0, 0]] * 8 + [[1.0, 1], [2.0, 1]])
    unseen = unseen_of(values, drawn, np.eye(16), np.ones(2), np.arange(2))
    first, second = unseen.frequencies
    np.testing.assert_allclose(first, [0.8, 0.1])
    np.testing.assert_allclose(second, [0.8, 0.2])


def test_of_many_columns_those_that_interact_are_looked_at():
    values = np.random.RandomState(0).randint(2, size=(50, 100)).astype(float)
    interactions = np.arange(100.0)
    unseen = unseen_of(values, values, np.eye(50), interactions, np.arange(100))
    assert unseen.of_levels.tolist() == list(range(99, 67, -1))


def test_few_draws_make_most():
    squares = np.ones((100, 3))
    squares[0] = 1, 1e4, 1e4
    total = np.array([1.0, 1.0, 1e9])
    assert rest_on_few(squares, total).tolist() == [False, True, False]


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
