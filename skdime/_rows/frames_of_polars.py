"""Data frames and series of polars behind the operations of a container.

What each operation means is said in :mod:`skdime._rows.containers`, where it is called.
"""

import numpy as np

from skdime._rows.arrays import Array, original_order
from skdime._rows.cells import MOST_WEIGHED, is_missing, item_bytes, like, without_loss
from skdime._rows.frames import Frame, Series, check_whole
from skdime._rows.scales import CATEGORY, DATE, NUMBER, places_of, scale_of


class PolarsFrame(Frame):
    """polars data frames."""

    library = "polars"
    name = "polars data frame"

    def take(self, X, rows):
        return X[np.asarray(rows)]

    def select(self, X, columns):
        # a list of numpy integers is none of positions to polars
        return X[:, [int(position) for position in columns]]

    def join(self, blocks, columns):
        joined = self.module.concat(blocks, how="horizontal")
        return self.select(joined, original_order(columns))

    def stack(self, blocks):
        return self.module.concat(blocks)

    def column(self, X, position):
        return X[:, int(position)]

    def with_values(self, X, values):
        column = self.module.Series(X.columns[0], values)
        return X.with_columns(column.cast(X.dtypes[0]))

    def row_bytes(self, X):
        sample = X.head(MOST_WEIGHED)
        total = sample.estimated_size()
        for column in sample.get_columns():
            if column.dtype == self.module.Object:
                total += sum(map(item_bytes, column.to_list()))
        return total / max(len(sample), 1)

    def is_dense_numeric(self, X):
        boolean = self.module.Boolean
        return all(dtype.is_numeric() or dtype == boolean for dtype in X.dtypes)

    def as_floats(self, X):
        floats = self.module.Float64
        return np.column_stack([c.cast(floats).to_numpy() for c in X.get_columns()])

    def is_category(self, dtype):
        return isinstance(dtype, (self.module.Categorical, self.module.Enum))

    def items(self, column):
        items = column.to_list()
        if not self._is_nested(column.dtype):
            return items
        return [None if item is None else np.array(item) for item in items]

    def filled(self, items, column):
        pl, name, dtype = self.module, column.name, column.dtype
        if dtype == pl.Object:
            return pl.Series(name, like(items, column), dtype=dtype)
        if self._is_nested(dtype):
            items = [v if v is None else self._as_list(v, dtype) for v in items]
            return pl.Series(name, items, dtype=dtype)
        if dtype.is_integer() or dtype == pl.Boolean:
            check_whole(items, column)
            items = [None if is_missing(item) else round(item) for item in items]
            return pl.Series(name, items).cast(dtype)
        values = pl.Series(name, items).cast(dtype)
        # missing is null; nan is only what was nan before
        if dtype.is_float() and not column.is_nan().any():
            values = values.fill_nan(None)
        return values

    def empty_column(self, name, dtype):
        return self.module.Series(name, [], dtype=dtype)

    def kind_of_items(self, dtype):
        pl = self.module
        if dtype.is_numeric():
            return "number"
        return {pl.Boolean: "boolean", pl.String: "text"}.get(dtype, "")

    def can_be_missing(self, dtype):
        return True

    def of_columns(self, columns, X):
        return type(X)(columns)

    def _is_nested(self, dtype):
        return isinstance(dtype, (self.module.List, self.module.Array))

    def _as_list(self, item, dtype):
        values = np.asarray(item)
        while self._is_nested(dtype):
            dtype = dtype.inner
        if dtype.is_integer():
            values = without_loss(values, np.dtype(int))
        return values.tolist()


class PolarsSeries(Series):
    """polars series."""

    name = "polars series"
    frame = PolarsFrame()

    def scale(self, column):
        pl, dtype = self.frame.module, column.dtype
        if dtype == pl.Object:
            return scale_of(column.to_list())
        if dtype.is_temporal():
            return NUMBER if dtype in (pl.Time, pl.Duration) else DATE
        return NUMBER if dtype.is_numeric() else CATEGORY

    def as_numbers(self, column):
        pl = self.frame.module
        if column.dtype == pl.Object:
            return places_of(column.to_list())
        if column.dtype in (pl.Time, pl.Decimal):
            column = column.to_physical() if column.dtype == pl.Time else column
            column = column.cast(pl.Float64)
        return Array().as_numbers(column.to_numpy())
