"""How many draws a row will need, told from references whose columns are known."""

import math

import numpy as np

from skdime._references.landmarks import FIRST_LANDMARKS, next_draws, with_floor
from skdime._references.tolerance import AIM


def expected_draws(tables, probes, parts, of_references, tol):
    """Draws that are evaluated in the context of a row, if it is like references.

    Columns of references that were evaluated at landmarks only are treated as those of
    rows, as :func:`~skdime._references.landmarks.completed_contexts` treats these. No
    model row is needed. Where all references were evaluated on all draws, their columns
    have the residuals that they have when they are completed without themselves.

    Parameters
    ----------
    tables : dict of int to ReferenceTable
        One for each modality that is perturbed, all with a completion.
    probes : dict of int to iterable of ndarray of shape (n, n_features, n_samples)
        Of some references as rows, batch by batch: their coefficients are
        ``operator @ column``.
    parts : callable
        ``parts(output, unimodal)`` returns UC and MI, as :meth:`References.parts`.
    of_references : callable
        ``of_references(m, operators)`` returns the squared norm of the standard errors
        of coefficients because references are a sample, (n, n_outputs).
    tol : Tolerance

    Returns
    -------
    draws : dict of int to float
        Mean over the probes.
    first : int
        Landmarks before which no probe is accurate.
    """
    probed = {m: _Probed(m, tables[m], probes[m], parts, of_references) for m in tables}
    sizes = with_floor(sum(each.sizes for each in probed.values()))
    error = sum(each.of_references for each in probed.values())
    allowed = tol.scaled(AIM).allowed(sizes, error)[1]
    n_landmarks, first = FIRST_LANDMARKS, None
    while any(each.goes_on(n_landmarks) for each in probed.values()):
        errors = {m: each.errors[n_landmarks] for m, each in probed.items()}
        wrong = sum(errors[m] + each.fixed for m, each in probed.items())
        for m, each in probed.items():
            enough = errors[m] <= allowed / (2 * len(probed))
            accurate = (enough | (wrong <= allowed)).all(axis=1)
            each.stop(accurate, n_landmarks)
            if first is None and accurate.any():
                first = n_landmarks
        n_landmarks *= 2
    draws = {m: float(each.draws.mean()) for m, each in probed.items()}
    return draws, n_landmarks if first is None else first


class _Probed:
    """References as rows, each beside a column that is known.

    Attributes
    ----------
    sizes : ndarray of shape (2, n_probes, n_outputs)
        Squared norms of coefficients of UC and MI.
    fixed : ndarray of shape (n_probes, n_outputs)
        Squared norms of the errors of UC.
    of_references : ndarray of shape (n_probes, n_outputs)
    errors : dict of int to ndarray of shape (n_probes, n_outputs)
        Squared norms of the errors of completed columns, by number of landmarks.
    draws : ndarray of shape (n_probes,)
    """

    def __init__(self, m, table, probes, parts, of_references):
        self.table, self.n_samples = table, len(table.mean)
        columns, residuals = _columns_of_rows(table)
        measured, n_probes = [], 0
        for operators in probes:
            some = np.arange(n_probes, n_probes + len(operators)) % len(columns)
            n_probes += len(operators)
            of_levels = [residuals[size][some] for size in table.levels]
            sizes, *others = self._measured(operators, columns[some], of_levels, parts)
            measured.append((sizes, of_references(m, operators), *others))
        self.sizes, self.of_references, self.fixed, *errors = (
            np.concatenate(part, axis=-2) for part in zip(*measured, strict=True)
        )
        self.errors = dict(zip(table.levels, errors, strict=True))
        # rows that no level is enough for go on to a later one or to the last
        later = next_draws(2 * max(table.levels), self.n_samples)
        self.draws = np.full(n_probes, math.sqrt(later * self.n_samples))
        self.active = np.ones(n_probes, dtype=bool)

    def _measured(self, operator, columns, residuals, parts):
        """Sizes, errors of UC, and those of completed columns level by level."""
        table = self.table
        sizes = np.square(parts(operator @ columns, operator @ table.mean)).sum(axis=2)
        fixed = np.square(table.mean_error(operator).expected)
        errors = [
            self._error(operator, n_landmarks, of_level, fixed)
            for n_landmarks, of_level in zip(table.levels, residuals, strict=True)
        ]
        return sizes, fixed, *errors

    def _error(self, operator, n_landmarks, residuals, fixed):
        if next_draws(n_landmarks, self.n_samples) == self.n_samples:
            return np.zeros_like(fixed)
        level = self.table.levels[n_landmarks]
        return np.square(level.coefficient_error(operator, residuals).expected)

    def goes_on(self, n_landmarks):
        return self.active.any() and n_landmarks in self.table.levels

    def stop(self, accurate, n_landmarks):
        """Rows that are accurate evaluate no more draws."""
        draws = next_draws(n_landmarks, self.n_samples)
        self.draws[self.active & accurate] = draws
        self.active &= ~accurate


def _columns_of_rows(table):
    """Columns like those of explained rows, and their residuals level by level.

    Returns
    -------
    columns : ndarray of shape (n_columns, n_samples, n_outputs)
    residuals : dict of int to ndarray of shape (n_columns, n_outputs)
        By number of landmarks. Beyond those of the table they shrink as the residuals
        of columns do that are completed without themselves.
    """
    if table.is_exact:
        columns = np.moveaxis(table.columns, 1, 0)
        return columns, {size: each.residuals for size, each in table.levels.items()}
    n_evaluated, residuals = len(table.at_landmarks), {}
    # unusual references come first
    mixed = np.random.RandomState(0).permutation(table.at_landmarks.shape[1])
    at_landmarks = np.swapaxes(table.at_landmarks, 0, 1)[mixed]
    columns, of_table = table.level(n_evaluated).complete(at_landmarks)
    usual = _usual(table.level(n_evaluated))
    for size, level in table.levels.items():
        if size <= n_evaluated:
            _, residuals[size] = level.complete(at_landmarks[:, :size])
        else:
            residuals[size] = of_table * np.divide(
                _usual(level), usual, out=np.ones_like(usual), where=usual > 0
            )
    return columns, residuals


def _usual(level):
    return np.sqrt(np.square(level.residuals).mean(axis=0))
