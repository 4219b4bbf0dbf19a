"""What a modality is worth: scores of a model that has some of its modalities only."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
from scipy.stats import t

from skdime._models.scored_outputs import (
    N_GROUPS,
    as_estimator,
    check_targets,
    default_score,
    jackknife_of_rows,
    scored,
    scorer_of,
)
from skdime._results.anova import interval_of
from skdime._results.page.tables import Section
from skdime._results.plotted import Plotted
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._rows.containers import n_rows, take
from skdime._rows.validation import check_rows
from skdime._utils.annotations import ArrayLike, DataFrame, Floats, Rows
from skdime._utils.checks import check_choice
from skdime._utils.from_sklearn import _safe_indexing
from skdime._utils.listed import count, first_lines, shortened
from skdime._utils.optional import optional_module
from skdime.metrics._checks import fitted_disentangler
from skdime.metrics._coalition_values import coalition_values
from skdime.metrics._fitted import FittedDisentangler, FittedExplainer

_JOINT = (
    "Scores of sets of modalities need means in which the other modalities are "
    "independent. Fit a Disentangler with distribution='product'."
)
TERMS = ("score", "gain", "loss", "shapley")


@dataclass(frozen=True, eq=False, repr=False)
class ModalityWorth(Stored, Tabulated, Plotted):
    """Scores with every set of modalities, as returned by ``modality_worth``.

    Attributes
    ----------
    score : ndarray of shape (n_sets,)
        Score of the mean output with the modalities of a set from the row and the
        others from references. The first set is empty, the last one has all.
    gain : ndarray of shape (n_sets,)
        Score of a set less that of the empty one.
    loss : ndarray of shape (n_modalities,)
        What the score loses without a modality: score of all less that of all others.
    shapley : ndarray of shape (n_modalities,)
        Shapley values of the score; they add up to the gain of all modalities.
    score_se, gain_se, loss_se, shapley_se : ndarray
        Standard errors, because rows and references are samples; nan where a score
        cannot be computed without some of the rows.
    modality_names : ndarray of str
        All modalities.
    scoring : str
        What the score is.
    n_rows : int
        Rows that were scored.
    n_model_rows : int
        Rows that the model has seen for this result.

    See Also
    --------
    skdime.displays.ModalityWorthDisplay.from_worth : Draws it, as `plot` does.

    Examples
    --------
    >>> from skdime.metrics import modality_worth
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from skdime import Disentangler
    >>> X, y = load_diabetes(return_X_y=True)
    >>> modalities = {"exam": [0, 1, 2, 3], "serum": [4, 5, 6, 7, 8, 9]}
    >>> dis = Disentangler(Ridge(0.01), modalities, random_state=0)
    >>> worth = modality_worth(dis.fit(X[:300], y[:300]), X[300:], y[300:])
    >>> worth.sets
    [(), ('exam',), ('serum',), ('exam', 'serum')]
    >>> worth.score.round(2)
    array([-0.01,  0.35,  0.32,  0.5 ])
    """

    _axes = {
        **dict.fromkeys(("score", "gain", "score_se", "gain_se"), ("sets",)),
        **dict.fromkeys(("loss", "shapley", "loss_se", "shapley_se"), ("modalities",)),
        "modality_names": ("modalities",),
    }
    _display = "ModalityWorthDisplay", "from_worth"

    score: Floats
    gain: Floats
    loss: Floats
    shapley: Floats
    score_se: Floats
    gain_se: Floats
    loss_se: Floats
    shapley_se: Floats
    modality_names: np.ndarray
    scoring: str
    n_rows: int
    n_model_rows: int = 0

    @property
    def sets(self) -> list[tuple[str, ...]]:
        """Modalities of each set, from none to all."""
        names = self.modality_names.tolist()
        return [
            tuple(name for m, name in enumerate(names) if code >> m & 1)
            for code in _codes(len(names))
        ]

    def interval(self, name: str, level: float = 0.95) -> tuple[Floats, Floats]:
        """Confidence intervals, by Student's t.

        Parameters
        ----------
        name : {"score", "gain", "loss", "shapley"}
            Which values.
        level : float, default=0.95
            Probability that an interval is to cover.

        Returns
        -------
        low, high : ndarray
            In the shape of the values.
        """
        check_choice("name", name, TERMS)
        values, se = getattr(self, name), getattr(self, f"{name}_se")
        reach = t(min(N_GROUPS, self.n_rows) - 1).ppf
        return interval_of(values, se, level, reach)

    def to_frame(self, level: float = 0.95) -> DataFrame:
        """A tidy pandas frame: one line for each set and for each modality.

        Parameters
        ----------
        level : float, default=0.95
            Of the intervals.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``quantity`` (``score`` and ``gain`` of a set, ``loss`` and
            ``shapley`` of a modality), ``modalities`` (``none``, or names joined by
            ``+``), ``value``, ``se``, ``low`` and ``high``.
        """
        pd = optional_module("pandas", "pandas")

        lines = []
        for name in TERMS:
            labels = (
                self.set_names if name in ("score", "gain") else self.modality_names
            )
            numbers = getattr(self, name), getattr(self, f"{name}_se")
            columns = labels, *numbers, *self.interval(name, level)
            lines += [(name, *line) for line in zip(*columns, strict=True)]
        names = ["quantity", "modalities", "value", "se", "low", "high"]
        return pd.DataFrame(lines, columns=names)

    @property
    def share(self) -> Floats:
        """Shares of the Shapley values in the gain of all modalities.

        They are of use where all Shapley values are positive, and nan where all
        modalities together gain nothing.
        """
        total = self.gain[-1]
        return self.shapley / total if total else np.full_like(self.shapley, np.nan)

    @property
    def set_names(self) -> list[str]:
        """Names of the sets: ``none``, or names of modalities joined by ``+``."""
        return [" + ".join(names) or "none" for names in self.sets]

    def _sections(self, most):
        heads = ["modality", "gains on its own", "loses if left out", "Shapley value"]
        shapley = (
            f"{self._text('shapley', m)}, {share:.0%}"
            for m, share in enumerate(self.share)
        )
        lines = [
            [name, self._text("gain", 1 + m), self._text("loss", m), text]
            for m, (name, text) in enumerate(
                zip(self.modality_names, shapley, strict=True)
            )
        ]
        sets = [[name, self._text("score", s)] for s, name in enumerate(self.set_names)]
        return [
            Section("Modalities", "In brackets 95 % intervals.", heads, lines),
            Section(
                "Sets of modalities", "", ["modalities", self.scoring], sets[:most]
            ),
        ]

    def __repr__(self):
        lines = [
            f"ModalityWorth: {self.scoring} of {count(self.n_rows, 'row')} is "
            f"{self._text('score', -1)} with all modalities, "
            f"{self._text('score', 0)} with none"
        ]
        for m, name in enumerate(self.modality_names):
            lines.append(
                f"  {shortened(name)}: gains {self._text('gain', 1 + m)} on its own, "
                f"loses {self._text('loss', m)} if left out, Shapley value "
                f"{self._text('shapley', m)}, {self.share[m]:.0%} of the gain"
            )
        return first_lines(lines)

    def _text(self, name, position):
        value = getattr(self, name)[position]
        low, high = (bound[position] for bound in self.interval(name))
        if np.isnan(low):
            return f"{value:.3f}"
        return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def modality_worth(
    disentangler: FittedDisentangler | FittedExplainer,
    X: Rows,
    y: ArrayLike,
    scoring: str | Callable[..., Any] | None = None,
) -> ModalityWorth:
    r"""Measure what each modality is worth to the score of a model.

    For each set T of modalities, the model's output is replaced by its mean
    :math:`F_T` over references, from which the modalities outside of T come, and this
    mean is scored. The model is not fitted again: the scores say what the fitted model
    owes to a modality, not what another model could do without it.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    X : container of rows of shape (n_rows, n_columns)
        Rows to score on, best those the model has not seen. Each costs up to
        :math:`2^K` times the number of references in model rows.
    y : array-like of shape (n_rows,) or (n_rows, n_targets)
        Their targets.
    scoring : str or callable, default=None
        Name of a scorer, a scorer ``f(estimator, X, y)``, or a function of
        ``sklearn.metrics``, as for :func:`additive_gap`. None is accuracy for a
        classifier and R2 otherwise.

    Returns
    -------
    worth : ModalityWorth
        Scores and gains of all sets, losses and Shapley values of all modalities, with
        standard errors and intervals.

    See Also
    --------
    additive_gap : What interaction is worth.
    skdime.Disentangler.summarize : Shares of the output's variance, without targets.

    Notes
    -----
    Standard errors have two parts, both from a jackknife: one leaves out rows, or one
    of 25 groups of more, the other one of ten groups of references.

    References
    ----------
    Covert, Lundberg, Lee. "Understanding global feature contributions with additive
    importance measures", NeurIPS 2020 (SAGE), there for features.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler
    >>> from skdime.metrics import modality_worth
    >>> X = np.random.RandomState(0).normal(size=(400, 2))
    >>> dis = Disentangler(lambda X: 2 * X[:, 0] + X[:, 1], {"a": [0], "b": [1]})
    >>> worth = modality_worth(dis.fit(X[:200]), X[200:], 2 * X[200:, 0] + X[200:, 1])
    >>> worth.shapley.round(1)  # of R2
    array([0.8, 0.2])
    """
    disentangler = fitted_disentangler(disentangler)
    if disentangler.distribution == "joint":
        raise ValueError(_JOINT)
    checked = check_rows(disentangler, X, reset=False)
    check_targets(disentangler.estimator_, n_rows(checked), y)
    values = coalition_values(disentangler, checked)
    n_modalities = len(disentangler.modalities_)
    codes = _codes(n_modalities)
    of_all = as_estimator(disentangler, values.mean[-1])
    scorer = scorer_of(of_all, scoring)
    terms = Terms(n_modalities)

    def worth(rows=None, changes=0.0):
        some, targets = X, y
        if rows is not None:
            some, targets = take(checked, rows), _safe_indexing(y, rows)
        rows = slice(None) if rows is None else rows
        outputs = (values.mean + changes)[codes][:, rows]
        kinds = [as_estimator(disentangler, output) for output in outputs]
        return terms.of([scored(scorer, kind, some, targets) for kind in kinds])

    variance = jackknife_of_rows(worth, len(values.mean[0]))
    left = [worth(changes=changes) for changes in values.changes]
    if left:
        variance = variance + (len(left) - 1) * np.var(left, axis=0)
    names = [name for name, _ in disentangler.modalities_]
    values_of_all = worth()
    se = np.sqrt(np.broadcast_to(variance, values_of_all.shape))
    return ModalityWorth(
        **terms.named(values_of_all),
        **{f"{name}_se": part for name, part in terms.named(se).items()},
        modality_names=np.array(names),
        scoring=_name_of(scorer, scoring, of_all),
        n_rows=len(values.mean[0]),
        n_model_rows=values.n_model_rows,
    )


def _codes(n_modalities):
    """Binary codes of all sets: from none to all, the first modalities first."""
    return [
        sum(1 << m for m in members)
        for size in range(n_modalities + 1)
        for members in combinations(range(n_modalities), size)
    ]


class Terms:
    """Scores, gains, losses and Shapley values, as a linear function of all scores."""

    def __init__(self, n_modalities):
        self._codes, self._n = _codes(n_modalities), n_modalities
        position = {code: i for i, code in enumerate(self._codes)}
        n_sets = len(self._codes)
        gain = np.eye(n_sets)
        gain[:, 0] -= 1
        loss, shapley = np.zeros((2, n_modalities, n_sets))
        for m in range(n_modalities):
            loss[m, -1] += 1
            loss[m, position[self._codes[-1] ^ 1 << m]] -= 1
            for code in self._codes:
                if not code >> m & 1:
                    weight = self._weight(code.bit_count())
                    shapley[m, position[code | 1 << m]] += weight
                    shapley[m, position[code]] -= weight
        self._matrices = np.eye(n_sets), gain, loss, shapley

    def _weight(self, size):
        orders = factorial(size) * factorial(self._n - size - 1)
        return orders / factorial(self._n)

    def of(self, scores):
        """All terms of the scores of all sets, one after the other."""
        return np.concatenate([matrix @ np.array(scores) for matrix in self._matrices])

    def named(self, values):
        """By name, the parts of what :meth:`of` returns."""
        ends = np.cumsum([len(matrix) for matrix in self._matrices])[:-1]
        return dict(zip(TERMS, np.split(values, ends), strict=True))


def _name_of(scorer, scoring, estimator):
    if isinstance(scoring, str):
        return scoring
    if scoring is None:
        return default_score(estimator)
    metric = getattr(scorer, "_score_func", scorer)
    return getattr(metric, "__name__", type(metric).__name__)
