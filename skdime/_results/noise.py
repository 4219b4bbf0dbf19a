"""What rounding has left of larger numbers counts as 0."""

from dataclasses import replace

import numpy as np

from skdime._results.fields import PER_FEATURE
from skdime._utils.rounding import DOUBLE_PRECISION, precision_of

# Measured on sums of functions of single columns, whose MI does not vary: completion
# of columns leaves up to 3e-9 of the scale in coefficients.
_NOISE_OF_CONSTANTS = 1e-8
#: Share of the largest coefficient: solving for the surrogate of a column that is not
#: read leaves up to 1e-7 of it, with any sign.
NOISE_OF_COEFFICIENTS = 1e-5
_CLEARED = ("main", "main_se", "mi", "uc_se", "mi_se", "baseline_se")
_CLEARED_OF_PAIRS = ("pairs", "pairs_se", "higher", "higher_se")
# Outputs in single precision leave this much in sums and differences of a few means.
# Half precision is no rounding: few models compute in it, and fractions such as 1/8
# are exact in it.
_NOISE_OF_SINGLES = 4 * float(np.finfo(np.float32).eps)


def without_noise(values, scale):
    """Values, 0 where rounding has left so little of numbers as large as `scale`.

    Parameters
    ----------
    values : array-like of float
        May hold nan, which stays.
    scale : float or array-like that broadcasts against `values`
        Size of the numbers that the values were computed from.

    Returns
    -------
    values : ndarray of float
    """
    values = np.asarray(values, dtype=float)
    return np.where(np.abs(values) < DOUBLE_PRECISION * np.asarray(scale), 0.0, values)


def coefficients_without_noise(coef):
    """Coefficients, 0 where they are no more than what surrogates' arithmetic leaves.

    Parameters
    ----------
    coef : ndarray of shape (..., n_outputs)
        All of one kind, of any rows and parts; may hold nan, which stays.

    Returns
    -------
    coef : ndarray of the same shape
    """
    every = tuple(range(coef.ndim - 1))
    scale = np.nanmax(np.abs(coef), axis=every, initial=0.0)
    return np.where(np.abs(coef) <= NOISE_OF_COEFFICIENTS * scale, 0.0, coef)


def explanation_scale(explanation):
    """The largest size of an output, a baseline or a coefficient, for each output.

    Parameters
    ----------
    explanation : Explanation

    Returns
    -------
    scale : ndarray of shape (n_outputs,)
    """
    values = explanation.decomposition
    return _largest(values.output, values.baseline, explanation.coef)


def _largest(*parts):
    sizes = [np.abs(part).reshape(-1, part.shape[-1]) for part in parts]
    return np.nanmax(np.concatenate(sizes), axis=0, initial=0.0)


def decomposition_without_noise(values):
    """A decomposition in which what rounding of outputs has left counts as 0.

    Scales are those of all of its rows: take rows out afterwards.

    Parameters
    ----------
    values : Decomposition

    Returns
    -------
    values : Decomposition
        Baseline, UC, main effects, MI, pairs and standard errors are cleared, UC also
        as a difference from the baseline.
    """
    precision = precision_of(values.output)
    if precision > DOUBLE_PRECISION:
        precision = _NOISE_OF_SINGLES
    scale = _largest(values.output, values.baseline) * precision / DOUBLE_PRECISION
    cleared = _CLEARED if values.pairs is None else (*_CLEARED, *_CLEARED_OF_PAIRS)
    parts = {name: without_noise(getattr(values, name), scale) for name in cleared}
    uc = without_noise(_from_baseline(values.uc, values.baseline, scale), scale)
    baseline = without_noise(values.baseline, scale)
    return replace(values, uc=uc, baseline=baseline, **parts)


def _from_baseline(part, baseline, scale):
    # parts have an axis of modalities between rows and outputs, or none
    start = baseline if baseline.ndim == 1 or part.ndim == 2 else baseline[:, None]
    return np.where(without_noise(part - start, scale) == 0, start, part)


def explanation_without_noise(explanation):
    """An explanation in which what rounding has left counts as 0.

    Scales are those of all of its rows: take rows out afterwards.

    Parameters
    ----------
    explanation : Explanation

    Returns
    -------
    explanation : Explanation
        Coefficients and their standard errors, main effects and MI are cleared; UC and
        the surrogates' values for it as differences from the baseline.
    """
    scale, values = explanation_scale(explanation), explanation.decomposition
    constant = np.isnan(explanation.r2)
    line, intercept = explanation.local_prediction.copy(), explanation.intercept.copy()
    for part in (line, intercept):
        part[:, 0] = _from_baseline(part[:, 0], values.baseline, scale)
        part[:, 1] = without_noise(part[:, 1], _noise_level(constant[:, 1]) * scale)
    return replace(
        explanation,
        decomposition=decomposition_without_noise(values),
        local_prediction=line,
        intercept=intercept,
        **_of_features(explanation, scale),
    )


def _noise_level(constant):
    """What is noise, in units of the scale: more where a part does not vary."""
    return np.where(constant, _NOISE_OF_CONSTANTS / DOUBLE_PRECISION, 1.0)


def _of_features(explanation, scale):
    """Coefficients and their standard errors."""
    modalities = explanation.modality_names.tolist()
    owners = [modalities.index(name) for name in explanation.feature_modalities]
    constant = np.isnan(explanation.r2)[:, :, np.array(owners, dtype=int)]
    noise = _noise_level(constant) * scale
    return {
        name: without_noise(getattr(explanation, name), noise) for name in PER_FEATURE
    }
