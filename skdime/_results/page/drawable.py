"""What pages draw of series, texts and images."""

from itertools import pairwise

import numpy as np

from skdime._results.excerpt import excerpt
from skdime._results.labels import channel_name, runs
from skdime._results.pixels import as_colours, png_uri

# More than fits on a screen is left out.
MAX_POINTS = 800
MAX_PIXELS = 320


def drawn_inputs(explanation):
    """Inputs that pages draw, by modality; the boxes of sets need a picture."""
    inputs = explanation.inputs.items()
    return {name: part for name, part in inputs if part.kind != "set"}


def drawable(modality_input, row, feature_names, sizes):
    """The row's text, series or image, and which feature each part of it is.

    Parameters
    ----------
    modality_input : ModalityInput
        The explained rows of the modality.
    row : int
        Position of the row.
    feature_names : ndarray of str
        Names that the labels stand for.
    sizes : ndarray of shape (n_features,)
        Of a long text, what is around the tokens with the largest is shown.

    Returns
    -------
    drawn : dict
        Labels are positions of features, -1 for none.

        - text: ``pieces``, the text cut at tokens, each ``[piece, label]``; ``length``
          of the whole text, and how many ``characters`` of it there are.
        - series: ``channels``, each with ``name``, ``length``, the curve ``x``, ``y``
          (at most 800 points: of longer ones the smallest and the largest value of
          each stretch) and ``runs``, each ``[start, end, label]``.
        - image: ``uri`` of the picture, ``labels`` of the pixels drawn (at most 320 a
          side) and the ``size`` of the image itself.
    """
    kind = modality_input.kind
    draw = {"text": _text, "series": _series, "image": _image}[kind]
    values, labels = modality_input.values[row], modality_input.labels[row]
    more = sizes if kind == "text" else feature_names
    return {"kind": kind, **draw(values, labels, more)}


def _text(text, labels, sizes):
    text_excerpt, labels = excerpt(str(text), labels, sizes)
    pieces = [[text_excerpt[a:b], label] for a, b, label in runs(labels)]
    return {"pieces": pieces, "length": len(text), "characters": len(text_excerpt)}


def _series(values, labels, feature_names):
    times = np.flatnonzero(~np.isnan(values).all(axis=0))
    length = int(times[-1]) + 1 if len(times) else values.shape[1]
    channels = zip(values[:, :length], labels[:, :length], strict=True)
    drawn = [_channel(c, *each, feature_names) for c, each in enumerate(channels)]
    return {"channels": drawn}


def _channel(c, curve, segments, feature_names):
    name, x = channel_name(c, segments, feature_names), _points(curve)
    drawn = {"name": name, "length": len(curve), "x": x, "y": curve[x]}
    return drawn | {"runs": runs(segments)}


def _points(curve):
    """Positions of all points, or of the extremes of each of many stretches."""
    if len(curve) <= MAX_POINTS:
        return np.arange(len(curve))
    edges = np.linspace(0, len(curve), MAX_POINTS // 2 + 1).astype(int)
    low, high = (np.where(np.isnan(curve), far, curve) for far in (np.inf, -np.inf))
    positions = [
        (start + low[start:stop].argmin(), start + high[start:stop].argmax())
        for start, stop in pairwise(edges)
    ]
    return np.unique([0, *np.ravel(positions), len(curve) - 1])


def _image(image, labels, _):
    image, labels = _without_padding(image, labels)
    step = -(-max(labels.shape) // MAX_PIXELS)
    return {
        "uri": png_uri(as_colours(image[::step, ::step])),
        "labels": labels[::step, ::step],
        "size": labels.shape,
    }


def _without_padding(image, labels):
    if image.dtype.kind != "f":
        return image, labels
    has_value = ~np.isnan(image.reshape(*labels.shape, -1)).all(axis=2)
    if not has_value.any():
        return image, labels
    height, width = (int(np.flatnonzero(has_value.any(axis=a))[-1]) + 1 for a in (1, 0))
    return image[:height, :width], labels[:height, :width]
