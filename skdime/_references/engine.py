"""What evaluates a model for one task: the ways that its plan allows, and the count."""

import math

import numpy as np

from skdime._models.calls import Calls, Need, Spent
from skdime._references.grid import Grid
from skdime._references.ways import ways_of


class Engine:
    """Chooses how a model is evaluated, within `max_memory`, and counts the rows.

    Parameters
    ----------
    plan : Plan
        What is proved of the model.
    max_memory : int
        Bytes that the hybrid rows of one batch, over all workers, may take.
    n_jobs : int or None
        Workers, as in joblib; None is 1 unless in a ``joblib.parallel_config``.
    progress : Progress, default=None
        Is updated after every batch, and closed at the end of a ``with`` block.
    batch_size : int, default=None
        Most rows of a call of the model; None is as many as memory allows.

    Attributes
    ----------
    calls : Calls
        The calls of the model that all ways share.
    """

    def __init__(self, plan, max_memory, n_jobs=None, progress=None, batch_size=None):
        self.plan = plan
        self.calls = Calls(plan.response, max_memory, n_jobs, progress, batch_size)
        self._ways = ways_of(plan, self.calls)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.calls.progress is not None:
            self.calls.progress.close()

    def way(self, shape):
        """The shortest way to evaluate a task, whatever batches it is cut into.

        Parameters
        ----------
        shape : tuple of int
            Extent of the grid of all its hybrid rows.

        Returns
        -------
        way : Way
        """
        return next(way for way in self._ways if way.suits(shape))

    def need(self, shape, row_bytes, n_batches=1, *, cells=None, n_rounds=1):
        """What a task of this shape needs.

        Parameters
        ----------
        shape : tuple of int
            Extent of the grid of all its hybrid rows.
        row_bytes, n_batches
            As of :meth:`Calls.need`; batches are cut along the first axis.
        cells : dict of int to int, default=None
            For each modality how many distinct ones encoders have not seen before. None
            is as many as there are hybrid rows.
        n_rounds : int, default=1
            Grids of other rows and columns that the task is evaluated in.

        Returns
        -------
        need : Need
        """
        way = self.way(shape)
        n_cells_passed = min(
            math.prod(shape), n_rounds * (shape[0] + n_batches * shape[1])
        )
        return self.calls.need(
            way.n_model_rows(shape),
            math.prod(shape),
            row_bytes,
            n_batches,
            way.n_encodings(n_cells_passed, cells),
        )

    def encoding(self, n):
        """What encoding so many rows of every modality needs, beside model rows."""
        n_encodings = self.way((1, 1)).n_encodings(n)
        return Need(encodings=n_encodings, expected_encodings=n_encodings)

    def __call__(self, blocks):
        """Model outputs on rows given as one block of columns per modality."""
        grid = Grid([(block, 0) for block in blocks], self.plan.columns)
        return self.way(grid.shape).outputs(grid)[:, 0]

    def by_shortest_way(self, blocks):
        """The same by the shortest way, also where a task would be too small for it."""
        n_along_first = 1 if self.plan.is_sum else len(blocks)
        axes = [int(m >= n_along_first) for m in range(len(blocks))]
        grid = Grid(list(zip(blocks, axes, strict=True)), self.plan.columns)
        outputs = self._ways[0].outputs(grid)
        return np.einsum("iic->ic", outputs) if self.plan.is_sum else outputs[:, 0]

    @property
    def slopes_by_clip(self):
        """What gives slopes of log-odds by the clip; None where there is no clip.

        A few of the outputs do not tell which classes of their target were clipped.
        """
        response = self.plan.response
        is_clipped = response.link == "logit" and not self.plan.is_sum
        if not is_clipped or self.calls.chosen is not None:
            return None
        return response.slopes_by_clip

    @property
    def n_model_rows(self):
        """Rows that the model has seen through this engine."""
        return self.calls.n_model_rows

    @property
    def n_encodings(self):
        """Rows of single modalities that the model's encoder has seen."""
        return self.calls.n_encodings

    @property
    def spent(self):
        """Both numbers."""
        return Spent(self.n_model_rows, self.n_encodings)

    @property
    def max_memory(self):
        return self.calls.max_memory

    def seconds_per_row(self):
        """Time that a row has taken so far; where none was needed, a rule of thumb.

        nan if there is no such rule.
        """
        if self.n_model_rows or self.plan.trees is None:
            return self.calls.seconds_per_row()
        return self.plan.trees.seconds_per_row()
