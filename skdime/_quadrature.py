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

# Candidates for the penalty, as shares of the mean square of the deviations.
_PENALTIES = 10.0 ** np.arange(-8, 0)
_FOLDS = 6
# The smallest number of references that `choose_quadrature` tries.
_FIRST = 8
# This share of held-out contexts has relative errors up to the reported quantile.
_COVER = 0.9
# Outputs that vary less than this, relative to their size, are constant.
_CONSTANT = 1e-10


@dataclass(frozen=True)
class Quadrature:
    """Weighted references that stand for the mean over all of them.

    Attributes
    ----------
    chosen : ndarray of int of shape (n_chosen,)
        Positions among all references, ascending.
    weights : ndarray of shape (n_chosen,)
        Positive, of sum 1; one set for all outputs.
    error : ndarray of shape (n_outputs,)
        Root mean square error over contexts that had no part in choosing references,
        weights and penalty. What to expect, not a bound.
    relative_error : ndarray of shape (n_outputs,)
        Error of a single context that 90 % of the same contexts stay below, relative
        to the standard deviation over contexts of their means.
    """

    chosen: np.ndarray
    weights: np.ndarray
    error: np.ndarray
    relative_error: np.ndarray

    def mean(self, outputs):
        """Means (n_contexts, n_outputs) of (n_contexts, n_chosen, n_outputs)."""
        return _weighted_mean(outputs, self.weights)

    def check(self, outputs_all):
        """Root mean square error on further contexts, (n_outputs,).

        Their outputs have shape (n_contexts, n_references, n_outputs).
        """
        estimated = self.mean(outputs_all[:, self.chosen])
        return _size(estimated - outputs_all.mean(axis=1))


def learn_quadrature(table, n_chosen):
    """References and weights from the outputs of known contexts.

    Parameters
    ----------
    table : ndarray of shape (n_contexts, n_references, n_outputs)
        At least two contexts: errors are estimated on those held out.
    n_chosen : int
        The largest number of references; those that get no weight are left out. From
        n_references on, the mean over all references.

    Returns
    -------
    quadrature : Quadrature
    """
    if n_chosen < 1:
        raise ValueError(f"n_chosen must be at least 1, got {n_chosen}.")
    if n_chosen >= table.shape[1]:
        return _all_references(table)
    return _Contexts(table).learn(n_chosen)


def choose_quadrature(table, tol):
    """As few references as the tolerance allows: at most 8, 16, 32, ..., or all.

    Parameters
    ----------
    table : ndarray of shape (n_contexts, n_references, n_outputs)
        At least two contexts: errors are estimated on those held out.
    tol : float
        Error that may remain in every output, relative to the standard deviation over
        contexts of their means. Perturbations of a single row may vary less, and the
        error of its coefficients be several times as large, relative to their size.

    Returns
    -------
    quadrature : Quadrature
        The mean over all references, without error, where fewer are not enough.
    """
    contexts, n_chosen = _Contexts(table), _FIRST
    while n_chosen < table.shape[1]:
        quadrature = contexts.learn(n_chosen)
        if np.all(quadrature.error <= tol * contexts.spread):
            return quadrature
        n_chosen *= 2
    return _all_references(table)


class _Contexts:
    """Deviations of known contexts from their means, and their products by folds.

    ``spread`` (n_outputs,) is the standard deviation of the means, above rounding.
    """

    def __init__(self, table):
        if len(table) < 2:
            raise ValueError(f"table must have at least 2 contexts, got {len(table)}.")
        means = table.mean(axis=1)
        rounding = _CONSTANT * np.abs(table).max(axis=(0, 1)) + np.finfo(float).tiny
        self.spread = np.maximum(means.std(axis=0), rounding)
        self._scale = np.maximum(table.std(axis=(0, 1)), rounding)
        self._deviations = table - means[:, None, :]
        n_folds = min(_FOLDS, len(table))
        self._folds = np.arange(len(table)) % n_folds == np.arange(n_folds)[:, None]
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
        chosen, weights = _weighted_subset(self._grams.sum(axis=0), n_chosen, penalty)
        relative = np.quantile(np.abs(held_out) / self.spread, _COVER, axis=0)
        return Quadrature(chosen, weights, _size(held_out), relative)

    def _cross_validate(self, n_chosen):
        """Errors (n_penalties, n_contexts, n_outputs), learned from other folds."""
        n_contexts, _, n_outputs = self._deviations.shape
        errors = np.empty((len(_PENALTIES), n_contexts, n_outputs))
        everything = self._grams.sum(axis=0)
        for fold, gram in zip(self._folds, self._grams, strict=True):
            held_out = self._deviations[fold]
            for p, penalty in enumerate(_PENALTIES):
                chosen, weights = _weighted_subset(everything - gram, n_chosen, penalty)
                errors[p, fold] = _weighted_mean(held_out[:, chosen], weights)
        return errors

    def _gram(self, fold):
        scaled = np.moveaxis(self._deviations[fold] / self._scale, 1, 2)
        scaled = scaled.reshape(-1, scaled.shape[2])
        return scaled.T @ scaled


def _weighted_subset(gram, n_chosen, penalty):
    """References, and their non-negative weights of least penalised squared error.

    Up to their sum these weights minimise w'Kw / 2 - sum(w), K being the kernel of the
    references: a non-negative least squares problem in the Cholesky factor of K.
    """
    size = np.trace(gram) / len(gram)
    kernel = gram / (size if size > 0 else 1.0) + penalty * np.eye(len(gram))
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


def _weighted_mean(outputs, weights):
    return np.einsum("kqc,q->kc", outputs, weights)


def _all_references(table):
    _, n_references, n_outputs = table.shape
    weights = np.full(n_references, 1 / n_references)
    return Quadrature(np.arange(n_references), weights, *np.zeros((2, n_outputs)))


def _size(errors):
    return np.sqrt(np.mean(np.square(errors), axis=0))
