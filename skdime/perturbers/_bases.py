r"""What a table column may do to an output, as a few basis functions.

A column enters the kernel of :mod:`skdime._surrogates.anova_kernel` through functions
:math:`\varphi` of its values, with :math:`k(a, b) = \varphi(a)^\top \varphi(b)`. They
are centred on all rows given to ``fit``, so that a term of the kernel that contains a
column averages to zero over it (zero-mean kernels), and scaled so that the mean of
:math:`k(a, a)` over these rows is 1.

References
----------
Durrande, Ginsbourger, Roustant, Carraro. "ANOVA kernels and RKHS of zero mean functions
for model-based sensitivity analysis", J. Multivar. Anal. 115 (2013).
Eilers, Marx. "Flexible smoothing with B-splines and penalties", Stat. Sci. 11 (1996).
"""

from typing import NamedTuple

import numpy as np
from scipy.interpolate import BSpline

# Functions of a smaller share of the largest variance are numerically zero.
_NEGLIGIBLE = 1e-8
# A basis whose mean square over the rows is smaller than this stands for a constant.
_CONSTANT = 1e-18
# Values that moments of basis functions are means over. Quantiles that are spaced
# evenly stand for shares of 1/10,000, less than most shares vary between samples.
_MOST_AVERAGED = 10_000


class Spline(NamedTuple):
    """Which B-splines describe numbers.

    Attributes
    ----------
    n_knots : int
        Most knots; they lie at quantiles.
    degree : int
    order : int
        The derivative whose square is penalised.
    """

    n_knots: int
    degree: int
    order: int


# Models that step (trees) and smooth ones; which of the two fits is found out. Up to 64
# values (hours, months, counts) have a knot each; smooth functions need fewer. Of the
# steps of boosted trees, 32 knots left errors a fourth larger.
HATS = Spline(64, degree=1, order=1)
CUBIC = Spline(20, degree=3, order=2)
# Functions of a number, at most: straight line, splines, and whether it is missing.
MOST_FUNCTIONS = HATS.n_knots + 2


def column_basis(values, is_category, spline):
    """The basis of a column.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Numbers, nan where missing, or codes of categories.
    is_category : bool
    spline : Spline

    Returns
    -------
    basis : NumberBasis or CategoryBasis
    """
    return CategoryBasis(values) if is_category else NumberBasis(values, spline)


class _Basis:
    """Basis functions, centred and scaled on the rows given to ``fit``."""

    def _standardise(self, values, weights=None):
        raw = self._raw(values)
        self._mean = np.average(raw, axis=0, weights=weights)
        sizes = np.square(raw - self._mean).sum(axis=1)
        size = np.average(sizes, weights=weights)
        # a constant column has the kernel 0, hence coefficients of exactly 0
        self._scale = 1 / np.sqrt(size) if size > _CONSTANT else 0.0

    def __call__(self, values):
        """Values of the basis functions, shape (n_values, n_functions)."""
        return (self._raw(values) - self._mean) * self._scale


class CategoryBasis(_Basis):
    """An indicator for each level, and one for a level that is not in the rows.

    Parameters
    ----------
    values : ndarray of int of shape (n_rows,)
    """

    def __init__(self, values):
        self._levels, counts = np.unique(values, return_counts=True)
        self._standardise(self._levels, counts / counts.sum())

    def line(self, values):
        """Categories have no straight line."""
        return np.zeros(len(values))

    def is_only_value(self, values):
        """Whether values are the only one that the rows given to ``fit`` have."""
        return np.isin(values, self._levels) & (len(self._levels) == 1)

    def is_unknown(self, values):
        """Whether nothing in the rows given to ``fit`` tells what values do."""
        # those too rare to be drawn have no code of their own
        return ~np.isin(values, self._levels) | (values < 0)

    def _raw(self, values):
        same = values[:, None] == self._levels
        return np.column_stack([same, ~same.any(axis=1)]).astype(float)


class UnreadBasis:
    """One function that is 0: of a column that the model does not read."""

    def __call__(self, values):
        """Zeros, shape (n_values, 1)."""
        return np.zeros((len(values), 1))

    def line(self, values):
        """Zeros, too."""
        return np.zeros(len(values))

    def is_only_value(self, values):
        """No value of the column can have an effect."""
        return np.ones(len(values), dtype=bool)

    def is_unknown(self, values):
        """It is known to do nothing."""
        return np.zeros(len(values), dtype=bool)


class NumberBasis(_Basis):
    """A straight line, and B-splines without it, the rougher the smaller.

    The splines' penalty is diagonalised, so that the functions are uncorrelated over
    the rows; each is divided by the root of its penalty relative to the least. Missing
    values are at zero of all of these and have an indicator.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
    spline : Spline
    """

    def __init__(self, values, spline):
        present = _present(values)
        self.is_constant = bool((present == present[0]).all())
        self._centre, self._spread = present[0], 1.0
        self._knots, self._degree = _knots(present, spline)
        values, weights = _weighted(values)
        is_present = ~np.isnan(values)
        shares = None if weights is None else weights[is_present]
        if is_present.any():
            present = values[is_present]
        # the mean of equal numbers may differ from them by rounding
        if not self.is_constant:
            self._centre = np.average(present, weights=shares)
            squares = np.square(present - self._centre)
            self._spread = np.sqrt(np.average(squares, weights=shares))
        splines = self._splines(present)
        self._spline_mean = np.average(splines, axis=0, weights=shares)
        line = self._line(present)
        splines = splines - self._spline_mean
        self._trend = _products(line, splines, shares)
        penalty = self._penalty(splines.shape[1], spline.order)
        bent = splines - np.outer(line, self._trend)
        self._turn = _smooth_first(bent, penalty, shares)
        self._standardise(values, weights)

    def line(self, values):
        """The standardised value; 0 where it is missing."""
        return self._line(np.where(np.isnan(values), self._centre, values))

    def is_only_value(self, values):
        """Whether values are the only one that the rows given to ``fit`` have."""
        return self.is_constant & (values == self._centre)

    def is_unknown(self, values):
        """Whether nothing in the rows given to ``fit`` tells what values do."""
        return self.is_constant & (values != self._centre) & ~np.isnan(values)

    def _line(self, values):
        return (values - self._centre) / self._spread

    def _raw(self, values):
        missing = np.isnan(values)
        values = np.where(missing, self._centre, values)
        line = self._line(values)
        bent = self._splines(values) - self._spline_mean - np.outer(line, self._trend)
        raw = np.column_stack([line, bent @ self._turn])
        return np.column_stack([raw * ~missing[:, None], missing])

    def _splines(self, values):
        # beyond the outermost knots only the straight line goes on
        inside = values.clip(*self._knots[[0, -1]])
        return BSpline.design_matrix(inside, self._knots, self._degree).toarray()

    def _penalty(self, size, order):
        difference = np.diff(np.eye(size), axis=0)
        if order == 2:
            # the squared second derivative, from slopes between Greville abscissae
            abscissae = [
                self._knots[i + 1 : i + self._degree + 1].mean() for i in range(size)
            ]
            at = np.array(abscissae) / np.ptp(self._knots)
            slope = difference / np.maximum(np.diff(at), 1e-9)[:, None]
            width = np.maximum(at[2:] - at[:-2], 1e-12)
            difference = np.diff(slope, axis=0) * np.sqrt(width)[:, None]
        return difference.T @ difference


def _present(values):
    """Values that are not missing; a zero if all are."""
    present = values[~np.isnan(values)]
    return present if len(present) else np.zeros(1)


def _weighted(values):
    """Of very many values some with their weights, which have nearly their moments.

    Few different values are all there, however rare they are. Of many different ones
    there are quantiles; missing values are the last in the order, and keep their share.

    Returns
    -------
    values, weights : ndarray of shape (n,)
        No weights, None, are equal ones.
    """
    if len(values) <= 2 * _MOST_AVERAGED:
        return values, None
    some = _quantiles(values)
    if len(np.unique(some)) > _MOST_AVERAGED // 2:
        return some, None
    different, counts = np.unique(values, return_counts=True)
    if len(different) > _MOST_AVERAGED:
        return some, None
    return different, counts / len(values)


def _quantiles(values):
    """Values spaced evenly in their order, the missing ones at its end."""
    places = (np.arange(_MOST_AVERAGED) + 0.5) * len(values) / _MOST_AVERAGED
    return np.sort(values)[places.astype(int)]


def _knots(values, spline):
    """Knots at distinct quantiles, or at all of few values, and the degree."""
    knots = np.unique(_weighted(values)[0])
    if len(knots) > spline.n_knots:
        shares = np.linspace(0, 1, spline.n_knots)
        knots = np.unique(np.quantile(values, shares, method="inverted_cdf"))
    if len(knots) == 1:
        knots = np.array([knots[0], knots[0] + 1])
    degree = min(spline.degree, len(knots) - 1)
    return np.r_[[knots[0]] * degree, knots, [knots[-1]] * degree], degree


def _products(one, other, weights):
    """Mean products of functions, over rows of weights or of equal ones."""
    if weights is None:
        return one.T @ other / len(one)
    return one.T @ (other * weights[:, None]) / weights.sum()


def _smooth_first(functions, penalty, weights):
    """Combinations of functions, uncorrelated, divided by the roots of their penalties.

    Parameters
    ----------
    functions : ndarray of shape (n_rows, n_functions)
    penalty : ndarray of shape (n_functions, n_functions)
    weights : ndarray of shape (n_rows,) or None
        Of the rows.

    Returns
    -------
    turn : ndarray of shape (n_functions, n_kept)
    """
    variance, axes = np.linalg.eigh(_products(functions, functions, weights))
    is_in_span = variance > _NEGLIGIBLE * max(variance[-1], 1e-2 * _NEGLIGIBLE)
    whitened = axes[:, is_in_span] / np.sqrt(variance[is_in_span])
    roughness, turn = np.linalg.eigh(whitened.T @ penalty @ whitened)
    roughness = np.maximum(roughness, 1e-6 * roughness.max(initial=0))
    return whitened @ turn / np.sqrt(roughness / roughness[:1])
