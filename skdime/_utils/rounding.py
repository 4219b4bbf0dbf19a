"""Differences that are rounding, relative to the numbers that are compared."""

import numpy as np

# Models may compute in single precision, which has 7 digits, whatever they are given.
SINGLE_PRECISION = 1e-6
# Double precision has 16 digits. A mean over hundreds of outputs keeps 12 of them.
DOUBLE_PRECISION = 1e-12
# UC, MI and changes of them are differences of such means, and lose two digits more.
DIFFERENCES_OF_MEANS = 1e-10


def precision_of(outputs):
    """Relative rounding of numbers: that of the narrowest dtype which holds them all.

    Parameters
    ----------
    outputs : ndarray of float64

    Returns
    -------
    precision : float
    """
    if np.array_equal(outputs, np.round(outputs)):
        return DOUBLE_PRECISION  # counts and labels are exact in any dtype
    for dtype in (np.float16, np.float32):
        with np.errstate(over="ignore"):
            narrow = outputs.astype(dtype)
        if np.array_equal(narrow.astype(float), outputs):
            return float(np.finfo(dtype).eps)
    return DOUBLE_PRECISION
