"""Positions that are evenly spaced in an order."""

import numpy as np


def spaced(n, most):
    """Positions of all of `n` things in order, or of so many, first and last included.

    Parameters
    ----------
    n, most : int

    Returns
    -------
    positions : ndarray of int
    """
    return np.linspace(0, n - 1, min(n, most)).astype(int)
