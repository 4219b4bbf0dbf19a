"""Sparse matrices and arrays of objects stay what they are."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from tests._rows._tables import NO_WARNINGS, N, assert_sound, explain, halves

pytestmark = NO_WARNINGS


SPARSE = ["csr_matrix", "csr_array"]


@pytest.fixture
def counts():
    return np.random.RandomState(0).poisson(0.5, size=(N, 6))


def product(X):
    return np.asarray(X[:, 0] * X[:, 3] + X[:, 1] * X[:, 4], dtype=float)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int8, bool])
@pytest.mark.parametrize("kind", SPARSE)
def test_sparse_rows_stay_sparse(counts, kind, dtype):
    X = getattr(sp, kind)(counts.astype(dtype))

    def model(X):
        assert X.format == "csr"
        assert X.dtype == dtype
        assert X.shape[1] == 6
        return product(X.toarray())

    _, explanation = explain(model, halves(counts), X)
    _, expected = explain(product, halves(counts), counts.astype(dtype))
    assert_sound(explanation)
    np.testing.assert_allclose(explanation.coef, expected.coef, atol=1e-12)


@pytest.mark.parametrize(
    "kind",
    [
        "csr_matrix",
        "csr_array",
    ],
)
def test_sparse_matrices_and_arrays_stay_what_they_are(counts, kind):
    X = getattr(sp, kind)(counts)
    before = X.copy()
    seen = set()

    def model(X):
        seen.add(type(X))
        return product(X.toarray())

    explain(model, halves(counts), X)
    assert seen == {type(X)}
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(X, name), getattr(before, name))


def test_sparse_rows_become_the_kind_that_the_model_was_fitted_on(counts):
    seen = set()

    def model(X):
        seen.add(type(X))
        return product(X.toarray())

    explainer, _ = explain(model, halves(counts), sp.csr_matrix(counts))
    explainer.explain(sp.csr_array(counts[:2]))
    assert seen == {sp.csr_matrix}


@pytest.mark.parametrize("kind", SPARSE)
def test_pipelines_on_sparse_rows(counts, kind):
    X = getattr(sp, kind)(counts.astype(float))
    y = product(counts) > 0
    pipeline = make_pipeline(MaxAbsScaler(), LogisticRegression())
    _, explanation = explain(pipeline, halves(counts), X, y)
    _, expected = explain(pipeline, halves(counts), counts.astype(float), y)
    np.testing.assert_allclose(explanation.coef, expected.coef, atol=1e-8)


def test_arrays_of_objects_keep_their_values(table):
    X = table[["float", "int", "bool", "category", "text", "object"]].to_numpy(object)
    known = [values_of(X[:, j]) for j in range(X.shape[1])]

    def model(X):
        assert X.dtype == object
        for j, values in enumerate(known):
            assert values_of(X[:, j]) <= values
        return (X[:, 0] * X[:, 1]).astype(float)

    explainer, explanation = explain(model, halves(X), X)
    assert_sound(explanation)
    categorical = [perturber.categorical_ for _, perturber in explainer.perturbers_]
    # float, bool, text and int, category, object
    np.testing.assert_array_equal(
        categorical, [[False, True, True], [False, True, True]]
    )


def test_numbers_become_objects_where_the_model_was_fitted_on_objects(numbers):
    seen = set()

    def model(X):
        seen.add(X.dtype)
        return X[:, 0].astype(float)

    explainer, _ = explain(model, halves(numbers), numbers.astype(object))
    explainer.explain(numbers[:2])
    assert seen == {np.dtype(object)}


def values_of(column):
    return {(type(value).__name__, str(value)) for value in column.tolist()}


def test_numbers_among_objects_are_numbers_also_where_one_is_missing(numbers):
    X = numbers.astype(object)
    X[3, 1] = None
    explainer, _ = explain(lambda X: X[:, 0].astype(float), None, X)
    assert not explainer.perturbers_[1][1].categorical_.any()


def test_arrays_of_strings(counts):
    X = np.array(["none", "one", "more"])[np.minimum(counts, 2)]

    def model(given):
        assert given.dtype == X.dtype
        return (given[:, 0] == "none") * (given[:, 1] == "none") * 1.0

    _, explanation = explain(model, halves(X), X)
    assert_sound(explanation)
