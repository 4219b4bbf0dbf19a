"""Which feature of one modality with which of another: plain arrays and names."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skdime._results.anova import normal_interval
from skdime._results.output_text import output_of_row, output_of_rows
from skdime._results.page.tables import Section
from skdime._results.page.words import brief
from skdime._results.plotted import Plotted
from skdime._results.sizes import sizes_over_rows
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame, Floats, Names
from skdime._utils.checks import check_count
from skdime._utils.frames import long_frame
from skdime._utils.listed import count
from skdime._utils.missing import nan_mean
from skdime._utils.names import find_name


class PairEffect(NamedTuple):
    """The effect of two features together, as listed by ``PairExplanation.top``."""

    first: str
    second: str
    output: str
    coef: float
    se: float


@dataclass(frozen=True, repr=False, eq=False)
class PairExplanation(Stored, Tabulated, Plotted):
    """Effects of pairs of features on MI, as returned by ``explain_pairs``.

    A coefficient is what two features, one of each modality, do to the output together
    and not alone, in the output's unit. Summed over the features of the other modality,
    the coefficients of a feature are its coefficient of MI; summed over all, they are
    MI, but for a rest.

    Attributes
    ----------
    coef : ndarray of shape (n_rows, d_1, d_2, n_outputs)
        Effects of pairs of features.
    se : ndarray of shape (n_rows, d_1, d_2, n_outputs)
        Standard errors, because perturbations and their contexts are samples.
    r2 : ndarray of shape (n_rows, n_outputs)
        Share of the interaction that is predicted in contexts left out; nan where there
        is none. With three or more modalities, what depends on a further modality
        counts as not predicted.
    rest : ndarray of shape (n_rows, n_outputs)
        MI less all coefficients; nan with three or more modalities, where the
        interaction of two is not evaluated.
    mi : ndarray of shape (n_rows, n_outputs)
        The model's multimodal interaction.
    first_names, second_names : ndarray of str of shape (d_1,) or (d_2,)
        Features of the two modalities.
    first_values, second_values : ndarray of str of shape (n_rows, d_1) or (n_rows, d_2)
        What the rows hold, as text.
    modality_names : ndarray of str of shape (2,)
    row_names : ndarray of shape (n_rows,)
    output_names : ndarray of str of shape (n_outputs,)
    unit : str
        Unit of every number but `r2`.
    n_model_rows : int
        Rows that the model has seen for this result.
    n_encodings : int
        Rows of single modalities that its encoder has seen.
    row_outputs : ndarray of str of shape (n_rows, n_outputs) or None
        Names of the outputs of every row, where each has its own.

    See Also
    --------
    skdime.displays.PairHeatmapDisplay.from_pairs : Draws it, as `plot` does.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> X = np.random.RandomState(0).normal(size=(300, 4))
    >>> dis = Disentangler(
    ...     lambda X: X[:, 0] + 2 * X[:, 1] * X[:, 2], [("a", [0, 1]), ("b", [2, 3])]
    ... )
    >>> explainer = LocalExplainer(dis, random_state=0).fit(X)
    >>> pairs = explainer.explain_pairs(X[:3])
    >>> pairs.coef.shape  # rows, features of a, features of b, outputs
    (3, 2, 2, 1)
    >>> strongest = pairs.top(1)[0]
    >>> strongest.first, strongest.second
    ('x1', 'x2')
    """

    _display = "PairHeatmapDisplay", "from_pairs"
    _axes = {
        "coef": ("rows", "first", "second", "outputs"),
        "se": ("rows", "first", "second", "outputs"),
        "r2": ("rows", "outputs"),
        "rest": ("rows", "outputs"),
        "mi": ("rows", "outputs"),
        "row_names": ("rows",),
        "first_values": ("rows", "first"),
        "second_values": ("rows", "second"),
        "first_names": ("first",),
        "second_names": ("second",),
        "modality_names": (2,),
        "output_names": ("outputs",),
        "row_outputs": ("rows", "outputs"),
    }
    _optional = ("row_outputs",)

    coef: Floats
    se: Floats
    r2: Floats
    rest: Floats
    mi: Floats
    first_names: Names
    second_names: Names
    first_values: Names
    second_values: Names
    modality_names: Names
    row_names: NDArray[Any]
    output_names: Names
    unit: str
    n_model_rows: int = 0
    n_encodings: int = 0
    row_outputs: Names | None = None

    def __len__(self) -> int:
        return len(self.coef)

    def __getitem__(self, rows: Any) -> Self:
        """The effects of some of the rows, by position."""
        rows = np.atleast_1d(np.arange(len(self))[rows])
        by_row = [name for name, axes in self._axes.items() if axes[0] == "rows"]
        by_row = [name for name in by_row if getattr(self, name) is not None]
        return replace(self, **{name: getattr(self, name)[rows] for name in by_row})

    def sel(
        self,
        *,
        row: Hashable = None,
        first: Hashable = None,
        second: Hashable = None,
        output: Hashable = None,
    ) -> Floats | Any:
        """Coefficients chosen by name.

        Parameters
        ----------
        row : label, default=None
            A name in ``row_names``.
        first, second : str, default=None
            A feature of the first or of the second modality.
        output : label, default=None
            A name in ``output_names``.

        Returns
        -------
        coef : ndarray or float
            ``coef`` without the axes on which a single entry was chosen.

        Raises
        ------
        KeyError
            If a name is unknown; the message lists the valid ones.
        """
        coef = self.coef
        # the last axis first, so that the positions of the others stay
        for axis, names, name in (
            (3, self.output_names, output),
            (2, self.second_names, second),
            (1, self.first_names, first),
            (0, self.row_names, row),
        ):
            if name is not None:
                kind = ("row", "feature", "feature", "output")[axis]
                coef = np.take(coef, find_name(names, name, kind), axis=axis)
        return coef

    def top(
        self, k: int = 5, *, row: Hashable = None, output: Hashable = None
    ) -> list[PairEffect]:
        """The pairs with the largest coefficients.

        Parameters
        ----------
        k : int, default=5
            How many.
        row : label, default=None
            A name in ``row_names``; None ranks by the mean absolute coefficient over
            rows, and gives these means.
        output : label, default=None
            A name in ``output_names``; None ranks all outputs together.

        Returns
        -------
        effects : list of PairEffect
            Named tuples ``(first, second, output, coef, se)``, the largest first. Over
            rows, `se` is the mean of the rows' standard errors.
        """
        check_count("k", k)
        if row is None:
            coef, se = self.mean_abs(), nan_mean(sizes_over_rows(self.se))
        else:
            r = find_name(self.row_names, row, "row")
            coef, se = self.coef[r], self.se[r]
        outputs = np.arange(coef.shape[2])
        if output is not None:
            outputs = outputs[[find_name(self.output_names, output, "output")]]
        sizes = np.abs(coef[..., outputs])
        # nan, of features that no row has, is sorted to the end
        order = np.argsort(-sizes, axis=None, kind="stable")[: (~np.isnan(sizes)).sum()]
        places = np.transpose(np.unravel_index(order[:k], sizes.shape))
        return [
            PairEffect(
                str(self.first_names[i]),
                str(self.second_names[j]),
                str(self.output_names[outputs[c]]),
                float(coef[i, j, outputs[c]]),
                float(se[i, j, outputs[c]]),
            )
            for i, j, c in places
        ]

    def mean_abs(self) -> Floats:
        """Mean absolute coefficients over rows, 0 for pairs that a row does not have.

        Returns
        -------
        mean : ndarray of shape (d_1, d_2, n_outputs)
        """
        return nan_mean(sizes_over_rows(self.coef))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Confidence intervals of the coefficients, normal.

        Parameters
        ----------
        level : float, default=0.95
            Probability that an interval is to cover.

        Returns
        -------
        low, high : ndarray of shape (n_rows, d_1, d_2, n_outputs)
        """
        return normal_interval(self.coef, self.se, level)

    def to_frame(self) -> DataFrame:
        """A tidy pandas frame: one line per row, pair of features and output.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, a column of features for each modality (named as it is),
            ``output``, ``coef`` and ``se``. Where rows have outputs of their own,
            ``row_output`` names them.
        """
        first, second = self.modality_names.tolist()
        own = {}
        if self.row_outputs is not None:
            own["row_output"] = self.row_outputs[:, None, None]
        return long_frame(
            [
                {"row": self.row_names},
                {first: self.first_names},
                {second: self.second_names},
                {"output": self.output_names},
            ],
            coef=self.coef,
            se=self.se,
            **own,
        )

    def __repr__(self) -> str:
        first, second = self.modality_names
        lines = [
            f"PairExplanation of {count(len(self), 'row')}: "
            f"{count(len(self.first_names), 'feature')} of {first} with "
            f"{len(self.second_names)} of {second}, "
            f"{count(len(self.output_names), 'output')}, unit: {self.unit}"
        ]
        row = self.row_names[0] if len(self) == 1 else None
        # three lines each, so that the text fits on a screen
        for c, output in enumerate(self.output_names[:3] if len(self) else ()):
            top = self.top(3, row=row, output=output)
            pairs = ", ".join(
                f"{effect.first} x {effect.second} {effect.coef:.3g}"
                + (f" +- {effect.se:.2g}" if effect.se else "")
                for effect in top
            )
            of_rows = "mean size over rows" if row is None else f"row {row}"
            size = np.abs if row is None else np.asarray
            mi, rest, total, r2 = (
                nan_mean(values, axis=0)
                for values in (
                    size(self.mi[:, c]),
                    size(self.rest[:, c]),
                    size(np.nansum(self.coef[..., c], axis=(1, 2))),
                    self.r2[:, c],
                )
            )
            about = f", rest {rest:.2g}"
            if np.isnan(rest):  # MI of three or more modalities is not that of the two
                about = (
                    f" of all modalities, sum of these pairs {total:.3g}; "
                    "`decompose(X, pairs=True)` has MI of the two"
                )
            output = (
                output_of_row(self, c) if row is not None else output_of_rows(self, c)
            )
            lines.append(f"  {output}, {of_rows}: MI {mi:.3g}{about}")
            lines.append(f"    strongest: {pairs}  (R2: {r2:.2f})")
        return "\n".join(lines)

    def _sections(self, most):
        row = self.row_names[0] if len(self) == 1 else None
        return [
            Section(
                brief(output) if row is None else f"{brief(output)}, row {brief(row)}",
                "Means of absolute values over rows." if row is None else "",
                [*map(brief, self.modality_names), "effect", "standard error"],
                [
                    [brief(first), brief(second), f"{coef:.4g}", f"{se:.2g}"]
                    for first, second, _, coef, se in self.top(
                        most, row=row, output=output
                    )
                ],
            )
            for output in (self.output_names[:3] if len(self) else ())
        ]
