"""Interactions of what no reference has, where references show none at all.

A standard error is the spread between references. Where all of them agree it is 0, also
if a rare flag interacts that none of them has, or flags of several modalities that no
tuple of references has together.
"""

import numpy as np

from skdime._references.strata import columns_of_tables, levels_of
from skdime._references.weighting import FEWEST
from skdime._rows.containers import select, take
from skdime._rows.modalities import split
from skdime._rows.values import as_numbers
from skdime._utils.listed import count
from skdime._utils.rounding import SINGLE_PRECISION
from skdime._utils.warn import warn

# Rows that are looked at, and references that each of them is combined with: at most 82
# model rows, where the pairs of references took thousands.
_MOST_ROWS, _N_REFERENCES = 16, 2
# Tuples of rare levels that are looked at, and as many others to compare with.
_N_TUPLES = 8
# Levels of a larger share of the references are not rare: tuples have them together.
_MOST_SHARE = 0.2
# Interactions are more than standard errors allow for if one in n tuples would move
# the mean by so many of them.
_MOST_ERRORS = 3.0


def note_of_unseen(engine, references, X, positions):
    """What results tell of rows unlike all references that interact; mostly empty.

    Warns of it, too.

    Parameters
    ----------
    engine : Engine
    references : References
        A sample, with its baseline.
    X : container of rows
        Those that it was drawn from.
    positions : ndarray of int of shape (n_references,)
        Of the references in `X`.
    """
    if len(references.modalities) > 2:
        note = _note_of_tuples(engine, references)
    else:
        note = _note_of_rows(engine, references, X, positions)
    if note:
        warn(f"UC and MI: {note}. Increase n_references; None takes all rows.")
    return note


def _note_of_rows(engine, references, X, positions):
    """Of two modalities: rows with values that no reference has."""
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
    return (
        "standard errors of 0 say that no references interact, but "
        f"{n} of {count(len(rows), 'row')} with values that no reference has do"
    )


def _note_of_tuples(engine, references):
    """Of more modalities: rare levels that tuples hardly have together."""
    if len(references) < FEWEST:
        return ""
    blocks = split(references.rows, references.modalities)
    rare = [_rare_references(block) for block in blocks]
    if sum(len(each) > 0 for each in rare) < 2:
        return ""
    random_state, n = np.random.RandomState(0), references.n_rows
    tuples = np.column_stack(
        [random_state.choice(each if len(each) else n, _N_TUPLES) for each in rare]
    )
    tuples = np.unique(tuples, axis=0)
    usual = references.tuples[:, 1 : 1 + _N_TUPLES].T
    first = references.tuples[:, 0]
    sizes = _interactions_of_tuples(engine, blocks, first, np.vstack([tuples, usual]))
    of_rare, of_usual = np.split(sizes, [len(tuples)])
    typical = np.sqrt(np.square(of_usual).mean(axis=0) * len(references))
    n_more = int((of_rare > _MOST_ERRORS * typical).any(axis=1).sum())
    if not n_more:
        return ""
    return (
        f"rare values of different modalities interact in {n_more} of "
        f"{count(len(tuples), 'combination')} by more than standard errors allow for, "
        "because references hardly have such values together"
    )


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


def _rare_references(block):
    """Positions of references with the rarest level of a column, if it is rare."""
    rare = []
    for values in columns_of_tables([block]):
        levels = levels_of(values)
        if levels is not None:
            shares = (np.bincount(levels) / len(levels))[levels]
            if shares.min() <= _MOST_SHARE:
                rare.append(int(np.argmin(shares)))
    return rare


def _interactions_of_tuples(engine, blocks, first, tuples):
    """What all values of a tuple do beyond each alone, beside those of the first.

    Returns
    -------
    interactions : ndarray of shape (n_tuples, n_outputs)
        Absolute; 0 where it is rounding.
    """
    n_modalities = tuples.shape[1]
    alone = [
        np.where(np.arange(n_modalities) == m, tuples, first)
        for m in range(n_modalities)
    ]
    at = np.vstack([first[None], tuples, *alone])
    outputs = engine([take(block, at[:, m]) for m, block in enumerate(blocks)])
    together, *each = np.split(outputs[1:], 1 + n_modalities)
    interaction = np.abs(together - sum(each) + (n_modalities - 1) * outputs[0])
    is_rounding = interaction <= SINGLE_PRECISION * np.abs(outputs).max(axis=0)
    return np.where(is_rounding, 0, interaction)


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
