"""Values of columns that are one feature together, as the rows of `fit` have them."""

from typing import NamedTuple

import numpy as np

# Rows that are kept: what a mean over more could gain, its standard error contains.
_MOST_ROWS = 20_000


class JointValues(NamedTuple):
    """Rows that a feature of several columns is drawn from.

    Attributes
    ----------
    columns : ndarray of int of shape (n_columns,)
        Positions within the modality.
    values : ndarray of shape (n_rows, n_columns)
        Numbers, nan where missing, and codes of categories.
    share_left_out : float
        Of the rows of ``fit``, those that are not kept.
    """

    columns: np.ndarray
    values: np.ndarray
    share_left_out: float


def joint_values(columns, positions, pool):
    """Values of some columns in the rows of a pool, evenly spaced ones of many.

    Parameters
    ----------
    columns : list of ndarray of shape (n_rows,)
        Of the modality.
    positions : ndarray of int
        Columns that are taken from the same row.
    pool : ndarray of int
        Rows that values may be taken from.

    Returns
    -------
    joint : JointValues
    """
    kept = pool
    if len(pool) > _MOST_ROWS:
        kept = pool[np.linspace(0, len(pool) - 1, _MOST_ROWS).astype(int)]
    values = np.column_stack([columns[j][kept] for j in positions]).astype(float)
    return JointValues(positions, values, 1 - len(kept) / len(pool))
