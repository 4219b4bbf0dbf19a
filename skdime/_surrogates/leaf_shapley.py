r"""Shapley values of sums over leaves, in closed form.

Where the features of a row are drawn independently, the expected indicator of a leaf
is a product over features: of feature g it has the factor :math:`I_g`, 1 or 0, where
the feature is as in the row, and :math:`p_g`, the share of the data that meets the
leaf's conditions, where it is drawn. The Shapley value of a product game is an
integral,

.. math::

   \varphi_g = (I_g - p_g) \int_0^1 \prod_{h \ne g} (t I_h + (1 - t) p_h) \, dt ,

of a polynomial, which Gauss-Legendre quadrature integrates exactly. Features that a
leaf has no condition on have the factor 1 in any case and the value 0.

References
----------
Owen. "Multilinear extensions of games", Management Science 18 (1972).
"""

import numpy as np


def shapley_of_leaves(met, shares):
    """Shapley values of the indicators of leaves.

    Parameters
    ----------
    met : ndarray of bool of shape (n_features, n_leaves, n_rows)
        Whether rows meet the conditions of a leaf on a feature.
    shares : ndarray of shape (n_features, n_leaves)
        Share of the data that meets them.

    Returns
    -------
    values : ndarray of shape (n_features, n_leaves, n_rows)
        They add up to the indicator of the leaf less the product of its shares.
    """
    met, shares = met.astype(float), shares[..., None]
    nodes, weights = np.polynomial.legendre.leggauss((len(met) + 1) // 2)
    total = np.zeros_like(met)
    for t, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        _add_products_of_others(total, t * met + (1 - t) * shares, weight)
    total *= met - shares
    return total


def main_effects_of_leaves(met, shares):
    """Effects of one feature as in the row, all others drawn, in the same shapes."""
    shares = shares[..., None]
    others = np.zeros_like(shares)
    _add_products_of_others(others, shares, 1.0)
    return (met - shares) * others


def _add_products_of_others(total, factors, weight):
    """Add to each position along axis 0 the weighted product over all others."""
    after = np.empty_like(factors)
    after[-1] = weight
    for k in range(len(factors) - 1, 0, -1):
        np.multiply(after[k], factors[k], out=after[k - 1])
    before = np.ones_like(factors[0])
    for k, factor in enumerate(factors):
        total[k] += before * after[k]
        before *= factor
