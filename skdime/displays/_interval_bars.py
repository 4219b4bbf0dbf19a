"""Named bars with confidence intervals, one below the other."""

import numpy as np

from skdime.displays import _lettering
from skdime.displays._bar_marks import draw_bars
from skdime.displays._words import shorten_all

# Share of the width that names may take.
_NAMES = 0.4


def interval_bars(display, values, low, high, names, tones):
    """Draw bars on an axis of a display's own, as ``ax_``.

    Parameters
    ----------
    display : Display
    values, low, high : array-like of shape (n_bars,)
        Unknown ends of intervals are nan, and not drawn.
    names : list of str
    tones : list of Tone
    """
    size = display._size()
    axes = display.ax_ = display._place.single(size)
    values = np.nan_to_num(np.asarray(values, dtype=float))
    whiskers = np.abs(np.array([values - low, high - values]))
    draw_bars(axes, values, np.nan_to_num(whiskers), tones)
    width = _lettering.letters_in(_NAMES * display._place.size(size)[0])
    _lettering.name_rows(axes, shorten_all(names, width))


def label_of_intervals(display, quantity):
    """Name the axis of values, and what whiskers are."""
    level = f"{100 * display.level:.3g} % confidence intervals"
    _lettering.label_x(display.ax_, f"{quantity}; whiskers: {level}")
