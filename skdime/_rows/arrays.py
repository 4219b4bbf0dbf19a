"""Dense arrays, lists and sparse matrices behind the operations of a container.

What each operation means is said in :mod:`skdime._rows.containers`, where it is called.
"""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from skdime._rows.cells import (
    MOST_WEIGHED,
    as_array,
    item_bytes,
    items_by_column,
    like,
    objects,
    stacked,
)
from skdime._rows.values import is_missing

# What `kind_of_item` calls None, nan, NA and NaT.
MISSING = "missing"


class _Array:
    """Dense arrays; the columns are axis 1, whatever follows it."""

    @staticmethod
    def n_rows(X):
        return X.shape[0]

    @staticmethod
    def take(X, rows):
        return X[rows]

    @staticmethod
    def select(X, columns):
        return np.ascontiguousarray(X[:, columns])

    @staticmethod
    def join(blocks, columns):
        n_columns = sum(len(positions) for positions in columns)
        shape = (len(blocks[0]), n_columns, *blocks[0].shape[2:])
        joined = np.empty(shape, dtype=np.result_type(*blocks))
        for block, positions in zip(blocks, columns, strict=True):
            joined[:, positions] = block
        return joined

    @staticmethod
    def stack(blocks):
        return np.concatenate(blocks)

    @staticmethod
    def column(X, position):
        return X[:, position]

    @staticmethod
    def with_values(X, values):
        return values.astype(X.dtype)[:, None]

    @staticmethod
    def cells(X):
        if X.ndim == 2 and X.shape[1] == 1:
            X = X[:, 0]
        if X.ndim == 1 and X.dtype.kind == "O":
            return [as_array(item) for item in X]
        return X

    @staticmethod
    def with_cells(X, cells):
        if X.ndim > 2 or X.dtype.kind != "O":
            one_column = X.ndim == 2 and X.shape[1] == 1
            values = stacked(cells, () if one_column else X.shape[1:], X.dtype)
            return values[:, None] if one_column else values
        columns = X[:, None].T if X.ndim == 1 else X.T
        values = [cells] if len(columns) == 1 else items_by_column(cells, len(columns))
        held = [
            objects(like(items, next(iter(column), None)))
            for items, column in zip(values, columns, strict=True)
        ]
        return held[0] if X.ndim == 1 else np.stack(held, axis=1)

    @staticmethod
    def row_bytes(X):
        sample = X[:MOST_WEIGHED] if X.dtype.kind == "O" else X
        return item_bytes(sample) / max(len(sample), 1)

    @staticmethod
    def schema(X):
        return "numpy array", X.dtype, X.shape[1:]


class _List:
    """Lists: texts, arrays of unequal length, or any other objects; one column."""

    @staticmethod
    def n_rows(X):
        return len(X)

    @staticmethod
    def take(X, rows):
        return [X[row] for row in rows]

    @staticmethod
    def stack(blocks):
        return [item for block in blocks for item in block]

    @staticmethod
    def cells(X):
        return [as_array(item) for item in X]

    @staticmethod
    def with_cells(X, cells):
        return like(cells, next(iter(X), None))

    @staticmethod
    def row_bytes(X):
        sample = X[:MOST_WEIGHED]
        return sum(map(item_bytes, sample)) / max(len(sample), 1)

    @staticmethod
    def schema(X):
        return "list", frozenset(map(kind_of_item, X)), None


class _Sparse:
    """Sparse matrices and arrays in CSR format."""

    n_rows = _Array.n_rows
    take = _Array.take

    @staticmethod
    def select(X, columns):
        return X[:, columns]

    @staticmethod
    def join(blocks, columns):
        joined = sp.hstack(blocks, format="csr")[:, original_order(columns)]
        return type(blocks[0])(joined)

    @staticmethod
    def stack(blocks):
        return type(blocks[0])(sp.vstack(blocks, format="csr"))

    @staticmethod
    def column(X, position):
        return X[:, [position]].toarray().ravel()

    @staticmethod
    def with_values(X, values):
        return type(X)(values.astype(X.dtype)[:, None])

    @staticmethod
    def cells(X):
        return _DenseRows(X)

    @staticmethod
    def with_cells(X, cells):
        return type(X)(stacked(cells, X.shape[1:], X.dtype))

    @staticmethod
    def row_bytes(X):
        stored = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
        return stored / max(X.shape[0], 1)

    @staticmethod
    def schema(X):
        return "sparse matrix", X.dtype, (type(X), X.shape[1])


class _DenseRows(Sequence):
    """The rows of a sparse matrix, each made dense only when it is asked for."""

    def __init__(self, X):
        self._X = X

    def __len__(self):
        return self._X.shape[0]

    def __getitem__(self, row):
        return self._X[[row]].toarray().ravel()


def original_order(columns):
    """Where each column of blocks side by side belongs."""
    return np.argsort(np.concatenate(columns), kind="stable")


def kind_of_item(item):
    """What an item of a list is: a name, and the dtype of an array or None.

    All missing markers are one kind, which goes by `MISSING`.
    """
    if isinstance(item, str):
        return "text", None
    item = as_array(item)
    if isinstance(item, np.ndarray):
        dtype = np.dtype(item.dtype.kind) if item.dtype.kind in "SU" else item.dtype
        return f"array with {item.ndim} dimension(s)", dtype
    if is_missing(item):
        return MISSING, None
    return type(item).__name__, None


def items_as_fitted(name, fitted, given, X):
    """A list as the one in ``fit``: arrays by the rule that is for a single one.

    Parameters
    ----------
    name : str
        What was fitted, for the message.
    fitted, given : frozenset of (str, dtype or None)
        Kinds of items of the list in ``fit`` and of this one.
    X : list

    Returns
    -------
    X : list
        Arrays in the dtype they had, where that loses no digits.
    """
    dtypes = {}
    for kind, dtype in fitted:
        dtypes.setdefault(kind, set()).add(dtype)
    # a missing item is no item of another kind
    wanted = {(MISSING, None): None}
    for kind, dtype in given - wanted.keys():
        known = dtypes.get(kind, ())
        if dtype not in known and not any(_is_safe(dtype, other) for other in known):
            raise TypeError(
                f"{name} was fitted on a list of {_told_kinds(fitted)} and is now "
                "given a list with items of another kind: "
                f"{_told_kinds([(kind, dtype)])}. The model must see the kind of items "
                "it was fitted on: convert them, as with [item.astype(...) for item in "
                "items] for arrays of another dtype."
            )
        only = next(iter(known)) if len(known) == 1 else dtype
        wanted[kind, dtype] = only if only != dtype else None
    if not any(wanted.values()):
        return X
    targets = [wanted[kind_of_item(item)] for item in X]
    return [
        item if dtype is None else as_array(item).astype(dtype)
        for item, dtype in zip(X, targets, strict=True)
    ]


def _is_safe(dtype, other):
    return dtype is not None and np.can_cast(dtype, other, "safe")


def _told_kinds(kinds):
    told = {kind if dtype is None else f"{kind} of {dtype}" for kind, dtype in kinds}
    return " and ".join(sorted(told))
