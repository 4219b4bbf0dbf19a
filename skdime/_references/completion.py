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

from copy import copy
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.linalg import norm
from scipy.linalg import qr

# Candidates for the weight of the regressors and of the noise, as shares of the
# columns' variance.
_TREND = (0.0, 1e-3, 1e-2, 1e-1)
_NOISE = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
# Few known columns are left out at a time, as few as there are at first (12 / 6).
_FOLDS = 6
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
    weights : ndarray of shape (n_outputs, 2)
        Chosen weights of trend and noise.
    """

    def __init__(self, columns, trend, order, n_tuning):
        self.columns = columns
        self.order = order
        self.trend = trend
        n_outputs = columns.shape[2]
        self.weights = np.array([self._tune(c, n_tuning) for c in range(n_outputs)])

    def level(self, n_landmarks):
        """Operators and error calibration for one number of landmarks.

        Returns
        -------
        level : CompletionLevel
        """
        chosen = self.order[:n_landmarks]
        n_samples, _, n_outputs = self.columns.shape
        operator = np.empty((n_outputs, n_samples, n_landmarks))
        left_out = np.empty((n_outputs, n_landmarks, n_landmarks))
        errors = np.empty_like(self.columns)
        residuals = np.empty(self.columns.shape[1:])
        for c in range(n_outputs):
            known, weights = self.columns[:, :, c], self.weights[c]
            basis = _basis(known, self.trend, *weights)
            operator[c], left_out[c] = _operators(basis, chosen, weights[1])
            validated = self._cross_validate(known, chosen, *weights)
            errors[:, :, c], residuals[:, c] = validated
        mean = self.columns.mean(axis=1)
        return CompletionLevel(chosen, mean, operator, left_out, errors, residuals)

    def of_outputs(self, chosen):
        """The same for some of the outputs, by position."""
        some = copy(self)
        some.columns, some.weights = self.columns[..., chosen], self.weights[chosen]
        return some

    def _tune(self, c, n_landmarks):
        """The weights that complete known columns best from the others."""
        known, chosen = self.columns[:, :, c], self.order[:n_landmarks]
        candidates = [(trend, noise) for trend in _TREND for noise in _NOISE]
        lost = [
            np.square(self._cross_validate(known, chosen, *weights)[0]).sum()
            for weights in candidates
        ]
        return candidates[int(np.argmin(lost))]

    def _cross_validate(self, known, chosen, trend, noise):
        """Errors of every known column, completed from the columns of other folds."""
        errors = np.empty_like(known)
        residuals = np.empty(known.shape[1])
        folds = np.arange(known.shape[1]) % min(_FOLDS, known.shape[1])
        for fold in np.unique(folds):
            train, test = known[:, folds != fold], known[:, folds == fold]
            basis = _basis(train, self.trend, trend, noise)
            operator, left_out = _operators(basis, chosen, noise)
            deviation = (test - train.mean(axis=1, keepdims=True))[chosen]
            completed = train.mean(axis=1, keepdims=True) + operator @ deviation
            completed[chosen] = test[chosen]
            errors[:, folds == fold] = completed - test
            residuals[folds == fold] = _size(left_out @ deviation, axis=0)
        return errors, residuals


@dataclass(frozen=True)
class CompletionLevel:
    """Completion from one number of landmarks.

    Attributes
    ----------
    chosen : ndarray of int of shape (n_landmarks,)
        The landmark draws.
    mean : ndarray of shape (n_samples, n_outputs)
        Mean of the known columns.
    operator : ndarray of shape (n_outputs, n_samples, n_landmarks)
        From deviations at the landmarks to deviations everywhere.
    left_out : ndarray of shape (n_outputs, n_landmarks, n_landmarks)
        From deviations at the landmarks to leave-one-landmark-out residuals.
    errors : ndarray of shape (n_samples, n_columns, n_outputs)
        Errors that known columns would have if they were completed.
    residuals : ndarray of shape (n_columns, n_outputs)
        Root mean square leave-one-out residual of the same columns.
    """

    chosen: np.ndarray
    mean: np.ndarray
    operator: np.ndarray
    left_out: np.ndarray
    errors: np.ndarray
    residuals: np.ndarray

    def of_outputs(self, chosen):
        """The same for some of the outputs, by position."""
        last = ("mean", "errors", "residuals")
        return replace(
            self,
            operator=self.operator[chosen],
            left_out=self.left_out[chosen],
            **{name: getattr(self, name)[..., chosen] for name in last},
        )

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
        deviation = np.moveaxis(values - self.mean[self.chosen], 2, 0)
        completed = np.moveaxis(deviation @ np.swapaxes(self.operator, 1, 2), 0, 2)
        completed = self.mean + completed
        completed[:, self.chosen] = values
        residuals = _size(deviation @ np.swapaxes(self.left_out, 1, 2), axis=2).T
        return completed, residuals

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
        moved = _project(operator, self.errors)
        scale = np.maximum(self.residuals, np.finfo(float).tiny)
        ratio = norm(moved, axis=1) / scale
        expected, high = np.quantile(ratio, [0.5, _COVER], axis=1, method="higher")
        usual = np.maximum(_size(self.residuals, axis=0), np.finfo(float).tiny)
        each = _OTHERS * _size(moved, axis=2) / usual
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


def choose_landmarks(columns, trend, random_state):
    """All draws in the order in which they serve as landmarks.

    The first are the pivots of a QR decomposition of what the columns span, the trend
    included; the others follow in random order.

    Parameters
    ----------
    columns : ndarray of shape (n_samples, n_columns, n_outputs)
    trend : ndarray of shape (n_samples, n_directions)
    random_state : RandomState

    Returns
    -------
    order : ndarray of int of shape (n_samples,)
    """
    deviation = columns - columns.mean(axis=1, keepdims=True)
    spanned = deviation.reshape(len(columns), -1)
    if spanned.shape[1] > 100:  # many outputs: a random sketch has the same span
        spanned = spanned @ random_state.normal(size=(spanned.shape[1], 100))
    both = np.hstack([_unit(spanned), _unit(trend) * 0.1])
    _, pivots = qr(both.T, mode="r", pivoting=True)
    n_pivots = min(both.shape)
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


def _basis(known, directions, trend, noise):
    """Directions in which columns vary, each scaled to its standard deviation."""
    deviation = known - known.mean(axis=1, keepdims=True)
    deviation = deviation / np.sqrt(max(known.shape[1] - 1, 1))
    variance = np.square(deviation).sum() / len(known)
    scale = np.sqrt(variance) if variance > 0 else 1.0
    return np.hstack([deviation / scale, np.sqrt(trend) * directions])


def _operators(basis, chosen, noise):
    """Completion from the landmarks, and its leave-one-out residuals."""
    at_landmarks = basis[chosen]
    gram = at_landmarks.T @ at_landmarks + noise * np.eye(basis.shape[1])
    operator = basis @ np.linalg.solve(gram, at_landmarks.T)
    hat = operator[chosen]
    rest = np.maximum(1 - np.diag(hat), 1e-9)
    return operator, (np.eye(len(chosen)) - hat) / rest[:, None]


def _project(operator, errors):
    """Coefficients of columns of errors: (n_rows, n_features, n_columns, n_outputs)."""
    moved = operator @ errors.reshape(len(errors), -1)
    return moved.reshape(*operator.shape[:2], *errors.shape[1:])


def _standardised(values):
    spread = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _unit(values):
    size = np.sqrt(np.square(values).sum())
    return values / size if size > 0 else values


def _size(values, axis):
    return np.sqrt(np.mean(np.square(values), axis=axis))
