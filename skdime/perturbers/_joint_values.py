"""Values of columns that are one feature together, as the rows of `fit` have them."""

from typing import NamedTuple

import numpy as np

from skdime._utils.spaced import spaced
from skdime.perturbers._bases import MOST_FUNCTIONS

# Rows that are kept, of many columns fewer, so that their basis functions take no more
# numbers: what a mean over more could gain, its standard error contains.
_MOST_ROWS, _MOST_NUMBERS = 20_000, 2**24
# Of more different values it is no surprise if rows have two together for the first
# time.
_MOST_LEVELS = 3


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

    def have_new_pairs(self, values):
        """Whether rows have two values together that none of these rows has.

        Of columns of few values, and missing ones of all columns.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_columns)

        Returns
        -------
        have_new_pairs : ndarray of bool of shape (n_rows,)
        """
        of_fit, of_rows = self._indicators(self.values), self._indicators(values)
        never = of_fit.T @ of_fit == 0
        return ((of_rows @ never) * of_rows).any(axis=1)

    def _indicators(self, values):
        """What these columns hold: their levels, or whether they are missing."""
        indicators = []
        for known, of_rows in zip(self.values.T, values.T, strict=True):
            levels = np.unique(known[~np.isnan(known)])
            if len(levels) <= _MOST_LEVELS:
                indicators.append(of_rows[:, None] == levels)
            else:
                indicators.append(~np.isnan(of_rows)[:, None])
            indicators.append(np.isnan(of_rows)[:, None])
        return np.hstack(indicators).astype(np.float32)


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
    most = min(_MOST_ROWS, _MOST_NUMBERS // (MOST_FUNCTIONS * len(positions)))
    rows = pool[spaced(len(pool), most)]
    values = np.column_stack([columns[j][rows] for j in positions]).astype(float)
    return JointValues(positions, values, 1 - len(rows) / len(pool))
