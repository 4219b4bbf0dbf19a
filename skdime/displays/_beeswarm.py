"""BeeswarmDisplay: the coefficients of every row, coloured by what the row holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from skdime._results.explanation import Explanation
from skdime._utils.annotations import Axes, DataFrame, Label, Order, Palette
from skdime._utils.listed import count
from skdime._utils.texts import numbers
from skdime.displays import _lettering
from skdime.displays._base import ExplanationDisplay, drawn_explanation, output_of
from skdime.displays._feature_rows import FeatureRows
from skdime.displays._places import spread
from skdime.displays._style import TOTAL, values_colours


@dataclass(kw_only=True, eq=False, repr=False)
class BeeswarmDisplay(FeatureRows, ExplanationDisplay):
    """Show which features matter over all rows, and in which direction.

    One dot for every row and feature, for UC and MI in one order.

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
    n_features : int, default=None
        How many features there are, if not all are shown.

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
    >>> print(display.frame()[["row", "part", "feature", "coef"]].head(4).round(2))
       row part  feature  coef
    0    0   uc      bmi  1.76
    1    0   uc      age  0.40
    2    0   uc  glucose  0.98
    3    0   mi      bmi  2.24
    >>> plt.close(display.figure_)
    """

    coef: np.ndarray
    feature_values: np.ndarray
    row_names: Sequence | np.ndarray

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        *,
        output: Label | None = None,
        max_display: int = 10,
        order: Order = "size",
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw all rows of an explanation.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned.
        output : label, default=None
            A name in ``explanation.output_names``; None takes the output that is
            largest in most rows.
        max_display : int, default=10
            Most features; fewer are drawn where `ax` is too small for their names.
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
        explanation = drawn_explanation(cls, explanation)
        c, quantity = output_of(explanation, output)
        display = cls(
            coef=explanation.coef[..., c],
            feature_values=explanation.feature_values,
            feature_names=explanation.feature_names,
            feature_modalities=explanation.feature_modalities,
            row_names=explanation.row_names,
            quantity=quantity,
        )
        largest = display._largest(explanation.mean_abs()[..., c], order, max_display)
        return largest.plot(ax=ax, palette=palette)

    def _size(self):
        return 9, 0.36 * len(self.feature_names) + 2.2

    def _draw(self, palette):
        values = np.asarray(self.feature_values)
        levels = np.column_stack([_levels(column) for column in values.T])
        scale = None if np.isnan(levels).all() else "beside"
        self._divide_by_part(scale=scale)
        colours, coef = values_colours(palette), np.asarray(self.coef)
        reach = np.nanmax(np.abs(coef), initial=0.0)
        self._draw_around_zero(
            lambda axes, p: _draw_swarms(axes, coef[:, p], levels, colours, reach)
        )
        self._name_rows()
        if scale:
            self._add_colour_bar(colours)

    def _write(self):
        _lettering.fit_rows(self.axes_[0])
        _widen_limits(self.axes_)
        title = f"{self._feature_count()}, {count(len(self.coef), 'row')}"
        self._write_around(title, f"change in {self.quantity}", "One dot per row.")

    def _finish(self):
        _widen_limits(self.axes_)  # the title and notes have made the panels smaller

    def _add_colour_bar(self, colours):
        from matplotlib.cm import ScalarMappable

        scale = ScalarMappable(cmap=colours)
        bar = self._place.figure.colorbar(scale, cax=self._panels.scale)
        bar.set_ticks([0, 1], labels=["low", "high"])
        about = "value of the feature (grey: no number)"
        bar.set_label(
            _lettering.wrap(about, _lettering.upright_room(self.axes_[0])), labelpad=0
        )
        bar.outline.set_visible(False)

    def frame(self) -> DataFrame:
        """All numbers of the display, as a tidy pandas frame.

        A picture may have no room for some of them.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``part``, ``modality``, ``feature``, ``value`` (what the
            row holds) and ``coef``.
        """
        values = np.asarray(self.feature_values)[:, None]
        return self._long_frame({"row": self.row_names}, value=values, coef=self.coef)


def _levels(texts):
    """Values between their percentiles 5 (0) and 95 (1), nan for what is no number."""
    values = numbers(texts)
    if np.isnan(values).all():
        return values
    # as shap's beeswarm: a few extreme values would leave the others one colour
    low, high = np.nanpercentile(values, [5, 95])
    if low == high:
        low, high = np.nanmin(values), np.nanmax(values)
    if low == high:
        return values * 0 + 0.5
    return np.clip((values - low) / (high - low), 0, 1)


def _widen_limits(panels):
    """Widen the limits of panels, which are laid out, where dots would be cut."""
    swarms = [(axes, dots) for axes in panels for dots in axes.collections]
    for i, axis in enumerate("xy"):
        places = [dots.get_offsets()[:, i] for _, dots in swarms]
        places = np.concatenate([*places, [0.0]])
        radii = [_radius(dots) / _extent(axes)[i] for axes, dots in swarms]
        limits = getattr(panels[0], f"get_{axis}lim")()
        low, high = sorted(limits)
        for _ in range(5):  # a wider axis makes dots larger in its unit
            reach = max(radii, default=0) * (high - low)
            low, high = min(low, places.min() - reach), max(high, places.max() + reach)
        ends = (low, high) if limits[0] < limits[1] else (high, low)
        for axes in panels:
            getattr(axes, f"set_{axis}lim")(*ends)


def _radius(dots):
    """Of dots, in points; a little more, since axes may still become smaller."""
    return 0.5 * np.sqrt(np.max(dots.get_sizes(), initial=0.0)) + 0.5


def _extent(axes):
    """Width and height of an axis, in points."""
    box = axes.get_window_extent()
    return np.array([box.width, box.height]) / axes.figure.dpi * 72


def _draw_swarms(axes, coef, levels, colours, reach):
    """Dots of one part, a line of them for each feature."""
    from matplotlib.colors import to_rgba

    points = _extent(axes)
    line = points[1] / coef.shape[1]
    largest = 0.5 if len(coef) < 100 else 0.35
    size = min(0.5 * line, largest * _lettering.letter_size())
    width = size / points[0] * 2 * max(reach, 1e-300)
    for f, (column, level) in enumerate(zip(coef.T, levels.T, strict=True)):
        has_feature = ~np.isnan(column)
        column, level = column[has_feature], level[has_feature]
        shades = colours(level)
        shades[np.isnan(level)] = to_rgba(TOTAL)
        places = f + spread(column, width, size / line)
        axes.scatter(column, places, c=shades, s=size**2, linewidths=0)
