"""How many model rows a table or an explanation needs, decided by its error.

Two things are tabulated for a modality with S draws: the columns of the N references,
which give UC, once in ``fit``; and the column of every explained row, which gives MI.
Neither is evaluated in full. Some references are, the others and the explained rows
are completed from landmark draws (:mod:`skdime._references.completion`), and where the
estimated error of the coefficients is above the tolerance, more is evaluated, up to
everything.
"""

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from skdime._references.completion import Completion, CompletionError, choose_landmarks
from skdime._references.tolerance import AIM
from skdime._references.weighting import standard_error

# How much of a table is evaluated at first only moves the cost, because more is
# evaluated while the estimated error is too large; benchmarks/engine.py prints the rows
# that come of it, and the error beside `tol`.
# References evaluated on all draws at first; doubled while the error is too large.
_FIRST_EVALUATED = 12
# Landmark draws evaluated with every reference.
_TABLE_LANDMARKS = 64
# Landmark draws evaluated for an explained row at first; doubled as needed.
FIRST_LANDMARKS = 32
# Levels kept ready from `fit` on; later ones are made where a row needs them.
_READY = (32, 64, 128)
# Shares of a variance that the products of columns still tell from rounding.
_LEAST_SHARE = 1e-12


@dataclass(frozen=True)
class ReferenceTable:
    """Outputs over all draws and references, evaluated or completed.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_references, n_outputs)
    n_evaluated : int
        References that were evaluated on all draws.
    mean : ndarray of shape (n_samples, n_outputs)
        Mean over the references, which may be more than those in `values`.
    spread : ndarray of shape (n_samples, n_directions, n_outputs)
        Directions in which the columns of references vary about their mean: what
        they do to coefficients is what single references do.
    mean_residuals : ndarray of shape (1, n_outputs) or None
        Residual at the landmarks of what the completed columns are in the mean, which
        is completed like any column; None where nothing was completed.
    novel_residuals : ndarray of shape (1, n_outputs) or float
        Residuals of completed columns that are unlike any known one, added up with
        their weights in the mean.
    completion : Completion or None
        None where nothing is to be completed.
    levels : dict of int to CompletionLevel
        Completions from the usual numbers of landmarks.
    """

    values: np.ndarray
    n_evaluated: int
    mean: np.ndarray
    spread: np.ndarray | None
    mean_residuals: np.ndarray | None = None
    novel_residuals: np.ndarray | float = 0.0
    completion: Completion | None = None
    levels: dict = field(default_factory=dict)

    def level(self, n_landmarks):
        if n_landmarks in self.levels:
            return self.levels[n_landmarks]
        return self.completion.level(n_landmarks)

    def of_outputs(self, chosen):
        """The same for some of the outputs, by position."""
        last = ("values", "mean", "spread", "mean_residuals", "novel_residuals")
        arrays = {name: getattr(self, name) for name in last}
        some = {
            name: array if np.ndim(array) == 0 else array[..., chosen]
            for name, array in arrays.items()
            if array is not None
        }
        if self.completion is not None:
            some["completion"] = self.completion.of_outputs(chosen)
        levels = {size: level.of_outputs(chosen) for size, level in self.levels.items()}
        return replace(self, levels=levels, **some)

    def mean_error(self, operator):
        """Error of UC's coefficients."""
        if self.mean_residuals is None:
            return no_error(operator, self.values.shape[2])
        level = self.level(_TABLE_LANDMARKS)
        error = level.coefficient_error(operator, self.mean_residuals)
        novel = level.worst_error(operator, self.novel_residuals)
        return CompletionError(*map(np.add, error, novel))


def worthwhile(n_samples, n_references):
    """Whether completing a table of this size can save at least half of it."""
    return 2 * first_rows(n_samples, n_references) <= n_samples * n_references


def first_rows(n_samples, n_references):
    """Rows of a table that are evaluated before its error is first estimated."""
    n_evaluated = min(_FIRST_EVALUATED, n_references)
    n_landmarks = min(_TABLE_LANDMARKS, n_samples)
    return n_samples * n_evaluated + (n_references - n_evaluated) * n_landmarks


def next_draws(n_landmarks, n_samples):
    """Draws that are evaluated of a row at a step of so many landmarks."""
    # the last step may as well evaluate all that is left
    return n_samples if 2 * n_landmarks > n_samples else n_landmarks


def no_error(operator, n_outputs):
    """Of coefficients of columns that were evaluated in full."""
    n_rows, n_features, _ = operator.shape
    expected, bound = np.zeros((2, n_rows, n_outputs))
    return CompletionError(expected, bound, np.zeros((n_rows, n_features, n_outputs)))


def spread_of(values, weighting, left_out=1e-24):
    """Principal directions of the columns of a table, scaled to their deviations.

    Sums of squares over directions are variances over columns, as far as columns are a
    sample.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_columns, n_outputs)
    weighting : Weighting
        Of the columns; what it explains is left out.
    left_out : float, default=1e-24
        Share of the variance whose directions may be left out.

    Returns
    -------
    spread : ndarray of shape (n_samples, n_directions, n_outputs)
    """
    n_columns = values.shape[1]
    deviation = np.moveaxis(weighting.residuals(values), 2, 0)
    directions, variances = _principal(deviation, left_out)
    share = np.cumsum(variances[:, ::-1], axis=1)[:, ::-1]
    n_directions = max(1, int((share > left_out * share[:, :1]).sum(axis=1).max()))
    scale = weighting.finite_correction / np.sqrt(max(n_columns - 1, 1))
    return np.moveaxis(directions[:, :, :n_directions] * scale, 0, 2)


def _principal(deviation, left_out):
    """Principal directions of columns times their sizes, and the squared sizes."""
    if left_out < _LEAST_SHARE or deviation.shape[1] < deviation.shape[2]:
        directions, sizes, _ = np.linalg.svd(deviation, full_matrices=False)
        return directions * sizes[:, None], np.square(sizes)
    variances, vectors = np.linalg.eigh(np.swapaxes(deviation, 1, 2) @ deviation)
    variances = np.maximum(variances[:, ::-1], 0)
    return deviation @ vectors[:, :, ::-1], variances


def completed_table(
    evaluate, n_samples, n_references, describe, tol, random_state, weighting
):
    """As few draws and references as the tolerance allows, the rest completed.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(draws, references)`` returns the outputs on their grid, an array of
        shape (len(draws), len(references), n_outputs).
    n_samples, n_references : int
        Size of the table.
    describe : callable
        ``describe(columns)`` returns, from columns that were evaluated on all draws,
        the trend of further ones as in :class:`Completion`, and operators of some rows,
        by which errors are judged, of shape (n_probes, n_features, n_samples).
    tol : Tolerance
        Error of the coefficients that may remain.
    random_state : RandomState
        Chooses the references that are evaluated first, and landmarks.
    weighting : Weighting
        Of the references.
    """
    references = random_state.permutation(n_references)
    draws = np.arange(n_samples)
    n_evaluated = min(_FIRST_EVALUATED, n_references)
    columns = evaluate(draws, references[:n_evaluated])
    trend, probes = describe(columns)
    order = choose_landmarks(columns, trend, random_state)
    n_landmarks = min(_TABLE_LANDMARKS, n_samples)
    chosen, others = order[:n_landmarks], np.sort(order[n_landmarks:])
    at_landmarks = evaluate(chosen, references[n_evaluated:])
    while True:
        completion = Completion(columns, trend, order, n_landmarks)
        level = completion.level(n_landmarks)
        values = np.empty((n_samples, n_references, columns.shape[2]))
        values[:, references[:n_evaluated]] = columns
        completed, each = level.complete(np.swapaxes(at_landmarks, 0, 1))
        values[:, references[n_evaluated:]] = np.swapaxes(completed, 0, 1)
        residuals, weights = None, weighting.weights[references[n_evaluated:]]
        if n_evaluated < n_references:
            _, residuals = level.complete(level.combined(at_landmarks, weights))
        is_novel = level.is_novel(each)
        novel = (np.abs(weights) @ (each * is_novel))[None]
        mean, levels = weighting.mean(values), {n_landmarks: level}
        table = ReferenceTable(
            values, n_evaluated, mean, None, residuals, novel, completion, levels
        )
        if n_evaluated == n_references or _is_accurate(table, probes, weighting, tol):
            return _with_levels(table, n_samples, weighting)
        # those of which the evaluated ones tell nothing come next
        first = np.argsort(~is_novel.any(axis=1), kind="stable")
        references[n_evaluated:] = references[n_evaluated:][first]
        at_landmarks = at_landmarks[:, first]
        more = min(n_evaluated, n_references - n_evaluated)
        added = np.empty((n_samples, more, columns.shape[2]))
        added[others] = evaluate(others, references[n_evaluated : n_evaluated + more])
        added[chosen] = at_landmarks[:, :more]
        columns = np.concatenate([columns, added], axis=1)
        at_landmarks, n_evaluated = at_landmarks[:, more:], n_evaluated + more


def _with_levels(table, n_samples, weighting):
    """A table with what explaining rows will use."""
    sizes = [size for size in _READY if next_draws(size, n_samples) == size]
    levels = {size: table.level(size) for size in sizes}
    exact = table.n_evaluated == table.values.shape[1]
    spread = spread_of(table.values, weighting, left_out=1e-24 if exact else 1e-6)
    return replace(table, spread=spread, levels=table.levels | levels)


def completed_contexts(evaluate, tables, operators, parts, of_references, tol):
    """Outputs of explained rows over all draws, from as few of them as `tol` allows.

    Every row is judged by itself: what is evaluated for it does not depend on the
    other rows.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(m, rows, draws)`` returns the outputs of draws of modality m in the
        context of rows, an array of shape (len(rows), len(draws), n_outputs).
    tables : dict of int to ReferenceTable
        One for each modality that is perturbed.
    operators : dict of int to ndarray of shape (n_rows, n_features, n_samples)
        Of each of them; coefficients are ``operator @ column``.
    parts : callable
        ``parts(output, unimodal)`` returns UC and MI, as :meth:`References.parts`.
    of_references : ndarray of shape (n_rows, n_outputs)
        Squared norm of the standard errors of coefficients because references are a
        sample.
    tol : Tolerance
        Error of a row's coefficients that may remain, for MI of every output.

    Returns
    -------
    outputs : list of ndarray of shape (n_rows, n_samples, n_outputs)
    errors : list of CompletionError
        What completing brings to the coefficients of the model's output.
    """
    contexts = [_Context(tables[m], operators[m], parts) for m in tables]
    n_landmarks = FIRST_LANDMARKS
    while any(len(context.active) for context in contexts):
        for m, context in zip(tables, contexts, strict=True):
            context.advance(partial(evaluate, m), n_landmarks)
        sizes = with_floor(sum(context.sizes for context in contexts))
        allowed = tol.scaled(AIM).allowed(sizes, of_references)[1]
        wrong = sum(np.square(c.error.expected) + c.fixed for c in contexts)
        for context in contexts:
            context.keep_active(wrong > allowed, allowed / (2 * len(contexts)))
        n_landmarks *= 2
    return [c.outputs for c in contexts], [c.error for c in contexts]


class _Context:
    """The columns of explained rows for one modality, as far as they are evaluated."""

    def __init__(self, table, operator, parts):
        n_rows = operator.shape[0]
        n_samples, _, n_outputs = table.values.shape
        self.table, self.operator = table, operator
        self.parts = parts
        self.unimodal = operator @ table.mean
        self.outputs = np.empty((n_rows, n_samples, n_outputs))
        self.error = no_error(operator, n_outputs)
        self.sizes = np.zeros((2, n_rows, n_outputs))
        # the table's own error is in UC, and with the opposite sign in MI
        self.fixed = np.square(table.mean_error(operator).expected)
        self.active = np.arange(n_rows)
        self.n_evaluated = 0

    def advance(self, evaluate, n_landmarks):
        """Evaluate the active rows up to a number of landmarks, complete the rest."""
        rows, n_samples = self.active, self.outputs.shape[1]
        if not len(rows):
            return
        order = self.table.completion.order
        stop = next_draws(n_landmarks, n_samples)
        fresh = order[self.n_evaluated : stop]
        self.outputs[np.ix_(rows, fresh)] = evaluate(rows, fresh)
        self.n_evaluated = stop
        if stop < n_samples:
            level = self.table.level(stop)
            at_landmarks = self.outputs[np.ix_(rows, level.chosen)]
            self.outputs[rows], residuals = level.complete(at_landmarks)
            error = level.coefficient_error(self.operator[rows], residuals)
        else:
            error = no_error(self.operator[rows], self.outputs.shape[2])
        for total, part in zip(self.error, error, strict=True):
            total[rows] = part
        self._measure(rows)

    def keep_active(self, wanted, allowed):
        """Go on with the rows that are wanted and whose own error is not small."""
        large = np.square(self.error.expected) > allowed
        self.active = self.active[(wanted & large).any(axis=1)[self.active]]

    def _measure(self, rows):
        """Squared norm of the coefficients of UC and MI, of every output."""
        whole = self.operator[rows] @ self.outputs[rows]
        parts = self.parts(whole, self.unimodal[rows])
        self.sizes[:, rows] = np.square(parts).sum(axis=2)


def _is_accurate(table, probes, weighting, tol):
    """Whether UC's estimated error is within half the tolerance, for most probes.

    The references are the contexts in which the probes have an MI.
    """
    n_probes, n_features, n_samples = probes.shape
    products = probes.reshape(-1, n_samples) @ table.values.reshape(n_samples, -1)
    products = products.reshape(n_probes, n_features, *table.values.shape[1:])
    uc = probes @ table.mean
    mi = np.square(products - uc[:, :, None]).sum(axis=1).mean(axis=1)
    sizes = with_floor(np.stack([np.square(uc).sum(axis=1), mi]))
    by_feature = weighting.residuals(products.reshape(-1, *table.values.shape[1:]))
    error = standard_error(by_feature, 1, weighting).reshape(uc.shape)
    allowed = tol.scaled(0.5).allowed(sizes, np.square(error).sum(axis=1))[0]
    wrong = np.square(table.mean_error(probes).expected)
    return (np.median(wrong / allowed, axis=0) <= 1).all()


def with_floor(sizes):
    """Squared norms, of outputs that hardly vary no less than rounding leaves.

    Parameters
    ----------
    sizes : ndarray of shape (2, n_rows, n_outputs)
    """
    least = np.finfo(float).eps * sizes.max(axis=(0, 2), keepdims=True, initial=0)
    return np.maximum(np.maximum(sizes, least[0]), np.finfo(float).tiny)
