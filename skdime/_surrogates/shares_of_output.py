"""What families hand up whose coefficients are the parts of the model's SHAP values."""

import numpy as np

from skdime._surrogates.fitted import FittedModality


def fitted_shares(rows, m, names, coef, errors, target, r2, least, effective_samples):
    """Coefficients of one modality, with the intercept that leaves no rest.

    Parameters
    ----------
    rows : slice
    m : int
    names : list of str or None
    coef : ndarray of shape (n_rows, n_features, n_targets)
        UC of all outputs, then MI of all.
    errors : (ndarray, ndarray)
        Standard errors over references and over coalitions, in its shape.
    target : ndarray of shape (n_rows, n_targets)
        UC and MI of the rows.
    r2, least : ndarray of shape (n_rows, n_targets)
        As ``r2`` and ``least_variation`` of :class:`FittedModality`.
    effective_samples : ndarray of shape (n_rows,)

    Returns
    -------
    fitted : FittedModality
    """
    return FittedModality(
        rows=rows,
        modality=m,
        names=names,
        coef=coef,
        se_references=errors[0],
        se_perturbations=errors[1],
        se_approximation=np.zeros_like(coef),
        error=np.sqrt(np.square(errors[1]).sum(axis=1)),
        intercept=target - coef.sum(axis=1),
        prediction=target,
        r2=r2,
        measure_left_out=lambda: r2,
        least_variation=least,
        effective_samples=effective_samples,
        slopes=np.zeros((len(coef), 0, coef.shape[2])),
        average=np.zeros((1, 0)),
    )
