"""Perturbations that a surrogate was not fitted on, as seen from a row."""

import copy
from typing import NamedTuple

import numpy as np

from skdime._references.designs import random_masks
from skdime._rows.containers import cells, column, join, n_rows, select, stack, take
from skdime._surrogates.mask_fit import mask_design
from skdime.perturbers._tables import encoded, like_modality, table_of


class Fresh(NamedTuple):
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
    return Fresh(perturber.perturb_row(row, masks), design, active)


def redrawn(perturber, references, n_samples, random_state):
    """A fitted perturber of tables with other draws, and all else as it was.

    Parameters
    ----------
    perturber : TabularPerturber
        Fitted.
    references : container of rows of shape (n_rows, n_columns)
        The modality's columns in the references, which values are taken from; where
        features are drawn one by one, also from the old draws.
    n_samples : int
        Draws, at most: those with a missing number are left out where the perturber
        knows of none.
    random_state : RandomState

    Returns
    -------
    perturber : TabularPerturber
    """
    if not hasattr(perturber, "_choose_rows"):
        raise TypeError(
            f"Fresh perturbations cannot be drawn for a {type(perturber).__name__}, "
            "only for TabularPerturber and for perturbers that mask."
        )
    pool = table_of(references)
    if perturber.sampler != "rows":
        pool = stack([pool, table_of(perturber.draws_)])
    chosen = perturber._choose_rows(n_rows(pool), n_samples, random_state)
    draws = join(
        [take(select(pool, [j]), rows) for j, rows in enumerate(chosen)],
        [np.array([j]) for j in range(len(chosen))],
    )
    known = list(zip(perturber._columns, perturber._codes, strict=True))
    complete = np.ones(n_rows(draws), dtype=bool)
    for j, (of_column, codes) in enumerate(known):
        if codes is None and not getattr(of_column, "any_missing", True):
            complete &= ~np.isnan(encoded(column(draws, j), codes))
    draws = take(draws, np.flatnonzero(complete))
    fresh = copy.copy(perturber)
    fresh.draws_ = like_modality(references, draws)
    fresh._columns = [
        _with_draws(of_column, encoded(column(draws, j), codes))
        for j, (of_column, codes) in enumerate(known)
    ]
    return fresh


def _with_draws(of_column, values):
    fresh = copy.copy(of_column)
    edges = getattr(of_column, "edges", None)
    fresh.draws = values if edges is None else np.searchsorted(edges, values)
    return fresh
