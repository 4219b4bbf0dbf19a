r"""Variances of the kernel of masks and contexts, by marginal likelihood.

A pair of a mask s and its complement in context j (references, or the row's own) has
the covariance

.. math:: \left( v_1 K_1(s, s') + v_3 K_3(s, s') \right)
   \left( 1 + \sum_k t_k P_k(j, j') \right) + \sigma^2 ,

where :math:`P_k` say how alike two contexts are. Weak log-normal priors keep variances
finite of which the pairs tell nothing. The search is Newton's, damped, on logarithms of
the variances: with C the covariance, :math:`M_a` its derivative by a logarithm and
:math:`\alpha = C^{-1} y`, the average information :math:`\tfrac12 \alpha^\top M_a
C^{-1} M_b \alpha` stands for the second derivatives. It takes products of matrices with
vectors only.

References
----------
Gilmour, Thompson, Cullis. "Average information REML", Biometrics 51 (1995), for the
second derivatives.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri

# Where the search starts, and the centres of the priors: single features, higher
# orders, every similarity of contexts, noise. From small similarities alone the search
# ends where contexts are all alike.
_CENTRE = 0.7, 0.2, 0.2, 0.01
_FAR = 0.2, 0.03, 3.0, 0.05
# Densities that a search computes at most, and the gain of the logarithm below which it
# ends. Up to ten were a quarter more for the same errors; a gain of 1 made errors of
# pairs a twentieth larger. Which start is better is found on every second pair.
_MOST, _LEAST_GAIN, _STEP = 6, 0.3, 2
# Logarithms of variances and of noise; squared deviations from the centre are divided
# by 2 * 25.
_BOUNDS, _NOISE_BOUNDS, _PRIOR_VARIANCE = (-12, 6), (-14, 3), 25.0
# A step changes no logarithm by more. Damping adds a share to the diagonal of second
# derivatives: at first, after a step that gained, and after one that did not.
_LONGEST, _DAMPING, _LESS, _MORE, _LEAST_DAMPING = 3.0, 0.3, 0.2, 10.0, 0.01
# Less noise makes the factor fail where pairs nearly coincide, also relative to the
# covariance, of which as many digits are wrong.
LEAST_NOISE, _WRONG_DIGITS = 1e-6, 1e-13


class Variances(NamedTuple):
    """Variances for differences of mean square 1.

    Attributes
    ----------
    first, higher : float
    similarities : ndarray of shape (n_similarities,)
    noise : float
    """

    first: float
    higher: float
    similarities: np.ndarray
    noise: float


def tuned_variances(first, higher, similarities, differences, start=None):
    """Variances of the largest posterior density.

    Parameters
    ----------
    first, higher : ndarray of shape (n_pairs, n_pairs)
        Kernels between masks.
    similarities : list of ndarray of shape (n_pairs, n_pairs)
        Between contexts.
    differences : ndarray of shape (n_pairs, n_outputs)
        Of mean square 1; outputs share the variances.
    start : Variances, default=None
        Of nearly the same task, for a short search.

    Returns
    -------
    variances : Variances
    """
    pairs = _Pairs(
        np.stack([first, higher]),
        np.reshape(similarities, (-1, *first.shape)),
        differences,
    )
    if start is not None:
        begin = np.log(np.r_[start.first, start.higher, start[2], start.noise])
    else:
        some = pairs.every(_STEP)
        starts = (_logarithms(values, len(similarities)) for values in (_CENTRE, _FAR))
        runs = [_search(logs, some) for logs in starts]
        begin, _ = min(runs, key=lambda run: run[1])
    best = np.exp(_search(begin, pairs)[0])
    return Variances(best[0], best[1], best[2:-1], best[-1] + LEAST_NOISE)


class _Pairs(NamedTuple):
    """What variances are tuned on.

    Attributes
    ----------
    of_masks : ndarray of shape (2, n_pairs, n_pairs)
        Kernels of single features and of higher orders.
    of_contexts : ndarray of shape (n_similarities, n_pairs, n_pairs)
    differences : ndarray of shape (n_pairs, n_outputs)
    """

    of_masks: np.ndarray
    of_contexts: np.ndarray
    differences: np.ndarray

    def every(self, step):
        """Some of the pairs."""
        kernels = (k[:, ::step, ::step].copy() for k in self[:2])
        return _Pairs(*kernels, self.differences[::step])

    def derivatives(self, variances):
        """Of the covariance by logarithms of the variances, but noise's.

        Returns
        -------
        derivatives : ndarray of shape (2 + n_similarities, n_pairs, n_pairs)
            The first two add up to the covariance without noise.
        """
        n = len(self.of_contexts)
        derivatives = np.empty((2 + n, *self.of_masks.shape[1:]))
        alike = 1 + np.tensordot(variances[2:-1], self.of_contexts, 1)
        np.multiply(self.of_masks, alike, out=derivatives[:2])
        derivatives[:2] *= variances[:2, None, None]
        masks = np.tensordot(variances[:2], self.of_masks, 1)
        shares = zip(self.of_contexts, variances[2:-1], derivatives[2:], strict=True)
        for similarity, share, out in shares:
            np.multiply(similarity, masks, out=out)
            out *= share
        return derivatives


class _Density(NamedTuple):
    """Negative logarithm of the posterior density at some logarithms of variances.

    Attributes
    ----------
    loss : float
    gradient : ndarray of shape (n_variances,)
    curvature : ndarray of shape (n_variances, n_variances)
        Positive definite, in place of the second derivatives.
    """

    loss: float
    gradient: np.ndarray
    curvature: np.ndarray

    def gain(self, step):
        """What a step takes off the loss, to second order."""
        return -step @ (self.gradient + 0.5 * self.curvature @ step)


def _search(logs, pairs):
    """The best logarithms that a few steps find from these, and the loss there."""
    n = len(pairs.of_contexts)
    centre = _logarithms(_CENTRE, n)
    lowest, highest = np.transpose([_BOUNDS] * (2 + n) + [_NOISE_BOUNDS])
    density, damping = _density(logs, pairs, centre), _DAMPING
    for _ in range(_MOST - 1):
        damped = density.curvature + damping * np.diag(density.curvature.diagonal())
        step = np.linalg.solve(damped, -density.gradient)
        if density.gain(step) < _LEAST_GAIN:
            break
        new = np.clip(logs + step.clip(-_LONGEST, _LONGEST), lowest, highest)
        tried = _density(new, pairs, centre)
        gain = density.loss - tried.loss
        if gain > 0:
            logs, density, damping = new, tried, _LESS * damping
        else:
            damping = max(_MORE * damping, _LEAST_DAMPING)
        if 0 <= gain < _LEAST_GAIN:
            break
    return logs, density.loss


def add_noise(covariance, noise):
    """Add noise to a covariance, in place, at least as much as its factor needs."""
    diagonal = covariance.reshape(-1)[:: len(covariance) + 1]
    diagonal += noise + _WRONG_DIGITS * len(covariance) * diagonal.max()


def inverse(matrix):
    """The inverse of a positive definite matrix, and the logarithm of its determinant.

    Parameters
    ----------
    matrix : ndarray of shape (n, n)
        Is written into.

    Raises
    ------
    numpy.linalg.LinAlgError
        If rounding makes it indefinite.
    """
    factor, failed = dpotrf(matrix.T, lower=False, clean=False, overwrite_a=True)
    if failed:
        raise np.linalg.LinAlgError("The covariance is not positive definite.")
    log_determinant = 2 * np.log(factor.diagonal()).sum()
    upper, _ = dpotri(factor, lower=False, overwrite_c=True)
    return np.where(_is_upper(len(upper)), upper, upper.T), log_determinant


@lru_cache(maxsize=16)
def _is_upper(n):
    """Whether elements of a matrix are on or above its diagonal."""
    return np.triu(np.ones((n, n), dtype=bool))


def _logarithms(values, n_similarities):
    first, higher, similarity, noise = values
    return np.log(np.r_[first, higher, [similarity] * n_similarities, noise])


def _density(logs, pairs, centre):
    """The density at some logarithms of variances."""
    variances, n_logs = np.exp(logs), len(logs)
    noise, differences = variances[-1], pairs.differences
    derivatives = pairs.derivatives(variances)
    covariance = derivatives[0] + derivatives[1]
    n, n_outputs = differences.shape
    add_noise(covariance, noise + LEAST_NOISE)
    try:
        inverted, log_determinant = inverse(covariance)
    except np.linalg.LinAlgError:
        return _Density(np.inf, np.zeros(n_logs), np.eye(n_logs))
    solved = inverted @ differences
    moved = np.concatenate([derivatives @ solved, noise * solved[None]])
    moved = moved.transpose(0, 2, 1).reshape(-1, n)
    back = (moved @ inverted).reshape(n_logs, -1)
    curvature = 0.5 * back @ moved.reshape(n_logs, -1).T
    # the gradient by any logarithm is tr(W M) / 2
    weight = np.multiply(inverted, n_outputs, out=inverted)
    weight -= solved @ solved.T
    gradient = derivatives.reshape(n_logs - 1, -1) @ weight.ravel()
    gradient = 0.5 * np.append(gradient, noise * np.trace(weight))
    away = (logs - centre) / _PRIOR_VARIANCE
    loss = np.vdot(differences, solved) + n_outputs * log_determinant
    return _Density(
        0.5 * (loss + (logs - centre) @ away),
        gradient + away,
        curvature + np.eye(n_logs) / _PRIOR_VARIANCE,
    )
