"""Disentangler: UC, MI and main effects of a model over several modalities."""

from copy import copy
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdime._estimators.chosen_outputs import positions_of_outputs
from skdime._estimators.decomposed_rows import decomposed_rows
from skdime._estimators.disentangler_fitting import fit_disentangler, forget_references
from skdime._estimators.joint_distribution import is_joint
from skdime._estimators.of_model import OfModel, model_has
from skdime._estimators.portable_state import PortableState
from skdime._estimators.summarized_rows import summarized_groups, summarized_rows
from skdime._models.model import beside_modalities, fitted_model, with_tags_of
from skdime._models.response_method import RESPONSE_METHODS
from skdime._references.engine import Engine
from skdime._references.realism import warn_of_foreign
from skdime._results.decomposition import Decomposition
from skdime._results.group_summaries import GroupSummaries
from skdime._results.modality_summary import ModalitySummary
from skdime._rows.containers import n_rows
from skdime._rows.modalities import split
from skdime._rows.validation import check_rows
from skdime._utils.annotations import (
    ArrayLike,
    Auto,
    Floats,
    Modalities,
    Model,
    NamesLike,
    Outputs,
    Rows,
    Seed,
)
from skdime._utils.from_sklearn import (
    HasMethods,
    Interval,
    StrOptions,
    _check_feature_names_in,
    _routing_enabled,
)
from skdime._utils.parameters import fit_context
from skdime._utils.usage import ROWS_ALONE, called_as


class Disentangler(
    PortableState, OfModel, TransformerMixin, MetaEstimatorMixin, BaseEstimator
):
    r"""Split each output of a model into UC and MI.

    For a model :math:`M` of modalities :math:`x_1, \dots, x_K`, let :math:`F_m(x)` be
    the mean output if modality m is that of x and the others come from reference rows,
    and let :math:`F_0` be the mean output if all come from reference rows. Then

    .. math::

        UC(x) = \sum_m F_m(x) - (K - 1) F_0, \qquad MI(x) = M(x) - UC(x)

    UC is what the modalities contribute, each on its own. MI is what arises only from
    combining them. An additive model has MI = 0.

    Parameters
    ----------
    estimator : estimator or callable
        The model. ``fit(X, y)`` trains a copy of an estimator, even if the estimator is
        already trained. To keep a trained one, wrap it in
        :class:`~sklearn.frozen.FrozenEstimator`. A callable takes rows in the container
        given to ``fit`` and returns numbers of shape (n_rows,) or (n_rows, n_outputs).
        Like every parameter it is copied by ``clone``.
    modalities : dict or list of (name, columns), default=None
        The columns of each modality, as in
        :class:`~sklearn.compose.ColumnTransformer`: names, positions, slices, masks
        or a callable such as :func:`~sklearn.compose.make_column_selector`, and
        sets, ranges, or a compiled regular expression that is searched for in names.
        No column may be in two of them. None makes one modality of every column. Of a
        data frame, columns that a frozen model does not read may be in none if it
        finds columns by name, as a ColumnTransformer does.
    remainder : {"error", "hold"} or name of a modality, default="error"
        What happens to columns, or keys of a :class:`~skdime.MultimodalArray`, that
        belong to no modality. ``"error"`` raises an error. ``"hold"`` keeps their
        values of the explained row in every hybrid row. Use it for an answer whose
        probability the model returns, or for an indicator that must not be combined
        with other rows. Baseline and effects are then those for the row's own values,
        and cost ``n_references`` model rows more for each different value. The name of
        a modality adds the columns to it.
    references : {"sample", "average"} or container of rows, default="sample"
        What fills in for absent modalities. ``"sample"`` draws `n_references` of the
        rows given to ``fit``, so that you compare with a population. ``"average"`` is a
        single row that is average in every column. It has the middle value that occurs,
        the most frequent category, the mean series or image, the empty text or set.
        You can also pass one or more rows of your own, in the container of `X`.
        Repeated rows count once, and ``fit`` can train the model on other rows. With a
        single reference row, :math:`F_m(x)` takes one model row.
    n_references : int, "auto" or None, default=100
        Number of reference rows to draw from the rows passed to ``fit``, without
        replacement. None uses all rows. ``"auto"`` draws as many as UC needs for a
        standard error of `tol`, from 16 to 1,024.
    reference_weights : {"uniform", "calibrated"}, default="uniform"
        ``"calibrated"`` weights the reference rows so that the means of their table
        columns are about those of all rows given to ``fit``. UC and MI then refer to
        all of these rows rather than to the sample, as far as outputs depend linearly
        on the columns of the absent modality. It takes no further model row.
    distribution : {"product", "joint"}, default="product"
        The distribution of rows over which UC is the best additive approximation.
        ``"product"`` takes modalities for independent of each other: every hybrid row
        counts the same. ``"joint"`` weights hybrid rows by how likely they occur, as
        far as a classifier tells them from real rows, for two modalities that depend
        on each other. It evaluates all pairs of up to 500 reference rows in ``fit``,
        and explains tables on draws.
    tol : float, default=0.05
        Standard error of UC relative to the standard deviation of the output, for
        ``n_references="auto"``.
    response_method : str, default="auto"
        Which output of an estimator is explained: ``"decision_function"``,
        ``"predict_proba"``, ``"predict_log_proba"``, ``"predict_joint_log_proba"``,
        ``"predict"`` or ``"auto"``, which takes, for a classifier, the first of
        ``decision_function`` and ``predict_proba`` that it has, and ``predict`` for a
        regressor. With ``link="logit"`` it takes ``predict_proba``. A binary classifier
        has one output, of the class `pos_label`.
    pos_label : class label, default=None
        The class of a binary classifier whose output is explained; None is
        ``classes_[1]``. Effects on the output of one class are those on the other's
        with the opposite sign.
    link : {"identity", "logit"}, default="identity"
        ``"logit"`` explains log-odds (two classes) or centred log-ratios (more) of
        the probabilities, which are clipped to [1e-6, 1 - 1e-6] first. A centred
        log-ratio is the logarithm of a class's probability minus the mean of the
        logarithms of all classes. skdime applies the link before it averages.
    output_names : str or list of str, default=None
        Names of the outputs, such as the quantities that a function returns. None
        takes classes or the columns of the target, otherwise ``output``.
    include_self : bool, default=False
        Whether the explained row is one of its own reference rows, as in the code
        published with the paper. This moves a share of about ``2 / n_references`` of MI
        into UC.
    max_memory : int, default=268435456
        Most bytes that rows passed to the model, tables and designs take at once
        (256 MiB), beside the data and 100 MB. Where what ``fit`` stores takes more,
        :class:`LocalExplainer` warns, and tells how much.
    batch_size : int, default=None
        The largest number of rows in one call of the model, for networks whose own
        arrays need more memory than the rows. None allows as many as fit in
        `max_memory`, up to 16,384.
    n_jobs : int, default=None
        Batches evaluated at the same time, as in joblib. The results do not depend on
        it.
    random_state : int, RandomState instance or None, default=None
        Determines which reference rows are drawn and how they are combined. Pass an
        integer to get the same numbers in every call.

    Attributes
    ----------
    estimator_ : estimator or callable
        The fitted model.
    modalities_ : list of (str, ndarray of int)
        Name and column positions of each modality.
    converged_ : bool
        Whether the standard error is below `tol`; False if the maximum was reached.
    references_ : container of rows
        The reference rows, with their names in `X`. Beside the model this is the only
        data that a Disentangler stores, but for the words and means that features of
        ``distribution="joint"`` are made of; see :meth:`forget`.
    baseline_ : ndarray of shape (n_outputs,)
        The average output over combinations of reference rows.
    baseline_se_ : ndarray of shape (n_outputs,)
        Its standard error over references; 0 for a single one and, of two modalities,
        for rows of your own, which are no sample.
    hybrid_auc_ : float
        How well reference rows are told from hybrids, which combine modalities of
        different ones: the cross-validated area under the ROC curve. 0.5 for
        modalities that are independent of each other; nan for fewer than 30
        references. It is computed when it is first asked for, or in ``fit`` if
        modalities are strongly correlated, and a warning says what MI rests on if it
        is above 0.9.
    output_names_ : ndarray of str of shape (n_outputs,)
        Names of the outputs: `output_names`, classes, or ``output`` (``output0``,
        ``output1``, ...).
    response_method_ : str
        The method used; ``"callable"`` for a callable.
    unit_ : str
        Unit of all results.
    clipped_share_ : float
        Share of the outputs that the logit link clipped in ``fit``.
    n_model_rows_ : int
        Rows passed to the model in ``fit``, without those of its training.
    n_encodings_ : int
        Rows of single modalities that the model's encoders have seen in ``fit``; 0
        where it has none.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

    See Also
    --------
    LocalExplainer : Estimates how much each feature contributes to UC and MI.
    skdime.explain : Explains a trained model in one call.

    References
    ----------
    .. [1] Lyu, Liang, Deng, Salakhutdinov, Morency. "DIME: Fine-grained
       Interpretations of Multimodal Models via Disentangled Local Explanations",
       AIES 2022. :doi:`10.1145/3514094.3534148`
    .. [2] Hessel, Lee. "Does my multimodal model learn cross-modal interactions?
       It's harder to tell than you might think!", EMNLP 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler
    >>> def model(X):
    ...     return X[:, 0] + X[:, 0] * X[:, 1]
    >>> X = np.array([[1.0, 0.0], [1.0, 2.0], [-2.0, 1.0], [0.0, -3.0]])
    >>> dis = Disentangler(model, [("a", [0]), ("b", [1])]).fit(X)
    >>> dis.transform(X)  # the means of both columns are 0: UC = a, MI = a * b
    array([[ 1.,  0.],
           [ 1.,  2.],
           [-2., -2.],
           [ 0.,  0.]])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit"]), callable],
        "modalities": [dict, list, tuple, None],
        "remainder": [str],
        "references": [
            StrOptions({"sample", "average"}),
            "array-like",
            "sparse matrix",
        ],
        "n_references": [
            Interval(Integral, 2, None, closed="left"),
            StrOptions({"auto"}),
            None,
        ],
        "reference_weights": [StrOptions({"uniform", "calibrated"})],
        "distribution": [StrOptions({"product", "joint"})],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "response_method": [StrOptions(set(RESPONSE_METHODS))],
        "pos_label": [Real, str, "boolean", None],
        "link": [StrOptions({"identity", "logit"})],
        "output_names": ["array-like", str, None],
        "include_self": ["boolean"],
        "max_memory": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Model,
        modalities: Modalities | None = None,
        *,
        remainder: str = "error",
        references: Literal["sample", "average"] | Rows = "sample",
        n_references: int | Auto | None = 100,
        reference_weights: Literal["uniform", "calibrated"] = "uniform",
        distribution: Literal["product", "joint"] = "product",
        tol: float = 0.05,
        response_method: str = "auto",
        pos_label: Any = None,
        link: Literal["identity", "logit"] = "identity",
        output_names: str | NamesLike | None = None,
        include_self: bool = False,
        max_memory: int = 2**28,
        batch_size: int | None = None,
        n_jobs: int | None = None,
        random_state: Seed = None,
    ) -> None:
        self.estimator = estimator
        self.modalities = modalities
        self.remainder = remainder
        self.references = references
        self.n_references = n_references
        self.reference_weights = reference_weights
        self.distribution = distribution
        self.tol = tol
        self.response_method = response_method
        self.pos_label = pos_label
        self.link = link
        self.output_names = output_names
        self.include_self = include_self
        self.max_memory = max_memory
        self.batch_size = batch_size
        self.n_jobs = n_jobs
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Rows, y: ArrayLike | None = None, **fit_params: Any) -> Self:
        """Train a copy of the model, draw reference rows and compute the baseline.

        Parameters
        ----------
        X : array-like, data frame or CSR matrix of shape (n_rows, n_columns)
            Training rows of the model, from which reference rows are drawn as well.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Target; not needed for a frozen estimator or a callable.
        **fit_params : dict
            Passed to the ``fit`` of the estimator; with metadata routing enabled,
            what it requests.

        Returns
        -------
        self : Disentangler
        """
        fit_disentangler(self, X, y, fit_params)
        return self

    def transform(self, X: Rows) -> Floats:
        """Return UC and MI of each row as an array, for pipelines.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.

        Returns
        -------
        contributions : ndarray of shape (n_rows, 2 * n_outputs)
            UC of every output, then MI of every output, in the unit ``unit_``.
        """
        decomposition = self.decompose(X)
        return np.hstack([decomposition.uc, decomposition.mi])

    @called_as(ROWS_ALONE)
    def decompose(
        self, X: Rows, *, pairs: bool = False, outputs: Outputs = None
    ) -> Decomposition:
        """Split the model's output for each row into UC and MI, with standard errors.

        For each row, evaluates the model on at most
        ``1 + n_modalities * n_references`` rows. With `pairs` these are `n_references`
        more for each pair of three or more modalities.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.
        pairs : bool, default=False
            Whether to split MI into the interaction of each pair of modalities and a
            rest of higher order. With two modalities, MI is the interaction of the
            only pair.
        outputs : "predicted", name, position or array-like of these, default=None
            Which outputs are decomposed; None is all. ``"predicted"`` is the largest
            output of every row; a model with one output, as of two classes, has only
            that. An array of shape (n_rows, n_chosen) asks for outputs of each row;
            its result has them in ``row_outputs``.

        Returns
        -------
        decomposition : Decomposition
            Output, baseline, UC, MI, main effects, pairs if asked for, and their
            standard errors.
        """
        check_is_fitted(self, "n_model_rows_")
        X = check_rows(self, X, reset=False)
        return decomposed_rows(self, X, pairs, outputs)

    def summarize(self, X: Rows, y: ArrayLike | None = None) -> ModalitySummary:
        r"""Return the shares of modalities and of MI in the variation of the output.

        The rows give hybrids, each with modalities of different rows, so that
        modalities are independent of each other. Over them, the mean squares of main
        effects, pairs and higher orders add up to the variance of the output, but for
        chance, and their shares are Sobol indices with modalities as factors.

        Costs as much as ``decompose(X, pairs=True)``, and with targets as much as
        ``decompose(X)`` more.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``; two rows or more. With
            200 rows and 100 references, standard errors of shares are about 0.05.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Targets of the rows. With them the summary has accuracy or R2 of the model
            and of UC only, as :func:`skdime.metrics.additive_gap`.

        Returns
        -------
        summary : ModalitySummary
            Shares with intervals, how real hybrids are, and how much one modality
            tells of another.

        Warns
        -----
        UserWarning
            If hybrids are told from real rows with an area under the curve above 0.9.
        """
        check_is_fitted(self, "n_model_rows_")
        return summarized_rows(self, check_rows(self, X, reset=False), y)

    def summarize_groups(self, X: Rows, groups: ArrayLike) -> GroupSummaries:
        """Summarize groups of rows, such as protected ones, and their differences.

        Each group is summarized as by :meth:`summarize`: its rows give the hybrids.
        Effects of all groups are those against the same references, the population
        rather than the group, as in ``decompose``.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.
        groups : array-like of shape (n_rows,)
            The group of every row, of which each has two rows or more. It need not be
            a column of X, and missing values are a group.

        Returns
        -------
        summaries : GroupSummaries
            A summary for each group, and differences of shares with intervals.

        Warns
        -----
        UserWarning
            If hybrids of a group are told from its rows with an area under the curve
            above 0.9.
        """
        check_is_fitted(self, "n_model_rows_")
        return summarized_groups(self, check_rows(self, X, reset=False), groups)

    @property
    def hybrid_auc_(self) -> float:
        """Cross-validated area under the ROC curve of reference rows against hybrids.

        It is computed on first access, which takes about a second.
        """
        check_is_fitted(self, "n_model_rows_")
        warn_of_foreign(self._references.hybrid_auc, is_joint(self))
        return self._references.hybrid_auc

    @available_if(model_has("score"))
    def score(self, X: Rows, y: ArrayLike | None = None) -> float:
        """Return the score of the model, such as accuracy or R2.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Target.

        Returns
        -------
        score : float
        """
        return self._passed_on("score", X, y)

    def forget(self) -> Self:
        """Remove the reference rows, to share a fitted Disentangler without them.

        ``baseline_``, names and parameters remain, and so do training rows that the
        model itself stores. Afterwards ``decompose`` and ``transform`` raise a
        NotFittedError.

        Returns
        -------
        self : Disentangler
        """
        check_is_fitted(self, "n_model_rows_")
        forget_references(self)
        return self

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the names ``uc__<output>`` and ``mi__<output>`` of ``transform``.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored but for a check against ``feature_names_in_``.

        Returns
        -------
        names : ndarray of str
        """
        check_is_fitted(self, "n_model_rows_")
        _check_feature_names_in(self, input_features)
        parts = [f"{part}__{o}" for part in ("uc", "mi") for o in self.output_names_]
        return np.asarray(parts, dtype=object)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the metadata that the model requests for ``fit``.

        Returns
        -------
        routing : MetadataRouter
        """
        router = MetadataRouter(owner=self)
        if hasattr(self.estimator, "fit"):
            mapping = MethodMapping().add(caller="fit", callee="fit")
            router.add(estimator=self.estimator, method_mapping=mapping)
        return router

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.target_tags.required = False
        return with_tags_of(self.estimator, tags)

    def _sk_visual_block_(self):
        return beside_modalities(self.estimator, self.modalities)

    def _model(self):
        return getattr(self, "estimator_", self.estimator)

    def _fit_estimator(self, X, y, fit_params):
        if hasattr(self.estimator, "fit") and _routing_enabled():
            fit_params = process_routing(self, "fit", **fit_params).estimator.fit
        return fitted_model(self.estimator, X, y, fit_params)

    def _engine(self, n_jobs, plan="best", progress=None):
        return self._engine_of(self._plans[plan], n_jobs, progress)

    def _engine_of(self, plan, n_jobs, progress=None):
        engine = Engine(plan, self.max_memory, n_jobs, progress, self.batch_size)
        engine.calls.chosen = getattr(self, "_chosen", None)
        engine.calls.fixed = self._fixed
        return engine

    def _with_fixed(self, fixed):
        """The same, fitted, for what columns of no modality hold; what this took.

        Parameters
        ----------
        fixed : FixedColumns
        """
        some = copy(self)
        some._fixed = fixed
        engine = some._engine(self.n_jobs)
        some._references = self._references.with_baseline(engine)
        some.baseline_ = some._references.baseline
        some.baseline_se_ = some._references.baseline_se
        return some, engine.spent

    def _positions_of(self, outputs, X, n_jobs):
        """Positions of outputs, and what telling them took."""
        engine = self._engine(n_jobs)

        def predict():
            return engine(split(X, self.modalities_))

        names, n = self.output_names_, n_rows(X)
        classes = np.ravel(getattr(self.estimator_, "classes_", ())).tolist()
        return positions_of_outputs(outputs, names, n, predict, classes), engine.spent

    def _of_outputs(self, chosen):
        """The same, fitted, for some of the outputs."""
        some = copy(self)
        some._chosen = chosen
        some._references = self._references.of_outputs(chosen)
        for name in ("baseline_", "baseline_se_", "output_names_"):
            setattr(some, name, getattr(self, name)[chosen])
        return some
