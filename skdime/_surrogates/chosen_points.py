r"""Which hybrids of a row to evaluate next: those that its coefficients ask for.

A surrogate that is fitted to some outputs tells how uncertain its coefficients are, and
how much an output at a further point p would tell of them: observing y_p decreases the
sum of the variances of all coefficients c by
:math:`\sum_c \mathrm{cov}(c, y_p)^2 / \mathrm{var}(y_p)`. The largest decrease is
taken, again and again; the output itself is not needed to know what to take next.

References
----------
Krause, Singh, Guestrin. "Near-optimal sensor placements in Gaussian processes", JMLR 9
(2008), for greedy choices of points.
"""

import numpy as np
from scipy.linalg import solve_triangular

# Share of a variance that rounding leaves at least.
_LEAST = 1e-9


def most_telling(covariance, operators, n_observed, n):
    """Positions of further sites, greedily those that tell most of some functions.

    Parameters
    ----------
    covariance : ndarray of shape (n_sites, n_sites)
        Of the outputs at the sites that are observed, then at the candidates; noise
        included.
    operators : ndarray of shape (n_functions, n_sites)
        Covariances of the functions with the outputs.
    n_observed, n : int

    Returns
    -------
    chosen : ndarray of int of shape (n,)
        Among the candidates, the most telling one first.
    """
    own, cross = np.split(covariance[:n_observed], [n_observed], axis=1)
    factor = np.linalg.cholesky(own)
    solved = solve_triangular(factor, cross, lower=True)
    of_functions = solve_triangular(factor, operators[:, :n_observed].T, lower=True)
    remaining = operators[:, n_observed:] - of_functions.T @ solved
    among = covariance[n_observed:, n_observed:] - solved.T @ solved
    variances, columns = among.diagonal().copy(), np.empty((n, len(among)))
    chosen = np.empty(n, dtype=int)
    is_left = np.ones(len(among), dtype=bool)
    for k in range(n):
        variance_explained = np.square(remaining).sum(axis=0) / variances
        best = chosen[k] = np.argmax(np.where(is_left, variance_explained, -1))
        column = among[best] - columns[:k, best] @ columns[:k]
        columns[k] = column / np.sqrt(variances[best])
        told_by_best = remaining[:, best] / np.sqrt(variances[best])
        remaining -= np.outer(told_by_best, columns[k])
        is_left[best] = False
        left = variances - np.square(columns[k])
        variances = np.where(is_left, np.maximum(left, _LEAST * variances), variances)
    return chosen
