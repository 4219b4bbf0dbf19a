"""What a perturber hands to the surrogate: regressors, weights, contrasts."""

from dataclasses import dataclass

import numpy as np

# LIME's kernel width per root of the number of columns (Ribeiro, Singh, Guestrin, "Why
# should I trust you?", KDD 2016; ``lime.lime_tabular``).
KERNEL_WIDTH = 0.75
# Penalty that "auto" stands for, relative to the regressors' variance: it takes 0.1 %
# off the slope of a single column, and keeps slopes of columns that are copies finite.
DEFAULT_ALPHA = 1e-3


@dataclass(frozen=True, repr=False)
class LocalDesign:
    """What a perturber passes to the surrogate model, for a batch of rows.

    The first axis of every array has length n_rows, or 1 where all rows share it.

    Attributes
    ----------
    regressors : ndarray of shape (n_rows, n_samples, n_regressors)
        Interpretable values of every perturbation, as seen from the row.
    weights : ndarray of shape (n_rows, n_samples)
        Kernel weights, not negative, of any total.
    average : ndarray of shape (n_rows, n_regressors)
        Values of the regressors where the features are at their average.
    contrast : ndarray of shape (n_rows, n_regressors)
        Values at the row minus average.
    penalty : ndarray of shape (n_rows, n_regressors)
        Ridge penalty on each squared slope, for weights of total 1.
    features : ndarray of int of shape (n_regressors,)
        The feature that each regressor belongs to.

    See Also
    --------
    NeighbourhoodPerturber : Makes designs.

    Examples
    --------
    Two rows that see three draws of one number, the second row most of all the last:

    >>> import numpy as np
    >>> from skdime.perturbers import LocalDesign
    >>> design = LocalDesign(
    ...     regressors=np.array([[[0.0], [1.0], [2.0]]]),
    ...     weights=np.array([[1.0, 1.0, 1.0], [0.1, 0.5, 1.0]]),
    ...     average=np.array([[1.0], [1.0]]),
    ...     contrast=np.array([[-1.0], [1.0]]),  # the rows are 0 and 2
    ...     penalty=np.full((2, 1), 1e-3),
    ...     features=np.array([0]),
    ... )
    >>> design.n_features
    1
    """

    regressors: np.ndarray
    weights: np.ndarray
    average: np.ndarray
    contrast: np.ndarray
    penalty: np.ndarray
    features: np.ndarray

    @property
    def n_features(self) -> int:
        return int(self.features.max()) + 1


def width_of_kernel(width, n_features):
    r"""The width of the kernel, for "auto" :math:`0.75 \sqrt d` for d features."""
    return KERNEL_WIDTH * np.sqrt(n_features) if width == "auto" else width


def log_kernel(squared_distance, width):
    """Logarithm of the kernel ``exp(-D**2 / (2 width**2))``.

    It is LIME's ``sqrt(exp(-D**2 / width**2))``.
    """
    return -squared_distance / max(2 * width**2, np.finfo(float).tiny)


def normalised(log_weights):
    """Weights up to a factor for each row, the largest 1, so that none underflows."""
    # beyond the largest number all draws are equally far
    log_weights = np.maximum(log_weights, -np.finfo(float).max)
    return np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
