"""Pairs of masks, each in one context: none twice, references in turn."""

import numpy as np
import pytest

from skdime._references.nested_pairs import PairDesign, pairs_for_all

N = 20


def design(n_features=10, unusual=None, n_own=1, effects="shapley", seed=0):
    unusual = np.zeros(N) if unusual is None else unusual
    return PairDesign(n_features, unusual, n_own, effects, np.random.RandomState(seed))


@pytest.mark.parametrize("effects", ["shapley", "banzhaf"])
@pytest.mark.parametrize("n_features", [2, 4, 30])
def test_no_pair_comes_twice_and_none_is_the_whole_row(effects, n_features):
    pairs = design(n_features, effects=effects)
    first, second = pairs.draw(60), pairs.draw(60)
    every = first.with_more(second)
    kept = every.masks ^ ~every.masks[:, :1]
    seen = {(c, m.tobytes()) for c, m in zip(every.contexts, kept, strict=True)}
    assert len(seen) == len(every) == len(first) + len(second)
    assert not kept.all(axis=1).any()
    if n_features > 4:
        assert len(every) == 120


def test_every_reference_has_its_turn_among_the_first():
    pairs = design(unusual=np.eye(N)[3]).draw(pairs_for_all(N))
    fair = pairs.contexts[pairs.is_fair & (pairs.contexts < N)]
    assert set(fair) == set(range(N))
    assert len(fair) <= N + 1
    assert 0.2 < np.mean(pairs.contexts == N) < 0.3


def test_unusual_references_are_drawn_more_often():
    unusual = np.zeros(N)
    unusual[[2, 7]] = 1, 3
    pairs = design(30, unusual).draw(800)
    assert set(pairs.contexts[~pairs.is_fair]) == {2, 7}
    counts = np.bincount(pairs.contexts[~pairs.is_fair])
    assert counts[7] > 2 * counts[2]
    assert design().draw(100).is_fair.all()


def test_several_own_contexts_have_their_turns():
    pairs = design(n_own=5).draw(80)
    own = pairs.contexts[pairs.contexts >= N]
    assert (np.bincount(own)[N:] == 4).all()
