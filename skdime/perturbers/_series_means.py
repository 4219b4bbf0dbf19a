"""Means of series that leave missing values out, and the row that is closest."""

import numpy as np

from skdime._utils.missing import nan_mean, ratio


def closest(squared, missing):
    """The row of least distance among those with the fewest missing values.

    Every channel is divided by its variance, so that units do not matter.
    """
    by_channel = [
        ratio(np.nansum(values, axis=1), np.count_nonzero(~np.isnan(values), axis=1))
        for values in squared
    ]
    variance = nan_mean(np.array(by_channel))
    distance = np.nansum(by_channel / np.where(variance > 0, variance, 1), axis=1)
    return int(np.lexsort((distance, missing))[0])


def mean_of_known(arrays):
    """Mean of equally shaped arrays without nan, and how many nan each has."""
    total, known, missing = 0.0, 0, []
    for values in arrays:
        here = ~np.isnan(values)
        total = total + np.where(here, values, 0)
        known = known + here.astype(int)
        missing.append(values.size - np.count_nonzero(here))
    return ratio(total, known), missing
