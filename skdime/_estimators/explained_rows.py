"""What ``LocalExplainer.explain`` computes."""

from dataclasses import replace

from sklearn.utils.validation import check_is_fitted

from skdime._estimators.budget import warn_large_errors, within_budget
from skdime._estimators.chosen_outputs import (
    by_own_outputs,
    explainer_of_outputs,
    in_order,
    outputs_of_rows,
    with_more_spent,
)
from skdime._estimators.decomposed_rows import decomposition
from skdime._estimators.explainers_by_fixed import explainers_by_fixed
from skdime._references.effects import effects_of_pair
from skdime._results.concatenation import concatenated, with_own_baselines
from skdime._results.explanation import Explanation
from skdime._rows.containers import n_rows, row_labels, take
from skdime._rows.modalities import positions_of_pair, split
from skdime._rows.validation import check_rows
from skdime._surrogates.layout import contents, layout_of_rows
from skdime._surrogates.local_fits import collect, restricted
from skdime._surrogates.quality import (
    warn_never_drawn,
    warn_poor_fits,
    warn_unknown_values,
)


def explained_rows(explainer, X, pair=None, outputs=None, row_names=None):
    """See ``LocalExplainer.explain``.

    Parameters
    ----------
    explainer : LocalExplainer
    X : container of rows
    pair : tuple of (str, str), default=None
    outputs : str, int or array-like, default=None
    row_names : ndarray, default=None
        None is the labels of the rows, which a caller may know better.

    Returns
    -------
    explanation : Explanation
    """
    check_is_fitted(explainer, "n_model_rows_")
    X = check_rows(explainer, X, reset=False)
    row_names = row_labels(X) if row_names is None else row_names
    explain = _by_outputs if explainer.disentangler_._fixed is None else _by_fixed
    explanation = replace(
        explain(explainer, X, pair, outputs, row_names),
        n_fit_rows=explainer.n_model_rows_,
        n_fit_encodings=explainer.n_encodings_,
    )
    warn_poor_fits(explanation, explainer.perturbers_)
    if explainer.budget is not None:
        warn_large_errors(explanation, explainer.budget)
    return explanation


def _by_fixed(explainer, X, pair, outputs, row_names):
    """Explain rows whose columns of no modality stay as they are."""
    parts, order = [], []
    for fitted, some, rows, spent in explainers_by_fixed(explainer, X):
        outputs_here = outputs_of_rows(outputs, rows)
        part = _by_outputs(fitted, some, pair, outputs_here, row_names[rows])
        parts.append(with_more_spent(with_own_baselines(part), spent))
        order.append(rows)
    return in_order(parts, order, concatenated)


def _by_outputs(explainer, X, pair, outputs, row_names):
    """Explain all outputs, some of them, or each row's own."""
    if outputs is None:
        return _explanation(explainer, X, pair, row_names)
    dis = explainer.disentangler_
    positions, of_outputs = dis._positions_of(outputs, X, explainer.n_jobs)
    if positions.ndim == 1:
        return _explanation(
            explainer_of_outputs(explainer, positions), X, pair, row_names
        )

    def of_rows(rows, chosen):
        some, spent = explainer_of_outputs(explainer, chosen), 0
        if explainer.budget is not None:  # rows get equal shares of what is left
            whole = explainer.budget - explainer.n_model_rows_
            spent = whole - (whole - of_outputs.n_model_rows) * len(rows) // n_rows(X)
        return _explanation(some, take(X, rows), pair, row_names[rows], spent)

    result = by_own_outputs(of_rows, concatenated, positions, outputs)
    return with_more_spent(result, of_outputs)


def _explanation(explainer, X, pair, row_names, spent=0):
    """Explain rows, after a number of model rows besides those of ``fit``."""
    dis, perturbers = explainer.disentangler_, explainer.perturbers_
    fits, pairs = explainer._fits, pair is not None
    if pairs:
        pair = positions_of_pair(pair, dis.modalities_)
        fits = fits.of_pair(pair)
    blocks = split(X, dis.modalities_)
    layout = layout_of_rows(perturbers, blocks)
    fits = within_budget(explainer, fits, X, spent=spent, pairs=pairs)
    probe = explainer._probe()
    total = dis._references.cost(probe, X, pairs=pairs) + fits.cost(probe, X)
    with explainer._engine(total.rows, "explain") as engine:
        effects = dis._references.effects(
            engine, X, pairs=pairs, by_tuple=fits.by_tuple
        )
        if pairs:
            effects = effects_of_pair(effects, dis.baseline_, pair)
        sizes = n_rows(X), len(blocks), len(dis.output_names_)
        # before coefficients, whose model rows it does not count
        values = decomposition(dis, X, engine, effects, pair)
        arrays, predicted = collect(
            fits.fit_locally(engine, X, effects), layout, *sizes
        )
        if predicted is not None:
            values = decomposition(dis, X, engine, effects, pair, predicted)
    warn_never_drawn(arrays["coef"], layout, perturbers, blocks, pair)
    warn_unknown_values(perturbers, blocks, fits.drawn_and_bent)
    arrays, features = restricted(arrays, layout, pair or range(len(blocks)))
    feature_values, inputs = contents(layout, perturbers, blocks, features)
    return Explanation(
        **arrays,
        decomposition=replace(values, row_names=row_names),
        feature_names=layout.names[features],
        feature_modalities=layout.modalities[features],
        feature_values=feature_values,
        inputs=inputs,
        n_model_rows=engine.n_model_rows,
        n_encodings=engine.n_encodings,
        attribution=explainer.attribution,
    )
