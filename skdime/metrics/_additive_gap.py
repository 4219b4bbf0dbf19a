"""What interaction is worth: the model's score minus that of its UC alone."""

from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np

from skdime._results.decomposition import Decomposition
from skdime._results.page.tables import Section
from skdime._results.tabulated import Tabulated
from skdime._rows.containers import take
from skdime._rows.validation import check_rows
from skdime._utils.annotations import ArrayLike, DataFrame, Rows
from skdime._utils.from_sklearn import _safe_indexing
from skdime._utils.optional import optional_module
from skdime.metrics._checks import check_kind, check_of_rows, fitted_disentangler
from skdime.metrics._fitted import FittedDisentangler, FittedExplainer
from skdime.metrics._scored_outputs import (
    as_estimator,
    jackknife_of_rows,
    scored,
    scorer_of,
)


class _Scores(NamedTuple):
    score: float
    additive_score: float
    gap: float


class AdditiveGap(Tabulated, _Scores):
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

    def to_frame(self) -> DataFrame:
        """A pandas frame: one line a score.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``score`` (its name), ``value`` and ``se``.
        """
        pd = optional_module("pandas", "pandas")

        errors = [getattr(self, f"{name}_se") for name in self._fields]
        return pd.DataFrame({"score": self._fields, "value": list(self), "se": errors})

    def _sections(self, most):
        names = "model", "UC alone", "gap: what interaction is worth"
        lines = [
            [name, f"{value:.4g}", f"{getattr(self, f'{field}_se'):.2g}"]
            for name, field, value in zip(names, self._fields, self, strict=True)
        ]
        return [Section("Scores", "", ["", "score", "standard error"], lines)]


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
    scorer = scorer_of(as_estimator(disentangler, decomposition.output), scoring)

    def scores(rows=None, moved=0.0):
        some, targets = X, y
        if rows is not None:
            some, targets = take(checked, rows), _safe_indexing(y, rows)
        rows = slice(None) if rows is None else rows
        parts = decomposition.output[rows], (uc + moved * uc_se)[rows]
        kinds = (as_estimator(disentangler, part) for part in parts)
        score, additive = (scored(scorer, kind, some, targets) for kind in kinds)
        return np.array([score, additive, score - additive])

    of_rows = jackknife_of_rows(scores, len(uc))
    of_references = (scores(moved=1.0) - scores(moved=-1.0)) / 2
    se = np.sqrt(of_rows + np.square(of_references))
    return AdditiveGap(*scores().tolist(), *se.tolist())
