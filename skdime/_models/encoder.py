"""The first steps of a pipeline, applied to the rows of one modality at a time."""

import numpy as np

from skdime._rows.containers import first_failing, join, n_rows, select, stack, take


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
    """

    def __init__(self, steps, columns, owners, filler):
        self.steps = steps
        self.columns = columns
        self.filler = filler
        self.columns_out = [np.flatnonzero(owners == m) for m in range(len(columns))]

    def encode(self, blocks, batch_rows=None):
        """One block of encoded columns for each modality's block of columns.

        Parameters
        ----------
        blocks : list of blocks
        batch_rows : int, default=None
            Rows that go through the steps at once; None is all of them.
        """
        return [
            self._encode_one(m, block, batch_rows or n_rows(block))
            for m, block in enumerate(blocks)
        ]

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
            failing = first_failing(self.steps.transform, rows)
            if failing is not None:
                error.add_note(
                    "The first row that the first steps of the pipeline fail on is "
                    f"row {start + failing} of these, counted from 0."
                )
            raise
