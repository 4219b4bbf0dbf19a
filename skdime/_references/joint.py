r"""The best additive approximation on the joint distribution of two modalities.

UC is :math:`a_1(x_1) + a_2(x_2)` with the least mean squared distance from the output
over rows that occur, not over all hybrids. Its normal equations say that what is left
has mean zero given either modality,

.. math:: a_1(x_1) = \sum_j w_1(x_1, r_j) \bigl( M(x_1, r_{j2}) - a_2(r_{j2}) \bigr),

and alike for :math:`a_2`, with weights :math:`w_1` of sum 1 in proportion to how much
likelier :math:`x_1` and :math:`r_{j2}` are together than apart.

References
----------
Hooker, Generalized functional ANOVA diagnostics for high-dimensional functions of
dependent variables, J. Comput. Graph. Stat. 16 (2007); Breiman and Friedman, J. Am.
Stat. Assoc. 80 (1985), for the equations.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import lu_factor, lu_solve
from sklearn.utils import gen_batches

from skdime._references.density_ratio import DensityRatio
from skdime._references.weighting import Weighting, numbers_of_few, standard_error
from skdime._rows.containers import n_rows, take

# Share of pairs of references whose odds are the largest, and are taken for the next
# smaller ones.
_CLIPPED = 0.005


@dataclass(frozen=True, eq=False)
class AdditiveFit:
    """Effects of the references, which solve the normal equations, and influences.

    Influences have an axis of the N references, which enter all means, followed by the
    errors of the ratio along the columns of its root.

    Attributes
    ----------
    ratio : DensityRatio
    largest : float
        Log odds that larger ones are taken for.
    features : list of ndarray of shape (n_references, n_features)
        Of each modality.
    effects : ndarray of shape (2, n_references, n_outputs)
        Of the references. Only sums over both modalities are determined.
    influences : ndarray of shape (2, n_references, n_influences, n_outputs)
        On `effects`.
    """

    ratio: DensityRatio
    largest: float
    features: list
    effects: np.ndarray
    influences: np.ndarray

    @classmethod
    def of_references(cls, ratio, blocks, outputs):
        """The fit to all pairs of references.

        Parameters
        ----------
        ratio : DensityRatio
        blocks : list of two blocks
            Of the references.
        outputs : ndarray of shape (n_references, n_references, n_outputs)
            Of the first modality of each with the second of each.
        """
        n, n_outputs = len(outputs), outputs.shape[2]
        features = [ratio.features(m, block) for m, block in enumerate(blocks)]
        log_odds = np.concatenate(
            [
                ratio.pairs(0, features[0][rows], features[1])[0]
                for rows in gen_batches(n, ratio.rows_at_once(n))
            ]
        )
        empty = np.zeros((2, n, 0, n_outputs))
        fit = cls(
            ratio,
            np.quantile(log_odds, 1 - _CLIPPED),
            features,
            np.zeros((2, n, n_outputs)),
            empty,
        )
        tables = [outputs, outputs.swapaxes(0, 1)]
        weights = [fit._weights(log_odds), fit._weights(log_odds.T)]
        solve = _solver(weights)
        means = [_mean(w, table) for w, table in zip(weights, tables, strict=True)]
        effects = solve(np.stack(means))
        fit = replace(fit, effects=effects)
        direct = [fit._direct(m, features[m], tables[m], effects[m]) for m in range(2)]
        return replace(fit, influences=solve(np.stack(direct)))

    def __len__(self):
        return self.effects.shape[1]

    def of_outputs(self, chosen):
        """The same for some of the outputs."""
        return replace(
            self,
            effects=self.effects[..., chosen],
            influences=self.influences[..., chosen],
        )

    @property
    def baseline(self):
        """Mean of UC over the references, and the influence on it."""
        own = self.effects.sum(axis=0)
        mean, influence = own.mean(axis=0), self.influences.sum(axis=0).mean(axis=0)
        influence[: len(self)] += own - mean
        return mean, influence

    def conditional(self, m, block, outputs):
        r""":math:`F_m` of rows: their effect and the mean effect of the other modality.

        Parameters
        ----------
        m : {0, 1}
        block : block
            Of modality `m` of the rows.
        outputs : ndarray of shape (n_rows, n_references, n_outputs)
            With the other modality of each reference.

        Returns
        -------
        means : ndarray of shape (n_rows, n_outputs)
        influences : ndarray of shape (n_rows, n_influences, n_outputs)
        """
        other, features = 1 - m, self.ratio.features(m, block)
        effect, influence = [], []
        for rows in gen_batches(len(features), self.ratio.rows_at_once(len(self))):
            some = features[rows]
            weights = self.weights(m, some)
            residuals = outputs[rows] - self.effects[other]
            effect.append(_mean(weights, residuals))
            direct = self._direct(m, some, outputs[rows], effect[-1])
            indirect = np.tensordot(weights, self.influences[other], axes=1)
            influence.append(direct - indirect)
        influence = np.concatenate(influence) + self.influences[other].mean(axis=0)
        mean = self.effects[other].mean(axis=0)
        influence[:, : len(self)] += self.effects[other] - mean
        return np.concatenate(effect) + mean, influence

    def spread(self, m, block, outputs):
        """Directions in which means of rows err, scaled to deviations of one reference.

        Parameters
        ----------
        m, block, outputs
            As for :meth:`conditional`.

        Returns
        -------
        spread : ndarray of shape (n_rows, n_influences, n_outputs)
        """
        n = len(self)
        _, influences = self.conditional(m, block, outputs)
        influences[:, :n] /= np.sqrt(n - 1)
        influences[:, n:] *= np.sqrt(n)
        return influences

    def weights(self, m, features):
        """Weights of the references for rows of modality `m`, by their features."""
        return self._weights(self.ratio.pairs(m, features, self.features[1 - m])[0])

    def error(self, influences):
        """Standard errors from influences, which are along axis 1.

        As the ratio is that of a population, so are the references a sample of it: not
        of the rows given to ``fit``.
        """
        n = len(self)
        of_references = standard_error(influences[:, :n], 1, Weighting(n))
        of_ratio = np.square(influences[:, n:]).sum(axis=1)
        return np.sqrt(np.square(of_references) + of_ratio)

    def _weights(self, log_odds):
        log_odds = np.minimum(log_odds, self.largest)
        weights = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

    def _direct(self, m, features, outputs, effect):
        """Influences on effects of modality `m`, if those of the other were exact."""
        log_odds, terms = self.ratio.pairs(m, features, self.features[1 - m])
        residuals = outputs - effect[:, None] - self.effects[1 - m]
        weighted = self._weights(log_odds)[..., None] * residuals
        slopes = np.einsum("njc,njt->ntc", weighted, terms)
        of_ratio = np.einsum("ntc,tr->nrc", slopes, self.ratio.root)
        return np.concatenate([len(self) * weighted, of_ratio], axis=1)


class JointMeans:
    """Means over references on the joint distribution, from the outputs of hybrid rows.

    Parameters
    ----------
    references : References
        With an additive fit.
    way : Way

    Attributes
    ----------
    evaluation : str
    n_evaluated : int
        Influences of each mean.
    influence_of_baseline : ndarray of shape (n_evaluated, n_outputs)
    """

    def __init__(self, references, way):
        self._references, self._way = references, way
        self.evaluation = way.evaluation
        self.influence_of_baseline = references.influence
        self.n_evaluated = len(references.influence)

    def conditional(self, present):
        """Means of rows, and what each reference contributes to them."""
        (m, block) = next(iter(present.items()))
        outputs = self._references.outputs(self._way, present)
        return self._references.additive_fit.conditional(m, block, outputs)

    def mi_by_clip(self, outputs):
        """None: fits of single modalities are not followed back to what is clipped."""

    def n_informative(self, influences):
        """Effective numbers of references where these are few, nan elsewhere."""
        return numbers_of_few(influences[:, : len(self._references)])

    def take_outputs(self):
        """None are kept."""
        return {}

    def error(self, influences):
        """Standard errors over references and over the rows that the ratio rests on."""
        return self._references.additive_fit.error(influences)


def outputs_of_pairs(engine, references):
    """Outputs of all pairs of references, the first modality along axis 0."""
    n, block = len(references), references.blocks[0]
    way = engine.way((n, n))
    size = max(engine.max_memory // (8 * 4 * n), 1)
    return np.concatenate(
        [
            references.outputs(way, {0: take(block, np.arange(n)[rows])})
            for rows in gen_batches(n_rows(block), size)
        ]
    )


def _mean(weights, values):
    return np.einsum("nj,njc->nc", weights, values)


def _solver(weights):
    """What solves the normal equations for right-hand sides of shape (2, n, ...)."""
    n = len(weights[0])
    equations = np.block([[np.eye(n), weights[0]], [weights[1], np.eye(n)]])
    # a constant may be in either modality: both have the same mean
    equations[:n] += np.repeat([1 / n, -1 / n], n)
    factor = lu_factor(equations)

    def solve(right):
        flat = right.reshape(2 * n, -1)
        return lu_solve(factor, flat).reshape(right.shape)

    return solve
