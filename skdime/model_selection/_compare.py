"""Two models compared by their explanations of the same rows."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdime._estimators.disentangler_fitting import with_model
from skdime._estimators.explained_rows import explained_rows
from skdime._estimators.fitted_surrogates import tabulate
from skdime._estimators.local_explainer import LocalExplainer
from skdime._models.side_by_side import SideBySide
from skdime._results.fields import BY_ROW, NUMBERS, PER_FEATURE
from skdime._results.noise import (
    explanation_scale,
    explanation_without_noise,
    without_noise,
)
from skdime._utils.annotations import Rows, Seed
from skdime._utils.listed import listed
from skdime._utils.random import own_random_state
from skdime.model_selection._comparison import Comparison
from skdime.model_selection._refit import disentangler_of


def compare(
    explainers: Mapping[str, LocalExplainer] | Sequence[LocalExplainer],
    X: Rows,
    *,
    random_state: Seed = 0,
) -> Comparison:
    """Explain two models and the difference of their outputs.

    Both models, and the difference of their outputs, are explained as the three outputs
    of one model: with the same references and perturbations, those of the first
    explainer. Coefficients of the difference are what the second model has more than
    the first, and their standard errors are those of a difference.

    Parameters
    ----------
    explainers : dict of str to LocalExplainer, or two explainers
        Fitted: the first and the second, such as before and after a training. They
        need the same modalities, outputs and unit. Without names they are ``"first"``
        and ``"second"``.
    X : container of rows of shape (n_rows, n_columns)
        Rows to explain.
    random_state : int, RandomState instance or None, default=0
        Determines the masks of texts, series and images.

    Returns
    -------
    comparison : Comparison
        The explanations of both, their difference, and what changed most.

    Notes
    -----
    Coefficients of single models may differ a little from those of ``explain``: kernels
    are tuned on both models, and for sums of trees the average of a column is that of
    the perturbations instead of all rows given to ``fit``. ``se_perturbations`` has the
    error of that.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.model_selection import compare
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> modalities = {"exam": slice("age", "bp"), "serum": slice("s1", "s6")}
    >>> line, forest = (
    ...     LocalExplainer(Disentangler(model, modalities, random_state=0))
    ...     for model in (Ridge(), RandomForestRegressor(10, random_state=0))
    ... )
    >>> explainers = {"line": line.fit(X, y), "forest": forest.fit(X, y)}
    >>> comparison = compare(explainers, X[:4])
    >>> comparison.change.coef.shape
    (4, 2, 10, 1)
    """
    names, first, second = _checked(explainers)
    one, other = disentangler_of(first), disentangler_of(second)
    responses = [each._plans["direct"].response for each in (one, other)]
    both = copy(first)
    both.disentangler_, spent = with_model(one, SideBySide(*responses))
    spent += tabulate(both, X, own_random_state(random_state))
    explanation = explained_rows(both, X)
    n = len(one.output_names_)
    first, second, change = (
        _of_outputs(explanation, slice(start, start + n), one)
        for start in (0, n, 2 * n)
    )
    scale = np.maximum(explanation_scale(first), explanation_scale(second))
    return Comparison(
        explanation_without_noise(first),
        explanation_without_noise(second),
        _without_noise(change, scale),
        names,
        spent.n_model_rows + explanation.n_model_rows,
    )


def _checked(explainers):
    """Names and explainers that can be compared."""
    if not isinstance(explainers, Mapping):
        explainers = dict(zip(("first", "second"), explainers, strict=False))
    if len(explainers) != 2:
        raise ValueError(
            "`explainers` must be two fitted explainers, or a dict of two. Got "
            f"{len(explainers)}."
        )
    for explainer in explainers.values():
        if not hasattr(explainer, "explain") or isinstance(explainer, type):
            raise TypeError(
                "`explainers` must be fitted LocalExplainers, got a "
                f"{type(explainer).__name__}."
            )
        check_is_fitted(explainer, "n_model_rows_")
    one, other = map(disentangler_of, explainers.values())
    one._references.check_rows()
    for what, first, second in (
        ("modalities", *map(_columns, (one, other))),
        ("outputs", one.output_names_.tolist(), other.output_names_.tolist()),
        ("unit", [one.unit_], [other.unit_]),
    ):
        if first != second:
            raise ValueError(
                f"Both explainers need the same {what}; got [{listed(first)}] and "
                f"[{listed(second)}]. Fit both Disentanglers with the same "
                "`modalities`, `response_method` and `link`."
            )
    return tuple(map(str, explainers)), *explainers.values()


def _columns(disentangler):
    return [(name, columns.tolist()) for name, columns in disentangler.modalities_]


def _without_noise(change, scale):
    """The difference, 0 where it is rounding of what it is a difference of."""
    values = change.decomposition
    cleared = {
        name: without_noise(getattr(values, name), scale)
        for name in (*BY_ROW, "baseline", "baseline_se")
    }
    return replace(
        change,
        **{name: without_noise(getattr(change, name), scale) for name in PER_FEATURE},
        decomposition=replace(values, **cleared),
    )


def _of_outputs(explanation, outputs, disentangler):
    """The explanation of some of the outputs, named as those of a disentangler."""
    values = explanation.decomposition
    by_output = {
        name: getattr(values, name)[..., outputs]
        for name in (*BY_ROW, "baseline", "baseline_se")
    }
    values = replace(
        values,
        **by_output,
        output_names=disentangler.output_names_,
        unit=disentangler.unit_,
    )
    numbers = {
        name: getattr(explanation, name)[..., outputs]
        for name in NUMBERS
        if name != "effective_samples"
    }
    return replace(explanation, **numbers, decomposition=values)
