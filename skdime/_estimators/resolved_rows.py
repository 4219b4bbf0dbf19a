"""Rows to fit on with their modalities, without columns that nothing depends on."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.frozen import FrozenEstimator

from skdime._models.columns_read import columns_read
from skdime._models.named_columns import names_searched
from skdime._rows.containers import column_names, select
from skdime._rows.modalities import resolve_modalities
from skdime._rows.validation import check_rows, feature_names_of


class ResolvedRows(NamedTuple):
    """Rows, and what their columns belong to.

    Attributes
    ----------
    X : container of rows
    modalities : list of (str, ndarray of int)
        Positions of the columns of each modality.
    fixed : ndarray of int
        Positions of the columns of no modality.
    """

    X: Any
    modalities: list
    fixed: np.ndarray


def resolved_rows(disentangler, estimator, X):
    """Find the modalities of rows, and leave out columns that nothing depends on.

    A fitted model that finds its columns by name may be given a frame with others, such
    as a target or an identifier. They are left out unless a modality has them.

    Parameters
    ----------
    disentangler : Disentangler
        Says which modalities there are. It need not be fitted.
    estimator : estimator
        Has checked the rows, and gets the names of the columns that stay.
    X : container of rows

    Returns
    -------
    resolved : ResolvedRows
    """
    names, unread = feature_names_of(estimator, X), _unread(disentangler.estimator, X)
    modalities, fixed = resolve_modalities(
        X, disentangler.modalities, names, disentangler.remainder, unread
    )
    positions = np.sort(
        np.concatenate([*(columns for _, columns in modalities), fixed])
    )
    if len(positions) == len(names):
        return ResolvedRows(X, modalities, fixed)
    X = check_rows(estimator, select(X, positions), reset=True)
    places = [
        (name, np.searchsorted(positions, columns)) for name, columns in modalities
    ]
    return ResolvedRows(X, places, np.searchsorted(positions, fixed))


def _unread(model, X):
    """Positions of the columns of a frame that a fitted model does not look for."""
    names = column_names(X)
    if names is None or not isinstance(model, FrozenEstimator):
        return np.array([], dtype=int)
    if names_searched(model) is None:
        return np.array([], dtype=int)
    return np.flatnonzero(~columns_read(model, len(names), names))
