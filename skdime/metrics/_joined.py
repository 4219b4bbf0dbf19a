"""Explanations of several runs on common axes, joined by names."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Axes:
    """What the axes of several explanations hold together.

    Attributes
    ----------
    modality_names, output_names : ndarray of str
        In order of first appearance.
    feature_names, feature_modalities : ndarray of str of shape (n_features,)
        Modality by modality, features in order of first appearance.
    """

    modality_names: np.ndarray
    output_names: np.ndarray
    feature_names: np.ndarray
    feature_modalities: np.ndarray

    def positions(self, explanation):
        """Where modalities, features and outputs of an explanation belong."""
        features = list(zip(self.feature_modalities, self.feature_names, strict=True))
        return (
            _positions(self.modality_names, explanation.modality_names),
            _positions(features, keys_of(explanation)),
            _positions(self.output_names, explanation.output_names),
        )


def keys_of(explanation):
    """Modality and name of every feature."""
    return list(
        zip(
            explanation.feature_modalities.tolist(),
            explanation.feature_names.tolist(),
            strict=True,
        )
    )


def common_axes(explanations):
    """The union of the axes of explanations."""
    modalities = _union(e.modality_names.tolist() for e in explanations)
    keys = _union(keys_of(e) for e in explanations)
    keys.sort(key=lambda key: modalities.index(key[0]))
    owners, names = zip(*keys, strict=True)
    return Axes(
        modality_names=np.array(modalities),
        output_names=np.array(_union(e.output_names.tolist() for e in explanations)),
        feature_names=np.array(names),
        feature_modalities=np.array(owners),
    )


def joined(arrays, indices, shape):
    """Arrays of several runs, each at its positions of one large array.

    Parameters
    ----------
    arrays : list of ndarray
        One for each run.
    indices : list of list of ndarray of int
        For each run and each axis of its array the positions along that axis.
    shape : tuple of int
        Of what one run has in the result.

    Returns
    -------
    values : ndarray of shape (n_runs, *shape)
        nan where a run has nothing.
    """
    values = np.full((len(arrays), *shape), np.nan)
    for run, array, index in zip(values, arrays, indices, strict=True):
        run[np.ix_(*index)] = array
    return values


def _union(lists):
    return list(dict.fromkeys(entry for entries in lists for entry in entries))


def _positions(names, some):
    position = {name: i for i, name in enumerate(_as_list(names))}
    return np.array([position[name] for name in _as_list(some)], dtype=int)


def _as_list(names):
    return names.tolist() if isinstance(names, np.ndarray) else names
