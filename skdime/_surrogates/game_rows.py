"""Outputs of coalitions of the features of one row, no hybrid evaluated twice."""

import numpy as np

from skdime._surrogates.masked_hybrids import HybridRows, outputs_of


class GameRow:
    """One row, and what is known of it.

    Parameters
    ----------
    engine : Engine
    players : Players
    background : Background
    whole : dict of tuple to ndarray of shape (n_points, n_outputs)
        Outputs where modalities are as in the row as a whole and the others absent, by
        their positions, as far as they are evaluated already.
    most : int
        Hybrids that are composed at a time.
    """

    def __init__(self, engine, players, background, whole, most):
        self.engine, self.players, self.background = engine, players, background
        self.whole, self.most = whole, most
        self.modalities = sorted(players.perturbers)
        self.n_outputs = whole[()].shape[1]

    def with_all_points(self, present):
        """Outputs of coalitions with every point: (n, n_points, n_outputs)."""
        n, n_points = len(present), len(self.background)
        points = np.tile(np.arange(n_points), n)
        outputs = self.at_points(np.repeat(present, n_points, axis=0), points)
        return outputs.reshape(n, n_points, -1)

    def at_points(self, present, points):
        """Outputs of coalitions, each with one point.

        Parameters
        ----------
        present : ndarray of bool of shape (n, n_players)
        points : ndarray of int of shape (n,)

        Returns
        -------
        outputs : ndarray of shape (n, n_outputs)
        """
        mine = [present[:, self.players.of(m)] for m in self.modalities]
        full = np.column_stack([each.all(axis=1) for each in mine])
        is_whole = np.logical_and.reduce(
            [each.all(axis=1) | ~each.any(axis=1) for each in mine]
        )
        outputs = np.empty((len(present), self.n_outputs))
        is_known = np.zeros(len(present), dtype=bool)
        for key, values in self.whole.items():
            same = is_whole & (full == np.isin(self.modalities, key)).all(axis=1)
            outputs[same], is_known = values[points[same]], is_known | same
        rows = np.flatnonzero(~is_known)
        if len(rows):
            outputs[rows] = self._evaluated(present[rows], points[rows], full[rows])
        return outputs

    def _evaluated(self, present, points, full):
        positions = self.background.positions[:, points]
        # a modality that is as in the row makes no use of its reference
        positions[self.modalities] = np.where(full.T, 0, positions[self.modalities])
        bits = np.packbits(present, axis=1)
        keys = np.column_stack([bits, positions.T])
        _, first, which = np.unique(
            keys, axis=0, return_index=True, return_inverse=True
        )

        def compose(some):
            return self.players.rows(present[first[some]], positions[:, first[some]])

        job = HybridRows(compose, len(first))
        (outputs,) = outputs_of(self.engine, [job], self.most)
        return outputs[which.reshape(-1)]

    def replaced(self, m):
        """Outputs with all features of a masked modality replaced, others absent."""
        points = self.background.positions.copy()
        points[m] = 0  # the modality makes no use of its reference
        points, which = np.unique(points, axis=1, return_inverse=True)
        outputs = self.engine(self.players.with_replaced(m, points))
        return outputs[which.reshape(-1)]


def known_outputs(effects, row, absent, background, modalities):
    """Outputs of the whole row or of whole modalities, by which of them are as in it.

    Parameters
    ----------
    effects : Effects
        Of the rows, with outputs by tuple where these were evaluated.
    row : int
        The row among them.
    absent : ndarray of shape (n_points, n_outputs)
        Outputs without any feature of a row.
    background : Background
    modalities : list of int
        Those whose features are players.

    Returns
    -------
    whole : dict of tuple to ndarray of shape (n_points, n_outputs)
    """
    of_all, n = effects.of_all or effects, len(background.positions)
    whole = {(): absent}
    if len(modalities) == n:
        whole[tuple(range(n))] = np.tile(effects.output[row], (len(absent), 1))
    for present, outputs in (of_all.outputs_by_tuple or {}).items():
        if len(present) == 1:
            (m,) = present
            other = background.positions[0 if m else 1]
            whole[present] = outputs[row][other]
    return whole
