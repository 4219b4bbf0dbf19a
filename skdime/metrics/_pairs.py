"""Agreement of repeated explanations, as functions of arrays.

Every function compares all pairs of runs and gives the mean over pairs. The first axis
of an array holds the runs (folds, seeds, draws of references), the last the features;
what is between is kept. Features that are nan in one of two runs do not count in that
pair; a pair that leaves too few of them has no value, and where no pair has one the
result is nan.
"""

from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from skdime._results.anova import normal_interval
from skdime._utils.annotations import ArrayLike, Floats
from skdime._utils.missing import nan_mean, nan_variance
from skdime._utils.rounding import DIFFERENCES_OF_MEANS


def rank_correlation(coef: ArrayLike) -> Floats:
    """Compute the Spearman correlation of absolute coefficients between runs.

    Parameters
    ----------
    coef : array-like of shape (n_runs, ..., n_features)
        Coefficients.

    Returns
    -------
    correlation : ndarray of shape (...)
        Mean over pairs of runs of the correlation of the ranks of ``|coef|``, ties
        sharing their mean rank. A pair needs two features that differ in both runs.

    References
    ----------
    Krishna et al. "The disagreement problem in explainable machine learning", TMLR
    2024 (rank correlation, there on selected features).

    Examples
    --------
    >>> from skdime.metrics import rank_correlation
    >>> float(rank_correlation([[3, -2, 1], [-5, 2, 0.5], [1, 2, 3]]).round(3))
    -0.333
    """
    return _mean_over_pairs(np.abs(_runs(coef)), _spearman)


def sign_agreement(coef: ArrayLike) -> Floats:
    """Compute the share of features whose coefficients have the same sign in two runs.

    Parameters
    ----------
    coef : array-like of shape (n_runs, ..., n_features)
        Coefficients; zero is a sign of its own.

    Returns
    -------
    agreement : ndarray of shape (...)
        Mean over pairs of runs.

    References
    ----------
    Krishna et al. "The disagreement problem in explainable machine learning", TMLR
    2024 (sign agreement, there among the top features).

    Examples
    --------
    >>> from skdime.metrics import sign_agreement
    >>> float(sign_agreement([[3.0, -2.0], [4.0, 2.0]]))
    0.5
    """
    return _mean_over_pairs(np.sign(_runs(coef)), _equal)


def top_k_overlap(coef: ArrayLike, k: int = 3) -> Floats:
    """Compute the share of the `k` largest coefficients that two runs have in common.

    Parameters
    ----------
    coef : array-like of shape (n_runs, ..., n_features)
        Coefficients.
    k : int, default=3
        How many features count as the top. With `k` features or fewer to choose from
        there is nothing to tell, and the result is nan.

    Returns
    -------
    overlap : ndarray of shape (...)
        Mean over pairs of runs of ``|top_k(a) & top_k(b)| / k``. Features whose
        coefficients are equal share the places that are left for them, and a
        coefficient of 0 is never among the largest: runs with fewer than `k` others
        are compared by the larger of their numbers, and two runs without any have no
        value.

    References
    ----------
    Krishna et al. "The disagreement problem in explainable machine learning", TMLR
    2024 (feature agreement).

    Examples
    --------
    >>> from skdime.metrics import top_k_overlap
    >>> float(top_k_overlap([[3.0, -2.0, 1.0], [3.0, 1.0, -2.0]], k=2))
    0.5
    """
    if not k >= 1 or k != int(k):
        raise ValueError(
            f"`k` must be an integer of at least 1. Got {k!r:.60} instead."
        )
    return _mean_over_pairs(np.abs(_runs(coef)), lambda a, b: _overlap(a, b, int(k)))


def variable_stability_index(coef: ArrayLike, k: int = 3) -> Floats:
    """Compute the percentage of the largest coefficients that runs share (VSI).

    Parameters
    ----------
    coef : array-like of shape (n_runs, ..., n_features)
        Coefficients.
    k : int, default=3
        How many variables an explanation names: those with the largest absolute
        coefficients.

    Returns
    -------
    vsi : ndarray of shape (...)
        ``100 * top_k_overlap(coef, k)``, between 0 and 100.

    References
    ----------
    Visani, Bagli, Chesani, Poluzzi, Capuzzo. "Statistical stability indices for LIME",
    Journal of the Operational Research Society 73 (2022).

    Examples
    --------
    >>> from skdime.metrics import variable_stability_index
    >>> coef = [[5.0, -4.0, 0.1], [5.0, 0.2, 3.0]]  # they share one of the top 2
    >>> float(variable_stability_index(coef, k=2))
    50.0
    """
    return 100 * top_k_overlap(coef, k)


def coefficient_stability_index(
    coef: ArrayLike, se: ArrayLike, level: float = 0.95
) -> Floats:
    """Compute the percentage of confidence intervals that overlap between runs (CSI).

    Parameters
    ----------
    coef : array-like of shape (n_runs, ..., n_features)
        Coefficients.
    se : array-like of shape (n_runs, ..., n_features)
        Their standard errors.
    level : float, default=0.95
        Level of the normal confidence intervals that are compared.

    Returns
    -------
    csi : ndarray of shape (...)
        100 times the share of pairs of runs and features whose intervals overlap.
        Wide intervals overlap easily: a high CSI says that runs differ no more than
        their errors allow, not that the errors are small. Coefficients without an
        error overlap if they are equal up to rounding.

    References
    ----------
    Visani, Bagli, Chesani, Poluzzi, Capuzzo. "Statistical stability indices for LIME",
    Journal of the Operational Research Society 73 (2022).

    Examples
    --------
    >>> from skdime.metrics import coefficient_stability_index
    >>> coef, se = [[1.0, 1.0], [2.0, 9.0]], [[1.0, 1.0], [1.0, 1.0]]
    >>> float(coefficient_stability_index(coef, se))
    50.0
    """
    coef, se = _runs(coef), _runs(se)
    if coef.shape != se.shape:
        raise ValueError(
            f"`se` must have the shape of `coef`, {coef.shape}. Got {se.shape} instead."
        )
    # where nothing is estimated the interval is a point, which rounding moves
    size = np.nanmax(np.abs(coef), axis=(0, -1), keepdims=True, initial=0.0)
    se = np.maximum(se, DIFFERENCES_OF_MEANS * size)
    ends = np.stack(normal_interval(coef, se, level), axis=-1)

    def overlap(a, b):
        meet = (a[..., 0] <= b[..., 1]) & (b[..., 0] <= a[..., 1])
        missing = np.isnan(a[..., 0] + b[..., 0])
        return nan_mean(np.where(missing, np.nan, meet), axis=-1)

    return 100 * _mean_over_pairs(ends, overlap)


def dispersion(coef: ArrayLike) -> Floats:
    r"""Compute the standard deviation over runs, relative to the size of coefficients.

    Parameters
    ----------
    coef : array-like of shape (n_runs, ..., n_features)
        Coefficients.

    Returns
    -------
    dispersion : ndarray of shape (...)
        :math:`\sqrt{\sum_f s_f^2 / \sum_f \overline{c_f^2}}`, where :math:`s_f^2` is
        the sample variance over runs of feature f's coefficient and
        :math:`\overline{c_f^2}` the mean of its square: 0 for equal runs, about 1 for
        runs that have nothing in common. A root-mean-square coefficient of variation
        of the explanation as a vector. A feature needs two runs; nan where all
        coefficients are 0.

    Examples
    --------
    >>> from skdime.metrics import dispersion
    >>> float(dispersion([[3.0, 4.0], [3.0, 4.0]]))
    0.0
    >>> float(dispersion([[1.0, 0.0], [0.0, 1.0]]))
    1.0
    """
    coef = _runs(coef)
    counts = (~np.isnan(coef)).sum(axis=0) >= 2
    varied = np.where(counts, nan_variance(coef), 0).sum(axis=-1)
    size = np.where(counts, nan_mean(np.square(coef)), 0).sum(axis=-1)
    return np.sqrt(np.divide(varied, size, out=_nan_like(size), where=size > 0))


def _runs(values):
    values = np.asarray(values, dtype=float)
    if values.ndim < 2 or len(values) < 2:
        raise ValueError(
            "Stability compares two or more runs, along the first axis of an array "
            f"whose last axis holds the features. Got an array of shape {values.shape}."
        )
    return values


def _mean_over_pairs(values, compare):
    each = np.stack([compare(a, b) for a, b in combinations(values, 2)])
    return nan_mean(np.moveaxis(each, 0, -1), axis=-1)


def _nan_like(values):
    return np.full(np.shape(values), np.nan)


def _equal(a, b):
    return nan_mean(np.where(np.isnan(a + b), np.nan, a == b), axis=-1)


def _spearman(a, b):
    in_both = ~np.isnan(a + b)
    first, second = (_centred_ranks(values, in_both) for values in (a, b))
    scale = np.sqrt(np.square(first).sum(axis=-1) * np.square(second).sum(axis=-1))
    product = (first * second).sum(axis=-1)
    return np.divide(product, scale, out=_nan_like(scale), where=scale > 0)


def _centred_ranks(values, in_both):
    """Ranks among the known entries minus their mean; 0 for the others."""
    ranks = rankdata(np.where(in_both, values, np.inf), axis=-1)
    n_in_both = in_both.sum(axis=-1, keepdims=True)
    return np.where(in_both, ranks - (n_in_both + 1) / 2, 0.0)


def _overlap(a, b, k):
    in_both = ~np.isnan(a + b)
    first, second = _top(a, in_both, k), _top(b, in_both, k)
    most = np.maximum(first.sum(axis=-1), second.sum(axis=-1))
    is_defined = (in_both.sum(axis=-1) > k) & (most > 0)
    both = np.minimum(first, second).sum(axis=-1)
    return np.where(is_defined, both / np.where(is_defined, most, 1), np.nan)


def _top(values, in_both, k):
    """Membership of the k largest, shared by features that tie for the last places."""
    sizes = np.where(in_both, values, 0)
    least = -np.partition(-sizes, min(k, sizes.shape[-1]) - 1, axis=-1)
    least = least[..., [min(k, sizes.shape[-1]) - 1]]
    above, tied = sizes > least, (sizes == least) & (sizes > 0)
    n_tied = np.maximum(tied.sum(axis=-1, keepdims=True), 1)
    places = k - above.sum(axis=-1, keepdims=True)
    return above + tied * (places / n_tied)
