"""Tables with every dtype that a column may have."""

import datetime

import numpy as np
import pytest

from tests._rows._tables import N


@pytest.fixture(scope="module", autouse=True)
def in_one_thread(one_thread):
    """All tests of rows."""


@pytest.fixture
def frame():
    """A pandas frame with every dtype that a table may have, and missing values."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    days = pd.date_range("2020-01-31", periods=N, freq="D")
    letters = rng.choice(np.array(["u", "v", "w", None]), size=N)
    return pd.DataFrame(
        {
            "float": rng.normal(size=N),
            "nan": np.where(rng.rand(N) < 0.3, np.nan, rng.normal(size=N)),
            "float32": rng.normal(size=N).astype(np.float32),
            "int": rng.randint(6, size=N),
            "int8": rng.randint(-3, 3, size=N).astype(np.int8),
            "bool": rng.rand(N) < 0.5,
            "category": pd.Categorical(letters, categories=["w", "unused", "v", "u"]),
            "ordered": pd.Categorical(rng.choice([1, 2, 3], size=N), ordered=True),
            "string": pd.array(["a", "b", None, "a"] * (N // 4), dtype="string"),
            "text": rng.choice(["left", "right"], size=N).tolist(),
            "object": rng.choice(np.array(["x", 1, None], dtype=object), size=N),
            "Int64": pd.array([1, 2, None, 4] * (N // 4), dtype="Int64"),
            "Float64": pd.array([0.5, None, 1.5, 2.5] * (N // 4), dtype="Float64"),
            "boolean": pd.array([True, False, None, True] * (N // 4), dtype="boolean"),
            "date": days[rng.permutation(N)],
            "zoned": days[rng.permutation(N)].tz_localize("Europe/Paris"),
            "visit": days.where(rng.rand(N) < 0.6),
            "stay": pd.to_timedelta(rng.randint(1, 9, size=N), unit="D"),
        },
        index=[f"case {i}" for i in range(N)],
    )


@pytest.fixture
def table(frame):
    """Some of its columns: numbers, categories and dates, missing ones too."""
    return frame[["float", "nan", "int", "bool", "category", "text", "object", "visit"]]


@pytest.fixture
def polars_frame():
    """A polars frame with every dtype that a table may have, nulls and NaN too."""
    pl = pytest.importorskip("polars")
    rng = np.random.RandomState(0)
    numbers = rng.normal(size=N).tolist()
    days = [datetime.date(2020, 1, 31) + datetime.timedelta(i) for i in range(N)]
    times = [datetime.datetime(2020, 1, 1, i % 24) for i in range(N)]
    letters = ["u", None, "v", "u"] * (N // 4)
    return pl.DataFrame(
        {
            "float": pl.Series(numbers),
            "null": pl.Series([None, *numbers[1:20], float("nan"), *numbers[21:]]),
            "float32": pl.Series(numbers, dtype=pl.Float32),
            "int": pl.Series(rng.randint(6, size=N).tolist()),
            "int8": pl.Series([None, -3, 2, 1] * (N // 4), dtype=pl.Int8),
            "bool": pl.Series([True, False, None, True] * (N // 4)),
            "string": pl.Series(letters),
            "category": pl.Series(letters, dtype=pl.Categorical),
            "enum": pl.Series(letters, dtype=pl.Enum(["w", "v", "u"])),
            "date": pl.Series([None, *days[1:]]),
            "time": pl.Series([None, *times[1:]]),
            "zoned": pl.Series(times).dt.replace_time_zone("UTC"),
            "stay": pl.Series([datetime.timedelta(i % 5) for i in range(N)]),
        }
    )


@pytest.fixture
def numbers():
    return np.random.RandomState(0).normal(size=(N, 4))
