"""How large coefficients are over rows, which may have features of their own."""

import numpy as np


def sizes_over_rows(values):
    """Absolute values, 0 for the features that a row does not have.

    A mean over rows then weighs a word by how often it occurs: one that occurs once in
    sixty texts has a sixtieth of its effect there.

    Parameters
    ----------
    values : ndarray of shape (n_rows, ...)
        Coefficients or their standard errors; nan for what a row does not have.

    Returns
    -------
    sizes : ndarray of shape (n_rows, ...)
        nan for rows without any number, which were not explained, and for features
        that no row has.
    """
    sizes = np.abs(values)
    empty = np.isnan(sizes)
    without = empty.all(axis=tuple(range(1, sizes.ndim)))
    unknown = empty.all(axis=0) | without[(slice(None), *[None] * (sizes.ndim - 1))]
    return np.where(empty & ~unknown, 0.0, sizes)
