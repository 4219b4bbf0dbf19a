"""Two models and their difference as one model."""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin


class SideBySide(RegressorMixin, BaseEstimator):
    """Outputs of one model, of another, and of the second less the first.

    Explained as one model, all three have the same references and perturbations, and
    the standard errors of the difference are those of an output.

    Parameters
    ----------
    first, second : Response
        With the same number of outputs.
    """

    def __init__(self, first, second):
        self.first = first
        self.second = second

    def fit(self, X, y=None):
        """Do nothing: both models are fitted."""
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        """Outputs of the rows.

        Parameters
        ----------
        X : container of rows

        Returns
        -------
        outputs : ndarray of shape (n_rows, 3 * n_outputs)
        """
        first, _ = self.first.linked(self.first(X))
        second, _ = self.second.linked(self.second(X))
        return np.hstack([first, second, second - first])
