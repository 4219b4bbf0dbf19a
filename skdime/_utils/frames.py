"""Tidy pandas frames of arrays."""

import numpy as np

from skdime._utils.optional import optional_module


def long_frame(axes, **numbers):
    """A frame with one line for each entry of arrays.

    Parameters
    ----------
    axes : list of dict of str to sequence
        For each axis of the arrays its columns: what the entries along it are called.
    **numbers : array-like
        Further columns, each broadcast to the shape of the axes.
    """
    shape = [len(next(iter(columns.values()))) for columns in axes]
    data = {
        column: np.asarray(names)[positions.ravel()]
        for columns, positions in zip(axes, np.indices(shape), strict=True)
        for column, names in columns.items()
    }
    data |= {k: np.broadcast_to(v, shape).ravel() for k, v in numbers.items()}
    return frame_of(data)


def frame_of(columns):
    """A frame of columns.

    Parameters
    ----------
    columns : dict of str to ndarray
        Texts that are no Unicode become objects, because pandas keeps no such texts.
    """
    pd = optional_module("pandas", "pandas")

    try:
        return pd.DataFrame(columns)
    except UnicodeEncodeError:
        series_by_name = {
            name: pd.Series(values, dtype=object if values.dtype.kind in "UO" else None)
            for name, values in columns.items()
        }
        return pd.DataFrame(series_by_name)
