"""What interaction is worth: the model's score minus that of its UC alone."""

from collections.abc import Callable
from inspect import signature
from typing import Any, NamedTuple, Self

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier
from sklearn.metrics import check_scoring, get_scorer, get_scorer_names
from sklearn.utils.metaestimators import available_if

from skdime._results.decomposition import Decomposition
from skdime._rows.containers import take
from skdime._rows.validation import check_rows
from skdime._utils.annotations import ArrayLike, Rows
from skdime._utils.from_sklearn import _safe_indexing
from skdime.metrics._checks import check_kind, check_of_rows, fitted_disentangler
from skdime.metrics._fitted import FittedDisentangler, FittedExplainer

# Groups of rows that the jackknife leaves out: a standard error from 25 of them is
# known to 1 / sqrt(2 * 24) = 14 %.
_MOST_GROUPS = 25


class _Scores(NamedTuple):
    score: float
    additive_score: float
    gap: float


class AdditiveGap(_Scores):
    """Scores of a model and of its additive projection.

    A tuple of the three scores, with their standard errors as attributes.

    Attributes
    ----------
    score : float
        Score of the model's outputs.
    additive_score : float
        Score of UC alone.
    gap : float
        The first minus the second: what the score owes to interaction.
    score_se, additive_score_se, gap_se : float
        Standard errors, because the rows and the references are samples.

    Examples
    --------
    >>> from skdime.metrics import AdditiveGap
    >>> found = AdditiveGap(0.75, 0.5, 0.25, gap_se=0.1)
    >>> score, additive_score, gap = found
    >>> found.gap, found.gap_se
    (0.25, 0.1)
    """

    score_se: float
    additive_score_se: float
    gap_se: float

    def __new__(
        cls,
        score: float,
        additive_score: float,
        gap: float,
        score_se: float = float("nan"),
        additive_score_se: float = float("nan"),
        gap_se: float = float("nan"),
    ) -> Self:
        """See :class:`AdditiveGap`."""
        self = super().__new__(cls, score, additive_score, gap)
        self.score_se = score_se
        self.additive_score_se = additive_score_se
        self.gap_se = gap_se
        return self

    def __repr__(self):
        pairs = zip(self._fields, self, strict=True)
        scores = (
            f"{name}={score:.4g} +- {getattr(self, f'{name}_se'):.2g}"
            for name, score in pairs
        )
        return f"AdditiveGap({', '.join(scores)})"


def additive_gap(
    disentangler: FittedDisentangler | FittedExplainer,
    X: Rows,
    y: ArrayLike,
    scoring: str | Callable[..., Any] | None = None,
    decomposition: Decomposition | None = None,
) -> AdditiveGap:
    """Score of the model minus the score of its unimodal contributions alone.

    UC is the additive function of the modalities that is closest to the model over all
    combinations of references. A model whose UC scores as well as itself may have
    learned interactions, but owes them nothing.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted. With the evaluated rows as its references (a frozen model, fitted on
        `X` with ``n_references=None``) this is EMAP as published.
    X : container of rows of shape (n_rows, n_columns)
        Rows to score on, best those the model has not seen.
    y : array-like of shape (n_rows,) or (n_rows, n_targets)
        Their targets.
    scoring : str or callable, default=None
        Name of a scorer, a scorer ``f(estimator, X, y)``, or a function of
        ``sklearn.metrics``, which stands for scikit-learn's scorer of it: losses count
        negatively. None is accuracy for a classifier and R2 otherwise; a function in
        place of the model is scored as a regressor.
    decomposition : Decomposition, default=None
        ``disentangler.decompose(X)``, if there is one already.

    Returns
    -------
    gap : AdditiveGap
        ``(score, additive_score, gap)``, with standard errors as attributes.

    Notes
    -----
    Outputs are turned into what a scorer asks for: the largest score or probability is
    the predicted class (of two classes: above 0 or one half); log-odds become
    probabilities; a projected probability outside [0, 1] is clipped. Both scores are
    made from outputs in this way.

    Standard errors come from the jackknife over rows, which leaves out one row, or one
    of 25 random groups of more. That of the projection's score also has what becomes of
    it when all of UC is moved by its standard error over references.

    References
    ----------
    Hessel, Lee. "Does my multimodal model learn cross-modal interactions? It's harder
    to tell than you might think!", EMNLP 2020 (EMAP).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdime import Disentangler
    >>> from skdime.metrics import additive_gap
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 5)
    >>> y = X[:, 0] ^ X[:, 1]
    >>> modalities = [("a", [0]), ("b", [1])]
    >>> xor = Disentangler(DecisionTreeClassifier(random_state=0), modalities).fit(X, y)
    >>> additive_gap(xor, X, y)
    AdditiveGap(score=1 +- 0, additive_score=0.5 +- 0.11, gap=0.5 +- 0.11)
    """
    disentangler = fitted_disentangler(disentangler)
    checked = check_rows(disentangler, X, reset=False)
    if decomposition is None:
        decomposition = disentangler.decompose(X)
    else:
        check_kind("decomposition", decomposition, "uc_se", "a Decomposition")
        check_of_rows(disentangler, checked, decomposition, "decomposition")
    uc, uc_se = decomposition.uc, decomposition.uc_se
    scorer = _scorer(_outputs(disentangler, decomposition.output), scoring)

    def scores(rows=None, moved=0.0):
        some, targets = X, y
        if rows is not None:
            some, targets = take(checked, rows), _safe_indexing(y, rows)
        rows = slice(None) if rows is None else rows
        parts = decomposition.output[rows], (uc + moved * uc_se)[rows]
        kinds = (_outputs(disentangler, part) for part in parts)
        score, additive = (_scored(scorer, kind, some, targets) for kind in kinds)
        return np.array([score, additive, score - additive])

    of_rows = _jackknife(scores, len(uc))
    of_references = (scores(moved=1.0) - scores(moved=-1.0)) / 2
    se = np.sqrt(of_rows + np.square(of_references))
    return AdditiveGap(*scores().tolist(), *se.tolist())


def _jackknife(scores, n):
    """Variances of scores by leaving out groups of rows."""
    groups = min(n, _MOST_GROUPS)
    order = np.random.RandomState(0).permutation(n) % groups
    try:
        left = [scores(np.flatnonzero(order != group)) for group in range(groups)]
    except ValueError:  # such as a score of two classes of which one is left out
        return np.full(3, np.nan)
    return (groups - 1) * np.var(left, axis=0)


def _scorer(estimator, scoring):
    module = getattr(scoring, "__module__", None) or ""
    is_scorer = hasattr(scoring, "_score_func")
    if callable(scoring) and module.startswith("sklearn.metrics.") and not is_scorer:
        return _scorer_of(scoring)
    if scoring is not None and not isinstance(scoring, str) and not callable(scoring):
        raise TypeError(
            "`scoring` must be the name of one scorer, a scorer or a metric. Got "
            f"{scoring!r:.60} instead; call additive_gap once for each."
        )
    return check_scoring(estimator, scoring)


def _scorer_of(metric):
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


def _scored(scorer, outputs, X, y):
    try:
        return float(scorer(outputs, X, y))
    except AttributeError as error:
        raise ValueError(
            f"{scorer!r:.60} asks for what the model's outputs do not tell: {error}. "
            "Scores of probabilities need response_method='predict_proba' in the "
            "Disentangler; a function is scored as a regressor."
        ) from error


def _outputs(disentangler, values):
    model = disentangler.estimator_
    if not (hasattr(model, "fit") and is_classifier(model)):
        return _Values(values)
    classes = getattr(model, "classes_", ())
    n_outputs = values.shape[1]
    matches = n_outputs == len(classes) or (n_outputs, len(classes)) == (1, 2)
    if isinstance(classes, list) or not matches:
        raise ValueError(
            "additive_gap needs one output for each class of one target (of two "
            f"classes one output in all), but the model has {n_outputs} output(s) and "
            f"the classes {classes!r:.60}. Score targets one by one, or one-vs-one "
            "scores after setting decision_function_shape='ovr'."
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
        return self.method == "decision_function" or self.unit == "log-odds"

    def _probabilities(self):
        two = self.values.shape[1] == 1
        if self.unit == "log-odds":
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
