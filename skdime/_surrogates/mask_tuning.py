r"""Variances of the kernel of masks and contexts, by marginal likelihood.

A pair of a mask s and its complement in context j (references, or the row's own) has
the covariance

.. math:: \left( v_1 K_1(s, s') + v_3 K_3(s, s') \right)
   \left( 1 + \sum_k t_k P_k(j, j') \right) + \sigma^2 ,

where :math:`P_k` say how alike two contexts are. Weak log-normal priors keep variances
finite of which the pairs tell nothing.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize

# Where the search starts, and the centres of the priors: single features, higher
# orders, every similarity of contexts, noise. From small similarities alone the search
# ends where contexts are all alike.
_CENTRE = 0.7, 0.2, 0.2, 0.01
_FAR = 0.2, 0.03, 3.0, 0.05
# Searches are short, and which start is better is found on every second pair: longer
# ones took up to twice the time for the same errors (benchmarks/masks.py).
_ITERATIONS, _STEP = 6, 2
# Logarithms of variances and of noise; squared deviations from the centre are divided
# by 2 * 25.
_BOUNDS, _NOISE_BOUNDS, _PRIOR_VARIANCE = (-12, 6), (-14, 3), 25.0
# Less noise makes the factor fail where pairs nearly coincide.
LEAST_NOISE = 1e-6


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
    pairs = first, higher, similarities, differences
    if start is not None:
        begin = np.log(np.r_[start.first, start.higher, start[2], start.noise])
    else:
        starts = (_logarithms(values, len(similarities)) for values in (_CENTRE, _FAR))
        runs = [_search(logs, *_some(*pairs)) for logs in starts]
        begin = min(runs, key=lambda run: run.fun).x
    best = np.exp(_search(begin, *pairs).x)
    return Variances(best[0], best[1], best[2:-1], best[-1] + LEAST_NOISE)


def _search(logs, first, higher, similarities, differences):
    """The optimum that a few steps find from these logarithms."""
    n = len(similarities)
    return minimize(
        _loss,
        logs,
        args=(first, higher, similarities, differences, _logarithms(_CENTRE, n)),
        jac=True,
        method="L-BFGS-B",
        bounds=[_BOUNDS] * (n + 2) + [_NOISE_BOUNDS],
        options={"maxiter": _ITERATIONS},
    )


def _some(first, higher, similarities, differences):
    """Every second pair."""
    kernels = (k[::_STEP, ::_STEP].copy() for k in (first, higher, *similarities))
    first, higher, *similarities = kernels
    return first, higher, similarities, differences[::_STEP]


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


def _loss(logs, first, higher, similarities, differences, centre):
    """Negative logarithm of the posterior density, and its gradient."""
    v1, v3, *shares, noise = np.exp(logs)
    of_masks = v1 * first + v3 * higher
    of_contexts = np.ones_like(first)
    for share, similarity in zip(shares, similarities, strict=True):
        of_contexts += share * similarity
    covariance = of_masks * of_contexts
    covariance.ravel()[:: len(covariance) + 1] += noise + LEAST_NOISE
    try:
        inverted, log_determinant = inverse(covariance)
    except np.linalg.LinAlgError:
        return 1e10, np.zeros_like(logs)
    n_outputs = differences.shape[1]
    solved = inverted @ differences
    # the gradient by any variance v is tr(W dK/dv) / 2
    weight = np.multiply(inverted, n_outputs, out=inverted)
    weight -= solved @ solved.T
    by_masks, by_contexts = weight * of_contexts, weight * of_masks
    gradient = [v1 * np.vdot(by_masks, first), v3 * np.vdot(by_masks, higher)]
    gradient += [
        share * np.vdot(by_contexts, similarity)
        for share, similarity in zip(shares, similarities, strict=True)
    ]
    gradient.append(noise * np.trace(weight))
    loss = 0.5 * np.vdot(differences, solved)
    loss += n_outputs * log_determinant / 2
    away = logs - centre
    return (
        loss + away @ away / (2 * _PRIOR_VARIANCE),
        0.5 * np.array(gradient) + away / _PRIOR_VARIANCE,
    )
