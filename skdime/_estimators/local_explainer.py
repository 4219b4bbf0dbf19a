"""LocalExplainer: which features of each modality carry UC and MI."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import MetaEstimatorMixin, TransformerMixin
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from skdime._estimators.cost import Cost
from skdime._estimators.cost_of_explaining import cost_of_explaining
from skdime._estimators.description_before_fit import description_before_fit
from skdime._estimators.disentangler import Disentangler
from skdime._estimators.explained_pairs import explained_pairs
from skdime._estimators.explained_rows import explained_rows
from skdime._estimators.fitted_disentangler import (
    check_disentangler,
    fitted_disentangler,
)
from skdime._estimators.fitted_surrogates import fit_surrogates, forget_rows
from skdime._estimators.memory import memory_beside
from skdime._estimators.of_model import OfModel
from skdime._estimators.perturber_composition import PerturberComposition
from skdime._estimators.portable_state import PortableState
from skdime._estimators.surrogates_of_rows import coefficients, left_out_r2
from skdime._models.model import OF_KIND
from skdime._results.explanation import Explanation
from skdime._results.fields import PARTS
from skdime._results.modality_description import ModalityDescription
from skdime._results.pair_explanation import PairExplanation
from skdime._rows.validation import check_rows
from skdime._surrogates.layout import layout_of_columns
from skdime._utils.annotations import (
    ArrayLike,
    Attribution,
    Auto,
    Floats,
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
from skdime._utils.missing import nan_mean
from skdime._utils.parameters import fit_context
from skdime._utils.progress import Progress
from skdime._utils.random import own_random_state
from skdime._utils.usage import ROWS_ALONE, called_as


class LocalExplainer(
    PortableState, OfModel, TransformerMixin, MetaEstimatorMixin, PerturberComposition
):
    r"""Estimate how much each feature contributes to UC and to MI.

    skdime perturbs the features of one modality at a time, evaluates UC and MI of the
    perturbed rows, and fits a surrogate model to each of them. A coefficient estimates
    how much the output changes, in its own unit, when a feature moves from its average
    (tables) or its replacement (texts, series, images, sets) to its value in the row.

    By default, coefficients are Shapley values. The coefficients of a modality and its
    rest add up to the main effect of the modality in UC, and to MI. Tables with
    ``effects="slope"`` get a local linear model as in LIME [2]_ instead, see
    :class:`~skdime.perturbers.TabularPerturber`. For other effects of texts, series,
    images and sets see :class:`~skdime.perturbers.MaskPerturber`.

    Parameters
    ----------
    disentangler : Disentangler
        The model and its modalities. ``fit`` fits a copy of it.
    perturbers : "auto", dict or list of (name, perturber), default="auto"
        How modalities are perturbed. A modality that is not named gets a perturber with
        its defaults: :class:`~skdime.perturbers.TextPerturber` for strings of several
        words that mostly differ, :class:`~skdime.perturbers.SetPerturber` for lists of
        codes, :class:`~skdime.perturbers.SeriesPerturber` for other arrays of one or
        two dimensions, and :class:`~skdime.perturbers.TabularPerturber` for everything
        else. Name the perturber of images. See :meth:`describe_modalities`.
    n_samples : int or "auto", default=500
        Perturbations of each modality; not a number of rows, as elsewhere in
        scikit-learn. ``"auto"`` starts with 250 and doubles this number, up to 4,000,
        until the standard error that is due to the perturbations is below `tol`,
        relative to the mean size of the coefficients, in each of 16 reference rows.
        Texts, series, images and sets get up to 4,000 masks then, each in one context.
        For tables with effects other than slopes, it is the largest number of hybrid
        rows per row.
    kernel_width : "auto" or float, default="auto"
        For local linear models: width of the kernel :math:`\exp(-D^2 / 2 w^2)` on the
        standardised distance between a row and a perturbation. ``"auto"`` is LIME's
        :math:`0.75 \sqrt d` for d columns.
    alpha : "auto" or float, default="auto"
        For local linear models: ridge penalty on standardised regressors, for weights
        that sum to 1. ``"auto"`` is 0.001. It shrinks a coefficient by about a
        thousandth at the default kernel width, and by more with a narrow kernel. LIME's
        penalty is 1 and absolute.
    algorithm : {"auto", "draws", "coalitions", "exhaustive"}, default="auto"
        How tables are perturbed. ``"draws"`` uses perturbations that all rows share. It
        evaluates some of them, estimates the others, and evaluates more, up to all, if
        the estimated error is above `tol`. ``"coalitions"`` uses a few hybrid rows of
        each row. It takes 900 rows in ``fit`` instead of 20,000 to 30,000, and ten
        times as long outside of the model. Choose it for slow models. ``"auto"`` is
        ``"coalitions"`` with a `budget`, otherwise ``"draws"``. ``"exhaustive"``
        evaluates every perturbation with every reference row, once in ``fit``, and with
        every row to explain.
    attribution : {"dime", "shapley"}, default="dime"
        How features share MI. With ``"dime"``, the coefficients of each modality
        describe MI with the other modalities as in the row, as in the paper [1]_. With
        ``"shapley"``, they are the two parts of the model's SHAP values: those of UC
        add up to the main effect of the modality, those of MI add up to MI over the
        features of all modalities, and all of them add up to the output minus the mean
        output. Absent features come from reference rows. Values are exact for trees on
        tables, and if all coalitions of the features take at most `n_samples` rows for
        each modality, or up to a dozen features with ``algorithm="exhaustive"``. It
        needs perturbers with ``effects="shapley"``; see :ref:`attribution`.
    tol : "auto" or float, default="auto"
        Error that approximations may leave in a row's coefficients of UC and of MI, for
        each output: as a norm relative to that of these coefficients, or to a tenth of
        that of all, if this is larger. ``"auto"`` is 0.05, or half the standard error
        that reference rows leave in any case, if that is larger. skdime evaluates as
        many hybrid rows and masks as `tol` needs.
    budget : int, default=None
        Most rows passed to the model in ``fit`` and one call of ``explain`` together.
        skdime chooses the numbers of reference rows (up to ``n_references``) and of
        perturbations (up to `n_samples`, or 1,200 divided by the number of rows, if
        this is more), and tables that are not named get
        ``TabularPerturber(effects="shapley")``, or a ``MaskedTabularPerturber`` where
        references are ``"average"``. The explainer then keeps up to 400 rows of `X`,
        over which surrogates of tables predict UC and MI. 250 model rows explain a row
        of two or three modalities. A budget that is too small is an error. None sets no
        limit.
    n_jobs : int, default=None
        Batches evaluated at the same time, as in joblib. The results do not depend on
        it.
    verbose : int, default=0
        1 shows one progress bar over model rows, with the time left (tqdm when it is
        installed, otherwise a line at every tenth).
    random_state : int, RandomState instance or None, default=None
        Determines the perturbations, and the references of a `disentangler` that has
        no `random_state` of its own. An integer gives the same numbers in every call.

    Attributes
    ----------
    disentangler_ : Disentangler
        The fitted disentangler.
    perturbers_ : list of (str, perturber)
        The fitted perturber of every modality. It stores data: values that were drawn,
        replacements, the most frequent words. See :meth:`forget`.
    algorithm_ : {"draws", "coalitions", "exhaustive"}
        How tables are perturbed.
    n_samples_ : int
        Perturbations of each modality, at most.
    converged_ : bool
        Whether the standard error is below `tol`, for ``n_samples="auto"``; False if
        the maximum was reached.
    n_model_rows_ : int
        Rows passed to the model in ``fit``, apart from its training.
    n_encodings_ : int
        Rows of single modalities that the model's encoders have seen in ``fit``; 0
        where it has none.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

    See Also
    --------
    skdime.explain : Explains a trained model in one call.
    Disentangler : Splits outputs into UC and MI, without features.

    References
    ----------
    .. [1] Lyu, Liang, Deng, Salakhutdinov, Morency. "DIME: Fine-grained
       Interpretations of Multimodal Models via Disentangled Local Explanations",
       AIES 2022. :doi:`10.1145/3514094.3534148`
    .. [2] Ribeiro, Singh, Guestrin. "Why should I trust you? Explaining the
       predictions of any classifier", KDD 2016. :doi:`10.1145/2939672.2939778`

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> def model(X):
    ...     return X[:, 0] + X[:, 1] + X[:, 0] * X[:, 1]
    >>> X = np.random.RandomState(0).normal(size=(500, 2))
    >>> dis = Disentangler(model, [("a", [0]), ("b", [1])], n_references=None)
    >>> exp = LocalExplainer(dis, n_samples=200, random_state=0).fit(X - X.mean(axis=0))
    >>> exp.get_feature_names_out()
    array(['uc__a__x0', 'uc__b__x1', 'mi__a__x0', 'mi__b__x1'], dtype=object)
    >>> row = np.array([[2.0, 3.0]])  # the means are 0: UC = a + b, and MI = a * b
    >>> exp.transform(row).round(1)
    array([[2., 3., 6., 6.]])
    """

    _parameter_constraints: dict = {
        "disentangler": [HasMethods(["fit"]), callable],
        "perturbers": [StrOptions({"auto"}), dict, list],
        "n_samples": [Interval(Integral, 2, None, closed="left"), StrOptions({"auto"})],
        "kernel_width": [
            StrOptions({"auto"}),
            Interval(Real, 0, None, closed="neither"),
        ],
        "alpha": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "algorithm": [StrOptions({"auto", "draws", "coalitions", "exhaustive"})],
        "attribution": [StrOptions({"dime", "shapley"})],
        "tol": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "budget": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        disentangler: Disentangler | FrozenEstimator,
        perturbers: Auto | Mapping[str, Any] | Sequence[tuple[str, Any]] = "auto",
        *,
        n_samples: int | Auto = 500,
        kernel_width: float | Auto = "auto",
        alpha: float | Auto = "auto",
        algorithm: Literal["auto", "draws", "coalitions", "exhaustive"] = "auto",
        attribution: Attribution = "dime",
        tol: float | Auto = "auto",
        budget: int | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        random_state: Seed = None,
    ) -> None:
        self.disentangler = disentangler
        self.perturbers = perturbers
        self.n_samples = n_samples
        self.kernel_width = kernel_width
        self.alpha = alpha
        self.algorithm = algorithm
        self.attribution = attribution
        self.tol = tol
        self.budget = budget
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Rows, y: ArrayLike | None = None, **fit_params: Any) -> Self:
        """Fit the disentangler and the perturbers, and draw perturbations of tables.

        Parameters
        ----------
        X : array-like, data frame or CSR matrix of shape (n_rows, n_columns)
            Training rows of the model, from which reference rows and perturbations are
            drawn as well.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Target; not needed for a frozen estimator or a callable.
        **fit_params : dict
            Passed to ``Disentangler.fit``.

        Returns
        -------
        self : LocalExplainer
        """
        check_disentangler(self.disentangler)
        X = check_rows(self, X, reset=True)
        random_state = own_random_state(self.random_state)
        if _routing_enabled():
            fit_params = process_routing(self, "fit", **fit_params).disentangler.fit
        dis, choices = fitted_disentangler(self, X, y, fit_params, random_state)
        self.disentangler_ = dis
        fitted = dis.estimator if isinstance(dis, FrozenEstimator) else dis
        # rows in the container, columns and dtypes that it was fitted on
        X = check_rows(self, check_rows(fitted, X, reset=False), reset=True)
        self._takes_any_order = fitted._takes_any_order
        fit_surrogates(self, X, random_state, choices)
        return self

    def transform(self, X: Rows) -> Floats:
        """Return the coefficients of UC and MI as columns, for other estimators.

        For each row, evaluates the model on at most ``n_modalities * n_samples`` rows.
        The rows of ``decompose`` are added, unless all modalities are tables with
        ``effects="slope"``.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.

        Returns
        -------
        coef : ndarray of shape (n_rows, 2 * n_features * n_outputs)
            ``explain(X).coef`` in two dimensions, named by
            ``get_feature_names_out``.
        """
        check_is_fitted(self, "n_model_rows_")
        X = check_rows(self, X, reset=False)
        coef = coefficients(self, X)
        return coef.reshape(len(coef), -1)

    @called_as(ROWS_ALONE)
    def explain(
        self,
        X: Rows,
        *,
        pair: tuple[str, str] | None = None,
        outputs: Outputs = None,
    ) -> Explanation:
        """Explain the model's output for each row of `X`.

        Splits each output into UC and MI, and estimates how much each feature
        contributes to both. Call ``cost(X)`` first: for each row, skdime evaluates the
        model on at most ``n_modalities * (n_references + n_samples) + 1`` rows, and on
        ``n_references + 1`` more for each modality that is masked. Trees on tables with
        ``attribution="shapley"`` need no rows for coefficients, and
        ``algorithm="exhaustive"`` needs all coalitions: 409,600 rows for twelve
        features with 100 reference rows. With `pair`, slopes of tables need up to
        `n_references` times as many rows.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.
        pair : tuple of (str, str), default=None
            Two of at least three modalities, to explain their interaction. The others
            are averaged out over reference rows.
        outputs : "predicted", name, position or array-like of these, default=None
            Outputs to explain; None explains all. ``"predicted"`` is the largest output
            of each row; a model with one output, as of two classes, has only that. An
            array of shape (n_rows, n_chosen) chooses outputs for each
            row, which the result names in ``decomposition.row_outputs``.

        Returns
        -------
        explanation : Explanation
            Coefficients with standard errors, the fit of the surrogates (``r2``), UC
            and MI.
        """
        return explained_rows(self, X, pair, outputs)

    def explain_pairs(
        self,
        X: Rows,
        modalities: tuple[str, str] | None = None,
        *,
        outputs: Outputs = None,
    ) -> PairExplanation:
        """Split MI into pairs of features, one of each modality.

        For two tables, the model is evaluated on the same rows as in :meth:`explain`.
        For text, series, images and sets, also beside a table, both modalities are
        masked at once, which takes at most ``4 * n_samples`` further rows for each row.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.
        modalities : tuple of (str, str), default=None
            Names of two modalities, required if there are three or more. The others are
            averaged out over reference rows.
        outputs : "predicted", name, position or array-like of these, default=None
            Outputs whose MI is split, as in :meth:`explain`.

        Returns
        -------
        pairs : PairExplanation

        Raises
        ------
        ValueError
            If modalities are not two that there are, or if one is a table whose
            effects are straight lines, or both are tables and draws are not shared by
            all rows (see `algorithm`).
        """
        check_is_fitted(self, "n_model_rows_")
        X = check_rows(self, X, reset=False)
        return explained_pairs(self, X, modalities, outputs)

    def score(self, X: Rows, y: Any = None) -> float:
        """Return the mean R2 of the surrogates on held-out perturbations.

        Each perturbation is predicted by the surrogate fitted to all others, in closed
        form and without further rows passed to the model.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.
        y : None
            Ignored.

        Returns
        -------
        score : float
            Mean over rows, parts, modalities and outputs of the weighted
            leave-one-out R2; 1 is perfect. Parts that do not vary do not count; nan if
            none does.
        """
        check_is_fitted(self, "n_model_rows_")
        X = check_rows(self, X, reset=False)
        return float(nan_mean(left_out_r2(self, X)))

    def cost(
        self,
        X: Rows,
        *,
        n_fit: int | None = None,
        explained: Explanation | None = None,
    ) -> Cost:
        """Return how many rows ``fit`` and ``explain(X)`` will pass to the model.

        It does not evaluate the model.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The rows to explain.
        n_fit : int, default=None
            Before ``fit``, the rows that it will get. None is as many as
            ``n_references`` asks for, or the rows of `X` where all rows are references.
        explained : Explanation, default=None
            What this explainer returned for other rows, to expect as many rows passed
            to the model for each row of `X`.

        Returns
        -------
        cost : Cost
            Rows of ``fit`` and ``explain``, at most and to be expected, by phase;
            calls, peak bytes; after ``fit`` also the seconds that ``explain(X)`` may
            take, from what rows took there. With ``algorithm="exhaustive"`` rows are
            exact, those of masks after ``fit``.

        Examples
        --------
        >>> import numpy as np
        >>> from skdime import Disentangler, LocalExplainer
        >>> X = np.random.RandomState(0).normal(size=(300, 2))
        >>> dis = Disentangler(lambda X: X[:, 0] * X[:, 1], n_references=50)
        >>> explainer = LocalExplainer(dis, random_state=0).fit(X)
        >>> before = explainer.cost(X)
        >>> after = explainer.cost(X, explained=explainer.explain(X[:10]))
        >>> before.explain_rows, after.expected_explain_rows
        (330300, 49500)
        """
        return cost_of_explaining(self, X, n_fit, explained)

    def forget(self) -> Self:
        """Remove the reference rows, to share a fitted explainer without them.

        Where all modalities are tables with ``effects="slope"``, ``transform`` and
        ``score`` work as before: the model is evaluated on the perturbations, which are
        values of the data, column by column. Otherwise both need the reference rows,
        and what perturbers learned is removed, too. ``explain``, ``decompose`` and
        metrics raise a NotFittedError afterwards. Parameters, names, ``baseline_`` and
        what the model keeps of its training rows remain; words that name columns of
        ``transform`` do not.

        Returns
        -------
        self : LocalExplainer

        Raises
        ------
        ValueError
            If the disentangler was given as a FrozenEstimator, which has the rows and
            belongs to the caller.
        """
        check_is_fitted(self, "n_model_rows_")
        if isinstance(self.disentangler, FrozenEstimator):
            raise ValueError(
                "`disentangler` is a FrozenEstimator, which keeps its reference rows. "
                "Pass LocalExplainer a Disentangler, of which `fit` makes a copy."
            )
        self.disentangler_.forget()
        forget_rows(self)
        return self

    def describe_modalities(self, X: Rows | None = None) -> ModalityDescription:
        """List how skdime reads each column, why, and how to overrule it.

        Print the list before you trust an explanation. The same numbers may be amounts,
        codes of categories or a series. It does not evaluate the model.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns), default=None
            The rows to fit on, before ``fit``. After ``fit`` it is left out.

        Returns
        -------
        description : ModalityDescription
            One entry per column: how it is read (number, category, ordered, date, text,
            series, image, set), why, how many levels it has, its mean or most frequent
            level, its perturber, and how to overrule the choice. ``to_frame()`` returns
            a pandas frame.

        Examples
        --------
        >>> import numpy as np
        >>> from skdime import Disentangler, LocalExplainer, MultimodalArray
        >>> X = MultimodalArray(
        ...     ward=["medical", "surgical"] * 10,
        ...     age=np.arange(40, 60),
        ...     note=[f"no fever since day {i}" for i in range(20)],
        ... )
        >>> explainer = LocalExplainer(Disentangler(lambda X: X["age"]))
        >>> explainer.describe_modalities(X)
        modality  column  taken for  levels  average        why
        ward      ward    category   2       medical (50%)  dtype object
        age       age     number     20      mean 49.5      dtype int64
        note      note    text       20      5.0 words      100% of strings differ, ...
        """
        if X is not None:
            return description_before_fit(self, X)
        check_is_fitted(self, "n_model_rows_")
        return self._description

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the names of the columns of ``transform``.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored but for a check against ``feature_names_in_``.

        Returns
        -------
        names : ndarray of str
            ``<part>__<modality>__<feature>``, and ``__<output>`` where there is more
            than one.
        """
        check_is_fitted(self, "n_model_rows_")
        _check_feature_names_in(self, input_features)
        outputs = self.disentangler_.output_names_
        layout = layout_of_columns(self.perturbers_)
        return layout.columns_of(PARTS, outputs)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the metadata that the disentangler requests for ``fit``.

        Returns
        -------
        routing : MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self)
        return router.add(disentangler=self.disentangler, method_mapping=mapping)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.disentangler)
        for name in ("input_tags", *OF_KIND):
            setattr(tags, name, getattr(inner, name))
        return tags

    def _model(self):
        fitted = getattr(self, "disentangler_", self.disentangler)
        return (
            fitted.estimator if isinstance(fitted, FrozenEstimator) else fitted
        )._model()

    def _engine(self, total, task):
        # what shorter ways are compared with must not use them
        plan = "every row" if self.algorithm == "exhaustive" else "best"
        progress = Progress(total, f"LocalExplainer.{task}", self.verbose)
        engine = self.disentangler_._engine(self.n_jobs, plan, progress)
        engine.calls.max_memory = memory_beside(self, engine.max_memory)
        return engine

    def _probe(self):
        """What tells the cost of a task that is not done."""
        return self._engine(0, "cost")
