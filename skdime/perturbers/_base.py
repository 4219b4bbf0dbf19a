"""What every perturber of a neighbourhood offers."""

from abc import ABCMeta, abstractmethod
from copy import copy
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone

from skdime._rows.containers import n_rows, take
from skdime._utils.annotations import Auto, Names, Random
from skdime.perturbers._design import LocalDesign
from skdime.perturbers._tables import table_of


class NeighbourhoodPerturber(BaseEstimator, metaclass=ABCMeta):
    """Base class of perturbers that draw values from the data, the same for all rows.

    Derive from it if your features vary continuously. A subclass implements
    :meth:`fit`, which draws, :meth:`design`, which returns regressors and weights of
    the draws for each row, :meth:`draw_features` and :meth:`describe`. Some metrics
    also need :meth:`columns_of`, and :meth:`redraw` where ``draws_`` is not all that a
    perturber stores of its draws.

    Attributes
    ----------
    draws_ : container of rows of shape (n_samples, n_columns)
        The perturbed values of the modality.
    feature_names_ : ndarray of str of shape (n_features,)
        Names of the interpretable features.

    See Also
    --------
    MaskPerturber : Needs only two methods.

    Notes
    -----
    ``masks_rows`` is False for perturbers of this family and True for a
    :class:`MaskPerturber`.

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
    ...         self.average_ = circle(X).mean(axis=0)
    ...         return self
    ...
    ...     def design(self, X, kernel_width, alpha):
    ...         return LocalDesign(
    ...             regressors=self.draw_features()[None],
    ...             weights=np.ones((len(X), len(self.draws_))),
    ...             average=np.tile(self.average_, (len(X), 1)),
    ...             contrast=circle(X) - self.average_,
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
    >>> explanation = explainer.fit(X).explain(np.array([[np.pi, 0.0]]))
    >>> float(explanation.sel(part="uc", modality="wind")[0, 0, 0].round(2))
    -2.09
    >>> float((-2 - 2 * np.cos(X[:, 0]).mean()).round(2))  # from the mean to -2
    -2.09
    """

    #: Whether every row is masked by its own features, as by a MaskPerturber.
    masks_rows = False

    @property
    def varies_columns(self) -> bool:
        """Whether a row's own columns are varied.

        Only :class:`TabularPerturber` can do this, by `effects` other than "slope".
        """
        return False

    @abstractmethod
    def fit(
        self, X: Any, n_samples: int, feature_names: Names, random_state: Random
    ) -> Self:
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
    def design(
        self, X: Any, kernel_width: float | Auto, alpha: float | Auto
    ) -> LocalDesign:
        """Return regressors and weights of the draws for each row.

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
    def draw_features(self) -> np.ndarray:
        """Return the draws as regressors.

        Returns
        -------
        features : ndarray of shape (n_samples, n_numbers)
        """

    @abstractmethod
    def describe(self, X: Any) -> np.ndarray:
        """Return the value of each feature of the rows as text.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The modality's columns in the rows to explain.

        Returns
        -------
        values : ndarray of str of shape (n_rows, n_features)
        """

    @property
    def points_(self) -> Any:
        """Where the model is evaluated: at the draws, by default.

        A perturber whose surrogates know the distribution of the data without the
        draws may choose other points, as many.
        """
        return self.draws_

    def columns_of(self, feature: int) -> np.ndarray | None:
        """Find the columns that a feature is made of.

        Metrics such as :func:`~skdime.metrics.faithfulness_curves` replace features by
        their columns' values in other rows. By default a single feature has all
        columns, and each of as many features as columns has the one in its place.

        Parameters
        ----------
        feature : int
            Position in ``feature_names_``.

        Returns
        -------
        columns : ndarray of int or None
            Positions within the modality; None if the feature is no set of columns.
        """
        n_features = len(self.feature_names_)
        n_columns = table_of(self.draws_).shape[1]
        if n_features == 1:
            return np.arange(n_columns)
        return np.array([feature]) if n_features == n_columns else None

    def redraw(self, X: Any, n_samples: int, random_state: Random) -> Self:
        """Copy the fitted perturber with fresh draws.

        Only the draws differ: a number is read by the same scale, and the average
        is the same. :func:`~skdime.metrics.fidelity` and the scorers that rest on it
        evaluate the model on such draws. By default they are those of another copy,
        fitted to `X`; a perturber that stores more of its draws than ``draws_`` must
        implement this method.

        Parameters
        ----------
        X : container of rows of shape (n_rows, n_columns)
            The modality's columns in the reference rows.
        n_samples : int
            Number of draws, at most.
        random_state : RandomState
            Source of the draws.

        Returns
        -------
        perturber : NeighbourhoodPerturber
        """
        # of another number, which what is stored of the draws does not fit
        n = max(min(n_samples, n_rows(self.draws_) - 1), 1)
        names = np.array([f"x{j}" for j in range(table_of(X).shape[1])])
        fresh = copy(self)
        fresh.draws_ = clone(self).fit(X, n, names, random_state).draws_
        design = fresh.design(take(X, [0]), "auto", "auto")
        counts = {len(fresh.draw_features()), design.regressors.shape[1]}
        if counts != {n_rows(fresh.draws_)}:
            name = type(self).__name__
            raise NotImplementedError(
                f"{name} stores more of its draws than draws_, and does not say how "
                "fresh ones are drawn, which fidelity needs. Implement "
                f"{name}.redraw(X, n_samples, random_state): it must return a copy of "
                "the fitted perturber that differs in its draws only."
            )
        return fresh
