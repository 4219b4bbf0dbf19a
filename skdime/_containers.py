"""What a container of rows can do, whatever library it comes from.

Rows are taken, columns are selected, and blocks of columns are joined again into
the container that the model was fitted on. No other module calls a method of a
data frame or of a sparse matrix.
"""

import sys

import numpy as np
import scipy.sparse as sp

from skdime._sklearn import _safe_indexing


class _Array:
    """Dense arrays; the columns are axis 1, whatever follows it."""

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
    def column(X, position):
        return X[:, position]

    @staticmethod
    def with_values(X, values):
        return values.astype(X.dtype)[:, None]

    @staticmethod
    def row_bytes(X):
        return X.nbytes / max(len(X), 1)


class _Sparse:
    """Sparse matrices and arrays in CSR format."""

    take = _Array.take

    @staticmethod
    def select(X, columns):
        return X[:, columns]

    @staticmethod
    def join(blocks, columns):
        joined = sp.hstack(blocks, format="csr")[:, _original_order(columns)]
        return type(blocks[0])(joined)

    @staticmethod
    def column(X, position):
        return X[:, [position]].toarray().ravel()

    @staticmethod
    def with_values(X, values):
        return type(X)(values.astype(X.dtype)[:, None])

    @staticmethod
    def row_bytes(X):
        stored = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
        return stored / max(X.shape[0], 1)


class _Pandas:
    """pandas data frames; hybrids have a fresh index, the dtypes stay."""

    @staticmethod
    def take(X, rows):
        return X.take(rows)

    @staticmethod
    def select(X, columns):
        return X.iloc[:, columns]

    @staticmethod
    def join(blocks, columns):
        pandas = sys.modules["pandas"]
        blocks = [block.reset_index(drop=True) for block in blocks]
        joined = pandas.concat(blocks, axis=1)
        return joined.iloc[:, _original_order(columns)]

    @staticmethod
    def column(X, position):
        return X.iloc[:, position]

    @staticmethod
    def with_values(X, values):
        changed = X.copy()
        pandas = sys.modules["pandas"]
        changed.isetitem(0, pandas.array(values, dtype=X.dtypes.iloc[0]))
        return changed

    @staticmethod
    def row_bytes(X):
        sample = X.iloc[:1000]
        return sample.memory_usage(index=False, deep=True).sum() / max(len(sample), 1)


class _Polars:
    """polars data frames."""

    @staticmethod
    def take(X, rows):
        return X[np.asarray(rows)]

    @staticmethod
    def select(X, columns):
        return X[:, [int(position) for position in columns]]

    @staticmethod
    def join(blocks, columns):
        polars = sys.modules["polars"]
        joined = polars.concat(blocks, how="horizontal")
        return joined[:, [int(position) for position in _original_order(columns)]]

    @staticmethod
    def column(X, position):
        return X[:, int(position)]

    @staticmethod
    def with_values(X, values):
        column = sys.modules["polars"].Series(X.columns[0], values)
        return X.with_columns(column.cast(X.dtypes[0]))

    @staticmethod
    def row_bytes(X):
        sample = X.head(1000)
        return sample.estimated_size() / max(len(sample), 1)


def _original_order(columns):
    return np.argsort(np.concatenate(columns), kind="stable")


def container_of(X):
    """The operations that fit the type of `X`; `TypeError` when there are none."""
    if isinstance(X, np.ndarray):
        return _Array
    if sp.issparse(X):
        return _Sparse
    library = type(X).__module__.partition(".")[0]
    if hasattr(X, "iloc") and hasattr(X, "columns"):
        return _Pandas
    if library == "polars" and hasattr(X, "columns") and hasattr(X, "shape"):
        return _Polars
    raise TypeError(
        f"X is a {type(X).__name__}, which is no container of rows that skdime knows. "
        "Pass a 2-D numpy array, a pandas or polars data frame or a CSR matrix."
    )


def is_frame(X):
    """Whether `X` is a pandas or polars data frame."""
    return not isinstance(X, np.ndarray) and hasattr(X, "columns")


def n_rows(X):
    """Number of rows of any container."""
    return X.shape[0]


def take(X, rows):
    """The given rows of `X`, in that order, in a container of the same type."""
    if isinstance(X, list):
        return _safe_indexing(X, rows)
    return container_of(X).take(X, rows)


def select(X, columns):
    """The given columns of `X` by position, in a container of the same type."""
    return container_of(X).select(X, columns)


def join(blocks, columns):
    """Put blocks of columns side by side, each column back at its position.

    Parameters
    ----------
    blocks : list of containers
        Equally long, all of the same type.
    columns : list of ndarray of int
        For each block, the positions of its columns in the result. Together they
        hold every position once.
    """
    return container_of(blocks[0]).join(blocks, columns)


def column(X, position):
    """One column, as the one-dimensional object of its own library."""
    return container_of(X).column(X, position)


def with_values(X, values):
    """A container of one column, with other numbers in it and the same dtype."""
    return container_of(X).with_values(X, values)


def row_bytes(X):
    """Bytes that one row takes, on average."""
    return float(container_of(X).row_bytes(X))


def row_labels(X):
    """What names the rows: the index of a pandas frame, or 0, 1, 2, ..."""
    index = getattr(X, "index", None)
    if is_frame(X) and index is not None:
        labels = np.empty(len(index), dtype=object)
        labels[:] = index.tolist()
        plain = np.asarray(index)
        return plain if plain.ndim == 1 and plain.dtype.kind in "biufU" else labels
    return np.arange(n_rows(X))


def schema(X):
    """Library of a container, its dtype or dtypes, the columns of a frame or type."""
    kind = container_of(X).__name__.strip("_")
    if is_frame(X):
        return f"{kind.lower()} data frame", list(X.dtypes), list(X.columns)
    return {"Array": "numpy array", "Sparse": "sparse matrix"}[kind], X.dtype, type(X)


def converted(X, library, names):
    """An array as a data frame or a data frame as an array, as far as that goes.

    Parameters
    ----------
    X : numpy array or data frame
    library : str
        The first entry of the :func:`schema` wanted.
    names : ndarray of str or None
        Names of the columns of a frame.
    """
    if library == "numpy array" and is_frame(X):
        return X.to_numpy()
    if names is not None and X.ndim == 2 and library.endswith("data frame"):
        frames = sys.modules[library.partition(" ")[0]]
        return frames.DataFrame({name: X[:, i] for i, name in enumerate(names)})
    return X
