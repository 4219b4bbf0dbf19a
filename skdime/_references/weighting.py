r"""Means over references that stand for all rows they were drawn from.

References are a sample, and their own means differ from those of the rows given to
``fit``. What an output owes to this can be predicted where it depends on a reference
about linearly: with features :math:`\varphi_j` of the references, whose mean
:math:`\mu` over all rows is known, the regression estimate of the mean output is

.. math:: \bar y + \hat\beta^\top (\mu - \bar\varphi), \qquad
   \hat\beta = (\Phi_c^\top \Phi_c + \lambda I)^{-1} \Phi_c^\top y,

:math:`\Phi_c` being centred. It is linear in y: a mean with weights that do not depend
on the model, so that one set of them serves every row and output.

References
----------
Deville and Särndal, Calibration estimators in survey sampling, J. Am. Stat. Assoc. 87
(1992). As control variates for explanations: Goldwasser and Hooker, arXiv:2310.07672.
"""

from copy import copy

import numpy as np

from skdime._utils.rounding import DOUBLE_PRECISION
from skdime._utils.spaced import spaced

# Both keep the regression from fitting noise where references are few beside features.
# benchmarks/intervals.py compares its errors with those of uniform weights.
# The least penalty, for standardised features.
_PENALTY = 3.0
# Slopes are shrunk until they use up no more than this share of the references.
_MOST_FREEDOM = 0.2
# Of more references than this, sums over trees evaluate only so many one by one: a
# standard error from 1,000 of them is itself known to 1 / sqrt(2 * 1000) = 2 %.
MOST_EVALUATED = 1000
# References beside which fewer than so many informative ones are few of them.
INFORMATIVE = 5
# Of fewer references the effective number is low whatever they are.
FEWEST = 30
# Stretches of an order whose means are taken off; they take half of what few references
# tell.
_MOST_STRETCHES = 20
# Least share of the variance over independent tuples that errors are taken for, because
# modalities depend and because of strata.
_LEAST_VARIANCE = 0.25


class Weighting:
    """References with weights of sum 1, and what is left of outputs beside features.

    Parameters
    ----------
    n_references : int
    features : ndarray of shape (n_references, n_features), default=None
        Standardised by mean and standard deviation of all rows. None weights all
        references alike.
    n_rows : float, default=inf
        Rows that the mean over references stands for.
    orders : ndarray of int of shape (n_orders, n_references), default=None
        The references in the order of the strata that each was drawn from; of tuples
        one order for each modality. None of a simple random sample.

    Attributes
    ----------
    weights : ndarray of shape (n_references,)
    finite_correction : float
        What standard errors are multiplied by because references are drawn without
        replacement, ``sqrt(1 - n_references / n_rows)``: all rows leave no error.
    """

    def __init__(self, n_references, features=None, n_rows=np.inf, orders=None):
        self.orders = orders
        self.weights = np.full(n_references, 1 / n_references)
        self.finite_correction = np.sqrt(1 - n_references / n_rows)
        self._directions = None
        if features is None or not features.size:
            return
        mean = features.mean(axis=0)
        left, sizes, right = np.linalg.svd(features - mean, full_matrices=False)
        penalty = _penalty(sizes**2, _MOST_FREEDOM * n_references)
        self._directions, self._shares = left, sizes**2 / (sizes**2 + penalty)
        slopes = sizes / (sizes**2 + penalty)
        self.weights = self.weights - left @ (slopes * (right @ mean))
        leverage = 1 / n_references + np.square(left) @ self._shares
        self._influence = n_references * self.weights / (1 - leverage)

    @property
    def has_error(self):
        """Whether references are a sample, whose means differ from those of all."""
        return self.finite_correction > 0

    @property
    def is_uniform(self):
        """Whether all references have the same weight."""
        return self._directions is None

    def of_some(self, n_references):
        """That of fewer references which show the spread between all."""
        some = Weighting(n_references, orders=self.orders_of(n_references))
        some.finite_correction = self.finite_correction
        return some

    def of_population(self):
        """The same as a sample of a population, not of a finite number of rows.

        Strata make references like these rows, which vary from sample to sample.
        """
        unlimited = copy(self)
        unlimited.finite_correction, unlimited.orders = 1.0, None
        return unlimited

    def orders_of(self, n_references):
        """The orders of so many references, evenly spaced where they are not all."""
        if self.orders is None or self.orders.shape[1] == n_references:
            return self.orders
        some = spaced(self.orders.shape[1], n_references)
        return np.argsort(np.argsort(self.orders, axis=1)[:, some], axis=1)

    def mean(self, outputs):
        """Means over axis 1, that of references."""
        if self.is_uniform:
            return outputs.mean(axis=1)
        return np.einsum("nj...,j->n...", outputs, self.weights)

    def residuals(self, outputs):
        """What features do not explain: outputs (n_rows, n_references, ...) alike.

        Residuals of a regression are smaller than errors of prediction: each is divided
        by one minus its leverage, and counts as its reference does in the mean. That is
        what leaving the reference out would change, n times (the jackknife).
        """
        if self.is_uniform:
            return outputs - outputs.mean(axis=1, keepdims=True)
        by_output = np.moveaxis(outputs, 1, -1)
        centred = by_output - by_output.mean(axis=-1, keepdims=True)
        explained = ((centred @ self._directions) * self._shares) @ self._directions.T
        return np.moveaxis((centred - explained) * self._influence, -1, 1)

    def deviations(self, outputs):
        """Residuals as far as samples of references differ in them.

        Sums of their squares over axis 1 are as many variances as there are references,
        less one. Where references have one order these are differences of neighbours;
        where they have several, what is left beside means of stretches of each.
        """
        residuals, n = self.residuals(outputs), outputs.shape[1]
        orders = self.orders_of(n)
        if orders is None:
            return residuals
        if len(orders) == 1:
            return np.diff(residuals[:, orders[0]], axis=1) / np.sqrt(2)
        stretches = _basis_of_stretches(orders)
        moved = np.moveaxis(residuals, 1, -1)
        left = moved - (moved @ stretches) @ stretches.T
        n_left = max(n - 1 - stretches.shape[1], 1)
        return np.moveaxis(left, -1, 1) * np.sqrt((n - 1) / n_left)


def standard_error(influence, axis, weighting, tuples=None):
    r"""Standard error of a mean from its terms' first-order influence on it.

    ``sd(psi) / sqrt(N)``, psi being what each of the N references contributes
    (``Weighting.residuals``); smaller where the references are a good part of the rows,
    and 0 where they are all rows that the mean stands for. One reference of more rows
    gives nan.

    Parameters
    ----------
    influence : ndarray
    axis : int
        That of references.
    weighting : Weighting
        Of the references.
    tuples : ndarray of int of shape (n_modalities, n_references), default=None
        That the terms belong to, where modalities may depend; `axis` is then 1 of 3.

    References
    ----------
    Cochran, Sampling Techniques (1977), section 2.6, for the finite population
    correction; Yung and Rao, Survey Methodology 22 (1996), for the jackknife of
    regression estimates.
    """
    n = influence.shape[axis]
    if not weighting.has_error:
        return np.zeros_like(influence.sum(axis=axis))
    if n < 2:
        return np.full_like(influence.sum(axis=axis), np.nan)
    variance = sample_variance(influence, axis, weighting.orders_of(n), tuples)
    error = np.sqrt(variance / n)
    return weighting.finite_correction * error * _few_informative(influence, axis)


def sample_variance(influence, axis, orders, tuples=None):
    """Variance of the terms of a mean, as far as samples differ in it.

    Of references in strata it is half the mean square of the differences of neighbours,
    which leaves out what is between strata. Tuples have neighbours in the order of each
    modality, and what is between its strata is left out for each.

    Parameters
    ----------
    influence : ndarray
    axis : int
        That of references.
    orders : ndarray of int of shape (n_orders, n_references) or None
        As for :class:`Weighting`.
    tuples : ndarray of int of shape (n_modalities, n_references), default=None
        As for :func:`standard_error`.

    References
    ----------
    Wolter, Introduction to Variance Estimation (2007), section 8.2.
    """
    variance = influence.var(axis=axis, ddof=1)
    if orders is None:
        left = variance
    elif len(orders) == 1:
        left = _between_neighbours(influence, axis, orders[0])
    else:
        within = sum(_between_neighbours(influence, axis, order) for order in orders)
        share = len(orders) - within / np.where(variance > 0, variance, 1)
        share = _shrunk(share, len(orders) ** 2 / influence.shape[axis])
        left = np.maximum(1 - share, _LEAST_VARIANCE) * variance
    if tuples is None:
        return left
    left = left + common_share(influence, tuples) * variance
    return np.maximum(left, _LEAST_VARIANCE * variance)


def _between_neighbours(influence, axis, order):
    differences = np.diff(np.take(influence, order, axis=axis), axis=axis)
    return np.square(differences).sum(axis=axis) / (2 * (len(order) - 1))


def _basis_of_stretches(orders):
    """Orthonormal columns that tell stretches of each order from one another."""
    n_orders, n = orders.shape
    n_stretches = max(min(_MOST_STRETCHES, n // (2 * n_orders)), 1)
    stretch = np.argsort(orders, axis=1) * n_stretches // n
    indicators = (stretch[:, :, None] == np.arange(n_stretches)).astype(float)
    indicators -= indicators.mean(axis=1, keepdims=True)
    left, sizes, _ = np.linalg.svd(np.hstack(list(indicators)), full_matrices=False)
    return left[:, sizes > DOUBLE_PRECISION * n]


def effective_number(influence, axis):
    """Effective number of references that a standard error rests on.

    It is (sum psi^2)^2 / sum psi^4: k where k references contribute alike and the
    others nothing; 0 where none contributes.

    Parameters
    ----------
    influence : ndarray
    axis : int
        That of references.
    """
    squares = np.square(influence - influence.mean(axis=axis, keepdims=True))
    total, fourth = squares.sum(axis=axis), np.square(squares).sum(axis=axis)
    return np.square(total) / np.where(fourth > 0, fourth, 1)


def are_few(numbers, n_references):
    """Whether effective numbers of references are few of the references."""
    if n_references < FEWEST:
        return np.zeros(np.shape(numbers), dtype=bool)
    return (numbers > 0) & (numbers < INFORMATIVE)


def numbers_of_few(influences):
    """Effective numbers of references where these are few, nan elsewhere.

    Parameters
    ----------
    influences : ndarray of shape (n_rows, n_references, n_outputs)

    Returns
    -------
    numbers : ndarray of shape (n_rows, n_outputs)
    """
    n_rows, n_references, n_outputs = influences.shape
    if not n_references:  # all rows are references
        return np.full((n_rows, n_outputs), np.nan)
    numbers = effective_number(influences, 1)
    return np.where(are_few(numbers, n_references), numbers, np.nan)


def _few_informative(influence, axis):
    """What errors are multiplied by because they rest on few references.

    Where one reference of hundred has a rare state, its number is one by chance, and
    might have been none or five. A Poisson count k has the upper limit
    k + 1.96 sqrt(k) (1 + 2 / k), about.
    """
    number = effective_number(influence, axis)
    few = are_few(number, influence.shape[axis])
    return 1 + np.where(few, 2 / np.where(few, number, 1) - 2 / INFORMATIVE, 0)


def common_share(influences, tuples):
    """The share of the variance of tuples that is added because modalities depend.

    A tuple combines references at random, so that its influence is a sum of independent
    ones. The values of a reference in all modalities come to the means together,
    whatever tuples they are in: what the influences of its tuples have in common adds
    to the variance.

    Parameters
    ----------
    influences : ndarray of shape (n_rows, n_references, n_outputs)
        Of the tuples.
    tuples : ndarray of int of shape (n_modalities, n_references)

    Returns
    -------
    share : float or ndarray of shape (n_rows, n_outputs)
        Less than 0 where modalities cancel, and no less than what leaves a quarter.
    """
    n_references = int(tuples.max()) + 1
    # with one order of all modalities tuples are the references themselves
    if tuples.shape[1] != n_references or (tuples == tuples[0]).all():
        return 0.0
    influences = influences - influences.mean(axis=1, keepdims=True)
    together = sum(influences[:, np.argsort(order)] for order in tuples)
    alone = np.square(influences).sum(axis=1)
    common = np.square(together).sum(axis=1) - len(tuples) * alone
    share = common / np.where(alone > 0, alone, 1)
    # independent modalities give this variance of the share by chance
    share = _shrunk(share, 2 * len(tuples) * (len(tuples) - 1) / n_references)
    return np.maximum(share, _LEAST_VARIANCE - 1)


def _shrunk(share, by_chance):
    """An estimated share, towards 0 where chance gives one of this size, too."""
    return share**3 / (np.square(share) + by_chance)


def _penalty(squares, most):
    """The least penalty, or what leaves slopes no more freedom than `most`."""
    penalty = _PENALTY
    while (squares / (squares + penalty)).sum() > most:
        penalty *= 1.5
    return penalty
