"""What every perturber of a neighbourhood offers."""

from abc import ABCMeta, abstractmethod

from sklearn.base import BaseEstimator


class NeighbourhoodPerturber(BaseEstimator, metaclass=ABCMeta):
    """Perturbs a modality by the same draws for every explained row.

    A subclass implements :meth:`fit`, which draws, and :meth:`design`, which tells
    the surrogate how a row sees the draws.

    Attributes
    ----------
    draws_ : container of rows of shape (n_samples, n_columns)
        The perturbed values of the modality.
    feature_names_ : ndarray of str of shape (n_features,)
        Names of the interpretable features.
    """

    @abstractmethod
    def fit(self, X, n_samples, feature_names, random_state):
        """Draw the perturbations.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The modality's columns in the rows given to ``LocalExplainer.fit``.
        n_samples : int
            Number of draws.
        feature_names : ndarray of str of shape (n_columns,)
            Names of the columns.
        random_state : RandomState
            Source of the draws.

        Returns
        -------
        self : perturber
        """

    @abstractmethod
    def design(self, X, kernel_width, alpha):
        """The local designs of rows.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The modality's columns in the rows to explain.
        kernel_width : float or "auto"
            Width of the kernel, in units of distance.
        alpha : float or "auto"
            Strength of the ridge penalty.

        Returns
        -------
        design : LocalDesign
        """

    @abstractmethod
    def draw_features(self):
        """The draws as numbers, as far as outputs may depend on them linearly.

        Returns
        -------
        features : ndarray of shape (n_samples, n_numbers)
        """

    @abstractmethod
    def describe(self, X):
        """What the rows hold, feature by feature, as text.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The modality's columns in the rows to explain.

        Returns
        -------
        values : ndarray of str of shape (n_rows, n_features)
        """
