"""How many hybrids a masked row is expected to take, before any is evaluated."""

import numpy as np

from skdime._references.nested_pairs import n_distinct_pairs


def expected_hybrids(way_of, n_features, n_samples, n_first, n_contexts, n_whole):
    """Hybrids of a row, half way between the first step and the last.

    Parameters
    ----------
    way_of : callable
        ``way_of(shape)`` returns the way to evaluate a grid of masks and contexts.
    n_features : float
        Of the row, as far as they can be masked; inf where they are not known.
    n_samples : int
        Masks at most.
    n_first : int
        Pairs of a mask and its complement in the first step.
    n_contexts : int
    n_whole : int
        Hybrids with all features of the row, or none, that are to be evaluated.

    Returns
    -------
    n_hybrids : float
    """
    if not n_features:
        return 0.0
    most, n_masks = max(n_samples // 2, 1), 2.0 ** (n_features - 1) - 1
    grid = 2 * int(min(n_masks, most)), n_contexts
    of_grid = way_of(grid).n_model_rows(grid) if n_masks else 0
    are_all = 2 * n_masks + 2 <= max(n_samples, 2)
    if of_grid <= 2 * (most if are_all else min(n_first, most)):
        return float(of_grid + n_whole)
    steps = [n_distinct_pairs(n, n_masks) for n in (min(n_first, most), most)]
    return float(np.sqrt(np.prod([2 * n + n_whole for n in steps])))
