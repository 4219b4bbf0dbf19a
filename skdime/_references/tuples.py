"""The tuples that references are combined into."""

import numpy as np

# Rows that are no sample are combined in every way if there are no more combinations:
# as many as a sample has by default.
_MOST_COMBINED = 100


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


def orders_of_strata(tuples, order):
    """The tuples in the order of the references of each modality.

    One order where tuples are rows.

    Parameters
    ----------
    tuples : ndarray of int of shape (n_modalities, n_references)
        Of references, each of which is in one tuple.
    order : ndarray of int of shape (n_references,) or None
        The references in the order of strata.

    Returns
    -------
    orders : ndarray of int of shape (n_modalities or 1, n_references) or None
    """
    if order is None:
        return None
    are_rows = (tuples == tuples[0]).all()
    return np.argsort(np.argsort(order)[tuples[:1] if are_rows else tuples], axis=1)
