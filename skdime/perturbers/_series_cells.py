"""The series that one row holds, channel by channel, and means over rows of them."""

import re
from itertools import pairwise
from numbers import Real

import numpy as np

from skdime._rows.cells import as_dtype, objects
from skdime._rows.containers import column, is_frame, is_multimodal
from skdime._utils.missing import nan_mean, ratio


def channels_of(cell, channel_axis):
    """The channels of one row, each a one-dimensional array in its own dtype.

    Parameters
    ----------
    cell : ndarray; tuple, list or object array of one array or list for each channel; \
            or list or tuple of numbers
        Lists of lists are laid out like an array.
    channel_axis : {0, -1}
        Which axis of a two-dimensional array has the channels.

    Returns
    -------
    channels : list of ndarray of shape (n_timepoints,)

    Raises
    ------
    TypeError
        If the cell holds anything but numbers.
    ValueError
        If it has another shape, its channels differ in length, or it holds infinity.
    """
    if is_nested(cell):
        channels = [_as_array(channel) for channel in cell]
        if any(channel.ndim != 1 for channel in channels):
            shapes = [channel.shape for channel in channels]
            raise ValueError(
                "A row with an array for each channel must have one-dimensional "
                f"arrays, got shapes {shapes[:5]}."
            )
    else:
        values = _as_array(cell) if isinstance(cell, (list, tuple)) else cell
        if not isinstance(values, np.ndarray) or values.ndim not in (1, 2):
            raise _not_series(cell)
        channels = list(np.atleast_2d(values if channel_axis == 0 else values.T))
    _check_channels(channels)
    return channels


def is_nested(cell):
    """Whether every channel is an array of its own, as in the cells of a frame."""
    if isinstance(cell, np.ndarray):
        may_be = cell.dtype.kind == "O" and cell.ndim == 1
        channel_types = (np.ndarray, list, tuple)
    else:
        may_be, channel_types = isinstance(cell, (tuple, list)), np.ndarray
    return may_be and len(cell) > 0 and all(isinstance(c, channel_types) for c in cell)


def is_plain(cell):
    """Whether a cell is made of lists of numbers, which have no dtype."""
    channels = cell if is_nested(cell) else [cell]
    return any(isinstance(channel, (list, tuple)) for channel in channels)


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
    if is_nested(cell):
        rows = [
            [_like(values, channel) for values, channel in zip(row, cell, strict=True)]
            for row in zip(*replaced, strict=True)
        ]
        make_cell = objects if isinstance(cell, np.ndarray) else type(cell)
        return [make_cell(row) for row in rows]
    if np.ndim(cell) == 1:
        arrays = replaced[0]
    else:
        arrays = np.stack(replaced, axis=1 if channel_axis == 0 else 2)
    if isinstance(cell, np.ndarray):
        return arrays
    return [_like(array, cell) for array in arrays]


def axes_of(cell, channel_axis):
    """Which of (channel, time) are axes of a cell, in its order; None for both."""
    if is_nested(cell):
        return None
    if np.ndim(cell) == 1:
        return (1,)
    return None if channel_axis == 0 else (1, 0)


def closest(squared, missing):
    """The row of least distance among those with the fewest missing values.

    Every channel is divided by its variance, so that units do not matter.
    """
    by_channel = [
        ratio(np.nansum(values, axis=1), np.count_nonzero(~np.isnan(values), axis=1))
        for values in squared
    ]
    variance = nan_mean(np.array(by_channel))
    distance = np.nansum(by_channel / np.where(variance > 0, variance, 1), axis=1)
    return int(np.lexsort((distance, missing))[0])


def mean_of_known(arrays):
    """Mean of equally shaped arrays without nan, and how many nan each has."""
    total, n_values, missing = 0.0, 0, []
    for values in arrays:
        has_value = ~np.isnan(values)
        total = total + np.where(has_value, values, 0)
        n_values = n_values + has_value.astype(int)
        missing.append(values.size - np.count_nonzero(has_value))
    return ratio(total, n_values), missing


def _as_array(values):
    """Numbers as an array; `TypeError` for lists of anything else."""
    if isinstance(values, np.ndarray):
        return values
    try:
        array = np.asarray(values)
    except ValueError:  # of unequal length
        array = np.array(None)
    if array.size and array.dtype.kind not in "biuf":
        raise _not_series(values)
    return array


def _like(array, example):
    """An array, or what `example` is: lists or tuples of numbers, or of such again."""
    if isinstance(example, np.ndarray):
        return array
    if array.ndim > 1:
        items = [_like(row, item) for row, item in zip(array, example, strict=True)]
    else:
        numpy = isinstance(next(iter(example), None), np.generic)
        items = list(array) if numpy else array.tolist()
    return type(example)(items)


def as_columns(values, row):
    """Values that columns of a frame which are one series together can hold.

    Parameters
    ----------
    values : sequence of length n_cells
        As from :func:`with_channels`.
    row : container of one row
        Integers of its columns have reached the series as floats.

    Returns
    -------
    values : sequence of length n_cells
        Rounded, and within their range, where columns hold integers.
    """
    if is_multimodal(row):
        row = next(iter(row.values()))
    if not is_frame(row) or getattr(values, "shape", (0,))[1:] != row.shape[1:]:
        return values
    values = values.copy()
    for j in range(row.shape[1]):
        whole = re.search(r"u?int\d+|bool", str(column(row, j).dtype).lower())
        if whole:
            is_finite = np.isfinite(values[:, j])
            rounded = as_dtype(values[is_finite, j], np.dtype(whole.group()))
            values[is_finite, j] = rounded
    return values


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
    length = values.shape[1]
    if length == n_timepoints:
        return values
    positions = np.linspace(0, length - 1, n_timepoints)
    each = np.arange(length)
    return np.stack([np.interp(positions, each, channel) for channel in values])


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
        with_value = start + np.flatnonzero(finite[start:stop])
        if len(with_value):
            ends = with_value[[0, -1]]
            line[start:stop] = np.interp(np.arange(start, stop), ends, line[ends])
    return line


def _check_channels(channels):
    for channel in channels:
        if channel.dtype.kind not in "biuf":
            raise TypeError(
                f"A series must hold real numbers, got dtype {channel.dtype}. Make "
                "floats of them; what is missing (None, null, NA) is nan in a series."
            )
        if channel.dtype.kind == "f" and np.isinf(channel).any():
            raise ValueError(
                "A series holds infinity, of which no mean can be taken. Replace it by "
                "a large number, or by nan if it means missing."
            )
    lengths = sorted({len(channel) for channel in channels})
    if len(lengths) > 1:
        raise ValueError(
            f"The channels of one row must be equally long, got {lengths[:5]} time "
            "points. Give channels of other length a modality of their own."
        )


def _not_series(cell):
    cell_text = f"a {type(cell).__name__}"
    if isinstance(cell, np.ndarray):
        cell_text = f"an array of shape {cell.shape}"
    elif isinstance(cell, (tuple, list)):
        parts = [part for item in cell for part in _parts(item)]
        others = [part for part in parts if not isinstance(part, Real)]
        cell_text += f" that holds {others[0]!r:.60}" if others else " of unequal parts"
    error = TypeError if not isinstance(cell, np.ndarray) else ValueError
    return error(
        f"A row of the modality holds {cell_text}, which is no series. SeriesPerturber "
        "takes arrays of shape (n_channels, n_timepoints) or (n_timepoints,), lists of "
        "numbers, several columns of numbers, or one array or list for each channel; "
        "what is missing (None, null) is nan in a series."
    )


def _parts(item):
    return list(item) if isinstance(item, (list, tuple)) else [item]
