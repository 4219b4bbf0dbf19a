"""SeriesDisplay: a series, its segments shaded by UC and by MI."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skdime._results.labels import channel_name, runs
from skdime.displays import _lettering
from skdime.displays._elements import ElementsDisplay
from skdime.displays._style import LINE, tints
from skdime.displays._words import shorten_all


@dataclass(kw_only=True, eq=False, repr=False)
class SeriesDisplay(ElementsDisplay):
    """Show which segments of a series are behind UC and MI of one row.

    The channels of a series, with segments shaded by coefficients.

    Left UC, right MI, on one scale. Thin lines are the edges of the segments.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    values : ndarray of shape (n_channels, n_timepoints)
        The series, nan after its end.
    labels : ndarray of int of shape (n_channels, n_timepoints)
        For every point the position of its segment in `coef`, -1 where it has none.
    coef : ndarray of shape (2, n_features)
        Coefficients of UC and MI.
    feature_names : sequence of str
        Names of the segments.
    modality_name, row_name : str
        What is shown.
    quantity : str
        What the coefficients change, with its unit.
    n_features : int, default=None
        How many features the row has, if not all are coloured.
    sums : ndarray of shape (2, 2), default=None
        Of UC and of MI the sum of all coefficients and the rest that they leave.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_channels, 2)
        Panels of UC and of MI, one row a channel.
    figure_ : matplotlib Figure
        The figure that holds them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from skdime.displays import SeriesDisplay
    >>> display = SeriesDisplay(
    ...     values=np.sin(np.linspace(0, 9, 60))[None],
    ...     labels=np.repeat([0, 1, 2], 20)[None],
    ...     coef=[[0.3, -0.1, 0.0], [0.0, 0.2, 0.1]],
    ...     feature_names=["start", "middle", "end"],
    ...     modality_name="ECG",
    ...     row_name="7",
    ...     quantity="probability of 'ill'",
    ... ).plot()
    >>> print(display.frame().head(4))
      part modality feature  coef  n_elements
    0   uc      ECG   start   0.3          20
    1   uc      ECG  middle  -0.1          20
    2   uc      ECG     end   0.0          20
    3   mi      ECG   start   0.0          20
    >>> plt.close(display.figure_)
    """

    kind: ClassVar[str] = "series"

    def _size(self):
        n_channels = len(self.values)
        return 9, min(1.5, 0.6 + 6 / n_channels) * n_channels + 1.8

    def _draw(self, palette):
        colours, n_channels = tints(palette), len(self.values)
        self.axes_ = self._divide(n_channels, 2, scale="below")
        for channel, pair in enumerate(self.axes_):
            for p, axes in enumerate(pair):
                self._draw_channel(axes, channel, p, colours)
        self._label_channels()
        self._draw_scale(colours)

    def _write(self):
        _lettering.titled(self.axes_[0, 0], f"{self._title}\n{self._part_title('uc')}")
        _lettering.titled(self.axes_[0, 1], self._part_title("mi"))
        self._write_scale()

    def _channel_names(self):
        if len(self.values) == 1:
            return [""]
        features = np.asarray(self.feature_names)
        names = [
            channel_name(c, np.asarray(labels), features)
            for c, labels in enumerate(self.labels)
        ]
        return shorten_all(names, _lettering.letters_in(0.14 * self._panels.size[0]))

    def _draw_channel(self, axes, channel, p, colours):
        values, labels = np.asarray(self.values)[channel], self.labels[channel]
        shares = np.asarray(self.coef[p]) / self.limit
        draw_channel(axes, values, labels, shares, colours)

    def _label_channels(self):
        size, larger = (_lettering.tick_size(self.axes_[0, 0], n) for n in (3, 1.3))
        upright = self.axes_[0, 0].get_window_extent().height
        high = upright / self._place.figure.dpi > 0.4  # else numbers would touch
        for axes in self.axes_.ravel():
            first, last = axes in self.axes_[:, 0], axes in self.axes_[-1]
            axes.tick_params(labelbottom=last, labelleft=high and first, labelsize=size)
            axes.locator_params(axis="y", nbins=3)
            _lettering.open_frame(axes)
            if last:
                axes.set_xlabel("time point")
        for axes, name in zip(self.axes_[:, 0], self._channel_names(), strict=True):
            axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=larger)


def draw_channel(axes, values, labels, shares, colours):
    """A curve on the shades of its segments.

    Parameters
    ----------
    axes : matplotlib Axes
    values : ndarray of shape (n_timepoints,)
        nan after the end.
    labels : ndarray of int of shape (n_timepoints,)
        The feature of each point, -1 for none.
    shares : ndarray of shape (n_features,)
        What segments are coloured by, from -1 to 1.
    colours : Colormap
    """
    from matplotlib import rcParams

    measured = np.flatnonzero(~np.isnan(values))
    length = measured.max() + 1 if len(measured) else len(values)
    for start, end, label in runs(labels[:length]):
        if label >= 0 and np.isfinite(shares[label]):
            shade = colours(0.5 + shares[label] / 2)
            axes.axvspan(start - 0.5, end - 0.5, color=shade, lw=0, zorder=0)
        if start:
            axes.axvline(start - 0.5, color=LINE, lw=0.6, alpha=0.7, zorder=1)
    axes.plot(values[:length], color=rcParams["text.color"], lw=1)
    axes.set_xlim(-0.5, length - 0.5)
