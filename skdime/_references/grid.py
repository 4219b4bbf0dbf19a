"""Grids of hybrid rows, each of which takes every modality from a row of its own.

All that the decomposition and the surrogates need is a two-way grid of hybrids, in
which every modality varies along one of the two axes.
"""

from dataclasses import dataclass

import numpy as np

from skdime._rows.containers import join, n_rows, row_bytes, take


@dataclass(frozen=True)
class Grid:
    """Hybrid rows ``(a, b)`` for a in ``range(shape[0])``, b in ``range(shape[1])``.

    Parameters
    ----------
    sources : list of (block, axis)
        For each modality its rows, one for each position along `axis`.
    columns : list of ndarray of int
        For each modality the positions of its columns in the model's input.
    """

    sources: list
    columns: list

    @property
    def shape(self):
        """Extent of the two axes; 1 where no modality varies along an axis."""
        return tuple(
            max((n_rows(block) for block, axis in self.sources if axis == a), default=1)
            for a in (0, 1)
        )

    @property
    def size(self):
        return self.shape[0] * self.shape[1]

    def rows(self, start, stop, fixed=None):
        """Compose the hybrids `start` to `stop`, counted along the second axis.

        Parameters
        ----------
        start, stop : int
        fixed : FixedColumns, default=None
            What all hybrids hold in columns of no modality; None where there are none.
        """
        flat = np.arange(start, stop)
        along = np.divmod(flat, self.shape[1])
        blocks = [take(block, along[axis]) for block, axis in self.sources]
        if fixed is None:
            return join(blocks, self.columns)
        blocks = [*blocks, fixed.repeated(len(flat))]
        return join(blocks, [*self.columns, fixed.columns])

    def first(self, axis):
        """The hybrids at the first position along an axis."""
        sources = [
            (take(block, [0]) if a == axis else block, a) for block, a in self.sources
        ]
        return Grid(sources, self.columns)

    def row_bytes(self):
        return sum(row_bytes(block) for block, _ in self.sources)
