"""Bars with whiskers."""

import numpy as np

from skdime.displays import _lettering
from skdime.displays._style import LINE, RIM, WHISKER, fill


def draw_bars(axes, values, whiskers, tones, positions=None):
    """Horizontal bars with whiskers, from a line at zero."""
    positions = np.arange(len(values)) if positions is None else positions
    fill(axes.barh(positions, values, height=0.7), tones)
    draw_whiskers(axes, values, positions, xerr=whiskers)
    axes.axvline(0, color=LINE, lw=0.8)
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
    drawn = axes.errorbar(x, y, fmt="none", **style, **errors)
    rim = [Stroke(linewidth=0.26 * size, foreground=RIM), Normal()]
    for line in (*drawn.lines[1], *drawn.lines[2]):
        line.set_path_effects(rim)
