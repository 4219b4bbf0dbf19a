"""What every family of local fits hands up of one modality of some rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class RowEffects(NamedTuple):
    """Mean output and main effects of one row, with standard errors.

    Attributes
    ----------
    baseline : ndarray of shape (n_outputs,)
    main : ndarray of shape (n_modalities, n_outputs)
    baseline_se : ndarray of shape (n_outputs,)
    main_se : ndarray of shape (n_modalities, n_outputs)
    uc_se : ndarray of shape (n_outputs,)
    """

    baseline: np.ndarray
    main: np.ndarray
    baseline_se: np.ndarray
    main_se: np.ndarray
    uc_se: np.ndarray


@dataclass(frozen=True)
class FittedModality:
    """Local models of UC and MI for one modality of some rows, as plain arrays.

    The last axis of most arrays has the targets: UC of all outputs, then MI of all.
    A prediction is linear in regressors, which a family chooses.

    Attributes
    ----------
    rows : slice
        The rows among those explained.
    modality : int
        Position of the modality.
    names : list of str or None
        The features of the row; None where all rows have those of ``fit``.
    coef : ndarray of shape (n_rows, n_features, n_targets)
        nan where the effect of a feature is unknown.
    se_references, se_perturbations, se_approximation : ndarray
        Standard errors of the coefficients by source, in their shape: references and
        perturbations are samples, and not every model row is evaluated.
    error : ndarray of shape (n_rows, n_targets)
        Norm of the last error over all features, which few rows exceed.
    intercept, prediction : ndarray of shape (n_rows, n_targets)
        Prediction where all features are at their average, and at the row.
    r2 : ndarray of shape (n_rows, n_targets)
        Weighted share of the variation over perturbations that is predicted; nan where
        a target does not vary.
    measure_left_out : callable
        Returns the same with every perturbation left out of the fit that predicts it.
        Most who ask for coefficients do not ask for this.
    least_variation : ndarray of shape (n_rows, n_targets)
        Standard deviation below which a target does not vary.
    effective_samples : ndarray of shape (n_rows,)
        What the weighted perturbations amount to.
    slopes : ndarray of shape (n_rows, n_regressors, n_targets)
        Change in the prediction by each regressor.
    average : ndarray of shape (n_rows or 1, n_regressors)
        Values of the regressors where all features are at their average.
    predictor : callable, default=None
        Predicts UC and MI of rows of the modality, as :meth:`predict` does, where a
        prediction is not linear in regressors.
    effects : RowEffects, default=None
        Of the row, where a surrogate gives them: few references tell less.
    """

    rows: slice
    modality: int
    names: list | None
    coef: np.ndarray
    se_references: np.ndarray
    se_perturbations: np.ndarray
    se_approximation: np.ndarray
    error: np.ndarray
    intercept: np.ndarray
    prediction: np.ndarray
    r2: np.ndarray
    measure_left_out: Callable[[], np.ndarray]
    least_variation: np.ndarray
    effective_samples: np.ndarray
    slopes: np.ndarray
    average: np.ndarray
    predictor: Callable[[Any], np.ndarray] | None = None
    effects: RowEffects | None = None

    @property
    def left_out_r2(self):
        """``r2`` with every perturbation left out of the fit that predicts it."""
        return self.measure_left_out()

    def predict(self, regressors):
        """UC and MI of any perturbations.

        Parameters
        ----------
        regressors : ndarray of shape (n_rows or 1, n_perturbations, n_regressors)

        Returns
        -------
        targets : ndarray of shape (n_rows, n_perturbations, n_targets)
        """
        centred = regressors - self.average[:, None]
        return self.intercept[:, None] + centred @ self.slopes
