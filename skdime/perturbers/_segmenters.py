"""Segments of images: a grid, what scikit-image finds, or what a callable returns."""

import math

import numpy as np

from skdime._utils.listed import count

# Segmenters of scikit-image, with their options for an image and `n_segments`.
FROM_SCIKIT_IMAGE = {
    "slic": lambda image, n_segments: {
        "n_segments": math.prod(n_segments),
        "channel_axis": -1,
    },
    "quickshift": lambda image, n_segments: {"convert2lab": image.shape[2] == 3},
    "felzenszwalb": lambda image, n_segments: {"channel_axis": -1},
}


def segment(image, segmenter, n_segments):
    """The segments of an image.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, n_colours)
    segmenter : str or callable
    n_segments : (int, int)
        Rows and columns of a grid; SLIC gets their product.

    Returns
    -------
    labels : ndarray of int of shape (height, width)
        Segments 0, 1, ..., and -1 for pixels of none.
    names : list of str

    Raises
    ------
    ValueError
        If there are fewer than two segments, or labels are none.
    """
    if segmenter == "grid":
        return _grid(image.shape[:2], n_segments)
    if isinstance(segmenter, str):
        image = _coloured(image)
        options = FROM_SCIKIT_IMAGE[segmenter](image, n_segments)
        labels = _scikit_image(segmenter)(image, **options)
    else:
        labels = np.asarray(segmenter(image.copy()))
        _check_labels(labels, image.shape[:2])
    return _numbered(labels, segmenter)


def _grid(shape, n_segments):
    if shape[0] < n_segments[0] or shape[1] < n_segments[1]:
        raise ValueError(
            f"An image of {shape[0]} rows and {shape[1]} columns has too few pixels "
            f"for a grid of n_segments={tuple(n_segments)}. Ask for fewer segments."
        )
    row, column = (
        np.arange(extent) * n // extent
        for extent, n in zip(shape, n_segments, strict=True)
    )
    labels = row[:, None] * n_segments[1] + column
    rows, columns = map(range, n_segments)
    return labels, [f"r{r}c{c}" for r in rows for c in columns]


def _numbered(labels, segmenter):
    """Labels 0, 1, ... of the segments, which keep their own numbers as names."""
    shape = labels.shape
    numbers, labels = np.unique(labels.astype(np.int64), return_inverse=True)
    n_ignored = int((numbers < 0).sum())
    n_segments = len(numbers) - n_ignored
    if n_segments < 2:
        raise ValueError(
            f"segmenter={segmenter!r:.60} found {count(n_segments, 'segment')} in an "
            "image; at least 2 are needed to tell their effects apart. Use a finer "
            "segmenter, or segmenter='grid'."
        )
    # numpy before 2.0 gives the inverse without its shape
    labels = np.maximum(labels.reshape(shape) - n_ignored, -1)
    return labels, [f"segment {number}" for number in numbers[n_ignored:]]


def _check_labels(labels, shape):
    if labels.shape != shape:
        raise ValueError(
            f"`segmenter` returned labels of shape {labels.shape} for an image of "
            f"{shape[0]} rows and {shape[1]} columns. It must return an array of shape "
            f"{shape}: one integer for each pixel, whatever the colours."
        )
    if labels.dtype.kind not in "iub":
        raise ValueError(
            f"`segmenter` returned labels of dtype {labels.dtype}. It must return one "
            "integer for each pixel."
        )


def _coloured(image):
    """Grey as three equal colours: defaults of scikit-image suit the range of Lab."""
    image = np.atleast_3d(image)
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


def _scikit_image(name):
    try:
        from skimage import segmentation
    except ImportError as error:
        raise ImportError(
            f"segmenter={name!r:.60} needs scikit-image, which is not installed: pip "
            "install 'skdime[images]', or use segmenter='grid', which needs nothing."
        ) from error
    return getattr(segmentation, name)
