"""Outputs over draws and references: some evaluated on all draws, others completed."""

from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.utils import gen_batches

from skdime._references.completion import Completion, CompletionError, is_every

# Shares of a variance that the products of columns still tell from rounding.
_LEAST_SHARE = 1e-12
# Numbers of a table that are in memory at once where it is completed.
TOGETHER = 2**20
# Numbers that a table stores for an output with a reference and a draw, at most: the
# output, the spread, and errors with each of the usual numbers of landmarks.
STORED_PER_OUTPUT = 5


@dataclass(frozen=True)
class ReferenceTable:
    """What outputs over all draws and references come to.

    Of references that were evaluated on landmarks only, just this is stored:
    completed, many outputs would take gigabytes.

    Attributes
    ----------
    columns : ndarray of shape (n_samples, n_evaluated, n_outputs)
        Outputs with the references that were evaluated on all draws.
    mean : ndarray of shape (n_samples, n_outputs)
        Mean over the references, which may be more than those in `columns`.
    variation : ndarray of shape (n_outputs,)
        The largest output over draws and references less the smallest.
    spread : ndarray of shape (n_samples, n_directions, n_outputs)
        Directions in which the columns of references vary about their mean: what
        they do to coefficients is what single references do.
    references : ndarray of int of shape (n_references,) or None
        Positions of the references, those of `columns` first; None if these are all.
    at_landmarks : ndarray of shape (n_landmarks, n_references - n_evaluated, n_outputs)
        Outputs with the others; None if there are none.
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

    columns: np.ndarray
    mean: np.ndarray
    variation: np.ndarray
    spread: np.ndarray | None = None
    references: np.ndarray | None = None
    at_landmarks: np.ndarray | None = None
    mean_residuals: np.ndarray | None = None
    novel_residuals: np.ndarray | float = 0.0
    completion: Completion | None = None
    levels: dict = field(default_factory=dict)

    @property
    def n_outputs(self):
        return self.columns.shape[2]

    @property
    def n_references(self):
        n_columns = self.columns.shape[1]
        return n_columns if self.references is None else len(self.references)

    @property
    def n_bytes(self):
        """Bytes that the table takes."""
        arrays = self.columns, self.mean, self.spread, self.at_landmarks
        stored = sum(array.nbytes for array in arrays if array is not None)
        return stored + sum(level.n_bytes for level in self.levels.values())

    @property
    def is_exact(self):
        """Whether all references were evaluated on all draws."""
        return self.columns.shape[1] == self.n_references

    @property
    def values(self):
        """All outputs, ndarray of shape (n_samples, n_references, n_outputs)."""
        return self.values_of(slice(None))

    def values_of(self, outputs):
        """All of some outputs, ndarray of shape (n_samples, n_references, n)."""
        columns = self.columns[..., outputs]
        completed = None if self.is_exact else self.completed(outputs)[0]
        return self._in_order(columns, completed)

    def completed(self, outputs):
        """Of other references all of some outputs, and their residuals.

        Returns
        -------
        completed : ndarray of shape (n_others, n_samples, n)
        residuals : ndarray of shape (n_others, n)
        """
        level = self.level(len(self.at_landmarks)).of_outputs(outputs)
        return level.complete(np.swapaxes(self.at_landmarks[..., outputs], 0, 1))

    def batches(self):
        """Outputs whose values are in memory at once, a list of slice."""
        size = len(self.columns) * self.n_references
        return list(gen_batches(self.n_outputs, max(1, TOGETHER // size)))

    def _in_order(self, columns, completed):
        if self.references is None:
            return columns
        n_samples, n_evaluated, n_outputs = columns.shape
        values = np.empty((n_samples, len(self.references), n_outputs))
        values[:, self.references[:n_evaluated]] = columns
        if completed is not None:
            values[:, self.references[n_evaluated:]] = np.swapaxes(completed, 0, 1)
        return values

    def level(self, n_landmarks):
        if n_landmarks in self.levels:
            return self.levels[n_landmarks]
        return self.completion.level(n_landmarks)

    def of_outputs(self, chosen):
        """The same for some of the outputs, by position."""
        if is_every(chosen, self.n_outputs):
            return self
        last = ("columns", "mean", "variation", "spread", "at_landmarks")
        last += ("mean_residuals", "novel_residuals")
        arrays = {name: getattr(self, name) for name in last}
        some = {
            name: array if np.ndim(array) == 0 else array[..., chosen]
            for name, array in arrays.items()
            if array is not None
        }
        if self.completion is not None:
            some["completion"] = self.completion.of_outputs(chosen)
            some["columns"] = some["completion"].by_draw
        levels = {size: level.of_outputs(chosen) for size, level in self.levels.items()}
        return replace(self, levels=levels, **some)

    def mean_error(self, operator):
        """Error of UC's coefficients."""
        if self.mean_residuals is None:
            return no_error(operator, self.n_outputs)
        level = self.level(len(self.at_landmarks))
        error = level.coefficient_error(operator, self.mean_residuals)
        novel = level.worst_error(operator, self.novel_residuals)
        return CompletionError(*map(np.add, error, novel))


def exact_table(values, mean, weighting, spread=None):
    """A table of which everything was evaluated.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_references, n_outputs)
    mean : ndarray of shape (n_samples, n_outputs)
    weighting : Weighting
    spread : ndarray, default=None
        None computes it.
    """
    if spread is None:
        spread = spread_of(values, weighting)
    return ReferenceTable(values, mean, np.ptp(values, axis=(0, 1)), spread)


def completed(completion, references, at_landmarks, weighting):
    """A table completed from landmarks, without its spread.

    Parameters
    ----------
    completion : Completion
        Has the columns of the references evaluated on all draws.
    references : ndarray of int of shape (n_references,)
        Their positions come first.
    at_landmarks : ndarray of shape (n_landmarks, n_others, n_outputs)
        Outputs with the others.
    weighting : Weighting

    Returns
    -------
    table : ReferenceTable
    is_novel : ndarray of bool of shape (n_others,)
        Which of the others are unlike any column that is evaluated on all draws.
    """
    columns, n_landmarks = completion.by_draw, len(at_landmarks)
    level = completion.level(n_landmarks)
    table = ReferenceTable(
        columns,
        mean=np.empty((len(columns), columns.shape[2])),
        variation=np.empty(columns.shape[2]),
        references=references,
        at_landmarks=at_landmarks,
        completion=completion,
        levels={n_landmarks: level},
    )
    weights = weighting.weights[references[columns.shape[1] :]]
    novel, is_novel = np.zeros((1, table.n_outputs)), np.zeros(len(weights), dtype=bool)
    for outputs in table.batches():
        completed = None
        if not table.is_exact:
            completed, residuals = table.completed(outputs)
            are_novel = level.of_outputs(outputs).is_novel(residuals)
            novel[:, outputs] = np.abs(weights) @ (residuals * are_novel)
            is_novel |= are_novel.any(axis=1)
        values = table._in_order(columns[..., outputs], completed)
        table.mean[:, outputs] = weighting.mean(values)
        table.variation[outputs] = np.ptp(values, axis=(0, 1))
    if table.is_exact:
        return table, is_novel
    _, residuals = level.complete(level.combined(at_landmarks, weights))
    return replace(table, mean_residuals=residuals, novel_residuals=novel), is_novel


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
    n_samples, n_columns, n_outputs = values.shape
    batches = gen_batches(n_outputs, max(1, TOGETHER // (n_samples * n_columns)))
    parts = [_spread(values[..., some], weighting, left_out) for some in batches]
    return joined_spread(parts)


def joined_spread(parts):
    """Directions of several outputs as one array, zero where some need fewer."""
    n_directions = max(part.shape[1] for part in parts)
    shape = len(parts[0]), n_directions, sum(part.shape[2] for part in parts)
    spread, start = np.zeros(shape), 0
    for part in parts:
        spread[:, : part.shape[1], start : start + part.shape[2]] = part
        start += part.shape[2]
    return spread


def _spread(values, weighting, left_out):
    n_columns = values.shape[1]
    deviation = np.moveaxis(weighting.deviations(values), 2, 0)
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
