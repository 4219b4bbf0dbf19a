"""Numbers as texts, with as many decimals as a list of them needs."""

from math import ceil, floor, isfinite, log10

import numpy as np

DASH, _MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
# Decimals that the largest number of a list needs to show four digits.
_FOUR_DIGITS = 3
# A double has 15 to 17 digits; those beyond twelve are mostly rounding.
_MOST_DECIMALS = 12


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
    decimals = _limited(_FOUR_DIGITS - floor(log10(largest))) if largest else 0
    # totals that are far larger than the steps need more digits to tell them apart
    fine = whole > 100 * largest
    # outside of these, zeros would be longer than an exponent
    plain = whole == 0 or 1e-4 <= whole < (1e10 if fine else 1e6)
    digits = _limited(2 + ceil(log10(whole / largest))) if fine else 2

    def write(value, signed=False):
        if not isfinite(value):
            return DASH
        size = abs(value)
        if plain:
            text = f"{size:.{decimals}f}"
        else:
            text = "0" if size < 1e-6 * largest else exponential(size, digits)
        if not text.strip("0."):
            return text
        return (_MINUS if value < 0 else "+" if signed else "") + text

    return write


def ticks(low, high):
    """Round numbers along an axis, at most five, with their positions in percent.

    Parameters
    ----------
    low, high : float
        Ends of the axis.

    Returns
    -------
    ticks : list of (str, float)
    """
    width, whole = high - low, max(abs(low), abs(high))
    power = 10.0 ** floor(log10(width / 4))
    step = power * next(k for k in (1, 2, 5, 10) if width / (power * k) <= 4)
    plain = step >= 1e-4 and whole < (1e10 if whole > 100 * step else 1e5)
    # 1e-9: the logarithm of 0.001 is a little more or less than -3
    decimals = max(0, -floor(log10(step) + 1e-9))
    digits = max(0, floor(log10(whole)) - floor(log10(step) + 1e-9))
    values = [i * step for i in range(ceil(low / step), floor(high / step) + 1)]
    places = [round(100 * (value - low) / width, 2) for value in values]
    texts = [_tick(value, plain, decimals, digits) for value in values]
    return list(zip(texts, places, strict=True))


def _tick(value, plain, decimals, digits):
    if value == 0:
        return "0"
    size = abs(value)
    text = f"{size:.{decimals}f}" if plain else exponential(size, digits)
    return (_MINUS if value < 0 else "") + text


def exponential(size, digits):
    """Such as ``1.2e-7``, with a minus sign."""
    mantissa, power = f"{size:.{digits}e}".split("e")
    return f"{mantissa}e{int(power)}".replace("-", _MINUS)


def _limited(decimals):
    return min(_MOST_DECIMALS, max(0, decimals))


def _largest(values):
    values = np.abs(np.asarray(values, dtype=float))
    return float(np.max(values, initial=0, where=np.isfinite(values)))
