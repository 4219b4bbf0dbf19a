"""Random states that no one else's draws change."""

import numpy as np
import pytest

from skdime._utils.random import balanced, own_random_state


def test_none_is_not_the_global_state():
    np.random.seed(0)
    expected = np.random.RandomState(0).uniform()
    own_random_state(None).uniform(size=5)
    assert np.random.uniform() == expected


def test_seeds_and_states_are_as_in_sklearn():
    assert own_random_state(3).randint(10**6) == own_random_state(3).randint(10**6)
    state = np.random.RandomState(0)
    assert own_random_state(state) is state


@pytest.mark.parametrize("n", [0, 7, 20, 33])
def test_balanced(n):
    counts = np.bincount(balanced(10, n, np.random.RandomState(0)), minlength=10)
    assert counts.sum() == n and np.ptp(counts) <= 1
