"""Which perturber suits a modality for which none is named."""

import numpy as np

from skdime._rows.containers import (
    cells,
    is_categorical,
    is_frame,
    is_multimodal,
    n_rows,
    take,
)
from skdime.perturbers._series import SeriesPerturber
from skdime.perturbers._tabular import TabularPerturber
from skdime.perturbers._text import TextPerturber

# Rows that are looked at.
_LOOKED_AT = 200
# Texts have as many words on average, and as large a share of different values.
_WORDS = 3
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
    some = cells(take(block, np.arange(min(n_rows(block), _LOOKED_AT))))
    if _are_texts(some):
        return TextPerturber()
    n_dimensions = _cell_dimensions(block, some)
    if n_dimensions > 2 or (n_dimensions == 2 and _holds_bytes(some)):
        raise ValueError(
            f"A modality has cells of shape {np.shape(some[0])} and dtype "
            f"{np.asarray(some[0]).dtype}. If they are images, name an ImagePerturber, "
            "which says where the colours are: perturbers=[(name, "
            "ImagePerturber(channel_axis=-1))], or without it for grey ones; otherwise "
            "name a perturber of your own."
        )
    return SeriesPerturber() if n_dimensions else TabularPerturber()


def _holds_bytes(some):
    return all(getattr(cell, "dtype", None) == np.uint8 for cell in some)


def _cell_dimensions(block, some):
    """Dimensions of the arrays in the cells; 0 for tables."""
    if is_multimodal(block) and block.shape[1] == 1:
        (block,) = block.values()
    if len(getattr(block, "shape", ())) == 2 and not is_frame(block):
        return 0
    if is_frame(block) and block.shape[1] > 1:
        some = [part for cell in some for part in cell]
    if not all(isinstance(cell, (np.ndarray, list, tuple)) for cell in some):
        return 0
    return max(map(_n_dimensions, some), default=0)


def _n_dimensions(cell):
    try:
        return np.ndim(cell)
    except ValueError:  # lists of unequal length, which a SeriesPerturber refuses
        return 2


def _are_texts(some):
    """Whether cells are strings of several words that mostly differ."""
    texts = [cell for cell in some if isinstance(cell, str)]
    if 2 * len(texts) <= len(some):
        return False
    words = np.mean([len(text.split()) for text in texts])
    return words >= _WORDS and len(set(texts)) > _DIFFERENT * len(texts)
