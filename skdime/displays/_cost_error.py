"""CostErrorDisplay: what an explanation costs against how far off it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from skdime._utils.annotations import Axes, DataFrame, NamesLike, Order, Palette
from skdime._utils.checks import check_count
from skdime._utils.listed import listed
from skdime._utils.optional import optional_module
from skdime.displays import _lettering
from skdime.displays._base import Display
from skdime.displays._choice import checked_order
from skdime.displays._style import LINE, MARKERS, checked_palette
from skdime.displays._words import shorten_all


@dataclass(kw_only=True, eq=False, repr=False)
class CostErrorDisplay(Display):
    """Show what a smaller error costs, on logarithmic axes.

    Error against cost, on logarithmic axes.

    Where a label has several errors for one cost (seeds, rows), the line follows
    their median and a band spans from the smallest to the largest.

    Parameters
    ----------
    cost, error : array-like of shape (n_points,)
        Cost, such as rows that the model has seen, and error of every run; positive.
    labels : array-like of str of shape (n_points,), default=None
        What was run; None is one line without a name.
    cost_name : str, default="rows the model has seen"
        What the horizontal axis is called.
    error_name : str, default="error"
        What the vertical axis is called.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the lines are drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skdime.displays import CostErrorDisplay
    >>> display = CostErrorDisplay.from_arrays(
    ...     [100, 1000, 100, 1000],
    ...     [0.2, 0.1, 0.1, 0.03],
    ...     ["published", "published", "skdime", "skdime"],
    ... )
    >>> print(display.frame().head(4))
           label    cost  median   low  high
    0  published   100.0    0.20  0.20  0.20
    1  published  1000.0    0.10  0.10  0.10
    2     skdime   100.0    0.10  0.10  0.10
    3     skdime  1000.0    0.03  0.03  0.03
    >>> plt.close(display.figure_)
    """

    cost: Sequence[float] | np.ndarray
    error: Sequence[float] | np.ndarray
    labels: NamesLike | None = None
    cost_name: str = "rows the model has seen"
    error_name: str = "error"

    @classmethod
    def from_arrays(
        cls,
        cost: Sequence[float] | np.ndarray,
        error: Sequence[float] | np.ndarray,
        labels: NamesLike | None = None,
        *,
        cost_name: str = "rows the model has seen",
        error_name: str = "error",
        max_display: int = 6,
        order: Order = "given",
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw runs.

        Parameters
        ----------
        cost, error : array-like of shape (n_points,)
            Cost and error of every run; positive.
        labels : array-like of str of shape (n_points,), default=None
            What was run.
        cost_name : str, default="rows the model has seen"
            What the horizontal axis is called.
        error_name : str, default="error"
            What the vertical axis is called.
        max_display : int, default=6
            Most labels shown.
        order : {"given", "error"} or list of str, default="given"
            Labels as they come, the one with the smallest error first, or the labels
            to show.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        palette : list of colours, default=None
            One for each label.

        Returns
        -------
        display : CostErrorDisplay
        """
        check_count("max_display", max_display)
        cost, error = np.asarray(cost, dtype=float), np.asarray(error, dtype=float)
        labels = np.full(len(cost), "") if labels is None else np.asarray(labels)
        _check(cost, error, labels)
        drawn = _labels_drawn(error, labels, order)[:max_display]
        runs = np.concatenate([np.flatnonzero(labels == name) for name in drawn])
        return cls(
            cost=cost[runs],
            error=error[runs],
            labels=labels[runs],
            cost_name=cost_name,
            error_name=error_name,
        ).plot(ax=ax, palette=palette)

    def _size(self):
        return 7, 4.5

    def _draw(self, palette):
        lines = self._medians()
        palette = checked_palette(palette, len(lines), "each label")
        self.ax_ = self._place.single(self._size())
        self._lines = []
        for i, (cost, middle, low, high) in enumerate(lines.values()):
            colour, style = palette[i % len(palette)], ["-", "--", ":"][i // 6 % 3]
            dots = {
                "marker": MARKERS[i % len(MARKERS)],
                "ms": 0.5 * _lettering.letter_size(),
            }
            self._lines += self.ax_.plot(cost, middle, style, color=colour, **dots)
            self.ax_.fill_between(cost, low, high, color=colour, alpha=0.2, lw=0)
        self._scale()
        self.ax_.grid(color=LINE, alpha=0.25, lw=0.6)

    def _write(self):
        medians = self._medians()
        names = list(medians)
        named = names != [""]
        repeated = sum(len(costs) for costs, *_ in medians.values()) < len(self.cost)
        about = "line: median of runs, band: smallest to largest" if repeated else ""
        names = shorten_all(names, _lettering.room(self.ax_, 0.9)) if named else []
        _lettering.legend_above(self.ax_, self._lines if named else [], names, about)
        _lettering.label_x(self.ax_, self.cost_name)
        _lettering.label_y(self.ax_, self.error_name)

    def _finish(self):
        _lettering.thin_minor_ticks(self.ax_)

    def _scale(self):
        self.ax_.set_xscale("log")
        error = np.asarray(self.error)
        if (error > 0).all():
            self.ax_.set_yscale("log")
            return
        smallest = error[error > 0].min(initial=np.inf)
        if np.isfinite(smallest):  # an exact run: zero gets a place below the others
            self.ax_.set_yscale("symlog", linthresh=smallest)
            self.ax_.set_ylim(bottom=-0.05 * smallest)
        else:
            self.ax_.set_ylim(-0.05, 1.0)

    def _medians(self):
        """For each label: costs, and median, smallest and largest error of each."""
        cost, error = np.asarray(self.cost), np.asarray(self.error)
        labels = np.asarray([""] * len(cost) if self.labels is None else self.labels)
        lines = {}
        for label in dict.fromkeys(labels.tolist()):
            here = labels == label
            costs = np.unique(cost[here])
            errors = [error[here & (cost == value)] for value in costs]
            spans = [(np.median(e), e.min(), e.max()) for e in errors]
            lines[str(label)] = (costs, *np.array(spans).T)
        return lines

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``label``, ``cost``, ``median``, ``low`` and ``high``, one line for
            each label and cost.
        """
        pd = optional_module("pandas", "pandas")

        points = [
            (label, *point)
            for label, columns in self._medians().items()
            for point in zip(*columns, strict=True)
        ]
        names = ["label", "cost", "median", "low", "high"]
        return pd.DataFrame(points, columns=names)


def _check(cost, error, labels):
    if not len(cost) == len(error) == len(labels) or not len(cost):
        raise ValueError(
            "`cost`, `error` and `labels` must be equally long and not empty. Got "
            f"{len(cost)}, {len(error)} and {len(labels)} entries."
        )
    if not (cost > 0).all() or not (error >= 0).all():
        raise ValueError(
            "`cost` must be positive and `error` must not be negative. Got smallest "
            f"values of {cost.min():.3g} and {error.min():.3g}; drop what is unknown."
        )


def _labels_drawn(error, labels, order):
    names = list(dict.fromkeys(labels.tolist()))
    order = checked_order(order, ("given", "error"), "labels")
    if order == "given":
        return names
    if order == "error":
        return sorted(names, key=lambda name: error[labels == name].min())
    unknown = [name for name in order if name not in names]
    if unknown:
        raise ValueError(
            f"`order` names [{listed(unknown)}]; the labels are [{listed(names)}]."
        )
    return order
