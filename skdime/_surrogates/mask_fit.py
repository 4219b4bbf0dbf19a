"""The surrogates of one row on its masks, and their errors."""

from functools import partial
from typing import NamedTuple

import numpy as np

from skdime._references.weighting import standard_error
from skdime._surrogates.fitted import FittedModality
from skdime._surrogates.ridge import Surrogate, smallest_variation
from skdime._utils.rounding import SINGLE_PRECISION
from skdime.perturbers._design import (
    DEFAULT_ALPHA,
    LocalDesign,
    log_kernel,
    normalised,
    width_of_kernel,
)

# Few rows' squared error by masks exceeds this multiple of the one to expect, as
# `test_errors_cover_the_difference` asserts for models of several kinds.
_COVER = 2.5


class MaskFit(NamedTuple):
    """The fit on the masks of a row evaluated so far, and whether more are needed.

    Attributes
    ----------
    fitted : FittedModality
    squared_errors : ndarray of shape (3,)
        What the error to expect in the coefficients comes from: too few masks in the
        row's own context, too few with references, too few references.
    """

    fitted: FittedModality
    squared_errors: np.ndarray

    def squared_size(self):
        """Squared norm of all coefficients."""
        return float(np.square(self.fitted.coef).sum())

    def squared_error(self):
        """Squared norm of the error to expect in them."""
        return float(self.squared_errors.sum())


def fit_masks(state, masking):
    """Fit UC and MI on the masks of a row that are evaluated.

    Parameters
    ----------
    state : MaskState
    masking : Masking

    Returns
    -------
    fit : MaskFit
    """
    if not len(state.active):
        return _without_features(state, masking)
    level, references = state.level, masking.references
    factor = references.factor
    options = masking.kernel_width, masking.alpha
    chosen = state.outputs[:, np.searchsorted(state.evaluated_references, level.chosen)]
    unimodal = np.einsum("pjc,j->pc", chosen, level.weights)
    if state.unimodal is not None:
        # the second mask is the row itself, whose mean over all references is known
        unimodal += state.unimodal - unimodal[1]
    with_references = _ContextFit(state, unimodal, options)
    own = _ContextFit(state, state.own_outputs, options)
    targets = np.hstack(references.parts(state.own_outputs[: state.size], unimodal))
    each = np.tensordot(with_references.surrogate.operator[0], chosen, axes=1)
    weighting = references.weightings[state.modality]
    by_sample = factor * _error_over_references(each, level.quadrature, weighting)
    norm = np.sqrt(np.square(level.quadrature.expected(each)).sum(axis=0)) * factor
    # shares of M and F in UC and in MI; squared they are those of variances
    shares = np.stack(references.parts(*np.eye(2)))
    mixed = partial(_mixed, own, with_references)
    sampled, left = mixed(shares**2, "sampled"), mixed(shares**2, "left")
    by_masks = left.sum(axis=0).reshape(2, -1)
    by_references = np.square(norm * level.typical)
    approximation = left + np.tile(by_references, 2) / len(state.active)
    surrogate = with_references.surrogate
    fit = surrogate.fit(targets[None])
    own_outputs = state.own_outputs[None]
    least = smallest_variation(own_outputs, state.outputs, SINGLE_PRECISION)
    coef = _all_features(mixed(shares, "coef"), state)
    fitted = FittedModality(
        rows=slice(state.row, state.row + 1),
        modality=state.modality,
        names=state.names,
        coef=coef,
        se_references=_all_features(np.tile(by_sample, 2), state),
        se_perturbations=_all_features(np.sqrt(sampled), state),
        se_approximation=_all_features(np.sqrt(approximation), state),
        error=np.sqrt(_COVER * by_masks + np.square(norm * level.high)).reshape(1, -1),
        intercept=mixed(shares, "intercept")[None],
        prediction=mixed(shares, "prediction")[None],
        r2=surrogate.r2(fit, least),
        measure_left_out=partial(surrogate.r2, fit, least, left_out=True),
        least_variation=least,
        effective_samples=surrogate.effective_samples,
        slopes=coef,  # a mask is 0 or 1
        typical=np.zeros((1, len(state.names))),
    )
    squared_errors = [
        factor**2 * own.left.sum(),
        2 * factor**2 * with_references.left.sum(),
        2 * by_references.sum(),
    ]
    return MaskFit(fitted, np.array(squared_errors))


class _ContextFit:
    """The model's output over masks in one context: the row's own, or references.

    ``sampled`` is the variance of coefficients because masks are a sample, ``left``
    that from all masks that the row may get; both (n_features, n_outputs).
    """

    def __init__(self, state, outputs, options):
        n_masks = len(outputs)
        self.surrogate = Surrogate(mask_design(state.masks[:n_masks], *options))
        fit = self.surrogate.fit(outputs[None])
        self.coef = fit.coef[0]
        self.intercept, self.prediction = fit.intercept[0], fit.prediction[0]
        variance = _pair_variance(self.surrogate.operator[0], fit.residuals[0])
        if n_masks == 2 ** len(state.active):
            variance = np.zeros_like(variance)
        share = 1 - n_masks / len(state.masks)
        self.sampled, self.left = (1 - share) * variance, share * variance


def _mixed(own, with_references, shares, name):
    """UC and MI side by side, from the model in the row's context and references'."""
    parts = getattr(own, name), getattr(with_references, name)
    return np.concatenate(
        [share[0] * parts[0] + share[1] * parts[1] for share in shares], axis=-1
    )


def mask_design(masks, kernel_width, alpha):
    r"""The local design of one row: regressors are masks, the row is all ones.

    The distance of a mask is :math:`\sqrt{k}` for k features replaced, which is what
    standardised table columns would have, and ``kernel_width="auto"`` is the same
    :math:`0.75 \sqrt d`.

    Parameters
    ----------
    masks : ndarray of bool of shape (n_masks, n_features)
    kernel_width, alpha : float or "auto"

    Returns
    -------
    design : LocalDesign
    """
    n_features = masks.shape[1]
    width = width_of_kernel(kernel_width, n_features)
    replaced = n_features - masks.sum(axis=1)
    alpha = DEFAULT_ALPHA if alpha == "auto" else alpha
    return LocalDesign(
        regressors=masks[None].astype(float),
        weights=normalised(log_kernel(replaced[None], width)),
        typical=np.zeros((1, n_features)),
        contrast=np.ones((1, n_features)),
        penalty=np.full((1, n_features), alpha / 4),  # 1/4 is a mask's variance
        features=np.arange(n_features),
    )


def _error_over_references(each, quadrature, weighting):
    """Standard error of coefficients because references are a sample.

    Parameters
    ----------
    each : ndarray of shape (n_features, n_chosen, n_outputs)
        Coefficients with each of the references that were evaluated.
    quadrature : Quadrature
    weighting : Weighting

    Returns
    -------
    error : ndarray of shape (n_features, n_outputs)
    """
    everyone, remaining = quadrature.completed(each)
    left = weighting.residuals(everyone)
    error = standard_error(left, 1, weighting)
    remaining = weighting.finite_correction**2 * remaining / left.shape[1]
    return np.sqrt(np.square(error) + remaining)


def _pair_variance(operator, residuals):
    r"""Variances of coefficients, a mask and its complement being one draw.

    With ``a`` the weights that a coefficient gives to residuals ``e``, they are
    :math:`\sum_{pairs} (a_z e_z + a_{\bar z} e_{\bar z})^2`. As :math:`a_{\bar z}`
    is about :math:`-a_z`, interactions of two features, which are equal in both and
    which folded designs keep out of coefficients, cancel here too.

    References
    ----------
    The sandwich with clusters, Liang and Zeger, Biometrika 73 (1986).
    """
    n_pairs, n_features = operator.shape[1] // 2, operator.shape[0]
    moved = operator[:, :, None] * residuals
    pairs = moved[:, 0::2] + moved[:, 1::2]
    freedom = n_pairs / max(n_pairs - n_features, 1)
    return freedom * np.square(pairs).sum(axis=1)


def _all_features(values, state):
    """Values of the features that matter, 0 for those that change nothing."""
    full = np.zeros((1, len(state.names), values.shape[1]))
    full[0, state.active] = values
    return full


def _without_features(state, masking):
    """A row whose features change nothing: its surrogates are constant."""
    n_outputs = len(masking.references.baseline)
    nothing = np.zeros((1, len(state.names), 2 * n_outputs))
    constant = np.zeros((1, 2 * n_outputs))
    fitted = FittedModality(
        rows=slice(state.row, state.row + 1),
        modality=state.modality,
        names=state.names,
        coef=nothing,
        se_references=nothing,
        se_perturbations=nothing,
        se_approximation=nothing,
        error=constant,
        intercept=state.value[None],
        prediction=state.value[None],
        r2=np.full_like(constant, np.nan),
        measure_left_out=lambda: np.full_like(constant, np.nan),
        least_variation=constant,
        effective_samples=np.zeros(1),
        slopes=nothing,
        typical=np.zeros((1, len(state.names))),
    )
    return MaskFit(fitted, np.zeros(3))
