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
    joint_means : list of JointMeans
        For each modality that is varied; None for others.
    weights : ndarray of shape (n_modalities, n_references)
        Of the tuples that stand for all modalities but one, in means that are observed:
        the first of all. Sums are 1.
    observes_baseline : bool, default=False
        Whether the mean output over these tuples is known, too.
    """

    sources: Sources
    draws: list
    references: list
    joint_means: list
    weights: np.ndarray
    observes_baseline: bool = False

    @property
    def means(self):
        """What is observed of a row: F_m of modalities m; None is the mean output."""
        every = list(range(len(self.weights)))
        return [*every, None] if self.observes_baseline else every

    @property
    def mean_weights(self):
        """Weights of the first tuples in these means."""
        return self.weights[[m or 0 for m in self.means]]

    @property
    def are_further(self):
        """Whether there are tuples besides those of the references: a sample of all."""
        return self.sources.n_tuples > self.weights.shape[1]

    @property
    def tuple_weights(self):
        """Weights in means that coefficients take, over further tuples if there are."""
        if not self.are_further:
            return self.weights
        n = self.sources.n_tuples - self.weights.shape[1]
        return np.full((len(self.weights), n), 1 / n)

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
