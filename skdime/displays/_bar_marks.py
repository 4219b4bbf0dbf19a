"""Bars with whiskers, and hollow ones of what is no feature."""

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


def draw_hollow(axes, rests, p, tones, first):
    """Bars of what is not a feature, in lines below the others.

    Parameters
    ----------
    axes : matplotlib Axes
    rests : list of Bunch
        As :func:`~skdime.displays._rest.remainders` returns it.
    p : int
        Which of their effects.
    tones : dict of str to Tone
        By modality.
    first : int
        Line of the first bar.
    """
    effects = [rest.effects[p] for rest in rests]
    bars = axes.barh(first + np.arange(len(rests)), effects, height=0.5)
    for bar, rest in zip(bars, rests, strict=True):
        edge = tones[rest.modality].edge
        bar.set(facecolor="none", edgecolor=edge, linewidth=1.4)


def draw_whiskers(axes, x, y, **errors):
    """Whiskers that are seen on bars of every colour and on every ground."""
    from matplotlib.patheffects import Normal, Stroke

    # caps as wide as letters make them, so that they shrink with a small picture
    style = {"color": WHISKER, "capsize": 0.2 * _lettering.letter_size(), "lw": 1}
    drawn = axes.errorbar(x, y, fmt="none", **style, **errors)
    rim = [Stroke(linewidth=2.6, foreground=RIM), Normal()]
    for line in (*drawn.lines[1], *drawn.lines[2]):
        line.set_path_effects(rim)
