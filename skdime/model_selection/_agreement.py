"""How much the runs of a result over folds agree that differ in one source."""

from dataclasses import replace

import numpy as np

from skdime._utils.checks import check_choice
from skdime._utils.missing import nan_mean
from skdime.metrics._stability import MEASURES, stability_of
from skdime.model_selection._components import SOURCES


def agreement(cross, source, of, k):
    """See ``CrossExplanation.stability``.

    Parameters
    ----------
    cross : CrossExplanation
    source : {"data", "references", "sampling"}
    of : {"rows", "mean_abs"}
    k : int

    Returns
    -------
    stability : Stability
    """
    check_choice("source", source, SOURCES)
    check_choice("of", of, ("rows", "mean_abs"))
    coef, se, r2 = cross.coef, cross.se, cross.r2
    if of == "mean_abs":
        coef = cross.mean_abs()[:, None]
        se = np.full(coef.shape, np.nan)
        r2 = nan_mean(cross.r2, axis=1)[:, None]
    groups = [
        stability_of(coef[runs], se[runs], r2[runs], cross, k)
        for runs in _compared(cross, source, coef)
    ]
    averaged = {
        name: nan_mean(np.array([getattr(each, name) for each in groups]))
        for name in MEASURES
    }
    if of == "mean_abs":
        averaged["sign_agreement"] = np.full_like(averaged["dispersion"], np.nan)
    return replace(groups[0], **averaged)


def _compared(cross, source, coef):
    """Positions of the runs that are compared: one group, or one for each fold."""
    if source == "data":
        groups = [cross.first_runs]
    else:
        same = cross.seed if source == "references" else cross.reference_draw
        groups = [
            np.flatnonzero((cross.fold == f) & (same == 0))
            for f in np.unique(cross.fold)
        ]
    if len(groups[0]) < 2:
        runs = {
            "data": "two folds or more",
            "references": "n_reference_draws of 2 or more",
            "sampling": "n_seeds of 2 or more",
        }[source]
        raise ValueError(
            f"Nothing differs in {source!r:.60}: cross_explain needs {runs} for that."
        )
    repeated = [(~np.isnan(coef[runs])).sum(axis=0).max() for runs in groups]
    if max(repeated) < 2:
        raise ValueError(
            "No row was explained in two folds, so that nothing can be compared. "
            "Explain the same rows in every fold (X_common=...), repeat the folds "
            "(cv=RepeatedKFold(...)), or compare means over rows (of='mean_abs')."
        )
    return groups
