"""Explainers fitted for what columns of no modality hold."""

from copy import copy

import numpy as np

from skdime._estimators.fitted_surrogates import tabulate
from skdime._rows.containers import take
from skdime._rows.fixed import rows_by_fixed


def explainers_by_fixed(explainer, X):
    """Rows by what their columns of no modality hold, with an explainer for them.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted, of a disentangler with such columns.
    X : container of rows
        Checked.

    Yields
    ------
    fitted : LocalExplainer
        Fitted for the rows.
    some : container of rows
        These rows.
    rows : ndarray of int
        Their positions in `X`.
    spent : Spent
        What fitting took.
    """
    dis = explainer.disentangler_
    for rows, fixed in rows_by_fixed(X, dis._fixed.columns):
        fitted = copy(explainer)
        fitted.disentangler_, spent = dis._with_fixed(fixed)
        random_state = np.random.RandomState(explainer._table_seed)
        spent += tabulate(fitted, X, random_state)
        yield fitted, take(X, rows), rows, spent
