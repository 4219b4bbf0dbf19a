r"""Values of features from masks that are evaluated in every context.

With all :math:`2^d` masks Shapley and Banzhaf values are sums in closed form. With some
of them they are regressions on :math:`s \in \{-1, 1\}^d`, of which only the odd part of
the outputs counts: Banzhaf values of masks drawn with equal probabilities, Shapley
values of masks drawn by the Shapley kernel, under the condition that they add up.

References
----------
Lundberg, Lee. "A Unified Approach to Interpreting Model Predictions", NeurIPS 2017.
Covert, Lee. "Improving KernelSHAP: Practical Shapley Value Estimation via Linear
Regression", AISTATS 2021, for pairs of complements.
Hammer, Holzman. "Approximations of pseudo-Boolean functions; applications to game
theory", ZOR 36 (1992), for Banzhaf values.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import comb

# Keeps the regression solvable where there are fewer pairs than features.
_PENALTY = 1e-9


@dataclass(frozen=True)
class FeatureValues:
    """Values of the features of one row in UC and in MI.

    Attributes
    ----------
    coef, se : ndarray of shape (2, n_features, n_outputs)
        Standard errors because not all masks were evaluated in all contexts.
    by_reference : ndarray of shape (n_features, n_references, n_outputs)
        Values in the context of single references.
    unknown_spread : ndarray of shape (n_features, n_outputs)
        Variance between references that these lack.
    r2 : ndarray of shape (2, n_outputs)
        Share of the variation over pairs that is predicted when a pair is left out.
    variation : ndarray of shape (2, n_outputs)
        The variation itself, a root mean square.
    level : ndarray of shape (2, n_outputs)
        Mean over masks, of the row's own contexts and over references.
    """

    coef: np.ndarray
    se: np.ndarray
    by_reference: np.ndarray
    unknown_spread: np.ndarray
    r2: np.ndarray
    variation: np.ndarray
    level: np.ndarray


def closed_form(masks, effects):
    """Values from one mask of every pair but that of the whole row.

    Parameters
    ----------
    masks : ndarray of bool of shape (2 ** (n_features - 1) - 1, n_features)
    effects : {"shapley", "banzhaf"}

    Returns
    -------
    operator : ndarray of shape (n_features, n_pairs)
        Of half the differences of a mask and its complement.
    of_whole : ndarray of shape (n_features,)
        Of half the difference of the row and all of its features replaced.
    """
    n_pairs, n = masks.shape
    signs = np.where(masks, 1.0, -1.0)
    if effects == "banzhaf":
        share = 2 / (n_pairs + 1)
        return share * signs.T, np.full(n, share)
    size = masks.sum(axis=1, keepdims=True)
    with_feature = np.where(masks, size, n - size)
    return (2 * signs / (with_feature * comb(n, with_feature))).T, np.full(n, 2 / n)


def regression(masks, counts, effects):
    """Values from some masks, as a least squares fit.

    Parameters
    ----------
    masks : ndarray of bool of shape (n_pairs, n_features)
    counts : ndarray of shape (n_pairs,)
        How often each was drawn.
    effects : {"shapley", "banzhaf"}

    Returns
    -------
    operator, of_whole : ndarray
        As of :func:`closed_form`.
    """
    halves = np.where(masks, 0.5, -0.5)
    gram = halves.T @ (counts[:, None] * halves)
    gram[np.diag_indices(len(gram))] += _PENALTY * counts.sum()
    if effects == "banzhaf":
        # the whole row, which is not drawn, counts as often as any other mask
        count = counts.sum() / (2.0 ** (len(gram) - 1) - 1)
        gram += count / 4
        solved = np.linalg.solve(gram, halves.T * counts)
        return solved, np.linalg.solve(gram, np.full(len(gram), count / 2))
    operator = np.linalg.solve(gram, halves.T * counts)
    # the multiplier of the condition that values add up to the whole difference
    share = np.linalg.solve(gram, np.ones(len(gram)))
    share /= share.sum()
    return operator - np.outer(share, operator.sum(axis=0)), 2 * share


def grid_values(masks, counts, effects, outputs, whole, contexts, shares):
    """Values from masks that are evaluated in every context.

    Parameters
    ----------
    masks : ndarray of bool of shape (n_pairs, n_features)
    counts : ndarray of shape (n_pairs,) or None
        How often each was drawn; None where they are all there are.
    effects : {"shapley", "banzhaf"}
    outputs : ndarray of shape (2, n_pairs, n_contexts, n_outputs)
        Of masks and of their complements.
    whole : ndarray of shape (2, n_contexts, n_outputs)
        Of the row and of all features replaced.
    contexts : Contexts
    shares : ndarray of shape (2, 2)
        What UC and MI take from the row's own context, and from references.

    Returns
    -------
    values : FeatureValues
    """
    is_complete = counts is None
    if is_complete:
        operator, of_whole = closed_form(masks, effects)
    else:
        operator, of_whole = regression(masks, counts, effects)
    differences, means = (outputs[0] - outputs[1]) / 2, (outputs[0] + outputs[1]) / 2
    half, middle = (whole[0] - whole[1]) / 2, (whole[0] + whole[1]) / 2
    each = np.tensordot(operator, differences, axes=1)
    each += of_whole[:, None, None] * half
    weights = shares @ np.stack([contexts.of_row, contexts.of_references])
    parts = np.einsum("pj,njc->pnc", weights, differences)
    if is_complete:
        total = (means.sum(axis=0) + middle) / (len(masks) + 1)
        squares = np.square(parts).sum(axis=1) + np.square(weights @ half)
        squares /= len(masks) + 1
        se, r2 = np.zeros((2, *each.shape[::2])), np.ones_like(squares)
    else:
        total = np.average(means, axis=0, weights=counts)
        squares = np.average(np.square(parts), axis=1, weights=counts)
        coef = np.einsum("pj,ijc->pic", weights, each)
        signs = np.where(masks, 0.5, -0.5)
        leverage = np.einsum("ni,in->n", signs, operator)
        left_out = parts - np.einsum("ni,pic->pnc", signs, coef)
        left_out /= np.maximum(1 - leverage, 1 / len(masks))[None, :, None]
        se = np.sqrt(
            np.einsum("in,pnc->pic", np.square(operator) / counts, np.square(left_out))
        )
        lost = np.average(np.square(left_out), axis=1, weights=counts)
        r2 = 1 - lost / np.maximum(squares, np.finfo(float).tiny)
    is_reference = contexts.of_row == 0
    return FeatureValues(
        coef=np.einsum("pj,ijc->pic", weights, each),
        se=se,
        by_reference=each[:, is_reference],
        unknown_spread=np.zeros(each.shape[::2]),
        r2=r2,
        variation=np.sqrt(squares),
        level=np.stack([contexts.of_row, contexts.of_references]) @ total,
    )
