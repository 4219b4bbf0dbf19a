"""The one place where the model is called: grids of hybrid rows, in batches.

A hybrid row takes each modality from a row of its own. All that the decomposition
and the surrogates ever need is a two-way grid of hybrids, in which every modality
varies along one of the two axes. The engine cuts such a grid into batches of bounded
memory, calls the model on each and puts the outputs back in order.
"""

import itertools
import time
from dataclasses import dataclass

import joblib
import numpy as np
from joblib import cpu_count, effective_n_jobs
from sklearn.utils.parallel import delayed
from threadpoolctl import threadpool_limits

from skdime._models.budget import rows_in_a_call
from skdime._references.plan import as_part
from skdime._rows.containers import (
    first_failing,
    is_multimodal,
    join,
    n_rows,
    row_bytes,
    schema,
    take,
)
from skdime._utils.parallel import ordered_generator


@dataclass(frozen=True)
class Grid:
    """Hybrid rows ``(a, b)`` for a in ``range(shape[0])``, b in ``range(shape[1])``.

    Parameters
    ----------
    shape : tuple of int
        Extent of the two axes.
    sources : list of (block, axis)
        For each modality its rows, one for each position along `axis`.
    columns : list of ndarray of int
        For each modality the positions of its columns in the model's input.
    """

    shape: tuple
    sources: list
    columns: list

    @property
    def size(self):
        return self.shape[0] * self.shape[1]

    def rows(self, start, stop):
        """Compose the hybrids `start` to `stop`, counted along the second axis."""
        flat = np.arange(start, stop)
        along = (flat // self.shape[1], flat % self.shape[1])
        blocks = [take(block, along[axis]) for block, axis in self.sources]
        return join(blocks, self.columns)

    def first(self, axis):
        """The hybrids at the first position along an axis."""
        shape = [1 if a == axis else length for a, length in enumerate(self.shape)]
        sources = [
            (take(block, [0]) if a == axis else block, a) for block, a in self.sources
        ]
        return Grid(tuple(shape), sources, self.columns)

    def parts(self):
        """For each axis the positions and values of the columns that vary along it."""
        return tuple(
            [
                as_part(columns, block)
                for columns, (block, a) in zip(self.columns, self.sources, strict=True)
                if a == axis
            ]
            for axis in (0, 1)
        )

    def row_bytes(self):
        return sum(row_bytes(block) for block, _ in self.sources)


class Engine:
    """Evaluates grids with one model, within `max_memory`, and counts the rows.

    Parameters
    ----------
    plan : Plan
        How the model is evaluated.
    max_memory : int
        Bytes that the hybrid rows of one batch, over all workers, may take.
    n_jobs : int or None
        Workers, as in joblib; None is 1 unless in a ``joblib.parallel_config``.
    progress : Progress, default=None
        Is told of every batch, and closed at the end of a ``with`` block.

    Attributes
    ----------
    n_model_rows : int
        Rows that the model has seen through this engine.
    n_clipped : int
        Outputs that the logit link had to clip.
    n_rows : int
        Rows of the whole task, of which a grid may hold a batch along its first axis.
        Whether there is a shorter way is decided for all of them, so that little
        memory does not make it a longer one.
    """

    def __init__(self, plan, max_memory, n_jobs=None, progress=None):
        self.plan = plan
        self.progress = progress
        self.max_memory = max_memory
        self.n_jobs = n_jobs
        self.n_model_rows = 0
        self.n_clipped = 0
        self.n_rows = 0
        self._seconds = 0.0
        self._sum_rows = {}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.progress is not None:
            self.progress.close()

    def grid(self, shape, sources):
        return Grid(shape, sources, self.plan.columns)

    def evaluate(self, grid):
        """Model outputs on a grid.

        Returns
        -------
        outputs : ndarray of shape (grid.shape[0], grid.shape[1], n_outputs)
        """
        grid = self._encoded(grid)
        if self.uses_trees(grid.shape):
            return self.plan.trees.evaluate(*grid.parts())
        if self.plan.uses_sum(self._whole(grid.shape)):
            return self._evaluate_sum(grid)
        return self._evaluate_rows(grid)

    def uses_trees(self, shape):
        """Whether a grid of this shape, or what it is a batch of, is summed over trees.

        Parameters
        ----------
        shape : tuple of int
        """
        return self.plan.uses_trees(self._whole(shape))

    def _whole(self, shape):
        return max(shape[0], self.n_rows), shape[1]

    def mean(self, grid):
        """Means over the second axis of a grid that is summed over trees.

        Returns
        -------
        means : ndarray of shape (grid.shape[0], n_outputs)
        """
        return self.plan.trees.mean(*self._encoded(grid).parts())

    def _encoded(self, grid):
        if self.plan.encoder is None:
            return grid
        blocks = [block for block, _ in grid.sources]
        blocks = self.plan.encoder.encode(blocks, self.batch_rows(grid))
        axes = [axis for _, axis in grid.sources]
        return self.grid(grid.shape, list(zip(blocks, axes, strict=True)))

    def _evaluate_sum(self, grid):
        """An additive model: its first column and row determine the whole grid.

        The row may be that of any other position along axis 0, so the batches of one
        task share it.
        """
        key = joblib.hash([block for block, axis in grid.sources if axis == 1])
        if key not in self._sum_rows:
            row = self._sum_rows[key] = self._evaluate_rows(grid.first(0))
            if grid.shape[0] == 1:
                return row.copy()
        row = self._sum_rows[key]
        return self._evaluate_rows(grid.first(1)) + (row - row[:, :1])

    def _evaluate_rows(self, grid):
        """Outputs of the model on every hybrid row."""
        response = self.plan.response
        batch = self.batch_rows(grid)
        edges = [*range(0, grid.size, batch), grid.size]
        spans = itertools.pairwise(edges)
        started = time.perf_counter()
        outputs, start = None, 0
        for part in self._batches(response, grid, list(spans)):
            values, n_clipped = response.linked(part)
            self.n_clipped += n_clipped
            if outputs is None:
                outputs = np.empty((grid.size, values.shape[1]))
            outputs[start : start + len(values)] = values
            start += len(values)
            self.n_model_rows += len(values)
            if self.progress is not None:
                self.progress.update(len(values))
        self._seconds += time.perf_counter() - started
        return outputs.reshape(*grid.shape, -1)

    def _batches(self, response, grid, spans):
        """Outputs of one batch after the other, in order."""
        n_jobs = effective_n_jobs(self.n_jobs)
        if len(spans) == 1 or n_jobs == 1:
            yield from (_evaluate_span(response, grid, *span) for span in spans)
            return
        # workers that are threads share the threads of BLAS and OpenMP
        with threadpool_limits(max(1, cpu_count() // n_jobs)):
            yield from ordered_generator(self.n_jobs)(
                delayed(_evaluate_span)(response, grid, *span) for span in spans
            )

    def __call__(self, blocks):
        """Model outputs on rows given as one block of columns per modality."""
        shape = (n_rows(blocks[0]), 1)
        return self.evaluate(self.grid(shape, [(block, 0) for block in blocks]))[:, 0]

    def seconds_per_row(self):
        """Time that a row has taken so far; where none was needed, a rule of thumb.

        nan if there is no such rule.
        """
        if self.n_model_rows:
            return self._seconds / self.n_model_rows
        trees = self.plan.trees
        return float("nan") if trees is None else trees.seconds_per_row()

    def clipped_share(self, n_outputs):
        """Share of the outputs so far that the logit link had to clip."""
        return self.n_clipped / max(1, self.n_model_rows * n_outputs)

    def batch_rows(self, grid):
        """Rows in one call of the model: a share of `max_memory`, at least one."""
        n_jobs = effective_n_jobs(self.n_jobs)
        return rows_in_a_call(self.max_memory, grid.row_bytes(), n_jobs)


def _evaluate_span(response, grid, start, stop):
    rows = grid.rows(start, stop)
    try:
        return response(rows)
    except Exception as error:
        error.add_note(_told(response, grid, start, rows))
        raise


def _told(response, grid, start, rows):
    """What the model was given when it failed, and the first row that it fails on."""
    library, dtypes, _ = schema(rows)
    columns = getattr(rows, "columns", None)
    if is_multimodal(rows):
        dtypes = "; ".join(repr(rows).split("\n  ")[1:])
    elif columns is not None:
        dtypes = dict(zip(map(str, columns), map(str, dtypes), strict=True))
    failing = first_failing(response, rows)
    culprit = "No row of these fails by itself."
    if failing is not None:
        first, second = divmod(start + failing, grid.shape[1])
        culprit = (
            f"The first it fails on combines row {first} of these with row {second} of "
            "the others."
        )
    return (
        f"The model was given a {library} of shape {rows.shape} ({str(dtypes)[:300]}), "
        f"rows that combine the modalities of {grid.shape[0]} rows with those of "
        f"{grid.shape[1]} others, each by position. {culprit}"
    )
