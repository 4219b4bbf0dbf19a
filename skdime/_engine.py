"""The one place where the model is called: grids of hybrid rows, in batches.

A hybrid row takes each modality from a row of its own. All that the decomposition
and the surrogates ever need is a two-way grid of hybrids, in which every modality
varies along one of the two axes. The engine cuts such a grid into batches of bounded
memory, calls the model on each and puts the outputs back in order.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from skdime._containers import join, n_rows, row_bytes, take

# Past this many rows a call has nothing left to amortise, while the model's own
# intermediate arrays go on growing.
_MOST_ROWS = 16384


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

    def row_bytes(self):
        return sum(row_bytes(block) for block, _ in self.sources)


class Engine:
    """Evaluates grids with one model, within `max_memory`, and counts the rows.

    Parameters
    ----------
    response : Response
        The fitted model.
    columns : list of ndarray of int
        For each modality the positions of its columns in the model's input.
    max_memory : int
        Bytes that the hybrid rows of one batch, over all workers, may take.
    n_jobs : int or None
        Workers, as in joblib; None is 1 unless in a ``joblib.parallel_config``.

    Attributes
    ----------
    n_model_rows : int
        Rows that the model has seen through this engine.
    n_clipped : int
        Outputs that the logit link had to clip.
    """

    def __init__(self, response, columns, max_memory, n_jobs=None):
        self.response = response
        self.columns = columns
        self.max_memory = max_memory
        self.n_jobs = n_jobs
        self.n_model_rows = 0
        self.n_clipped = 0

    def grid(self, shape, sources):
        return Grid(shape, sources, self.columns)

    def evaluate(self, grid):
        """Model outputs on a grid.

        Returns
        -------
        outputs : ndarray of shape (grid.shape[0], grid.shape[1], n_outputs)
        """
        batch = self.batch_rows(grid)
        edges = [*range(0, grid.size, batch), grid.size]
        spans = itertools.pairwise(edges)
        if len(edges) == 2 or effective_n_jobs(self.n_jobs) == 1:
            parts = (_evaluate_span(self.response, grid, *span) for span in spans)
        else:
            parts = Parallel(n_jobs=self.n_jobs, prefer="threads")(
                delayed(_evaluate_span)(self.response, grid, start, stop)
                for start, stop in spans
            )
        outputs, start = None, 0
        for part in parts:
            values, n_clipped = self.response.linked(part)
            self.n_clipped += n_clipped
            if outputs is None:
                outputs = np.empty((grid.size, values.shape[1]))
            outputs[start : start + len(values)] = values
            start += len(values)
        self.n_model_rows += grid.size
        return outputs.reshape(*grid.shape, -1)

    def __call__(self, blocks):
        """Model outputs on rows given as one block of columns per modality."""
        shape = (n_rows(blocks[0]), 1)
        return self.evaluate(self.grid(shape, [(block, 0) for block in blocks]))[:, 0]

    def clipped_share(self, n_outputs):
        """Share of the outputs so far that the logit link had to clip."""
        return self.n_clipped / max(1, self.n_model_rows * n_outputs)

    def batch_rows(self, grid):
        """Rows in one call of the model: a share of `max_memory`, at least one."""
        # the gathered blocks and the joined container exist side by side
        affordable = int(self.max_memory / (2 * max(grid.row_bytes(), 1.0)))
        return max(1, min(_MOST_ROWS, affordable))


def _evaluate_span(response, grid, start, stop):
    return response(grid.rows(start, stop))
