r"""Shapley values of UC and of the output of trees, absent features from references.

Let v(S) be the mean output where the features in S are as in the row and all others
come from references, those of one modality from one and the same reference and those of
different modalities from independent ones. The values of the output are the Shapley
values of v over all features, which are the model's interventional SHAP values [2]_;
those of UC are the Shapley values of v restricted to the features of each modality.

With a row x and a reference r of a modality, let A be the features whose conditions of
a leaf x meets and r does not, and B those for which it is the other way round. Where a
condition is met by neither, the leaf is never reached. If every feature is present
with probability t, the leaf's conditions on the modality hold with probability
:math:`t^{|A|} (1 - t)^{|B|}`, and the Shapley value is the integral over t of the
derivative by the presence of a feature [1]_. Means over references are sums over
distinct sets of conditions met, so that the time grows with rows plus references.

References
----------
.. [1] Owen. "Multilinear extensions of games", Management Science 18 (1972).
.. [2] Lundberg et al. "From local explanations to global understanding with explainable
   AI for trees", Nature Machine Intelligence 2 (2020).
"""

from math import prod
from typing import NamedTuple

import numpy as np
from scipy import sparse

# Numbers of an array of terms: several such arrays fit into the processor's cache.
_CHUNK_NUMBERS = 2**17


class ReferenceKinds(NamedTuple):
    """References by which conditions of leaves they meet; leaves have some kinds each.

    Attributes
    ----------
    met : ndarray of bool of shape (n_features, n_leaves, n_kinds)
    shares : ndarray of shape (n_leaves, n_kinds)
        Of the references; 0 where a leaf has fewer kinds.
    of_few : ndarray of int of shape (n_leaves, n_few)
        The kinds of those whose influence is evaluated.
    """

    met: np.ndarray
    shares: np.ndarray
    of_few: np.ndarray

    @property
    def n_kinds(self):
        """Kinds of each leaf, ndarray of int of shape (n_leaves,)."""
        return (self.shares > 0).sum(axis=1)

    def of(self, leaves):
        """Those of some leaves, with as many kinds as these have."""
        n = self.n_kinds[leaves].max()
        return ReferenceKinds(
            self.met[:, leaves, :n], self.shares[leaves, :n], self.of_few[leaves]
        )

    def sums_over_few(self):
        """What sums of numbers by leaf and kind are for each of few references.

        Returns
        -------
        operator : sparse array of shape (n_leaves * n_kinds, n_few)
        """
        (n_leaves, n_kinds), n_few = self.shares.shape, self.of_few.shape[1]
        rows = np.arange(n_leaves)[:, None] * n_kinds + self.of_few
        columns = np.tile(np.arange(n_few), n_leaves)
        at = rows.ravel(), columns
        shape = n_leaves * n_kinds, n_few
        return sparse.csc_array((np.ones(rows.size), at), shape=shape)


def reference_kinds(batches, few):
    """Kinds of the references for each leaf.

    Parameters
    ----------
    batches : iterable of ndarray of bool of shape (n_features, n_leaves, n)
        The conditions that references meet, batch by batch.
    few : ndarray of bool of shape (n_features, n_leaves, n_few)
        The same of those whose influence is evaluated.

    Returns
    -------
    kinds : ReferenceKinds
    """
    n_features, n_leaves, n_few = few.shape
    by_leaf = [[] for _ in range(n_leaves)]
    for met in batches:
        for leaf, by_batch in enumerate(by_leaf):
            kinds, which = _distinct(met[:, leaf])
            by_batch.append((kinds, np.bincount(which, minlength=len(kinds))))
    merged = [
        _merged_kinds(by_batch, few[:, leaf].T) for leaf, by_batch in enumerate(by_leaf)
    ]
    n_kinds = max(len(kinds) for kinds, _, _ in merged)
    met = np.ones((n_features, n_leaves, n_kinds), dtype=bool)
    shares, of_few = np.zeros((n_leaves, n_kinds)), np.zeros((n_leaves, n_few), int)
    for leaf, (kinds, counts, which) in enumerate(merged):
        met[:, leaf, : len(kinds)] = kinds.T
        shares[leaf, : len(kinds)] = counts / counts.sum()
        of_few[leaf] = which
    return ReferenceKinds(met, shares, of_few)


def _merged_kinds(counts_of_kinds, few):
    """Distinct kinds of all batches, how often each occurs, and those of few."""
    kinds, counts = map(np.concatenate, zip(*counts_of_kinds, strict=True))
    every, which = _distinct(np.concatenate([kinds, few]).T)
    of_counted, of_few = np.split(which, [len(kinds)])
    return every, np.bincount(of_counted, counts, minlength=len(every)), of_few


def _distinct(met):
    """Distinct columns of `met` as rows, and which is whose."""
    octets = np.packbits(met, axis=0)
    if not len(octets):
        return np.ones((1, 0), dtype=bool), np.zeros(met.shape[1], dtype=int)
    kinds = np.ascontiguousarray(octets.T).view(f"V{len(octets)}").ravel()
    _, first, which = np.unique(kinds, return_index=True, return_inverse=True)
    return met[:, first].T, which.reshape(-1)


class GameValues(NamedTuple):
    """Values of the features of one modality.

    Attributes
    ----------
    coef : ndarray of shape (n_rows, n_features, n_outputs)
    influences : ndarray of shape (n_rows, n_features, n_outputs, n_few)
        What single references contribute to them, but for constants.
    """

    coef: np.ndarray
    influences: np.ndarray

    @staticmethod
    def zeros(*shape):
        return GameValues(np.zeros(shape[:-1]), np.zeros(shape))


def interventional_values(met, references, values, players=None):
    """Shapley values of UC and of the output, for sums over leaves.

    Parameters
    ----------
    met : list of ndarray of bool of shape (n_features, n_leaves, n_rows)
        For each modality, which conditions of leaves on each feature rows meet. What
        has no condition is met.
    references : list of ReferenceKinds
        For each modality.
    values : ndarray of shape (n_leaves, n_outputs)
    players : collection of int, default=None
        Modalities whose features get values, the others come from references in every
        coalition; None is all of them.

    Returns
    -------
    unimodal, whole : list of GameValues
        For each modality those of UC and of the output.
    """
    players = range(len(met)) if players is None else sorted(players)
    n_rows = met[0].shape[2]
    n_few, n_outputs = references[0].of_few.shape[1], values.shape[1]
    unimodal, whole = (
        [GameValues.zeros(n_rows, len(part), n_outputs, n_few) for part in met]
        for _ in range(2)
    )
    # leaves with equally many kinds together, because arrays have the most of them
    n_kinds = np.max([kinds.n_kinds for kinds in references], axis=0)
    order = np.argsort(n_kinds, kind="stable")
    ends = np.cumsum(n_kinds[order]) * n_rows // _CHUNK_NUMBERS
    for leaves in np.split(order, 1 + np.flatnonzero(np.diff(ends))):
        some = [rows[:, leaves] for rows in met], [k.of(leaves) for k in references]
        games = [_Games(*pair) for pair in zip(*some, strict=True)]
        n_tested = sum(games[m].n_tested for m in players).max()
        nodes, weights = np.polynomial.legendre.leggauss(max(1, (n_tested + 1) // 2))
        for game in games:
            game.evaluate((nodes + 1) / 2)
        for m in players:
            others = games[:m] + games[m + 1 :]
            absent = [game.absent for game in others]
            present = [
                game.present if game in [games[o] for o in players] else game.absent
                for game in others
            ]
            for total, factors in ((unimodal[m], absent), (whole[m], present)):
                games[m].add(total, others, factors, weights / 2, values[leaves])
    return unimodal, whole


class Averaged(NamedTuple):
    """Probabilities that the conditions of a modality hold.

    Attributes
    ----------
    mean : ndarray of shape (n_leaves, n_rows or 1, n_nodes or 1)
        Over all references.
    terms : ndarray of shape (n_leaves, n_rows or 1, n_kinds, n_nodes or 1)
        By kind of references.
    """

    mean: np.ndarray
    terms: np.ndarray


class _Games:
    """The games of some leaves among the features of one modality.

    Arrays have axes (n_leaves, n_rows, n_tested, n_kinds), in this order, as far as
    they have them. Leaves have conditions on at most n_tested features.

    Attributes
    ----------
    n_tested : ndarray of int of shape (n_leaves,)
        Features with conditions that anyone does not meet.
    absent, present : Averaged
        Where all features come from references, and where each is as in the row with
        probability t.
    """

    def __init__(self, met, references):
        self.references, self.n_features = references, len(met)
        self.over_few = references.sums_over_few()
        tested = ~(met.all(axis=2) & references.met.all(axis=2))
        self.n_tested = tested.sum(axis=0)
        order = np.argsort(~tested, axis=0, kind="stable")
        self._features = order[: max(1, self.n_tested.max(initial=0))]
        at = self._features, np.arange(met.shape[1])
        rows = np.transpose(met[at], (1, 2, 0))[..., None]
        kinds = np.swapaxes(references.met[at], 0, 1)[:, None]
        self._from_row, self._from_reference = rows & ~kinds, ~rows & kinds
        self._is_reached = (rows | kinds).all(axis=2)
        met_by_kinds = kinds.all(axis=2)[..., None].astype(float)
        self.absent = self._averaged(met_by_kinds)

    def evaluate(self, t):
        """Compute probabilities and their changes at nodes t."""
        n_row, n_reference = (
            each.sum(axis=2)[..., None]
            for each in (self._from_row, self._from_reference)
        )
        reached = self._is_reached[..., None]
        powers, others = (
            base[:, None] ** np.arange(self._features.shape[0] + 1)
            for base in (t, 1 - t)
        )

        def product(i, j):
            return reached * powers.T[i[..., 0]] * others.T[j[..., 0]]

        self.present = self._averaged(product(n_row, n_reference))
        # the derivative by the presence of a feature of either kind
        self._by_row = product(np.maximum(n_row - 1, 0), n_reference)
        self._by_reference = product(n_row, np.maximum(n_reference - 1, 0))
        shares = self.references.shares[:, None, None]
        self._changes = (self._from_row * shares) @ self._by_row
        self._changes -= (self._from_reference * shares) @ self._by_reference

    def _averaged(self, terms):
        shares = self.references.shares[:, None, :, None]
        return Averaged((terms * shares).sum(axis=2), terms)

    def add(self, total, others, factors, weights, values):
        """Add the values of features.

        Parameters
        ----------
        total : GameValues
        others : list of _Games
            Of the other modalities.
        factors : list of Averaged
            Their probabilities.
        weights : ndarray of shape (n_nodes,)
        values : ndarray of shape (n_leaves, n_outputs)
        """
        weighted = weights * prod(factor.mean for factor in factors)
        changes = (self._changes * weighted[:, :, None]).sum(axis=3)
        self._add_by_feature(total.coef, changes, values)
        if not total.influences.shape[3]:
            return
        by_row, by_reference = (
            (each * weighted[:, :, None]).sum(axis=3)[:, :, None]
            for each in (self._by_row, self._by_reference)
        )
        own = self._from_row * by_row - self._from_reference * by_reference
        self._add_influences(total.influences, own, self, values)
        for i, factor in enumerate(factors):
            means = (each.mean for each in factors[:i] + factors[i + 1 :])
            rest = weights * prod(means, start=np.ones((1, 1, 1)))
            terms = np.swapaxes(factor.terms + 0 * weights, 2, 3)
            contributions = (self._changes * rest[:, :, None]) @ terms
            self._add_influences(total.influences, contributions, others[i], values)

    def _add_by_feature(self, coef, changes, values):
        """Add (n_leaves, n_rows, n_tested) times values, by feature."""
        changes = np.transpose(changes, (2, 0, 1)).reshape(-1, changes.shape[1])
        at = self._features.ravel(), np.arange(len(changes))
        for c, value in enumerate(values.T):
            data = np.tile(value, len(self._features))
            sums = sparse.csr_array((data, at), shape=(self.n_features, len(changes)))
            coef[..., c] += (sums @ changes).T

    def _add_influences(self, influences, terms, of_kinds, values):
        """Add (n_leaves, n_rows, n_tested, n_kinds) of the kinds of few references."""
        n_leaves, n_rows, _, n_kinds = terms.shape
        by_feature = np.zeros((n_leaves, self.n_features, n_rows, n_kinds))
        at = np.arange(n_leaves)[:, None], self._features.T
        by_feature[at] = np.swapaxes(terms, 1, 2)
        by_feature = np.moveaxis(by_feature, 0, 2)
        for c, value in enumerate(values.T):
            weighted = (by_feature * value[:, None]).reshape(-1, n_leaves * n_kinds)
            sums = weighted @ of_kinds.over_few
            sums = sums.reshape(self.n_features, n_rows, -1)
            influences[:, :, c] += np.swapaxes(sums, 0, 1)
