"""ImageDisplay: an image, and its regions coloured by UC and by MI."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skdime._results.pixels import as_colours
from skdime.displays._elements import PicturesDisplay
from skdime.displays._style import LINE, tints

# Pictures are no letters: a stronger tint still lets them through.
STRONGEST = 0.85


@dataclass(kw_only=True, eq=False, repr=False)
class ImageDisplay(PicturesDisplay):
    """Show which regions of an image are behind UC and MI of one row.

    An image, and its regions coloured by UC and by MI.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    values : ndarray of shape (height, width) or (height, width, n_colours)
        The image.
    labels : ndarray of int of shape (height, width)
        For every pixel the position of its region in `coef`, -1 where it has none.
    coef : ndarray of shape (2, n_features)
        Coefficients of UC and MI.
    feature_names : sequence of str
        Names of the regions.
    modality_name, row_name : str
        What is shown.
    quantity : str
        What the coefficients change, with its unit.
    n_features : int, default=None
        How many features the row has, if not all are coloured.
    sums : ndarray of shape (2, 2), default=None
        Of UC and of MI the sum of all coefficients and the rest that they leave.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (3,)
        The image, UC and MI.
    figure_ : matplotlib Figure
        The figure that holds them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from skdime.displays import ImageDisplay
    >>> display = ImageDisplay(
    ...     values=np.linspace(0, 1, 64).reshape(8, 8),
    ...     labels=np.repeat([[0] * 4 + [1] * 4], 8, axis=0),
    ...     coef=[[0.3, -0.1], [0.0, 0.2]],
    ...     feature_names=["left", "right"],
    ...     modality_name="scan",
    ...     row_name="7",
    ...     quantity="probability of 'ill'",
    ... ).plot()
    >>> print(display.frame().head(4))
      part modality feature  coef  n_elements
    0   uc     scan    left   0.3          32
    1   uc     scan   right  -0.1          32
    2   mi     scan    left   0.0          32
    3   mi     scan   right   0.2          32
    >>> plt.close(display.figure_)
    """

    kind: ClassVar[str] = "image"

    def _draw(self, palette):
        image = as_colours(np.asarray(self.values))
        colours = tints(palette, strongest=STRONGEST)
        self.axes_ = self._divide(1, 3, scale="below")[0]
        draw_image(self.axes_[0], image)
        for axes, painted in zip(self.axes_[1:], self.painted(), strict=True):
            draw_regions(axes, image, self.labels, painted, colours, self.limit)
        self._draw_scale(colours)
        # colours are seen on the same grey as in the picture
        self._panels.scale.set_facecolor(str(faded(image).mean()))


def draw_image(axes, image):
    """An image as it is."""
    axes.imshow(image, cmap="gray", vmin=0, vmax=1)
    # with an anchor elsewhere, layouts leave titles too little room
    axes.set(anchor="N", xticks=[], yticks=[])


def draw_regions(axes, image, labels, painted, colours, limit):
    """A pale image with its regions coloured.

    Parameters
    ----------
    axes : matplotlib Axes
    image : ndarray
        As :func:`~skdime._results.pixels.as_colours` returns it.
    labels : ndarray of int of shape (height, width)
    painted : ndarray of shape (height, width)
        What a pixel is coloured by, nan where it has no colour.
    colours : Colormap
        Of -`limit` to `limit`.
    limit : float
    """
    draw_image(axes, faded(image))
    scale = {"vmin": -limit, "vmax": limit}
    axes.imshow(painted, cmap=colours, interpolation="nearest", **scale)
    axes.add_collection(_edges(np.asarray(labels)))


def faded(image):
    """The image in light greys, for colours to be laid over."""
    grey = image if image.ndim == 2 else image[..., :3] @ [0.299, 0.587, 0.114]
    return 0.55 + 0.4 * grey


def _edges(labels):
    """The lines between pixels of different regions."""
    from matplotlib.collections import LineCollection

    y, x = np.nonzero(labels[:, 1:] != labels[:, :-1])
    upright = np.stack([x + 0.5, y - 0.5, x + 0.5, y + 0.5], axis=1)
    y, x = np.nonzero(labels[1:] != labels[:-1])
    level = np.stack([x - 0.5, y + 0.5, x + 0.5, y + 0.5], axis=1)
    lines = np.concatenate([upright, level]).reshape(-1, 2, 2)
    return LineCollection(lines, colors=LINE, linewidths=0.5, alpha=0.8)
