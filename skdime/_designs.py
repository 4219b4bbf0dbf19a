r"""Which binary masks to evaluate: 1 keeps a feature as in the row, 0 replaces it.

A linear surrogate of a model that is not linear takes interactions for main effects
wherever the masks confound them. Orthogonal two-level designs that are folded over,
every mask together with its complement, confound no main effect with another one, with
the mean or with any interaction of two features: of a model with no higher interaction
they give the main effects exactly, where random masks add an error.

The mask that keeps everything is the row itself, whose output is known without a model
row. It is a mask like any other here and may be part of any of these sets.

References
----------
Box and Wilson, J. R. Stat. Soc. B 13 (1951), for folding over; Plackett and Burman,
Biometrika 33 (1946), for orthogonal designs; Paley, J. Math. Phys. 12 (1933), for the
Hadamard matrices that these are.
"""

from itertools import count

import numpy as np
from sklearn.utils import check_random_state


def folded_design(n_features, n_runs, random_state):
    """All masks, or as many as wanted in orthogonal, folded-over blocks.

    Where not more than `n_runs` masks exist, these are all of them, each once.
    Otherwise a block is made of the rows of a Hadamard matrix of order q, of which each
    feature takes a random column with a random sign, and of their complements: 2q masks
    for up to q features. As many blocks as possible are stacked, each with columns and
    signs of its own, and then q is raised as far as `n_runs` allows. Columns of +-1 for
    the features are orthogonal over the masks, repetitions included.

    Parameters
    ----------
    n_features : int
        At least 1.
    n_runs : int
        Masks wanted. Not exceeded, unless it is less than one block: there is no
        smaller design, and the block, of at least ``2 * n_features`` masks, is
        returned.
    random_state : int or RandomState
        The masks depend on an int, `n_features` and `n_runs` only.

    Returns
    -------
    masks : ndarray of bool of shape (n_masks, n_features)
        Blocks may have masks in common: see :func:`unique_masks`.
    """
    _check_sizes(n_features, n_runs)
    if 2**n_features <= n_runs:
        return _cube(n_features)
    random_state = check_random_state(random_state)
    hadamard, n_blocks = _plan(n_features, n_runs)
    blocks = [_block(hadamard, n_features, random_state) for _ in range(n_blocks)]
    return np.concatenate(blocks)


def random_masks(n_features, n_runs, random_state):
    """Independent fair bits, which is how LIME masks the superpixels of an image.

    Parameters
    ----------
    n_features, n_runs : int
        At least 1.
    random_state : int or RandomState

    Returns
    -------
    masks : ndarray of bool of shape (n_runs, n_features)
    """
    _check_sizes(n_features, n_runs)
    random_state = check_random_state(random_state)
    return random_state.randint(2, size=(n_runs, n_features)).astype(bool)


def unique_masks(masks):
    """Every mask once, and how often it occurs.

    Weighted by their counts, masks are as orthogonal as they were with repetitions.

    Parameters
    ----------
    masks : ndarray of bool of shape (n_masks, n_features)

    Returns
    -------
    masks : ndarray of bool of shape (n_unique, n_features)
        In lexicographic order, so that a mask that keeps everything is the last.
    counts : ndarray of int of shape (n_unique,)
    """
    return np.unique(masks, axis=0, return_counts=True)


def _check_sizes(n_features, n_runs):
    if n_features < 1:
        raise ValueError(
            f"n_features must be at least 1, got {n_features}: without features there "
            "is nothing to mask."
        )
    if n_runs < 1:
        raise ValueError(f"n_runs must be at least 1, got {n_runs}.")


def _cube(n_features):
    """All masks of some features."""
    return (np.arange(2**n_features)[:, None] >> np.arange(n_features) & 1).astype(bool)


def _plan(n_features, n_runs):
    """The Hadamard matrix of all blocks, and the number of blocks."""
    # Folded over, a constant column is balanced like the others: n_features columns
    # suffice, one less than a design that is not folded needs.
    smallest = _first_hadamard(count(n_features))
    n_blocks = max(n_runs // (2 * len(smallest)), 1)
    largest = max(n_runs // (2 * n_blocks), len(smallest))
    return _first_hadamard(range(largest, 0, -1)), n_blocks


def _block(hadamard, n_features, random_state):
    """One folded design, its columns and signs at random."""
    columns = random_state.permutation(len(hadamard))[:n_features]
    signs = 2 * random_state.randint(2, size=n_features) - 1
    half = hadamard[:, columns] * signs > 0
    return np.concatenate([half, ~half])


def _first_hadamard(orders):
    """The Hadamard matrix of the first of some orders for which one can be built."""
    return next(h for order in orders if (h := _hadamard(order)) is not None)


def _hadamard(order):
    """A Hadamard matrix of -1 and 1, or None for an order that is not covered.

    Paley's two constructions on prime fields, and Sylvester's doubling. They cover all
    multiples of 4 below 100 except 52 and 92.
    """
    if order <= 2:
        return np.array([[1, 1], [1, -1]], dtype=np.int8)[:order, :order]
    if order % 4:
        return None
    if _is_prime(order - 1):
        return _paley_first(order - 1)
    if order % 8 == 4 and _is_prime(order // 2 - 1):
        return _paley_second(order // 2 - 1)
    half = _hadamard(order // 2)
    return None if half is None else np.kron(_hadamard(2), half)


def _paley_first(q):
    """Order q + 1, from a prime q that is 3 modulo 4."""
    conference = _bordered(q)
    conference[1:, 0] = -1
    return conference + np.eye(q + 1, dtype=np.int8)


def _paley_second(q):
    """Order 2q + 2, from a prime q that is 1 modulo 4."""
    diagonal = np.array([[1, -1], [-1, -1]], dtype=np.int8)
    identity = np.eye(q + 1, dtype=np.int8)
    return np.kron(_bordered(q), _hadamard(2)) + np.kron(identity, diagonal)


def _bordered(q):
    """Jacobsthal's matrix of the quadratic character of i - j, bordered by ones."""
    character = np.full(q, -1, dtype=np.int8)
    character[np.arange(q) ** 2 % q] = 1
    character[0] = 0
    i = np.arange(q)
    bordered = np.ones((q + 1, q + 1), dtype=np.int8)
    bordered[0, 0] = 0
    bordered[1:, 1:] = character[i[:, None] - i]
    return bordered


def _is_prime(number):
    divisors = range(2, int(number**0.5) + 1)
    return number > 1 and all(number % divisor for divisor in divisors)
