"""Parts of SHAP values of any model: features of all modalities as players of a game.

Where all coalitions of the features, each with all references, are no more model rows
than perturbations may take, they are evaluated. Otherwise pairs of a coalition and its
complement are, each with one point of the background, twice as many until errors are
small. With every coalition its shares in single modalities are evaluated as well, so
that MI of a model without interactions is 0 whatever coalitions are drawn.
"""

from dataclasses import replace

import numpy as np

from skdime._models.calls import rows_within
from skdime._references.background import Background, pairs_rows
from skdime._rows.containers import n_rows, row_bytes, take
from skdime._rows.modalities import split
from skdime._surrogates.additive_trend import AdditiveTrend
from skdime._surrogates.coalition_values import values_of_all_coalitions
from skdime._surrogates.game_pairs import GamePairs
from skdime._surrogates.game_rows import GameRow, known_outputs
from skdime._surrogates.nested_values import adding_up
from skdime._surrogates.players import Players
from skdime._surrogates.shares_of_output import fitted_shares
from skdime._utils.rounding import DIFFERENCES_OF_MEANS, SINGLE_PRECISION

# Features of a row of which all coalitions are evaluated where this is asked for, and
# the model rows beyond which each reference of a modality is combined with fewer.
_MOST_ENUMERATED, _MOST_ROWS_ENUMERATED = 12, 200_000
# Points of the background: as many as F_0 has where all coalitions are asked for.
_MOST_POINTS, _MOST_POINTS_ENUMERATED = 1_000, 10_000
# All coalitions with fewer points tell less than some of them with more.
_FEWEST_POINTS = 100
# Pairs of coalitions at first: from fewer, variances and errors cannot be told.
_FIRST_PAIRS = 64


class Games:
    """Coalitions of the features of rows.

    Parameters
    ----------
    references : References
    perturbers : dict of int to perturber
        Fitted, by position of the modality.
    n_samples : int
        Hybrids of a row for each modality, at most.
    tol : Tolerance
        Error of the coefficients that may remain.
    exhaustive : bool
        Whether all coalitions of up to a dozen features are evaluated.
    **options
        Parameters of other families.
    """

    def __init__(
        self, references, perturbers, *, n_samples, tol, exhaustive, **options
    ):
        self.references, self.perturbers = references, perturbers
        self.n_samples, self.tol, self.exhaustive = n_samples, tol, exhaustive
        self.pair = None
        self.seed = None

    def tabulate(self, engine, random_state, X):
        """Draw the seed of coalitions; evaluate what has no feature of a row."""
        self.seed = random_state.randint(np.iinfo(np.int32).max)
        most = _MOST_POINTS_ENUMERATED if self.exhaustive else _MOST_POINTS
        points = Background.of_points(self.references, most, random_state)
        self._points, self._absent = points, engine(points.blocks)
        some = self._points.limited(self._n_rounds_sampled)
        absent = self._absent[: len(some)]
        self._trend = AdditiveTrend(self.perturbers, some.blocks, absent)

    def choose_outputs(self, chosen):
        """Keep what belongs to some of the outputs, by position."""
        self._absent = self._absent[:, chosen]
        self._trend = self._trend.of_outputs(chosen)

    def sampling_error(self, engine):
        """0: how many coalitions a row takes is decided row by row."""
        return 0.0

    def cost_of_fit(self, engine, X):
        """What hybrids without any feature of a row need."""
        most = _MOST_POINTS_ENUMERATED if self.exhaustive else _MOST_POINTS
        n = len(self.references)
        if pairs_rows(self.references):
            n = n * min(n, max(most // n, 1))
        return engine.need((min(n, most), 1), row_bytes(X))

    def cost(self, engine, X, *, effects=True):
        """What explaining rows needs, at most.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        effects : bool, default=True
            Not needed: rows are decomposed anyway.

        Returns
        -------
        need : Need
        """
        n, most = n_rows(X), n_rows(X) * (self.n_perturbations + self._n_whole)
        if self.exhaustive and self.seed is not None:
            blocks = split(X, self.references.modalities)
            every = (self._players(blocks, i, i) for i in range(n))
            most = sum(self._enumerated(players)[0] for players in every)
        first = n * (self._rows_of_pairs(_FIRST_PAIRS) + self._n_whole)
        need = engine.need((most, 1), row_bytes(X), n).until_accurate(first, n)
        # whole modalities go first, and each without any of its features
        calls = need.calls + n * (1 + len(self.perturbers))
        return replace(need, calls=min(calls, need.rows))

    def fit_locally(self, engine, X, effects, size=None):
        """Values of the features of every row.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        effects : Effects
            Of the rows, with outputs by tuple where these are evaluated.
        size : ndarray of shape (n_rows,), default=None
            Not needed: it is what other families ask for.

        Yields
        ------
        fitted : FittedModality
        """
        most = rows_within(engine.max_memory, 4 * row_bytes(self.references.rows) + 8)
        modalities = sorted(self.perturbers)
        for row in range(n_rows(X)):
            blocks = split(take(X, [row]), self.references.modalities)
            players = self._players(blocks, 0, row)
            _, n_rounds = self._enumerated(players)
            points = self._points.limited(n_rounds or self._n_rounds_sampled)
            absent = self._absent[: len(points)]
            outputs_known = known_outputs(effects, row, absent, points, modalities)
            game = GameRow(engine, players, points, outputs_known, most)
            if n_rounds:
                values = values_of_all_coalitions(game)
                n_coalitions = 2 ** len(players.owners)
            else:
                values, n_coalitions = self._sampled(game)
            yield from self._fitted(players, values, n_coalitions, effects, row)

    # --- how many model rows --------------------------------------------------------

    @property
    def n_perturbations(self):
        """Hybrids of a row, at most."""
        return self.n_samples * len(self.perturbers)

    @property
    def _n_rounds_sampled(self):
        """Rounds of the background that pairs of coalitions take."""
        return min(self._points.n_rounds, max(_MOST_POINTS // len(self.references), 1))

    @property
    def _n_whole(self):
        """Hybrids of whole modalities of a row, at most."""
        n_masked = sum(p.masks_rows for p in self.perturbers.values())
        n = len(self.perturbers) + n_masked + (self.pair is not None)
        return n * len(self.references)

    def _rows_of_pairs(self, n):
        """Hybrids of so many pairs of coalitions: whole, and shares of modalities."""
        return 2 * n * (1 + len(self.perturbers))

    @property
    def _most_pairs(self):
        return max(self.n_perturbations // self._rows_of_pairs(1), 1)

    def _enumerated(self, players):
        """How many hybrids all coalitions of a row are, and with what they are joined.

        Returns
        -------
        n_hybrids : int
        n_rounds : int
            Of the background; 0 where coalitions are too many.
        """
        n_features = len(players.owners)
        most, least = self.n_perturbations, 0
        if self.exhaustive and n_features <= _MOST_ENUMERATED:
            most, least = _MOST_ROWS_ENUMERATED, 1
        in_a_round = len(self._points.limited(1)) * 2.0**n_features
        n_rounds = min(max(int(most / in_a_round), least), self._points.n_rounds)
        n_points = n_rounds * len(self._points.limited(1))
        if n_points >= min(_FEWEST_POINTS, self._points.n_total):
            return int(n_rounds * in_a_round), n_rounds
        return self.n_perturbations + self._n_whole, 0

    # --- values ---------------------------------------------------------------------

    def _players(self, blocks, position, row):
        return Players(self.references, self.perturbers, blocks, position, row)

    def _sampled(self, game):
        """Values from pairs, and the number of coalitions that they come from."""
        random_state = np.random.RandomState(self.seed)
        pairs = GamePairs(game, self._trend, random_state)
        n = min(_FIRST_PAIRS, self._most_pairs)
        pairs.grow(n)
        while n < self._most_pairs and not self._is_accurate(pairs.values):
            n = min(2 * n, self._most_pairs)
            pairs.grow(n)
        return pairs.values, 2 * pairs.n_pairs

    def _is_accurate(self, values):
        if self.exhaustive:
            return False
        wrong, sizes, of_references = (
            np.square(each).sum(axis=1)
            for each in (values.se_coalitions, values.coef, values.se_references)
        )
        return bool((wrong <= self.tol.allowed(sizes, of_references)).all())

    def _fitted(self, players, values, n_coalitions, effects, row):
        """The values of a row by modality, which add up."""
        main, parts = effects.main[row], self.references.parts
        unimodal = self.references.baseline + main.sum(axis=0)
        interaction = effects.output[row] - unimodal
        scale = DIFFERENCES_OF_MEANS * np.abs([unimodal, effects.output[row]]).max(0)
        coef, se = values.coef.copy(), values.se_coalitions.copy()
        for m in self.perturbers:
            mine = players.of(m)
            coef[0, mine], se[0, mine] = _closed(
                coef[0, mine], se[0, mine], main[m], scale
            )
        coef[1], se[1] = _closed(coef[1], se[1], interaction, scale)
        target = np.concatenate(parts(effects.output[row], unimodal))[None]
        factor = self.references.factor
        # UC = M - s (M - F), and MI = s (M - F)
        coef = parts(coef[0] + coef[1], coef[0])
        errors = [
            (np.hypot(each[0], (1 - factor) * each[1]), factor * each[1])
            for each in (values.se_references, se)
        ]
        least = np.tile(SINGLE_PRECISION * np.abs(effects.output[row]), 2)[None]
        for m in self.perturbers:
            mine = players.of(m)
            yield fitted_shares(
                slice(row, row + 1),
                m,
                players.names[m],
                players.by_feature(m, coef),
                tuple(players.by_feature(m, each) for each in errors),
                target,
                _r2_where_varied(values.r2[:, mine[0]], coef, mine),
                least,
                np.array([float(n_coalitions)]),
            )


def _closed(coef, se, total, rounding):
    """Values that add up to `total`, and their errors; rounding is no gap."""
    gap = total - coef.sum(axis=0)
    total = np.where(np.abs(gap) > rounding, total, coef.sum(axis=0))
    coef, se = adding_up(coef[None], se[None], total[None])
    return coef[0], se[0]


def _r2_where_varied(r2, coef, players):
    """R2 of UC and MI, nan where no value of a modality differs from 0."""
    varies = [np.abs(each[players]).max(axis=0) > 0 for each in coef]
    return np.where(np.concatenate(varies), r2.ravel(), np.nan)[None]
