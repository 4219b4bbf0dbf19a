"""The cost of an explainer, before and after it is fitted."""

from joblib import effective_n_jobs
from sklearn.frozen import FrozenEstimator

from skdime._estimators.cost import predicted_cost
from skdime._models.response_method import label_rows
from skdime._references.count import MOST_REFERENCES, pilot_rows
from skdime._references.levels import probe_rows
from skdime._rows.containers import n_rows, row_bytes
from skdime._rows.modalities import resolve_modalities
from skdime._rows.validation import feature_names_of
from skdime.perturbers._by_modality import choose_perturbers, n_masked, named_perturbers

# Perturbations that n_samples="auto" begins with, and the most it takes.
FEWEST_SAMPLES, MOST_SAMPLES = 250, 4000


def most_samples(explainer):
    """Perturbations of a modality that an explainer may evaluate."""
    auto = explainer.n_samples == "auto"
    return MOST_SAMPLES if auto else explainer.n_samples


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
    modalities = resolve_modalities(X, dis.modalities, feature_names_of(checked, X))
    most = {"auto": MOST_REFERENCES, None: n_rows(X)}
    n_references = min(most.get(dis.n_references, dis.n_references), n_rows(X))
    chosen = choose_perturbers(named_perturbers(explainer.perturbers), X, modalities)
    frozen = isinstance(dis, FrozenEstimator)
    extra = 0 if frozen else label_rows(dis.estimator, dis.response_method)
    if dis.n_references == "auto" and not frozen:
        extra += pilot_rows(n_rows(X), len(modalities))
    return predicted_cost(
        n_rows(X),
        len(modalities),
        n_references,
        most_samples(explainer),
        row_bytes=row_bytes(X),
        max_memory=dis.max_memory,
        n_features=X.shape[1],
        baseline_rows=0 if frozen else None,
        extra_rows=extra,
        n_jobs=effective_n_jobs(explainer.n_jobs),
        n_masked=n_masked(chosen),
        probe_rows=(explainer.algorithm != "exhaustive") * probe_rows(n_references),
    )


def cost_after_fit(explainer, X, rows_of, baseline_rows):
    """The cost of a fitted explainer for some rows.

    Parameters
    ----------
    explainer : LocalExplainer
    X : container of rows
    rows_of : callable
        Model rows that a grid of a given shape costs.
    baseline_rows : int
        Rows that fitting the disentangler took.

    Returns
    -------
    cost : Cost
    """
    dis = explainer.disentangler_
    n_references = n_rows(dis.references_)
    return predicted_cost(
        n_rows(X),
        len(dis.modalities_),
        n_references,
        most_samples(explainer),
        row_bytes=row_bytes(X),
        max_memory=dis.max_memory,
        n_features=X.shape[1],
        n_outputs=len(dis.baseline_),
        baseline_rows=baseline_rows,
        rows_of=rows_of,
        seconds_per_row=dis._seconds_per_row,
        n_jobs=effective_n_jobs(explainer.n_jobs),
        n_masked=n_masked([perturber for _, perturber in explainer.perturbers_]),
        probe_rows=(explainer.algorithm != "exhaustive") * probe_rows(n_references),
    )
