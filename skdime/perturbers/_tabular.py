"""TabularPerturber: the neighbourhood of a row in a table."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, Literal, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdime._rows.containers import (
    column,
    join,
    n_rows,
    select,
    stack,
    take,
    with_values,
)
from skdime._utils.annotations import Auto, Names, Random
from skdime._utils.checks import check_count
from skdime._utils.random import balanced
from skdime._utils.rounding import DOUBLE_PRECISION
from skdime.perturbers._base import NeighbourhoodPerturber
from skdime.perturbers._bases import CUBIC, HATS, Spline, UnreadBasis, column_basis
from skdime.perturbers._columns import (
    BinColumn,
    CategoryColumn,
    LimeCategoryColumn,
    NumberColumn,
    UnreadColumn,
    sample_in_bins,
)
from skdime.perturbers._design import (
    DEFAULT_ALPHA,
    LocalDesign,
    log_kernel,
    normalised,
    width_of_kernel,
)
from skdime.perturbers._joint_values import JointValues, joint_values
from skdime.perturbers._spread import spread_rows
from skdime.perturbers._tables import (
    categorical_columns,
    column_names_of,
    encoded,
    feature_texts,
    group_columns,
    like_modality,
    read_column,
    table_of,
)


class TabularPerturber(NeighbourhoodPerturber):
    """Explain columns of a table by values drawn from the data.

    All rows share the draws. A coefficient estimates how much the output changes when a
    column moves from its average to its value in this row. The average is the mean of
    a number, or the shares of the categories.

    Parameters
    ----------
    sampler : {"features", "rows", "lime"}, default="features"
        ``"features"`` draws each feature on its own from the rows passed to ``fit``.
        ``"rows"`` draws whole rows, which keeps the dependence between features.
        ``"lime"`` is LIME's own recipe: numbers are cut at their quartiles, drawn
        from a truncated normal within the bin (integers: from the bin's values), and
        the regressor is "same bin as in the row"; kernel and penalty are LIME's, with
        ``alpha`` 1 by default. Its coefficients compare with any other bin.
    effects : {"shapley", "main", "slope"}, default="shapley"
        Kind of coefficient. ``"shapley"``: the Shapley value of the feature. Its effect
        may bend, and interactions within the modality are shared among features.
        ``"main"``: the effect of the feature on its own, with the other features of the
        modality averaged over the data. ``"slope"``: the slope of a local linear model
        times the distance from the mean, to ask what a small change of the value does.
        It is fitted with kernel weights, which favour draws close to the row. Samplers
        other than ``"features"`` need it.
    categorical_features : "from_dtype" or list, default="from_dtype"
        Which columns are categories. ``"from_dtype"``: all but numbers, dates and
        durations. A list holds names, or positions within the modality.
    groups : dict of str to list, default=None
        Columns (names, or positions within the modality) that are one feature
        together. They are drawn jointly from the same row and get one coefficient. It
        compares with the mean over the rows passed to ``fit``, at most 20,000 of which
        are kept for this.
    min_count : int, default=1
        Number of rows passed to ``fit`` in which a category must occur to be drawn.
        Rarer ones, such as names of persons, are neither drawn nor stored. Only the
        output of an explained row tells what they do: ``explain`` warns. With
        ``effects="slope"`` their coefficients are nan.

    Attributes
    ----------
    draws_ : container of rows of shape (n_samples, n_columns)
        Values drawn as often as the data has them.
    points_ : container of rows of shape (n_samples, n_columns)
        Where the model is evaluated: the draws, one in eight of which has rare values
        and tails of numbers more often.
    feature_names_ : ndarray of str of shape (n_features,)
        Names of the features: columns, and groups at the place of their first column.
    categorical_ : ndarray of bool of shape (n_columns,)
        Which columns are categories.
    unread_ : ndarray of int
        Positions of columns that provably do not affect the model's output.

    Examples
    --------
    >>> from skdime.perturbers import TabularPerturber
    >>> TabularPerturber(groups={"vitals": ["pulse", "pressure"]})
    TabularPerturber(groups={'vitals': ['pulse', 'pressure']})
    """

    def __init__(
        self,
        sampler: Literal["features", "rows", "lime"] = "features",
        *,
        effects: Literal["shapley", "main", "slope"] = "shapley",
        categorical_features: Literal["from_dtype"] | Sequence[Any] = "from_dtype",
        groups: Mapping[str, Sequence[Any]] | None = None,
        min_count: int = 1,
    ) -> None:
        self.sampler = sampler
        self.effects = effects
        self.categorical_features = categorical_features
        self.groups = groups
        self.min_count = min_count

    def fit(
        self, X: Any, n_samples: int, feature_names: Names, random_state: Random
    ) -> Self:
        """Draw the perturbations; see :class:`NeighbourhoodPerturber`."""
        if self.sampler not in ("features", "rows", "lime"):
            raise ValueError(
                "The 'sampler' parameter of TabularPerturber must be 'features', "
                f"'rows' or 'lime'. Got {self.sampler!r:.60} instead."
            )
        self._check_effects()
        check_count("min_count", self.min_count)
        table, names = table_of(X), column_names_of(X, feature_names)
        self.feature_names_, self._features = group_columns(self.groups, names)
        self.categorical_ = categorical_columns(self, table, names)
        pools = self._pools(table, names)
        chosen = self._choose_rows(pools, n_samples, random_state)
        self._columns, self._codes, drawn, every = [], [], [], []
        self._bases: dict[Spline, list] = {spline: [] for spline in (HATS, CUBIC)}
        for j, rows in enumerate(chosen):
            block = take(select(table, [j]), rows)
            values, codes = read_column(self, table, j, names[j])
            if self.sampler == "lime" and codes is None and _is_float(table, j):
                block = self._draw_in_bins(block, values, rows, random_state)
            drawn.append(block)
            every.append(values)
            self._columns.append(self._column(values, codes, block))
            self._codes.append(codes)
            if self.varies_columns:
                for spline, bases in self._bases.items():
                    bases.append(column_basis(values, codes is not None, spline))
        self.draws_ = self._points = like_modality(X, _side_by_side(drawn))
        self._joint: dict[int, JointValues] = {}
        if self.varies_columns:
            at_points = self._spread(every, pools, chosen, random_state)
            self._points = self.recombined(X, at_points)
            for g, pool in pools.items():
                columns = self.columns_of(g)
                if len(columns) > 1:
                    self._joint[g] = joint_values(every, columns, pool)
        self.unread_ = np.array([], dtype=int)
        return self

    def set_unread(self, columns: np.ndarray) -> None:
        """Tell the fitted perturber which columns the model does not read.

        Their coefficients are exactly 0.

        Parameters
        ----------
        columns : ndarray of int
            Positions within the modality.
        """
        self.unread_ = columns
        for j in columns:
            self._columns[j] = UnreadColumn(self._columns[j].draws)
            for bases in self._bases.values():
                if bases:
                    bases[j] = UnreadBasis()

    def design(
        self, X: Any, kernel_width: float | Auto, alpha: float | Auto
    ) -> LocalDesign:
        """The local designs of rows; see :class:`NeighbourhoodPerturber`."""
        check_is_fitted(self)
        table = table_of(X)
        squared_distance = 0.0
        regressors, features = [], []
        for j, table_column in enumerate(self._columns):
            x = encoded(column(table, j), self._codes[j])
            squared_distance = squared_distance + table_column.squared_distance(x)
            column_regressors = table_column.regressors(x)
            regressors += column_regressors
            features += [self._features[j]] * len(column_regressors)
        # columns that are not read are at no distance, as if they were not there
        n_columns = max(len(self._columns) - len(self.unread_), 1)
        width = width_of_kernel(kernel_width, n_columns)
        log_weights = log_kernel(squared_distance, width)
        weights = normalised(log_weights)
        # numbers look the same from every row, and then all rows share them
        values = [regressor.values for regressor in regressors]
        variance = np.stack(np.broadcast_arrays(*[v.var(axis=1) for v in values]), -1)
        values = np.stack(np.broadcast_arrays(*values), axis=-1)
        at_row = np.stack([regressor.at_row for regressor in regressors], axis=-1)
        average = np.stack([regressor.average for regressor in regressors], axis=-1)
        return LocalDesign(
            regressors=values,
            weights=weights,
            average=average,
            contrast=at_row - average,
            penalty=self._penalty(variance, log_weights, alpha),
            features=np.array(features),
        )

    def draw_features(self) -> np.ndarray:
        """The draws as numbers; see :class:`NeighbourhoodPerturber`.

        Returns
        -------
        features : ndarray of shape (n_samples, n_numbers)
            Standardised numbers, and indicators of frequent categories.
        """
        return np.hstack([table_column.features() for table_column in self._columns])

    def describe(self, X: Any) -> np.ndarray:
        """What the rows hold, feature by feature, as text."""
        return feature_texts(table_of(X), self._features)

    def basis_functions(
        self, X: Any, spline: Spline
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """Evaluate the basis functions of every column.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The modality's columns.
        spline : Spline
            How numbers may bend.

        Returns
        -------
        functions : list of ndarray of shape (n_rows, n_functions)
            For each column.
        lines : ndarray of shape (n_rows, n_columns)
            Standardised numbers, 0 for categories.
        """
        pairs = self._with_values(self._bases[spline], X)
        lines = np.column_stack([basis.line(x) for basis, x in pairs])
        return [basis(x) for basis, x in pairs], lines

    def joint_functions(
        self, feature: int, spline: Spline
    ) -> tuple[JointValues, list[np.ndarray], np.ndarray]:
        """Basis functions of a feature of several columns, over the rows of ``fit``.

        Parameters
        ----------
        feature : int
            Position of the feature.
        spline : Spline
            How numbers may bend.

        Returns
        -------
        joint : JointValues
            The rows.
        functions : list of ndarray of shape (n_rows, n_functions)
            For each of its columns.
        lines : ndarray of shape (n_rows, n_columns)
            Standardised numbers, 0 for categories.
        """
        joint, bases = self._joint[feature], self._bases[spline]
        pairs = list(zip(joint.columns, joint.values.T, strict=True))
        lines = np.column_stack([bases[j].line(x) for j, x in pairs])
        return joint, [bases[j](x) for j, x in pairs], lines

    def numbers(self, X: Any) -> np.ndarray:
        """The columns that are read as numbers.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The modality's columns.

        Returns
        -------
        numbers : ndarray of shape (n_rows, n_columns)
            nan where a number is missing, and for categories and unread columns.
        """
        numbers = self.values(X)
        for j, codes in enumerate(self._codes):
            if codes is not None or j in self.unread_:
                numbers[:, j] = np.nan
        return numbers

    def values(self, X: Any) -> np.ndarray:
        """The columns as numbers and codes: equal where values are.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The modality's columns.

        Returns
        -------
        values : ndarray of shape (n_rows, n_columns)
            nan where a number is missing, 0 in unread columns.
        """
        pairs = self._with_values(self._bases[HATS], X)
        values = np.column_stack([x for _, x in pairs]).astype(float)
        values[:, list(self.unread_)] = 0
        return values

    def may_matter(self, X: Any) -> np.ndarray:
        """Which values may have an effect: all but those of constant columns.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The modality's columns.

        Returns
        -------
        may_matter : ndarray of bool of shape (n_rows, n_columns)
        """
        pairs = self._with_values(self._bases[HATS], X)
        return ~np.column_stack([basis.is_only_value(x) for basis, x in pairs])

    def is_unknown(self, X: Any) -> np.ndarray:
        """Which values no row of ``fit`` tells of: new ones of a constant, new levels.

        Of columns that are one feature, two flags or missing values that are new
        together, too.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The modality's columns.

        Returns
        -------
        is_unknown : ndarray of bool of shape (n_rows, n_columns)
        """
        pairs = self._with_values(self._bases[HATS], X)
        is_unknown = np.column_stack([basis.is_unknown(x) for basis, x in pairs])
        values = np.column_stack([x for _, x in pairs]).astype(float)
        for joint in self._joint.values():
            is_new = joint.have_new_pairs(values[:, joint.columns])
            is_unknown[:, joint.columns] |= is_new[:, None]
        is_unknown[:, list(self.unread_)] = False
        return is_unknown

    def _with_values(self, bases, X):
        """The basis of each column, and the column's values as it takes them."""
        table = table_of(X)
        return [
            (basis, encoded(column(table, j), codes))
            for j, (basis, codes) in enumerate(zip(bases, self._codes, strict=True))
        ]

    def recombined(self, X: Any, rows: np.ndarray) -> Any:
        """Put rows together whose columns come from different rows.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The modality's columns.
        rows : ndarray of int of shape (n, n_columns)
            For every column the rows that it is taken from.

        Returns
        -------
        recombined : container of rows of shape (n, n_columns)
        """
        table = table_of(X)
        columns = [take(select(table, [j]), rows[:, j]) for j in range(rows.shape[1])]
        return like_modality(X, _side_by_side(columns))

    @property
    def points_(self) -> Any:
        """The draws, some of them with rare values more often than the data.

        What combinations of rare values do is then seen. Surrogates that bend know the
        shares of all values from the rows given to ``fit``; others take the draws.
        """
        return self._points

    @property
    def varies_columns(self) -> bool:
        """Whether a row's own columns are varied, by `effects` other than "slope"."""
        return self.effects != "slope"

    @property
    def features_(self) -> np.ndarray:
        """The feature of every column, ndarray of int of shape (n_columns,)."""
        return self._features

    def _check_effects(self):
        if self.effects not in ("slope", "shapley", "main"):
            raise ValueError(
                "The 'effects' parameter of TabularPerturber must be 'shapley', "
                f"'main' or 'slope'. Got {self.effects!r:.60} instead."
            )
        if self.varies_columns and self.sampler != "features":
            raise ValueError(
                f"effects={self.effects!r:.60} draws every feature by itself, but "
                "sampler "
                f"is {self.sampler!r:.60}. Set sampler='features', or effects='slope'."
            )

    def columns_of(self, feature: int) -> np.ndarray:
        """The columns of a feature; see :class:`NeighbourhoodPerturber`."""
        return np.flatnonzero(self._features == feature)

    def redraw(self, X: Any, n_samples: int, random_state: Random) -> Self:
        """Draw again; see :class:`NeighbourhoodPerturber`.

        Where features are drawn one by one, values are also taken from the draws of
        ``fit``. Draws with a missing number where ``fit`` drew none are left out: no
        regressor tells missing from present there.
        """
        pool = table_of(X)
        if self.sampler != "rows":
            pool = stack([pool, table_of(self.draws_)])
        every = np.arange(n_rows(pool))
        chosen = self._choose_rows(
            dict.fromkeys(self._units().tolist(), every), n_samples, random_state
        )
        draws = _side_by_side(
            [take(select(pool, [j]), rows) for j, rows in enumerate(chosen)]
        )
        values = [encoded(column(draws, j), c) for j, c in enumerate(self._codes)]
        pairs = list(zip(self._columns, values, strict=True))
        usable = np.logical_and.reduce([each.can_take(x) for each, x in pairs])
        fresh = copy(self)
        fresh.draws_ = like_modality(X, take(draws, np.flatnonzero(usable)))
        fresh._points = fresh.draws_
        fresh._columns = [each.with_draws(x[usable]) for each, x in pairs]
        return fresh

    def _penalty(self, variance, log_weights, alpha):
        """Relative to each regressor's variance; LIME's is absolute."""
        if self.sampler == "lime":
            alpha = 1.0 if alpha == "auto" else alpha
            total = np.exp(log_weights).sum(axis=1, keepdims=True)
            # weights of a row that is far from all draws underflow
            share = alpha / np.maximum(total, 1e-12)
            return np.repeat(share, variance.shape[-1], axis=1)
        alpha = DEFAULT_ALPHA if alpha == "auto" else alpha
        return alpha * np.where(variance > DOUBLE_PRECISION, variance, 1.0)

    def _column(self, values, codes, block):
        draws = encoded(column(block, 0), codes)
        lime = self.sampler == "lime"
        if codes is not None:
            kind = LimeCategoryColumn if lime else CategoryColumn
        else:
            kind = BinColumn if lime else NumberColumn
        return kind(values, draws)

    def _draw_in_bins(self, block, values, rows, random_state):
        drawn = sample_in_bins(values, values[rows], random_state)
        return with_values(block, drawn)

    def _pools(self, table, names):
        """By unit, the rows that draws of its columns may be taken from."""
        every, units = np.arange(n_rows(table)), self._units().tolist()
        pools = dict.fromkeys(units, every)
        frequent = np.flatnonzero(self.categorical_) if self.min_count > 1 else []
        for j in frequent:
            codes, _ = read_column(self, table, j, names[j])
            pool = pools[units[j]]
            pools[units[j]] = pool = pool[codes[pool] >= 0]
            if not len(pool):
                raise ValueError(
                    f"`min_count` of TabularPerturber is {self.min_count}, and no row "
                    f"has a category of column {names[j]!r:.60}, and of those drawn "
                    "with it, that occurs so often. Lower it, or drop the column from "
                    "X."
                )
        return pools

    def _choose_rows(self, pools, n_samples, random_state):
        """For every column the rows that its draws are taken from."""
        units = self._units().tolist()
        independent = random_state.randint if self.sampler == "lime" else None
        by_unit = {}
        for unit in sorted(pools):
            pool = pools[unit]
            by_unit[unit] = pool[
                independent(len(pool), size=n_samples)
                if independent
                else balanced(len(pool), n_samples, random_state)
            ]
        return [by_unit[unit] for unit in units]

    def _spread(self, columns, pools, chosen, random_state):
        """For every point and column the row that its value is taken from."""
        rows = np.column_stack(chosen)
        for g, pool in sorted(pools.items()):
            of_feature = self.columns_of(g)
            every = [columns[j] for j in of_feature]
            at = spread_rows(every, pool, chosen[of_feature[0]], random_state)
            rows[:, of_feature] = at[:, None]
        return rows

    def _units(self):
        """Columns with the same number are drawn from the same rows."""
        return self._features * (self.sampler != "rows")


def _side_by_side(columns):
    return join(columns, [np.array([j]) for j in range(len(columns))])


def _is_float(X, j):
    return getattr(column(X, j).dtype, "kind", None) == "f"
