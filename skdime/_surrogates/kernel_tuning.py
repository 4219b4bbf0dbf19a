r"""Variances of the kernel by marginal likelihood.

The negative logarithm of the likelihood of outputs y of variance 1 is
:math:`\tfrac12 y^\top C^{-1} y + \tfrac12 \log |C|` with :math:`C = K + \sigma^2 I`,
and of several columns of outputs the mean of theirs.
It is minimised over the logarithms of all :math:`s_j`, :math:`r_j` and
:math:`\sigma^2`; the derivative by :math:`r_j` is that of one factor times the product
of the others, which prefix and suffix products give for all columns in one pass.

References
----------
Rasmussen, Williams. "Gaussian Processes for Machine Learning" (2006), section 5.4.1.
"""

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from skdime._surrogates.anova_kernel import LEVEL, LINE, AnovaKernel

# Less noise makes the factor of C fail where points nearly coincide.
LEAST_NOISE = 1e-6
# The search is cut short: variances need not be exact, because errors are those of
# points left out.
_ITERATIONS = 20
# Logarithms; beyond them a column is ignored, or all there is.
_BOUNDS_OWN, _BOUNDS_INTERACTION, _MOST_NOISE = (-14, 5), (-9, 2), 1.0
# Where the search starts: own effects share variance 1, pairs 0.4, noise 0.05.
_START_PAIRS, _START_NOISE = 0.4, 0.05


def tuned_kernel(points, outputs):
    """The kernel with the largest marginal likelihood of outputs at points.

    Parameters
    ----------
    points : list of Pieces
        For each modality the pieces of all points.
    outputs : ndarray of shape (n_points,) or (n_points, n_columns)
        Any level and scale; columns are as many samples of one process.

    Returns
    -------
    kernel : AnovaKernel
    """
    centred = outputs.reshape(len(outputs), -1)
    centred = centred - centred.mean(axis=0)
    spread = np.sqrt(np.square(centred).mean()) or 1.0
    # of all columns the likelihood needs their second moments only
    moments = centred @ centred.T / (spread**2 * centred.shape[1])
    grams = [f @ f.T for pieces in points for f in pieces.features]
    lines = np.hstack([pieces.lines for pieces in points])
    fixed = LINE * lines @ lines.T + LEVEL - 1
    n = len(grams)
    best = minimize(
        _loss,
        _start(n),
        args=(moments, grams, fixed),
        jac=True,
        method="L-BFGS-B",
        bounds=[_BOUNDS_OWN] * n
        + [_BOUNDS_INTERACTION] * n
        + [(np.log(LEAST_NOISE), _MOST_NOISE)],
        options={"maxiter": _ITERATIONS},
    )
    own_variances, interaction_variances, noise = np.split(np.exp(best.x), [n, 2 * n])
    ends = np.cumsum([pieces.lines.shape[1] for pieces in points])[:-1]
    return AnovaKernel(
        np.split(own_variances, ends),
        np.split(interaction_variances, ends),
        float(noise[0]),
    )


def _start(n):
    pairs = np.sqrt(_START_PAIRS / max(n * (n - 1), 2))
    return np.log(np.r_[np.full(n, 1 / n), np.full(n, pairs), _START_NOISE])


def _loss(theta, moments, grams, fixed):
    """The loss and its gradient, by the logarithms of all variances.

    Parameters
    ----------
    theta : ndarray of shape (2 * n_columns + 1,)
    moments : ndarray of shape (n_points, n_points)
        Mean of ``y y'`` over the columns of outputs.
    grams : list of ndarray of shape (n_points, n_points)
        Of the basis functions of every column.
    fixed : ndarray of shape (n_points, n_points)
        The terms that have no variance to be tuned.
    """
    n = len(grams)
    own_variances, interaction_variances, noise = np.split(np.exp(theta), [n, 2 * n])
    before = [np.ones_like(fixed)]
    for r, gram in zip(interaction_variances, grams, strict=True):
        before.append(before[-1] * (1 + r * gram))
    covariance = fixed + before[-1]
    for s, r, gram in zip(own_variances, interaction_variances, grams, strict=True):
        covariance += (s - r) * gram
    covariance[np.diag_indices(len(moments))] += noise
    try:
        factor = cho_factor(covariance, lower=True, overwrite_a=True)
    except np.linalg.LinAlgError:
        return 1e10, np.zeros_like(theta)
    inverse = cho_solve(factor, np.eye(len(moments)))
    solved = inverse @ moments
    # the gradient by any variance v is tr(W dC/dv) / 2
    weight = inverse - solved @ inverse
    of_own = np.array([np.vdot(weight, gram) for gram in grams])
    of_product, after = np.empty(n), weight.copy()
    for j in range(n - 1, -1, -1):
        of_product[j] = np.vdot(after * before[j], grams[j]) - of_own[j]
        after *= 1 + interaction_variances[j] * grams[j]
    of_noise = noise * np.trace(weight)
    loss = np.trace(solved) / 2 + np.log(factor[0].diagonal()).sum()
    gradient = np.concatenate(
        [own_variances * of_own, interaction_variances * of_product, of_noise]
    )
    return loss, gradient / 2
