"""What fitting and explaining cost, told before ``fit``."""

import math
from dataclasses import replace

from sklearn.frozen import FrozenEstimator

from skdime._estimators.budget import affordable, affordable_choices
from skdime._estimators.joint_distribution import is_joint
from skdime._estimators.local_surrogates import local_fits
from skdime._estimators.plan_before_fit import plan_before_fit, with_leaf_means
from skdime._estimators.predicted_cost import cost_of, phase_of
from skdime._estimators.resolved_rows import resolved_rows
from skdime._models.determinism import N_CHECKED, checked_rows
from skdime._models.model import is_fitted
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
from skdime._rows.modalities import split
from skdime.models._towers import TowersModel


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
        What is expected supposes what is proved of a fitted model; the most does not.
    """
    dis = explainer.disentangler
    X, modalities, fixed = resolved_rows(dis, checked, X)
    task = _Task(explainer, X, modalities, fixed, n_fit)
    if isinstance(dis, FrozenEstimator) and is_fitted(dis.estimator) and not len(fixed):
        name = "every row" if explainer.algorithm == "exhaustive" else "best"
        return task.cost(dis.estimator._plans[name], dis.estimator._references)
    plan = direct_plan(None, [])
    if not len(fixed):
        plan = replace(plan, encoder=_towers(dis, split(take(X, [0]), modalities)))
    references = References.of_size(
        task.n_references,
        modalities,
        kind=kind_of_references(dis.references),
        shuffled=task.are_tuples,
    )
    most = task.cost(plan, references)
    proved = None if len(fixed) else plan_before_fit(dis, X, modalities)
    if proved is None or explainer.algorithm == "exhaustive":
        return most
    references = with_leaf_means(references, dis, proved, X, n_fit)
    return _with_expected(most, task.cost(proved, references))


class _Task:
    """An explainer that is to be fitted, and rows that it is to explain."""

    def __init__(self, explainer, X, modalities, fixed, n_fit):
        self.explainer, self.X, self.fixed, self.n_fit = explainer, X, fixed, n_fit
        dis = explainer.disentangler
        self.n_references = _most_references(dis, n_fit, n_rows(X), len(modalities))
        chosen, most = affordable_choices(explainer, X, modalities)
        self.are_tuples = most is not None
        if most is not None:
            self.n_references = min(self.n_references, most)
        self.perturbers = [
            (name, choice.perturber)
            for (name, _), choice in zip(modalities, chosen, strict=True)
        ]

    def cost(self, plan, references):
        """The cost with a plan."""
        explainer, X = self.explainer, self.X
        dis = explainer.disentangler
        engine = Engine(plan, dis.max_memory, explainer.n_jobs, None, dis.batch_size)
        spent = []
        if not isinstance(dis, FrozenEstimator):
            spent = _phases_of_disentangler(
                dis, engine, references, self.n_fit, are_tuples=self.are_tuples
            )
        fits = local_fits(explainer, references, self.perturbers)
        if explainer.budget is not None:
            n_spent = sum(phase.most_rows for phase in spent)
            n_spent += fits.cost_of_fit(engine, X).rows
            fits = affordable(fits, engine, X, explainer.budget, n_spent)
        correction = self._correction(references)
        return cost_of(fits, engine, X, spent, correction, fixed=self.fixed)

    def _correction(self, references):
        """What standard errors are multiplied by, as far as it is known."""
        if references.weightings:  # they have been drawn
            return references.finite_correction
        if kind_of_references(self.explainer.disentangler.references) != "sample":
            return 0.0
        share = 0.0 if self.n_fit is None else self.n_references / self.n_fit
        takes_all = self.explainer.disentangler.n_references is None
        return 0.0 if takes_all else math.sqrt(1 - share)


def _with_expected(most, expected):
    """The cost with what is expected of another, in each phase no more than the most.

    Encoders that are known with what is proved are given rows at most as often as they
    are with it.
    """
    phases = tuple(
        phase._replace(
            expected_rows=min(other.expected_rows, phase.most_rows),
            expected_encodings=other.expected_encodings,
            most_encodings=max(phase.most_encodings, other.most_encodings),
        )
        for phase, other in zip(most.phases, expected.phases, strict=True)
    )
    totals = {
        method: sum(phase.expected_rows for phase in phases if phase.method == method)
        for method in ("fit", "explain")
    }
    return most._replace(
        phases=phases,
        expected_fit_rows=totals["fit"],
        expected_explain_rows=totals["explain"],
        expected_uc_se=expected.expected_uc_se,
        expected_coef_se=expected.expected_coef_se,
    )


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


def _towers(disentangler, blocks):
    """What encodes each modality by itself, as far as that is told before ``fit``."""
    is_fitted = isinstance(disentangler, FrozenEstimator)
    model = (disentangler.estimator if is_fitted else disentangler).estimator
    return Towers.of(model, blocks) if isinstance(model, TowersModel) else None


def _phases_of_disentangler(disentangler, engine, references, n_fit, *, are_tuples):
    """What fitting a disentangler takes, at most."""
    n_references, n_modalities = len(references), len(references.modalities)
    is_sample = kind_of_references(disentangler.references) == "sample"
    checks = checked_rows(n_references if is_sample else n_fit or N_CHECKED)
    checks += label_rows(disentangler.estimator, disentangler.response_method)
    takes_all = disentangler.n_references is None or n_references == n_fit
    some = is_sample and not takes_all and not is_joint(disentangler)
    baseline = baseline_rows(n_references, 3 if are_tuples else n_modalities, some)
    if references.leaf_means is not None:
        baseline = 0
    elif n_modalities == 2 and not are_tuples:
        shape = n_references, n_references
        baseline = min(baseline, engine.way(shape).n_model_rows(shape))
    if is_sample and disentangler.n_references == "auto" and not are_tuples:
        baseline += pilot_rows(n_fit or MOST_REFERENCES, n_modalities)
        n_references += pilot_references(n_fit or MOST_REFERENCES)
    return [
        phase_of(
            "fit", name, replace(engine.encoding(n), rows=rows, expected_rows=rows)
        )
        for name, n, rows in (
            ("checks", checks, checks),
            ("baseline", n_references, baseline),
        )
    ]
