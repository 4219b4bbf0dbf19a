"""How far the masks of one row and modality are evaluated, and what goes next."""

import numpy as np


class MaskState:
    """Outputs of one row and modality, by masks and references, as far as evaluated.

    ``step_of`` counts the steps taken in the number of masks in the row's own context,
    of masks with references, and of references.
    """

    def __init__(
        self,
        *,
        modality,
        position,
        row,
        names,
        active,
        masks,
        sizes,
        levels,
        unimodal,
        value,
    ):
        self.modality, self.position, self.row = modality, position, row
        self.names, self.active = names, active
        self.masks, self.sizes, self.levels = masks, sizes, levels
        self.unimodal, self.value = unimodal, value
        self.step_of = np.zeros(3, dtype=int)
        self.evaluated_references = np.empty(0, dtype=int)
        self.outputs = None
        self.own_outputs = ()
        self._received = []
        self.result = None

    @property
    def own_size(self):
        """Masks in the row's own context: never fewer than with references."""
        return max(self.sizes[self.step_of[0]], self.size)

    @property
    def size(self):
        """Masks with references."""
        return self.sizes[self.step_of[1]]

    @property
    def level(self):
        return self.levels[self.step_of[2]]

    @property
    def n_evaluated(self):
        return 0 if self.outputs is None else len(self.outputs)

    def asked(self):
        """Pairs of (masks, references) that are still to be evaluated."""
        if not self.size:
            return
        fresh = np.setdiff1d(self.level.chosen, self.evaluated_references)
        if self.n_evaluated and len(fresh):
            yield slice(0, self.n_evaluated), fresh
        if self.n_evaluated < self.size:
            yield (
                slice(self.n_evaluated, self.size),
                np.union1d(self.evaluated_references, fresh),
            )

    def receive(self, references, rows, outputs):
        self._received.append((references, rows, outputs))

    def settle(self):
        """Put what was received in its place."""
        if not self._received:
            return
        n_outputs = self._received[0][2].shape[-1]
        references = np.union1d(self.evaluated_references, self.level.chosen)
        values = np.empty((self.size, len(references), n_outputs))
        own = np.empty((self.own_size, n_outputs))
        if len(self.own_outputs):
            own[: len(self.own_outputs)] = self.own_outputs
        if self.n_evaluated:
            among = np.searchsorted(references, self.evaluated_references)
            values[: self.n_evaluated, among] = self.outputs
        for among, rows, outputs in self._received:
            if isinstance(among, str):
                own[rows] = outputs
            else:
                values[rows, np.searchsorted(references, among)] = outputs
        self.evaluated_references = references
        self.outputs, self.own_outputs = values, own
        self._received = []

    def step(self):
        """Go on where it pays most; False if everything is evaluated.

        Twice as many masks, or references, halve a squared error.
        """
        counts = [self.own_size, self.size, len(self.level.chosen)]
        stops = [len(self.sizes), len(self.sizes), len(self.levels)]
        rows = np.array([counts[0], counts[1] * counts[2], counts[1] * counts[2]])
        gain = self.result.squared_errors / rows
        gain[self.step_of + 1 >= stops] = -1.0
        best = int(np.argmax(gain))
        if gain[best] < 0:
            return False
        self.step_of[best] += 1
        self.step_of[0] = max(self.step_of[0], self.step_of[1])
        return True
