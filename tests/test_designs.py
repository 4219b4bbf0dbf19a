"""Masks: what they are orthogonal to, how many there are, what they recover."""

import numpy as np
import pytest

from skdime._designs import (
    _first_hadamard,
    _hadamard,
    folded_design,
    random_masks,
    unique_masks,
)

SIZES = [*range(1, 61), 92, 100, 117]


def signs(masks):
    return np.where(masks, 1, -1)


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


def least_squares(masks, values, weights=None):
    """Main effects, by least squares with an intercept."""
    root = np.sqrt(np.ones(len(masks)) if weights is None else weights)
    design = np.column_stack([np.ones(len(masks)), signs(masks)])
    coef, *_ = np.linalg.lstsq(design * root[:, None], values * root, rcond=None)
    return coef[1:]


@pytest.mark.parametrize("n_features", SIZES)
def test_main_effects_are_clear_of_the_mean_each_other_and_pairs(n_features):
    for n_runs in (1, 130, 300):
        masks = folded_design(n_features, n_runs, random_state=0)
        coded = signs(masks)
        assert masks.dtype == bool
        np.testing.assert_array_equal(coded.T @ coded, len(masks) * np.eye(n_features))
        assert not coded.sum(axis=0).any()
        assert not (coded.T @ products(coded)).any()


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
    assert len(folded_design(wanted, 1, random_state=0)) == 2 * built


@pytest.mark.parametrize(("n_features", "n_runs"), [(1, 2), (3, 8), (5, 40), (8, 256)])
def test_few_features_get_every_mask_once(n_features, n_runs):
    masks = folded_design(n_features, n_runs, random_state=0)
    found, counts = unique_masks(masks)
    assert len(found) == 2**n_features
    assert (counts == 1).all()
    np.testing.assert_array_equal(masks, folded_design(n_features, n_runs, 1))


@pytest.mark.parametrize("n_features", SIZES)
def test_the_number_of_masks_is_close_to_what_was_wanted(n_features):
    smallest = len(folded_design(n_features, 1, random_state=0))
    assert smallest >= 2 * n_features
    for n_runs in (128, 300, 1000):
        n_masks = len(folded_design(n_features, n_runs, random_state=0))
        if 2**n_features <= n_runs:
            assert n_masks == 2**n_features
        elif n_runs < smallest:
            assert n_masks == smallest
        else:
            assert 0.85 * n_runs <= n_masks <= n_runs


def test_fewer_runs_than_one_block_give_one_block():
    assert folded_design(10, 5, random_state=0).shape == (24, 10)
    assert folded_design(2, 3, random_state=0).shape == (4, 2)
    assert folded_design(1, 1, random_state=0).shape == (2, 1)


@pytest.mark.parametrize(("n_features", "n_runs"), [(7, 16), (10, 24), (10, 96)])
def test_main_effects_are_exact_where_pairs_interact(n_features, n_runs):
    function, main = quadratic(n_features)
    masks = folded_design(n_features, n_runs, random_state=0)
    np.testing.assert_allclose(least_squares(masks, function(masks)), main, atol=1e-10)
    masks = random_masks(n_features, n_runs, random_state=0)
    wrong = least_squares(masks, function(masks)) - main
    assert np.linalg.norm(wrong) > 0.1 * np.linalg.norm(main)


def test_merged_masks_with_their_counts_are_the_same_design():
    function, main = quadratic(9)
    masks = folded_design(9, 400, random_state=0)
    found, counts = unique_masks(masks)
    assert len(found) < len(masks) == counts.sum()
    assert len({mask.tobytes() for mask in found}) == len(found)
    coef = least_squares(found, function(found), counts)
    np.testing.assert_allclose(coef, main, atol=1e-10)


def test_the_row_itself_is_the_last_of_merged_masks():
    found, _ = unique_masks(folded_design(4, 16, random_state=0))
    assert found[-1].all()
    assert not found[0].any()


@pytest.mark.parametrize("make", [folded_design, random_masks])
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


@pytest.mark.parametrize("make", [folded_design, random_masks])
def test_errors_name_the_argument(make):
    with pytest.raises(ValueError, match=r"n_features must be at least 1, got 0"):
        make(0, 10, random_state=0)
    with pytest.raises(ValueError, match=r"n_runs must be at least 1, got 0"):
        make(3, 0, random_state=0)
