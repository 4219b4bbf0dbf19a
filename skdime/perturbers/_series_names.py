"""What channels and segments of series are called."""

from itertools import pairwise

import numpy as np

from skdime._utils.listed import count


def check_channel_names(names, n_channels):
    """The names of channels that were passed, as a list of str.

    Raises
    ------
    ValueError
        If there is not one for each channel, or two are the same.
    """
    names = [str(name) for name in names]
    if len(names) != n_channels or len(set(names)) < n_channels:
        raise ValueError(
            f"`channel_names` has {count(len(names), 'name')}, {len(set(names))} of "
            f"them different, but rows have {count(n_channels, 'channel')}. Give each "
            "channel a name of its own."
        )
    return names


def check_times(times, lengths):
    """The times of points that were passed, as an array.

    Parameters
    ----------
    times : array-like
    lengths : list of int
        Numbers of time points that rows have.

    Raises
    ------
    ValueError
        If they do not ascend, or rows differ in length or have other numbers of points.
    """
    times = np.asarray(times)
    if lengths != [len(times)]:
        raise ValueError(
            f"`times` has {len(times)} points of time, but rows have "
            f"{lengths[0] if len(lengths) == 1 else f'{lengths[0]} to {lengths[-1]}'}. "
            "Give one for each time point; rows of unequal length have none."
        )
    if times.dtype.kind not in "iufmM" or not (times[1:] > times[:-1]).all():
        raise ValueError(
            "`times` must be numbers, dates or durations in ascending order. Got dtype "
            f"{times.dtype}, from {times[0]!s:.60} to {times[-1]!s:.60}."
        )
    return times


def segment_names(edges, times=None, unit=""):
    """Names of segments: ``[start:stop]``, in time points or in times.

    Parameters
    ----------
    edges : ndarray of int of shape (n_segments + 1,)
    times : ndarray of shape (n_timepoints,), default=None
    unit : str, default=""

    Returns
    -------
    names : list of str
    """
    if times is None:
        return [f"[{start}:{stop}]" for start, stop in pairwise(edges)]
    # the last point lasts as long as the one before it
    ends = np.append(times, times[-1] + (times[-1] - times[-2]))[edges]
    texts = [f"{end:.6g}" if times.dtype.kind == "f" else str(end) for end in ends]
    if len(set(texts)) < len(texts):
        texts = [str(end) for end in ends]
    return [f"[{start}:{stop}{unit and f' {unit}'}]" for start, stop in pairwise(texts)]
