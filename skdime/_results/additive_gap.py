"""AdditiveGap: what interaction is worth to a score."""

from typing import NamedTuple, Self

import numpy as np

from skdime._results.anova import normal_interval
from skdime._results.page.tables import Section
from skdime._results.plotted import Plotted
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame
from skdime._utils.optional import optional_module


class _Scores(NamedTuple):
    score: float
    additive_score: float
    gap: float


class AdditiveGap(Stored, Tabulated, Plotted, _Scores):
    """Scores of a model and of UC, as returned by ``additive_gap``.

    A tuple of the three scores, with their standard errors as attributes.

    Attributes
    ----------
    score : float
        Score of the model's outputs.
    additive_score : float
        Score of UC only.
    gap : float
        The first minus the second: what the score owes to interaction.
    score_se, additive_score_se, gap_se : float
        Standard errors, because the rows and the references are samples.

    See Also
    --------
    skdime.displays.IntervalDisplay.from_result : Draws it, as `plot` does.

    Examples
    --------
    >>> from skdime.metrics import AdditiveGap
    >>> found = AdditiveGap(0.75, 0.5, 0.25, gap_se=0.1)
    >>> score, additive_score, gap = found
    >>> found.gap, found.gap_se
    (0.25, 0.1)
    """

    _axes = {}
    _display = "IntervalDisplay", "from_result"

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
        """A pandas frame: one line per score.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``score`` (its name), ``value`` and ``se``.
        """
        pd = optional_module("pandas", "pandas")

        return pd.DataFrame(
            {"score": self._fields, "value": list(self), "se": self._errors()}
        )

    @classmethod
    def _plain(cls):
        return [*cls._fields, *(f"{name}_se" for name in cls._fields)]

    def _errors(self):
        return [getattr(self, f"{name}_se") for name in self._fields]

    def _intervals(self, most):
        low, high = normal_interval(np.array(self), np.array(self._errors()), 0.95)
        return {
            "value": np.array(self),
            "low": low,
            "high": high,
            "names": ["model", "UC only", "model - UC"],
            "groups": ["model", "UC", "MI"],
            "title": "What interaction is worth",
            "quantity": "score",
        }

    def _sections(self, most):
        names = "model", "UC only", "gap: what interaction is worth"
        lines = [
            [name, f"{value:.4g}", f"{error:.2g}"]
            for name, value, error in zip(names, self, self._errors(), strict=True)
        ]
        return [Section("Scores", "", ["", "score", "standard error"], lines)]
