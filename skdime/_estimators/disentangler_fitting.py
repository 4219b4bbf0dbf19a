"""What ``Disentangler.fit`` computes: model, plans, references and baseline."""

from copy import copy
from dataclasses import replace

import numpy as np

from skdime._estimators.chosen_outputs import checked_output_names
from skdime._estimators.joint_distribution import (
    check_joint,
    density_ratio,
    is_joint,
)
from skdime._estimators.resolved_rows import resolved_rows
from skdime._models.calls import Spent
from skdime._models.column_names import check_column_names, check_order_of_columns
from skdime._models.determinism import MOST_SEARCHED, check_model
from skdime._models.labels import warn_of_labels, warn_of_method
from skdime._models.log_odds import CLIPPED
from skdime._models.named_columns import takes_any_order
from skdime._models.response import Response
from skdime._models.response_method import is_multilabel, label_rows
from skdime._references.choice import choose_references, weigh_references
from skdime._references.plan import (
    DIFFERS,
    best_plan,
    direct_plan,
    plan_of_checks,
    plan_of_every_row,
)
from skdime._references.realism import foreign_note, warn_of_foreign
from skdime._references.references import References
from skdime._references.unseen import note_of_unseen
from skdime._rows.containers import n_rows, take
from skdime._rows.fixed import FixedColumns
from skdime._rows.modalities import split
from skdime._rows.validation import check_rows
from skdime._utils.random import own_random_state
from skdime._utils.warn import warn


def fit_disentangler(disentangler, X, y, fit_params, *, shuffled=False):
    """See ``Disentangler.fit``.

    Parameters
    ----------
    disentangler : Disentangler
        Gets the fitted attributes.
    X : container of rows
    y : array-like or None
    fit_params : dict
        Passed to the ``fit`` of the estimator.
    shuffled : bool, default=False
        Whether the tuples of references are shuffled, whose mean output is the baseline
        then.
    """
    dis = disentangler
    X = _set_modalities(dis, check_rows(dis, X, reset=True))
    if is_joint(dis):
        check_joint(dis)
    dis.estimator_ = dis._fit_estimator(X, y, fit_params)
    dis._takes_any_order = takes_any_order(dis.estimator_)
    check_order_of_columns(dis.estimator_, X)
    random_state = own_random_state(dis.random_state)
    response = Response(
        dis.estimator_, dis.response_method, dis.link, pos_label=dis.pos_label
    )
    response.multilabel = is_multilabel(dis.estimator_, response.method, take(X, [0]))
    warn_of_method(dis.estimator_)
    n_asked = check_column_names(response, X)
    n_asked += label_rows(dis.estimator_, response.method)
    dis._note_of_unseen = ""
    _set_plans_of_every_row(dis, response, take(X, [0]))
    pilot = dis._engine(dis.n_jobs, "every row")
    chosen = choose_references(dis, pilot, X, dis.modalities_, random_state)
    dis.references_, dis.converged_ = chosen.rows, chosen.converged
    references = _combined(dis, chosen, random_state, shuffled)
    if is_joint(dis):
        references = replace(references, ratio=density_ratio(dis, X, chosen))
    checked = references.blocks
    if chosen.kind != "sample":  # they may be too few to see rows in company
        first = np.arange(min(n_rows(X), MOST_SEARCHED))
        checked = split(take(X, first), dis.modalities_)
    checks = _set_best_plan(dis, response, references, checked)
    warn_of_labels(response)
    engine = dis._engine(dis.n_jobs)
    _set_baseline(dis, engine, X, chosen, references)
    if not shuffled and dis._fixed is None:  # a budget has no rows for it
        _look_at_unseen(dis, engine, X, chosen)
    _set_output_names(dis, response, y)
    if dis.output_names is not None:
        dis.output_names_ = checked_output_names(dis.output_names, len(dis.baseline_))
    spent = sum((each.spent for each in (pilot, engine, *checks)), Spent(n_asked))
    dis.n_model_rows_, dis.n_encodings_ = spent
    seconds = engine.seconds_per_row()
    dis._plans = {
        name: replace(plan, seconds_per_row=seconds)
        for name, plan in dis._plans.items()
    }
    dis.clipped_share_ = engine.calls.clipped_share()
    if dis.clipped_share_:
        warn(CLIPPED.format(dis.clipped_share_))
    _warn_of_foreign_hybrids(dis)


def _warn_of_foreign_hybrids(dis):
    """Warn where correlations make it likely, and classifiers confirm it."""
    references, plan = dis._references, dis._plans["best"]
    is_sample = references.kind == "sample" and not plan.additive
    dis._note_of_hybrids = ""
    if is_sample and references.look_dependent:
        warn_of_foreign(references.hybrid_auc, is_joint(dis))
        dis._note_of_hybrids = foreign_note(references.hybrid_auc, is_joint(dis))
    if is_joint(dis):
        references.ratio.warn()
        notes = dis._note_of_hybrids, references.ratio.note
        dis._note_of_hybrids = "; ".join(filter(None, notes))


def forget_references(disentangler):
    """Remove the reference rows.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    """
    disentangler._references = disentangler._references.without_rows()
    disentangler.references_ = None


def _set_modalities(dis, X):
    """Find the modalities; the rows without columns that nothing depends on."""
    X, dis.modalities_, fixed = resolved_rows(dis, dis, X)
    dis._fixed = FixedColumns.of_row(X, fixed, 0) if len(fixed) else None
    if dis._fixed is not None and dis.reference_weights != "uniform":
        raise ValueError(
            "reference_weights='calibrated' weighs references by the columns of "
            "modalities, and remainder='hold' leaves columns in none. Set "
            "reference_weights='uniform', or put all columns into modalities."
        )
    return X


def _columns(dis):
    return [columns for _, columns in dis.modalities_]


def _combined(dis, chosen, random_state, shuffled):
    """The references, combined to tuples."""
    shuffled = shuffled or dis._fixed is not None
    return References.combined(
        chosen.rows,
        dis.modalities_,
        random_state,
        include_self=dis.include_self,
        kind=chosen.kind,
        shuffled=shuffled and chosen.kind == "sample",
    )


def with_model(disentangler, model):
    """A fitted disentangler of another model of the same rows, with its references.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    model : fitted estimator
        With ``predict``, the output that is explained.

    Returns
    -------
    disentangler : Disentangler
    spent : Spent
        What it took.
    """
    dis = copy(disentangler)
    dis.estimator_, response = model, Response(model)
    _set_plans_of_every_row(dis, response, take(dis._references.rows, [0]))
    references = replace(dis._references, leaf_means=None)
    checks = _set_best_plan(dis, response, references, references.blocks)
    engine = dis._engine(dis.n_jobs)
    dis._references = references.with_baseline(engine, n_pool=dis._n_pool)
    dis.baseline_ = dis._references.baseline
    dis.baseline_se_ = dis._references.baseline_se
    _set_output_names(dis, response, None)
    return dis, sum((each.spent for each in (engine, *checks)), Spent())


def _set_plans_of_every_row(dis, response, X):
    """Plans that evaluate every hybrid row, by the whole model and behind towers."""
    columns, blocks = _columns(dis), split(X, dis.modalities_)
    direct = behind = direct_plan(response, columns)
    if dis._fixed is None:
        behind = plan_of_every_row(response, columns, blocks)
    dis._plans = {"direct": direct, "every row": behind}


def _set_best_plan(dis, response, references, checked):
    """Choose the plan and check the model; the engines that evaluated it for this."""
    columns, plans = _columns(dis), dis._plans
    plans["best"] = plans["every row"]
    of_checks = plans["direct"]
    if dis._fixed is None:
        plans["best"] = best_plan(response, columns, references.blocks)
        of_checks = plan_of_checks(response, columns, references.blocks)
    shortest, direct = engines = [
        dis._engine_of(plan, dis.n_jobs) for plan in (plans["best"], of_checks)
    ]
    check = check_model(shortest, direct, checked)
    dis._is_deterministic = check.deterministic
    if not check.confirmed:
        plans["best"] = direct_plan(response, columns, DIFFERS)
    return engines


def _set_baseline(dis, engine, X, chosen, references):
    weightings = weigh_references(dis.reference_weights, X, chosen, references)
    dis._n_pool = n_rows(X if chosen.kind == "sample" else chosen.rows)
    dis._references = references.with_baseline(engine, weightings, dis._n_pool)
    dis.baseline_ = dis._references.baseline
    dis.baseline_se_ = dis._references.baseline_se


def _look_at_unseen(dis, engine, X, chosen):
    references = dis._references
    is_proved = engine.plan.additive or references.leaf_means is not None
    is_sample = chosen.positions is not None and references.n_rows < dis._n_pool
    if is_sample and not is_proved:
        dis._note_of_unseen = note_of_unseen(engine, references, X, chosen.positions)


def _set_output_names(dis, response, y):
    dis.response_method_, n_outputs = response.method, len(dis.baseline_)
    dis.unit_ = response.unit_of(n_outputs)
    targets = getattr(y, "columns", None)
    dis.output_names_ = response.output_names(n_outputs, targets)
