"""Modalities, models and comparisons that several test modules share."""

import numpy as np

# The columns of a modality need not be neighbours; every test of values runs on these.
TWO = [("a", [0, 3]), ("b", [1, 2, 4])]
THREE = [("a", [0, 3]), ("b", [1, 2]), ("c", [4])]
# One column each.
AB = [("a", [0]), ("b", [1])]
ABC = [*AB, ("c", [2])]


def product(X):
    """The product of the first two columns of an array or frame."""
    X = np.asarray(X, dtype=float)
    return X[:, 0] * X[:, 1]
