r"""Pairs of a mask and its complement, each in one context.

A mean over references of what a feature does needs no grid of masks and references:
one reference for each pair is enough, and tells more for the same number of model rows.
Of the pairs a quarter is evaluated in the row's own context. Of the others, three
quarters take references in turn, and one quarter those that react unusually to the
row, where rare rules apply.
"""

from typing import NamedTuple

import numpy as np

from skdime._references.designs import folded_masks
from skdime._utils.random import balanced

_OWN_SHARE, _UNUSUAL_SHARE = 0.25, 0.25
# Draws until it is given up to find a pair that there is not yet.
_TRIES = 50


class NestedPairs(NamedTuple):
    """Pairs of masks in contexts.

    Attributes
    ----------
    masks : ndarray of bool of shape (n_pairs, n_features)
        One of each pair; its complement is the other.
    contexts : ndarray of int of shape (n_pairs,)
        References, then the row's own contexts.
    is_fair : ndarray of bool of shape (n_pairs,)
        Whether contexts of its kind have been drawn with equal probabilities.
    """

    masks: np.ndarray
    contexts: np.ndarray
    is_fair: np.ndarray

    def __len__(self):
        return len(self.masks)

    def with_more(self, pairs):
        """These pairs, then others."""
        return NestedPairs(*map(np.concatenate, zip(self, pairs, strict=True)))


def pairs_for_all(n_references):
    """Pairs of which each reference gets one in its turn."""
    return int(np.ceil(n_references / ((1 - _OWN_SHARE) * (1 - _UNUSUAL_SHARE))))


def n_distinct_pairs(n, n_masks):
    """How many of `n` pairs there are if a row has so many masks.

    The row's own context has each of them once.
    """
    return n - max(n * _OWN_SHARE - n_masks, 0)


class PairDesign:
    """Draws pairs, none of them twice, and never the whole row or its absence.

    Parameters
    ----------
    n_features : int
        At least 2.
    unusual : ndarray of shape (n_references,)
        How unusual the row is together with each reference.
    n_own : int
        The row's own contexts, which may be none.
    effects : {"shapley", "banzhaf"}
        What is to be estimated.
    random_state : RandomState
    """

    def __init__(self, n_features, unusual, n_own, effects, random_state):
        self.n_features, self.effects = n_features, effects
        self.n_references, self.n_own = len(unusual), n_own
        total = unusual.sum()
        self._probabilities = unusual / total if total else None
        self._random_state = random_state
        self._drawn = [set() for _ in range(self.n_references + max(n_own, 1))]

    def draw(self, n):
        """Further pairs, fewer than `n` where hardly any are left.

        Parameters
        ----------
        n : int

        Returns
        -------
        pairs : NestedPairs
        """
        random_state = self._random_state
        n_own = int(np.ceil(_OWN_SHARE * n)) * (self.n_own > 0)
        n_others = n - n_own
        n_unusual = int(_UNUSUAL_SHARE * n_others) * (self._probabilities is not None)
        contexts = np.concatenate(
            [
                balanced(self.n_references, n_others - n_unusual, random_state),
                random_state.choice(
                    self.n_references, n_unusual, p=self._probabilities
                ),
                self.n_references + balanced(max(self.n_own, 1), n_own, random_state),
            ]
        )
        is_fair = np.ones(n, dtype=bool)
        is_fair[n_others - n_unusual : n_others] = False
        masks = np.concatenate(
            [
                folded_masks(self.n_features, size, self.effects, random_state)
                for size in (n_others, n_own)
            ]
        )
        is_new = self._make_new(masks, contexts)
        return NestedPairs(masks[is_new], contexts[is_new], is_fair[is_new])

    def _make_new(self, masks, contexts):
        """Draw masks anew, in place, of pairs that there are; tell which are new."""
        is_new = np.zeros(len(masks), dtype=bool)
        waiting, tries = list(range(len(masks))), 0
        while waiting and tries < _TRIES:
            tries += 1
            is_new[waiting] = self._are_new(masks[waiting], contexts[waiting])
            waiting = [
                i for i in waiting if not is_new[i] and self._has_more(contexts[i])
            ]
            size = len(waiting), self.n_features
            masks[waiting] = self._random_state.randint(2, size=size)
        return is_new

    def _are_new(self, masks, contexts):
        """Whether there are no such pairs yet; there are from now on."""
        folded = masks ^ ~masks[:, :1]  # which a mask and its complement share
        keys = [row.tobytes() for row in np.packbits(folded, axis=1)]
        is_new = ~folded.all(axis=1)
        for i, (key, context) in enumerate(zip(keys, contexts, strict=True)):
            is_new[i] &= key not in self._drawn[context]
            if is_new[i]:
                self._drawn[context].add(key)
        return is_new

    def _has_more(self, context):
        """Whether a context has pairs that are not drawn yet."""
        return len(self._drawn[context]) < 2.0 ** (self.n_features - 1) - 1
