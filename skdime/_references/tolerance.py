"""How large the error of an approximation may be."""

from typing import NamedTuple

import numpy as np

# Share of the tolerance that the median error is to reach: estimates are uncertain, and
# most rows should stay below the tolerance, not half of them.
AIM = 0.85
# What "auto" allows: a share of the coefficients of a part, and of the standard error
# that references leave in any case. Half of it adds an eighth to the error of both.
_AUTO = 0.05, 0.5
# Below this share of all coefficients of a row a part need not be resolved.
_LEAST_PART = 0.1


class Tolerance(NamedTuple):
    """The error of a row's coefficients that approximations may leave.

    Attributes
    ----------
    relative : float
        As a norm relative to that of the coefficients of UC or MI.
    of_references : float
        Relative to the standard error because references are a sample.
    """

    relative: float
    of_references: float

    @classmethod
    def of(cls, tol):
        """That of the parameter `tol`, a number or "auto"."""
        return cls(*_AUTO) if tol == "auto" else cls(tol, 0.0)

    def scaled(self, factor):
        return Tolerance(self.relative * factor, self.of_references * factor)

    def allowed(self, sizes, of_references):
        """Squared norms of errors that may remain.

        Parameters
        ----------
        sizes : ndarray of shape (2, ...)
            Squared norms of the coefficients of UC and MI.
        of_references : ndarray of shape (...)
            Squared norm of the standard errors because references are a sample, which
            UC and MI have alike.

        Returns
        -------
        allowed : ndarray of shape (2, ...)
        """
        least = _LEAST_PART**2 * np.sum(sizes, axis=0)
        relative = self.relative**2 * np.maximum(sizes, least)
        # no error is known over a single reference
        return np.fmax(relative, self.of_references**2 * of_references)
