"""What surrogates may miss where a row has values between those of the draws.

Draws take the values of rows given to ``fit``. Between two of them a model that steps
may be at the height of either, and a spline may cross a step that it is too smooth for.
Draws left out do not tell, because others have the same values; nor does the row's own
output, to which several columns may contribute errors that cancel. What does tell is
the effect of the column at the nearest draws on either side.
"""

from typing import NamedTuple

import numpy as np

# Draws whose mean is the effect on one side of a value, and the share of all draws that
# are near.
_MOST_NEAREST, _NEAR = 10, 0.05
# Differences count from so many standard errors on: they are looked for in every
# column of every row, and chance would make errors of exact coefficients.
_SIGNIFICANT = 2.0
# What a smooth surrogate may miss, in mean squares of what it misses at the nearest
# draws on either side: it smears a step over these.
_MOST_SMEARED = 9.0


class Nearest(NamedTuple):
    """The draws nearest to the values of rows in one column, in the column's order.

    Groups of whole values: the second nearest below, the nearest below, and the two
    above; both nearest ones are the draws of the row's value where enough have it.

    Attributes
    ----------
    order : ndarray of int of shape (n_draws,)
        The draws that have a number, ascending.
    start, stop : ndarray of int of shape (n_rows, 4)
        Their ranges in this order; empty where there are none.
    values : ndarray of shape (n_rows, 4)
        Means of the numbers.
    """

    order: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    values: np.ndarray

    @property
    def counts(self):
        """Draws in each group, shape (n_rows, 4)."""
        return self.stop - self.start

    def means(self, values):
        """Means over the groups of values at the draws; 0 where there are none.

        Parameters
        ----------
        values : ndarray of shape (n_rows or 1, n_draws, n_targets)

        Returns
        -------
        means : ndarray of shape (n_rows, 4, n_targets)
        """
        counts = self.counts
        each = np.arange(max(counts.max(), 1))
        if counts[0].size * len(each) < len(self.order):
            return self._means_of_few(values, each)
        total = values[:, self.order]
        np.cumsum(total, axis=1, out=total)
        return _means(total, self.start, self.stop)

    def _means_of_few(self, values, each):
        """The same from the groups' own draws, which are fewer than all draws."""
        at = (self.start[:, :, None] + each).clip(max=len(self.order) - 1)
        n_rows, n_draws, n_targets = values.shape
        at = self.order[at] + n_draws * np.arange(n_rows)[:, None, None]
        some = values.reshape(-1, n_targets).take(at, axis=0)
        is_member = each < self.counts[:, :, None]
        total = np.einsum("rge,rget->rgt", is_member.astype(float), some)
        return total / np.maximum(self.counts, 1)[:, :, None]


def nearest(draws, rows):
    """The draws nearest to each row.

    Parameters
    ----------
    draws : ndarray of shape (n_draws,)
        Numbers, nan where missing.
    rows : ndarray of shape (n_rows,)
        Numbers.

    Returns
    -------
    nearest : Nearest
    """
    order = np.argsort(draws, kind="stable")[: np.count_nonzero(~np.isnan(draws))]
    values = draws[order]
    first = np.searchsorted(values, rows, "left")
    after = np.searchsorted(values, rows, "right")
    n = int(np.clip(_NEAR * len(values), 1, _MOST_NEAREST))
    is_value = after - first >= n
    # few draws of the row's own value count as those below
    own = np.where(is_value, first, after)
    below, above = _further(values, own, -n), _further(values, after, n)
    first_below, first_above = np.where(is_value, (own, after), (below, above))
    start = np.column_stack(
        [_further(values, first_below, -n), first_below, own, first_above]
    )
    stop = np.column_stack(
        [first_below, after, first_above, _further(values, first_above, n)]
    )
    means = _means(values.cumsum()[None, :, None], start, stop)[..., 0]
    return Nearest(order, start, stop, means)


def _further(values, edge, n):
    """The edge behind so many further draws, all of any value or none.

    Parameters
    ----------
    values : ndarray of shape (n_draws,)
        Ascending.
    edge : ndarray of int of shape (n_rows,)
    n : int
        Less than 0 for draws below.
    """
    last = edge + n - (n > 0)
    side = "right" if n > 0 else "left"
    return np.searchsorted(values, values[last.clip(0, len(values) - 1)], side)


def squared_misses(groups, row_values, effects, at_row, variance):
    """What a surrogate may miss of a column's effect at the rows, squared.

    Where the effect goes on straight between the nearest draws, the surrogate should
    be on this line. As far as it does not, it may be at the height of either side.

    Parameters
    ----------
    groups : Nearest
    row_values : ndarray of shape (n_rows,)
    effects : ndarray of shape (n_rows, 4, n_targets)
        Means over the groups of partial residuals: the column's own effect, with what
        the surrogate misses at draws left out.
    at_row : ndarray of shape (n_rows, n_targets)
        Own effect at the rows, by the surrogate.
    variance : ndarray of shape (n_rows, n_targets)
        Of what the surrogate misses at draws left out.

    Returns
    -------
    squared : ndarray of shape (n_rows, n_targets)
    """
    line, jump, below, above = _contrasts(groups, row_values)

    def difference(contrast):
        """What a contrast of the groups amounts to, and its squared chance."""
        size = np.einsum("rg,rgt->rt", contrast, effects)
        inverse = 1 / np.maximum(groups.counts, 1)
        by_chance = np.einsum("rg,rg->r", np.square(contrast), inverse)
        return size, _SIGNIFICANT**2 * by_chance[:, None] * variance

    step, by_chance = difference(jump)
    unexplained = np.zeros_like(step)
    for slope in (below, above):
        goes_on, chance = difference(slope)
        goes_on = np.where(np.square(goes_on) > chance, goes_on, 0)
        unexplained = np.maximum(unexplained, np.abs(step - goes_on))
    step = np.minimum(np.square(step), np.square(unexplained))
    step = np.maximum(step - by_chance, 0)
    on_line, by_chance = difference(line)
    off_line = np.maximum(np.square(on_line - at_row) - by_chance, 0)
    share = line[:, 1:2].clip(0, 1)
    return off_line + share * (1 - share) * step


def most_smeared(groups, squares):
    """What a smooth surrogate may miss at most, squared.

    Parameters
    ----------
    groups : Nearest
    squares : ndarray of shape (n_rows, n_draws, n_targets)
        What it misses at draws left out, squared.

    Returns
    -------
    most : ndarray of shape (n_rows, n_targets)
    """
    return _MOST_SMEARED * groups.means(squares)[:, 1:3].max(axis=1)


def _contrasts(groups, row_values):
    """Weights of the groups' means for what they say of the effect at the rows.

    Returns
    -------
    line : ndarray of shape (n_rows, 4)
        The straight line between the groups beside the row, or through both on its one
        side, at the row.
    jump : ndarray of shape (n_rows, 4)
        Difference of the groups beside the row.
    below, above : ndarray of shape (n_rows, 4)
        What it would be, if the slope on that side went on.
    """
    exists = groups.counts > 0
    values = np.where(exists, groups.values, 0.0)
    n = len(row_values)
    unit = np.eye(4)

    def slope(a, b):
        """Weights of the slope between two groups; 0 where it is unknown."""
        apart = values[:, b] - values[:, a]
        known = exists[:, a] & exists[:, b] & (apart > 0)
        weights = np.broadcast_to(unit[b] - unit[a], (n, 4))
        return np.where(known, 1 / np.where(known, apart, 1), 0)[:, None] * weights

    between = exists[:, 1] & exists[:, 2]
    below, above = slope(0, 1), slope(2, 3)
    # at the first and last values one side tells of both
    below, above = (
        np.where(one.any(axis=1, keepdims=True), one, other)
        for one, other in ((below, above), (above, below))
    )
    inside = unit[1] + (row_values - values[:, 1])[:, None] * slope(1, 2)
    from_below = unit[1] + (row_values - values[:, 1])[:, None] * below
    from_above = unit[2] + (row_values - values[:, 2])[:, None] * above
    outside = np.where(exists[:, 1:2], from_below, from_above)
    line = np.where(between[:, None], inside, outside)
    gap = np.where(between, values[:, 2] - values[:, 1], 0)[:, None]
    jump = np.where(between[:, None], unit[2] - unit[1], 0)
    return line, jump, gap * below, gap * above


def _means(total, start, stop):
    """Means over ranges (n_rows, n_groups), from sums up to each (n_rows, n, k)."""
    rows = np.arange(len(total))[:, None]  # broadcasts where all share the values
    before, until = (
        np.where((edge > 0)[:, :, None], total[rows, edge - 1], 0)
        for edge in (start, stop)
    )
    return (until - before) / np.maximum(stop - start, 1)[:, :, None]
