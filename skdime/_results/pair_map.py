"""Effects of pairs of one row, as words and the regions of a map."""

from typing import NamedTuple

import numpy as np

from skdime._results.noise import explanation_scale, without_noise
from skdime._utils.listed import listed

# What is drawn of two modalities, the first one that there is.
_KINDS = ("image", "series")


class PairMap(NamedTuple):
    """Words of one modality against the regions or segments of another.

    Attributes
    ----------
    modality_names : (str, str)
        Of the words, and of the map.
    word_names, word_values : ndarray of str of shape (n_words,)
        The features that the row has, in order.
    feature_names : ndarray of str of shape (n_features,)
        The regions or segments that it has.
    coef, se : ndarray of shape (n_words, n_features)
    kind : {"image", "series"}
    values, labels : ndarray
        The image or series of the row, and for every element the position of its
        feature among `feature_names`, -1 where it has none.
    """

    modality_names: tuple
    word_names: np.ndarray
    word_values: np.ndarray
    feature_names: np.ndarray
    coef: np.ndarray
    se: np.ndarray
    kind: str
    values: np.ndarray
    labels: np.ndarray

    @property
    def resolved(self):
        """Effects, 0 where they are below two standard errors."""
        return resolved(self.coef, self.se)


def resolved(coef, se):
    """Effects, 0 where they are below two standard errors."""
    return np.where(np.abs(coef) >= 2 * np.asarray(se), coef, 0.0)


def map_side(explanation, pairs):
    """Which modality of pairs is an image or a series: 0, 1, or None for neither."""
    kinds = [
        explanation.inputs[name].kind if name in explanation.inputs else None
        for name in pairs.modality_names.tolist()
    ]
    return next((kinds.index(kind) for kind in _KINDS if kind in kinds), None)


def pair_map(row_explanation, pairs, c):
    """The pairs of one row and output as words and a map.

    Parameters
    ----------
    row_explanation : Explanation
        Of one row.
    pairs : PairExplanation
        Of the same row.
    c : int
        Position of the output.

    Raises
    ------
    ValueError
        If neither modality is an image or a series.
    """
    names = pairs.modality_names.tolist()
    side = map_side(row_explanation, pairs)
    if side is None:
        raise ValueError(
            f"one of the modalities of `pairs`, [{listed(names)}], must be an image or "
            "a series that the explanation holds. For others use PairHeatmapDisplay."
        )
    scale = explanation_scale(row_explanation)[c]
    coef = without_noise(pairs.coef[0, ..., c], scale)
    se = pairs.se[0, ..., c]
    words, regions = (pairs.first_names, pairs.second_names)[:: 1 if side else -1]
    values = (pairs.first_values, pairs.second_values)[1 - side][0]
    if not side:
        coef, se = coef.T, se.T
    has_word = ~np.isnan(coef).all(axis=1)
    has_region = ~np.isnan(coef).all(axis=0)
    here = np.ix_(has_word, has_region)
    drawn_input = row_explanation.inputs[names[side]]
    return PairMap(
        (names[1 - side], names[side]),
        words[has_word],
        values[has_word],
        regions[has_region],
        coef[here],
        se[here],
        drawn_input.kind,
        drawn_input.values[0],
        _labels(row_explanation, drawn_input.labels[0], regions[has_region]),
    )


def _labels(row_explanation, labels, names):
    """Positions on the feature axis of the explanation as positions among names."""
    places = {name: i for i, name in enumerate(names.tolist())}
    of_features = [places.get(str(n), -1) for n in row_explanation.feature_names]
    return np.append(of_features, -1)[labels]
