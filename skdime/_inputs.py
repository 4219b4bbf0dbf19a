"""What the explained rows hold, where features are parts of a series, text or image."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class ModalityInput:
    """The explained rows of one modality, and the feature of each of their elements.

    Attributes
    ----------
    kind : {"series", "text", "image"}
    values : ndarray
        Texts, of shape (n_rows,); series, of shape (n_rows, n_channels,
        n_timepoints), nan after the end of shorter ones; or images, of shape (n_rows,
        height, width) or (n_rows, height, width, n_colours).
    labels : ndarray of int of shape (n_rows, ...)
        For every character, every channel and point of time, or every pixel, the
        position of its feature on the feature axis of ``Explanation.coef``; -1 for
        elements of no feature and after the end of shorter rows.
    """

    kind: str
    values: np.ndarray
    labels: np.ndarray

    def __getitem__(self, rows):
        return ModalityInput(self.kind, self.values[rows], self.labels[rows])

    def expand(self, coef):
        """Coefficients spread evenly over the elements of their features.

        Parameters
        ----------
        coef : ndarray of shape (n_rows, 2, n_features, n_outputs)

        Returns
        -------
        expanded : ndarray of shape (n_rows, 2, ..., n_outputs)
            The sum over a feature's elements is its coefficient.
        """
        n_features = coef.shape[2]
        expanded = np.zeros((*coef.shape[:2], *self.labels.shape[1:], coef.shape[3]))
        for row, labels in enumerate(self.labels):
            known = labels >= 0
            counts = np.bincount(labels[known], minlength=n_features)
            shares = coef[row] / np.maximum(counts, 1)[:, None]
            expanded[row][:, known] = shares[:, labels[known]]
        return expanded


def stacked(kind, values, labels):
    """One :class:`ModalityInput` of the values and labels of single rows.

    Parameters
    ----------
    kind : str
    values : list of str or ndarray
        Arrays of one shape, or that differ in length only.
    labels : list of ndarray of int
    """
    if kind == "text":
        shown = np.array(values, dtype=str)
    else:
        shown = _padded(values, np.nan)
    return ModalityInput(kind, shown, _padded(labels, -1))


def _padded(arrays, filling):
    """One array, each part filled up at its ends to the largest extent."""
    arrays = [np.asarray(array) for array in arrays]
    shape = np.max([array.shape for array in arrays], axis=0)
    if all(array.shape == tuple(shape) for array in arrays):
        return np.stack(arrays)
    dtype = np.result_type(*arrays, type(filling))
    padded = np.full((len(arrays), *shape), filling, dtype=dtype)
    for row, array in zip(padded, arrays, strict=True):
        row[tuple(slice(length) for length in array.shape)] = array
    return padded
