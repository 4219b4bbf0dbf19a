"""Which rows are references, and the tuples that they are combined into."""

import numpy as np

# Rows that are no sample are combined in every way if there are no more combinations:
# as many as a sample has by default.
_MOST_COMBINED = 100


def draw_references(n_rows, n_references, random_state, levels=None):
    """Positions of the reference rows, drawn without replacement and sorted.

    Every row is drawn with the same probability. Where there are levels, every stretch
    of as many rows as there are for each reference gives one, in the order of levels:
    a systematic sample, which has all of them in proportion.

    Parameters
    ----------
    n_rows : int
        Rows to draw from.
    n_references : int or None
        Rows to draw; None, or a number above `n_rows`, takes all of them.
    random_state : RandomState
        Source of the draw.
    levels : ndarray of int of shape (n_rows,), default=None
        The rarest level of every row.
    """
    if n_references is None or n_references >= n_rows:
        return np.arange(n_rows)
    if levels is not None:
        order = random_state.permutation(n_rows)
        order = order[np.argsort(levels[order], kind="stable")]
        places = random_state.uniform() + np.arange(n_references)
        return np.sort(order[(places * n_rows / n_references).astype(int)])
    return np.sort(random_state.choice(n_rows, size=n_references, replace=False))


def n_tuples(n_rows, n_modalities, kind):
    """Tuples that references are combined into.

    Parameters
    ----------
    n_rows, n_modalities : int
    kind : {"sample", "average", "rows"}
    """
    if kind == "sample" or n_modalities == 2:
        return n_rows
    n_combinations = n_rows**n_modalities
    return n_combinations if n_combinations <= _MOST_COMBINED else n_rows


def every_combination(n_references, n_modalities):
    """All tuples of references, shape (n_modalities, n_tuples)."""
    every = np.indices((n_references,) * n_modalities)
    return every.reshape(n_modalities, -1)


def combine_references(n_references, n_modalities, random_state, *, shuffled=False):
    """Tuples of references: a Latin hypercube sample of the product measure.

    Each modality uses each reference exactly once, in an order of its own. Means of
    additive functions over the tuples are therefore exact, so that an additive model
    has MI = 0 to rounding, and a modality that the model ignores has no effect.

    Returns
    -------
    tuples : ndarray of int of shape (n_modalities, n_references)
        ``tuples[m, j]`` is the reference that stands for modality m in tuple j. Two
        modalities are shuffled only if asked for: only one of them is ever absent,
        but for the baseline.
    """
    orders = np.tile(np.arange(n_references), (n_modalities, 1))
    if n_modalities > 2 or shuffled:
        for m in range(1, n_modalities):
            orders[m] = random_state.permutation(n_references)
    return orders
