"""Axes of the displays: in a figure of their own, or in the place of one given."""

from contextlib import contextmanager

import numpy as np

from skdime.displays._measured import MeasuredGrid, measured, region_of
from skdime.displays._texts import with_sized_words

# Letters are not made smaller than this share of their size.
SMALLEST = 0.65
_THIN = 1e-3


def check_axis(ax):
    """Raise an error for anything but one empty axis."""
    from matplotlib.axes import Axes

    if ax is None:
        return
    if not isinstance(ax, Axes):
        raise TypeError(f"`ax` must be one matplotlib Axes, got {_described(ax)}.")
    if ax.has_data() or not ax.axison:
        raise ValueError(
            "`ax` must be empty: something is drawn on it, or a display has taken its "
            "place. Pass another axis, or None for a new figure."
        )


def _described(ax):
    shape = np.shape(ax) if isinstance(ax, np.ndarray | list | tuple) else ()
    if shape:
        return f"an array of shape {shape}; pass one of its entries"
    if hasattr(ax, "add_subplot"):
        return f"a {type(ax).__name__}; pass what its add_subplot() returns"
    return f"{ax!r}; pass an entry of what plt.subplots() returns"


def place_size(ax, size):
    """Width and height, in inches, of a new figure or of the place of an axis."""
    check_axis(ax)
    if ax is None:
        return size
    figure = ax.figure
    extent = region_of(ax).size * figure.bbox.size / figure.dpi
    return tuple(extent.tolist())


def letter_scale(ax, size):
    """How much smaller letters are in the place of an axis than in an own figure."""
    width, height = place_size(ax, size)
    return min(1.0, max(SMALLEST, min(width / size[0], height / size[1])))


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
    import matplotlib as mpl

    scale = letter_scale(ax, size)
    with mpl.rc_context({"font.size": scale * mpl.rcParams["font.size"]}):
        yield


def is_small(ax):
    """Whether the place of an axis has little room for words."""
    width, height = place_size(ax, (np.inf, np.inf))
    return width < 5.5 or height < 4


def rows_that_fit(ax, wanted, n_lines, row=1.0):
    """So many rows of names as fit into the place of an axis in legible letters.

    Parameters
    ----------
    ax : matplotlib Axes or None
        The place; a new figure is as high as it has to be.
    wanted : int
        How many are wanted.
    n_lines : float
        Lines of letters that titles, ticks and notes take.
    row : float, default=1.0
        Height of a row, in lines.
    """
    import matplotlib as mpl

    if ax is None:
        return wanted
    line = 1.25 * SMALLEST * mpl.rcParams["font.size"] / 72
    height = place_size(ax, (0, 0))[1]
    return int(max(1, min(wanted, (height / line - n_lines) / row)))


class Panels:
    """Axes in rows and columns, with room for a title, a shared label and a scale.

    Parameters
    ----------
    ax : matplotlib Axes or None
        Is switched off, and its place divided; None makes a figure.
    size : tuple of float
        Width and height of a new figure, in inches.
    n_rows, n_columns : int, default=1
        How many panels.
    heights : list of float, default=None
        Relative heights of the rows.
    scale : {None, "below", "beside"}, default=None
        Where a scale of colours is put, if there is one.

    Attributes
    ----------
    axes : ndarray of matplotlib Axes of shape (n_rows, n_columns)
    head, foot : matplotlib Axes
        Thin axes above and below, as wide as all panels, to which texts are tied.
    scale : matplotlib Axes or None
        What the scale is drawn on.
    figure : matplotlib Figure
    label : matplotlib Text or None
        The name of the horizontal axes, if they share it.
    """

    def __init__(self, ax, size, n_rows=1, n_columns=1, *, heights=None, scale=None):
        self.size, self.label = place_size(ax, size), None
        heights = np.asarray(heights or [1] * n_rows, dtype=float)
        thin = 0.1 / self.size[1], 0.12 / self.size[0]
        heights = [_THIN, *heights / heights.sum(), _THIN]
        heights += [thin[0]] * (scale == "below")
        widths = [*[1 / n_columns] * n_columns, *[thin[1]] * (scale == "beside")]
        self.figure, self._grid = _grid(ax, size, heights, widths)
        rows, columns = slice(1, n_rows + 1), slice(0, n_columns)
        self.axes = np.array(
            [
                [self._add(slice(i, i + 1), slice(j, j + 1)) for j in range(n_columns)]
                for i in range(1, n_rows + 1)
            ],
            dtype=object,
        )
        self.head = self._add(slice(0, 1), columns, on=False)
        self.foot = self._add(slice(n_rows + 1, n_rows + 2), columns, on=False)
        last = slice(-1, None)
        places = {"below": (last, columns), "beside": (rows, last)}
        self.scale = self._add(*places[scale]) if scale else None

    def _add(self, rows, columns, on=True):
        axes = self.figure.add_subplot(_cell(self._grid, rows, columns))
        if not on:
            axes.set_axis_off()
        return with_sized_words(axes)


def _cell(grid, rows, columns):
    return (
        grid.cell(rows, columns)
        if isinstance(grid, MeasuredGrid)
        else grid[rows, columns]
    )


def _grid(ax, size, heights, widths):
    """A figure and the grid in it that panels are put in."""
    import matplotlib.pyplot as plt
    from matplotlib.gridspec import GridSpecFromSubplotSpec

    shape = {"height_ratios": heights, "width_ratios": widths}
    if ax is None:
        figure = plt.figure(figsize=size, layout="constrained")
        return figure, figure.add_gridspec(len(heights), len(widths), **shape)
    spec = ax.get_subplotspec()
    if spec is None:
        raise ValueError(
            "`ax` must come from plt.subplots or figure.add_subplot: its place in "
            "the grid is divided among several panels."
        )
    ax.set_axis_off()
    if lays_out(ax.figure):
        nested = GridSpecFromSubplotSpec(len(heights), len(widths), spec, **shape)
        return ax.figure, nested
    return ax.figure, MeasuredGrid(ax, heights, widths)


def lays_out(figure):
    """Whether the figure itself leaves the texts of grids within grids their room."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine)


def single(ax, size, scale=False):
    """The axis given, or one of a new figure.

    Parameters
    ----------
    ax : matplotlib Axes or None
    size : tuple of float
        Width and height of a new figure, in inches.
    scale : bool, default=False
        Whether a scale of colours comes beside it, see :func:`scale_beside`.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.subplots(figsize=size, layout="constrained")[1]
    elif ax.get_subplotspec() is not None and not lays_out(ax.figure):
        thin = 0.12 / place_size(ax, size)[0]
        grid = MeasuredGrid(ax, [1], [1, thin] if scale else [1])
        ax.set_subplotspec(grid.cell(slice(0, 1), slice(0, 1)))
    return with_sized_words(ax)


def scale_beside(ax):
    """Where matplotlib's ``colorbar`` is to put the scale of a single axis."""
    grid = measured(ax)
    if grid is None:
        return {"ax": ax, "aspect": 30, "pad": 0.02}
    scale = ax.figure.add_subplot(grid.cell(slice(0, 1), slice(1, 2)))
    return {"cax": with_sized_words(scale)}


def lay_out(axes):
    """Give texts their room now, so that widths of axes are known."""
    if lays_out(axes.figure):
        whole = axes.figure.canvas.figure
        try:
            whole.get_layout_engine().execute(whole)
        except ValueError as error:  # of a compressed layout
            raise ValueError(
                "`ax` is in a figure whose layout cannot hold a grid within a grid; "
                "make the figure with layout='constrained'."
            ) from error
    elif (grid := measured(axes)) is not None:
        grid.settle()


def share_limits(axes, axis="x"):
    """Give panels the same limits, those that hold all of them."""
    limits = np.array([getattr(a, f"get_{axis}lim")() for a in axes])
    for a in axes:
        getattr(a, f"set_{axis}lim")(limits[:, 0].min(), limits[:, 1].max())
