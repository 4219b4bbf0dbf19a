"""What a PairExplanation prints of two modalities, and of two among three."""

import re

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer

X = np.random.RandomState(0).normal(size=(120, 3))


def product(X):
    """Of the first two columns, and a main effect of the third."""
    return X[:, 0] * X[:, 1] + X[:, 2]


def pairs_of(modalities, rows):
    dis = Disentangler(product, modalities, n_references=40, random_state=0)
    explainer = LocalExplainer(dis, n_samples=100, random_state=0).fit(X)
    return explainer.explain_pairs(X[:rows], ("a", "b"))


@pytest.mark.parametrize("rows", [1, 5])
def test_of_three_modalities_the_sum_of_pairs_is_told(rows):
    found = pairs_of({"a": [0], "b": [1], "c": [2]}, rows)
    assert np.isnan(found.rest).all()
    told = re.search(r"of all modalities, sum of these pairs (\S+);", repr(found))
    sums = found.coef.sum(axis=(1, 2))[:, 0]
    expected = sums[0] if rows == 1 else np.abs(sums).mean()
    assert float(told[1]) == pytest.approx(expected, rel=0.01)
    assert "`decompose(X, pairs=True)` has MI of the two" in repr(found)


def test_of_two_modalities_the_rest_is_told():
    found = pairs_of({"a": [0], "b": [1, 2]}, 1)
    told = re.search(r"MI (\S+), rest (\S+)", repr(found))
    total = found.coef.sum() + float(told[2])
    assert total == pytest.approx(float(told[1]), rel=0.02)
    assert "of all modalities" not in repr(found)
