"""AdditiveGap: what interaction is worth to a score."""

from typing import NamedTuple, Self

from skdime._results.page.tables import Section
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame
from skdime._utils.optional import optional_module


class _Scores(NamedTuple):
    score: float
    additive_score: float
    gap: float


class AdditiveGap(Tabulated, _Scores):
    """Scores of a model and of UC, as returned by ``additive_gap``.

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
