"""The features with the largest coefficients."""

from numbers import Integral
from typing import NamedTuple

import numpy as np

from skdime._utils.missing import nan_mean
from skdime._utils.names import find_name

_PARTS = ("uc", "mi")


class FeatureEffect(NamedTuple):
    """One coefficient with its names, as listed by ``Explanation.top``."""

    part: str
    modality: str
    feature: str
    output: str
    coef: float
    se: float


def ranked(explanation, k, *, row, part, output):
    """What ``Explanation.top`` returns."""
    if not isinstance(k, Integral) or k < 1:
        raise ValueError(f"`k` must be an integer of at least 1. Got {k!r} instead.")
    if row is None:
        coef, se = (
            nan_mean(np.abs(explanation.coef)),
            nan_mean(explanation.se),
        )
    else:
        position = find_name(explanation.row_names, row, "row")
        coef, se = explanation.coef[position], explanation.se[position]
    parts = range(2) if part is None else [find_name(np.array(_PARTS), part, "part")]
    outputs = range(coef.shape[-1])
    if output is not None:
        outputs = [find_name(explanation.output_names, output, "output")]
    entries = [
        (p, f, c)
        for p in parts
        for f in range(coef.shape[1])
        for c in outputs
        if not np.isnan(coef[p, f, c])
    ]
    entries.sort(key=lambda entry: -abs(coef[entry]))
    return [
        FeatureEffect(
            _PARTS[p],
            str(explanation.feature_modalities[f]),
            str(explanation.feature_names[f]),
            str(explanation.output_names[c]),
            float(coef[p, f, c]),
            float(se[p, f, c]),
        )
        for p, f, c in entries[:k]
    ]
