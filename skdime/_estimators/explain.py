"""One call from a fitted model and its rows to an explanation."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from skdime._estimators.disentangler import Disentangler
from skdime._estimators.local_explainer import LocalExplainer
from skdime._estimators.roles import USAGE, check_roles
from skdime._models.model import is_fitted
from skdime._results.explanation import Explanation
from skdime._utils.annotations import (
    Auto,
    Modalities,
    Model,
    NamesLike,
    Outputs,
    Rows,
    Seed,
)
from skdime._utils.usage import called_as


@called_as(USAGE)
def explain(
    model: Model,
    X: Rows,
    modalities: Modalities | None = None,
    *,
    rows: Rows | None = None,
    outputs: Outputs = None,
    remainder: str = "error",
    perturbers: Auto | Mapping[str, Any] | Sequence[tuple[str, Any]] = "auto",
    n_references: int | Auto | None = 100,
    response_method: str = "auto",
    pos_label: Any = None,
    link: Literal["identity", "logit"] = "identity",
    output_names: str | NamesLike | None = None,
    budget: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    random_state: Seed = None,
) -> Explanation:
    """Explain predictions of a trained model in one call.

    The model is not changed. ``explain`` fits a :class:`LocalExplainer` to `X` and
    calls :meth:`LocalExplainer.explain`. Use the estimators in pipelines and searches,
    to explain further rows without fitting again, and for all other parameters.

    Parameters
    ----------
    model : fitted estimator or callable
        A callable takes rows in the container of `X` and returns numbers of shape
        (n_rows,) or (n_rows, n_outputs).
    X : container of rows of shape (n_rows, n_columns)
        The rows that reference rows and perturbations are drawn from, such as the
        training rows of the model.
    modalities : dict or list of (name, columns), default=None
        The columns of each modality, as in :class:`Disentangler`. None makes one
        modality of every column.
    rows : container of rows, default=None
        The rows to explain; None is `X`.
    outputs : "predicted", name, position or array-like of these, default=None
        Which outputs are explained, as in :meth:`LocalExplainer.explain`.
    remainder : {"error", "hold"} or name of a modality, default="error"
        What happens to columns in no modality, as in :class:`Disentangler`.
    perturbers : "auto", dict or list of (name, perturber), default="auto"
        How modalities are perturbed, as in :class:`LocalExplainer`.
    n_references : int, "auto" or None, default=100
        How many rows of `X` fill in for absent modalities, as in
        :class:`Disentangler`.
    response_method : str, default="auto"
        Which method of the model gives the output, as in :class:`Disentangler`.
    pos_label : class label, default=None
        The class of a binary classifier whose output is explained, as in
        :class:`Disentangler`.
    link : {"identity", "logit"}, default="identity"
        ``"logit"`` explains log-odds (two classes) or centred log-ratios (more)
        instead of probabilities, as in :class:`Disentangler`.
    output_names : str or list of str, default=None
        Names of the outputs, as in :class:`Disentangler`.
    budget : int, default=None
        Most rows passed to the model in this call, as in :class:`LocalExplainer`.
    n_jobs : int, default=None
        Batches evaluated at the same time, as in joblib.
    verbose : int, default=0
        1 shows progress bars.
    random_state : int, RandomState instance or None, default=None
        Determines references and perturbations. An integer gives the same numbers in
        every call.

    Returns
    -------
    explanation : Explanation
        Coefficients with standard errors, the fit of the surrogates (``r2``), UC and
        MI.

    Raises
    ------
    NotFittedError
        If `model` is an estimator that is not fitted.
    TypeError
        If an argument is what another one is to be, such as a target or rows in
        place of `modalities`.

    See Also
    --------
    LocalExplainer : The same as an estimator, to explain further rows without another
        fit.
    LocalExplainer.explain_pairs : Which features of two modalities work together.

    Notes
    -----
    These two lines give the same explanation. Keep `explainer` for further rows, pairs
    of features (``explainer.explain_pairs(rows)``), and ``cost``::

        disentangler = Disentangler(FrozenEstimator(model), modalities)
        explainer = LocalExplainer(disentangler, random_state=random_state).fit(X)

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> import skdime
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = RandomForestRegressor(20, random_state=0).fit(X[:300], y[:300])
    >>> explanation = skdime.explain(
    ...     model,
    ...     X[:300],
    ...     {"exam": range(4), "serum": range(4, 10)},
    ...     rows=X[300:303],
    ...     random_state=0,
    ... )
    >>> explanation.decomposition.uc.shape, explanation.coef.shape
    ((3, 1), (3, 2, 10, 1))
    """
    check_roles(model, X, modalities, rows)
    disentangler = Disentangler(
        _frozen(model),
        modalities,
        remainder=remainder,
        n_references=n_references,
        response_method=response_method,
        pos_label=pos_label,
        link=link,
        output_names=output_names,
        n_jobs=n_jobs,
    )
    explainer = LocalExplainer(
        disentangler,
        perturbers,
        budget=budget,
        n_jobs=n_jobs,
        verbose=verbose,
        random_state=random_state,
    ).fit(X)
    return explainer.explain(X if rows is None else rows, outputs=outputs)


def _frozen(model):
    """A fitted estimator that fit leaves as it is; all else as it is."""
    if isinstance(model, (Disentangler, LocalExplainer)):
        name = type(model).__name__
        raise TypeError(
            f"`model` is a {name}, which explains a model itself. Pass explain the "
            f"model that it explains, or call the methods of the {name}."
        )
    if isinstance(model, type):
        name = model.__name__
        raise TypeError(
            f"`model` is the class {name}, and explain takes a fitted model. Pass "
            f"{name}().fit(X, y)."
        )
    if not hasattr(model, "__sklearn_tags__"):
        return model  # a function, or what Disentangler refuses
    if not is_fitted(model):
        name = type(model).__name__
        raise NotFittedError(
            f"This {name} is not fitted, and explain takes a model that is. Call "
            f"model.fit(X, y) first, or use LocalExplainer(Disentangler({name}(...), "
            "modalities)), whose `fit` fits a copy of the model."
        )
    return FrozenEstimator(model)
