"""Mean outputs with every set of modalities of a row, the others from references."""

from typing import NamedTuple

import numpy as np
from sklearn.utils import gen_batches

from skdime._references.effects import batch_size
from skdime._rows.containers import n_rows, take
from skdime._rows.modalities import split

# Groups of references that the jackknife leaves out: a standard error from 10 of them
# is known to 1 / sqrt(2 * 9) = 24 %, and it is smaller than that of the rows.
N_GROUPS = 10


class CoalitionValues(NamedTuple):
    """Means over references, by a binary code of the modalities of the row.

    Attributes
    ----------
    mean : ndarray of shape (2**n_modalities, n_rows, n_outputs)
    changes : ndarray of shape (n_groups, 2**n_modalities, n_rows, n_outputs)
        By how much means differ without each group of references; no group where
        references are no sample.
    n_model_rows : int
    """

    mean: np.ndarray
    changes: np.ndarray
    n_model_rows: int


def coalition_values(disentangler, X, n_groups=N_GROUPS):
    """Mean outputs of rows for every set of modalities.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    X : container of rows
        Checked.
    n_groups : int, default=10
        Groups of references that are left out, if these are a sample.

    Returns
    -------
    values : CoalitionValues
    """
    engine = disentangler._engine(disentangler.n_jobs)
    references = disentangler._references.of_population(engine)
    blocks, n = split(X, disentangler.modalities_), n_rows(X)
    means = references.means(engine, n)
    n_groups = min(n_groups, means.n_evaluated) if references.kind == "sample" else 0
    shape = 2 ** len(blocks), n, references.n_outputs
    mean, changes = np.empty(shape), np.zeros((n_groups, *shape))
    mean[0], mean[-1] = references.baseline, engine(blocks)
    changes[:, 0] = _without_groups(means.influence_of_baseline, n_groups)[:, None]
    for rows in gen_batches(n, batch_size(engine, references, means.n_evaluated)):
        batch = [take(block, np.arange(n)[rows]) for block in blocks]
        for code in range(1, len(mean) - 1):
            present = {m: block for m, block in enumerate(batch) if code >> m & 1}
            mean[code, rows], influences = means.conditional(present)
            by_reference = np.moveaxis(influences, 1, 0)
            changes[:, code, rows] = _without_groups(by_reference, n_groups)
    return CoalitionValues(mean, changes, engine.n_model_rows)


def _without_groups(influences, n_groups):
    """By how much means change without each group of references, the first axis."""
    group = np.arange(len(influences)) % max(n_groups, 1)
    left = [influences[group != g].mean(axis=0) for g in range(n_groups)]
    whole = influences.mean(axis=0) if n_groups else 0.0
    return np.array(left).reshape(n_groups, *influences.shape[1:]) - whole
