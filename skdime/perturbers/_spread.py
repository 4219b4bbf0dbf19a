"""Rows that points take a column's values from: rare values more often than the data.

What only a combination of rare values does, such as of two flags, is seen where points
have them together. Values of a column are put into groups, and in some of the points
each group is as frequent as any other.
"""

from typing import NamedTuple

import numpy as np

from skdime._utils.random import balanced
from skdime._utils.spaced import spaced

# Every so many-th point has rare values more often (benchmarks/rare_levels.py).
_EVERY = 8
# Each of so many different values is a group, at most. Of more values those are that
# at least this share of the rows has; the others are tails and what lies between.
_MOST_LEVELS, _FREQUENT, _TAIL = 32, 0.05, 0.1
# Rows that are looked at: to sort millions takes longer than all else.
_MOST_ROWS = 20_000


def spread_rows(columns, pool, rows, random_state):
    """For every point the row that its values are taken from.

    Parameters
    ----------
    columns : list of ndarray of shape (n_rows,)
        Columns that are taken from the same row: numbers, nan where missing, or codes
        of categories.
    pool : ndarray of int
        Rows that values may be taken from.
    rows : ndarray of int of shape (n_points,)
        Those that have values as often as the data.
    random_state : RandomState

    Returns
    -------
    rows : ndarray of int of shape (n_points,)
    """
    pool = pool[spaced(len(pool), _MOST_ROWS)]
    each = _groups_of([values[pool] for values in columns])
    if not each:
        return rows
    rows = rows.copy()
    some = rows[_EVERY - 1 :: _EVERY]
    which = np.zeros(len(some), dtype=int)
    if len(each) > 1:
        which = balanced(len(each), len(some), random_state)
    for i, groups in enumerate(each):
        at = np.flatnonzero(which == i)
        chosen = balanced(len(groups.sizes), len(at), random_state)
        place = (random_state.uniform(size=len(at)) * groups.sizes[chosen]).astype(int)
        some[at] = pool[groups.order[groups.starts[chosen] + place]]
    return rows


class _Groups(NamedTuple):
    """Positions of values, group by group.

    Attributes
    ----------
    order : ndarray of int of shape (n_values,)
        Positions, those of a group next to each other.
    starts, sizes : ndarray of int of shape (n_groups,)
        Where the groups begin in this order, and how many they have.
    """

    order: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray


def _groups_of(columns):
    """What rows are taken by in turns: combinations of groups, or each column's.

    Half of the turns are those of combinations without tails, which are fewer.
    """
    if len(columns) == 1:
        ways = [_codes(columns[0])]
    else:
        codes = [_codes(values) for values in columns]
        without_tails = _combined([_codes(values, tails=False) for values in columns])
        together = _combined(codes)
        ways = [together] if together.max() < _MOST_LEVELS else codes
        if 0 < without_tails.max() < min(_MOST_LEVELS, together.max()):
            ways += [without_tails] * len(ways)
    each = [_groups(group) for group in ways]
    return [groups for groups in each if len(groups.sizes) > 1]


def _combined(codes):
    """The number of each row's combination."""
    return np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].ravel()


def _groups(group):
    """Positions by group, from the number of each position's."""
    _, sizes = np.unique(group, return_counts=True)
    order = np.argsort(group, axis=None, kind="stable")
    return _Groups(order, np.cumsum(sizes) - sizes, sizes)


def _codes(values, *, tails=True):
    """Levels of a column; or frequent values, missing ones, tails and the others."""
    levels, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(levels) > _MOST_LEVELS:
        is_own = (counts >= _FREQUENT * len(values)) | np.isnan(levels)
        others = np.where(is_own, 0, counts)
        below = (np.cumsum(others) - others / 2) / max(others.sum(), 1)
        ends = np.digitize(below, [_TAIL, 1 - _TAIL]) * tails
        group = np.where(is_own, 3 + np.arange(len(levels)), ends)[group]
    return group.ravel()
