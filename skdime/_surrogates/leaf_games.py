"""The family of tables of trees whose coefficients are parts of SHAP values, exactly.

Absent features come from references, as the interventional SHAP values of trees have
it, with one reference for each modality.
"""

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import rows_within
from skdime._models.leaf_conditions import LeafConditions
from skdime._rows.containers import n_rows, take
from skdime._rows.modalities import split
from skdime._surrogates.interventional import (
    GameValues,
    interventional_values,
    reference_kinds,
)
from skdime._surrogates.leaf_fits import LeafFits
from skdime._surrogates.shares_of_output import fitted_shares
from skdime._utils.spaced import spaced

# Rows that are worked on at a time, where memory allows.
_MOST_ROWS = 512


class LeafGames(LeafFits):
    """Tables of a sum of trees: Shapley values of UC and of MI over all features."""

    def tabulate(self, engine, random_state, X):
        """Count the references by the conditions of leaves that they meet."""
        means, trees = self.references.leaf_means, self.references.leaf_means.trees
        encoded = means.encoded(self._blocks(self.references.rows))
        n = n_rows(self.references.rows)
        few = spaced(n, means.n_evaluated)[means.few]
        self._columns, self._conditions, self._kinds = {}, {}, []
        for m in self.perturbers:
            columns, features = means.columns[m], self._features(m)
            self._columns[m] = features
            self._conditions[m] = LeafConditions(trees, [columns[g] for g in features])
        for i, block in enumerate(trees.blocks):
            kinds = []
            for m in self.perturbers:
                n_bytes = len(self._columns[m]) * len(block.leaves)
                size = rows_within(engine.max_memory, n_bytes)
                batches = (self._met(i, m, encoded, b) for b in gen_batches(n, size))
                # none if the references are all rows, which have no influence
                one = self._met(i, m, encoded, slice(0, 1))
                met_by_few = self._met(i, m, encoded, few) if len(few) else one[..., :0]
                kinds.append(reference_kinds(batches, met_by_few))
            self._kinds.append(kinds)

    def fit_locally(self, engine, X, effects=None, size=None):
        """Coefficients of rows; see :class:`LeafFits`."""
        if effects is None:
            effects = self.references.effects(engine, X)
        for rows in gen_batches(n_rows(X), self._batch_size(engine)):
            some = take(X, np.arange(n_rows(X))[rows])
            unimodal, whole = self._values(some)
            for m in self.pair or self.perturbers:
                yield self._shares(rows, m, unimodal[m], whole[m], effects)

    def _batch_size(self, engine):
        n_features = sum(map(len, self._columns.values()))
        means = self.references.leaf_means
        n_numbers = 4 * n_features * len(means.trees.constant) * (1 + len(means.few))
        largest = max(len(block.leaves) for block in means.trees.blocks)
        n_bytes = 8 * n_numbers + n_features * largest
        return min(_MOST_ROWS, rows_within(engine.max_memory, n_bytes))

    def _blocks(self, X):
        return dict(enumerate(split(X, self._modalities)))

    def _met(self, i, m, encoded, rows):
        """Which of some rows meet the conditions of leaves of block i."""
        values = encoded[m][1][rows]
        by_feature = [values[:, columns] for columns in self._columns[m]]
        return self._conditions[m].met(i, by_feature)

    def _values(self, X):
        """Values of UC and of the output, for each modality a GameValues."""
        means = self.references.leaf_means
        encoded, every = means.encoded(self._blocks(X)), slice(None)
        n, shape = len(means.trees.constant), (n_rows(X), len(means.few))
        totals = [
            [
                GameValues.zeros(shape[0], len(columns), n, shape[1])
                for columns in self._columns.values()
            ]
            for _ in range(2)
        ]
        for i, block in enumerate(means.trees.blocks):
            met = [self._met(i, m, encoded, every) for m in self._columns]
            by_part = interventional_values(met, self._kinds[i], block.value, self.pair)
            for total, values in zip(totals, by_part, strict=True):
                for each, one in zip(total, values, strict=True):
                    each.coef[..., block.outputs] += one.coef
                    each.influences[..., block.outputs, :] += one.influences
        return totals

    def _shares(self, rows, m, unimodal, whole, effects):
        parts = self.references.parts
        coef = parts(whole.coef, unimodal.coef)
        influences = parts(whole.influences, unimodal.influences)
        coef, influences = (
            np.concatenate([each[:, :, self.chosen] for each in both], axis=2)
            for both in (coef, influences)
        )
        main = effects.main[rows].sum(axis=1)
        target = parts(effects.output[rows], self.references.baseline + main)
        r2, least = self._r2(coef, effects.output[rows])
        return fitted_shares(
            rows,
            m,
            None,
            coef,
            (self.error(influences), np.zeros_like(coef)),
            np.concatenate(target, axis=-1),
            r2,
            least,
            np.full(len(coef), np.inf),
        )
