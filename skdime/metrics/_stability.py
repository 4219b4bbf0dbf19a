"""Stability of repeated explanations, part by part and modality by modality."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._results.noise import coefficients_without_noise
from skdime._results.page.tables import Section
from skdime._results.plotted import Plotted
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame, Floats
from skdime._utils.checks import check_choice
from skdime._utils.listed import count, first_lines, listed, shortened
from skdime._utils.missing import nan_mean
from skdime._utils.names import find_name
from skdime.metrics._checks import check_kind
from skdime.metrics._joined import common_axes, frame_by_part
from skdime.metrics._pairs import (
    coefficient_stability_index,
    dispersion,
    rank_correlation,
    sign_agreement,
    top_k_overlap,
)

MEASURES = (
    "rank_correlation",
    "sign_agreement",
    "top_k_overlap",
    "coefficient_stability",
    "dispersion",
)
NOTHING = "-"
_FORMS = ("{:.2f}", "{:.0%}", "{:.0%}", "{:.0f}", "{:.2f}")


@dataclass(frozen=True, eq=False, repr=False)
class Stability(Stored, Tabulated, Plotted):
    """How much repeated explanations of the same rows agree.

    The arrays have shape (n_rows, 2, n_modalities, n_outputs): row, part (UC, MI),
    modality and output; nan where there is nothing to compare.

    Attributes
    ----------
    rank_correlation : ndarray
        Spearman correlation of absolute coefficients.
    sign_agreement : ndarray
        Share of features with the same sign.
    top_k_overlap : ndarray
        Share of the `k` largest that two runs have in common; 100 times it is VSI.
    coefficient_stability : ndarray
        CSI: percentage of confidence intervals that overlap.
    dispersion : ndarray
        Standard deviation over runs, relative to the size of the coefficients.
    k : int
        How many features count as the top.
    n_runs : int
        How many runs were compared.
    modality_names, output_names : ndarray of str
        Names along the axes of modalities and outputs.

    See Also
    --------
    skdime.displays.IntervalDisplay.from_result : Draws it, as `plot` does.
    skdime.displays.StabilityDisplay : Draws the coefficients that are compared.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import stability
    >>> X = np.random.RandomState(0).normal(size=(300, 4))
    >>> dis = Disentangler(
    ...     lambda X: 3 * X[:, 0] + X[:, 1] * (1 + X[:, 2]),
    ...     [("a", [0, 1]), ("b", [2, 3])],
    ... )
    >>> runs = [
    ...     LocalExplainer(dis, random_state=seed).fit(X).explain(X[:5])
    ...     for seed in range(3)
    ... ]
    >>> found = stability(runs, k=1)
    >>> found.n_runs, found.sign_agreement.shape  # rows, parts, modalities, outputs
    (3, (5, 2, 2, 1))
    >>> sorted(found.mean())[:2]
    ['coefficient_stability', 'dispersion']
    """

    _axes = {
        **dict.fromkeys(MEASURES, ("rows", "parts", "modalities", "outputs")),
        "modality_names": ("modalities",),
        "output_names": ("outputs",),
    }

    _display = "IntervalDisplay", "from_result"

    rank_correlation: np.ndarray
    sign_agreement: np.ndarray
    top_k_overlap: np.ndarray
    coefficient_stability: np.ndarray
    dispersion: np.ndarray
    k: int
    n_runs: int
    modality_names: np.ndarray
    output_names: np.ndarray

    def mean(self) -> dict[str, Floats]:
        """Means over the rows where they are known.

        Returns
        -------
        means : dict of str to ndarray of shape (2, n_modalities, n_outputs)
            Each measure by its name.
        """
        return {name: nan_mean(getattr(self, name)) for name in MEASURES}

    def to_frame(self) -> DataFrame:
        """A tidy pandas frame: one line per part, modality and output, means over rows.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``output`` and one for each measure.
        """
        return frame_by_part(self, self.mean())

    def __repr__(self):
        lines = [
            f"Stability of {self.n_runs} runs, means over "
            f"{count(len(self.dispersion), 'row')}"
        ]
        names = self._heads()
        for place, texts in lines_of(self):
            measured = [
                f"{name} {text}"
                for name, text in zip(names, texts, strict=True)
                if text != NOTHING
            ]
            # such as a part that does not vary, or a single feature
            measured = measured or ["nothing to compare"]
            lines.append(f"  {place}: {', '.join(measured)}")
        return first_lines(lines)

    def _intervals(self, most, output=None, measure="rank_correlation"):
        check_choice("measure", measure, MEASURES)
        c = 0 if output is None else find_name(self.output_names, output, "output")
        values = getattr(self, measure)[..., c].reshape(len(self.dispersion), -1)
        # fmin and fmax pass over nan, and are nan without a value
        low, high = np.fmin.reduce(values), np.fmax.reduce(values)
        modalities = self.modality_names.tolist()
        places = [(part, name) for part in PARTS for name in modalities][:most]
        n = len(places)
        return {
            "value": nan_mean(values)[:n],
            "low": low[:n],
            "high": high[:n],
            "names": [f"{part.upper()} of {name}" for part, name in places],
            "groups": [name for _, name in places],
            "title": f"Agreement of {self.n_runs} runs on {self.output_names[c]}",
            "quantity": f"{measure.replace('_', ' ')}, mean over rows",
            "whiskers": "smallest and largest row",
        }

    def _heads(self):
        overlap = f"top {self.k} overlap"
        return "rank correlation", "same sign", overlap, "CSI", "dispersion"

    def _sections(self, most):
        lines = [[place, *texts] for place, texts in lines_of(self)[:most]]
        note = f"{NOTHING} where there is nothing to compare."
        return [Section("Agreement", note, ["", *self._heads()], lines)]


def lines_of(stability):
    """The means over rows in words.

    Parameters
    ----------
    stability : Stability

    Returns
    -------
    lines : list of (str, list of str)
        For every output, part and modality its name, and a text for each of
        `MEASURES`, which is `NOTHING` where nothing can be compared.
    """
    means = np.array(list(stability.mean().values()))
    outputs, modalities = stability.output_names, stability.modality_names
    return [
        (
            f"{shortened(outputs[c])}, {PARTS[p]} of {shortened(modalities[m])}",
            [
                NOTHING if np.isnan(value) else form.format(value)
                for form, value in zip(_FORMS, means[:, p, m, c], strict=True)
            ],
        )
        for c, p, m in np.ndindex(len(outputs), len(PARTS), len(modalities))
    ]


def stability(explanations: Sequence[Explanation], *, k: int = 3) -> Stability:
    """Measure how much repeated explanations of the same rows agree.

    Explanations differ because a part of what they rest on is random: the rows that the
    model was trained on (folds), the references, the perturbations (seeds). This
    compares any number of them, every pair with each other.

    Parameters
    ----------
    explanations : list of Explanation
        Two or more, of the same rows in the same order. Features and outputs are joined
        by name; what one of two explanations does not have, or where a part does not
        vary (nan in ``r2``), does not count between them.
    k : int, default=3
        How many features count as the top.

    Returns
    -------
    stability : Stability
        Rank correlation, sign agreement, top-k overlap, coefficient stability index and
        dispersion of every row, part, modality and output.

    See Also
    --------
    skdime.model_selection.cross_explain : Explains over folds, references and seeds.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.metrics import stability
    >>> X = np.random.RandomState(0).normal(size=(200, 4))
    >>> dis = Disentangler(
    ...     lambda X: X[:, 0] * X[:, 2] + X[:, 1],
    ...     [("a", [0, 1]), ("b", [2, 3])],
    ...     random_state=0,
    ... )
    >>> runs = [
    ...     LocalExplainer(dis, n_samples=50, random_state=seed).fit(X)
    ...     for seed in range(3)
    ... ]
    >>> found = stability([run.explain(X[:5]) for run in runs], k=1)
    >>> found.rank_correlation.shape
    (5, 2, 2, 1)
    >>> for name, values in list(found.mean().items())[:2]:
    ...     print(name, values[:, :, 0].round(2).tolist())  # UC and MI of a, b
    rank_correlation [[1.0, 1.0], [1.0, 1.0]]
    sign_agreement [[1.0, 1.0], [1.0, 1.0]]
    """
    requirement = (
        "`explanations` must be a list of two or more explanations of the same rows."
    )
    if hasattr(explanations, "coef") or not hasattr(explanations, "__iter__"):
        raise TypeError(f"{requirement} Got one {type(explanations).__name__}.")
    explanations = list(explanations)
    if len(explanations) < 2:
        raise ValueError(f"{requirement} Got {len(explanations)}.")
    for explanation in explanations:
        check_kind("explanations", explanation, "coef", "a list of explanations")
    first = explanations[0].row_names.tolist()
    for explanation in explanations[1:]:
        if explanation.row_names.tolist() != first:
            raise ValueError(
                "`explanations` must be of the same rows in the same order, but "
                f"their rows are [{listed(first)}] and "
                f"[{listed(explanation.row_names.tolist())}]."
            )
    axes = common_axes(explanations)
    rows = [np.arange(len(first))] * len(explanations)
    coef, se, r2 = (
        axes.join(explanations, rows, len(first), name, ("row", "part", axis, "output"))
        for name, axis in (("coef", "feature"), ("se", "feature"), ("r2", "modality"))
    )
    return stability_of(coef, se, r2, axes, k)


def stability_of(coef, se, r2, axes, k):
    """Stability from arrays of shape (n_runs, n_rows, 2, n_features, n_outputs).

    Parameters
    ----------
    coef, se : ndarray of shape (n_runs, n_rows, 2, n_features, n_outputs)
    r2 : ndarray of shape (n_runs, n_rows, 2, n_modalities, n_outputs)
        nan where a part does not vary: its coefficients are rounding errors, and do
        not count.
    axes : Axes or CrossExplanation
        What the axes hold.
    k : int

    Returns
    -------
    stability : Stability
    """
    # signs of what arithmetic has left disagree, and mean nothing
    coef = coefficients_without_noise(coef)
    coef, se = (np.moveaxis(values, 3, -1) for values in (coef, se))
    by_modality = []
    for m, modality in enumerate(axes.modality_names):
        mine = axes.feature_modalities == modality
        varies = ~np.isnan(r2[:, :, :, m, :, None])
        compared = np.where(varies, coef[..., mine], np.nan)
        by_modality.append(
            [
                rank_correlation(compared),
                sign_agreement(compared),
                top_k_overlap(compared, k),
                coefficient_stability_index(compared, se[..., mine]),
                dispersion(compared),
            ]
        )
    measures = np.stack(by_modality, axis=3)
    return Stability(
        **dict(zip(MEASURES, measures, strict=True)),
        k=k,
        n_runs=len(coef),
        modality_names=axes.modality_names,
        output_names=axes.output_names,
    )
