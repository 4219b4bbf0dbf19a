"""What metrics are given: fitted explainers, explanations of these rows."""

from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from skdime._models.determinism import differing
from skdime._rows.containers import n_rows, row_labels
from skdime._rows.modalities import split
from skdime._rows.validation import check_rows
from skdime._utils.listed import count, listed


def fitted_disentangler(disentangler_like):
    """The Disentangler that a metric is given, also frozen or inside an explainer."""
    disentangler_like = getattr(disentangler_like, "disentangler_", disentangler_like)
    if isinstance(disentangler_like, FrozenEstimator):
        disentangler_like = disentangler_like.estimator
    if not hasattr(disentangler_like, "decompose"):
        raise TypeError(
            f"`disentangler` must be a fitted Disentangler, got a "
            f"{type(disentangler_like).__name__}. Wrap the model: "
            "Disentangler(model, modalities).fit(X, y)."
        )
    check_is_fitted(disentangler_like, "n_model_rows_")
    _refuse_fixed(disentangler_like)
    return disentangler_like


def check_explainer(explainer):
    """Whether a metric is given a fitted LocalExplainer."""
    if not hasattr(explainer, "explain"):
        raise TypeError(
            f"`explainer` must be a fitted LocalExplainer, got a "
            f"{type(explainer).__name__}. Wrap the model: "
            "LocalExplainer(Disentangler(model, modalities)).fit(X, y)."
        )
    check_is_fitted(explainer, "n_model_rows_")
    _refuse_fixed(explainer.disentangler_)


def _refuse_fixed(disentangler):
    """Metrics combine rows of modalities, and have no other columns to add."""
    if disentangler._fixed is not None:
        raise ValueError(
            "Metrics evaluate the model on rows of their own, and cannot keep columns "
            "of no modality as in the explained row (remainder='hold'). Put all "
            "columns into modalities to compute them."
        )


def checked_explanation(explainer, X, explanation):
    """The rows, and their explanation, which is made if there is none."""
    check_explainer(explainer)
    X = check_rows(explainer, X, reset=False)
    if explanation is None:
        return X, explainer.explain(X)
    check_kind("explanation", explanation, "coef", "an Explanation")
    dis = fitted_disentangler(explainer)
    check_of_rows(dis, X, explanation.decomposition, "explanation")
    return X, explanation


def check_kind(name, result, attribute, kind):
    """Whether a metric is given a result of a kind, which has an attribute."""
    if not hasattr(result, attribute):
        raise TypeError(f"`{name}` must be {kind}, got a {type(result).__name__}.")


def check_of_rows(disentangler, X, decomposition, name):
    """Whether a result is of these rows and this model, which evaluates them once.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    X : container of rows
    decomposition : Decomposition
    name : str
        What the argument is called.
    """
    if len(decomposition) != n_rows(X):
        raise ValueError(
            f"`{name}` must be of the rows of X. It has {len(decomposition)} rows, X "
            f"has {n_rows(X)}."
        )
    labels = row_labels(X).tolist()
    if decomposition.row_names.tolist() != labels and not _counts(labels):
        raise ValueError(
            f"`{name}` must be of the rows of X, in the same order. Its rows are "
            f"[{listed(decomposition.row_names.tolist())}], those of X "
            f"[{listed(labels)}]."
        )
    engine = disentangler._engine(disentangler.n_jobs)
    output = engine(split(X, disentangler.modalities_))
    other = differing(output, decomposition.output)
    if other.any():
        raise ValueError(
            f"`{name}` must be of the rows of X and of this model, but the model's "
            f"outputs for {count(other.sum(), 'row')} differ from those in `{name}`. "
            "Pass the rows it was made of, in the same order."
        )


def _counts(labels):
    """Whether rows have no names of their own."""
    return labels == list(range(len(labels)))
