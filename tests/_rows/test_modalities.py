"""Which columns belong to which modality, and what names columns and rows."""

import re

import numpy as np
import pytest
from sklearn.compose import (
    make_column_selector,
)

from skdime._rows.modalities import resolve_modalities
from tests._rows._tables import NO_WARNINGS, N, assert_sound, explain, first_number

pytestmark = NO_WARNINGS


def test_integers_as_column_labels(numbers):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(numbers, columns=[10, 20, 30, 40])

    def model(X):
        assert X.columns.tolist() == [10, 20, 30, 40]
        return product_of_outer(X.to_numpy())

    # integers are positions, as in a ColumnTransformer
    _, explanation = explain(model, [("a", [0, 2]), ("b", [3, 1])], X)
    assert explanation.feature_names.tolist() == ["10", "30", "40", "20"]
    _, expected = explain(product_of_outer, [("a", [0, 2]), ("b", [3, 1])], numbers)
    np.testing.assert_allclose(explanation.coef, expected.coef, atol=1e-12)


def product_of_outer(X):
    return X[:, 0] * X[:, 3]


def test_levels_of_columns(numbers):
    pd = pytest.importorskip("pandas")
    columns = pd.MultiIndex.from_product(
        [["exam", "lab"], ["first", "second"]], names=["source", "value"]
    )
    X = pd.DataFrame(numbers, columns=columns)

    def model(X):
        pd.testing.assert_index_equal(X.columns, columns)
        return (X[("exam", "first")] * X[("lab", "second")]).to_numpy()

    _, explanation = explain(model, [("a", [0, 3]), ("b", [1, 2])], X)
    assert_sound(explanation)
    assert explanation.feature_modalities.tolist() == ["a", "a", "b", "b"]


def test_the_index_of_a_frame_names_the_rows(numbers):
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2024-02-27", periods=N)
    indices = [
        days.as_unit("s"),
        days.tz_localize("UTC"),
        days.astype(str),
        np.arange(N)[::-1],
        np.arange(N) / 2,
    ]
    for index in indices:
        X = pd.DataFrame(numbers, columns=list("abcd"), index=index)
        _, explanation = explain(lambda X: product_of_outer(X.to_numpy()), None, X)
        assert (explanation.row_names == X.index[:5].to_numpy()).all()
        chosen = explanation.sel(row=X.index[3])
        np.testing.assert_array_equal(chosen, explanation.coef[3])
        assert set(explanation.to_frame()["row"]) == set(X.index[:5])


def test_an_index_of_nanoseconds_names_the_rows(numbers):
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2024-02-27", periods=N).as_unit("ns")
    X = pd.DataFrame(numbers, columns=list("abcd"), index=days)
    _, explanation = explain(lambda X: product_of_outer(X.to_numpy()), None, X)
    chosen = explanation.sel(row=X.index[3])
    np.testing.assert_array_equal(chosen, explanation.coef[3])


def test_an_index_of_levels_names_the_rows(numbers):
    pd = pytest.importorskip("pandas")
    index = pd.MultiIndex.from_product([range(N // 2), ["left", "right"]])
    X = pd.DataFrame(numbers, columns=list("abcd"), index=index)
    _, explanation = explain(lambda X: product_of_outer(X.to_numpy()), None, X)
    np.testing.assert_array_equal(explanation.sel(row=(1, "left")), explanation.coef[2])
    assert "left" in repr(explanation[2])


COLUMNS = {
    "names": (["float", "int"], ["nan", "bool"]),
    "one name": ("float", ["nan", "int", "bool"]),
    "positions": ([0, 2], [1, 3]),
    "negative positions": ([-4, -2], [-3, -1]),
    "one position": (0, [1, 2, 3]),
    "slices of positions": (slice(0, 4, 2), slice(1, 4, 2)),
    "slices of names": (slice("float", "nan"), slice("int", "bool")),
    "masks": ([True, False, True, False], np.array([False, True, False, True])),
    "callables": (lambda X: list(X.columns[::2]), lambda X: [1, 3]),
}


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("way", COLUMNS)
def test_columns_by(library, way):
    frames = pytest.importorskip(library)
    rng = np.random.RandomState(0)
    X = frames.DataFrame(
        {
            "float": rng.normal(size=N),
            "nan": np.where(rng.rand(N) < 0.3, np.nan, 1.0),
            "int": rng.randint(5, size=N),
            "bool": rng.rand(N) < 0.5,
        }
    )
    expected = ["float", "int", "nan", "bool"]
    if way == "slices of names":
        expected = list(X.columns)
    if "one" in way:
        expected = ["float", "nan", "int", "bool"]
    modalities = list(zip("ab", COLUMNS[way], strict=True))
    _, explanation = explain(first_number, modalities, X)
    assert explanation.feature_names.tolist() == expected
    n_first = 1 if "one" in way else 2
    assert explanation.feature_modalities.tolist() == ["a"] * n_first + ["b"] * (
        4 - n_first
    )


@pytest.mark.parametrize(
    "first, second",
    [
        ({"dtype_include": "number"}, {"dtype_exclude": "number"}),
        ({"pattern": "^f"}, {"pattern": "^[^f]"}),
    ],
)
def test_columns_by_selector(table, first, second):
    modalities = [
        ("a", make_column_selector(**first)),
        ("b", make_column_selector(**second)),
    ]
    _, explanation = explain(first_number, modalities, table)
    for name, columns in zip("ab", (first, second), strict=True):
        expected = make_column_selector(**columns)(table)
        chosen = explanation.feature_names[explanation.feature_modalities == name]
        assert chosen.tolist() == expected


@pytest.mark.parametrize(
    "modalities",
    [
        {"a": [0, 3], "b": [1, 2]},
        {"a": [0, 3], "b": range(1, 3)},
        {"a": {3, 0}, "b": frozenset([2, 1])},
        [("a", [0, 3]), ("b", range(1, 3))],
        {"a": re.compile("lab"), "b": re.compile("^exam")},
    ],
)
def test_dicts_ranges_and_patterns(modalities):
    names = np.array(["lab_1", "exam_1", "exam_2", "my lab"])
    resolved, fixed = resolve_modalities(np.zeros((2, 4)), modalities, names)
    assert [(n, columns.tolist()) for n, columns in resolved] == [
        ("a", [0, 3]),
        ("b", [1, 2]),
    ]
    assert not len(fixed)


@pytest.mark.parametrize("name", ["rest", "Rest", "(rest)"])
def test_the_word_for_what_is_left_is_no_name(name):
    with pytest.raises(ValueError, match='"rest" is what coefficients leave'):
        resolve_modalities(np.zeros((3, 2)), {"a": [0], name: [1]}, ["x0", "x1"])


def test_missing_names_are_all_that_is_listed():
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(0.0, range(3), [f"mean of the {i}. measurement" for i in range(9)])
    wrong = [*X.columns[:8], "mean of the 9 measurement", "other"]
    message = (
        r"columns \['mean of the 9 measurement', 'other'\] in modality 'a', which X of "
        r"shape \(3, 9\) does not have \(did you mean 'mean of the \d. measurement'\?\)"
    )
    with pytest.raises(ValueError, match=message):
        resolve_modalities(X, {"a": wrong, "b": [8]}, list(X.columns))
