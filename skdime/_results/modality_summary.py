"""ModalitySummary: what the variation of a model's output comes from."""

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from skdime._results.absence import references_text
from skdime._results.additive_gap import AdditiveGap
from skdime._results.anova import normal_interval, share_interval
from skdime._results.plotted import Plotted
from skdime._results.stored import Stored
from skdime._utils.annotations import DataFrame, Floats, Names
from skdime._utils.checks import check_choice
from skdime._utils.listed import count, largest, shortened
from skdime._utils.optional import optional_module

TERMS = ("interaction", "main", "pairs", "involved", "higher")
# Above this area under the curve most hybrids are told from real rows.
FOREIGN = 0.9
_UNLIKE = 0.7
_BY_MODALITY = ("modalities", "outputs")


@dataclass(frozen=True, eq=False, repr=False)
class ModalitySummary(Stored, Plotted):
    """Shares of the output's variation, as returned by ``summarize``.

    Returned by ``Disentangler.summarize``, and by ``metrics.interaction_share`` for the
    rows of a decomposition as they are.

    Attributes
    ----------
    main : ndarray of shape (n_modalities, n_outputs)
        Shares of the main effects; with `interaction` they add up to 1.
    pairs : ndarray of shape (n_pairs, n_outputs) or None
        Shares of the interactions of two modalities; None where the decomposition has
        no pairs.
    higher : ndarray of shape (n_outputs,) or None
        Share of what only three or more modalities do together.
    interaction : ndarray of shape (n_outputs,)
        Share of MI: 0 for an additive model, 1 for one that only interacts.
    involved : ndarray of shape (n_modalities, n_outputs) or None
        For each modality the sum of the shares of its pairs.
    interaction_se, main_se, pairs_se, involved_se, higher_se : ndarray or None
        Standard errors of the shares, because rows and references are samples; nan for
        a single row.
    hybrid_auc : float
        How well real rows are told from hybrids, which combine modalities of different
        rows: area under the ROC curve, cross-validated. 0.5 for modalities that are
        independent; nan where it was not computed.
    explained_by_others : ndarray of shape (n_modalities, n_outputs) or None
        Share of the variance of each main effect that the other modalities explain,
        cross-validated; None where it was not computed.
    spread : ndarray of shape (n_outputs,)
        Root of the sum of all mean squares: the standard deviation of the output over
        hybrids.
    modality_names, output_names : ndarray of str
        Names along the axes.
    pair_names : ndarray of str of shape (n_pairs, 2) or None
        The two modalities of each pair.
    unit : str
        Unit of `spread`.
    n_rows : int
        Rows that means are taken over.
    n_model_rows : int
        Rows that the model has seen for this result.
    n_encodings : int
        Rows of single modalities that its encoder has seen.
    references : {"sample", "average", "rows"}
        What stands in for absent modalities.
    n_references : int
        How many rows they are.
    gap : AdditiveGap or None
        Scores of the model and of UC only on the rows as they are; None where no
        targets were passed.
    scoring : str
        What these scores are.

    See Also
    --------
    skdime.displays.ModalitySummaryDisplay.from_summary : Draws it, as `plot` does.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler
    >>> X = np.random.RandomState(0).normal(size=(400, 2))
    >>> dis = Disentangler(
    ...     lambda X: X[:, 0] + X[:, 1] + X[:, 0] * X[:, 1],
    ...     {"chart": [0], "lab": [1]},
    ...     random_state=0,
    ... )
    >>> summary = dis.fit(X).summarize(X)
    >>> summary.interaction.round(2)
    array([0.36])
    >>> low, high = summary.interval("interaction")
    >>> low.round(2), high.round(2)
    (array([0.28]), array([0.45]))
    """

    _axes = {
        **dict.fromkeys(("main", "main_se", "explained_by_others"), _BY_MODALITY),
        **dict.fromkeys(("involved", "involved_se"), _BY_MODALITY),
        **dict.fromkeys(("pairs", "pairs_se"), ("pairs", "outputs")),
        **dict.fromkeys(("higher", "higher_se", "spread"), ("outputs",)),
        **dict.fromkeys(("interaction", "interaction_se"), ("outputs",)),
        "modality_names": ("modalities",),
        "output_names": ("outputs",),
        "pair_names": ("pairs", 2),
    }
    _optional = (
        *("pairs", "pairs_se", "higher", "higher_se", "involved", "involved_se"),
        *("explained_by_others", "pair_names"),
    )
    _results = {"gap": AdditiveGap}
    _display = "ModalitySummaryDisplay", "from_summary"

    main: Floats
    pairs: Floats | None
    higher: Floats | None
    interaction: Floats
    involved: Floats | None
    main_se: Floats
    pairs_se: Floats | None
    higher_se: Floats | None
    interaction_se: Floats
    involved_se: Floats | None
    spread: Floats
    modality_names: Names
    output_names: Names
    pair_names: Names | None
    unit: str
    n_rows: int
    n_model_rows: int = 0
    n_encodings: int = 0
    hybrid_auc: float = float("nan")
    explained_by_others: Floats | None = None
    references: str = "sample"
    n_references: int = 0
    gap: AdditiveGap | None = None
    scoring: str = ""

    def interval(self, name: str, level: float = 0.95) -> tuple[Floats, Floats]:
        """Confidence intervals of shares, within 0 and 1.

        Parameters
        ----------
        name : {"interaction", "main", "pairs", "involved", "higher"}
            Which shares.
        level : float, default=0.95
            Probability that an interval is to cover.

        Returns
        -------
        low, high : ndarray
            In the shape of the shares.
        """
        present = [term for term in TERMS if getattr(self, term) is not None]
        check_choice("name", name, present)
        return share_interval(getattr(self, name), getattr(self, f"{name}_se"), level)

    def to_frame(self, level: float = 0.95) -> DataFrame:
        """A tidy pandas frame: one line per output and term.

        Parameters
        ----------
        level : float, default=0.95
            Of the intervals.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``output``, ``term`` (``interaction``, ``main: name``, ``pair: name
            & name``, ``higher``), ``share``, ``se``, ``low`` and ``high``.
        """
        pd = optional_module("pandas", "pandas")

        lines = [
            {"output": output, "term": term, "share": value[c], "se": se[c]}
            | {"low": low[c], "high": high[c]}
            for c, output in enumerate(self.output_names)
            for term, value, se, (low, high) in self.terms(level)
        ]
        return pd.DataFrame(lines)

    def terms(self, level: float = 0.95) -> list[tuple[str, Any, Any, Any]]:
        """Every term with its name, shares, standard errors and intervals.

        Parameters
        ----------
        level : float, default=0.95
            Of the intervals.

        Returns
        -------
        terms : list of (str, ndarray, ndarray, (ndarray, ndarray))
            Arrays of shape (n_outputs,). Pairs and higher orders of three or more
            modalities; of two the interaction is their only pair.
        """
        names = {
            "interaction": ["interaction"],
            "main": [f"main: {name}" for name in self.modality_names],
        }
        if self.pair_names is not None and len(self.modality_names) > 2:
            names["pairs"] = [f"pair: {one} & {two}" for one, two in self.pair_names]
            names["higher"] = ["higher"]
        terms = []
        for field, labels in names.items():
            values = getattr(self, field), getattr(self, f"{field}_se")
            values = (*values, *self.interval(field, level))
            shape = (len(labels), len(self.output_names))
            value, se, low, high = (np.reshape(each, shape) for each in values)
            terms += list(
                zip(labels, value, se, zip(low, high, strict=True), strict=True)
            )
        return terms

    def __repr__(self) -> str:
        return "\n  ".join(self._lines())

    def _repr_html_(self) -> str:
        head, *lines = map(escape, self._lines())
        items = "".join(f"<li>{line}</li>" for line in lines)
        return f"<div><p>{head}</p><ul>{items}</ul></div>"

    def _lines(self):
        """Lines about the output that varies most, and one about the others."""
        c = int(np.argmax(self.spread))
        name, n_outputs = shortened(self.output_names[c]), len(self.output_names)
        more = f" (1 of {n_outputs} outputs)" if n_outputs > 1 else ""
        yield (
            f"ModalitySummary of {count(self.n_rows, 'row')} against "
            f"{references_text(self)}: {name}{more} varies by {self.spread[c]:.3g} "
            f"({shortened(self.unit)})"
        )
        low, high = (1 - bound[c] for bound in reversed(self.interval("interaction")))
        own = _percent(1 - self.interaction[c], low, high)
        yield f"Modalities on their own: {own}. {self._listed('main', c)}"
        together = _percent(self.interaction[c], *self._bounds("interaction", c))
        yield f"Only together (MI): {together}{self._interactions(c)}"
        if self.explained_by_others is not None:
            yield self._explained(c)
        if not np.isnan(self.hybrid_auc):
            yield f"Hybrid rows: AUC {self.hybrid_auc:.2f}. {self._realism()}"
        if self.gap is not None:
            yield self._scores()
        if n_outputs > 1:
            yield self._other_outputs(c)

    def _bounds(self, name, c):
        return [bound[..., c] for bound in self.interval(name)]

    def _listed(self, name, c, labels=None):
        shares = getattr(self, name)[:, c]
        bounds = zip(*self._bounds(name, c), strict=True)
        texts = [_percent(s, *b) for s, b in zip(shares, bounds, strict=True)]
        return largest(self.modality_names if labels is None else labels, shares, texts)

    def _interactions(self, c):
        if self.pairs is None or len(self.modality_names) < 3:
            return ""
        labels = [f"{one} & {two}" for one, two in self.pair_names]
        pairs = self._listed("pairs", c, labels)
        higher = _percent(self.higher[c], *self._bounds("higher", c))
        return f". {pairs}, three or more {higher}"

    def _other_outputs(self, c):
        others = [o for o in range(len(self.output_names)) if o != c]
        shares = self.interaction[others]
        bounds = zip(*self._bounds("interaction", others), strict=True)
        texts = [_percent(s, *b) for s, b in zip(shares, bounds, strict=True)]
        names = self.output_names[others].tolist()
        listed = largest(names, self.spread[others], texts)
        return (
            f"Other outputs, MI: {listed}. to_frame() has all shares, "
            f"plot(output={names[0]!r:.60}) draws those of one"
        )

    def _explained(self, c):
        shares = self.explained_by_others[:, c]
        texts = ["unknown" if np.isnan(share) else f"{share:.0%}" for share in shares]
        listed = largest(self.modality_names, shares, texts)
        return f"Explained by the other modalities: {listed}"

    def _scores(self):
        low, high = normal_interval(self.gap.gap, self.gap.gap_se, 0.95)
        return (
            f"Score: {self.scoring} {self.gap.score:.3f}, of UC only "
            f"{self.gap.additive_score:.3f}, difference {self.gap.gap:.3f} "
            f"[{low:.3f}, {high:.3f}]"
        )

    def _realism(self):
        if self.hybrid_auc > FOREIGN:
            return "They hardly occur in the data: MI rests on extrapolation"
        if self.hybrid_auc > _UNLIKE:
            return "Some are unlike all rows: MI rests on extrapolation in part"
        return "They look like rows that occur"


def _percent(share, low, high):
    if np.isnan(share):
        return "unknown"
    if np.isnan(low):
        return f"{share:.0%}"
    return f"{share:.0%} [{100 * low:.0f}, {100 * high:.0f}]"
