"""Explanations of several runs on common axes, joined by names."""

from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from skdime._results.explanation import PARTS


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

    def join(self, explanations, rows, n_rows, attribute, dimensions):
        """One attribute of several explanations, each value at its place by name.

        Parameters
        ----------
        explanations : list of Explanation
        rows : list of ndarray of int
            For each explanation the positions of its rows among all.
        n_rows : int
        attribute : str
            Name of an array of an explanation; that of one of its decomposition as in
            "decomposition.uc".
        dimensions : sequence of {"row", "part", "modality", "feature", "output"}
            What the axes of the array stand for.

        Returns
        -------
        values : ndarray of shape (n_explanations, ...)
            nan where an explanation has nothing.
        """
        sizes = {
            "row": n_rows,
            "part": len(PARTS),
            "modality": len(self.modality_names),
            "feature": len(self.feature_names),
            "output": len(self.output_names),
        }
        shape = [sizes[dimension] for dimension in dimensions]
        values = np.full((len(explanations), *shape), np.nan)
        for run, explanation, places in zip(values, explanations, rows, strict=True):
            positions = {"row": places, **self._positions(explanation)}
            where = np.ix_(*(positions[dimension] for dimension in dimensions))
            run[where] = attrgetter(attribute)(explanation)
        return values

    def _positions(self, explanation):
        return {
            "part": np.arange(len(PARTS)),
            "modality": _positions(self.modality_names, explanation.modality_names),
            "feature": _positions(keys_of(self), keys_of(explanation)),
            "output": _positions(self.output_names, explanation.output_names),
        }


def keys_of(named):
    """Modality and name of every feature."""
    owners, names = named.feature_modalities.tolist(), named.feature_names.tolist()
    return list(zip(owners, names, strict=True))


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


def _union(lists):
    return list(dict.fromkeys(entry for entries in lists for entry in entries))


def _positions(names, some):
    position = {name: i for i, name in enumerate(names)}
    return np.array([position[name] for name in some], dtype=int)
