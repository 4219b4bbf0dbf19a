"""References drawn in strata: rows that are alike in what is rarest about them.

Means over a simple random sample err where it has more or fewer rows of a rare level,
or of the end of a skewed column, than are due. Rows are therefore put in order by the
column in which they are most unusual, and by their value there, and every stretch of
the order gives one reference: each row with the same probability, rare levels and
tails in proportion.
"""

import itertools
from typing import NamedTuple

import numpy as np

from skdime._references.weighting import INFORMATIVE
from skdime._rows.containers import (
    column,
    is_multimodal,
    kind_of,
    n_rows,
    select,
    take,
)
from skdime._rows.values import as_labels, as_numbers, is_number

# Of fewer references every level is rare.
_LEAST_REFERENCES = 20
# Not every level of a few references is rare.
_MOST_SHARE = 0.2
# Columns of more different values have no levels that come back.
_MOST_LEVELS = 20
_MOST_LOOKED_AT = 1_000
# Samples that are drawn at most until levels are off by no more standard deviations of
# simple random samples than these, or by one row.
_MOST_SAMPLES, _MOST_OFF = 8, 2.0
# Of more rows so many, drawn at random, are put in order: their own shares of what is
# rare err by a tenth of what those of 100 references would.
_MOST_ORDERED, _ORDERED_EACH = 10_000, 20


class DrawnReferences(NamedTuple):
    """Which rows are references.

    Attributes
    ----------
    positions : ndarray of int of shape (n_references,)
        Of rows; ascending.
    order : ndarray of int of shape (n_references,) or None
        The references in the order of strata; None of a simple random sample.
    """

    positions: np.ndarray
    order: np.ndarray | None = None


def draw_references(X, modalities, n_references, random_state):
    """Draw reference rows without replacement, every row with the same probability.

    Rows in order give a systematic sample. Where most rows are references, the rows
    that are none are drawn like this.

    Parameters
    ----------
    X : container of rows
        Rows to draw from.
    modalities : list of (str, ndarray of int)
        Their columns are looked at one after the other.
    n_references : int or None
        Rows to draw; None, or a number from that of all rows on, takes all of them.
    random_state : RandomState
        Source of the draw.

    Returns
    -------
    drawn : DrawnReferences

    References
    ----------
    Cochran, Sampling Techniques (1977), chapter 8.
    """
    n = n_rows(X)
    if n_references is None or n_references >= n:
        return DrawnReferences(np.arange(n))
    most = max(_MOST_ORDERED, _ORDERED_EACH * n_references)
    rows = random_state.permutation(n)[:most]
    strata = None
    if n_references >= _LEAST_REFERENCES:
        # column by column: a block may be a copy of half the data
        blocks = (select(X, [j]) for _, columns in modalities for j in columns)
        strata = order_of_strata(blocks, rows, n_references)
    if strata is None:
        return DrawnReferences(np.sort(rows[:n_references]))
    order, places, levels = strata
    chosen = _in_proportion(
        lambda: order[_systematic(places, n_references, random_state)], levels
    )
    positions = rows[chosen]
    return DrawnReferences(np.sort(positions), np.argsort(np.argsort(positions)))


def order_of_strata(blocks, rows, n_references):
    """Positions of rows by the column in which each is most unusual, and its value.

    Rare levels come before all else: those that are expected in half a reference up to
    five. A number is as unusual as the rows are few that have it or one beyond it, on
    the side where there are fewer.

    Parameters
    ----------
    blocks : iterable of blocks
        Columns in all rows, of which one at a time has to be there.
    rows : ndarray of int of shape (n_ordered,)
        Those that are put in order.
    n_references : int

    Returns
    -------
    order, places : ndarray of int of shape (n_ordered,)
        Positions in `rows`, and the number of the column in which each of these is most
        unusual.
    levels : list of ndarray of int8 of shape (n_ordered,)
        The level of each of `rows`, of every column that has levels. None in place of
        all three where no column tells any row from others.
    """
    share, place = np.ones(len(rows)), np.full(len(rows), -1)
    value, levels = np.zeros(len(rows)), []
    numbered = itertools.count()  # `enumerate` would keep a column, and its block
    for values in columns_of_tables(blocks):
        some = take(values, rows)
        codes = levels_of(some)
        numbers, own = _shares(some, codes, n_references)
        if codes is not None:
            levels.append(codes.astype(np.int8))
        rarer = own < share
        share[rarer], value[rarer] = own[rarer], numbers[rarer]
        place[rarer] = next(numbered)
        del values, some, numbers
    # every other column downwards, so that neighbours are alike where two columns meet
    value *= np.where(place % 2, -1, 1)
    if (place < 0).all():
        return None
    order = np.lexsort((value, place))
    return order, place[order], levels


def _in_proportion(draw, levels):
    """The first of a few samples that has all levels about as often as it should.

    A level that is frequent in five references or more is in no stratum of its own, and
    by chance none may have it. Where few columns have levels, hardly any sample is
    rejected.

    Parameters
    ----------
    draw : callable
        Returns the positions of a sample.
    levels : list of ndarray of int
        By column.

    References
    ----------
    Fuller. "Some design properties of a rejective sampling procedure", Biometrika 96
    (2009).
    """
    best, least = None, np.inf
    for _ in range(_MOST_SAMPLES):
        chosen = draw()
        off = max((_most_off(codes, chosen) for codes in levels), default=0.0)
        if off < least:
            best, least = chosen, off
        if least <= 1:
            break
    return best


def _most_off(codes, chosen):
    """How far a sample is off in any level, relative to what is let pass."""
    shares = np.bincount(codes) / len(codes)
    expected = len(chosen) * shares
    off = np.abs(np.bincount(codes[chosen], minlength=len(shares)) - expected)
    return (off / np.maximum(1, _MOST_OFF * np.sqrt(expected * (1 - shares)))).max()


def _systematic(places, n_chosen, random_state):
    """Ascending positions of so many rows, evenly spread over rows in order.

    Neighbours of the same place are shuffled, as many as there are for each that is
    chosen, so that there are more samples than places to begin at.

    Parameters
    ----------
    places : ndarray of int of shape (n_rows,)
        Ascending.
    """
    n = len(places)
    if 2 * n_chosen > n:
        left_out = _systematic(places, n - n_chosen, random_state)
        return np.delete(np.arange(n), left_out)
    step = n / n_chosen
    stretch = (np.arange(n) - np.searchsorted(places, places)) // int(step)
    order = np.lexsort((random_state.uniform(size=n), stretch, places))
    chosen = order[((random_state.uniform() + np.arange(n_chosen)) * step).astype(int)]
    return np.sort(chosen)


def columns_of_tables(blocks):
    """The columns of all blocks that are tables, one after the other."""
    for block in blocks:
        for table in block.values() if is_multimodal(block) else [block]:
            if kind_of(table) in ("array", "data frame") and len(table.shape) == 2:
                yield from (column(table, j) for j in range(table.shape[1]))
        del block, table


def levels_of(values):
    """The level of every row; None of columns that have none, or too many."""
    if is_number(values):
        numbers = as_numbers(values)
        # most columns of many values are told by their first rows
        if len(np.unique(numbers[:_MOST_LOOKED_AT])) > _MOST_LEVELS:
            return None
        distinct, codes = np.unique(numbers, return_inverse=True)
    else:
        try:
            labels = as_labels(values)
        except ValueError:  # cells that hold arrays
            return None
        position = {label: i for i, label in enumerate(dict.fromkeys(labels))}
        distinct = list(position)
        codes = np.array([position[label] for label in labels])
    return codes.ravel() if len(distinct) <= _MOST_LEVELS else None


def _shares(values, codes, n_references):
    """Levels or numbers, and how few rows are like each; less than 0 of rare levels."""
    if codes is not None:
        shares = (np.bincount(codes) / len(codes))[codes]
        least, most = 0.5 / n_references, min(INFORMATIVE / n_references, _MOST_SHARE)
        rare = (shares >= least) & (shares <= most)
        return codes, np.where(rare, shares - 1, 1.0)
    if not is_number(values):
        return np.zeros(n_rows(values)), np.ones(n_rows(values))
    numbers = as_numbers(values)
    return numbers, _shares_beyond(numbers)


def _shares_beyond(numbers):
    """The share of rows as far out as each, on its side; of missing ones their own."""
    missing = np.isnan(numbers)
    in_order, n = np.sort(numbers[~missing]), len(numbers)
    below = np.searchsorted(in_order, numbers, side="right")
    above = len(in_order) - np.searchsorted(in_order, numbers, side="left")
    return np.where(missing, missing.mean(), np.minimum(below, above) / n)
