"""Lists of bars as markup, in the style of the report: no script, no picture."""

from html import escape
from importlib.resources import files
from math import ceil, floor, log10

import numpy as np

N_COLOURS = 6
_MINUS, _DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


def template(name):
    """The text of a file in ``skdime/_results/templates``."""
    return (
        files("skdime._results").joinpath("templates", name).read_text(encoding="utf-8")
    )


def number_writer(sizes, totals=()):
    """Writes numbers with as many decimals as the largest size needs for four digits.

    Parameters
    ----------
    sizes : array-like of float
    totals : array-like of float, default=()
        Other numbers to be written, which sizes are steps between.

    Returns
    -------
    write : callable
        ``write(value, signed)`` gives a text; a dash for what is not finite.
    """
    whole = max(_largest(sizes), _largest(totals))
    largest = _largest(sizes) or whole
    decimals = min(12, max(0, 3 - floor(log10(largest)))) if largest else 0
    fine = whole > 100 * largest
    plain = whole == 0 or 1e-4 <= whole < (1e10 if fine else 1e6)
    digits = min(12, 2 + ceil(log10(whole / largest))) if fine else 2

    def write(value, signed=False):
        if not np.isfinite(value):
            return _DASH
        size = abs(value)
        if plain:
            text = f"{size:.{decimals}f}"
        else:
            text = "0" if size < 1e-6 * largest else _exponential(size, digits)
        if float(text.replace(_MINUS, "-")) == 0:
            return text
        return (_MINUS if value < 0 else "+" if signed else "") + text

    return write


def _largest(values):
    values = np.abs(np.asarray(values, dtype=float))
    return float(np.max(values, initial=0, where=np.isfinite(values)))


def _exponential(size, digits):
    mantissa, power = f"{size:.{digits}e}".split("e")
    return f"{mantissa}e{int(power)}".replace("-", _MINUS)


def number(write, value, error=None, signed=False):
    """A number with its standard error."""
    off = ""
    if error is not None:
        off = f" <span class='sd-error'>± {write(error)}</span>"
    return f"<span class='sd-number'>{write(value, signed)}{off}</span>"


def colour(m):
    """The class of the colour of a modality."""
    return f"sd-m{m % N_COLOURS}"


def named(text, kind=None, value=""):
    """A name with the colour it has, and what a row holds."""
    swatch = "" if kind is None else f"<i class='sd-swatch {kind}'></i>"
    held = f"<span class='sd-value'>{escape(value)}</span>" if value else ""
    return f"<span class='sd-name'>{swatch}{escape(text)}{held}</span>"


class Track:
    """Draws bars between the smallest and the largest of some numbers.

    Parameters
    ----------
    points : array-like of float
    """

    def __init__(self, points):
        points = np.asarray(points, dtype=float)
        points = points[np.isfinite(points)]
        low, high = (points.min(), points.max()) if len(points) else (0.0, 0.0)
        pad = 0.03 * (high - low) or 1.0
        self.low, self.high = low - pad, high + pad

    def bar(self, start, end, error, kind):
        """A bar of a colour, or a mark where it would end if `kind` is None."""
        if kind is None:
            drawn = f"<i class='sd-mark' style='left:{self._place(end):.2f}%'></i>"
        else:
            drawn = self._span(f"sd-bar {kind}", start, end)
        if self.low < 0 < self.high:
            drawn += f"<i class='sd-origin' style='left:{self._place(0):.2f}%'></i>"
        if error and np.isfinite(error):
            drawn += self._span("sd-whisker", end - 2 * error, end + 2 * error)
        return f"<span class='sd-track' aria-hidden='true'>{drawn}</span>"

    def _place(self, value):
        return 100 * (value - self.low) / (self.high - self.low)

    def _span(self, name, start, end):
        left, right = sorted([self._place(start), self._place(end)])
        place = f"left:{left:.2f}%;width:{right - left:.2f}%"
        return f"<i class='{name}' style='{place}'></i>"
