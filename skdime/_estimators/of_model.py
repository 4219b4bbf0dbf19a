"""Methods of the explained model that an estimator around it passes on.

With them, an explainer is a classifier or a regressor where its model is: scikit-learn
scores it by ``scoring="roc_auc"`` in a search, and stratifies folds by its classes.
"""

from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdime._models.nets import as_read_by
from skdime._rows.validation import check_rows
from skdime._utils.annotations import Rows


def model_has(name):
    """Whether the model has a method, before and after ``fit``; for ``available_if``.

    Parameters
    ----------
    name : str
    """

    def has(estimator):
        getattr(estimator._model(), name)  # whose error names the model
        return True

    return has


class OfModel:
    """Passes on predictions of a fitted model.

    A subclass has ``_model``, which returns the model, fitted once ``fit`` was called.
    """

    _model: Any

    @available_if(model_has("predict"))
    def predict(self, X: Rows) -> np.ndarray:
        """What the model predicts.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.

        Returns
        -------
        y : ndarray of shape (n_rows,) or (n_rows, n_targets)
        """
        return self._passed_on("predict", X)

    @available_if(model_has("predict_proba"))
    def predict_proba(self, X: Rows) -> np.ndarray:
        """Probabilities of the classes.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.

        Returns
        -------
        probabilities : ndarray of shape (n_rows, n_classes)
        """
        return self._passed_on("predict_proba", X)

    @available_if(model_has("decision_function"))
    def decision_function(self, X: Rows) -> np.ndarray:
        """Scores of the classes.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            Same container, columns and dtypes as in ``fit``.

        Returns
        -------
        scores : ndarray of shape (n_rows,) or (n_rows, n_classes)
        """
        return self._passed_on("decision_function", X)

    @property
    def classes_(self) -> np.ndarray:
        """Classes of the model, if it is a classifier."""
        return self._model().classes_

    def _passed_on(self, name, X, *arguments):
        check_is_fitted(self, "n_model_rows_")
        X, model = check_rows(self, X, reset=False), self._model()
        return getattr(model, name)(as_read_by(model, X), *arguments)
