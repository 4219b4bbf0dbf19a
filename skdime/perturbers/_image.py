"""ImagePerturber: an image with some of its segments replaced."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import joblib
import numpy as np
from scipy import ndimage
from sklearn.utils.validation import check_is_fitted

from skdime._rows.cells import as_dtype
from skdime._utils.annotations import Masks, Names, Random
from skdime._utils.from_sklearn import StrOptions
from skdime._utils.parameters import check_parameters
from skdime.perturbers._contract import check_deterministic
from skdime.perturbers._image_replacements import (
    blurred,
    check_range,
    check_replacement,
    constant,
    is_named,
    mean_image,
    segment_means,
)
from skdime.perturbers._masks import Effects, MaskPerturber
from skdime.perturbers._memo import Memo
from skdime.perturbers._segmenters import (
    FROM_SCIKIT_IMAGE,
    segment,
)


class ImagePerturber(MaskPerturber):
    """Explain images and spectrograms by replacing their regions.

    A coefficient estimates how much the output changes if a region is as in the row
    instead of replaced. An image is an array of shape (height, width), or with colours
    as a third axis. It keeps its shape and dtype, and replacements of integers are
    rounded. Images may differ in size. A spectrogram with frequencies as rows is a grey
    image: ``n_segments=(8, 10)`` makes 8 bands and 10 time segments.

    Parameters
    ----------
    n_segments : (int, int), default=(4, 4)
        Rows and columns of the grid, whatever the size of an image. ``"slic"`` looks
        for as many segments as such a grid has.
    segmenter : {"grid", "slic", "quickshift", "felzenszwalb"} or callable, \
            default="grid"
        How images are cut into segments. All but ``"grid"`` and callables are those
        of scikit-image, which must be installed, with its defaults.

        A callable takes an image of shape (height, width) or (height, width,
        n_colours) and returns integers of shape (height, width), one for each segment.
        Pixels with negative numbers belong to no segment and never change. It must
        return the same segments for the same image: pass an integer ``random_state`` to
        a random one.
    channel_axis : {None, -1, 0}, default=None
        Axis of the colours: last, first, or None for grey images. skdime never guesses
        it.
    replacement : {"mean", "blur", "reference"}, number or sequence of numbers, \
            default="mean"
        Replacement of a region. ``"mean"``: its own mean colour, which hides nothing
        from a model that averages over pixels. ``"blur"``: the blurred image (a
        Gaussian as wide as a cell of the grid, whatever the segmenter).
        ``"reference"``: the mean image of the rows passed to ``fit``, which must have
        one size. A number or a sequence: a constant colour.
    effects : {"shapley", "banzhaf"}, default="shapley"
        Kind of coefficient; see :class:`MaskPerturber`.

    Attributes
    ----------
    feature_names_ : ndarray of str
        Columns of ``transform``: ``r0c1`` for row 0 and column 1 of the grid, or
        ``segment 7`` for the segments that a segmenter numbers 7.
    replacement_ : ndarray of the shape of an image
        The mean image, for ``replacement="reference"``.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime.perturbers import ImagePerturber
    >>> image = np.array([[1, 3, 5, 5],
    ...                   [1, 3, 5, 9]])
    >>> perturber = ImagePerturber(n_segments=(1, 2))
    >>> perturber.features(image)
    ['r0c0', 'r0c1']
    >>> perturber.perturb(image, [[True, False]])
    array([[[1, 3, 6, 6],
            [1, 3, 6, 6]]])

    Parameters of a segmenter of scikit-image are set in a callable, such as
    ``functools.partial(skimage.segmentation.slic, n_segments=50, compactness=1)``.
    """

    kind = "image"

    _parameter_constraints: dict = {
        "segmenter": [StrOptions({"grid", *FROM_SCIKIT_IMAGE}), callable]
    }

    def __init__(
        self,
        n_segments: tuple[int, int] = (4, 4),
        *,
        segmenter: str | Callable[..., Any] = "grid",
        channel_axis: int | None = None,
        replacement: str | float | Sequence[float] = "mean",
        effects: Effects = "shapley",
    ) -> None:
        self.n_segments = n_segments
        self.segmenter = segmenter
        self.channel_axis = channel_axis
        self.replacement = replacement
        self.effects = effects

    def learn(self, rows: Any, column_names: Names, random_state: Random) -> None:
        """Check the parameters, average the images; see :class:`MaskPerturber`."""
        check_parameters(self)
        _check_n_segments(self.n_segments)
        if self.channel_axis not in (None, -1, 0):
            raise ValueError(
                "The 'channel_axis' parameter of ImagePerturber must be None (grey), "
                f"-1 (colours last) or 0 (first). Got {self.channel_axis!r:.60} "
                "instead."
            )
        check_replacement(self.replacement)
        self._memo = Memo()
        if callable(self.segmenter):
            first = self._colours_last(self._image(rows[0]))
            cut = partial(segment, first, self.segmenter, self.n_segments)
            check_deterministic("segmenter", self.segmenter, cut)
        if not isinstance(self.replacement, str):
            dtypes = {self._image(cell).dtype for cell in rows}
            check_range(self.replacement, dtypes)
        if is_named(self.replacement, "reference"):
            self.replacement_ = mean_image([self._image(cell) for cell in rows])

    def features(self, cell: Any) -> list[str]:
        """Names of the segments of an image; see :class:`MaskPerturber`."""
        return self._segments(self._image(cell))[1]

    def perturb(self, cell: Any, masks: Masks) -> Any:
        """The image with only some of its segments; see :class:`MaskPerturber`.

        Returns
        -------
        images : ndarray of shape (n_masks, ...)
        """
        image = self._image(cell)
        labels, _ = self._segments(image)
        replaced = self._replaced(image, labels)
        masks = np.asarray(masks, dtype=bool)
        # label -1 picks the last: kept by all masks
        is_own = np.column_stack([masks, np.ones(len(masks), dtype=bool)])[:, labels]
        if self.channel_axis is not None:
            is_own = np.expand_dims(is_own, 1 if self.channel_axis == 0 else -1)
        return np.where(is_own, image, replaced)

    def labels(self, cell: Any) -> np.ndarray:
        """The segment of every pixel; see :class:`MaskPerturber`."""
        return self._segments(self._image(cell))[0]

    def shown(self, cell: Any) -> Any:
        """The image, colours last; see :class:`MaskPerturber`."""
        return self._colours_last(self._image(cell))

    def describe(self, cell: Any) -> list[str]:
        """Where segments are; see :class:`MaskPerturber`."""
        boxes = ndimage.find_objects(self.labels(cell) + 1)
        return [
            f"rows {rows.start}-{rows.stop - 1}, "
            f"columns {columns.start}-{columns.stop - 1}"
            for rows, columns in boxes
        ]

    def inert(self, cell: Any) -> np.ndarray:
        """Segments that look like what replaces them; see :class:`MaskPerturber`."""
        image = self._image(cell)
        labels, names = self._segments(image)
        replaced = self._replaced(image, labels)
        differs = (image != replaced) & ~((image != image) & (replaced != replaced))
        if self.channel_axis is not None:
            differs = differs.any(axis=self.channel_axis)
        return np.bincount(labels[differs] + 1, minlength=len(names) + 1)[1:] == 0

    def _image(self, cell):
        if not isinstance(cell, np.ndarray):
            raise TypeError(
                f"An image has type {type(cell).__name__}, and ImagePerturber takes "
                "arrays only: perturbed images are arrays, and the model must get one "
                "kind. Convert them, as with [np.asarray(image) for image in images], "
                "or np.stack of these if they are of one size; the model converts "
                "back what it reads as pictures."
            )
        if cell.ndim != (2 if self.channel_axis is None else 3):
            raise ValueError(_wrong_dimensions(cell.shape, self.channel_axis))
        if cell.dtype.kind not in "biuf":
            raise ValueError(
                f"An image has dtype {cell.dtype}; ImagePerturber needs numbers."
            )
        if cell.dtype.kind == "f" and np.isinf(cell).any():
            raise ValueError(
                "An image holds infinity, of which no mean can be taken. Replace it by "
                "a large number, as with np.maximum(image, 1e-12) before a logarithm."
            )
        return cell

    def _colours_last(self, image):
        return np.moveaxis(image, 0, -1) if self.channel_axis == 0 else image

    def _segments(self, image):
        image = self._colours_last(image)
        memo = getattr(self, "_memo", None) or Memo()
        if is_named(self.segmenter, "grid"):
            return segment(image, self.segmenter, self.n_segments)
        # every row is asked for its segments several times, and segmenters are slow
        key = id(self.segmenter), tuple(self.n_segments), joblib.hash(image)
        labels, names, _ = memo(key, lambda: self._segmented(image))
        return labels.astype(int), list(names)

    def _segmented(self, image):
        """Segments, and the segmenter, so that no other one can have its id."""
        labels, names = segment(image, self.segmenter, self.n_segments)
        labels = labels.astype(np.min_scalar_type(-len(names)))
        return (labels, names, self.segmenter), labels.nbytes + 100 * len(names)

    def _replaced(self, image, labels):
        """The image with all its segments replaced, in its layout and dtype."""
        values = self._replacement(self._colours_last(image), labels)
        if self.channel_axis == 0:
            values = np.moveaxis(values, -1, 0)
        return as_dtype(values, image.dtype)

    def _replacement(self, image, labels):
        """What replaces an image with colours last, in floating point."""
        if not isinstance(self.replacement, str):
            return constant(self.replacement, image)
        if self.replacement == "mean":
            return segment_means(image, labels)
        if self.replacement == "blur":
            return blurred(image, self.n_segments)
        check_is_fitted(self, "replacement_")
        reference = self._colours_last(self.replacement_)
        if reference.shape != image.shape:
            raise ValueError(
                f"An image has shape {image.shape} (colours last), but the mean image "
                f"of the rows in fit has {reference.shape}. With "
                "replacement='reference' all images must have one size."
            )
        return reference


def _check_n_segments(n_segments):
    counts = np.asarray(n_segments)
    pair = counts.shape == (2,) and counts.dtype.kind in "iu"
    if not pair or counts.min() < 1 or counts.prod() < 2:
        raise ValueError(
            "The 'n_segments' parameter of ImagePerturber must be a pair of integers, "
            "the rows and columns of a grid of at least 2 segments, such as (4, 4). "
            f"Got {n_segments!r:.60} instead."
        )


def _wrong_dimensions(shape, channel_axis):
    message = f"An image has shape {shape}, but channel_axis={channel_axis} stands for "
    if channel_axis is None:
        message += "grey images of shape (height, width)."
    else:
        message += "colour images of three dimensions."
    if len(shape) == 2:
        return f"{message} Pass channel_axis=None for grey images."
    if len(shape) == 3:
        return f"{message} Pass channel_axis=-1 if colours come last, 0 if first."
    return (
        f"{message} Give the modality one image per row, with two dimensions, or three "
        "with colours."
    )
