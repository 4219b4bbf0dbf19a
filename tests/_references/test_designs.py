"""Masks: what they are orthogonal to, how many there are, what they recover."""

import numpy as np
import pytest

from skdime._references.designs import (
    _first_hadamard,
    _hadamard,
    all_masks,
    all_pairs,
    drawn_pairs,
    folded_masks,
    half_masks,
    random_masks,
)

SIZES = [*range(1, 61), 92, 100, 117]


def signs(masks):
    return np.where(masks, 1.0, -1.0)


def generator(seed=0):
    return np.random.RandomState(seed)


@pytest.mark.parametrize("n_features", SIZES)
def test_half_masks_are_orthogonal_block_by_block(n_features):
    order = len(_first_hadamard(n_features))
    coded = signs(half_masks(n_features, 3 * order, generator()))
    assert coded.shape == (3 * order, n_features)
    for block in np.split(coded, 3):
        np.testing.assert_array_equal(block.T @ block, order * np.eye(n_features))


def test_blocks_differ():
    masks = half_masks(12, 24, generator())
    assert (masks[:12] != masks[12:]).any()


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
    assert len(_first_hadamard(wanted)) == built


@pytest.mark.parametrize("n_features", [1, 2, 5])
def test_all_pairs_and_the_whole_row_are_all_masks(n_features):
    masks = all_pairs(n_features)
    whole = np.ones((1, n_features), dtype=bool)
    every = np.vstack([masks, ~masks, whole, ~whole])
    found = {mask.tobytes() for mask in every}
    assert found == {mask.tobytes() for mask in all_masks(n_features)}
    assert len(every) == 2**n_features
    assert masks[:, 0].all()


def test_shapley_values_need_masks_of_all_sizes():
    sizes = folded_masks(20, 2000, "shapley", generator()).sum(axis=1)
    assert set(sizes) == set(range(21))
    assert np.mean(np.abs(sizes - 10) > 6) > 0.15
    halves = half_masks(20, 2000, generator()).sum(axis=1)
    assert np.mean(np.abs(halves - 10) > 6) < 0.02
    np.testing.assert_array_equal(
        folded_masks(20, 50, "banzhaf", generator()), half_masks(20, 50, generator())
    )


def test_sizes_of_the_shapley_kernel():
    n = 8
    masks, counts = drawn_pairs(n, 50_000, "shapley", 0)
    assert counts.sum() == 50_000
    assert masks[:, 0].all()
    assert len(np.unique(masks, axis=0)) == len(masks)
    sizes = masks.sum(axis=1)
    found = np.bincount(np.minimum(sizes, n - sizes), weights=counts)
    law = 1 / (np.arange(1, n) * (n - np.arange(1, n)))
    expected = np.bincount(np.minimum(np.arange(1, n), n - np.arange(1, n)), law)
    np.testing.assert_allclose(found / found.sum(), expected / law.sum(), atol=0.01)


@pytest.mark.parametrize("effects", ["shapley", "banzhaf"])
@pytest.mark.parametrize("n", [1, 5])
def test_drawn_pairs_never_have_the_whole_row(effects, n):
    for seed in range(20):
        masks, counts = drawn_pairs(2, n, effects, seed)
        assert len(masks) == len(counts) >= 1
        assert not masks.all(axis=1).any()


@pytest.mark.parametrize(
    "make",
    [
        random_masks,
        lambda *args, random_state: drawn_pairs(*args, "shapley", random_state)[0],
    ],
)
def test_masks_depend_on_the_seed_and_the_sizes_only(make):
    state = np.random.get_state()[1].copy()
    masks = make(12, 100, random_state=3)
    np.testing.assert_array_equal(masks, make(12, 100, random_state=3))
    assert (
        len(masks) != len(make(12, 100, random_state=4))
        or (masks != make(12, 100, random_state=4)).any()
    )
    np.testing.assert_array_equal(state, np.random.get_state()[1])


def test_random_masks_are_fair_and_independent():
    coded = signs(random_masks(10, 20_000, random_state=0))
    correlation = coded.T @ coded / len(coded)
    assert np.abs(coded.mean(axis=0)).max() < 0.03
    assert np.abs(correlation - np.eye(10)).max() < 0.03


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match=r"n_features must be at least 1, got 0"):
        random_masks(0, 10, random_state=0)
    with pytest.raises(ValueError, match=r"n_runs must be at least 1, got 0"):
        random_masks(3, 0, random_state=0)
