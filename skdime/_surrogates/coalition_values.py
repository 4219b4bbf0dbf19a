"""Shapley values of UC and MI of one row, from all coalitions of its features.

The values of UC are those of the game of one modality's features, with all others
absent; those of the output are those of all features together.
"""

from typing import NamedTuple

import numpy as np

from skdime._references.designs import all_pairs
from skdime._surrogates.mask_values import closed_form


class PartValues(NamedTuple):
    """Values of players in UC and MI.

    Attributes
    ----------
    coef : ndarray of shape (2, n_players, n_outputs)
    se_references, se_coalitions : ndarray of shape (2, n_players, n_outputs)
        Standard errors because references are a sample, and because not all coalitions
        are evaluated with all references.
    r2 : ndarray of shape (2, n_players, n_outputs)
        Share of the variation that is predicted, for each player of its own game.
    """

    coef: np.ndarray
    se_references: np.ndarray
    se_coalitions: np.ndarray
    r2: np.ndarray


def values_of_all_coalitions(game):
    """Exact values over the points of a background.

    Parameters
    ----------
    game : GameRow

    Returns
    -------
    values : PartValues
    """
    background, n_players = game.background, len(game.players.owners)
    groups = [np.arange(n_players), *map(game.players.of, game.modalities)]
    coalitions = [_coalitions(players, n_players) for players in groups]
    # all at once, because no hybrid of one call is evaluated twice
    outputs = game.with_all_points(np.vstack(coalitions))
    ends = np.cumsum([len(each) for each in coalitions])[:-1]
    whole, *unimodal = map(_values, np.split(outputs, ends), map(len, groups))
    parts = np.zeros((2, *whole.shape))
    for players, values in zip(groups[1:], unimodal, strict=True):
        parts[0, players] = values
    parts[1] = whole - parts[0]
    over_references, over_pairs = zip(*map(background.errors, parts), strict=True)
    coef = np.einsum("pibc,b->pic", parts, background.weights)
    return PartValues(
        coef, np.stack(over_references), np.stack(over_pairs), np.ones_like(coef)
    )


def _coalitions(players, n_players):
    """Pairs of coalitions of some players, then all and none of them."""
    masks, nobody = all_pairs(len(players)), np.zeros((1, len(players)), dtype=bool)
    coalitions = np.zeros((2 * len(masks) + 2, n_players), dtype=bool)
    coalitions[:, players] = np.vstack([masks, ~masks, ~nobody, nobody])
    return coalitions


def _values(outputs, n_players):
    """Values of players at every point, (n_players, n_points, n_outputs)."""
    operator, of_whole = closed_form(all_pairs(n_players), "shapley")
    first, second = np.split(outputs[:-2], 2)
    values = np.tensordot(operator, (first - second) / 2, axes=1)
    return values + of_whole[:, None, None] * (outputs[-2] - outputs[-1]) / 2
