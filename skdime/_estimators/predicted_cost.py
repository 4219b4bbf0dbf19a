"""How many rows the model will see, counted before it sees any."""

from dataclasses import replace

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skdime._estimators.budget import affordable, affordable_choices, within_budget
from skdime._estimators.cost import Cost, Phase
from skdime._estimators.joint_distribution import is_joint
from skdime._estimators.local_surrogates import local_fits
from skdime._estimators.resolved_rows import resolved_rows
from skdime._models.calls import Need
from skdime._models.determinism import N_CHECKED, checked_rows
from skdime._models.response_method import label_rows
from skdime._references.baseline import baseline_rows
from skdime._references.choice import kind_of_references
from skdime._references.count import MOST_REFERENCES, pilot_references, pilot_rows
from skdime._references.engine import Engine
from skdime._references.plan import direct_plan
from skdime._references.references import References
from skdime._references.towers import Towers
from skdime._references.tuples import n_tuples
from skdime._rows.containers import kind_of, n_rows, take
from skdime._rows.fixed import rows_by_fixed
from skdime._rows.modalities import split
from skdime._rows.validation import check_rows
from skdime._utils.checks import check_count
from skdime._utils.parameters import check_parameters
from skdime.models._towers import TowersModel

_SURROGATES = "fit", "coefficients"
# Seconds of skdime's own work per row passed to the model, by the slower kind of its
# modalities: measured by the part `own_work` of benchmarks/growth.py, from 30 words to
# images of 50 regions, within a factor of four.
SECONDS_OF_TABLES, SECONDS_OF_MASKS = 1e-5, 2e-4


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


def cost_before_fit(explainer, X, checked, n_fit):
    """The cost of fitting an explainer on rows, and of explaining these.

    Parameters
    ----------
    explainer : LocalExplainer
    X : container of rows
    checked : estimator
        Has the names of the columns.
    n_fit : int or None
        Rows that ``fit`` gets; None is as many as references need, or those of `X`
        where all are references.

    Returns
    -------
    cost : Cost
    """
    dis = explainer.disentangler
    X, modalities, fixed = resolved_rows(dis, checked, X)
    n_references = _most_references(dis, n_fit, n_rows(X), len(modalities))
    chosen, most = affordable_choices(explainer, X, modalities)
    if most is not None:
        n_references = min(n_references, most)
    references = References.of_size(n_references, modalities)
    named = [
        (name, choice.perturber)
        for (name, _), choice in zip(modalities, chosen, strict=True)
    ]
    plan = direct_plan(None, [])
    if not len(fixed):
        plan = replace(plan, encoder=_towers(dis, split(take(X, [0]), modalities)))
    engine = Engine(plan, dis.max_memory, explainer.n_jobs, None, dis.batch_size)
    spent = []
    if not isinstance(dis, FrozenEstimator):
        sizes = n_references, n_fit, len(modalities)
        spent = _phases_of_disentangler(
            dis, engine, *sizes, are_tuples=most is not None
        )
    fits = local_fits(explainer, references, named)
    if explainer.budget is not None:
        n_spent = sum(phase.most_rows for phase in spent)
        n_spent += fits.cost_of_fit(engine, X).rows
        fits = affordable(fits, engine, X, explainer.budget, n_spent)
    return cost_of(fits, engine, X, spent, fixed=fixed)


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
    cost = cost_of(fits, engine, X, spent, explained, fixed)
    n_fitted, n_encoded = explainer.n_model_rows_, explainer.n_encodings_
    phases = [*cost.phases]
    at = next(i for i, phase in enumerate(phases) if phase[:2] == _SURROGATES)
    phases[at] = phases[at]._replace(
        expected_rows=n_fitted - sum(phase.expected_rows for phase in phases[:at]),
        expected_encodings=n_encoded
        - sum(phase.expected_encodings for phase in phases[:at]),
    )
    return cost._replace(expected_fit_rows=n_fitted, phases=tuple(phases))


def cost_of(fits, engine, X, spent, explained=None, fixed=()):
    """The cost of explaining rows with surrogates, and of fitting these.

    Parameters
    ----------
    fits : LocalFits
    engine : Engine
    X : container of rows
    spent : list of Phase
        Of fitting the disentangler.
    explained : Explanation, default=None
        Of other rows.
    fixed : ndarray of int, default=()
        Positions of the columns of no modality.

    Returns
    -------
    cost : Cost
    """
    references, to_fit = fits.references, fits.cost_of_fit(engine, X)
    decomposing, explaining = references.cost(engine, X), fits.cost(engine, X)
    if len(fixed):  # baseline and surrogates are fitted anew for each of their values
        n_groups = sum(1 for _ in rows_by_fixed(X, fixed))
        exponent = 1 if references.baseline_of_tuples else 2
        anew = n_groups * (len(references) ** exponent + to_fit.rows)
        explaining += Need(anew, expected_rows=anew)
    if not spent:  # references may have been encoded elsewhere
        to_fit += engine.encoding(len(references))
    need = decomposing + explaining
    # eight arrays of an explanation have a number by row, modality and output
    n_results = 8 * n_rows(X) * len(references.modalities) * references.n_outputs
    if explained is not None:
        per_row = n_rows(X) / max(len(explained), 1)
        explaining = _as_typical(explaining, decomposing, explained, per_row)
    expected = explaining.expected_rows
    phases = (
        *spent,
        _phase(*_SURROGATES, to_fit),
        _phase("explain", "decomposition", decomposing),
        _phase("explain", "coefficients", explaining),
    )
    rows_of_fit = sum(phase.most_rows for phase in phases if phase.method == "fit")
    expected_fit = sum(phase.expected_rows for phase in phases if phase.method == "fit")
    expected += decomposing.rows
    return Cost(
        rows_of_fit,
        need.rows,
        need.calls,
        max(need.batch_bytes, to_fit.batch_bytes) + need.table_bytes + 8 * n_results,
        expected * (engine.plan.seconds_per_row + _own_seconds(fits)),
        expected_fit,
        expected,
        phases,
    )


def _own_seconds(fits):
    """Of skdime itself, per row passed to the model."""
    return SECONDS_OF_MASKS if fits.by_tuple else SECONDS_OF_TABLES


def _most_references(disentangler, n_fit, n_explained, n_modalities):
    """Tuples of references after ``fit``, at most."""
    kind = kind_of_references(disentangler.references)
    if kind == "average":
        return 1
    if kind == "rows":
        rows = disentangler.references
        n_given = n_rows(rows) if kind_of(rows) else len(rows)
        return n_tuples(n_given, n_modalities, kind)
    most = {"auto": MOST_REFERENCES, None: n_fit or n_explained}
    n_references = most.get(disentangler.n_references, disentangler.n_references)
    return n_references if n_fit is None else min(n_references, n_fit)


def _as_typical(explaining, decomposing, explained, factor):
    """What is to be expected if rows take as much as those of an explanation did."""
    rows = round(factor * explained.n_model_rows) - decomposing.rows
    encodings = round(factor * explained.n_encodings) - decomposing.expected_encodings
    return replace(
        explaining,
        expected_rows=int(np.clip(rows, 0, explaining.rows)),
        expected_encodings=int(np.clip(encodings, 0, explaining.encodings)),
    )


def _phase(method, name, need):
    return Phase(
        method,
        name,
        need.expected_rows,
        need.rows,
        need.expected_encodings,
        need.encodings,
    )


def _towers(disentangler, blocks):
    """What encodes each modality by itself, as far as that is told before ``fit``."""
    is_fitted = isinstance(disentangler, FrozenEstimator)
    model = (disentangler.estimator if is_fitted else disentangler).estimator
    return Towers.of(model, blocks) if isinstance(model, TowersModel) else None


def _phases_of_disentangler(
    disentangler, engine, n_references, n_fit, n_modalities, *, are_tuples
):
    """What fitting a disentangler takes, at most."""
    is_sample = kind_of_references(disentangler.references) == "sample"
    checks = checked_rows(n_references if is_sample else n_fit or N_CHECKED)
    checks += label_rows(disentangler.estimator, disentangler.response_method)
    takes_all = disentangler.n_references is None or n_references == n_fit
    some = is_sample and not takes_all and not is_joint(disentangler)
    baseline = baseline_rows(n_references, 3 if are_tuples else n_modalities, some)
    if is_sample and disentangler.n_references == "auto" and not are_tuples:
        baseline += pilot_rows(n_fit or MOST_REFERENCES, n_modalities)
        n_references += pilot_references(n_fit or MOST_REFERENCES)
    return [
        _phase("fit", name, replace(engine.encoding(n), rows=rows, expected_rows=rows))
        for name, n, rows in (
            ("checks", checks, checks),
            ("baseline", n_references, baseline),
        )
    ]
