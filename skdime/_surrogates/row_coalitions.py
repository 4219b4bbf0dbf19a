"""Coalitions of one row by itself: nothing is shared, every model row is the row's.

Where few model rows can be paid for, hybrids of other rows would take them from the
row. The kernel is then tuned on the row's own hybrids, of which one half has the other
modalities of the row, the other those of tuples.
"""

from dataclasses import replace

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import Need, rows_within
from skdime._references.hybrids import Hybrids, own_hybrids, with_row
from skdime._references.weighting import Weighting
from skdime._rows.containers import n_rows, stack, take
from skdime._rows.modalities import split
from skdime._surrogates.chosen_points import most_telling
from skdime._surrogates.coalitions import Coalitions
from skdime._surrogates.explained_row import ExplainedRow
from skdime._surrogates.fitted import RowEffects
from skdime._surrogates.kernel_tuning import tuned_kernel
from skdime._surrogates.output_surrogate import OutputSurrogate
from skdime._surrogates.row_points import RowPoints
from skdime._utils.spaced import spaced
from skdime.perturbers._bases import CUBIC, HATS

# Rows that means are taken over by the kernel, at most: the model is not evaluated on
# them.
_N_TUPLES = 400
# Hybrids on which kernels are tuned, at most: before others are chosen, and at last.
_N_TUNING, _N_TUNING_LAST = 300, 600
# Half of a row's hybrids are chosen, in so many steps, after each of which kernels are
# tuned again; of so few nothing is known that one could choose by.
_N_BATCHES, _LEAST_CHOSEN = 2, 40
# Hybrids that are chosen from, and outputs that are asked which tell them most.
_N_CANDIDATES, _MOST_ASKED = 900, 4
# Errors from fewer hybrids are this much larger than those of points left out tell,
# because the variances were tuned on the same points.
_FEW, _FEW_FACTOR = 500, 1.3


class RowCoalitions(Coalitions):
    """Surrogates of rows, each on hybrids of its own."""

    def __init__(self, references, perturbers, *, of_training=False, **options):
        super().__init__(references, perturbers, **options)
        self.of_training = of_training
        self._tuples = self._weighting = None

    def tabulate(self, engine, random_state, X):
        """Draw the seed of the hybrids; the model is not evaluated."""
        if X is not None and self.tells_effects:
            more = self._further_tuples(X, random_state)
            pairs = zip(self.references.blocks, more, strict=True)
            self._tuples = [stack(pair) for pair in pairs]
            self._weighting = Weighting(n_rows(more[0]), n_rows=n_rows(X))
        self.sources = self._sources()
        self.seed = random_state.randint(np.iinfo(np.int32).max)
        self.spaces = {spline: self._space(spline) for spline in (HATS, CUBIC)}

    def cost_of_fit(self, engine, X):
        """Nothing is evaluated before rows are explained."""
        return Need()

    def cost(self, engine, X, *, effects=True):
        """What explaining rows needs, exactly; see :class:`Coalitions`."""
        need = self._need(engine, X)
        n_steps = _N_BATCHES if self._n_chosen() else 0
        calls = need.calls + n_steps * self._n_batches(engine, X)
        need = replace(need, calls=min(calls, need.rows))
        return need if effects else need + self.references.cost(engine, X)

    def fit_locally(self, engine, X, effects=None, size=None):
        """Fit the surrogates of rows; see :class:`Coalitions`."""
        if effects is None:
            effects = self.references.effects(engine, X)
        effects = effects.of_all or effects
        most = rows_within(engine.max_memory, self._bytes)
        for batch in gen_batches(n_rows(X), most):
            positions = np.arange(n_rows(X))[batch]
            blocks = split(take(X, positions), self.references.modalities)
            rows = [
                RowByItself(self, self._row_pieces(blocks, i), effects, position)
                for i, position in enumerate(positions)
            ]
            self._evaluate_rows(engine, blocks, rows)
            for row in rows:
                yield from row.fitted()

    def _evaluate_rows(self, engine, blocks, rows):
        """Evaluate hybrids that all rows have, then those that each row asks for."""
        random_state = np.random.RandomState(self.seed)
        n_chosen = self._n_chosen()
        n_first = self.most_coalitions - n_chosen
        first = self._hybrids(None, n_first, random_state)
        every, modalities = range(len(rows)), range(len(self.references.modalities))
        outputs = self._evaluate(engine, self._of_all_rows(first), blocks, every)
        for row, values in zip(rows, outputs, strict=True):
            row.add(first, values)
        n_left = 2 * len(self.varied) * n_chosen
        for n in np.diff(np.linspace(0, n_left, _N_BATCHES + 1).astype(int)):
            if not n:
                continue
            n_candidates = -(-max(_N_CANDIDATES, 2 * n) // (2 * len(self.varied)))
            seed = random_state.randint(np.iinfo(np.int32).max)
            for row in rows:
                drawn = np.random.RandomState(seed)
                row.choose(self._hybrids(row.hybrids, n_candidates, drawn), n)
            sources = [
                np.stack([row.hybrids.sources(m)[-n:] for row in rows])
                for m in modalities
            ]
            outputs = self._evaluate(engine, sources, blocks, every)
            for row, values in zip(rows, outputs, strict=True):
                row.add(row.hybrids, values)

    @property
    def observes_baseline(self):
        """Whether the mean output is known as a mean over the tuples themselves."""
        return self._tuples is not None and self.references.baseline_of_tuples

    @property
    def predicts_effects(self):
        """Whether surrogates tell the effects of rows, which few references do not."""
        return self._tuples is not None and self.pair is None

    @property
    def means(self):
        """Means that are observed of every row; see ``PieceSpace.means``."""
        return next(iter(self.spaces.values())).means

    @property
    def tuples(self):
        """References, and further rows that they are a sample of, where it helps."""
        return self._tuples or self.references.blocks

    @property
    def tells_effects(self):
        """Whether means over further rows are those that references estimate.

        What a modality that is not varied contributes is known of single references
        only.
        """
        references = self.references
        return (
            self.of_training
            and references.kind == "sample"
            and references.factor == 1
            and all(weighting.is_uniform for weighting in references.weightings)
            and len(self.varied) == len(references.modalities)
        )

    def _further_tuples(self, X, random_state):
        """A sample of the rows of `X`, whose modalities are combined at random."""
        rows = random_state.permutation(n_rows(X))[:_N_TUPLES]
        blocks = split(X, self.references.modalities)
        return [take(block, random_state.permutation(rows)) for block in blocks]

    def weighting(self, m):
        """That of the tuples which means of coefficients are over."""
        return self._weighting or super().weighting(m)

    def _n_chosen(self):
        """Coalitions of each modality in whose place hybrids are chosen."""
        n = self.most_coalitions // 2
        return n if 2 * len(self.varied) * n >= _LEAST_CHOSEN else 0

    def choose_outputs(self, chosen):
        """Nothing is kept by output."""

    def _hybrids(self, evaluated, n, random_state):
        """Hybrids with `n` coalitions of every modality, and the pieces of others."""
        modalities = range(len(self.sources.n_columns))
        every = np.arange(self.sources.n_tuples)
        rows = [len(every)] * len(modalities)
        if evaluated is None:
            tuples = [self.sources.of_tuples(m, every) for m in modalities]
            pieces = with_row(self.sources, tuples)
        else:
            pieces = evaluated.pieces
        return own_hybrids(self.sources, pieces, rows, n, random_state)

    def _splines(self):
        return list(self.spaces)


class RowByItself(ExplainedRow):
    """One explained row, with kernels that are tuned on its own hybrids.

    Attributes
    ----------
    hybrids : Hybrids
        Those evaluated, and further ones once they are chosen.
    surrogates : list of RowSurrogate
        For each output.
    """

    def __init__(self, *args):
        super().__init__(*args)
        self.best, self.kernels = {}, {}

    def add(self, hybrids, outputs):
        """Add the outputs of further hybrids, and fit anew; see ``ExplainedRow``."""
        self.hybrids = hybrids
        self.outputs = np.vstack([self.outputs, outputs])
        self.surrogates = list(map(self._surrogate, range(self.outputs.shape[1])))

    def choose(self, candidates, n):
        """Add the candidates that tell most of the coefficients to the hybrids.

        Of several outputs each has the same number of turns.
        """
        some = np.argsort(-self.outputs.std(axis=0), kind="stable")[:_MOST_ASKED]
        choices = [self._most_telling(self.surrogates[c], candidates, n) for c in some]
        in_turn = np.stack(choices, axis=1).ravel()
        _, first = np.unique(in_turn, return_index=True)
        chosen = in_turn[np.sort(first)[:n]]
        self.hybrids = self.hybrids.with_chosen(candidates, chosen)

    def fitted(self):
        """Yield the row's :class:`FittedModality` of every modality that is varied."""
        self.by_output = list(map(self._coefficients, self.surrogates))
        if self.family.predicts_effects:
            self.effects = self._effects()
            self.baseline, self.main = self.effects.baseline, self.effects.main
        return super().fitted()

    def _effects(self):
        """The row's effects over all tuples, by the surrogates of all outputs."""
        values, se, by_tuple = (
            np.stack(each, axis=-1)
            for each in zip(*(s.effects() for s in self.surrogates), strict=True)
        )
        errors = np.hypot(self._factor * se, self._error_over_references(0, by_tuple))
        return RowEffects(values[0], values[1:-1], errors[0], errors[1:-1], errors[-1])

    @property
    def _factor(self):
        return _FEW_FACTOR if len(self.hybrids) < _FEW else 1.0

    def _most_telling(self, surrogate, candidates, n):
        points, n_known = surrogate.points, len(self.hybrids)
        both = RowPoints(
            points.base, points.row, self.hybrids.with_more(candidates), points.pair
        )
        parts = [part for m in both.varied for part in both.operators(m)[:2]]
        operators = both.at_sites(np.vstack(parts))
        # the means that the decomposition gives come after all hybrids
        order = np.arange(operators.shape[1])
        is_candidate = (order > n_known) & (order < both.n_single)
        order = np.r_[order[~is_candidate], order[is_candidate]]
        return most_telling(
            both.own_covariance[np.ix_(order, order)],
            operators[:, order],
            np.count_nonzero(~is_candidate),
            n,
        )

    def _coefficients(self, surrogate):
        values = surrogate.coefficients()
        return {
            m: replace(each, se=self._factor * each.se) for m, each in values.items()
        }

    def _surrogate(self, c):
        """The better one of both kinds of splines; that of before, at the end."""
        outputs, family = self.outputs[:, c], self.family
        baseline, main = self.baseline[c], self.main[:, c]
        means = [baseline + (0 if m is None else main[m]) for m in family.means]
        every = []
        for spline in self._splines(c):
            row = self.pieces[spline]
            base = self._base(c, spline, outputs)
            fitted = base.of_row(row, self.hybrids, outputs, means, family.pair)
            every.append((fitted, spline))
        surrogate, self.best[c] = min(every, key=lambda pair: pair[0].missed)
        return surrogate

    def _splines(self, c):
        is_last = len(self.hybrids) == self.family.n_perturbations
        return [self.best[c]] if is_last and c in self.best else self.family.spaces

    def _base(self, c, spline, outputs):
        """A surrogate without shared points, whose kernel is tuned on some hybrids."""
        hybrids, row = self.hybrids, self.pieces[spline]
        space, n = self.family.spaces[spline], len(hybrids)
        n_tuning = _N_TUNING if n < self.family.n_perturbations else _N_TUNING_LAST
        some = spaced(n, n_tuning)
        modalities = range(len(row))
        points = [space.pieces(m, hybrids.sources(m)[some], row[m]) for m in modalities]
        start = self.kernels.get((c, spline))
        kernel = tuned_kernel(points, outputs[1 + some], start)
        self.kernels[c, spline] = kernel
        tuples = np.arange(space.sources.n_tuples)
        pieces = [space.sources.of_tuples(m, tuples) for m in modalities]
        nothing = np.empty(0, dtype=int)
        shared = Hybrids(pieces, np.empty((0, len(row)), int), nothing, nothing)
        main = {m: p.effects == "main" for m, p in self.family.varied.items()}
        scale = outputs.mean(), outputs.std()
        return OutputSurrogate(kernel, space, shared, np.empty(0), main, scale)
