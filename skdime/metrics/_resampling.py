"""Errors and intervals of means over folds, whose training rows overlap."""

import numpy as np
from scipy.stats import t

from skdime._utils.annotations import ArrayLike, Floats
from skdime._utils.missing import nan_mean, nan_variance


def resampled_se(values: ArrayLike, n_train: float, n_test: float) -> Floats:
    r"""Standard error of a mean over folds, corrected for their overlap.

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
    (2003). They derive it for test errors; for other results of the fitted model it is
    an approximation that errs on the same side.

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
    """Confidence interval of a mean over folds, corrected for their overlap.

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
    if not 0 < level < 1:
        raise ValueError(f"`level` must be between 0 and 1. Got {level!r} instead.")
    values = np.asarray(values, dtype=float)
    n_folds = (~np.isnan(values)).sum(axis=0)
    mean = nan_mean(values)
    quantile = t.ppf((1 + level) / 2, np.maximum(n_folds - 1, 1))
    reach = quantile * resampled_se(values, n_train, n_test)
    return mean - reach, mean + reach
