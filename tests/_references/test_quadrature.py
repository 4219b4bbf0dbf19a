"""Weighted references: what they reproduce, and whether their errors are honest."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from skdime._references.quadrature import learn_quadratures

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


def learn(table, size, folds=None):
    (quadrature,) = learn_quadratures(table, [size], folds)
    return quadrature


def estimated(quadrature, table):
    """Means (n_contexts, n_outputs) by the quadrature."""
    return np.tensordot(table[:, quadrature.chosen], quadrature.weights, axes=(1, 0))


def wrong(quadrature, table):
    """Root mean square error on some contexts, of each output."""
    return rms(estimated(quadrature, table) - table.mean(axis=1))


def rms(errors):
    return np.sqrt(np.mean(errors**2, axis=0))


def subset_error(table, n_chosen):
    """Median error of means over random references."""
    n_references = table.shape[1]
    errors = []
    for seed in range(30):
        chosen = np.random.RandomState(seed).permutation(n_references)[:n_chosen]
        errors.append(rms(table[:, chosen].mean(axis=1) - table.mean(axis=1)))
    return np.median(errors, axis=0)


def noise(n_contexts, seed=0):
    return np.random.RandomState(seed).normal(size=(n_contexts, N, 2))


@pytest.mark.parametrize("n_chosen", [1, 8, 32])
def test_constant_outputs_are_exact(n_chosen):
    table = np.broadcast_to([0.1, 0.0, -7.3], (N, N, 3))
    quadrature = learn(table, n_chosen)
    np.testing.assert_allclose(wrong(quadrature, table), 0, atol=1e-14)
    np.testing.assert_allclose(quadrature.held_out, 0, atol=1e-14)


@pytest.mark.parametrize("n_chosen", [8, 32])
def test_additive_outputs_are_exact(n_chosen):
    known, fresh = tables(lambda X: np.column_stack([X.sum(axis=1), 5 * X[:, 6]]))
    quadrature = learn(known, n_chosen)
    np.testing.assert_allclose(wrong(quadrature, fresh), 0, atol=1e-6)
    np.testing.assert_allclose(quadrature.held_out, 0, atol=1e-6)


def test_an_output_that_does_not_vary_leaves_the_others_alone():
    known, _ = tables(saturated)
    constant = np.full_like(known, 0.1) + 1e-17 * noise(N)[:, :, :1]
    alone = learn(known, 16)
    both = learn(np.concatenate([known, constant], axis=2), 16)
    np.testing.assert_array_equal(both.chosen, alone.chosen)
    np.testing.assert_allclose(both.weights, alone.weights, rtol=1e-4)


@pytest.mark.parametrize("function", [*SMOOTH, forest])
@pytest.mark.parametrize("n_chosen", [8, 16, 32])
def test_a_fraction_of_the_error_of_random_references(function, n_chosen):
    known, fresh = tables(function)
    error = wrong(learn(known, n_chosen), fresh)
    assert (error < 0.5 * subset_error(fresh, n_chosen)).all()


@pytest.mark.parametrize("n_chosen", [8, 24])
@pytest.mark.parametrize("function", [*SMOOTH, forest])
def test_errors_hold_on_fresh_contexts(function, n_chosen):
    ratios = []
    for seed in range(8):
        known, fresh = tables(function, seed=seed)
        quadrature = learn(known, n_chosen)
        ratios.append(wrong(quadrature, fresh) / rms(quadrature.held_out))
    assert 0.5 < np.median(ratios) < 1.25
    assert np.mean(np.array(ratios) < 1.5) >= 0.75


def test_the_error_of_noise_is_not_flattered():
    quadrature, fresh = learn(noise(N), 16), noise(500, seed=1)
    error = wrong(quadrature, fresh)
    np.testing.assert_allclose(rms(quadrature.held_out), error, rtol=0.25)


def test_contexts_of_a_fold_do_not_vouch_for_each_other():
    folds = np.repeat(np.arange(20), 4)
    table = noise(20)[folds] + 0.01 * noise(80, seed=1)
    honest, flattered = learn(table, 16, folds), learn(table, 16)
    error = wrong(honest, noise(500, seed=2))
    np.testing.assert_allclose(rms(honest.held_out), error, rtol=0.25)
    assert (rms(flattered.held_out) < 0.5 * error).all()


@pytest.mark.parametrize("function", [saturated, two_outputs])
def test_outputs_of_a_context_tell_its_error(function):
    ratios = []
    for seed in range(8):
        known, fresh = tables(function, seed=seed)
        quadrature = learn(known, 16)
        expected = rms(quadrature.expected(fresh[:, quadrature.chosen]))
        ratios.append(wrong(quadrature, fresh) / expected)
    assert 0.1 < np.median(ratios) < 2


def test_contexts_unlike_all_known_ones_tell_theirs():
    rng = np.random.RandomState(0)
    direction = rng.normal(size=N)
    known = (rng.normal(size=(20, 1)) * direction)[:, :, None]
    quadrature, alike = learn(known, 16), 3 * known
    unlike = rng.normal(size=(500, N, 1))
    assert wrong(quadrature, alike) < rms(
        quadrature.expected(alike[:, quadrature.chosen])
    )
    assert rms(quadrature.expected(alike[:, quadrature.chosen])) < 0.01
    expected = rms(quadrature.expected(unlike[:, quadrature.chosen]))
    np.testing.assert_allclose(expected, wrong(quadrature, unlike), rtol=0.3)


def test_what_outputs_tell_is_in_their_unit():
    known, fresh = tables(two_outputs)
    quadrature = learn(known, 16)
    outputs = fresh[:, quadrature.chosen]
    expected = quadrature.expected(outputs)
    assert expected.shape == (len(fresh), 2)
    np.testing.assert_allclose(quadrature.expected(7 - 10 * outputs), 10 * expected)
    everything = learn(known, N)
    np.testing.assert_array_equal(everything.expected(fresh), np.zeros((len(fresh), 2)))


def test_folds_of_any_numbers_and_order():
    known, _ = tables(saturated)
    folds = np.arange(len(known)) % 6
    default, named = (
        learn(known, 12),
        learn(known, 12, np.array([9, 7, -1, 3, 50, 4])[folds]),
    )
    np.testing.assert_array_equal(default.chosen, named.chosen)
    np.testing.assert_allclose(default.held_out, named.held_out, atol=1e-10)


@pytest.mark.parametrize("function", [*SMOOTH, forest])
def test_several_sizes_are_each_as_if_alone(function):
    known, _ = tables(function)
    sizes = [8, 16, 32, N]
    for size, quadrature in zip(sizes, learn_quadratures(known, sizes), strict=True):
        alone = learn(known, size)
        np.testing.assert_array_equal(quadrature.chosen, alone.chosen)
        np.testing.assert_array_equal(quadrature.weights, alone.weights)
        np.testing.assert_array_equal(quadrature.held_out, alone.held_out)


@pytest.mark.parametrize("function", SMOOTH)
def test_more_references_have_less_error(function):
    known, fresh = tables(function)
    errors = [wrong(q, fresh) for q in learn_quadratures(known, [8, 24, 60])]
    assert (np.diff(errors, axis=0) < 0).all()


@pytest.mark.parametrize("function", [*SMOOTH, forest])
@pytest.mark.parametrize("n_chosen", [1, 5, 40])
def test_means_lie_within_the_outputs(function, n_chosen):
    known, fresh = tables(function)
    quadrature = learn(known, n_chosen)
    assert quadrature.weights.sum() == pytest.approx(1, abs=1e-12)
    assert (quadrature.weights > 0).all()
    assert len(quadrature.weights) == len(quadrature.chosen) <= n_chosen
    assert (np.diff(quadrature.chosen) > 0).all()
    outputs = fresh[:, quadrature.chosen]
    mean = estimated(quadrature, fresh)
    assert mean.shape == (len(fresh), fresh.shape[2])
    assert (mean <= outputs.max(axis=1) + 1e-12).all()
    assert (mean >= outputs.min(axis=1) - 1e-12).all()


def test_the_unit_of_an_output_does_not_matter():
    known, _ = tables(two_outputs)
    first = learn(known, 12)
    second = learn(known * [1e3, 1e-3] + [5, -2], 12)
    np.testing.assert_array_equal(first.chosen, second.chosen)
    np.testing.assert_allclose(first.weights, second.weights, rtol=1e-6)
    moved = first.held_out * [1e3, 1e-3]
    scale = np.abs(moved).max(axis=0)
    np.testing.assert_allclose(moved / scale, second.held_out / scale, atol=1e-6)


def test_no_randomness():
    known, _ = tables(forest)
    state = np.random.get_state()[1].copy()
    first, second = learn(known, 20), learn(known.copy(), 20)
    np.testing.assert_array_equal(first.chosen, second.chosen)
    np.testing.assert_array_equal(first.weights, second.weights)
    np.testing.assert_array_equal(first.held_out, second.held_out)
    np.testing.assert_array_equal(state, np.random.get_state()[1])


@pytest.mark.parametrize("n_references", [1, 2, 5, 8])
@pytest.mark.parametrize("size", [8, 30])
def test_few_references_are_all_taken(n_references, size):
    known = np.random.RandomState(0).normal(size=(6, n_references, 2))
    quadrature = learn(known, size)
    np.testing.assert_array_equal(quadrature.chosen, np.arange(n_references))
    np.testing.assert_allclose(quadrature.weights, 1 / n_references)
    np.testing.assert_array_equal(quadrature.held_out, np.zeros((6, 2)))
    np.testing.assert_allclose(wrong(quadrature, known), 0, atol=1e-15)


def test_two_contexts_are_enough():
    known, fresh = tables(saturated)
    quadrature = learn(known[:2], 8)
    assert np.isfinite(wrong(quadrature, fresh)).all()
    assert np.isfinite(quadrature.held_out).all()


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="at least 2 contexts, got 1"):
        learn_quadratures(noise(1), [8])
    with pytest.raises(ValueError, match=r"at least 1, got \[8, 0\]"):
        learn_quadratures(noise(4), [8, 0])


# --- the spread between all references, from the chosen ones --------------------------


@pytest.mark.parametrize("function", SMOOTH)
@pytest.mark.parametrize("size", [12, 32])
def test_the_spread_between_all_references_is_known(function, size):
    known, fresh = tables(function)
    quadrature = learn(known, size)
    completed, remaining = quadrature.completed(fresh[:, quadrature.chosen])
    found = np.square(completed).mean(axis=1) + remaining
    expected = fresh.var(axis=1)
    ratio = np.sqrt(found.mean(axis=0) / expected.mean(axis=0))
    assert (np.abs(ratio - 1) < 0.15).all()


def test_the_spread_of_a_product_whose_chosen_references_are_all_near_the_mean():
    known, fresh = tables(lambda X: X[:, 0] * X[:, 4])
    quadrature = learn(known, 8)
    among = fresh[:, quadrature.chosen]
    completed, remaining = quadrature.completed(among)
    expected = np.sqrt(fresh.var(axis=1).mean())
    assert among.std(axis=1).mean() < 0.5 * expected
    found = np.sqrt((np.square(completed).mean(axis=1) + remaining).mean())
    assert found == pytest.approx(expected, rel=0.05)


def test_chosen_references_are_completed_by_themselves():
    known, fresh = tables(saturated)
    quadrature = learn(known, 16)
    outputs = fresh[:, quadrature.chosen]
    completed, _ = quadrature.completed(outputs)
    mean = np.einsum("kqc,q->kc", outputs, quadrature.weights)[:, None]
    np.testing.assert_allclose(
        completed[:, quadrature.chosen], outputs - mean, atol=1e-9
    )


def test_all_references_leave_nothing_to_complete():
    _, fresh = tables(saturated)
    completed, remaining = learn(fresh, N).completed(fresh)
    np.testing.assert_allclose(completed, fresh - fresh.mean(axis=1, keepdims=True))
    assert not remaining.any()
