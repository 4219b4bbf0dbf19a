"""Values of features from pairs of masks that are nested in contexts."""

import numpy as np

from skdime._surrogates.mask_surrogate import mask_surrogate
from skdime._surrogates.mask_values import FeatureValues

# More outputs than this share the variances of one surrogate.
_MOST_TUNED = 10
# A hundred times their errors is spread evenly where values miss it of their sum.
_EVEN_SHARE = 0.01
# A smaller share of a part's variance is rounding.
_LEAST_SHARE = 1e-16
_TINY = np.finfo(float).tiny


class NestedFit:
    """Surrogates of all outputs on the pairs of a row that are evaluated so far.

    Parameters
    ----------
    pairs : NestedPairs
    outputs : ndarray of shape (2, n_pairs, n_outputs)
        Of masks and of their complements.
    contexts : list of Contexts
        For each output; one where outputs share a surrogate.
    random_state : RandomState
    start : NestedFit, default=None
        On some of the pairs.
    """

    def __init__(self, pairs, outputs, contexts, random_state, start=None):
        self.pairs, self.contexts = pairs, contexts[0]
        self.signs = np.where(pairs.masks, 1.0, -1.0)
        self.means = (outputs[0] + outputs[1]) / 2
        differences = (outputs[0] - outputs[1]) / 2
        columns = np.array_split(differences, len(contexts), axis=1)
        before = [None] * len(contexts) if start is None else start.surrogates
        self.surrogates = [
            mask_surrogate(self.signs, pairs.contexts, *each, random_state, first)
            for *each, first in zip(columns, contexts, before, strict=True)
        ]

    def values(self, whole, shares, effects):
        """Values of the features, and their errors.

        Parameters
        ----------
        whole : ndarray of shape (2, n_contexts, n_outputs)
            Of the row and of all features replaced.
        shares : ndarray of shape (2, 2)
            What UC and MI take from the row's own context, and from references.
        effects : {"shapley", "banzhaf"}

        Returns
        -------
        values : FeatureValues
        """
        weights = shares @ np.stack([self.contexts.of_row, self.contexts.of_references])
        by_surrogate = [
            self._values(surrogate, weights, effects) for surrogate in self.surrogates
        ]
        coef, se, by_reference, unknown, r2, variation = (
            np.concatenate(arrays, axis=-1)
            for arrays in zip(*by_surrogate, strict=True)
        )
        se = np.maximum(se, self._errors_of_means(shares))
        if effects == "shapley":
            coef, se = adding_up(coef, se, weights @ (whole[0] - whole[1]))
        return FeatureValues(
            coef, se, by_reference, unknown, r2, variation, self._level(whole)
        )

    def _values(self, surrogate, weights, effects):
        operators = surrogate.operators(effects)
        of_parts = np.stack([surrogate.weights(operators, part) for part in weights])
        squared = np.square(surrogate.left_out)
        coef = of_parts @ (surrogate.unit * surrogate.targets)
        se = np.sqrt(np.square(of_parts) @ squared)
        values = surrogate.by_context(operators)[:, self.contexts.of_row == 0]
        predicted = [surrogate.predictions(self.signs, part) for part in weights]
        predicted = np.square(predicted).mean(axis=1)
        # MI is missed where the row's own context is, UC where references are
        missed = np.stack([squared[some].mean(axis=0) for some in self._groups[::-1]])
        # a part that is the same in all contexts does not vary
        total = predicted + missed
        total[predicted < _LEAST_SHARE * total] = 0
        r2 = predicted / np.maximum(total, _TINY)
        spread = surrogate.unknown_spread()
        return coef, se, values, spread, r2, np.sqrt(total)

    @property
    def _is_own(self):
        return self.contexts.of_row[self.pairs.contexts] > 0

    @property
    def _groups(self):
        """Pairs in the row's own context, and in references drawn alike.

        Of the fewest pairs there may be, one group has none; the other stands for it.
        """
        is_own = self._is_own
        is_fair = ~is_own & self.pairs.is_fair
        return (is_own if is_own.any() else is_fair), (
            is_fair if is_fair.any() else is_own
        )

    def _errors_of_means(self, shares):
        """Standard errors by residuals alone, whatever the surrogate leaves out.

        Residuals times signs average to what is left out of a value; over pairs whose
        contexts were drawn with equal probabilities without bias.
        """
        left_out = np.hstack([surrogate.left_out for surrogate in self.surrogates])
        weights = self.contexts.of_references + self.contexts.of_row
        each = 2 * self.signs[:, :, None] * left_out[:, None]
        variances = []
        for some in self._groups:
            at = self.pairs.contexts[some]
            # of weights that differ a context counts as it does in the mean
            scaled = each[some] * (weights[at] / weights[at].mean())[:, None, None]
            variances.append(scaled.var(axis=0) / max(some.sum(), 1))
        return np.sqrt(np.einsum("ps,sic->pic", np.square(shares), variances))

    def _level(self, whole):
        """Mean outputs over masks, in the row's own context and over references.

        The middle of the row and its absence is known in every context, so that only
        deviations from it are averaged over pairs.
        """
        middle = whole.mean(axis=0)
        beyond = self.means - middle[self.pairs.contexts]
        own, fair = (beyond[some].mean(axis=0) for some in self._groups)
        known = np.stack([self.contexts.of_row, self.contexts.of_references]) @ middle
        return known + np.stack([own, fair])


def contexts_by_output(make, n_outputs):
    """What :class:`NestedFit` takes: contexts of every output, or of all together.

    Parameters
    ----------
    make : callable
        From positions of outputs to Contexts.
    n_outputs : int
    """
    if n_outputs > _MOST_TUNED:
        return [make(np.arange(n_outputs))]
    return [make([output]) for output in range(n_outputs)]


def adding_up(coef, se, total):
    """Values that add up to what is known, and the errors that this shows.

    What is missing is added in proportion to squared errors, and evenly where it is far
    beyond them. It is an error that was made, so that it is part of those to expect.
    """
    gap = (total - coef.sum(axis=1))[:, None]
    share = np.square(se) + np.square(_EVEN_SHARE * gap / coef.shape[1]) + _TINY
    added = gap * share / share.sum(axis=1, keepdims=True)
    return coef + added, np.hypot(se, added)
