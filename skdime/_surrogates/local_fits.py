"""The families of perturbation side by side, and their fits put into arrays."""

from copy import copy
from dataclasses import replace
from functools import partial

import numpy as np

from skdime._models.calls import Need
from skdime._results.fields import PER_FEATURE, PER_MODALITY
from skdime._rows.containers import n_rows
from skdime._surrogates.coalitions import Coalitions
from skdime._surrogates.fitted import RowEffects
from skdime._surrogates.games import Games
from skdime._surrogates.leaf_fits import LeafFits
from skdime._surrogates.leaf_games import LeafGames
from skdime._surrogates.masking import Masking
from skdime._surrogates.neighbourhood import Neighbourhood
from skdime._surrogates.neighbourhood_cost import surrogate_bytes
from skdime._surrogates.row_coalitions import RowCoalitions


class LocalFits:
    """Surrogates of all modalities: on shared draws, masks of the rows, or coalitions.

    Parameters
    ----------
    references : References
    perturbers : list of (str, perturber)
        One for each modality; to ask for a cost they need not be fitted.
    n_samples : int
        Perturbations of a modality, at most.
    by_row : bool, default=False
        Whether tables whose effects bend share no hybrids.
    coalitions : bool, default=False
        Whether tables whose effects bend are perturbed row by row.
    shapley : bool, default=False
        Whether coefficients are the parts of the model's SHAP values.
    of_training : bool, default=False
        Whether references are a sample of the rows given to `tabulate`.
    **options
        Parameters that all families have.

    Attributes
    ----------
    families : list of LeafFits, Coalitions, Neighbourhood, Masking, LeafGames or Games
        Those that any modality needs, the first to be fitted first.
    by_tuple : tuple of int
        Modalities whose fits take outputs with each tuple.
    """

    def __init__(
        self,
        references,
        perturbers,
        *,
        n_samples,
        by_row=False,
        coalitions=False,
        shapley=False,
        of_training=False,
        **options,
    ):
        self.references, self.n_samples = references, n_samples
        self.by_tuple = ()
        options["n_samples"] = n_samples
        if shapley:
            self.families = [self._games(references, perturbers, options)]
            return
        drawn, masked, bent = {}, {}, {}
        for m, (_, perturber) in enumerate(perturbers):
            if perturber.masks_rows:
                masked[m] = perturber
            else:
                (bent if perturber.varies_columns else drawn)[m] = perturber
        exact, varied = {}, {}
        if not options.get("exhaustive") and LeafFits.suits(references):
            exact = bent
        elif coalitions:
            varied = bent
        else:
            drawn = dict(sorted((drawn | bent).items()))
        self.by_tuple = tuple(masked)
        by_itself = partial(RowCoalitions, of_training=of_training)
        self.families = [
            family(references, some, **options)
            for family, some in (
                (LeafFits, exact),
                (by_itself if by_row else Coalitions, varied),
                (Neighbourhood, drawn),
                (Masking, masked),
            )
            if some
        ]

    def _games(self, references, perturbers, options):
        """The family in which the features of all modalities play together."""
        every = dict(enumerate(perturber for _, perturber in perturbers))
        are_tables = not any(p.masks_rows for p in every.values())
        is_exact = LeafGames.suits(references) and not options.get("exhaustive")
        if are_tables and is_exact:
            return LeafGames(references, every, **options)
        self.by_tuple = tuple(every)
        return Games(references, every, **options)

    def cost_of_fit(self, engine, X):
        """What :meth:`tabulate` needs, at most.

        Parameters
        ----------
        engine : Engine
        X : container of rows

        Returns
        -------
        need : Need
        """
        needs = [family.cost_of_fit(engine, X) for family in self.families]
        return sum(needs, Need())

    def cost(self, engine, X, *, effects=True):
        """What :meth:`fit_locally` needs, at most.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        effects : bool, default=True
            Whether it is given the effects of the rows.

        Returns
        -------
        need : Need
        """
        self._check_families()
        needs = []
        if self.by_tuple and not effects:  # evaluated once for all families
            needs, effects = [self.references.cost(engine, X)], True
        needs += [family.cost(engine, X, effects=effects) for family in self.families]
        return sum(needs, Need(table_bytes=self._table_bytes(engine, X)))

    def _table_bytes(self, engine, X):
        """Bytes of the tables, and of the surrogates of the rows in a batch."""
        references = self.references
        row = surrogate_bytes(references, X, self.n_samples)
        rows = 2 * min(n_rows(X) * row, max(engine.max_memory, row))
        stored = sum(family.table_bytes(X) for family in self._drawn)
        fitting = sum(family.bytes_of_fit(engine, X) for family in self._drawn)
        n_others = len(references.modalities)
        n_others -= sum(len(family.perturbers) for family in self._drawn)
        # outputs of all perturbations with all references, and two temporaries
        table = 3 * 8 * references.n_outputs * self.n_samples * len(references)
        others = (n_others + 1) * table if n_others else 0
        return stored + others + max(rows, fitting)

    @property
    def _drawn(self):
        return [each for each in self.families if isinstance(each, Neighbourhood)]

    @property
    def drawn_and_bent(self):
        """Modalities whose effects bend and whose perturbations all rows share."""
        return [m for family in self._drawn for m in getattr(family, "kernels", ())]

    def resting_on_few(self):
        """Modalities of which few draws make most of what surrogates miss."""
        return [m for family in self._drawn for m in family.resting_on_few()]

    @property
    def stored_bytes(self):
        """Bytes of the tables and kernels of draws that `tabulate` has stored."""
        return sum(family.stored_bytes for family in self._drawn)

    def least_bytes(self, X):
        """Bytes that fitting took at least, whatever the memory allowed."""
        return self.stored_bytes + sum(each.least_bytes(X) for each in self._drawn)

    def tabulate(self, engine, random_state, X):
        """What does not depend on the rows to explain.

        Parameters
        ----------
        engine : Engine
        random_state : RandomState
        X : container of rows
            Those given to ``fit``.
        """
        for family in self.families:
            family.tabulate(engine, random_state, X)

    def tables(self):
        """Tabulated means over references, each of shape (n_samples, n_outputs)."""
        tables = [getattr(family, "tables", {}) for family in self.families]
        return [table.mean for each in tables for table in each.values()]

    def limited(self, n_samples):
        """The same with so many perturbations of a modality at most."""
        fits = copy(self)
        fits.families = list(map(copy, self.families))
        for each in (fits, *fits.families):
            each.n_samples = n_samples
        return fits

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
        families = [copy(family) for family in self.families]
        for family in families:
            family.pair = pair
            family.perturbers = {
                m: p for m, p in family.perturbers.items() if m in pair
            }
        fits.families = [family for family in families if family.perturbers]
        return fits

    def without_rows(self):
        """The same without reference rows, as far as it works without them.

        Returns
        -------
        fits : LocalFits
            Without families, where any of them needs the rows.
        """
        fits = copy(self)
        fits.references = self.references.without_rows()
        needs_rows = not all(
            isinstance(each, Neighbourhood) and not each.kernels
            for each in self.families
        )
        fits.families = [] if needs_rows else list(map(copy, self.families))
        for family in fits.families:
            family.references = fits.references
        return fits

    def _check_families(self):
        if not self.families:  # they needed rows that are gone
            self.references.check_rows()

    def of_outputs(self, chosen):
        """The same for some of the outputs.

        Parameters
        ----------
        chosen : ndarray of int
            Their positions.

        Returns
        -------
        fits : LocalFits
        """
        fits = copy(self)
        fits.references = self.references.of_outputs(chosen)
        fits.families = [copy(family) for family in self.families]
        for family in fits.families:
            family.references = fits.references
            family.choose_outputs(chosen)
        return fits

    def sampling_error(self, engine):
        """Standard error that perturbations leave, relative; 0 where all are masks."""
        return max(family.sampling_error(engine) for family in self.families)

    def fit_locally(self, engine, X, effects=None):
        """The fits of all rows and modalities, in no particular order.

        Yields
        ------
        fitted : FittedModality
        """
        self._check_families()
        if effects is None and self.by_tuple:
            effects = self.references.effects(engine, X, by_tuple=self.by_tuple)
        size = np.zeros(n_rows(X))
        for family in self.families:
            for fitted in family.fit_locally(engine, X, effects, size):
                size[fitted.rows] += np.nansum(np.square(fitted.coef), axis=(1, 2))
                yield self._with_least_error(fitted)

    def _with_least_error(self, fitted):
        """A fit whose errors know what MI shows and no reference has."""
        _, mi = np.split(fitted.coef, 2, axis=-1)
        scale = np.split(np.abs(fitted.prediction), 2, axis=-1)
        least = self.references.least_error(mi, np.maximum(*scale)[:, None])
        least = np.concatenate([least, least], axis=-1)
        return replace(fitted, se_references=np.maximum(fitted.se_references, least))


def collect(fits, layout, n, n_modalities, n_outputs):
    """Arrays of an explanation, from the fits of its rows.

    Parameters
    ----------
    fits : iterable of FittedModality
    layout : Layout
    n, n_modalities, n_outputs : int

    Returns
    -------
    arrays : dict of str to ndarray
        By field of ``Explanation``; nan where a row does not have a feature.
    effects : RowEffects or None
        Of all rows, with a first axis for them, where surrogates give them.
    """
    features = {
        name: np.full((n, 2, len(layout), n_outputs), np.nan) for name in PER_FEATURE
    }
    modalities = {
        name: np.empty((n, 2, n_modalities, n_outputs)) for name in PER_MODALITY
    }
    effective, effects = np.empty((n, n_modalities)), {}
    for fit in fits:
        m = fit.modality
        at = fit.rows, slice(None), layout.positions(m, fit.names)
        errors = fit.se_references, fit.se_perturbations, fit.se_approximation
        for array, values in zip(features.values(), (fit.coef, *errors), strict=True):
            array[at] = by_part(values)
        per_modality = fit.intercept, fit.prediction, fit.r2, fit.error
        for array, values in zip(modalities.values(), per_modality, strict=True):
            array[fit.rows, :, m] = by_part(values)
        effective[fit.rows, m] = fit.effective_samples
        if fit.effects is not None:
            effects[fit.rows.start] = fit.effects
    of_rows = [effects[row] for row in sorted(effects)]
    stacked = (
        RowEffects(*map(np.stack, zip(*of_rows, strict=True))) if effects else None
    )
    return features | modalities | {"effective_samples": effective}, stacked


def restricted(arrays, layout, modalities):
    """Arrays and feature axis of some modalities.

    Parameters
    ----------
    arrays : dict of str to ndarray
        As from :func:`collect`.
    layout : Layout
    modalities : sequence of int
        Their positions.

    Returns
    -------
    arrays : dict of str to ndarray
    features : ndarray of int
        Positions of their features on the whole axis.
    """
    features = np.concatenate([np.r_[layout.whole(m)] for m in modalities])
    modalities = list(modalities)
    some = {name: arrays[name][:, :, features] for name in PER_FEATURE}
    some |= {name: arrays[name][:, :, modalities] for name in PER_MODALITY}
    some["effective_samples"] = arrays["effective_samples"][:, modalities]
    return some, features


def add_up(fits, layout, n, n_outputs):
    """Coefficients by column of ``transform``, 0 for features a row does not have.

    Returns
    -------
    coef : ndarray of shape (n, 2, n_features, n_outputs)
    """
    coef = np.zeros((n, 2, len(layout), n_outputs))
    for fit in fits:
        at = layout.positions(fit.modality, fit.names)
        np.add.at(coef, (fit.rows, slice(None), at), by_part(fit.coef))
    return coef


def by_part(values):
    """From the last axis (UC then MI of all outputs) to a part axis after the rows."""
    parted = values.reshape(*values.shape[:-1], 2, values.shape[-1] // 2)
    return np.moveaxis(parted, -2, 1)
