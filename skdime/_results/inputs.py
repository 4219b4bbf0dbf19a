"""What the explained rows hold, where features are parts of a series, text or image."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skdime._utils.annotations import Floats, Integers
from skdime._utils.listed import count


@dataclass(frozen=True, eq=False, repr=False)
class ModalityInput:
    """The explained rows of one modality, and the feature of each of their elements.

    Attributes
    ----------
    kind : {"series", "text", "image", "set"}
    values : ndarray
        Texts, of shape (n_rows,); series, of shape (n_rows, n_channels,
        n_timepoints), nan after the end of shorter ones; or images, of shape (n_rows,
        height, width) or (n_rows, height, width, n_colours); or the boxes of objects
        of sets, of shape (n_rows, n_objects, 4), nan where a row has fewer.
    labels : ndarray of int of shape (n_rows, ...)
        For every character, every channel and point of time, every pixel, or every
        object, the position of its feature on the feature axis of
        ``Explanation.coef``; -1 for elements of no feature and after the end of
        shorter rows.
    axes : tuple of int, default=None
        Which axes of a row of `labels` its cell has, in the order of the cell: (1, 0)
        for a series with time first, (1,) for one without an axis of channels. None
        for all of them, as they are.
    """

    kind: str
    values: NDArray[Any]
    labels: Integers
    axes: tuple[int, ...] | None = None

    def __repr__(self) -> str:
        n_rows = count(len(self.values), "row")
        return f"ModalityInput of {n_rows}, kind {self.kind!r:.60}"

    def __getitem__(self, rows: Any) -> Self:
        return replace(self, values=self.values[rows], labels=self.labels[rows])

    def expand(self, coef: Floats) -> Floats:
        """Coefficients spread evenly over the elements of their features.

        Parameters
        ----------
        coef : ndarray of shape (n_rows, 2, n_features, n_outputs)

        Returns
        -------
        expanded : ndarray of shape (n_rows, 2, ..., n_outputs)
            In the shape of the rows' cells. The sum over a feature's elements is its
            coefficient.
        """
        n_features = coef.shape[2]
        expanded = np.zeros((*coef.shape[:2], *self.labels.shape[1:], coef.shape[3]))
        for row, labels in enumerate(self.labels):
            has_feature = labels >= 0
            counts = np.bincount(labels[has_feature], minlength=n_features)
            shares = coef[row] / np.maximum(counts, 1)[:, None]
            expanded[row][:, has_feature] = shares[:, labels[has_feature]]
        return self._as_cells(expanded)

    def _as_cells(self, expanded):
        if self.axes is None:
            return expanded
        all_axes = range(self.labels.ndim - 1)
        missing = [2 + axis for axis in all_axes if axis not in self.axes]
        present = [2 + axis for axis in self.axes]
        # axes that cells do not have are of length 1, and go to the end for a moment
        order = [0, 1, *present, expanded.ndim - 1, *missing]
        transposed = expanded.transpose(order)
        return transposed.reshape(transposed.shape[: 3 + len(present)])


def stacked(kind, values, labels, axes=()):
    """One :class:`ModalityInput` of the values and labels of single rows.

    Parameters
    ----------
    kind : str
    values : list of str or ndarray
        Arrays of one shape, or that differ in length only.
    labels : list of ndarray of int
    axes : sequence of (tuple of int or None), default=()
        Of the cell of every row; see :class:`ModalityInput`. If rows differ in them,
        the axes are those of the labels.
    """
    rows, labels = ([np.asarray(x)[None] for x in rows] for rows in (values, labels))
    return concatenated_inputs(kind, rows, labels, axes)


def concatenated_inputs(kind, values, labels, axes):
    """One :class:`ModalityInput` of the rows of several; see :func:`stacked`.

    Parameters
    ----------
    kind : str
    values, labels : list of ndarray of shape (n_rows, ...)
    axes : sequence of (tuple of int or None)
    """
    common = axes[0] if len(set(axes)) == 1 else None
    return ModalityInput(kind, _joined(values, np.nan), _joined(labels, -1), common)


def _joined(arrays, filling):
    """Joined along the first axis, filled up at the ends of the others."""
    extent = tuple(np.max([array.shape[1:] for array in arrays], axis=0).astype(int))
    if all(array.shape[1:] == extent for array in arrays):
        return np.concatenate(arrays)
    dtype = np.result_type(*arrays, type(filling))
    joined = np.full((sum(map(len, arrays)), *extent), filling, dtype=dtype)
    starts = np.cumsum([0, *map(len, arrays)])
    for start, array in zip(starts, arrays, strict=False):
        region = (slice(start, start + len(array)), *map(slice, array.shape[1:]))
        joined[region] = array
    return joined
