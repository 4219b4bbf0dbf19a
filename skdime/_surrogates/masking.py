"""Local surrogates on masks of every row's own features: series, texts, images.

A row of a modality with d features is perturbed by masks, which keep some of them and
replace the others. A mask is evaluated with references in place of the other
modalities, which gives UC, and in the row's own context, which gives MI. Where all
masks in all contexts are few, or a shorter way than row by row makes them cheap, they
are evaluated. Otherwise pairs of a mask and its complement are, each in one context
(:mod:`skdime._references.nested_pairs`), twice as many until the errors of a Gaussian
process over masks and contexts are small (:mod:`skdime._surrogates.mask_surrogate`).
"""

from dataclasses import replace

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import Need, rows_within
from skdime._references.designs import all_pairs, drawn_pairs
from skdime._references.nested_pairs import pairs_for_all
from skdime._references.ways import Encoded
from skdime._rows.containers import cells, n_rows, row_bytes, take
from skdime._rows.modalities import split
from skdime._surrogates.contexts import ContextSpace
from skdime._surrogates.expected_masks import expected_hybrids
from skdime._surrogates.masked_hybrids import MaskedHybrids, contexts_of, outputs_of
from skdime._surrogates.masked_row import MaskedRow
from skdime._utils.names import telling_modality
from skdime._utils.spaced import spaced

# Rows that go on together: large calls, and few rows wait for the last to be accurate.
_MOST_ROWS = 64
# References that are masked to see whether all rows become the same.
_N_COMPARED = 3
# Rows whose features tell how many masks others have, at most.
_N_ASKED = 16
# Pairs at first, at least: from fewer, variances and errors cannot be told.
_FEWEST_PAIRS = 64


class Masking:
    """Masks of the features of rows, for some of the modalities.

    Parameters
    ----------
    references : References
    perturbers : dict of int to MaskPerturber
        Fitted, by position of the modality.
    n_samples : int
        Masks of a row, at most.
    tol : Tolerance
        Error of the coefficients relative to their size that may remain.
    exhaustive : bool
        Whether all masks are evaluated with all references.
    **options
        Parameters of other families.

    Attributes
    ----------
    seed : int
        Of all masks, after ``tabulate``.
    replaced : dict of int to dict
        For each modality outputs with all references where every feature is replaced,
        by what the row then holds.
    """

    def __init__(
        self, references, perturbers, *, n_samples, tol, exhaustive, **options
    ):
        self.references = references
        self.perturbers = perturbers
        self.n_samples = n_samples
        self.tol = tol
        self.exhaustive = exhaustive
        self.pair = None
        self.seed = None

    def cost_of_fit(self, engine, X):
        """What replaced rows need that may be the same for all rows, at most."""
        n = len(self.references)
        if n == 1:
            return Need()
        needs = [
            engine.need((1, n), row_bytes(X), cells={m: 1}) for m in self.perturbers
        ]
        return sum(needs, Need())

    def cost(self, engine, X, *, effects=True):
        """What explaining rows needs: exact if exhaustive, else the most there may be.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        effects : bool, default=True
            Not needed: it is what ``Coalitions.cost`` asks for.

        Returns
        -------
        need : Need
        """
        need, size = Need(), self._batch_size(engine, X)
        n_batches = -(-n_rows(X) // size)
        blocks = split(X, self.references.modalities)
        for m in self.perturbers:
            n_masked = self._n_hybrids(m, blocks[m])
            cells = {m: self._n_cells(engine, m, blocks[m])}
            part = engine.need((n_masked, 1), row_bytes(X), n_batches, cells=cells)
            if not self.exhaustive:
                part = part.until_accurate(n_rows(X) * self._first_rows, n_batches)
                # complete and replaced rows go first, in a call of their own
                part = replace(part, calls=min(part.calls + n_batches, part.rows))
                part = self._as_expected(engine, part, m, blocks[m])
            need += part
        n_outputs = n_rows(X) * len(self.references) * self.references.n_outputs
        n_bytes = 8 * len(self.perturbers) * n_outputs
        n_bytes += min(size, n_rows(X)) * self._context_bytes(X)
        return need + Need(table_bytes=int(n_bytes))

    @property
    def _first_rows(self):
        """Hybrids of a row before its error is first estimated, at most."""
        first = 2 * min(self._first_pairs, self._most_pairs)
        return first + len(self.references) + 1

    def _as_expected(self, engine, need, m, block):
        """What rows need, expected from how many features some of them have.

        Before ``fit``, which tells features, there are taken to be many.
        """
        numbers = [np.inf]
        if self.seed is not None:
            some = spaced(n_rows(block), _N_ASKED)
            hybrids = (self._hybrids(m, take(block, [i])) for i in some)
            numbers = [len(each.active) for each in hybrids]
        is_shared = bool(self.seed is not None and self.replaced[m])
        n_contexts = len(self.references) + 1
        n_whole = 1 if is_shared else n_contexts
        sizes = self.n_samples, self._first_pairs, n_contexts, n_whole
        n = np.mean([expected_hybrids(engine.way, d, *sizes) for d in numbers])
        return replace(need, expected_rows=min(round(n * n_rows(block)), need.rows))

    def _n_cells(self, engine, m, block):
        """Distinct masked cells of rows; contexts are encoded before."""
        most, n = max(self.n_samples, 2 * self._most_pairs) + 1, n_rows(block)
        if self.seed is None or engine.plan.encoder is None:
            return n * most
        hybrids = (self._hybrids(m, take(block, [i]), i) for i in range(n))
        return int(sum(min(most, 2.0 ** len(each.active)) for each in hybrids))

    def _n_hybrids(self, m, block):
        """Hybrids of masked rows, and of rows with every feature replaced."""
        n = n_rows(block)
        # of a pair the row's own context has references in the other modalities
        n_own = 1 if self.pair is None else len(self.references)
        n_contexts = len(self.references) + n_own
        if not self.exhaustive:
            return n * (2 * self._most_pairs + n_contexts)
        if self.seed is None:
            return n * (self.n_samples + 1) * n_contexts
        total = 0
        for i in range(n):
            hybrids = self._hybrids(m, take(block, [i]), i)
            if len(hybrids.active):
                masks, _ = self._grid_masks(m, len(hybrids.active))
                is_shared = hybrids.replaced_key in self.replaced[m]
                total += (2 * len(masks) + 1 - is_shared) * n_contexts + is_shared
                # the row itself in the contexts of a pair
                total += n_own * (self.pair is not None)
        return total

    def tabulate(self, engine, random_state, X):
        """Draw the seed of the masks; evaluate what all rows share."""
        self.seed = random_state.randint(np.iinfo(np.int32).max)
        self.replaced = {m: self._shared_replaced(engine, m) for m in self.perturbers}

    def sampling_error(self, engine):
        """0: how many masks a row takes is decided row by row."""
        return 0.0

    def choose_outputs(self, chosen):
        """Keep what belongs to some of the outputs, by position."""
        self.replaced = {
            m: {key: outputs[:, chosen] for key, outputs in by_key.items()}
            for m, by_key in self.replaced.items()
        }

    def fit_locally(self, engine, X, effects, size=None):
        """Fit the surrogates of UC and MI of every row and modality.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        effects : Effects
            Of the rows, with outputs by tuple.
        size : ndarray of shape (n_rows,), default=None
            Not needed: it is what ``Neighbourhood.fit_locally`` asks for.

        Yields
        ------
        fitted : FittedModality
        """
        for rows in gen_batches(n_rows(X), self._batch_size(engine, X)):
            positions = np.arange(n_rows(X))[rows]
            blocks = split(take(X, positions), self.references.modalities)
            states = [
                self._state(m, blocks, i, row)
                for i, row in enumerate(positions)
                for m in self.perturbers
            ]
            active = [state for state in states if len(state.hybrids.active)]
            self._evaluate_whole(engine, active, effects)
            nested = [s for s in active if not self._evaluate_grid(engine, s)]
            self._evaluate_pairs(engine, nested, blocks)
            for state in states:
                row, baseline = state.hybrids.row, self.references.baseline
                unimodal = baseline + effects.main[row].sum(axis=0)
                yield state.fitted(effects.output[row], unimodal)

    @property
    def n_perturbations(self):
        """Masks of a row, at most."""
        return self.n_samples

    @property
    def _most_pairs(self):
        """Pairs of a mask and its complement of a row, at most."""
        return max(self.n_samples // 2, 1)

    def _batch_size(self, engine, X):
        n_outputs = self.references.n_outputs
        # tables of pairs and contexts, and a few temporaries of their size
        n_numbers = self._most_pairs * (self._most_pairs + len(self.references))
        n_bytes = 8 * 4 * n_outputs * n_numbers * len(self.perturbers)
        n_bytes += self._context_bytes(X)
        return min(_MOST_ROWS, rows_within(engine.max_memory, n_bytes))

    def _context_bytes(self, X):
        """Bytes of what the other modalities hold in the contexts of a row."""
        n_own = 1 if self.pair is None else len(self.references)
        n_contexts = len(self.references) + n_own
        return len(self.perturbers) * n_contexts * row_bytes(X)

    # --- rows -----------------------------------------------------------------------

    def _state(self, m, blocks, i, row):
        """A row at its beginning: `i` in its batch, `row` among all."""
        contexts, *weights = contexts_of(self.references, m, blocks, i, self.pair)
        hybrids = self._hybrids(m, take(blocks[m], [i]), row, contexts)
        return MaskedRow(self.references, hybrids, i, *weights)

    def _hybrids(self, m, block, row=None, contexts=None):
        perturber, modalities = self.perturbers[m], self.references.modalities
        with telling_modality(modalities[m][0], row):
            cell = cells(block)[0]
            names = perturber.features(cell)
            inert = perturber.inert(cell) if names else np.empty(0, bool)
        active = np.flatnonzero(~inert)
        return MaskedHybrids(
            modalities, m, perturber, block, names, active, contexts, row
        )

    def _shared_replaced(self, engine, m):
        """Outputs of some references all replaced, by key, if they become the same."""
        block, n = self.references.blocks[m], len(self.references)
        some = spaced(n, _N_COMPARED)
        rows = [self._hybrids(m, take(block, [i])) for i in some]
        replaced = {r.replaced_key: r.replaced for r in rows if len(r.active)}
        if len(replaced) != 1 or n == 1:
            return {}
        ((key, row),) = replaced.items()
        return {key: self.references.outputs(engine.way((1, n)), {m: row})[0]}

    # --- outputs --------------------------------------------------------------------

    def _evaluate_whole(self, engine, states, effects):
        """Outputs of rows as they are, and with every feature replaced, by context."""
        by_state, jobs = [], []
        for state in states:
            hybrids, n = state.hybrids, len(self.references)
            way = engine.way((2, state.n_contexts))
            if not way.n_model_rows((2, state.n_contexts)):
                both = np.repeat([[True], [False]], len(hybrids.active), axis=1)
                state.whole = way.outputs(hybrids.grid(both))
                continue
            replaced = self.replaced[hybrids.m].get(hybrids.replaced_key)
            pieces = [*self._outputs_as_is(effects, hybrids), replaced, None]
            contexts = 2 * np.split(np.arange(state.n_contexts), [n])
            for i in np.flatnonzero([piece is None for piece in pieces]):
                row = hybrids.block if i < 2 else hybrids.replaced
                jobs.append(hybrids.repeated(row, contexts[i]))
            by_state.append((state, pieces))
        outputs = iter(self._outputs(engine, jobs))
        for state, pieces in by_state:
            full = [next(outputs) if piece is None else piece for piece in pieces]
            state.whole = np.vstack(full).reshape(2, state.n_contexts, -1)

    def _outputs_as_is(self, effects, hybrids):
        """Outputs with references, and in the row's own contexts, where evaluated."""
        outputs = (effects.of_all or effects).outputs_by_tuple
        of_row = {present: values[hybrids.row] for present, values in outputs.items()}
        if self.pair is None:
            return of_row.get((hybrids.m,)), effects.output[[hybrids.row]]
        return of_row.get((hybrids.m,)), of_row.get(tuple(sorted(self.pair)))

    def _evaluate_grid(self, engine, state):
        """Evaluate masks in all contexts if they are few or cheap; tell whether so."""
        n_active, n_contexts = len(state.hybrids.active), state.n_contexts
        masks, counts = self._grid_masks(state.hybrids.m, n_active)
        way = engine.way((2 * len(masks), n_contexts))
        n_rows = way.n_model_rows((2 * len(masks), n_contexts))
        most = self._most_pairs
        if counts is not None:
            most = min(most, self._first_pairs)
        if n_rows > 2 * most and not self.exhaustive:
            return False
        outputs = np.empty((2, 0, *state.whole.shape[1:]))
        if len(masks):
            both = np.vstack([masks, ~masks])
            parts = self._parts(engine, way, len(both), n_contexts)
            outputs = [way.outputs(state.hybrids.grid(both[some])) for some in parts]
            outputs = np.concatenate(outputs).reshape(2, len(masks), n_contexts, -1)
        state.fit_grid(masks, counts, outputs)
        return True

    def _grid_masks(self, m, n_active):
        """One mask of each pair, and how often it was drawn; None if these are all."""
        if 2**n_active <= max(self.n_samples, 2):
            return all_pairs(n_active), None
        effects = self.perturbers[m].effects
        return drawn_pairs(n_active, self._most_pairs, effects, self.seed)

    def _evaluate_pairs(self, engine, states, blocks):
        """Evaluate pairs until each row is accurate, by itself."""
        spaces = {m: ContextSpace(self.references, m) for m in self.perturbers}
        for state in states:
            space = spaces[state.hybrids.m]
            n_own = state.n_contexts - len(self.references)
            values = space.values(blocks, state.position, n_own, self.pair)
            seed = [self.seed, state.hybrids.m]
            state.start(values, seed, engine.plan.additive)
        n = min(self._first_pairs, self._most_pairs)
        while states:
            jobs = []
            for state in states:
                pairs = state.next_pairs(n)
                masks = np.vstack([pairs.masks, ~pairs.masks])
                jobs.append(state.hybrids.under(masks, np.tile(pairs.contexts, 2)))
            outputs = self._outputs(engine, jobs)
            for state, values in zip(states, outputs, strict=True):
                state.fit_pairs(values.reshape(2, -1, values.shape[1]))
            if n == self._most_pairs:
                return
            n = min(2 * n, self._most_pairs)
            states = [state for state in states if not state.is_accurate(self.tol)]

    @property
    def _first_pairs(self):
        """Pairs of which each reference gets one, if there are not many more."""
        return max(pairs_for_all(len(self.references)), _FEWEST_PAIRS)

    def _parts(self, engine, way, n, n_contexts):
        """Masks that are composed at a time: some, unless all take fewer rows."""
        if isinstance(way, Encoded):  # it would encode the contexts for each part
            return [slice(None)]
        parts = list(gen_batches(n, self._most_composed(engine)))
        sizes = [(part.stop - part.start, n_contexts) for part in parts]
        n_model_rows = sum(map(way.n_model_rows, sizes))
        if n_model_rows > way.n_model_rows((n, n_contexts)):
            return [slice(None)]
        return parts

    def _outputs(self, engine, jobs):
        return outputs_of(engine, jobs, self._most_composed(engine))

    def _most_composed(self, engine):
        n_bytes = 4 * row_bytes(self.references.rows) + 8
        return rows_within(engine.max_memory, n_bytes)
