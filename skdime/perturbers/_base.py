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

    See Also
    --------
    MaskPerturber : Takes less to derive from: two methods.

    Examples
    --------
    An angle, whose sine and cosine are the regressors of one feature:

    >>> import numpy as np
    >>> from skdime import Disentangler, LocalExplainer
    >>> from skdime.perturbers import LocalDesign, NeighbourhoodPerturber
    >>> def circle(X):
    ...     return np.hstack([np.sin(X), np.cos(X)])
    >>> class AnglePerturber(NeighbourhoodPerturber):
    ...     def fit(self, X, n_samples, feature_names, random_state):
    ...         self.feature_names_ = feature_names
    ...         self.draws_ = X[random_state.randint(len(X), size=n_samples)]
    ...         self.typical_ = circle(X).mean(axis=0)
    ...         return self
    ...
    ...     def design(self, X, kernel_width, alpha):
    ...         return LocalDesign(
    ...             regressors=self.draw_features()[None],
    ...             weights=np.ones((len(X), len(self.draws_))),
    ...             typical=np.tile(self.typical_, (len(X), 1)),
    ...             contrast=circle(X) - self.typical_,
    ...             penalty=np.full((len(X), 2), 1e-6),
    ...             features=np.array([0, 0]),
    ...         )
    ...
    ...     def draw_features(self):
    ...         return circle(self.draws_)
    ...
    ...     def describe(self, X):
    ...         return X.astype(str)
    >>> rng = np.random.RandomState(0)
    >>> X = np.column_stack([rng.uniform(-3, 3, size=400), rng.normal(size=400)])
    >>> dis = Disentangler(
    ...     lambda X: 2 * np.cos(X[:, 0]), [("wind", [0]), ("load", [1])]
    ... )
    >>> explainer = LocalExplainer(dis, [("wind", AnglePerturber())], random_state=0)
    >>> found = explainer.fit(X).explain(np.array([[np.pi, 0.0]]))
    >>> wind = found.sel(part="uc", modality="wind")[0, 0, 0]  # from the mean to -2
    >>> bool(abs(wind - (-2 - 2 * np.cos(X[:, 0]).mean())) < 1e-3)
    True
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
