"""One average row, which stands for all rows: an average patient."""

import numpy as np

from skdime._rows.cells import as_dtype, is_missing
from skdime._rows.containers import (
    cells,
    is_multimodal,
    join,
    select,
    take,
    with_cells,
)
from skdime._rows.multimodal_array import MultimodalArray
from skdime._utils.names import telling_modality
from skdime.perturbers import MaskedTabularPerturber
from skdime.perturbers._choice import default_choice


def average_row(X, modalities):
    """The row that has in every column what is average there.

    Of numbers the middle value that occurs, of categories the commonest; of series and
    images the mean, of texts and sets the empty one.

    Parameters
    ----------
    X : container of rows
    modalities : list of (str, ndarray of int)
        Name and column positions of each modality.

    Returns
    -------
    row : container of one row
        Of the type and in the dtypes of `X`.

    Raises
    ------
    ValueError
        If cells are of unequal shape, or neither numbers, categories, texts nor arrays.
    """
    blocks = []
    for name, columns in modalities:
        with telling_modality(name):
            blocks.append(_average(select(X, columns)))
    return join(blocks, [columns for _, columns in modalities])


def _average(block):
    choice = _choice_for(block)
    if choice is not None and choice.kind == "set":
        return _without_elements(block, choice.perturber)
    if is_multimodal(block):
        return MultimodalArray({key: _average(rows) for key, rows in block.items()})
    shape = getattr(block, "shape", ())
    if len(shape) > 2:
        return _with_cell(block, _mean(block))
    if len(shape) < 2:
        return _of_column(block)
    columns = [select(block, [j]) for j in range(shape[1])]
    return join(
        [_of_column(each) for each in columns], [np.array([j]) for j in range(shape[1])]
    )


def _of_column(block):
    """Of a single column, which may be a list or series."""
    choice = _choice_for(block)
    kind = "image" if choice is None else choice.kind
    if kind == "set":
        return _without_elements(block, choice.perturber)
    if kind == "text":
        return _with_cell(block, "")
    if kind in ("series", "image"):
        return _with_cell(
            block, _mean([cell for cell in cells(block) if not is_missing(cell)])
        )
    single = MultimodalArray({"column": block}) if _has_no_columns(block) else block
    medoid = MaskedTabularPerturber().fit(single).replacement_
    return _with_cell(block, cells(medoid)[0]) if _has_no_columns(block) else medoid


def _choice_for(block):
    """What cells are taken for; None for images, whose layout cannot be told."""
    try:
        return default_choice(block)
    except ValueError:
        return None


def _without_elements(block, perturber):
    """The first row without any element of its sets."""
    row = take(block, [0])
    features = perturber.fit(block).features(cells(row)[0])
    return perturber.perturb_row(row, np.zeros((1, len(features)), dtype=bool))


def _has_no_columns(block):
    return len(getattr(block, "shape", ())) < 2


def _with_cell(block, cell):
    return with_cells(take(block, [0]), [cell])


def _mean(arrays):
    """The mean of arrays, in the dtype that they have; of lists a list."""
    shapes = {np.shape(array) for array in arrays}
    if len(shapes) > 1:
        raise ValueError(
            f"references='average' takes the mean of series and images, which are of "
            f"unequal shape here, such as {sorted(shapes)[:3]}. Pass rows of your own "
            "as references, such as the row to compare with."
        )
    first = arrays[0]
    values = np.asarray(arrays)
    mean = as_dtype(values.mean(axis=0), values.dtype)
    return type(first)(mean.tolist()) if isinstance(first, (list, tuple)) else mean
