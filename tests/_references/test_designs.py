"""Masks: what they are orthogonal to, how many there are, what they recover."""

from itertools import pairwise

import numpy as np
import pytest

from skdime._references.designs import (
    _first_hadamard,
    _hadamard,
    mask_sequence,
    random_masks,
)

SIZES = [*range(1, 61), 92, 100, 117]


def signs(masks):
    return np.where(masks, 1.0, -1.0)  # products of floats are exact here, and fast


def products(coded):
    """Products of all pairs of columns."""
    first, second = np.triu_indices(coded.shape[1], k=1)
    return coded[:, first] * coded[:, second]


def quadratic(n_features, seed=0):
    """A function of masks with all interactions of two features, and its effects."""
    rng = np.random.RandomState(seed)
    main = rng.normal(size=n_features)
    pairs = rng.normal(size=n_features * (n_features - 1) // 2)

    def function(masks):
        return 3 + signs(masks) @ main + products(signs(masks)) @ pairs

    return function, main


def least_squares(masks, values):
    """Main effects, by least squares with an intercept."""
    design = np.column_stack([np.ones(len(masks)), signs(masks)])
    coef, *_ = np.linalg.lstsq(design, values, rcond=None)
    return coef[1:]


def smallest_block(n_features):
    """Masks in one block: twice the least order that a Hadamard matrix has."""
    return 2 * len(_first_hadamard(range(n_features, 200)))


@pytest.mark.parametrize("n_features", SIZES)
def test_main_effects_are_clear_of_the_mean_each_other_and_pairs(n_features):
    for n_runs in (smallest_block(n_features), 300, 1000):
        masks, sizes = mask_sequence(n_features, n_runs, random_state=0)
        assert masks.dtype == bool
        assert sizes[-1] == len(masks)
        for size in sizes:
            coded = signs(masks[:size])
            np.testing.assert_array_equal(coded.T @ coded, size * np.eye(n_features))
            assert not coded.sum(axis=0).any()
            assert not (coded.T @ products(coded)).any()


@pytest.mark.parametrize("n_features", SIZES)
def test_masks_come_once_and_beside_their_complements(n_features):
    for n_runs in (2, 11, 130, 1000):
        check_sequence(*mask_sequence(n_features, n_runs, random_state=0), n_runs)


def check_sequence(masks, sizes, n_runs):
    assert len({mask.tobytes() for mask in masks}) == len(masks) <= n_runs
    np.testing.assert_array_equal(masks[1::2], ~masks[::2])
    assert not masks[0].any()
    assert masks[1].all()
    assert sizes == sorted(set(sizes))
    assert not any(size % 2 for size in sizes)


@pytest.mark.parametrize("n_features", SIZES)
def test_sizes_double_from_a_first_design_of_some_size(n_features):
    _, sizes = mask_sequence(n_features, 1000, random_state=0)
    assert sizes[0] >= min(64, 2**n_features)
    assert all(large == 2 * small for small, large in pairwise(sizes[:-1]))


def test_hadamard_matrices_are_orthogonal():
    matrices = {order: _hadamard(order) for order in range(1, 125)}
    built = [order for order, matrix in matrices.items() if matrix is not None]
    assert built == [1, 2, *sorted({*range(4, 125, 4)} - {52, 92, 100, 116})]
    for order in built:
        matrix = matrices[order].astype(int)
        assert set(np.unique(matrix)) <= {-1, 1}
        np.testing.assert_array_equal(matrix.T @ matrix, order * np.eye(order))


@pytest.mark.parametrize(("wanted", "built"), [(49, 56), (61, 64), (89, 96), (97, 104)])
def test_orders_that_cannot_be_built_give_way_to_the_next(wanted, built):
    assert len(_first_hadamard(range(wanted, 200))) == built
    assert mask_sequence(wanted, 2 * built, random_state=0)[1] == [2 * built]


@pytest.mark.parametrize(("n_features", "n_runs"), [(1, 2), (3, 8), (5, 40), (6, 64)])
def test_few_features_get_every_mask_at_once(n_features, n_runs):
    masks, sizes = mask_sequence(n_features, n_runs, random_state=0)
    assert len({mask.tobytes() for mask in masks}) == 2**n_features
    assert sizes == [2**n_features]
    np.testing.assert_array_equal(masks, mask_sequence(n_features, n_runs, 1)[0])


@pytest.mark.parametrize(("n_features", "n_runs"), [(7, 128), (8, 300), (9, 1000)])
def test_all_masks_that_exist_follow_after_half_of_them(n_features, n_runs):
    masks, sizes = mask_sequence(n_features, n_runs, random_state=0)
    assert len({mask.tobytes() for mask in masks}) == 2**n_features
    assert len(sizes) > 1
    assert sizes[-1] == 2**n_features
    assert sizes[-2] <= 2 ** (n_features - 1)


@pytest.mark.parametrize("n_features", [n for n in SIZES if n >= 12])
def test_the_number_of_masks_is_close_to_what_was_wanted(n_features):
    block = smallest_block(n_features)
    for n_runs in (128, 300, 1000):
        n_masks = len(mask_sequence(n_features, n_runs, random_state=0)[0])
        assert n_masks == (n_runs if n_runs < block else n_runs // block * block)


@pytest.mark.parametrize("n_features", [7, 8, 9, 10, 11])
def test_a_third_of_the_masks_wanted_at_least_where_few_exist(n_features):
    for n_runs in (48, 100, 200, 400, 1000):
        masks, _ = mask_sequence(n_features, n_runs, random_state=0)
        assert len(masks) >= min(2**n_features, n_runs) / 3


@pytest.mark.parametrize(("n_features", "n_runs"), [(16, 17), (40, 40), (64, 64)])
def test_part_of_a_block_tells_features_apart(n_features, n_runs):
    for seed in range(5):
        masks, sizes = mask_sequence(n_features, n_runs, random_state=seed)
        coded = signs(masks)
        together = coded.T @ coded / len(coded) - np.eye(n_features)
        assert sizes == [n_runs - n_runs % 2]
        assert np.abs(together).max() < 1
        assert not coded.sum(axis=0).any()


@pytest.mark.parametrize(("n_features", "n_runs"), [(7, 16), (10, 24), (10, 96)])
def test_main_effects_are_exact_where_pairs_interact(n_features, n_runs):
    function, main = quadratic(n_features)
    masks, _ = mask_sequence(n_features, n_runs, random_state=0)
    np.testing.assert_allclose(least_squares(masks, function(masks)), main, atol=1e-10)
    masks = random_masks(n_features, n_runs, random_state=0)
    wrong = least_squares(masks, function(masks)) - main
    assert np.linalg.norm(wrong) > 0.1 * np.linalg.norm(main)


def masks_of(n_features, n_runs, random_state):
    return mask_sequence(n_features, n_runs, random_state)[0]


@pytest.mark.parametrize("make", [masks_of, random_masks])
def test_masks_depend_on_the_seed_and_the_sizes_only(make):
    state = np.random.get_state()[1].copy()
    masks = make(12, 100, random_state=3)
    np.testing.assert_array_equal(masks, make(12, 100, random_state=3))
    generator = np.random.RandomState(3)
    np.testing.assert_array_equal(masks, make(12, 100, random_state=generator))
    assert (masks != make(12, 100, random_state=4)).any()
    np.testing.assert_array_equal(state, np.random.get_state()[1])


def test_random_masks_are_fair_and_independent():
    coded = signs(random_masks(10, 20_000, random_state=0))
    correlation = coded.T @ coded / len(coded)
    assert np.abs(coded.mean(axis=0)).max() < 0.03
    assert np.abs(correlation - np.eye(10)).max() < 0.03


@pytest.mark.parametrize(("make", "least"), [(masks_of, 2), (random_masks, 1)])
def test_errors_name_the_argument(make, least):
    with pytest.raises(ValueError, match=r"n_features must be at least 1, got 0"):
        make(0, 10, random_state=0)
    with pytest.raises(ValueError, match=f"n_runs must be at least {least}, got 0"):
        make(3, 0, random_state=0)
