"""What explaining costs, told before or after ``fit``."""

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skdime._estimators.budget import within_budget
from skdime._estimators.cost import Phase
from skdime._estimators.cost_before_fit import cost_before_fit
from skdime._estimators.predicted_cost import SURROGATES, cost_of
from skdime._rows.validation import check_rows
from skdime._utils.checks import check_count
from skdime._utils.parameters import check_parameters


def cost_of_explaining(explainer, X, n_fit, explained):
    """See ``LocalExplainer.cost``.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted or not.
    X : container of rows
    n_fit : int or None
    explained : Explanation or None

    Returns
    -------
    cost : Cost
    """
    check_parameters(explainer)
    if n_fit is not None:
        check_count("n_fit", n_fit)
    if hasattr(explainer, "n_model_rows_"):
        X = check_rows(explainer, X, reset=False)
        return cost_after_fit(explainer, X, explained)
    probe = clone(explainer)
    return cost_before_fit(explainer, check_rows(probe, X, reset=True), probe, n_fit)


def cost_after_fit(explainer, X, explained):
    """The cost of explaining rows, and what ``fit`` has cost.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    X : container of rows
    explained : Explanation or None
        Of other rows, each of which took as many model rows as these.

    Returns
    -------
    cost : Cost
    """
    dis, engine = explainer.disentangler_, explainer._probe()
    fits = within_budget(explainer, explainer._fits, X)
    spent = []
    if not isinstance(explainer.disentangler, FrozenEstimator):
        took = dis.n_model_rows_, dis.n_encodings_
        spent = [Phase("fit", "baseline", *np.repeat(took, 2).tolist())]
    fixed = () if dis._fixed is None else dis._fixed.columns
    correction = fits.references.finite_correction
    cost = cost_of(fits, engine, X, spent, correction, explained, fixed)
    n_fitted, n_encoded = explainer.n_model_rows_, explainer.n_encodings_
    phases = [*cost.phases]
    at = next(i for i, phase in enumerate(phases) if phase[:2] == SURROGATES)
    phases[at] = phases[at]._replace(
        expected_rows=n_fitted - sum(phase.expected_rows for phase in phases[:at]),
        expected_encodings=n_encoded
        - sum(phase.expected_encodings for phase in phases[:at]),
    )
    return cost._replace(expected_fit_rows=n_fitted, phases=tuple(phases))
