"""The family of modalities whose coefficients are exact sums over leaves of trees."""

from functools import partial

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import Need, rows_within
from skdime._references.weighting import standard_error
from skdime._rows.containers import n_rows, take
from skdime._rows.modalities import split
from skdime._surrogates.fitted import FittedModality
from skdime._surrogates.leaf_coefficients import LeafCoefficients
from skdime._utils.rounding import SINGLE_PRECISION

# Groups of draws that the jackknife leaves out; of ten an error is known to a quarter.
_N_GROUPS = 10


class LeafFits:
    """Tables whose columns are varied, of a model that is proved to be a sum of trees.

    Every feature is as in the row or drawn from all rows given to ``fit``, each
    independently of the others. No perturbation is drawn and no model row evaluated,
    and coefficients have no error but that of the references. Where those rows are gone
    features are drawn from the perturbers' draws, whose error is added.

    Parameters
    ----------
    references : References
        With means over leaves.
    perturbers : dict of int to TabularPerturber
        Fitted, by position of the modality.
    **options
        Parameters of other families.

    Attributes
    ----------
    coefficients : dict of int to LeafCoefficients
        By position of the modality, after ``tabulate``.
    chosen : slice or ndarray of int
        The outputs that are explained.
    """

    def __init__(self, references, perturbers, **options):
        self.references, self.perturbers = references, perturbers
        self.pair = None
        self.chosen = slice(None)

    @staticmethod
    def suits(references):
        """Whether the columns of rows are told apart in what the trees read."""
        means = references.leaf_means
        return means is not None and means.origins is not None

    def tabulate(self, engine, random_state, X):
        """Shares of rows that meet the conditions of leaves.

        Without the rows given to ``fit`` they are those drawn from them.
        """
        means = self.references.leaf_means
        blocks = {m: perturber.draws_ for m, perturber in self.perturbers.items()}
        if X is not None:
            blocks = dict(enumerate(split(X, self._modalities)))
        self.coefficients, self._left_out = {}, {}
        for m, perturber in self.perturbers.items():
            of_modality = LeafCoefficients(
                means,
                m,
                self._features(m),
                main=perturber.effects == "main",
                max_bytes=engine.max_memory,
            )
            values = means.encoded({m: blocks[m]})[m][1]
            of_modality.draw_from(values)
            self.coefficients[m] = of_modality
            n_groups = 0 if X is not None else min(_N_GROUPS, len(values))
            self._left_out[m] = list(of_modality.left_out(values, n_groups))

    def choose_outputs(self, chosen):
        """Keep what belongs to some of the outputs, by position."""
        self.chosen = chosen

    def fit_locally(self, engine, X, effects=None, size=None):
        """Coefficients of rows.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        effects : Effects, default=None
            Of the rows; evaluated if there are none.
        size : ndarray of shape (n_rows,), default=None
            Not needed: it is what ``Masking.fit_locally`` asks for.

        Yields
        ------
        fitted : FittedModality
        """
        if effects is None:
            effects = self.references.effects(engine, X)
        effects = effects.of_all or effects
        for batch in gen_batches(n_rows(X), self._batch_size(engine)):
            rows = take(X, np.arange(n_rows(X))[batch])
            blocks = dict(enumerate(split(rows, self._modalities)))
            for m in self.perturbers:
                yield self._fitted(m, batch, blocks, effects)

    def cost_of_fit(self, engine, X):
        """Nothing is evaluated."""
        return Need()

    def cost(self, engine, X, *, effects=True):
        """What explaining rows needs: nothing beside the effects of the rows."""
        return Need() if effects else self.references.cost(engine, X)

    def sampling_error(self, engine):
        """No perturbation is drawn."""
        return 0.0

    @property
    def _modalities(self):
        return self.references.modalities

    def _features(self, m):
        """For each feature of a modality its columns in the encoded block."""
        _, columns = self._modalities[m]
        means, owners = self.references.leaf_means, self.perturbers[m].features_
        position = {column: j for j, column in enumerate(columns)}
        origins = means.origins[means.columns[m]]
        feature_of = np.array([owners[position[origin]] for origin in origins], int)
        return [np.flatnonzero(feature_of == g) for g in range(owners.max() + 1)]

    def _batch_size(self, engine):
        n_features = max(p.features_.max() + 1 for p in self.perturbers.values())
        n_outputs = len(self.references.leaf_means.trees.constant)
        n_values = 2 + 3 * len(self.references.leaf_means.few)
        return rows_within(engine.max_memory, 2 * 8 * n_features * n_outputs * n_values)

    def _fitted(self, m, rows, blocks, effects):
        references, means = self.references, self.references.leaf_means
        others = set(self.pair or range(len(blocks))) - {m}
        present = means.encoded(blocks)
        coef, influences = self.coefficients[m].of_rows(present, [set(), others])
        coef, influences = coef[..., self.chosen], influences[..., self.chosen, :]
        parts = np.concatenate(references.parts(coef[1], coef[0]), axis=-1)
        by_reference = np.concatenate(
            references.parts(influences[1], influences[0]), axis=-2
        )
        se = self.error(by_reference)
        intercept = self._intercept(m, others, rows, blocks, effects)
        nothing, n = np.zeros_like(parts), len(parts)
        of_draws = self._error_over_draws(m, present, others, nothing)
        r2, least = self._r2(parts, effects.output[rows])
        return FittedModality(
            rows=rows,
            modality=m,
            names=None,
            coef=parts,
            se_references=se,
            se_perturbations=of_draws,
            se_approximation=nothing,
            error=np.zeros((n, parts.shape[-1])),
            intercept=intercept,
            prediction=intercept + parts.sum(axis=1),
            r2=r2,
            measure_left_out=lambda: r2,
            least_variation=least,
            effective_samples=np.full(n, np.inf),
            slopes=np.zeros((n, 0, parts.shape[-1])),
            average=np.zeros((1, 0)),
            predictor=partial(self._predict, m, others, present, effects.main[rows]),
        )

    def _error_over_draws(self, m, present, others, nothing):
        """Standard errors by the jackknife that leaves out groups of draws."""
        each = [some.of_rows(present, [set(), others])[0] for some in self._left_out[m]]
        if not each:
            return nothing
        coef = np.stack(each)[..., self.chosen]
        parts = self.references.parts(coef[:, 1], coef[:, 0])
        variance = np.concatenate(parts, axis=-1).var(axis=0)
        return np.sqrt((len(each) - 1) * variance)

    def _predict(self, m, others, present, main, block):
        """UC and MI of rows whose modality is replaced: those of the model itself."""
        means = self.references.leaf_means
        own = means.encoded({m: block})[m]
        weights = means.weights(means.absent({m, *others}))
        sides = [present[o] for o in sorted(others)], [own]
        outputs = means.trees.constant + means.trees.products(*sides, weights)
        alone = means.means({m: block}) + sum(main[:, o] for o in others)[:, None]
        parts = self.references.parts(outputs[..., self.chosen], alone)
        return np.concatenate(parts, axis=-1)

    def error(self, by_reference):
        """Standard errors from the influences of few references, (..., n_few)."""
        means = self.references.leaf_means
        if not len(means.few):
            return np.zeros(by_reference.shape[:-1])
        share = len(means.few) / len(means.influence)
        return np.sqrt(share) * standard_error(by_reference, -1, means.weighting)

    def _intercept(self, m, others, rows, blocks, effects):
        """UC and MI where the modality comes from the references as a whole."""
        baseline, main = self.references.baseline, effects.main[rows]
        conditional = self.references.leaf_means.means
        absent = conditional({o: blocks[o] for o in others})
        unimodal = baseline + sum(main[:, o] for o in others)
        return np.concatenate(self.references.parts(absent, unimodal), axis=-1)

    def _r2(self, parts, outputs):
        """1 where a part varies with the features, nan elsewhere."""
        least = SINGLE_PRECISION * np.tile(np.abs(outputs), 2)
        varies = np.abs(parts).max(axis=1, initial=0.0) > least
        return np.where(varies, 1.0, np.nan), least
