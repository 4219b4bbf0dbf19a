"""Outputs that stand for those of a model, as what scorers of scikit-learn take."""

from inspect import signature

import numpy as np
from scipy.sparse import issparse
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier
from sklearn.metrics import check_scoring, get_scorer, get_scorer_names
from sklearn.utils.metaestimators import available_if

from skdime._models.log_odds import LOG_ODDS, LOG_RATIOS
from skdime._results.additive_gap import AdditiveGap
from skdime._rows.containers import take
from skdime._utils.from_sklearn import _safe_indexing
from skdime._utils.listed import count, listed
from skdime._utils.warn import warn

# Groups of rows that the jackknife leaves out: a standard error from 25 of them is
# known to 1 / sqrt(2 * 24) = 14 %.
N_GROUPS = 25


def gap_of_outputs(disentangler, decomposition, X, y, scoring=None):
    """Scores of a model's outputs and of UC.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    decomposition : Decomposition
        Of the rows.
    X : container of rows
    y : array-like
        Targets.
    scoring : str, callable or None

    Returns
    -------
    gap : AdditiveGap
    """
    uc, uc_se = decomposition.uc, decomposition.uc_se
    check_targets(disentangler.estimator_, len(uc), y)
    scorer = scorer_of(as_estimator(disentangler, decomposition.output), scoring)

    def scores(rows=None, n_errors=0.0):
        some, targets = X, y
        if rows is not None:
            some, targets = take(X, rows), _safe_indexing(y, rows)
        rows = slice(None) if rows is None else rows
        parts = decomposition.output[rows], (uc + n_errors * uc_se)[rows]
        kinds = (as_estimator(disentangler, part) for part in parts)
        score, additive = (scored(scorer, kind, some, targets) for kind in kinds)
        return np.array([score, additive, score - additive])

    of_rows = jackknife_of_rows(scores, len(uc))
    of_references = (scores(n_errors=1.0) - scores(n_errors=-1.0)) / 2
    se = np.sqrt(of_rows + np.square(of_references))
    return AdditiveGap(*scores().tolist(), *se.tolist())


def check_targets(model, n_rows, y):
    """Whether targets are those of the rows, and of the kind that the model predicts.

    Parameters
    ----------
    model : fitted estimator or callable
    n_rows : int
    y : array-like

    Raises
    ------
    ValueError
        If they are not as many as rows, no numbers where the model predicts numbers,
        or no class of the model is among them.

    Warns
    -----
    UserWarning
        If some are of classes that the model does not know.
    """
    n_targets = y.shape[0] if hasattr(y, "shape") else len(y)
    if n_targets != n_rows:
        raise ValueError(
            f"`y` must have one target for each of the {count(n_rows, 'row')} of X. It "
            f"has {n_targets:,}. Pass the targets of these rows."
        )
    if issparse(y):
        return
    labels = dict.fromkeys(np.ravel(np.asarray(y, dtype=object)).tolist())
    if not (hasattr(model, "fit") and is_classifier(model)):
        texts = [label for label in labels if isinstance(label, str)]
        if texts:
            raise ValueError(
                "`y` must be numbers, because the model predicts numbers. Got "
                f"{texts[0]!r:.60}, among others."
            )
        return
    classes = getattr(model, "classes_", None)
    if classes is None or isinstance(classes, list):
        return
    unseen = [label for label in labels if label not in classes.tolist()]
    if len(unseen) == len(labels):
        raise ValueError(
            f"No class of the model, [{listed(classes.tolist())}], is among the "
            f"targets `y`, [{listed(unseen)}]. Pass labels as in the model's `fit`."
        )
    if unseen:
        warn(
            f"`y` has labels that the model does not know, [{listed(unseen)}]: they "
            "count as errors of the model."
        )


def jackknife_of_rows(scores, n):
    """Variances of scores by leaving out groups of rows.

    Parameters
    ----------
    scores : callable
        From positions of rows to an array of scores.
    n : int
        Rows.

    Returns
    -------
    variances : ndarray in the shape of scores, or nan
        nan where a score cannot be computed without some group.
    """
    groups = min(n, N_GROUPS)
    order = np.random.RandomState(0).permutation(n) % groups
    try:
        left = [scores(np.flatnonzero(order != group)) for group in range(groups)]
    except ValueError:  # such as a score of two classes of which one is left out
        return np.nan
    return (groups - 1) * np.var(left, axis=0)


def default_score(estimator):
    """What the score of an estimator is where no other one is asked for."""
    return "accuracy" if is_classifier(estimator) else "R2"


def scorer_of(estimator, scoring):
    """scikit-learn's scorer that is asked for, or the one of an estimator's kind."""
    module = getattr(scoring, "__module__", None) or ""
    is_scorer = hasattr(scoring, "_score_func")
    if callable(scoring) and module.startswith("sklearn.metrics.") and not is_scorer:
        return _scorer_of_metric(scoring)
    if scoring is not None and not isinstance(scoring, str) and not callable(scoring):
        raise TypeError(
            "`scoring` must be the name of one scorer, a scorer or a metric. Got "
            f"{scoring!r:.60} instead; call once for each."
        )
    return check_scoring(estimator, scoring)


def _scorer_of_metric(metric):
    """scikit-learn's own scorer of a metric: it knows which outputs a metric takes."""
    for name in get_scorer_names():
        scorer = get_scorer(name)
        if scorer._score_func is metric and _has_defaults(scorer):
            return scorer
    raise ValueError(
        f"scikit-learn has no scorer of {metric.__name__}, so nothing tells which "
        "outputs it takes and whether larger is better. Pass make_scorer("
        f"{metric.__name__}, ...)."
    )


def _has_defaults(scorer):
    """Whether a scorer calls its metric as the metric is by itself."""
    defaults = signature(scorer._score_func).parameters
    return all(
        name in defaults and defaults[name].default == value
        for name, value in scorer._kwargs.items()
    )


def scored(scorer, outputs, X, y):
    """The score of outputs that stand for those of a model."""
    try:
        return float(scorer(outputs, X, y))
    except AttributeError as error:
        raise ValueError(
            f"{scorer!r:.60} asks for what the model's outputs do not tell: {error}. "
            "Scores of probabilities need response_method='predict_proba' in the "
            "Disentangler; a function is scored as a regressor."
        ) from error


def as_estimator(disentangler, values):
    """Outputs as what scorers ask for: a fitted regressor or classifier.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    values : ndarray of shape (n_rows, n_outputs)
    """
    model = disentangler.estimator_
    if not (hasattr(model, "fit") and is_classifier(model)):
        return _Values(values)
    classes = getattr(model, "classes_", ())
    n_outputs = values.shape[1]
    matches = n_outputs == len(classes) or (n_outputs, len(classes)) == (1, 2)
    if isinstance(classes, list) or not matches:
        raise ValueError(
            "A score needs one output for each class of one target (of two "
            "classes one output in all), but the model has "
            f"{count(n_outputs, 'output')} and the classes {classes!r:.60}. Score "
            "targets one by one, or one-vs-one scores after setting "
            "decision_function_shape='ovr'."
        )
    method, unit = disentangler.response_method_, disentangler.unit_
    return _ClassValues(values, classes, method, unit)


class _Fitted(BaseEstimator):
    """What scorers ask of a fitted estimator."""

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def _scores(self):
        return self.values[:, 0] if self.values.shape[1] == 1 else self.values


class _Values(RegressorMixin, _Fitted):
    """Values that stand for the predictions of a fitted regressor."""

    def __init__(self, values):
        self.values = values

    def predict(self, X):
        return self._scores()


class _ClassValues(ClassifierMixin, _Fitted):
    """Values that stand for the outputs of a fitted classifier."""

    def __init__(self, values, classes_, method, unit):
        self.values = values
        self.classes_ = classes_
        self.method = method
        self.unit = unit

    def predict(self, X):
        if self.values.shape[1] > 1:
            return self.classes_[self.values.argmax(axis=1)]
        if self._is_score():
            return self.classes_[(self.values[:, 0] > 0).astype(int)]
        return self.classes_[(self._probabilities()[:, 1] > 0.5).astype(int)]

    @available_if(lambda self: self._is_score())
    def decision_function(self, X):
        return self._scores()

    @available_if(lambda self: self.method != "decision_function")
    def predict_proba(self, X):
        return self._probabilities()

    def _is_score(self):
        return self.method == "decision_function" or self._is_linked()

    def _is_linked(self):
        return self.unit in (LOG_ODDS, LOG_RATIOS)

    def _probabilities(self):
        two = self.values.shape[1] == 1
        if self._is_linked():
            probabilities = expit(self.values) if two else softmax(self.values, axis=1)
        elif self.method == "predict_joint_log_proba":
            probabilities = softmax(self.values, axis=1)
        elif self.method == "predict_log_proba":
            probabilities = np.exp(self.values)
        else:
            probabilities = self.values
        probabilities = np.clip(probabilities, 0, 1)
        if two:
            return np.hstack([1 - probabilities, probabilities])
        return probabilities / probabilities.sum(axis=1, keepdims=True)
