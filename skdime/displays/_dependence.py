"""DependenceDisplay: a feature's coefficients against its values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._utils.annotations import Axes, DataFrame, Label, NamesLike, Palette
from skdime._utils.checks import check_count
from skdime._utils.frames import long_frame
from skdime._utils.listed import count
from skdime._utils.texts import numbers
from skdime.displays import _lettering
from skdime.displays._base import ExplanationDisplay, drawn_explanation, output_of
from skdime.displays._choice import categories, find_feature
from skdime.displays._marks import dot_area, mark_value
from skdime.displays._places import dot_places, name_places
from skdime.displays._style import (
    LINE,
    MARKERS,
    checked_palette,
    values_colours,
)
from skdime.displays._words import feature_labels, shorten_all


@dataclass(kw_only=True, eq=False, repr=False)
class DependenceDisplay(ExplanationDisplay):
    """Show how a feature's coefficient depends on the feature's value.

    One dot for every row: a coefficient of a feature against the feature's value.

    Coloured by the feature's MI, or by what the rows hold in another feature. Whiskers
    are two standard errors.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    values : ndarray of str of shape (n_rows,)
        What the rows hold.
    coef, se : ndarray of shape (n_rows,)
        Coefficients and their standard errors.
    color_values : ndarray of shape (n_rows,)
        What colours the dots: coefficients (floats), or values of a feature as text.
    row_names : sequence
        The rows.
    feature_name, color_name, coef_name : str
        What the horizontal axis, colours and the vertical axis are called.
    max_display : int, default=6
        Most categories that have a colour or a place of their own.
    n_left_out : int, default=0
        Rows that do not have the feature.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the dots are drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skdime.displays import DependenceDisplay
    >>> display = DependenceDisplay(
    ...     values=["21", "25", "31"],
    ...     coef=[-0.1, 0.0, 0.2],
    ...     se=[0.01, 0.01, 0.02],
    ...     color_values=["no", "no", "yes"],
    ...     row_names=range(3),
    ...     feature_name="exam: bmi",
    ...     color_name="history: smoker",
    ...     coef_name="UC",
    ... ).plot()
    >>> print(display.frame().head(4))
       row value  coef    se color
    0    0    21  -0.1  0.01    no
    1    1    25   0.0  0.01    no
    2    2    31   0.2  0.02   yes
    >>> plt.close(display.figure_)
    """

    values: NamesLike
    coef: np.ndarray
    se: np.ndarray
    color_values: NamesLike | Sequence[float]
    row_names: Sequence | np.ndarray
    feature_name: str
    color_name: str
    coef_name: str
    max_display: int = 6
    n_left_out: int = 0

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        feature: str | tuple[str, str],
        *,
        part: Literal["uc", "mi"] = "uc",
        color_by: str | tuple[str, str] | None = None,
        output: Label | None = None,
        max_display: int = 6,
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw one feature of all rows of an explanation.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned.
        feature : str or tuple of str
            Name of the feature, or a pair of modality and name.
        part : {"uc", "mi"}, default="uc"
            Whose coefficients are drawn.
        color_by : str or tuple of str, default=None
            A feature, such as one of another modality; None colours by the
            coefficients of the other part.
        output : label, default=None
            A name in ``explanation.output_names``; None takes the output that is
            largest in most rows.
        max_display : int, default=6
            Most categories that have a colour or a place of their own.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        palette : list of colours, default=None
            Of numbers from low to high, or of categories.

        Returns
        -------
        display : DependenceDisplay
        """
        explanation = drawn_explanation(cls, explanation)
        check_count("max_display", max_display)
        if part not in PARTS:
            raise ValueError(f"`part` must be 'uc' or 'mi'. Got {part!r:.60} instead.")
        (c, quantity), p = output_of(explanation, output), PARTS.index(part)
        f = find_feature(explanation, feature)
        name = _label(explanation, f)
        if color_by is None:
            colours = explanation.coef[:, 1 - p, f, c]
            color_name = f"{PARTS[1 - p].upper()} of {name}"
        else:
            g = find_feature(explanation, color_by)
            colours = explanation.feature_values[:, g]
            color_name = _label(explanation, g)
        has_feature = ~np.isnan(explanation.coef[:, p, f, c])
        if not has_feature.any():
            raise ValueError(
                f"`feature` {feature!r:.60} is in none of the {len(has_feature)} rows; "
                "explain some that have it."
            )
        return cls(
            values=explanation.feature_values[has_feature, f],
            coef=explanation.coef[has_feature, p, f, c],
            se=explanation.se[has_feature, p, f, c],
            color_values=colours[has_feature],
            row_names=explanation.row_names[has_feature],
            feature_name=name,
            color_name=color_name,
            coef_name=f"{part.upper()}: change in {quantity}",
            max_display=max_display,
            n_left_out=int((~has_feature).sum()),
        ).plot(ax=ax, palette=palette)

    def _size(self):
        return 7, 4.5

    def _draw(self, palette):
        shades, norm = self._shades()
        self._legend = self._scale = None
        self.ax_ = self._place.single(self._size())
        coef = np.asarray(self.coef)
        places, self._ticks = dot_places(self.ax_, self.values, coef, self.max_display)
        mark_value(self.ax_, axis="y")
        whiskers = {"fmt": "none", "color": LINE, "lw": 0.8, "zorder": 1}
        self.ax_.errorbar(places, coef, yerr=2 * np.asarray(self.se), **whiskers)
        self._style = {"s": dot_area(0.42), "linewidths": 0}
        if shades is None:
            self._draw_categories(places, coef, palette)
        else:
            self._draw_numbers(places, coef, shades, norm, palette)

    def _write(self):
        self._write_around()
        if self._ticks:  # between them there is as much room as the others leave
            self._place.lay_out()
            name_places(self.ax_, self._ticks)

    def _write_around(self):
        notes = [count(len(self.coef), "row")]
        if self.n_left_out:
            notes.append(f"{self.n_left_out:,} without the feature left out")
        notes.append("whiskers: 2 standard errors")
        _lettering.label_x(self.ax_, self.feature_name)
        _lettering.label_y(self.ax_, self.coef_name)
        if self._legend is None:
            _lettering.titled(self.ax_, "; ".join(notes))
            length = _lettering.upright_room(self.ax_, 0.9)
            self._scale.set_label(_lettering.wrap(self.color_name, length))
            return
        dots, names = self._legend
        length = _lettering.room(self.ax_, 0.8)
        words = shorten_all([name or "(none)" for name in names], length)
        title = f"{'; '.join(notes)}\n{self.color_name}:"
        _lettering.legend_above(self.ax_, dots, words, title)

    def _shades(self):
        """Numbers that colour the dots and their scale; None where they are words."""
        from matplotlib.colors import Normalize

        shades = np.asarray(self.color_values)
        if shades.dtype.kind == "f":  # coefficients, whose zero means something
            reach = np.nanmax(np.abs(shades), initial=0) or 1
            return shades, Normalize(-reach, reach)
        shades = numbers(self.color_values)
        return (None if np.isnan(shades).all() else shades), None

    def _draw_numbers(self, places, coef, shades, norm, palette):
        is_number, colours = ~np.isnan(shades), values_colours(palette)
        grey = places[~is_number], coef[~is_number]
        self.ax_.scatter(*grey, color=LINE, **self._style)
        style = {"c": shades[is_number], "cmap": colours, "norm": norm} | self._style
        dots = self.ax_.scatter(places[is_number], coef[is_number], **style)
        self._scale = self._place.add_scale(self.ax_, dots)
        self._scale.outline.set_visible(False)

    def _draw_categories(self, places, coef, palette):
        names, codes = categories(self.color_values, self.max_display)
        n_colours = min(len(names), self.max_display)
        palette, dots = checked_palette(palette, n_colours, "each category"), []
        for code in range(len(names)):
            rows = codes == code
            shade = LINE if code == self.max_display else palette[code % len(palette)]
            marker = MARKERS[code % len(MARKERS)]
            style = self._style | {"color": shade, "marker": marker}
            dots.append(self.ax_.scatter(places[rows], coef[rows], **style))
        self._legend = dots, names

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``value`` (what the row holds), ``coef``, ``se`` and
            ``color`` (what colours the dot).
        """
        rows = {"row": self.row_names, "value": self.values}
        coefficients = {"coef": self.coef, "se": self.se}
        return long_frame([rows], **coefficients, color=self.color_values)


def _label(explanation, f):
    modality, name = explanation.feature_modalities[f], explanation.feature_names[f]
    return feature_labels([modality], [name], length=80)[0]
