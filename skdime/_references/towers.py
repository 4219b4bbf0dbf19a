"""The towers of a TowersModel in front of its head, each in its modality."""

from itertools import pairwise

import numpy as np

from skdime._rows.modalities import positions_of
from skdime._rows.multimodal_array import MultimodalArray


class Towers:
    """Turns blocks of a TowersModel's input into blocks of encodings.

    Parameters
    ----------
    model : TowersModel
    names : list of list
        For each modality the encoders that read it.
    blocks : list of blocks
        One row of each modality.
    """

    def __init__(self, model, names, blocks):
        self.model = model
        self.names = names
        stops = np.cumsum([0, *(b.shape[1] for b in self.encode(blocks)[0])])
        self.columns_out = [np.arange(*ends) for ends in pairwise(stops)]

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
        return cls(model, names, blocks) if complete else None

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
