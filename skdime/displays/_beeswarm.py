"""BeeswarmDisplay: the coefficients of every row, coloured by what the row holds."""

import numpy as np

from skdime._explanation import PARTS
from skdime._sklearn import check_matplotlib_support
from skdime.displays._base import (
    ExplanationDisplay,
    check_explanation,
    describe_output,
    shown_output,
)
from skdime.displays._choice import numbers, shown_features
from skdime.displays._panels import (
    clean,
    name_rows,
    panels,
    room,
    share_limits,
    titled,
    upright_room,
    wrap,
)
from skdime.displays._style import (
    LINE,
    PART_TITLES,
    TOTAL,
    counted,
    feature_label,
    values_colours,
)


class BeeswarmDisplay(ExplanationDisplay):
    """One dot for every row and feature, for UC and MI in one order.

    Dots are coloured by the value of the feature, from its 5th to its 95th
    percentile; grey where values are no numbers.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    coef : ndarray of shape (n_rows, 2, n_features)
        Coefficients of UC and MI, nan where a row does not have the feature.
    feature_values : ndarray of str of shape (n_rows, n_features)
        What the rows hold.
    feature_names, feature_modalities : sequence of str
        The features, from top to bottom.
    row_names : sequence
        The rows.
    quantity : str
        What the coefficients change, with its unit.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (2,)
        Panels of UC and of MI.
    figure_ : matplotlib Figure
        The figure that holds them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from skdime.displays import BeeswarmDisplay
    >>> rng = np.random.RandomState(0)
    >>> display = BeeswarmDisplay(
    ...     coef=rng.normal(size=(50, 2, 3)),
    ...     feature_values=rng.normal(size=(50, 3)).astype(str),
    ...     feature_names=["bmi", "age", "glucose"],
    ...     feature_modalities=["exam", "exam", "serum"],
    ...     row_names=range(50),
    ...     quantity="prediction",
    ... ).plot()
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        coef,
        feature_values,
        feature_names,
        feature_modalities,
        row_names,
        quantity,
    ):
        self.coef = coef
        self.feature_values = feature_values
        self.feature_names = feature_names
        self.feature_modalities = feature_modalities
        self.row_names = row_names
        self.quantity = quantity

    @classmethod
    def from_explanation(
        cls,
        explanation,
        *,
        output=None,
        max_display=10,
        order="size",
        ax=None,
        palette=None,
    ):
        """Draw all rows of an explanation.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned.
        output : label, default=None
            A name in ``explanation.output_names``; None takes the output that is
            largest in most rows.
        max_display : int, default=10
            Most features shown.
        order : {"size", "uc", "mi", "given"} or list, default="size"
            By the sum of both parts' mean absolute coefficients, by those of one
            part, as in the explanation; or the features to show, each a name or a
            pair of modality and name.
        ax : matplotlib Axes, default=None
            Is replaced by the two panels; None makes a figure.
        palette : list of colours, default=None
            Of values, from low to high.

        Returns
        -------
        display : BeeswarmDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_explanation")
        check_explanation(cls, explanation)
        c = shown_output(explanation, output)
        sizes = explanation.mean_abs()[..., c]
        shown = shown_features(explanation, sizes, order, max_display)
        display = cls(
            coef=explanation.coef[:, :, shown, c],
            feature_values=explanation.feature_values[:, shown],
            feature_names=explanation.feature_names[shown],
            feature_modalities=explanation.feature_modalities[shown],
            row_names=explanation.row_names,
            quantity=describe_output(explanation, c, output),
        )
        return display.plot(ax=ax, palette=palette)

    def _size(self):
        return 9, 0.36 * len(self.feature_names) + 1.8

    def _draw(self, ax, palette):
        n = len(self.feature_names)
        self.axes_ = panels(ax, 1, 2, self._size())[0]
        self.figure_ = self.axes_[0].figure
        colours, values = values_colours(palette), np.asarray(self.feature_values)
        levels = np.column_stack([_levels(column) for column in values.T])
        coef = np.asarray(self.coef)
        for p, axes in enumerate(self.axes_):
            for f in range(n):
                _draw_swarm(axes, coef[:, p, f], f, levels[:, f], colours)
            axes.axvline(0, color=LINE, lw=0.8, zorder=0)
            clean(axes)
        share_limits(self.axes_)
        self._write()
        if not np.isnan(levels).all():
            self._add_colour_bar(colours)

    def _write(self):
        left, right = self.axes_
        width = room(left, 0.9)
        features = zip(self.feature_modalities, self.feature_names, strict=True)
        name_rows(left, [feature_label(*feature, room=width) for feature in features])
        name_rows(right, [""] * len(self.feature_names))
        for axes, part in zip(self.axes_, PARTS, strict=True):
            titled(axes, PART_TITLES[part])
        left.set_xlabel(wrap(f"change in {self.quantity}", room(left, 0.8)))
        right.set_xlabel(
            wrap(f"one dot a row, {counted(len(self.coef), 'row')}", room(right, 0.8))
        )

    def _add_colour_bar(self, colours):
        from matplotlib.cm import ScalarMappable

        bar = self.figure_.colorbar(
            ScalarMappable(cmap=colours), ax=list(self.axes_), aspect=30, pad=0.01
        )
        bar.set_ticks([0, 1], labels=["low", "high"])
        about = "value of the feature (grey: no number)"
        height = upright_room(self.axes_[0], 0.6)
        bar.set_label(wrap(about, height), labelpad=0)
        bar.outline.set_visible(False)

    def frame(self):
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``part``, ``modality``, ``feature``, ``value`` (what the
            row holds) and ``coef``.
        """
        import pandas as pd

        coef = np.asarray(self.coef)
        r, p, f = (axis.ravel() for axis in np.indices(coef.shape))
        return pd.DataFrame(
            {
                "row": np.asarray(self.row_names)[r],
                "part": np.array(PARTS)[p],
                "modality": np.asarray(self.feature_modalities)[f],
                "feature": np.asarray(self.feature_names)[f],
                "value": np.asarray(self.feature_values)[r, f],
                "coef": coef.ravel(),
            }
        )


def _levels(texts):
    """Values between their percentiles 5 (0) and 95 (1), nan for what is no number."""
    values = numbers(texts)
    if np.isnan(values).all():
        return values
    low, high = np.nanpercentile(values, [5, 95])
    if low == high:
        low, high = np.nanmin(values), np.nanmax(values)
    if low == high:
        return values * 0 + 0.5
    return np.clip((values - low) / (high - low), 0, 1)


def _draw_swarm(axes, coef, line, levels, colours):
    known = ~np.isnan(coef)
    coef, levels = coef[known], levels[known]
    shades = colours(levels)
    shades[np.isnan(levels)] = (*[int(TOTAL[1:3], 16) / 255] * 3, 1)
    places = line + 0.38 * spread(coef)
    size = min(25.0, max(8.0, 1500 / max(1, len(coef))))
    axes.scatter(coef, places, c=shades, s=size, linewidths=0)


def spread(values, n_bins=60):
    """Offsets between -1 and 1 that keep dots of similar values apart."""
    offsets = np.zeros(len(values))
    if len(values) < 2 or np.ptp(values) == 0:
        return np.linspace(-1, 1, len(values)) if len(values) > 1 else offsets
    bins = ((values - values.min()) / np.ptp(values) * n_bins).astype(int)
    most = np.bincount(bins).max()
    for b in np.unique(bins):
        (members,) = np.nonzero(bins == b)
        places = np.arange(len(members)) - (len(members) - 1) / 2
        offsets[members] = 2 * places / max(most, 8)
    return offsets
