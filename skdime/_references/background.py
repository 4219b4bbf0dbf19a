"""References that stand for the features of a row that are absent."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from skdime._references.references import References
from skdime._references.weighting import standard_error
from skdime._rows.containers import take
from skdime._utils.spaced import spaced


@dataclass(frozen=True, eq=False)
class Background:
    """Points that means are taken over: one reference of each modality for each.

    Of three and more modalities they are the tuples of references, whose modalities are
    independent. Of two modalities, whose tuples are rows, each reference of one is
    combined with some of the other, in rounds in which each stands once for either.

    Attributes
    ----------
    references : References
    positions : ndarray of int of shape (n_modalities, n_points)
        Positions in ``references.blocks``.
    n_rounds : int
    n_total : int
        Points whose mean these stand for.
    """

    references: References
    positions: np.ndarray
    n_rounds: int
    n_total: int

    @classmethod
    def of_points(cls, references, most, random_state):
        """As many rounds as `most` points allow, and at least a part of one."""
        n, n_modalities = len(references), len(references.modalities)
        some = spaced(n, most)
        if not pairs_rows(references):
            return cls(references, np.tile(some, (n_modalities, 1)), 1, n)
        n_rounds = min(n, max(most // n, 1))
        order, rounds = random_state.permutation(n), np.arange(n_rounds)[:, None]
        second = order[(some + rounds) % n].ravel()
        return cls(
            references, np.stack([np.tile(some, n_rounds), second]), n_rounds, n * n
        )

    def limited(self, n_rounds):
        """The first rounds only."""
        n = n_rounds * self._n_in_round
        return replace(self, positions=self.positions[:, :n], n_rounds=n_rounds)

    def __len__(self):
        return self.positions.shape[1]

    @property
    def _n_in_round(self):
        return len(self) // self.n_rounds

    @property
    def blocks(self):
        """One block of each modality, with all of its features absent."""
        pairs = zip(self.references.blocks, self.positions, strict=True)
        return [take(block, points) for block, points in pairs]

    @cached_property
    def weights(self):
        """Of the points, ndarray of shape (n_points,) of sum 1."""
        weights = [each.weights for each in self.references.weightings]
        if not pairs_rows(self.references):
            weights = weights[0][self.positions[0]]
        else:  # those of a modality stand for it where the other one is present
            first, second = self.positions
            weights = weights[1][first] * weights[0][second]
        return weights / weights.sum()

    def errors(self, values):
        """Standard errors of means of values over the points.

        Parameters
        ----------
        values : ndarray of shape (n_features, n_points, n_outputs)

        Returns
        -------
        over_references, over_points : ndarray of shape (n_features, n_outputs)
            Because references are a sample, and because not all points are evaluated.
        """
        left_out = 1 - len(self) / self.n_total
        over_points = np.sqrt(values.var(axis=1) / len(self) * left_out)
        weighting = self.references.weightings[0].of_some(self._n_in_round)
        share = self._n_in_round / len(self.references)
        rows = None
        if self.n_rounds == 1 and share == 1:
            rows = np.take_along_axis(self.references.tuples, self.positions, axis=1)
        error = standard_error(self._by_reference(values), 1, weighting, rows)
        return np.sqrt(share) * error, over_points

    def _by_reference(self, values):
        """What references give in either place, of several rounds; else the values."""
        if self.n_rounds == 1:
            return values
        n, shape = self._n_in_round, values.shape
        rounds = values.reshape(shape[0], self.n_rounds, n, shape[2])
        places = np.argsort(self.positions[1].reshape(self.n_rounds, n), axis=1)
        second = np.take_along_axis(rounds, places[None, :, :, None], axis=2)
        return rounds.mean(axis=1) + second.mean(axis=1)


def pairs_rows(references):
    """Whether tuples are rows of two modalities, which are to be independent."""
    return not references.baseline_of_tuples and len(references) > 1
