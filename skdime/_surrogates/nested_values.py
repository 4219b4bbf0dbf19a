"""Values of features from pairs of masks that are nested in contexts."""

import numpy as np

from skdime._surrogates.mask_surrogate import RESOLVED, mask_surrogate
from skdime._surrogates.mask_values import FeatureValues

# More outputs than this share the variances of one surrogate.
_MOST_TUNED = 10
# Pairs with references go by themselves where that takes more than this share off what
# is missed of them.
_HANDICAP = 1.1
# A hundred times their errors is spread evenly where values miss it of their sum.
_EVEN_SHARE = 0.01
# A smaller share of a part's variance is rounding.
_LEAST_SHARE = 1e-16
_TINY = np.finfo(float).tiny


class NestedFit:
    """Surrogates of all outputs on the pairs of a row that are evaluated so far.

    Values in the row's own context come from all pairs, those over references from the
    pairs with references only where that predicts them better: what the row's own
    context does, which may be far more, is then neither smoothed into their mean nor
    tunes their variances.

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

    Attributes
    ----------
    surrogates, over_references : list of MaskSurrogate
        On all pairs, and on those with references.
    """

    def __init__(self, pairs, outputs, contexts, random_state, start=None):
        self.pairs, self.contexts = pairs, contexts[0]
        self.signs = np.where(pairs.masks, 1.0, -1.0)
        self.means = (outputs[0] + outputs[1]) / 2
        differences = (outputs[0] - outputs[1]) / 2
        columns = np.array_split(differences, len(contexts), axis=1)
        self._with_reference = ~self._is_own
        if not self._with_reference.any():  # of the fewest pairs there may be
            self._with_reference[:] = True
        some, self.surrogates, self.over_references = self._with_reference, [], []
        for i, (column, each) in enumerate(zip(columns, contexts, strict=True)):
            before, first = None, None
            if start is not None:
                before, first = start.surrogates[i], start.over_references[i]
            joint = mask_surrogate(
                self.signs, pairs.contexts, column, each, random_state, before
            )
            over, missed = joint, _missed(joint.left_out[some], joint)
            if joint.contexts.similarities and missed > RESOLVED and not some.all():
                apart = mask_surrogate(
                    self.signs[some],
                    pairs.contexts[some],
                    column[some],
                    each,
                    random_state,
                    first or joint,
                )
                if _HANDICAP * _missed(apart.left_out, joint) < missed:
                    over = apart
            self.surrogates.append(joint)
            self.over_references.append(over)

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
        by_surrogate = [
            self._values(own, over, shares, effects)
            for own, over in zip(self.surrogates, self.over_references, strict=True)
        ]
        coef, se, by_reference, unknown, r2, variation = (
            np.concatenate(arrays, axis=-1)
            for arrays in zip(*by_surrogate, strict=True)
        )
        se = np.maximum(se, self._errors_of_means(shares))
        if effects == "shapley":
            weights = shares @ np.stack(
                [self.contexts.of_row, self.contexts.of_references]
            )
            coef, se = adding_up(coef, se, weights @ (whole[0] - whole[1]))
        return FeatureValues(
            coef, se, by_reference, unknown, r2, variation, self._level(whole)
        )

    def _values(self, own, over, shares, effects):
        contexts = np.stack([self.contexts.of_row, self.contexts.of_references])
        sources = [(own, shares @ contexts)]
        if over is not own:
            each = zip((own, over), shares.T, contexts, strict=True)
            sources = [(source, np.outer(share, at)) for source, share, at in each]
        coef, predicted, terms = 0.0, 0.0, []
        for source, parts in sources:
            operators = source.operators(effects)
            weights = np.stack([source.weights(operators, part) for part in parts])
            coef = coef + weights @ (source.unit * source.targets)
            predicted = predicted + source.predictions(self.signs, parts)
            terms.append((self._of_all(weights, 2), self._of_all(source.left_out)))
        # what is left out of a pair is an error of all that is made of it
        variance = sum((w * v) @ (r * q) for w, r in terms for v, q in terms)
        values = over.by_context(over.operators(effects))
        predicted = np.square(predicted).mean(axis=1)
        # MI is missed where the row's own context is, UC where references are
        pairs = zip((terms[0], terms[-1]), self._groups, strict=True)
        missed = [np.square(left[some]).mean(axis=0) for (_, left), some in pairs]
        # a part that is the same in all contexts does not vary
        total = predicted + np.stack(missed[::-1])
        total[predicted < _LEAST_SHARE * total] = 0
        return (
            coef,
            np.sqrt(np.maximum(variance, 0)),
            values[:, self.contexts.of_row == 0],
            over.unknown_spread(),
            predicted / np.maximum(total, _TINY),
            np.sqrt(total),
        )

    def _of_all(self, values, axis=0):
        """What belongs to some pairs, 0 for the others."""
        values = np.moveaxis(values, axis, 0)
        if len(values) < len(self.pairs):
            every = np.zeros((len(self.pairs), *values.shape[1:]))
            every[self._with_reference] = values
            values = every
        return np.moveaxis(values, 0, axis)

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
        left_out = [
            np.hstack([self._of_all(each.left_out) for each in surrogates])
            for surrogates in (self.surrogates, self.over_references)
        ]
        weights = self.contexts.of_references + self.contexts.of_row
        variances = []
        for some, missed in zip(self._groups, left_out, strict=True):
            each = 2 * self.signs[:, :, None] * missed[:, None]
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
        in_context = (
            np.stack([self.contexts.of_row, self.contexts.of_references]) @ middle
        )
        return in_context + np.stack([own, fair])


def _missed(left_out, surrogate):
    """Mean square of what is missed of pairs, in units of a surrogate."""
    return np.square(left_out / surrogate.unit).mean()


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
