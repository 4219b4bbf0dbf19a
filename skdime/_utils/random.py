"""Random states that no one else's draws change, and balanced draws."""

import numpy as np
from sklearn.utils import check_random_state


def own_random_state(random_state):
    """As scikit-learn's ``check_random_state``, but None never is the global one."""
    # draws from the global state would change those that users make from it
    if random_state is None:
        return np.random.RandomState()
    return check_random_state(random_state)


def balanced(n_values, n, random_state):
    """Numbers below `n_values` in random order, each as often as any, or one more."""
    rounds = [random_state.permutation(n_values) for _ in range(-(-n // n_values))]
    return np.concatenate(rounds)[:n] if n else np.empty(0, dtype=int)
