"""Data frames and series of pandas behind the operations of a container.

What each operation means is said in :mod:`skdime._rows.containers`, where it is called.
"""

import itertools

import numpy as np

from skdime._rows.arrays import Array, original_order
from skdime._rows.cells import (
    MOST_WEIGHED,
    as_arrays,
    is_missing,
    is_objects,
    item_bytes,
    like,
    objects,
    without_loss,
)
from skdime._rows.frames import Frame, Series, check_whole
from skdime._rows.scales import CATEGORY, ORDERED, places_of, scale_of, scale_of_kind
from skdime._utils.listed import listed
from skdime._utils.optional import loaded_types


class PandasFrame(Frame):
    """pandas data frames; hybrids have a fresh index, the dtypes stay."""

    library = "pandas"
    name = "pandas data frame"

    def take(self, X, rows):
        return X.take(rows)

    def select(self, X, columns):
        return X.iloc[:, columns]

    def join(self, blocks, columns):
        # concat aligns rows by their labels, and those of a hybrid differ
        fresh = list(map(self.with_fresh_labels, blocks))
        names = [block.columns for block in blocks]
        if all(
            type(each) is self.module.Index and is_objects(each.dtype) for each in names
        ):
            # names that are no Unicode are none of the texts that concat takes them for
            joined = self.module.concat(fresh, axis=1, ignore_index=True)
            every = objects(list(itertools.chain(*names)))
            joined.columns = self.module.Index(every, dtype=object, name=names[0].name)
        else:
            joined = self.module.concat(fresh, axis=1)
        return joined.iloc[:, original_order(columns)]

    def stack(self, blocks):
        return self.module.concat(blocks, ignore_index=True)

    def column(self, X, position):
        return X.iloc[:, position]

    def with_values(self, X, values):
        changed = X.copy()
        changed.isetitem(0, self.module.array(values, dtype=X.dtypes.iloc[0]))
        return changed

    def row_bytes(self, X):
        sample = X.iloc[:MOST_WEIGHED]
        # what pandas calls deep leaves out the data of views of other arrays
        total = sum(map(item_bytes, itertools.chain(*self.shared_objects(sample))))
        for j, dtype in enumerate(X.dtypes):
            column = sample.iloc[:, j]
            total += column.memory_usage(index=False, deep=not is_objects(dtype))
        return total / max(len(sample), 1)

    def row_labels(self, X):
        labels = np.asarray(X.index)
        # indices of levels and times have labels that are no numpy scalars
        plain = labels.ndim == 1 and labels.dtype.kind in "biufU"
        return labels if plain else objects(X.index.tolist())

    def with_fresh_labels(self, X):
        return X.reset_index(drop=True)

    def shared_objects(self, X):
        positions = [j for j, dtype in enumerate(X.dtypes) if is_objects(dtype)]
        return [X.iloc[:, j].tolist() for j in positions]

    def is_dense_numeric(self, X):
        return all(_kind(dtype) in "fiub" for dtype in X.dtypes)

    def as_floats(self, X):
        return X.to_numpy(dtype=np.float64, na_value=np.nan)

    def is_category(self, dtype):
        return isinstance(dtype, loaded_types("CategoricalDtype", "pandas"))

    def items(self, column):
        return as_arrays(column.tolist())

    def filled(self, items, column):
        pd, dtype = self.module, column.dtype
        if is_objects(dtype):
            return pd.Series(objects(like(items, column)), dtype=object)
        any_float = any(isinstance(item, (float, np.floating)) for item in items)
        if _kind(dtype) in "iub" and any_float:
            if isinstance(dtype, np.dtype):
                return pd.Series(without_loss(np.asarray(items, dtype=float), dtype))
            check_whole(items, column)
            return pd.Series(items, dtype="Float64").round().astype(dtype)
        if self.is_category(dtype):
            _check_categories(items, dtype.categories.tolist(), column.name)
        return pd.Series(items, dtype=dtype)

    def empty_column(self, name, dtype):
        return self.module.Series([], dtype=dtype, name=name)

    def kind_of_items(self, dtype):
        if isinstance(dtype, self.module.StringDtype):
            return "text"
        return {"b": "boolean", **dict.fromkeys("iuf", "number")}.get(_kind(dtype), "")

    def can_be_missing(self, dtype):
        return not isinstance(dtype, np.dtype) or dtype.kind not in "iub"

    def of_columns(self, columns, X):
        frame = self.module.DataFrame(dict(enumerate(columns)))
        frame.columns = X.columns
        return frame


class PandasSeries(Series):
    """pandas series."""

    name = "pandas series"
    frame = PandasFrame()
    with_fresh_labels = PandasFrame.with_fresh_labels

    def shared_objects(self, X):
        return [X.tolist()] if is_objects(X.dtype) else []

    def scale(self, column):
        dtype = column.dtype
        if is_objects(dtype):
            return scale_of(column)
        if self.frame.is_category(dtype):
            return ORDERED if dtype.ordered else CATEGORY
        # decimals, times of the day, intervals and periods have no kind of numpy
        if _kind(dtype) == "O" and len(column):
            return scale_of(column)
        return scale_of_kind(_kind(dtype))

    def as_numbers(self, column):
        dtype = column.dtype
        if self.frame.is_category(dtype):
            ranks = column.cat.codes.to_numpy()
            return np.where(ranks < 0, np.nan, ranks)
        if is_objects(dtype) or _kind(dtype) == "O":
            return places_of(column)
        if _kind(dtype) not in "mM":
            return column.to_numpy(dtype=np.float64, na_value=np.nan)
        times = column.to_numpy()
        if times.dtype.kind == "O":  # with time zones
            times = column.to_numpy(dtype="datetime64[ns]")
        return Array().as_numbers(times)


def _kind(dtype):
    """As numpy's ``dtype.kind``; intervals have none."""
    return dtype.kind or "O"


def _check_categories(items, categories, name):
    unknown = {str(item) for item in items if not is_missing(item)}
    unknown -= set(map(str, categories))
    if unknown:
        raise ValueError(
            f"Column {str(name)!r:.60} holds categories, and "
            f"[{listed(sorted(unknown))}] is none of them; they are "
            f"[{listed(list(categories))}]. Replace values by one of these."
        )
