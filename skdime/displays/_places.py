"""Places of dots: beside one another, and along an axis that may have words."""

import numpy as np

from skdime._utils.texts import numbers
from skdime.displays import _lettering
from skdime.displays._choice import categories
from skdime.displays._words import shorten_all

# How far from its line a dot may be, in distances of lines.
BAND = 0.38


def spread(values, width, height, band=BAND):
    """Offsets that keep dots of similar values apart, as far as they are crowded.

    Parameters
    ----------
    values : ndarray of float of shape (n_dots,)
        Where the dots are along their line.
    width : float
        Diameter of a dot, in the unit of the values.
    height : float
        Diameter of a dot across the line, in the unit of the offsets.
    band : float, default=0.38
        Largest size of an offset.

    Returns
    -------
    offsets : ndarray of float of shape (n_dots,)
    """
    offsets = np.zeros(len(values))
    places = np.floor((values - np.min(values, initial=np.inf)) / width).astype(int)
    for place in np.unique(places):
        (members,) = np.nonzero(places == place)
        n = len(members)
        step = min(1.2 * height, 2 * band / max(1, n - 1))
        offsets[members] = step * (np.arange(n) - (n - 1) / 2)
    return offsets


def dot_places(axes, values, coef, max_display):
    """Where dots are; words stand on the right of the numbers.

    Parameters
    ----------
    axes : matplotlib Axes
        Gets limits if there are words.
    values : sequence of str of shape (n_rows,)
        What the rows hold.
    coef : ndarray of shape (n_rows,)
        Where dots are on the other axis.
    max_display : int
        Most words with a place of their own.

    Returns
    -------
    places : ndarray of shape (n_rows,)
    ticks : dict of float to str
        Names of places, none if all values are numbers.
    """
    places = numbers(values)
    is_number = ~np.isnan(places)
    if is_number.all():
        return places, {}
    names, codes = categories(np.asarray(values)[~is_number], max_display)
    start, step, left, ticks = 0.0, 1.0, -1.0, {}
    if is_number.any():
        low, high = places[is_number].min(), places[is_number].max()
        # far enough from the numbers not to be taken for one of them
        step = 0.35 * (high - low or 1.0)
        start, left = high + 1.5 * step, low - 0.5 * step
        ticks = _number_ticks(low, high)
    ticks |= {start + step * i: name for i, name in enumerate(names)}
    places[~is_number] = start + step * codes
    axes.set_xlim(left, start + step * len(names))
    _spread(axes, places, coef, ~is_number, step)
    return places, ticks


def name_places(axes, ticks):
    """Write the names of places, as long as there is room between them."""
    gap = np.diff(list(ticks)[-2:]).min(initial=np.inf)
    share = min(0.9, gap / np.ptp(axes.get_xlim()))
    length = max(4, int(share * _lettering.room(axes)) - 1)
    axes.set_xticks(list(ticks), shorten_all(list(ticks.values()), length))


def _number_ticks(low, high):
    from matplotlib.ticker import MaxNLocator

    ticks = MaxNLocator(5).tick_values(low, high)
    return {t: f"{t:.4g}" for t in ticks[(ticks >= low) & (ticks <= high)].tolist()}


def _spread(axes, places, coef, rows, step):
    """Move dots of a word apart where they are crowded."""
    size = 0.4 * _lettering.letter_size() / 72 * axes.figure.dpi
    box = axes.get_window_extent()
    width = size / box.height * (np.ptp(coef) or 1.0)
    height = size / box.width * np.ptp(axes.get_xlim())
    for word in np.unique(places[rows]):
        here = rows & (places == word)
        places[here] += spread(coef[here], width, height, 0.3 * step)
