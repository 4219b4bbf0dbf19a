"""Errors and intervals of means over folds, whose training rows overlap.

Two corrections: that of Nadeau and Bengio for scores on the rows that folds leave out,
and the jackknife for what the models of all folds say of the same rows.
"""

import numpy as np
from scipy.stats import t

from skdime._utils.annotations import ArrayLike, Floats
from skdime._utils.missing import nan_mean, nan_variance


def resampled_se(values: ArrayLike, n_train: float, n_test: float) -> Floats:
    r"""Compute the standard error of a mean over folds, corrected for their overlap.

    Models of different folds share most of their training rows, so that what they give
    varies less than what independent samples would give. The usual
    :math:`s / \sqrt J` is too small; corrected it is

    .. math:: \sqrt{(1/J + n_{test} / n_{train}) \, s^2}

    for J folds and the sample variance :math:`s^2` over them.

    Parameters
    ----------
    values : array-like of shape (n_folds, ...)
        Scores, coefficients or anything else with one value a fold; nan where a fold
        has none.
    n_train, n_test : float
        Rows that a fold trains on and leaves out, on average.

    Returns
    -------
    se : ndarray of shape (...)
        nan where fewer than two folds have a value.

    References
    ----------
    Nadeau, Bengio. "Inference for the generalization error", Machine Learning 52
    (2003). They derive it for test errors; what models say of the same rows varies
    more, see :func:`jackknife_se`.

    Examples
    --------
    >>> from skdime.metrics import resampled_se
    >>> float(resampled_se([1.0, 2.0, 3.0, 4.0], n_train=75, n_test=25).round(3))
    0.986
    """
    values = np.asarray(values, dtype=float)
    n_folds = (~np.isnan(values)).sum(axis=0)
    share = 1 / np.maximum(n_folds, 1) + n_test / n_train
    return np.sqrt(share * nan_variance(values))


def resampled_interval(
    values: ArrayLike, n_train: float, n_test: float, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Compute the confidence interval of a mean over folds that overlap.

    Parameters
    ----------
    values : array-like of shape (n_folds, ...)
        One value a fold; nan where a fold has none.
    n_train, n_test : float
        Rows that a fold trains on and leaves out, on average.
    level : float, default=0.95
        Probability that an interval is to cover.

    Returns
    -------
    low, high : ndarray of shape (...)
        Mean plus and minus :func:`resampled_se` times the quantile of Student's t with
        one degree of freedom less than there are folds. A t test of "the mean is 0" is
        whether 0 is inside.

    References
    ----------
    Nadeau, Bengio. "Inference for the generalization error", Machine Learning 52
    (2003).

    Examples
    --------
    >>> from skdime.metrics import resampled_interval
    >>> low, high = resampled_interval([1.0, 2.0, 3.0, 4.0], n_train=75, n_test=25)
    >>> float(low.round(2)), float(high.round(2))
    (-0.64, 5.64)
    """
    values = np.asarray(values, dtype=float)
    return interval_of_mean(values, resampled_se(values, n_train, n_test), level)


def jackknife_se(values: ArrayLike, overlap: ArrayLike) -> Floats:
    r"""Compute the standard error of a mean over folds that explain the same rows.

    Results of models of which any two share a part :math:`\rho` of their training rows
    vary by :math:`1 - \rho` of what models of independent rows would, so that for J
    folds with the sample variance :math:`s^2` between them

    .. math:: \mathrm{se}^2 = s^2 \Bigl(\frac{1}{1 - \rho} - \frac{J - 1}{J}\Bigr)

    Of K folds of which each leaves out a part of the rows of its own, this is the
    jackknife that leaves out groups, :math:`(K - 1)^2 s^2 / K`; of models without
    common rows the usual :math:`s^2 / J`.

    Parameters
    ----------
    values : array-like of shape (n_folds, ...)
        One value a fold, such as a coefficient of a row that every fold explains; nan
        where a fold has none.
    overlap : array-like of shape (n_folds, n_folds)
        Share of their training rows that two folds have in common, as
        ``CrossExplanation.overlap``.

    Returns
    -------
    se : ndarray of shape (...)
        nan where fewer than two folds have a value. What differs between folds for
        other reasons than their training rows, such as references, is taken for
        theirs: the error is too large rather than too small.

    References
    ----------
    Shao, Wu. "A general theory for jackknife variance estimation", Annals of
    Statistics 17 (1989).

    Examples
    --------
    >>> import numpy as np
    >>> from skdime.metrics import jackknife_se
    >>> overlap = np.full((4, 4), 2 / 3)  # of four folds
    >>> float(jackknife_se([1.0, 2.0, 3.0, 4.0], overlap).round(3))
    1.936
    """
    values = np.asarray(values, dtype=float)
    return np.sqrt(jackknife_share(values, overlap) * nan_variance(values))


def jackknife_share(values, overlap):
    """Variance of a mean over folds as a multiple of the variance between folds.

    Folds with the same training rows differ by chance alone, independently.
    """
    n_folds = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    different = apart(values, overlap)
    of_one = 1 / np.where(different > 0, different, 1)
    return of_one - (n_folds - 1) / n_folds


def sampled_se(values, variances, rows_in_common, overlap):
    """Standard error of a mean over folds, each of which explains rows of its own.

    What differs between folds for their rows is taken from the variance between them;
    the rest is due to their models, which overlap.

    Parameters
    ----------
    values : ndarray of shape (n_folds, ...)
        A mean over rows, or a difference of means, for each fold.
    variances : ndarray of shape (n_folds, ...)
        What each varies by because its rows are a sample.
    rows_in_common : ndarray or float
        Rows of a fold in proportion to all rows: 1 over the number of folds, unless
        several explain the same ones.
    overlap : ndarray of shape (n_folds, n_folds)

    Returns
    -------
    se : ndarray of shape (...)
    """
    of_rows = np.nan_to_num(nan_mean(variances))
    of_models = np.maximum(nan_variance(values) - of_rows, 0)
    of_models = of_models * jackknife_share(values, overlap)
    return np.sqrt(of_models + of_rows * rows_in_common)


def overlap_of(train):
    """Share of their training rows that two folds have in common.

    Parameters
    ----------
    train : ndarray of bool of shape (n_folds, n_rows)

    Returns
    -------
    overlap : ndarray of shape (n_folds, n_folds)
    """
    common, sizes = train.astype(float) @ train.T, train.sum(axis=1)
    return common / np.sqrt(np.outer(sizes, sizes))


def apart(values, overlap):
    """Mean share of training rows that two folds with a value do not have in common."""
    present = (~np.isnan(values)).astype(float)
    others = np.asarray(overlap, dtype=float).copy()
    np.fill_diagonal(others, 0)
    n_folds = present.sum(axis=0)
    common = (present * np.tensordot(others, present, axes=1)).sum(axis=0)
    n_pairs = n_folds * (n_folds - 1)
    return np.where(n_pairs > 0, 1 - common / np.maximum(n_pairs, 1), np.nan)


def interval_of_mean(values, se, level):
    """Mean over folds plus and minus a standard error times a quantile of Student's t.

    Parameters
    ----------
    values : ndarray of shape (n_folds, ...)
    se : ndarray of shape (...)
    level : float

    Returns
    -------
    low, high : ndarray of shape (...)
    """
    if not 0 < level < 1:
        raise ValueError(f"`level` must be between 0 and 1. Got {level!r:.60} instead.")
    n_folds = (~np.isnan(values)).sum(axis=0)
    reach = t.ppf((1 + level) / 2, np.maximum(n_folds - 1, 1)) * se
    mean = nan_mean(values)
    return mean - reach, mean + reach
