"""Rows as a service gets them, lists of dicts from JSON, as the data frame of ``fit``.

JSON has one kind of numbers, and ``null`` for everything missing: 3 stands for 3.0
where the column holds floats, and ``null`` for nan, None or NA as the dtype has it.
"""

from collections.abc import Mapping
from numbers import Real

import numpy as np

from skdime._rows.cells import is_missing

# What items of JSON must be for a column of each kind.
_KINDS = {
    "number": ("a number", lambda item: isinstance(item, Real) and not _is_bool(item)),
    "boolean": ("true or false", lambda item: _is_bool(item)),
    "text": ("a text", lambda item: isinstance(item, str)),
}


def is_records(X):
    """Whether rows are a list of dicts."""
    return isinstance(X, list) and bool(X) and all(isinstance(r, Mapping) for r in X)


def from_records(records, fitted):
    """A data frame in the dtypes of ``fit``.

    Parameters
    ----------
    records : list of dict
        A key that a dict does not have is missing in its row. Keys that ``fit`` did not
        have become columns after the others.
    fitted : Schema
        Of a data frame.

    Returns
    -------
    frame : data frame
        Without the columns that no dict has.

    Raises
    ------
    TypeError, ValueError
        If an item is of another kind than the column, or missing in a column that
        cannot hold that.
    """
    keys = dict.fromkeys(key for record in records for key in record)
    frame, columns = fitted.container, {}
    for name, dtype in zip(fitted.layout, fitted.dtypes, strict=True):
        if name in keys:
            items = [record.get(name) for record in records]
            column = frame.empty_column(name, dtype)
            _check_items(name, items, dtype, frame)
            columns[name] = _filled(frame, items, column, name)
    others = {key: [r.get(key) for r in records] for key in keys if key not in columns}
    return frame.module.DataFrame(columns | others)


def _filled(frame, items, column, name):
    try:
        return frame.filled(items, column)
    except ValueError as error:
        raise ValueError(
            f"Column {str(name)!r:.60}: {error} If the column may hold such values, "
            f"fit on them: X.astype({{{str(name)!r:.60}: float}})."
        ) from error


def _check_items(name, items, dtype, frame):
    requirement, fits = _KINDS.get(frame.kind_of_items(dtype), ("", None))
    for row, item in enumerate(items):
        if is_missing(item):
            if not frame.can_be_missing(dtype):
                raise ValueError(
                    f"Column {str(name)!r:.60} is missing in row {row}, and its dtype "
                    f"in fit, {dtype}, has no missing values. Fit on a frame whose "
                    "dtype has them, as from X.convert_dtypes()."
                )
        elif fits is not None and not fits(item):
            raise TypeError(
                f"Column {str(name)!r:.60} must be {requirement} in every row (dtype "
                f"{dtype} in fit); it is {item!r:.60} in row {row}."
            )


def _is_bool(item):
    return isinstance(item, (bool, np.bool_))
