"""Containers of other libraries: the same numbers, or how to make one that is known."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from skdime import Disentangler, LocalExplainer
from skdime._rows import arrays
from skdime._rows.arrays import Array
from tests._data import assert_same_numbers, explainer_of, product

ROWS = np.random.RandomState(0).normal(size=(12, 2))


def fit(X):
    return Disentangler(product, n_references=4, random_state=0).fit(X)


def lazy_frame():
    return pytest.importorskip("polars").DataFrame(ROWS).lazy()


def dask_frame():
    dd = pytest.importorskip("dask.dataframe")
    return dd.from_pandas(pytest.importorskip("pandas").DataFrame(ROWS), npartitions=2)


def arrow_table():
    return pytest.importorskip("pyarrow").table({"a": ROWS[:, 0], "b": ROWS[:, 1]})


@pytest.mark.parametrize(
    "make, words",
    [
        (lazy_frame, r"LazyFrame.*Collect it first: X.collect\(\)"),
        (dask_frame, r"DataFrame.*X.compute\(\), or explain it with explain_batches"),
        (arrow_table, r"Table.*X.to_pandas\(\), or polars.from_arrow\(X\)"),
        (lambda: {1, 2}, "X is of type set, which is no container of rows"),
        (lambda: (row for row in ROWS), "X is of type generator"),
        (lambda: None, "X is of type NoneType"),
        (lambda: "rows", "X is of type str"),
    ],
)
def test_what_to_make_of_other_containers(make, words, recwarn):
    X = make()
    with pytest.raises(TypeError, match=words):
        fit(X)
    with pytest.raises(TypeError, match=words):
        fit(ROWS).decompose(X)
    assert not [w for w in recwarn if "LazyFrame" in str(w.message)]


@pytest.mark.parametrize("X", [ROWS + 1j, sp.csr_matrix(ROWS + 1j)])
def test_complex_numbers_are_refused_and_not_quoted(X):
    with pytest.raises(ValueError, match="Complex data not supported") as raised:
        fit(X)
    assert len(str(raised.value)) < 200


def test_a_memory_map_is_read_in_parts(tmp_path):
    shape = (200_000, 10)
    rows = np.memmap(tmp_path / "rows.dat", dtype=float, mode="w+", shape=shape)
    rows[::1000] = np.random.RandomState(0).normal(size=(200, 10))

    def model(X):
        assert len(X) < 2_000
        return X[:, 0] * X[:, 5]

    halves = [("a", slice(0, 5)), ("b", slice(5, 10))]
    dis = Disentangler(model, halves, n_references=5, max_memory=2**17, random_state=0)
    dis.fit(rows)
    assert not isinstance(dis.references_, np.memmap)
    explainer = LocalExplainer(dis, n_samples=20, random_state=0).fit(rows)
    assert len(explainer.explain(rows[:3])) == 3
    expected = explainer.explain(np.array(rows[:3]))
    assert_same_numbers(explainer.explain(rows[:3]), expected)


@pytest.mark.parametrize("step", [1, 2])
def test_large_tables_are_not_copied(step, monkeypatch):
    X, positions = np.random.RandomState(0).normal(size=(2_000, 6)), np.arange(6)
    halves = [("a", positions[:3]), ("b", positions[3:])]
    if step == 2:
        halves = [("a", positions[::2]), ("b", positions[1::2])]
    select, n_selected = Array.select, 0

    def watched(self, table, columns):
        nonlocal n_selected
        selected = select(self, table, columns)
        if table is X:
            n_selected += 1
            assert np.shares_memory(selected, X)
        return selected

    monkeypatch.setattr(arrays, "_LARGE", 0)
    monkeypatch.setattr(Array, "select", watched)
    dis = Disentangler(lambda X: X[:, 0] * X[:, 5], halves, random_state=0)
    explainer = LocalExplainer(dis, n_samples=20, random_state=0).fit(X)
    assert n_selected >= 6
    monkeypatch.undo()
    again = LocalExplainer(dis, n_samples=20, random_state=0).fit(X)
    assert_same_numbers(explainer.explain(X[:2]), again.explain(X[:2]))


@pytest.mark.parametrize("columns", ["MultiIndex", "numbers"])
def test_names_of_columns_of_any_kind(columns):
    pd = pytest.importorskip("pandas")
    names = {
        "MultiIndex": pd.MultiIndex.from_tuples([("u", "x"), ("v", "x")]),
        "numbers": [7, 3],
    }[columns]
    frame = pd.DataFrame(ROWS, columns=names, index=[1] * len(ROWS))
    options = {"n_references": 4, "n_samples": 8}
    expected = explainer_of(product, **options).fit(ROWS).explain(ROWS[:3])
    found = explainer_of(product, **options).fit(frame).explain(frame[:3])
    assert_same_numbers(found, expected)
    assert found.row_names.tolist() == [1, 1, 1]


def test_a_share_of_the_odd_input():
    # all of it: python benchmarks/odd_input.py
    for package in ("matplotlib", "pandas", "polars", "pyarrow", "dask.dataframe"):
        pytest.importorskip(package)
    import skdime

    path = Path(skdime.__file__).parents[1] / "benchmarks" / "odd_input.py"
    if not path.exists():
        pytest.skip("the benchmarks are not installed")
    spec = importlib.util.spec_from_file_location("odd_input", path)
    odd_input = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(odd_input)
    counts, raw = odd_input.run(step=251)
    assert not raw, raw
    assert sum(counts.values()) >= 12
    assert counts["done"] >= 3 and counts["told"] >= 3
