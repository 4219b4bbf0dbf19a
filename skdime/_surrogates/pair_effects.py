r"""Which feature of one modality with which of another, from what is evaluated anyway.

Over the draws of modality a, every context gives coefficients :math:`h_i` of the
features of a: the contexts of the references, whose outputs the table of ``fit`` has,
and the context of the explained row. How they depend on the features of modality b is
explained by the same Gaussian process, over the contexts:

.. math:: C_{ij} = \text{coefficient of feature } j \text{ of b in } h_i,
   \qquad C = A_a(x) \, T \, A_b(x)^\top,

with the table T of outputs over draws and contexts, and the operators A of both
modalities. Summed over j this is the coefficient of MI of i. The same from the side of
b, over its own draws, is a second estimate of the same effects; the two are weighted by
their errors.
"""

from copy import copy
from typing import NamedTuple

import numpy as np

_TINY = np.finfo(float).tiny
# Share of the size of coefficients below which they do not vary over contexts: what
# completion leaves of coefficients that are the same in all of them.
_LEAST_VARIATION = 1e-5


class PairEffects(NamedTuple):
    """Effects of pairs of features, one of each of two modalities.

    Attributes
    ----------
    coef, se : ndarray of shape (n_rows, d_1, d_2, n_outputs)
    r2 : ndarray of shape (n_rows, n_outputs)
        Share of the variation of coefficients over contexts that is predicted at
        contexts left out; nan where they do not vary.
    """

    coef: np.ndarray
    se: np.ndarray
    r2: np.ndarray


class PairSurrogates:
    """Effects of pairs of features of two tables.

    Parameters
    ----------
    family : Neighbourhood
        After ``tabulate``; both modalities have kernels.
    pair : (int, int)
        Positions of the modalities.
    """

    def __init__(self, family, pair):
        self.family = copy(family)
        self.family.perturbers = {m: family.perturbers[m] for m in pair}
        self.pair, self.references = pair, family.references
        self.others = [
            m for m in range(len(self.references.modalities)) if m not in pair
        ]
        self.kernels = family.kernels
        # contexts differ in all modalities but one; those without kernel are noise
        self.beside = [m for m in self.others if m in self.kernels]
        self.factors = {m: self._on_contexts(m) for m in pair}

    def cost(self, engine, X):
        """What the rows take, at most."""
        return self.family.cost(engine, X)

    def fit(self, engine, X):
        """Effects of pairs, batch by batch.

        Yields
        ------
        rows : slice
        effects : PairEffects
        """
        for rows, blocks, surrogates, (outputs, *_) in self.family.batches(engine, X):
            first, second = (
                self._side(a, b, surrogates[a], own, blocks)
                for a, b, own in zip(self.pair, self.pair[::-1], outputs, strict=True)
            )
            second = PairEffects(
                *(np.swapaxes(values, 1, 2) for values in second[:2]), second.r2
            )
            yield rows, combined(first, second)

    def _side(self, a, b, surrogate, outputs, blocks):
        """Coefficients of modality a in contexts, explained by the features of b."""
        values = self.family.tables[a].values
        operator = surrogate.known_operator
        over_contexts = operator @ values.reshape(len(values), -1)
        over_contexts = over_contexts.reshape(*operator.shape[:2], *values.shape[1:])
        # a context without kernel in another modality is not one of the rows' own
        in_row = operator @ outputs if len(self.beside) == len(self.others) else None
        on_contexts = self.kernels[b].surrogate(
            blocks[b],
            self.factors[b],
            [self._terms(c, blocks[c]) for c in self.beside],
            [self.kernels[c].itself(blocks[c]) for c in self.beside],
        )
        effects = effects_in_contexts(on_contexts, over_contexts, in_row)
        drawn = self._error_over_draws(a, surrogate, outputs, on_contexts, in_row)
        return effects._replace(se=np.hypot(effects.se, drawn))

    def _error_over_draws(self, a, surrogate, outputs, on_contexts, in_row):
        """Standard errors because the draws of modality a are a sample.

        Residuals at draws left out, in every context, are weighted as outputs are.
        """
        factor, values = self.kernels[a].factor, self.family.tables[a].values
        n_samples, n_contexts, n_outputs = values.shape
        residuals = factor.left_out(values.reshape(n_samples, -1))
        residuals = residuals.reshape(n_samples, n_contexts, n_outputs)
        residuals = np.moveaxis(residuals, 1, 0).reshape(n_contexts, -1)
        own = None
        if in_row is not None:
            own = factor.left_out(outputs).reshape(len(outputs), -1)
        coef = on_contexts.coefficients(residuals, own)
        coef = coef.reshape(*coef.shape[:2], *outputs.shape[1:])
        weights = np.square(surrogate.known_operator)
        return np.sqrt(np.einsum("nip,njpc->nijc", weights, np.square(coef)))

    def _on_contexts(self, b):
        blocks = self.references.blocks
        beside = [self._terms(c, blocks[c]) for c in self.beside]
        (a,) = set(self.pair) - {b}
        columns = self.family.tables[a].values
        return self.kernels[b].on(blocks[b], beside, np.swapaxes(columns, 0, 1))

    def _terms(self, c, block):
        """Terms of a further modality between rows and the references."""
        return self.kernels[c].terms(block, self.references.blocks[c])


def effects_in_contexts(surrogate, over_contexts, in_row):
    """Effects of pairs from the side of one modality.

    Parameters
    ----------
    surrogate : BentSurrogate
        Of modality b, on the contexts.
    over_contexts : ndarray of shape (n_rows, d_a, n_contexts, n_outputs)
        Coefficients of modality a in the contexts of references.
    in_row : ndarray of shape (n_rows, d_a, n_outputs) or None
        In the context of each row; None if that is unknown.

    Returns
    -------
    effects : PairEffects
        ``coef`` of shape (n_rows, d_a, d_b, n_outputs).
    """
    n, d, n_contexts, n_outputs = over_contexts.shape
    targets = np.moveaxis(over_contexts, 2, 1).reshape(n, n_contexts, -1)
    in_row = None if in_row is None else in_row.reshape(n, -1)
    fit = surrogate.fit(targets, in_row)
    coef, se = (
        np.moveaxis(values.reshape(n, -1, d, n_outputs), 1, 2)
        for values in (fit.coef, surrogate.standard_errors(fit))
    )
    lost = np.square(fit.residuals).mean(axis=1).reshape(n, d, n_outputs).sum(axis=1)
    total = fit.total.reshape(n, d, n_outputs).sum(axis=1)
    size = np.square(targets).mean(axis=1).reshape(n, d, n_outputs).sum(axis=1)
    varies = total > _LEAST_VARIATION**2 * size
    r2 = np.where(varies, 1 - lost / np.where(varies, total, 1), np.nan)
    return PairEffects(coef, se, r2)


def combined(first, second):
    """Two estimates of the same effects, weighted by their errors.

    Where they differ by more than their errors say, the difference is the error.

    Parameters
    ----------
    first, second : PairEffects
        Both with the first modality first.

    Returns
    -------
    effects : PairEffects
    """
    variances = [
        np.square(each.se).sum(axis=(1, 2), keepdims=True) for each in (first, second)
    ]
    total = variances[0] + variances[1]
    share = np.where(total > 0, variances[1] / np.maximum(total, _TINY), 0.5)
    coef = share * first.coef + (1 - share) * second.coef
    se = np.hypot(share * first.se, (1 - share) * second.se)
    apart = np.abs(first.coef - second.coef) * np.sqrt(share * (1 - share))
    share = share[:, 0, 0]
    r2 = share * first.r2 + (1 - share) * second.r2
    return PairEffects(coef, np.maximum(se, apart), r2)
