"""Local surrogates on draws that all rows share: what ``LocalExplainer`` computes.

``tabulate`` gives the outputs over all draws and references, from which UC's
coefficients of any row follow. ``fit_locally`` adds, for every explained row, the
outputs over the draws in its own context, and fits the surrogates of UC and MI.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import rows_within
from skdime._references.landmarks import (
    ReferenceTable,
    completed_contexts,
    completed_table,
    no_error,
    spread_of,
    worthwhile,
)
from skdime._rows.containers import n_rows, take
from skdime._rows.modalities import split
from skdime._surrogates.ridge import Fit, Surrogate, smallest_variation
from skdime._utils.rounding import SINGLE_PRECISION

# Variation of a part, relative to that of all outputs, that a completed table may make.
_COMPLETED = 1e-5
# Reference rows whose explanations decide how accurate a table must be.
_N_PROBES = 16


@dataclass(frozen=True)
class LocalFit:
    """Surrogates of a batch of rows for one modality; targets are UC, then MI.

    Attributes
    ----------
    rows : slice
        The rows.
    modality : int
        Position of the modality.
    surrogate : Surrogate
    fit : Fit
        Of UC and MI, for all outputs.
    smallest : ndarray of shape (n_rows, 2 * n_outputs)
        Variation of the targets below which it is rounding, or error of completion.
    error : ndarray of shape (n_rows, 2, n_outputs)
        Norm of the error of approximated coefficients, which few rows exceed.
    se_approximation : ndarray of shape (n_rows, n_features, 2 * n_outputs)
        Its part in each coefficient.
    spread : ndarray of shape (n_samples, n_directions, n_outputs)
        Directions in which outputs over the draws vary with the reference.
    n_references : int
        Number of references.
    factor : float
        Factor on MI.
    """

    rows: slice
    modality: int
    surrogate: Surrogate
    fit: Fit
    smallest: np.ndarray
    error: np.ndarray
    se_approximation: np.ndarray
    spread: np.ndarray
    n_references: int
    factor: float

    names = None

    @property
    def coef(self):
        return self.fit.coef

    @property
    def intercept(self):
        return self.fit.intercept

    @property
    def prediction(self):
        return self.fit.prediction

    @property
    def effective_samples(self):
        return self.surrogate.effective_samples

    def r2(self, *, left_out=False):
        return self.surrogate.r2(self.fit, self.smallest, left_out=left_out)

    def standard_errors(self):
        """Over references, over perturbations and from completion, shaped as `coef`."""
        return (
            np.tile(self._over_references(), 2),
            self.surrogate.standard_errors(self.fit),
            self.se_approximation + 0 * self.surrogate.operator[:, :, :1],
        )

    def _over_references(self):
        """Coefficients of UC are a mean of one set for each reference.

        Those of the model have none, so MI's standard errors are the same.
        """
        operator = self.surrogate.operator
        moved = operator @ self.spread.reshape(len(self.spread), -1)
        moved = moved.reshape(*operator.shape[:2], *self.spread.shape[1:])
        deviation = np.sqrt(np.square(moved).sum(axis=2))
        return self.factor * deviation / np.sqrt(self.n_references)


class Neighbourhood:
    """Draws of every modality, and the model's outputs over them.

    Parameters
    ----------
    references : References
    perturbers : dict of int to NeighbourhoodPerturber
        Fitted, by position of the modality.
    kernel_width, alpha : float or "auto"
        Of the surrogates.
    tol : float
        Error of approximated coefficients that may remain.
    """

    def __init__(self, references, perturbers, kernel_width, alpha, tol):
        self.references = references
        self.perturbers = perturbers
        self.kernel_width = kernel_width
        self.alpha = alpha
        self.tol = tol
        self.n_samples = max(n_rows(p.draws_) for p in perturbers.values())
        self.pair = None

    def tabulate(self, engine, random_state, *, exhaustive):
        """Outputs of every draw of every modality with every reference."""
        self.tables = {
            m: self._table(engine, m, random_state, exhaustive) for m in self.perturbers
        }

    def fit_locally(self, engine, X, effects=None):
        """Fit the surrogates of UC and MI, batch by batch and modality by modality.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        effects : named tuple, default=None
            ``output``, ``main``, ... of the rows. They give UC its constant, which
            coefficients and R2 do not need.

        Yields
        ------
        local : LocalFit
        """
        references = self.references
        way = self._context_way(engine, n_rows(X))
        for rows in gen_batches(n_rows(X), self._batch_size(engine, X)):
            blocks = split(take(X, np.arange(n_rows(X))[rows]), references.modalities)
            surrogates = {
                m: Surrogate(perturber.design(blocks[m], self.kernel_width, self.alpha))
                for m, perturber in self.perturbers.items()
            }
            contexts = self._contexts(way, blocks, surrogates)
            for m, outputs, whole in zip(self.perturbers, *contexts, strict=True):
                table, surrogate = self.tables[m], surrogates[m]
                unimodal = table.mean[None]
                if effects is not None:
                    others = effects.main[rows].sum(axis=1) - effects.main[rows, m]
                    unimodal = unimodal + others[:, None]
                targets = references.parts(outputs, unimodal)
                is_whole = table.completion is None
                resolution = SINGLE_PRECISION if is_whole else _COMPLETED
                uc = table.mean_error(surrogate.known_operator)
                yield LocalFit(
                    rows=rows,
                    modality=m,
                    surrogate=surrogate,
                    fit=surrogate.fit(np.concatenate(targets, axis=-1)),
                    smallest=smallest_variation(outputs, table.values, resolution),
                    error=np.stack([uc.bound, np.hypot(uc.bound, whole.bound)], axis=1),
                    se_approximation=np.concatenate(
                        [uc.se, np.hypot(uc.se, whole.se)], axis=-1
                    ),
                    spread=table.spread,
                    n_references=len(references),
                    factor=references.factor,
                )

    def sampling_error(self):
        """Standard error of coefficients over perturbations, relative to their size.

        Norms over all coefficients of a row; the largest error over some references
        as rows, whose contexts the tables hold, relative to their typical size.
        """
        wrong, size = 0.0, 0.0
        for m, table in self.tables.items():
            chosen = _spaced(table.values.shape[1])
            surrogate = self._surrogate_of(m, chosen)
            own = np.moveaxis(table.values[:, chosen], 1, 0)
            targets = self.references.parts(own, table.mean)
            fit = surrogate.fit(np.concatenate(targets, axis=-1))
            errors = np.nan_to_num(surrogate.standard_errors(fit))
            wrong = wrong + np.square(errors).sum(axis=(1, 2))
            size = size + np.square(np.nan_to_num(fit.coef)).sum(axis=(1, 2))
        return float(np.sqrt(wrong.max() / max(size.mean(), np.finfo(float).tiny)))

    def _surrogate_of(self, m, chosen):
        """The surrogates of some references as rows."""
        some = take(self.references.blocks[m], chosen)
        design = self.perturbers[m].design(some, self.kernel_width, self.alpha)
        return Surrogate(design)

    def _batch_size(self, engine, X):
        """Rows whose designs and outputs fit into the memory allowed."""
        n_outputs = len(self.references.baseline)
        numbers = numbers_per_draw(X.shape[1], n_outputs, len(self.perturbers))
        return rows_within(engine.max_memory, 8 * self.n_samples * numbers)

    def _table(self, engine, m, random_state, exhaustive):
        references, draws = self.references, self.perturbers[m].draws_
        size = self.n_samples, len(references)
        way = engine.way(size)

        def evaluate(some, chosen):
            return references.outputs(way, {m: take(draws, some)}, chosen)

        weighting = references.weightings[m]
        short = way.n_model_rows(size) <= sum(size)
        if exhaustive or short or not worthwhile(*size):
            mean, values, evaluated = references.conditional(way, {m: draws})
            if len(evaluated) < size[1]:
                weighting = weighting.of_some(len(evaluated))
            return ReferenceTable(values, size[1], mean, spread_of(values, weighting))
        return completed_table(
            evaluate,
            *size,
            regressors=self.perturbers[m].draw_features(),
            probes=self._surrogate_of(m, _spaced(size[1])).known_operator,
            tol=self.tol,
            random_state=random_state,
            weighting=weighting,
        )

    def _context_way(self, engine, n):
        """How the draws are evaluated in the contexts of `n` rows."""
        if self.pair is None:
            return engine.way((n, self.n_samples))
        return engine.way((n * self.n_samples, len(self.references)))

    def _contexts(self, way, blocks, surrogates):
        """Outputs over the draws in the context of each row, and their errors."""

        def evaluate(m, rows, chosen):
            drawn = take(self.perturbers[m].draws_, chosen)
            if self.pair is None:
                some = [take(block, rows) for block in blocks]
                return self.references.over_draws(way, some, m, drawn)
            along = np.repeat(rows, len(chosen))
            context = [take(block, along) for block in blocks]
            context[m] = take(drawn, np.tile(np.arange(len(chosen)), len(rows)))
            outputs = self.references.in_context(way, context, self.pair)
            return outputs.reshape(len(rows), len(chosen), -1)

        tables = {m: self.tables[m] for m in self.perturbers}
        if all(table.completion is not None for table in tables.values()):
            return completed_contexts(
                evaluate,
                tables,
                {m: surrogate.known_operator for m, surrogate in surrogates.items()},
                self.references.parts,
                self.tol,
            )
        rows, every = np.arange(n_rows(blocks[0])), np.arange(self.n_samples)
        outputs = [evaluate(m, rows, every) for m in self.perturbers]
        n_outputs = outputs[0].shape[2]
        return outputs, [no_error(s.operator, n_outputs) for s in surrogates.values()]


def _spaced(n):
    """Positions of some references; their order is the data's, which may be sorted."""
    return np.linspace(0, n - 1, min(_N_PROBES, n)).astype(int)


def numbers_per_draw(n_features, n_outputs, n_modalities):
    """Numbers that a row's surrogates hold for each perturbation, at most."""
    return 6 * n_features + 8 * n_outputs * n_modalities
