"""Names on an axis, the output that is shown first, the modality an error is about."""

from contextlib import contextmanager
from numbers import Integral

import numpy as np

from skdime._utils.listed import listed


def find_name(names, name, axis):
    """Position of a name on an axis.

    A row or an output may be given by its position, too, where names are no integers.

    Parameters
    ----------
    names : ndarray
    name : object
        Equal to a name, or of the same text.
    axis : str
        What the axis is of, for messages.

    Returns
    -------
    position : int

    Raises
    ------
    KeyError
        If the name is unknown, or that of several.
    """
    labels = names.tolist()
    positions = [i for i, label in enumerate(labels) if label == name]
    if not positions:  # times and numbers by their text
        positions = [i for i, label in enumerate(labels) if str(label) == str(name)]
    if len(positions) == 1:
        return positions[0]
    if positions:
        raise KeyError(
            f"{axis} {name!r:.60} is the name of several, at positions "
            f"{positions[:5]}; choose one by position first, as in explanation[i]."
        )
    if axis in ("row", "output") and _is_integer(name):
        numbered = any(map(_is_integer, labels))
        if not numbered and -len(labels) <= name < len(labels):
            return int(name) % len(labels)
        hint = " By position, take explanation[i]." if axis == "row" else ""
    else:
        hint = ""
    raise KeyError(
        f"{axis} {name!r:.60} is unknown; known are [{listed(labels)}].{hint}"
    )


def _is_integer(name):
    return isinstance(name, Integral) and not isinstance(name, (bool, np.bool_))


def column_text(name):
    """The name of a column as text, levels of a MultiIndex separated by slashes."""
    if isinstance(name, tuple):
        return "/".join(str(level) for level in name if str(level))
    return str(name)


def usual_output(output):
    """Position of the output that is the largest in most rows.

    Parameters
    ----------
    output : ndarray of shape (n_rows, n_outputs)
    """
    if not len(output):
        return 0
    return int(np.bincount(output.argmax(axis=1)).argmax())


@contextmanager
def noting(note):
    """Add a note to an error that is raised within."""
    try:
        yield
    except Exception as error:
        error.add_note(note)
        raise


def telling_modality(name, row=None):
    """Add the modality, and the row, that an error is about to it, as a note."""
    where = "" if row is None else f" in row {row} of these, counted from 0"
    return noting(f"This is about the modality {name!r:.60}{where}.")


def of_each(read, cells):
    """What is read of each cell; an error tells the row that it is about, as a note."""
    for row, cell in enumerate(cells):
        with noting(f"This is about row {row} of these, counted from 0."):
            value = read(cell)
        yield value


def positions_of_rows(names, rows):
    """Positions of rows, given as whatever numpy takes, or as the name of one.

    Parameters
    ----------
    names : ndarray of shape (n_rows,)
    rows : int, slice, array-like or str

    Returns
    -------
    positions : ndarray of int
    """
    if isinstance(rows, str):
        rows = find_name(names, rows, "row")
    try:
        return np.atleast_1d(np.arange(len(names))[rows])
    except IndexError as error:
        raise IndexError(
            f"There is no row {rows!r:.60}: rows are chosen by position, from 0 to "
            f"{len(names) - 1}, by slices and masks of positions, or by the name of "
            "one, a str."
        ) from error
