r"""A Gaussian process on pairs of masks, of two modalities, and the effects of pairs.

With masks s and t of two modalities, a function of both is a sum of :math:`w_{ST}
\prod_{i \in S} s_i \prod_{j \in T} t_j`. The double difference

.. math:: D = \left( f(s, t) - f(-s, t) - f(s, -t) + f(-s, -t) \right) / 4

has the sets S and T of odd sizes only, and so have the effects of pairs,

.. math:: C_{ij} = \sum_{S \ni i, T \ni j} \frac{2}{|S|} \frac{2}{|T|} w_{ST} ,

the Shapley values of i and of j one after the other. All of them add up to what both
modalities do together and not alone, :math:`f(1, 1) - f(-1, 1) - f(1, -1) + f(-1, -1)`.
The kernel is the product of the kernels of :mod:`skdime._surrogates.mask_kernel`, in
which values have closed forms.
"""

import numpy as np

from skdime._surrogates.mask_kernel import MaskKernel
from skdime._surrogates.mask_tuning import add_noise, inverse, tuned_variances

# Points that variances are tuned on, and how often relevances are learned anew, as of
# masks of one modality.
_N_TUNING, _N_RELEVANCES = 150, 2
_LEAST_RELEVANCE = 1e-4
_TINY = np.finfo(float).tiny
# A search amplifies differences in the last digits: it does not see them.
_DIGITS = 8


class ProductSurrogate:
    """The Gaussian process of one output, or of several that share its variances.

    Parameters
    ----------
    first, second : ndarray of shape (n_points, n_features)
        Masks of both modalities, -1 and 1.
    differences : ndarray of shape (n_points, n_outputs)
        Double differences, of each output some that are not 0.

    Attributes
    ----------
    coef, se : ndarray of shape (n_first, n_second, n_outputs)
        Effects of pairs and their standard errors.
    left_out : ndarray of shape (n_points, n_outputs)
        What is missed of each point when it is left out.
    """

    def __init__(self, first, second, differences):
        self.masks = first, second
        self.unit = np.sqrt(np.square(differences).mean(axis=0))
        self.targets = differences / self.unit
        self.variances = None
        relevances = [np.full(each.shape[1], 1 / each.shape[1]) for each in self.masks]
        self._fit(relevances)
        for _ in range(_N_RELEVANCES):
            self._fit(self._relevances())

    def _fit(self, relevances):
        self.kernels = [MaskKernel(relevance) for relevance in relevances]
        orders = [
            (kernel.first(masks, masks), kernel.higher(masks, masks))
            for kernel, masks in zip(self.kernels, self.masks, strict=True)
        ]
        lowest, others = _products(*orders)
        some = np.ix_(*2 * [np.arange(min(len(lowest), _N_TUNING))])
        self.variances = tuned_variances(
            lowest[some],
            others[some],
            [],
            np.round(self.targets[: len(lowest[some])], _DIGITS),
            self.variances,
        )
        covariance = self.variances.first * lowest + self.variances.higher * others
        add_noise(covariance, self.variances.noise)
        inverted, _ = inverse(covariance)
        alpha = inverted @ self.targets
        self.left_out = self.unit * alpha / inverted.diagonal()[:, None]
        self._estimate(inverted)

    def _estimate(self, inverted):
        values = [
            (kernel.first_values(masks), kernel.higher_values(masks))
            for kernel, masks in zip(self.kernels, self.masks, strict=True)
        ]
        rows = [value[:, None] for value in values[0]]
        columns = [value[None] for value in values[1]]
        lowest, others = _products(rows, columns)
        operator = self.variances.first * lowest + self.variances.higher * others
        weights = operator @ inverted
        self.coef = weights @ self.targets * self.unit
        squared = np.square(self.left_out)
        error = np.sqrt(np.square(weights) @ squared)
        self.se = np.maximum(error, self._errors_of_means(squared))

    def _errors_of_means(self, squared):
        """Standard errors by residuals alone, whatever the surrogate leaves out."""
        first, second = self.masks
        n = len(first)
        means = np.einsum("pi,pj,pc->ijc", first, second, self.left_out) / n
        variances = np.maximum(squared.mean(axis=0) - np.square(means), 0)
        return 4 * np.sqrt(variances / n)

    def _relevances(self):
        """Shares of features in squared effects, to which squared errors belong."""
        squared = (np.square(self.coef) + np.square(self.se)) / np.square(self.unit)
        squared = squared.mean(axis=2)
        relevances = []
        for axis in (1, 0):
            relevance = squared.sum(axis=axis)
            relevance += _LEAST_RELEVANCE * relevance.mean() + _TINY
            relevances.append(np.round(relevance / relevance.sum(), _DIGITS + 4))
        return relevances


def _products(first, second):
    """Products of two kernels, or of their values: of the lowest orders, of others."""
    (a, b), (c, d) = first, second
    return a * c, (a * d + b * c + b * d) / 3
