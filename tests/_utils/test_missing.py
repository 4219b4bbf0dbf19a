"""Means and variances of what is not nan."""

import warnings

import numpy as np
from numpy.testing import assert_array_equal

from skdime._utils.missing import nan_mean, nan_variance, ratio


def test_as_in_numpy_where_something_is_present():
    values = np.random.RandomState(0).normal(size=(5, 4, 3))
    values[values < -0.5] = np.nan
    values[0] = values[:, 0] = values[:, :, 0] = 1.0
    for axis in (0, 1, -1):
        np.testing.assert_allclose(nan_mean(values, axis), np.nanmean(values, axis))


def test_nan_without_a_warning_where_nothing_is():
    values = np.array([[np.nan, 1.0], [np.nan, np.nan]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_array_equal(nan_mean(values), [np.nan, 1.0])
        assert_array_equal(nan_mean(values, axis=1), [1.0, np.nan])
        assert_array_equal(nan_mean(np.empty((0, 2))), [np.nan, np.nan])


def test_ratio_of_none_is_nan():
    assert_array_equal(ratio(np.array([3.0, 0.0]), np.array([2, 0])), [1.5, np.nan])


def test_variance_is_that_of_what_is_present():
    values = np.random.RandomState(0).normal(size=(5, 40))
    values[values < -0.5] = np.nan
    values[:, 0], values[1:, 1] = np.nan, np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = nan_variance(values)
    counts = (~np.isnan(values)).sum(axis=0)
    assert_array_equal(np.isnan(found), counts < 2)
    expected = np.nanvar(values[:, counts >= 2], axis=0, ddof=1)
    np.testing.assert_allclose(found[counts >= 2], expected)
