"""Warnings that point at the user's line, however deep below it they arise."""

import re
import sys
import warnings
from contextlib import contextmanager

# Whose frames stand between that line and the place of a warning.
_LIBRARIES = {"skdime", "sklearn", "joblib", "contextlib"}
_NUMBERS = re.compile(r"\d[\d,.e+-]*(?:, \d[\d,.e+-]*)*")


def warn(message):
    """Warn at the first line outside of skdime and the libraries that call it.

    Parameters
    ----------
    message : str
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_library(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level)


def _is_library(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0] in _LIBRARIES


@contextmanager
def told_first(told):
    """Give warnings of one run of many, but for those alike of runs before it.

    Parameters
    ----------
    told : set
        What was told, to be passed to the next run.
    """
    caught = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            yield
    finally:
        for each in caught:
            if _kind_of(each) not in told:
                told.add(_kind_of(each))
                message = f"{each.message} (Later ones like this are left out.)"
                place = each.filename, each.lineno
                warnings.warn_explicit(message, each.category, *place)


def _kind_of(caught):
    """What a warning says, whatever the numbers and however many rows."""
    text = _NUMBERS.sub("#", str(caught.message)).replace(", ...", "")
    return caught.category, text.replace("rows", "row")


@contextmanager
def told_once():
    """Give warnings of many runs that are alike but for numbers as one.

    Notes
    -----
    Filters of the user hold: what they ignore is not counted, and what they make an
    error is raised in its run.
    """
    with warnings.catch_warnings(record=True) as caught:
        yield
    alike = {}
    for each in caught:
        alike.setdefault(_kind_of(each), []).append(each)
    for (category, _), each in alike.items():
        message, first = str(each[0].message), each[0]
        if len(each) > 1:
            message += f" ({len(each)} such warnings, of which this is the first.)"
        warnings.warn_explicit(message, category, first.filename, first.lineno)
