"""The disentangler of a ``LocalExplainer``, fitted within its budget."""

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skdime._estimators.budget import HOLDS, affordable_choices
from skdime._estimators.cost_before_fit import cost_before_fit
from skdime._estimators.disentangler_fitting import fit_disentangler
from skdime._estimators.resolved_rows import resolved_rows
from skdime._models.model import warn_if_refitted
from skdime._rows.containers import n_rows, take
from skdime._utils.parameters import check_parameters


def check_disentangler(disentangler):
    """Refuse a model that is not wrapped."""
    if hasattr(disentangler, "decompose"):
        return
    name = type(disentangler).__name__
    steps = getattr(disentangler, "steps", None)
    if steps and hasattr(steps[-1][1], "decompose"):
        raise TypeError(
            f"`disentangler` must be a Disentangler, got a {name} that ends in one. "
            "Put the other steps into the model: LocalExplainer(Disentangler("
            "make_pipeline(..., model), modalities))."
        )
    model = f"{name}(...)" if hasattr(disentangler, "fit") else "function"
    raise TypeError(
        f"`disentangler` must be a Disentangler, got a {name}. Wrap the model: "
        f"LocalExplainer(Disentangler({model}, modalities)). If it is fitted already, "
        "skdime.explain(model, X, modalities) does all of it."
    )


def fitted_disentangler(explainer, X, y, fit_params, random_state):
    """A fitted clone of the disentangler.

    Parameters
    ----------
    explainer : LocalExplainer
    X : container of rows
        Checked.
    y : array-like or None
    fit_params : dict
        Passed to ``Disentangler.fit``.
    random_state : RandomState
        Seeds a disentangler that has no seed of its own.

    Returns
    -------
    disentangler : Disentangler or FrozenEstimator
    choices : list of Choice or None
        The perturbers, where a budget chooses them before.
    """
    if not isinstance(explainer.disentangler, FrozenEstimator):
        warn_if_refitted(explainer.disentangler.estimator)  # a clone is not fitted
    dis = _seeded(explainer.disentangler, random_state)
    if explainer.budget is None:
        return dis.fit(X, y, **fit_params), None
    if isinstance(dis, FrozenEstimator):
        dis.fit(X, y, **fit_params)
        if dis._fixed is not None:
            raise ValueError(HOLDS)
        return dis, None
    check_parameters(dis)
    X, modalities, fixed = resolved_rows(dis, explainer, X)
    if len(fixed):
        raise ValueError(HOLDS)
    # before the model sees any row: whether a single one can be explained
    cost_before_fit(explainer, take(X, [0]), explainer, n_rows(X))
    choices, n_references = affordable_choices(explainer, X, modalities)
    if n_references is None:
        return dis.fit(X, y, **fit_params), choices
    dis.set_params(n_references=n_references)
    fit_disentangler(dis, X, y, fit_params, shuffled=True)
    return dis, choices


def _seeded(disentangler, random_state):
    """A clone with a seed of the explainer if it has none of its own."""
    disentangler = clone(disentangler)
    seed = random_state.randint(np.iinfo(np.int32).max)
    if disentangler.get_params(deep=False).get("random_state", seed) is None:
        disentangler.set_params(random_state=seed)
    return disentangler
