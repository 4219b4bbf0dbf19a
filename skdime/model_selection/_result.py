"""Explanations over folds, draws of references and seeds: one array a quantity."""

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from skdime._results.fields import PARTS
from skdime._utils.annotations import DataFrame, Floats, Integers
from skdime._utils.checks import check_choice
from skdime._utils.missing import nan_mean, nan_variance
from skdime.metrics import jackknife_se
from skdime.metrics._resampling import apart, interval_of_mean, jackknife_share
from skdime.metrics._stability import MEASURES, Stability, stability_of
from skdime.model_selection._components import (
    SOURCES,
    VarianceComponents,
    components,
)


@dataclass(frozen=True, eq=False, repr=False)
class CrossExplanation:
    """Explanations of several runs, as returned by ``cross_explain``.

    A run is one fitted explainer. The first runs are one for each fold; where
    references or seeds were redrawn, further runs of the folds follow. Rows are joined
    by what they are, features and outputs by name; nan where a run has none.

    Attributes
    ----------
    coef, se : ndarray of shape (n_runs, n_rows, 2, n_features, n_outputs)
        Coefficients of UC and MI, and their standard errors within a run.
    r2 : ndarray of shape (n_runs, n_rows, 2, n_modalities, n_outputs)
        Weighted R2 of the surrogates.
    baseline : ndarray of shape (n_runs, n_outputs)
        Mean output over the references of each run.
    uc, mi : ndarray of shape (n_runs, n_rows, n_outputs)
        The parts as values.
    main : ndarray of shape (n_runs, n_rows, n_modalities, n_outputs)
        What each modality adds to the baseline on its own.
    fold, reference_draw, seed : ndarray of int of shape (n_runs,)
        Which fold a run belongs to, and which draw of references and of perturbations
        it has; 0 is the fold's first.
    n_train, n_test : ndarray of int of shape (n_folds,)
        Rows that a fold was trained on, and that it left out.
    overlap : ndarray of shape (n_folds, n_folds)
        Share of their training rows that two folds have in common.
    row_names : ndarray of shape (n_rows,)
        Names of the explained rows.
    feature_names, feature_modalities : ndarray of str of shape (n_features,)
        Names of the features and of their modalities.
    modality_names, output_names : ndarray of str
        Names along the axes of modalities and outputs.
    unit : str
        Unit of every number but `r2`.
    n_model_rows : int
        Rows that models have seen, their own training not counted.
    estimators : list of LocalExplainer or None
        The fitted explainer of each fold, if they were asked for.

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
    >>> cross = cross_explain(explainer, X, y, cv=3, X_common=X[:5])
    >>> cross
    CrossExplanation of 5 row(s) in 3 fold(s), 3 run(s): 10 features in 2 ...
    >>> cross.mean().shape, cross.mean_se().shape  # rows, parts, features, outputs
    ((5, 2, 10, 1), (5, 2, 10, 1))
    >>> cross.stability().n_runs
    3
    """

    coef: np.ndarray
    se: np.ndarray
    r2: np.ndarray
    baseline: np.ndarray
    uc: np.ndarray
    mi: np.ndarray
    main: np.ndarray
    fold: np.ndarray
    reference_draw: np.ndarray
    seed: np.ndarray
    n_train: np.ndarray
    n_test: np.ndarray
    overlap: np.ndarray
    row_names: np.ndarray
    feature_names: np.ndarray
    feature_modalities: np.ndarray
    modality_names: np.ndarray
    output_names: np.ndarray
    unit: str
    n_model_rows: int = 0
    estimators: list | None = field(default=None)

    @property
    def first_runs(self) -> Integers:
        """Positions of the runs that are each the first of their fold."""
        return np.flatnonzero((self.reference_draw == 0) & (self.seed == 0))

    def mean(self) -> Floats:
        """Mean coefficients over the folds that explain a row.

        Returns
        -------
        mean : ndarray of shape (n_rows, 2, n_features, n_outputs)
        """
        return nan_mean(self.coef[self.first_runs])

    def mean_se(self) -> Floats:
        """Standard errors of :meth:`mean`, which stands for models of other samples.

        Returns
        -------
        se : ndarray of shape (n_rows, 2, n_features, n_outputs)
            See :func:`skdime.metrics.jackknife_se`; nan for what fewer than two folds
            explain.
        """
        return jackknife_se(self.coef[self.first_runs], self.overlap)

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Confidence intervals of :meth:`mean`, corrected for the overlap of folds.

        They are to hold what models trained on other samples of the same size say of a
        row on average.

        Parameters
        ----------
        level : float, default=0.95
            Probability that an interval is to cover.

        Returns
        -------
        low, high : ndarray of shape (n_rows, 2, n_features, n_outputs)
            Mean plus and minus :meth:`mean_se` times the quantile of Student's t with
            one degree of freedom less than there are folds.
        """
        return interval_of_mean(self.coef[self.first_runs], self.mean_se(), level)

    def mean_abs(self) -> Floats:
        """Mean absolute coefficients over the rows that a run explains.

        Returns
        -------
        mean : ndarray of shape (n_runs, 2, n_features, n_outputs)
        """
        return nan_mean(np.abs(self.coef), axis=1)

    def mean_abs_se(self) -> Floats:
        """Standard errors of the mean over folds of :meth:`mean_abs`.

        Models of folds overlap, and vary as :func:`skdime.metrics.jackknife_se` says.
        Where every fold explains rows of its own, these are a sample, too, and add to
        the variance what means over all of them vary by.

        Returns
        -------
        se : ndarray of shape (2, n_features, n_outputs)
        """
        each = np.abs(self.coef[self.first_runs])
        sizes = nan_mean(each, axis=1)
        explained = ~np.isnan(each)
        of_rows = nan_mean(np.array([nan_variance(rows) for rows in each]))
        if explained.all(axis=0).any():  # the same rows in every fold: no sample
            of_rows = np.zeros_like(of_rows)
        n_each = np.maximum(explained.sum(axis=1), 1)
        by_chance = np.nan_to_num(of_rows) * (1 / n_each).mean(axis=0)
        n_rows = np.maximum(explained.any(axis=0).sum(axis=0), 1)
        of_models = np.maximum(nan_variance(sizes) - by_chance, 0)
        of_models = of_models * jackknife_share(sizes, self.overlap)
        return np.sqrt(of_models + np.nan_to_num(of_rows) / n_rows)

    def stability(
        self,
        source: Literal["data", "references", "sampling"] = "data",
        *,
        of: Literal["rows", "mean_abs"] = "rows",
        k: int = 3,
    ) -> Stability:
        """How much the runs agree that differ in one source.

        Parameters
        ----------
        source : {"data", "references", "sampling"}, default="data"
            ``"data"`` compares the folds, ``"references"`` the draws of references
            within a fold, ``"sampling"`` the seeds within a fold; the last two are
            averaged over folds.
        of : {"rows", "mean_abs"}, default="rows"
            ``"rows"`` compares what is said of single rows, which takes rows that
            several folds explain. ``"mean_abs"`` compares the mean absolute
            coefficients over rows, as one row; signs and intervals are then nan.
        k : int, default=3
            How many features count as the top.

        Returns
        -------
        stability : Stability
            See :func:`skdime.metrics.stability`.
        """
        check_choice("source", source, SOURCES)
        check_choice("of", of, ("rows", "mean_abs"))
        coef, se, r2 = self.coef, self.se, self.r2
        if of == "mean_abs":
            coef = self.mean_abs()[:, None]
            se = np.full(coef.shape, np.nan)
            r2 = nan_mean(self.r2, axis=1)[:, None]
        groups = [
            stability_of(coef[runs], se[runs], r2[runs], self, k)
            for runs in self._compared(source, coef)
        ]
        averaged = {
            name: nan_mean(np.array([getattr(each, name) for each in groups]))
            for name in MEASURES
        }
        if of == "mean_abs":
            averaged["sign_agreement"] = np.full_like(averaged["dispersion"], np.nan)
        return replace(groups[0], **averaged)

    def variance_components(self) -> VarianceComponents:
        """How much of the variation over folds comes from which source.

        Within a fold only references, or only perturbations, were redrawn; the variance
        of each is averaged over folds. What remains of the variance between folds is
        due to the rows that only one of two models was trained on; divided by their
        share, it is the variance of models of other samples of the same size.

        Returns
        -------
        components : VarianceComponents
            Variances of every coefficient; nan for rows that one fold explains.
        """
        share = apart(self.coef[self.first_runs], self.overlap)
        runs = self.fold, self.reference_draw, self.seed
        variances = components(self.coef, *runs, share)
        return VarianceComponents(
            **dict(zip((*SOURCES, "total"), variances, strict=True)),
            feature_modalities=self.feature_modalities,
            modality_names=self.modality_names,
            output_names=self.output_names,
        )

    def to_frame(self) -> DataFrame:
        """A tidy pandas frame: one line a run, row, part, feature and output.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``fold``, ``reference_draw``, ``seed``, ``row``, ``part``,
            ``modality``, ``feature``, ``output``, ``coef`` and ``se``, without the
            coefficients that a run does not have.
        """
        import pandas as pd

        has_value = ~np.isnan(self.coef)
        run, r, p, f, c = np.nonzero(has_value)
        return pd.DataFrame(
            {
                "fold": self.fold[run],
                "reference_draw": self.reference_draw[run],
                "seed": self.seed[run],
                "row": self.row_names[r],
                "part": np.array(PARTS)[p],
                "modality": self.feature_modalities[f],
                "feature": self.feature_names[f],
                "output": self.output_names[c],
                "coef": self.coef[has_value],
                "se": self.se[has_value],
            }
        )

    def __repr__(self):
        n_runs, n_rows, _, n_features, n_outputs = self.coef.shape
        return (
            f"CrossExplanation of {n_rows} row(s) in {len(self.n_train)} fold(s), "
            f"{n_runs} run(s): {n_features} features in {len(self.modality_names)} "
            f"modalities, {n_outputs} output(s), unit: {self.unit}, "
            f"{self.n_model_rows:,} model rows"
        )

    def _compared(self, source, coef):
        """Positions of the runs that are compared: one group, or one for each fold."""
        if source == "data":
            groups = [self.first_runs]
        else:
            same = self.seed if source == "references" else self.reference_draw
            groups = [
                np.flatnonzero((self.fold == f) & (same == 0))
                for f in np.unique(self.fold)
            ]
        if len(groups[0]) < 2:
            needed = {
                "data": "two folds or more",
                "references": "n_reference_draws of 2 or more",
                "sampling": "n_seeds of 2 or more",
            }[source]
            raise ValueError(
                f"Nothing differs in {source!r:.60}: cross_explain needs {needed} for "
                "that."
            )
        repeated = [(~np.isnan(coef[runs])).sum(axis=0).max() for runs in groups]
        if max(repeated) < 2:
            raise ValueError(
                "No row was explained in two folds, so that nothing can be compared. "
                "Explain the same rows in every fold (X_common=...), repeat the folds "
                "(cv=RepeatedKFold(...)), or compare means over rows (of='mean_abs')."
            )
        return groups
