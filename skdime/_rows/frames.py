"""pandas and polars data frames behind the operations of a container.

What each operation means is said in :mod:`skdime._rows.containers`, where it is called.
"""

import sys

import numpy as np

from skdime._rows.arrays import _Array, original_order
from skdime._rows.cells import (
    MOST_WEIGHED,
    as_array,
    is_objects,
    item_bytes,
    items_by_column,
    objects,
)
from skdime._rows.frame_columns import pandas_column, polars_cells, polars_column


class _Pandas:
    """pandas data frames; hybrids have a fresh index, the dtypes stay."""

    n_rows = _Array.n_rows

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
        return joined.iloc[:, original_order(columns)]

    @staticmethod
    def stack(blocks):
        return sys.modules["pandas"].concat(blocks, ignore_index=True)

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
    def cells(X):
        if X.shape[1] == 1:
            return [as_array(item) for item in X.iloc[:, 0].tolist()]
        if all(getattr(dtype, "kind", "O") in "iufb" for dtype in X.dtypes):
            return X.to_numpy(dtype=np.float64, na_value=np.nan)
        return _rows_of([X.iloc[:, j].tolist() for j in range(X.shape[1])])

    @staticmethod
    def with_cells(X, cells):
        held = _by_column(cells, X.shape[1])
        columns = [pandas_column(v, X.iloc[:, j]) for j, v in enumerate(held)]
        frame = sys.modules["pandas"].DataFrame(dict(enumerate(columns)))
        frame.columns = X.columns
        return frame

    @staticmethod
    def row_bytes(X):
        sample = X.iloc[:MOST_WEIGHED]
        total = sample.memory_usage(index=False).sum()
        for j, dtype in enumerate(X.dtypes):
            column = sample.iloc[:, j]
            if is_objects(dtype):
                total += sum(map(item_bytes, column.tolist()))
            else:
                total += column.memory_usage(index=False, deep=True)
                total -= column.memory_usage(index=False)
        return total / max(len(sample), 1)

    @staticmethod
    def schema(X):
        return "pandas data frame", list(X.dtypes), list(X.columns)


class _Polars:
    """polars data frames."""

    n_rows = _Array.n_rows

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
        return joined[:, [int(position) for position in original_order(columns)]]

    @staticmethod
    def stack(blocks):
        return sys.modules["polars"].concat(blocks)

    @staticmethod
    def column(X, position):
        return X[:, int(position)]

    @staticmethod
    def with_values(X, values):
        column = sys.modules["polars"].Series(X.columns[0], values)
        return X.with_columns(column.cast(X.dtypes[0]))

    @staticmethod
    def cells(X):
        columns = X.get_columns()
        if len(columns) == 1:
            return polars_cells(columns[0])
        if all(str(t) == "Boolean" or t.is_numeric() for t in X.dtypes):
            floats = sys.modules["polars"].Float64
            return np.column_stack([c.cast(floats).to_numpy() for c in columns])
        return _rows_of([polars_cells(column) for column in columns])

    @staticmethod
    def with_cells(X, cells):
        held = _by_column(cells, X.shape[1])
        columns = map(polars_column, held, X.get_columns())
        return sys.modules["polars"].DataFrame(list(columns))

    @staticmethod
    def row_bytes(X):
        sample = X.head(MOST_WEIGHED)
        total = sample.estimated_size()
        for column in sample.get_columns():
            if str(column.dtype).startswith("Object"):
                total += sum(map(item_bytes, column.to_list()))
        return total / max(len(sample), 1)

    @staticmethod
    def schema(X):
        return "polars data frame", list(X.dtypes), list(X.columns)


def _by_column(cells, n_columns):
    return [list(cells)] if n_columns == 1 else items_by_column(cells, n_columns)


def _rows_of(columns):
    """Columns of any objects as an array of shape (n_rows, n_columns)."""
    return np.stack([objects([as_array(v) for v in held]) for held in columns], axis=1)
