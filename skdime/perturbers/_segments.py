"""Where series are cut: uniform, given and learned segments of time."""

import inspect
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.base import clone

from skdime._utils.listed import count
from skdime.perturbers._contract import check_deterministic


@dataclass(frozen=True)
class Segments:
    """Segments of time that are next to each other, for series of any length.

    Attributes
    ----------
    edges : ndarray of int of shape (n_segments + 1,)
        Where segments begin, and the end of the last one: from 0 to `n_timepoints`.
    n_timepoints : int
        Length of the series that the edges are for.
    """

    edges: np.ndarray
    n_timepoints: int

    def __len__(self):
        return len(self.edges) - 1

    def of(self, n_timepoints, hint=""):
        """Edges at the same relative positions of a series of another length.

        Parameters
        ----------
        n_timepoints : int
        hint : str, default=""
            What else to look at, for the message of the error.

        Raises
        ------
        ValueError
            If a segment has no time point.
        """
        edges = self.edges * n_timepoints // self.n_timepoints
        if (np.diff(edges) < 1).any():
            raise ValueError(
                f"A series of {count(n_timepoints, 'time point')} cannot be cut into "
                f"{len(self)} segments: each needs one time point at least. Choose a "
                f"smaller n_segments, or fewer change points.{hint}"
            )
        return edges


def uniform_segments(n_segments):
    """As equally long as whole time points allow."""
    return Segments(np.arange(n_segments + 1), n_segments)


def given_segments(points, n_timepoints):
    """Between change points that the user names."""
    edges = _edges(points, n_timepoints)
    if edges is None:
        raise ValueError(
            "`segments` must hold change points, the time points at which segments "
            f"begin: integers from 1 to {n_timepoints - 1} in increasing order, for "
            f"series of {n_timepoints} time points. Got {points!r:.60}."
        )
    return Segments(edges, n_timepoints)


def learned_segments(segmenter, signal, n_segments, random_state):
    """Where a segmenter, a clusterer or a function cuts a signal.

    Parameters
    ----------
    segmenter : object with ``fit``, or callable
    signal : ndarray of float of shape (n_timepoints, n_channels)
    n_segments : int
        Told to a segmenter that asks for a number of change points.
    random_state : RandomState
        For a segmenter with a ``random_state`` that is None.

    Returns
    -------
    segments : Segments

    Raises
    ------
    ValueError
        If what the segmenter returns is neither change points nor labels, or is
        something else the second time.
    """
    seed, n_timepoints = random_state.randint(2**31 - 1), len(signal)
    if hasattr(segmenter, "fit"):
        call = partial(_fit_predict, segmenter, signal, n_segments, seed)
    else:
        call = partial(segmenter, signal)
    cut = check_deterministic("segments", segmenter, call)
    edges = _edges(cut, n_timepoints)
    if edges is None:
        edges = _edges_of_labels(cut, n_timepoints)
    if edges is None:
        raise ValueError(
            f"The segmenter {segmenter!r:.60} must return change points (integers from "
            f"1 to {n_timepoints - 1} in increasing order) or one label for each of "
            f"{n_timepoints} time points, but returned {cut!r:.60}."
        )
    return Segments(edges, n_timepoints)


def _fit_predict(segmenter, signal, n_segments, seed):
    segmenter = clone(segmenter, safe=False)
    parameters = segmenter.get_params() if hasattr(segmenter, "get_params") else {}
    if parameters.get("random_state", 0) is None:
        segmenter.set_params(random_state=seed)
    if not hasattr(segmenter, "predict"):
        return segmenter.fit_predict(signal)
    # aeon is told which axis is time
    axis = {"axis": 0} if "axis" in _arguments(segmenter.fit) else {}
    segmenter.fit(signal, **axis)
    parameters_of_predict = _arguments(segmenter.predict)
    if "n_bkps" in parameters_of_predict:  # ruptures
        return segmenter.predict(n_bkps=n_segments - 1)
    if "pen" in parameters_of_predict:
        name = type(segmenter).__name__
        raise TypeError(
            f"The detector {name} cannot be asked for a number of segments: it takes a "
            "penalty, which only you can choose. Wrap it in a callable: segments="
            f"lambda signal: {name}(...).fit_predict(signal, pen=...)."
        )
    return segmenter.predict(signal, **axis)


def _arguments(method):
    return inspect.signature(method).parameters


def _edges(points, n_timepoints):
    """Change points with both ends of the series, or None if they are none."""
    points = np.asarray(points)
    if points.ndim != 1 or (points.dtype.kind not in "iu" and points.size):
        return None
    inner = points.astype(int).tolist()
    starts = inner if inner[:1] == [0] else [0, *inner]
    edges = np.array(starts if starts[-1] == n_timepoints else [*starts, n_timepoints])
    return edges if (np.diff(edges) > 0).all() else None


def _edges_of_labels(labels, n_timepoints):
    """A segment is a run of equal labels; None if these are no labels."""
    labels = np.asarray(labels)
    if labels.shape != (n_timepoints,):
        return None
    changes = 1 + np.flatnonzero(labels[1:] != labels[:-1])
    return np.array([0, *changes, n_timepoints])
