"""What pages and displays draw: numbers without noise; series, texts and images."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from skdime._results.pixels import as_colours, png_uri

# More than fits on a screen is left out.
MAX_POINTS = 800
MAX_PIXELS = 320
# Rounding leaves less than 1e-13 of the numbers that it is a rest of.
NOISE = 1e-12
_CONSTANT = 1e-8


def without_noise(values, scale):
    """Values, 0 where rounding has left so little of numbers as large as `scale`.

    Parameters
    ----------
    values : array-like of float
        May hold nan, which stays.
    scale : float or array-like that broadcasts against `values`
        Size of the numbers that the values were computed from.

    Returns
    -------
    values : ndarray of float
    """
    values = np.asarray(values, dtype=float)
    return np.where(np.abs(values) < NOISE * np.asarray(scale), 0.0, values)


def explanation_scale(explanation):
    """The largest size of an output, a baseline or a coefficient, for each output.

    Parameters
    ----------
    explanation : Explanation

    Returns
    -------
    scale : ndarray of shape (n_outputs,)
    """
    values = explanation.decomposition
    parts = values.output, values.baseline[None], explanation.coef
    sizes = [np.abs(part).reshape(-1, part.shape[-1]) for part in parts]
    return np.nanmax(np.concatenate(sizes), axis=0, initial=0.0)


def explanation_without_noise(explanation):
    """An explanation in which what rounding has left counts as 0.

    Scales are those of all of its rows: take rows out afterwards.

    Parameters
    ----------
    explanation : Explanation

    Returns
    -------
    explanation : Explanation
        Coefficients and their standard errors, main effects and MI are cleared; UC and
        the surrogates' values for it as differences from the baseline.
    """
    scale, values = explanation_scale(explanation), explanation.decomposition
    baseline = values.baseline

    def cleared(source, *names):
        return {name: without_noise(getattr(source, name), scale) for name in names}

    def from_baseline(part):
        return np.where(without_noise(part - baseline, scale) == 0, baseline, part)

    parts = cleared(values, "main", "main_se", "mi", "uc_se", "mi_se", "baseline_se")
    uc = from_baseline(values.uc)
    constant = np.isnan(explanation.r2)
    line, start = explanation.local_prediction.copy(), explanation.intercept.copy()
    for part in (line, start):
        part[:, 0] = from_baseline(part[:, 0])
        part[:, 1] = without_noise(part[:, 1], _smallest(constant[:, 1]) * scale)
    errors = [name for name in explanation.__dataclass_fields__ if name[:3] == "se_"]
    return replace(
        explanation,
        decomposition=replace(values, uc=uc, **parts),
        local_prediction=line,
        intercept=start,
        **_of_features(explanation, scale, "coef", *errors),
    )


def _smallest(constant):
    """What is noise, in units of the scale: more where a part does not vary."""
    return np.where(constant, _CONSTANT / NOISE, 1.0)


def _of_features(explanation, scale, *names):
    """Arrays by feature; of parts that do not vary, completion leaves more noise."""
    modalities = explanation.modality_names.tolist()
    owners = [modalities.index(name) for name in explanation.feature_modalities]
    constant = np.isnan(explanation.r2)[:, :, np.array(owners, dtype=int)]
    smallest = _smallest(constant) * scale
    return {name: without_noise(getattr(explanation, name), smallest) for name in names}


def runs(labels):
    """Start, end and label of each stretch of equal labels, in order.

    Parameters
    ----------
    labels : array-like of int of shape (n_elements,)

    Returns
    -------
    runs : list of (int, int, int)
    """
    labels = np.asarray(labels)
    if not len(labels):
        return []
    cuts = (np.flatnonzero(np.diff(labels)) + 1).tolist()
    starts, ends = [0, *cuts], [*cuts, len(labels)]
    return list(zip(starts, ends, labels[starts].tolist(), strict=True))


def drawable(held, row, feature_names):
    """What one row holds of a modality, and which feature each part of it is.

    Parameters
    ----------
    held : ModalityInput
        The explained rows of the modality.
    row : int
        Position of the row.
    feature_names : ndarray of str
        Names that the labels stand for.

    Returns
    -------
    drawn : dict
        What JSON can hold; labels are positions of features, -1 for none.

        - text: ``pieces``, the text cut at tokens, each ``[piece, label]``.
        - series: ``channels``, each with ``name``, ``length``, the curve ``x``, ``y``
          (at most 800 points: of longer ones the smallest and the largest value of
          each stretch) and ``runs``, each ``[start, end, label]``.
        - image: ``uri`` of the picture, ``shape`` of what is drawn, ``size`` of what
          there is (at most 320 pixels a side are drawn), and ``runs``, each ``[n,
          label]``, pixel by pixel.
    """
    draw = {"text": _text, "series": _series, "image": _image}[held.kind]
    return {
        "kind": held.kind,
        **draw(held.values[row], held.labels[row], feature_names),
    }


def _text(text, labels, _):
    text = str(text)
    pieces = [[text[a:b], label] for a, b, label in runs(labels[: len(text)])]
    return {"pieces": pieces}


def _series(values, labels, feature_names):
    known = np.flatnonzero(~np.isnan(values).all(axis=0))
    length = int(known[-1]) + 1 if len(known) else values.shape[1]
    channels = []
    for c, (curve, own) in enumerate(zip(values, labels, strict=True)):
        x = _shown_points(curve[:length])
        channels.append(
            {
                "name": channel_name(c, own[:length], feature_names),
                "length": length,
                "x": x.tolist(),
                "y": rounded(curve[x], 5),
                "runs": runs(own[:length]),
            }
        )
    return {"channels": channels}


def channel_name(c, labels, feature_names):
    """The channel as features are named after it, such as ``II`` of ``II[0:50]``."""
    names = {str(feature_names[f]) for f in np.unique(labels[labels >= 0])}
    owners = {name.rpartition("[")[0].strip() for name in names}
    owner = owners.pop() if len(owners) == 1 else ""
    return owner or f"channel {c}"


def _shown_points(curve):
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
    size, step = list(labels.shape), -(-max(labels.shape) // MAX_PIXELS)
    image, labels = image[::step, ::step], labels[::step, ::step]
    return {
        "uri": png_uri(as_colours(image)),
        "size": size,
        "shape": list(labels.shape),
        "runs": [[b - a, label] for a, b, label in runs(labels.ravel())],
    }


def _without_padding(image, labels):
    if image.dtype.kind != "f":
        return image, labels
    known = ~np.isnan(image.reshape(*labels.shape, -1)).all(axis=2)
    if not known.any():
        return image, labels
    height, width = (int(np.flatnonzero(known.any(axis=a))[-1]) + 1 for a in (1, 0))
    return image[:height, :width], labels[:height, :width]


def rounded(values, digits=6):
    """Nested lists of numbers to that many digits, None for what is not finite."""
    values = np.asarray(values, dtype=float)
    finite = np.isfinite(values).ravel().tolist()
    texts = [
        float(f"{value:.{digits}g}") if known else None
        for value, known in zip(values.ravel().tolist(), finite, strict=True)
    ]
    nested = np.empty(values.size, dtype=object)
    nested[:] = texts
    return nested.reshape(values.shape).tolist()
