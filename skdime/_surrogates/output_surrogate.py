r"""The surrogate of one output: on points that all rows share, and on a row's own.

Three things are known of an explained row x: outputs at hybrids near it, its own
output, and for every modality :math:`F_m(x)`, which the decomposition evaluates anyway.
The last is a mean of outputs over the references, and enters the regression as one
observation of that mean.
"""

from dataclasses import dataclass

import numpy as np

from skdime._surrogates.anova_kernel import Terms, covariance
from skdime._surrogates.kernel_solver import SharedFactor
from skdime._surrogates.row_points import RowPoints
from skdime._surrogates.unexplained import Unexplained

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
        #: For each modality means over the data of the terms of its features.
        self.mean_terms = [
            means and means(kernel, m, self.pieces[m])
            for m, means in enumerate(space.joint_means)
        ]
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

    def of_row(self, row, hybrids, outputs, means, pair=None):
        """The surrogate of a row.

        Parameters
        ----------
        row : list of Pieces
            For each modality the row, one piece.
        hybrids : Hybrids
            The row's own, whose pieces begin with the shared ones and the row's.
        outputs : ndarray of shape (1 + n_hybrids,)
            Of the row itself, then of its hybrids.
        means : ndarray of shape (n_means,)
            Those of ``PieceSpace.means``.
        pair : tuple of int, default=None
            Modalities whose interaction MI is; None is that of all.

        Returns
        -------
        surrogate : RowSurrogate
        """
        points = RowPoints(self, row, hybrids, pair)
        return RowSurrogate(points, outputs, means)


class RowSurrogate:
    """The surrogate of one row.

    Parameters
    ----------
    points : RowPoints
    outputs : ndarray of shape (1 + n_hybrids,)
        Of the row itself, then of its hybrids.
    means : ndarray of shape (n_means,)
        Those of ``PieceSpace.means``.
    """

    def __init__(self, points, outputs, means):
        self.points, self.targets = points, outputs
        base = points.base
        own = (np.concatenate([outputs, means]) - base.level) / base.unit
        self.solution = base.solver.with_own(points.cross, points.own_covariance, own)
        self.alpha = base.unit * points.at_points(self.solution.alpha)
        self.left_out = base.unit * self.solution.left_out()

    @property
    def missed(self):
        """Mean squared error at the row and its hybrids, each left out."""
        first = len(self.points.base.hybrids)
        own = self.left_out[first : self.points.n_single]
        return np.square(own).mean()

    def coefficients(self):
        """Coefficients of all modalities that are varied, a dict by modality."""
        points = self.points
        operators = [points.operators(m) for m in points.varied]
        both = [part for uc, mi, _ in operators for part in (uc, mi)]
        weights = self.solution.weights(points.at_sites(np.vstack(both)))
        squares = np.square(self.left_out)
        errors = np.sqrt(np.square(weights) @ squares)
        by_modality, start = {}, 0
        for m, (uc, mi, contributed) in zip(points.varied, operators, strict=True):
            coef = np.stack([uc @ self.alpha, mi @ self.alpha])
            se = errors[start : start + coef.size].reshape(coef.shape)
            start += coef.size
            se[1] = np.hypot(se[1], self._unexplained(m))
            se = np.hypot(se, self._unknown_means(m))
            # none is known better than the mean of what is not explained
            least = np.sqrt(squares.mean() / len(squares))
            se = np.maximum(se, points.may_matter(m) * least)
            others = points.of_tuples(m)
            contributions = contributed * self.alpha
            constant = coef[0] - contributions @ points.others_mean(m)
            by_reference = constant[:, None] + contributions @ others.T
            by_modality[m] = ModalityCoefficients(coef, se, by_reference, self._r2(m))
        return by_modality

    def effects(self):
        """What the surrogate makes of the row's effects over all tuples.

        Returns
        -------
        values : ndarray of shape (2 + n_modalities,)
            Mean output, main effects, UC.
        se : ndarray of shape (2 + n_modalities,)
            Standard errors because points are a sample.
        by_tuple : ndarray of shape (2 + n_modalities, n_tuples)
            The same if a single tuple stood for all.
        """
        points = self.points
        covariances, n = points.expected(), len(points.tables)
        effects = np.eye(2 + n, 1 + n)
        effects[1:-1, 0] = -1
        effects[-1] = np.r_[1 - n, np.ones(n)]
        by_tuple = effects @ (points.base.level + covariances @ self.alpha)
        operators = points.at_sites(effects @ covariances.mean(axis=1))
        weights = self.solution.weights(operators)
        se = np.sqrt(np.square(weights) @ np.square(self.left_out))
        return by_tuple.mean(axis=1), se, by_tuple

    def _unexplained(self, m):
        """Errors of MI because shares in the row's own output are not known."""
        at, noise = len(self.points.base.hybrids), self.points.base.kernel.noise
        diagonal, squares = self.solution.inverse_diagonal, np.square(self.left_out)
        known, shares = noise * diagonal[[at]], self.points.shares(m)[None]
        scale = (squares * diagonal).mean(keepdims=True)
        unexplained = Unexplained(noise, known, shares)
        squared = unexplained.squared_errors(squares[at, None, None], scale[None])
        return np.sqrt(squared[0, :, 0])

    def _unknown_means(self, m):
        """Errors of UC and MI because means over the data are those over some rows."""
        points = self.points
        kernel, pieces = points.base.kernel, points.pieces[m]
        means, members = points.base.space.joint_means[m], points.members[:, m]
        errors = np.zeros((2, len(means.columns)))
        for g, squared_error in means.squared_errors.items():
            if squared_error:
                terms = kernel.terms(m, pieces, pieces, means.columns[g])
                additive, product = (values[:, members] for values in terms)
                mean, of_row = points.others_mean(m), points.others_of_row(m)
                parts = additive + product * mean, product * (of_row - mean)
                variation = [np.std(part @ self.alpha) for part in parts]
                errors[:, g] = np.sqrt(squared_error) * np.array(variation)
        return errors

    def _r2(self, m):
        """Share of the variation of UC and of MI that is predicted when left out.

        UC varies over hybrids whose other modalities come from references, MI over
        those with the row's own. What is missed there is compared with what varies.
        """
        hybrids, first = self.points.hybrids, len(self.points.base.hybrids) + 1
        own = np.flatnonzero(hybrids.varied == m)
        in_context = hybrids.in_context[own]
        missed = np.square(self.left_out[first + own])
        lost = np.array([missed[~in_context].mean(), missed[in_context].mean()])
        varied = np.var(self._predictions(m, own[in_context]), axis=1)
        total = varied + lost
        is_resolved = total > _LEAST_SHARE**2 * self.targets.var()
        return np.where(is_resolved, varied / np.where(is_resolved, total, 1), np.nan)

    def _predictions(self, m, some):
        """UC and MI by the surrogate at some of the row's hybrids, up to constants."""
        points = self.points
        n_before = len(points.base.pieces[m]) - points.n_tuples
        at = points.hybrids.members[some, m] - n_before
        gathered = points.gathered[m]
        mean, of_row = points.others_mean(m), points.others_of_row(m)
        products = gathered.product[at]
        unimodal = gathered.additive[at] @ self.alpha + products @ (mean * self.alpha)
        return unimodal, products @ ((of_row - mean) * self.alpha)
