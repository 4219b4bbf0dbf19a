r"""Kriging of columns over draws from landmarks, of many outputs at once.

The covariance of columns at the L landmarks is that of the known columns, of low rank,
and that of a trend which all outputs share,

.. math:: K = D D^\top + \tau T T^\top + \lambda I.

With one eigendecomposition of :math:`T T^\top` for all outputs, :math:`M = \tau T
T^\top + \lambda I` is diagonal, and the matrix inversion lemma,

.. math:: K^{-1} = M^{-1} - M^{-1} D (I + D^\top M^{-1} D)^{-1} D^\top M^{-1},

leaves a system of the size of the known columns for each output and each pair of
weights.
"""

from copy import copy

import numpy as np

# Directions of the trend below this share of the largest variance are rounding.
_LEAST_VARIANCE = 1e-14


class LandmarkTrend:
    """The trend at landmarks, which outputs share.

    Parameters
    ----------
    trend : ndarray of shape (n_samples, n_directions)
    chosen : ndarray of int of shape (n_landmarks,)

    Attributes
    ----------
    vectors : ndarray of shape (n_landmarks, n_landmarks)
        Eigenvectors of the trend's covariance at the landmarks.
    variances : ndarray of shape (n_landmarks,)
        Its eigenvalues.
    """

    def __init__(self, trend, chosen):
        self.chosen = chosen
        at_landmarks = trend[chosen]
        variances, self.vectors = np.linalg.eigh(at_landmarks @ at_landmarks.T)
        self.variances = np.maximum(variances, 0)
        varies = self.variances > _LEAST_VARIANCE * self.variances.max(initial=0)
        self._first = len(varies) - int(varies.sum())  # they are sorted
        self._beyond = trend @ (at_landmarks.T @ self.vectors[:, self._first :])

    def rotated(self, values):
        """Values at the landmarks in the eigenvectors: (n_outputs, n_landmarks, n)."""
        return self.vectors.T @ values

    def everywhere(self, weights):
        """The trend at all draws from weights of the eigenvectors."""
        return self._beyond @ weights[:, self._first :]


class KnownColumns:
    """Columns known on all draws: their mean, and deviations scaled to unit variance.

    Parameters
    ----------
    columns : ndarray of shape (n_outputs, n_samples, n_columns)
    trend : LandmarkTrend

    Attributes
    ----------
    mean : ndarray of shape (n_outputs, n_samples, 1)
    scale : ndarray of shape (n_outputs, 1, 1)
        What deviations are divided by: their squares then add up to the mean variance
        of a draw, 1.
    rotated : ndarray of shape (n_outputs, n_landmarks, n_columns)
        Deviations at the landmarks, in the eigenvectors of the trend.
    """

    def __init__(self, columns, trend):
        self.columns, self.trend = columns, trend
        self.mean = columns.mean(axis=2, keepdims=True)
        size = np.array([_size(*each) for each in zip(columns, self.mean, strict=True)])
        self.scale = np.where(size > 0, size, 1.0)[:, None, None]
        deviation = columns[:, trend.chosen] - self.mean[:, trend.chosen]
        self.rotated = trend.rotated(deviation / self.scale)

    def of_outputs(self, chosen):
        """The same for some of the outputs, by position."""
        some = copy(self)
        for name in ("columns", "mean", "scale", "rotated"):
            setattr(some, name, getattr(self, name)[chosen])
        return some

    def everywhere(self, weights):
        """Sums of deviations at all draws: (n_outputs, n_samples, n)."""
        weights = weights / self.scale
        total = weights.sum(axis=1, keepdims=True)
        return self.columns @ weights - self.mean * total


def _size(columns, mean):
    return np.sqrt(np.square(columns - mean).sum() / len(columns))


class LandmarkKriging:
    """Columns from their deviations at landmarks.

    Parameters
    ----------
    columns : KnownColumns
    weights : ndarray of shape (n_outputs or 1, 2)
        Variance of the trend and of the noise, as shares of the columns' variance.
    """

    def __init__(self, columns, weights):
        self.columns, self.weights = columns, weights
        trend, self._noise = weights[:, 0, None, None], weights[:, 1, None, None]
        self._trend = trend
        self._variances = trend * columns.trend.variances[:, None] + self._noise
        self._scaled = columns.rotated / self._variances
        identity = np.eye(columns.rotated.shape[2])
        self._gram = identity + np.swapaxes(columns.rotated, 1, 2) @ self._scaled
        self._inverse_diagonal = self._diagonal_of_inverse()

    @property
    def n_bytes(self):
        """Bytes that the landmarks take, of which there are two arrays in the main."""
        return self._scaled.nbytes + self.columns.rotated.nbytes + self._gram.nbytes

    def of_outputs(self, chosen):
        """The same for some of the outputs, by position."""
        return LandmarkKriging(self.columns.of_outputs(chosen), self.weights[chosen])

    def predict(self, deviation):
        """Deviations at all draws, and how those at the landmarks are explained.

        Parameters
        ----------
        deviation : ndarray of shape (n_outputs, n_landmarks, n)
            From the mean, at the landmarks.

        Returns
        -------
        predicted : ndarray of shape (n_outputs, n_samples, n)
        weights : ndarray of shape (n_outputs, n_landmarks, n)
            The deviations times the inverse covariance, in eigenvectors of the trend.
        """
        columns = self.columns
        rotated = columns.trend.rotated(deviation)
        projected = np.swapaxes(self._scaled, 1, 2) @ rotated
        of_columns = np.linalg.solve(self._gram, projected)
        weights = (rotated - columns.rotated @ of_columns) / self._variances
        predicted = columns.everywhere(of_columns)
        if self._trend.any():
            predicted += self._trend * columns.trend.everywhere(weights)
        return predicted, weights

    def left_out(self, weights):
        """Residuals at every landmark, predicted from the others.

        Parameters
        ----------
        weights : ndarray of shape (n_outputs, n_landmarks, n)
            As returned by :meth:`predict`.
        """
        rest = np.maximum(self._noise * self._inverse_diagonal, 1e-9)
        return self._noise * (self.columns.trend.vectors @ weights) / rest

    def _diagonal_of_inverse(self):
        """Of the inverse covariance: (n_outputs, n_landmarks, 1)."""
        vectors = self.columns.trend.vectors
        scaled = vectors @ self._scaled
        inner = np.linalg.solve(self._gram, np.swapaxes(scaled, 1, 2))
        of_columns = (scaled * np.swapaxes(inner, 1, 2)).sum(axis=2, keepdims=True)
        return np.square(vectors) @ (1 / self._variances) - of_columns
