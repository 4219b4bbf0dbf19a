"""Interactions of values that no reference has, where references show none at all.

A standard error is the spread between references. Where all of them agree it is 0, also
if a rare flag interacts that none of them has.
"""

import numpy as np

from skdime._references.strata import columns_of_tables, levels_of
from skdime._rows.containers import select, take
from skdime._rows.modalities import split
from skdime._rows.values import as_numbers
from skdime._utils.listed import count
from skdime._utils.rounding import SINGLE_PRECISION
from skdime._utils.warn import warn

# Rows that are looked at, and references that each of them is combined with: at most 82
# model rows, where the pairs of references took thousands.
_MOST_ROWS, _N_REFERENCES = 16, 2


def note_of_unseen(engine, references, X, positions):
    """What results tell of rows unlike all references that interact; mostly empty.

    Warns of it, too.

    Parameters
    ----------
    engine : Engine
    references : References
        A sample of two modalities, with its baseline.
    X : container of rows
        Those that it was drawn from.
    positions : ndarray of int of shape (n_references,)
        Of the references in `X`.
    """
    if references.looks_additive is None or not references.looks_additive.any():
        return ""
    # column by column: blocks may be copies of all data
    columns = (select(X, [j]) for _, some in references.modalities for j in some)
    rows = unseen_rows(columns, positions)
    if not len(rows):
        return ""
    size = _interaction(engine, references, take(X, rows))
    n = int(size[:, references.looks_additive].any(axis=1).sum())
    if not n:
        return ""
    note = (
        "standard errors of 0 say that no references interact, but "
        f"{n} of {count(len(rows), 'row')} with values that no reference has do"
    )
    warn(f"UC and MI: {note}. Increase n_references; None takes all rows.")
    return note


def unseen_rows(blocks, positions):
    """Positions of some rows with levels or numbers beyond those of all references.

    Parameters
    ----------
    blocks : iterable of blocks
        Columns in all rows.
    positions : ndarray of int
        Of the references.

    Returns
    -------
    rows : ndarray of int
    """
    rows = []
    for values in columns_of_tables(blocks):
        levels = levels_of(values)
        if levels is not None:
            new = np.setdiff1d(levels, levels[positions])
            rows += [int(np.argmax(levels == level)) for level in new]
        else:
            rows += _extremes(values, positions)
    return np.array(list(dict.fromkeys(rows))[:_MOST_ROWS], dtype=int)


def _extremes(values, positions):
    """Rows of the largest and the smallest number, where no reference has it."""
    try:
        numbers = as_numbers(values)
    except (TypeError, ValueError):  # names of which there are many
        return []
    if np.isnan(numbers).all():
        return []
    ends = {int(np.nanargmax(numbers)), int(np.nanargmin(numbers))}
    return [end for end in ends if numbers[end] not in numbers[positions]]


def _interaction(engine, references, rows):
    """Whether rows interact with some references, shape (n_rows, n_outputs)."""
    blocks, some = split(rows, references.modalities), np.arange(_N_REFERENCES)
    own = engine(blocks)[:, None]
    theirs = engine([take(block, some) for block in references.blocks])[None]
    way = engine.way((len(own), len(some)))
    hybrid_outputs = [references.outputs(way, {m: blocks[m]}, some) for m in (0, 1)]
    interaction = np.abs(own - hybrid_outputs[0] - hybrid_outputs[1] + theirs)
    scale = np.abs(
        [*hybrid_outputs, np.broadcast_to(own, hybrid_outputs[0].shape)]
    ).max(axis=(0, 1, 2))
    return interaction.max(axis=1) > SINGLE_PRECISION * scale
