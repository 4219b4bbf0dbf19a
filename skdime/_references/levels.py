"""Weighted references of several sizes, with the errors that probes show of them."""

from dataclasses import dataclass, replace

import numpy as np

from skdime._references.designs import random_masks
from skdime._references.quadrature import (
    Quadrature,
    exact_quadrature,
    learn_quadratures,
)
from skdime._rows.containers import cells, stack, take
from skdime._utils.rounding import DIFFERENCES_OF_MEANS

# Sizes of what is learned only move the cost, since rows whose error is too large take
# the next level; benchmarks/masks.py prints rows and errors.
# Reference rows, and masks of each, on which quadratures are learned.
_N_PROBES = 6
_PROBE_MASKS = 16
# Numbers of references that quadratures may have.
_SIZES = (8, 16, 24, 32, 48, 64, 96)
# Probes of fewer rows than this have no error that quadratures could be judged by.
_LEAST_REFERENCES = 24
# A row's error stays below this multiple of the largest of the probes', in most rows:
# so few probes do not have the worst of all rows among them.
_MARGIN = 1.5


@dataclass(frozen=True)
class QuadratureLevel:
    """Weighted references, and how far from the mean over all they may be.

    Attributes
    ----------
    quadrature : Quadrature
    typical, high : ndarray of shape (n_outputs,)
        Error relative to what the deviations between the chosen references make one
        expect, of most probes and of the worst; 0 for all references.
    """

    quadrature: Quadrature
    typical: np.ndarray
    high: np.ndarray

    def of_outputs(self, positions):
        """The same for some of the outputs."""
        if np.ndim(self.typical) == 0:
            return self
        typical, high = self.typical[positions], self.high[positions]
        return replace(self, typical=typical, high=high)

    @property
    def chosen(self):
        return self.quadrature.chosen

    @property
    def weights(self):
        return self.quadrature.weights


def probe_rows(n_references):
    """Model rows that learning the quadratures of a modality takes, at most."""
    learns = n_references >= _LEAST_REFERENCES
    return learns * _N_PROBES * _PROBE_MASKS * n_references


def quadrature_levels(references, way, m, perturber, seed, *, learns):
    """Quadratures of one modality, the smallest first; the last are all references.

    Parameters
    ----------
    references : References
    way : Way
        Evaluates the probes.
    m : int
        Position of the modality.
    perturber : MaskPerturber
    seed : int
        Of the masks of probes.
    learns : bool
        Whether fewer references than all save anything.

    Returns
    -------
    levels : list of QuadratureLevel
    """
    target = references.weightings[m].weights
    exact = QuadratureLevel(exact_quadrature(target, np.zeros((0, 1))), 0.0, 0.0)
    if not learns or not probe_rows(len(references)):
        return [exact]
    deviations, folds = _probe(references, way, m, perturber, seed)
    if len(np.unique(folds)) < 2 or not deviations.any():
        return [exact]
    sizes = [size for size in _SIZES if 4 * size <= 3 * len(references)]
    learned = learn_quadratures(deviations, sizes, folds, target)
    return [*(_level(q, deviations, folds) for q in learned), exact]


def _probe(references, way, m, perturber, seed):
    """What masks do to some reference rows, in the context of every reference."""
    spaced = np.linspace(0, len(references) - 1, _N_PROBES).astype(int)
    perturbed, folds = [], []
    for probe, position in enumerate(spaced):
        row = take(references.blocks[m], [position])
        n_features = len(perturber.features(cells(row)[0]))
        if n_features:
            masks = random_masks(n_features, _PROBE_MASKS, seed)
            perturbed.append(perturber.perturb_row(row, masks))
            folds += [probe] * len(masks)
    folds = np.array(folds)
    if not perturbed:
        return np.zeros((0, len(references), 1)), folds
    outputs = references.outputs(way, {m: stack(perturbed)})
    for probe in np.unique(folds):
        outputs[folds == probe] -= outputs[folds == probe].mean(axis=0)
    return outputs, folds


def _level(quadrature, deviations, folds):
    """Its errors on probes, relative to what these make one expect."""
    expected = quadrature.expected(deviations[:, quadrature.chosen])
    # where references make no difference there is nothing but rounding to compare
    largest = np.abs(deviations).max()
    rounding = DIFFERENCES_OF_MEANS * largest + np.finfo(float).tiny
    ratios = []
    for probe in np.unique(folds):
        here = folds == probe
        size = np.sqrt(np.square(expected[here]).mean(axis=0))
        missed = np.sqrt(np.square(quadrature.held_out[here]).mean(axis=0))
        ratios.append(np.where(missed > rounding, missed, 0) / (size + rounding))
    # probes may show that the outputs expect too little, not that they expect too much
    ratios = np.maximum(ratios, 1)
    typical = np.sqrt(np.square(ratios).mean(axis=0))
    return QuadratureLevel(quadrature, typical, _MARGIN * ratios.max(axis=0))
