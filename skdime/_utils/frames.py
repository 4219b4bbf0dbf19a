"""Tidy pandas frames of arrays."""

import numpy as np


def long_frame(shape, **columns):
    """A frame with one line for each entry of arrays of a shape.

    Parameters
    ----------
    shape : tuple of int
    **columns : array-like or tuple of int and sequence
        Numbers that are broadcast to the shape, or an axis and its names.
    """
    import pandas as pd

    positions = np.indices(shape)

    def column_of(values):
        if isinstance(values, tuple):
            axis, names = values
            return np.asarray(names)[positions[axis].ravel()]
        return np.broadcast_to(values, shape).ravel()

    return pd.DataFrame({k: column_of(values) for k, values in columns.items()})
