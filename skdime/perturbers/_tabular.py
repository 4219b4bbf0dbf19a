"""TabularPerturber: the neighbourhood of a row in a table."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdime._containers import column, join, n_rows, select, take, with_values
from skdime._surrogate import LocalDesign
from skdime.perturbers._base import NeighbourhoodPerturber, log_kernel, normalised
from skdime.perturbers._columns import (
    BinColumn,
    CategoryColumn,
    LimeCategoryColumn,
    NumberColumn,
    sample_in_bins,
)
from skdime.perturbers._values import Codes, as_labels, as_numbers, as_texts, is_number

_DEFAULT_ALPHA = 1e-3


class TabularPerturber(NeighbourhoodPerturber):
    """Perturb table columns by values drawn from the data.

    The draws are the same for every row. A row enters through kernel weights, which
    favour draws that are close to it, and through the regressors: the value itself
    for a number, "same value as in the row" for a category.

    Parameters
    ----------
    sampler : {"features", "rows", "lime"}, default="features"
        ``"features"`` draws every feature by itself from the rows given to ``fit``,
        ``"rows"`` draws whole rows, which keeps the dependence between features.
        ``"lime"`` is LIME's own recipe: numbers are cut at their quartiles, drawn
        from a truncated normal within the bin (integers: from the bin's values), and
        the regressor is "same bin as in the row"; kernel and penalty are LIME's, with
        ``alpha`` 1 by default. Its coefficients compare with any other bin.
    categorical_features : "from_dtype" or list, default="from_dtype"
        Which columns are categories. ``"from_dtype"``: all but numbers, dates and
        durations. A list holds names, or positions within the modality.
    groups : dict of str to list, default=None
        Columns (names, or positions within the modality) that are one feature
        together. They are drawn jointly from the same row and get one coefficient.

    Attributes
    ----------
    draws_ : container of rows of shape (n_samples, n_columns)
        The perturbed values.
    feature_names_ : ndarray of str of shape (n_features,)
        Names of the features: columns, and groups at the place of their first column.
    categorical_ : ndarray of bool of shape (n_columns,)
        Which columns are categories.

    Examples
    --------
    >>> from skdime.perturbers import TabularPerturber
    >>> TabularPerturber(groups={"vitals": ["pulse", "pressure"]})
    TabularPerturber(groups={'vitals': ['pulse', 'pressure']})
    """

    def __init__(
        self, sampler="features", *, categorical_features="from_dtype", groups=None
    ):
        self.sampler = sampler
        self.categorical_features = categorical_features
        self.groups = groups

    def fit(self, X, n_samples, feature_names, random_state):
        """Draw the perturbations; see :class:`NeighbourhoodPerturber`."""
        if self.sampler not in ("features", "rows", "lime"):
            raise ValueError(
                "The 'sampler' parameter of TabularPerturber must be 'features', "
                f"'rows' or 'lime'. Got {self.sampler!r} instead."
            )
        if len(X.shape) != 2:
            raise ValueError(
                f"TabularPerturber perturbs the columns of a table, but the modality "
                f"has shape {X.shape}. Give it a perturber for its kind of data."
            )
        names = [str(name) for name in feature_names]
        self.feature_names_, self._features = self._group(names)
        self.categorical_ = self._categorical(X, names)
        chosen = self._choose_rows(n_rows(X), n_samples, random_state)
        self._columns, self._codes, drawn = [], [], []
        for j, rows in enumerate(chosen):
            block = take(select(X, [j]), rows)
            values = self._values(X, j, names[j])
            if self.sampler == "lime" and _is_float(X, j) and not self.categorical_[j]:
                block = self._draw_in_bins(X, j, rows, values, random_state)
            drawn.append(block)
            self._columns.append(self._column(values, block))
            self._codes.append(values.codes)
        self.draws_ = join(drawn, [np.array([j]) for j in range(len(names))])
        return self

    def design(self, X, kernel_width, alpha):
        """The local designs of rows; see :class:`NeighbourhoodPerturber`."""
        check_is_fitted(self)
        squared_distance = 0.0
        regressors, features = [], []
        for j, known in enumerate(self._columns):
            x = _encoded(column(X, j), self._codes[j])
            squared_distance = squared_distance + known.squared_distance(x)
            found = known.regressors(x)
            regressors += found
            features += [self._features[j]] * len(found)
        width = kernel_width
        if width == "auto":
            width = 0.75 * np.sqrt(len(self._columns))
        log_weights = log_kernel(squared_distance, width)
        weights = normalised(log_weights)
        # numbers look the same from every row, and then all rows share them
        values = [regressor.values for regressor in regressors]
        variance = np.stack(np.broadcast_arrays(*[v.var(axis=1) for v in values]), -1)
        values = np.stack(np.broadcast_arrays(*values), axis=-1)
        at_row = np.stack([regressor.at_row for regressor in regressors], axis=-1)
        typical = np.stack([regressor.typical for regressor in regressors], axis=-1)
        return LocalDesign(
            regressors=values,
            weights=weights,
            typical=typical,
            contrast=at_row - typical,
            penalty=self._penalty(variance, log_weights, alpha),
            features=np.array(features),
        )

    def draw_features(self):
        """The draws as numbers; see :class:`NeighbourhoodPerturber`.

        Returns
        -------
        features : ndarray of shape (n_samples, n_numbers)
            Standardised numbers, and indicators of frequent categories.
        """
        return np.hstack([known.features() for known in self._columns])

    def describe(self, X):
        """What the rows hold, feature by feature, as text."""
        texts = [as_texts(column(X, j)) for j in range(X.shape[1])]
        grouped = [
            [text for j, text in enumerate(texts) if self._features[j] == f]
            for f in range(len(self.feature_names_))
        ]
        joined = [[", ".join(row) for row in zip(*g, strict=True)] for g in grouped]
        return np.array(joined, dtype=str).T

    def _penalty(self, variance, log_weights, alpha):
        """Relative to each regressor's variance; LIME's is absolute."""
        if self.sampler == "lime":
            alpha = 1.0 if alpha == "auto" else alpha
            total = np.exp(log_weights).sum(axis=1, keepdims=True)
            share = alpha / np.maximum(total, 1e-12)
            return np.repeat(share, variance.shape[-1], axis=1)
        alpha = _DEFAULT_ALPHA if alpha == "auto" else alpha
        return alpha * np.where(variance > 1e-12, variance, 1.0)

    def _values(self, X, j, name):
        try:
            return _Values(X, j, self.categorical_[j])
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Column {name!r} cannot be read as numbers, and "
                f"categorical_features={self.categorical_features!r} does not make it "
                f"a category: {error}"
            ) from error

    def _column(self, values, block):
        draws = _encoded(column(block, 0), values.codes)
        lime = self.sampler == "lime"
        if values.codes is not None:
            kind = LimeCategoryColumn if lime else CategoryColumn
        else:
            kind = BinColumn if lime else NumberColumn
        return kind(values.encoded, draws)

    def _draw_in_bins(self, X, j, rows, values, random_state):
        drawn = sample_in_bins(values.encoded, values.encoded[rows], random_state)
        return with_values(take(select(X, [j]), rows), drawn)

    def _choose_rows(self, n, n_samples, random_state):
        """For every column the rows that its draws are taken from."""
        units = self._features * (self.sampler != "rows")
        independent = random_state.randint if self.sampler == "lime" else None
        by_unit = {
            unit: independent(n, size=n_samples)
            if independent
            else _balanced(n, n_samples, random_state)
            for unit in np.unique(units)
        }
        return [by_unit[unit] for unit in units]

    def _categorical(self, X, names):
        if isinstance(self.categorical_features, str):
            if self.categorical_features != "from_dtype":
                raise ValueError(
                    "The 'categorical_features' parameter of TabularPerturber must be "
                    "'from_dtype' or a list of columns. Got "
                    f"{self.categorical_features!r} instead."
                )
            return np.array([not is_number(column(X, j)) for j in range(len(names))])
        chosen = [
            _position(names, name, "categorical_features")
            for name in self.categorical_features
        ]
        return np.isin(np.arange(len(names)), chosen)

    def _group(self, names):
        """Names of the features, and the feature of every column."""
        if self.groups is not None and not hasattr(self.groups, "items"):
            raise TypeError(
                "`groups` must be a dict from names of groups to lists of columns, as "
                f"in {{'vitals': ['pulse', 'pressure']}}. Got {self.groups!r} instead."
            )
        group_of = {}
        for group, members in (self.groups or {}).items():
            for member in members:
                position = _position(names, member, "groups")
                if position in group_of:
                    raise ValueError(
                        f"`groups` puts column {names[position]!r} in both "
                        f"{group_of[position]!r} and {group!r}; a column is in one "
                        "group at most."
                    )
                group_of[position] = str(group)
        alone = {name for j, name in enumerate(names) if j not in group_of}
        if shared := sorted(alone & set(group_of.values())):
            raise ValueError(
                f"`groups` names a group {shared[0]!r}, which is also a column outside "
                "the group. Choose another name."
            )
        labels = [group_of.get(j, name) for j, name in enumerate(names)]
        feature_names = list(dict.fromkeys(labels))
        features = np.array([feature_names.index(label) for label in labels])
        return np.array(feature_names), features


class _Values:
    """A column of the rows to draw from: as numbers, or as codes of categories."""

    def __init__(self, X, j, categorical):
        raw = column(X, j)
        self.codes = Codes(as_labels(raw)) if categorical else None
        self.encoded = _encoded(raw, self.codes)


def _encoded(raw, codes):
    return as_numbers(raw) if codes is None else codes(as_labels(raw))


def _balanced(n, n_samples, random_state):
    """Row numbers in random order, each as often as any other, give or take one."""
    repeats = -(-n_samples // n)
    orders = [random_state.permutation(n) for _ in range(repeats)]
    return np.concatenate(orders)[:n_samples]


def _is_float(X, j):
    return getattr(column(X, j).dtype, "kind", None) == "f"


def _position(names, name, parameter):
    if isinstance(name, (int, np.integer)) and 0 <= name < len(names):
        return int(name)
    if str(name) in names:
        return names.index(str(name))
    raise ValueError(
        f"`{parameter}` asks for column {name!r}, which is not in the modality; its "
        f"columns are {names[:5]}{'...' if len(names) > 5 else ''}."
    )
