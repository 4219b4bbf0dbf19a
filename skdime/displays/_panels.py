"""Axes of the displays, and texts that stay within the picture."""

from contextlib import contextmanager
from math import ceil

import numpy as np

_SMALLEST = 0.45


@contextmanager
def fitting_letters(ax, size):
    """Letters as much smaller as a place is than a figure of its own would be.

    Parameters
    ----------
    ax : matplotlib Axes or None
        The place.
    size : tuple of float
        Width and height of a figure of its own, in inches.
    """
    if ax is None:
        yield
        return
    import matplotlib as mpl

    box = ax.get_window_extent()
    width, height = box.width / ax.figure.dpi, box.height / ax.figure.dpi
    # what a figure leaves to its axes, by default
    share = min(width / (0.775 * size[0]), height / (0.77 * size[1]))
    scale = min(1.0, max(_SMALLEST, share))
    with mpl.rc_context({"font.size": scale * mpl.rcParams["font.size"]}):
        yield


def single(ax, size):
    """The axis given, or one of a new figure."""
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.subplots(figsize=size, layout="constrained")[1]
    return _with_sized_words(ax)


def panels(ax, n_rows, n_columns, size, *, heights=None, hspace=0.6):
    """Axes in a new figure, or in the place of the one given.

    Parameters
    ----------
    ax : matplotlib Axes or None
        Is switched off, and its place in the grid divided.
    n_rows, n_columns : int
        How many panels.
    size : tuple of float
        Width and height of a new figure, in inches.
    heights : list of float, default=None
        Relative heights of the rows.
    hspace : float, default=0.6
        Space between rows in a figure without a layout engine, in their heights.

    Returns
    -------
    axes : ndarray of matplotlib Axes of shape (n_rows, n_columns)
    """
    import matplotlib.pyplot as plt
    from matplotlib.gridspec import GridSpecFromSubplotSpec

    if ax is None:
        figure = plt.figure(figsize=size, layout="constrained")
        grid = figure.add_gridspec(n_rows, n_columns, height_ratios=heights)
    else:
        figure = ax.figure
        if ax.get_subplotspec() is None:
            raise ValueError(
                "`ax` must come from plt.subplots or figure.add_subplot: its place in "
                "the grid is divided among several panels."
            )
        ax.set_axis_off()
        spaced_by_layout = figure.get_layout_engine() is not None
        grid = GridSpecFromSubplotSpec(
            n_rows,
            n_columns,
            subplot_spec=ax.get_subplotspec(),
            height_ratios=heights,
            hspace=None if spaced_by_layout else hspace,
        )
    axes = [_with_sized_words(figure.add_subplot(cell)) for cell in grid]
    return np.array(axes, dtype=object).reshape(n_rows, n_columns)


def _with_sized_words(axes):
    """Fix the sizes of names of an axis and its ticks, some of which come later."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    for axis in ("x", "y"):
        size = FontProperties(size=rcParams[f"{axis}tick.labelsize"]).get_size()
        axes.tick_params(axis=axis, labelsize=size)
        getattr(axes, f"{axis}axis").label.set_size(rcParams["axes.labelsize"])
    return axes


def share_limits(axes, axis="x"):
    """Give panels the same limits, those that hold all of them."""
    limits = np.array([getattr(a, f"get_{axis}lim")() for a in axes])
    for a in axes:
        getattr(a, f"set_{axis}lim")(limits[:, 0].min(), limits[:, 1].max())


def room(axes, share):
    """How many letters fit into a share of the width of an axis."""
    import matplotlib as mpl

    width = axes.get_window_extent().width / axes.figure.dpi * 72
    return max(8, int(share * width / (0.6 * mpl.rcParams["font.size"])))


def upright_room(axes, share):
    """How many letters fit beside a share of the height of an axis."""
    box = axes.get_window_extent()
    return room(axes, share * box.height / box.width)


def wrap(text, length):
    """A text in lines of at most `length` letters."""
    from textwrap import wrap as lines

    return "\n".join(part for line in text.split("\n") for part in lines(line, length))


def titled(axes, text, share=0.75, **style):
    """Give an axis a title that stays within the picture."""
    text = wrap(text, room(axes, share))
    axes.set_title(text, loc="left", fontsize="medium", **style)


def tick_size(axes, n_ticks):
    """A size of letters at which `n_ticks` names fit beside an axis."""
    import matplotlib as mpl

    height = axes.get_window_extent().height / axes.figure.dpi * 72
    return max(3.0, min(mpl.rcParams["font.size"], 0.9 * height / max(1, n_ticks)))


def name_rows(axes, labels):
    """Names of rows beside an axis, the first one on top."""
    axes.set_yticks(range(len(labels)), labels, fontsize=tick_size(axes, len(labels)))
    axes.set_ylim(len(labels) - 0.4, -0.6)


def legend_above(axes, handles, names, title):
    """A legend above an axis, under its title; names are shortened already."""
    width = room(axes, 0.95)
    n_columns = max(1, min(len(names), width // (max(map(len, names), default=1) + 7)))
    n_columns = ceil(len(names) / ceil(len(names) / n_columns)) if names else 1
    return axes.legend(
        handles,
        ["\u200b" + name for name in names],  # a leading "_" would hide the entry
        title=wrap(title, room(axes, 0.85)),
        ncols=n_columns,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        borderaxespad=0.2,
        frameon=False,
        alignment="left",
    )


def clean(axes):
    """Remove what frames an axis of bars."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
