"""Which perturber suits a modality for which none is named."""

import numpy as np

from skdime._rows.containers import is_categorical, is_frame, is_multimodal
from skdime.perturbers._contract import first_cells
from skdime.perturbers._series import SeriesPerturber
from skdime.perturbers._tabular import TabularPerturber
from skdime.perturbers._text import TextPerturber

# Words that texts have on average: names of categories have one or two.
_WORDS = 3
# Share of values that differ among texts: names of categories repeat.
_DIFFERENT = 0.5


def default_perturber(block):
    """A perturber with its defaults, by what the cells hold.

    Texts are strings of three and more words on average, most of which differ: names
    of categories repeat. Cells of one or two dimensions (a collection of shape
    (n_cases, n_channels, n_timepoints), arrays in the cells of a frame) are series.
    Bytes in two or more dimensions are images.
    Everything else is a table.

    Parameters
    ----------
    block : container of rows
        The modality's columns.

    Raises
    ------
    ValueError
        If cells are images, whose layout cannot be told.
    """
    if is_categorical(block):
        return TabularPerturber()
    rows = first_cells(block)
    if _are_texts(rows):
        return TextPerturber()
    n_dimensions = _cell_dimensions(block, rows)
    if n_dimensions > 2 or (n_dimensions == 2 and _holds_bytes(rows)):
        raise ValueError(
            f"A modality has cells of shape {np.shape(rows[0])} and dtype "
            f"{np.asarray(rows[0]).dtype}. If they are images, name an ImagePerturber, "
            "which says where the colours are: perturbers=[(name, "
            "ImagePerturber(channel_axis=-1))], or without it for grey ones; otherwise "
            "name a perturber of your own."
        )
    return SeriesPerturber() if n_dimensions else TabularPerturber()


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


def _are_texts(rows):
    """Whether cells are strings of several words that mostly differ."""
    texts = [cell for cell in rows if isinstance(cell, str)]
    if 2 * len(texts) <= len(rows):
        return False
    words = np.mean([len(text.split()) for text in texts])
    return words >= _WORDS and len(set(texts)) > _DIFFERENT * len(texts)
