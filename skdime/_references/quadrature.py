r"""Some references with weights, in place of a mean over all of them.

A context is a row, perturbed or not, of which a modality is absent. The outputs for it
with each of N references deviate from their mean; let G hold the mean products of these
deviations, over known contexts, of all pairs of references. Weights w of sum 1 then
have the mean squared error :math:`w^\top G w`. This is Bayesian quadrature with an
empirical kernel: references are chosen one by one so that the least error that weights
can reach falls most; a penalty on :math:`w^\top w` allows for what G does not tell.

Weights are not negative: a weighted mean lies within the range of the outputs, so that
a probability stays one, and deviations that G does not know are not amplified.

References
----------
Huszar and Duvenaud, Optimally-weighted herding is Bayesian quadrature, UAI 2012.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import nnls

from skdime._utils.rounding import DIFFERENCES_OF_MEANS

# Candidates for the penalty, as shares of the mean square of the deviations.
_PENALTIES = 10.0 ** np.arange(-8, 0)
# Where contexts are not told apart by folds: as many as there are probes in `levels`.
_FOLDS = 6


@dataclass(frozen=True)
class Quadrature:
    """Weighted references that stand for the mean over all of them.

    Attributes
    ----------
    chosen : ndarray of int of shape (n_chosen,)
        Positions among all references, ascending.
    weights : ndarray of shape (n_chosen,)
        Positive, of sum 1; one set for all outputs.
    kernel : ndarray of shape (n_chosen, n_chosen) or None
        Products of deviations to expect of pairs of references, up to a factor; None
        for all references.
    predictor : ndarray of shape (n_references, n_chosen) or None
        From deviations of the chosen references to those that the kernel makes one
        expect of all.
    unpredicted : float
        Mean square over all references of what remains, up to the same factor.
    held_out : ndarray of shape (n_contexts, n_outputs)
        Errors for the known contexts, of references, weights and penalty that were
        chosen without them. What to expect, not a bound.
    """

    chosen: np.ndarray
    weights: np.ndarray
    kernel: np.ndarray | None
    predictor: np.ndarray | None
    unpredicted: float
    held_out: np.ndarray

    def expected(self, outputs):
        r"""Size of the errors of means, as far as the outputs themselves tell.

        The kernel K has a scale of its own for every context, whose estimate from
        outputs y about their mean is :math:`y^\top K^{-1} y / (n - 1)`; the squared
        error is that times :math:`w^\top K w`. Outputs that vary between references as
        no known context did have a large scale.

        Parameters
        ----------
        outputs : ndarray of shape (n_contexts, n_chosen, n_outputs)

        Returns
        -------
        expected : ndarray of shape (n_contexts, n_outputs)
        """
        if self.kernel is None:
            return np.zeros((len(outputs), outputs.shape[2]))
        squared = self.weights @ self.kernel @ self.weights
        return np.sqrt(self._scale(self._deviations(outputs)) * squared)

    def completed(self, outputs):
        """Outputs with all references, those not chosen as the kernel predicts them.

        The chosen ones lie close to the mean, so that the spread between them is not
        the spread between all.

        Parameters
        ----------
        outputs : ndarray of shape (n_contexts, n_chosen, n_outputs)

        Returns
        -------
        completed : ndarray of shape (n_contexts, n_references, n_outputs)
            About their mean.
        remaining : ndarray of shape (n_contexts, n_outputs)
            Mean square over all references of what is not predicted.
        """
        deviations = self._deviations(outputs)
        if self.kernel is None:
            return deviations, np.zeros((len(outputs), outputs.shape[2]))
        completed = np.einsum("jq,kqc->kjc", self.predictor, deviations)
        return completed, self._scale(deviations) * self.unpredicted

    def _deviations(self, outputs):
        return outputs - np.einsum("kqc,q->kc", outputs, self.weights)[:, None]

    def _scale(self, deviations):
        """The factor of the kernel: (n_contexts, n_outputs)."""
        moved = np.moveaxis(deviations, 1, 0)
        factor = np.linalg.cholesky(self.kernel)
        solved = solve_triangular(factor, moved.reshape(len(moved), -1), lower=True)
        scale = np.square(solved).sum(axis=0) / max(len(moved) - 1, 1)
        return scale.reshape(moved.shape[1:])


def learn_quadratures(table, sizes, folds=None, target=None):
    """References and weights from the outputs of known contexts, for several sizes.

    Parameters
    ----------
    table : ndarray of shape (n_contexts, n_references, n_outputs)
        At least two contexts: errors are estimated on those held out.
    sizes : list of int
        For each quadrature the largest number of references; those that get no weight
        are left out. From n_references on, the mean over all references.
    folds : ndarray of int of shape (n_contexts,), default=None
        Contexts of the same number are held out together. None makes up to six folds.
    target : ndarray of shape (n_references,), default=None
        Weights, of sum 1, of the mean that is to be reproduced; equal ones if None.

    Returns
    -------
    quadratures : list of Quadrature
    """
    if min(sizes) < 1:
        raise ValueError(f"Sizes must be at least 1, got {sizes}.")
    n_contexts, n_references, n_outputs = table.shape
    equal = np.full(n_references, 1 / n_references)
    exact = exact_quadrature(equal, np.zeros((n_contexts, n_outputs)))
    contexts = _Contexts(table, folds, target)
    return [exact if size >= n_references else contexts.learn(size) for size in sizes]


def exact_quadrature(weights, held_out):
    """All references, with the weights of the mean that is to be reproduced."""
    return Quadrature(np.arange(len(weights)), weights, None, None, 0.0, held_out)


class _Contexts:
    """Deviations of known contexts from their means, and their products by folds."""

    def __init__(self, table, folds=None, target=None):
        if len(table) < 2:
            raise ValueError(f"table must have at least 2 contexts, got {len(table)}.")
        means = table.mean(axis=1)
        if target is not None:
            means = np.einsum("kjc,j->kc", table, target)
        size = np.abs(table).max(axis=(0, 1))
        rounding = DIFFERENCES_OF_MEANS * size + np.finfo(float).tiny
        self._scale = np.maximum(table.std(axis=(0, 1)), rounding)
        self._deviations = table - means[:, None, :]
        if folds is None:
            folds = np.arange(len(table)) % min(_FOLDS, len(table))
        self._folds = folds == np.unique(folds)[:, None]
        self._grams = np.array([self._gram(fold) for fold in self._folds])

    def learn(self, n_chosen):
        """At most `n_chosen` references, with the penalty that suits held-out folds."""
        errors = self._cross_validate(n_chosen)
        lost = self._folds @ np.square(errors / self._scale).sum(axis=2).T
        # For a fold the penalty is the one that suits the other folds: the errors are
        # those of contexts that had no part in any choice.
        suits_others = np.argmin(lost.sum(axis=0) - lost, axis=1)
        fold_of = np.argmax(self._folds, axis=0)
        held_out = errors[suits_others[fold_of], np.arange(len(fold_of))]
        penalty = _PENALTIES[np.argmin(lost.sum(axis=0))]
        kernel = _kernel(self._grams.sum(axis=0), penalty)
        chosen, weights = _weighted_subset(kernel, n_chosen, penalty)
        among = kernel[np.ix_(chosen, chosen)]
        predictor = np.linalg.solve(among, kernel[chosen]).T
        known = np.einsum("jq,qj->j", predictor, kernel[chosen])
        unpredicted = float(np.maximum(np.diag(kernel) - known, 0).mean())
        return Quadrature(chosen, weights, among, predictor, unpredicted, held_out)

    def _cross_validate(self, n_chosen):
        """Errors (n_penalties, n_contexts, n_outputs), learned from other folds."""
        n_contexts, _, n_outputs = self._deviations.shape
        errors = np.empty((len(_PENALTIES), n_contexts, n_outputs))
        everything = self._grams.sum(axis=0)
        for fold, gram in zip(self._folds, self._grams, strict=True):
            held_out = self._deviations[fold]
            for p, penalty in enumerate(_PENALTIES):
                kernel = _kernel(everything - gram, penalty)
                chosen, weights = _weighted_subset(kernel, n_chosen, penalty)
                errors[p, fold] = np.einsum("kqc,q->kc", held_out[:, chosen], weights)
        return errors

    def _gram(self, fold):
        scaled = np.moveaxis(self._deviations[fold] / self._scale, 1, 2)
        scaled = scaled.reshape(-1, scaled.shape[2])
        return scaled.T @ scaled


def _kernel(gram, penalty):
    """Mean products of deviations in units of their mean square, and the penalty."""
    size = np.trace(gram) / len(gram)
    return gram / (size if size > 0 else 1.0) + penalty * np.eye(len(gram))


def _weighted_subset(kernel, n_chosen, penalty):
    """References, and their non-negative weights of least penalised squared error.

    Up to their sum these weights minimise w'Kw / 2 - sum(w), K being the kernel of the
    references: a non-negative least squares problem in the Cholesky factor of K.
    """
    chosen = np.sort(_choose(kernel, n_chosen, penalty))
    factor = np.linalg.cholesky(kernel[np.ix_(chosen, chosen)])
    target = solve_triangular(factor, np.ones(n_chosen), lower=True)
    weights, _ = nnls(factor.T, target)
    kept = weights > 0
    return chosen[kept], weights[kept] / weights.sum()


def _choose(kernel, n_chosen, penalty):
    r"""References, one by one, that lower the least possible error most.

    Weights on a set S reach :math:`1 / (1^\top K_S^{-1} 1)`. One more reference j adds
    :math:`r^2 / v` to the denominator, v being its variance given S and
    :math:`r = 1 - K_{jS} K_S^{-1} 1`. Both follow from rows of a Cholesky factor.
    """
    factor = np.empty((n_chosen, len(kernel)))
    chosen = np.empty(n_chosen, dtype=int)
    rest, variance = np.ones(len(kernel)), np.diag(kernel).copy()
    for step in range(n_chosen):
        gain = rest**2 / variance
        gain[chosen[:step]] = -np.inf
        j = chosen[step] = np.argmax(gain)
        row = (kernel[j] - factor[:step, j] @ factor[:step]) / np.sqrt(variance[j])
        rest = rest - row * (rest[j] / row[j])
        variance = np.maximum(variance - row**2, penalty)  # below it by rounding only
        factor[step] = row
    return chosen
