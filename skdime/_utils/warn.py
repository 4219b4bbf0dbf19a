"""Warnings that point at the user's line, however deep below it they arise."""

import sys
import warnings

# Whose frames stand between that line and the place of a warning.
_LIBRARIES = {"skdime", "sklearn", "joblib", "contextlib"}


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
