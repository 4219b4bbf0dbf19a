"""Dense arrays and sparse matrices behind the operations of a container.

What each operation means is said in :mod:`skdime._rows.containers`, where it is called.
"""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from skdime._rows.cells import (
    MOST_WEIGHED,
    as_arrays,
    item_bytes,
    items_by_column,
    like,
    objects,
    stacked,
)
from skdime._rows.container import Container, Schema
from skdime._rows.scales import places_of, scale_of, scale_of_kind

# Larger arrays are not copied where evenly spaced columns are selected.
_LARGE = 2**26


class Array(Container):
    """Dense arrays; the columns are axis 1, whatever follows it."""

    kind = "array"
    name = "numpy array"

    def take(self, X, rows):
        return X[rows]

    def select(self, X, columns):
        positions = np.arange(X.shape[1])[columns]
        evenly = _as_slice(positions)
        if evenly is not None:
            some = X[:, evenly]
            return some if X.nbytes > _LARGE else np.array(some, order="C")
        # rows are taken from it again and again, which is faster where they are whole;
        # X[:, columns] would be in another order, and copied twice
        return np.ascontiguousarray(np.take(X, positions, axis=1))

    def join(self, blocks, columns):
        # into place at once: columns side by side would be copied again in their order
        n_columns = sum(len(positions) for positions in columns)
        shape = (len(blocks[0]), n_columns, *blocks[0].shape[2:])
        joined = np.empty(shape, dtype=np.result_type(*blocks))
        for block, positions in zip(blocks, columns, strict=True):
            joined[:, positions] = block
        return joined

    def stack(self, blocks):
        return np.concatenate(blocks)

    def column(self, X, position):
        return X[:, position]

    def with_values(self, X, values):
        return values.astype(X.dtype)[:, None]

    def cells(self, X):
        if X.ndim == 2 and X.shape[1] == 1:
            X = X[:, 0]
        if X.ndim == 1 and X.dtype.kind == "O":
            return as_arrays(X)
        return X

    def with_cells(self, X, cells):
        if X.ndim > 2 or X.dtype.kind != "O":
            one_column = X.ndim == 2 and X.shape[1] == 1
            values = stacked(cells, () if one_column else X.shape[1:], X.dtype)
            return values[:, None] if one_column else values
        columns = X[:, None].T if X.ndim == 1 else X.T
        values = [cells] if len(columns) == 1 else items_by_column(cells, len(columns))
        filled = [objects(like(*pair)) for pair in zip(values, columns, strict=True)]
        return filled[0] if X.ndim == 1 else np.stack(filled, axis=1)

    def row_bytes(self, X):
        sample = X[:MOST_WEIGHED] if X.dtype.kind == "O" else X
        return item_bytes(sample) / max(len(sample), 1)

    def schema(self, X):
        return Schema(self, X.dtype, X.shape[1:])

    def as_fitted(self, name, fitted, X):
        _check_row_shape(name, fitted.layout, X.shape[1:])
        return _in_dtype(name, fitted.dtypes, X)

    def is_dense_numeric(self, X):
        return X.ndim == 2 and X.dtype.kind in "fiub"

    def as_floats(self, X):
        return X.astype(np.float64, copy=False)

    def shared_objects(self, X):
        return [X.tolist()] if X.dtype.kind == "O" else []

    def scale(self, column):
        if column.dtype.kind == "O":
            return scale_of(column)
        return scale_of_kind(column.dtype.kind)

    def as_numbers(self, column):
        if column.dtype.kind == "O":
            return places_of(column)
        if column.dtype.kind in "mM":
            numbers = column.astype(np.int64).astype(np.float64)
            return np.where(np.isnat(column), np.nan, numbers)
        return column.astype(np.float64)


def _as_slice(positions):
    """Evenly spaced positions that ascend, as a slice; None for others."""
    if not len(positions):
        return None
    step = int(positions[1] - positions[0]) if len(positions) > 1 else 1
    if step < 1 or (np.diff(positions) != step).any():
        return None
    return slice(int(positions[0]), int(positions[-1]) + 1, step)


class SparseMatrix(Container):
    """Sparse matrices and arrays in CSR format."""

    kind = name = "sparse matrix"
    take = Array.take

    def select(self, X, columns):
        return X[:, columns]

    def join(self, blocks, columns):
        joined = sp.hstack(blocks, format="csr")[:, original_order(columns)]
        # before scipy 1.11 hstack makes a matrix of sparse arrays
        return type(blocks[0])(joined)

    def stack(self, blocks):
        return type(blocks[0])(sp.vstack(blocks, format="csr"))

    def column(self, X, position):
        return X[:, [position]].toarray().ravel()

    def with_values(self, X, values):
        return type(X)(values.astype(X.dtype)[:, None])

    def cells(self, X):
        return _DenseRows(X)

    def with_cells(self, X, cells):
        return type(X)(stacked(cells, X.shape[1:], X.dtype))

    def row_bytes(self, X):
        n_bytes = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
        return n_bytes / max(X.shape[0], 1)

    def schema(self, X):
        return Schema(self, X.dtype, (type(X), X.shape[1]))

    def as_fitted(self, name, fitted, X):
        matrix, n_columns = fitted.layout
        _check_row_shape(name, (n_columns,), X.shape[1:])
        return _in_dtype(name, fitted.dtypes, matrix(X))


class _DenseRows(Sequence):
    """The rows of a sparse matrix, each made dense only when it is asked for."""

    def __init__(self, X):
        self._X = X

    def __len__(self):
        return self._X.shape[0]

    def __getitem__(self, row):
        return self._X[[row]].toarray().ravel()


def without_mask(X):
    """A masked array as one whose masked entries are missing, anything else as it is.

    They are nan in numbers, for which integers become floats, and None in all else.
    """
    if not isinstance(X, np.ma.MaskedArray):
        return X
    if not np.ma.is_masked(X):
        return X.data
    if X.dtype.kind == "f":
        return X.filled(np.nan)
    if X.dtype.kind in "iub":
        return X.astype(np.float64).filled(np.nan)
    return X.astype(object).filled(None)


def original_order(columns):
    """Where each column of blocks side by side belongs."""
    return np.argsort(np.concatenate(columns), kind="stable")


def _check_row_shape(name, fitted, shape):
    if fitted == shape:
        return
    raise ValueError(
        f"{name} was fitted on rows of shape {fitted} and is now given rows of shape "
        f"{shape}. All rows must have one shape: cut or fill them, as for series of "
        "another length, or keep arrays of unequal shape in a list under a key of a "
        "MultimodalArray."
    )


def _in_dtype(name, fitted, X):
    if fitted.kind == "O":
        return X.astype(object)
    both_texts = {fitted.kind, X.dtype.kind} <= set("SU")
    if fitted == X.dtype or both_texts:
        return X
    if not np.can_cast(X.dtype, fitted, "safe"):
        raise TypeError(
            f"{name} was fitted on an array of dtype {fitted} and is now given "
            f"{X.dtype}, which would lose digits. Convert X with X.astype('{fitted}') "
            "if that is what you want."
        )
    return X.astype(fitted)
