"""Which reference rows stand in for an absent modality, and how they are combined.

Two modalities need no combination: the one absent modality is taken from each
reference in turn. With three or more, ``N`` references are combined into ``N``
tuples in which every modality comes from another, independently drawn reference.
"""

import numpy as np


def draw_references(n_rows, n_references, random_state):
    """Positions of the reference rows, drawn without replacement and sorted.

    Parameters
    ----------
    n_rows : int
        Rows to draw from.
    n_references : int or None
        Rows to draw; None, or a number above `n_rows`, takes all of them.
    random_state : RandomState
        Source of the draw.
    """
    if n_references is None or n_references >= n_rows:
        return np.arange(n_rows)
    return np.sort(random_state.choice(n_rows, size=n_references, replace=False))


def combine_references(n_references, n_modalities, random_state):
    """Tuples of references: a Latin hypercube sample of the product measure.

    Each modality uses each reference exactly once, in an order of its own. Means of
    additive functions over the tuples are therefore exact, so that an additive model
    has MI = 0 to rounding, and a modality that the model ignores has no effect.

    Returns
    -------
    tuples : ndarray of int of shape (n_modalities, n_references)
        ``tuples[m, j]`` is the reference that stands for modality m in tuple j. Two
        modalities are not shuffled: only one of them is ever absent.
    """
    orders = np.tile(np.arange(n_references), (n_modalities, 1))
    if n_modalities > 2:
        for m in range(1, n_modalities):
            orders[m] = random_state.permutation(n_references)
    return orders
