"""ContributionScatterDisplay: UC against MI, to find rows that live from MI."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from skdime._results.absence import baseline_text
from skdime._results.explanation import Explanation
from skdime._utils.annotations import Axes, DataFrame, Label, Palette
from skdime._utils.checks import check_count
from skdime._utils.frames import long_frame
from skdime._utils.listed import count
from skdime.displays import _lettering
from skdime.displays._base import ExplanationDisplay, drawn_explanation, output_of
from skdime.displays._marks import dot_area, mark_value
from skdime.displays._style import INTERACTION, LINE, PALETTE, checked_palette
from skdime.displays._words import shorten


@dataclass(kw_only=True, eq=False, repr=False)
class ContributionScatterDisplay(ExplanationDisplay):
    """Show which rows depend most on interaction: MI against the main effects.

    One dot for every row: MI against the summed main effects.

    In rows inside the shaded area, the absolute value of MI exceeds that of the summed
    main effects.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    uc, mi : ndarray of shape (n_rows,)
        UC and MI of the rows, in the unit of the output.
    baseline : float
        The mean output over references, where UC starts.
    row_names : sequence
        The rows.
    quantity : str
        The output with its unit.
    n_named : int, default=5
        Rows whose names are written: those with the largest share of MI among those
        whose MI is not small (above the median).
    baseline_name : str, default="average output"
        What the baseline is: of a single reference it is no average.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the dots are drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skdime.displays import ContributionScatterDisplay
    >>> display = ContributionScatterDisplay(
    ...     uc=[0.4, 0.6, 0.5],
    ...     mi=[0.1, -0.2, 0.3],
    ...     baseline=0.5,
    ...     row_names=["ann", "ben", "cid"],
    ...     quantity="probability",
    ... ).plot()
    >>> print(display.frame().head(4))
       row   uc   mi  mi_share
    0  ann  0.4  0.1  0.500000
    1  ben  0.6 -0.2  0.666667
    2  cid  0.5  0.3  1.000000
    >>> plt.close(display.figure_)
    """

    uc: np.ndarray
    mi: np.ndarray
    baseline: float
    row_names: Sequence | np.ndarray
    quantity: str
    n_named: int = 5
    baseline_name: str = "average output"

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        *,
        output: Label | None = None,
        max_display: int = 5,
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
        max_display : int, default=5
            Most rows whose names are written; 0 writes none. All rows are drawn.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        palette : list of colours, default=None
            Of rows that live from interaction, and of the others.

        Returns
        -------
        display : ContributionScatterDisplay
        """
        explanation = drawn_explanation(cls, explanation)
        check_count("max_display", max_display, least=0)
        c, quantity = output_of(explanation, output)
        values = explanation.decomposition
        return cls(
            uc=values.uc[:, c],
            mi=values.mi[:, c],
            baseline=_common_baseline(values, c),
            row_names=values.row_names,
            quantity=quantity,
            n_named=max_display,
            baseline_name=baseline_text(values),
        ).plot(ax=ax, palette=palette)

    @property
    def mi_share(self) -> np.ndarray:
        """Size of MI relative to MI and what the modalities move on their own."""
        alone = np.abs(np.asarray(self.uc) - self.baseline)
        together = np.abs(np.asarray(self.mi))
        total = alone + together
        return np.where(total > 0, together / np.where(total > 0, total, 1), 0.0)

    def _size(self):
        return 7, 5

    def _draw(self, palette):
        what = "rows that live from interaction and one for the others"
        default = INTERACTION, PALETTE[0]
        inside, outside, *_ = checked_palette(palette, 2, what, default)
        self.ax_ = self._place.single(self._size())
        uc, mi = np.asarray(self.uc), np.asarray(self.mi)
        self._lives = self.mi_share > 0.5  # the shaded area: MI exceeds the rest
        size = dot_area(0.42)
        kinds = (self._lives, inside, "D"), (~self._lives, outside, "o")
        self._dots = [
            self.ax_.scatter(uc[rows], mi[rows], s=size, color=colour, marker=marker)
            for rows, colour, marker in kinds
        ]
        self.ax_.update_datalim([(self.baseline, 0)])
        self.ax_.margins(0.12)
        self.ax_.autoscale_view()
        self._shade(inside)

    def _write(self):
        inside = int(self._lives.sum())
        outside = len(self._lives) - inside
        words = [
            f"more by interaction ({count(inside, 'row')})",
            f"more by modalities on their own ({count(outside, 'row')})",
        ]
        _lettering.legend_above(self.ax_, self._dots, words, "What moves the rows")
        _lettering.label_x(self.ax_, f"on their own: UC, {self.quantity}")
        _lettering.label_y(self.ax_, f"only together: MI, change in {self.quantity}")
        self._place.lay_out()
        self._write_names()

    def _shade(self, colour):
        limits = self.ax_.get_xlim(), self.ax_.get_ylim()
        reach = max(abs(limit - self.baseline) for limit in limits[0])
        reach = max(reach, *map(abs, limits[1]))
        x = self.baseline + np.array([-reach, 0, reach])
        for y in (reach, -reach):
            edge = np.array([y, 0, y])
            self.ax_.fill_between(x, edge, y, color=colour, alpha=0.12, lw=0, zorder=0)
        mark_value(self.ax_, axis="y")
        mark_value(self.ax_, self.baseline, ls="--")
        side, name = "left", f" {self.baseline_name}"
        if self.baseline > np.mean(limits[0]):  # the name fits on the other side
            side, name = "right", f"{self.baseline_name} "
        style = {"va": "bottom", "fontsize": "small", "color": LINE, "clip_on": True}
        self.ax_.text(self.baseline, limits[1][0], name, ha=side, **style)
        self.ax_.set(xlim=limits[0], ylim=limits[1])

    def _write_names(self):
        """Names beside dots, those that find a place where no name or dot is."""
        from matplotlib.transforms import Bbox

        ground, dpi = self.ax_.get_window_extent(), self.ax_.figure.dpi
        height, areas = _lettering.letter_size() * dpi / 72, []
        dots = self.ax_.transData.transform(np.column_stack([self.uc, self.mi]))
        for row in self._named():
            dot = self.uc[row], self.mi[row]
            name = shorten(self.row_names[row], 24)
            x, y = self.ax_.transData.transform(dot)
            width = 0.6 * height * len(name)
            for side, start in (("left", x + 0.5 * height), ("right", x - width)):
                area = Bbox.from_bounds(start, y - height / 2, width, height)
                inside = ground.x0 < area.x0 and area.x1 < ground.x1
                is_free = not area.count_contains(np.delete(dots, row, axis=0))
                if inside and is_free and not any(map(area.overlaps, areas)):
                    areas.append(area)
                    self._write_name(name, dot, side)
                    break

    def _write_name(self, name, dot, side):
        gap = 0.5 * _lettering.letter_size()
        beside = gap if side == "left" else -gap, 0
        style = {"textcoords": "offset points", "va": "center", "fontsize": "small"}
        self.ax_.annotate(name, dot, beside, ha=side, **style)

    def _named(self):
        size = np.abs(self.mi)
        rows = np.flatnonzero(size >= np.median(size)) if len(size) else []
        return sorted(rows, key=lambda row: -self.mi_share[row])[: self.n_named]

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``uc``, ``mi`` and ``mi_share``, the size of MI relative
            to MI and what the modalities move on their own.
        """
        numbers = {"uc": self.uc, "mi": self.mi, "mi_share": self.mi_share}
        return long_frame([{"row": self.row_names}], **numbers)


def _common_baseline(values, c):
    if values.baseline.ndim > 1 and np.ptp(values.baseline[:, c]) > 0:
        raise ValueError(
            "The rows have baselines of their own, which differ, and a picture has one "
            "baseline. Of rows out of several folds draw one fold, cross[0]. Of rows "
            "with outputs of their own explain one output of all, or take those of the "
            "same output, by explanation.decomposition.row_outputs[:, 0] == name."
        )
    return values.baseline_of(c)
