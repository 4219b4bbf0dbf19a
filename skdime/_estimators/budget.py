"""How a budget of model rows is divided between references and hybrids of rows."""

from numbers import Integral

import numpy as np
from sklearn.frozen import FrozenEstimator

from skdime._models.determinism import N_CHECKED
from skdime._references.choice import kind_of_references
from skdime._rows.containers import n_rows
from skdime._utils.listed import count
from skdime._utils.warn import warn
from skdime.perturbers import MaskedTabularPerturber, TabularPerturber
from skdime.perturbers._by_modality import choose_perturbers, named_perturbers

# References that a budget buys: of fewer, standard errors are unknown themselves, and
# more are worth less than more hybrids.
_LEAST_REFERENCES, _MOST_REFERENCES = 8, 100
# Share of the budget that references take where a single row is explained: its means,
# and the mean output. Multiples of the square root leave larger budgets to more rows:
# where a surrogate of all columns tells these means over all rows, as it does of tables
# alone, and where references do. Errors are in benchmarks/cost.py.
_SHARE_OF_REFERENCES, _ROOT, _ROOT_OF_MASKS = 0.4, 1.0, 2.0
# So many are taken if the share allows: `Disentangler` warns of fewer.
_ENOUGH = 20
# Perturbations of a modality that coefficients need at least, and may get at most.
LEAST_SAMPLES = 16
# The same where a single row is explained: beyond so many algebra takes long.
_MOST_SAMPLES = 1_200
HOLDS = (
    "budget and remainder='hold' do not go together: the mean output is evaluated anew "
    "for every value of the columns in no modality. Give these a modality, or set "
    "budget=None."
)
# Errors below this share of all coefficients of a row matter nowhere.
_RELEVANT = 0.1


def references_within(budget, n_modalities, n_masked):
    """References that a budget buys.

    Parameters
    ----------
    budget : int
    n_modalities : int
    n_masked : int
        Modalities whose rows are masked: each reference is evaluated once more there.

    Returns
    -------
    n_references : int
    """
    # checks, the row itself, and the fewest hybrids, which come first
    first = 2 * N_CHECKED + 2 + (LEAST_SAMPLES + 1) * n_modalities
    n = _SHARE_OF_REFERENCES * (budget - first) / (1 + n_modalities + n_masked)
    root = _ROOT_OF_MASKS if n_masked else _ROOT
    n = int(min(n, max(root * np.sqrt(budget), _ENOUGH)))
    return min(max(n, _LEAST_REFERENCES), _MOST_REFERENCES)


def choices_within(choices, named, modalities, kind):
    """Choices whose perturbers need no rows before a row is explained.

    Parameters
    ----------
    choices : list of Choice
        One for each modality.
    named : dict of str to perturber
        Those that the user has chosen.
    modalities : list of (str, ndarray of int)
    kind : {"sample", "average", "rows"}
        What the references are.

    Returns
    -------
    choices : list of Choice

    Raises
    ------
    ValueError
        If a named perturber draws a neighbourhood that all rows share.
    """
    within = []
    for (name, _), choice in zip(modalities, choices, strict=True):
        perturber = choice.perturber
        if isinstance(perturber, TabularPerturber) and name not in named:
            drawn = TabularPerturber(effects="shapley")
            perturber = MaskedTabularPerturber() if kind == "average" else drawn
        if not (perturber.masks_rows or perturber.varies_columns):
            raise ValueError(
                f"The perturber of modality {name!r:.60}, {perturber!r:.60}, draws "
                "perturbations that are evaluated with every reference before any row "
                "is explained, which no small budget allows. Name a TabularPerturber "
                "with effects='shapley' or 'main', a MaskedTabularPerturber, or set "
                "budget=None."
            )
        within.append(choice._replace(perturber=perturber))
    return within


def affordable_choices(explainer, X, modalities):
    """Perturbers of all modalities, and the references that a budget buys.

    Parameters
    ----------
    explainer : LocalExplainer
    X : container of rows
    modalities : list of (str, ndarray of int)

    Returns
    -------
    choices : list of Choice
        Perturbers that are not cloned and not fitted.
    n_references : int or None
        None where the disentangler decides.
    """
    named, dis = named_perturbers(explainer.perturbers), explainer.disentangler
    choices = choose_perturbers(named, X, modalities)
    if explainer.budget is None:
        return choices, None
    kind = kind_of_references(dis.references)
    choices = choices_within(choices, named, modalities, kind)
    if kind != "sample" or isinstance(dis, FrozenEstimator):
        return choices, None
    n_masked = sum(choice.perturber.masks_rows for choice in choices)
    n = references_within(explainer.budget, len(modalities), n_masked)
    n_references = dis.n_references
    return choices, min(n, n_references) if isinstance(n_references, Integral) else n


def affordable(fits, engine, X, budget, spent, *, effects=True, pairs=False):
    """Surrogates on as many perturbations as a budget allows.

    Parameters
    ----------
    fits : LocalFits
    engine : Engine
    X : container of rows
        The rows to explain.
    budget, spent : int
        All model rows, and those of ``fit``.
    effects : bool, default=True
        Whether the rows are decomposed besides.
    pairs : bool, default=False
        Whether this is into pairs, too.

    Returns
    -------
    fits : LocalFits

    Raises
    ------
    ValueError
        If not even the least is affordable; it tells how many rows this is.
    """
    decomposing = fits.references.cost(engine, X, pairs=pairs).rows * effects

    def rows_of(n_samples):
        explaining = fits.limited(n_samples).cost(engine, X, effects=effects).rows
        return decomposing + explaining

    most = max(fits.n_samples, _MOST_SAMPLES // n_rows(X))
    least = min(LEAST_SAMPLES, most)
    if (n_least_rows := rows_of(least)) > budget - spent:
        raise ValueError(_too_small(budget, spent, n_least_rows, n_rows(X)))
    while least < most:
        middle = (least + most + 1) // 2
        if rows_of(middle) <= budget - spent:
            least = middle
        else:
            most = middle - 1
    return fits.limited(least)


def within_budget(explainer, fits, X, *, spent=0, **options):
    """Surrogates of rows, within what a fitted explainer has left of its budget.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    fits : LocalFits
    X : container of rows
        The rows to explain.
    spent : int, default=0
        Model rows besides those of ``fit``.
    **options
        Those of :func:`affordable`.

    Returns
    -------
    fits : LocalFits
    """
    if explainer.budget is None:
        return fits
    spent += explainer.n_model_rows_
    probe = explainer._probe()
    return affordable(fits, probe, X, explainer.budget, spent, **options)


def _too_small(budget, spent, n_needed, n):
    fewer = max(budget - spent, 0) // -(-n_needed // n)
    advice = f", or explain {count(fewer, 'row')} at a time" if 0 < fewer < n else ""
    return (
        f"budget={budget:,} is too small: fit takes {spent:,} model rows, and "
        f"explaining {count(n, 'row')} at least {n_needed:,}. Set a budget of "
        f"{spent + n_needed:,} or more{advice}."
    )


def warn_large_errors(explanation, budget):
    """Warn where coefficients are smaller than their standard errors.

    Parameters
    ----------
    explanation : Explanation
    budget : int
    """
    exceeded = _exceeded(explanation)
    if not exceeded.any():
        return
    n = int(exceeded.any(axis=(1, 2, 3)).sum())
    p, m = np.argwhere(exceeded.any(axis=(0, 3)))[0]
    part, name = ("UC", "MI")[p], explanation.modality_names[m]
    warn(
        f"budget={budget:,} leaves standard errors that exceed the coefficients of {n} "
        f"of {count(len(exceeded), 'row')}, such as those of {part} of modality "
        f"{str(name)!r:.60}: these say no more than that effects are smaller. Set a "
        "larger budget, or explain fewer rows at a time."
    )


def _exceeded(explanation):
    """Where errors exceed coefficients: (n_rows, 2, n_modalities, n_outputs)."""
    owners = explanation.feature_modalities == explanation.modality_names[:, None]
    size, error = (
        np.einsum("rpfc,mf->rpmc", np.nan_to_num(values) ** 2, owners)
        for values in (explanation.coef, explanation.se)
    )
    whole = size.sum(axis=(1, 2), keepdims=True)
    return (error > size) & (error > _RELEVANT**2 * whole)
