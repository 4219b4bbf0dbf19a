"""Rows of groups, such as protected ones, which a column tells."""

import numpy as np

from skdime._rows.cells import is_missing
from skdime._rows.values import MISSING
from skdime._utils.listed import listed

# More are rather the values of a number than groups.
_MOST = 50


def rows_by_group(n_rows, groups, least=1):
    """Positions of the rows of each group.

    Parameters
    ----------
    n_rows : int
        All rows.
    groups : array-like of shape (n_rows,)
        The group of every row; a missing one is a group of its own.
    least : int, default=1
        Rows that each group must have.

    Returns
    -------
    rows : dict of str to ndarray of int
        In the order of names.

    Raises
    ------
    ValueError
        If there is one group or more than 50, or a group has too few rows.
    """
    labels = [MISSING if is_missing(label) else str(label) for label in groups]
    if len(labels) != n_rows:
        raise ValueError(
            f"`groups` must name the group of every row. It has {len(labels)} entries, "
            f"and there are {n_rows} rows."
        )
    names, numbers = np.unique(labels, return_inverse=True)
    if not 1 < len(names) <= _MOST:
        raise ValueError(
            f"`groups` must name from 2 to {_MOST} groups. Got {len(names)}: "
            f"[{listed(names.tolist())}]. Cut numbers into intervals first."
        )
    rows = {str(name): np.flatnonzero(numbers == g) for g, name in enumerate(names)}
    few = [name for name, positions in rows.items() if len(positions) < least]
    if few:
        raise ValueError(
            f"Each group must have at least {least} rows. The groups [{listed(few)}] "
            "have fewer: put small groups together, or leave their rows out."
        )
    return rows
