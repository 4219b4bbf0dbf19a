r"""Exact means of sums of trees over all combinations of references.

A leaf is reached where the conditions on its path hold, those on the columns of one
modality apart from those on another. With :math:`I_{lm}(x)` for all conditions of leaf
l on modality m, and :math:`p_{lm}` for the share of references that meet them,

.. math:: F_T(x) = \sum_l v_l \prod_{m \in T} I_{lm}(x) \prod_{m \notin T} p_{lm} .

One pass over the references gives all shares, one pass over the rows all sums.
"""

from copy import copy

import numpy as np

from skdime._models.calls import MOST_ROWS
from skdime._references.weighting import (
    MOST_EVALUATED,
    Weighting,
    numbers_of_few,
    standard_error,
)
from skdime._rows.containers import as_floats, n_rows
from skdime._utils.spaced import spaced

# References that standard errors of coefficients come from, at most. A coefficient is
# many sums over leaves: 100 influences tell its standard error to 7 %.
_FEW = 100


class LeafMeans:
    """Means of a sum of trees over all combinations of one reference per modality.

    Parameters
    ----------
    plan : Plan
        With a sum of trees.
    blocks : list of blocks
        For each modality its references, those of the same row at the same position.
    n_pool : float
        Rows that the references were drawn from.

    Attributes
    ----------
    evaluation : str
    weighting : Weighting
        Of the references; its correction is that for a finite number of rows.
    baseline : ndarray of shape (n_outputs,)
    influence : ndarray of shape (n_references, n_outputs)
        What each reference contributes to the baseline.
    n_evaluated : int
        References whose influence on other means is evaluated, for a standard error:
        none where all rows are references, which leave no error.
    influence_of_baseline : ndarray of shape (n_evaluated, n_outputs)
    some : dict of int to (columns, values)
        For each modality the references evaluated, as the trees read them.
    few : ndarray of int
        Those of them whose influence on coefficients is evaluated.
    trees : TreeSum
    columns : list of ndarray of int
        For each modality its columns in the trees' input.
    origins : ndarray of int or None
        The column of rows that each column of the trees' input is computed from; None
        where one is computed from several.
    """

    evaluation = "leaves"

    def __init__(self, plan, blocks, n_pool, orders=None):
        self.trees, self.columns = plan.trees, plan.columns
        self._encoders = [e for e in (plan.encoder, plan.tree_encoder) if e is not None]
        if self._encoders:
            self.columns = self._encoders[-1].columns_out
        n, n_modalities = n_rows(blocks[0]), len(blocks)
        self.weighting = Weighting(n, None, n_pool, orders)
        self.n_evaluated = min(n, MOST_EVALUATED) if self.weighting.has_error else 0
        self._chosen = slice(None)
        self._everywhere = [np.ones(len(b.leaves)) for b in self.trees.blocks]
        references = self.encoded(dict(enumerate(blocks)))
        self._shares = [self.trees.shares([part]) for part in references.values()]
        self.baseline = self.trees.total(self.weights(range(n_modalities)))
        # the influence of a reference is that of its values of every modality
        self.influence = sum(
            self._means([part], self.absent([m])) - self.baseline
            for m, part in references.items()
        )
        self._n_outputs = len(self.baseline)
        some = spaced(n, self.n_evaluated)
        self.influence_of_baseline = self.influence[some]
        self.some = {m: (c, values[some]) for m, (c, values) in references.items()}
        self.few = spaced(self.n_evaluated, _FEW)
        self.origins = _origins(self._encoders, len(np.concatenate(plan.columns)))

    def of_outputs(self, chosen):
        """The same for some of the outputs, by position."""
        some = copy(self)
        some._chosen, some._n_outputs = chosen, len(chosen)
        for name in ("baseline", "influence", "influence_of_baseline"):
            setattr(some, name, getattr(self, name)[..., chosen])
        return some

    def suits(self, n, plan):
        """Whether these means are taken for the effects of `n` rows.

        Of three and more modalities always, because the tuples of references are a
        sample of all combinations. Of two both are the same, and the shortest way is
        taken: the model's time for each hybrid row is compared with that of leaves.
        """
        if len(self._shares) > 2:
            return True
        is_many = not self.n_evaluated or len(self.influence) > MOST_EVALUATED
        return plan.trees is not None and (
            is_many or plan.trees.worthwhile(n, self.n_evaluated)
        )

    def means(self, present):
        r"""Means with some modalities from rows, :math:`F_T`.

        Parameters
        ----------
        present : dict of int to block
            Rows of the present modalities; blocks of several belong together row by
            row.

        Returns
        -------
        means : ndarray of shape (n_rows, n_outputs)
        """
        parts = list(self.encoded(present).values())
        return self._means(parts, self.absent(present))

    def take_outputs(self):
        """No outputs, because there are none with single tuples."""
        return {}

    def conditional(self, present):
        """The same, and what single references contribute to it but for constants.

        Returns
        -------
        means : ndarray of shape (n_rows, n_outputs)
        influences : ndarray of shape (n_rows, n_evaluated, n_outputs)
        """
        parts, absent = list(self.encoded(present).values()), self.absent(present)
        means = self._means(parts, absent)
        if not self.n_evaluated:
            return means, np.empty((len(means), 0, self._n_outputs))
        influences = [
            self.trees.products(parts, [self.some[m]], self.weights(absent - {m}))
            for m in absent
        ]
        return means, sum(influences)[..., self._chosen]

    def _means(self, parts, absent):
        sums = self.trees.sums(parts, self.weights(absent))
        return (self.trees.constant + sums)[:, self._chosen]

    def n_informative(self, influences):
        """Effective numbers of references where these are few, nan elsewhere."""
        return numbers_of_few(influences)

    def mi_by_clip(self, outputs):
        """None: log-odds are a sum over leaves only where none is clipped."""

    def error(self, influences):
        """Standard errors of means from the influences of the references evaluated."""
        if not self.n_evaluated:
            return np.zeros((len(influences), self._n_outputs))
        share = self.n_evaluated / len(self.influence)
        return np.sqrt(share) * standard_error(influences, 1, self.weighting)

    def absent(self, present):
        """The modalities that are not present, a set of int."""
        return set(range(len(self._shares))) - set(present)

    def weights(self, absent):
        """For each leaf the share of combinations that meet its conditions.

        Parameters
        ----------
        absent : iterable of int
            Modalities that come from references.

        Returns
        -------
        weights : list of ndarray of shape (n_leaves,)
            For each of the blocks of trees.
        """
        weights = self._everywhere
        for m in absent:
            pairs = zip(weights, self._shares[m], strict=True)
            weights = [weight * share for weight, share in pairs]
        return weights

    def encoded(self, present):
        """Positions and values of the columns of modalities in the trees' input.

        Parameters
        ----------
        present : dict of int to block

        Returns
        -------
        encoded : dict of int to (ndarray of int, ndarray of float)
        """
        for encoder in self._encoders:
            present = {
                m: encoder.encode_one(m, block, MOST_ROWS)
                for m, block in present.items()
            }
        return {m: (self.columns[m], as_floats(b)) for m, b in present.items()}


def _origins(encoders, n_columns):
    """The column that each encoded column comes from, or None."""
    origins = np.arange(n_columns)
    for encoder in encoders:
        origins = encoder.column_owners(origins)
        if origins is None:
            return None
    return origins
