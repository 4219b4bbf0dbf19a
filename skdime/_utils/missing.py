"""Means and variances of what is not nan."""

import numpy as np


def nan_mean(values, axis=0):
    """As ``numpy.nanmean``, but without a warning where there is nothing but nan.

    Parameters
    ----------
    values : ndarray
    axis : int, default=0

    Returns
    -------
    mean : ndarray
        nan where nothing is present.
    """
    present = ~np.isnan(values)
    return ratio(np.where(present, values, 0).sum(axis), present.sum(axis))


def nan_variance(values):
    """Sample variance along the first axis; nan where fewer than two are present.

    Parameters
    ----------
    values : ndarray

    Returns
    -------
    variance : ndarray
    """
    number = (~np.isnan(values)).sum(axis=0)
    squares = np.nansum(np.square(values - nan_mean(values)), axis=0)
    return np.where(number >= 2, squares / np.maximum(number - 1, 1), np.nan)


def ratio(total, number):
    """Totals over how many numbers they are of; nan for totals of none."""
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
