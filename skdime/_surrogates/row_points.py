"""What is known of one explained row, as points and sites of the kernel.

A point is a hybrid, or one of the N hybrids whose mean is observed; a site is what is
observed: a hybrid's output, or such a mean. What is computed point by point becomes a
function of sites by weighted sums over the N points. Terms of the kernel are computed
between the pieces of each modality, and gathered for the points.
"""

from functools import cached_property
from math import prod

import numpy as np

from skdime._surrogates.anova_kernel import LEVEL, Pieces, Terms, covariance
from skdime._surrogates.kernel_tuning import LEAST_NOISE
from skdime._surrogates.shapley_operators import contributions, main_contributions
from skdime._surrogates.unexplained import expected_shares


class RowPoints:
    """Points of one row, and what coefficients take from them.

    Tables of terms have the row's own pieces, first of all the row itself, after the
    shared ones; their first axis holds the pieces of tuples, then the row's own.

    Parameters
    ----------
    base : OutputSurrogate
    row : list of Pieces
        For each modality the row, one piece.
    hybrids : Hybrids
        The row's own, whose pieces begin with the shared ones and the row's.
    pair : tuple of int, default=None
        Modalities whose interaction MI is; None is that of all.

    Attributes
    ----------
    n_single : int
        Sites that are outputs of hybrids: shared, the row, its own.
    gathered : list of Terms
        For each modality those between tuples or own pieces, and all points.
    cross : ndarray of shape (n_shared, n_own)
        Covariances of shared with own sites: the row, its hybrids, its means.
    own_covariance : ndarray of shape (n_own, n_own)
        Noise included.
    """

    def __init__(self, base, row, hybrids, pair=None):
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
        self.cross, self.own_covariance = self._covariances()

    def at_sites(self, values):
        """Functions of points, on the last axis, as functions of sites."""
        single, means = np.split(values, [self.n_single], axis=-1)
        weights = self.base.space.mean_weights
        means = means.reshape(*means.shape[:-1], *weights.shape)
        means = np.einsum("...mj,mj->...m", means, weights)
        return np.concatenate([single, means], axis=-1)

    def at_points(self, alpha):
        """Weights of sites, as weights of points."""
        single, means = np.split(alpha, [self.n_single])
        spread = means[:, None] * self.base.space.mean_weights
        return np.concatenate([single, spread.ravel()])

    @property
    def varied(self):
        """Modalities whose features have coefficients."""
        every = self.pair or range(len(self.tables))
        return [m for m in self.base.space.sources.features if m in every]

    def operators(self, m):
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
        means = self._mean_terms(m)
        additive = np.concatenate([t.additive for t in terms])
        additive -= np.array([mean.additive for mean in means])
        present = np.concatenate([t.product for t in terms])
        absent = np.array([mean.product for mean in means])
        contribute = main_contributions if self.base.main.get(m) else contributions
        contributed = contribute(present, absent)[:, self.members[:, m]]
        mean, of_row = self.others_mean(m), self.others_of_row(m)
        uc = additive[:, self.members[:, m]] + contributed * mean
        mi = contributed * (of_row - mean)
        mi[:, len(self.base.hybrids)] += kernel.noise * self.shares(m)
        return uc, mi, contributed

    def shares(self, m):
        """Shares of features in what is not explained of the row's own output.

        Returns
        -------
        shares : ndarray of shape (n_features,)
        """
        features = self.base.space.sources.features[m]
        variances = self.base.kernel.column_variances(m)
        shares = expected_shares(variances, features, self.row[m].from_row)[0]
        return shares * (not self.base.main.get(m))

    def may_matter(self, m):
        """Which features have a value in the row that may have an effect."""
        features = self.base.space.sources.features[m]
        counts = np.bincount(features, self.row[m].from_row[0])
        return counts > 0

    def of_tuples(self, m=None):
        """Factors of all modalities but m between every tuple and all points.

        Of tuples that are a sample modalities are independent: the mean is that of
        their means, and a tuple adds what it changes of each, to first order.
        """
        others = [k for k in range(len(self.gathered)) if k != m]
        if not self.base.space.are_further:
            return prod(self.gathered[k].product[: self.n_tuples] for k in others)
        means = {k: self._factors(k).mean(axis=0) for k in others}
        total = prod(means.values())
        for k in others:
            rest = prod(mean for other, mean in means.items() if other != k)
            total = total + (self._factors(k) - means[k]) * rest
        return total

    def others_mean(self, m):
        """Their mean over the tuples, shape (n_points,)."""
        if m not in self._means:
            self._means[m] = self.base.space.tuple_weights[m] @ self.of_tuples(m)
        return self._means[m]

    def expected(self):
        """Covariances of means over all rows with all points, and those of tuples.

        Returns
        -------
        by_tuple : ndarray of shape (1 + n_modalities, n_tuples, n_points)
            Of the mean output, and of :math:`F_m` of the row for each modality m, as
            if a single tuple stood for all.
        """
        n = self.n_tuples
        by_tuple = [LEVEL - 1 + self.of_tuples()]
        for m, gathered in enumerate(self.gathered):
            # additive terms of columns that are not the row's have the mean 0
            own = LEVEL - 1 + gathered.additive[n]
            by_tuple.append(own + gathered.product[n] * self.of_tuples(m))
        return np.stack(by_tuple)

    def others_of_row(self, m):
        """Factors of all modalities but m as in the row, shape (n_points,).

        Of a pair only the other one is as in the row, the rest comes from references.
        """
        n = self.n_tuples
        if self.pair is None:
            return prod(g.product[n] for k, g in enumerate(self.gathered) if k != m)
        (other,) = set(self.pair) - {m}
        rest = [k for k in range(len(self.gathered)) if k not in self.pair]
        if self.base.space.are_further:
            mean = prod((self._factors(k).mean(axis=0) for k in rest), start=1.0)
        else:
            of_rest = (self.gathered[k].product[:n] for k in rest)
            mean = self.base.space.weights[m] @ prod(of_rest, start=np.ones((n, 1)))
        return self.gathered[other].product[n] * mean

    # --- covariances ----------------------------------------------------------------

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
        space, shared = self.base.space, self.base.hybrids
        row = [len(pieces) for pieces in self.base.pieces]
        means = []
        for m in space.means:
            observed = np.arange(space.mean_weights.shape[1])
            hybrids = np.repeat(observed[:, None], len(row), axis=1)
            if m is not None:
                hybrids[:, m] = row[m]
            means.append(hybrids)
        return np.vstack([shared.members, [row], self.hybrids.members, *means])

    def _covariances(self):
        """Of shared sites with own ones, and of own ones with noise."""
        base = self.base
        weights = zip(base.space.means, base.space.mean_weights, strict=True)
        means = [self._mean_column(m, of_tuples) for m, of_tuples in weights]
        sites = self.at_sites(np.vstack([self._columns(), *means]))
        cross, matrix = np.split(sites, [len(base.hybrids)], axis=1)
        noise = np.full(len(matrix), base.kernel.noise)
        # what no kernel explains averages out
        noise[-len(means) :] *= np.square(base.space.mean_weights).sum(axis=1)
        noise = np.maximum(noise, LEAST_NOISE)
        matrix[np.diag_indices(len(matrix))] += noise
        return cross.T, matrix

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

    def _mean_column(self, m, weights):
        """Covariances with all points of F_m of the row, or of the mean output."""
        terms, product, others = [], 1.0, 1.0
        for k, gathered in enumerate(self.gathered):
            if k == m:
                additive, product = (
                    gathered.additive[self.n_tuples],
                    gathered.product[self.n_tuples],
                )
            else:
                additive = weights @ gathered.additive[: len(weights)]
                others = others * gathered.product[: len(weights)]
            terms.append(Terms(additive, 1.0))
        product = product * (weights @ others)
        return covariance([*terms[:-1], Terms(terms[-1].additive, product)])

    def _factors(self, m):
        """Factors of modality m between further tuples and all points.

        What single columns give has the mean 0 over all rows. That of the tuples is
        not, and taken out.
        """
        if m not in self._of_further:
            space = self.base.space
            further = np.arange(space.weights.shape[1], self.n_tuples)
            single = self.base.kernel.first_order(
                m, space.references[m][further], self.pieces[m]
            )
            product = self.gathered[m].product[further]
            self._of_further[m] = product - single[:, self.members[:, m]]
        return self._of_further[m]

    @cached_property
    def _of_further(self):
        return {}

    def _mean_terms(self, m):
        """Means over the data of the terms of each feature of modality m."""
        shared, every = self.base.mean_terms[m], self.pieces[m]
        pieces_of_row = every[np.arange(len(self.base.pieces[m]), len(every))]
        means = self.base.space.joint_means[m]
        of_row = means(self.base.kernel, m, pieces_of_row)
        return [
            Terms(*map(np.concatenate, zip(*both, strict=True)))
            for both in zip(shared, of_row, strict=True)
        ]

    @cached_property
    def _means(self):
        return {}
