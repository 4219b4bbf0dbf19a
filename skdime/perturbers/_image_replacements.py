"""What replaces the segments of images, and which replacements there are."""

import numpy as np
from scipy import ndimage

from skdime._utils.listed import count

_REPLACEMENTS = ("mean", "blur", "reference")


def segment_means(image, labels):
    """Every pixel the mean colour of its segment."""
    numbers, first = np.unique(labels, return_index=True)
    index = np.searchsorted(numbers, labels)
    counts = np.bincount(index.ravel())
    colours = image.reshape(labels.size, -1).astype(np.float64)
    # as differences from one pixel, so that a segment of one colour keeps it exactly
    start = colours[first]
    moved = colours - start[index.ravel()]
    sums = [np.bincount(index.ravel(), weights=colour) for colour in moved.T]
    means = start + np.transpose(sums) / counts[:, None]
    return means[index].reshape(image.shape)


def blurred(image, n_segments):
    height, width = image.shape[:2]
    sigma = (height / n_segments[0], width / n_segments[1], 0)[: image.ndim]
    return ndimage.gaussian_filter(image.astype(np.float64), sigma)


def constant(replacement, image):
    colour = np.asarray(replacement, dtype=np.float64)
    n_colours = 1 if image.ndim == 2 else image.shape[2]
    if colour.ndim == 1 and len(colour) != n_colours:
        raise ValueError(
            f"replacement={replacement!r:.60} has {count(len(colour), 'value')}, but "
            f"an image has {count(n_colours, 'colour')}. Give one value for each, or "
            "one number for all."
        )
    if image.ndim == 2:
        colour = colour.reshape(())
    return np.broadcast_to(colour, image.shape)


def mean_image(images):
    shapes = sorted({image.shape for image in images})
    if len(shapes) > 1:
        raise ValueError(
            f"replacement='reference' is the mean image, but images have the shapes "
            f"{shapes[:3]}. Bring them to one size, or use replacement='mean'."
        )
    return sum(images, start=np.zeros(shapes[0])) / len(images)


def is_named(replacement, name):
    return isinstance(replacement, str) and replacement == name


def check_replacement(replacement):
    colour = np.asarray(replacement)
    constant = colour.dtype.kind in "iuf" and colour.ndim <= 1 and colour.size
    constant = constant and not np.isinf(colour).any()
    if not constant and not any(is_named(replacement, n) for n in _REPLACEMENTS):
        raise ValueError(
            f"The 'replacement' parameter of ImagePerturber must be one of "
            f"{_REPLACEMENTS}, a finite number, or a number for each colour. Got "
            f"{replacement!r:.60} instead."
        )


def check_range(replacement, dtypes):
    for dtype in dtypes:
        if dtype.kind not in "iub":
            continue
        low, high = (0, 1) if dtype.kind == "b" else _limits(dtype)
        if not all(low <= value <= high for value in np.atleast_1d(replacement)):
            raise ValueError(
                f"The 'replacement' parameter of ImagePerturber must be a colour that "
                f"images can have: {low} to {high} for images of dtype {dtype}. Got "
                f"{replacement!r:.60} instead."
            )


def _limits(dtype):
    limits = np.iinfo(dtype)
    return limits.min, limits.max
