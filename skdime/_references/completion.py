r"""Columns of outputs over the draws, completed from a few landmark draws.

Over the S draws of a modality, every context (a reference, an explained row) makes a
column of S outputs of the model. Columns resemble each other: a few of them, evaluated
on all draws, tell how the others may look. A further column is then evaluated on
landmark draws only and completed by best linear prediction,

.. math:: \hat y = \mu + B (B_L^\top B_L + \lambda I)^{-1} B_L^\top (y_L - \mu_L),

where :math:`\mu` is the mean of the known columns and B holds their deviations from it
and the draws' own regressors: what the known columns do not span is taken to be linear
in the features, up to noise of variance :math:`\lambda`. This is kriging with an
empirical covariance.
"""

import math
from copy import copy
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.linalg import norm
from scipy.linalg import qr
from sklearn.utils import gen_batches

from skdime._references.kriging import KnownColumns, LandmarkKriging, LandmarkTrend

# Candidates for the weight of the regressors and of the noise, as shares of the
# columns' variance.
_TREND = (0.0, 1e-3, 1e-2, 1e-1)
_NOISE = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
# Directions of columns that landmarks are chosen by.
_MOST_SPANNED = 100
# Few known columns are left out at a time, as few as there are at first (12 / 6).
_FOLDS = 6
# Numbers in the columns of outputs that are tuned together, so that the memory of
# tuning does not grow with them.
_TOGETHER = 2**18
# The bound on an error is this multiple of what this share of known columns stay below.
# Known columns are few, and rows at the edge of the data are unlike them.
_COVER = 0.9
_MARGIN = 2.0
# Root mean square error of coefficients of other columns, relative to that of known
# ones, for which landmarks and weights were chosen. benchmarks/intervals.py holds the
# errors against the standard errors that come of it.
_OTHERS = 1.5
# A residual above this multiple of the largest of known columns is that of a column
# unlike them, of whose errors they tell nothing; benchmarks/steps.py has such columns.
_NOVEL = 2.0


class Completion:
    """Completes columns of outputs over the draws, and says how well.

    Parameters
    ----------
    columns : ndarray of shape (n_samples, n_columns, n_outputs)
        Columns known on all draws.
    trend : ndarray of shape (n_samples, n_directions)
        In which directions columns may vary that the known ones do not; mean squares
        add up to 1.
    order : ndarray of int of shape (n_samples,)
        All draws, the best landmarks first.
    n_tuning : int
        Number of landmarks at which the two weights are chosen.

    Attributes
    ----------
    columns : ndarray of shape (n_outputs, n_samples, n_columns)
    weights : ndarray of shape (n_outputs, 2)
        Chosen weights of trend and noise.
    """

    def __init__(self, columns, trend, order, n_tuning):
        self.columns = np.ascontiguousarray(np.moveaxis(columns, 2, 0))
        self.order = order
        self.trend = trend
        at_landmarks = LandmarkTrend(trend, order[:n_tuning])
        tuned = [
            _tuned_weights(self.columns[part], at_landmarks) for part in self._parts()
        ]
        self.weights = np.concatenate(tuned)

    @property
    def by_draw(self):
        """The columns, as a view of shape (n_samples, n_columns, n_outputs)."""
        return np.moveaxis(self.columns, 0, 2)

    def level(self, n_landmarks):
        """Operators and error calibration for one number of landmarks.

        Returns
        -------
        level : CompletionLevel
        """
        trend = LandmarkTrend(self.trend, self.order[:n_landmarks])
        kriging = LandmarkKriging(KnownColumns(self.columns, trend), self.weights)
        n_outputs, n_samples, n_columns = self.columns.shape
        errors = np.empty((n_samples, n_columns, n_outputs))
        residuals = np.empty((n_columns, n_outputs))
        for part in self._parts():
            of_part, residuals_of_part = _cross_validate(
                self.columns[part], trend, self.weights[part]
            )
            errors[..., part] = np.moveaxis(of_part, 0, 2)
            residuals[:, part] = residuals_of_part.T
        return CompletionLevel(kriging, errors, residuals)

    def _parts(self):
        """Outputs that are tuned together."""
        n_outputs, *size = self.columns.shape
        return gen_batches(n_outputs, max(1, _TOGETHER // math.prod(size)))

    def of_outputs(self, chosen):
        """The same for some of the outputs, by position."""
        some = copy(self)
        some.columns, some.weights = self.columns[chosen], self.weights[chosen]
        return some


def _tuned_weights(columns, trend):
    """The weights that complete known columns best from the others.

    Parameters
    ----------
    columns : ndarray of shape (n_outputs, n_samples, n_columns)
    trend : LandmarkTrend

    Returns
    -------
    weights : ndarray of shape (n_outputs, 2)
    """
    candidates = np.array(list(product(_TREND, _NOISE)))
    lost = np.zeros((len(candidates), len(columns)))
    for training, test in _folds(columns, trend):
        for i, weights in enumerate(candidates):
            errors, _ = _errors(LandmarkKriging(training, weights[None]), test)
            lost[i] += np.square(errors).sum(axis=(1, 2))
    return candidates[np.argmin(lost, axis=0)]


def _cross_validate(columns, trend, weights):
    """Errors of every known column, completed from the columns of other folds.

    Returns
    -------
    errors : ndarray of shape (n_outputs, n_samples, n_columns)
    residuals : ndarray of shape (n_outputs, n_columns)
        Root mean square leave-one-out residual at the landmarks.
    """
    errors, residuals = np.empty_like(columns), np.empty(columns[:, 0].shape)
    for fold, (training, test) in enumerate(_folds(columns, trend)):
        kriging = LandmarkKriging(training, weights)
        tested = slice(fold, None, _n_folds(columns))
        errors[:, :, tested], explained = _errors(kriging, test)
        residuals[:, tested] = _size(kriging.left_out(explained), axis=1)
    return errors, residuals


def _n_folds(columns):
    return min(_FOLDS, columns.shape[2])


def _folds(columns, trend):
    """Columns of other folds, and those of one: every so many-th."""
    n_folds = _n_folds(columns)
    folds = np.arange(columns.shape[2]) % n_folds
    for fold in range(n_folds):
        train, test = columns[:, :, folds != fold], columns[:, :, folds == fold]
        yield KnownColumns(train, trend), test


def _errors(kriging, test):
    """Errors of completed columns, and how their values at landmarks are explained."""
    columns, chosen = kriging.columns, kriging.columns.trend.chosen
    deviation = test - columns.mean
    predicted, explained = kriging.predict(deviation[:, chosen])
    errors = predicted - deviation
    errors[:, chosen] = 0
    return errors, explained


@dataclass(frozen=True)
class CompletionLevel:
    """Completion from one number of landmarks.

    Attributes
    ----------
    kriging : LandmarkKriging
        From deviations at the landmarks to deviations everywhere.
    errors : ndarray of shape (n_samples, n_columns, n_outputs)
        Errors that known columns would have if they were completed.
    residuals : ndarray of shape (n_columns, n_outputs)
        Root mean square leave-one-out residual of the same columns.
    """

    kriging: LandmarkKriging
    errors: np.ndarray
    residuals: np.ndarray

    @property
    def chosen(self):
        """The landmark draws, ndarray of int of shape (n_landmarks,)."""
        return self.kriging.columns.trend.chosen

    @property
    def n_bytes(self):
        """Bytes that the level takes beside the known columns."""
        return self.errors.nbytes + self.kriging.n_bytes

    @property
    def mean(self):
        """Mean of the known columns, ndarray of shape (n_samples, n_outputs)."""
        return self.kriging.columns.mean[:, :, 0].T

    def of_outputs(self, chosen):
        """The same for some of the outputs, by position."""
        if is_every(chosen, self.errors.shape[2]):
            return self
        errors, residuals = self.errors[..., chosen], self.residuals[..., chosen]
        return CompletionLevel(self.kriging.of_outputs(chosen), errors, residuals)

    def complete(self, values):
        """Columns from their values at the landmarks.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_landmarks, n_outputs)

        Returns
        -------
        completed : ndarray of shape (n_rows, n_samples, n_outputs)
            Exact at the landmarks.
        residuals : ndarray of shape (n_rows, n_outputs)
            Root mean square leave-one-out residual at the landmarks.
        """
        deviation = np.moveaxis(values - self.mean[self.chosen], 0, 2)
        predicted, explained = self.kriging.predict(np.swapaxes(deviation, 0, 1))
        completed = self.mean + np.moveaxis(predicted, 2, 0).swapaxes(1, 2)
        completed[:, self.chosen] = values
        return completed, _size(self.kriging.left_out(explained), axis=1).T

    def combined(self, values, weights):
        """What columns add to a weighted mean of columns, as a column by itself.

        Parameters
        ----------
        values : ndarray of shape (n_landmarks, n_columns, n_outputs)
            Columns at the landmarks.
        weights : ndarray of shape (n_columns,)
            Of the columns in the mean; their sum need not be 1.

        Returns
        -------
        values : ndarray of shape (1, n_landmarks, n_outputs)
        """
        mean = self.mean[self.chosen]
        return (mean + np.einsum("ljc,j->lc", values - mean[:, None], weights))[None]

    def coefficient_error(self, operator, residuals):
        """Estimated error that completing brings to coefficients.

        A column's residuals at its landmarks tell the size of its errors; the known
        columns tell what errors of a given size do to coefficients.

        Parameters
        ----------
        operator : ndarray of shape (n_rows or 1, n_features, n_samples)
            Coefficients are ``operator @ column``.
        residuals : ndarray of shape (n_rows or 1, n_outputs)
            As returned by :meth:`complete`.

        Returns
        -------
        error : CompletionError
        """
        projected = _project(operator, self.errors)
        scale = np.maximum(self.residuals, np.finfo(float).tiny)
        ratio = norm(projected, axis=1) / scale
        expected, high = np.quantile(ratio, [0.5, _COVER], axis=1, method="higher")
        usual = np.maximum(_size(self.residuals, axis=0), np.finfo(float).tiny)
        each = _OTHERS * _size(projected, axis=2) / usual
        # known columns may all be flat: then as if errors were independent
        left = np.setdiff1d(np.arange(len(self.errors)), self.chosen)
        alone = norm(operator[:, :, left], axis=2)[:, :, None]
        least = norm(alone, axis=1)
        novel = self.is_novel(residuals)
        one_way = np.abs(operator).sum(axis=2)[:, :, None] * novel[:, None]
        worst = norm(one_way, axis=1)
        return CompletionError(
            residuals * np.maximum(np.maximum(expected, least), worst),
            residuals * np.maximum(_MARGIN * np.maximum(high, least), worst),
            residuals[:, None] * np.maximum(np.maximum(each, alone), one_way),
        )

    def worst_error(self, operator, residuals):
        """As :meth:`coefficient_error`, of columns of which nothing else is known.

        The signs of the errors of size `residuals` are the worst there can be.
        """
        each = residuals * np.abs(operator).sum(axis=2)[:, :, None]
        bound = norm(each, axis=1)
        return CompletionError(bound, bound, each)

    def is_novel(self, residuals):
        """Whether columns of these residuals are unlike any that is known."""
        return residuals > _NOVEL * self.residuals.max(axis=0)


class CompletionError(NamedTuple):
    """What completing brings to coefficients.

    Attributes
    ----------
    expected, bound : ndarray of shape (n_rows, n_outputs)
        Norm of the error to expect, and one that few rows exceed.
    se : ndarray of shape (n_rows, n_features, n_outputs)
        Root mean square error of each coefficient.
    """

    expected: np.ndarray
    bound: np.ndarray
    se: np.ndarray


def is_every(chosen, n_outputs):
    """Whether outputs are chosen by a slice of all, which needs no copy."""
    return isinstance(chosen, slice) and chosen.indices(n_outputs) == (0, n_outputs, 1)


def choose_landmarks(columns, trend, random_state):
    """All draws in the order in which they serve as landmarks.

    The first are the pivots of a QR decomposition of what the columns span, the trend
    included, and their mean: known columns may be all alike where others are a multiple
    of them. The others follow in random order.

    Parameters
    ----------
    columns : ndarray of shape (n_samples, n_columns, n_outputs)
    trend : ndarray of shape (n_samples, n_directions)
    random_state : RandomState

    Returns
    -------
    order : ndarray of int of shape (n_samples,)
    """
    level = columns.mean(axis=1)
    if columns[0].size <= _MOST_SPANNED:
        spanned = (columns - level[:, None]).reshape(len(columns), -1)
    else:  # a random sketch has the same span, and no copy of the columns is made
        mix = random_state.normal(size=(*columns.shape[1:], _MOST_SPANNED))
        mix -= mix.mean(axis=0)
        spanned = np.tensordot(columns, mix, axes=2)
    level = level - level.mean(axis=0)
    if level.shape[1] > _MOST_SPANNED:
        level = level @ random_state.normal(size=(level.shape[1], _MOST_SPANNED))
    every = np.hstack([_unit(spanned), _unit(level), _unit(trend) * 0.1])
    _, pivots = qr(every.T, mode="r", pivoting=True)
    n_pivots = min(every.shape)
    rest = random_state.permutation(pivots[n_pivots:])
    return np.concatenate([pivots[:n_pivots], rest])


def linear_trend(regressors):
    """The trend of columns that are linear in the draws' own features.

    Parameters
    ----------
    regressors : ndarray of shape (n_samples, n_regressors)
        Features of the draws, as numbers.

    Returns
    -------
    trend : ndarray of shape (n_samples, n_regressors)
    """
    return _standardised(regressors) / np.sqrt(max(regressors.shape[1], 1))


def _project(operator, errors):
    """Coefficients of columns of errors: (n_rows, n_features, n_columns, n_outputs)."""
    projected = operator @ errors.reshape(len(errors), -1)
    return projected.reshape(*operator.shape[:2], *errors.shape[1:])


def _standardised(values):
    spread = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _unit(values):
    size = np.sqrt(np.square(values).sum())
    return values / size if size > 0 else values


def _size(values, axis):
    return np.sqrt(np.mean(np.square(values), axis=axis))
