"""Sums over combinations that no draw has, against all combinations one by one."""

from itertools import product
from math import factorial

import numpy as np
import pytest

from skdime._surrogates.unseen_subsets import (
    squared_shares,
    subsets_of,
    unseen_sums,
)

SIZES = 2, 3, 2, 4


@pytest.fixture
def drawn():
    """Codes of 30 draws of four columns, and shares of their levels."""
    rng = np.random.RandomState(0)
    codes = np.column_stack([rng.randint(size, size=30) for size in SIZES])
    return codes, [rng.dirichlet(np.ones(size)) for size in SIZES]


def sums_one_by_one(codes, frequencies, row):
    """For every set of columns that are as in the row, in the order of bits."""
    seen, n = set(map(tuple, codes.tolist())), len(frequencies)
    sums = []
    for bits in range(2**n):
        in_row = [bits >> k & 1 for k in range(n)]
        levels = [
            [row[k]] if in_row[k] else range(len(frequencies[k])) for k in range(n)
        ]
        shares = [
            np.prod([frequencies[k][each[k]] for k in range(n) if not in_row[k]])
            for each in product(*levels)
            if each not in seen
        ]
        sums.append(np.square(shares).sum())
    sums[-1] = 0  # the row's own output is known
    return sums


def test_sums_by_definition(drawn):
    codes, frequencies = drawn
    (whole,) = [
        subset
        for subset in subsets_of(codes, frequencies, np.arange(4))
        if len(subset.columns) == 4
    ]
    rows = np.array([codes[0], [1, 2, 0, 3], [0, 0, 0, 0]])
    found = unseen_sums(whole, list(rows.T))
    for sums, row in zip(found, rows.tolist(), strict=True):
        np.testing.assert_allclose(sums, sums_one_by_one(codes, frequencies, row))


def test_no_draw_has_a_value_beyond_the_levels(drawn):
    codes, frequencies = drawn
    *_, whole = subsets_of(codes, frequencies, np.arange(4))
    rows = np.array([[SIZES[0], 0, 0, 0]])
    (found,) = unseen_sums(whole, list(rows.T))
    squares = [np.square(each).sum() for each in frequencies]
    assert found[1] == pytest.approx(np.prod(squares[1:]))
    assert found[0b0111] == pytest.approx(squares[3])


def test_nothing_is_missed_where_draws_have_all():
    codes = np.array(list(product(range(2), range(3), range(2))))
    frequencies = [np.full(n, 1 / n) for n in (2, 3, 2)]
    (subset,) = subsets_of(codes, frequencies, np.arange(3))
    assert not unseen_sums(subset, list(codes.T)).any()


def test_levels_that_the_data_lack_count_for_nothing():
    codes = np.array([[0, 0, 0], [1, 1, 1], [2, 0, 1]])
    frequencies = [np.array([0.5, 0.5, 0.0]), *2 * [np.array([0.5, 0.5])]]
    (subset,) = subsets_of(codes, frequencies, np.arange(3))
    (found,) = unseen_sums(subset, list(codes[[2]].T))
    # beside the rare level of the row: one of four combinations is there
    assert found[1] == pytest.approx(3 / 16)


def test_shares_are_those_of_shapley_values():
    rng = np.random.RandomState(1)
    sums = rng.uniform(size=(2, 8))
    sums[:, -1] = 0
    expected = np.zeros((2, 3))
    for k in range(3):
        for bits in range(8):
            if bits >> k & 1:
                continue
            size = bits.bit_count()
            weight = factorial(size) * factorial(2 - size) / 6
            expected[:, k] += weight**2 * (sums[:, bits] + sums[:, bits | 1 << k])
    np.testing.assert_allclose(squared_shares(sums), expected)
    main = squared_shares(sums, main=True)
    np.testing.assert_allclose(main, sums[:, [0]] + sums[:, [1, 2, 4]])


def test_which_columns_are_looked_at(drawn):
    codes, frequencies = drawn

    def columns(features):
        subsets = subsets_of(codes, frequencies, np.array(features))
        return [subset.columns for subset in subsets]

    triples = [(0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)]
    assert columns([0, 1, 2, 3]) == [*triples, (0, 1, 2, 3)]
    assert columns([5, 1, 5, 3]) == [(0, 1, 3), (1, 2, 3)]
    assert columns([0, 0, 0, 1]) == []
    many = np.random.RandomState(0).randint(2, size=(30, 12))
    subsets = subsets_of(many, [np.full(2, 0.5)] * 12, np.arange(12))
    assert subsets[-1].columns == tuple(range(8))
    assert len(subsets) == 56 + 1
