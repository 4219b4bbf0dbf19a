"""The first steps of a pipeline, applied to the rows of one modality at a time."""

from functools import partial

import numpy as np

from skdime._models.named_columns import in_order_of_fit
from skdime._models.received import missing_text
from skdime._models.structure import column_owners
from skdime._rows.containers import first_failing, join, n_rows, select, stack, take
from skdime._rows.encodings import Encodings
from skdime._utils.listed import quote_less

# Encodings of a modality that are remembered; 256 MiB are 87,000 of 768 floats.
_MOST_BYTES = 2**28


class Encoder:
    """Turns blocks of a pipeline's input into blocks of the input of its later steps.

    Parameters
    ----------
    steps : fitted Pipeline
        Every column of its output is computed from one modality.
    columns : list of ndarray of int
        For each modality the positions of its columns in the input.
    owners : ndarray of int
        The modality of every column of the output.
    filler : list of blocks
        One row of each modality, to fill up the input.
    remembers : bool, default=False
        Whether equal rows go through the steps once only, which pays where these take
        longer than telling that rows are equal.
    order : ndarray of int, default=None
        The input column of each output column, where steps are no pipeline.
    names : list, default=None
        Names of the columns of the input, where it is a frame.
    """

    def __init__(
        self, steps, columns, owners, filler, *, remembers=False, order=None, names=None
    ):
        self.steps, self.order, self.names = steps, order, names
        self.columns = columns
        self.filler = filler
        self.columns_out = [np.flatnonzero(owners == m) for m in range(len(columns))]
        memories = [Encodings(_MOST_BYTES) for _ in columns]
        self.memories = memories if remembers else None

    def column_owners(self, owners):
        """What each encoded column is computed from.

        Parameters
        ----------
        owners : ndarray of int of shape (n_columns,)
            What every input column stands for.

        Returns
        -------
        owners : ndarray of int of shape (n_encoded,) or None
            None where a column is computed from several, or this cannot be told.
        """
        if self.order is not None:
            return owners[self.order]
        owners = in_order_of_fit(self.steps, owners, self.names)
        for _, step in self.steps.steps:
            owners = None if owners is None else column_owners(step, owners)
        return owners

    def encode(self, blocks, batch_rows=None):
        """One block of encoded columns for each modality's block of columns.

        Parameters
        ----------
        blocks : list of blocks
        batch_rows : int, default=None
            Rows that go through the steps at once; None is all of them.

        Returns
        -------
        encoded : list of blocks
        n_encoded : int
            Rows that went through the steps.
        """
        by_modality = [
            self._remembered(m, block, batch_rows or n_rows(block))
            for m, block in enumerate(blocks)
        ]
        encoded, n_encoded = zip(*by_modality, strict=True)
        return list(encoded), sum(n_encoded)

    def columns_of(self, encoded):
        """For each modality the positions of its encodings in those of all."""
        return self.columns_out

    def n_encodings(self, n_cells_passed, cells=None):
        """Rows that go through the steps in a task, at most; see `Way.n_encodings`."""
        if self.memories is None or cells is None:
            return n_cells_passed * len(self.columns)
        return sum(min(n, n_cells_passed) for n in cells.values())

    def encode_one(self, m, block, batch_rows):
        """The block of encoded columns of modality `m`."""
        return self._remembered(m, block, batch_rows)[0]

    def _remembered(self, m, block, batch_rows):
        encode = partial(self._encode_one, m, batch_rows=batch_rows)
        if self.memories is None:
            return encode(block), n_rows(block)
        return self.memories[m](encode, block)

    def _encode_one(self, m, block, batch_rows):
        encoded = []
        for start in range(0, n_rows(block), batch_rows):
            rows = np.arange(start, min(start + batch_rows, n_rows(block)))
            nothing = np.zeros(len(rows), dtype=int)
            blocks = [take(row, nothing) for row in self.filler]
            blocks[m] = take(block, rows) if len(rows) < n_rows(block) else block
            out = self._transformed(join(blocks, self.columns), start)
            encoded.append(select(out, self.columns_out[m]))
        return encoded[0] if len(encoded) == 1 else stack(encoded)

    def _transformed(self, rows, start):
        try:
            return self.steps.transform(rows)
        except Exception as error:
            quote_less(error)
            failing = first_failing(self.steps.transform, rows)
            if failing is not None:
                error.add_note(
                    "The first row that the first steps of the pipeline fail on is "
                    f"row {start + failing} of these, counted from 0."
                    f"{missing_text(take(rows, [failing]))}"
                )
            raise
