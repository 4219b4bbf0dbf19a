"""The baseline of two modalities, from all pairs of references or from some."""

import numpy as np
import pytest

from skdime import Disentangler
from skdime._estimators.disentangler_fitting import fit_disentangler
from skdime._references.baseline import baseline_rows, pairs_of_each
from tests._data import AB, Counter, product


def fitted(model, X, shuffled=False, **options):
    dis = Disentangler(model, AB, **({"random_state": 0} | options))
    fit_disentangler(dis, X, None, {}, shuffled=shuffled)
    return dis


@pytest.mark.parametrize("n", [2, 100, 101, 300, 5_000])
def test_each_of_many_references_is_combined_with_some(n):
    n_each = pairs_of_each(n)
    assert n_each == n if n <= 100 else 8 <= n_each <= 10_000 / n + 8
    assert baseline_rows(n, 2) == n * n_each
    assert baseline_rows(n, 3) == n


@pytest.mark.parametrize("shuffled", [False, True])
def test_rows_are_as_told(shuffled):
    X = np.random.RandomState(0).normal(size=(400, 2))
    model = Counter(product)
    fitted(model, X, shuffled, n_references=300)
    assert model.rows == 16 + (300 if shuffled else baseline_rows(300, 2))


def test_all_rows_as_references_leave_no_error():
    """Nothing would tell that some of their pairs are left out."""
    X = np.random.RandomState(0).normal(1, 1, size=(130, 2))
    dis = fitted(Counter(product), X, n_references=None)
    values = dis.decompose(X[:5])
    means = X.mean(axis=0)
    expected = X[:5, 0] * means[1] + X[:5, 1] * means[0] - means.prod()
    np.testing.assert_allclose(values.uc[:, 0], expected)
    assert not values.uc_se.any()
    assert dis.estimator.rows == 16 + 130**2 + 5 * (1 + 2 * 130)


@pytest.mark.parametrize("shuffled", [False, True])
def test_an_additive_model_has_no_interaction(shuffled):
    X = np.random.RandomState(0).normal(size=(300, 2))

    def additive(X):
        return np.exp(X[:, 0]) + X[:, 1] ** 2

    parts = fitted(additive, X, shuffled, n_references=200).decompose(X[:5])
    np.testing.assert_allclose(parts.mi, 0, atol=1e-12)
    np.testing.assert_allclose(parts.uc_se, 0, atol=1e-12)


@pytest.mark.parametrize("shuffled", [False, True])
def test_errors_are_those_of_repeated_draws(shuffled):
    """Fewer pairs make a larger error, and it is told."""
    X = np.random.RandomState(0).normal(1, 2, size=(20_000, 2))
    found = [
        fitted(product, X, shuffled, n_references=200, random_state=seed)
        for seed in range(40)
    ]
    values = [dis.decompose(np.array([[2.0, 3.0]])) for dis in found]
    for numbers, errors in (
        ([dis.baseline_[0] for dis in found], [dis.baseline_se_[0] for dis in found]),
        ([v.uc[0, 0] for v in values], [v.uc_se[0, 0] for v in values]),
    ):
        assert 0.7 < np.mean(errors) / np.std(numbers, ddof=1) < 1.5


def test_no_reference_is_combined_with_itself():
    X = np.random.RandomState(0).normal(size=(300, 1)) * np.ones(2)
    seen = []

    def model(X):
        seen.append(np.array(X))
        return X[:, 0] * X[:, 1]

    fitted(model, X, n_references=200)
    pairs = max(seen, key=len)
    assert len(pairs) == 200 * 50
    assert (pairs[:, 0] != pairs[:, 1]).all()
    for column in pairs.T:
        assert (np.unique(column, return_counts=True)[1] == 50).all()
