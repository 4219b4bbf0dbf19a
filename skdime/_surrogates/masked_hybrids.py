"""Hybrids of a row under masks with the contexts that masks are evaluated in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import joblib
import numpy as np

from skdime._references.grid import Grid
from skdime._rows.containers import stack, take
from skdime._utils.names import telling_modality


@dataclass(frozen=True)
class MaskedHybrids:
    """One row of a masked modality, and what the other modalities hold.

    Attributes
    ----------
    modalities : list of (str, ndarray of int)
    m : int
        The modality that is masked.
    perturber : MaskPerturber
    block : container of one row
        The row's columns of the modality.
    names : list of str
        The features of the row.
    active : ndarray of int of shape (n_active,)
        Those whose replacement changes anything.
    contexts : list of blocks
        For each other modality what it holds in every context.
    row : int, default=None
        The row's position among those explained, for messages.
    """

    modalities: list
    m: int
    perturber: object
    block: object
    names: list
    active: np.ndarray
    contexts: list
    row: int | None = None

    def masked(self, masks):
        """The row's block under masks of its active features."""
        every = np.ones((len(masks), len(self.names)), dtype=bool)
        every[:, self.active] = masks
        with telling_modality(self.modalities[self.m][0], self.row):
            return self.perturber.perturb_row(self.block, every)

    @cached_property
    def replaced(self):
        """The row's block with all active features replaced."""
        return self.masked(np.zeros((1, len(self.active)), dtype=bool))

    @cached_property
    def replaced_key(self):
        """What tells whether rows with all features replaced are the same."""
        return joblib.hash(self.replaced)

    def rows(self, block, contexts):
        """One block of each modality, of rows of the masked one in a context each."""
        blocks = [
            None if k == self.m else take(other, contexts)
            for k, other in enumerate(self.contexts)
        ]
        blocks[self.m] = block
        return blocks

    def under(self, masks, contexts):
        """Rows under masks, each in a context, as :class:`HybridRows`."""

        def compose(some):
            return self.rows(self.masked(masks[some]), contexts[some])

        return HybridRows(compose, len(contexts))

    def repeated(self, row, contexts):
        """A row of the masked modality in several contexts, as :class:`HybridRows`."""

        def compose(some):
            block = take(row, np.zeros(len(contexts[some]), dtype=int))
            return self.rows(block, contexts[some])

        return HybridRows(compose, len(contexts))

    def grid(self, masks):
        """The grid of masks and all contexts."""
        sources = [(block, 1) for block in self.contexts]
        sources[self.m] = (self.masked(masks), 0)
        return Grid(sources, [columns for _, columns in self.modalities])


def contexts_of(references, m, blocks, i, pair=None):
    """What the modalities but `m` hold in the contexts of a row: references, its own.

    Parameters
    ----------
    references : References
    m : int
    blocks : list of blocks
        Of some rows.
    i : int
        The row among them.
    pair : tuple of int, default=None
        Modalities of a pair: one of them is masked, the other one is as in the row,
        and the rest comes from references. None if all others are as in the row.

    Returns
    -------
    contexts : list of blocks
        None at the place of `m`.
    of_references, of_row : ndarray of shape (n_contexts,)
        Weights of contexts in the means over references and over the row's own.
    """
    n_own = 1 if pair is None else len(references)
    weights = references.weightings[m].weights
    contexts = []
    for k, (block, reference) in enumerate(zip(blocks, references.blocks, strict=True)):
        as_row = pair is None or k in pair
        own = take(block, np.full(n_own, i)) if as_row else reference
        contexts.append(None if k == m else stack([reference, own]))
    own = np.ones(1) if pair is None else weights
    return (
        contexts,
        np.append(weights, np.zeros(n_own)),
        np.append(np.zeros(len(weights)), own),
    )


class HybridRows(NamedTuple):
    """Rows that are composed when they are evaluated, some of them at a time.

    Attributes
    ----------
    compose : callable
        ``compose(some)`` returns one block of each modality, of a slice of the rows.
    n : int
        How many rows there are.
    """

    compose: Callable
    n: int


def outputs_of(engine, jobs, most):
    """Outputs of several jobs, in calls that are large and do not exceed memory.

    Parameters
    ----------
    engine : Engine
    jobs : list of HybridRows
    most : int
        Rows that are composed at a time, at most.

    Returns
    -------
    outputs : list of ndarray of shape (n, n_outputs)
    """
    outputs = [_evaluated(engine, pieces) for pieces in _pieces(jobs, most)]
    if not outputs:
        return []
    return np.split(np.concatenate(outputs), np.cumsum([job.n for job in jobs])[:-1])


def _pieces(jobs, most):
    """Lists of parts of jobs, (compose, slice), of `most` rows each but the last."""
    pieces, size = [], 0
    for compose, n in jobs:
        start = 0
        while start < n:
            stop = min(n, start + most - size)
            pieces.append((compose, slice(start, stop)))
            size, start = size + stop - start, stop
            if size == most:
                yield pieces
                pieces, size = [], 0
    if pieces:
        yield pieces


def _evaluated(engine, pieces):
    composed = [compose(some) for compose, some in pieces]
    return engine([stack(blocks) for blocks in zip(*composed, strict=True)])
