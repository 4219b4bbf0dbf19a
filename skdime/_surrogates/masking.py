"""Local surrogates on masks of every row's own features: series, texts, images.

A row x of a modality with d features is perturbed by masks that depend on d only. Of
every perturbed row the model's outputs are needed with references, which gives UC, and
in the row's own context, which gives MI. Not all masks are evaluated, and not with all
references: masks come in complete designs (:mod:`skdime._references.designs`),
references with weights that were learned in ``fit``
(:mod:`skdime._references.quadrature`). Each of the two errors that this brings is
estimated for every row, and while they are too large together, the larger is made
smaller by twice as many masks or references, up to all.
"""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import Need, rows_within
from skdime._references.designs import mask_sequence
from skdime._references.levels import probe_rows, quadrature_levels
from skdime._references.tolerance import AIM
from skdime._references.ways import Way
from skdime._rows.containers import cells, n_rows, row_bytes, stack, take
from skdime._rows.modalities import split
from skdime._surrogates.mask_fit import fit_masks
from skdime._surrogates.mask_state import MaskState
from skdime._utils.names import telling_modality

# Masks of a row that are evaluated at first, with one reference in its own context and
# with eight: they tell what is to be expected, not what is done.
_FIRST_MASKS = 64
# Rows that go on together: large calls, and few rows wait for the last to be accurate.
_MOST_ROWS = 64


class _Ways(NamedTuple):
    """How masks are evaluated: in the row's own context, and with references."""

    own: Way
    with_references: Way


class Masking:
    """Masks of the features of rows, for some of the modalities.

    Parameters
    ----------
    references : References
    perturbers : dict of int to MaskPerturber
        Fitted, by position of the modality.
    n_samples : int
        Masks of a row, at most.
    kernel_width, alpha : float or "auto"
        Of the surrogates.
    tol : float
        Error of the coefficients relative to their size that may remain.
    exhaustive : bool
        Whether all masks are evaluated with all references.
    """

    def __init__(
        self,
        references,
        perturbers,
        *,
        n_samples,
        kernel_width,
        alpha,
        tol,
        exhaustive,
    ):
        self.references = references
        self.perturbers = perturbers
        self.n_samples = n_samples
        self.kernel_width = kernel_width
        self.alpha = alpha
        self.tol = tol
        self.exhaustive = exhaustive
        self.pair = None
        self.seed = None

    def cost_of_fit(self, engine, X):
        """What learning which references stand for all needs, at most."""
        n_probes = 0 if self.exhaustive else probe_rows(len(self.references))
        # the probes are masked rows with every reference
        shape = self.n_samples, len(self.references)
        need = replace(engine.need(shape, row_bytes(X)), rows=n_probes)
        return sum(len(self.perturbers) * [need], Need())

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
        need, n_batches = Need(), -(-n_rows(X) // self._batch_size(engine))
        for m, block in enumerate(split(X, self.references.modalities)):
            if m in self.perturbers:
                n_masks = self._n_masks(m, block)
                for n_contexts in (self._n_own_contexts, len(self.references)):
                    shape = n_masks, n_contexts
                    part = engine.need(shape, row_bytes(X), n_batches)
                    if not self.exhaustive:
                        first = n_rows(block) * _FIRST_MASKS * min(n_contexts, 8)
                        part = part.until_accurate(first)
                    need += part
        return need

    def _n_masks(self, m, block):
        """Masks of some rows; only exhaustive explanations surely evaluate them all."""
        if not self.exhaustive or self.seed is None:
            return n_rows(block) * self.n_samples
        features = [self._features(m, cell, i) for i, cell in enumerate(cells(block))]
        return sum(len(self._masks_of(len(active))[0]) for _, active in features)

    def tabulate(self, engine, random_state, X):
        """Draw the seed of the masks, learn which references stand for all of them."""
        self.seed = random_state.randint(np.iinfo(np.int32).max)
        shape = self.n_samples, len(self.references)
        way = engine.way(shape)
        learns = not self.exhaustive and way.n_model_rows(shape) > sum(shape)
        self.levels = {
            m: quadrature_levels(
                self.references, way, m, perturber, self.seed, learns=learns
            )
            for m, perturber in self.perturbers.items()
        }

    def sampling_error(self):
        """0: how many masks a row takes is decided row by row."""
        return 0.0

    def choose_outputs(self, chosen):
        """Keep what belongs to some of the outputs, by position."""
        self.levels = {
            m: [level.of_outputs(chosen) for level in levels]
            for m, levels in self.levels.items()
        }

    def fit_locally(self, engine, X, effects=None, size=None):
        """Fit the surrogates of UC and MI of every row and modality.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        effects : named tuple, default=None
            ``output``, ``main``, ... of the rows; see ``Neighbourhood.fit_locally``.
        size : ndarray of shape (n_rows,), default=None
            Squared norm of the rows' coefficients of other modalities.

        Yields
        ------
        fitted : FittedModality
        """
        ways = self._ways(engine, n_rows(X))
        for rows in gen_batches(n_rows(X), self._batch_size(engine)):
            positions = np.arange(n_rows(X))[rows]
            blocks = split(take(X, positions), self.references.modalities)
            states = [
                self._state(m, i, row, blocks, effects)
                for i, row in enumerate(positions)
                for m in self.perturbers
            ]
            self._evaluate_until_accurate(ways, states, blocks, size)
            for state in states:
                yield state.result.fitted

    @property
    def _n_own_contexts(self):
        """Tuples that a row's own context has: of a pair the others are averaged."""
        return 1 if self.pair is None else len(self.references)

    def _ways(self, engine, n):
        """How masks of `n` rows are evaluated, in their own context and in others."""
        n_masks, n_references = n * self.n_samples, len(self.references)
        return _Ways(
            own=engine.way((n_masks, self._n_own_contexts)),
            with_references=engine.way((n_masks, n_references)),
        )

    def _state(self, m, i, row, blocks, effects):
        """A row at its beginning: `i` in its batch, `row` among all."""
        names, active = self._features(m, cells(take(blocks[m], [i]))[0], row)
        masks, sizes = self._masks_of(len(active))
        unimodal, value = None, np.full(2 * len(self.references.baseline), np.nan)
        if effects is not None:
            unimodal = self.references.baseline + effects.main[row].sum(axis=0)
            value = self._value(effects, row)
        return MaskState(
            modality=m,
            position=i,
            row=row,
            names=names,
            active=active,
            masks=masks,
            sizes=[sizes[-1]] if self.exhaustive else sizes,
            levels=self.levels[m],
            unimodal=unimodal,
            value=value,
        )

    def _features(self, m, cell, row):
        """Names of a row's features, and positions of those that change anything."""
        perturber = self.perturbers[m]
        with telling_modality(self.references.modalities[m][0], row):
            names = perturber.features(cell)
            inert = perturber.inert(cell) if names else np.empty(0, bool)
        return names, np.flatnonzero(~inert)

    def _masks_of(self, n_active):
        """Masks of so many features, and how many of them make complete designs."""
        if not n_active:
            return np.ones((0, 0), dtype=bool), [0]
        return _masks_for(n_active, self.n_samples, self.seed)

    def _value(self, effects, row):
        """UC and MI of a row, which surrogates without features reproduce."""
        unimodal = self.references.baseline + effects.main[row].sum(axis=0)
        return np.concatenate(self.references.parts(effects.output[row], unimodal))

    def _evaluate_until_accurate(self, ways, states, blocks, size):
        """Evaluate rows until each is accurate, all its modalities together."""
        active = states
        while active:
            self._advance(ways, active, blocks)
            for state in active:
                state.result = fit_masks(state, self)
            active = self._inaccurate(states, size)

    def _inaccurate(self, states, size):
        """The rows and modalities that are to go on, each a step further."""
        by_row = {}
        for state in states:
            by_row.setdefault(state.position, []).append(state)
        wanted = []
        for together in by_row.values():
            others = 0.0 if size is None else size[together[0].row]
            allowed = others + sum(s.result.squared_size() for s in together)
            allowed *= (AIM * self.tol) ** 2
            wrong = sum(s.result.squared_error() for s in together)
            if wrong > allowed:
                share = allowed / (2 * len(together))
                wanted += [
                    s for s in together if s.result.squared_error() > share and s.step()
                ]
        return wanted

    def _advance(self, ways, states, blocks):
        """Evaluate what every state asks for, in few large calls."""
        asked = {}
        for state in states:
            for rows, references in state.asked():
                key = state.modality, tuple(references)
                asked.setdefault(key, []).append((state, rows))
            if len(state.own_outputs) < state.own_size:
                rows = slice(len(state.own_outputs), state.own_size)
                asked.setdefault((state.modality, "own"), []).append((state, rows))
        for (m, references), jobs in asked.items():
            n_bytes = 4 * row_bytes(blocks[m]) + 8
            most = rows_within(ways.own.calls.max_memory, n_bytes)
            for some in _chunks(jobs, most):
                self._evaluate_jobs(ways, m, references, some, blocks)
        for state in states:
            state.settle()

    def _evaluate_jobs(self, ways, m, references, jobs, blocks):
        perturbed = stack([self._perturbed(s, rows, blocks) for s, rows in jobs])
        if references == "own":
            lengths = [rows.stop - rows.start for _, rows in jobs]
            positions = np.repeat([s.position for s, _ in jobs], lengths)
            context = [take(block, positions) for block in blocks]
            context[m] = perturbed
            outputs = self.references.in_context(ways.own, context, self.pair)
        else:
            outputs = self.references.outputs(
                ways.with_references, {m: perturbed}, np.array(references)
            )
        start = 0
        for state, rows in jobs:
            stop = start + rows.stop - rows.start
            state.receive(references, rows, outputs[start:stop])
            start = stop

    def _perturbed(self, state, rows, blocks):
        row = take(blocks[state.modality], [state.position])
        masks = np.ones((rows.stop - rows.start, len(state.names)), dtype=bool)
        masks[:, state.active] = state.masks[rows]
        name, _ = self.references.modalities[state.modality]
        with telling_modality(name, state.row):
            return self.perturbers[state.modality].perturb_row(row, masks)

    def _batch_size(self, engine):
        n_outputs = self.references.n_outputs
        numbers = self.n_samples * (len(self.references) + 1) * n_outputs
        row_bytes = 2 * 8 * numbers * len(self.perturbers)
        return min(_MOST_ROWS, rows_within(engine.max_memory, row_bytes))


def _chunks(jobs, most):
    """Jobs cut so that no chunk has more than `most` perturbed rows."""
    chunk, size = [], 0
    for state, rows in jobs:
        start = rows.start
        while start < rows.stop:
            stop = min(rows.stop, start + most - size)
            chunk.append((state, slice(start, stop)))
            size, start = size + stop - start, stop
            if size == most:
                yield chunk
                chunk, size = [], 0
    if chunk:
        yield chunk


@lru_cache(maxsize=32)
def _masks_for(n_features, n_samples, seed):
    """Rows with equally many features share their masks."""
    return mask_sequence(n_features, n_samples, seed)
