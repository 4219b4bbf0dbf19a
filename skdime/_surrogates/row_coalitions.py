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
from skdime._rows.containers import n_rows, take
from skdime._rows.modalities import split
from skdime._surrogates.coalitions import Coalitions
from skdime._surrogates.explained_row import ExplainedRow
from skdime._surrogates.kernel_tuning import tuned_kernel
from skdime._surrogates.output_surrogate import OutputSurrogate
from skdime.perturbers._bases import CUBIC, HATS

# Hybrids on which the kernel is tuned, at most.
_N_TUNING = 300
# Errors from fewer hybrids are this much larger than those of points left out tell,
# because the variances were tuned on the same points.
_FEW, _FEW_FACTOR = 500, 1.3


class RowCoalitions(Coalitions):
    """Surrogates of rows, each on hybrids of its own."""

    def tabulate(self, engine, random_state, X):
        """Draw the seed of the hybrids; the model is not evaluated."""
        self.sources = self._sources()
        self.seed = random_state.randint(np.iinfo(np.int32).max)
        self.spaces = {spline: self._space(spline) for spline in (HATS, CUBIC)}

    def cost_of_fit(self, engine, X):
        """Nothing is evaluated before rows are explained."""
        return Need()

    def cost(self, engine, X, *, effects=True):
        """What explaining rows needs, exactly; see :class:`Coalitions`."""
        need = super().cost(engine, X, effects=effects)
        return replace(need, expected_rows=need.rows, expected_encodings=need.encodings)

    def fit_locally(self, engine, X, effects=None, size=None):
        """Fit the surrogates of rows; see :class:`Coalitions`."""
        if effects is None:
            effects = self.references.effects(engine, X)
        effects = effects.of_all or effects
        hybrids = self._hybrids()
        most = rows_within(engine.max_memory, self._bytes)
        for batch in gen_batches(n_rows(X), most):
            positions = np.arange(n_rows(X))[batch]
            blocks = split(take(X, positions), self.references.modalities)
            every = np.arange(len(positions))
            outputs = self._evaluate(engine, hybrids, 0, blocks, every)
            for i, position in enumerate(positions):
                pieces = self._row_pieces(blocks, i)
                row = RowByItself(self, pieces, effects, position)
                row.add(hybrids, outputs[i])
                yield from row.fitted()

    def choose_outputs(self, chosen):
        """Nothing is kept by output."""

    def _hybrids(self):
        every = np.arange(self.sources.n_tuples)
        modalities = range(len(self.sources.n_columns))
        pieces = [self.sources.of_tuples(m, every) for m in modalities]
        rows = [len(each) for each in pieces]
        pieces = with_row(self.sources, pieces)
        random_state = np.random.RandomState(self.seed)
        n = self.most_coalitions
        return own_hybrids(self.sources, pieces, rows, n, random_state)

    def _splines(self):
        return list(self.spaces)


class RowByItself(ExplainedRow):
    """One explained row, with kernels that are tuned on its own hybrids."""

    def _explained(self, c, hybrids, conditional):
        family, outputs = self.family, self.outputs[:, c]
        rows = []
        for spline, space in family.spaces.items():
            surrogate = self._surrogate(space, self.pieces[spline], hybrids, outputs)
            some = hybrids, outputs, conditional, family.pair
            rows.append(surrogate.of_row(self.pieces[spline], *some))
        values = min(rows, key=lambda row: row.missed).coefficients()
        factor = _FEW_FACTOR if len(hybrids) < _FEW else 1.0
        return {m: replace(each, se=factor * each.se) for m, each in values.items()}

    def _surrogate(self, space, row, hybrids, outputs):
        """A surrogate without shared points, whose kernel is tuned on some hybrids."""
        some = np.linspace(0, len(hybrids) - 1, min(len(hybrids), _N_TUNING))
        some, modalities = some.astype(int), range(len(row))
        points = [space.pieces(m, hybrids.sources(m)[some], row[m]) for m in modalities]
        kernel = tuned_kernel(points, outputs[1 + some])
        tuples = np.arange(space.sources.n_tuples)
        pieces = [space.sources.of_tuples(m, tuples) for m in modalities]
        nothing = np.empty(0, dtype=int)
        shared = Hybrids(pieces, np.empty((0, len(row)), int), nothing, nothing)
        main = {m: p.effects == "main" for m, p in self.family.varied.items()}
        scale = outputs.mean(), outputs.std()
        return OutputSurrogate(kernel, space, shared, np.empty(0), main, scale)
