"""What one row holds for a modality: its cell, whatever a library keeps it in.

Cells are texts, numbers, arrays or any other object. A replaced cell goes back into
the type it came from, and is refused if that would change it.
"""

import sys
from copy import deepcopy

import numpy as np

from skdime._utils.listed import count
from skdime._utils.optional import loaded_types

# Rows that are looked at to tell how many bytes a row takes: objects are weighed one
# by one, and more of them hardly change the mean.
MOST_WEIGHED = 1000


def as_dtype(values, dtype):
    """An array in another dtype, as near to its values as that can hold.

    Parameters
    ----------
    values : ndarray
    dtype : dtype
        Numbers are rounded to integers and kept within their range; texts are as wide
        as they need.

    Raises
    ------
    ValueError
        If a number that is not finite had to become an integer.
    """
    if dtype.kind in "SU":
        return values.astype(dtype.kind)
    if dtype.kind in "iub" and values.dtype.kind == "f":
        if not np.isfinite(values).all():
            raise ValueError(
                f"NaN or infinity cannot be held by values of dtype {dtype}. Replace "
                "by finite numbers, or pass X in a dtype that can be missing."
            )
        values = np.rint(values)
    # the limits of 64 bits are no floats, and clipping to their neighbours overflows
    if dtype.kind in "iu" and values.dtype.kind in "fiu" and dtype.itemsize < 8:
        limits = np.iinfo(dtype)
        values = np.clip(values, limits.min, limits.max)
    return values.astype(dtype)


def without_loss(values, dtype):
    """An array in another dtype that holds the same values.

    Parameters
    ----------
    values : ndarray
    dtype : dtype
        Floats may lose digits to shorter floats; texts are as wide as they need.

    Raises
    ------
    ValueError
        If a value would be another one.
    """
    if values.dtype == dtype or not values.size:
        return values.astype(dtype)
    if dtype.kind in "SU" and values.dtype.kind not in "SU":
        raise ValueError(
            f"Values of dtype {values.dtype} replace texts, and nothing is cast "
            "silently. Give texts."
        )
    cast = as_dtype(values, dtype)
    if dtype.kind not in "iub" or values.dtype.kind not in "iubf":
        return cast
    if (changed := cast != values).any():
        raise ValueError(
            f"The value {values[changed][0]} is none that dtype {dtype} can hold: it "
            f"would become {cast[changed][0]}, and nothing is cast silently. Give "
            f"values of dtype {dtype}, as with np.rint(...).astype('{dtype}'), or X in "
            "a dtype that holds them."
        )
    return cast


def stacked(cells, shape, dtype):
    """Cells of one shape as an array of shape (n_cells, *shape) and a given dtype."""
    wrong = [np.shape(cell) for cell in cells if np.shape(cell) != shape]
    if wrong:
        raise ValueError(
            f"A cell that replaces another has shape {wrong[0]}, but all cells of X "
            f"have shape {shape}. Perturbed cells must have the shape of the row's own."
        )
    if dtype.kind == "O":
        return objects(cells, shape)
    values = np.asarray(cells) if len(cells) else np.empty(0, dtype=dtype)
    return without_loss(values.reshape((len(cells), *shape)), dtype)


def copied(objects):
    """A deep copy, so that whoever gets it cannot change the original.

    Where one cannot be made, it is the original.
    """
    try:
        return deepcopy(objects)
    except Exception:  # of whatever kind users' objects raise
        return objects


def is_objects(dtype):
    """Whether a dtype is numpy's for any object."""
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def objects(items, shape=()):
    """Objects of one shape as an array; without one it takes no array apart."""
    array = np.empty((len(items), *shape), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array


def items_by_column(cells, n_columns):
    """From cells of several columns to one list for each column."""
    wrong = [len(cell) for cell in cells if len(cell) != n_columns]
    if wrong:
        raise ValueError(
            f"A cell that replaces another has {count(wrong[0], 'value')}, but X has "
            f"{count(n_columns, 'column')}. Give one value for each column."
        )
    return [[cell[j] for cell in cells] for j in range(n_columns)]


def as_arrays(items):
    """Items as they are, but series of pandas and polars as numpy arrays."""
    series = _series_types()
    # of few types, so that texts and numbers are not asked one by one
    if not any(issubclass(of_items, series) for of_items in set(map(type, items))):
        return list(items)
    return [item.to_numpy() if isinstance(item, series) else item for item in items]


def like(items, originals):
    """Items in the type and dtype of the arrays or series that they replace.

    The first original that is not None is the example for all; missing items stay so.
    """
    example = next((item for item in originals if item is not None), None)
    if isinstance(example, np.ndarray):
        return _each(items, lambda v: without_loss(np.asarray(v), example.dtype))
    if isinstance(example, _series_types()):
        return _each(items, lambda v: _like_series(v, example))
    return list(items)


def _each(items, convert):
    return [item if item is None else convert(item) for item in items]


def _series_types():
    return loaded_types("Series", "pandas", "polars")


def _like_series(item, example):
    values = without_loss(np.asarray(item), np.asarray(example).dtype)
    if isinstance(example, loaded_types("Series", "polars")):
        return type(example)(example.name, values, dtype=example.dtype)
    index = example.index if len(values) == len(example) else None
    return type(example)(values, index=index, name=example.name)


def item_bytes(item):
    """Bytes of an object and of what it holds, views of other arrays included."""
    if isinstance(item, np.ndarray):
        of_items = sum(map(item_bytes, item.flat)) if item.dtype.kind == "O" else 0
        return item.nbytes + of_items
    if isinstance(item, (list, tuple, set)):
        return sys.getsizeof(item) + sum(map(item_bytes, item))
    return int(getattr(item, "nbytes", None) or sys.getsizeof(item))


def is_missing(value):
    """Whether a value is None, nan, NaT or NA."""
    if value is None:
        return True
    if isinstance(value, np.ndarray) and value.ndim:
        return False
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # the truth value of NA, and of arrays
        return value is getattr(sys.modules.get("pandas"), "NA", None)


def has_missing(cell):
    """Whether a cell, or any of the values that an array holds, is missing."""
    if not isinstance(cell, np.ndarray):
        return is_missing(cell)
    if cell.dtype.kind == "O":
        return any(map(is_missing, cell.flat))
    return bool(cell.dtype.kind in "fcmM" and (cell != cell).any())
