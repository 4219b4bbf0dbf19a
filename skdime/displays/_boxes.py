"""BoxesDisplay: the objects of a picture, their boxes coloured by UC and by MI."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.pixels import as_colours
from skdime._utils.annotations import Axes, Label, Palette
from skdime.displays import _lettering
from skdime.displays._base import explanation_of_row
from skdime.displays._elements import PicturesDisplay, elements
from skdime.displays._image import faded
from skdime.displays._style import LINE, tints
from skdime.displays._words import shorten

# Names of objects, and their letters: more would hide the picture.
_MOST_NAMES, _LETTERS = 5, 14


@dataclass(kw_only=True, eq=False, repr=False)
class BoxesDisplay(PicturesDisplay):
    """Show which objects of an image are behind UC and MI of one row.

    The boxes of objects in an image, coloured by UC and by MI.

    It is recommended to use :meth:`from_explanation` or :meth:`from_estimator`.

    Parameters
    ----------
    values : ndarray of shape (n_objects, 4)
        Left, upper, right and lower edge of every box, in pixels, or in shares of the
        picture if none is above 1. nan where there is no box.
    labels : ndarray of int of shape (n_objects,)
        For every object the position of its feature in `coef`, -1 where it has none.
    coef : ndarray of shape (2, n_features)
        Coefficients of UC and MI.
    feature_names : sequence of str
        Names of the objects.
    modality_name, row_name : str
        What is shown.
    quantity : str
        What the coefficients change, with its unit.
    n_features : int, default=None
        How many features the row has, if not all are coloured.
    sums : ndarray of shape (2, 2), default=None
        Of UC and of MI the sum of all coefficients and the rest that they leave.
    picture : ndarray of shape (height, width) or (height, width, n_colours), \
            default=None
        What the boxes are of. None leaves the ground empty.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (3,)
        The boxes, UC and MI.
    figure_ : matplotlib Figure
        The figure that holds them.

    See Also
    --------
    ImageDisplay : For images whose features are segments.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import numpy as np
    >>> from skdime.displays import BoxesDisplay
    >>> display = BoxesDisplay(
    ...     values=np.array([[1, 1, 4, 4], [3, 2, 7, 7]]),
    ...     labels=np.array([0, 1]),
    ...     coef=[[0.3, -0.1], [0.0, 0.2]],
    ...     feature_names=["cat", "dog"],
    ...     modality_name="objects",
    ...     row_name="7",
    ...     quantity="probability of 'yes'",
    ...     picture=np.linspace(0, 1, 64).reshape(8, 8),
    ... ).plot()
    >>> print(display.frame().head(4))
      part modality feature  coef  n_elements
    0   uc  objects     cat   0.3           1
    1   uc  objects     dog  -0.1           1
    2   mi  objects     cat   0.0           1
    3   mi  objects     dog   0.2           1
    >>> plt.close(display.figure_)
    """

    kind: ClassVar[str] = "set"

    picture: np.ndarray | None = None

    @classmethod
    def from_explanation(
        cls,
        explanation: Explanation,
        *,
        modality: str | None = None,
        row: Label | None = None,
        output: Label | None = None,
        max_display: int | None = None,
        ax: Axes | None = None,
        palette: Palette = None,
        picture: np.ndarray | None = None,
    ) -> Self:
        """Draw the objects of one row of an explanation.

        Parameters
        ----------
        explanation : Explanation
            What ``LocalExplainer.explain`` returned. Its objects have boxes if a key of
            theirs, or their array, has four numbers for each.
        modality : str, default=None
            A name in ``explanation.inputs``; None takes the first set.
        row : label, default=None
            A name in ``explanation.row_names``; None takes the first row.
        output : label, default=None
            A name in ``explanation.output_names``; None takes the largest output of
            the row.
        max_display : int, default=None
            Most objects coloured, the largest; None colours all.
        ax : matplotlib Axes, default=None
            Is replaced by the panels; None makes a figure.
        palette : list of two colours, default=None
            Below and above zero.
        picture : ndarray of shape (height, width) or (height, width, n_colours), \
                default=None
            What the boxes are of.

        Returns
        -------
        display : BoxesDisplay
            The display, drawn.
        """
        row_explanation = explanation_of_row(cls, explanation, row)
        arguments = elements(row_explanation, cls.kind, modality, output, max_display)
        return cls(**arguments, picture=picture).plot(ax=ax, palette=palette)

    @property
    def boxes(self) -> np.ndarray:
        """The boxes in pixels of the picture, ndarray of shape (n_objects, 4)."""
        boxes = np.asarray(self.values, dtype=float)
        if self.picture is None or np.nanmax(boxes, initial=0.0) > 1:
            return boxes
        height, width = self.picture.shape[:2]
        return boxes * [width, height, width, height]

    def _ground(self):
        if self.picture is not None:
            return self.picture.shape[1], self.picture.shape[0]
        edges = self.boxes[:, 2:]
        return tuple(np.nanmax(edges, axis=0, initial=1e-9))

    def _draw(self, palette):
        colours = tints(palette, strongest=0.85)
        self.axes_ = self._divide(1, 3, scale="below")[0]
        width, height = self._ground()
        for axes, colour in zip(self.axes_, [None, *self.painted()], strict=True):
            if self.picture is not None:
                picture = as_colours(np.asarray(self.picture))
                picture = picture if colour is None else faded(picture)
                whole = (0, width, height, 0)
                axes.imshow(picture, cmap="gray", vmin=0, vmax=1, extent=whole)
            axes.add_collection(self._patches(colour, colours))
            axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
            axes.set(anchor="N", aspect="equal")
        self._name_boxes()
        self._draw_scale(colours)

    def _name_boxes(self):
        """Names of the strongest objects, in the corners of their boxes."""
        strength = np.nan_to_num(np.abs(self.painted())).max(axis=0)
        strength[~np.isfinite(self.boxes).all(axis=1)] = 0
        # seen on dark and on light pictures
        ground = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.8}
        style = {"color": "black", "bbox": ground, "va": "top", "clip_on": True}
        style["fontsize"] = 0.75 * _lettering.letter_size()
        for i in np.argsort(-strength, kind="stable")[:_MOST_NAMES]:
            if strength[i]:
                name = shorten(self.feature_names[self.labels[i]], _LETTERS)
                self.axes_[0].text(*self.boxes[i, :2], name, **style)

    def _patches(self, painted, colours):
        """Boxes, the strongest on top, filled by their coefficient if there is one."""
        from matplotlib.collections import PolyCollection
        from matplotlib.colors import Normalize
        from matplotlib.patheffects import Normal, Stroke

        left, upper, right, lower = self.boxes.T
        corners = np.stack([left, upper, right, upper, right, lower, left, lower], 1)
        corners = corners.reshape(-1, 4, 2)
        whole = np.flatnonzero(np.isfinite(corners).all(axis=(1, 2)))
        if painted is None:
            # seen on dark and on light pictures
            rim = [Stroke(linewidth=3, foreground=LINE), Normal()]
            style = {"facecolors": "none", "edgecolors": "white", "path_effects": rim}
            return PolyCollection(corners[whole], **style)
        order = whole[np.argsort(np.nan_to_num(np.abs(painted[whole])), kind="stable")]
        faces = colours(Normalize(-self.limit, self.limit)(painted[order]))
        faces[np.isnan(painted[order])] = 0
        return PolyCollection(corners[order], facecolors=faces, edgecolors=LINE)
