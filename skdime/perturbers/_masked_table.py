"""MaskedTabularPerturber: columns of a table kept, or replaced by one value."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdime._rows.containers import cells, column, join, select, stack, take, with_cells
from skdime._rows.values import as_labels
from skdime._utils.annotations import Masks, Names, Seed
from skdime.perturbers._masks import Effects, MaskPerturber
from skdime.perturbers._tables import (
    categorical_columns,
    column_names_of,
    feature_texts,
    group_columns,
    like_modality,
    read_column,
    table_of,
)


class MaskedTabularPerturber(MaskPerturber):
    """Explain tables by replacing columns with one value, as words and segments are.

    A coefficient estimates how much the output changes if a column has the value of the
    row instead of its replacement. It means the same as those of text, series and
    images. The replacement is a value that occurs in the rows passed to ``fit``: the
    median of numbers, the most frequent category (or missing). A group takes all its
    values from one row.

    By default tables get a :class:`TabularPerturber`, which evaluates more than two
    values of a number.

    Parameters
    ----------
    categorical_features : "from_dtype" or list, default="from_dtype"
        Which columns are categories. ``"from_dtype"``: all but numbers, dates and
        durations. A list holds names, or positions within the modality.
    groups : dict of str to list, default=None
        Columns (names, or positions within the modality) that are one feature
        together.
    effects : {"shapley", "banzhaf"}, default="shapley"
        Kind of coefficient; see :class:`MaskPerturber`.

    Attributes
    ----------
    replacement_ : container of rows of shape (1, n_columns)
        The replacements, in the dtypes of the data.
    feature_names_ : ndarray of str of shape (n_features,)
        Names of the features: columns, and groups at the place of their first column.
    categorical_ : ndarray of bool of shape (n_columns,)
        Which columns are categories.

    See Also
    --------
    TabularPerturber : Draws values from the data.

    Notes
    -----
    The replacement of a feature is its medoid: the one with the least mean distance to
    all rows, by Gower's distance [1]_. Numbers differ by the absolute value of their
    difference, categories by 0 or 1. In a group, each column is divided by the mean
    distance between two rows. Rows in which fewer numbers are missing come first.

    References
    ----------
    .. [1] J. C. Gower, "A General Coefficient of Similarity and Some of Its
       Properties", Biometrics 27 (1971), 857-871.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime.perturbers import MaskedTabularPerturber
    >>> X = np.array([[1, 20], [3, 30], [9, 90]])
    >>> perturber = MaskedTabularPerturber().fit(X, ["pulse", "pressure"])
    >>> perturber.replacement_
    array([[ 3, 30]])
    >>> perturber.perturb_row(X[[2]], np.array([[True, False], [False, True]]))
    array([[ 9, 30],
           [ 3, 90]])
    """

    def __init__(
        self,
        categorical_features: Literal["from_dtype"] | Sequence[Any] = "from_dtype",
        groups: Mapping[str, Sequence[Any]] | None = None,
        *,
        effects: Effects = "shapley",
    ) -> None:
        self.categorical_features = categorical_features
        self.groups = groups
        self.effects = effects

    def fit(
        self, X: Any, column_names: Names | None = None, random_state: Seed = None
    ) -> Self:
        """Find the replacements; see :class:`MaskPerturber`."""
        self._check_effects()
        table = table_of(X)
        if column_names is None:
            column_names = [f"x{j}" for j in range(X.shape[1])]
        names = column_names_of(X, column_names)
        self.feature_names_, self._features = group_columns(self.groups, names)
        self.categorical_ = categorical_columns(self, table, names)
        self._members = [
            np.flatnonzero(self._features == f) for f in range(len(self.feature_names_))
        ]
        replacements = []
        for members in self._members:
            read = [read_column(self, table, j, names[j]) for j in members]
            replacements.append(take(select(table, members), [_medoid(read)]))
        self.replacement_ = join(replacements, self._members)
        self._unread = np.zeros(len(names), dtype=bool)
        return self

    def set_unread(self, columns: np.ndarray) -> None:
        """Tell the fitted perturber which columns the model does not read.

        Their coefficients are exactly 0.

        Parameters
        ----------
        columns : ndarray of int
            Positions within the modality.
        """
        self._unread[columns] = True

    def features(self, cell: Any) -> list[str]:
        """Names of columns and groups; see :class:`MaskPerturber`."""
        check_is_fitted(self)
        return self.feature_names_.tolist()

    def perturb(self, cell: Any, masks: Masks) -> Any:
        """The row with some columns replaced; see :class:`MaskPerturber`."""
        return cells(self.perturb_row(self._row(cell), masks))

    def perturb_row(self, row: Any, masks: Masks) -> Any:
        """A container of one row, perturbed: a container of ``len(masks)`` rows."""
        check_is_fitted(self)
        both = stack([table_of(row), self.replacement_])
        replaced = ~np.asarray(masks, dtype=bool)
        blocks = [
            take(select(both, members), replaced[:, f].astype(int))
            for f, members in enumerate(self._members)
        ]
        return like_modality(row, join(blocks, self._members))

    def inert(self, cell: Any) -> np.ndarray:
        """Features equal to their replacement; see :class:`MaskPerturber`."""
        row = self._row(cell)
        own, replacements = (
            [as_labels(column(table, j)) for j in range(len(self._features))]
            for table in (row, self.replacement_)
        )
        same = np.array([a == b for a, b in zip(own, replacements, strict=True)])
        same |= self._unread
        return np.array([same[members].all() for members in self._members])

    def describe(self, cell: Any) -> list[str]:
        """The values of every feature, as text.

        Parameters
        ----------
        cell : scalar or ndarray of shape (n_columns,)

        Returns
        -------
        texts : list of str of length n_features
        """
        return feature_texts(self._row(cell), self._features)[0].tolist()

    def _row(self, cell):
        """A cell as a table of one row, in the dtypes of the data."""
        check_is_fitted(self)
        return with_cells(self.replacement_, [cell])


def _medoid(columns):
    """The row with the least mean distance to all rows.

    Parameters
    ----------
    columns : list of (ndarray of shape (n_rows,), Codes or None)
        Numbers, or codes of categories.

    Returns
    -------
    row : int
    """
    missing, distance = 0, 0.0
    for values, codes in columns:
        is_finite = np.isfinite(values)
        missing = missing + ~is_finite
        if is_finite.any():
            apart = _number_distances if codes is None else _category_distances
            distances = apart(values[is_finite])
            mean = distances.mean()
            scaled = np.zeros(len(values))
            scaled[is_finite] = distances / mean if mean > 0 else 0.0
            distance = distance + scaled
    distance = np.broadcast_to(distance, np.shape(missing))
    return int(np.lexsort((distance, missing))[0])


def _number_distances(values):
    """Mean absolute difference of each number from all of them."""
    centred = values - np.median(values)
    levels, level, count = np.unique(centred, return_inverse=True, return_counts=True)
    weighted = count * levels
    below, sum_below = np.cumsum(count) - count, np.cumsum(weighted) - weighted
    above = len(values) - below - count
    sum_above = weighted.sum() - sum_below - weighted
    total = levels * (below - above) - sum_below + sum_above
    return (total / len(values))[level]


def _category_distances(codes):
    """Share of the rows with another category, for each row."""
    return 1 - np.bincount(codes)[codes] / len(codes)
