"""Explain over folds, as cross_validate scores over folds."""

from collections.abc import Mapping
from importlib.metadata import version
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import check_cv
from sklearn.utils import indexable
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_memory

from skdime._estimators.explained_rows import explained_rows
from skdime._estimators.local_explainer import LocalExplainer
from skdime._rows.containers import n_rows, row_labels, take
from skdime._rows.validation import from_mapping
from skdime._utils.annotations import ArrayLike, Rows, Seed
from skdime._utils.checks import check_count
from skdime._utils.from_sklearn import _check_method_params, _safe_indexing
from skdime._utils.listed import listed
from skdime._utils.progress import Progress
from skdime._utils.random import own_random_state
from skdime._utils.warn import told_once, warn
from skdime.model_selection._refit import check_sampled, with_references, with_seed
from skdime.model_selection._result import CrossExplanation


def cross_explain(
    explainer: LocalExplainer,
    X: Rows,
    y: ArrayLike | None = None,
    *,
    groups: ArrayLike | None = None,
    cv: Any = None,
    X_common: Rows | None = None,
    n_reference_draws: int = 1,
    n_seeds: int = 1,
    params: Mapping[str, Any] | None = None,
    n_jobs: int | None = None,
    return_estimator: bool = False,
    random_state: Seed = None,
    memory: Any = None,
    verbose: int = 0,
) -> CrossExplanation:
    """Fit a model on every fold and explain the rows that the fold left out.

    Which statements of an explanation hold when the model is trained on other rows?
    And how much of what does not hold is due to the data, and how much to references
    and perturbations that were drawn? Every fold draws its own. With
    `n_reference_draws` and `n_seeds` above 1, each fold's model is explained again
    with only the references, or only the perturbations, drawn anew.

    Parameters
    ----------
    explainer : LocalExplainer
        It is cloned and fitted for every fold, its model included. A model, or a
        disentangler, in :class:`~sklearn.frozen.FrozenEstimator` stays as it is.
    X : container of rows of shape (n_rows, n_columns)
        Rows to split into folds.
    y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
        Their targets.
    groups : array-like of shape (n_rows,), default=None
        Groups for a `cv` that keeps groups together.
    cv : int, cross-validation generator or iterable, default=None
        As in :func:`~sklearn.model_selection.cross_validate`: None is 5 folds,
        stratified for a classifier.
    X_common : container of rows, default=None
        The same rows for every fold to explain, best rows outside `X`. None explains in
        every fold the rows it left out: each row once, unless folds are repeated.
    n_reference_draws : int, default=1
        Draws of references for each fold. Perturbations stay the same.
    n_seeds : int, default=1
        Draws of perturbations for each fold. References stay the same.
    params : dict, default=None
        Passed to ``explainer.fit``; what has an entry for every row of `X` is split
        with it.
    n_jobs : int, default=None
        Folds at the same time, as in joblib. The results do not depend on it.
    return_estimator : bool, default=False
        Whether to keep the fitted explainer of each fold.
    random_state : int, RandomState instance or None, default=None
        Determines the references and perturbations of every fold and draw. None takes
        the `random_state` of the explainer. The model keeps its own.
    memory : str or joblib.Memory, default=None
        A folder in which every fold is kept as soon as it is finished, as in
        :class:`~sklearn.pipeline.Pipeline`. The same call, after an interruption or
        with more folds, takes from it what it has. It needs a `random_state` (or one
        of the explainer) that is an integer, and a model that can be pickled. The
        folder holds models and rows; a model whose code changes needs another one.
    verbose : int, default=0
        Above 0 the progress over folds is shown.

    Returns
    -------
    cross : CrossExplanation
        Arrays with an axis of runs (folds, and further draws), joined by names.

    See Also
    --------
    skdime.metrics.stability : Compares explanations of the same rows.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.model_selection import cross_explain
    >>> X, y = load_diabetes(return_X_y=True)
    >>> dis = Disentangler(Ridge(), [("exam", slice(0, 4)), ("serum", slice(4, 10))])
    >>> explainer = LocalExplainer(dis, n_samples=100, random_state=0)
    >>> cross = cross_explain(explainer, X[:400], y[:400], cv=3, X_common=X[400:410])
    >>> cross.coef.shape  # folds, rows, UC and MI, features, outputs
    (3, 10, 2, 10, 1)
    >>> low, high = cross.interval()
    >>> for feature in (2, 8):  # UC of the first row
    ...     numbers = [each[0, 0, feature, 0] for each in (cross.mean(), low, high)]
    ...     print(feature, "{:+.0f}, 95 % interval {:+.0f} to {:+.0f}".format(*numbers))
    2 +11, 95 % interval +6 to +16
    8 -7, 95 % interval -8 to -6
    """
    _check_draws(explainer, n_reference_draws, n_seeds)
    X, X_common = from_mapping(X), from_mapping(X_common)
    X, y, groups = indexable(X, y, groups)
    X = np.asarray(X) if isinstance(X, (list, tuple)) else X
    folds = check_cv(cv, y, classifier=_classifies(explainer))
    folds = [tuple(map(_positions, fold)) for fold in folds.split(X, y, groups)]
    if not folds:
        raise ValueError("`cv` gave no fold. Pass one pair (train, test) or more.")
    if random_state is None:
        random_state = explainer.random_state
    draws = _draws(len(folds), n_reference_draws, n_seeds, random_state)
    memory = _checked_memory(memory, random_state)
    # a fold of another version is no fold of this one
    task = delayed(memory.cache(_explain_fold))
    tasks = (
        task(explainer, X, y, fold, X_common, drawn, params or {}, version("skdime"))
        for fold, drawn in zip(folds, draws, strict=True)
    )
    with told_once():
        results = _results_of(tasks, len(folds), n_jobs, verbose)
    return _result(results, folds, X, X_common, draws[0], return_estimator)


def _checked_memory(memory, random_state):
    """Where finished folds are kept, which can be found again if seeds are the same."""
    if memory is not None and not isinstance(random_state, Integral):
        raise ValueError(
            "`memory` needs seeds that are the same in the next call: pass an integer "
            f"`random_state`. Got {random_state!r:.60} instead."
        )
    return check_memory(memory)


def _results_of(tasks, n_folds, n_jobs, verbose):
    """Results of all tasks, in order, counted as they are finished."""
    if not verbose:
        return Parallel(n_jobs=n_jobs)(tasks)
    progress, results = Progress(n_folds, "cross_explain", verbose, "fold"), []
    for result in Parallel(n_jobs=n_jobs, return_as="generator")(tasks):
        results.append(result)
        progress.update(1)
    progress.close()
    return results


def _positions(rows):
    """Rows of a fold, given as positions, a mask or a range, as positions."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype.kind == "b" else rows.astype(int)


class _Draws(NamedTuple):
    """Seeds of one fold; the first of each are those of its first run."""

    references: list
    perturbations: list

    def labels(self):
        """Draw of references, and of perturbations, of every run of a fold."""
        n, m = len(self.references) - 1, len(self.perturbations) - 1
        return [0, *range(1, n + 1), *[0] * m], [0, *[0] * n, *range(1, m + 1)]


def _check_draws(explainer, n_reference_draws, n_seeds):
    if not hasattr(explainer, "explain") or isinstance(explainer, type):
        raise TypeError(
            "`explainer` must be a LocalExplainer, got "
            f"{'the class' if isinstance(explainer, type) else 'a'} "
            f"{getattr(explainer, '__name__', type(explainer).__name__)}. Wrap the "
            "model: LocalExplainer(Disentangler(model, modalities))."
        )
    check_count("n_reference_draws", n_reference_draws)
    check_count("n_seeds", n_seeds)
    if n_reference_draws > 1 and isinstance(explainer.disentangler, FrozenEstimator):
        raise ValueError(
            f"n_reference_draws={n_reference_draws} draws references anew, but the "
            "disentangler is frozen, and its references with it. Freeze only the "
            "model, Disentangler(FrozenEstimator(model), ...), or set "
            "n_reference_draws=1."
        )
    if n_reference_draws > 1:
        purpose = f"n_reference_draws={n_reference_draws} draws references anew"
        check_sampled(explainer.disentangler, purpose)


def _classifies(explainer):
    model = explainer.disentangler.estimator
    if hasattr(model, "estimator") and hasattr(model, "decompose"):
        model = model.estimator  # of a frozen disentangler
    return hasattr(model, "__sklearn_tags__") and is_classifier(model)


def _draws(n_folds, n_reference_draws, n_seeds, random_state):
    """Seeds of every fold. Those of first runs do not depend on how many follow."""
    random_state = own_random_state(random_state)
    top = np.iinfo(np.int32).max
    first = random_state.randint(top, size=(n_folds, 2)).tolist()
    others = n_reference_draws + n_seeds - 2
    more = random_state.randint(top, size=(n_folds, others)).tolist()
    split = n_reference_draws - 1
    return [
        _Draws([references, *later[:split]], [perturbations, *later[split:]])
        for (references, perturbations), later in zip(first, more, strict=True)
    ]


def _explain_fold(explainer, X, y, fold, X_common, draws, params, release):
    """Explanations of all runs of a fold, its fitted explainer, and model rows."""
    train, test = fold
    X_train = take(X, train)
    y_train = None if y is None else _safe_indexing(y, train)
    params = _check_method_params(X, params, indices=train)
    rows = take(X, test) if X_common is None else X_common
    fitted = _seeded(explainer, draws).fit(X_train, y_train, **params)
    others = [with_references(fitted, seed) for seed in draws.references[1:]]
    others += [with_seed(fitted, seed) for seed in draws.perturbations[1:]]
    others = [other.fit(X_train, y_train) for other in others]
    names = row_labels(X)[test] if X_common is None else row_labels(X_common)
    explanations = [
        explained_rows(each, rows, row_names=names) for each in (fitted, *others)
    ]
    n_model_rows = sum(each.n_model_rows_ for each in (fitted, *others))
    n_model_rows += sum(each.n_model_rows for each in explanations)
    return explanations, fitted, n_model_rows


def _seeded(explainer, draws):
    """The explainer of a fold's first run, to be fitted."""
    explainer = clone(explainer).set_params(random_state=draws.perturbations[0])
    if not isinstance(explainer.disentangler, FrozenEstimator):
        explainer.set_params(disentangler__random_state=draws.references[0])
    return explainer


def _result(results, folds, X, X_common, draws, return_estimator):
    by_fold, estimators, n_model_rows = zip(*results, strict=True)
    n_runs = len(by_fold[0])
    # first runs of all folds, then second runs, ...
    explanations = tuple(fold[run] for run in range(n_runs) for fold in by_fold)
    _warn_other_outputs(explanations)
    explained = X if X_common is None else X_common
    every = np.arange(n_rows(explained))
    tests = [test if X_common is None else every for _, test in folds]
    reference_draw, seed = draws.labels()
    return CrossExplanation(
        explanations=explanations,
        rows=tuple(tests * n_runs),
        fold=np.tile(np.arange(len(folds)), n_runs),
        reference_draw=np.repeat(reference_draw, len(folds)),
        seed=np.repeat(seed, len(folds)),
        train=_masks([train for train, _ in folds], n_rows(X)),
        test=_masks([test for _, test in folds], n_rows(X)),
        row_names=row_labels(explained),
        common=X_common is not None,
        n_model_rows=sum(n_model_rows),
        estimators=list(estimators) if return_estimator else None,
    )


def _masks(positions, n):
    """Which of n rows are at positions, for each list of these."""
    return np.array([np.isin(np.arange(n), some) for some in positions])


def _warn_other_outputs(explanations):
    outputs = {tuple(e.output_names.tolist()) for e in explanations}
    if len(outputs) > 1:
        warn(
            f"Folds have different outputs: {listed(sorted(outputs))}, probably "
            "because a "
            "class is missing from some. They are joined by name, with nan where a "
            "fold has none; scores of models with different classes may not be "
            "comparable. Use a `cv` that keeps every class in every fold."
        )
