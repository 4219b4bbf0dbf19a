"""Containers of rows: taken apart and put together without a change of any kind."""

import sys

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from skdime import MultimodalArray
from skdime._rows.containers import (
    cells,
    container_of,
    join,
    n_rows,
    row_bytes,
    row_labels,
    select,
    stack,
    take,
    with_cells,
)

N = 6
TEXTS = ["a", "bc", "", "a long text", "bc", "é"]
SERIES = [np.arange(3 + i % 3, dtype=float) + i for i in range(N)]


def _objects(items):
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def _object_table():
    table = np.empty((N, 3), dtype=object)
    table[:, 0], table[:, 1], table[:, 2] = range(N), TEXTS, _objects(SERIES)
    return table


def _pandas_numbers(pd):
    return pd.DataFrame(
        {
            "whole": [1, 2, 3, 4, 5, 2**40],
            "real": [0.5, np.nan, 1, 2, 3, 4],
            "yes": [True, False, True, True, False, False],
            "small": np.arange(N, dtype=np.int8),
            "nullable": pd.array([1, None, 3, 4, 5, 6], dtype="Int64"),
            "maybe": pd.array([True, None, False, True, True, True], dtype="boolean"),
            "nullable_real": pd.array([0.5, None, 1, 2, 3, 4], dtype="Float64"),
        },
        index=[7, 3, 3, 8, 9, 10],
    )


def _pandas_mixed(pd):
    frame = _pandas_numbers(pd)
    frame["sex"] = pd.Categorical(["f", None, "m", "m", "f", "f"], ["x", "m", "f"])
    frame["text"] = TEXTS
    frame["string"] = pd.array([*TEXTS[:5], None], dtype="string")
    frame["day"] = pd.date_range("2024-01-01", periods=N, tz="Europe/Paris")
    frame["array"] = SERIES
    frame["image"] = [np.full((2, 2), i, dtype=np.uint8) for i in range(N)]
    frame["nested"] = [pd.Series(series, name="s") for series in SERIES]
    return frame


def _polars_numbers(pl):
    return pl.DataFrame(
        {
            "whole": [1, 2, 3, None, 5, 6],
            "real": [0.5, None, 1.0, 2.0, 3.0, 4.0],
            "yes": [True, False, None, True, False, False],
        },
        schema_overrides={"whole": pl.Int32},
    )


def _polars_mixed(pl):
    day = pl.Series("day", [19723 + i for i in range(N)])
    stacked = np.arange(N * 4).reshape(N, 2, 2)
    return _polars_numbers(pl).with_columns(
        pl.Series("text", TEXTS),
        pl.Series("sex", ["f", None, "m", "m", "f", "f"], dtype=pl.Categorical),
        pl.Series("arm", ["f", None, "m", "m", "f", "f"], dtype=pl.Enum(["m", "f"])),
        day.cast(pl.Date),
        pl.Series("list", [series.tolist() for series in SERIES]),
        pl.Series("counts", [[1, 2], [3], [], [4], [5], [6]], dtype=pl.List(pl.Int16)),
        pl.Series("array", stacked[:, 0].tolist(), dtype=pl.Array(pl.Float32, 2)),
    )


def _multimodal():
    return MultimodalArray(
        image=np.arange(N * 4, dtype=np.uint8).reshape(N, 2, 2),
        text=list(TEXTS),
        ecg=list(SERIES),
        vitals=np.arange(N * 3.0).reshape(N, 3),
        words=sp.csr_matrix(np.eye(N)),
        age=np.arange(N),
    )


NUMPY = {
    "numbers": lambda: np.arange(N * 3.0).reshape(N, 3),
    "integers": lambda: np.arange(N * 3, dtype=np.int16).reshape(N, 3),
    "booleans": lambda: np.arange(N * 3).reshape(N, 3) % 2 == 0,
    "channels": lambda: np.arange(N * 30.0).reshape(N, 3, 10),
    "images": lambda: np.arange(N * 27, dtype=np.uint8).reshape(N, 3, 3, 3),
    "texts": lambda: np.array([TEXTS, TEXTS[::-1]]).T,
    "objects": _object_table,
    "days": lambda: np.arange(N * 2).reshape(N, 2).astype("datetime64[D]"),
    "csr_matrix": lambda: sp.csr_matrix(np.diag([1.0, 0, 2, 0, 3, 4])),
    "csr_array": lambda: sp.csr_array(np.diag([1.0, 0, 2, 0, 3, 4])),
    "multimodal": _multimodal,
}
FRAMES = {
    "pandas_numbers": ("pandas", _pandas_numbers),
    "pandas_mixed": ("pandas", _pandas_mixed),
    "polars_numbers": ("polars", _polars_numbers),
    "polars_mixed": ("polars", _polars_mixed),
}


@pytest.fixture(params=[*NUMPY, *FRAMES])
def X(request):
    if request.param in NUMPY:
        return NUMPY[request.param]()
    library, make = FRAMES[request.param]
    return make(pytest.importorskip(library))


def assert_same(one, other):
    """Same type, same dtypes, same values; only the index of a frame may differ."""
    assert type(one) is type(other)
    if isinstance(one, MultimodalArray):
        assert list(one.keys()) == list(other.keys())
        for key in one:
            assert_same(one[key], other[key])
    elif sp.issparse(one):
        assert one.dtype == other.dtype
        assert_array_equal(one.toarray(), other.toarray())
    elif hasattr(one, "iloc"):
        assert one.columns.tolist() == other.columns.tolist()
        for j in range(one.shape[1]):
            _assert_same_column(one.iloc[:, j], other.iloc[:, j])
    elif hasattr(one, "schema"):
        assert one.schema == other.schema
        for name in one.columns:
            _assert_same_items(one[name].to_list(), other[name].to_list())
    else:
        if isinstance(one, np.ndarray):
            assert one.dtype.kind == other.dtype.kind
            assert one.dtype.kind == "U" or one.dtype == other.dtype
            assert one.shape == other.shape
        _assert_same_items(one, other)


def _assert_same_column(one, other):
    assert one.dtype == other.dtype
    assert one.isna().tolist() == other.isna().tolist()
    kept = ~one.isna().to_numpy()
    _assert_same_items(one[kept].tolist(), other[kept].tolist())


def _assert_same_items(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        # old pandas takes Arrow's integers out in either type
        assert type(a) is type(b) or {type(a), type(b)} == {int, np.int64}
        if hasattr(a, "dtype") and hasattr(b, "dtype"):
            assert a.dtype.kind == b.dtype.kind
        if getattr(getattr(a, "dtype", None), "kind", "") == "O":
            _assert_same_items(a, b)
        else:
            assert_array_equal(a, b)


class TestEveryContainer:
    def test_cells_put_back_are_the_container(self, X):
        held = cells(X)
        assert len(held) == N
        assert_same(with_cells(X, held), X)

    def test_cells_of_single_columns_put_back(self, X):
        for j in range(X.shape[1]):
            block = select(X, [j])
            assert_same(with_cells(block, [*cells(block)]), block)

    def test_another_number_of_cells(self, X):
        held = cells(X)
        changed = with_cells(take(X, [0]), [held[4], held[0], held[4]])
        assert_same(changed, take(X, [4, 0, 4]))

    def test_stacked_rows_are_the_container(self, X):
        assert_same(stack([take(X, [0, 1]), take(X, [2]), take(X, [3, 4, 5])]), X)

    def test_columns_joined_again_are_the_container(self, X):
        middle = X.shape[1] // 2
        parts = [np.arange(middle, X.shape[1]), np.arange(middle)]
        rows = [take(select(X, columns), np.arange(N)) for columns in parts]
        assert_same(join(rows, parts), X)

    def test_rows_come_from_where_each_block_took_them(self, X):
        parts = [np.array([0]), np.arange(1, X.shape[1])]
        rows = [[5, 0, 0], [1, 1, 2]]
        blocks = [
            take(select(X, columns), chosen)
            for columns, chosen in zip(parts, rows, strict=True)
        ]
        hybrid = join(blocks, parts)
        for columns, chosen in zip(parts, rows, strict=True):
            assert_same(select(hybrid, columns), take(select(X, columns), chosen))

    def test_rows_are_counted_and_weighed(self, X):
        assert n_rows(X) == N
        assert n_rows(take(X, [0, 0])) == 2
        assert row_bytes(X) > 0
        assert len(row_labels(X)) == N


@pytest.mark.parametrize("X", [3, None, {"a": [1]}, "text"])
def test_what_is_no_container(X):
    with pytest.raises(TypeError, match="no container of rows"):
        container_of(X)


class TestCells:
    def test_table(self):
        X = np.array([[1.0, 2.0], [3.0, 4.0]])
        assert_array_equal(cells(X)[1], [3.0, 4.0])

    def test_one_column_gives_scalars(self):
        assert cells(np.array([["a"], ["b"]])).tolist() == ["a", "b"]

    def test_channels(self):
        X = np.zeros((4, 1, 7))
        assert cells(X)[3].shape == (1, 7)

    def test_objects_are_not_taken_apart(self):
        X = _object_table()
        assert cells(X[:, [2]])[3] is SERIES[3]
        assert cells(X)[3][2] is SERIES[3]

    def test_sparse_rows_are_dense(self):
        held = cells(sp.csr_matrix(np.eye(3)))
        assert_array_equal(held[1], [0.0, 1.0, 0.0])
        assert len(list(held)) == 3

    def test_keys(self):
        X = _multimodal()
        assert cells(select(X, [1])) == TEXTS
        assert cells(select(X, [2]))[4] is SERIES[4]
        image, text = cells(select(X, [0, 1]))[2]
        assert_array_equal(image, X["image"][2])
        assert text == TEXTS[2]

    def test_pandas(self):
        frame = _pandas_mixed(pytest.importorskip("pandas"))
        assert cells(frame[["text"]]) == TEXTS
        assert cells(frame[["array"]])[2] is SERIES[2]
        assert type(cells(frame[["nested"]])[2]) is np.ndarray
        numbers = cells(_pandas_numbers(sys.modules["pandas"]))
        assert numbers.dtype == np.float64
        assert_array_equal(numbers[1], [2, np.nan, 0, 1, np.nan, np.nan, np.nan])
        assert cells(frame)[0].dtype == object

    def test_polars(self):
        frame = _polars_mixed(pytest.importorskip("polars"))
        assert_array_equal(cells(frame.select("list"))[1], SERIES[1])
        assert cells(frame.select("text")) == TEXTS
        numbers = cells(_polars_numbers(sys.modules["polars"]))
        assert_array_equal(numbers[1], [2, np.nan, 0])


class TestWithCells:
    @pytest.mark.parametrize(
        ("cell", "dtype", "value"),
        [
            ([0.5, 1.0], np.int16, "0.5"),
            ([1.0, 300.0], np.uint8, "300.0"),
            ([1, -1], np.uint8, "-1"),
            ([0.0, 0.5], np.bool_, "0.5"),
            ([0, 2], np.bool_, "2"),
        ],
    )
    def test_numbers_that_integers_cannot_hold(self, cell, dtype, value):
        X = np.zeros((1, 2), dtype=dtype)
        with pytest.raises(ValueError, match=rf"value {value} is none that dtype"):
            with_cells(X, [np.array(cell)])
        held = MultimodalArray(ecg=list(X))
        with pytest.raises(ValueError, match="nothing is cast silently"):
            with_cells(held, [np.array(cell)])

    def test_whole_numbers_are_held_by_integers(self):
        X = np.zeros((1, 2), dtype=np.int16)
        changed = with_cells(X, [np.array([1.0, -3.0]), np.array([2, 7])])
        assert changed.dtype == np.int16
        assert changed.tolist() == [[1, -3], [2, 7]]

    @pytest.mark.parametrize("cells", [[np.array([1.0, 2.0])], [[None, "a"]]])
    def test_texts_are_replaced_by_texts(self, cells):
        with pytest.raises(ValueError, match="replace texts"):
            with_cells(np.array([["a", "b"]]), cells)

    def test_masked_texts_may_be_longer(self):
        X = np.array([["a b"]])
        assert with_cells(X, ["a [MASK]", ""]).tolist() == [["a [MASK]"], [""]]

    def test_arrays_in_lists_keep_their_dtype(self):
        X = MultimodalArray(ecg=[np.array([1, 2, 3], dtype=np.int16)])
        changed = with_cells(X, [np.array([1.0, 2.0])])["ecg"]
        assert changed[0].dtype == np.int16
        assert changed[0].tolist() == [1, 2]

    @pytest.mark.parametrize("cell", [np.zeros((2, 4)), np.zeros((1, 3)), 0.0])
    def test_other_shape(self, cell):
        with pytest.raises(ValueError, match=r"shape .*have shape \(2, 3\)"):
            with_cells(np.zeros((1, 2, 3)), [cell])

    def test_other_number_of_columns(self):
        frames = pytest.importorskip("pandas")
        X = frames.DataFrame({"a": [1.0], "b": [2.0]})
        with pytest.raises(ValueError, match=r"3 values, but X has 2 columns"):
            with_cells(X, [np.zeros(3)])

    def test_missing_cannot_be_an_integer(self):
        with pytest.raises(ValueError, match=r"NaN or infinity.*int64"):
            with_cells(np.zeros((1, 2), dtype=np.int64), [np.array([np.nan, 1.0])])

    def test_pandas_columns_keep_their_dtypes(self):
        frames = pytest.importorskip("pandas")
        X = _pandas_numbers(frames)
        cell = np.array([3.0, 0.25, 1.0, 127.0, np.nan, np.nan, 0.5])
        changed = with_cells(X, [cell])
        assert changed.dtypes.tolist() == X.dtypes.tolist()
        row = changed.iloc[0].tolist()
        assert row[:4] == [3, 0.25, True, 127]
        assert row[4] is frames.NA
        assert row[5] is frames.NA
        assert row[6] == 0.5
        for j in (0, 2, 3, 4):
            with pytest.raises(ValueError, match="nothing is cast silently"):
                with_cells(X, [np.where(np.arange(7) == j, 0.5, cell)])

    def test_dtypes_of_arrow_and_sparse_columns(self):
        frames = pytest.importorskip("pandas")
        pytest.importorskip("pyarrow")
        X = frames.DataFrame(
            {
                "whole": frames.array([1, None, 3], dtype="int64[pyarrow]"),
                "real": frames.array([0.5, None, 3], dtype="double[pyarrow]"),
                "sparse": frames.arrays.SparseArray([0, 1, 0]),
            }
        )
        assert cells(X).dtype == np.float64
        assert_same(with_cells(X, cells(X)), X)

    def test_large_integers_keep_their_digits(self):
        frames = pytest.importorskip("pandas")
        X = frames.DataFrame({"id": [2**60 + 1], "text": ["a"]})
        assert with_cells(X, cells(X))["id"].tolist() == [2**60 + 1]

    @pytest.mark.parametrize("library", ["pandas", "polars"])
    def test_text_that_is_no_category(self, library):
        frames = pytest.importorskip(library)
        if library == "pandas":
            X = frames.DataFrame({"sex": frames.Categorical(["f", "m"])})
            error, message = ValueError, r"'sex' holds categories.*'\[MASK\]'"
        else:
            sex = frames.Series("sex", ["f", "m"], dtype=frames.Enum(["f", "m"]))
            X = frames.DataFrame([sex])
            error, message = frames.exceptions.PolarsError, "sex|enum|conversion"
        with pytest.raises(error, match=message):
            with_cells(X, ["[MASK]"])

    def test_nested_series_stay_series(self):
        frames = pytest.importorskip("pandas")
        index = frames.Index([10, 20, 30])
        X = frames.DataFrame({"s": [frames.Series([1, 2, 3], index=index, name="v")]})
        changed = with_cells(X, [np.array([1.0, 2, 3]), np.array([5.0])])["s"]
        assert changed[0].tolist() == [1, 2, 3]
        assert changed[0].index.equals(index)
        assert changed[0].name == "v"
        assert changed[1].tolist() == [5]

    def test_nested_series_of_polars_stay_series(self):
        pl = pytest.importorskip("polars")
        X = [pl.Series("v", [1, 2, 3], dtype=pl.Int16)]
        (changed,) = with_cells(X, [np.array([1.0, 7.0])])
        assert changed.name == "v" and changed.dtype == pl.Int16
        assert changed.to_list() == [1, 7]

    def test_integers_in_polars_lists_and_columns(self):
        pl = pytest.importorskip("polars")
        X = pl.DataFrame({"s": [[1, 2]]}, schema={"s": pl.List(pl.Int16)})
        changed = with_cells(X, [np.array([3.0, 1.0]), np.array([])])
        assert changed.schema == X.schema
        assert changed["s"].to_list() == [[3, 1], []]
        for held, cell in [(X, np.array([0.6, 1.0])), (pl.DataFrame({"s": [1]}), 0.6)]:
            with pytest.raises(ValueError, match="nothing is cast silently"):
                with_cells(held, [cell])

    def test_polars_keeps_nan_apart_from_null(self):
        pl = pytest.importorskip("polars")
        X = pl.DataFrame({"a": [1.0, float("nan")], "b": [1.0, None]})
        assert_same(with_cells(X, cells(X)), X)


class TestRowBytes:
    def test_arrays(self):
        assert row_bytes(np.zeros((5, 3, 10), dtype=np.float32)) == 120

    def test_arrays_in_cells_count_also_when_they_are_views(self):
        base = np.zeros((4, 1000))
        held = [base[i] for i in range(4)]
        assert 8000 <= row_bytes(MultimodalArray(ecg=held)) < 8100
        assert 8000 <= row_bytes(_objects([*held, None])[:4, None]) < 8100
        pd = pytest.importorskip("pandas")
        assert 8000 <= row_bytes(pd.DataFrame({"ecg": held})) < 8100
        nested = pd.DataFrame({"ecg": [pd.Series(series) for series in held]})
        assert 8000 <= row_bytes(nested) < 8300

    def test_polars(self):
        pl = pytest.importorskip("polars")
        series = pl.Series("ecg", np.zeros((4, 1000)).tolist())
        assert 8000 <= row_bytes(pl.DataFrame([series])) < 8200

    def test_texts(self):
        X = MultimodalArray(text=["x" * 10_000] * 3)
        assert 10_000 <= row_bytes(X) < 10_200

    def test_keys_add_up(self):
        image = np.zeros((4, 10, 10))
        X = MultimodalArray(image=image, table=np.zeros((4, 2)))
        assert row_bytes(X) == 800 + 16
