"""How much of an explanation a page holds, so that a browser can open it."""

from dataclasses import fields, is_dataclass, replace

import numpy as np

from skdime._utils.missing import nan_mean

# Numbers of rows, features and outputs in a page, each of which takes about 120 bytes.
MOST_NUMBERS = 200_000
# More cannot be picked from a list, or compared with one another.
MOST_OUTPUTS, MOST_FEATURES = 20, 500
# Bytes of texts, series and images, of all rows.
MOST_BYTES_OF_DRAWINGS = 2**24


def with_few_outputs(explanation):
    """The explanation with its largest outputs, in their order, if there are many."""
    output = explanation.decomposition.output
    if output.shape[1] <= MOST_OUTPUTS:
        return explanation
    largest = np.argsort(-nan_mean(np.abs(output)), kind="stable")[:MOST_OUTPUTS]
    return _chosen(explanation, np.sort(largest), output.shape[1])


def _chosen(result, outputs, n_outputs):
    """A result whose arrays have some of their outputs, which are the last axis."""
    changes = {}
    for field in fields(result):
        value = getattr(result, field.name)
        if is_dataclass(value):
            changes[field.name] = _chosen(value, outputs, n_outputs)
        elif field.name == "output_names":
            changes[field.name] = value[outputs]
        elif getattr(value, "dtype", np.dtype(object)).kind == "f":
            is_by_output = field.name != "effective_samples"
            changes[field.name] = value[..., outputs] if is_by_output else value
    return replace(result, **changes)


def n_rows_within(explanation, max_rows):
    """How many rows can be picked on a page."""
    _, _, n_features, n_outputs = explanation.coef.shape
    a_row = max(1, min(n_features, MOST_FEATURES) * n_outputs)
    return min(max_rows, len(explanation), max(1, MOST_NUMBERS // a_row))


def strongest(sizes):
    """Positions of the strongest features, in their order; all if they are few.

    Parameters
    ----------
    sizes : ndarray of shape (..., n_features, n_outputs)
        Coefficients.
    """
    n_features = sizes.shape[-2]
    if n_features <= MOST_FEATURES:
        return np.arange(n_features)
    size = np.nan_to_num(np.abs(sizes))
    size = size.reshape(-1, *size.shape[-2:]).max(axis=(0, 2))
    return np.sort(np.argsort(-size, kind="stable")[:MOST_FEATURES])


def drawings_within(draw, rows):
    """Drawings of the first rows, as many as a page has room for, and at least one.

    Parameters
    ----------
    draw : callable
        From the position of a row to its markup.
    rows : range

    Returns
    -------
    drawings : list of str
    """
    drawings, n_bytes = [], 0
    for row in rows:
        drawing = draw(row)
        n_bytes += len(drawing)
        if drawings and n_bytes > MOST_BYTES_OF_DRAWINGS:
            break
        drawings.append(drawing)
    return drawings
