r"""Surrogates of rows that bend: regressions on draws, and on the row itself.

The regression is linear in the outputs over the draws, as the ridge is
(:mod:`skdime._surrogates.ridge`). One factor of the covariance therefore serves every
row, every reference and all outputs: the coefficients of a row are an operator times
these outputs. The row itself joins the draws as one more point, because its output and
:math:`F_m` are computed anyway, by the rank-one step

.. math:: \varphi \mathrel{+}= \frac{\mathrm{cov}(\varphi, y(x))}{\mathrm{var}\, y(x)
   + \sigma^2} \, (y(x) - \hat y(x)) .

References
----------
Rasmussen, Williams. "Gaussian Processes for Machine Learning" (2006), sections 2.2 and
5.4.2.
"""

from dataclasses import dataclass, replace

import numpy as np

from skdime._surrogates.anova_kernel import (
    LEVEL,
    OWN_VALUE,
    Pieces,
    Terms,
    covariance,
)
from skdime._surrogates.bent_operators import at_itself, members, operators_at_draws
from skdime._surrogates.between_values import (
    most_smeared,
    nearest,
    squared_misses,
)
from skdime._surrogates.ridge import Fit
from skdime._surrogates.unexplained import Unexplained, expected_shares
from skdime._surrogates.unseen_combinations import squared_errors

# A row that is missed by so many times what draws are missed by is unlike them.
_FAR = 3.0
# What is expected to be missed of a row, at most, in mean squares of what is missed of
# draws: kernels overrate it. benchmarks/cost.py --expected compares errors.
_MOST_MISSED = 3.0
# Rows whose algebra is done together: alone and among others they then differ by 1e-11
# instead of 1e-9. With 16 they were equal bit by bit, but one row took half as long
# again.
_TOGETHER = 4


@dataclass(frozen=True)
class JoinedFit(Fit):
    """Surrogates of a batch of rows, which are themselves points of the surrogates.

    Attributes
    ----------
    level : ndarray of shape (n_rows, n_targets)
        Mean of the targets over the draws.
    own_slope : ndarray of shape (n_rows, n_targets)
        What :attr:`slopes` are to the draws, to the row.
    missed_at_row : ndarray of shape (n_rows, n_targets) or None
        The target at the row less its prediction from the draws; None if it is not
        known.
    """

    level: np.ndarray
    own_slope: np.ndarray
    missed_at_row: np.ndarray | None


class BentSurrogate:
    """Regression of any targets on the draws, and on each row itself.

    Parameters
    ----------
    perturber : TabularPerturber
    factor : KernelFactor
    block : container of rows of shape (n_rows, n_columns)
    beside, beside_itself : iterable of Terms
        Of further modalities; see :meth:`DrawKernel.surrogate`.

    Attributes
    ----------
    operator : ndarray of shape (n_rows, n_features, n_samples)
        ``operator @ targets`` are coefficients from the targets at the draws alone.
    gain : ndarray of shape (n_rows, n_features)
        What a coefficient takes of the deviation of the target at the row.
    unexplained : Unexplained
        Noise at the row, of which coefficients have shares.
    effective_samples : ndarray of shape (n_rows,)
    """

    def __init__(self, perturber, factor, block, beside=(), beside_itself=()):
        row = Pieces(*perturber.basis_functions(block, factor.spline))
        self.factor, self.perturber, self.row = factor, perturber, row
        self.numbers, self.values = perturber.numbers(block), perturber.values(block)
        self.may_matter = perturber.may_matter(block)
        n, n_samples = len(row), len(factor.pieces)
        self.effective_samples = np.full(n, float(n_samples))
        filled = _filled_up(n)
        row, may_matter = row[filled], self.may_matter[filled]
        beside, beside_itself = (
            [Terms(*(values[filled] for values in terms)) for terms in each]
            for each in (beside, beside_itself)
        )
        terms = factor.kernel.terms(0, row, factor.pieces)
        whitened = factor.whitened(covariance([terms, *beside]))
        self.solved = factor.solved(whitened)[:n]
        operators = operators_at_draws(factor, perturber, row)
        shape = operators.shape
        operators = factor.whitened(operators.reshape(-1, n_samples))
        self.operator = _centred(factor.solved(operators).reshape(shape)[:n])
        itself, variance = at_itself(factor, perturber, row, may_matter, beside_itself)
        remaining = variance + factor.noise - np.square(whitened).sum(axis=1)
        remaining = np.maximum(remaining, factor.noise)
        explained = operators.reshape(shape) @ whitened[:, :, None]
        shares = _shares(factor, perturber, may_matter, bool(beside))
        gain = itself - explained[:, :, 0] + factor.noise * shares
        gain /= remaining[:, None]
        self.remaining, self.gain = remaining[:n], gain[:n]
        self.unexplained = Unexplained(
            factor.noise, factor.noise / self.remaining, shares[:n]
        )

    @property
    def known_operator(self):
        """``operator``, which has a value for every feature."""
        return self.operator

    @property
    def average(self):
        """Predictions are not linear in regressors: see :meth:`predict`."""
        return np.zeros((1, 0))

    def fit(self, targets, at_row=None):
        """Fit the surrogates.

        Parameters
        ----------
        targets : ndarray of shape (n_rows, n_samples, n_targets)
        at_row : ndarray of shape (n_rows, n_targets), default=None
            The targets of the rows themselves; None where they are unknown.

        Returns
        -------
        fit : JoinedFit
        """
        level = _mean(targets)
        centred = targets - level[:, None]
        alpha = self.factor.solve(centred[_filled_up(len(centred))])[: len(centred)]
        # products with alpha would err by more than rows miss
        missed, own = None, np.zeros_like(level)
        joined, coef = alpha, self.operator @ targets
        if at_row is not None:
            missed = at_row - level - (self.solved[:, None] @ centred)[:, 0]
            own = missed / self.remaining[:, None]
            joined = alpha - self.solved[:, :, None] * own[:, None]
            coef += self.gain[:, :, None] * missed[:, None]
        intercept = level + LEVEL * (joined.sum(axis=1) + own)
        return JoinedFit(
            coef=coef,
            slopes=joined,
            intercept=intercept,
            prediction=intercept + coef.sum(axis=1),
            residuals=alpha / self.factor.inverse_diagonal[:, None],
            total=_mean(np.square(centred)),
            level=level,
            own_slope=own,
            missed_at_row=missed,
        )

    def with_expected_miss(self, fit):
        """A fit of rows whose own targets are unknown, with how far they may be missed.

        Draws that are left out are missed by more the less the others tell of them, and
        so is the row.

        Parameters
        ----------
        fit : JoinedFit

        Returns
        -------
        fit : JoinedFit
        """
        squares = np.square(fit.residuals)
        missed = self.remaining[:, None] * self._scale(squares)
        most = _MOST_MISSED * _mean(squares)
        return replace(fit, missed_at_row=np.sqrt(np.minimum(missed, most)))

    def _scale(self, squares):
        """The targets' unit of variance from squared residuals: (n_rows, n_targets)."""
        return _mean(squares * self.factor.inverse_diagonal[:, None])

    def coefficients(self, targets, at_row):
        """Coefficients alone, of targets that all rows share.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_targets)
        at_row : ndarray of shape (n_rows, n_targets) or None
            The targets of the rows themselves.

        Returns
        -------
        coef : ndarray of shape (n_rows, n_features, n_targets)
        """
        coef = self.operator @ targets
        if at_row is None:
            return coef
        level = targets.mean(axis=0)
        missed = at_row - level - self.solved @ (targets - level)
        return coef + self.gain[:, :, None] * missed[:, None]

    def predict(self, fit, block):
        """Predict the targets of other rows of the modality.

        Parameters
        ----------
        fit : JoinedFit
        block : container of rows of shape (n, n_columns)

        Returns
        -------
        targets : ndarray of shape (n_rows, n, n_targets)
        """
        factor = self.factor
        others = Pieces(*self.perturber.basis_functions(block, factor.spline))
        to_draws = covariance([factor.kernel.terms(0, others, factor.pieces)])
        to_rows = covariance([factor.kernel.terms(0, self.row, others)])
        own = to_rows[:, :, None] * fit.own_slope[:, None]
        return fit.level[:, None] + to_draws @ fit.slopes + own

    def r2(self, fit, smallest, *, left_out=True):
        """Share of the targets' variation that is predicted at draws left out.

        Parameters
        ----------
        fit : JoinedFit
        smallest : ndarray of shape (n_rows, n_targets)
            Targets that vary less than this are constant, and their R2 is nan.
        left_out : bool, default=True
            Not needed: residuals are those of draws left out.

        Returns
        -------
        r2 : ndarray of shape (n_rows, n_targets)
        """
        lost = _mean(np.square(fit.residuals))
        varies = fit.total > smallest**2
        return np.where(varies, 1 - lost / np.where(varies, fit.total, 1), np.nan)

    def standard_errors(self, fit):
        """Standard errors of the coefficients, the draws being a sample.

        The sandwich of weights and residuals of points left out; the row is one more
        point, predicted from the draws. Where it is missed by far more than draws are,
        in a row outside of the data, the variances that were tuned do not tell which
        features this belongs to. They then only say in which proportion each may have
        any part of it, not that every one has its share. Nor are the shares known in
        what the kernel does not explain (:mod:`skdime._surrogates.unexplained`).

        Parameters
        ----------
        fit : JoinedFit

        Returns
        -------
        se : ndarray of shape (n_rows, n_features, n_targets)
        """
        squares = np.square(fit.residuals)
        if fit.missed_at_row is None:
            variance = np.square(self.operator) @ squares
        else:
            weights = self.operator - self.gain[:, :, None] * self.solved[:, None]
            variance = np.square(weights) @ squares + self._missed_at_row(fit, squares)
        variance += self._missed_between_values(fit, squares)
        if self.factor.unseen is not None:
            variance += self._missed_combinations(fit)
        for g, squared_error in self.factor.joint_means.squared_errors.items():
            if squared_error:
                variance[:, g] += squared_error * self._variation(fit, g)
        return np.sqrt(np.maximum(variance, self._least(squares)))

    def _least(self, squares):
        """Squared errors of the mean of what is missed, where features may matter.

        A feature without a part in the kernel would have none, whatever is missed.
        """
        may_matter = [
            self.may_matter[:, c].any(axis=1) for c in members(self.perturber)
        ]
        of_mean = _mean(squares) / squares.shape[1]
        return np.stack(may_matter, axis=1)[:, :, None] * of_mean[:, None]

    def _missed_at_row(self, fit, squares):
        """Squared errors because it is not known which features miss the row.

        Parameters
        ----------
        fit : JoinedFit
        squares : ndarray of shape (n_rows, n_samples, n_targets)
            Its squared residuals.

        Returns
        -------
        squared : ndarray of shape (n_rows, n_features, n_targets)
        """
        # errors of columns beyond the data may cancel in the row's own output
        scale = self._scale(squares)
        expected = (self.remaining * self._beyond_draws())[:, None] * scale
        missed = np.maximum(np.square(fit.missed_at_row), expected)
        gain, far = np.abs(self.gain), _FAR**2 * _mean(squares)
        # a column that takes little of what is missed may be its reason all the same
        alike = np.where(gain > 0, np.maximum(gain, _mean_of_positive(gain)), 0)
        at_most = np.where(
            (missed > far)[:, None],
            (alike * gain.sum(axis=1, keepdims=True))[:, :, None],
            np.square(gain)[:, :, None],
        )
        of_shares = self.unexplained.squared_errors(missed, scale)
        squared = np.maximum(at_most * missed[:, None], of_shares)
        # all that is missed of a row belongs to its only feature
        is_only = np.count_nonzero(gain, axis=1) < 2
        return np.where(is_only[:, None, None], 0, squared)

    def _missed_combinations(self, fit):
        """Squared errors because no draw has some combinations of values."""
        return squared_errors(
            self.factor.unseen,
            fit.residuals * self.factor.inverse_diagonal[:, None],
            self.values,
            self.perturber.features_,
            main=self.perturber.effects == "main",
        )

    def _variation(self, fit, g):
        """Variances over the draws of a feature's own effect: (n_rows, n_targets)."""
        pieces = self.factor.pieces
        columns = self.factor.joint_means.columns[g]
        terms = self.factor.kernel.terms(0, pieces, pieces, columns)
        return ((terms.additive + terms.product) @ fit.slopes).var(axis=1)

    def _beyond_draws(self):
        """Whether rows have a number that is beyond those of all draws."""
        draws, rows = self.factor.numbers, self.numbers
        with np.errstate(invalid="ignore"):
            low, high = np.fmin.reduce(draws), np.fmax.reduce(draws)
            return ((rows < low) | (rows > high)).any(axis=1)

    def _missed_between_values(self, fit, squares):
        """Squared errors because a column's effect between draws is not known.

        The row's own output tells their sum, for an additive model; where columns
        interact, up to half of what is missed of one may be shared with others.

        Parameters
        ----------
        fit : JoinedFit
        squares : ndarray of shape (n_rows, n_samples, n_targets)
            Its squared residuals.

        Returns
        -------
        squared : ndarray of shape (n_rows, n_features, n_targets)
        """
        columns_of = members(self.perturber)
        missed = [
            sum(self._squared_misses(fit, squares, j) for j in columns)
            for columns in columns_of
        ]
        missed = np.stack(missed, axis=1)
        if self.perturber.effects == "main":
            return missed
        share = np.abs(self.gain)[:, :, None]
        own = np.square(1 - np.minimum(share, 0.5)) if len(columns_of) > 1 else 0.0
        others = missed.sum(axis=1, keepdims=True) - missed
        of_others = np.where(share > 0, np.maximum(share, 1 / len(columns_of)), 0)
        return own * missed + np.square(of_others) * others

    def _squared_misses(self, fit, squares, j):
        """The same of the effect of column j alone, shape (n_rows, n_targets)."""
        draws, rows = self.factor.numbers[:, j], self.numbers[:, j]
        is_number = ~np.isnan(rows)
        if np.isnan(draws).all() or not is_number.any():
            return np.zeros_like(fit.own_slope)
        kernel = self.factor.kernel
        at_draws = kernel.own_functions(0, self.factor.pieces, j)
        at_row = kernel.own_functions(0, self.row, j)
        effect = np.einsum("pf,npt->nft", at_draws, fit.slopes, optimize=True)
        effect += at_row[:, :, None] * fit.own_slope[:, None]
        effect_at_row = np.einsum("nf,nft->nt", at_row, effect)
        apart = OWN_VALUE * kernel.own_variances[0][j] * self.may_matter[:, j]
        effect_at_row += apart[:, None] * fit.own_slope
        groups = nearest(draws, rows)
        effects = groups.means(at_draws[None]) @ effect + groups.means(fit.residuals)
        squared = squared_misses(groups, rows, effects, effect_at_row, _mean(squares))
        if self.factor.spline.degree > 1:
            squared = np.minimum(squared, most_smeared(groups, squares))
        return np.where(is_number[:, None], squared, 0)


def _filled_up(n):
    """Rows, repeated up to a multiple of what linear algebra computes together.

    The last digits of the others would depend on how many there are, which solving with
    the covariance makes larger.
    """
    return np.resize(np.arange(n), -(-n // _TOGETHER) * _TOGETHER)


def _mean(values):
    """Means over the second axis, by a product: over few targets sums take longer."""
    return np.ones(values.shape[1]) @ values / values.shape[1]


def _mean_of_positive(gain):
    """Means of rows over what is not 0, of shape (n_rows, 1)."""
    n = np.maximum(np.count_nonzero(gain, axis=1, keepdims=True), 1)
    return gain.sum(axis=1, keepdims=True) / n


def _centred(operator):
    """Operators that take the mean of the targets from the targets before."""
    return operator - operator.mean(axis=2, keepdims=True)


def _shares(factor, perturber, may_matter, is_beside):
    """Shares of features in what is not explained: (n_rows, n_features)."""
    variances = factor.kernel.column_variances(0)
    shares = expected_shares(variances, perturber.features_, may_matter)
    # an interaction is no own effect, and beside modalities it may be one of these
    return shares * (perturber.effects != "main" and not is_beside)
