"""Explanations over folds, draws of references and seeds."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Any, Literal, Self

import numpy as np

from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._results.plotted import Plotted
from skdime._results.selection import selected
from skdime._results.storage import read_arrays, write_arrays
from skdime._results.tabulated import Tabulated
from skdime._utils.annotations import DataFrame, Floats, Part
from skdime._utils.frames import frame_of
from skdime._utils.listed import count
from skdime._utils.missing import nan_mean, nan_variance
from skdime._utils.optional import optional_module
from skdime.metrics import jackknife_se
from skdime.metrics._resampling import (
    apart,
    interval_of_mean,
    sampled_se,
)
from skdime.metrics._stability import Stability
from skdime.model_selection._agreement import agreement
from skdime.model_selection._components import (
    SOURCES,
    VarianceComponents,
    components,
)
from skdime.model_selection._cross_file import READERS, packed
from skdime.model_selection._cross_page import sections, write_page
from skdime.model_selection._folds import concatenated_folds, out_of_fold
from skdime.model_selection._runs import Runs
from skdime.model_selection._statements import statements


@dataclass(frozen=True, eq=False, repr=False)
class CrossExplanation(Runs, Tabulated, Plotted):
    """Explanations of several runs, as returned by ``cross_explain``.

    A run is one fitted explainer. The first runs are one for each fold; where
    references or seeds were redrawn, further runs of the folds follow. ``cross[fold]``
    is the explanation of a fold, and ``len(cross)`` the number of folds. In arrays of
    all runs, rows are joined by what they are, features and outputs by name; nan where
    a run has none.

    Attributes
    ----------
    explanations : tuple of Explanation
        One for each run.
    rows : tuple of ndarray of int
        For each run the positions of its rows in ``row_names``.
    train, test : ndarray of bool of shape (n_folds, n_rows_of_X)
        Rows of `X` that each fold was trained on, and that it left out.
    common : bool
        Whether every fold explained the same rows, those of ``X_common``.
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

    See Also
    --------
    skdime.displays.GlobalBarDisplay.from_cv_results : Draws it, as `plot` does.
    skdime.displays.StabilityDisplay.from_cv_results : Draws every fold.

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
    CrossExplanation of 5 rows in 3 folds, 3 runs: 10 features in 2 ...
    >>> cross.mean().shape, cross.mean_se().shape  # rows, parts, features, outputs
    ((5, 2, 10, 1), (5, 2, 10, 1))
    >>> cross.stability().n_runs
    3
    """

    _display = "GlobalBarDisplay", "from_cv_results"

    def __len__(self) -> int:
        return len(self.train)

    def __iter__(self) -> Iterator[Explanation]:
        return (self[fold] for fold in range(len(self)))

    def __getitem__(self, fold: int) -> Explanation:
        """The explanation of a fold, the first of its runs."""
        return self.explanations[self.first_runs[fold]]

    def sel(
        self,
        *,
        fold: int | None = None,
        row: Hashable = None,
        part: Part | None = None,
        modality: str | None = None,
        feature: Hashable = None,
        output: Hashable = None,
    ) -> Floats | Any:
        """Coefficients of folds chosen by name.

        Parameters
        ----------
        fold : int, default=None
            Number of a fold.
        row : label, default=None
            A name in ``row_names``.
        part : {"uc", "mi"}, default=None
            Which of the two parts.
        modality : str, default=None
            Keeps the features of one modality.
        feature : str, default=None
            Name of a feature; add its modality where the name occurs in several.
        output : label, default=None
            A name in ``output_names``.

        Returns
        -------
        coef : ndarray or float
            Of shape (n_folds, n_rows, 2, n_features, n_outputs), without the axes on
            which a single entry was chosen; nan where a fold has no value.

        Raises
        ------
        KeyError
            If a name is unknown; the message lists the valid ones.
        """
        coef = selected(self, row, part, modality, feature, output)[self.first_runs]
        if fold is None:
            return coef
        if fold not in range(len(self)):
            raise KeyError(
                f"fold {fold!r:.60} is unknown; known are 0 to {len(self) - 1}."
            )
        return coef[fold]

    def out_of_fold(self) -> Explanation:
        """Every row once, explained by the model that has not seen it.

        Returns
        -------
        explanation : Explanation
            Its rows are those of `X`, in the order of `X`. Every fold has references of
            its own, so that every row has its own baseline. Where folds are repeated,
            the first fold that left a row out explains it.

        Raises
        ------
        ValueError
            If the folds explained ``X_common``, if a row was in the training rows of
            every fold that explained it, or if folds have different outputs.
        """
        return out_of_fold(self)

    def concatenate(self, *others: Self) -> Self:
        """The folds of this result and those of others, as one result.

        Parameters
        ----------
        *others : CrossExplanation
            Of other folds of the same `X`, such as another shuffle of it. The rows
            that they explain must be the same, too.

        Returns
        -------
        cross : CrossExplanation
            Folds are numbered on. Intervals take into account how many rows any two
            folds have in common.

        Raises
        ------
        ValueError
            If rows differ.
        """
        return concatenated_folds([self, *others])

    def statements(self, level: float = 0.95, *, output: Hashable = None) -> DataFrame:
        r"""Which sentences about the model hold over folds.

        There are three kinds of statements:

        - *alone*: how much a feature's coefficient in UC rises with the feature, by
          linear regression over rows and for each standard deviation of the feature; of
          a category, a word or a region: the mean coefficient of the rows that have it.
          Above 0 the feature raises the output on its own.
        - *together*: how much of MI two features of different modalities carry, by
          linear regression on the product of both in standard deviations. Above 0 they
          reinforce each other.
        - *share of MI*: :func:`skdime.metrics.interaction_share`, in which direction
          does not matter.

        Parameters
        ----------
        level : float, default=0.95
            Probability that all intervals hold at the same time, and with them all
            sentences.
        output : label, default=None
            A name in ``output_names``; None takes all.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``sentence``, ``holds``, ``kind``, ``term`` (what it is about),
            ``modality``, ``feature``, ``output``, ``effect`` (the mean over folds),
            ``se``, ``low``, ``high``, ``n_same_sign`` (folds whose effect has the sign
            of the mean) and ``n_folds``. Statements that hold come first, within a kind
            the largest. Features and categories that a fold has no rows of are left
            out.

        Notes
        -----
        Models of folds overlap, for which :func:`skdime.metrics.jackknife_se` accounts,
        and rows are a sample. With rows of its own in every fold, how much models vary
        is the difference of two estimates; the same rows in every fold (``X_common``)
        give shorter intervals. Each kind gets a third of the error
        probability :math:`1 - level`, and within a kind all :math:`m` statements an
        equal part of it (Bonferroni), with Student's t of one degree of freedom less
        than there are folds: ten folds give much shorter intervals than five.

        A statement is about models trained on rows like these. It says nothing of
        causes.

        References
        ----------
        Dunn. "Multiple comparisons among means", Journal of the American Statistical
        Association 56 (1961). Unequal parts: Rosenthal, Rubin. "Ensemble-adjusted p
        values", Psychological Bulletin 94 (1983).
        """
        pd = optional_module("pandas", "pandas")

        return pd.DataFrame([each.line() for each in statements(self, level, output)])

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
        explained = ~np.isnan(each)
        n_each = np.maximum(explained.sum(axis=1), 1)
        variances = np.array([nan_variance(rows) for rows in each]) / n_each
        if explained.all(axis=0).any():  # the same rows in every fold: no sample
            variances = np.zeros_like(variances)
        n_rows = np.maximum(explained.any(axis=0).sum(axis=0), 1)
        rows_in_common = n_each.mean(axis=0) / n_rows
        sizes = nan_mean(each, axis=1)
        return sampled_se(sizes, variances, rows_in_common, self.overlap)

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
        return agreement(self, source, of, k)

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
        """A tidy pandas frame: one line per run, row, part, feature and output.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``fold``, ``reference_draw``, ``seed``, ``row``, ``part``,
            ``modality``, ``feature``, ``output``, ``coef`` and ``se``, without the
            coefficients that a run does not have.
        """
        has_value = ~np.isnan(self.coef)
        run, r, p, f, c = np.nonzero(has_value)
        return frame_of(
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

    def to_html(self, path: str | PathLike[str] | None = None) -> str | None:
        """A page of what holds over folds, to look at in a browser.

        It has the statements, the agreement of folds and, where they were explained
        more than once, the sources of variation. For single rows there is
        ``cross.out_of_fold().to_html()``, or ``cross[fold].to_html()``.

        Parameters
        ----------
        path : str or path-like, default=None
            Name of the file; None returns the page.

        Returns
        -------
        page : str or None
            HTML, unless it was written to a file. It loads nothing, and has no script.
        """
        return write_page(self, path)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the explanations of all runs to an ``.npz`` file, without pickle.

        Parameters
        ----------
        path : str or path-like
            Name of the file; ``.npz`` is added when it is missing. The fitted
            explainers in ``estimators`` are not written.
        """
        write_arrays(path, *packed(self))

    @staticmethod
    def load(
        path: str | PathLike[str], *, max_memory: int | None = 2**30
    ) -> "CrossExplanation":
        """Read what :meth:`save` wrote.

        Parameters
        ----------
        path : str or path-like
            Name of the file, with or without ``.npz``.
        max_memory : int, default=1073741824
            Bytes that its arrays may take (1 GiB); None for any number.

        Returns
        -------
        cross : CrossExplanation
            Without ``estimators``.

        Raises
        ------
        ValueError
            If the file is no saved result over folds, is damaged or altered, or takes
            more than `max_memory`.
        """
        fields = read_arrays(path, READERS, max_memory, "CrossExplanation.save")
        return CrossExplanation(**fields)

    def _sections(self, most):
        return sections(self, most)

    def __repr__(self):
        n_runs, n_rows, _, n_features, n_outputs = self.coef.shape
        return (
            f"CrossExplanation of {count(n_rows, 'row')} in {count(len(self), 'fold')},"
            f" {count(n_runs, 'run')}: {count(n_features, 'feature')} in "
            f"{len(self.modality_names)} modalities, {count(n_outputs, 'output')}, "
            f"unit: {self.unit}, "
            f"{self.n_model_rows:,} model rows"
        )
