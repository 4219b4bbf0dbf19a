"""The features of all modalities of one row as players of a game.

In a coalition the features that belong to it are as in the row. The others come from
references, those of a table column by column; a text, series or image with some of its
features has the others replaced, and with none of them comes from a reference.
"""

import numpy as np

from skdime._rows.containers import cells, stack, take
from skdime._utils.names import telling_modality


class Players:
    """The features of one row.

    Parameters
    ----------
    references : References
    perturbers : dict of int to perturber
        Fitted, by position of the modality. Other modalities come from references in
        every coalition.
    blocks : list of blocks
        Of some rows.
    position : int
        The row among them.
    row : int
        The row among all that are explained, for messages.

    Attributes
    ----------
    owners : ndarray of int of shape (n_players,)
        The modality of every player.
    names : dict of int to list of str or None
        For each modality its features; None where all rows have the same.
    active : dict of int to ndarray of int
        For each modality which of its features are players. One that has none is a
        player by itself.
    """

    def __init__(self, references, perturbers, blocks, position, row):
        self.references, self.perturbers, self.row = references, perturbers, row
        self._blocks = [take(block, [position]) for block in blocks]
        self.names, self.active, self.n_features = {}, {}, {}
        for m, perturber in perturbers.items():
            read = self._read_cell if perturber.masks_rows else self._read_columns
            self.names[m], self.n_features[m], self.active[m] = read(m, perturber)
        owners = [np.full(max(len(a), 1), m) for m, a in self.active.items()]
        self.owners = np.concatenate(owners)

    def _read_columns(self, m, perturber):
        features = perturber.features_
        columns = np.setdiff1d(np.arange(len(features)), perturber.unread_)
        return None, features.max() + 1, np.unique(features[columns])

    def _read_cell(self, m, perturber):
        with telling_modality(self.references.modalities[m][0], self.row):
            cell = cells(self._blocks[m])[0]
            names = perturber.features(cell)
            inert = perturber.inert(cell) if names else np.empty(0, bool)
        active = np.flatnonzero(~inert)
        # where replacing changes nothing, the features still differ from references
        return names, len(names), active if len(active) else np.arange(len(names))

    def of(self, m):
        """Positions of the players of a modality."""
        return np.flatnonzero(self.owners == m)

    def by_feature(self, m, parts):
        """Values of UC and MI of all features of a modality, 0 for those unread.

        Parameters
        ----------
        m : int
        parts : (ndarray, ndarray) of shape (n_players, n_outputs)

        Returns
        -------
        values : ndarray of shape (1, n_features, 2 * n_outputs)
        """
        joined = np.concatenate(parts, axis=1)[self.of(m)]
        values = np.zeros((1, self.n_features[m], joined.shape[1]))
        values[0, self.active[m]] = joined[: len(self.active[m])]
        return values

    def trend(self, m, trend, points):
        """What features of a modality add by themselves, in the row and at points.

        Parameters
        ----------
        m : int
        trend : AdditiveTrend
        points : ndarray of int of shape (n_points,)
            Positions of references.

        Returns
        -------
        trend : ndarray of shape (1 + n_points, n_players, n_outputs)
            The row first; 0 of a modality whose features are masked.
        """
        values = np.zeros((1 + len(points), len(self.of(m)), trend.n_outputs))
        if self.names[m] is None and len(self.active[m]):
            block = stack([self._blocks[m], self.references.blocks[m]])
            by_row = trend.by_feature(m, block)[:, self.active[m]]
            values[:] = by_row[np.append(0, 1 + points)]
        return values

    def rows(self, present, points):
        """One block of each modality, of coalitions with absent features from points.

        Parameters
        ----------
        present : ndarray of bool of shape (n, n_players)
        points : ndarray of int of shape (n_modalities, n)
            Positions of references.
        """
        blocks = []
        for m, references in enumerate(self.references.blocks):
            if m not in self.perturbers:
                blocks.append(take(references, points[m]))
                continue
            compose = self._masked if self.names[m] is not None else self._recombined
            blocks.append(compose(m, present[:, self.of(m)], points[m], references))
        return blocks

    def _recombined(self, m, present, points, references):
        perturber = self.perturbers[m]
        features, is_present = (
            perturber.features_,
            np.zeros((len(present), self.n_features[m])),
        )
        is_present[:, self.active[m]] = present[:, : len(self.active[m])]
        sources = np.where(is_present[:, features], 0, 1 + points[:, None])
        return perturber.recombined(stack([self._blocks[m], references]), sources)

    def _masked(self, m, present, points, references):
        masks, which = np.unique(present, axis=0, return_inverse=True)
        is_partial = masks.any(axis=1) & ~masks.all(axis=1)
        parts = [self._blocks[m], references]
        if is_partial.any():
            parts.insert(1, self._perturbed(m, masks[is_partial]))
        place = np.cumsum(is_partial)[which.reshape(-1)]
        place[present.all(axis=1)] = 0
        is_absent = ~present.any(axis=1)
        place[is_absent] = 1 + is_partial.sum() + points[is_absent]
        return take(stack(parts), place)

    def _perturbed(self, m, masks):
        every = np.ones((len(masks), self.n_features[m]), dtype=bool)
        every[:, self.active[m]] = masks
        with telling_modality(self.references.modalities[m][0], self.row):
            return self.perturbers[m].perturb_row(self._blocks[m], every)

    def with_replaced(self, m, points):
        """Blocks with all features of a modality replaced, the others absent."""
        pairs = zip(self.references.blocks, points, strict=True)
        blocks = [take(block, positions) for block, positions in pairs]
        replaced = self._perturbed(m, np.zeros((1, len(self.active[m])), dtype=bool))
        blocks[m] = take(replaced, np.zeros(points.shape[1], dtype=int))
        return blocks
