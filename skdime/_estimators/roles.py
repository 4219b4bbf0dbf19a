"""Arguments of ``explain`` in each other's place."""

from numbers import Integral

import numpy as np

from skdime._rows.containers import kind_of
from skdime._rows.validation import is_model
from skdime._utils.listed import listed

USAGE = (
    "Call skdime.explain(model, X, modalities, rows=rows). All arguments after "
    "`modalities` are passed by name, and no target is passed, because the model is "
    "fitted."
)


def check_roles(model, X, modalities, rows):
    """Refuse arguments that are what another one is to be.

    Parameters
    ----------
    model, X, modalities, rows
        As in :func:`skdime.explain`.
    """
    if not is_model(model):
        swapped = f", and one of type {_name(X)} as `X`" if is_model(X) else ""
        raise TypeError(
            "`model` must be a fitted model or a function. Got an object of type "
            f"{_name(model)} instead{swapped}. {USAGE}"
        )
    if is_rows(modalities) or is_model(modalities):
        raise TypeError(
            "`modalities` must be a dict from names to columns, such as "
            "{'exam': ['age', 'bmi']}, a list of such pairs, or None. Got a "
            f"{_name(modalities)} instead. {USAGE}"
        )
    if _are_positions(rows):
        raise TypeError(
            "`rows` must be rows, not their positions or names. Got "
            f"{_short(rows)} instead. Pass rows=X.iloc[[0, 3]] for the first and the "
            "fourth row of a data frame, rows=X[[0, 3]] for those of an array, or "
            "rows=X[mask]."
        )


def is_rows(value):
    """Whether something is a table or a column, and no list of pairs."""
    return kind_of(value) not in (None, "list")


def _are_positions(rows):
    if isinstance(rows, (list, tuple, range)):
        return all(isinstance(row, (str, int, float, np.generic)) for row in rows)
    if kind_of(rows) == "series":  # a row of a frame, or a mask
        return str(rows.dtype).lower() in ("bool", "boolean")
    return isinstance(rows, (slice, str, Integral)) or getattr(rows, "ndim", 2) == 1


def _name(value):
    return type(value).__name__


def _short(rows):
    if isinstance(rows, (list, tuple, range)):
        return f"[{listed(list(rows), 3)}]"
    if hasattr(rows, "ndim"):
        return f"an object of type {_name(rows)}"
    return f"{rows!r:.60}"
