r"""Which binary masks to evaluate: 1 keeps a feature as in the row, 0 replaces it.

A linear surrogate of a model that is not linear takes interactions for main effects
wherever the masks confound them. Orthogonal two-level designs that are folded over,
every mask together with its complement, confound no main effect with another one, with
the mean or with any interaction of two features: of a model with no higher interaction
they give the main effects exactly, where random masks add an error.

The first two masks of every sequence replace every feature and none. The latter is the
row itself, where a surrogate can be compared with what is known of the row.

References
----------
Box and Wilson, J. R. Stat. Soc. B 13 (1951), for folding over; Plackett and Burman,
Biometrika 33 (1946), for orthogonal designs; Paley, J. Math. Phys. 12 (1933), for the
Hadamard matrices that these are.
"""

from itertools import count

import numpy as np
from sklearn.utils import check_random_state

# Masks of the first complete design, at least; a cube up to this size is complete.
_FIRST_MASKS = 64
# Blocks drawn before it is given up to find one that shares no mask with others.
_TRIES = 100


def mask_sequence(n_features, n_runs, random_state):
    """All masks, or as many as wanted in orthogonal, folded-over blocks.

    A block is made of the rows of a Hadamard matrix of order q, in random order, of
    which each feature takes a random column with a random sign, and of their
    complements: 2q masks for up to q features. Blocks follow each other, each with
    columns and signs of its own, as long as `n_runs` allows and one is found that
    shares no mask with those before: a mask that counted once but belonged to two
    blocks would leave neither orthogonal. Where not more than `n_runs` masks exist, all
    others follow after at most half of them.

    Parameters
    ----------
    n_features : int
        At least 1.
    n_runs : int
        Masks wanted, at least 2. Where that is less than one block (of at least
        ``2 * n_features`` masks) the result is a part of one, and not orthogonal.
    random_state : int
        The masks depend on it, `n_features` and `n_runs` only.

    Returns
    -------
    masks : ndarray of bool of shape (n_masks, n_features)
        Each once. Masks 2i and 2i + 1 are each other's complements; the first keeps
        nothing, the second everything.
    sizes : list of int
        Ascending numbers of masks that make complete designs; the last is n_masks.
    """
    _check_sizes(n_features, n_runs, least_runs=2)
    cube = 2**n_features <= n_runs
    if cube and 2**n_features <= _FIRST_MASKS:
        return _paired(all_masks(n_features)), [2**n_features]
    random_state = check_random_state(random_state)
    hadamard = _first_hadamard(count(n_features))
    block = 2 * len(hadamard)
    masks = _blocks(hadamard, n_features, max(n_runs // block, 1), random_state)
    if n_runs < block:
        masks = masks[: n_runs - n_runs % 2]
    sizes = []
    size = block * max(2, -(-_FIRST_MASKS // block))
    while size < len(masks):
        sizes.append(size)
        size *= 2
    if cube:
        sizes = [size for size in sizes if 2 * size <= 2**n_features]
        masks = _without_repeats(
            np.concatenate([masks, _paired(all_masks(n_features))])
        )
    return masks, [*sizes, len(masks)]


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


def _check_sizes(n_features, n_runs, least_runs=1):
    if n_features < 1:
        raise ValueError(
            f"n_features must be at least 1, got {n_features}: without features there "
            "is nothing to mask."
        )
    if n_runs < least_runs:
        raise ValueError(f"n_runs must be at least {least_runs}, got {n_runs}.")


def all_masks(n_features):
    """All masks of some features."""
    return (np.arange(2**n_features)[:, None] >> np.arange(n_features) & 1).astype(bool)


def _paired(masks):
    """Half of a cube's masks, each followed by its complement."""
    half = masks[: len(masks) // 2]
    return np.stack([half, ~half], axis=1).reshape(-1, masks.shape[1])


def _without_repeats(masks):
    """Pairs of complements, each at its first place only."""
    pairs = masks.reshape(-1, 2, masks.shape[1])
    _, first = np.unique(_keepers(pairs), axis=0, return_index=True)
    return pairs[np.sort(first)].reshape(-1, masks.shape[1])


def _keepers(pairs):
    """Of two complements the one that keeps the first feature."""
    return np.where(pairs[:, 0, :1], pairs[:, 0], pairs[:, 1])


def _blocks(hadamard, n_features, n_blocks, random_state):
    """At most so many blocks without a common mask, the first with the row itself."""
    first = _block(hadamard, n_features, random_state)
    first ^= first[0].copy()
    blocks, known = [first], _pairs_of(first)
    while len(blocks) < n_blocks:
        tries = (_block(hadamard, n_features, random_state) for _ in range(_TRIES))
        found = next((b for b in tries if known.isdisjoint(_pairs_of(b))), None)
        if found is None:
            break
        blocks.append(found)
        known |= _pairs_of(found)
    return np.concatenate(blocks)


def _pairs_of(masks):
    """The pairs of complements, each as one hashable object."""
    keepers = _keepers(masks.reshape(-1, 2, masks.shape[1]))
    return {packed.tobytes() for packed in np.packbits(keepers, axis=1)}


def _block(hadamard, n_features, random_state):
    """One folded design, its rows, columns and signs at random."""
    rows = random_state.permutation(len(hadamard))[:, None]
    columns = random_state.permutation(len(hadamard))[:n_features]
    signs = 2 * random_state.randint(2, size=n_features) - 1
    half = hadamard[rows, columns] * signs > 0
    return np.stack([half, ~half], axis=1).reshape(-1, n_features)


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
