r"""Combinations of levels of some columns that no draw has, and what they amount to.

With the columns in S as in a row and the others drawn, a mean over levels misses
:math:`p \delta` of every combination of the others that no draw has beside the row's
values, p being the product of the shares of its levels. Of unknown :math:`\delta` with
one mean square the squared error is that times :math:`V_S`, the sum of :math:`p^2`. All
combinations are a product, those that draws have are looked up:

.. math:: V_S = \prod_{j \notin S} \sum_l p_{jl}^2
   - \sum_{\text{draws like the row in } S} \; \prod_{j \notin S} p_j^2 .
"""

from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np

# As many columns, of those that interact most, are looked at three by three and all
# together.
_MOST_TOGETHER = 8
# Levels that data hardly have; what is divided by their shares was multiplied by them.
_LEAST_FREQUENCY = 1e-6
# Sums that differ by a smaller share differ by rounding.
_ROUNDING = 1e-9


class Subset(NamedTuple):
    """Some columns with levels, and the combinations that draws have of them.

    Attributes
    ----------
    columns : tuple of int
        Positions among the columns with levels.
    codes : ndarray of int of shape (n_combinations, n_columns)
        Positions of the levels.
    products : ndarray of shape (n_combinations,)
        Of the squared shares of the levels.
    squares : list of ndarray of shape (n_levels,)
        Squared shares of all levels of each column.
    """

    columns: tuple
    codes: np.ndarray
    products: np.ndarray
    squares: list


def subsets_of(codes, frequencies, features):
    """Any three of the first columns, and all of them, each of another feature.

    Parameters
    ----------
    codes : ndarray of int of shape (n_draws, n_columns)
        Positions of the draws' values among the levels.
    frequencies : list of ndarray of shape (n_levels,)
        Shares of the levels in the data.
    features : ndarray of int of shape (n_columns,)
        Feature of each column.

    Returns
    -------
    subsets : list of Subset
    """
    n = min(len(features), _MOST_TOGETHER)
    chosen = list(combinations(range(n), 3))
    _, first = np.unique(features[:n], return_index=True)
    if len(first) > 3:
        chosen.append(tuple(np.sort(first).tolist()))
    return [
        _subset(columns, codes, frequencies)
        for columns in chosen
        if len(set(features[list(columns)])) == len(columns)
    ]


def _subset(columns, codes, frequencies):
    squares = [np.square(np.maximum(frequencies[j], _LEAST_FREQUENCY)) for j in columns]
    different = np.unique(codes[:, columns], axis=0)
    pairs = zip(squares, different.T, strict=True)
    products = np.prod([of_column[code] for of_column, code in pairs], axis=0)
    return Subset(columns, different, products, squares)


def unseen_sums(subset, positions):
    """The sums :math:`V_S` of rows.

    Parameters
    ----------
    subset : Subset
    positions : list of ndarray of int of shape (n_rows,)
        Of the rows' values among the levels of each column of the subset; the number of
        levels where it is none.

    Returns
    -------
    sums : ndarray of shape (n_rows, 2 ** n_columns)
        Of S, bit k tells whether column k is as in the row. 0 for all of them: the
        row's output is known.
    """
    n_rows, n = len(positions[0]), len(subset.columns)
    like = np.zeros((n_rows, len(subset.codes)), dtype=int)
    total, of_present = np.ones(1), np.ones((n_rows, 1))
    for k, (at, squares) in enumerate(zip(positions, subset.squares, strict=True)):
        like += (at[:, None] == subset.codes[:, k]) << k
        of_row = np.append(squares, 1.0)[at][:, None]
        total = np.concatenate([total * squares.sum(), total])
        of_present = np.hstack([of_present, of_present * of_row])
    places = np.arange(n_rows)[:, None] * 2**n + like
    weights = np.broadcast_to(subset.products, like.shape).ravel()
    seen = np.bincount(places.ravel(), weights, minlength=n_rows * 2**n)
    seen = _over_supersets(seen.reshape(n_rows, -1), n) / of_present
    sums = total - seen
    sums[sums < _ROUNDING * total] = 0
    sums[:, -1] = 0
    return sums


def _over_supersets(values, n):
    """Sums over all sets that contain each set, (n_rows, 2 ** n)."""
    for k in range(n):
        parted = values.reshape(len(values), -1, 2, 2**k)
        parted[:, :, 0] += parted[:, :, 1]
    return values


def squared_shares(sums, *, main=False):
    r"""What columns' Shapley values have of the missed mean square.

    A Shapley value is :math:`\sum_S w_S (v_{S \cup j} - v_S)`, and each of the means v
    errs by itself.

    Parameters
    ----------
    sums : ndarray of shape (n_rows, 2 ** n_columns)
        As from :func:`unseen_sums`.
    main : bool, default=False
        Of effects of single columns instead.

    Returns
    -------
    shares : ndarray of shape (n_rows, n_columns)
    """
    n = sums.shape[1].bit_length() - 1
    sets = np.arange(2**n)
    sizes = np.array([int(s).bit_count() for s in sets])
    weights = np.array([1 / (n * comb(n - 1, s)) if s < n else 0 for s in sizes])
    if main:
        weights = (sizes == 0).astype(float)
    shares = np.empty((len(sums), n))
    for k in range(n):
        without = sets[sets >> k & 1 == 0]
        both = sums[:, without] + sums[:, without + 2**k]
        shares[:, k] = both @ np.square(weights[without])
    return shares
