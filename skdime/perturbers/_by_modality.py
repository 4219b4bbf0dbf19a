"""Perturbers of all modalities: chosen by name or by data, and fitted."""

import inspect

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from skdime._rows.containers import (
    is_dense_numeric,
    is_multimodal,
    n_rows,
    select,
    take,
)
from skdime._rows.modalities import as_pairs
from skdime._utils.listed import listed
from skdime._utils.names import telling_modality
from skdime.perturbers import MaskPerturber, NeighbourhoodPerturber
from skdime.perturbers._choice import Choice, default_choice
from skdime.perturbers._contract import check_perturber
from skdime.perturbers._masks import OTHER

# Rows of a table of numbers that are looked at.
_MOST_ROWS = 1000


def named_perturbers(perturbers):
    """The `perturbers` of a LocalExplainer as a dict from names of modalities."""
    if isinstance(perturbers, str):
        return {}
    for entry in as_pairs(perturbers):
        kinds = (NeighbourhoodPerturber, MaskPerturber)
        pair = isinstance(entry, (tuple, list)) and len(entry) == 2
        if not pair or not isinstance(entry[1], kinds):
            raise ValueError(
                "Each entry of `perturbers` must be a pair (modality, perturber), "
                f"as in [('exam', TabularPerturber()), ...]; got {entry!r:.60}."
                f"{_advice(entry) if pair else ''}"
            )
    return dict(perturbers)


def _advice(entry):
    """What an entry that is no perturber may be meant for."""
    name, thing = entry
    if inspect.isclass(thing):
        return f" Pass an instance: ({name!r:.60}, {thing.__name__}())."
    if isinstance(thing, str):
        return f" {thing!r:.60} is no perturber; pass one, such as TextPerturber()."
    if isinstance(thing, (list, tuple, slice, range, np.ndarray)):
        return (
            " Columns belong to the modalities of the Disentangler: "
            "LocalExplainer(Disentangler(model, modalities))."
        )
    return ""


def choose_perturbers(named, X, modalities):
    """The perturber of each modality: the one named, or what its cells ask for.

    Parameters
    ----------
    named : dict of str to perturber
    X : container of rows
    modalities : list of (str, ndarray of int)

    Returns
    -------
    choices : list of Choice
        Their perturbers are not cloned and not fitted.
    """
    names = [name for name, _ in modalities]
    if unknown := sorted(set(named) - set(names)):
        raise ValueError(
            f"`perturbers` names modalities [{listed(unknown)}] that do not exist; the "
            f"modalities are [{listed(names)}]."
        )
    choices = []
    if is_dense_numeric(X):  # a table, whatever numbers its further rows have
        X = take(X, np.arange(min(n_rows(X), _MOST_ROWS)))
    for name, columns in modalities:
        with telling_modality(name):
            own = named.get(name)
            # a block is a copy of its rows, and is gone before the next one is made
            choices.append(
                default_choice(select(X, columns)) if own is None else _named(own)
            )
    return choices


def _named(perturber):
    why = f"{type(perturber).__name__} was named"
    return Choice(perturber, getattr(perturber, "kind", None) or "table", why)


def fit_perturbers(
    perturbers, X, modalities, names, n_samples, seeds, columns_read, columns_used
):
    """Clones fitted on each modality's columns.

    Parameters
    ----------
    perturbers : list of perturber
    X : container of rows
    modalities : list of (str, ndarray of int)
    names : ndarray of str
        Names of the columns of `X`.
    n_samples : int
        Draws of the perturbers of a neighbourhood.
    seeds : ndarray of int
        One for each modality.
    columns_read : ndarray of bool
        Which columns of `X` the model reads.
    columns_used : ndarray of bool
        Which can change its output, as far as this is proved. Straight lines have a
        slope for every column that is read, as LIME's.

    Returns
    -------
    fitted : list of (str, perturber)
    """
    fitted = []
    for perturber, seed, (name, columns) in zip(
        perturbers, seeds, modalities, strict=True
    ):
        perturber, state = clone(perturber), check_random_state(seed)
        with telling_modality(name):
            _fit(perturber, select(X, columns), names[columns], n_samples, state)
        if hasattr(perturber, "set_unread") and not is_multimodal(X):
            lines = not perturber.masks_rows and not perturber.varies_columns
            counts = columns_read if lines else columns_used
            perturber.set_unread(np.flatnonzero(~counts[columns]))
        fitted.append((name, perturber))
    return fitted


def _fit(perturber, block, names, n_samples, random_state):
    if perturber.masks_rows:
        perturber.fit(block, names, random_state)
        check_perturber(perturber, block)
    else:
        perturber.fit(
            block,
            n_samples=n_samples,
            feature_names=names,
            random_state=random_state,
        )


def without_data(perturber):
    """A perturber that has names of features, unless these are words of rows."""
    bare, names = clone(perturber), perturber.feature_names_
    bare.feature_names_ = names[names == OTHER] if OTHER in names else names
    return bare
