"""A Gaussian process over masks and contexts, and the coefficients that it gives.

References and the row's own context are contexts of the same kind, so that what pairs
with references tell of a feature is used for its effect in the row's own context, too.
"""

import numpy as np

from skdime._surrogates.mask_kernel import MaskKernel
from skdime._surrogates.mask_tuning import add_noise, inverse, tuned_variances

# Pairs that variances are tuned on, and how often relevances are learned anew: 150 and
# 2 took three times as long for the same errors (benchmarks/masks.py).
_N_TUNING, _N_RELEVANCES = 120, 1
# A relevance is at least this share of the mean one: no feature is given up.
_LEAST_RELEVANCE = 1e-4
_TINY = np.finfo(float).tiny
# A search amplifies differences in the last digits, such as those of a model that is
# called with more rows at a time: it does not see them.
_DIGITS = 8
# Contexts are told apart where that takes more than this share off what is missed, and
# not where hardly anything is.
_HANDICAP, RESOLVED = 1.1, 1e-8


def mask_surrogate(masks, at, differences, contexts, random_state, start=None):
    """The surrogate, of equal contexts where that predicts about as well.

    Of an additive model MI is then 0, and not an error of the surrogate.

    Parameters
    ----------
    masks, at, differences, contexts, random_state, start
        As of :class:`MaskSurrogate`.

    Returns
    -------
    surrogate : MaskSurrogate
    """
    args = masks, at, differences, contexts, random_state
    if not contexts.may_be_equal or not contexts.similarities:
        return MaskSurrogate(*args, start)
    alike = contexts._replace(similarities=[])
    equal = MaskSurrogate(masks, at, differences, alike, random_state, start)
    if equal.missed() < RESOLVED:
        return equal
    # from contexts that are equal the search would not leave
    was_apart = start is not None and start.contexts.similarities
    apart = MaskSurrogate(*args, start if was_apart else None)
    return equal if equal.missed() <= _HANDICAP * apart.missed() else apart


class MaskSurrogate:
    """The Gaussian process of one output, or of several that share its variances.

    Parameters
    ----------
    masks : ndarray of shape (n_pairs, n_features)
        -1 and 1: one mask of each pair.
    at : ndarray of int of shape (n_pairs,)
        The context of each pair.
    differences : ndarray of shape (n_pairs, n_outputs)
        Half of the difference of the outputs of the mask and its complement.
    contexts : Contexts
    random_state : RandomState
        Of the pairs that variances are tuned on.
    start : MaskSurrogate, default=None
        Of some of the pairs, to begin with its variances and relevances.
    """

    def __init__(self, masks, at, differences, contexts, random_state, start=None):
        self.masks, self.at, self.contexts = masks, at, contexts
        self.unit = np.sqrt(np.square(differences).mean(axis=0)) + _TINY
        self.targets = differences / self.unit
        n_features = masks.shape[1]
        some = self._tuning_pairs(random_state)
        if start is not None:
            self.variances = start.variances
            if not contexts.similarities:
                self.variances = self.variances._replace(similarities=np.empty(0))
            self._fit(start._relevance(), some)
            return
        self.variances = None
        self._fit(np.full(n_features, 1 / n_features), some)
        for _ in range(_N_RELEVANCES):
            self._fit(self._relevance(), some)

    def missed(self):
        """Mean square of what is missed of pairs that are left out, in units."""
        return np.square(self.left_out / self.unit).mean()

    def _tuning_pairs(self, random_state):
        """Some pairs, a third of them in the row's own contexts."""
        is_own = self.contexts.of_row[self.at] > 0
        own, others = np.flatnonzero(is_own), np.flatnonzero(~is_own)
        n_own = min(len(own), max(_N_TUNING // 3, _N_TUNING - len(others)))
        n_others = min(len(others), _N_TUNING - n_own)
        return np.concatenate(
            [
                random_state.choice(others, n_others, replace=False),
                random_state.choice(own, n_own, replace=False),
            ]
        )

    def _fit(self, relevance, some):
        self.kernel = MaskKernel(relevance)
        first = self.kernel.first(self.masks, self.masks)
        higher = self.kernel.higher(self.masks, self.masks)
        between = np.ix_(some, some)
        at = np.ix_(self.at[some], self.at[some])
        self.variances = tuned_variances(
            first[between],
            higher[between],
            [similarity[at] for similarity in self.contexts.similarities],
            np.round(self.targets[some], _DIGITS),
            self.variances,
        )
        #: How alike every context is to those of the pairs: (n_contexts, n_pairs).
        self.alike = self._alike()[:, self.at]
        #: Kernel between masks, whatever their contexts.
        self.of_masks = self.variances.first * first + self.variances.higher * higher
        covariance = self.of_masks * self.alike[self.at]
        add_noise(covariance, self.variances.noise)
        self.inverse, _ = inverse(covariance)
        self.alpha = self.inverse @ self.targets
        #: Of every pair, predicted from all others, in units of the output.
        self.left_out = self.unit * self.alpha / self.inverse.diagonal()[:, None]

    def _alike(self):
        n_contexts = len(self.contexts.of_row)
        alike = np.ones((n_contexts, n_contexts))
        weighted = zip(
            self.variances.similarities, self.contexts.similarities, strict=True
        )
        for share, similarity in weighted:
            alike += share * similarity
        return alike

    def _relevance(self):
        """Shares of features in squared effects, to which squared errors belong."""
        values = self.variances.first / 2 * self.kernel.first_values(self.masks)
        squared = np.square(self._by_context(values)).mean(axis=1)
        mean = values * (self.contexts.of_references @ self.alike)
        errors = np.square(mean @ self.inverse) @ np.square(self.left_out / self.unit)
        is_reference = self.contexts.of_row == 0
        relevance = squared[:, is_reference].mean(axis=1) + errors.mean(axis=1)
        if not is_reference.all():
            relevance += 0.5 * squared[:, ~is_reference].mean(axis=1)
        relevance += _LEAST_RELEVANCE * relevance.mean() + _TINY
        return np.round(relevance / relevance.sum(), _DIGITS + 4)

    def operators(self, effects):
        """What values of features take from the differences, before contexts.

        Parameters
        ----------
        effects : {"shapley", "banzhaf"}

        Returns
        -------
        operators : ndarray of shape (n_features, n_pairs)
        """
        operators = self.variances.first * self.kernel.first_values(self.masks)
        if effects == "shapley":
            higher = self.kernel.higher_values(self.masks)
            operators = operators + self.variances.higher * higher
        return operators

    def weights(self, operators, context):
        """Weights of the differences in values, context a weighted mean of contexts."""
        return (operators * (context @ self.alike)) @ self.inverse

    def by_context(self, operators):
        """Values in every context: (n_features, n_contexts, n_outputs)."""
        return self._by_context(operators).transpose(0, 2, 1) * self.unit

    def _by_context(self, operators):
        """In units: (n_features, n_outputs, n_contexts)."""
        return (operators[:, None] * self.alpha.T) @ self.alike.T

    def unknown_spread(self):
        """Variance of values between references of which the pairs tell nothing.

        The surrogate's values with single references lie closer to each other than the
        true ones do. Higher orders, whose spread is smaller, are left out.

        Returns
        -------
        variance : ndarray of shape (n_features, n_outputs)
        """
        is_reference = self.contexts.of_row == 0
        alike = self._alike()[np.ix_(is_reference, is_reference)]
        prior = alike.diagonal().mean() - alike.mean()
        centred = self.alike[is_reference] - self.alike[is_reference].mean(axis=0)
        moments = self.inverse * (centred.T @ centred / len(centred))
        values = self.variances.first * self.kernel.first_values(self.masks)
        explained = np.einsum("ip,ip->i", values @ moments, values)
        prior = 4 * self.variances.first * self.kernel.relevance * prior
        return np.maximum(prior - explained, 0)[:, None] * np.square(self.unit)

    def predictions(self, masks, contexts):
        """Differences at masks, in weighted means of contexts.

        Parameters
        ----------
        masks : ndarray of shape (n_masks, n_features)
        contexts : ndarray of shape (n_means, n_contexts)

        Returns
        -------
        predictions : ndarray of shape (n_means, n_masks, n_outputs)
        """
        kernel = self.of_masks
        if masks is not self.masks:
            kernel = self.variances.first * self.kernel.first(masks, self.masks)
            kernel += self.variances.higher * self.kernel.higher(masks, self.masks)
        weighted = (contexts @ self.alike)[:, :, None] * self.alpha
        return self.unit * (kernel @ weighted)
