"""Parallel calls whose results come one by one."""

import time

import pytest
from sklearn.utils.parallel import delayed

from skdime._utils import parallel
from skdime._utils.parallel import ordered_generator


def slow_at_first(i):
    time.sleep(0.02 if i == 0 else 0)
    return i


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_results_are_in_the_order_of_the_calls(n_jobs):
    results = ordered_generator(n_jobs)(delayed(slow_at_first)(i) for i in range(6))
    assert next(iter(results)) == 0
    assert list(results) == [1, 2, 3, 4, 5]


def test_backends_that_give_all_results_at_once(monkeypatch):
    original = parallel.Parallel

    def without_generators(return_as="list", **options):
        if return_as != "list":
            raise ValueError("Backend does not support return_as=generator")
        return original(**options)

    monkeypatch.setattr(parallel, "Parallel", without_generators)
    results = ordered_generator(2)(delayed(slow_at_first)(i) for i in range(4))
    assert list(results) == [0, 1, 2, 3]
