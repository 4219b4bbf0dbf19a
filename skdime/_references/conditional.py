r"""Means over the references: :math:`F_m`, :math:`F_{mn}` and the baseline :math:`F_0`.

Every reference tuple holds one reference for each modality. In the hybrids of a row
some modalities come from the row, the others from each tuple in turn.
"""

from typing import NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from skdime._models.budget import rows_within
from skdime._rows.containers import n_rows, take

# Of more references than this, sums over trees evaluate only so many one by one.
MOST_SHOWN = 1000


class Conditional(NamedTuple):
    """What comes of the modalities of some rows, the others from each tuple.

    Attributes
    ----------
    mean : ndarray of shape (n_rows, n_outputs)
        Mean over all tuples.
    outputs : ndarray of shape (n_rows, n_shown, n_outputs)
        Outputs for single tuples: all, or enough of them for a standard error where
        sums over trees make any number of references cheap.
    shown : ndarray of int of shape (n_shown,)
        The tuples in `outputs`.
    """

    mean: np.ndarray
    outputs: np.ndarray
    shown: np.ndarray


def conditional(engine, references, present, weighting):
    """Outputs and their mean over the tuples, where some modalities are present.

    Parameters
    ----------
    engine : Engine
    references : list of blocks
        For each modality its references, in the order of the tuples.
    present : dict of int to block
        Rows of the present modalities; blocks of several belong together row by row.
    weighting : Weighting
        Of the tuples.

    Returns
    -------
    found : Conditional
    """
    n = n_rows(references[0])
    shown = np.arange(n)
    grid = conditional_grid(engine, references, present)
    if n <= MOST_SHOWN or not engine.uses_trees(grid.shape):
        outputs = engine.evaluate(grid)
        return Conditional(weighting.mean(outputs), outputs, shown)
    mean = engine.mean(grid)
    shown = np.linspace(0, n - 1, MOST_SHOWN).astype(int)
    some = [take(block, shown) for block in references]
    outputs = engine.evaluate(conditional_grid(engine, some, present))
    return Conditional(mean, outputs, shown)


def conditional_grid(engine, references, present):
    """The grid of rows, which give the modalities `present`, and tuples."""
    sources = [(block, 1) for block in references]
    for m, block in present.items():
        sources[m] = (block, 0)
        n = n_rows(block)
    return engine.grid((n, n_rows(references[0])), sources)


def in_context(engine, blocks, kept, references, weighting):
    """Mean outputs of rows of some modalities, the others from each tuple.

    Parameters
    ----------
    engine : Engine
    blocks : list of blocks
        Rows of each modality, which belong together row by row.
    kept : tuple of int
        Positions of the modalities that come from the rows.
    references : list of blocks
        For each modality its references, in the order of the tuples.
    weighting : Weighting

    Returns
    -------
    means : ndarray of shape (n_rows, n_outputs)
    """
    size = rows_within(engine.max_memory, 8 * 4 * n_rows(references[0]))
    found = []
    for rows in gen_batches(n_rows(blocks[0]), size):
        positions = np.arange(n_rows(blocks[0]))[rows]
        present = {m: take(blocks[m], positions) for m in kept}
        found.append(conditional(engine, references, present, weighting).mean)
    return np.concatenate(found)


def baseline_of(engine, references, weightings):
    """The mean output over references, and what each of them contributes to it.

    Of two modalities all pairs of references are combined, of more the tuples.

    Parameters
    ----------
    engine : Engine
    references : list of blocks
        For each modality its references, in the order of the tuples.
    weightings : list of Weighting
        For each modality that of the tuples that stand for all others.

    Returns
    -------
    baseline : ndarray of shape (n_outputs,)
    influence : ndarray of shape (n_references, n_outputs)
        Centred; the standard error of the baseline is that of their mean.
    """
    if len(references) > 2:
        influence = engine(references)
        baseline = weightings[0].mean(influence[None])[0]
        return baseline, weightings[0].residuals(influence[None])[0]
    # as the present one, a modality has the weights that stand for it in the other's
    of_second, of_first = weightings
    first, second = _means_over_pairs(engine, references, weightings)
    baseline = of_first.mean(first[None])[0]
    influence = of_first.residuals(first[None]) + of_second.residuals(second[None])
    return baseline, influence[0]


def _means_over_pairs(engine, references, weightings):
    """For each reference the means over pairs in which it gives one modality."""
    n = n_rows(references[0])
    if n > MOST_SHOWN and engine.uses_trees((n, n)):
        return [
            engine.mean(
                engine.grid((n, n), [(references[0], a), (references[1], 1 - a)])
            )
            for a in (0, 1)
        ]
    engine.n_rows = n
    of_second, of_first = weightings
    first, second = [], 0.0
    for rows in gen_batches(n, rows_within(engine.max_memory, 8 * 4 * n)):
        some = take(references[0], np.arange(n)[rows])
        pairs = engine.evaluate(conditional_grid(engine, references, {0: some}))
        first.append(of_second.mean(pairs))
        second = second + np.einsum("ijc,i->jc", pairs, of_first.weights[rows])
    return np.concatenate(first), second
