"""Names on an axis, the output that is shown first, the modality an error is about."""

from contextlib import contextmanager

import numpy as np

from skdime._utils.listed import listed


def find_name(names, name, axis):
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
    raise KeyError(f"{axis} {name!r:.60} is unknown; known are [{listed(labels)}].")


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
