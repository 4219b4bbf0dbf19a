"""A grid of axes with as much room around them as their texts take.

For figures without a layout engine, and with matplotlib's "tight" one, which does not
look into a grid within a grid.
"""

import numpy as np

# Inches between texts; the least share of the place that is left to the axes.
_PAD = 0.06
_LEAST = 0.3


class MeasuredGrid:
    """Rows and columns of axes in the place of one axis, with gaps between them.

    Cells of axes have odd positions; those at even ones are the gaps, which
    :meth:`settle` makes as wide as texts need. Outer gaps may reach beyond the axis
    that is replaced: up to the middle between it and its neighbours.

    Parameters
    ----------
    ax : matplotlib Axes
        The axis, in a grid.
    heights, widths : list of float
        Relative sizes of rows and columns.
    """

    def __init__(self, ax, heights, widths):
        from matplotlib.gridspec import GridSpecFromSubplotSpec

        self.figure = ax.figure
        self.place = ax.get_position(original=True)
        self.region = region_of(ax)
        self._sizes = [np.asarray(sizes, dtype=float) for sizes in (widths, heights)]
        n_rows, n_columns = 2 * len(heights) + 1, 2 * len(widths) + 1
        self._grid = GridSpecFromSubplotSpec(
            n_rows, n_columns, ax.get_subplotspec(), wspace=0, hspace=0
        )
        self._grid.measured = self  # found again from an axis in it
        self._divide(*(np.zeros(len(sizes) + 1) for sizes in self._sizes))

    def cell(self, rows, columns):
        """The place of an axis that spans slices of rows and columns."""
        spans = []
        for span, sizes in zip((columns, rows), self._sizes, strict=True):
            first, stop, _ = span.indices(len(sizes))
            spans.append(slice(2 * first + 1, 2 * stop))
        return self._grid[spans[1], spans[0]]

    def settle(self):
        """Make the gaps as wide as what is written in them."""
        for _ in range(2):  # ticks may change with the sizes
            own = [axes for axes in self.figure.axes if measured(axes) is self]
            boxes = [self._boxes(axes) for axes in own]
            self._divide(*(self._gaps(own, boxes, axis) for axis in (0, 1)))
            for axes in own:
                axes.set_subplotspec(axes.get_subplotspec())

    def _boxes(self, axes):
        """An axis, and an axis with its texts, in shares of the figure."""
        figure = self.figure.transSubfigure.inverted()
        box = axes.get_window_extent().transformed(figure)
        texts = axes.get_tightbbox()
        return box, box if texts is None else texts.transformed(figure)

    def _gaps(self, own, boxes, axis):
        """Widths of the gaps along the horizontal (0) or the vertical (1) axis."""
        before, after = (np.zeros(len(self._sizes[axis])) for _ in range(2))
        for axes, (box, texts) in zip(own, boxes, strict=True):
            spec = axes.get_subplotspec()
            span = spec.rowspan if axis else spec.colspan
            first, last = span.start // 2, (span.stop - 1) // 2
            low = box.min[axis] - texts.min[axis]
            high = texts.max[axis] - box.max[axis]
            if axis:  # rows count from the top
                low, high = high, low
            before[first] = max(before[first], low)
            after[last] = max(after[last], high)
        extent = self.figure.bbox.size[axis] / self.figure.dpi
        pad = min(_PAD / extent, 0.2 * self.region.size[axis] / len(before))
        return np.append(before, 0) + np.append(0, after) + pad

    def _divide(self, across, down):
        """Set the sizes of cells, from the gaps between them."""
        place, region = self.place, self.region
        ends = [
            (region.x0 - place.x0, place.x1 - region.x1),
            (place.y1 - region.y1, region.y0 - place.y0),
        ]
        extents = region.width, region.height
        both = zip((across, down), self._sizes, ends, extents, strict=True)
        ratios = [_ratios(*one) for one in both]
        self._grid.set_width_ratios(ratios[0])
        self._grid.set_height_ratios(ratios[1])


def measured(axes):
    """The measured grid that an axis is in, or None."""
    return getattr(axes.get_gridspec(), "measured", None)


def _ratios(gaps, sizes, ends, extent):
    """Sizes of gaps and cells in turn, which together are the place replaced."""
    gaps = gaps * min(1.0, (1 - _LEAST) * extent / max(gaps.sum(), 1e-9))
    cells = (extent - gaps.sum()) * sizes / sizes.sum()
    ratios = np.empty(2 * len(sizes) + 1)
    ratios[::2], ratios[1::2] = gaps, cells
    ratios[[0, -1]] += ends
    return ratios.tolist()


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

    box = _place_of(ax)
    low, high = [0.0, 0.0], [1.0, 1.0]
    others = [_place_of(other) for other in ax.figure.axes if other is not ax]
    for other in others:
        for axis in (0, 1):
            if not _facing(box, other, 1 - axis):
                continue
            if other.max[axis] <= box.min[axis] + 1e-6:
                low[axis] = max(low[axis], (other.max[axis] + box.min[axis]) / 2)
            elif other.min[axis] >= box.max[axis] - 1e-6:
                high[axis] = min(high[axis], (other.min[axis] + box.max[axis]) / 2)
    for text in ax.figure.texts:  # a title of the whole figure
        above = text.get_window_extent().transformed(
            ax.figure.transSubfigure.inverted()
        )
        if text.get_text() and above.y0 >= box.y1:
            high[1] = min(high[1], above.y0)
    return Bbox([low, high])


def _place_of(axes):
    grid = measured(axes)
    return axes.get_position(original=True) if grid is None else grid.place


def _facing(box, other, axis):
    """Whether two boxes have a common part along an axis."""
    return (
        box.min[axis] < other.max[axis] - 1e-6
        and other.min[axis] < box.max[axis] - 1e-6
    )
