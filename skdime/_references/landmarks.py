"""How many model rows a table or an explanation needs, decided by its error.

Two things are tabulated for a modality with S draws: the columns of the N references,
which give UC, once in ``fit``; and the column of every explained row, which gives MI.
Neither is evaluated in full. Some references are, the others and the explained rows
are completed from landmark draws (:mod:`skdime._references.completion`), and where the
estimated error of the coefficients is above the tolerance, more is evaluated, up to
everything.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from skdime._references.completion import Completion, choose_landmarks
from skdime._references.reference_table import (
    completed,
    joined_spread,
    no_error,
    spread_of,
)
from skdime._references.tolerance import AIM
from skdime._references.weighting import standard_error

# How much of a table is evaluated at first only moves the cost, because more is
# evaluated while the estimated error is too large; benchmarks/engine.py prints the rows
# that come of it, and the error beside `tol`.
# References evaluated on all draws at first; doubled while the error is too large.
_FIRST_EVALUATED = 12
# Landmark draws evaluated with every reference.
_TABLE_LANDMARKS = 64
# Landmark draws evaluated for an explained row at first, unless none of the references
# is accurate with so few; doubled as needed.
FIRST_LANDMARKS = 32
# Levels kept ready from `fit` on; later ones are made where a row needs them.
_READY = (32, 64, 128)


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
        the trend of further ones as in :class:`Completion`, and the operators of some
        rows, by which errors are judged: batches of them, each of shape (n_probes,
        n_features, n_samples).
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
    landmarks, rest = order[:n_landmarks], np.sort(order[n_landmarks:])
    at_landmarks = evaluate(landmarks, references[n_evaluated:])
    while True:
        completion = Completion(columns, trend, order, n_landmarks)
        columns = completion.by_draw  # the same ones; two copies would be large
        table, is_novel = completed(completion, references, at_landmarks, weighting)
        if table.is_exact or _is_accurate(table, probes, weighting, tol):
            return _with_levels(table, n_samples, weighting)
        # those of which the evaluated ones tell nothing come next
        first = np.argsort(~is_novel, kind="stable")
        references[n_evaluated:] = references[n_evaluated:][first]
        at_landmarks = at_landmarks[:, first]
        more = min(n_evaluated, n_references - n_evaluated)
        added = np.empty((n_samples, more, columns.shape[2]))
        added[rest] = evaluate(rest, references[n_evaluated : n_evaluated + more])
        added[landmarks] = at_landmarks[:, :more]
        columns = np.concatenate([columns, added], axis=1)
        at_landmarks, n_evaluated = at_landmarks[:, more:], n_evaluated + more
        # what the first columns did not show is what explained rows may do
        order = choose_landmarks(columns, trend, random_state)
        if n_evaluated < n_references:
            # those that references have outputs at remain the first
            is_landmark = np.isin(order, landmarks)
            order = np.concatenate([order[is_landmark], order[~is_landmark]])
            position = np.empty(n_samples, dtype=int)
            position[landmarks] = np.arange(n_landmarks)
            landmarks = order[:n_landmarks]
            at_landmarks = at_landmarks[position[landmarks]]


def _with_levels(table, n_samples, weighting):
    """A table with what explaining rows will use."""
    sizes = [size for size in _READY if next_draws(size, n_samples) == size]
    levels = {size: table.level(size) for size in sizes}
    left_out = 1e-24 if table.is_exact else 1e-6
    parts = [
        spread_of(table.values_of(outputs), weighting, left_out)
        for outputs in table.batches()
    ]
    return replace(table, spread=joined_spread(parts), levels=table.levels | levels)


def completed_contexts(
    evaluate,
    tables,
    operators,
    parts,
    of_tables,
    of_references,
    tol,
    first=FIRST_LANDMARKS,
):
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
    of_tables : dict of int to ndarray of shape (n_rows, n_outputs)
        Squared norms of what completing the tables brings to UC's coefficients.
    of_references : ndarray of shape (n_rows, n_outputs)
        Squared norm of the standard errors of coefficients because references are a
        sample.
    tol : Tolerance
        Error of a row's coefficients that may remain, for MI of every output.
    first : int, default=32
        Landmarks before which no row is expected to be accurate: fewer steps take less
        time, and what they complete is replaced.

    Returns
    -------
    outputs : list of ndarray of shape (n_rows, n_samples, n_outputs)
    errors : list of CompletionError
        What completing brings to the coefficients of the model's output.
    """
    contexts = [_Context(tables[m], operators[m], parts, of_tables[m]) for m in tables]
    n_landmarks = first
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

    def __init__(self, table, operator, parts, of_table):
        n_rows = operator.shape[0]
        n_samples, n_outputs = table.mean.shape
        self.table, self.operator = table, operator
        self.parts = parts
        self.unimodal = operator @ table.mean
        self.outputs = np.empty((n_rows, n_samples, n_outputs))
        self.error = no_error(operator, n_outputs)
        self.sizes = np.zeros((2, n_rows, n_outputs))
        # the table's own error is in UC, and with the opposite sign in MI
        self.fixed = of_table
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
    judged = [_judged(table, operators, weighting) for operators in probes]
    sizes, errors, wrong = (
        np.concatenate(part, axis=-2) for part in zip(*judged, strict=True)
    )
    allowed = tol.scaled(0.5).allowed(with_floor(sizes), errors)[0]
    return (np.median(wrong / allowed, axis=0) <= 1).all()


def _judged(table, operators, weighting):
    """Squared norms of coefficients of probes, batch by batch of outputs.

    Returns
    -------
    sizes : ndarray of shape (2, n_probes, n_outputs)
        Of UC and MI.
    errors : ndarray of shape (n_probes, n_outputs)
        Of UC's standard errors over references.
    wrong : ndarray of shape (n_probes, n_outputs)
        Of UC's errors of completion.
    """
    n_probes, n_features, n_samples = operators.shape
    parts = []
    for outputs in table.batches():
        values, some = table.values_of(outputs), table.of_outputs(outputs)
        products = operators.reshape(-1, n_samples) @ values.reshape(n_samples, -1)
        products = products.reshape(n_probes, n_features, *values.shape[1:])
        uc = operators @ some.mean
        mi = np.square(products - uc[:, :, None]).sum(axis=1).mean(axis=1)
        by_feature = weighting.residuals(products.reshape(-1, *values.shape[1:]))
        error = standard_error(by_feature, 1, weighting).reshape(uc.shape)
        parts.append(
            (
                np.stack([np.square(uc).sum(axis=1), mi]),
                np.square(error).sum(axis=1),
                np.square(some.mean_error(operators).expected),
            )
        )
    return tuple(np.concatenate(part, axis=-1) for part in zip(*parts, strict=True))


def with_floor(sizes):
    """Squared norms, of outputs that hardly vary no less than rounding leaves.

    Parameters
    ----------
    sizes : ndarray of shape (2, n_rows, n_outputs)
    """
    least = np.finfo(float).eps * sizes.max(axis=(0, 2), keepdims=True, initial=0)
    return np.maximum(np.maximum(sizes, least[0]), np.finfo(float).tiny)
