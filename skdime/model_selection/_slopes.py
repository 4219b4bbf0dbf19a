"""Directions of effects over rows: one regression slope for each term of features."""

import numpy as np

from skdime._results.fields import PARTS


def own_effects(coef, terms, rows):
    """Slopes of the coefficients of UC on the numbers that rows hold.

    Parameters
    ----------
    coef : ndarray of shape (n_rows, 2, n_features, n_outputs)
    terms : list of Term
    rows : ndarray of int
        Positions of the rows of `coef` among those of the terms.

    Returns
    -------
    slope, variance : ndarray of shape (n_terms, n_outputs)
        For a level the mean coefficient of the rows that have it.
    """
    effects = coef[:, PARTS.index("uc")][:, [term.feature for term in terms]]
    values = np.stack([term.scaled[rows] for term in terms], axis=1)
    numeric = np.array([term.numeric for term in terms])
    zeros = np.zeros_like(values)
    design = np.stack([zeros + numeric, zeros, zeros, values], axis=2)
    return last_slopes(effects, design)


def joint_effects(coef, first, others, rows):
    """Slopes of what two features carry of MI on the product of their numbers.

    Parameters
    ----------
    coef : ndarray of shape (n_rows, 2, n_features, n_outputs)
    first : Term
    others : list of Term
        Of other modalities.
    rows : ndarray of int

    Returns
    -------
    slope, variance : ndarray of shape (n_others, n_outputs)
        Given both numbers; of a level and a number the slope on the number of the rows
        that have the level; of two levels the mean of the rows that have both.
    """
    mi = coef[:, PARTS.index("mi")]
    carried = (mi[:, [first.feature]] + mi[:, [term.feature for term in others]]) / 2
    values = np.stack([term.scaled[rows] for term in others], axis=1)
    own = np.broadcast_to(first.scaled[rows][:, None], values.shape)
    numeric = np.array([term.numeric for term in others])
    either, both = numeric | first.numeric, numeric & first.numeric
    zeros = np.zeros_like(values)
    columns = [zeros + either, own * both, values * both, own * values]
    return last_slopes(carried, np.stack(columns, axis=2))


def last_slopes(values, design):
    """Slope on the last column of a least-squares fit, for many fits at once.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_fits, n_outputs)
        nan where a row has none.
    design : ndarray of shape (n_rows, n_fits, n_columns)
        Columns of 0 are none; rows with nan do not count.

    Returns
    -------
    slope, variance : ndarray of shape (n_fits, n_outputs)
        The variance holds for rows that are a sample, with residuals of any spread
        (White, 1980). nan where there are too few rows, or columns that depend on one
        another.
    """
    absent = np.isnan(values).all(axis=(0, 1))  # an output that a fold does not have
    counts = ~np.isnan(design).any(axis=2)
    counts &= ~np.isnan(values[..., ~absent]).any(axis=2)
    design = np.where(counts[..., None], design, 0)
    targets = np.where(counts[..., None], values, 0)
    n, n_columns = counts.sum(axis=0), (design != 0).any(axis=0).sum(axis=1)
    gram = np.einsum("rfi,rfj->fij", design, design)
    inverse = np.linalg.pinv(gram, hermitian=True)
    weights = np.einsum("fj,rfj->rf", inverse[:, -1], design)
    slopes = inverse @ np.einsum("rfi,rfc->fic", design, targets)
    residuals = targets - np.einsum("rfi,fic->rfc", design, slopes)
    variance = np.square(weights[..., None] * residuals).sum(axis=0)
    variance *= (n / np.maximum(n - n_columns, 1))[:, None]
    rank = np.linalg.matrix_rank(gram, hermitian=True)
    is_defined = (n > n_columns) & (rank == n_columns)
    is_defined &= (design[..., -1] != 0).any(axis=0)
    numbers, is_defined = (slopes[:, -1], variance), is_defined[:, None] & ~absent
    return tuple(np.where(is_defined, each, np.nan) for each in numbers)
