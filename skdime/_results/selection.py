"""Coefficients by name: their positions, some of them, and the largest."""

from typing import NamedTuple

import numpy as np

from skdime._results.fields import PARTS
from skdime._results.sizes import sizes_over_rows
from skdime._utils.checks import check_count
from skdime._utils.listed import listed
from skdime._utils.missing import nan_mean
from skdime._utils.names import find_name

_PARTS = np.array(PARTS)


class FeatureEffect(NamedTuple):
    """One coefficient with its names, as listed by ``Explanation.top``."""

    part: str
    modality: str
    feature: str
    output: str
    coef: float
    se: float


def features_of(explanation, modality=None):
    """Positions of the features of one modality, or of all."""
    if modality is None:
        return np.arange(len(explanation.feature_names))
    names = explanation.modality_names
    name = names[find_name(names, modality, "modality")]
    return np.flatnonzero(explanation.feature_modalities == name)


def outputs_of(explanation, output=None):
    """Positions of one output, or of all."""
    return _one_or_all(explanation.output_names, output, "output")


def _one_or_all(names, name, axis):
    positions = np.arange(len(names))
    return positions if name is None else positions[[find_name(names, name, axis)]]


def position(explanation, row, modality, feature, output):
    """See ``Explanation.find``."""
    if feature is not None:
        return _feature(explanation, modality, feature)
    if row is not None:
        return find_name(explanation.row_names, row, "row")
    if output is None:
        raise ValueError("Give one of `row`, `feature` and `output`.")
    return find_name(explanation.output_names, output, "output")


def selected(explanation, row, part, modality, feature, output):
    """See ``Explanation.sel``; further axes may come before that of rows."""
    if feature is not None:
        features = _feature(explanation, modality, feature)
    else:
        features = features_of(explanation, modality)
    coef = explanation.coef
    if row is not None:
        row = find_name(explanation.row_names, row, "row")
        coef = np.take(coef, row, axis=-4)
    if part is not None:
        coef = np.take(coef, find_name(_PARTS, part, "part"), axis=-3)
    coef = np.take(coef, features, axis=-2)
    if output is not None:
        output = find_name(explanation.output_names, output, "output")
        coef = np.take(coef, output, axis=-1)
    return coef


def strongest(explanation, k, row, part, output):
    """See ``Explanation.top``."""
    check_count("k", k)
    if row is None:
        coef, se = (
            nan_mean(sizes_over_rows(each))
            for each in (explanation.coef, explanation.se)
        )
    else:
        r = find_name(explanation.row_names, row, "row")
        coef, se = explanation.coef[r], explanation.se[r]
    parts = _one_or_all(_PARTS, part, "part")
    outputs = outputs_of(explanation, output)
    sizes = np.abs(coef[np.ix_(parts, np.arange(coef.shape[1]), outputs)])
    # nan, of features that no row has, is sorted to the end
    order = np.argsort(-sizes, axis=None, kind="stable")[: (~np.isnan(sizes)).sum()]
    places = np.transpose(np.unravel_index(order[:k], sizes.shape))
    return [
        _effect(explanation, coef, se, parts[p], f, outputs[c]) for p, f, c in places
    ]


def _effect(explanation, coef, se, p, f, c):
    return FeatureEffect(
        PARTS[p],
        str(explanation.feature_modalities[f]),
        str(explanation.feature_names[f]),
        str(explanation.output_names[c]),
        float(coef[p, f, c]),
        float(se[p, f, c]),
    )


def _feature(explanation, modality, feature):
    features = features_of(explanation, modality)
    names = explanation.feature_names[features]
    # several features may share a name, which is one label
    labels = np.array(list(dict.fromkeys(names.tolist())))
    same_name = features[names == labels[find_name(labels, feature, "feature")]]
    if len(same_name) > 1:
        raise KeyError(
            f"feature {feature!r:.60} occurs in the modalities "
            f"[{listed(explanation.feature_modalities[same_name].tolist())}]; name one "
            "with "
            "modality=."
        )
    return int(same_name[0])
