r"""Which binary masks to evaluate: 1 keeps a feature as in the row, 0 replaces it.

Masks come in pairs, each together with its complement (folding over). The difference of
the two outputs holds the odd orders of the model's interactions only, and no value of a
feature depends on others.

Rows of a Hadamard matrix, whose columns are orthogonal, confound no single feature with
another one. They keep half of the features. Shapley values depend on masks of all
sizes, so that for them half of the masks are drawn with other sizes.

References
----------
Box and Wilson, J. R. Stat. Soc. B 13 (1951), for folding over; Plackett and Burman,
Biometrika 33 (1946), for orthogonal designs; Paley, J. Math. Phys. 12 (1933), for the
Hadamard matrices that these are.
"""

from functools import lru_cache
from itertools import count

import numpy as np
from sklearn.utils import check_random_state

from skdime._references.hybrids import coalitions

# Share of masks whose size is not half of the features, for Shapley values. Without
# them what saturates is extrapolated: errors of benchmarks/masks.py are up to twice as
# large; with many more, those of smooth models grow.
_OTHER_SIZES = 0.5


def half_masks(n_features, n, random_state):
    """Rows of Hadamard matrices in random order, of random columns and signs.

    Parameters
    ----------
    n_features, n : int
    random_state : RandomState

    Returns
    -------
    masks : ndarray of bool of shape (n, n_features)
        One of each pair; its complement is the other.
    """
    hadamard = _first_hadamard(n_features)
    order = len(hadamard)
    blocks = [np.empty((0, n_features), dtype=bool)]
    for _ in range(-(-n // order)):
        rows = random_state.permutation(order)[:, None]
        columns = random_state.permutation(order)[:n_features]
        signs = 2 * random_state.randint(2, size=n_features) - 1
        blocks.append(hadamard[rows, columns] * signs > 0)
    return np.concatenate(blocks)[:n]


def folded_masks(n_features, n, effects, random_state):
    """One mask of each pair, as they suit what is to be estimated.

    Parameters
    ----------
    n_features, n : int
    effects : {"shapley", "banzhaf"}
    random_state : RandomState

    Returns
    -------
    masks : ndarray of bool of shape (n, n_features)
        They may keep all features, or none.
    """
    masks = half_masks(n_features, n, random_state)
    if effects == "shapley":
        other = np.flatnonzero(random_state.uniform(size=n) < _OTHER_SIZES)
        masks[other] = coalitions(n_features, len(other), random_state)
    return masks


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


def _check_sizes(n_features, n_runs):
    if n_features < 1:
        raise ValueError(
            f"n_features must be at least 1, got {n_features}: without features there "
            "is nothing to mask."
        )
    if n_runs < 1:
        raise ValueError(f"n_runs must be at least 1, got {n_runs}.")


def all_masks(n_features):
    """All masks of some features."""
    return (np.arange(2**n_features)[:, None] >> np.arange(n_features) & 1).astype(bool)


def all_pairs(n_features):
    """One mask of every pair but that of all features and none, which keep the first.

    Returns
    -------
    masks : ndarray of bool of shape (2 ** (n_features - 1) - 1, n_features)
    """
    others = all_masks(n_features - 1)[:-1]
    return np.hstack([np.ones((len(others), 1), dtype=bool), others])


def drawn_pairs(n_features, n, effects, random_state):
    """Masks by the law whose regression gives the values, and how often each is drawn.

    Parameters
    ----------
    n_features, n : int
    effects : {"shapley", "banzhaf"}
        Sizes of masks are those of the Shapley kernel, or about half of the features.
    random_state : int

    Returns
    -------
    masks : ndarray of bool of shape (n_distinct, n_features)
        One of each pair, the one that keeps the first feature.
    counts : ndarray of int of shape (n_distinct,)
    """
    random_state = check_random_state(random_state)
    if effects == "banzhaf":
        masks = half_masks(n_features, n, random_state)
    else:
        sizes = np.arange(1, n_features)
        law = 1 / (sizes * (n_features - sizes))
        sizes = random_state.choice(sizes, n, p=law / law.sum())
        order = random_state.uniform(size=(n, n_features)).argsort(axis=1)
        masks = order < sizes[:, None]
    masks = masks ^ ~masks[:, :1]
    masks = masks[~masks.all(axis=1)]
    if not len(masks):
        masks = np.eye(1, n_features, dtype=bool)
    return np.unique(masks, axis=0, return_counts=True)


@lru_cache(maxsize=32)
def _first_hadamard(n_features):
    """The smallest Hadamard matrix there is with so many columns."""
    return next(h for order in count(n_features) if (h := _hadamard(order)) is not None)


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
