"""One modality of one row: the outputs on its masks so far, and what they give."""

import numpy as np

from skdime._references.nested_pairs import PairDesign
from skdime._references.weighting import standard_error
from skdime._surrogates.contexts import Contexts, similarities
from skdime._surrogates.fitted import FittedModality
from skdime._surrogates.mask_values import grid_values
from skdime._surrogates.nested_values import NestedFit, contexts_by_output
from skdime._utils.rounding import SINGLE_PRECISION, precision_of

# A norm over features rarely exceeds the root of this multiple of the squared one to
# expect; asserted in test_masking.py.
_COVER = 2.5


class MaskedRow:
    """One modality of one row.

    Parameters
    ----------
    references : References
    hybrids : MaskedHybrids
    position : int
        Of the row in its batch.
    of_references, of_row : ndarray of shape (n_contexts,)
        Weights of contexts in the means over references and over the row's own.

    Attributes
    ----------
    whole : ndarray of shape (2, n_contexts, n_outputs)
        Outputs of the row, and of all features replaced; set once it is evaluated.
    values : FeatureValues or None
        None before anything is fitted.
    """

    def __init__(self, references, hybrids, position, of_references, of_row):
        self.references, self.hybrids, self.position = references, hybrids, position
        self.of_references, self.of_row = of_references, of_row
        self.effects = hybrids.perturber.effects
        self.shares = np.stack(references.parts(*np.eye(2)))
        self.whole = self.values = None
        self._pairs = self._outputs = self._fit = None

    @property
    def n_contexts(self):
        return len(self.of_row)

    def fit_grid(self, masks, counts, outputs):
        """Fit masks that are evaluated in every context.

        Parameters
        ----------
        masks, counts
            As of :func:`grid_values`.
        outputs : ndarray of shape (2, n_pairs, n_contexts, n_outputs)
        """
        self._n_masks = 2 * (len(masks) + (counts is None))
        self._outputs = outputs.reshape(2, -1, outputs.shape[3])
        contexts = Contexts([], self.of_references, self.of_row, False)
        self.values = grid_values(
            masks, counts, self.effects, outputs, self.whole, contexts, self.shares
        )

    # --- pairs of masks, each in one context ----------------------------------------

    def start(self, context_values, seed, is_additive):
        """Prepare the design, once ``whole`` is evaluated.

        Parameters
        ----------
        context_values : ndarray of shape (n_contexts, n_values)
            What the other modalities hold.
        seed : sequence of int
        is_additive : bool
            Whether contexts are proved to make no difference.
        """
        self._random_state = np.random.RandomState(seed)
        is_reference = self.of_row == 0
        differences = self.whole[0] - self.whole[1]
        varied = np.ptp(differences[is_reference], axis=0)
        differences = np.where(varied > self._rounding(), differences, 0.0)

        def contexts(outputs):
            some = differences[:, outputs]
            alike = similarities(context_values, some, is_reference)
            may_be_equal = (np.ptp(some, axis=0) <= self._rounding()[outputs]).all()
            return Contexts(
                [] if is_additive else alike,
                self.of_references,
                self.of_row,
                bool(may_be_equal),
            )

        self._contexts = contexts_by_output(contexts, differences.shape[1])
        self._design = PairDesign(
            len(self.hybrids.active),
            unusual(differences[is_reference]),
            int((~is_reference).sum()),
            self.effects,
            self._random_state,
        )

    def next_pairs(self, n):
        """Further pairs, until there are `n` in all."""
        n_drawn = 0 if self._pairs is None else len(self._pairs)
        self._next_pairs = self._design.draw(n - n_drawn)
        return self._next_pairs

    def fit_pairs(self, outputs):
        """Fit the pairs so far, those asked for last included.

        Parameters
        ----------
        outputs : ndarray of shape (2, n_pairs, n_outputs)
        """
        if self._pairs is None:
            self._pairs, self._outputs = self._next_pairs, outputs
        else:
            self._pairs = self._pairs.with_more(self._next_pairs)
            self._outputs = np.hstack([self._outputs, outputs])
        self._n_masks = 2 * len(self._pairs)
        self._fit = NestedFit(
            self._pairs, self._outputs, self._contexts, self._random_state, self._fit
        )
        self.values = self._fit.values(self.whole, self.shares, self.effects)

    def is_accurate(self, tol):
        """Whether errors are small, for UC and MI of every output.

        They are compared with the coefficients of the part, with those of the other one
        where it is much larger, and with the errors that references leave.
        """
        coef, se = self.values.coef, self.values.se
        of_references = np.square(self._errors_over_references()).sum(axis=0)
        allowed = tol.allowed(np.square(coef).sum(axis=1), of_references)
        return bool((np.square(se).sum(axis=1) <= allowed).all())

    # --- results --------------------------------------------------------------------

    def _rounding(self):
        """Differences that are rounding of the outputs, shape (n_outputs,)."""
        return 4 * precision_of(self.whole) * np.abs(self.whole).max(axis=(0, 1))

    def _least_variation(self):
        """Variation of a part that is rounding, shape (n_outputs,)."""
        outputs = np.concatenate([self.whole, self._outputs], axis=1)
        return self._rounding() + SINGLE_PRECISION * np.ptp(outputs, axis=(0, 1))

    def _errors_over_references(self):
        """Standard errors because references are a sample: (n_features, n_outputs)."""
        references, values = self.references, self.values
        weighting = references.weightings[self.hybrids.m]
        residuals = weighting.residuals(values.by_reference)
        error = standard_error(residuals, 1, weighting)
        # calibration takes its share of what is unknown, too
        total = np.maximum(values.by_reference.var(axis=1), np.finfo(float).tiny)
        share = np.minimum(residuals.var(axis=1) / total, 1.0)
        unknown = share * values.unknown_spread / len(references)
        error = np.hypot(error, weighting.finite_correction * np.sqrt(unknown))
        return references.factor * error

    def fitted(self, output, unimodal):
        """The surrogates of UC and MI.

        Parameters
        ----------
        output, unimodal : ndarray of shape (n_outputs,)
            The row's output, and the sum of what its modalities do alone.

        Returns
        -------
        fitted : FittedModality
        """
        if self.values is None:
            return self._without_features(output, unimodal)
        values, parts = self.values, self.references.parts
        # the row's own output and its unimodal part, when every feature is replaced
        contexts = np.stack([self.of_row, self.of_references])
        row, replaced = contexts @ self.whole
        constant = np.stack([output, unimodal]) - row
        if self.effects == "shapley":
            intercept = np.stack(parts(*(replaced + constant)))
        else:
            middle = np.stack(parts(*(values.level + constant)))
            intercept = middle - values.coef.sum(axis=1) / 2
        coef = self._all_features(values.coef)
        references = self._all_features(np.stack(2 * [self._errors_over_references()]))
        error, none = self._all_features(values.se), np.zeros_like(coef)
        sampled, approximated = (error, none) if self._pairs is None else (none, error)
        bound = np.sqrt(_COVER * np.square(approximated).sum(axis=1))
        least = self._least_variation()
        r2 = np.where(values.variation > least, values.r2, np.nan).reshape(1, -1)
        intercept = intercept.reshape(1, -1)
        return FittedModality(
            rows=slice(self.hybrids.row, self.hybrids.row + 1),
            modality=self.hybrids.m,
            names=self.hybrids.names,
            coef=coef,
            se_references=references,
            se_perturbations=sampled,
            se_approximation=approximated,
            error=bound,
            intercept=intercept,
            prediction=intercept + coef.sum(axis=1),
            r2=r2,
            measure_left_out=lambda: r2,
            least_variation=np.tile(least, 2)[None],
            effective_samples=np.array([float(self._n_masks)]),
            slopes=coef,  # a mask is 0 or 1
            average=np.zeros((1, len(self.hybrids.names))),
        )

    def _all_features(self, values):
        """Of parts (2, n_active, n_outputs), 0 for features that change nothing."""
        full = np.zeros((1, len(self.hybrids.names), 2 * values.shape[2]))
        full[0, self.hybrids.active] = np.concatenate(values, axis=1)
        return full

    def _without_features(self, output, unimodal):
        """A row whose features change nothing: its surrogates are constant."""
        value = np.concatenate(self.references.parts(output, unimodal))[None]
        nothing = np.zeros((1, len(self.hybrids.names), value.shape[1]))
        constant = np.zeros_like(value)
        return FittedModality(
            rows=slice(self.hybrids.row, self.hybrids.row + 1),
            modality=self.hybrids.m,
            names=self.hybrids.names,
            coef=nothing,
            se_references=nothing,
            se_perturbations=nothing,
            se_approximation=nothing,
            error=constant,
            intercept=value,
            prediction=value,
            r2=np.full_like(constant, np.nan),
            measure_left_out=lambda: np.full_like(constant, np.nan),
            least_variation=constant,
            effective_samples=np.zeros(1),
            slopes=nothing,
            average=np.zeros((1, len(self.hybrids.names))),
        )


def unusual(differences):
    """How far references are from the mean in what the whole row does: (n_references,).

    Parameters
    ----------
    differences : ndarray of shape (n_references, n_outputs)
    """
    scale = np.abs(differences).max(axis=0)
    scaled = (differences - differences.mean(axis=0)) / np.where(scale > 0, scale, 1)
    return np.abs(scaled).max(axis=1)
