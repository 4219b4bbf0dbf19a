"""Results over folds from numbers that are written down."""

import numpy as np

from skdime import Decomposition, Explanation
from skdime._results.fields import PER_FEATURE, PER_MODALITY
from skdime.model_selection import CrossExplanation


def explanation_of(coef, values=None, names=None, mi=None, row_names=None):
    """Rows with these coefficients, each feature a modality, and no errors.

    Parameters
    ----------
    coef : array of shape (n_rows, 2, n_features)
    values : array of shape (n_rows, n_features), default=None
        What rows hold.
    names : list of str, default=None
    mi : array of shape (n_rows,), default=None
        MI itself; UC is 0.
    """
    coef = np.asarray(coef, dtype=float)[..., None]
    n, _, k, _ = coef.shape
    names = np.array(names or [f"x{i}" for i in range(k)])
    mi = np.zeros((n, 1)) if mi is None else np.asarray(mi, dtype=float).reshape(n, 1)
    zeros = np.zeros((n, 1))
    decomposition = Decomposition(
        output=mi,
        baseline=np.zeros(1),
        uc=zeros,
        mi=mi,
        main=np.zeros((n, k, 1)),
        baseline_se=np.zeros(1),
        uc_se=zeros,
        mi_se=zeros,
        main_se=np.zeros((n, k, 1)),
        row_names=np.arange(n) if row_names is None else np.asarray(row_names),
        modality_names=names,
        output_names=np.array(["risk"]),
        unit="probability",
    )
    per_feature = {name: np.zeros_like(coef) for name in PER_FEATURE} | {"coef": coef}
    return Explanation(
        **per_feature,
        **{name: np.ones((n, 2, k, 1)) for name in PER_MODALITY},
        effective_samples=np.ones((n, k)),
        decomposition=decomposition,
        feature_names=names,
        feature_modalities=names,
        feature_values=np.full((n, k), "1") if values is None else values.astype(str),
    )


def cross_of(explanations, rows, trains, n_rows, *, common=False):
    """A result over folds, each with one run.

    Parameters
    ----------
    explanations : list of Explanation
    rows : list of array of int
        Rows that each fold explains, and leaves out.
    trains : list of array of int
    n_rows : int
        Of `X`.
    """
    places = np.arange(n_rows)
    n_folds = len(explanations)
    return CrossExplanation(
        explanations=tuple(explanations),
        rows=tuple(map(np.asarray, rows)),
        fold=np.arange(n_folds),
        reference_draw=np.zeros(n_folds, dtype=int),
        seed=np.zeros(n_folds, dtype=int),
        train=np.array([np.isin(places, train) for train in trains]),
        test=np.array([~np.isin(places, train) for train in trains]),
        row_names=np.arange(1 + max(map(np.max, rows))) if common else places,
        common=common,
    )
