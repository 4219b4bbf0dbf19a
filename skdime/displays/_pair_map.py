"""PairMapDisplay: words beside the map that each of them lights up."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from skdime._estimators.local_explainer import LocalExplainer
from skdime._results.explanation import Explanation
from skdime._results.labels import channel_name
from skdime._results.output_text import output_phrase
from skdime._results.pair_explanation import PairExplanation
from skdime._results.pair_map import pair_map, resolved
from skdime._results.pixels import as_colours
from skdime._rows.containers import take
from skdime._utils.annotations import Axes, DataFrame, Label, NamesLike, Palette
from skdime._utils.checks import check_count
from skdime._utils.frames import long_frame
from skdime._utils.from_sklearn import check_matplotlib_support
from skdime.displays import _lettering
from skdime.displays._base import Display, explanation_of_row
from skdime.displays._elements import draw_scale, largest_size
from skdime.displays._image import STRONGEST, draw_image, draw_regions, faded
from skdime.displays._pair_numbers import output_of_pairs, pairs_of_row
from skdime.displays._series import draw_channel
from skdime.displays._style import tints
from skdime.displays._words import (
    Writer,
    literal,
    output_label,
    short_value,
    shorten,
    shorten_all,
    some_of,
)

# Width of a panel, and height of what is around panels, in inches; the same in lines.
_PANEL, _AROUND, _LINES = 2.0, 1.25, 6
# Words of less than this share of the strongest one light up nothing, and what is less
# than this share of the scale could not be seen.
_LEAST = 0.01


@dataclass(kw_only=True, eq=False, repr=False)
class PairMapDisplay(Display):
    """Show which word interacts with which region or segment in one row.

    The strongest words, each with the map of what it works with.

    Every panel is one feature of a text, a table or another modality. It shows the
    image or series of the row, whose regions or segments are coloured by what they do
    together with that feature and not alone; those below two standard errors are not
    coloured. All panels have one scale.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    values : ndarray of shape (height, width, ...) or (n_channels, n_timepoints)
        The image or series.
    labels : ndarray of int of shape (height, width) or (n_channels, n_timepoints)
        For every pixel or point the position of its feature in `coef`, -1 where it has
        none.
    kind : {"image", "series"}
        What is drawn.
    coef, se : ndarray of shape (n_words, n_features)
        Effects of pairs of the features shown and of regions or segments, and their
        standard errors.
    word_names, feature_names : sequence of str
        The features shown, the strongest first, and the regions or segments.
    word_values : sequence of str
        What the row holds in the features shown.
    modality_names : sequence of str of length 2
        Of the features shown, and of the image or series.
    quantity : str
        What the effects change, with its unit.
    row_name : str
        The row.
    total, rest : float
        Sum of the effects of all pairs, and MI less this sum.
    n_words : int, default=None
        How many features there are, if not all are shown.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        Of an image, of shape (n_words + 1,): the image, then a panel for each word. Of
        a series, of shape (n_channels, n_words).
    figure_ : matplotlib Figure
        The figure that holds them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from skdime.displays import PairMapDisplay
    >>> display = PairMapDisplay(
    ...     values=np.linspace(0, 1, 64).reshape(8, 8),
    ...     labels=np.repeat([[0] * 4 + [1] * 4], 8, axis=0),
    ...     kind="image",
    ...     coef=[[0.3, -0.1], [0.0, 0.2]],
    ...     se=[[0.02, 0.02], [0.02, 0.02]],
    ...     word_names=["red", "ball"],
    ...     feature_names=["left", "right"],
    ...     word_values=["red", "ball"],
    ...     modality_names=["question", "scene"],
    ...     quantity="probability of 'yes'",
    ...     row_name="7",
    ...     total=0.4,
    ...     rest=0.1,
    ... ).plot()
    >>> print(display.frame().head(4))
      question  scene  coef    se
    0      red   left   0.3  0.02
    1      red  right  -0.1  0.02
    2     ball   left   0.0  0.02
    3     ball  right   0.2  0.02
    >>> plt.close(display.figure_)
    """

    values: np.ndarray
    labels: np.ndarray
    kind: str
    coef: np.ndarray
    se: np.ndarray
    word_names: NamesLike
    feature_names: NamesLike
    word_values: NamesLike
    modality_names: NamesLike
    quantity: str
    row_name: str
    total: float
    rest: float
    n_words: int | None = None

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        pairs: PairExplanation,
        *,
        row: Label | None = None,
        output: Label | None = None,
        max_display: int = 4,
        ax: Axes | None = None,
        palette: Palette = None,
    ) -> Self:
        """Draw the pairs of one row.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned: it holds the image or series.
        pairs : PairExplanation
            What ``LocalExplainer.explain_pairs`` returned for the same rows. One of its
            modalities must be an image or a series; of an image and a series the image
            is drawn.
        row : label, default=None
            A name in ``explanation.row_names``; None takes the first row.
        output : label, default=None
            A name in ``pairs.output_names``; None takes the output whose MI is
            largest.
        max_display : int, default=4
            Most words, those with the largest effects in sum.
        ax : matplotlib Axes, default=None
            Is replaced by the panels; None makes a figure.
        palette : list of two colours, default=None
            Below and above zero.

        Returns
        -------
        display : PairMapDisplay

        Raises
        ------
        ValueError
            If neither modality of `pairs` is an image or a series.
        """
        check_count("max_display", max_display)
        row_explanation = explanation_of_row(cls, explanation, row)
        of_row = pairs_of_row(pairs, row_explanation)
        c, _ = output_of_pairs(of_row, output)
        heat_map = pair_map(row_explanation, of_row, c)
        coef = np.asarray(heat_map.coef)
        strongest = _strongest(heat_map.resolved, max_display)
        return cls(
            values=heat_map.values,
            labels=heat_map.labels,
            kind=heat_map.kind,
            coef=coef[strongest],
            se=heat_map.se[strongest],
            word_names=heat_map.word_names[strongest],
            feature_names=heat_map.feature_names,
            word_values=heat_map.word_values[strongest],
            modality_names=heat_map.modality_names,
            quantity=output_label(output_phrase(of_row, of_row.unit, c), of_row.unit),
            row_name=str(of_row.row_names[0]),
            total=float(coef.sum()),
            rest=float(of_row.rest[0, c]),
            n_words=len(coef),
        ).plot(ax=ax, palette=palette)

    @classmethod
    def from_estimator(
        cls,
        explainer: LocalExplainer,
        X: Any,
        *,
        row: int = 0,
        modalities: tuple[str, str] | None = None,
        **options: Any,
    ) -> Self:
        """Explain one row of `X` and its pairs, and draw it.

        Parameters
        ----------
        explainer : LocalExplainer
            Fitted explainer.
        X : container of rows
            Holds the row; no other row of it is explained.
        row : int, default=0
            Position of the row in `X`.
        modalities : tuple of (str, str), default=None
            Names of two modalities; None where there are only two.
        **options : dict
            Passed to :meth:`from_explanation`.

        Returns
        -------
        display : PairMapDisplay
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        one = take(X, np.array([row]))
        pairs = explainer.explain_pairs(one, modalities)
        return cls.from_explanation(explainer.explain(one), pairs, **options)

    def frame(self) -> DataFrame:
        """The numbers drawn, as a tidy pandas frame.

        Returns
        -------
        frame : pandas.DataFrame
            A column of features for each modality, named as it is, ``coef`` and ``se``.
        """
        words, regions = map(str, self.modality_names)
        names = [{words: self.word_names}, {regions: self.feature_names}]
        return long_frame(names, coef=self.coef, se=self.se)

    @property
    def resolved(self) -> np.ndarray:
        """What is coloured: effects, 0 where they are below two standard errors.

        Returns
        -------
        resolved : ndarray of shape (n_words, n_features)
        """
        return resolved(self.coef, self.se)

    @property
    def limit(self) -> float:
        """The largest size of what is coloured: the end of the scale."""
        return largest_size(self.resolved)

    def _size(self):
        n_words = len(self.word_names)
        if self.kind == "series":
            return 1 + 2.2 * max(2, n_words), 1.1 * len(self.values) + 1.9
        height, width = np.shape(self.values)[:2]
        high = float(np.clip(_PANEL * height / width, 1.0, 6.0))
        return max(6.5, _PANEL * (n_words + 1)), high + _AROUND

    def _draw(self, palette):
        colours = tints(palette, STRONGEST)
        self._draw_maps(colours)
        draw_scale(self._place, self._panels, self.limit, colours)

    def _draw_maps(self, colours):
        n_words = len(self.word_names)
        if self.kind == "series":
            self.axes_ = self._divide(len(self.values), max(1, n_words), scale="below")
            for channel, panels in enumerate(self.axes_):
                for coef, axes in zip(self.resolved, panels, strict=False):
                    shares, labels = coef / self.limit, self.labels[channel]
                    draw_channel(axes, self.values[channel], labels, shares, colours)
                self._clean_channel(channel, panels)
            return
        panels = self._divide(*self._grid(1 + n_words), scale="below").ravel()
        self.axes_ = panels[: 1 + n_words]
        for axes in panels[1 + n_words :]:
            axes.set_axis_off()
        image = as_colours(np.asarray(self.values))
        # colours are seen on the same grey as in the picture
        self._panels.scale.set_facecolor(str(faded(image).mean()))
        draw_image(self.axes_[0], image)
        for coef, axes in zip(self.resolved, self.axes_[1:], strict=True):
            painted = np.append(coef, np.nan)[self.labels]
            draw_regions(axes, image, self.labels, painted, colours, self.limit)

    def _grid(self, n):
        """Rows and columns in which `n` images are largest."""
        width, height = self._place.size(self._size())
        line = _lettering.LINE_HEIGHT * _lettering.letter_size() / 72
        high, wide = np.shape(self.values)[:2]

        def size(n_columns):
            n_rows = -(-n // n_columns)
            left = max(0.1, height - _LINES * line) / n_rows - 1.5 * line
            return min(width / n_columns, left * wide / high)

        n_columns = max(range(n, 0, -1), key=size)
        return -(-n // n_columns), n_columns

    def _clean_channel(self, channel, panels):
        is_last = channel == len(self.values) - 1
        size = _lettering.tick_size(panels[0], 3)
        for axes in panels:
            first = axes is panels[0]
            axes.tick_params(labelbottom=is_last, labelleft=first, labelsize=size)
            axes.locator_params(axis="y", nbins=3)
            axes.locator_params(axis="x", nbins=4)
            _lettering.open_frame(axes)
            if is_last:
                axes.set_xlabel("time point")
        if len(self.values) > 1:
            names = np.asarray(self.feature_names)
            name = channel_name(channel, np.asarray(self.labels[channel]), names)
            panels[0].set_ylabel(shorten(name, 12))

    def _write(self):
        panels = self.axes_[0] if self.kind == "series" else self.axes_[1:]
        names = self._titles(_lettering.room(panels[0]) if len(panels) else 20)
        for axes, name in zip(panels, names, strict=False):
            axes.set_title(name, loc="left", fontsize="medium")
        if self.kind == "image":
            name = shorten(str(self.modality_names[1]), _lettering.room(self.axes_[0]))
            self.axes_[0].set_title(name, loc="left", fontsize="medium")
        about = f"MI of the pair: change in {self.quantity}"
        _lettering.label_x(self._panels.scale, about)
        _lettering.head_and_foot(self._panels, self._title(), "")

    def _titles(self, room):
        """Each word with the sum of its effects, below it where both are too long."""
        sums = np.nansum(self.coef, axis=1)
        write = Writer(sums, [self.total])
        ends = [write(value, signed=True) for value in sums]
        words = [
            name if name.startswith(value) else f"{name} = {short_value(value, 10)}"
            for name, value in zip(self.word_names, self.word_values, strict=True)
        ]
        beside = [f"{word}: {end}" for word, end in zip(words, ends, strict=True)]
        if max(map(len, beside), default=0) <= room:
            return list(map(literal, beside))
        names = shorten_all(words, 2 * room - 8)
        lines = [_lettering.wrap(f"{name}:", room) for name in names]
        return [f"{line}\n{end}" for line, end in zip(lines, ends, strict=True)]

    def _title(self):
        words = some_of(len(self.word_names), self.n_words, "feature")
        start = f"Row {shorten(self.row_name, 30)}: {words} of "
        start += f"{shorten(str(self.modality_names[0]), 24)}"
        write = Writer([self.total, np.nan_to_num(self.rest)])
        sums = f"all pairs add up to {write(self.total, signed=True)}"
        if np.isfinite(self.rest):
            whole = write(self.total + self.rest, signed=True)
            sums += f", with the rest {write(self.rest, signed=True)} to MI {whole}"
        title = f"{start}. {sums[0].upper()}{sums[1:]}{write.unit}."
        hidden = np.abs(self.coef - self.resolved).max(initial=0)
        if hidden > _LEAST * self.limit:
            title += " Not coloured: below 2 standard errors."
        return title


def _strongest(coef, most):
    """Positions of the words with the largest effects in sum, at least one."""
    sizes = np.abs(coef).sum(axis=1)
    order = np.argsort(-sizes, kind="stable")[:most]
    return order[: max(1, (sizes[order] > _LEAST * sizes.max(initial=0)).sum())]
