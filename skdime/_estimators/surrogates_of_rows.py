"""Surrogates of rows that are not decomposed: coefficients, left-out R2."""

import numpy as np

from skdime._estimators.budget import within_budget
from skdime._estimators.explainers_by_fixed import explainers_by_fixed
from skdime._rows.containers import n_rows
from skdime._rows.modalities import split
from skdime._surrogates.layout import layout_of_columns
from skdime._surrogates.local_fits import add_up
from skdime._surrogates.quality import warn_never_drawn


def coefficients(explainer, X):
    """See ``LocalExplainer.transform``.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    X : container of rows
        Checked.

    Returns
    -------
    coef : ndarray of shape (n_rows, 2, n_features, n_outputs)
        0 where a row does not have a feature.
    """
    dis, perturbers = explainer.disentangler_, explainer.perturbers_
    layout = layout_of_columns(perturbers)
    if dis._fixed is None:
        coef = _coefficients(explainer, X, layout)
    else:
        coef = np.empty((n_rows(X), 2, len(layout), len(dis.output_names_)))
        for fitted, some, rows, _ in explainers_by_fixed(explainer, X):
            coef[rows] = _coefficients(fitted, some, layout)
    warn_never_drawn(coef, layout, perturbers, split(X, dis.modalities_))
    return coef


def left_out_r2(explainer, X):
    """See ``LocalExplainer.score``.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    X : container of rows
        Checked.

    Returns
    -------
    r2 : ndarray
        Of all rows, parts, modalities and outputs, in no particular order.
    """
    if explainer.disentangler_._fixed is None:
        return _left_out_r2(explainer, X)
    groups = explainers_by_fixed(explainer, X)
    return np.concatenate([_left_out_r2(fitted, some) for fitted, some, *_ in groups])


def _coefficients(explainer, X, layout):
    n_outputs = len(explainer.disentangler_.output_names_)
    fits, engine = _fits_and_engine(explainer, X, "transform")
    with engine:
        return add_up(fits.fit_locally(engine, X), layout, n_rows(X), n_outputs)


def _left_out_r2(explainer, X):
    fits, engine = _fits_and_engine(explainer, X, "score")
    with engine:
        every = fits.fit_locally(engine, X)
        return np.concatenate([fit.left_out_r2.ravel() for fit in every])


def _fits_and_engine(explainer, X, task):
    """The surrogates of rows, and an engine for so many rows as they need."""
    fits = within_budget(explainer, explainer._fits, X, effects=False)
    total = fits.cost(explainer._probe(), X, effects=False).rows
    return fits, explainer._engine(total, task)
