r"""The surrogate of one output: on points that all rows share, and on a row's own.

Three things are known of an explained row x: outputs at hybrids near it, its own
output, and for every modality :math:`F_m(x)`, which the decomposition evaluates anyway.
The last is a mean of outputs over the references, and enters the regression as one
observation of that mean.

A point here is a hybrid, or one of the N hybrids whose mean is observed; a site is what
is observed: a hybrid's output, or such a mean. What is computed point by point becomes
a function of sites by weighted sums over the N points. Terms of the kernel are computed
between the pieces of each modality, and gathered for the points.
"""

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from skdime._surrogates.anova_kernel import Pieces, Terms, covariance
from skdime._surrogates.kernel_solver import SharedFactor
from skdime._surrogates.shapley_operators import contributions, main_contributions

# A part that varies by less than this share of the output's deviation is not resolved.
_LEAST_SHARE = 1e-3


@dataclass(frozen=True)
class ModalityCoefficients:
    """Coefficients of the features of one modality for one row and output.

    Attributes
    ----------
    coef, se : ndarray of shape (2, n_features)
        Of UC and MI; standard errors because points are a sample.
    by_reference : ndarray of shape (n_features, n_tuples)
        The coefficients of UC if a single tuple stood for all.
    r2 : ndarray of shape (2,)
        Share of the variation of the part that is predicted at points left out.
    """

    coef: np.ndarray
    se: np.ndarray
    by_reference: np.ndarray
    r2: np.ndarray


class OutputSurrogate:
    """A Gaussian process on shared points, for one output.

    Parameters
    ----------
    kernel : AnovaKernel
    space : PieceSpace
    hybrids : Hybrids
        Shared by all rows.
    outputs : ndarray of shape (n_shared,)
    main : dict of int to bool, default=None
        For each modality that is varied whether coefficients are own effects instead of
        Shapley values.
    scale : (float, float), default=None
        Level and deviation of outputs; None takes those of the shared ones.
    """

    def __init__(self, kernel, space, hybrids, outputs, main=None, scale=None):
        self.kernel, self.space, self.main = kernel, space, main or {}
        self.hybrids = hybrids
        self.pieces = [space.pieces(m, p) for m, p in enumerate(hybrids.pieces)]
        self.terms = [kernel.terms(m, p, p) for m, p in enumerate(self.pieces)]
        level, deviation = scale or (outputs.mean(), outputs.std())
        self.level, self.unit = level, deviation or 1.0
        matrix = covariance(
            Terms(*(table[np.ix_(at, at)] for table in terms))
            for terms, at in zip(self.terms, hybrids.members.T, strict=True)
        )
        matrix[np.diag_indices(len(matrix))] += kernel.noise
        self.solver = SharedFactor(matrix, (outputs - self.level) / self.unit)

    def r2(self):
        """Share of the outputs' variation at shared points predicted when left out."""
        variance = np.square(self.solver.targets).mean()
        missed = np.square(self.solver.left_out()).mean()
        return 1 - missed / max(variance, np.finfo(float).tiny)

    def of_row(self, row, hybrids, outputs, conditional, pair=None):
        """The surrogate of a row.

        Parameters
        ----------
        row : list of Pieces
            For each modality the row, one piece.
        hybrids : Hybrids
            The row's own, whose pieces begin with the shared ones and the row's.
        outputs : ndarray of shape (1 + n_hybrids,)
            Of the row itself, then of its hybrids.
        conditional : ndarray of shape (n_modalities,)
            :math:`F_m` of the row.
        pair : tuple of int, default=None
            Modalities whose interaction MI is; None is that of all.

        Returns
        -------
        surrogate : RowSurrogate
        """
        return RowSurrogate(self, row, hybrids, outputs, conditional, pair)


class RowSurrogate:
    """The surrogate of one row.

    Tables of terms have the row's own pieces, first of all the row itself, after the
    shared ones; their first axis holds the pieces of tuples, then the row's own.
    """

    def __init__(self, base, row, hybrids, outputs, conditional, pair):
        self.base, self.row, self.hybrids, self.pair = base, row, hybrids, pair
        self.n_tuples = base.space.sources.n_tuples
        self.pieces, self.tables = [], []
        for m, shared in enumerate(base.pieces):
            sources = hybrids.pieces[m][len(shared) :]
            own = base.space.pieces(m, sources, row[m])
            self.pieces.append(Pieces.joined([shared, own]))
            self.tables.append(self._table(m, own))
        self.n_single = len(base.hybrids) + 1 + len(hybrids)
        self.members = self._members()
        self.gathered = [
            Terms(*(table[:, at] for table in tables))
            for tables, at in zip(self.tables, self.members.T, strict=True)
        ]
        self.columns = self._columns()
        self.targets = outputs
        self.solution = self._solve(outputs, conditional)
        self.alpha = base.unit * self._at_points(self.solution.alpha)
        self.left_out = base.unit * self.solution.left_out()

    @property
    def missed(self):
        """Mean squared error at the row and its hybrids, each left out."""
        own = self.left_out[len(self.base.hybrids) : self.n_single]
        return np.square(own).mean()

    def coefficients(self):
        """Coefficients of all modalities that are varied, a dict by modality."""
        every = self.pair or range(len(self.tables))
        varied = [m for m in self.base.space.sources.features if m in every]
        operators = [self._operators(m) for m in varied]
        both = [part for uc, mi, _ in operators for part in (uc, mi)]
        weights = self.solution.weights(self._at_sites(np.vstack(both)))
        errors = np.sqrt(np.square(weights) @ np.square(self.left_out))
        by_modality, start = {}, 0
        for m, (uc, mi, contributed) in zip(varied, operators, strict=True):
            coef = np.stack([uc @ self.alpha, mi @ self.alpha])
            se = errors[start : start + coef.size].reshape(coef.shape)
            start += coef.size
            others = self._of_references(m)
            moved = contributed * self.alpha
            constant = coef[0] - moved @ self._others_mean(m)
            by_reference = constant[:, None] + moved @ others.T
            by_modality[m] = ModalityCoefficients(coef, se, by_reference, self._r2(m))
        return by_modality

    # --- points and sites -----------------------------------------------------------

    def _table(self, m, own):
        """Terms of the pieces of tuples and the row's own with all pieces."""
        base = self.base
        shared = base.kernel.terms(m, own, base.pieces[m])
        among = base.kernel.terms(m, own, own)
        n = self.n_tuples
        return Terms(
            *(
                np.block([[old[:n], new[:, :n].T], [new, itself]])
                for old, new, itself in zip(base.terms[m], shared, among, strict=True)
            )
        )

    def _members(self):
        """Pieces of all points: shared, the row, its hybrids, those of its means."""
        shared = self.base.hybrids
        row = [len(pieces) for pieces in self.base.pieces]
        means = []
        for m, position in enumerate(row):
            hybrids = np.repeat(np.arange(self.n_tuples)[:, None], len(row), axis=1)
            hybrids[:, m] = position
            means.append(hybrids)
        return np.vstack([shared.members, [row], self.hybrids.members, *means])

    def _columns(self):
        """Covariances of the row and its hybrids with all points."""
        n_shared = len(self.base.hybrids)
        terms = []
        for m, gathered in enumerate(self.gathered):
            at = self.members[n_shared : self.n_single, m]
            n_before = len(self.base.pieces[m]) - self.n_tuples
            at = np.where(at < self.n_tuples, at, at - n_before)
            terms.append(Terms(*(table[at] for table in gathered)))
        return covariance(terms)

    def _at_sites(self, values):
        """Functions of points, on the last axis, as functions of sites."""
        single, means = np.split(values, [self.n_single], axis=-1)
        weights = self.base.space.weights
        means = means.reshape(*means.shape[:-1], *weights.shape)
        means = np.einsum("...mj,mj->...m", means, weights)
        return np.concatenate([single, means], axis=-1)

    def _at_points(self, alpha):
        """Weights of sites, as weights of points."""
        single, means = np.split(alpha, [self.n_single])
        spread = means[:, None] * self.base.space.weights
        return np.concatenate([single, spread.ravel()])

    def _solve(self, outputs, conditional):
        """The regression on shared sites, the row's hybrids and its means."""
        base = self.base
        means = [self._mean_column(m) for m in range(len(self.tables))]
        sites = self._at_sites(np.vstack([self.columns, *means]))
        cross, matrix = np.split(sites, [len(base.hybrids)], axis=1)
        matrix[np.diag_indices(len(matrix))] += base.kernel.noise
        targets = (np.concatenate([outputs, conditional]) - base.level) / base.unit
        return base.solver.with_own(cross.T, matrix, targets)

    def _mean_column(self, m):
        """Covariances of F_m of the row with all points."""
        weights, n = self.base.space.weights[m], self.n_tuples
        terms = []
        for k, gathered in enumerate(self.gathered):
            row = gathered.additive[n] if k == m else weights @ gathered.additive[:n]
            terms.append(Terms(row, 1.0))
        product = self.gathered[m].product[n] * self._others_mean(m)
        return covariance([*terms[:-1], Terms(terms[-1].additive, product)])

    # --- coefficients ---------------------------------------------------------------

    def _of_references(self, m):
        """Factors of all modalities but m between every tuple and all points."""
        n = self.n_tuples
        return prod(g.product[:n] for k, g in enumerate(self.gathered) if k != m)

    def _others_mean(self, m):
        """Their mean over the tuples, shape (n_points,)."""
        if m not in self._means:
            self._means[m] = self.base.space.weights[m] @ self._of_references(m)
        return self._means[m]

    def _others_of_row(self, m):
        """Factors of all modalities but m as in the row, shape (n_points,).

        Of a pair only the other one is as in the row, the rest comes from references.
        """
        n = self.n_tuples
        if self.pair is None:
            return prod(g.product[n] for k, g in enumerate(self.gathered) if k != m)
        (other,) = set(self.pair) - {m}
        rest = [g for k, g in enumerate(self.gathered) if k not in self.pair]
        rest = prod((g.product[:n] for g in rest), start=np.ones((n, 1)))
        return self.gathered[other].product[n] * (self.base.space.weights[m] @ rest)

    @cached_property
    def _means(self):
        return {}

    def _operators(self, m):
        """What coefficients take from the surrogate's weights at points.

        Returns
        -------
        uc, mi : ndarray of shape (n_features, n_points)
        contributed : ndarray of shape (n_features, n_points)
            The part that other modalities multiply.
        """
        kernel, features = self.base.kernel, self.base.space.sources.features[m]
        pieces, row = self.pieces[m], self.row[m]
        members = [np.flatnonzero(features == g) for g in range(features.max() + 1)]
        terms = [kernel.terms(m, row, pieces, columns) for columns in members]
        means = [self._means_over_draws(m, columns) for columns in members]
        additive = np.concatenate([t.additive for t in terms])
        additive -= np.array([mean.additive for mean in means])
        present = np.concatenate([t.product for t in terms])
        absent = np.array([mean.product for mean in means])
        contribute = main_contributions if self.base.main.get(m) else contributions
        contributed = contribute(present, absent)[:, self.members[:, m]]
        mean, of_row = self._others_mean(m), self._others_of_row(m)
        uc = additive[:, self.members[:, m]] + contributed * mean
        return uc, contributed * (of_row - mean), contributed

    def _means_over_draws(self, m, columns):
        """Means of a feature's terms; of one column they are known by its centring."""
        pieces = self.pieces[m]
        if len(columns) == 1:
            return Terms(np.zeros(len(pieces)), np.ones(len(pieces)))
        draws = self.base.space.draws[m]
        terms = self.base.kernel.terms(m, draws, pieces, columns)
        return Terms(*(term.mean(axis=0) for term in terms))

    def _r2(self, m):
        """Share of the variation of UC and of MI that is predicted when left out.

        UC varies over hybrids whose other modalities come from references, MI over
        those with the row's own. What is missed there is compared with what varies.
        """
        own = np.flatnonzero(self.hybrids.varied == m)
        in_context = self.hybrids.in_context[own]
        missed = np.square(self.left_out[len(self.base.hybrids) + 1 + own])
        lost = np.array([missed[~in_context].mean(), missed[in_context].mean()])
        varied = np.var(self._predictions(m, own[in_context]), axis=1)
        total = varied + lost
        is_resolved = total > _LEAST_SHARE**2 * self.targets.var()
        return np.where(is_resolved, varied / np.where(is_resolved, total, 1), np.nan)

    def _predictions(self, m, some):
        """UC and MI by the surrogate at some of the row's hybrids, up to constants."""
        at = self.hybrids.members[some, m] - len(self.base.pieces[m]) + self.n_tuples
        gathered = self.gathered[m]
        mean, of_row = self._others_mean(m), self._others_of_row(m)
        products = gathered.product[at]
        unimodal = gathered.additive[at] @ self.alpha + products @ (mean * self.alpha)
        return unimodal, products @ ((of_row - mean) * self.alpha)
