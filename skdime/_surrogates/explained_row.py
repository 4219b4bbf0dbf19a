"""One explained row: its hybrids so far, and what the surrogates make of them."""

import numpy as np

from skdime._references.weighting import standard_error
from skdime._surrogates.fitted import FittedModality
from skdime._utils.rounding import SINGLE_PRECISION


class ExplainedRow:
    """One explained row.

    Parameters
    ----------
    family : Coalitions
    pieces : dict of Spline to list of Pieces
        The row as the kernels see it.
    effects : Effects
        Of all rows.
    position : int
        The row among them.

    Attributes
    ----------
    effects : RowEffects or None
        Those that a surrogate gives in place of the references.
    is_accurate : bool
        Whether standard errors are within the tolerance, for every output.
    """

    def __init__(self, family, pieces, effects, position):
        self.family, self.pieces, self.position = family, pieces, position
        self.output, self.main = effects.output[position], effects.main[position]
        self.baseline = family.references.baseline
        self.outputs, self.effects = self.output[None], None
        self.is_accurate = False

    def add(self, hybrids, outputs):
        """Add the outputs of further hybrids, and fit anew.

        Parameters
        ----------
        hybrids : Hybrids
            Those there are, then the further ones.
        outputs : ndarray of shape (n_further, n_outputs)
        """
        self.outputs = np.vstack([self.outputs, outputs])
        means = self.baseline + self.main
        self.by_output = [
            self._explained(c, hybrids, means[:, c])
            for c in range(self.outputs.shape[1])
        ]
        self.is_accurate = all(map(self._within_tolerance, self.by_output))

    def _explained(self, c, hybrids, means):
        """Coefficients of one output by modality."""
        surrogate, spline = self.family.surrogates[c]
        pieces, outputs = self.pieces[spline], self.outputs[:, c]
        row = surrogate.of_row(pieces, hybrids, outputs, means, self.family.pair)
        return row.coefficients()

    def _within_tolerance(self, coefficients):
        wrong = sum(np.square(each.se).sum(axis=1) for each in coefficients.values())
        sizes = sum(np.square(each.coef).sum(axis=1) for each in coefficients.values())
        of_references = sum(
            np.square(self._error_over_references(m, each.by_reference)).sum()
            for m, each in coefficients.items()
        )
        return (wrong <= self.family.tol.allowed(sizes, of_references)).all()

    def _error_over_references(self, m, by_reference):
        """Standard errors because references are a sample: (n_features, ...)."""
        weighting = self.family.weighting(m)
        influence = weighting.residuals(by_reference)
        return self.family.references.factor * standard_error(influence, 1, weighting)

    def fitted(self):
        """Yield the row's :class:`FittedModality` of every modality that is varied."""
        for m in self.by_output[0]:
            yield self._fitted(m, [each[m] for each in self.by_output])

    def _fitted(self, m, coefficients):
        references = self.family.references
        factor = references.factor
        # last axes: part, feature, output
        coef, se, by_reference, r2 = (
            np.stack([getattr(each, name) for each in coefficients], axis=-1)
            for name in ("coef", "se", "by_reference", "r2")
        )
        over_references = self._error_over_references(m, by_reference)
        parts = references.parts(coef[0] + coef[1], coef[0])
        # errors of UC = M - s (M - F) and of MI = s (M - F)
        errors = np.hypot(se[0], (1 - factor) * se[1]), factor * se[1]
        parts, errors = (np.concatenate(p, axis=-1)[None] for p in (parts, errors))
        least = SINGLE_PRECISION * np.tile(np.ptp(self.outputs, axis=0), 2)[None]
        r2 = np.where(np.tile(self._varies(), 2), r2.reshape(1, -1), np.nan)
        intercept = self._intercept(m, coef)
        return FittedModality(
            rows=slice(self.position, self.position + 1),
            modality=m,
            names=None,
            coef=parts,
            se_references=np.tile(over_references, 2)[None],
            se_perturbations=errors,
            se_approximation=np.zeros_like(errors),
            error=np.sqrt(np.square(errors).sum(axis=1)),
            intercept=intercept,
            prediction=intercept + parts.sum(axis=1),
            r2=r2,
            measure_left_out=lambda: r2,
            least_variation=least,
            effective_samples=np.array([len(self.outputs)]),
            slopes=np.zeros((1, 0, parts.shape[-1])),
            average=np.zeros((1, 0)),
            effects=self.effects,
        )

    def _varies(self):
        size = np.abs(self.outputs).max(axis=0)
        return np.ptp(self.outputs, axis=0) > SINGLE_PRECISION * size

    def _intercept(self, m, coef):
        """UC and MI where all features of the modality are drawn from the data.

        Of two modalities the output is then the mean output with the other one; of more
        it is what the coefficients of the output leave.
        """
        pair = self.family.pair
        if pair is not None or len(self.main) == 2:
            (other,) = set(pair or range(2)) - {m}
            absent = others = self.baseline + self.main[other]
        else:
            others = self.baseline + self.main.sum(axis=0) - self.main[m]
            absent = self.output - coef.sum(axis=(0, 1))
        return np.concatenate(self.family.references.parts(absent, others))[None]
