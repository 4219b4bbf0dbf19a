"""The trend of columns is that of additive functions, feature by feature."""

import numpy as np

from skdime._surrogates.additive_trend import AdditiveTrend
from skdime.perturbers import TabularPerturber
from tests._surrogates._masked import Columns


def test_additive_functions_are_found_by_feature():
    X = np.random.RandomState(0).uniform(-1, 1, size=(400, 5))
    names = np.array([f"x{j}" for j in range(5)])
    first = TabularPerturber(groups={"both": [0, 1]})
    first = first.fit(X[:, :3], 50, names[:3], np.random.RandomState(0))
    second = Columns().fit(X[:, 3:], names[3:])

    def by_feature(X):
        return np.column_stack([np.sin(2 * X[:, 0]) + X[:, 1], X[:, 2] ** 2])

    outputs = np.column_stack([by_feature(X).sum(axis=1), X[:, 2]])
    blocks = [X[:, :3], X[:, 3:]]
    trend = AdditiveTrend({0: first, 1: second}, blocks, outputs)
    found = trend.by_feature(0, X[:20, :3])
    assert found.shape == (20, 2, 2)
    changes, expected = np.ptp(found[:, :, 0], axis=0), np.ptp(by_feature(X[:20]), 0)
    np.testing.assert_allclose(changes, expected, rtol=0.05)
    moved = found[:, :, 0] - found[0, :, 0]
    exact = by_feature(X[:20]) - by_feature(X[:1])
    np.testing.assert_allclose(moved, exact, atol=0.05)
    # the second output has no part in the group of columns
    np.testing.assert_allclose(np.ptp(found[:, 0, 1]), 0, atol=0.05)
    only = trend.of_outputs(np.array([1])).by_feature(0, X[:20, :3])
    np.testing.assert_allclose(only, found[..., 1:], atol=1e-14)


def test_masked_modalities_have_no_trend():
    X = np.random.RandomState(0).normal(size=(30, 2))
    second = Columns().fit(X, np.array(["a", "b"]))
    trend = AdditiveTrend({0: second}, [X], X[:, :1])
    assert not trend.perturbers
    assert trend.n_outputs == 1
