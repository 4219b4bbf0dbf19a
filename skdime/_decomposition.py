"""The result of a decomposition: arrays and names, nothing of the model or the data."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, repr=False, eq=False)
class Decomposition:
    """UC, MI and main effects of rows, as returned by ``Disentangler.decompose``.

    ``uc + mi`` is the model's output, and ``baseline + main.sum(axis=1)`` is ``uc``,
    for every row and output.

    Attributes
    ----------
    output : ndarray of shape (n_rows, n_outputs)
        The model's output ``M(x)``.
    baseline : ndarray of shape (n_outputs,)
        ``F_0``, the mean output over all combinations of reference rows.
    uc : ndarray of shape (n_rows, n_outputs)
        Unimodal contribution: baseline plus what each modality adds on its own.
    mi : ndarray of shape (n_rows, n_outputs)
        Multimodal interaction: the rest, ``output - uc``.
    main : ndarray of shape (n_rows, n_modalities, n_outputs)
        What each modality adds to the baseline on its own.
    baseline_se : ndarray of shape (n_outputs,)
        Standard error of the baseline over references.
    uc_se, mi_se : ndarray of shape (n_rows, n_outputs)
        Standard errors over references; equal, because the output has none. With
        three or more modalities that depend strongly on one another they may be half
        of what they should be.
    main_se : ndarray of shape (n_rows, n_modalities, n_outputs)
        Standard errors of the main effects over references.
    row_names : ndarray of shape (n_rows,)
        The index of a pandas frame, otherwise 0, 1, 2, ...
    modality_names, output_names : ndarray of str
        Names along the axes of modalities and outputs.
    unit : str
        Unit of every number above, such as ``"probability"``.
    n_model_rows : int
        Rows that the model has seen for this result.
    clipped_share : float
        Share of their outputs that the logit link had to clip.
    """

    output: np.ndarray
    baseline: np.ndarray
    uc: np.ndarray
    mi: np.ndarray
    main: np.ndarray
    baseline_se: np.ndarray
    uc_se: np.ndarray
    mi_se: np.ndarray
    main_se: np.ndarray
    row_names: np.ndarray
    modality_names: np.ndarray
    output_names: np.ndarray
    unit: str
    n_model_rows: int = 0
    clipped_share: float = 0.0

    def __len__(self):
        return len(self.output)

    def __getitem__(self, rows):
        """The decomposition of some of the rows, by position."""
        rows = np.atleast_1d(np.arange(len(self))[rows])
        kept = {name: getattr(self, name)[rows] for name in (*_BY_ROW, "row_names")}
        others = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in kept
        }
        return Decomposition(**kept, **others)

    def to_frame(self):
        """A tidy pandas frame: one line a row, output and term.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``row``, ``output``, ``term``, ``value`` and ``se``; the terms are
            ``output``, ``baseline``, ``uc``, ``mi`` and each modality's main effect
            (``main: name``).
        """
        import pandas as pd

        names = [f"main: {name}" for name in self.modality_names]
        terms = ["output", "baseline", "uc", "mi", *names]
        shape = self.output.shape
        values = np.stack(
            [
                self.output,
                np.broadcast_to(self.baseline, shape),
                self.uc,
                self.mi,
                *np.moveaxis(self.main, 1, 0),
            ],
            axis=-1,
        )
        errors = np.stack(
            [
                np.zeros(shape),
                np.broadcast_to(self.baseline_se, shape),
                self.uc_se,
                self.mi_se,
                *np.moveaxis(self.main_se, 1, 0),
            ],
            axis=-1,
        )
        index = pd.MultiIndex.from_product(
            [range(len(self)), self.output_names, terms],
            names=["row", "output", "term"],
        )
        data = {"value": values.ravel(), "se": errors.ravel()}
        frame = pd.DataFrame(data, index=index).reset_index()
        frame["row"] = self.row_names[frame["row"].to_numpy()]
        return frame

    def __repr__(self):
        head = (
            f"Decomposition of {len(self)} row(s), unit: {self.unit}, "
            f"{self.n_model_rows:,} model rows"
        )
        if self.clipped_share:
            head += f", {self.clipped_share:.1%} of the probabilities clipped"
        return "\n".join([head, *(self._line(c) for c in range(self.output.shape[1]))])

    def _line(self, c):
        spread = self.output[:, c].std()
        pieces = [
            f"baseline {self.baseline[c]:.4g}",
            *(
                f"{name} {np.abs(self.main[:, m, c]).mean():.4g}"
                for m, name in enumerate(self.modality_names)
            ),
            f"MI {np.abs(self.mi[:, c]).mean():.4g}",
        ]
        return (
            f"  {self.output_names[c]}: "
            + ", ".join(pieces)
            + f" (means of absolute values; output varies by {spread:.4g})"
        )


_BY_ROW = ("output", "uc", "mi", "main", "uc_se", "mi_se", "main_se")
