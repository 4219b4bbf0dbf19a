"""Shapley values of UC and MI of one row, from pairs of coalitions and complements.

Each pair has one point of the background. For a coalition S its output and those of its
shares in single modalities are evaluated, from which

.. math:: w_j(S) = M(x_S, r_j) - \\sum_m M(x_{S \\cap N_m}, r_j) + (K - 1) M(r_j)

is what MI has of it. Values of UC are those of a Gaussian process on the features of a
modality (:mod:`skdime._surrogates.mask_surrogate`) whose contexts are the points, those
of MI of one on all features.
"""

import numpy as np

from skdime._references.nested_pairs import NestedPairs, PairDesign
from skdime._surrogates.coalition_values import PartValues
from skdime._surrogates.contexts import Contexts, similarities, values_of_points
from skdime._surrogates.masked_row import unusual
from skdime._surrogates.nested_values import NestedFit, contexts_by_output
from skdime._utils.rounding import precision_of

# UC and MI take nothing from a context of the row's own: there is none.
_OF_REFERENCES = np.array([[0.0, 1.0]])
# The game of all features, beside those of single modalities.
_MI = "mi"


class GamePairs:
    """One row, the pairs evaluated so far, and what they give.

    Parameters
    ----------
    game : GameRow
    trend : AdditiveTrend
        What is known of UC beforehand.
    random_state : RandomState

    Attributes
    ----------
    values : PartValues
        After :meth:`grow`.
    """

    def __init__(self, game, trend, random_state):
        self.game, self.random_state = game, random_state
        self.owners, self.weights = game.players.owners, game.background.weights
        every = self.owners == np.array(game.modalities)[:, None]
        shares = game.with_all_points(np.vstack([every, np.ones_like(every[:1])]))
        absent = game.whole[()]
        self._absent = dict.fromkeys(game.modalities, absent)
        for m in game.modalities:
            if game.players.names[m]:
                self._absent[m] = game.replaced(m)
        interaction = _interaction(shares[-1], shares[:-1], absent)
        self._full = dict(zip(game.modalities, shares, strict=False))
        self._trend = {
            m: game.players.trend(m, trend, game.background.positions[m])
            for m in game.modalities
        }
        scale = np.abs(shares).max(axis=(0, 1))
        self._rounding = 4 * len(shares) * precision_of(shares) * scale
        for m, trend in self._trend.items():
            self._full[m] = self._full[m] - trend[0].sum(axis=0)
            self._absent[m] = self._absent[m] - trend[1:].sum(axis=1)
        targets = {m: self._full[m] - self._absent[m] for m in game.modalities}
        targets[_MI] = interaction
        self._targets = targets
        point_values = values_of_points(game.background)
        self._contexts = {
            key: self._contexts_of(target, point_values)
            for key, target in targets.items()
        }
        changes = np.hstack([*targets.values()])
        self._design = PairDesign(
            len(self.owners), unusual(changes), 0, "shapley", random_state
        )
        self._pairs, self._outputs, self._fits = None, None, dict.fromkeys(targets)

    def _contexts_of(self, differences, point_values):
        is_point = np.ones(len(differences), dtype=bool)

        def contexts(outputs):
            some, rounding = differences[:, outputs], self._rounding[outputs]
            return Contexts(
                similarities(point_values, some, is_point),
                self.weights,
                np.zeros(len(differences)),
                bool((np.ptp(some, axis=0) <= rounding).all()),
            )

        return contexts_by_output(contexts, differences.shape[1])

    @property
    def n_pairs(self):
        return 0 if self._pairs is None else len(self._pairs)

    def grow(self, n):
        """Evaluate further pairs, until there are about `n`, and fit anew."""
        pairs = self._design.draw(n - self.n_pairs)
        outputs = self._evaluated(pairs)
        if self._pairs is not None:
            pairs = self._pairs.with_more(pairs)
            outputs = np.concatenate([self._outputs, outputs], axis=2)
        self._pairs, self._outputs = pairs, outputs
        self.values = self._fitted()

    def _evaluated(self, pairs):
        """Outputs (1 + n_modalities, 2, n_pairs, n_outputs): whole, then shares."""
        sides = np.stack([pairs.masks, ~pairs.masks])
        shares = [sides & (self.owners == m) for m in self.game.modalities]
        present = np.stack([sides, *shares])
        points = np.broadcast_to(pairs.contexts, present.shape[:3])
        flat = present.reshape(-1, len(self.owners)), points.ravel()
        return self.game.at_points(*flat).reshape(*present.shape[:3], -1)

    def _fitted(self):
        pairs, modalities = self._pairs, self.game.modalities
        absent = self.game.whole[()][pairs.contexts]
        shares = self._outputs[1:]
        unimodal = [
            self._of_modality(m, each)
            for m, each in zip(modalities, shares, strict=True)
        ]
        unimodal = [
            np.concatenate(each, axis=1) for each in zip(*unimodal, strict=True)
        ]
        interaction = _interaction(self._outputs[0], shares, absent)
        whole = np.stack([self._targets[_MI], np.zeros_like(self._targets[_MI])])
        joint = self._values(_MI, pairs, interaction, whole)
        parts = [np.concatenate(each) for each in zip(unimodal, joint, strict=True)]
        return PartValues(*parts)

    def _of_modality(self, m, outputs):
        """Values of the features of a modality in UC."""
        mine, absent = self.owners == m, self._absent[m]
        # a masked modality without features is replaced here, and absent below
        whole = np.stack([self._full[m], absent])
        pairs, some = _distinct(self._pairs, mine)
        flipped = ~self._pairs.masks[some][:, mine][:, :1]
        outputs = np.where(flipped, outputs[::-1, some], outputs[:, some])
        row, points = self._trend[m][0], self._trend[m][1:]
        sides = np.stack([pairs.masks, ~pairs.masks])[..., None]
        trend_outputs = np.where(sides, row, points[pairs.contexts]).sum(axis=2)
        values = self._values(m, pairs, outputs, whole, trend_outputs, row - points)
        replaced = absent + points.sum(axis=1)
        beyond = self.weights @ (replaced - self.game.whole[()]) / mine.sum()
        return values._replace(coef=values.coef + beyond)

    def _values(self, key, pairs, outputs, whole, known_outputs=0.0, known_values=0.0):
        """Values of one game, arrays of shape (1, n_players, n_outputs).

        Parameters
        ----------
        key : int or str
        pairs : NestedPairs
        outputs : ndarray of shape (2, n_pairs, n_outputs)
        whole : ndarray of shape (2, n_points, n_outputs)
            Of all players and of none, less what is known of them.
        known_outputs : ndarray of shape (2, n_pairs, n_outputs), default=0
            What is known of the outputs.
        known_values : ndarray of shape (n_points, n_players, n_outputs), default=0
            The values at every point that belong to it.
        """
        n_features, n_outputs = pairs.masks.shape[1], outputs.shape[2]
        shape = 1, n_features, n_outputs
        target = self.weights @ (whole[0] - whole[1])
        total = np.square(outputs[0] - outputs[1]).sum(axis=0) / 4
        outputs = outputs - known_outputs
        differences = outputs[0] - outputs[1]
        if (np.abs(differences) <= self._rounding).all():
            by_point = np.tile((whole[0] - whole[1]) / n_features, (n_features, 1, 1))
            coef = np.tile(target / n_features, (1, n_features, 1))
            errors = self.game.background.errors(by_point + _by_player(known_values))
            # of several features an equal share is a guess
            gap = np.abs(coef) * (n_features > 1)
            se, coef = np.hypot(errors[1], gap), coef + self._mean(known_values)
            return PartValues(coef, errors[0][None], se, np.ones_like(coef))
        fit = self._fits[key] = NestedFit(
            pairs, outputs, self._contexts[key], self.random_state, self._fits[key]
        )
        values = fit.values(whole, _OF_REFERENCES, "shapley")
        by_point = values.by_reference + _by_player(known_values)
        over_references, over_points = self.game.background.errors(by_point)
        weighting = self.game.background.references.weightings[0]
        unknown = np.sqrt(values.unknown_spread / len(whole[0]))
        over_references = np.hypot(
            over_references, weighting.finite_correction * unknown
        )
        se = np.hypot(values.se, over_points)
        # what is missed, of all that varies: what is known is predicted, too
        lost = (1 - values.r2[0]) * np.square(values.variation[0])
        total = np.maximum(total / max(len(pairs), 1), lost)
        varies = total > np.square(self._rounding)
        r2 = np.where(varies, 1 - lost / np.where(varies, total, 1), np.nan)
        coef = values.coef + self._mean(known_values)
        return PartValues(coef, over_references[None], se, np.broadcast_to(r2, shape))

    def _mean(self, by_point):
        """The mean over points of what is known of values."""
        if not np.ndim(by_point):
            return by_point
        return np.tensordot(self.weights, by_point, axes=1)


def _by_player(by_point):
    """From points first to players first."""
    return np.swapaxes(by_point, 0, 1) if np.ndim(by_point) else by_point


def _interaction(whole, shares, absent):
    """What MI has of coalitions, from their outputs and those of their shares."""
    return whole - sum(shares) + (len(shares) - 1) * absent


def _distinct(pairs, players):
    """Pairs of coalitions of some players, those of all and none left out.

    Coalitions that differ in other players only are the same; each pair is told by the
    one that has the first player.

    Returns
    -------
    pairs : NestedPairs
    some : ndarray of int
        Where they stand among the given ones.
    """
    masks = pairs.masks[:, players]
    masks = masks ^ ~masks[:, :1]
    keys = np.column_stack([np.packbits(masks, axis=1), pairs.contexts])
    _, some = np.unique(keys, axis=0, return_index=True)
    some = np.sort(some[~masks[some].all(axis=1)])
    return NestedPairs(masks[some], pairs.contexts[some], pairs.is_fair[some]), some
