"""The same fitted model explained again, with another part of the chance redrawn."""

from sklearn.base import clone
from sklearn.frozen import FrozenEstimator


def disentangler_of(explainer):
    """The fitted Disentangler of a fitted explainer, also when it was frozen."""
    disentangler = explainer.disentangler_
    if isinstance(disentangler, FrozenEstimator):
        return disentangler.estimator
    return disentangler


def with_seed(explainer, seed):
    """An explainer to be fitted: the same model and references, other perturbations."""
    kept = FrozenEstimator(disentangler_of(explainer))
    return clone(explainer).set_params(disentangler=kept, random_state=seed)


def with_references(explainer, seed, **params):
    """An explainer to be fitted: the same model and perturbations, other references.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    seed : int
        Seed of the references.
    **params
        Other parameters of the disentangler to change.
    """
    fitted = disentangler_of(explainer)
    model = fitted.estimator_
    if hasattr(model, "fit") and not isinstance(model, FrozenEstimator):
        model = FrozenEstimator(model)
    redrawn = clone(fitted).set_params(estimator=model, random_state=seed, **params)
    return clone(explainer).set_params(disentangler=redrawn)
