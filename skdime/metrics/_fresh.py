"""Perturbations that a surrogate was not fitted on, as seen from a row."""

from typing import NamedTuple

import numpy as np

from skdime._references.designs import random_masks
from skdime._rows.containers import cells
from skdime._surrogates.mask_fit import mask_design


class FreshPerturbations(NamedTuple):
    """Perturbations of one modality of some rows.

    Attributes
    ----------
    block : container of rows of shape (n_samples, n_columns)
    design : LocalDesign
    active : ndarray of int or None
        Of masks the features that are masked; None for table columns.
    """

    block: object
    design: object
    active: object


def fresh_masks(perturber, row, n_samples, explainer, seed):
    """Random masks of one row; None where it has no features that matter."""
    cell = cells(row)[0]
    names = perturber.features(cell)
    active = np.flatnonzero(~perturber.inert(cell)) if names else np.empty(0, int)
    if not len(active):
        return None
    masks = np.ones((n_samples, len(names)), dtype=bool)
    masks[:, active] = random_masks(len(active), n_samples, seed)
    design = mask_design(masks[:, active], explainer.kernel_width, explainer.alpha)
    return FreshPerturbations(perturber.perturb_row(row, masks), design, active)
