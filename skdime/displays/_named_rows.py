"""What displays share that have one axis whose rows have names."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skdime._utils.frames import long_frame
from skdime.displays import _lettering
from skdime.displays._base import Display
from skdime.displays._marks import draw_bars
from skdime.displays._words import shorten_all


@dataclass(kw_only=True, eq=False, repr=False)
class NamedRows(Display):
    """One axis with names of rows beside it.

    Subclasses name their rows in ``_row_names`` and draw them in ``_draw_rows``.
    """

    # In inches: of a new figure the width, the height of a row, and that of all else.
    _inches: ClassVar[tuple[float, float, float]] = (7, 0.36, 1.8)
    # Share of the width that names may take.
    _names_share: ClassVar[float] = 0.4

    def _size(self):
        width, row, margin = self._inches
        return width, row * len(self._row_names()) + margin

    def _draw(self, palette):
        size = self._size()
        self.ax_ = self._place.single(size)
        self._draw_rows(palette)
        width = _lettering.letters_in(self._names_share * self._place.size(size)[0])
        _lettering.name_rows(self.ax_, shorten_all(self._row_names(), width))
        _lettering.clean(self.ax_)


@dataclass(kw_only=True, eq=False, repr=False)
class IntervalRows(NamedRows):
    """Bars with confidence intervals, one below the other.

    Parameters
    ----------
    low, high : ndarray of shape (n_rows,)
        Ends of the intervals; unknown ones are nan, and not drawn.
    level : float, default=0.95
        Of the intervals.
    """

    _inches = (6.5, 0.36, 1.6)

    low: np.ndarray
    high: np.ndarray
    level: float = 0.95

    def _draw_intervals(self, values, tones):
        values = np.nan_to_num(np.asarray(values, dtype=float))
        whiskers = np.abs(np.array([values - self.low, self.high - values]))
        draw_bars(self.ax_, values, whiskers, tones)

    def _name_values(self, quantity):
        """Name the axis of values, and what whiskers are."""
        whiskers = self._about_whiskers()
        _lettering.label_x(self.ax_, f"{quantity}; whiskers: {whiskers}")

    def _frame(self, axis, names, value):
        """A line for each bar: its name, its value and the ends of its interval."""
        numbers = {value: getattr(self, value), "low": self.low, "high": self.high}
        return long_frame([{axis: names}], **numbers)

    def _about_whiskers(self):
        return f"{100 * self.level:.3g} % confidence intervals"
