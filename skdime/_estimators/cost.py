"""How many rows the model will see, counted before it sees any."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skdime._estimators.budget import affordable, bought, within_budget
from skdime._estimators.joint_distribution import check_coefficients, is_joint
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
from skdime._references.tolerance import Tolerance
from skdime._references.towers import Towers
from skdime._references.tuples import n_tuples
from skdime._results.page.tables import Section, tables
from skdime._rows.containers import kind_of, n_rows, take
from skdime._rows.fixed import rows_by_fixed
from skdime._rows.modalities import split
from skdime._rows.validation import check_rows
from skdime._surrogates.local_fits import LocalFits
from skdime._utils.checks import check_count
from skdime._utils.listed import count
from skdime._utils.parameters import check_parameters
from skdime.models._towers import TowersModel

# Perturbations that n_samples="auto" begins with, and the most it takes.
FEWEST_SAMPLES, MOST_SAMPLES = 250, 4000
_SURROGATES = "fit", "coefficients"
_OF_A_PHASE = "expected", "most"


class Phase(NamedTuple):
    """One phase of fitting or explaining.

    Attributes
    ----------
    method : {"fit", "explain"}
    name : {"checks", "baseline", "decomposition", "coefficients"}
        ``"checks"`` see whether the model's output for a row depends on this row alone,
        ``"baseline"`` is the mean output; after ``fit`` the two are one phase.
    expected_rows, most_rows : int
        Rows that the model must see, to be expected and at most.
    expected_encodings, most_encodings : int
        Rows of single modalities that its encoders must see, as long as they remember
        encodings.
    """

    method: str
    name: str
    expected_rows: int
    most_rows: int
    expected_encodings: int = 0
    most_encodings: int = 0


class Cost(NamedTuple):
    """What explaining costs, counted in rows that the model must see.

    All outputs come from the same rows.

    Attributes
    ----------
    fit_rows : int
        Rows of ``fit`` at most, spent once (the model's own training not counted).
    explain_rows : int
        Rows of ``explain(X)`` at most.
    calls : int
        Calls of the model in ``explain(X)``, about, if it takes the most rows.
    peak_bytes : int
        Most that is held at once: rows sent to the model, tables, coefficients.
    seconds : float
        Time the model needs for `expected_explain_rows`, from the rows it saw in
        ``fit``, or by a rule of thumb for sums over trees, which need none; nan before
        ``fit``.
    expected_fit_rows : int
        Rows of ``fit`` to be expected; those that it took, after it.
    expected_explain_rows : int
        Rows of ``explain(X)`` to be expected: half way between the first and the last
        step of what goes on until it is accurate; after ``fit``, of tables that are
        completed from few perturbations, as many a row as references would take; or,
        given an explanation, as many a row as this took.
    phases : tuple of Phase
        The same by phase, with encodings: of a :class:`~skdime.models.TowersModel`, and
        of a pipeline after ``fit``, which finds out what can be encoded once.
    """

    fit_rows: int
    explain_rows: int
    calls: int
    peak_bytes: int
    seconds: float
    expected_fit_rows: int
    expected_explain_rows: int
    phases: tuple

    @property
    def fit_encodings(self) -> int:
        """Encodings of ``fit`` at most."""
        return self._total("fit", "most_encodings")

    @property
    def explain_encodings(self) -> int:
        """Encodings of ``explain(X)`` at most."""
        return self._total("explain", "most_encodings")

    @property
    def expected_fit_encodings(self) -> int:
        """Encodings of ``fit`` to be expected; those that it took, after it."""
        return self._total("fit", "expected_encodings")

    @property
    def expected_explain_encodings(self) -> int:
        """Encodings of ``explain(X)`` to be expected."""
        return self._total("explain", "expected_encodings")

    def __repr__(self) -> str:
        lines = []
        for heading, numbers in self._tables():
            lines.append(f"{heading:<26} {'expected':>12} {'at most':>12}")
            lines += [f"  {name:<24} {a:>12,} {b:>12,}" for name, a, b in numbers]
        time = "" if np.isnan(self.seconds) else f", about {self.seconds:.2g} s"
        calls = (
            f"  explain: at most {count(self.calls, 'call')} and "
            f"{self.peak_bytes / 1e6:,.0f} MB{time}"
        )
        return "\n".join([*lines, calls])

    def _repr_html_(self) -> str:
        *_, about = repr(self).splitlines()
        columns = ["phase", "expected", "at most"]
        sections = [
            Section(
                heading,
                about if not i else "",
                columns,
                [[name, f"{a:,}", f"{b:,}"] for name, a, b in numbers],
            )
            for i, (heading, numbers) in enumerate(self._tables())
        ]
        return tables("Cost", sections)

    def _tables(self):
        """Headings, and lines of names with what is expected and the most."""
        yield "Rows passed to the model", list(self._lines("rows"))
        if any(phase.most_encodings for phase in self.phases):
            yield "Encodings", list(self._lines("encodings"))

    def _lines(self, what):
        """Name, expected and most rows of both methods and of their phases."""
        for method in ("fit", "explain"):
            totals = (
                getattr(self, f"expected_{method}_{what}"),
                getattr(self, f"{method}_{what}"),
            )
            yield method, *totals
            for phase in self.phases:
                if phase.method == method:
                    numbers = (getattr(phase, f"{k}_{what}") for k in _OF_A_PHASE)
                    yield f"  {phase.name}", *numbers

    def _total(self, method, field):
        every = [phase for phase in self.phases if phase.method == method]
        return sum(getattr(phase, field) for phase in every)


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
    chosen, most = bought(explainer, X, modalities)
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
        expected * engine.plan.seconds_per_row,
        expected_fit,
        expected,
        phases,
    )


def local_fits(explainer, references, perturbers, tol=None):
    """The surrogates of an explainer, of perturbers that need not be fitted.

    Parameters
    ----------
    explainer : LocalExplainer
    references : References
    perturbers : list of (str, perturber)
    tol : Tolerance, default=None
        None is that of the explainer.

    Returns
    -------
    fits : LocalFits
    """
    check_coefficients(explainer, perturbers)
    auto = explainer.n_samples == "auto"
    algorithm = getattr(explainer, "algorithm_", explainer.algorithm)
    return LocalFits(
        references,
        perturbers,
        n_samples=MOST_SAMPLES if auto else explainer.n_samples,
        # a weighted mean takes the outputs with all references
        exhaustive=algorithm == "exhaustive" or is_joint(explainer.disentangler),
        coalitions=algorithm == "coalitions" or explainer.budget is not None,
        kernel_width=explainer.kernel_width,
        alpha=explainer.alpha,
        tol=Tolerance.of(explainer.tol) if tol is None else tol,
        by_row=explainer.budget is not None,
        shapley=explainer.attribution == "shapley",
        of_training=not isinstance(explainer.disentangler, FrozenEstimator),
    )


def _most_references(disentangler, n_fit, n_explained, n_modalities):
    """Tuples of references after ``fit``, at most."""
    kind = kind_of_references(disentangler.references)
    if kind == "average":
        return 1
    if kind == "rows":
        given = disentangler.references
        n_given = n_rows(given) if kind_of(given) else len(given)
        return n_tuples(n_given, n_modalities, kind)
    most = {"auto": MOST_REFERENCES, None: n_fit or n_explained}
    wanted = most.get(disentangler.n_references, disentangler.n_references)
    return wanted if n_fit is None else min(wanted, n_fit)


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
