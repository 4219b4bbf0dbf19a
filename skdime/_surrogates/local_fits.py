"""The two families of perturbation side by side, and their fits put into arrays."""

from copy import copy

import numpy as np

from skdime._results.explanation import PER_FEATURE, PER_MODALITY
from skdime._rows.containers import n_rows
from skdime._surrogates.masking import Masking
from skdime._surrogates.neighbourhood import Neighbourhood


class LocalFits:
    """Surrogates of all modalities: on shared draws, or on masks of the rows.

    Parameters
    ----------
    neighbourhood : Neighbourhood or None
    masking : Masking or None
    """

    def __init__(self, references, perturbers, *, n_samples, exhaustive, **options):
        drawn, masked = {}, {}
        for m, (_, perturber) in enumerate(perturbers):
            (masked if perturber.masks_rows else drawn)[m] = perturber
        self.exhaustive = exhaustive
        self.neighbourhood = self.masking = None
        if drawn:
            self.neighbourhood = Neighbourhood(references, drawn, **options)
        if masked:
            self.masking = Masking(
                references,
                masked,
                n_samples=n_samples,
                exhaustive=exhaustive,
                **options,
            )

    def tabulate(self, engine, random_state):
        """What does not depend on the rows to explain."""
        if self.neighbourhood is not None:
            self.neighbourhood.tabulate(
                engine, random_state, exhaustive=self.exhaustive
            )
        if self.masking is not None:
            self.masking.tabulate(engine, random_state)

    def of_pair(self, pair):
        """The same for the model of two modalities, the others averaged.

        Parameters
        ----------
        pair : tuple of int
            Positions of the modalities.

        Returns
        -------
        fits : LocalFits
        """
        fits = copy(self)
        for name in ("neighbourhood", "masking"):
            if (family := getattr(self, name)) is not None:
                family = copy(family)
                family.pair = pair
                family.perturbers = {
                    m: family.perturbers[m] for m in pair if m in family.perturbers
                }
                setattr(fits, name, family if family.perturbers else None)
        return fits

    def sampling_error(self):
        """Standard error that perturbations leave, relative; 0 where all are masks."""
        if self.neighbourhood is None:
            return 0.0
        return self.neighbourhood.sampling_error()

    def fit_locally(self, engine, X, effects=None):
        """The fits of all rows and modalities, in no particular order."""
        size = np.zeros(n_rows(X))
        if self.neighbourhood is not None:
            for local in self.neighbourhood.fit_locally(engine, X, effects):
                if self.masking is not None:
                    size[local.rows] += np.nansum(np.square(local.coef), axis=(1, 2))
                yield local
        if self.masking is not None:
            yield from self.masking.fit_locally(engine, X, effects, size)


def collect(fits, layout, n, n_modalities, n_outputs):
    """Arrays of an explanation, from the fits of its rows.

    Parameters
    ----------
    fits : iterable of LocalFit or MaskFit
    layout : Layout
    n, n_modalities, n_outputs : int

    Returns
    -------
    arrays : dict of str to ndarray
        By field of ``Explanation``; nan where a row does not have a feature.
    """
    features = {
        name: np.full((n, 2, len(layout), n_outputs), np.nan) for name in PER_FEATURE
    }
    modalities = {
        name: np.empty((n, 2, n_modalities, n_outputs)) for name in PER_MODALITY
    }
    effective = np.empty((n, n_modalities))
    for local in fits:
        m = local.modality
        at = local.rows, slice(None), layout.positions(m, local.names)
        values = (local.coef, *local.standard_errors())
        for name, value in zip(PER_FEATURE, values, strict=True):
            features[name][at] = by_part(value)
        per_modality = local.intercept, local.prediction, local.r2()
        for name, value in zip(PER_MODALITY, per_modality, strict=False):
            modalities[name][local.rows, :, m] = by_part(value)
        modalities["approximation_error"][local.rows, :, m] = local.error
        effective[local.rows, m] = local.effective_samples
    return features | modalities | {"effective_samples": effective}


def restricted(arrays, layout, kept):
    """Arrays and feature axis of some modalities.

    Returns
    -------
    arrays : dict of str to ndarray
    features : ndarray of int
        Positions of their features on the whole axis.
    """
    features = np.concatenate([np.r_[layout.whole(m)] for m in kept])
    of_pair = {name: arrays[name][:, :, features] for name in PER_FEATURE}
    of_pair |= {name: arrays[name][:, :, list(kept)] for name in PER_MODALITY}
    of_pair["effective_samples"] = arrays["effective_samples"][:, list(kept)]
    return of_pair, features


def add_up(fits, layout, n, n_outputs):
    """Coefficients by column of ``transform``, 0 for features a row does not have.

    Returns
    -------
    coef : ndarray of shape (n, 2, n_features, n_outputs)
    """
    coef = np.zeros((n, 2, len(layout), n_outputs))
    for local in fits:
        at = layout.positions(local.modality, local.names)
        np.add.at(coef, (local.rows, slice(None), at), by_part(local.coef))
    return coef


def by_part(values):
    """From the last axis (UC then MI of all outputs) to a part axis after the rows."""
    parted = values.reshape(*values.shape[:-1], 2, values.shape[-1] // 2)
    return np.moveaxis(parted, -2, 1)
