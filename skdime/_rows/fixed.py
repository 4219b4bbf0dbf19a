"""Columns of no modality, which stay as in the explained row."""

from typing import NamedTuple

import numpy as np

from skdime._rows.containers import select, take
from skdime._rows.encodings import row_names


class FixedColumns(NamedTuple):
    """What the columns of no modality hold.

    Attributes
    ----------
    block : container of rows
        These columns of one row.
    columns : ndarray of int
        Their positions in the model's input.
    """

    block: object
    columns: np.ndarray

    @classmethod
    def of_row(cls, X, columns, row):
        """The columns of one of the rows, by position."""
        return cls(take(select(X, columns), [row]), columns)

    def repeated(self, n):
        """The same for `n` rows."""
        return take(self.block, np.zeros(n, dtype=int))


def rows_by_fixed(X, columns):
    """Rows that hold the same in fixed columns, group by group.

    Parameters
    ----------
    X : container of rows
    columns : ndarray of int
        Positions of the fixed columns.

    Yields
    ------
    rows : ndarray of int
        Positions of the rows of a group.
    fixed : FixedColumns
        What they hold.
    """
    groups = {}
    for row, name in enumerate(row_names(select(X, columns))):
        groups.setdefault(name, []).append(row)
    for rows in groups.values():
        yield np.array(rows), FixedColumns.of_row(X, columns, rows[0])
