"""Rare levels of columns, which a sample of references is to have in proportion."""

import numpy as np

from skdime._rows.containers import column, is_multimodal, kind_of
from skdime._rows.values import as_labels, as_numbers, is_number

# Levels of which a random sample has fewer are often missing from it.
_FEW = 5
# Not every level of a few references is rare.
_MOST_SHARE = 0.2
# Columns of more different values have no levels that come back.
_MOST_LEVELS = 20
_MOST_LOOKED_AT = 1_000


def rarest_levels(blocks, n_references):
    """The rarest level of every row that a random sample might miss.

    Flags, categories and numbers of few values have levels. Counted are those that are
    expected in half a reference up to five.

    Parameters
    ----------
    blocks : iterable of blocks
        For each modality its columns, of which one at a time has to be there.
    n_references : int

    Returns
    -------
    levels : ndarray of int of shape (n_rows,) or None
        Rows with the same rarest level have the same number; -1 for rows without any.
        None where no row has one.
    """
    share, levels, n_levels = None, None, 0
    least, most = 0.5 / n_references, min(_FEW / n_references, _MOST_SHARE)
    for values in columns_of_tables(blocks):
        codes = levels_of(values)
        del values  # which may be part of a block, before the next one is made
        if codes is None:
            continue
        if levels is None:
            share, levels = np.ones(len(codes)), np.full(len(codes), -1)
        shares = np.bincount(codes) / len(codes)
        rare = (shares >= least) & (shares <= most)
        mine = rare[codes] & (shares[codes] < share)
        share[mine] = shares[codes[mine]]
        levels[mine] = n_levels + codes[mine]
        n_levels += len(shares)
    return levels if levels is not None and (levels >= 0).any() else None


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
