"""How many draws a row will need, told from references whose columns are known."""

import math

import numpy as np

from skdime._references.landmarks import FIRST_LANDMARKS, next_draws, with_floor
from skdime._references.tolerance import AIM


def expected_draws(tables, operators, parts, of_references, tol):
    """Draws that are evaluated in the context of a row, if it is like references.

    Columns that were evaluated on all draws are treated as those of rows, with the
    errors that they have when they are completed without themselves, as
    :func:`~skdime._references.landmarks.completed_contexts` treats rows. No model row
    is needed.

    Parameters
    ----------
    tables : dict of int to ReferenceTable
        One for each modality that is perturbed, all with a completion.
    operators : dict of int to ndarray of shape (n_probes, n_features, n_samples)
        Coefficients of some references as rows are ``operator @ column``.
    parts : callable
        ``parts(output, unimodal)`` returns UC and MI, as :meth:`References.parts`.
    of_references : ndarray of shape (n_probes, n_outputs)
        Squared norm of the standard errors of coefficients because references are a
        sample.
    tol : Tolerance

    Returns
    -------
    draws : dict of int to float
        Mean over the probes.
    """
    probes = {m: _Probes(tables[m], operators[m], parts) for m in tables}
    sizes = with_floor(sum(each.sizes for each in probes.values()))
    allowed = tol.scaled(AIM).allowed(sizes, of_references)[1]
    n_landmarks = FIRST_LANDMARKS
    while any(each.goes_on(n_landmarks) for each in probes.values()):
        errors = {m: each.errors(n_landmarks) for m, each in probes.items()}
        wrong = sum(errors[m] + each.fixed for m, each in probes.items())
        for m, each in probes.items():
            enough = errors[m] <= allowed / (2 * len(probes))
            each.stop((enough | (wrong <= allowed)).all(axis=1), n_landmarks)
        n_landmarks *= 2
    return {m: float(each.draws.mean()) for m, each in probes.items()}


class _Probes:
    """References as rows, each beside a column that is known."""

    def __init__(self, table, operator, parts):
        self.table, self.operator = table, operator
        columns = table.completion.columns
        self.columns = np.arange(len(operator)) % columns.shape[2]
        outputs = np.moveaxis(columns[:, :, self.columns], (2, 1), (0, 1))
        whole = operator @ outputs
        unimodal = operator @ table.mean
        self.sizes = np.square(parts(whole, unimodal)).sum(axis=2)
        self.fixed = np.square(table.mean_error(operator).expected)
        # rows that no level is enough for go on to a later one or to the last
        self.n_samples = columns.shape[1]
        later = next_draws(2 * max(table.levels), self.n_samples)
        self.draws = np.full(len(operator), math.sqrt(later * self.n_samples))
        self.active = np.ones(len(operator), dtype=bool)

    def goes_on(self, n_landmarks):
        return self.active.any() and n_landmarks in self.table.levels

    def errors(self, n_landmarks):
        """Squared norms of the errors of completed columns, (n_probes, n_outputs)."""
        if next_draws(n_landmarks, self.n_samples) == self.n_samples:
            return np.zeros(self.fixed.shape)
        level = self.table.levels[n_landmarks]
        error = level.coefficient_error(self.operator, level.residuals[self.columns])
        return np.square(error.expected)

    def stop(self, accurate, n_landmarks):
        """Rows that are accurate evaluate no more draws."""
        draws = next_draws(n_landmarks, self.n_samples)
        self.draws[self.active & accurate] = draws
        self.active &= ~accurate
