r"""Gaussian process regression on shared points and a few of a row's own.

The factor of the shared points is computed once. A row adds its own points by one block
step of the Cholesky factor; with :math:`U = K_{ss}^{-1} K_{so}` and the Schur
complement :math:`S = K_{oo} - K_{os} U`, everything that a row needs follows from S.

References
----------
Rasmussen, Williams. "Gaussian Processes for Machine Learning" (2006), sections 2.2 and
5.4.2.
"""

from functools import cached_property

import numpy as np
from scipy.linalg import cho_solve, solve_triangular


class SharedFactor:
    """Covariance of the outputs at shared points, factorised.

    Parameters
    ----------
    covariance : ndarray of shape (n_shared, n_shared)
        Noise included.
    targets : ndarray of shape (n_shared,)
    """

    def __init__(self, covariance, targets):
        self.factor, self.targets = np.linalg.cholesky(covariance), targets
        self.alpha = self.solve(targets)
        self.inverse_diagonal = np.empty(0)
        if len(targets):
            inverse = solve_triangular(self.factor, np.eye(len(targets)), lower=True)
            self.inverse_diagonal = np.square(inverse).sum(axis=0)

    def solve(self, right):
        # scipy refuses what has no rows
        if not len(right):
            return right
        return cho_solve((self.factor, True), right, check_finite=False)

    def left_out(self):
        """Residuals of the targets, each predicted from all others."""
        return self.alpha / self.inverse_diagonal

    def with_own(self, cross, covariance, targets):
        """The solution at shared and own points.

        Parameters
        ----------
        cross : ndarray of shape (n_shared, n_own)
        covariance : ndarray of shape (n_own, n_own)
            Noise included.
        targets : ndarray of shape (n_own,)
        """
        return RowSolution(self, cross, covariance, targets)


class RowSolution:
    """Regression on the shared points, then a row's own.

    Attributes
    ----------
    alpha : ndarray of shape (n_shared + n_own,)
        The surrogate is ``sum_p alpha_p K(., p)``.
    """

    def __init__(self, shared, cross, covariance, targets):
        self._shared = shared
        self._solved = shared.solve(cross)
        schur = covariance - cross.T @ self._solved
        self._schur = _factor(schur, covariance.diagonal().max())
        innovation = targets - self._solved.T @ shared.targets
        own_alpha = cho_solve((self._schur, True), innovation)
        shared_alpha = shared.alpha - self._solved @ own_alpha
        self.alpha = np.concatenate([shared_alpha, own_alpha])

    def left_out(self):
        """Residuals of all targets, each predicted from all others.

        In closed form: :math:`e_p = \\alpha_p / (K^{-1})_{pp}`.
        """
        return self.alpha / self.inverse_diagonal

    @cached_property
    def inverse_diagonal(self):
        """That of the inverse covariance, shape (n_shared + n_own,)."""
        inverse = solve_triangular(self._schur, np.eye(len(self._schur)), lower=True)
        of_shared = np.square(self._solved @ inverse.T).sum(axis=1)
        of_own = np.square(inverse).sum(axis=0)
        return np.concatenate([self._shared.inverse_diagonal + of_shared, of_own])

    def weights(self, operators):
        """Weights of the targets in linear functions of the surrogate.

        Parameters
        ----------
        operators : ndarray of shape (n_functions, n_shared + n_own)
            Functions are ``operators @ alpha``.

        Returns
        -------
        weights : ndarray of shape (n_functions, n_shared + n_own)
            Functions are ``weights @ targets``.
        """
        n_shared = len(self._shared.alpha)
        at_shared, at_own = operators[:, :n_shared], operators[:, n_shared:]
        remaining = at_own - at_shared @ self._solved
        own_weights = cho_solve((self._schur, True), remaining.T).T
        shared_weights = (
            self._shared.solve(at_shared.T).T - own_weights @ self._solved.T
        )
        return np.hstack([shared_weights, own_weights])


def _factor(matrix, scale):
    """The Cholesky factor, with noise of the size of rounding where it needs some.

    A row far outside of the data has a variance that is many times that of all others.
    """
    for share in (0.0, 1e-13, 1e-11, 1e-9):
        noise = share * scale * np.eye(len(matrix))
        try:
            return np.linalg.cholesky(matrix + noise)
        except np.linalg.LinAlgError:
            continue
    return np.linalg.cholesky(matrix + 1e-7 * scale * np.eye(len(matrix)))
