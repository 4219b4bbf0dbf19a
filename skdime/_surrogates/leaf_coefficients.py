"""Coefficients of a modality as sums over the leaves of trees, without any draw.

UC and the output itself are sums over leaves of a value, a factor of the leaf for the
other modalities, and a factor for each feature of this one. Only the factor for the
others differs: for UC it is the share of references that meet the leaf's conditions,
for the output whether the row meets them.
"""

from copy import copy

import numpy as np
from scipy import sparse
from sklearn.utils import gen_batches

from skdime._models.leaf_conditions import LeafConditions
from skdime._surrogates.leaf_shapley import main_effects_of_leaves, shapley_of_leaves

# Rows that are worked on at a time, where memory allows.
_TILE_ROWS = 512
# Numbers of an array of terms: several such arrays fit into the processor's cache.
_GROUP_NUMBERS = 2**15


class LeafCoefficients:
    """Shapley values, or own effects, of the features of one modality.

    Parameters
    ----------
    means : LeafMeans
    m : int
        Position of the modality.
    features : list of ndarray of int
        For each feature its columns among those of the modality's encoded block.
    main : bool
        Whether coefficients are own effects instead of Shapley values.
    max_bytes : int
        Memory that intermediate arrays may take.
    """

    def __init__(self, means, m, features, *, main, max_bytes):
        self.means, self.m, self.features = means, m, features
        self._of_leaves = main_effects_of_leaves if main else shapley_of_leaves
        columns = means.columns[m]
        self._conditions = LeafConditions(
            means.trees, [columns[positions] for positions in features]
        )
        self._max_bytes = max_bytes

    def draw_from(self, values):
        """Take the data that features are drawn from.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_columns)
            Encoded rows of the modality.
        """
        self._shares = self._conditions.shares(self._by_feature(values))

    def left_out(self, values, n_groups):
        """The same from all but a group of the rows, one for each group.

        Without what single references contribute.
        """
        group, means = np.arange(len(values)) % max(n_groups, 1), copy(self.means)
        means.few = means.few[:0]
        for g in range(n_groups):
            some = copy(self)
            some.means = means
            some.draw_from(values[group != g])
            yield some

    def of_rows(self, present, contexts):
        """Coefficients of rows in contexts.

        Parameters
        ----------
        present : dict of int to (columns, values)
            Encoded rows of all modalities.
        contexts : list of set of int
            Other modalities that come from the row as well; the rest comes from
            references.

        Returns
        -------
        coef : ndarray of shape (n_contexts, n_rows, n_features, n_outputs)
        influences : ndarray of shape (*coef.shape, n_evaluated)
            What single references contribute to them, but for constants.
        """
        trees, means = self.means.trees, self.means
        n = len(present[self.m][1])
        shape = len(contexts), n, len(self.features), len(trees.constant)
        coef = np.zeros(shape)
        influences = np.zeros((*shape, len(means.few)))
        for i, block in enumerate(trees.blocks):
            factors = [self._factors(i, others) for others in contexts]
            for rows in gen_batches(n, self._tile_rows(block)):
                tile = {m: (c, values[rows]) for m, (c, values) in present.items()}
                out = coef[:, rows], influences[:, rows]
                self._add_block(i, block, tile, contexts, factors, out)
        return coef, influences

    def terms(self, i, values):
        """What features contribute to the indicators of the leaves of block `i`.

        Parameters
        ----------
        i : int
        values : ndarray of shape (n_rows, n_columns)
            Encoded rows of the modality; few, because of the memory.

        Returns
        -------
        terms : ndarray of shape (n_features, n_leaves, n_rows)
        """
        met = self._conditions.met(i, self._by_feature(values))
        terms = np.zeros(met.shape)
        for group in self._groups(i, met):
            at = group.features, group.leaves
            terms[at] = self._of_leaves(group.met, group.shares)
        return terms

    def _groups(self, i, met):
        """Leaves of a block that have conditions on equally many features."""
        tested = self._conditions.tested[i]
        counts = tested.sum(axis=1)
        for n_tested in np.unique(counts[counts > 0]):
            leaves = np.flatnonzero(counts == n_tested)
            size = max(1, _GROUP_NUMBERS // (int(n_tested) * met.shape[2]))
            for some in gen_batches(len(leaves), size):
                yield _Group(leaves[some], tested, self._shares[i], met)

    def _factors(self, i, others):
        """Weights of the leaves of a block, and those of single references or None."""
        means, absent = self.means, self.means.absent({self.m, *others})
        weights = means.weights(absent)[i]
        if not absent or not len(means.few):
            return weights, None
        by_reference = np.zeros((len(weights), len(means.few)))
        for o in absent:
            columns, values = means.some[o]
            part = columns, values[means.few]
            met = means.trees.met(means.trees.view(i, columns), [part])
            by_reference += means.weights(absent - {o})[i][:, None] * met
        return weights, by_reference

    def _met_in(self, i, tile, others):
        """Which rows meet the conditions of leaves on other modalities, or None."""
        if not others:
            return None
        parts = [tile[o] for o in sorted(others)]
        view = self.means.trees.view(i, np.concatenate([c for c, _ in parts]))
        return self.means.trees.met(view, parts)

    def _add_block(self, i, block, tile, contexts, factors, out):
        met = self._conditions.met(i, self._by_feature(tile[self.m][1]))
        in_context = [self._met_in(i, tile, others) for others in contexts]
        for group in self._groups(i, met):
            own = self._of_leaves(group.met, group.shares)
            values = block.value[group.leaves]
            for k, (weights, by_reference) in enumerate(factors):
                terms = own
                if in_context[k] is not None:
                    terms = own * in_context[k][group.leaves]
                coef, influences = (each[k][:, :, block.outputs] for each in out)
                group.add_terms(coef, terms, weights[group.leaves, None] * values)
                if by_reference is not None:
                    of_some = by_reference[group.leaves]
                    group.add_influences(influences, terms, values, of_some)

    def _by_feature(self, values):
        return [values[:, positions] for positions in self.features]

    def _tile_rows(self, block):
        # conditions met of all features, and those of the context
        n_bytes = 8 * (len(self.features) + 2) * len(block.leaves)
        return max(1, min(_TILE_ROWS, self._max_bytes // n_bytes))


class _Group:
    """Leaves that have conditions on equally many features.

    Attributes
    ----------
    leaves : ndarray of int of shape (n_leaves,)
    features : ndarray of int of shape (n_tested, n_leaves)
        Those that a leaf has conditions on.
    shares : ndarray of shape (n_tested, n_leaves)
    met : ndarray of bool of shape (n_tested, n_leaves, n_rows)
    """

    def __init__(self, leaves, tested, shares, met):
        self.leaves, self.n_features = leaves, tested.shape[1]
        self.features = np.nonzero(tested[leaves])[1].reshape(len(leaves), -1).T
        self.shares = shares[leaves, self.features]
        self.met = met[self.features, leaves]

    def add_terms(self, out, terms, values):
        """Add terms times the values of leaves, (n_leaves, n_values), by feature.

        To `out`, of shape (n_rows, n_features, n_values).
        """
        terms = terms.reshape(-1, terms.shape[2])
        at = self.features.ravel(), np.arange(len(terms))
        shape = self.n_features, len(terms)
        for c, value in enumerate(values.T):
            data = np.tile(value, len(self.features))
            out[..., c] += (sparse.csr_array((data, at), shape=shape) @ terms).T

    def add_influences(self, out, terms, values, by_reference):
        """The same for each reference, to `out` with one more axis.

        `by_reference` is of shape (n_leaves, n_evaluated).
        """
        by_feature = np.zeros((self.n_features, terms.shape[2], len(self.leaves)))
        by_feature[self.features, :, np.arange(len(self.leaves))] = terms
        for c, value in enumerate(values.T):
            sums = by_feature @ (value[:, None] * by_reference)
            out[:, :, c] += sums.swapaxes(0, 1)
