"""The same fitted model explained again, with another part of the chance redrawn."""

from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skdime._references.choice import kind_of_references


def disentangler_of(explainer):
    """The fitted Disentangler of a fitted explainer, also when it was frozen."""
    disentangler = explainer.disentangler_
    if isinstance(disentangler, FrozenEstimator):
        return disentangler.estimator
    return disentangler


def check_sampled(disentangler, purpose):
    """Refuse what draws references anew, where they are no sample.

    Parameters
    ----------
    disentangler : Disentangler
    purpose : str
        What draws them.

    Raises
    ------
    ValueError
        If `references` of the disentangler are not ``"sample"``.
    """
    kind = kind_of_references(disentangler.references)
    if kind != "sample":
        references = "rows of your own" if kind == "rows" else repr(kind)
        raise ValueError(
            f"{purpose}, but they are no sample: references is {references}. Use "
            "a Disentangler with references='sample'."
        )


def with_seed(explainer, seed):
    """An explainer to be fitted: the same model and references, other perturbations."""
    disentangler = FrozenEstimator(disentangler_of(explainer))
    return clone(explainer).set_params(disentangler=disentangler, random_state=seed)


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
