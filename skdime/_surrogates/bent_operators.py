"""What coefficients of rows take from a surrogate on draws: covariances with outputs.

The surrogate is a Gaussian process over the columns of one modality; a coefficient is a
linear function of it (:mod:`skdime._surrogates.shapley_operators`).
"""

import numpy as np

from skdime._surrogates.anova_kernel import Terms, covariance
from skdime._surrogates.shapley_operators import contributions, main_contributions


def members(perturber):
    """The columns of every feature."""
    features = perturber.features_
    return [np.flatnonzero(features == g) for g in range(features.max() + 1)]


def operators_at_draws(factor, perturber, row):
    """Covariances of coefficients with the draws: (n_rows, n_features, n_samples)."""
    terms = [
        factor.kernel.terms(0, row, factor.pieces, columns)
        for columns in members(perturber)
    ]
    return _contributed(terms, factor.mean_terms, perturber)


def at_itself(factor, perturber, row, may_matter, beside):
    """Of each row's output: its covariances with the coefficients, and its variance.

    Returns
    -------
    covariances : ndarray of shape (n_rows, n_features)
    variance : ndarray of shape (n_rows,)
    """
    kernel, terms = factor.kernel, []
    for columns in members(perturber):
        own = kernel.variances(0, row, columns, may_matter)
        terms.append(Terms(*(values[:, None] for values in own)))
    means = [
        Terms(*(values[:, None] for values in mean))
        for mean in factor.joint_means(kernel, 0, row)
    ]
    covariances = _contributed(terms, means, perturber)
    variance = covariance([*terms, *beside])
    return covariances[:, :, 0], variance[:, 0]


def _contributed(terms, means, perturber):
    """What coefficients take from points, from terms of features and their means.

    Parameters
    ----------
    terms : list of Terms
        Of every feature, arrays of shape (n_rows, n_points).
    means : list of Terms
        Arrays that broadcast to that shape.

    Returns
    -------
    contributed : ndarray of shape (n_rows, n_features, n_points)
    """
    shape = terms[0].product.shape
    present = np.stack([t.product.ravel() for t in terms])
    absent = [np.broadcast_to(mean.product, shape).ravel() for mean in means]
    contribute = main_contributions if perturber.effects == "main" else contributions
    contributed = contribute(present, np.stack(absent)).reshape(-1, *shape)
    for of_feature, own, mean in zip(contributed, terms, means, strict=True):
        of_feature += own.additive - mean.additive
    return np.moveaxis(contributed, 0, 1)
