"""Random states that no one else's draws change."""

import numpy as np
from sklearn.utils import check_random_state


def own_random_state(random_state):
    """As scikit-learn's ``check_random_state``, but None never is the global one."""
    # draws from the global state would change those that users make from it
    if random_state is None:
        return np.random.RandomState()
    return check_random_state(random_state)
