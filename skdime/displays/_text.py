"""TextDisplay: a text, its tokens coloured by UC and by MI."""

from dataclasses import dataclass
from typing import ClassVar
from unicodedata import combining, east_asian_width

import numpy as np

from skdime._results.labels import runs
from skdime._utils.controls import plain
from skdime.displays import _lettering
from skdime.displays._elements import ElementsDisplay
from skdime.displays._style import tints
from skdime.displays._words import literal

# Width of a letter of DejaVu Sans Mono, which matplotlib brings along, and height of
# a line, in sizes of the letters.
_WIDTH, _HEIGHT = 0.602, 1.6
# In points: matplotlib's own size, so that words are not larger than titles.
_LARGEST = 10.0

# Letters of a text that are drawn; a longer one is for a page.
MOST_LETTERS = 3000


@dataclass(kw_only=True, eq=False, repr=False)
class TextDisplay(ElementsDisplay):
    """Show which words of a text are behind UC and MI of one row.

    A text, its words coloured by UC and by MI.

    Letters are drawn as shapes that shrink and grow with the panels, the first 3,000 of
    a text. For a page in a notebook or a browser, and for longer texts, see
    :class:`~skdime.displays.TextHTML`.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    values : str
        The text.
    labels : ndarray of int of shape (n_characters,)
        For every character the position of its token in `coef`, -1 where it has none.
    coef : ndarray of shape (2, n_features)
        Coefficients of UC and MI.
    feature_names : sequence of str
        The tokens.
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
    axes_ : ndarray of matplotlib Axes of shape (2,)
        Panels of UC and of MI.
    figure_ : matplotlib Figure
        The figure that holds them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from skdime.displays import TextDisplay
    >>> display = TextDisplay(
    ...     values="no fever",
    ...     labels=[0, 0, -1, 1, 1, 1, 1, 1],
    ...     coef=[[0.3, -0.1], [0.0, 0.2]],
    ...     feature_names=["no", "fever"],
    ...     modality_name="note",
    ...     row_name="7",
    ...     quantity="probability of 'ill'",
    ... ).plot()
    >>> print(display.frame().head(4))
      part modality feature  coef  n_elements
    0   uc     note      no   0.3           2
    1   uc     note   fever  -0.1           5
    2   mi     note      no   0.0           2
    3   mi     note   fever   0.2           5
    >>> plt.close(display.figure_)
    """

    kind: ClassVar[str] = "text"

    def _size(self):
        n_lines = len(_lines(_letters(str(self.values))[:MOST_LETTERS], 82))
        return 8, 2 * (n_lines * _HEIGHT * _LARGEST / 72 + 0.45) + 1.1

    def _draw(self, palette):
        self._colours = tints(palette)
        self.axes_ = self._divide(2, 1, scale="below")[:, 0]
        self._draw_scale(self._colours)
        # of the same ground as the letters
        self._panels.scale.set_facecolor(self._place.figure.get_facecolor())
        n_letters = len(str(self.values))
        left_out = n_letters > MOST_LETTERS
        cut = f", first {MOST_LETTERS:,} of {n_letters:,} letters" * left_out
        first = f"{self._title}{cut}\n{self._part_title('uc')}"
        _lettering.titled(self.axes_[0], first)
        _lettering.titled(self.axes_[1], self._part_title("mi"))
        for axes in self.axes_:
            axes.set_axis_off()
        self._write_scale()

    def _write(self):
        letters = _letters(str(self.values))[:MOST_LETTERS]
        n_columns = _columns(letters, self.axes_[0])
        lines = _lines(letters, n_columns)
        for p, axes in enumerate(self.axes_):
            self._draw_lines(axes, letters, lines, self.coef[p], self._colours)
            axes.set_xlim(0, n_columns)

    def _draw_lines(self, axes, letters, lines, coef, colours):
        from matplotlib import rcParams
        from matplotlib.patches import PathPatch, Rectangle
        from matplotlib.path import Path

        shapes = []
        for line, (start, end) in enumerate(lines):
            column = 0
            for a, b, label in runs(np.asarray(self.labels)[start:end]):
                word = "".join(letters[start + a : start + b])
                width = sum(map(_cells, word))
                if label >= 0:
                    shade = colours(0.5 + coef[label] / self.limit / 2)
                    box = (column, line + 0.06), width, 0.88
                    axes.add_patch(Rectangle(*box, color=shade, lw=0))
                if word.strip():
                    shapes.append(_shape(word, column, line))
                column += width
        if shapes:
            letters_drawn = Path.make_compound_path(*shapes)
            axes.add_patch(PathPatch(letters_drawn, color=rcParams["text.color"], lw=0))
        axes.set_ylim(len(lines), 0)
        axes.set_aspect(_HEIGHT / _WIDTH, adjustable="box", anchor="NW")


def _letters(text):
    """The characters, those that leave no mark as spaces."""
    return [c if c.isprintable() or c == "\n" else " " for c in text]


def _cells(letter):
    """How many columns a letter takes."""
    if combining(letter):
        return 0
    return 2 if east_asian_width(letter) in "WF" else 1


def _lines(letters, n_columns):
    """Start and end of each line of at most `n_columns`, broken at spaces."""
    lines, start, gap, column = [], 0, 0, 0
    for i, letter in enumerate(letters):
        if letter == "\n":
            lines.append((start, i))
            start, column = i + 1, 0
            continue
        gap = i + 1 if letter == " " else gap
        width = _cells(letter)
        if column + width > n_columns and i > start:
            cut = gap if gap > start else i
            lines.append((start, cut))
            start, column = cut, sum(map(_cells, letters[cut:i])) - width * (cut > i)
        column += width
    return [*lines, (start, len(letters))]


def _columns(letters, axes):
    """Letters in a line, the most legible choice for the size of a panel."""
    box = axes.get_window_extent()
    width, height = (x / axes.figure.dpi * 72 for x in (box.width, box.height))
    size = _LARGEST
    while size > 1:
        n_columns = max(8, int(width / (_WIDTH * size)))
        if len(_lines(letters, n_columns)) * _HEIGHT * size <= height:
            break
        size *= 0.95
    return n_columns


def _shape(word, column, line):
    """The outline of a word whose first letter stands in a column of a line."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    fonts = FontProperties(family=["DejaVu Sans Mono", *rcParams["font.family"]])
    path = TextPath((0, 0), literal(plain(word)), size=1, prop=fonts)
    place = Affine2D().scale(1 / _WIDTH, -1 / _HEIGHT).translate(column, line + 0.7)
    return path.transformed(place)
