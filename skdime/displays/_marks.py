"""Bars, dots, whiskers and lines, as all displays draw them."""

import numpy as np

from skdime.displays import _lettering
from skdime.displays._style import LINE, RIM, WHISKER, fill


def draw_bars(axes, values, whiskers, tones, positions=None):
    """Horizontal bars with whiskers, from a line at zero."""
    positions = np.arange(len(values)) if positions is None else positions
    fill(axes.barh(positions, values, height=0.7), tones)
    draw_whiskers(axes, values, positions, xerr=whiskers)
    mark_value(axes, zorder=2)  # above the bars
    _lettering.clean(axes)


def stack_bars(axes, widths, tones):
    """Horizontal bars that start where those before them end.

    Parameters
    ----------
    axes : matplotlib Axes
    widths : ndarray of shape (n_rows, n_bars)
    tones : list of Tone of length n_bars

    Returns
    -------
    bars : list of matplotlib BarContainer of length n_bars
    """
    lefts, stacks = np.cumsum(widths, axis=1) - widths, []
    for width, left, tone in zip(widths.T, lefts.T, tones, strict=True):
        stacks.append(axes.barh(range(len(width)), width, left=left, height=0.75))
        fill(stacks[-1], [tone] * len(width))
    return stacks


def draw_whiskers(axes, x, y, **errors):
    """Whiskers that are seen on bars of every colour and on every ground."""
    from matplotlib.patheffects import Normal, Stroke

    # caps as wide as letters make them, so that they shrink with a small picture
    size = _lettering.letter_size()
    style = {"color": WHISKER, "capsize": 0.2 * size, "lw": 0.1 * size}
    errorbars = axes.errorbar(x, y, fmt="none", **style, **errors)
    rim = [Stroke(linewidth=0.26 * size, foreground=RIM), Normal()]
    for line in (*errorbars.lines[1], *errorbars.lines[2]):
        line.set_path_effects(rim)


def mark_value(axes, value=0, axis="x", **style):
    """A line across the plot at a value of one axis, below what is drawn."""
    draw = axes.axvline if axis == "x" else axes.axhline
    draw(value, **{"color": LINE, "lw": 0.8, "zorder": 0} | style)


def dot_area(share):
    """In squared points: of dots whose width is this share of a letter's height."""
    return (share * _lettering.letter_size()) ** 2


def draw_span(axes, ends, row, style="-"):
    """A line between two values of a row, below its dots."""
    axes.plot(ends, [row, row], color=LINE, ls=style, lw=1.5, zorder=1)


def draw_dot(axes, value, row, tone=None):
    """A dot of a row, in a tone, or white."""
    colours = tone.dots if tone else {"facecolor": "white", "edgecolor": LINE}
    axes.scatter(value, row, s=dot_area(0.5), zorder=2, **colours)
