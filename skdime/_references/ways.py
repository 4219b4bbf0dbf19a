"""Ways to evaluate a grid of hybrid rows: by the model, or by what is proved of it.

Which way is the shortest depends on the size of a task, not of the batches that it is
cut into: a task asks the engine once, and evaluates all its batches in the same way.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import joblib

from skdime._models.calls import Calls
from skdime._models.tree_sum import TreeSum
from skdime._references.grid import Grid
from skdime._rows.containers import as_floats


class Way(ABC):
    """The contract of all ways; the outputs differ by rounding only.

    Attributes
    ----------
    calls : Calls
        Calls the model where a way has to.
    mean_is_cheaper : bool
        Whether `mean` costs less than the outputs that it is the mean of.
    evaluation : {"rows", "additive", "leaves"}
        What outputs come from, as in ``Decomposition.evaluation``.
    """

    mean_is_cheaper = False
    evaluation = "rows"

    @abstractmethod
    def suits(self, shape):
        """Whether this way is short for a task of this shape."""

    @abstractmethod
    def n_model_rows(self, shape):
        """Model rows that a task of this shape costs."""

    def n_encodings(self, n_cells_passed, cells=None):
        """Rows of single modalities that encoders are given in a task, at most.

        Parameters
        ----------
        n_cells_passed : int
            Rows of each modality that the task consists of.
        cells : dict of int to int, default=None
            For each modality how many distinct ones are new; None is all of them.
        """
        return 0

    @abstractmethod
    def outputs(self, grid):
        """Outputs of the model on a grid.

        Parameters
        ----------
        grid : Grid

        Returns
        -------
        outputs : ndarray of shape (grid.shape[0], grid.shape[1], n_outputs)
        """

    def mean(self, grid, weighting):
        """Means of the outputs over the second axis, that of references.

        Parameters
        ----------
        grid : Grid
        weighting : Weighting

        Returns
        -------
        mean : ndarray of shape (grid.shape[0], n_outputs)
        """
        return weighting.mean(self.outputs(grid))


@dataclass(eq=False)
class EveryRow(Way):
    """The model evaluates every hybrid row."""

    calls: Calls

    def suits(self, shape):
        return True

    def n_model_rows(self, shape):
        return math.prod(shape)

    def outputs(self, grid):
        return self.calls.outputs(grid)


@dataclass(eq=False)
class SumOfModalities(Way):
    """An additive model: its first column and row determine the whole grid.

    The row may be that of any other position along axis 0, so the batches of one task
    share it.
    """

    calls: Calls
    rows: dict = field(default_factory=dict)
    evaluation = "additive"

    def suits(self, shape):
        # of a single row or column every hybrid is evaluated, and exactly
        return min(shape) > 1

    def n_model_rows(self, shape):
        return sum(shape)

    def outputs(self, grid):
        # two modalities may hold the same values: their positions tell them apart
        along = [(m, block) for m, (block, axis) in enumerate(grid.sources) if axis]
        key = joblib.hash(along)
        if key not in self.rows:
            row = self.rows[key] = self.calls.outputs(grid.first(0))
            if grid.shape[0] == 1:
                return row.copy()
        row = self.rows[key]
        return self.calls.outputs(grid.first(1)) + (row - row[:, :1])


@dataclass(eq=False)
class SumOfTrees(Way):
    """The output is a sum over leaves, which takes no model row."""

    calls: Calls
    trees: TreeSum
    mean_is_cheaper = True
    evaluation = "leaves"

    def suits(self, shape):
        # the output of a row itself is to be the model's own, to the last bit
        return min(shape) > 1 and self.trees.worthwhile(*shape)

    def n_model_rows(self, shape):
        return 0

    def outputs(self, grid):
        return self.calls.choose(self.trees.evaluate(*_parts(grid)))

    def mean(self, grid, weighting):
        if not weighting.is_uniform:
            return super().mean(grid, weighting)
        return self.calls.choose(self.trees.mean(*_parts(grid)))


class Encoded(Way):
    """An encoder encodes each block once; another way does the rest."""

    def __init__(self, encoder, way):
        self.encoder, self.way = encoder, way
        self.calls, self.mean_is_cheaper = way.calls, way.mean_is_cheaper
        self.evaluation = way.evaluation

    def suits(self, shape):
        return self.way.suits(shape)

    def n_model_rows(self, shape):
        return self.way.n_model_rows(shape)

    def n_encodings(self, n_cells_passed, cells=None):
        own = self.encoder.n_encodings(n_cells_passed, cells)
        return own + self.way.n_encodings(n_cells_passed, cells)

    def outputs(self, grid):
        return self.way.outputs(self._encoded(grid))

    def mean(self, grid, weighting):
        return self.way.mean(self._encoded(grid), weighting)

    def _encoded(self, grid):
        blocks, axes = zip(*grid.sources, strict=True)
        blocks = self.calls.encoded(self.encoder, blocks, self.calls.batch_rows(grid))
        sources = list(zip(blocks, axes, strict=True))
        return Grid(sources, self.encoder.columns_of(blocks))


def ways_of(plan, calls):
    """The ways that a plan allows, the shortest first; the last one always suits.

    Parameters
    ----------
    plan : Plan
    calls : Calls
    """
    ways = [EveryRow(calls)]
    if plan.additive:
        ways.insert(0, SumOfModalities(calls))
    if plan.trees is not None:
        way = SumOfTrees(calls, plan.trees)
        encoder = plan.tree_encoder
        ways.insert(0, way if encoder is None else Encoded(encoder, way))
    if plan.encoder is not None:
        ways = [Encoded(plan.encoder, way) for way in ways]
    return ways


def _parts(grid):
    """For each axis the positions and values of the columns that vary along it."""
    parts = [], []
    for columns, (block, axis) in zip(grid.columns, grid.sources, strict=True):
        parts[axis].append((columns, as_floats(block)))
    return parts
