"""Explanations of several runs on common axes, joined by names."""

from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from skdime._results.fields import PARTS
from skdime._utils.frames import long_frame


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
        names = _names(self)
        shape = [n_rows if axis == "row" else len(names[axis]) for axis in dimensions]
        values = np.full((len(explanations), *shape), np.nan)
        for run, explanation, positions in zip(values, explanations, rows, strict=True):
            own = _names(explanation)
            places = [
                positions if axis == "row" else _positions(names[axis], own[axis])
                for axis in dimensions
            ]
            run[np.ix_(*places)] = attrgetter(attribute)(explanation)
        return values


def _names(named):
    return {
        "part": PARTS,
        "modality": named.modality_names,
        "feature": keys_of(named),
        "output": named.output_names,
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
    outputs = _union(e.output_names.tolist() for e in explanations)
    return Axes(*map(np.array, (modalities, outputs, names, owners)))


def frame_by_part(named, arrays):
    """A tidy pandas frame with a column for each array, one line per place in them.

    Parameters
    ----------
    named : object
        With ``modality_names`` and ``output_names``.
    arrays : dict of str to ndarray of shape (2, n_modalities, n_outputs)

    Returns
    -------
    frame : pandas.DataFrame
    """
    modalities, outputs = named.modality_names, named.output_names
    axes = [{"part": PARTS}, {"modality": modalities}, {"output": outputs}]
    return long_frame(axes, **arrays)


def _union(lists):
    return list(dict.fromkeys(entry for entries in lists for entry in entries))


def _positions(names, some):
    position = {name: i for i, name in enumerate(names)}
    return np.array([position[name] for name in some], dtype=int)
