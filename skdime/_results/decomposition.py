"""The result of a decomposition: arrays and names, nothing of the model or the data."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skdime._results import anova
from skdime._results.concatenation import concatenated_decompositions
from skdime._results.decomposition_text import (
    decomposition_sections,
    decomposition_text,
)
from skdime._results.difference import difference_of_decompositions
from skdime._results.fields import PAIRS, fields_by_row
from skdime._results.plotted import display_of_name
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame, Floats, Names
from skdime._utils.checks import check_choice
from skdime._utils.frames import long_frame
from skdime._utils.names import positions_of_rows


@dataclass(frozen=True, repr=False, eq=False)
class Decomposition(Stored, Tabulated):
    """UC, MI and main effects of rows, as returned by ``Disentangler.decompose``.

    ``uc + mi`` is the model's output, and ``baseline + main.sum(axis=1)`` is ``uc``,
    for every row and output. Where pairs were asked for, ``pairs.sum(axis=1) + higher``
    is ``mi``. Standard errors tell how far means over the references may be from those
    over all rows given to ``fit``: of two modalities they are 0 where these are all
    references. References other than a sample are all there are: the errors are 0 for
    a single one and, of two modalities, for any number; of more they tell how far means
    over tuples may be from those over all combinations.

    Attributes
    ----------
    output : ndarray of shape (n_rows, n_outputs)
        The model's output ``M(x)``.
    baseline : ndarray of shape (n_outputs,) or (n_rows, n_outputs)
        ``F_0``, the mean output over all combinations of reference rows; one for each
        row where rows have outputs, or columns of no modality, of their own.
    uc : ndarray of shape (n_rows, n_outputs)
        Unimodal contribution: baseline plus what each modality adds on its own.
    mi : ndarray of shape (n_rows, n_outputs)
        Multimodal interaction: the rest, ``output - uc``.
    main : ndarray of shape (n_rows, n_modalities, n_outputs)
        What each modality adds to the baseline on its own.
    baseline_se : ndarray in the shape of `baseline`
        Standard error of the baseline over references.
    uc_se, mi_se : ndarray of shape (n_rows, n_outputs)
        Standard errors over references; equal, because the output has none.
    main_se : ndarray of shape (n_rows, n_modalities, n_outputs)
        Standard errors of the main effects over references.
    row_names : ndarray of shape (n_rows,)
        The index of a pandas frame, otherwise 0, 1, 2, ...
    modality_names, output_names : ndarray of str
        Names along the axes of modalities and outputs.
    unit : str
        Unit of every number above, such as ``"probability"``.
    n_model_rows : int
        Rows that the model has seen for this result; of a model with encoders in front,
        what follows them.
    n_encodings : int
        Rows of single modalities that such encoders have seen.
    clipped_share : float
        Share of their outputs that the logit link had to clip.
    evaluation : {"rows", "additive", "leaves"}
        What means over references are computed from: the outputs of all hybrid rows;
        of a row and a column of them, where the model is additive; or the leaves of
        the model's trees, without any hybrid row. Several, joined by commas, where
        concatenated explanations differ.
    note : str
        Why every hybrid row was evaluated where a shorter way was expected, and how
        well hybrid rows are told from real ones where ``fit`` warned of that; empty
        where there is nothing to say.
    pairs : ndarray of shape (n_rows, n_pairs, n_outputs) or None
        Interaction of every two modalities, ``F_mn - F_m - F_n + F_0``; None where
        ``decompose`` was not asked for it. The same tuples of references serve all of
        its terms: modalities that do not interact have exactly none.
    higher : ndarray of shape (n_rows, n_outputs) or None
        What only three or more modalities do together: ``mi - pairs.sum(axis=1)``, 0
        for a model without such terms, whatever the references.
    pairs_se : ndarray of shape (n_rows, n_pairs, n_outputs) or None
    higher_se : ndarray of shape (n_rows, n_outputs) or None
        Standard errors over references.
    pair_names : ndarray of str of shape (n_pairs, 2) or None
        The two modalities of each pair.
    references : {"sample", "average", "rows"}
        What stands in for absent modalities, as in ``Disentangler(references=...)``:
        rows drawn from those given to ``fit``, the average row, or rows of your own.
    n_references : int
        How many rows they are.
    distribution : {"product", "joint"}
        The distribution of rows over which UC is the best additive approximation, as in
        ``Disentangler(distribution=...)``.
    row_outputs : ndarray of str of shape (n_rows, n_outputs) or None
        Names of the outputs of every row, where each has its own; None where all rows
        have those in `output_names`.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler
    >>> X = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    >>> dis = Disentangler(lambda X: 3 * X[:, 0] + X[:, 0] * X[:, 1])
    >>> parts = dis.fit(X).decompose(np.array([[2.0, 5.0]]))
    >>> parts.output, parts.uc, parts.mi
    (array([[16.]]), array([[6.]]), array([[10.]]))
    >>> parts.main[0, :, 0]
    array([6., 0.])
    """

    _axes = {
        **dict.fromkeys(("output", "uc", "mi", "uc_se", "mi_se"), ("rows", "outputs")),
        **dict.fromkeys(("higher", "higher_se"), ("rows", "outputs")),
        "baseline": [("outputs",), ("rows", "outputs")],
        "baseline_se": [("outputs",), ("rows", "outputs")],
        **dict.fromkeys(("main", "main_se"), ("rows", "modalities", "outputs")),
        **dict.fromkeys(("pairs", "pairs_se"), ("rows", "pairs", "outputs")),
        "row_names": ("rows",),
        "row_outputs": ("rows", "outputs"),
        "modality_names": ("modalities",),
        "output_names": ("outputs",),
        "pair_names": ("pairs", 2),
    }
    _optional = (*PAIRS, "pair_names", "row_outputs")

    output: Floats
    baseline: Floats
    uc: Floats
    mi: Floats
    main: Floats
    baseline_se: Floats
    uc_se: Floats
    mi_se: Floats
    main_se: Floats
    row_names: NDArray[Any]
    modality_names: Names
    output_names: Names
    unit: str
    n_model_rows: int = 0
    n_encodings: int = 0
    clipped_share: float = 0.0
    evaluation: str = "rows"
    note: str = ""
    pairs: Floats | None = None
    higher: Floats | None = None
    pairs_se: Floats | None = None
    higher_se: Floats | None = None
    pair_names: Names | None = None
    references: str = "sample"
    n_references: int = 0
    distribution: str = "product"
    row_outputs: Names | None = None

    def __len__(self) -> int:
        return len(self.output)

    def __getitem__(self, rows: Any) -> Self:
        """The decomposition of rows by position, or of one by its name."""
        rows = positions_of_rows(self.row_names, rows)
        names = "row_names", *fields_by_row(self)
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def __sub__(self, other: Self) -> Self:
        """What this decomposition has more than another of the same rows.

        Standard errors are sums of both; see ``Explanation.__sub__``.
        """
        if not isinstance(other, Decomposition):
            return NotImplemented
        return difference_of_decompositions(self, other)

    def concatenate(self, *others: Self) -> Self:
        """The rows of this decomposition and those of others, in this order.

        Parameters
        ----------
        *others : Decomposition
            With the same modalities, outputs, unit and kind of references.

        Returns
        -------
        decomposition : Decomposition
            Where baselines differ, every row has its own.

        Raises
        ------
        ValueError
            If modalities, outputs, units or references differ.
        """
        return concatenated_decompositions([self, *others])

    def baseline_of(self, c: int, row: int | None = None) -> float:
        """The baseline of one output.

        Parameters
        ----------
        c : int
            Position of the output.
        row : int, default=None
            Position of the row; None is the mean over rows that have their own.

        Returns
        -------
        baseline : float
        """
        return _of_row(self.baseline, c, row)

    def baseline_se_of(self, c: int, row: int) -> float:
        """The standard error of the baseline of one output.

        Parameters
        ----------
        c, row : int
            Positions of output and row.

        Returns
        -------
        baseline_se : float
        """
        return _of_row(self.baseline_se, c, row)

    def interval(self, name: str, level: float = 0.95) -> tuple[Floats, Floats]:
        """Confidence intervals over references, normal.

        Parameters
        ----------
        name : {"uc", "mi", "main", "baseline", "pairs", "higher"}
            Which values.
        level : float, default=0.95
            Probability that an interval is to cover.

        Returns
        -------
        low, high : ndarray
            In the shape of the values.
        """
        names = ["uc", "mi", "main", "baseline", "pairs", "higher"]
        present = [term for term in names if getattr(self, term) is not None]
        check_choice("name", name, present)
        values, se = getattr(self, name), getattr(self, f"{name}_se")
        return anova.normal_interval(values, se, level)

    def plot(self, **options: Any) -> Any:
        """Draw how much each modality and MI move the output.

        Parameters
        ----------
        **options : dict
            Passed to ``displays.ModalityShareDisplay.from_decomposition``.

        Returns
        -------
        display : ModalityShareDisplay
        """
        display = display_of_name("ModalityShareDisplay")
        return display.from_decomposition(self, **options)

    def to_frame(self) -> DataFrame:
        """A tidy pandas frame: one line per row, output and term.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``output``, ``term``, ``value`` and ``se``; the terms are
            ``output``, ``baseline``, ``uc``, ``mi``, each modality's main effect
            (``main: name``), and, where there are pairs, each of them
            (``pair: name & name``) and ``higher``. Where rows have outputs of their
            own, ``row_output`` names them.
        """
        terms, *numbers = zip(*self.terms(), strict=True)
        shape = self.output.shape
        value, se = (
            np.stack([np.broadcast_to(part, shape) for part in parts], axis=-1)
            for parts in numbers
        )
        axes = [{"row": self.row_names}, {"output": self.output_names}, {"term": terms}]
        own = {}
        if self.row_outputs is not None:
            own["row_output"] = self.row_outputs[:, :, None]
        return long_frame(axes, value=value, se=se, **own)

    def terms(self) -> Iterator[tuple[str, Any, Any]]:
        """Every term with its name, values and standard errors.

        Returns
        -------
        terms : iterator of (str, ndarray, ndarray)
            Output, baseline, UC, MI, main effects and, where there are any, pairs and
            what is of higher order.
        """
        yield "output", self.output, 0.0
        for name in ("baseline", "uc", "mi"):
            yield name, getattr(self, name), getattr(self, f"{name}_se")
        for m, name in enumerate(self.modality_names):
            yield f"main: {name}", self.main[:, m], self.main_se[:, m]
        if self.pairs is None or self.pairs_se is None or self.pair_names is None:
            return
        for p, (first, second) in enumerate(self.pair_names):
            yield f"pair: {first} & {second}", self.pairs[:, p], self.pairs_se[:, p]
        yield "higher", self.higher, self.higher_se

    def __repr__(self) -> str:
        return decomposition_text(self)

    def _sections(self, most):
        return decomposition_sections(self, most)


def _of_row(values, c, row):
    if values.ndim == 1:
        return float(values[c])
    return float(values[:, c].mean() if row is None else values[row, c])


def decomposition_of(effects, baseline, factor, *, modality_names, **others):
    """The decomposition that effects add up to.

    Parameters
    ----------
    effects : Effects
    baseline : ndarray of shape (n_outputs,)
    factor : float
        On MI: 1 unless the explained row is one of its references.
    modality_names : ndarray of str
    **others : dict
        Attributes of the decomposition that do not depend on effects.
    """
    output, main, with_pairs = effects.output, effects.main, {}
    if factor != 1:
        main = anova.include_row(output, baseline, main, factor)
    unimodal = anova.unimodal_contribution(effects.main, baseline)
    uc, mi = anova.parts(output, unimodal, factor)
    if effects.pairs is not None:
        pairs = factor * effects.pairs
        with_pairs = {
            "pairs": pairs,
            "higher": mi - pairs.sum(axis=1),
            "pairs_se": factor * effects.pairs_se,
            "higher_se": factor * effects.higher_se,
            "pair_names": np.array(list(combinations(modality_names, 2))),
        }
    return Decomposition(
        output=output,
        baseline=baseline.copy(),
        uc=uc,
        mi=mi,
        main=main,
        uc_se=factor * effects.uc_se,
        mi_se=factor * effects.uc_se,
        main_se=factor * effects.main_se,
        modality_names=modality_names,
        **others,
        **with_pairs,
    )


def with_only_pair(decomposition):
    """Of two modalities, with their interaction as the only pair: MI as a whole."""
    mi, mi_se = decomposition.mi, decomposition.mi_se
    return replace(
        decomposition,
        pairs=mi[:, None].copy(),
        higher=np.zeros_like(mi),
        pairs_se=mi_se[:, None].copy(),
        higher_se=np.zeros_like(mi),
        pair_names=decomposition.modality_names[None],
    )
