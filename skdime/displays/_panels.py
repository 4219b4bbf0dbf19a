"""Where a display is drawn: in a figure of its own, or in the place of an axis."""

from contextlib import nullcontext

import numpy as np

from skdime.displays import _lettering

# Letters are not made smaller than this share of their size: at matplotlib's 10 points
# those of notes, the smallest, then still have 5.4.
SMALLEST = 0.65
# Share of the height that the axes have to which titles and notes are tied.
_THIN = 1e-3
# Below this width or height, in inches, notes are short and rests have one bar.
_SMALL = 5.5, 4
_NO_GRID_IN_GRID = (
    "`ax` is in a figure whose layout cannot hold a grid within a grid; make the "
    "figure with layout='constrained'."
)


class Place:
    """A figure of its own, or the place of an axis in a grid.

    matplotlib's constrained layout gives texts their room. In a figure that has it,
    axes are put into a grid within the grid of the axis. In a figure without a layout
    engine, the axes of the display alone are laid out, up to the middle between the
    axis and its neighbours, which stay where they are.

    Parameters
    ----------
    ax : matplotlib Axes or None
        An empty axis; None makes a figure.

    Attributes
    ----------
    figure : matplotlib Figure or SubFigure
        The figure, once axes have been made.
    scales : list of matplotlib Axes
        Those of scales of colours.
    """

    def __init__(self, ax):
        check_axis(ax)
        self.ax, self.figure, self._grid, self.scales = ax, None, None, []
        if ax is not None:
            self.figure, self._spec = ax.figure, ax.get_subplotspec()
            _prepare(ax.figure)
            self._region = region_of(ax)

    def size(self, size):
        """Width and height in inches, those of a figure of its own are given."""
        if self.ax is None:
            return size
        extent = self._region.size * self.figure.bbox.size / self.figure.dpi
        return tuple(extent.tolist())

    @property
    def is_small(self):
        """Whether there is little room for words."""
        return any(np.less(self.size((np.inf, np.inf)), _SMALL))

    def fitting_letters(self, size):
        """A context with letters as much smaller as the place is than `size`."""
        from matplotlib import rc_context

        share = min(np.divide(self.size(size), size))
        if share >= 1:
            # Leaving a context would undo what the backend sets on the first figure.
            return nullcontext()
        size = max(SMALLEST, share) * _lettering.letter_size()
        return rc_context({"font.size": size})

    def rows_that_fit(self, n_lines, row=1.0):
        """How many rows of names fit in legible letters, at least one.

        Parameters
        ----------
        n_lines : float
            Lines of letters that titles, ticks and notes take.
        row : float, default=1.0
            Height of a row, in lines.
        """
        if self.ax is None:  # a new figure is as high as it has to be
            return np.inf
        line = _lettering.LINE_HEIGHT * SMALLEST * _lettering.letter_size() / 72
        height = self.size(None)[1]
        return max(1, int((height / line - n_lines) / row))

    def single(self, size):
        """The axis itself, or one of a new figure of this size in inches."""
        if self.ax is None:
            self._make_figure(size)
            axes = self.figure.add_subplot()
        else:
            axes = self.ax
            if self._spec is not None and not _lays_out(self.figure):
                self._grid = self.figure.add_gridspec(1, 1)
                axes.set_subplotspec(self._grid[0, 0])
        _lettering.open_frame(axes)
        return _lettering.with_sized_words(axes)

    def grid(self, size, heights, widths):
        """A grid of these ratios that replaces the axis, see :meth:`single`."""
        shape = {"height_ratios": heights, "width_ratios": widths}
        n_rows, n_columns = len(heights), len(widths)
        if self.ax is None:
            self._make_figure(size)
            return self.figure.add_gridspec(n_rows, n_columns, **shape)
        if self._spec is None:
            raise ValueError(
                "`ax` must come from plt.subplots or figure.add_subplot: its place in "
                "the grid is divided among several panels."
            )
        self.ax.set_axis_off()
        if _lays_out(self.figure):
            return self._spec.subgridspec(n_rows, n_columns, **shape)
        self._grid = self.figure.add_gridspec(n_rows, n_columns, **shape)
        return self._grid

    def add_scale(self, axes, dots):
        """A scale of the colours of dots beside a single axis."""
        beside = {"fraction": 0.04, "pad": 0.02, "aspect": 30}
        # The grid that would be made for it has rows of no height, which constrained
        # layout cannot divide by.
        scale = self.figure.colorbar(dots, ax=axes, use_gridspec=False, **beside)
        self.scales.append(scale.ax)
        return scale

    def _make_figure(self, size):
        import matplotlib.pyplot as plt

        self.figure = plt.figure(figsize=size, layout="constrained")

    def lay_out(self):
        """Give texts their room now, so that widths of axes are known."""
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        if self._grid is not None:
            engine = ConstrainedLayoutEngine(rect=self._region.bounds)
            axes = self._axes()
            every = [a for a in self.figure.get_children() if a.get_in_layout()]
            others = [artist for artist in every if artist not in axes]
            for artist in others:
                artist.set_in_layout(False)
            try:
                engine.execute(self.figure)
            finally:
                for artist in others:
                    artist.set_in_layout(True)
        elif _lays_out(self.figure):
            whole = self.figure.canvas.figure
            try:
                whole.get_layout_engine().execute(whole)
            except ValueError as error:  # of a compressed layout
                raise ValueError(_NO_GRID_IN_GRID) from error

    def _axes(self):
        """The axes of the display."""
        every = self.figure.axes
        return [a for a in every if a.get_gridspec() is self._grid or a in self.scales]

    def settle(self):
        """Tie axes that were laid out alone to the place of the axis they replace."""
        for axes in self._axes() if self._grid is not None else []:
            locator = _Locator(self._spec, self.figure, axes.get_position(True))
            axes.set_subplotspec(self._spec)
            axes.set_axes_locator(locator)
            axes.apply_aspect(locator(axes))


class _Locator:
    """Keeps an axis where it is within a place, which ``tight_layout`` may move."""

    def __init__(self, spec, figure, box):
        from matplotlib.transforms import BboxTransformFrom

        self._spec = spec
        self._box = box.transformed(BboxTransformFrom(spec.get_position(figure)))

    def get_subplotspec(self):
        """The place in the grid, as matplotlib asks of a locator."""
        return self._spec

    def __call__(self, axes, renderer=None):
        """The place of the axis in the figure."""
        from matplotlib.transforms import BboxTransformTo

        place = self._spec.get_position(axes.figure)
        return self._box.transformed(BboxTransformTo(place))


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
    return f"{ax!r:.60}; pass an entry of what plt.subplots() returns"


def _prepare(figure):
    """Use constrained layout where another one could not hold a display.

    A tight layout does not look into a grid within a grid. Of a subfigure, matplotlib
    can lay out nothing but the whole figure.
    """
    from matplotlib.layout_engine import TightLayoutEngine

    whole = figure.canvas.figure
    engine = whole.get_layout_engine()
    if isinstance(engine, TightLayoutEngine) or (figure is not whole and not engine):
        try:
            whole.set_layout_engine("constrained")
        except RuntimeError as error:  # a scale of colours was made for the other one
            raise ValueError(_NO_GRID_IN_GRID) from error


def _lays_out(figure):
    """Whether the figure itself gives texts their room."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine)


def region_of(ax):
    """The place of an axis up to the middle of the gaps to its neighbours.

    Parameters
    ----------
    ax : matplotlib Axes

    Returns
    -------
    region : matplotlib Bbox
        In shares of the figure, whose edges end it where there is no neighbour.
    """
    from matplotlib.transforms import Bbox

    figure, box = ax.figure, ax.get_position(original=True)
    low, high = np.zeros(2), np.ones(2)
    for other in (axes.get_position(original=True) for axes in figure.axes):
        # places that only touch face each other on no side
        common = np.minimum(box.max, other.max) - np.maximum(box.min, other.min) > 1e-6
        facing = common[::-1]
        before = facing & (other.max <= box.min + 1e-6)
        after = facing & (other.min >= box.max - 1e-6)
        low = np.where(before, np.maximum(low, (other.max + box.min) / 2), low)
        high = np.where(after, np.minimum(high, (other.min + box.max) / 2), high)
    for text in figure.texts:  # a title of the whole figure
        above = text.get_window_extent().transformed(figure.transSubfigure.inverted())
        if text.get_text() and above.y0 >= box.y1:
            high[1] = min(high[1], above.y0)
    return Bbox([low, high])


class Panels:
    """Axes in rows and columns, with room for a title, a shared label and a scale.

    Parameters
    ----------
    place : Place
        Is divided.
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
    size : tuple of float
        Width and height of the place, in inches.
    label : matplotlib Text or None
        The name of the horizontal axes, if they share it.
    """

    def __init__(self, place, size, n_rows=1, n_columns=1, *, heights=None, scale=None):
        self.size, self.label = place.size(size), None
        heights = np.asarray(heights or [1] * n_rows, dtype=float)
        heights = [_THIN, *heights / heights.sum(), _THIN]
        heights += [0.1 / self.size[1]] * (scale == "below")
        widths = [1 / n_columns] * n_columns
        widths += [0.12 / self.size[0]] * (scale == "beside")
        self._grid = place.grid(size, heights, widths)
        self.figure = place.figure
        rows = range(1, n_rows + 1)
        cells = [[self._add(i, j) for j in range(n_columns)] for i in rows]
        self.axes = np.array(cells, dtype=object)
        across = slice(0, n_columns)
        self.head, self.foot = self._add(0, across), self._add(n_rows + 1, across)
        for axes in (self.head, self.foot):
            axes.set_axis_off()
        places = {"below": (-1, across), "beside": (slice(1, n_rows + 1), -1)}
        self.scale = self._add(*places[scale]) if scale else None
        if scale:
            place.scales.append(self.scale)

    def _add(self, rows, columns):
        axes = self.figure.add_subplot(self._grid[rows, columns])
        return _lettering.with_sized_words(axes)


def share_limits(panels):
    """Give horizontal axes the same limits, those that hold all of them."""
    limits = np.array([axes.get_xlim() for axes in panels])
    for axes in panels:
        axes.set_xlim(limits[:, 0].min(), limits[:, 1].max())
