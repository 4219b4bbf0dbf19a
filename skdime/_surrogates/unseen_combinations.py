r"""Errors of coefficients because no draw has some combinations of values.

Draws that are left out tell how well such draws are predicted, but not what the model
does with a combination of two values that none of them has: five of one count beside
five of another. With one column as in a row and the other drawn, a mean over levels l
of shares :math:`p_l` misses :math:`\sum_l p_l \delta_l` over the levels that no draw
has beside the row's value; with neither as in the row, it misses :math:`p_k p_l
\delta_{kl}` of every such combination. The :math:`\delta` are unknown. Their mean
square is that of combinations which are left out with all draws that have them. Of an
interaction of two columns each one's Shapley value is one half. What three columns and
more do is in :mod:`skdime._surrogates.unseen_subsets`.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from skdime._surrogates.unseen_subsets import squared_shares, subsets_of, unseen_sums

# Columns whose draws have no more different values than this share of them have levels.
# Of many, those that interact most are looked at (benchmarks/few_rows.py).
_MOST_LEVELS, _MOST_COLUMNS = 0.25, 32
# Combinations that more draws have are unlike those that none has.
_MOST_TOGETHER = 64
# What is missed rests on few draws if it is this share of the variation at least, and
# its effective number is smaller. Of fewer draws it is low whatever they are.
_LEAST_MISSED, _FEW, _FEWEST = 0.01, 5, 100


class Unseen(NamedTuple):
    """Combinations of levels that no draw has, and what is missed of those left out.

    Attributes
    ----------
    of_levels : ndarray of int of shape (n_columns,)
        The columns that have levels.
    levels : list of ndarray of shape (n_levels,)
        Ascending, of each of these.
    codes : ndarray of int of shape (n_draws, n_columns)
        Positions of the draws' values among the levels.
    frequencies : list of ndarray of shape (n_levels,)
        Shares of the levels in the data.
    shares : list of ndarray of shape (n_levels + 1, n_columns)
        For each level of a column, then for values that no draw has: sums of squared
        shares, of levels of every other column that no draw has beside it, and of all
        combinations of both that no draw has.
    rows, columns : ndarray of int of shape (n_products,)
    products : ndarray of shape (n_products,)
        ``products @ alpha[columns]``, summed by `rows`, is what is missed of draws
        that are left out with all draws of their combination, for weights alpha of a
        surrogate.
    subsets : list of Subset
        Three and more columns at a time.
    weights : ndarray of shape (n_draws,)
        Those of a combination are in proportion to one over how many draws have it:
        rare ones are like those that none has. 0 for those that many draws have.
    """

    of_levels: np.ndarray
    levels: list
    codes: np.ndarray
    frequencies: list
    shares: list
    rows: np.ndarray
    columns: np.ndarray
    products: np.ndarray
    subsets: list
    weights: np.ndarray


def unseen_of(values, drawn, inverse, interactions, features):
    """What draws do not have, and what is missed of such.

    Parameters
    ----------
    values : ndarray of shape (n_draws, n_columns)
        Numbers and codes of categories; nan where missing.
    drawn : ndarray of shape (n, n_columns)
        The same of rows that have values as often as the data.
    inverse : ndarray of shape (n_draws, n_draws)
        Of the covariance of draws.
    interactions : ndarray of shape (n_columns,)
        Variances of the columns in interactions.
    features : ndarray of int of shape (n_columns,)
        Feature of each column.

    Returns
    -------
    unseen : Unseen or None
        None where no two columns have levels.
    """
    chosen, levels, codes, frequencies = [], [], [], []
    for j in np.argsort(-interactions, kind="stable"):
        different, code = np.unique(values[:, j], return_inverse=True)
        if 1 < len(different) <= _MOST_LEVELS * len(values):
            chosen.append(j)
            levels.append(different)
            codes.append(code.ravel())
            at = _positions(different, drawn[:, j])
            counts = np.bincount(at, minlength=len(different) + 1)
            frequencies.append(counts[:-1] / len(at))
        if len(chosen) == _MOST_COLUMNS:
            break
    if len(chosen) < 2:
        return None
    every = list(zip(codes, frequencies, strict=True))
    shares = [
        np.column_stack([_squared_shares(*own, *other) for other in every])
        for own in every
    ]
    of_draws = np.column_stack(codes)
    rare = _rare_groups(of_draws)
    products = [np.linalg.inv(inverse[np.ix_(g, g)]).ravel() for g in rare]
    weights = np.zeros(len(values))
    for members in rare:
        weights[members] = 1 / len(members) ** 2
    return Unseen(
        np.array(chosen),
        levels,
        of_draws,
        frequencies,
        shares,
        np.concatenate([np.repeat(g, len(g)) for g in rare]),
        np.concatenate([np.tile(g, len(g)) for g in rare]),
        np.concatenate(products),
        subsets_of(of_draws, frequencies, features[chosen]),
        weights / weights.sum(),
    )


def _rare_groups(codes):
    """Positions of the draws of every combination, but those that many draws have."""
    _, group = np.unique(codes, axis=0, return_inverse=True)
    sizes = np.bincount(group.ravel())
    order, ends = np.argsort(group.ravel(), kind="stable"), np.cumsum(sizes)[:-1]
    most = max(_MOST_TOGETHER, sizes.min())
    return [g for g in np.split(order, ends) if len(g) <= most]


def _squared_shares(own, own_frequencies, other, frequencies):
    """``shares`` of one column beside another one, from the codes of draws."""
    counts = np.zeros((len(own_frequencies) + 1, len(frequencies)))
    np.add.at(counts, (own, other), 1)
    squares = (counts == 0) @ np.square(frequencies)
    # with neither column as in the row, all are part of the mean
    return squares + np.square(own_frequencies) @ squares[:-1]


def squared_errors(unseen, alpha, values, features, *, main=False):
    """Squared errors of coefficients.

    Parameters
    ----------
    unseen : Unseen
    alpha : ndarray of shape (n_rows, n_draws, n_targets)
        Weights of the draws in the surrogates.
    values : ndarray of shape (n_rows, n_columns)
        Of the rows.
    features : ndarray of int of shape (n_columns,)
        Feature of each column.
    main : bool, default=False
        Whether coefficients are own effects.

    Returns
    -------
    squared : ndarray of shape (n_rows, n_features, n_targets)
    """
    products = csr_array(
        (unseen.products, (unseen.rows, unseen.columns)), shape=2 * (alpha.shape[1],)
    )
    by_draw = np.moveaxis(alpha, 1, 0)
    missed = products @ by_draw.reshape(len(by_draw), -1)
    squares = np.square(missed).reshape(by_draw.shape)
    square = np.einsum("i,int->nt", unseen.weights, squares)
    positions = [
        _positions(levels, values[:, j])
        for j, levels in zip(unseen.of_levels, unseen.levels, strict=True)
    ]
    every = features[unseen.of_levels]
    shares = np.zeros((features.max() + 1, len(values)))
    for own, by_level, at in zip(every, unseen.shares, positions, strict=True):
        of_rows = by_level[at] * (every != own)
        shares[own] += of_rows.sum(axis=1) * (1 if main else 0.25)
        if not main:
            np.add.at(shares, every, of_rows.T / 4)
    for subset in unseen.subsets:
        some = [positions[k] for k in subset.columns]
        of_subset = squared_shares(unseen_sums(subset, some), main=main)
        shares[every[list(subset.columns)]] += of_subset.T
    return shares.T[:, :, None] * square[:, None]


def _positions(levels, values):
    """Positions of values among levels; the one behind them where none is."""
    at = np.searchsorted(levels, values).clip(max=len(levels) - 1)
    is_level = (levels[at] == values) | (np.isnan(levels[at]) & np.isnan(values))
    return np.where(is_level, at, len(levels))


def rest_on_few(squares, total):
    """Whether a few draws make most of what is missed of all.

    Others like these may be missing: how far draws are missed says little then.

    Parameters
    ----------
    squares : ndarray of shape (n_draws, n_targets)
        Squared residuals of draws left out.
    total : ndarray of shape (n_targets,)
        Variation of the targets.

    Returns
    -------
    rest_on_few : ndarray of bool of shape (n_targets,)
    """
    missed = squares.sum(axis=0)
    if len(squares) < _FEWEST:
        return np.zeros(len(missed), dtype=bool)
    is_much = missed > _LEAST_MISSED * len(squares) * total
    return is_much & (np.square(missed) < _FEW * np.square(squares).sum(axis=0))
