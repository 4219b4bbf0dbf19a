"""Columns of any library as numpy arrays: numbers as floats, the rest as categories."""

import datetime
import decimal
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdime._rows.values import (
    MISSING,
    Codes,
    as_labels,
    as_numbers,
    as_texts,
    is_number,
)

# Seconds from the first day of the calendar to the first of these.
D = 738886 * 86400.0
DAYS = [datetime.date(2024, 1, 1), None, datetime.date(2024, 1, 3)]

# A column of numpy, whether it holds numbers, and the numbers.
NUMPY = {
    "floats": (np.array([0.5, np.nan]), [0.5, np.nan]),
    "integers": (np.array([1, -2], dtype=np.int8), [1, -2]),
    "unsigned": (np.array([1, 2], dtype=np.uint16), [1, 2]),
    "days": (np.array(["1970-01-03", "NaT"], dtype="M8[D]"), [2, np.nan]),
    "durations": (np.array([5, "NaT"], dtype="m8[h]"), [5, np.nan]),
    "objects": (np.array([1, None, 2.5], dtype=object), [1, np.nan, 2.5]),
    "booleans": (np.array([True, False]), None),
    "texts": (np.array(["a", "b"]), None),
    "mixed objects": (np.array([1, "a"], dtype=object), None),
    "boolean objects": (np.array([1, True], dtype=object), None),
    "missing objects": (np.array([None, np.nan], dtype=object), None),
}
PANDAS = {
    "nullable": (lambda pd: pd.Series([1, None], dtype="Int64"), [1, np.nan]),
    "floats": (lambda pd: pd.Series([0.5, None], dtype="Float32"), [0.5, np.nan]),
    "objects": (lambda pd: pd.Series([1, None], dtype=object), [1, np.nan]),
    "days": (
        lambda pd: pd.Series(np.array(["1970-01-02", "NaT"], dtype="M8[s]")),
        [86400, np.nan],
    ),
    "zones": (
        lambda pd: pd.Series(["1970-01-01", None], dtype="datetime64[ns, UTC]"),
        [0, np.nan],
    ),
    "durations": (
        lambda pd: pd.Series(np.array([3, "NaT"], dtype="m8[ns]")),
        [3, np.nan],
    ),
    "boolean": (lambda pd: pd.Series([True, None], dtype="boolean"), None),
    "category": (lambda pd: pd.Series([1, 2], dtype="category"), None),
    "ordered": (
        lambda pd: pd.Series(
            pd.Categorical(["b", None, "a"], ["b", "a"], ordered=True)
        ),
        [0, np.nan, 1],
    ),
    "bins": (lambda pd: pd.cut(pd.Series([1.0, 9.0, 2.0]), 2), [0, 1, 0]),
    "string": (lambda pd: pd.Series(["a", None], dtype="string"), None),
    "interval": (lambda pd: pd.Series(pd.interval_range(0, 2)), [0.5, 1.5]),
    "open intervals": (
        lambda pd: pd.Series(pd.IntervalIndex.from_breaks([-np.inf, 1, 3, np.inf])),
        [1, 2, 3],
    ),
    "periods": (
        lambda pd: pd.Series(pd.PeriodIndex(["1970-03", None], freq="M")),
        [2, np.nan],
    ),
    "dates": (lambda pd: pd.Series(DAYS, dtype=object), [D, np.nan, D + 172800]),
    "decimals of Arrow": (
        lambda pd: pd.Series([decimal.Decimal("0.5"), None], dtype=decimals(pd)),
        [0.5, np.nan],
    ),
    "times of Arrow": (
        lambda pd: pd.Series([datetime.time(1), None], dtype="time64[us][pyarrow]"),
        [3600, np.nan],
    ),
}
POLARS = {
    "nulls": (lambda pl: pl.Series([1, None]), [1, np.nan]),
    "floats": (lambda pl: pl.Series([0.5, None], dtype=pl.Float32), [0.5, np.nan]),
    "days": (lambda pl: pl.Series([0, 2, None]).cast(pl.Date), [0, 2, np.nan]),
    "durations": (
        lambda pl: pl.Series([7, None]).cast(pl.Duration("us")),
        [7, np.nan],
    ),
    "decimals": (lambda pl: pl.Series([decimal.Decimal("0.5"), None]), [0.5, np.nan]),
    "time of day": (lambda pl: pl.Series([datetime.time(1), None]), [36e11, np.nan]),
    "booleans": (lambda pl: pl.Series([True, None]), None),
    "texts": (lambda pl: pl.Series(["a", None]), None),
    "category": (lambda pl: pl.Series(["a"], dtype=pl.Categorical), None),
    "lists": (lambda pl: pl.Series([[1, 2], [3]]), None),
}


def decimals(pd):
    pa = pytest.importorskip("pyarrow")
    return pd.ArrowDtype(pa.decimal128(5, 2))


def check(column, numbers):
    assert is_number(column) == (numbers is not None)
    if numbers is not None:
        values = as_numbers(column)
        assert values.dtype == np.float64
        assert_array_equal(values, numbers)


@pytest.mark.parametrize("name", NUMPY)
def test_numbers_of_numpy(name):
    check(*NUMPY[name])


@pytest.mark.parametrize("name", PANDAS)
def test_numbers_of_pandas(name):
    make, numbers = PANDAS[name]
    check(make(pytest.importorskip("pandas")), numbers)


@pytest.mark.parametrize("name", POLARS)
def test_numbers_of_polars(name):
    make, numbers = POLARS[name]
    check(make(pytest.importorskip("polars")), numbers)


def test_numbers_are_a_copy_that_may_be_changed():
    column = np.array([1.0, 2.0])
    column.setflags(write=False)
    as_numbers(column)[0] = 5.0
    assert column[0] == 1.0


class TestLabels:
    def test_all_missing_ones_are_alike(self):
        column = np.array(["a", None, np.nan, 3], dtype=object)
        assert as_labels(column) == ["a", MISSING, MISSING, 3]

    @pytest.mark.parametrize("library", ["pandas", "polars"])
    def test_of_frames(self, library):
        frames = pytest.importorskip(library)
        column = frames.DataFrame({"a": ["u", None, "v"]})["a"]
        assert as_labels(column) == ["u", MISSING, "v"]

    def test_arrays_are_none(self):
        column = np.empty(2, dtype=object)
        column[:] = [np.zeros(2), np.zeros(3)]
        with pytest.raises(ValueError, match="holds arrays or lists"):
            as_labels(column)


class TestTexts:
    def test_numbers_keep_their_digits(self):
        assert as_texts(np.array([0.1, 1e-9, np.nan])) == ["0.1", "1e-09", "nan"]
        assert as_texts(np.array([0.1], dtype=np.float32)) == ["0.1"]
        assert as_texts(np.array([3, 2**60])) == ["3", str(2**60)]

    def test_objects_and_days(self):
        assert as_texts(np.array([None, True, "a"], dtype=object)) == [
            "None",
            "True",
            "a",
        ]
        pl = pytest.importorskip("polars")
        assert as_texts(pl.Series(DAYS)) == ["2024-01-01", "None", "2024-01-03"]


class TestCodes:
    def test_are_counted_from_zero(self):
        codes = Codes(["b", "a", "b"])
        assert codes(["a", "b", "b"]).tolist() == [1, 0, 0]

    def test_labels_are_not_stored(self):
        codes = Codes(
            ["secret", b"secret", 19641, datetime.date(1964, 1, 3), ("pair",)]
        )
        assert b"secret" not in (stored := pickle.dumps(codes))
        assert b"19641" not in stored and b"1964-01-03" not in stored
        labels = [
            b"secret",
            19641.0,
            ("pair",),
            datetime.date(1964, 1, 3),
            "secret",
            "19641",
        ]
        assert codes(labels).tolist() == [1, 2, 4, 3, 0, -1]
        assert pickle.loads(stored)(labels).tolist() == codes(labels).tolist()

    def test_equal_numbers_are_one_label(self):
        assert Codes([1, True, 1.0, 0.5, np.float32(0.5), 2**60 + 1])(
            [True, 0.5, 2**60 + 1, 2**60, np.inf]
        ).tolist() == [0, 1, 2, -1, -1]

    def test_of_rare_labels(self):
        codes = Codes(["a", "b", "b", "c", "c", "c"], min_count=2)
        assert codes(["a", "b", "c"]).tolist() == [-1, 0, 1]

    def test_of_what_is_new(self):
        assert Codes(["a"])(["c", "a"]).tolist() == [-1, 0]
