"""Covariances of a Gaussian process over the draws of one modality.

Its kernel is tuned on columns of outputs over the draws, and factorised once for all
rows (:mod:`skdime._surrogates.bent_surrogate`).
"""

from dataclasses import replace

import numpy as np
from scipy.linalg import cho_solve, solve_triangular
from scipy.linalg.lapack import dpstrf
from sklearn.utils import gen_batches

from skdime._rows.containers import take
from skdime._surrogates.anova_kernel import Pieces, Terms, covariance
from skdime._surrogates.bent_surrogate import BentSurrogate
from skdime._surrogates.joint_means import JointMeans
from skdime._surrogates.kernel_tuning import STORED, TOGETHER, tuned_kernel
from skdime._surrogates.unseen_combinations import unseen_of
from skdime.perturbers._bases import CUBIC, HATS, MOST_FUNCTIONS

# Draws on which the variances are tuned: fewer made worse choices of the basis, more
# take longer than they gain (benchmarks/coefficients.py).
_N_TUNING = 300
# Smooth splines are taken where they miss less than this share of what hats miss: of
# many steps both miss as much, and hats are closer (benchmarks/coefficients.py).
_HANDICAP = 0.9
# Share of the largest variance at which further directions of the kernel are left out.
_LEAST_VARIANCE = 1e-3

# Numbers in the columns of outputs whose spread is computed at once.
_TOGETHER = 2**20

# Candidates for the noise at points on which the kernel was not tuned.
_NOISES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)


def kernel_bytes(n_samples, n_columns, n_kernels):
    """Bytes of what kernels store, at most where no category has many levels."""
    return 8 * n_samples * (n_samples * n_kernels + MOST_FUNCTIONS * n_columns)


def tuning_bytes(n_samples, n_columns):
    """Bytes that tuning and factorising a kernel take beside that, about."""
    n_tuning = min(n_samples, _N_TUNING)
    # of some columns their products and those with others, of all of them few; a dozen
    # temporaries
    n_products = min(n_columns, STORED) + min(n_columns, TOGETHER)
    n_products = n_products / 2 + n_columns / TOGETHER
    tuning = n_tuning**2 * (n_products + 12) + 5 * n_samples**2
    return int(8 * (tuning + n_tuning * MOST_FUNCTIONS * n_columns))


class DrawKernel:
    """A kernel over the columns of a modality, tuned and factorised on its draws.

    Parameters
    ----------
    perturber : TabularPerturber
        Fitted.
    columns : ndarray of shape (n_samples, n_columns, n_outputs)
        Outputs over the draws in some contexts.
    """

    def __init__(self, perturber, columns):
        self.perturber = perturber
        targets = _standardised(columns, _N_TUNING)
        missed, kernel, spline = self._tuned(HATS, targets)
        smooth = self._tuned(CUBIC, targets)
        if smooth[0] < _HANDICAP * missed:
            _, kernel, spline = smooth
        self.factor = KernelFactor(
            kernel,
            spline,
            self._pieces(perturber.points_, spline),
            JointMeans(perturber, spline),
            numbers=perturber.numbers(perturber.points_),
            values=perturber.values(perturber.points_),
            drawn=perturber.values(perturber.draws_),
            features=perturber.features_,
        )

    @property
    def n_bytes(self):
        """Bytes that the kernel takes."""
        pieces = self.factor.pieces
        functions = sum(values.nbytes for values in pieces.features)
        functions += self.factor.joint_means.n_bytes
        unseen = self.factor.unseen
        of_unseen = 0 if unseen is None else 3 * unseen.products.nbytes
        return self.factor.lower.nbytes + pieces.lines.nbytes + functions + of_unseen

    def _tuned(self, spline, targets):
        """What a kernel misses at draws left out, the kernel, and its spline."""
        some = take(self.perturber.points_, np.arange(len(targets)))
        pieces = self._pieces(some, spline)
        kernel = tuned_kernel([pieces], targets)
        left_out = KernelFactor(kernel, spline, pieces).left_out(targets)
        return np.square(left_out).sum(), kernel, spline

    def _pieces(self, block, spline):
        return Pieces(*self.perturber.basis_functions(block, spline))

    def pieces(self, block):
        """Rows of the modality as the kernel sees them."""
        return self._pieces(block, self.factor.spline)

    def terms(self, block, others):
        """Terms between rows of the modality and other rows."""
        kernel = self.factor.kernel
        return kernel.terms(0, self.pieces(block), self.pieces(others))

    def itself(self, block):
        """Terms between every row and itself, arrays of shape (n_rows, 1)."""
        pieces = self.pieces(block)
        columns = range(pieces.lines.shape[1])
        may_matter = self.perturber.may_matter(block)
        own = self.factor.kernel.variances(0, pieces, columns, may_matter)
        return Terms(*(values[:, None] for values in own))

    def on(self, block, beside, columns):
        """The same kernel, factorised on other rows of the modality.

        Parameters
        ----------
        block : container of rows of shape (n_points, n_columns)
        beside : list of Terms
            Of further modalities between these points.
        columns : ndarray of shape (n_points, n_columns, n_outputs)
            Outputs by which the noise is chosen: what no kernel explains at these
            points may be more than at the draws.

        Returns
        -------
        factor : KernelFactor
        """
        tuned, targets = self.factor, _standardised(columns)
        pieces = self.pieces(block)
        noises = [tuned.noise, *(n for n in _NOISES if n > tuned.noise)]
        factors = [
            KernelFactor(
                replace(tuned.kernel, noise=noise),
                tuned.spline,
                pieces,
                tuned.joint_means,
                beside,
                numbers=self.perturber.numbers(block),
            )
            for noise in noises
        ]
        missed = [np.square(factor.left_out(targets)).sum() for factor in factors]
        return factors[int(np.argmin(missed))]

    def directions(self):
        """Leading directions of the kernel over the draws, for landmarks and trend.

        Those of Cholesky's algorithm with pivots, which takes the draws first that the
        others tell least of.

        Returns
        -------
        directions : ndarray of shape (n_samples, n_directions)
            Mean squares add up to 1.
        """
        points = self.factor.pieces
        matrix = covariance([self.factor.kernel.terms(0, points, points)])
        mean = matrix.mean()
        matrix = matrix - matrix.mean(axis=0) - matrix.mean(axis=1)[:, None]
        matrix += mean
        lower, pivots, rank, _ = dpstrf(
            matrix, lower=1, tol=_LEAST_VARIANCE * matrix.diagonal().max()
        )
        directions = np.empty((len(matrix), rank))
        directions[pivots - 1] = np.tril(lower)[:, :rank]
        total = np.square(directions).sum() / len(directions)
        return directions / np.sqrt(total) if total > 0 else directions

    def surrogate(self, block, factor=None, beside=(), beside_itself=()):
        """The surrogates of rows.

        Parameters
        ----------
        block : container of rows of shape (n_rows, n_columns)
            The modality's columns.
        factor : KernelFactor, default=None
            Of other points than the draws, from :meth:`on`.
        beside, beside_itself : iterable of Terms
            Of further modalities, between the rows and the points, and between every
            row and itself.

        Returns
        -------
        surrogate : BentSurrogate
        """
        return BentSurrogate(
            self.perturber, factor or self.factor, block, beside, beside_itself
        )


class KernelFactor:
    """A kernel at points, and the factor of its covariance.

    Parameters
    ----------
    kernel : AnovaKernel
    spline : Spline
    pieces : Pieces
        The points.
    joint_means : JointMeans, default=None
        Not needed to predict.
    beside : iterable of Terms
        Of further modalities.
    numbers : ndarray of shape (n_points, n_columns), default=None
        The points' numbers, nan where there is none; not needed to predict.
    values : ndarray of shape (n_points, n_columns), default=None
        Numbers and codes; not needed to predict.
    drawn : ndarray of shape (n, n_columns), default=None
        The same of rows that have values as often as the data.
    features : ndarray of int of shape (n_columns,), default=None
        Feature of each column.
    """

    def __init__(
        self,
        kernel,
        spline,
        pieces,
        joint_means=None,
        beside=(),
        numbers=None,
        values=None,
        drawn=None,
        features=None,
    ):
        self.kernel, self.spline, self.pieces = kernel, spline, pieces
        self.numbers, self.joint_means = numbers, joint_means
        #: Means over the data of the terms of every feature at the points.
        self.mean_terms = joint_means and joint_means(kernel, 0, pieces)
        matrix = covariance([kernel.terms(0, pieces, pieces), *beside])
        self.noise = _least_noise(matrix, kernel.noise)
        matrix[np.diag_indices_from(matrix)] += self.noise
        # the one matrix that stays: of many modalities, every one takes much memory
        self.lower = np.linalg.cholesky(matrix)
        inverse = cho_solve((self.lower, True), np.eye(len(pieces)))
        self.inverse_diagonal = inverse.diagonal().copy()
        #: Of draws, not where other modalities stand beside.
        self.unseen = None
        if values is not None and not beside:
            interactions = kernel.interaction_variances[0]
            self.unseen = unseen_of(values, drawn, inverse, interactions, features)

    def left_out(self, targets):
        """Residuals of targets, each point predicted from all others."""
        centred = targets - targets.mean(axis=-2, keepdims=True)
        return self.solve(centred) / self.inverse_diagonal[:, None]

    def solve(self, targets):
        """The inverse covariance times targets of shape (..., n_samples, n_targets)."""
        by_sample = np.moveaxis(targets, -2, 0)
        right = by_sample.reshape(len(by_sample), -1)
        solved = cho_solve((self.lower, True), right, check_finite=False)
        solved = np.moveaxis(solved.reshape(by_sample.shape), 0, -2)
        return np.ascontiguousarray(solved)

    def whitened(self, covariances):
        """Covariances with the draws times the inverse factor: (n, n_samples).

        Differences of their products are as accurate as the factor is. Those of
        products with the inverse covariance are not, where the noise is small.
        """
        return solve_triangular(
            self.lower, covariances.T, lower=True, check_finite=False
        ).T

    def solved(self, whitened):
        """From whitened covariances, weights of the draws."""
        return solve_triangular(
            self.lower, whitened.T, trans=1, lower=True, check_finite=False
        ).T


def _least_noise(covariance, noise):
    """Noise that Cholesky's algorithm can stand where draws nearly coincide."""
    return max(noise, 1e-13 * len(covariance) * covariance.diagonal().max())


def _standardised(columns, n_points=None):
    """Targets of tuning: columns about their means, outputs at unit variance.

    Of the first points, where a number of them is given.
    """
    targets = columns[:n_points] - columns.mean(axis=0)
    n_together = max(1, _TOGETHER // columns[..., 0].size)
    for part in gen_batches(columns.shape[2], n_together):
        some = columns[..., part]
        spread = np.sqrt(np.square(some - some.mean(axis=0)).mean(axis=(0, 1)))
        targets[..., part] /= np.where(spread > 0, spread, 1.0)
    return targets.reshape(len(targets), -1)
