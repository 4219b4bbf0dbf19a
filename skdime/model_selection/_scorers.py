"""Scorers of explanations, to choose parameters by them."""

import warnings
from typing import Any

import numpy as np

from skdime._estimators.local_explainer import LocalExplainer
from skdime._rows.containers import n_rows
from skdime._utils.annotations import Rows, Seed
from skdime._utils.checks import check_count
from skdime._utils.missing import nan_mean
from skdime._utils.random import own_random_state
from skdime.metrics import stability
from skdime.metrics._checks import check_explainer
from skdime.metrics._fidelity import lost_and_total
from skdime.model_selection._refit import (
    check_sampled,
    disentangler_of,
    with_references,
)


def fidelity_scorer(
    estimator: LocalExplainer,
    X: Rows,
    y: Any = None,
    *,
    n_samples: int = 200,
    random_state: Seed = 0,
) -> float:
    """Score an explainer by how well its surrogate models predict UC and MI.

    Parameters
    ----------
    estimator : LocalExplainer
        Fitted.
    X : container of rows of shape (n_rows, n_columns)
        Rows to explain.
    y : None
        Ignored.
    n_samples : int, default=200
        Fresh perturbations of each modality.
    random_state : int, RandomState instance or None, default=0
        Determines the perturbations.

    Returns
    -------
    score : float
        Weighted R2 on fresh perturbations, of the rows together, averaged over parts,
        modalities and outputs; 1 is perfect. Parts that do not vary do not count.

    See Also
    --------
    skdime.metrics.fidelity : The same row by row.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.model_selection import fidelity_scorer
    >>> X, y = load_diabetes(return_X_y=True)
    >>> dis = Disentangler(
    ...     KNeighborsRegressor(20),
    ...     [("exam", slice(0, 4)), ("serum", slice(4, 10))],
    ...     n_references=30,
    ... )
    >>> explainer = LocalExplainer(dis, n_samples=100, random_state=0)
    >>> grid = {"n_samples": [50, 100]}
    >>> search = GridSearchCV(explainer, grid, scoring=fidelity_scorer, cv=2)
    >>> search.fit(X[:80], y[:80]).best_params_
    {'n_samples': 100}
    """
    lost, total = lost_and_total(estimator, X, n_samples, random_state)
    lost, total = lost.sum(axis=0), total.sum(axis=0)
    varies = total > 0
    return float((1 - lost[varies] / total[varies]).mean()) if varies.any() else np.nan


def stability_scorer(
    estimator: LocalExplainer,
    X: Rows,
    y: Any = None,
    *,
    n_runs: int = 3,
    k: int | None = None,
    random_state: Seed = 0,
) -> float:
    """Score an explainer by the agreement of repeated explanations.

    The fitted model is explained `n_runs` times, each time with another half of the
    explainer's references and with other perturbations, drawn from all of them. A half
    varies as much about all of them as all of them do about the training rows, which a
    fitted explainer no longer has.

    Parameters
    ----------
    estimator : LocalExplainer
        Fitted.
    X : container of rows of shape (n_rows, n_columns)
        Rows to explain.
    y : None
        Ignored.
    n_runs : int, default=3
        Explanations of every row.
    k : int, default=None
        Compare the `k` largest coefficients instead of the ranks of all.
    random_state : int, RandomState instance or None, default=0
        Determines references and perturbations.

    Returns
    -------
    score : float
        Rank correlation of absolute coefficients between runs (with `k` the overlap of
        the top), averaged over rows, parts, modalities and outputs; 1 is perfect.
        Modalities with one feature and parts that do not vary do not count.

    See Also
    --------
    skdime.metrics.stability : All measures, of any explanations.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.model_selection import stability_scorer
    >>> X, y = load_diabetes(return_X_y=True)
    >>> dis = Disentangler(
    ...     KNeighborsRegressor(20),
    ...     [("exam", slice(0, 4)), ("serum", slice(4, 10))],
    ...     n_references=30,
    ... )
    >>> explainer = LocalExplainer(dis, n_samples=100, random_state=0)
    >>> grid = {"n_samples": [50, 100]}
    >>> search = GridSearchCV(explainer, grid, scoring=stability_scorer, cv=2)
    >>> search.fit(X[:80], y[:80]).best_params_
    {'n_samples': 100}
    """
    check_explainer(estimator)
    check_count("n_runs", n_runs, least=2)
    if k is not None:
        check_count("k", k)
    random_state = own_random_state(random_state)
    with warnings.catch_warnings():
        # what is to be warned of is what the score is for
        warnings.simplefilter("ignore", UserWarning)
        runs = [_resampled(estimator, random_state).explain(X) for _ in range(n_runs)]
    measures = stability(runs, k=k or 1)
    values = measures.rank_correlation if k is None else measures.top_k_overlap
    return float(nan_mean(values.ravel()))


def trust_scorer(
    estimator: LocalExplainer,
    X: Rows,
    y: Any = None,
    *,
    n_samples: int = 200,
    n_runs: int = 3,
    random_state: Seed = 0,
) -> float:
    """Score an explainer by fidelity or stability, whichever is worse.

    A narrow kernel makes surrogates faithful and unstable, a wide one stable and
    unfaithful; the largest smaller of the two is a balance.

    Parameters
    ----------
    estimator : LocalExplainer
        Fitted.
    X : container of rows of shape (n_rows, n_columns)
        Rows to explain.
    y : None
        Ignored.
    n_samples : int, default=200
        Passed to :func:`fidelity_scorer`.
    n_runs : int, default=3
        Passed to :func:`stability_scorer`.
    random_state : int, RandomState instance or None, default=0
        Determines all draws; an integer gives the scores of the two scorers.

    Returns
    -------
    score : float
        ``min(fidelity, stability)``; the one of the two that is known, where modalities
        with a single feature or parts that do not vary leave the other undefined.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.neighbors import KNeighborsRegressor
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.model_selection import trust_scorer
    >>> X, y = load_diabetes(return_X_y=True)
    >>> dis = Disentangler(
    ...     KNeighborsRegressor(20),
    ...     [("exam", slice(0, 4)), ("serum", slice(4, 10))],
    ...     n_references=30,
    ... )
    >>> explainer = LocalExplainer(dis, n_samples=100, random_state=0)
    >>> grid = {"n_samples": [50, 100]}
    >>> search = GridSearchCV(explainer, grid, scoring=trust_scorer, cv=2)
    >>> search.fit(X[:80], y[:80]).best_params_
    {'n_samples': 100}
    """
    faithful = fidelity_scorer(
        estimator, X, n_samples=n_samples, random_state=random_state
    )
    stable = stability_scorer(estimator, X, n_runs=n_runs, random_state=random_state)
    return float(np.fmin(faithful, stable))


def _resampled(explainer, random_state):
    """The same model explained with half of its references.

    Half of N rows, drawn without replacement, have the mean of all with the variance
    that N rows have about the mean of very many.
    """
    fitted = disentangler_of(explainer)
    check_sampled(fitted, "stability_scorer draws half of the references anew")
    references = fitted.references_
    half = max(2, n_rows(references) // 2)
    seeds = random_state.randint(np.iinfo(np.int32).max, size=2).tolist()
    other = with_references(explainer, seeds[0], n_references=half)
    return other.set_params(random_state=seeds[1], verbose=0).fit(references)
