"""SeriesPerturber: stretches of time of the channels of series."""

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, Literal

import numpy as np

from skdime._rows.cells import as_dtype
from skdime._rows.containers import cells
from skdime._utils.annotations import ArrayLike, HasFit, Masks, Names, Random
from skdime._utils.from_sklearn import HasMethods, Interval, StrOptions
from skdime._utils.listed import count
from skdime._utils.missing import ratio
from skdime._utils.parameters import check_parameters
from skdime.perturbers._masks import MOST_FEATURES, Effects, MaskPerturber
from skdime.perturbers._segments import (
    given_segments,
    learned_segments,
    uniform_segments,
)
from skdime.perturbers._series_cells import (
    as_columns,
    axes_of,
    channels_of,
    closest,
    is_nested,
    is_plain,
    mean_of_known,
    resampled,
    straight,
    with_channels,
)
from skdime.perturbers._series_names import (
    check_channel_names,
    check_times,
    segment_names,
)


class SeriesPerturber(MaskPerturber):
    """Explain time series and sound by replacing time segments.

    A feature is a time segment of one channel, or of all channels. A coefficient
    estimates how much the output changes if the segment is as in the row instead of
    replaced.

    Rows contain arrays of shape (n_channels, n_timepoints) or (n_timepoints,), several
    columns of a table that are one series in order, or one array for each channel, as
    in the cells of a data frame. Lists of numbers, as from JSON, work like arrays, and
    the model receives lists. A recorded sound is a series of one channel.

    Parameters
    ----------
    n_segments : int, default=10
        Number of segments of each channel, of equal length up to one time point.
        Ignored if `segments` defines the cuts.
    segments : array-like of int, segmenter or callable, default=None
        Defines where all series and channels are cut. An array contains change points:
        the time points at which segments begin, except the first. A segmenter is any
        object with ``fit`` and ``predict`` (or ``fit_predict``) that cuts a signal of
        shape (n_timepoints, n_channels), the mean over the rows passed to ``fit``. It
        returns change points, or a label for each time point, of which each run of
        equal ones is a segment. A callable maps the signal to either of the two.
        Detectors of ruptures, which ``pip install skdime[series]`` brings, are asked
        for `n_segments`; what takes a penalty instead goes into a callable,
        ``lambda signal: ruptures.Pelt().fit_predict(signal, pen=3)``.
    replacement : {"mean", "linear", "noise", "row"}, default="mean"
        Replacement of a segment. ``"mean"``: the mean over the rows passed to ``fit``,
        by channel and time point. ``"linear"``: a straight line from the first to the
        last value that the segment has in the row. ``"noise"``: normal noise around
        the mean with the standard deviation of the rows, drawn once in ``fit``.
        ``"row"``: the values of a real row, the one closest to the mean. In this row
        itself all coefficients are 0.
    channels : {"apart", "together"}, default="apart"
        Whether a segment of each channel is a feature, or a segment of all channels
        together is one. Choose ``"together"`` to ask when rather than where, and for
        many channels, such as an embedding at each time point.
    channel_axis : {0, -1}, default=0
        Axis of the channels in the two-dimensional array of a row: 0 is (n_channels,
        n_timepoints), -1 is (n_timepoints, n_channels).
    channel_names : sequence of str, default=None
        Names of the channels, such as ``["flow", "pressure"]``. By default those of
        columns, or ``ch0``, ``ch1``.
    times : array-like of shape (n_timepoints,), default=None
        Ascending numbers, dates or durations of the time points. Names of features then
        contain times instead of positions. All rows must have this length.
    time_unit : str, default=""
        Unit of `times` in names of features, such as ``"s"``.
    effects : {"shapley", "banzhaf"}, default="shapley"
        Kind of coefficient; see :class:`MaskPerturber`.

    Attributes
    ----------
    replacement_ : ndarray of shape (n_channels, n_timepoints) or None
        Replacement, at the length of the longest row passed to ``fit``. None
        for ``replacement="linear"``.
    feature_names_ : ndarray of str of shape (n_features,)
        ``channel[start:stop]``, or ``channel 3/10`` (the third of ten) if rows differ
        in length; without the channel if there is only one, or all are together.

    See Also
    --------
    TabularPerturber : For columns that are not in the order of time.

    Notes
    -----
    Missing values (nan) are values like others, and means ignore them. Infinity raises
    an error. Integers stay integers, because replacements are rounded.

    Rows of different length are cut at the same relative positions. Their replacement
    is interpolated linearly between time points. Change points need rows of equal
    length.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime.perturbers import SeriesPerturber
    >>> X = np.array([[[1, 1, 5, 5]], [[3, 3, 7, 7]]])
    >>> perturber = SeriesPerturber(n_segments=2).fit(X)
    >>> perturber.features(X[0])
    ['[0:2]', '[2:4]']
    >>> perturber.perturb(X[0], np.array([[True, False], [False, True]]))
    array([[[1, 1, 6, 6]],
    <BLANKLINE>
           [[2, 2, 5, 5]]])
    """

    kind = "series"

    _parameter_constraints: dict = {
        "n_segments": [Interval(Integral, 1, None, closed="left")],
        "segments": [None, "array-like", HasMethods("fit"), callable],
        "replacement": [StrOptions({"mean", "linear", "noise", "row"})],
        "channels": [StrOptions({"apart", "together"})],
        "channel_axis": [Interval(Integral, -1, 0, closed="both")],
        "channel_names": [None, "array-like"],
        "times": [None, "array-like"],
        "time_unit": [str],
    }

    def __init__(
        self,
        n_segments: int = 10,
        *,
        segments: ArrayLike | HasFit | Callable[[Any], Any] | None = None,
        replacement: Literal["mean", "linear", "noise", "row"] = "mean",
        channels: Literal["apart", "together"] = "apart",
        channel_axis: Literal[0, -1] = 0,
        channel_names: Sequence[str] | None = None,
        times: ArrayLike | None = None,
        time_unit: str = "",
        effects: Effects = "shapley",
    ) -> None:
        self.n_segments = n_segments
        self.segments = segments
        self.replacement = replacement
        self.channels = channels
        self.channel_axis = channel_axis
        self.channel_names = channel_names
        self.times = times
        self.time_unit = time_unit
        self.effects = effects

    def learn(self, rows: Any, column_names: Names, random_state: Random) -> None:
        """Learn where to cut and what replaces; see :class:`MaskPerturber`."""
        check_parameters(self)
        shapes, self._whole = self._shapes(rows)
        lengths = sorted({n_timepoints for _, n_timepoints in shapes})
        self._n_timepoints = lengths[0] if len(lengths) == 1 else None
        self._names = self._channel_names(rows[0], column_names, shapes[0][0])
        self._times = None
        if self.times is not None:
            self._times = check_times(self.times, lengths)
        mean, missing = mean_of_known(self._resampled(rows, lengths[-1]))
        self._segments = self._cut(mean, lengths, random_state)
        self._check_number(len(self._names), len(self._segments))
        for length in lengths:
            self._segments.of(length, hint=_HINT)
        self.replacement_ = self._reference(rows, mean, missing, random_state)

    def features(self, cell: Any) -> list[str]:
        """Names of channels and segments; see :class:`MaskPerturber`."""
        edges = self._edges(self._read(cell))
        names = self._names if self._apart else [""]
        if self._n_timepoints is None:
            n = len(self._segments)
            cuts = [f"{k}/{n}" for k in range(1, n + 1)]
            return [f"{name} {cut}".lstrip() for name in names for cut in cuts]
        cuts = segment_names(edges, self._times, self.time_unit)
        return [name + cut for name in names for cut in cuts]

    def perturb(self, cell: Any, masks: Masks) -> Any:
        """The row with some segments replaced; see :class:`MaskPerturber`."""
        channels = self._read(cell)
        masks = np.asarray(masks, dtype=bool)
        parts = zip(self.labels(cell), channels, self._replaced(channels), strict=True)
        replaced = [np.where(masks[:, at], own, other) for at, own, other in parts]
        return with_channels(cell, self.channel_axis, replaced)

    def perturb_row(self, row: Any, masks: Masks) -> Any:
        """Perturb a row in its own container; see :class:`MaskPerturber`.

        Columns of integers that are one series together stay integers.
        """
        perturbed = self.perturb(cells(row)[0], masks)
        return self._put_back(row, as_columns(perturbed, row))

    def labels(self, cell: Any) -> np.ndarray:
        """The feature of every channel and time point.

        Parameters
        ----------
        cell : ndarray, or tuple, list or object array of arrays

        Returns
        -------
        labels : ndarray of int of shape (n_channels, n_timepoints)
            Channels first, whatever the layout of the cell.
        """
        edges = self._edges(self._read(cell))
        segment = np.repeat(np.arange(len(self._segments)), np.diff(edges))
        channel = np.arange(len(self._names)) * self._apart
        return len(self._segments) * channel[:, None] + segment

    def inert(self, cell: Any) -> np.ndarray:
        """Segments that hold what replaces them; see :class:`MaskPerturber`."""
        channels = self._read(cell)
        changed = [
            (own != other) & ~(np.isnan(own) & np.isnan(other))
            for own, other in zip(channels, self._replaced(channels), strict=True)
        ]
        starts = self._edges(channels)[:-1]
        by_channel = np.logical_or.reduceat(changed, starts, axis=1)
        if not self._apart:
            by_channel = by_channel.any(axis=0, keepdims=True)
        return np.logical_not(by_channel).ravel()

    def shown(self, cell: Any) -> Any:
        """The values that displays draw.

        Parameters
        ----------
        cell : ndarray, or tuple, list or object array of arrays

        Returns
        -------
        values : ndarray of float of shape (n_channels, n_timepoints)
            Channels first, whatever the layout of the cell.
        """
        return np.array(self._read(cell), dtype=np.float64)

    def describe(self, cell: Any) -> list[str]:
        """The mean of every feature, missing values left out, as text.

        Of channels that are together it is the mean of each of them.

        Parameters
        ----------
        cell : ndarray, or tuple, list or object array of arrays

        Returns
        -------
        texts : list of str of length n_features
        """
        values = self.shown(cell)
        has_value = ~np.isnan(values)
        starts = self._edges(values)[:-1]
        total = np.add.reduceat(np.where(has_value, values, 0), starts, axis=1)
        means = ratio(total, np.add.reduceat(has_value, starts, axis=1, dtype=int))
        features = means.reshape(1, -1) if self._apart else means
        return [", ".join(f"{mean:.4g}" for mean in each) for each in features.T]

    def axes_of(self, cell: Any) -> tuple[int, ...] | None:
        """Which of channel and time the cell has; see :class:`MaskPerturber`."""
        return axes_of(cell, self.channel_axis)

    @property
    def _apart(self):
        return self.channels == "apart"

    def _check_number(self, n_channels, n_segments):
        """Refuse a single feature, and more than masks of them fit in memory."""
        n_features = n_segments * (n_channels if self._apart else 1)
        counts = f"{count(n_channels, 'channel')} of {count(n_segments, 'segment')}"
        if n_features < 2:
            raise ValueError(
                f"A modality needs at least 2 features, but {counts} make "
                f"{n_features}. Choose a larger n_segments, or more change points."
            )
        if n_features > MOST_FEATURES:
            raise ValueError(
                f"{counts} make {n_features:,} features, of which at most "
                f"{MOST_FEATURES:,} can be masked. Set channels='together' for "
                "segments of all channels, choose fewer segments, or, for sets of "
                "objects, name a SetPerturber."
            )

    def _read(self, cell):
        """The channels of a row, which has to be like those given to ``fit``."""
        channels = channels_of(cell, self.channel_axis)
        if is_plain(cell) and not self._whole:
            # what JSON writes as 1 is 1.0 beside other numbers
            channels = [c if c.dtype.kind == "f" else c.astype(float) for c in channels]
        if len(channels) != len(self._names):
            raise ValueError(
                f"A row has {count(len(channels), 'channel')}, but the rows passed to "
                f"fit had {len(self._names)}. All rows must have the same channels."
            )
        if self._n_timepoints not in (None, len(channels[0])):
            raise ValueError(
                f"A row has {len(channels[0])} time points, but all rows given to fit "
                f"had {self._n_timepoints}. Give fit rows of different length if rows "
                "to explain may have any."
            )
        return channels

    def _edges(self, channels):
        return self._segments.of(len(channels[0]))

    def _replaced(self, channels):
        """What replaces every time point, in the dtype of its channel."""
        if self.replacement_ is None:
            edges = self._edges(channels)
            values = [straight(channel, edges) for channel in channels]
        else:
            values = resampled(self.replacement_, len(channels[0]))
        pairs = zip(channels, values, strict=True)
        return [as_dtype(other, own.dtype) for own, other in pairs]

    def _shapes(self, rows):
        """Number of channels and time points of rows; whether all are integers."""
        shapes, whole = [], True
        for cell in rows:
            channels = channels_of(cell, self.channel_axis)
            if not channels or not len(channels[0]):
                raise ValueError(
                    f"Row {len(shapes)} holds no time points or no channels. Leave out "
                    "such rows, or fill them with nan."
                )
            shapes.append((len(channels), len(channels[0])))
            whole = whole and all(channel.dtype.kind in "biu" for channel in channels)
        numbers = sorted({n_channels for n_channels, _ in shapes})
        if len(numbers) > 1:
            raise ValueError(
                f"Rows have {numbers[:5]} channels. All must have the same number; "
                f"channel_axis={self.channel_axis} says which axis holds them."
            )
        return shapes, whole

    def _channel_names(self, cell, column_names, n_channels):
        """Of channels that are columns, or by number; nothing for a single one."""
        if self.channel_names is not None:
            return check_channel_names(self.channel_names, n_channels)
        if n_channels == 1:
            return [""]
        channels_first = is_nested(cell) or self.channel_axis == 0
        if channels_first and len(column_names) == n_channels:
            return [str(name) for name in column_names]
        return [f"ch{c}" for c in range(n_channels)]

    def _cut(self, mean, lengths, random_state):
        if self.segments is None:
            return uniform_segments(self.n_segments)
        if hasattr(self.segments, "fit") or callable(self.segments):
            return learned_segments(
                self.segments, mean.T, self.n_segments, random_state
            )
        if len(lengths) > 1:
            raise ValueError(
                f"`segments` holds change points, but rows have {lengths[0]} to "
                f"{lengths[-1]} time points. Use n_segments, which cuts at relative "
                "positions, or give rows of equal length."
            )
        return given_segments(self.segments, lengths[0])

    def _resampled(self, rows, n_timepoints):
        """The rows one by one, as floats of one length."""
        for cell in rows:
            yield resampled(channels_of(cell, self.channel_axis), n_timepoints)

    def _reference(self, rows, mean, missing, random_state):
        """What replaces segments, or None if that depends on the row."""
        if self.replacement == "linear":
            return None
        if self.replacement == "mean":
            return mean
        squared = (np.square(x - mean) for x in self._resampled(rows, mean.shape[1]))
        if self.replacement == "noise":
            deviation = np.sqrt(mean_of_known(squared)[0])
            return mean + deviation * random_state.normal(size=mean.shape)
        row = closest(squared, missing)
        return resampled(channels_of(rows[row], self.channel_axis), mean.shape[1])


# Said where there are fewer time points than segments.
_HINT = (
    " Time is the last axis of a row's array, or the first with channel_axis=-1; of an "
    "X of three dimensions axis 1 is that of channels, as after X.transpose(0, 2, 1) "
    "of (n_cases, n_timepoints, n_channels). Images and objects with features, such as "
    "boxes, are no series: name an ImagePerturber or a SetPerturber."
)
