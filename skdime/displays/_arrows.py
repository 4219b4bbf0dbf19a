"""Arrows of a waterfall, and what connects them."""

from skdime.displays._style import LINE, REST

# Heights of the arrows of steps and of what these are opened into, in lines.
HEIGHTS = {1: 0.72, 2: 0.46}
# Length of a head in sizes of the whole axis, so that its direction can be seen.
_HEAD = 0.012
_BAND = 0.13


def draw_arrow(axes, row, start, effect, level, tone, alpha=1.0):
    """An arrow from `start` to where it ends; short ones are all head.

    Parameters
    ----------
    axes : matplotlib Axes
        Has its limits.
    row : float
        The line.
    start, effect : float
        Where it starts, and how far it goes.
    level : {1, 2}
        Of a step, or of what a step is opened into.
    tone : Tone
    alpha : float, default=1.0
        Less for what is summed up.
    """
    from matplotlib.patches import Polygon

    low, high = axes.get_xlim()
    head = min(abs(effect), _HEAD * (high - low)) * (1 if effect > 0 else -1)
    end, half = start + effect, HEIGHTS[level] / 2
    corners = [
        (start, row - half),
        (end - head, row - half),
        (end, row),
        (end - head, row + half),
        (start, row + half),
    ]
    arrow = Polygon(corners, closed=True, linewidth=0, alpha=alpha)
    arrow.set(facecolor=tone.face, edgecolor=tone.edge, hatch=tone.hatch or None)
    axes.add_patch(arrow)


def draw_band(axes, first, last, start, effect, tone):
    """The ground of what a step is opened into: as wide as the step."""
    rows = [first - 0.5, last + 0.5]
    style = {"color": tone.face, "alpha": _BAND, "linewidth": 0, "zorder": 0}
    axes.fill_betweenx(rows, start, start + effect, **style)


def connect(axes, row, x, last):
    """A line down from the end of one bar to where the next one starts."""
    axes.plot([x, x], [row, last], color=LINE, lw=0.8, zorder=0.5)


def shade_beyond_probabilities(axes):
    """Shade what is no probability, if the axis reaches it."""
    low, high = axes.get_xlim()
    for start, end in ((low, min(0, high)), (max(1, low), high)):
        if start < end:
            style = {"color": REST.face, "alpha": 0.12, "lw": 0, "zorder": -1}
            axes.axvspan(start, end, **style)
    axes.set_xlim(low, high)
