"""The columns of all modalities as the kernel sees them, at every source of pieces."""

from dataclasses import dataclass

import numpy as np

from skdime._references.hybrids import Sources
from skdime._surrogates.anova_kernel import Pieces


@dataclass(frozen=True)
class PieceSpace:
    """What pieces take their columns from.

    Attributes
    ----------
    sources : Sources
    draws, references : list of Pieces
        For each modality the draws, in which every feature is drawn by itself, and the
        tuples.
    weights : ndarray of shape (n_modalities, n_tuples)
        Of the tuples that stand for all modalities but one; sums are 1.
    """

    sources: Sources
    draws: list
    references: list
    weights: np.ndarray

    def pieces(self, m, sources, row=None):
        """Pieces of a modality.

        Parameters
        ----------
        m : int
        sources : ndarray of int of shape (n_pieces, n_columns)
            Of their columns; 0 stands for the row.
        row : Pieces, default=None
            The explained row; None where no piece takes a column from it.
        """
        # without a row any piece stands in its place, so that positions are the same
        first = self.draws[m][:1] if row is None else row
        stacked = Pieces.joined([first, self.draws[m], self.references[m]])
        return stacked.recombined(sources)
