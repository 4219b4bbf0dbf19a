"""Columns of data frames filled with other cells, in the dtype they had."""

import sys

import numpy as np

from skdime._rows.cells import is_objects, like, objects, without_loss


def pandas_column(items, column):
    """A pandas series of other items, with the dtype of `column`.

    Parameters
    ----------
    items : list
    column : Series
        Series and arrays in a column of objects give the type of what replaces them.
    """
    pandas = sys.modules["pandas"]
    dtype = column.dtype
    if is_objects(dtype):
        return pandas.Series(objects(like(items, _first(column))), dtype=object)
    if getattr(dtype, "kind", "O") in "iub" and _any_float(items):
        if isinstance(dtype, np.dtype):
            return pandas.Series(without_loss(np.asarray(items, dtype=float), dtype))
        _check_whole(items, column)
        return pandas.Series(items, dtype="Float64").round().astype(dtype)
    if hasattr(dtype, "categories"):
        _check_categories(items, dtype.categories.tolist(), column.name)
    return pandas.Series(items, dtype=dtype)


def polars_cells(column):
    """The items of a polars series; lists and arrays as numpy arrays."""
    items = column.to_list()
    if not hasattr(column.dtype, "inner"):
        return items
    return [None if item is None else np.array(item) for item in items]


def polars_column(items, column):
    """A polars series of other items, with the name and dtype of `column`."""
    polars = sys.modules["polars"]
    name, dtype = column.name, column.dtype
    if str(dtype).startswith("Object"):
        return polars.Series(name, like(items, _first(column)), dtype=dtype)
    if hasattr(dtype, "inner"):
        items = [None if item is None else _as_list(item, dtype) for item in items]
        return polars.Series(name, items, dtype=dtype)
    if dtype.is_integer() or str(dtype) == "Boolean":
        _check_whole(items, column)
        items = [None if _is_missing(item) else round(item) for item in items]
        return polars.Series(name, items).cast(dtype)
    values = polars.Series(name, items).cast(dtype)
    # missing is null; nan is only what was nan before
    if dtype.is_float() and not column.is_nan().any():
        values = values.fill_nan(None)
    return values


def _as_list(item, dtype):
    values = np.asarray(item)
    while hasattr(dtype, "inner"):
        dtype = dtype.inner
    if dtype.is_integer():
        values = without_loss(values, np.dtype(int))
    return values.tolist()


def _first(column):
    return next((item for item in column if item is not None), None)


def _any_float(items):
    return any(isinstance(item, (float, np.floating)) for item in items)


def _is_missing(item):
    return item is None or item != item


def _check_whole(items, column):
    for item in items:
        if not _is_missing(item) and round(item) != item:
            raise ValueError(
                f"Column {str(column.name)!r} has dtype {column.dtype}, which cannot "
                f"hold {item}, and nothing is cast silently. Give whole numbers, or X "
                "in a dtype that holds others."
            )


def _check_categories(items, categories, name):
    unknown = {str(item) for item in items if item == item and item is not None}
    unknown -= set(map(str, categories))
    if unknown:
        raise ValueError(
            f"Column {str(name)!r} holds categories, and {sorted(unknown)[:5]} is none "
            f"of them; they are {categories[:5]}. Replace values by one of these."
        )
