"""Local surrogates on draws that all rows share: what ``LocalExplainer`` computes.

``tabulate`` gives the outputs over all draws and references, from which UC's
coefficients of any row follow. ``fit_locally`` adds, for every explained row, the
outputs over the draws in its own context, and fits the surrogates of UC and MI.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.calls import rows_within
from skdime._references.completion import CompletionError, linear_trend
from skdime._references.expected_draws import expected_draws
from skdime._references.landmarks import (
    FIRST_LANDMARKS,
    completed_contexts,
    completed_table,
    worthwhile,
)
from skdime._references.reference_table import (
    exact_table,
    no_error,
)
from skdime._references.weighting import standard_error
from skdime._rows.containers import n_rows, take
from skdime._rows.modalities import split
from skdime._surrogates.draw_kernel import DrawKernel
from skdime._surrogates.fitted import FittedModality
from skdime._surrogates.neighbourhood_cost import (
    N_PROBES,
    NeighbourhoodCost,
    surrogate_bytes,
)
from skdime._surrogates.probes import Probes
from skdime._surrogates.ridge import Surrogate, smallest_variation
from skdime._surrogates.unseen_combinations import rest_on_few
from skdime._utils.missing import nan_mean
from skdime._utils.rounding import SINGLE_PRECISION
from skdime._utils.spaced import spaced

# Variation of a part, relative to that of all outputs, that a completed table may make.
_COMPLETED = 1e-5


class ErrorsOfUC(NamedTuple):
    """What tables leave of the errors of UC's coefficients of some rows.

    Attributes
    ----------
    over_references : ndarray of shape (n_rows, n_features, n_outputs)
        Standard errors because they are means over references.
    of_table : CompletionError
        Because not all outputs were evaluated.
    """

    over_references: np.ndarray
    of_table: CompletionError

    @property
    def squared_over_references(self):
        """Squared norms over the features that have a coefficient."""
        return np.nansum(np.square(self.over_references), axis=1)


class ErrorsAtReferences(NamedTuple):
    """Mean square standard errors over some references as rows.

    In variances of the output over draws and references, means over outputs.

    Attributes
    ----------
    interaction : float
        Of the mean interaction of a draw with references.
    coef : float
    """

    interaction: float
    coef: float


class Neighbourhood(NeighbourhoodCost):
    """Draws of every modality, and the model's outputs over them.

    Parameters
    ----------
    references : References
    perturbers : dict of int to NeighbourhoodPerturber
        Fitted, by position of the modality.
    n_samples : int
        Draws of a modality, at most.
    kernel_width, alpha : float or "auto"
        Of the surrogates.
    tol : Tolerance
        Error of approximated coefficients that may remain.
    exhaustive : bool
        Whether all draws are evaluated with all references, and in every context.
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
        self.kernel_width = kernel_width
        self.alpha = alpha
        self.tol = tol
        self.exhaustive = exhaustive
        self.n_samples = n_samples
        self.expected_draws, self._first_draws = {}, FIRST_LANDMARKS
        self.pair = None

    def tabulate(self, engine, random_state, X):
        """Outputs of every draw of every modality with every reference."""
        self.kernels, self._probes, self.tables = {}, {}, {}
        for m in self.perturbers:
            self.tables[m] = self._table(engine, m, random_state)
        if self._are_completed:
            self.expected_draws, self._first_draws = expected_draws(
                self.tables,
                self._probes,
                self.references.parts,
                self._squared_error_over_references,
                self.tol,
            )
        del self._probes

    @property
    def _are_completed(self):
        return all(self.tables[m].completion is not None for m in self.perturbers)

    def resting_on_few(self):
        """Modalities of which few draws make most of what surrogates miss."""
        return [m for m in self.kernels if self._rests_on_few(m)]

    def _rests_on_few(self, m):
        factor, mean = self.kernels[m].factor, self.tables[m].mean
        unseen = factor.unseen
        has_levels = (
            unseen is not None and len(unseen.levels) == factor.numbers.shape[1]
        )
        # of steps few draws are missed by chance, and errors of columns of few values
        # know of what is unseen
        if factor.spline.degree == 1 or has_levels:
            return False
        squares = np.square(factor.left_out(mean))
        return rest_on_few(squares, mean.var(axis=0)).any()

    def choose_outputs(self, chosen):
        """Keep what belongs to some of the outputs, by position."""
        self.tables = {m: t.of_outputs(chosen) for m, t in self.tables.items()}

    def fit_locally(self, engine, X, effects=None, size=None):
        """Fit the surrogates of UC and MI, batch by batch and modality by modality.

        Parameters
        ----------
        engine : Engine
        X : container of rows
        effects : named tuple, default=None
            ``output``, ``main``, ... of the rows. They give UC its constant, which
            coefficients and R2 do not need.
        size : ndarray of shape (n_rows,), default=None
            Not needed: it is what ``Masking.fit_locally`` asks for.

        Yields
        ------
        fitted : FittedModality
        """
        references = self.references
        if effects is None and self.kernels:
            effects = references.effects(engine, X)
        for rows, _, surrogates, contexts in self.batches(engine, X):
            for m, outputs, *errors in zip(self.perturbers, *contexts, strict=True):
                unimodal, at_row = self.tables[m].mean[None], None
                if effects is not None:
                    main = effects.main[rows].sum(axis=1)
                    unimodal = unimodal + (main - effects.main[rows, m])[:, None]
                    at_row = references.parts(
                        effects.output[rows], references.baseline + main
                    )
                    at_row = np.concatenate(at_row, axis=-1)
                targets = references.parts(outputs, unimodal)
                fit = surrogates[m].fit(np.concatenate(targets, axis=-1), at_row)
                yield self._fitted(rows, m, surrogates[m], fit, outputs, *errors)

    def batches(self, engine, X):
        """Rows by batches that fit into memory, with what the model makes of them.

        Yields
        ------
        rows : slice
        blocks : list of blocks
            Of these rows, by modality.
        surrogates : dict of int to Surrogate or BentSurrogate
            By modality that is perturbed.
        contexts : (list of ndarray, list of CompletionError, list of ErrorsOfUC)
            For each of these the outputs over its draws in the context of each row, of
            shape (n_rows, n_samples, n_outputs), their errors, and those of UC.
        """
        way = self._context_way(engine, n_rows(X))
        for rows in gen_batches(n_rows(X), self._batch_size(engine, X, self.n_draws)):
            some = take(X, np.arange(n_rows(X))[rows])
            blocks = split(some, self.references.modalities)
            surrogates = {m: self._surrogate(m, blocks[m]) for m in self.perturbers}
            yield rows, blocks, surrogates, self._contexts(way, blocks, surrogates)

    def _fitted(self, rows, m, surrogate, fit, outputs, context_error, errors_of_uc):
        """The surrogates of rows for a modality, and their errors.

        Parameters
        ----------
        rows : slice
        m : int
        surrogate : Surrogate or BentSurrogate
        fit : Fit
            Of UC and MI.
        outputs : ndarray of shape (n_rows, n_samples, n_outputs)
            Over the draws in the context of each row.
        context_error : CompletionError
            Of the coefficients of the outputs.
        errors_of_uc : ErrorsOfUC
        """
        table = self.tables[m]
        resolution = SINGLE_PRECISION if table.completion is None else _COMPLETED
        least = smallest_variation(outputs, table.variation, resolution)
        uc = errors_of_uc.of_table
        # the error of MI is that of the outputs and that of UC, which are independent
        se = uc.se, np.hypot(uc.se, context_error.se)
        bound = uc.bound, np.hypot(uc.bound, context_error.bound)
        # coefficients that are nan have no error
        unknown = 0 * surrogate.operator[:, :, :1]
        return FittedModality(
            rows=rows,
            modality=m,
            names=None,
            coef=fit.coef,
            # coefficients of the model have no such error: MI's are those of UC
            se_references=np.tile(errors_of_uc.over_references, 2),
            se_perturbations=surrogate.standard_errors(fit),
            se_approximation=np.concatenate(se, axis=-1) + unknown,
            error=np.concatenate(bound, axis=-1),
            intercept=fit.intercept,
            prediction=fit.prediction,
            r2=surrogate.r2(fit, least),
            measure_left_out=partial(surrogate.r2, fit, least, left_out=True),
            least_variation=least,
            effective_samples=surrogate.effective_samples,
            slopes=fit.slopes,
            average=surrogate.average,
            predictor=partial(surrogate.predict, fit) if m in self.kernels else None,
        )

    def _error_over_references(self, operator, table):
        """Standard errors because UC's coefficients are a mean over references."""
        products = operator @ table.spread.reshape(len(table.spread), -1)
        products = products.reshape(*operator.shape[:2], *table.spread.shape[1:])
        deviation = np.sqrt(np.square(products).sum(axis=2))
        return self.references.factor * deviation / np.sqrt(len(self.references))

    def _errors_of_uc(self, m, surrogate):
        return ErrorsOfUC(
            self._error_over_references(surrogate.operator, self.tables[m]),
            self.tables[m].mean_error(surrogate.known_operator),
        )

    def _squared_error_over_references(self, m, operator):
        """Squared norm of these standard errors, shape (n_rows, n_outputs)."""
        error = self._error_over_references(operator, self.tables[m])
        return np.square(error).sum(axis=1)

    @property
    def n_perturbations(self):
        """Perturbations of a row and modality, at most."""
        return self.n_samples

    def errors_at_references(self):
        """Errors of some references as rows, from what `tabulate` has evaluated.

        Returns
        -------
        errors : list of ErrorsAtReferences
            One for each modality.
        """
        return [self._errors_at_references(m) for m in self.tables]

    def _errors_at_references(self, m):
        table, chosen = self.tables[m], spaced(self.tables[m].n_references, N_PROBES)
        block = take(self.references.blocks[m], chosen)
        surrogate = self._surrogate(m, block)
        by_output = [
            self._mean_squares(m, surrogate, chosen, outputs)
            for outputs in table.batches()
        ]
        means = np.concatenate(by_output, axis=-1).mean(axis=1)
        return ErrorsAtReferences(*means)

    def _mean_squares(self, m, surrogate, chosen, outputs):
        """Those of some outputs, of shape (2, n_outputs)."""
        references, table = self.references, self.tables[m].of_outputs(outputs)
        values, weighting = table.values, references.weightings[m]
        own = np.moveaxis(values[:, chosen], 1, 0)
        targets = references.parts(own, table.mean)
        fit = surrogate.fit(np.concatenate(targets, axis=-1))
        if m in self.kernels:  # rows are points that are not evaluated here
            fit = surrogate.with_expected_miss(fit)
        of_coef = np.square(surrogate.standard_errors(fit))
        over_references = self._error_over_references(surrogate.operator, table)
        of_coef += np.square(np.tile(over_references, 2))
        of_coef = nan_mean(of_coef.reshape(-1, of_coef.shape[2])).reshape(2, -1)
        # what a draw does with a reference, beside what both do by themselves
        interaction = weighting.residuals(values - values.mean(axis=0))
        of_mean = np.square(standard_error(interaction, 1, weighting)).mean(axis=0)
        variance = values.var(axis=(0, 1))
        scale = np.where(variance > 0, variance, np.inf)
        return np.stack([of_mean, of_coef.mean(axis=0)]) / scale

    def sampling_error(self, engine):
        """Standard error of coefficients over perturbations, relative to their size.

        Norms over all coefficients of a row; the largest error over some references
        as rows, whose contexts the tables hold, relative to their average size. Where
        surrogates bend, a row is one more point, for which it is evaluated here.

        Parameters
        ----------
        engine : Engine
        """
        wrong, size, references = 0.0, 0.0, self.references
        for m, table in self.tables.items():
            chosen = spaced(table.n_references, N_PROBES)
            surrogate = self._surrogate(m, take(references.blocks[m], chosen))
            own = np.moveaxis(table.values[:, chosen], 1, 0)
            targets = references.parts(own, table.mean)
            at_row = self._at_references(engine, m, chosen)
            fit = surrogate.fit(np.concatenate(targets, axis=-1), at_row)
            errors = np.nan_to_num(surrogate.standard_errors(fit))
            wrong = wrong + np.square(errors).sum(axis=(1, 2))
            size = size + np.square(np.nan_to_num(fit.coef)).sum(axis=(1, 2))
        return float(np.sqrt(wrong.max() / max(size.mean(), np.finfo(float).tiny)))

    def _at_references(self, engine, m, chosen):
        """UC and MI of references as rows; None where rows join no surrogate."""
        if m not in self.kernels:
            return None
        references = self.references
        blocks = [take(block, chosen) for block in references.blocks]
        output = references.in_context(engine.way((len(chosen), 1)), blocks)
        way = engine.way((len(chosen), len(references)))
        unimodal = references.in_context(way, blocks, (m,))
        return np.concatenate(references.parts(output, unimodal), axis=-1)

    def _surrogate(self, m, block):
        """The surrogates of rows, which bend where the modality has a kernel."""
        if m in self.kernels:
            return self.kernels[m].surrogate(block)
        design = self.perturbers[m].design(block, self.kernel_width, self.alpha)
        return Surrogate(design)

    def _describe(self, m, max_memory, columns):
        """The trend of columns, and some references as rows."""
        perturber = self.perturbers[m]
        if perturber.varies_columns:
            self.kernels[m] = DrawKernel(perturber, columns)
            trend = self.kernels[m].directions()
        else:
            trend = linear_trend(perturber.draw_features())
        some = spaced(len(self.references), N_PROBES)
        block = take(self.references.blocks[m], some)

        def operator_of(rows):
            return self._surrogate(m, take(block, np.r_[rows])).known_operator

        stored = self.stored_bytes + sum(p.n_bytes for p in self._probes.values())
        max_memory = max(max_memory - stored, max_memory // 4)
        # designs take several times as much as the operators that remain of them
        n_bytes = surrogate_bytes(self.references, block, self.n_draws)
        self._probes[m] = Probes(
            operator_of,
            len(some),
            8 * len(some) * block.shape[1] * self.n_draws,
            rows_within(max_memory, n_bytes),
            max_memory,
        )
        return trend, self._probes[m]

    def _table(self, engine, m, random_state):
        references, draws = self.references, self.perturbers[m].points_
        size = self.n_draws, len(references)
        way = engine.way(size)

        def evaluate(some, chosen):
            return references.outputs(way, {m: take(draws, some)}, chosen)

        weighting = references.weightings[m]
        short = way.n_model_rows(size) <= sum(size)
        if self.exhaustive or short or not worthwhile(*size):
            mean, values, evaluated = references.conditional(way, {m: draws})
            if len(evaluated) < size[1]:
                weighting = weighting.of_some(len(evaluated))
            self._describe(m, engine.max_memory, values)
            fit = references.additive_fit
            if fit is None:
                return exact_table(values, mean, weighting)
            return exact_table(values, mean, weighting, fit.spread(m, draws, values))
        return completed_table(
            evaluate,
            *size,
            describe=partial(self._describe, m, engine.max_memory),
            tol=self.tol,
            random_state=random_state,
            weighting=weighting,
        )

    def _context_way(self, engine, n):
        """How the draws are evaluated in the contexts of `n` rows."""
        return engine.way(self._context_shape(n, self.n_draws))

    def _contexts(self, way, blocks, surrogates):
        """Outputs over the draws in the context of each row, and errors."""

        def evaluate(m, rows, chosen):
            drawn = take(self.perturbers[m].points_, chosen)
            if self.pair is None:
                some = [take(block, rows) for block in blocks]
                return self.references.over_draws(way, some, m, drawn)
            along = np.repeat(rows, len(chosen))
            context = [take(block, along) for block in blocks]
            context[m] = take(drawn, np.tile(np.arange(len(chosen)), len(rows)))
            outputs = self.references.in_context(way, context, self.pair)
            return outputs.reshape(len(rows), len(chosen), -1)

        errors_of_uc = {
            m: self._errors_of_uc(m, surrogate) for m, surrogate in surrogates.items()
        }
        if self._are_completed:
            outputs, errors = completed_contexts(
                evaluate,
                {m: self.tables[m] for m in self.perturbers},
                {m: s.known_operator for m, s in surrogates.items()},
                self.references.parts,
                {m: np.square(e.of_table.expected) for m, e in errors_of_uc.items()},
                sum(e.squared_over_references for e in errors_of_uc.values()),
                self.tol,
                self._first_draws,
            )
        else:
            rows, every = np.arange(n_rows(blocks[0])), np.arange(self.n_draws)
            outputs = [evaluate(m, rows, every) for m in self.perturbers]
            n_outputs = outputs[0].shape[2]
            errors = [no_error(s.operator, n_outputs) for s in surrogates.values()]
        return outputs, errors, list(errors_of_uc.values())
