r"""Coefficients by a Gaussian process over the columns of all modalities.

What a row costs is a few hybrids of its own: some features of one modality as in the
row, the others drawn from the data, the other modalities as in the row or from
references. What all rows share is evaluated and tuned once, in ``fit``: hybrids of no
row, and of a few references in place of the row.
"""

from dataclasses import replace

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import rows_within
from skdime._references.hybrids import (
    Sources,
    own_hybrids,
    shared_hybrids,
    with_row,
)
from skdime._rows.containers import n_rows, row_bytes, stack, take
from skdime._rows.modalities import split
from skdime._surrogates.anova_kernel import Pieces
from skdime._surrogates.explained_row import ExplainedRow
from skdime._surrogates.joint_means import JointMeans
from skdime._surrogates.kernel_tuning import tuned_kernel
from skdime._surrogates.output_surrogate import OutputSurrogate
from skdime._surrogates.piece_space import PieceSpace
from skdime.perturbers._bases import CUBIC, HATS

# Points that all rows share: near references in place of a row, and near none. On the
# former the kernel is tuned, because on the latter what is structure near a row is
# tuned away as noise. Measured in benchmarks/coefficients.py.
_N_NEAR, _N_NEAR_ROWS, _N_RANDOM, _N_TUNING = 600, 12, 300, 300
# Coalitions of a row at first, for each modality; doubled as needed.
_FIRST_COALITIONS = 25


class Coalitions:
    """Hybrids of the modalities whose columns are varied, and surrogates on them.

    Parameters
    ----------
    references : References
    perturbers : dict of int to TabularPerturber
        Fitted, by position of the modality.
    n_samples : int
        Most hybrids of a row for each modality.
    tol : Tolerance
        Error of a row's coefficients, relative to their size, that may remain.
    **options
        Parameters of other families.

    Attributes
    ----------
    surrogates : list of (OutputSurrogate, Spline)
        For each output, after ``tabulate``.
    """

    def __init__(self, references, perturbers, *, n_samples, tol, **options):
        self.references = references
        # of a pair of modalities the former holds some only
        self.perturbers, self.varied = perturbers, perturbers
        self.tol, self.n_samples = tol, n_samples
        self.pair = None

    def tabulate(self, engine, random_state, X):
        """Evaluate the points that all rows share, and tune the kernels on them."""
        self.sources = self._sources()
        n_near = _coalitions_near_a_row(len(self.varied))
        shared = shared_hybrids(
            self.sources, n_near, _N_RANDOM, _N_NEAR_ROWS, random_state
        )
        self._rounds = self._drawn_rounds(shared.pieces, random_state)
        outputs = self._evaluate(engine, self._of_all_rows(shared))[0]
        spaces = {spline: self._space(spline) for spline in (HATS, CUBIC)}
        self.surrogates = []
        for values in outputs.T:
            fitted = [
                (self._surrogate(space, shared, values), spline)
                for spline, space in spaces.items()
            ]
            self.surrogates.append(max(fitted, key=lambda pair: pair[0].r2()))

    def choose_outputs(self, chosen):
        """Keep what belongs to some of the outputs, by position."""
        self.surrogates = [self.surrogates[c] for c in chosen]

    def fit_locally(self, engine, X, effects=None, size=None):
        """Fit the surrogates of rows, each by itself.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        effects : Effects, default=None
            Of the rows; evaluated if there are none.
        size : ndarray of shape (n_rows,), default=None
            Not needed: it is what ``Masking.fit_locally`` asks for.

        Yields
        ------
        fitted : FittedModality
        """
        if effects is None:
            effects = self.references.effects(engine, X)
        effects = effects.of_all or effects
        for batch in gen_batches(
            n_rows(X), rows_within(engine.max_memory, self._bytes)
        ):
            positions = np.arange(n_rows(X))[batch]
            blocks = split(take(X, positions), self.references.modalities)
            rows = [
                ExplainedRow(self, self._row_pieces(blocks, i), effects, position)
                for i, position in enumerate(positions)
            ]
            self._evaluate_rounds(engine, blocks, rows)
            for row in rows:
                yield from row.fitted()

    def cost_of_fit(self, engine, X):
        """What the shared points need."""
        n_varied = len(self.varied)
        near = 2 * _N_NEAR_ROWS * n_varied * _coalitions_near_a_row(n_varied)
        n = near + n_varied * -(-_N_RANDOM // n_varied)
        return engine.need((n, 1), row_bytes(X), cells=dict.fromkeys(self.varied, n))

    def cost(self, engine, X, *, effects=True):
        """What explaining rows needs, at most.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        effects : bool, default=True
            Whether ``fit_locally`` is given the effects of the rows.

        Returns
        -------
        need : Need
        """
        first = 2 * len(self.varied) * min(_FIRST_COALITIONS, self.most_coalitions)
        n_batches = self._n_batches(engine, X)
        need = self._need(engine, X).until_accurate(n_rows(X) * first, n_batches)
        if not effects:
            need += self.references.cost(engine, X)
        return need

    def _need(self, engine, X):
        """What the hybrids of rows need, all of them at once."""
        n = self.n_perturbations * n_rows(X)
        cells, n_batches = dict.fromkeys(self.varied, n), self._n_batches(engine, X)
        return engine.need((n, 1), row_bytes(X), n_batches, cells=cells)

    def _n_batches(self, engine, X):
        """Batches of rows whose tables fit into memory."""
        return -(-n_rows(X) // rows_within(engine.max_memory, self._bytes))

    def sampling_error(self, engine):
        """Not known before rows are explained; each goes on until it is small."""
        return 0.0

    @property
    def most_coalitions(self):
        """Coalitions of a row and modality; each is put into two contexts."""
        return max(self.n_samples // 2, 1)

    @property
    def n_perturbations(self):
        """Hybrids of a row, at most."""
        return 2 * len(self.varied) * self.most_coalitions

    def weighting(self, m):
        """That of the tuples which means of coefficients of m are over."""
        return self.references.weightings[m]

    @property
    def observes_baseline(self):
        """Whether the mean output is known as a mean over the tuples themselves."""
        return False

    @property
    def tuples(self):
        """For each modality what stands for it where it is absent, tuple by tuple."""
        return self.references.blocks

    @property
    def _bytes(self):
        """Bytes that the hybrids and tables of a row take."""
        n_points = self.n_perturbations
        return 8 * 2 * n_points * (n_points + _N_NEAR + _N_RANDOM)

    def _sources(self):
        n_modalities = len(self.references.modalities)
        features = {m: p.features_ for m, p in self.varied.items()}
        return Sources(
            [len(features.get(m, (0,))) for m in range(n_modalities)],
            features,
            min(n_rows(p.points_) for p in self.varied.values()),
            n_rows(self.tuples[0]),
        )

    def _drawn_rounds(self, pieces, random_state):
        """Hybrids of a row: twice as many in every round, with those of the last."""
        rows = [len(p) for p in pieces]
        pieces = with_row(self.sources, pieces)
        rounds, total = [], 0
        while total < self.most_coalitions:
            n = min(max(total, _FIRST_COALITIONS), self.most_coalitions - total)
            hybrids = own_hybrids(self.sources, pieces, rows, n, random_state)
            rounds.append(rounds[-1].with_more(hybrids) if rounds else hybrids)
            pieces, total = hybrids.pieces, total + n
        return rounds

    def _evaluate_rounds(self, engine, blocks, rows):
        """Evaluate hybrids of rows until each row's coefficients are accurate."""
        n_evaluated = 0
        for hybrids in self._rounds:
            pending = [i for i, row in enumerate(rows) if not row.is_accurate]
            if not pending:
                return
            sources = self._of_all_rows(hybrids, n_evaluated)
            outputs = self._evaluate(engine, sources, blocks, pending)
            n_evaluated = len(hybrids)
            for i, values in zip(pending, outputs, strict=True):
                rows[i].add(hybrids, values)

    def _of_all_rows(self, hybrids, start=0):
        """Sources of the columns of hybrids that all rows have, from `start` on."""
        modalities = range(len(self.references.modalities))
        return [hybrids.sources(m)[None, start:] for m in modalities]

    def _evaluate(self, engine, sources, blocks=None, rows=(0,)):
        """Outputs of hybrids.

        Parameters
        ----------
        engine : Engine
        sources : list of ndarray of int of shape (n_rows or 1, n_hybrids, n_columns)
            Of the columns of each modality.
        blocks : list of blocks, default=None
            Of the rows that hybrids belong to; None where they belong to none.
        rows : sequence of int of length n_rows
            Positions in the blocks.

        Returns
        -------
        outputs : ndarray of shape (n_rows, n_hybrids, n_outputs)
        """
        rows = np.asarray(rows)[:, None, None]
        n_before = 0 if blocks is None else n_rows(blocks[0])
        composed = []
        for m, tuples in enumerate(self.tuples):
            at = np.where(sources[m] == 0, rows, n_before - 1 + sources[m])
            at = at.reshape(-1, at.shape[2])
            before = [] if blocks is None else [blocks[m]]
            if m in self.varied:
                perturber = self.varied[m]
                every = stack([*before, perturber.points_, tuples])
                composed.append(perturber.recombined(every, at))
            else:
                # a modality that is not varied has no draws
                n_skipped = np.where(at >= n_before, self.sources.n_draws, 0)
                composed.append(take(stack([*before, tuples]), (at - n_skipped)[:, 0]))
        outputs = engine(composed)
        return outputs.reshape(len(rows), -1, outputs.shape[1])

    def _surrogate(self, space, hybrids, outputs):
        tuning = [
            space.pieces(m, hybrids.sources(m)[:_N_TUNING])
            for m in range(len(self.sources.n_columns))
        ]
        kernel = tuned_kernel(tuning, outputs[:_N_TUNING])
        main = {m: p.effects == "main" for m, p in self.varied.items()}
        return OutputSurrogate(kernel, space, hybrids, outputs, main)

    def _space(self, spline):
        n_draws, n_tuples = self.sources.n_draws, self.sources.n_tuples
        draws = [
            self._pieces(m, self.varied[m].points_, spline)
            if m in self.varied
            else _context(np.full(n_draws, -1), n_tuples)
            for m in range(len(self.sources.n_columns))
        ]
        tuples = [
            self._pieces(m, block, spline, np.arange(n_tuples))
            for m, block in enumerate(self.tuples)
        ]
        joint_means = [
            JointMeans(self.varied[m], spline) if m in self.varied else None
            for m in range(len(self.sources.n_columns))
        ]
        weights = np.array([w.weights for w in self.references.weightings])
        return PieceSpace(
            self.sources, draws, tuples, joint_means, weights, self.observes_baseline
        )

    def _row_pieces(self, blocks, position):
        """A row as the kernels see it: for each spline its piece of each modality."""
        row = [take(block, [position]) for block in blocks]
        context = np.array([self.sources.n_tuples])
        return {
            spline: [
                self._from_row(m, block, self._pieces(m, block, spline, context))
                for m, block in enumerate(row)
            ]
            for spline in self._splines()
        }

    def _splines(self):
        return {spline for _, spline in self.surrogates}

    def _from_row(self, m, block, piece):
        """A piece whose values may be peculiar to the row, where they may matter."""
        from_row = np.ones(piece.lines.shape, dtype=bool)
        if m in self.varied:
            from_row = self.varied[m].may_matter(block)
        return replace(piece, from_row=from_row)

    def _pieces(self, m, block, spline, contexts=None):
        """Rows as pieces; a modality that is not varied is told by its source only."""
        if m in self.varied:
            return Pieces(*self.varied[m].basis_functions(block, spline))
        return _context(contexts, self.sources.n_tuples)


def _coalitions_near_a_row(n_varied):
    return -(-_N_NEAR // (2 * _N_NEAR_ROWS * n_varied))


def _context(contexts, n_tuples):
    """Pieces of a modality that is not varied: one column, which tells the source.

    Parameters
    ----------
    contexts : ndarray of int
        Tuples, `n_tuples` for an explained row, -1 for neither.
    n_tuples : int

    Returns
    -------
    pieces : Pieces
    """
    indicators = (contexts[:, None] == np.arange(n_tuples + 1)).astype(float)
    return Pieces([indicators], np.zeros((len(contexts), 1)))
