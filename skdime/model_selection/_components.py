"""How much of the variation of explanations comes from which source."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from skdime._results.fields import PARTS
from skdime._results.page.tables import Section
from skdime._results.plotted import Plotted
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame, Floats
from skdime._utils.listed import first_lines, shortened
from skdime._utils.missing import nan_mean, nan_variance
from skdime.metrics._joined import frame_by_part
from skdime.metrics._stability import NOTHING

SOURCES = ("data", "references", "sampling")
WHAT_VARIES = (
    "Standard deviation of a modality's coefficients when the model is trained on "
    "other rows (data), when other references or other perturbations are drawn."
)


@dataclass(frozen=True, eq=False, repr=False)
class VarianceComponents(Stored, Tabulated, Plotted):
    """Variances of coefficients over folds, references and perturbations.

    The variances have shape (n_rows, 2, n_features, n_outputs), in the squared unit of
    the output.

    Attributes
    ----------
    data : ndarray
        Because the model is trained on another sample of as many rows, from which the
        averages are taken, too. Estimated from what the other sources leave of the
        variance between folds: small variances may come out below 0. What was not told
        apart (nan below) is in here, too, and as much too large as folds overlap.
    references : ndarray
        Because other references are drawn from the same rows; nan with one draw.
    sampling : ndarray
        Because other perturbations are drawn; nan with one seed.
    total : ndarray
        Everything drawn anew: the sum of the three.
    feature_modalities, modality_names, output_names : ndarray of str
        Names along the axes.

    See Also
    --------
    skdime.displays.VarianceComponentsDisplay : Draws it, by ``from_components``.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.model_selection import cross_explain
    >>> X, y = load_diabetes(return_X_y=True)
    >>> dis = Disentangler(
    ...     Ridge(), [("exam", slice(0, 4)), ("serum", slice(4, 10))], n_references=30
    ... )
    >>> explainer = LocalExplainer(dis, n_samples=100, random_state=0)
    >>> cross = cross_explain(
    ...     explainer, X, y, cv=3, X_common=X[:5], n_reference_draws=2, n_seeds=2
    ... )
    >>> found = cross.variance_components()
    >>> sd = found.sd()  # parts, modalities, outputs
    >>> sorted(sd), sd["data"].shape
    (['data', 'references', 'sampling', 'total'], (2, 2, 1))
    """

    _axes = {
        **dict.fromkeys((*SOURCES, "total"), ("rows", 2, "features", "outputs")),
        "feature_modalities": ("features",),
        "modality_names": ("modalities",),
        "output_names": ("outputs",),
    }

    _display = "VarianceComponentsDisplay", "from_components"

    data: np.ndarray
    references: np.ndarray
    sampling: np.ndarray
    total: np.ndarray
    feature_modalities: np.ndarray
    modality_names: np.ndarray
    output_names: np.ndarray

    def sd(self) -> dict[str, Floats]:
        """Standard deviations of the explanation of a modality, by source.

        Returns
        -------
        sd : dict of str to ndarray of shape (2, n_modalities, n_outputs)
            For each source the root of the variances added up over the modality's
            features and averaged over rows, 0 where that is negative; ``"total"``
            likewise.
        """
        return {name: self._sd(getattr(self, name)) for name in (*SOURCES, "total")}

    def to_frame(self) -> DataFrame:
        """A tidy pandas frame: one line per part, modality, output and source.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``part``, ``modality``, ``output``, ``source`` and ``sd``.
        """
        frame = frame_by_part(self, self.sd())
        by = ["part", "modality", "output"]
        return frame.melt(by, var_name="source", value_name="sd")

    def __repr__(self):
        lines = ["VarianceComponents: standard deviation of a modality's coefficients"]
        for place, *texts in self.lines():
            sources = zip((*SOURCES, "total"), texts, strict=True)
            by_source = [f"{name} {text}" for name, text in sources if text != NOTHING]
            lines.append(f"  {place}: {', '.join(by_source) or 'nothing to compare'}")
        return first_lines(lines)

    def _sections(self, most):
        columns = ["", *SOURCES, "total"]
        title = "Where variation comes from"
        return [Section(title, WHAT_VARIES, columns, list(self.lines())[:most])]

    def lines(self) -> Iterator[list[str]]:
        """Standard deviations as texts.

        Returns
        -------
        lines : iterator of list of str
            For every part, modality and output its name, and a text for each source,
            "-" for those that were not redrawn.
        """
        sd = self.sd()
        for p, m, c in np.ndindex(*sd["total"].shape):
            output, modality = self.output_names[c], self.modality_names[m]
            place = f"{shortened(output)}, {PARTS[p]} of {shortened(modality)}"
            numbers = [values[p, m, c] for values in sd.values()]
            yield [place, *(NOTHING if np.isnan(n) else f"{n:.3g}" for n in numbers)]

    def _sd(self, variance):
        parts = []
        for name in self.modality_names:
            mine = variance[:, :, self.feature_modalities == name]
            empty = np.isnan(mine).all(axis=2)
            total = np.where(empty, np.nan, np.nansum(mine, axis=2))
            parts.append(np.sqrt(np.maximum(nan_mean(total), 0)))
        return np.stack(parts, axis=1)


def components(coef, fold, reference_draw, seed, apart):
    """Variances by source, of runs that differ in one or all of the sources.

    With one source varied at a time within each fold, the variance over draws of
    references, and that over seeds, are means over folds of the variance within a fold.
    What remains of the variance between folds, in which references and perturbations
    are redrawn as well, is due to the data (method of moments): models that have a part
    of their rows in common vary by the other part of what independent ones would.

    Parameters
    ----------
    coef : ndarray of shape (n_runs, ...)
        Results of all runs.
    fold, reference_draw, seed : ndarray of int of shape (n_runs,)
        What was varied; the run of a fold in which both are 0 is its first.
    apart : ndarray of shape (...)
        Share of training rows that two folds do not have in common, on average.

    Returns
    -------
    data, references, sampling, total : ndarray of shape (...)
    """
    between = nan_variance(coef[(reference_draw == 0) & (seed == 0)])
    references = _within(coef, fold, seed == 0)
    sampling = _within(coef, fold, reference_draw == 0)
    drawn = np.nan_to_num(references) + np.nan_to_num(sampling)
    # folds with the same training rows have no data apart to divide by
    data = (between - drawn) / np.where(apart > 0, apart, 1)
    return data, references, sampling, data + drawn


def _within(coef, fold, among):
    each = [nan_variance(coef[among & (fold == f)]) for f in np.unique(fold)]
    return nan_mean(np.array(each))
