r"""The local surrogate: a weighted ridge with intercept, for many rows at once.

A ridge is linear in its target. One factorisation of a row's design therefore
serves every target on the same perturbations: UC, MI and the model itself, all
outputs, and every single reference.
"""

from dataclasses import dataclass

import numpy as np

from skdime._utils.rounding import DOUBLE_PRECISION


@dataclass(frozen=True)
class Fit:
    """Surrogates of a batch of rows: arrays of shape (n_rows, ..., n_targets).

    ``intercept + coef.sum(axis=1)`` is ``prediction``, the surrogate at the row.
    ``slopes`` are by regressor, ``coef`` by feature.
    """

    coef: np.ndarray
    slopes: np.ndarray
    intercept: np.ndarray
    prediction: np.ndarray
    residuals: np.ndarray
    total: np.ndarray


class Surrogate:
    r"""Weighted ridge of any targets on one :class:`LocalDesign`.

    With weights ``w`` of total 1, the slopes minimise
    :math:`\sum_p w_p (y_p - b - \phi_p^\top \beta)^2 + \sum_c \lambda_c \beta_c^2`,
    so :math:`\beta = (\tilde\Phi^\top W \tilde\Phi + \Lambda)^{-1}
    \tilde\Phi^\top W y`, where the tilde centres on weighted means. The coefficient
    of a feature is the sum over its regressors of slope times contrast: the change in
    the target when the feature moves from its average to its value in the row.

    Parameters
    ----------
    design : LocalDesign

    Attributes
    ----------
    operator : ndarray of shape (n_rows, n_features, n_samples)
        Coefficients are ``operator @ targets``; nan for features of unknown effect.
    known_operator : ndarray of shape (n_rows, n_features, n_samples)
        The same with 0 in place of nan.
    effective_samples : ndarray of shape (n_rows,)
        Kish's effective sample size ``1 / sum(w**2)`` of the weights.

    References
    ----------
    Ribeiro, Singh, Guestrin. "Why should I trust you?", KDD 2016.
    """

    def __init__(self, design):
        self.design, self.average = design, design.average
        self.weights = design.weights / design.weights.sum(axis=1, keepdims=True)
        self.effective_samples = 1 / np.square(self.weights).sum(axis=1)
        regressors = design.regressors
        self._mean = (self.weights[:, None] @ regressors)[:, 0]
        by_regressor = np.swapaxes(regressors, 1, 2)
        # rows of it sum to 0, so that nothing else needs to be centred
        self._weighted = by_regressor - self._mean[:, :, None]
        self._weighted *= self.weights[:, None]
        gram = _product(self._weighted, regressors)
        self._gram = gram + design.penalty[:, :, None] * np.eye(gram.shape[-1])
        member = np.arange(design.n_features)[:, None] == design.features
        contrasts = member * np.nan_to_num(design.contrast)[:, None]
        solved = np.linalg.solve(self._gram, np.swapaxes(contrasts, 1, 2))
        self.operator = np.swapaxes(solved, 1, 2) @ self._weighted
        self.known_operator = self.operator
        unknown = (np.isnan(design.contrast)[:, None] & member).any(axis=2)
        if unknown.any():
            self.operator = self.operator.copy()
            self.operator[np.broadcast_to(unknown, self.operator.shape[:2])] = np.nan

    def fit(self, targets, at_row=None):
        """Fit the surrogates.

        Parameters
        ----------
        targets : ndarray of shape (n_rows, n_samples, n_targets)
        at_row : ndarray of shape (n_rows, n_targets), default=None
            Not needed: a straight line may miss the row.

        Returns
        -------
        fit : Fit
        """
        slopes = np.linalg.solve(self._gram, _product(self._weighted, targets))
        mean = (self.weights[:, None] @ targets)[:, 0]
        shift = self.design.average - self._mean
        intercept = mean + np.einsum("nq,nqt->nt", shift, slopes)
        centred = targets - mean[:, None]
        predicted = _product(self.design.regressors, slopes)
        residuals = centred - predicted + self._mean[:, None] @ slopes
        # a feature of unknown effect has a coefficient of nan but no slope
        contrast = np.nan_to_num(self.design.contrast)
        return Fit(
            coef=self.operator @ targets,
            slopes=slopes,
            intercept=intercept,
            prediction=intercept + np.einsum("nq,nqt->nt", contrast, slopes),
            residuals=residuals,
            total=(self.weights[:, None] @ centred**2)[:, 0],
        )

    def r2(self, fit, smallest, *, left_out=False):
        r"""Weighted share of the targets' variation that the surrogates reproduce.

        Parameters
        ----------
        fit : Fit
        smallest : ndarray of shape (n_rows, n_targets)
            Targets that vary less than this are constant, and their R2 is nan.
        left_out : bool, default=False
            Predict every perturbation by the surrogate fitted without it. For a
            ridge its residual is exactly :math:`e_p / (1 - h_p)`, h the leverage
            (Allen's PRESS).

        Returns
        -------
        r2 : ndarray of shape (n_rows, n_targets)
        """
        residuals = fit.residuals
        if left_out:
            residuals = residuals / (1 - self._leverage())[:, :, None]
        lost = (self.weights[:, None] @ residuals**2)[:, 0]
        varies = fit.total > smallest**2
        return np.where(varies, 1 - lost / np.where(varies, fit.total, 1), np.nan)

    def standard_errors(self, fit):
        r"""Standard errors of the coefficients, perturbations being a sample.

        With ``a`` the weights that a coefficient gives to targets and ``e`` the
        surrogate's residuals, :math:`\sqrt{\sum_p a_p^2 e_p^2}`, with a correction
        for the slopes that were fitted.

        Parameters
        ----------
        fit : Fit

        Returns
        -------
        se : ndarray of shape (n_rows, n_features, n_targets)

        References
        ----------
        The sandwich of White, Econometrica 48 (1980), with MacKinnon and White's
        correction n / (n - k), n being the effective sample size.
        """
        variance = np.square(self.operator) @ np.square(fit.residuals)
        n, k = self.effective_samples, self.design.regressors.shape[2] + 1
        return np.sqrt(variance * (n / np.maximum(n - k, 1.0))[:, None, None])

    def _leverage(self):
        """Share of each perturbation in its own prediction, below 1."""
        # centred regressors are `_weighted` divided by weights, which may be 0
        solved = np.linalg.inv(self._gram) @ self._weighted
        squared = np.einsum("nqp,nqp->np", self._weighted, solved)
        slopes = np.divide(
            squared, self.weights, out=np.zeros_like(squared), where=self.weights > 0
        )
        # a perturbation that alone decides a slope is not predicted by the others
        return np.minimum(self.weights + slopes, 1 - DOUBLE_PRECISION)


def _product(left, right):
    """``left @ right``, in one product where all rows share a factor."""
    if len(right) == 1:
        flat = left.reshape(-1, left.shape[-1]) @ right[0]
        return flat.reshape(*left.shape[:2], -1)
    return left @ right


def smallest_variation(own, others, resolution):
    """Variation of a target that is rounding, or an error of completion.

    Parameters
    ----------
    own : ndarray of shape (n_rows, n_samples, n_outputs)
        Outputs over the perturbations in the rows' own contexts.
    others : ndarray of shape (n_outputs,)
        How much outputs with references vary, the largest less the smallest. A
        constant that is added to all outputs changes neither.
    resolution : float
        Relative to the variation of all outputs.

    Returns
    -------
    smallest : ndarray of shape (n_rows, 2 * n_outputs)
        For UC and for MI.
    """
    varied = np.maximum(np.ptp(own, axis=1), others)
    smallest = DOUBLE_PRECISION * np.abs(own).max(axis=1) + resolution * varied
    return np.tile(smallest, 2)
