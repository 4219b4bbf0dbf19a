r"""A kernel between masks, with Banzhaf and Shapley values in closed form.

A mask is :math:`s \in \{-1, 1\}^d`, 1 where a feature is as in the row. Any function
of masks is a sum of :math:`w_T \prod_{i \in T} s_i` over sets T of features; the
difference of a mask and its complement has the odd sets only, and so do Banzhaf values,
:math:`2 w_{\{i\}}`, and Shapley values, :math:`\sum_{T \ni i, |T| \text{ odd}} 2 w_T /
|T|`. The prior variances of :math:`w_T` are :math:`v_1 a_i` for single features and, of
higher odd orders, in proportion to :math:`\prod_{i \in T} \rho_i`, with
:math:`\rho_i = \tanh \alpha_i` and :math:`\alpha` in proportion to the relevance a.
Since :math:`\prod_i (1 + \rho_i s_i s'_i) = C \exp(\sum_i \alpha_i s_i s'_i)`, all odd
orders together take one matrix product:

.. math:: K(s, s') = v_1 \sum_i a_i s_i s'_i + v_3 \left( C \sinh \left( \sum_i \alpha_i
   s_i s'_i \right) - \sum_i \rho_i s_i s'_i \right) / h ,

h being such that the bracket is :math:`v_3` for a mask and itself.

References
----------
Grabisch, Marichal, Roubens. "Equivalent representations of set functions", Mathematics
of Operations Research 25 (2000), for the values in terms of :math:`w_T`.
"""

import numpy as np

# Strengths of interactions in units of the relevance: with 1.5 an order has about half
# of the variance of the one below. One feature alone has no more than tanh(2).
_STRENGTH, _MOST_STRENGTH = 1.5, 2.0
# Gauss-Legendre nodes on [0, 1] are exact up to sixteen features; beyond, products are
# close to one, because strengths share a sum.
_NODES, _WEIGHTS = (
    half / 2 for half in np.polynomial.legendre.leggauss(8) + np.array([[1.0], [0.0]])
)
# Of two features, or one that has all the relevance, there are no higher odd orders.
_ROUNDING = 1e-10


class MaskKernel:
    """The kernel with its relevances, in terms of unit variance.

    Parameters
    ----------
    relevance : ndarray of shape (n_features,)
        Share of each feature in the variance of the first order, of sum 1.
    """

    def __init__(self, relevance):
        strengths = np.minimum(_STRENGTH * relevance, _MOST_STRENGTH)
        self.relevance, self._strengths = relevance, strengths
        self._correlations = np.tanh(strengths)
        self._factor = np.exp(0.5 * np.log1p(-np.square(self._correlations)).sum())
        at_itself = self._factor * np.sinh(strengths.sum()) - self._correlations.sum()
        self._scale = at_itself if at_itself > _ROUNDING else np.inf

    def first(self, masks, others):
        """Kernel of single features: (n_masks, n_others)."""
        return (masks * self.relevance) @ others.T

    def higher(self, masks, others):
        """Kernel of all higher odd orders: (n_masks, n_others)."""
        # half of the difference of exponentials: the function sinh takes longer
        odd = np.exp((masks * self._strengths) @ others.T)
        odd -= 1 / odd
        odd *= self._factor / 2
        odd -= (masks * self._correlations) @ others.T
        odd /= self._scale
        return odd

    def first_values(self, masks):
        """Banzhaf and Shapley values of the first order: (n_features, n_masks)."""
        return 2 * (masks * self.relevance).T

    def higher_values(self, masks):
        r"""Shapley values of the higher orders: (n_features, n_masks).

        The integral :math:`\int_0^1 \prod_{k \ne i} (1 \pm t \rho_k s_k) dt` of both
        signs divides every order by its size.
        """
        signed = self._correlations[:, None] * masks.T
        total = np.full_like(signed, -2.0)
        for t, weight in zip(_NODES, _WEIGHTS, strict=True):
            for step in (t, -t):
                factors = 1 + step * signed
                total += weight * factors.prod(axis=0) / factors
        return signed * total / self._scale
