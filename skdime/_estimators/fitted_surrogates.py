"""What ``LocalExplainer.fit`` fits beside the disentangler: perturbers, surrogates."""

import numpy as np
from sklearn.frozen import FrozenEstimator

from skdime._estimators.budget import affordable_choices
from skdime._estimators.local_surrogates import FEWEST_SAMPLES, MOST_SAMPLES, local_fits
from skdime._estimators.memory import warn_of_memory
from skdime._models.calls import Spent
from skdime._models.columns_read import columns_read, columns_used
from skdime._references.tolerance import Tolerance
from skdime._rows.containers import column_names
from skdime._rows.validation import feature_names_of
from skdime._surrogates.quality import warn_few_decide, warn_not_converged
from skdime._utils.listed import listed
from skdime.perturbers._by_modality import fit_perturbers, without_data
from skdime.perturbers._description import described, warn_close_choices

# Above every error: the first, smallest number of rows is taken.
_NO_TOLERANCE = Tolerance(1e9, 0.0)
_OF_LINES = "kernel_width", "alpha"


def fit_surrogates(explainer, X, random_state, choices=None):
    """Fit perturbers, and surrogates as far as they do not depend on explained rows.

    Parameters
    ----------
    explainer : LocalExplainer
        Has a fitted disentangler, and gets all other fitted attributes.
    X : container of rows
        Checked.
    random_state : RandomState
    choices : list of Choice, default=None
        The perturbers, where these are chosen already.
    """
    modalities = explainer.disentangler_.modalities_
    explainer._check_names()
    if choices is None:
        choices, _ = affordable_choices(explainer, X, modalities)
    names = feature_names_of(explainer, X)
    explainer._description = described(choices, X, modalities, names)
    warn_close_choices(explainer._description)
    chosen = [choice.perturber for choice in choices]
    _check_parameters_of_lines(explainer, chosen)
    _check_attribution(explainer, chosen)
    explainer.algorithm_ = _algorithm(explainer)
    seeds = random_state.randint(np.iinfo(np.int32).max, size=len(modalities))
    state = random_state.get_state()
    auto = explainer.n_samples == "auto"
    explainer.n_samples_ = FEWEST_SAMPLES if auto else explainer.n_samples
    spent = _spent_on_disentangler(explainer)
    while True:
        random_state.set_state(state)
        spent += _tabulate(explainer, X, chosen, seeds, random_state)
        error = 0.0
        if auto:
            with explainer._engine(0, "fit") as engine:
                error = explainer._fits.sampling_error(engine)
            spent += engine.spent
        explainer.converged_ = bool(error <= _tolerance(explainer).relative)
        if explainer.converged_ or explainer.n_samples_ >= MOST_SAMPLES:
            break
        explainer.n_samples_ = min(2 * explainer.n_samples_, MOST_SAMPLES)
    explainer.n_model_rows_, explainer.n_encodings_ = spent
    warn_of_memory(explainer, X)
    few = explainer._fits.resting_on_few()
    warn_few_decide([explainer.perturbers_[m][0] for m in few])
    if not explainer.converged_:
        warn_not_converged(explainer.n_samples_, _tolerance(explainer).relative)


def tabulate(explainer, X, random_state, training=None):
    """Evaluate what all rows share.

    Parameters
    ----------
    explainer : LocalExplainer
        Has fitted perturbers, and gets the surrogates.
    X : container of rows
        Tell what it costs.
    random_state : RandomState
    training : container of rows, default=None
        Those given to ``fit``, which sums over leaves count.

    Returns
    -------
    spent : Spent
        What it took.
    """
    references = explainer.disentangler_._references
    perturbers, tol = explainer.perturbers_, _tolerance(explainer)
    explainer._fits = fits = local_fits(explainer, references, perturbers, tol)
    total = fits.cost_of_fit(explainer._probe(), X).rows
    with explainer._engine(total, "fit") as engine:
        fits.tabulate(engine, random_state, training)
    return engine.spent


def forget_rows(explainer):
    """Remove what perturbers and surrogates keep of rows.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    """
    explainer._description = explainer._description.without_values()
    explainer._fits = explainer._fits.without_rows()
    if not explainer._fits.families:
        explainer.perturbers_ = [
            (name, without_data(perturber)) for name, perturber in explainer.perturbers_
        ]


def _tabulate(explainer, X, chosen, seeds, random_state):
    """Fit perturbers, evaluate what all rows share; what this took."""
    dis = explainer.disentangler_
    names = feature_names_of(explainer, X)
    model_and_columns = dis.estimator_, len(names), column_names(X)
    explainer.perturbers_ = fit_perturbers(
        chosen,
        X,
        dis.modalities_,
        names,
        explainer.n_samples_,
        seeds,
        columns_read=columns_read(*model_and_columns),
        columns_used=columns_used(*model_and_columns),
    )
    if dis._fixed is not None:  # tabulated again for what rows hold in columns
        explainer._table_seed = random_state.randint(np.iinfo(np.int32).max)
        random_state = np.random.RandomState(explainer._table_seed)
    return tabulate(explainer, X, random_state, training=X)


def _tolerance(explainer):
    """The tolerance; of a noisy model there is none that more rows would reach."""
    deterministic = explainer.disentangler_._is_deterministic
    return Tolerance.of(explainer.tol) if deterministic else _NO_TOLERANCE


def _spent_on_disentangler(explainer):
    """What fitting the disentangler took; nothing if it was fitted before."""
    if isinstance(explainer.disentangler, FrozenEstimator):
        return Spent()
    dis = explainer.disentangler_
    return Spent(dis.n_model_rows_, dis.n_encodings_)


def _check_parameters_of_lines(explainer, chosen):
    """Refuse parameters of straight lines where there are none, or not everywhere."""
    changed = [name for name in _OF_LINES if getattr(explainer, name) != "auto"]
    if not changed:
        return
    names = [name for name, _ in explainer.disentangler_.modalities_]
    if all(perturber.masks_rows for perturber in chosen):
        raise ValueError(
            f"`{changed[0]}` belongs to local straight lines of tables, but all "
            f"modalities are masked ({listed(names)}). Leave it at 'auto'."
        )
    for name, perturber in zip(names, chosen, strict=True):
        if perturber.varies_columns and not perturber.masks_rows:
            raise ValueError(
                f"`{changed[0]}` belongs to local straight lines, but modality "
                f"{name!r:.60} has effects={perturber.effects!r:.60}. Leave it at "
                "'auto', or set effects='slope'."
            )


def _check_attribution(explainer, chosen):
    """Refuse perturbers whose features do not share what they do together."""
    if explainer.attribution != "shapley":
        return
    names = [name for name, _ in explainer.disentangler_.modalities_]
    for name, perturber in zip(names, chosen, strict=True):
        is_game = perturber.masks_rows or perturber.varies_columns
        if not is_game or perturber.effects != "shapley":
            raise ValueError(
                "attribution='shapley' gives Shapley values, but modality "
                f"{name!r:.60} has the perturber {perturber!r:.60}. Give it a "
                "TabularPerturber or MaskPerturber with effects='shapley', or set "
                "attribution='dime'."
            )


def _algorithm(explainer):
    """The algorithm of tables; it depends on nothing that is measured."""
    if explainer.budget is not None:
        return "coalitions"
    return "draws" if explainer.algorithm == "auto" else explainer.algorithm
