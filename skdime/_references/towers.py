"""The towers of a TowersModel in front of its head, each in its modality."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from skdime._rows.modalities import positions_of
from skdime._rows.multimodal_array import MultimodalArray
from skdime.models._towers import TowersModel


@dataclass(frozen=True, eq=False)
class Towers:
    """Turns blocks of a TowersModel's input into blocks of encodings.

    Parameters
    ----------
    model : TowersModel
    names : list of list
        For each modality the encoders that read it.
    """

    model: TowersModel
    names: list

    @classmethod
    def of(cls, model, blocks):
        """The towers of a model, or None where one of them reads two modalities.

        Parameters
        ----------
        model : TowersModel
        blocks : list of blocks
            One row of each modality.
        """
        names = [
            [name for name in model.encoders if _has(block, name)] for block in blocks
        ]
        complete = all(names) and sum(map(len, names)) == len(model.encoders)
        return cls(model, names) if complete else None

    def n_encodings(self, n_cells_passed, cells=None):
        """Cells that encoders are given in a task, at most; see `Way.n_encodings`."""
        total = 0
        for m, names in enumerate(self.names):
            n_cells = (
                n_cells_passed
                if cells is None
                else min(cells.get(m, 0), n_cells_passed)
            )
            encoders = [self.model.encoders[name] for name in names]
            total += n_cells * sum(map(callable, encoders))  # or they pass cells on
        return total

    @staticmethod
    def columns_of(encoded):
        """For each modality the positions of its encodings in those of all."""
        stops = np.cumsum([0, *(block.shape[1] for block in encoded)])
        return [np.arange(*ends) for ends in pairwise(stops)]

    def encode(self, blocks, batch_rows=None):
        """One block of encodings for each modality's block.

        Parameters
        ----------
        blocks : list of blocks
        batch_rows : int, default=None
            Rows that an encoder is given at once; None is all of them.

        Returns
        -------
        encoded : list of MultimodalArray
        n_encoded : int
            Cells that encoders were given.
        """
        encoded, n_encoded = [], 0
        for names, block in zip(self.names, blocks, strict=True):
            parts = {}
            for name in names:
                of_tower, n_new = self.model.encode(name, block, batch_rows)
                parts |= of_tower
                n_encoded += n_new
            encoded.append(MultimodalArray(parts))
        return encoded, n_encoded


def _has(block, name):
    """Whether a block has all that an encoder reads."""
    try:
        positions_of(block, list(name) if isinstance(name, tuple) else name)
    except (ValueError, TypeError):
        return False
    return True
