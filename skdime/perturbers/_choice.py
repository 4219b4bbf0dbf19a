"""Which perturber suits a modality for which none is named."""

from typing import Any, NamedTuple

import numpy as np

from skdime._rows.cells import is_missing
from skdime._rows.containers import cells, is_categorical, is_frame, is_multimodal
from skdime.perturbers._cell_kinds import (
    are_codes,
    are_objects,
    are_parallel,
    are_points_in_time,
    look_at_texts,
)
from skdime.perturbers._contract import first_cells
from skdime.perturbers._series import SeriesPerturber
from skdime.perturbers._set import SetPerturber
from skdime.perturbers._tabular import TabularPerturber
from skdime.perturbers._text import TextPerturber

# Words that texts have on average: names of categories have one or two.
_WORDS = 3
# Words that short texts, such as queries, have on average.
_FEW_WORDS = 1.5
# Share of values that differ among texts: names of categories repeat.
_DIFFERENT = 0.5
# Levels of which a table of categories has fewer, however many words they have.
_MANY_LEVELS = 20


class Choice(NamedTuple):
    """A perturber with its defaults, and the reason for it.

    Attributes
    ----------
    perturber : perturber
    kind : {"table", "text", "series", "set"}
        What the cells of the modality are taken for.
    why : str
    other : str, default=""
        What else they may be; empty where the choice is clear.
    otherwise : perturber, default=None
        What to name then.
    """

    perturber: Any
    kind: str
    why: str
    other: str = ""
    otherwise: Any = None


def default_choice(block):
    """A perturber with its defaults, by what the cells hold.

    Texts are strings of several words, most of which differ: names of categories
    repeat. Collections of codes are sets. Cells of one or two dimensions (a collection
    of shape (n_cases, n_channels, n_timepoints), arrays in the cells of a frame) are
    series, unless their number of rows differs, as that of objects does. Bytes in two
    or more dimensions are images. Everything else is a table.

    Parameters
    ----------
    block : container of rows
        The modality's columns.

    Returns
    -------
    choice : Choice

    Raises
    ------
    ValueError
        If cells are images, whose layout cannot be told.
    """
    if is_categorical(block):
        return Choice(TabularPerturber(), "table", "its dtype is that of categories")
    rows = first_cells(block)
    n_dimensions = _cell_dimensions(block, rows)
    choice = _among_texts(block, rows) or _among_sets(block, rows)
    if choice is not None:
        return choice
    if n_dimensions > 2 or (n_dimensions == 2 and _holds_bytes(rows)):
        raise ValueError(
            f"A modality has cells of shape {np.shape(rows[0])} and dtype "
            f"{np.asarray(rows[0]).dtype}. If they are images, name an ImagePerturber, "
            "which says where the colours are: perturbers=[(name, "
            "ImagePerturber(channel_axis=-1))], or without it for grey ones; otherwise "
            "name a perturber of your own."
        )
    if not n_dimensions:
        return _table(block)
    axes = "one dimension" if n_dimensions == 1 else "two dimensions"
    why = f"rows hold numbers in {axes}"
    if _may_be_set(block, rows):
        other = "sets of codes or of objects", _set_perturber(block)
        return Choice(SeriesPerturber(), "series", why, *other)
    return Choice(SeriesPerturber(), "series", why)


def _table(block):
    """A table; of an array whose columns are like points in time, a close choice."""
    table = Choice(TabularPerturber(), "table", "rows hold one value a column")
    if is_multimodal(block) and block.shape[1] == 1:
        (block,) = block.values()
    if not (isinstance(block, np.ndarray) and are_points_in_time(block)):
        return table
    why = "it is an array of two dimensions, in which neighbouring columns are alike"
    return table._replace(why=why, other="a series", otherwise=SeriesPerturber())


def _among_texts(block, rows):
    """The choice for strings of several words; None for all else."""
    texts = [cell for cell in rows if isinstance(cell, str)]
    if 2 * len(texts) <= len(rows):
        return None
    look = look_at_texts([cell for cell in cells(block) if isinstance(cell, str)])
    share = f"{look.different:.0%} of strings differ"
    why = f"{share}, {look.n_words:.1f} words each"
    are_short = look.n_words < _WORDS
    if look.different <= _DIFFERENT:
        table = Choice(TabularPerturber(), "table", why)
        if are_short or look.n_levels <= _MANY_LEVELS:
            return table
        return table._replace(other="texts", otherwise=TextPerturber())
    if look.n_words < _FEW_WORDS or (are_short and look.shared <= _DIFFERENT):
        return Choice(TabularPerturber(), "table", why)
    text = Choice(TextPerturber(), "text", why)
    if not are_short:
        return text
    return text._replace(other="names of categories", otherwise=TabularPerturber())


def _among_sets(block, rows):
    """The choice for collections of codes and of objects; None for all else."""
    n_parts, rows = _n_parts(block), _present(rows)
    if not n_parts or not rows:
        return None
    if n_parts > 1:
        if not are_parallel(rows, n_parts):
            return None
        why = "rows hold the same number of elements in all columns or keys"
        return Choice(_set_perturber(block), "set", why)
    codes = are_codes(rows)
    if codes in ("sure", "likely"):
        sets = Choice(_set_perturber(block), "set", "rows list codes")
        other = {"other": "series of whole numbers", "otherwise": SeriesPerturber()}
        return sets if codes == "sure" else sets._replace(**other)
    objects = are_objects(rows)
    if objects in ("sure", "likely"):
        why = "rows hold different numbers of objects"
        sets = Choice(_set_perturber(block), "set", why)
        time_first = SeriesPerturber(channel_axis=-1)
        other = {"other": "series with time first", "otherwise": time_first}
        return sets if objects == "sure" else sets._replace(**other)
    return None


def _may_be_set(block, rows):
    rows = _present(rows)
    if _n_parts(block) != 1 or not rows:
        return False
    return "unlikely" in (are_codes(rows), are_objects(rows))


def _set_perturber(block):
    """Networks that read arrays of a fixed number of elements fill them up by zeros."""
    blocks = block.values() if is_multimodal(block) else [block]
    is_fixed = any(isinstance(each, np.ndarray) and each.ndim > 1 for each in blocks)
    return SetPerturber("zero") if is_fixed else SetPerturber()


def _present(rows):
    return [cell for cell in rows if not is_missing(cell)]


def _n_parts(block):
    """Columns or keys of cells that may be collections; 0 for tables of an array."""
    if is_multimodal(block):
        if block.shape[1] > 1:
            return block.shape[1]
        (block,) = block.values()
    if is_frame(block):
        return block.shape[1]
    if len(getattr(block, "shape", ())) == 2:
        return int(block.dtype.kind == "O" and block.shape[1] == 1)
    return 1


def _holds_bytes(rows):
    return all(getattr(cell, "dtype", None) == np.uint8 for cell in rows)


def _cell_dimensions(block, rows):
    """Dimensions of the arrays in the cells; 0 for tables."""
    if is_multimodal(block) and block.shape[1] == 1:
        (block,) = block.values()
    if len(getattr(block, "shape", ())) == 2 and not is_frame(block):
        return 0
    if is_frame(block) and block.shape[1] > 1:
        rows = [part for cell in rows for part in cell]
    if not all(isinstance(cell, (np.ndarray, list, tuple)) for cell in rows):
        return 0
    return max(map(_n_dimensions, rows), default=0)


def _n_dimensions(cell):
    try:
        return np.ndim(cell)
    except ValueError:  # lists of unequal length, which a SeriesPerturber refuses
        return 2
