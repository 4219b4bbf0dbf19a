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
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs
from scipy.optimize import minimize
from sklearn.utils import gen_batches

from skdime._surrogates.anova_kernel import LEVEL, LINE, AnovaKernel

# Less noise makes the factor of C fail where points nearly coincide.
LEAST_NOISE = 1e-6
# The search is cut short: variances need not be exact, because errors are those of
# points left out. It ends where a step gains less than this share of the logarithm.
_ITERATIONS, _LEAST_SHARE = 20, 1e-4
# Logarithms; beyond them a column is ignored, or all there is. Interactions vary no
# more than outputs do: larger ones would be made of rare values that no two points have
# at once, where own effects say the same.
_BOUNDS_OWN, _BOUNDS_INTERACTION, _MOST_NOISE = (-14, 5), (-9, 0), 1.0
# Where the search starts: own effects share variance 1, pairs 0.4, noise 0.05.
_START_PAIRS, _START_NOISE = 0.4, 0.05
# Columns whose products are in memory at once, and of how many they stay there: those
# of 2,000 would take a gigabyte.
TOGETHER, STORED = 32, 128


def tuned_kernel(points, outputs, start=None):
    """The kernel with the largest marginal likelihood of outputs at points.

    Parameters
    ----------
    points : list of Pieces
        For each modality the pieces of all points.
    outputs : ndarray of shape (n_points,) or (n_points, n_columns)
        Any level and scale; columns are as many samples of one process.
    start : AnovaKernel, default=None
        Where the search starts, such as the kernel of fewer points.

    Returns
    -------
    kernel : AnovaKernel
    """
    centred = outputs.reshape(len(outputs), -1)
    centred = centred - centred.mean(axis=0)
    spread = np.sqrt(np.square(centred).mean()) or 1.0
    centred = centred / (spread * np.sqrt(centred.shape[1]))
    triangle = LowerTriangle(len(centred))
    grams = _Grams([f for pieces in points for f in pieces.features], triangle)
    lines = np.hstack([pieces.lines for pieces in points])
    fixed = triangle.elements(LINE * lines @ lines.T + LEVEL - 1)
    n = len(grams)
    best = minimize(
        _loss,
        _start(n) if start is None else _logarithms(start),
        args=(centred, grams, fixed, triangle),
        jac=True,
        method="L-BFGS-B",
        bounds=[_BOUNDS_OWN] * n
        + [_BOUNDS_INTERACTION] * n
        + [(np.log(LEAST_NOISE), _MOST_NOISE)],
        options={"maxiter": _ITERATIONS, "ftol": _LEAST_SHARE},
    )
    own_variances, interaction_variances, noise = np.split(np.exp(best.x), [n, 2 * n])
    ends = np.cumsum([pieces.lines.shape[1] for pieces in points])[:-1]
    return AnovaKernel(
        np.split(own_variances, ends),
        np.split(interaction_variances, ends),
        float(noise[0]),
    )


class LowerTriangle:
    """The elements of symmetric matrices on and below their diagonal, as one array.

    Parameters
    ----------
    size : int
        Number of rows of the matrices.

    Attributes
    ----------
    at : ndarray of int of shape (n_elements,)
        Positions of the elements in a matrix whose columns follow one another, as
        those of LAPACK.
    on_diagonal : ndarray of int of shape (size,)
        Which of the elements are on the diagonal.
    counts : ndarray of shape (n_elements,)
        How often a matrix has an element: twice, but those on the diagonal.
    """

    def __init__(self, size):
        self.size = size
        rows, columns = np.tril_indices(size)
        # one position instead of a row and a column makes indexing several times faster
        self.at = columns * size + rows
        self.on_diagonal = np.flatnonzero(rows == columns)
        self.counts = np.where(rows == columns, 1.0, 2.0)

    def elements(self, matrix):
        """The elements of a matrix."""
        return matrix.T.ravel().take(self.at)

    def matrix(self, elements):
        """A matrix with these elements, and with zeros above the diagonal."""
        transposed = np.zeros((self.size, self.size))
        transposed.ravel()[self.at] = elements
        return transposed.T


def _start(n):
    pairs = np.sqrt(_START_PAIRS / max(n * (n - 1), 2))
    return np.log(np.r_[np.full(n, 1 / n), np.full(n, pairs), _START_NOISE])


def _logarithms(kernel):
    variances = *kernel.own_variances, *kernel.interaction_variances, [kernel.noise]
    return np.log(np.concatenate(variances))


class _Grams:
    """Products of the basis functions of columns, computed anew if there are many.

    Parameters
    ----------
    features : list of ndarray of shape (n_points, n_functions)
        Basis functions of every column.
    triangle : LowerTriangle

    Attributes
    ----------
    batches : list of slice
        Columns whose products are in memory at once.
    """

    def __init__(self, features, triangle):
        self._features, self._triangle = features, triangle
        self.batches = list(gen_batches(len(features), TOGETHER))
        is_small = len(features) <= STORED
        self._stored = self._of(slice(None)) if is_small else None

    def __len__(self):
        return len(self._features)

    def __getitem__(self, columns):
        """Elements of the products, ndarray of shape (n_columns, n_elements)."""
        return self._of(columns) if self._stored is None else self._stored[columns]

    def _of(self, columns):
        some = self._features[columns]
        grams = np.empty((len(some), len(self._triangle.at)))
        for gram, f in zip(grams, some, strict=True):
            gram[:] = self._triangle.elements(f @ f.T)
        return grams


def _loss(theta, centred, grams, fixed, triangle):
    """The loss and its gradient, by the logarithms of all variances.

    Symmetric matrices are kept as their lower triangles, because most of the time goes
    to products of their elements.

    Parameters
    ----------
    theta : ndarray of shape (2 * n_columns + 1,)
    centred : ndarray of shape (n_points, n_outputs)
        The mean of ``y y'`` is the product of this matrix with itself.
    grams : _Grams
        Of the basis functions of every column.
    fixed : ndarray of shape (n_elements,)
        The terms that have no variance to be tuned.
    triangle : LowerTriangle
    """
    n = len(grams)
    own_variances, interaction_variances, noise = np.split(np.exp(theta), [n, 2 * n])
    covariance, product, starts = 0.0, np.ones_like(fixed), []
    for columns in grams.batches:
        some, variances = grams[columns], interaction_variances[columns]
        covariance = covariance + (own_variances[columns] - variances) @ some
        starts.append(product)
        before = _prefix_products(product, some, variances)
        product = before[-1].copy()
    covariance += fixed + product
    covariance[triangle.on_diagonal] += noise
    factor, failed = dpotrf(triangle.matrix(covariance), lower=True, overwrite_a=True)
    if failed:
        return 1e10, np.zeros_like(theta)
    log_determinant = 2 * np.log(factor.diagonal()).sum()
    solved, _ = dpotrs(factor, centred, lower=True)
    inverse, _ = dpotri(factor, lower=True, overwrite_c=True)
    # the gradient by any variance v is tr(W dC/dv) / 2
    weight = triangle.elements((inverse.T - solved @ solved.T).T)
    of_noise = noise * weight[triangle.on_diagonal].sum()
    weight *= triangle.counts
    of_own, of_product = np.empty(n), np.empty(n)
    of_rest, factors = weight.copy(), np.empty_like(weight)
    for start, columns in zip(starts[::-1], grams.batches[::-1], strict=True):
        variances = interaction_variances[columns]
        if columns != grams.batches[-1]:  # of the last ones there are both already
            some = grams[columns]
            before = _prefix_products(start, some, variances)
        of_own[columns] = some @ weight
        for j in range(len(some) - 1, -1, -1):
            np.multiply(of_rest, before[j], out=factors)
            of_product[columns.start + j] = factors @ some[j]
            np.multiply(some[j], variances[j], out=factors)
            factors += 1
            of_rest *= factors
    of_product -= of_own
    gradient = np.concatenate(
        [own_variances * of_own, interaction_variances * of_product, of_noise]
    )
    return (np.vdot(centred, solved) + log_determinant) / 2, gradient / 2


def _prefix_products(start, grams, variances):
    """Products of the factors before every column, and of all: (n_columns + 1, ...)."""
    before = np.empty((len(grams) + 1, len(start)))
    before[0] = start
    for j, (r, gram) in enumerate(zip(variances, grams, strict=True)):
        np.multiply(gram, r, out=before[j + 1])
        before[j + 1] += 1
        before[j + 1] *= before[j]
    return before
