"""How a row sees the draws of one table column: distance, regressors, contrast.

Every column offers the same three things for a batch of values ``x`` of shape
(n_rows,): squared distances to the draws, regressors, and the values of these at
the average and at ``x``. A column gives one :class:`Regressor`, or two when numbers may
be missing. It can be copied with other draws.
"""

from copy import copy
from dataclasses import dataclass

import numpy as np
from scipy.stats import truncnorm

# A category with more values gives indicators of the most frequent ones only: tables
# are completed by a fit on the draws' numbers, and rare values would overfit.
_MOST_INDICATORS = 10


@dataclass(frozen=True)
class Regressor:
    """One regressor for a batch of rows.

    Attributes
    ----------
    values : ndarray of shape (n_rows or 1, n_samples)
        Its value for every draw.
    at_row, average : ndarray of shape (n_rows,)
        Its value at the row, and its average.
    """

    values: np.ndarray
    at_row: np.ndarray
    average: np.ndarray


class Column:
    """One column of a table, and its draws."""

    def with_draws(self, values):
        """The column with other draws."""
        column = copy(self)
        column.draws = values
        return column

    def can_take(self, values):
        """Which values may be draws."""
        return np.ones(len(values), dtype=bool)


class NumberColumn(Column):
    """A number: the regressor is its value, standardised; its average is 0.

    A number where all draws have the same other one, or are missing, has an unknown
    effect: its coefficient is nan. Missing numbers (nan) are values: where any draw is
    missing, a second regressor tells missing from present, and the first takes the
    mean in their place, which leaves their effect to the second.
    """

    def __init__(self, values, draws):
        _refuse_infinity(values)
        present = values[~np.isnan(values)]
        self.constant = not present.size or bool((present == present[0]).all())
        first = present[0] if present.size else 0.0
        self.centre = first if self.constant else present.mean()
        self.scale = 1.0 if self.constant else present.std()
        self.missing_share = np.isnan(values).mean()
        self.draws = draws
        self.any_missing = bool(np.isnan(draws).any())

    def can_take(self, values):
        # nan only where the draws of `fit` have some
        return ~np.isnan(values) | self.any_missing

    def squared_distance(self, x):
        _refuse_infinity(x)
        distance = ((self.draws - x[:, None]) / self.scale) ** 2
        if not (self.any_missing or np.isnan(x).any()):
            return distance
        differ = np.isnan(self.draws) != np.isnan(x)[:, None]
        return np.where(differ, 1.0, np.nan_to_num(distance))

    def regressors(self, x):
        values, at_row = self._standardised(self.draws), self._standardised(x)
        regressors = [Regressor(values[None], at_row, np.zeros(len(x)))]
        if self.any_missing:
            average = np.full(len(x), self.missing_share)
            missing = np.isnan(self.draws).astype(float)[None]
            regressors.append(Regressor(missing, np.isnan(x).astype(float), average))
        else:
            at_row[np.isnan(x)] = np.nan
        if self.constant:
            at_row[~np.isnan(x) & (x != self.centre)] = np.nan
        return regressors

    def features(self):
        """The draws as numbers, one column for each regressor."""
        values = [self._standardised(self.draws)]
        if self.any_missing:
            values.append(np.isnan(self.draws).astype(float))
        return np.column_stack(values)

    def _standardised(self, values):
        return np.nan_to_num((values - self.centre) / self.scale, posinf=None)


class CategoryColumn(Column):
    """A category: the regressor is "same value as the row"; its average is the
    share of the value.

    Codes are non-negative integers; two values are equal when their codes are. The
    effect of a value that no draw has is unknown: its coefficient is nan.
    """

    def __init__(self, values, draws):
        codes, counts = np.unique(values, return_counts=True)
        self.share = dict(zip(codes.tolist(), counts / len(values), strict=True))
        self.draws = draws

    def squared_distance(self, x):
        return (self.draws != x[:, None]).astype(float)

    def regressors(self, x):
        same = (self.draws == x[:, None]).astype(float)
        at_row = np.where(same.any(axis=1), 1.0, np.nan)
        return [Regressor(same, at_row, self._share(x))]

    def features(self):
        """Indicators of the draws' most frequent codes."""
        codes, counts = np.unique(self.draws, return_counts=True)
        frequent = codes[np.argsort(-counts, kind="stable")[:_MOST_INDICATORS]]
        return (self.draws[:, None] == frequent).astype(float)

    def _share(self, x):
        return np.array([self.share.get(code, 0.0) for code in x.tolist()])


class LimeCategoryColumn(CategoryColumn):
    """A category as LIME reads it: the coefficient compares with any other value."""

    def _share(self, x):
        return np.zeros(len(x))


class BinColumn(LimeCategoryColumn):
    """A number cut at its quartiles, as in LIME: a category compared with any other.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Training values, for the quartiles.
    draws : ndarray of shape (n_samples,)
        Drawn values.
    """

    def __init__(self, values, draws):
        self.edges = quartiles(values)
        self.draws = np.searchsorted(self.edges, draws)

    def with_draws(self, values):
        return super().with_draws(np.searchsorted(self.edges, values))

    def squared_distance(self, x):
        return super().squared_distance(np.searchsorted(self.edges, x))

    def regressors(self, x):
        return super().regressors(np.searchsorted(self.edges, x))


class UnreadColumn(Column):
    """A column that the model does not read: its coefficient is exactly 0.

    Parameters
    ----------
    draws : ndarray of shape (n_samples,)
    """

    def __init__(self, draws):
        self.draws = draws

    def squared_distance(self, x):
        return np.zeros((len(x), len(self.draws)))

    def regressors(self, x):
        nothing = np.zeros(len(x))
        return [Regressor(np.zeros((1, len(self.draws))), nothing, nothing)]

    def features(self):
        """No number of it can matter."""
        return np.zeros((len(self.draws), 1))


def _refuse_infinity(values):
    if np.isinf(values).any():
        raise ValueError(
            "X contains infinity, which is at no distance from other values. Replace "
            "it by a large number, or by nan if it means missing."
        )


def quartiles(values):
    """Distinct quartiles; the edges of LIME's bins, each edge in the lower bin."""
    if np.isnan(values).any():
        raise ValueError(
            "LIME's recipe has no bin for missing numbers (NaN). Perturb this modality "
            "with sampler='features' or 'rows', or fill the values before."
        )
    return np.unique(np.percentile(values, [25, 50, 75]))


def sample_in_bins(values, chosen, random_state):
    """LIME's draw of numbers: a truncated normal within the bin of each chosen value.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Training values, which give each bin its mean, spread and limits.
    chosen : ndarray of shape (n_samples,)
        Training values that were drawn; only their bins count.
    random_state : RandomState
        Source of the draws.

    Returns
    -------
    draws : ndarray of shape (n_samples,)
    """
    edges = quartiles(values)
    bins = np.searchsorted(edges, values)
    limits = np.concatenate([[values.min()], edges, [values.max()]])
    draws = np.empty(len(chosen))
    drawn = np.searchsorted(edges, chosen)
    for b in np.unique(drawn):
        members = values[bins == b]
        centre, spread = members.mean(), members.std() + 1e-11
        low, high = (limits[b : b + 2] - centre) / spread
        here = drawn == b
        if low == high:
            draws[here] = limits[b]
        else:
            normal = truncnorm(low, high, loc=centre, scale=spread)
            draws[here] = normal.rvs(here.sum(), random_state=random_state)
    return draws
