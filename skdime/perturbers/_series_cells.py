"""The series that one row holds, channel by channel, whatever their layout."""

from itertools import pairwise

import numpy as np

from skdime._cells import objects


def channels_of(cell, channel_axis):
    """The channels of one row, each a one-dimensional array in its own dtype.

    Parameters
    ----------
    cell : ndarray, or tuple, list or object array of one-dimensional arrays
    channel_axis : {0, -1}
        Which axis of a two-dimensional array has the channels.

    Returns
    -------
    channels : list of ndarray of shape (n_timepoints,)

    Raises
    ------
    TypeError
        If the cell holds anything but arrays of numbers.
    ValueError
        If it has another shape, or its channels differ in length.
    """
    if is_nested(cell):
        channels = list(cell)
        if any(np.ndim(channel) != 1 for channel in channels):
            shapes = [np.shape(channel) for channel in channels]
            raise ValueError(
                "A row with an array for each channel must have one-dimensional "
                f"arrays, got shapes {shapes[:5]}."
            )
    elif isinstance(cell, np.ndarray) and cell.ndim == 1:
        channels = [cell]
    elif isinstance(cell, np.ndarray) and cell.ndim == 2:
        channels = list(cell if channel_axis == 0 else cell.T)
    else:
        raise _not_series(cell)
    _check_channels(channels)
    return channels


def is_nested(cell):
    """Whether every channel is an array of its own, as in the cells of a frame."""
    if isinstance(cell, np.ndarray) and (cell.dtype.kind != "O" or cell.ndim != 1):
        return False
    return (
        isinstance(cell, (np.ndarray, tuple, list))
        and len(cell) > 0
        and all(isinstance(channel, np.ndarray) for channel in cell)
    )


def with_channels(cell, channel_axis, replaced):
    """Cells like one, with other values.

    Parameters
    ----------
    cell : ndarray, tuple or list
        Gives the layout.
    channel_axis : {0, -1}
    replaced : list of ndarray of shape (n_cells, n_timepoints)
        The values of every channel.

    Returns
    -------
    cells : sequence of length n_cells
    """
    if not is_nested(cell):
        if cell.ndim == 1:
            return replaced[0]
        return np.stack(replaced, axis=1 if channel_axis == 0 else 2)
    rows = zip(*replaced, strict=True)
    if not isinstance(cell, np.ndarray):
        return [type(cell)(row) for row in rows]
    return [objects(row) for row in rows]


def resampled(channels, n_timepoints):
    """Channels as floats at the same relative positions of another length.

    Parameters
    ----------
    channels : sequence of ndarray of shape (n_known,)
    n_timepoints : int

    Returns
    -------
    values : ndarray of float of shape (n_channels, n_timepoints)
        Between two known points on the straight line through them.
    """
    values = np.array(channels, dtype=np.float64)
    n_known = values.shape[1]
    if n_known == n_timepoints:
        return values
    positions = np.linspace(0, n_known - 1, n_timepoints)
    known = np.arange(n_known)
    return np.stack([np.interp(positions, known, channel) for channel in values])


def straight(channel, edges):
    """Each segment of a channel as the line from its first to its last value.

    Missing values at the border are passed over; a segment of nothing else stays.

    Parameters
    ----------
    channel : ndarray of shape (n_timepoints,)
    edges : ndarray of int of shape (n_segments + 1,)

    Returns
    -------
    line : ndarray of float of shape (n_timepoints,)
    """
    line = channel.astype(np.float64)
    finite = np.isfinite(line)
    for start, stop in pairwise(edges):
        known = start + np.flatnonzero(finite[start:stop])
        if len(known):
            ends = known[[0, -1]]
            line[start:stop] = np.interp(np.arange(start, stop), ends, line[ends])
    return line


def _check_channels(channels):
    for channel in channels:
        if channel.dtype.kind not in "biuf":
            raise TypeError(
                f"A series must hold real numbers, got dtype {channel.dtype}. Convert "
                "it, as with X.astype(float), or leave out what is no number."
            )
    lengths = sorted({len(channel) for channel in channels})
    if len(lengths) > 1:
        raise ValueError(
            f"The channels of one row must be equally long, got {lengths[:5]} time "
            "points. Give channels of other length a modality of their own."
        )


def _not_series(cell):
    given = f"a {type(cell).__name__}"
    if isinstance(cell, np.ndarray):
        given = f"an array of shape {cell.shape}"
    elif isinstance(cell, (tuple, list)):
        given += " that does not hold one array for each channel"
    told = TypeError if not isinstance(cell, np.ndarray) else ValueError
    return told(
        f"A row of the modality holds {given}, which is no series. SeriesPerturber "
        "takes arrays of shape (n_channels, n_timepoints) or (n_timepoints,), several "
        "columns of numbers, or one array for each channel."
    )
