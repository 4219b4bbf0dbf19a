"""Outlines of the regions of an image, as paths of SVG."""

from collections import defaultdict

import numpy as np

# For each side of a pixel, clockwise: the neighbour (row, column), and the corners
# where the side starts and ends.
_SIDES = (
    ((-1, 0), (0, 0), (0, 1)),
    ((0, 1), (0, 1), (1, 1)),
    ((1, 0), (1, 1), (1, 0)),
    ((0, -1), (1, 0), (0, 0)),
)


def outlines(labels):
    """The path around the pixels of each label.

    Parameters
    ----------
    labels : ndarray of int of shape (height, width)
        -1 for pixels of no region.

    Returns
    -------
    outlines : dict of int to str
        Text of the attribute ``d`` of a path, in pixels; by label, in ascending order.
    """
    owners, starts, ends = _sides(labels)
    n_corners = labels.shape[1] + 1
    order = np.argsort(owners, kind="stable")
    regions, first = np.unique(owners[order], return_index=True)
    pieces = np.split(np.column_stack([starts, ends])[order], first[1:])
    return {
        int(region): "".join(_path(loop, n_corners) for loop in _loops(piece.tolist()))
        for region, piece in zip(regions, pieces, strict=False)
    }


def _sides(labels):
    """Region, first and last corner of each side between two regions."""
    padded, n_corners = np.pad(labels, 1, constant_values=-1), labels.shape[1] + 1
    height, width = labels.shape
    sides = []
    for (down, right), start, end in _SIDES:
        beside = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        y, x = np.nonzero((labels != beside) & (labels >= 0))
        corners = ((y + dy) * n_corners + x + dx for dy, dx in (start, end))
        sides.append((labels[y, x], *corners))
    return (np.concatenate(parts) for parts in zip(*sides, strict=True))


def _loops(sides):
    """Closed lines, each as the corners where it turns."""
    ends = defaultdict(list)
    for start, end in sides:
        ends[start].append(end)
    while ends:
        start = corner = next(iter(ends))
        loop, direction = [], None
        while not loop or corner != start:
            # where regions touch at a corner either way closes the line
            end = ends[corner].pop()
            if not ends[corner]:
                del ends[corner]
            if end - corner != direction:
                loop.append(corner)
            corner, direction = end, end - corner
        yield loop


def _path(loop, n_corners):
    points = [divmod(corner, n_corners) for corner in loop]
    (y, x), text = points[0], []
    for to_y, to_x in points[1:]:
        text.append(f"h{to_x - x}" if to_y == y else f"v{to_y - y}")
        y, x = to_y, to_x
    return f"M{points[0][1]},{points[0][0]}{''.join(text)}z"
