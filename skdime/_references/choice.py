"""How many references are drawn, and what each of them counts."""

import numpy as np

from skdime._references.count import (
    LEAST_REFERENCES,
    MOST_REFERENCES,
    needed_references,
)
from skdime._references.features import reference_features
from skdime._references.weighting import MOST_EVALUATED, Weighting
from skdime._rows.containers import n_rows
from skdime._rows.modalities import split
from skdime._utils.warn import warn

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
        _warn_if_few(wanted, n_rows(X))
        return wanted, True
    needed = needed_references(engine, X, modalities, tol, random_state)
    available = min(MOST_REFERENCES, n_rows(X))
    if needed > available:
        warn(
            f"A standard error of tol={tol:g} would need {needed:,} references; "
            f"{available:,} are drawn. Choose a larger tol, give n_references a "
            "number, or pass more rows to fit."
        )
    return max(LEAST_REFERENCES, min(needed, available)), needed <= available


def weigh_references(how, X, rows, references):
    """For each modality the weights of the tuples that stand for all others.

    Parameters
    ----------
    how : {"uniform", "calibrated"}
    X : container of rows
        Rows that references were drawn from.
    rows : ndarray of int of shape (n_references,)
        Positions of the references.
    references : References

    Returns
    -------
    weightings : list of Weighting
        One and the same for three and more modalities, so that an additive model
        stays without interaction.
    """
    n, n_modalities = len(rows), len(references.modalities)
    # tuples of all rows are still a sample of all combinations of three and more
    stands_for = n_rows(X) if n_modalities == 2 else np.inf
    if how == "uniform" or n == n_rows(X) or n > MOST_EVALUATED:
        return [Weighting(n, n_rows=stands_for)] * n_modalities
    features = [
        reference_features(block, rows[order])
        for block, order in zip(
            split(X, references.modalities), references.tuples, strict=True
        )
    ]
    if n_modalities > 2:
        return [Weighting(n, np.hstack(features))] * n_modalities
    return [Weighting(n, part, stands_for) for part in reversed(features)]


def _warn_if_few(wanted, n):
    if wanted is not None and wanted < min(_FEW, n):
        warn(
            f"UC and MI compare with {wanted} references only; their standard errors "
            f"say what that costs. Set n_references to {_FEW} or more."
        )
    elif n < _FEW:
        warn(
            f"UC and MI compare with {n} references only, all rows that fit was given. "
            f"Pass {_FEW} rows or more, best those that the model was trained on."
        )
