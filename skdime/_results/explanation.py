"""The result of a local explanation: plain arrays and names.

Nothing of the model and no reference row is in it; it can be saved and shared.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from skdime._results.anova import normal_interval
from skdime._results.concatenation import concatenated
from skdime._results.decomposition import Decomposition
from skdime._results.difference import difference_of_explanations
from skdime._results.explanation_checks import check_described
from skdime._results.explanation_file import FORMAT, packed, unpacked
from skdime._results.fields import ERRORS, NUMBERS
from skdime._results.frame import coefficients_frame
from skdime._results.inputs import ModalityInput
from skdime._results.page.notebook import notebook
from skdime._results.page.report import write_report
from skdime._results.pair_explanation import PairExplanation
from skdime._results.plotted import display_of_name
from skdime._results.rest import rest_of
from skdime._results.selection import FeatureEffect, position, selected, strongest
from skdime._results.sizes import sizes_over_rows
from skdime._results.storage import Reader, read_arrays, write_arrays
from skdime._results.summary import summary
from skdime._results.to_shap import shap_explanation
from skdime._utils.annotations import Attribution, DataFrame, Floats, Names, Part
from skdime._utils.listed import listed
from skdime._utils.missing import nan_mean
from skdime._utils.names import positions_of_rows

# What people look for here, and what evaluates the model.
_OF_EXPLAINER = ("explain_pairs", "explain", "cost")
_NO_EXPLAINER = (
    ". An Explanation has numbers and no model. Fit an explainer, explainer = "
    "LocalExplainer(Disentangler(FrozenEstimator(model), modalities)).fit(X), and call "
    "explainer.{}(rows)"
)


@dataclass(frozen=True, repr=False, eq=False)
class Explanation:
    """How much each feature contributes to UC and MI, for each explained row.

    A coefficient estimates how much the output changes, in the unit of the output, when
    a feature moves from its average or replacement to its value in this row. The
    coefficients of a modality and its :attr:`rest` add up to its main effect in UC, and
    to MI in MI. Do not add up coefficients of MI over modalities: each modality
    describes the same MI from its own side.

    For each row, part, modality and output, ``intercept`` plus the coefficients is
    ``local_prediction``, the surrogate's value for the row. ``target`` is the true
    value.

    Attributes
    ----------
    coef : ndarray of shape (n_rows, 2, n_features, n_outputs)
        Coefficients of UC (0) and MI (1).
    se_references : ndarray of shape (n_rows, 2, n_features, n_outputs)
        Standard errors of the coefficients because reference rows are a sample.
    se_perturbations : ndarray of shape (n_rows, 2, n_features, n_outputs)
        Standard errors because perturbations are a sample; 0 if all possible ones were
        evaluated.
    se_approximation : ndarray of shape (n_rows, 2, n_features, n_outputs)
        Difference to expect from ``algorithm="exhaustive"``; 0 where nothing is
        approximated.
    intercept : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
        The surrogate's value where all features of the modality have their average or
        replacement.
    r2 : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
        Weighted R2 of the surrogate on its perturbations; nan where the part does
        not vary.
    local_prediction : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
        The surrogate's value for the row itself.
    effective_samples : ndarray of shape (n_rows, n_modalities)
        Effective number of perturbations, given their kernel weights.
    approximation_error : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
        Norm that the difference between a modality's coefficients and those of
        ``algorithm="exhaustive"`` rarely exceeds; 0 where nothing is approximated.
    decomposition : Decomposition
        UC, MI and main effects as values.
    feature_names, feature_modalities : ndarray of str of shape (n_features,)
        Names of the features and of their modalities. If rows have features of their
        own (the words of a text), these are the features of all rows, and ``coef`` is
        nan for features that a row does not have.
    feature_values : ndarray of str of shape (n_rows, n_features)
        Values of the explained rows as text; those of a group are joined.
    inputs : dict of str to ModalityInput
        For series, texts and images: the values of the explained rows, and the feature
        of each element.
    n_model_rows : int
        Rows passed to the model for this result. If the model has encoders, these are
        the rows passed to its head.
    n_encodings : int
        Rows of single modalities passed to such encoders.
    n_fit_rows, n_fit_encodings : int
        The same counts of ``fit``, once for all results of an explainer; 0 where they
        are unknown, as for rows of different explainers.
    attribution : {"dime", "shapley"}, default="dime"
        Whether coefficients divide UC and MI within each modality, or among the
        features of all modalities.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> X = np.random.RandomState(0).normal(size=(300, 4))
    >>> dis = Disentangler(
    ...     lambda X: 2 * X[:, 0] + X[:, 1] * X[:, 2],
    ...     [("a", [0, 1]), ("b", [2, 3])],
    ... )
    >>> explanation = LocalExplainer(dis, random_state=0).fit(X).explain(X[:5])
    >>> explanation.coef.shape  # rows, UC and MI, features, outputs
    (5, 2, 4, 1)
    >>> explanation.sel(part="mi", feature="x1").shape
    (5, 1)
    >>> [effect.feature for effect in explanation.top(1, part="uc")]
    ['x0']
    >>> low, high = explanation.interval(0.9)
    >>> low.shape
    (5, 2, 4, 1)
    """

    coef: Floats
    se_references: Floats
    se_perturbations: Floats
    se_approximation: Floats
    intercept: Floats
    r2: Floats
    local_prediction: Floats
    effective_samples: Floats
    approximation_error: Floats
    decomposition: Decomposition
    feature_names: Names
    feature_modalities: Names
    feature_values: Names
    inputs: dict[str, ModalityInput] = field(default_factory=dict)
    n_model_rows: int = 0
    n_encodings: int = 0
    n_fit_rows: int = 0
    n_fit_encodings: int = 0
    attribution: Attribution = "dime"

    @property
    def se(self) -> Floats:
        """Standard errors of ``coef``: all three sources combined."""
        return np.sqrt(sum(np.square(getattr(self, name)) for name in ERRORS))

    @property
    def target(self) -> Floats:
        """UC and MI themselves, in the shape of ``local_prediction``."""
        values = np.stack([self.decomposition.uc, self.decomposition.mi], axis=1)
        return np.broadcast_to(values[:, :, None], self.intercept.shape)

    @property
    def rest(self) -> Floats:
        """Difference between the effect of a modality and the sum of its coefficients.

        In UC the effect is the main effect of the modality, in MI it is MI. The rest
        contains the error of the surrogate and, for text, series and images, the effect
        of replacing all features. With three or more modalities the rest of MI also
        contains the interaction of the other modalities. With
        ``attribution="shapley"`` the rest is 0, except for a modality without features
        in a row, or if the row is one of its own reference rows (``include_self``). MI
        is then shared equally among modalities.

        Returns
        -------
        rest : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
            0 where it is rounding.
        """
        return rest_of(self)

    @property
    def modality_names(self) -> Names:
        """Names of the modalities."""
        return self.decomposition.modality_names

    @property
    def output_names(self) -> Names:
        """Names of the outputs."""
        return self.decomposition.output_names

    @property
    def row_names(self) -> NDArray[Any]:
        """Names of the rows: the index of a pandas frame, or 0, 1, 2, ..."""
        return self.decomposition.row_names

    @property
    def unit(self) -> str:
        """Unit of every number."""
        return self.decomposition.unit

    if not TYPE_CHECKING:  # type checkers would take every name for an attribute

        def __getattr__(self, name):
            hint = _NO_EXPLAINER.format(name) if name in _OF_EXPLAINER else ""
            kind = type(self).__name__
            raise AttributeError(
                f"{kind!r:.60} object has no attribute {name!r:.60}{hint}"
            )

    def __len__(self) -> int:
        return len(self.coef)

    def __getitem__(self, rows: Any) -> Self:
        """Return the explanation of rows by position, or of one by its name."""
        rows = positions_of_rows(self.row_names, rows)
        by_row = (*NUMBERS, "feature_values", "decomposition")
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in by_row},
            inputs={name: part[rows] for name, part in self.inputs.items()},
        )

    def __sub__(self, other: Self) -> Self:
        """Return the difference to another explanation of the same rows.

        ``after - before`` explains how the model changed, because coefficients are
        linear in the model. Both need the same rows, modalities, features and outputs.
        Standard errors are the sums of both, an upper bound, because both may have used
        different reference rows.
        :func:`skdime.model_selection.compare` gives smaller errors of the same
        difference.
        """
        if not isinstance(other, Explanation):
            return NotImplemented
        return difference_of_explanations(self, other)

    def concatenate(self, *others: Self) -> Self:
        """Join the rows of this explanation and of others, in this order.

        Parameters
        ----------
        *others : Explanation
            With the same modalities, outputs, unit and kind of references. They may be
            of other rows, other features (as texts have) and other explainers.

        Returns
        -------
        explanation : Explanation
            With the features of all, nan where a row does not have one. Explanations
            whose baselines differ get a baseline for each row.

        Raises
        ------
        ValueError
            If modalities, outputs, units or references differ.

        Examples
        --------
        ``january.concatenate(february)`` has the rows of both months.
        """
        return concatenated([self, *others])

    def sel(
        self,
        *,
        row: Hashable = None,
        part: Part | None = None,
        modality: str | None = None,
        feature: Hashable = None,
        output: Hashable = None,
    ) -> Floats | Any:
        """Return coefficients by the names of row, part, modality, feature and output.

        Parameters
        ----------
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
            ``coef`` without the axes on which a single entry was chosen.

        Raises
        ------
        KeyError
            If a name is unknown; the message lists the valid ones.

        Examples
        --------
        ``explanation.sel(part="mi", modality="serum", feature="s5")`` has shape
        (n_rows, n_outputs).
        """
        return selected(self, row, part, modality, feature, output)

    def find(
        self,
        *,
        row: Hashable = None,
        modality: str | None = None,
        feature: Hashable = None,
        output: Hashable = None,
    ) -> int:
        """Return the position of a row, a feature or an output on its axis.

        Parameters
        ----------
        row, feature, output : label, default=None
            Give one of the three.
        modality : str, default=None
            The modality of `feature`, where its name occurs in several.

        Returns
        -------
        position : int

        Raises
        ------
        KeyError
            If the name is unknown; the message lists the valid ones.
        """
        return position(self, row, modality, feature, output)

    def top(
        self,
        k: int = 5,
        *,
        row: Hashable = None,
        part: Part | None = None,
        output: Hashable = None,
    ) -> list[FeatureEffect]:
        """Return the features with the largest coefficients.

        Parameters
        ----------
        k : int, default=5
            How many.
        row : label, default=None
            A name in ``row_names``; None ranks by :meth:`mean_abs` over rows, and
            gives these means.
        part : {"uc", "mi"}, default=None
            None ranks both parts together.
        output : label, default=None
            A name in ``output_names``; None ranks all outputs together.

        Returns
        -------
        effects : list of FeatureEffect
            Named tuples ``(part, modality, feature, output, coef, se)``, the largest
            first. Over rows, `se` is the mean of the rows' standard errors.
        """
        return strongest(self, k, row, part, output)

    def mean_abs(self) -> Floats:
        """Return mean absolute coefficients over rows.

        A feature that a row does not have, such as a word, counts as 0 in this row.

        Returns
        -------
        mean : ndarray of shape (2, n_features, n_outputs)
        """
        return nan_mean(sizes_over_rows(self.coef))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return normal confidence intervals of the coefficients, from all sources.

        Parameters
        ----------
        level : float, default=0.95
            Confidence level of each interval.

        Returns
        -------
        low, high : ndarray of shape (n_rows, 2, n_features, n_outputs)
        """
        return normal_interval(self.coef, self.se, level)

    def expand(self, modality: str) -> Floats:
        """Return coefficients of a series, text or image in the shape of the row.

        Parameters
        ----------
        modality : str
            A name in ``inputs``.

        Returns
        -------
        expanded : ndarray of shape (n_rows, 2, ..., n_outputs)
            Between part and output the axes that a row has for the modality: the
            characters of a text; channels and points of time, in the order of the
            row, points of time alone if it has no axis of channels; rows and columns
            of pixels. A feature's coefficient is spread evenly over its elements:
            their sum is the coefficient.
        """
        if modality not in self.inputs:
            raise KeyError(
                f"modality {modality!r:.60} is no series, text or image; known are "
                f"[{listed(list(self.inputs))}]."
            )
        return self.inputs[modality].expand(self.coef)

    def to_frame(self) -> DataFrame:
        """Return a tidy pandas frame: one line per row, part, feature and output.

        After the features of each modality, a line with the feature ``"(rest)"``
        contains :attr:`rest`. With them, the lines of a modality add up to its main
        effect in UC, and to MI in MI.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``part``, ``modality``, ``feature``, ``output``,
            ``value`` (as text), ``coef``, ``se`` and its three sources,
            ``se_references``, ``se_perturbations`` and ``se_approximation``. The rest
            has no value and no standard errors. Where rows have outputs of their own,
            ``row_output`` names them.
        """
        return coefficients_frame(self)

    @overload
    def to_html(
        self,
        path: None = None,
        *,
        max_rows: int = 50,
        pairs: PairExplanation | None = None,
    ) -> str: ...

    @overload
    def to_html(
        self,
        path: str | PathLike[str],
        *,
        max_rows: int = 50,
        pairs: PairExplanation | None = None,
    ) -> None: ...

    def to_html(
        self,
        path: str | PathLike[str] | None = None,
        *,
        max_rows: int = 50,
        pairs: PairExplanation | None = None,
    ) -> str | None:
        """A page to look at in a browser, for one row and one output at a time.

        It shows the decomposition, the features of both parts with standard errors,
        the fit of the surrogates, series, texts and images themselves, and means over
        all rows. The page holds the explained rows; it needs no network and loads
        nothing.

        Parameters
        ----------
        path : str or path-like, default=None
            Name of the file; None returns the page.
        max_rows : int, default=50
            Most rows that can be picked, the first ones: each adds about 120 bytes for
            every feature and output. For others take a part, as in
            ``explanation[50:]``. A page has no more than 200,000 numbers, 20 outputs
            (the largest), 500 features of a row (the strongest), 16 MB of pictures and
            4,000 characters of a text (around the strongest tokens), and says what is
            left out. ``to_frame`` has everything.
        pairs : PairExplanation, default=None
            What ``explain_pairs`` returned for these rows, if one of its modalities is
            an image or a series. The page then has words that light up the regions or
            stretches that they work with, under the pointer and by keys.

        Returns
        -------
        page : str or None
            HTML, unless it was written to a file.
        """
        return write_report(self, path, max_rows, pairs)

    def to_shap(
        self,
        part: Part = "uc",
        *,
        modality: str | None = None,
        output: Hashable = None,
    ) -> Any:
        """Coefficients of UC or MI in the form that shap's plots take.

        Base values and values add up to UC or MI of the row. The base value of UC is
        the mean output (with one modality, plus the main effects of the others), that
        of MI is 0 (with one modality and ``attribution="shapley"``, the share of the
        others). What the coefficients of a modality leave of its effect is a value of
        its own, ``"<modality>: rest"``. With ``attribution="dime"`` each modality's
        coefficients add up to the same MI, so that a value ``"MI, counted again"``
        takes it off for all modalities but one. Give one modality to do without.

        Parameters
        ----------
        part : {"uc", "mi"}, default="uc"
            Which part.
        modality : str, default=None
            Keeps the features of one modality.
        output : label, default=None
            A name in ``output_names``; None takes all.

        Returns
        -------
        explanation : shap.Explanation
            ``values`` of shape (n_rows, n_features), rests after the features, with
            outputs as a third axis where there are several; 0 for features that a row
            does not have.

        Raises
        ------
        ImportError
            If shap is not installed.
        """
        return shap_explanation(self, part, modality, output)

    def plot(self, **options: Any) -> Any:
        """Draw one row as a waterfall, several as mean sizes of their coefficients.

        Parameters
        ----------
        **options : dict
            Passed to ``from_explanation`` of ``displays.WaterfallDisplay`` for one
            row, or where `row` names one, and of ``displays.GlobalBarDisplay``.

        Returns
        -------
        display : WaterfallDisplay or GlobalBarDisplay

        Examples
        --------
        ``explanation.plot(row="patient 7")`` draws one row, ``explanation.plot()`` all.
        """
        of_row = len(self) == 1 or options.get("row") is not None
        name = "WaterfallDisplay" if of_row else "GlobalBarDisplay"
        return display_of_name(name).from_explanation(self, **options)

    def save(self, path: str | PathLike[str]) -> None:
        """Write arrays and names to an ``.npz`` file, without pickle.

        Parameters
        ----------
        path : str or path-like
            Name of the file; ``.npz`` is added when it is missing.
        """
        write_arrays(path, *self._packed())

    @staticmethod
    def load(
        path: str | PathLike[str], *, max_memory: int | None = 2**30
    ) -> "Explanation":
        """Read what :meth:`save` wrote, in this version of skdime or the last one.

        Names, dtypes and shapes of all arrays are compared with one another before
        any array is read.

        Parameters
        ----------
        path : str or path-like
            Name of the file, with or without ``.npz``.
        max_memory : int, default=1073741824
            Bytes that its arrays may take (1 GiB). A small file may unfold to any
            size: pass more, or None for any size, if you trust it.

        Returns
        -------
        explanation : Explanation

        Raises
        ------
        ValueError
            If the file is no saved explanation, is damaged or altered, or takes more
            than `max_memory`.
        """
        readers = {FORMAT: Reader(Explanation._check, Explanation._build)}
        return read_arrays(path, readers, max_memory, "Explanation.save")

    def _packed(self):
        return packed(self)

    _check = staticmethod(check_described)

    @staticmethod
    def _build(meta, arrays):
        return Explanation(**unpacked(meta, arrays))

    def __repr__(self) -> str:
        return summary(self)

    def _repr_html_(self) -> str:
        return notebook(self)
