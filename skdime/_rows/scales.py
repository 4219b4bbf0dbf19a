"""On which scale any objects lie, and their places on it."""

import datetime
from collections.abc import Iterable
from numbers import Number

import numpy as np

from skdime._rows.cells import is_missing
from skdime._utils.optional import loaded_types

#: What the values of a column can be.
NUMBER, DATE, ORDERED, CATEGORY = SCALES = ("number", "date", "ordered", "category")

_DATES = (datetime.date, np.datetime64)
# A numpy duration is an integer to Python.
_AMOUNTS = (Number, datetime.timedelta, datetime.time)
_NO_AMOUNTS = (bool, np.bool_, complex)
# Numbers of numpy times are counted in this unit.
_UNIT = "ns"


def scale_of(items: Iterable) -> str:
    """The scale of any objects, missing ones left out.

    Parameters
    ----------
    items : iterable of object

    Returns
    -------
    scale : {"number", "date", "ordered", "category"}
        Numbers are also durations and times of the day; intervals are ordered.
    """
    types = {type(item) for item in items if not is_missing(item)}
    scales = [
        (_AMOUNTS, NUMBER),
        (_DATES + loaded_types("Period", "pandas"), DATE),
        (loaded_types("Interval", "pandas"), ORDERED),
    ]
    for of_scale, scale in scales:
        if types and all(issubclass(t, of_scale) for t in types):
            return CATEGORY if types & set(_NO_AMOUNTS) else scale
    return CATEGORY


def scale_of_kind(kind):
    """The scale of the ``kind`` of a numpy dtype."""
    return DATE if kind == "M" else NUMBER if kind in "fium" else CATEGORY


def places_of(items):
    """The places of any objects on their scale, as floats; nan where missing.

    Parameters
    ----------
    items : iterable of object
        All of one scale but "category".

    Returns
    -------
    places : ndarray of float of shape (n_items,)
        Seconds for times; the middle of intervals, or the end that is finite.
    """
    return np.array([_place(item) for item in items], dtype=np.float64)


def _place(item):
    if is_missing(item):
        return np.nan
    if isinstance(item, np.datetime64):
        return item.astype(f"M8[{_UNIT}]").astype(np.int64) / 1e9
    if isinstance(item, np.timedelta64):
        return item.astype(f"m8[{_UNIT}]").astype(np.int64) / 1e9
    if isinstance(item, datetime.datetime):
        # without a zone it would be read in that of the machine
        zone = item.tzinfo or datetime.UTC
        return item.replace(tzinfo=zone).timestamp()
    if isinstance(item, datetime.date):
        return item.toordinal() * 86400.0
    if isinstance(item, datetime.time):
        hours = item.hour + item.minute / 60 + item.second / 3600
        return 3600 * hours + item.microsecond / 1e6
    if isinstance(item, datetime.timedelta):
        return item.total_seconds()
    if isinstance(item, loaded_types("Period", "pandas")):
        return float(item.ordinal)
    if isinstance(item, loaded_types("Interval", "pandas")):
        return _middle(*(_place(end) for end in (item.left, item.right)))
    return float(item)


def _middle(left, right):
    if np.isinf(left):
        return right
    return left if np.isinf(right) else (left + right) / 2
