"""Hybrids near a row: their pieces, contexts and sizes of coalitions."""

import numpy as np
import pytest

from skdime._references.hybrids import (
    Sources,
    coalitions,
    own_hybrids,
    shared_hybrids,
    with_row,
)

# modality 0 has columns 0 and 1 in one feature; modality 1 is not varied
SOURCES = Sources([3, 1, 2], {0: np.array([0, 0, 1]), 2: np.array([0, 1])}, 50, 20)


@pytest.fixture
def shared():
    return shared_hybrids(SOURCES, 5, 40, 3, np.random.RandomState(0))


@pytest.fixture
def own(shared):
    rows = [len(pieces) for pieces in shared.pieces]
    pieces = with_row(SOURCES, shared.pieces)
    return own_hybrids(SOURCES, pieces, rows, 30, np.random.RandomState(1))


def test_shared_hybrids_take_nothing_from_a_row(shared):
    assert len(shared) == 2 * 3 * 2 * 5 + 40
    for m in range(3):
        assert shared.sources(m).min() >= 1
        tuples = SOURCES.of_tuples(m, np.arange(20))
        np.testing.assert_array_equal(shared.pieces[m][:20], tuples)


def test_own_hybrids_vary_one_modality_in_two_contexts(own):
    assert len(own) == 2 * 2 * 30
    for m in (0, 2):
        for in_context in (True, False):
            chosen = (own.varied == m) & (own.in_context == in_context)
            assert chosen.sum() == 30
            for other in {0, 1, 2} - {m}:
                sources = own.sources(other)[chosen]
                assert (sources == 0).all() if in_context else (sources > 50).all()
            assert (
                (own.sources(m)[chosen] >= 0) & (own.sources(m)[chosen] <= 50)
            ).all()


def test_both_contexts_have_the_same_coalitions(own):
    own_pieces = [
        own.sources(0)[(own.varied == 0) & (own.in_context == c)] for c in (True, False)
    ]
    np.testing.assert_array_equal(*own_pieces)


def test_columns_of_a_feature_come_from_one_source(own):
    sources = own.sources(0)[own.varied == 0]
    np.testing.assert_array_equal(sources[:, 0], sources[:, 1])
    assert (sources[:, 0] == 0).any() and (sources[:, 0] != sources[:, 2]).any()


def test_the_others_of_a_tuple_belong_together(own):
    chosen = (own.varied == 0) & ~own.in_context
    np.testing.assert_array_equal(own.sources(1)[chosen, 0], own.sources(2)[chosen, 0])


def test_more_hybrids_follow_those_there_are(own):
    rows = [int(np.flatnonzero((p == 0).all(axis=1))[0]) for p in own.pieces]
    more = own_hybrids(SOURCES, own.pieces, rows, 30, np.random.RandomState(2))
    both = own.with_more(more)
    assert len(both) == 2 * len(own)
    for m in range(3):
        np.testing.assert_array_equal(both.sources(m)[: len(own)], own.sources(m))


@pytest.mark.parametrize("d", [1, 2, 9])
def test_sizes_of_coalitions(d):
    sizes = coalitions(d, 4000, np.random.RandomState(0)).sum(axis=1)
    s = np.arange(1, d + 1)
    law = np.sqrt(np.r_[0, 1 / s] + np.r_[1 / s[::-1], 0])
    expected = 4000 * law / law.sum()
    # strata: each size occurs as often as expected, give or take two
    assert np.abs(np.bincount(sizes, minlength=d + 1) - expected).max() <= 2
