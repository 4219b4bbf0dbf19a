"""PairHeatmapDisplay: the effects of pairs of features of two modalities."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from skdime._estimators.local_explainer import LocalExplainer
from skdime._results.pair_explanation import PairExplanation
from skdime._utils.annotations import Axes, DataFrame, Label, NamesLike, Palette
from skdime._utils.checks import check_count
from skdime._utils.frames import long_frame
from skdime._utils.from_sklearn import check_matplotlib_support
from skdime._utils.listed import count
from skdime._utils.names import find_name
from skdime.displays import _lettering
from skdime.displays._base import Display
from skdime.displays._elements import largest_size
from skdime.displays._marks import dot_area
from skdime.displays._pair_numbers import (
    check_pairs,
    effects_of_row,
    largest,
    mean_effects,
    output_of_pairs,
)
from skdime.displays._panels import SMALLEST
from skdime.displays._style import (
    INTERACTION,
    LINE,
    checked_palette,
    tints,
)
from skdime.displays._words import (
    TIMES,
    Writer,
    shorten,
    shorten_all,
    some_of,
    with_values,
)

# Shares of the width and of the height that names may take.
_NAMES_BESIDE, _NAMES_BELOW = 0.38, 0.35
# Lines of letters that titles and names of axes take, and letters beside the cells.
_N_LINES, _N_LETTERS = 9, 14
_NUMBERS = ("coef", "se")
# Numbers in cells, in sizes of the letters.
_SMALL = 0.83
# Cells are larger than letters: a stronger tint still leaves numbers on it legible.
_STRONGEST = 0.75


@dataclass(kw_only=True, eq=False, repr=False)
class PairHeatmapDisplay(Display):
    """Show which feature of one modality interacts with which of another.

    Pairs of features of two modalities, coloured by their effects on MI.

    One row has signed effects, in two colours; many rows have mean absolute effects,
    in one. Zero is transparent. A dot marks a cell below two standard errors.

    It is recommended to use :meth:`from_pairs` or :meth:`from_estimator`.

    Parameters
    ----------
    coef, se : ndarray of shape (d_1, d_2)
        Effects of pairs and their standard errors; nan where a row has no such pair.
    first_names, second_names : sequence of str
        Features of the two modalities.
    modality_names : sequence of str of length 2
        The two modalities.
    quantity : str
        What the effects change, with its unit.
    row_name : str, default=None
        The row; None for mean absolute effects over rows.
    n_rows : int, default=1
        How many rows the means are taken over.
    first_values, second_values : sequence of str, default=None
        What the row holds.
    total, rest : float, default=nan
        Sum of all effects of the row, and MI less this sum.
    n_features : tuple of (int, int), default=None
        How many features there are, if not all are shown.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What the cells are drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skdime.displays import PairHeatmapDisplay
    >>> display = PairHeatmapDisplay(
    ...     coef=[[0.3, -0.1], [0.0, 0.2]],
    ...     se=[[0.02, 0.01], [0.01, 0.15]],
    ...     first_names=["age", "bmi"],
    ...     second_names=["glucose", "ldl"],
    ...     modality_names=["exam", "serum"],
    ...     quantity="probability of 'ill'",
    ...     row_name="7",
    ... ).plot()
    >>> print(display.frame().head(4))
      exam    serum  coef    se  resolved
    0  age  glucose   0.3  0.02      True
    1  age      ldl  -0.1  0.01      True
    2  bmi  glucose   0.0  0.01     False
    3  bmi      ldl   0.2  0.15     False
    >>> plt.close(display.figure_)
    """

    coef: np.ndarray
    se: np.ndarray
    first_names: NamesLike
    second_names: NamesLike
    modality_names: NamesLike
    quantity: str
    row_name: str | None = None
    n_rows: int = 1
    first_values: NamesLike | None = None
    second_values: NamesLike | None = None
    total: float = np.nan
    rest: float = np.nan
    n_features: tuple[int, int] | None = None

    @classmethod
    def from_pairs(
        cls,
        pairs: PairExplanation,
        *,
        row: Label | None = None,
        output: Label | None = None,
        max_display: int = 12,
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw the effects of pairs of features.

        Parameters
        ----------
        pairs : PairExplanation
            What ``LocalExplainer.explain_pairs`` returned.
        row : label, default=None
            A name in ``pairs.row_names``; None takes the mean absolute effects over
            rows, or the row if there is only one.
        output : label, default=None
            A name in ``pairs.output_names``; None takes the output whose MI is
            largest on average.
        max_display : int, default=12
            Most features of each modality, those with the largest effects in sum.
        ax : matplotlib Axes, default=None
            What to draw on; None makes a figure.
        palette : list of colours, default=None
            Two for a row, below and above zero; one for means over rows.

        Returns
        -------
        display : PairHeatmapDisplay
        """
        check_pairs(pairs)
        check_count("max_display", max_display)
        if row is not None:
            pairs = pairs[find_name(pairs.row_names, row, "row")]
        c, quantity = output_of_pairs(pairs, output)
        numbers = effects_of_row if len(pairs) == 1 else mean_effects
        display = cls(
            **numbers(pairs, c),
            first_names=pairs.first_names,
            second_names=pairs.second_names,
            modality_names=pairs.modality_names,
            quantity=quantity,
        )
        largest = display._with_largest(max_display, max_display)
        return largest.plot(ax=ax, palette=palette)

    @classmethod
    def from_estimator(
        cls,
        explainer: LocalExplainer,
        X: Any,
        *,
        modalities: tuple[str, str] | None = None,
        **options: Any,
    ) -> Self:
        """Explain pairs of features of rows and draw them.

        Parameters
        ----------
        explainer : LocalExplainer
            Fitted explainer.
        X : container of rows
            What ``explainer.explain_pairs`` takes.
        modalities : tuple of (str, str), default=None
            Names of two modalities; None where there are only two.
        **options : dict
            Passed to :meth:`from_pairs`.

        Returns
        -------
        display : PairHeatmapDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        return cls.from_pairs(explainer.explain_pairs(X, modalities), **options)

    @property
    def resolved(self) -> np.ndarray:
        """Whether an effect is at least two standard errors.

        Returns
        -------
        resolved : ndarray of bool of shape (d_1, d_2)
        """
        return np.abs(self.coef) >= 2 * np.asarray(self.se)

    def frame(self) -> DataFrame:
        """All numbers of the display, as a tidy pandas frame.

        A picture may have no room for some of them.

        Returns
        -------
        frame : pandas.DataFrame
            A column of features for each modality, named as it is; ``coef``, or
            ``mean_abs`` of means over rows; ``se`` and ``resolved``.
        """
        first, second = map(str, self.modality_names)
        number = "mean_abs" if self.row_name is None else "coef"
        return long_frame(
            [{first: self.first_names}, {second: self.second_names}],
            **{number: self.coef, "se": self.se, "resolved": self.resolved},
        )

    def _with_largest(self, n_first, n_second):
        """A copy with so many features of each modality, the largest first."""
        sizes = np.abs(np.asarray(self.coef, dtype=float))
        rows = largest(sizes, n_first)
        columns = largest(sizes.T, n_second)
        along = {"first": rows, "second": columns}
        texts = {
            f"{side}_{what}": np.asarray(getattr(self, f"{side}_{what}"))[positions]
            for side, positions in along.items()
            for what in ("names", "values")
            if getattr(self, f"{side}_{what}") is not None
        }
        cells = np.ix_(rows, columns)
        numbers = {name: np.asarray(getattr(self, name))[cells] for name in _NUMBERS}
        n_features = self.n_features or sizes.shape
        return replace(self, **numbers, **texts, n_features=n_features)

    def _fitted(self, place):
        shape = np.shape(self.coef)
        if place.ax is None:
            return self
        letter = SMALLEST * _lettering.letter_size()
        line = _lettering.LINE_HEIGHT * letter / 72
        width, height = place.size(None)
        left = (1 - _NAMES_BESIDE) * width - _N_LETTERS * _lettering.WIDTH * letter / 72
        below = (1 - _NAMES_BELOW) * height - _N_LINES * line
        most = [max(1, int(inches / line)) for inches in (below, left)]
        if shape[0] <= most[0] and shape[1] <= most[1]:
            return self
        return self._with_largest(*most)

    def _size(self):
        n_first, n_second = np.shape(self.coef)
        longest = min(40, max(map(len, self._labels("second", 40)), default=0))
        beside = min(40, max(map(len, self._labels("first", 40)), default=0))
        letters = 0.6 * _lettering.letter_size() / 72
        width = 1.6 + beside * letters + 0.55 * n_second
        return max(6.0, width), 1.8 + longest * letters + 0.35 * max(3, n_first)

    def _draw(self, palette):
        self.ax_ = self._place.single(self._size())
        shades, low = self._colours(palette)
        limit = largest_size(self.coef)
        cells = np.asarray(self.coef, dtype=float)
        scale = {"cmap": shades, "vmin": low * limit, "vmax": limit}
        image = self.ax_.imshow(cells, aspect="auto", interpolation="nearest", **scale)
        self._dot_unresolved()
        self._name_features()
        self._scale = self._place.add_scale(self.ax_, image)
        self._scale.outline.set_visible(False)
        self._scale.ax.locator_params(nbins=5)

    def _colours(self, palette):
        """A colour map and the sign of its lower end."""
        if self.row_name is not None:
            return tints(palette, _STRONGEST), -1
        from matplotlib.colors import LinearSegmentedColormap, to_rgba

        colour = checked_palette(palette, 1, "the largest mean", [INTERACTION])[0]
        ends = [to_rgba(colour, 0), to_rgba(colour, _STRONGEST)]
        return LinearSegmentedColormap.from_list("sizes", ends), 0

    def _dot_unresolved(self):
        y, x = np.nonzero(~self.resolved & ~np.isnan(self.coef))
        self.ax_.scatter(x, y, s=dot_area(0.3), color=LINE, linewidths=0)

    def _name_features(self):
        """Names beside and below; below upright ones where they would touch."""
        width, height = self._place.size(self._size())
        n_first, n_second = np.shape(self.coef)
        beside = self._labels("first", _lettering.letters_in(_NAMES_BESIDE * width))
        below = self._labels("second", _lettering.letters_in(_NAMES_BELOW * height))
        self.ax_.set_yticks(range(n_first), beside)
        left = _lettering.letters_in(width) - _N_LETTERS - max(map(len, beside))
        level = (max(map(len, below)) + 2) * n_second <= left
        self.ax_.set_xticks(range(n_second), below, rotation=0 if level else 90)
        self.ax_.tick_params(length=0)
        self.ax_.spines[:].set_visible(False)
        for axis, n in ((self.ax_.xaxis, n_second), (self.ax_.yaxis, n_first)):
            axis.set_ticks(np.arange(n + 1) - 0.5, minor=True)
            axis.set_tick_params(which="minor", length=0)
        self.ax_.grid(which="minor", color=LINE, alpha=0.3, lw=0.6)

    def _labels(self, side, length):
        """Features of a modality, and what the row holds, in `length` letters."""
        names, values = getattr(self, f"{side}_names"), getattr(self, f"{side}_values")
        if values is None:
            return shorten_all(names, length)
        return with_values(names, values, length)

    def _write(self):
        _lettering.titled(self.ax_, self._title())
        for label, name in zip(
            (_lettering.label_y, _lettering.label_x), self.modality_names, strict=True
        ):
            label(self.ax_, shorten(name))
        mean = "mean size of the " if self.row_name is None else ""
        about = f"MI of the pair: {mean}change in {self.quantity}"
        length = _lettering.upright_room(self.ax_, 0.9)
        self._scale.set_label(_lettering.wrap(about, length))

    def _title(self):
        numbers = self.n_features or np.shape(self.coef)
        sides = zip(np.shape(self.coef), numbers, self.modality_names, strict=True)
        parts = [
            f"{some_of(n, all_of, 'feature')} of {shorten(name)}"
            for n, all_of, name in sides
        ]
        lines = [f" {TIMES} ".join(parts), self._rows_and_sums()]
        if (~self.resolved & ~np.isnan(self.coef)).any():
            lines.append("Dot: below 2 standard errors.")
        return "\n".join(lines)

    def _rows_and_sums(self):
        """Which rows are drawn, and what the effects of a single one add up to."""
        if self.row_name is None:
            return f"Mean size over {count(self.n_rows, 'row')}."
        row = f"Row {shorten(self.row_name)}"
        if np.isnan(self.total):
            return f"{row}."
        drawn_sum, mi = float(np.nansum(self.coef)), self.total + self.rest
        write = Writer([drawn_sum, self.total], [mi])
        cut = np.shape(self.coef) != tuple(self.n_features or np.shape(self.coef))
        pairs = f"pairs shown {write(drawn_sum)}, of all" if cut else "all pairs"
        whole = "" if np.isnan(mi) else f", MI {write(mi)}"
        return f"{row}: sum of {pairs} {write(self.total)}{whole}{write.unit}."

    def _finish(self):
        """Numbers in the cells, if they have room and no power of ten."""
        write = Writer(self.coef)
        size = _SMALL * _lettering.letter_size()
        signed = self.row_name is not None
        texts = {
            (i, j): write(value, signed)
            for (i, j), value in np.ndenumerate(np.asarray(self.coef))
            if self.resolved[i, j]
        }
        extent = self.ax_.get_window_extent().size / self.ax_.figure.dpi * 72
        width, height = extent / np.shape(self.coef)[::-1]
        longest = (max(map(len, texts.values()), default=0) + 1) * _lettering.WIDTH
        if write.unit or longest * size > width or size * 1.25 > height:
            return
        for (i, j), text in texts.items():
            self.ax_.text(j, i, text, fontsize=size, ha="center", va="center")
