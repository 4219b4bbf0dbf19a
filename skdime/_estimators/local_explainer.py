"""LocalExplainer: which features of each modality carry UC and MI."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import MetaEstimatorMixin, TransformerMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from skdime._estimators.budget import (
    HOLDS,
    affordable,
    bought,
    warn_large_errors,
)
from skdime._estimators.chosen_outputs import (
    by_own_outputs,
    in_order,
    outputs_of_rows,
    with_more_rows,
    with_own_baselines,
)
from skdime._estimators.cost import (
    FEWEST_SAMPLES,
    MOST_SAMPLES,
    Cost,
    cost_after_fit,
    cost_before_fit,
    local_fits,
)
from skdime._estimators.disentangler import Disentangler, decomposition
from skdime._estimators.explained_pairs import explained_pairs
from skdime._models.columns_read import columns_read
from skdime._references.effects import effects_of_pair
from skdime._results.concatenation import concatenated
from skdime._results.explanation import PARTS, Explanation
from skdime._results.modality_description import ModalityDescription
from skdime._results.pair_explanation import PairExplanation
from skdime._rows.containers import n_rows, row_labels, take
from skdime._rows.fixed import rows_by_fixed
from skdime._rows.modalities import (
    as_pairs,
    positions_of_pair,
    resolve_modalities,
    split,
)
from skdime._rows.validation import check_rows, feature_names_of
from skdime._surrogates.layout import contents, layout_of_columns, layout_of_rows
from skdime._surrogates.local_fits import add_up, collect, restricted
from skdime._surrogates.quality import (
    warn_never_drawn,
    warn_not_converged,
    warn_poor_fits,
)
from skdime._utils.annotations import ArrayLike, Auto, Floats, Outputs, Rows, Seed
from skdime._utils.checks import check_count
from skdime._utils.from_sklearn import (
    HasMethods,
    Interval,
    StrOptions,
    _BaseComposition,
    _check_feature_names_in,
    _routing_enabled,
)
from skdime._utils.listed import listed
from skdime._utils.missing import nan_mean
from skdime._utils.parameters import check_parameters, fit_context
from skdime._utils.progress import Progress
from skdime._utils.random import own_random_state
from skdime.perturbers._by_modality import (
    fit_perturbers,
    named_perturbers,
    without_data,
)
from skdime.perturbers._description import described, warn_close_choices

# Above every error: the first, smallest number of rows is taken.
_NO_TOLERANCE = 1e9

# Seconds of the model beyond which fewer rows are worth the algebra of coalitions.
_LONG_FIT = 10.0


class LocalExplainer(TransformerMixin, MetaEstimatorMixin, _BaseComposition):
    r"""Say which features of each modality carry UC and which carry MI.

    Modality by modality, a row's features are perturbed while the other modalities
    are held, and a weighted ridge is fitted to UC and to MI of the perturbed row. A
    coefficient is the change in the output, in the output's unit and as a local
    straight line estimates it, when the feature goes from typical to as in the row.
    The coefficients of UC and MI add up to those of the model itself: LIME's
    explanation on the same perturbations, in two parts. Of a table whose perturber has
    ``effects="shapley"`` or ``"main"`` they are Shapley values, or parts of these, of
    surrogates that may bend: see :class:`~skdime.perturbers.TabularPerturber`. Of
    texts, series and images, whose features are masked, they are Shapley or Banzhaf
    values: see :class:`~skdime.perturbers.MaskPerturber`.

    Parameters
    ----------
    disentangler : Disentangler
        The model and its modalities. It is cloned and fitted by ``fit``.
    perturbers : "auto", dict or list of (name, perturber), default="auto"
        How modalities are perturbed. A modality that is not named gets one with its
        defaults: :class:`~skdime.perturbers.TextPerturber` for strings of several words
        that mostly differ, :class:`~skdime.perturbers.SetPerturber` for lists of codes,
        :class:`~skdime.perturbers.SeriesPerturber` for other arrays of one or two
        dimensions, also grey images, which are to be named, and
        :class:`~skdime.perturbers.TabularPerturber` for all else. See
        :meth:`describe_modalities`.
    n_samples : int or "auto", default=500
        Perturbations of each modality. ``"auto"`` doubles 250 until the standard error
        of coefficients because perturbations are a sample is below `tol`, relative to
        their typical size, for each of 16 reference rows; up to 4,000. Rows that are
        masked get up to 4,000 masks, each in one context. Of a table with effects other
        than slopes, it is the most hybrids of a row.
    kernel_width : "auto" or float, default="auto"
        Width of the kernel :math:`\exp(-D^2 / 2 w^2)` on the standardised distance
        between a row and a perturbation. ``"auto"`` is LIME's
        :math:`0.75 \sqrt d` for d columns.
    alpha : "auto" or float, default="auto"
        Ridge penalty on standardised regressors, for weights of total 1; ``"auto"``
        is 0.001, which shrinks a coefficient by about a thousandth at the default
        kernel width and by more where the kernel is narrow (1 and absolute in LIME's
        recipe).
    algorithm : {"auto", "draws", "coalitions", "exhaustive"}, default="auto"
        How tables are perturbed. ``"draws"``: by draws that all rows share. Some are
        evaluated, the others completed, and more are evaluated, up to all, where the
        estimated error is above `tol`. ``"coalitions"``: by a few hybrids of each row
        and the values of others, which takes a tenth of the model rows of ``fit`` and
        fifty times the time beside the model. ``"auto"``: coalitions where the draws
        would take more than ten seconds of the model's time in ``fit``, as it measures
        it, otherwise draws. ``"exhaustive"``: draws, each evaluated with every
        reference, once in ``fit``, and in the context of every explained row.
    tol : float, default=0.05
        Estimated error that ``algorithm="auto"`` may leave in the coefficients of a
        row, as a norm relative to that of all its coefficients. Tables with effects
        other than slopes compare the standard errors over hybrids with it.
    budget : int, default=None
        The most model rows that ``fit`` and one call of ``explain`` take together. It
        chooses the number of references (up to ``n_references``) and of perturbations
        (up to `n_samples`), and tables that are not named get
        ``TabularPerturber(effects="shapley")``, or a ``MaskedTabularPerturber`` where
        references are ``"average"``. 250 model rows explain a row of two or three
        modalities; what a smaller budget lacks is told. None sets no limit.
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
        The fitted perturber of every modality. It keeps data as well: values that were
        drawn, what replaces features, the most frequent words. See :meth:`forget`.
    algorithm_ : {"draws", "coalitions", "exhaustive"}
        How tables are perturbed.
    n_samples_ : int
        Perturbations of each modality, at most.
    converged_ : bool
        Whether they were as many as ``n_samples="auto"`` asks for.
    n_model_rows_ : int
        Rows that the model has seen in ``fit``, its own training not counted.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str of shape (`n_features_in_`,)
        Names of the columns, when all of them are strings.

    See Also
    --------
    Disentangler : UC and MI as values, without features.

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
    ...     return X[:, 0] + X[:, 0] * X[:, 1]
    >>> X = np.random.RandomState(0).normal(size=(500, 2))
    >>> dis = Disentangler(model, [("a", [0]), ("b", [1])], n_references=None)
    >>> exp = LocalExplainer(dis, n_samples=200, random_state=0).fit(X - X.mean(axis=0))
    >>> exp.get_feature_names_out()
    array(['uc__a__x0', 'uc__b__x1', 'mi__a__x0', 'mi__b__x1'], dtype=object)
    >>> row = np.array([[2.0, 3.0]])  # the means are 0: UC = a, and MI = a * b
    >>> exp.transform(row).round(1)
    array([[2., 0., 6., 6.]])
    """

    _parameter_constraints: dict = {
        "disentangler": [HasMethods(["fit"])],
        "perturbers": [StrOptions({"auto"}), dict, list],
        "n_samples": [Interval(Integral, 2, None, closed="left"), StrOptions({"auto"})],
        "kernel_width": [
            StrOptions({"auto"}),
            Interval(Real, 0, None, closed="neither"),
        ],
        "alpha": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "algorithm": [StrOptions({"auto", "draws", "coalitions", "exhaustive"})],
        "tol": [Interval(Real, 0, None, closed="neither")],
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
        tol: float = 0.05,
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
        self.tol = tol
        self.budget = budget
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters, those of named perturbers included.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of the disentangler and the perturbers.

        Returns
        -------
        params : dict
        """
        if not isinstance(self.perturbers, Mapping):
            return self._get_params("perturbers", deep=deep)
        params = super().get_params(deep=deep)
        for name, perturber in self.perturbers.items() if deep else ():
            params[name] = perturber
            nested = perturber.get_params().items()
            params |= {f"{name}__{parameter}": value for parameter, value in nested}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, also ``disentangler__...`` and ``<modality>__...``.

        Parameters
        ----------
        **params : dict
            Parameters by name.

        Returns
        -------
        self : LocalExplainer
        """
        perturbers = params.pop("perturbers", self.perturbers)
        # scikit-learn takes lists of pairs apart
        self.perturbers = as_pairs(perturbers)
        self._set_params("perturbers", **params)
        if isinstance(perturbers, Mapping):
            self.perturbers = dict(as_pairs(self.perturbers))
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Rows, y: ArrayLike | None = None, **fit_params: Any) -> Self:
        """Fit the disentangler, draw the perturbations and tabulate UC over them.

        Parameters
        ----------
        X : array-like, data frame or CSR matrix of shape (n_rows, n_columns)
            Training rows of the model, pool of the references and of the
            perturbations.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Target; not needed for a frozen estimator or a callable.
        **fit_params : dict
            Passed to ``Disentangler.fit``.

        Returns
        -------
        self : LocalExplainer
        """
        if not hasattr(self.disentangler, "decompose"):
            name = type(self.disentangler).__name__
            raise TypeError(
                f"`disentangler` must be a Disentangler, got a {name}. Wrap the model: "
                f"LocalExplainer(Disentangler({name}(...), modalities))."
            )
        X = check_rows(self, X, reset=True)
        random_state = own_random_state(self.random_state)
        if _routing_enabled():
            fit_params = process_routing(self, "fit", **fit_params).disentangler.fit
        dis, choices = self._fit_disentangler(X, y, fit_params, random_state)
        self.disentangler_ = dis
        if isinstance(dis, FrozenEstimator):
            # rows in the container and the dtypes that it was fitted on
            X = check_rows(self, check_rows(dis.estimator, X, reset=False), reset=True)
        self._fit_surrogates(X, random_state, choices)
        return self

    def transform(self, X: Rows) -> Floats:
        """The coefficients of UC and MI, as features of the rows.

        Costs at most ``n_modalities * n_samples`` model rows a row, and the rows of
        ``decompose`` where a modality is masked, or a table has effects other than
        slopes.

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
        layout = layout_of_columns(self.perturbers_)
        n_outputs = len(self.disentangler_.output_names_)
        if self.disentangler_._fixed is not None:
            coef = np.empty((n_rows(X), 2, len(layout), n_outputs))
            for rows, some, _ in self._by_fixed(X):
                coef[rows] = some._coefficients(take(X, rows), layout, n_outputs)
        else:
            coef = self._coefficients(X, layout, n_outputs)
        blocks = split(X, self.disentangler_.modalities_)
        warn_never_drawn(coef, layout, self.perturbers_, blocks)
        return coef.reshape(len(coef), -1)

    def _coefficients(self, X, layout, n_outputs):
        fits, total = self._without_decomposition(X)
        with self._engine(total, "transform") as engine:
            return add_up(fits.fit_locally(engine, X), layout, n_rows(X), n_outputs)

    def explain(
        self,
        X: Rows,
        *,
        pair: tuple[str, str] | None = None,
        outputs: Outputs = None,
    ) -> Explanation:
        """Explain rows.

        Costs at most ``n_modalities * (n_references + n_samples) + 1`` model rows a
        row, and ``n_references + 1`` more for each modality that is masked, for rows
        of which everything is replaced, unless these are all the same. With `pair`,
        perturbations are evaluated with every reference of the other modalities, which
        takes up to ``n_references`` times as many for slopes of tables.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.
        pair : tuple of (str, str), default=None
            Names of two of three or more modalities. What is explained then is the
            model of these two, averaged over references of the others: its MI is
            their interaction, and coefficients of MI say which features carry it.
        outputs : "predicted", name, position or array-like of these, default=None
            Which outputs are explained; None is all. Only those asked for are kept and
            fitted. ``"predicted"`` is the largest output of every row. An array of
            shape (n_rows, n_chosen) asks for outputs of each row; its result has them
            in ``decomposition.row_outputs``.

        Returns
        -------
        explanation : Explanation
            Coefficients, standard errors, fit of the surrogates, decomposition.
        """
        return self._explain(X, pair, outputs=outputs)

    def explain_pairs(
        self, X: Rows, modalities: tuple[str, str] | None = None
    ) -> PairExplanation:
        """Say which feature of one modality works with which of another.

        Costs what :meth:`explain` costs for tables, and nothing beyond it: the outputs
        over draws and contexts that give coefficients of MI give those of pairs.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.
        modalities : tuple of (str, str), default=None
            Names of two modalities. Of two modalities there is one pair, which is the
            default. Of three or more, the others come from references.

        Returns
        -------
        pairs : PairExplanation

        Raises
        ------
        ValueError
            If modalities are not two that there are, or not tables whose effects bend
            and whose draws all rows share (see `algorithm`).
        """
        check_is_fitted(self, "n_model_rows_")
        return explained_pairs(self, check_rows(self, X, reset=False), modalities)

    def _explain(self, X, pair=None, row_names=None, outputs=None):
        """Explain rows, whose names the caller may know better."""
        check_is_fitted(self, "n_model_rows_")
        X = check_rows(self, X, reset=False)
        row_names = row_labels(X) if row_names is None else row_names
        if self.disentangler_._fixed is None:
            explanation = self._explain_outputs(X, pair, row_names, outputs)
        else:
            explanation = self._explain_fixed(X, pair, row_names, outputs)
        warn_poor_fits(explanation, self.perturbers_)
        if self.budget is not None:
            warn_large_errors(explanation, self.budget)
        return explanation

    def _explain_fixed(self, X, pair, row_names, outputs):
        """Explain rows whose columns of no modality stay as they are."""
        parts, order = [], []
        for rows, some, n_model_rows in self._by_fixed(X):
            asked = outputs_of_rows(outputs, rows)
            part = some._explain_outputs(take(X, rows), pair, row_names[rows], asked)
            parts.append(with_more_rows(with_own_baselines(part), n_model_rows))
            order.append(rows)
        return in_order(parts, order, concatenated)

    def _by_fixed(self, X):
        """Rows by what their columns of no modality hold.

        Yields
        ------
        rows : ndarray of int
        explainer : LocalExplainer
            Fitted for them.
        n_model_rows : int
            Model rows that this took.
        """
        columns = self.disentangler_._fixed.columns
        for rows, fixed in rows_by_fixed(X, columns):
            some = copy(self)
            some.disentangler_, n_rows_of_baseline = self.disentangler_._with_fixed(
                fixed
            )
            references = some.disentangler_._references
            some._fits = local_fits(self, references, self.perturbers_, self._tol)
            total = some._fits.cost_of_fit(some._probe(), X).rows
            with some._engine(total, "fit") as engine:
                random_state = np.random.RandomState(self._table_seed)
                some._fits.tabulate(engine, random_state, None)
            yield rows, some, n_rows_of_baseline + engine.n_model_rows

    def _explain_outputs(self, X, pair, row_names, outputs):
        """Explain all outputs, some of them, or each row's own."""
        if outputs is None:
            return self._explain_rows(X, pair, row_names)
        dis = self.disentangler_
        positions, n_model_rows = dis._positions_of(outputs, X, self.n_jobs)
        if positions.ndim == 1:
            some = self._of_outputs(positions)
            return some._explain_rows(X, pair, row_names, n_model_rows)

        def of_rows(rows, chosen):
            some, spent = self._of_outputs(chosen), 0
            if self.budget is not None:  # rows get equal shares of what is left
                left = self.budget - self.n_model_rows_ - n_model_rows
                spent = self.budget - self.n_model_rows_ - left * len(rows) // n_rows(X)
            return some._explain_rows(take(X, rows), pair, row_names[rows], spent)

        result = by_own_outputs(of_rows, concatenated, positions, outputs)
        return with_more_rows(result, n_model_rows)

    def _of_outputs(self, chosen):
        """The same, fitted, for some of the outputs."""
        some = copy(self)
        some.disentangler_ = self.disentangler_._of_outputs(chosen)
        some._fits = self._fits.of_outputs(chosen)
        return some

    def _explain_rows(self, X, pair, row_names, spent=0):
        """Explain rows, after a number of model rows besides those of ``fit``."""
        dis, fits = self.disentangler_, self._fits
        if pair is not None:
            pair = positions_of_pair(pair, dis.modalities_)
            fits = fits.of_pair(pair)
        blocks = split(X, dis.modalities_)
        layout = layout_of_rows(self.perturbers_, blocks)
        sizes = n_rows(X), len(blocks), len(dis.output_names_)
        probe, pairs = self._probe(), pair is not None
        fits = self._affordable(X, fits, spent, pairs=pairs)
        total = dis._references.cost(probe, X, pairs=pairs) + fits.cost(probe, X)
        with self._engine(total.rows, "explain") as engine:
            effects = dis._references.effects(
                engine, X, pairs=pairs, by_tuple=fits.masked
            )
            if pairs:
                effects = effects_of_pair(effects, dis.baseline_, pair)
            values = decomposition(dis, X, engine, effects, pair)
            arrays = collect(fits.fit_locally(engine, X, effects), layout, *sizes)
        values = replace(values, row_names=row_names)
        warn_never_drawn(arrays["coef"], layout, self.perturbers_, blocks, pair)
        arrays, features = restricted(arrays, layout, pair or range(len(blocks)))
        feature_values, inputs = contents(layout, self.perturbers_, blocks, features)
        return Explanation(
            **arrays,
            decomposition=values,
            feature_names=layout.names[features],
            feature_modalities=layout.modalities[features],
            feature_values=feature_values,
            inputs=inputs,
            n_model_rows=engine.n_model_rows,
            n_encodings=engine.n_encodings,
        )

    def score(self, X: Rows, y: Any = None) -> float:
        """How well the surrogates predict perturbations they were not fitted on.

        Every perturbation is predicted by the surrogate fitted to all others, which
        a ridge gives in closed form, at no further model row.

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
        if self.disentangler_._fixed is None:
            return float(nan_mean(self._left_out_r2(X)))
        by_fixed = self._by_fixed(X)
        scores = [some._left_out_r2(take(X, rows)) for rows, some, _ in by_fixed]
        return float(nan_mean(np.concatenate(scores)))

    def _left_out_r2(self, X):
        fits, total = self._without_decomposition(X)
        with self._engine(total, "score") as engine:
            every = fits.fit_locally(engine, X)
            return np.concatenate([fit.left_out_r2.ravel() for fit in every])

    def cost(
        self,
        X: Rows,
        *,
        n_fit: int | None = None,
        explained: Explanation | None = None,
    ) -> Cost:
        """What ``fit`` and ``explain(X)`` cost, before the model sees any row.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The rows to explain.
        n_fit : int, default=None
            Before ``fit``, the rows that it will get. None is as many as
            ``n_references`` asks for, or the rows of `X` where all rows are references.
        explained : Explanation, default=None
            What this explainer returned for other rows: those of `X` are expected to
            take as many model rows each.

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
        >>> after.expected_explain_rows <= before.explain_rows
        True
        """
        check_parameters(self)
        if n_fit is not None:
            check_count("n_fit", n_fit)
        if hasattr(self, "n_model_rows_"):
            X = check_rows(self, X, reset=False)
            return cost_after_fit(self, X, explained)
        probe = clone(self)
        return cost_before_fit(self, check_rows(probe, X, reset=True), probe, n_fit)

    def forget(self) -> Self:
        """Remove the reference rows, before a fitted explainer is handed on.

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
        self._forget_rows()
        return self

    def describe_modalities(self, X: Rows | None = None) -> ModalityDescription:
        """What every column is taken for, why, and how to overrule it.

        Print it before you trust an explanation: the same numbers mean something else
        as amounts, as codes of categories and as a series. No model is evaluated.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns), default=None
            The rows to fit on, before ``fit``. After ``fit`` it is left out.

        Returns
        -------
        description : ModalityDescription
            One entry a column: what it is taken for (number, category, ordered, date,
            text, series, image, set), why, how many levels it has, what is typical,
            which perturber varies it, and how to overrule it. ``to_frame()`` makes a
            pandas frame of it.

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
        modality  column  taken for  levels  typical        why
        ward      ward    category   2       medical (50%)  dtype object
        age       age     number     20      mean 49.5      dtype int64
        note      note    text       20      5.0 words      100% of strings differ, ...
        """
        if X is None:
            check_is_fitted(self, "n_model_rows_")
            return self._description
        probe = clone(self)
        X = check_rows(probe, X, reset=True)
        names = feature_names_of(probe, X)
        dis = self.disentangler
        modalities, _ = resolve_modalities(X, dis.modalities, names, dis.remainder)
        self._check_names()
        choices, _ = bought(self, X, modalities)
        return described(choices, X, modalities, names)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Names of the columns of ``transform``.

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
        """Metadata requests of the disentangler, for ``fit``.

        Returns
        -------
        routing : MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self)
        return router.add(disentangler=self.disentangler, method_mapping=mapping)

    def _repr_html_inner(self):
        return super()._repr_html_inner() + self._description_html()

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += self._description_html()
        return bundle

    def _description_html(self):
        """What columns are taken for, below the diagram of a fitted explainer."""
        fitted = hasattr(self, "n_model_rows_")
        return self._description._repr_html_() if fitted else ""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.disentangler)
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        return tags

    def _seeded(self, random_state):
        """A clone of the disentangler, which has our seed if none of its own."""
        disentangler = clone(self.disentangler)
        seed = random_state.randint(np.iinfo(np.int32).max)
        if disentangler.get_params(deep=False).get("random_state", seed) is None:
            disentangler.set_params(random_state=seed)
        return disentangler

    @property
    def _tol(self):
        """The tolerance; of a noisy model there is none that more rows would reach."""
        return self.tol if self.disentangler_._is_deterministic else _NO_TOLERANCE

    def _fit_disentangler(self, X, y, fit_params, random_state):
        """The disentangler, and the perturbers where a budget chooses them before."""
        dis = self._seeded(random_state)
        if self.budget is None or isinstance(dis, FrozenEstimator):
            return dis.fit(X, y, **fit_params), None
        check_parameters(dis)
        names = feature_names_of(self, X)
        modalities, fixed = resolve_modalities(X, dis.modalities, names, dis.remainder)
        if len(fixed):
            raise ValueError(HOLDS)
        # before the model sees any row: whether a single one can be explained
        cost_before_fit(self, take(X, [0]), self, n_rows(X))
        choices, n_references = bought(self, X, modalities)
        if n_references is None:
            return dis._fit(X, y, fit_params), choices
        dis.set_params(n_references=n_references)
        return dis._fit(X, y, fit_params, shuffled=True), choices

    def _affordable(self, X, fits=None, spent=0, **options):
        """The surrogates of rows, within what the budget leaves."""
        fits = self._fits if fits is None else fits
        if self.budget is None:
            return fits
        spent += self.n_model_rows_
        return affordable(fits, self._probe(), X, self.budget, spent, **options)

    def _engine(self, total, task):
        # what shorter ways are compared with must not use them
        plan = "direct" if self.algorithm == "exhaustive" else "best"
        progress = Progress(total, f"LocalExplainer.{task}", self.verbose)
        return self.disentangler_._engine(self.n_jobs, plan, progress)

    def _probe(self):
        """What tells the cost of a task that is not done."""
        return self._engine(0, "cost")

    def _without_decomposition(self, X):
        """The surrogates of rows that are not decomposed, and their rows at most."""
        fits = self._affordable(X, effects=False)
        return fits, fits.cost(self._probe(), X, effects=False).rows

    def _baseline_rows(self):
        """Rows that fitting the disentangler took; none if it was fitted before."""
        frozen = isinstance(self.disentangler, FrozenEstimator)
        return 0 if frozen else self.disentangler_.n_model_rows_

    def _fit_surrogates(self, X, random_state, choices=None):
        """Perturbers and what does not depend on the explained rows."""
        modalities = self.disentangler_.modalities_
        self._check_names()
        if self.budget is not None and self.disentangler_._fixed is not None:
            raise ValueError(HOLDS)
        if choices is None:
            choices, _ = bought(self, X, modalities)
        names = feature_names_of(self, X)
        self._description = described(choices, X, modalities, names)
        warn_close_choices(self._description)
        chosen = [choice.perturber for choice in choices]
        self._check_effects(chosen)
        self.algorithm_ = self._chosen_algorithm(X, chosen)
        seeds = random_state.randint(np.iinfo(np.int32).max, size=len(modalities))
        state = random_state.get_state()
        auto = self.n_samples == "auto"
        self.n_samples_ = FEWEST_SAMPLES if auto else self.n_samples
        n_model_rows = self._baseline_rows()
        while True:
            random_state.set_state(state)
            n_model_rows += self._tabulate(X, chosen, seeds, random_state)
            self.converged_ = not auto or self._fits.sampling_error() <= self._tol
            if self.converged_ or self.n_samples_ >= MOST_SAMPLES:
                break
            self.n_samples_ = min(2 * self.n_samples_, MOST_SAMPLES)
        self.n_model_rows_ = n_model_rows
        if not self.converged_:
            warn_not_converged(self.n_samples_, self.tol)

    def _forget_rows(self):
        self._description = self._description.without_values()
        self._fits = self._fits.without_rows()
        keeps = bool(self._fits.families)
        self.perturbers_ = [
            (name, each if keeps else without_data(each))
            for name, each in self.perturbers_
        ]

    def _check_effects(self, chosen):
        """Refuse what effects other than slopes do not have."""
        names = [name for name, _ in self.disentangler_.modalities_]
        if all(perturber.masks_rows for perturber in chosen):
            for parameter in ("kernel_width", "alpha"):
                if getattr(self, parameter) != "auto":
                    raise ValueError(
                        f"`{parameter}` belongs to local straight lines of tables, but "
                        f"all modalities are masked ({listed(names)}). Leave it at "
                        "'auto'."
                    )
        for name, perturber in zip(names, chosen, strict=True):
            if perturber.masks_rows or not perturber.varies_columns:
                continue
            for parameter in ("kernel_width", "alpha"):
                if getattr(self, parameter) != "auto":
                    raise ValueError(
                        f"`{parameter}` belongs to local straight lines, but modality "
                        f"{name!r:.60} has effects={perturber.effects!r:.60}. Leave it "
                        "at 'auto', or set effects='slope'."
                    )

    def _chosen_algorithm(self, X, chosen):
        """Coalitions where tables of draws would take the model long."""
        if self.budget is not None:
            return "coalitions"
        if self.algorithm != "auto":
            return self.algorithm
        self.algorithm_ = "draws"
        dis = self.disentangler_
        names = [name for name, _ in dis.modalities_]
        named = list(zip(names, chosen, strict=True))
        fits = local_fits(self, dis._references, named)
        seconds = fits.cost_of_fit(self._engine(0, "cost"), X).rows
        seconds *= self._engine(0, "cost").plan.seconds_per_row
        return "coalitions" if seconds > _LONG_FIT else "draws"

    def _tabulate(self, X, chosen, seeds, random_state):
        """Fit perturbers, evaluate what all rows share; the model rows it took."""
        dis = self.disentangler_
        names = feature_names_of(self, X)
        read = columns_read(dis.estimator_, len(names))
        self.perturbers_ = fit_perturbers(
            chosen, X, dis.modalities_, names, self.n_samples_, seeds, read
        )
        self._fits = local_fits(self, dis._references, self.perturbers_, self._tol)
        if dis._fixed is not None:  # tabulated again for what rows hold in columns
            self._table_seed = random_state.randint(np.iinfo(np.int32).max)
            random_state = np.random.RandomState(self._table_seed)
        total = self._fits.cost_of_fit(self._probe(), X).rows
        with self._engine(total, "fit") as engine:
            self._fits.tabulate(engine, random_state, X)
        return engine.n_model_rows

    def _check_names(self):
        """Refuse names of perturbers that no parameter can have."""
        named = named_perturbers(self.perturbers)
        try:
            self._validate_names(
                [name for name, _ in as_pairs(self.perturbers)] if named else []
            )
        except ValueError as error:
            raise ValueError(f"`perturbers` has unusable names. {error}") from error
