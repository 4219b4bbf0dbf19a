"""Columns of any library as numpy arrays: numbers as floats, the rest as categories."""

from numbers import Number

import numpy as np

# What stands for None, NaN, NaT and NA among categories.
MISSING = "<missing>"


def is_number(column):
    """Whether a column holds numbers or times, judged by its dtype.

    Floats, integers and their nullable kinds, dates and durations are numbers;
    booleans, categories, strings and objects are categories, but for object arrays
    that hold nothing but numbers.
    """
    dtype = column.dtype
    kind = getattr(dtype, "kind", None)
    if hasattr(dtype, "is_numeric"):  # polars
        # a time of day has no number
        return dtype.is_numeric() or (dtype.is_temporal() and str(dtype) != "Time")
    if not isinstance(dtype, np.dtype) and hasattr(dtype, "categories"):
        return False
    if kind == "O" and isinstance(dtype, np.dtype):
        present = [value for value in np.asarray(column) if not is_missing(value)]
        return bool(present) and all(_is_plain_number(value) for value in present)
    return kind in "fiumM"


def as_numbers(column):
    """A column of numbers or times as float64, missing values as nan."""
    kind = getattr(column.dtype, "kind", None)
    if kind is None:  # polars
        values = column.to_numpy()
    elif kind in "mM":
        values = np.asarray(
            column.to_numpy() if hasattr(column, "to_numpy") else column
        )
        if values.dtype.kind == "O":  # with time zones
            values = column.to_numpy(dtype="datetime64[ns]")
    elif hasattr(column, "to_numpy"):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    elif column.dtype.kind == "O":
        values = np.array([np.nan if is_missing(v) else v for v in column])
    else:
        values = np.asarray(column)
    if values.dtype.kind in "mM":
        missing = np.isnat(values)
        return np.where(missing, np.nan, values.astype(np.int64).astype(np.float64))
    return values.astype(np.float64)


def as_labels(column):
    """A column as a list of hashable values, all missing ones alike."""
    values = column.tolist() if hasattr(column, "tolist") else column.to_list()
    labels = [MISSING if is_missing(value) else value for value in values]
    try:
        hash(tuple(labels))
    except TypeError as error:
        raise ValueError(
            "A table column holds arrays or lists, which are neither numbers nor "
            "categories. Give such columns a modality and a perturber of their own."
        ) from error
    return labels


def as_texts(column):
    """A column as a list of strings; numbers keep all their digits."""
    if getattr(column.dtype, "kind", None) == "f" and isinstance(
        column.dtype, np.dtype
    ):
        return np.asarray(column).astype(str).tolist()
    values = column.tolist() if hasattr(column, "tolist") else column.to_list()
    return [str(value) for value in values]


class Codes:
    """Integer codes of labels; the same label always has the same code.

    Parameters
    ----------
    labels : list of hashable
        The labels that get codes 0, 1, 2, ... Any other label has code -1.
    """

    def __init__(self, labels):
        self.code = {}
        for label in labels:
            self.code.setdefault(label, len(self.code))

    def __call__(self, labels):
        return np.array([self.code.get(label, -1) for label in labels], dtype=int)


def _is_plain_number(value):
    return isinstance(value, Number) and not isinstance(
        value, (bool, np.bool_, complex)
    )


def is_missing(value):
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas.NA has no truth value
        return type(value).__name__ == "NAType"
