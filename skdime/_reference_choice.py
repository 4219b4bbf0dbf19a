"""How many references are drawn, and what each of them counts."""

import warnings

import numpy as np

from skdime._conditional import MOST_SHOWN
from skdime._containers import n_rows
from skdime._modalities import split
from skdime._reference_count import (
    LEAST_REFERENCES,
    MOST_REFERENCES,
    needed_references,
)
from skdime._reference_features import reference_features
from skdime._weighting import Weighting

# Fewer references are worth a warning.
_FEW = 20


def count_references(wanted, engine, X, modalities, tol, random_state):
    """Number of references, and whether they are as many as `tol` asks for.

    Parameters
    ----------
    wanted : int, "auto" or None
    engine : Engine
        Evaluates a pilot for "auto".
    X : container of rows
        Rows to draw from.
    modalities : list of (str, ndarray of int)
    tol : float
    random_state : RandomState

    Returns
    -------
    count : int or None
        None for all rows.
    converged : bool
    """
    if wanted != "auto":
        if wanted is not None and wanted < min(_FEW, n_rows(X)):
            _warn(
                f"UC and MI compare with {wanted} references only; their standard "
                f"errors say what that costs. Set n_references to {_FEW} or more."
            )
        return wanted, True
    needed = needed_references(engine, X, modalities, tol, random_state)
    converged = min(needed, n_rows(X)) <= MOST_REFERENCES
    if not converged:
        _warn(
            f"A standard error of tol={tol:g} would need {needed:,} references; "
            f"{MOST_REFERENCES:,} are drawn. Choose a larger tol, or give n_references "
            "a number."
        )
    return int(np.clip(needed, LEAST_REFERENCES, MOST_REFERENCES)), converged


def weigh_references(how, X, rows, modalities, tuples):
    """For each modality the weights of the tuples that stand for all others.

    Parameters
    ----------
    how : {"uniform", "calibrated"}
    X : container of rows
        Rows that references were drawn from.
    rows : ndarray of int of shape (n_references,)
        Positions of the references.
    modalities : list of (str, ndarray of int)
    tuples : ndarray of int of shape (n_modalities, n_references)

    Returns
    -------
    weightings : list of Weighting
        One and the same for three and more modalities, so that an additive model
        stays without interaction.
    """
    n, n_modalities = len(rows), len(modalities)
    if how == "uniform" or n == n_rows(X) or n > MOST_SHOWN:
        return [Weighting(n)] * n_modalities
    features = [
        reference_features(block, rows[order])
        for block, order in zip(split(X, modalities), tuples, strict=True)
    ]
    if n_modalities > 2:
        return [Weighting(n, np.hstack(features))] * n_modalities
    return [Weighting(n, part) for part in reversed(features)]


def _warn(message):
    warnings.warn(message, UserWarning, stacklevel=4)
