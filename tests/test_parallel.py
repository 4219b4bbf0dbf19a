"""The same numbers on any number of workers, in any order and in any batches."""

import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdime import Disentangler, LocalExplainer
from tests._data import TWO, assert_same_numbers, numbers_of

BACKENDS = ["loky", "threading"]
# Batches round outputs otherwise, and the length scales of bent effects with them.
ROUNDING = 1e-6

X = np.random.RandomState(0).normal(size=(50, 5))
TRAINING = np.random.RandomState(1).normal(size=(150, 5)) + np.tile(X, (3, 1))


def workers(backend, n_jobs=2):
    """A context in which joblib uses this backend."""
    # joblib before 1.3 has another name for it
    configure = getattr(joblib, "parallel_config", None) or joblib.parallel_backend
    return configure(backend, n_jobs=n_jobs)


@pytest.fixture(scope="module")
def elementwise():
    """A model whose output for a row is the same, to the bit, in any batch."""

    def model(X):  # made here: workers get it by value and need not import this file
        return X[:, 0] * X[:, 1] + X[:, 2] * (X[:, 3] - X[:, 4])

    return model


@pytest.fixture(scope="module", params=["exhaustive", "auto"])
def explainer(request, elementwise):
    """Unfitted, to be cloned; its grids are cut into many batches."""
    # so many draws and references that tables are completed; "auto" goes by the time
    # that the model takes, in which workers start
    n_references, n_samples = (60, 200) if request.param == "auto" else (8, 40)
    disentangler = Disentangler(
        elementwise, TWO, n_references=n_references, max_memory=60_000
    )
    return LocalExplainer(
        disentangler, n_samples=n_samples, algorithm=request.param, random_state=0
    )


@pytest.fixture(scope="module")
def fitted(explainer):
    """The explainer fitted on one worker."""
    return clone(explainer).fit(TRAINING)


@pytest.fixture(scope="module")
def explained(fitted):
    """Twenty rows explained at once, on one worker."""
    return fitted.explain(X[:20])


def assert_identical(actual, expected):
    expected = numbers_of(expected)
    for name, array in numbers_of(actual).items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


# --- workers --------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_any_number_of_workers(explainer, fitted, backend):
    two = clone(explainer).set_params(n_jobs=2, disentangler__n_jobs=2)
    with workers(backend, n_jobs=1):
        two.fit(TRAINING)
        actual = two.explain(X[:6])
        np.testing.assert_array_equal(two.transform(X[:6]), fitted.transform(X[:6]))
        assert two.score(X[:6]) == fitted.score(X[:6])
    expected = fitted.explain(X[:6])
    assert_identical(actual, expected)
    assert actual.n_model_rows == expected.n_model_rows
    assert two.n_model_rows_ == fitted.n_model_rows_


@pytest.mark.parametrize("backend", BACKENDS)
def test_workers_of_the_configuration(explainer, fitted, backend):
    with workers(backend):
        actual = clone(explainer).fit(TRAINING).explain(X[:6])
    assert_identical(actual, fitted.explain(X[:6]))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(5, max_depth=4, random_state=0),
        MLPRegressor(
            hidden_layer_sizes=(8,),
            max_iter=9,
            tol=9,
            n_iter_no_change=1,
            random_state=0,
        ),
    ],
    ids=["forest", "mlp"],
)
def test_fitted_models_on_workers(model, backend):
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    disentangler = Disentangler(model, TWO, n_references=8, max_memory=20_000)
    explainer = LocalExplainer(disentangler, n_samples=40, random_state=0)
    expected = clone(explainer).fit(X, y).explain(X[:6])
    with workers(backend):
        actual = clone(explainer).fit(X, y).explain(X[:6])
    assert_same_numbers(actual, expected)


def test_a_model_that_uses_workers_itself():
    forest = RandomForestClassifier(5, max_depth=4, n_jobs=2, random_state=0)
    disentangler = Disentangler(forest, TWO, n_references=8, max_memory=20_000)
    explainer = LocalExplainer(disentangler, n_samples=40, random_state=0)
    y = X[:, 0] * X[:, 1] > 0
    expected = clone(explainer).fit(X, y).explain(X[:3])
    actual = clone(explainer).set_params(n_jobs=2).fit(X, y).explain(X[:3])
    assert_same_numbers(actual, expected)


def test_threads_that_share_an_explainer(fitted):
    slices = [slice(i, i + 5) for i in range(0, 40, 5)]
    expected = [fitted.explain(X[rows]) for rows in slices]
    with ThreadPoolExecutor(4) as pool:
        actual = list(pool.map(lambda rows: fitted.explain(X[rows]), slices))
    for one, other in zip(actual, expected, strict=True):
        assert_identical(one, other)
        assert one.n_model_rows == other.n_model_rows


def test_workers_are_used(tmp_path):
    def model(X):
        (tmp_path / str(os.getpid())).touch()
        return np.ones(len(X))

    few_rows = 10 * 2 * X[0].nbytes  # ten a call, each held twice
    disentangler = Disentangler(model, TWO, n_references=None, max_memory=few_rows)
    with workers("loky"):
        disentangler.fit(X)
    others = {int(path.name) for path in tmp_path.iterdir()} - {os.getpid()}
    assert others


# --- order, subsets, batches ----------------------------------------------------------


def test_any_order_of_rows(fitted, explained):
    order = np.random.RandomState(0).permutation(20)
    assert_same_numbers(fitted.explain(X[order]), explained[order], ROUNDING)


@pytest.mark.parametrize("rows", [[0], [7], [3, 4, 11], range(0, 20, 2)])
def test_any_subset_of_rows(fitted, explained, rows):
    rows = np.array(rows)
    assert_same_numbers(fitted.explain(X[rows]), explained[rows], ROUNDING)


def test_rows_may_repeat(fitted, explained):
    rows = np.array([5, 0, 5, 5])
    assert_same_numbers(fitted.explain(X[rows]), explained[rows], ROUNDING)


@pytest.mark.parametrize("max_memory", [1, 3_000, 2**28])
def test_any_batch_size(explainer, fitted, max_memory):
    if explainer.algorithm == "auto" and max_memory == 1:
        max_memory = 400  # one row a call would be slow
    other = clone(explainer).set_params(disentangler__max_memory=max_memory)
    actual = other.fit(TRAINING).explain(X[:4])
    assert_same_numbers(actual, fitted.explain(X[:4]), ROUNDING)


def test_every_call_gives_the_same(explainer, fitted):
    first = fitted.explain(X[:5])
    fitted.explain(X[5:9])
    assert_identical(fitted.explain(X[:5]), first)
    assert_identical(clone(explainer).fit(TRAINING).explain(X[:5]), first)


@pytest.mark.slow
def test_strings_are_treated_alike_in_every_process():
    # sets and dictionaries of strings have another order in every process
    program = """
import hashlib
import numpy as np
from skdime import Disentangler, LocalExplainer

words = np.array(["ash", "birch", "cedar", "elm", "fir", "oak", "yew"])
X = words[np.random.RandomState(0).randint(7, size=(60, 3))]
model = lambda X: (X[:, 0] < X[:, 2]) * (1.0 + (X[:, 1] > "d"))
disentangler = Disentangler(model, n_references=10)
explainer = LocalExplainer(disentangler, n_samples=60, random_state=0).fit(X)
print(hashlib.sha256(explainer.transform(X[:9]).tobytes()).hexdigest())
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


# --- inputs: read-only, larger than a megabyte, never written to ----------------------


@pytest.fixture(scope="module")
def large():
    """Blocks of 1.1 MB, which loky maps into its workers for reading only."""
    rows = np.random.RandomState(0).normal(size=(18_000, 16))
    assert rows[:, :8].nbytes > 2**20
    return rows


HALVES = [("a", slice(0, 8)), ("b", slice(8, 16))]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["array", "pandas", "csr"])
def test_blocks_above_a_megabyte(large, kind, backend):
    given = large
    if kind == "pandas":
        given = pytest.importorskip("pandas").DataFrame(large)
    if kind == "csr":
        given = sp.csr_matrix(large * (large > 0))

    def model(X):
        if hasattr(X, "toarray"):
            X = X.toarray()
        X = np.asarray(X)
        return X[:, 0] * X[:, 8] + X[:, 15]

    before = joblib.hash(given)
    disentangler = Disentangler(model, HALVES, n_references=2, random_state=0)
    expected = disentangler.fit(given).transform(given)
    with workers(backend):
        actual = clone(disentangler).fit(given).transform(given)
    np.testing.assert_array_equal(actual, expected)
    assert joblib.hash(given) == before


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_explanations_of_more_than_a_megabyte(large, elementwise, backend):
    before = large.copy()
    modalities = [("a", slice(0, 3)), ("b", slice(3, 5)), ("c", slice(5, 16))]
    disentangler = Disentangler(elementwise, modalities, n_references=2)
    explainer = LocalExplainer(disentangler, n_samples=3, random_state=0)
    expected = clone(explainer).fit(large[:200]).transform(large[:5000])
    assert expected.nbytes > 2**20
    with workers(backend):
        actual = clone(explainer).fit(large[:200]).transform(large[:5000])
    np.testing.assert_array_equal(actual, expected)
    np.testing.assert_array_equal(large, before)


@pytest.mark.parametrize("kind", ["array", "memmap", "pandas", "csr"])
def test_read_only_input(explainer, fitted, kind, tmp_path):
    if kind == "memmap":
        np.save(tmp_path / "rows.npy", TRAINING)
        given = np.load(tmp_path / "rows.npy", mmap_mode="r")
    else:
        given = TRAINING.copy()
        given.flags.writeable = False
    if kind == "pandas":
        given = pytest.importorskip("pandas").DataFrame(given, copy=False)
    if kind == "csr":
        given = sp.csr_matrix(given)
        for name in ("data", "indices", "indptr"):
            getattr(given, name).flags.writeable = False
    model = explainer.disentangler.estimator

    def of_any_container(X):
        return model(X.toarray() if hasattr(X, "toarray") else np.asarray(X))

    other = clone(explainer).set_params(disentangler__estimator=of_any_container)
    head = getattr(given, "iloc", given)[:5]
    actual = other.fit(given).transform(head)
    if kind == "csr":  # of which references are a simple random sample
        other = clone(other).fit(sp.csr_matrix(TRAINING))
        expected = other.transform(sp.csr_matrix(TRAINING[:5]))
    else:
        expected = fitted.transform(TRAINING[:5])
    np.testing.assert_allclose(actual, expected, atol=1e-10)


def test_nothing_of_what_is_passed_is_changed(explainer):
    rows, explained = TRAINING.copy(), X[:5].copy()
    explainer, params = clone(explainer), repr(explainer)
    explainer.fit(rows).explain(explained)
    explainer.score(explained)
    np.testing.assert_array_equal(rows, TRAINING)
    np.testing.assert_array_equal(explained, X[:5])
    assert repr(explainer) == params


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(5, max_depth=4, random_state=0),
        LogisticRegression(),
        make_pipeline(ColumnTransformer([("x", "passthrough", [0, 2])]), SVC()),
    ],
    ids=["forest", "line", "pipeline"],
)
def test_no_state_is_written_outside_fit(explainer, model):
    explainer = clone(explainer).set_params(disentangler__estimator=model)
    explainer.fit(TRAINING, TRAINING[:, 0] * TRAINING[:, 1] > 0)
    before = joblib.hash(explainer)
    explainer.explain(X[:3])
    explainer.transform(X[:3])
    explainer.score(X[:3])
    explainer.cost(X[:3])
    assert joblib.hash(explainer) == before


# --- global generators ----------------------------------------------------------------


def test_global_generators_are_untouched(explainer):
    numbers, pythons = np.random.get_state(), random.getstate()
    explainer = clone(explainer).fit(TRAINING)
    explainer.explain(X[:5])
    explainer.transform(X[:5])
    explainer.score(X[:5])
    after = np.random.get_state()
    np.testing.assert_array_equal(after[1], numbers[1])
    assert after[2:] == numbers[2:]
    assert random.getstate() == pythons


def test_global_generators_have_no_influence(explainer, fitted):
    expected = fitted.explain(X[:5])
    np.random.seed(1)
    random.seed(1)
    assert_identical(clone(explainer).fit(TRAINING).explain(X[:5]), expected)


def test_a_generator_may_be_passed(explainer):
    first, second, third = (
        clone(explainer)
        .set_params(random_state=np.random.RandomState(seed))
        .fit(TRAINING)
        .transform(X[:3])
        for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)
