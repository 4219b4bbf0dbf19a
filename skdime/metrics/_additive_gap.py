"""What interaction is worth: the model's score minus that of UC."""

from collections.abc import Callable
from typing import Any

from skdime._models.scored_outputs import gap_of_outputs
from skdime._results.additive_gap import AdditiveGap
from skdime._results.decomposition import Decomposition
from skdime._rows.validation import check_rows
from skdime._utils.annotations import ArrayLike, Rows
from skdime.metrics._checks import check_kind, check_of_rows, fitted_disentangler
from skdime.metrics._fitted import FittedDisentangler, FittedExplainer


def additive_gap(
    disentangler: FittedDisentangler | FittedExplainer,
    X: Rows,
    y: ArrayLike,
    scoring: str | Callable[..., Any] | None = None,
    decomposition: Decomposition | None = None,
) -> AdditiveGap:
    """Measure how much the interaction improves the score of a model.

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
    return gap_of_outputs(disentangler, decomposition, checked, y, scoring)
