"""Weighted references: what they reproduce, and whether their errors are honest."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from skdime._quadrature import choose_quadrature, learn_quadrature

N = 80


def rows(n, seed, width=4):
    return np.random.RandomState(seed).normal(size=(n, width))


def grid(function, contexts, references):
    """Outputs of every context with every reference."""
    pairs = [np.repeat(contexts, len(references), axis=0)]
    pairs.append(np.tile(references, (len(contexts), 1)))
    values = function(np.hstack(pairs))
    return values.reshape(len(contexts), len(references), -1)


def bilinear(X):
    return (X[:, :4] * X[:, 4:]).sum(axis=1) + X.sum(axis=1)


def saturated(X):
    return np.tanh(bilinear(X) / 4)


def two_outputs(X):
    return np.column_stack([saturated(X), 100 * np.exp(X[:, 0] * X[:, 4] / 3)])


def forest(X):
    return _FOREST.predict(X)


_FOREST = RandomForestRegressor(30, random_state=0).fit(
    rows(300, 9, 8), bilinear(rows(300, 9, 8))
)
SMOOTH = [bilinear, saturated, two_outputs]


def tables(function, n_references=N, seed=0):
    """Outputs of the references as contexts, and of fresh contexts."""
    references = rows(n_references, seed, 8)
    known = grid(function, references[:, :4], references[:, 4:])
    return known, grid(function, rows(150, seed + 1000), references[:, 4:])


def subset_error(table, n_chosen):
    """Median error of means over random references."""
    n_references = table.shape[1]
    errors = []
    for seed in range(30):
        chosen = np.random.RandomState(seed).permutation(n_references)[:n_chosen]
        wrong = table[:, chosen].mean(axis=1) - table.mean(axis=1)
        errors.append(np.sqrt(np.mean(wrong**2, axis=0)))
    return np.median(errors, axis=0)


def noise(n_contexts, seed=0):
    return np.random.RandomState(seed).normal(size=(n_contexts, N, 2))


@pytest.mark.parametrize("n_chosen", [1, 8, 32])
def test_constant_outputs_are_exact(n_chosen):
    table = np.broadcast_to([0.1, 0.0, -7.3], (N, N, 3))
    quadrature = learn_quadrature(table, n_chosen)
    np.testing.assert_allclose(quadrature.check(table), 0, atol=1e-14)
    np.testing.assert_allclose(quadrature.error, 0, atol=1e-14)
    assert len(choose_quadrature(table, tol=0.05).chosen) <= 8


@pytest.mark.parametrize("n_chosen", [8, 32])
def test_additive_outputs_are_exact(n_chosen):
    known, fresh = tables(lambda X: np.column_stack([X.sum(axis=1), 5 * X[:, 6]]))
    quadrature = learn_quadrature(known, n_chosen)
    np.testing.assert_allclose(quadrature.check(fresh), 0, atol=1e-6)
    np.testing.assert_allclose(quadrature.error, 0, atol=1e-6)


def test_an_output_that_does_not_vary_leaves_the_others_alone():
    known, _ = tables(saturated)
    constant = np.full_like(known, 0.1) + 1e-17 * noise(N)[:, :, :1]
    alone = learn_quadrature(known, 16)
    both = learn_quadrature(np.concatenate([known, constant], axis=2), 16)
    np.testing.assert_array_equal(both.chosen, alone.chosen)
    np.testing.assert_allclose(both.weights, alone.weights, rtol=1e-4)


@pytest.mark.parametrize("function", [*SMOOTH, forest])
@pytest.mark.parametrize("n_chosen", [8, 16, 32])
def test_a_fraction_of_the_error_of_random_references(function, n_chosen):
    known, fresh = tables(function)
    error = learn_quadrature(known, n_chosen).check(fresh)
    assert (error < 0.5 * subset_error(fresh, n_chosen)).all()


@pytest.mark.parametrize("n_chosen", [8, 24])
@pytest.mark.parametrize("function", [*SMOOTH, forest])
def test_errors_hold_on_fresh_contexts(function, n_chosen):
    ratios, covered = [], []
    for seed in range(8):
        known, fresh = tables(function, seed=seed)
        quadrature = learn_quadrature(known, n_chosen)
        ratios.append(quadrature.check(fresh) / quadrature.error)
        estimated = quadrature.mean(fresh[:, quadrature.chosen])
        wrong = np.abs(estimated - fresh.mean(axis=1)) / known.mean(axis=1).std(axis=0)
        covered.append(np.mean(wrong <= quadrature.relative_error, axis=0))
    assert 0.5 < np.median(ratios) < 1.25
    assert np.mean(np.array(ratios) < 1.5) >= 0.75
    assert 0.8 < np.mean(covered) <= 1


def test_the_error_of_noise_is_not_flattered():
    quadrature = learn_quadrature(noise(N), 16)
    fresh = noise(500, seed=1)
    np.testing.assert_allclose(quadrature.error, quadrature.check(fresh), rtol=0.25)


def test_noise_needs_all_references():
    quadrature = choose_quadrature(noise(N), tol=0.05)
    np.testing.assert_array_equal(quadrature.chosen, np.arange(N))
    np.testing.assert_allclose(quadrature.weights, 1 / N)
    np.testing.assert_array_equal(quadrature.error, np.zeros(2))
    np.testing.assert_array_equal(quadrature.relative_error, np.zeros(2))
    np.testing.assert_allclose(quadrature.check(noise(9, seed=1)), 0, atol=1e-15)


@pytest.mark.parametrize("function", SMOOTH)
def test_no_more_references_than_the_tolerance_needs(function):
    known, _ = tables(function)
    spread = known.mean(axis=1).std(axis=0)
    numbers = []
    for tol in (0.5, 0.1, 0.02, 1e-12):
        quadrature = choose_quadrature(known, tol)
        numbers.append(len(quadrature.chosen))
        assert (quadrature.error <= tol * spread).all()
        half = 2 ** int(np.ceil(np.log2(numbers[-1]))) // 2
        if half >= 8:
            assert (learn_quadrature(known, half).error > tol * spread).any()
    assert numbers == sorted(numbers)
    assert numbers[0] <= 8
    assert numbers[-1] == N


def test_every_output_has_to_be_accurate():
    known, _ = tables(saturated)
    both = np.concatenate([known, noise(N)[:, :, :1]], axis=2)
    assert len(choose_quadrature(known, tol=0.2).chosen) < N
    assert len(choose_quadrature(both, tol=0.2).chosen) == N


@pytest.mark.parametrize("function", [*SMOOTH, forest])
@pytest.mark.parametrize("n_chosen", [1, 5, 40])
def test_means_lie_within_the_outputs(function, n_chosen):
    known, fresh = tables(function)
    quadrature = learn_quadrature(known, n_chosen)
    assert quadrature.weights.sum() == pytest.approx(1, abs=1e-12)
    assert (quadrature.weights > 0).all()
    assert len(quadrature.weights) == len(quadrature.chosen) <= n_chosen
    assert (np.diff(quadrature.chosen) > 0).all()
    outputs = fresh[:, quadrature.chosen]
    mean = quadrature.mean(outputs)
    assert mean.shape == (len(fresh), fresh.shape[2])
    assert (mean <= outputs.max(axis=1) + 1e-12).all()
    assert (mean >= outputs.min(axis=1) - 1e-12).all()


def test_check_is_the_root_mean_square_error_of_each_output():
    known, fresh = tables(two_outputs)
    quadrature = learn_quadrature(known, 8)
    chosen, weights = quadrature.chosen, quadrature.weights
    for c, error in enumerate(quadrature.check(fresh)):
        estimated = fresh[:, chosen, c] @ weights
        wrong = estimated - fresh[:, :, c].mean(axis=1)
        assert error == pytest.approx(np.sqrt(np.mean(wrong**2)))


def test_the_unit_of_an_output_does_not_matter():
    known, _ = tables(two_outputs)
    first = learn_quadrature(known, 12)
    second = learn_quadrature(known * [1e3, 1e-3] + [5, -2], 12)
    np.testing.assert_array_equal(first.chosen, second.chosen)
    np.testing.assert_allclose(first.weights, second.weights, rtol=1e-6)
    np.testing.assert_allclose(first.error * [1e3, 1e-3], second.error, rtol=1e-6)


def test_no_randomness():
    known, _ = tables(forest)
    state = np.random.get_state()[1].copy()
    first, second = learn_quadrature(known, 20), learn_quadrature(known.copy(), 20)
    np.testing.assert_array_equal(first.chosen, second.chosen)
    np.testing.assert_array_equal(first.weights, second.weights)
    np.testing.assert_array_equal(first.error, second.error)
    np.testing.assert_array_equal(state, np.random.get_state()[1])


@pytest.mark.parametrize("n_references", [1, 2, 5, 8])
def test_few_references_are_all_taken(n_references):
    known = np.random.RandomState(0).normal(size=(6, n_references, 1))
    for quadrature in (choose_quadrature(known, 0.5), learn_quadrature(known, 8)):
        np.testing.assert_array_equal(quadrature.chosen, np.arange(n_references))
        np.testing.assert_allclose(quadrature.check(known), 0, atol=1e-15)


def test_two_contexts_are_enough():
    known, fresh = tables(saturated)
    quadrature = learn_quadrature(known[:2], 8)
    assert np.isfinite(quadrature.check(fresh)).all()
    assert np.isfinite(quadrature.error).all()


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="at least 2 contexts, got 1"):
        learn_quadrature(noise(1), 8)
    with pytest.raises(ValueError, match="at least 2 contexts, got 1"):
        choose_quadrature(noise(1), 0.05)
    with pytest.raises(ValueError, match="n_chosen must be at least 1, got 0"):
        learn_quadrature(noise(4), 0)
