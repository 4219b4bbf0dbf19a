"""How many rows the model will see, counted before it sees any."""

from dataclasses import replace
from typing import NamedTuple

from sklearn.frozen import FrozenEstimator

from skdime._models.calls import Need
from skdime._models.determinism import checked_rows
from skdime._models.response_method import label_rows
from skdime._references.baseline import baseline_rows
from skdime._references.choice import kind_of_references
from skdime._references.count import MOST_REFERENCES, pilot_rows
from skdime._references.engine import Engine
from skdime._references.plan import direct_plan
from skdime._references.references import References, n_tuples
from skdime._rows.containers import kind_of, n_rows
from skdime._rows.fixed import rows_by_fixed
from skdime._rows.modalities import resolve_modalities
from skdime._rows.validation import feature_names_of
from skdime._surrogates.local_fits import LocalFits
from skdime.perturbers._by_modality import choose_perturbers, named_perturbers

# Perturbations that n_samples="auto" begins with, and the most it takes.
FEWEST_SAMPLES, MOST_SAMPLES = 250, 4000


class Cost(NamedTuple):
    """What explaining costs, counted in rows that the model must see.

    Attributes
    ----------
    fit_rows : int
        Rows of ``fit``, spent once (the model's own training not counted).
    explain_rows : int
        Rows of ``explain(X)``.
    calls : int
        Calls of the model in ``explain(X)``, about.
    peak_bytes : int
        Most that is held at once: rows sent to the model, tables, coefficients.
    seconds : float
        Time the model needs for `explain_rows`, from the rows it saw in ``fit``, or by
        a rule of thumb for sums over trees, which need none; nan before ``fit``.
    """

    fit_rows: int
    explain_rows: int
    calls: int
    peak_bytes: int
    seconds: float


def cost_before_fit(explainer, X, checked):
    """The cost of fitting an explainer on rows, and of explaining these.

    Parameters
    ----------
    explainer : LocalExplainer
    X : container of rows
    checked : estimator
        Has the names of the columns.

    Returns
    -------
    cost : Cost
    """
    dis = explainer.disentangler
    names = feature_names_of(checked, X)
    modalities, fixed = resolve_modalities(X, dis.modalities, names, dis.remainder)
    n_references = _most_references(dis, n_rows(X), len(modalities))
    references = References.of_size(n_references, modalities)
    chosen = choose_perturbers(named_perturbers(explainer.perturbers), X, modalities)
    named = [
        (name, choice.perturber)
        for (name, _), choice in zip(modalities, chosen, strict=True)
    ]
    engine = Engine(
        direct_plan(None, []), dis.max_memory, explainer.n_jobs, None, dis.batch_size
    )
    frozen = isinstance(dis, FrozenEstimator)
    spent = 0 if frozen else _rows_of_disentangler(dis, n_references, X, modalities)
    return cost_of(local_fits(explainer, references, named), engine, X, spent, fixed)


def cost_of(fits, engine, X, spent, fixed=()):
    """The cost of explaining rows with surrogates, and of fitting these.

    Parameters
    ----------
    fits : LocalFits
    engine : Engine
    X : container of rows
    spent : int
        Rows that fitting the disentangler takes.
    fixed : ndarray of int, default=()
        Positions of the columns of no modality.

    Returns
    -------
    cost : Cost
    """
    references, to_fit = fits.references, fits.cost_of_fit(engine, X)
    need = references.cost(engine, X) + fits.cost(engine, X)
    if len(fixed):  # baseline and surrogates are fitted anew for each of their values
        n_groups = sum(1 for _ in rows_by_fixed(X, fixed))
        exponent = 1 if references.baseline_of_tuples else 2
        anew = Need(len(references) ** exponent) + to_fit
        need = replace(need, rows=need.rows + n_groups * anew.rows)
    # eight arrays of an explanation have a number by row, modality and output
    n_results = 8 * n_rows(X) * len(references.modalities) * references.n_outputs
    return Cost(
        spent + to_fit.rows,
        need.rows,
        need.calls,
        max(need.batch_bytes, to_fit.batch_bytes) + need.table_bytes + 8 * n_results,
        need.rows * engine.plan.seconds_per_row,
    )


def local_fits(explainer, references, perturbers, tol=None):
    """The surrogates of an explainer, of perturbers that need not be fitted.

    Parameters
    ----------
    explainer : LocalExplainer
    references : References
    perturbers : list of (str, perturber)
    tol : float, default=None
        None is that of the explainer.

    Returns
    -------
    fits : LocalFits
    """
    auto = explainer.n_samples == "auto"
    return LocalFits(
        references,
        perturbers,
        n_samples=MOST_SAMPLES if auto else explainer.n_samples,
        exhaustive=explainer.algorithm == "exhaustive",
        kernel_width=explainer.kernel_width,
        alpha=explainer.alpha,
        tol=explainer.tol if tol is None else tol,
    )


def _most_references(disentangler, n, n_modalities):
    """Tuples of references after ``fit`` on `n` rows, at most."""
    kind = kind_of_references(disentangler.references)
    if kind == "average":
        return 1
    if kind == "rows":
        given = disentangler.references
        n_given = n_rows(given) if kind_of(given) else len(given)
        return n_tuples(n_given, n_modalities, kind)
    most = {"auto": MOST_REFERENCES, None: n}
    return min(most.get(disentangler.n_references, disentangler.n_references), n)


def _rows_of_disentangler(disentangler, n_references, X, modalities):
    """Rows that fitting a disentangler takes, at most."""
    is_sample = kind_of_references(disentangler.references) == "sample"
    rows = baseline_rows(n_references, len(modalities))
    rows += checked_rows(n_references if is_sample else n_rows(X))
    rows += label_rows(disentangler.estimator, disentangler.response_method)
    if is_sample and disentangler.n_references == "auto":
        rows += pilot_rows(n_rows(X), len(modalities))
    return rows
