"""Operators of probes: stored where they are small, computed again otherwise."""

import numpy as np
import pytest

from skdime._surrogates.probes import Probes

OPERATORS = np.random.RandomState(0).normal(size=(16, 3, 20))


@pytest.mark.parametrize("is_small", [True, False])
def test_every_pass_has_the_operators_of_all_probes(is_small):
    asked = []

    def operator_of(rows):
        asked.append(rows)
        return OPERATORS[rows]

    n_bytes = OPERATORS.nbytes
    max_memory = n_bytes * (8 if is_small else 1)
    probes = Probes(operator_of, 16, n_bytes, 5, max_memory)
    for _ in range(3):
        batches = list(probes)
        assert max(map(len, batches)) == 5
        np.testing.assert_array_equal(np.concatenate(batches), OPERATORS)
    assert probes.n_bytes == is_small * n_bytes
    assert len(asked) == (4 if is_small else 12)
