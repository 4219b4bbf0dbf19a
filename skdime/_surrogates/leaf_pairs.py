"""Which feature of one modality with which of another, as exact sums over leaves.

Where the features of both modalities are drawn independently, the expected indicator of
a leaf is a product of the factors of the features of both, and its effect of two
features, one of each, is the product of their Shapley values in the two modalities.
"""

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import Need, rows_within
from skdime._rows.containers import n_rows, take
from skdime._rows.modalities import split
from skdime._utils.rounding import SINGLE_PRECISION


class LeafPairs:
    """Effects of pairs of features of two tables of a sum of trees.

    Parameters
    ----------
    family : LeafFits
        After ``tabulate``.
    pair : (int, int)
        Positions of the modalities.
    """

    def __init__(self, family, pair):
        self.family, self.pair = family, pair
        self._means = family.references.leaf_means

    def cost(self, engine, X):
        """Nothing is evaluated."""
        return Need()

    def fit(self, engine, X):
        """Effects of pairs, batch by batch.

        Yields
        ------
        rows : slice
        effects : tuple of ndarray
            Coefficients and standard errors of shape (n_rows, d_1, d_2, n_outputs),
            and R2 of shape (n_rows, n_outputs), 1 where there are effects and nan
            elsewhere.
        """
        modalities = self.family.references.modalities
        for rows in gen_batches(n_rows(X), self._batch_size(engine)):
            blocks = split(take(X, np.arange(n_rows(X))[rows]), modalities)
            present = self._means.encoded({m: blocks[m] for m in self.pair})
            yield rows, self._effects(present)

    def _effects(self, present):
        trees, means = self._means.trees, self._means
        absent = means.absent(self.pair)
        coef, by_reference, size = 0.0, [], 0.0
        for i, block in enumerate(trees.blocks):
            first, second = (
                np.moveaxis(self.family.coefficients[m].terms(i, present[m][1]), 2, 0)
                for m in self.pair
            )
            for c, value in enumerate(block.value.T):
                output = np.zeros(len(trees.constant))
                output[block.outputs.start + c] = 1.0
                weights = value * means.weights(absent)[i]
                pairs = _sums(first, second, weights)
                coef = coef + pairs[..., None] * output
                size = size + np.abs(weights).sum() * output
                influences = self._influences(i, value, absent)
                sums = (_sums(first, second, each) for each in influences)
                by_reference.append([each[..., None] * output for each in sums])
        chosen = self.family.chosen
        coef, se = coef[..., chosen], self._error(by_reference, coef)[..., chosen]
        varies = np.abs(coef).max(axis=(1, 2)) > SINGLE_PRECISION * size[chosen]
        return coef, se, np.where(varies, 1.0, np.nan)

    def _influences(self, i, value, absent):
        """Weights of leaves by each of few references of absent modalities."""
        means = self._means
        if not absent or not len(means.few):
            return []
        weights = 0.0
        for o in absent:
            columns, values = means.some[o]
            view = means.trees.view(i, columns)
            met = means.trees.met(view, [(columns, values[means.few])])
            weights = weights + means.weights(absent - {o})[i][:, None] * met
        return (value[:, None] * weights).T

    def _error(self, by_reference, coef):
        if not by_reference[0]:
            return np.zeros_like(coef)
        return self.family.error(np.stack(np.sum(by_reference, axis=0), axis=-1))

    def _batch_size(self, engine):
        n_features = sum(
            self.family.perturbers[m].features_.max() + 1 for m in self.pair
        )
        n_leaves = max(len(block.leaves) for block in self._means.trees.blocks)
        return rows_within(engine.max_memory, 2 * 8 * n_features * n_leaves)


def _sums(first, second, weights):
    """Sums over leaves of products of terms, (n_rows, d_1, d_2)."""
    return (first * weights) @ np.swapaxes(second, 1, 2)
