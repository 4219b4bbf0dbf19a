"""Kernels of very many columns, tuned in bounded memory; see test_kernel.py."""

import tracemalloc

import numpy as np

from skdime._surrogates.anova_kernel import Pieces
from skdime._surrogates.kernel_tuning import tuned_kernel


def test_memory_of_tuning_does_not_grow_with_the_columns():
    rng = np.random.RandomState(0)
    peaks = []
    for n_columns in (150, 600):
        features = [rng.normal(size=(100, 3)) for _ in range(n_columns)]
        points = [Pieces(features, rng.normal(size=(100, n_columns)))]
        outputs = rng.normal(size=(100, 1))
        tracemalloc.start()
        tuned_kernel(points, outputs)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    of_all_products = 8 * 450 * 100 * 101 / 2
    assert peaks[1] - peaks[0] < of_all_products / 10
