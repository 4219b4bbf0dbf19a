"""How a fitted model is evaluated: on hybrid rows, or by a shorter way to the same.

A plan is made once, in ``fit``, from what :mod:`skdime._structure` can prove. It turns
a grid of hybrid rows into the least that has to be evaluated.
"""

import math
from dataclasses import dataclass

import numpy as np

from skdime._containers import container_of, is_frame, join, n_rows, select, take
from skdime._response import Response
from skdime._structure import is_additive, split_pipeline, unwrap
from skdime._trees import TreeSum


@dataclass(frozen=True)
class Plan:
    """What is evaluated, and on what.

    Attributes
    ----------
    response : Response
        Output of the model, or of what follows its encoder.
    columns : list of ndarray of int
        For each modality the positions of its columns in the input of `response`.
    encoder : Encoder or None
        Turns blocks of the model's input into blocks of the input of `response`.
    additive : bool
        Whether the output is a sum of functions of single modalities.
    trees : TreeSum or None
        The output as a sum over leaves.
    """

    response: Response
    columns: list
    encoder: object = None
    additive: bool = False
    trees: TreeSum | None = None

    def rows_of(self, shape):
        """Model rows that a grid of this shape costs."""
        if self.uses_trees(shape):
            return 0
        return sum(shape) if self.uses_sum(shape) else math.prod(shape)

    def uses_trees(self, shape):
        """Whether a grid is summed over leaves; single rows are left to the model."""
        return (
            self.trees is not None and min(shape) > 1 and self.trees.worthwhile(*shape)
        )

    def uses_sum(self, shape):
        """Whether a grid is the sum of its first row and column."""
        return self.additive and min(shape) > 1

    def needs_no_rows(self, shape):
        """Whether a grid costs no model rows, or as few as its two axes have."""
        return self.uses_sum(shape) or self.uses_trees(shape)


def direct_plan(response, columns):
    """Every hybrid row is evaluated by the model."""
    return Plan(response, columns)


def best_plan(response, columns, references):
    """The shortest way that provably gives the model's own outputs.

    Parameters
    ----------
    response : Response
        Output of the whole model.
    columns : list of ndarray of int
        For each modality the positions of its columns.
    references : list of blocks
        Reference rows, one block of columns for each modality.
    """
    if response.method == "callable":
        return direct_plan(response, columns)
    owners = np.empty(sum(len(positions) for positions in columns), dtype=int)
    for m, positions in enumerate(columns):
        owners[positions] = m
    steps, rest, owners = split_pipeline(response.model, owners)
    encoder, blocks = None, references
    if steps is not None and _same_columns(steps, references, columns):
        encoder = Encoder(steps, columns, owners, [take(r, [0]) for r in references])
        blocks = encoder.encode(references)
        if any(n_rows(block) != n_rows(references[0]) for block in blocks):
            return direct_plan(response, columns)  # a frame without columns has no rows
        columns = encoder.columns_out
        response = Response(rest, response.method, response.link, response.multilabel)
    if response.link != "identity":
        return Plan(response, columns, encoder)
    model, method = unwrap(response.model), response.method
    return Plan(
        response,
        columns,
        encoder,
        additive=is_additive(model, method),
        trees=_tree_sum(model, method, blocks),
    )


class Encoder:
    """The first steps of a pipeline, applied to the rows of one modality at a time.

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

    def encode(self, blocks):
        """One block of encoded columns for each modality's block of columns."""
        return [self._encode_one(m, block) for m, block in enumerate(blocks)]

    def _encode_one(self, m, block):
        nothing = np.zeros(n_rows(block), dtype=int)
        blocks = [take(row, nothing) for row in self.filler]
        blocks[m] = block
        encoded = self.steps.transform(join(blocks, self.columns))
        return select(encoded, self.columns_out[m])


def _same_columns(steps, references, columns):
    """Whether the first step was fitted on just these columns, in this order."""
    names = getattr(steps, "feature_names_in_", None)
    row = join([take(reference, [0]) for reference in references], columns)
    return names is None or not is_frame(row) or list(row.columns) == list(names)


def as_part(columns, block):
    """Positions and values of a block, in the form that trees take."""
    if is_frame(block):
        return columns, block.to_numpy(dtype=float, na_value=np.nan)
    return columns, block


def _tree_sum(model, method, blocks):
    numeric = all(_is_dense_numeric(block) for block in blocks)
    return TreeSum.from_model(model, method) if numeric else None


def _is_dense_numeric(block):
    if is_frame(block):
        kinds = [getattr(dtype, "kind", "O") for dtype in block.dtypes]
        return all(kind in "fiub" for kind in kinds)
    return container_of(block).__name__ == "_Array" and (
        block.ndim == 2 and block.dtype.kind in "fiub"
    )
