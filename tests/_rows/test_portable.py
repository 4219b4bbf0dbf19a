"""Frames taken apart into arrays, lists and texts, and put together again."""

import datetime

import numpy as np
import pytest

from skdime._rows.portable import Portable, as_portable, from_portable


def plain(thing):
    """Whether it is made of what formats without pickle store."""
    if isinstance(thing, dict):
        return all(isinstance(key, str) and plain(part) for key, part in thing.items())
    if isinstance(thing, (list, tuple)):
        return all(map(plain, thing))
    if isinstance(thing, np.ndarray):
        return thing.dtype.kind != "O"
    return thing is None or isinstance(
        thing, (str, int, float, bytes, np.generic, np.bool_)
    )


def pandas_frame():
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2024-02-27", periods=4)
    frame = pd.DataFrame(
        {
            "float": [1.5, np.nan, 3, 4],
            "small": np.array([1, 2, 3, 4], dtype=np.int8),
            "bool": [True, False, True, True],
            "text": ["a", "b", None, "d"],
            "object": np.array(["a", 1, None, 2.5], dtype=object),
            "category": pd.Categorical(["u", "v", None, "u"], ["v", "u", "w"]),
            "ordered": pd.Categorical([3, 1, 2, 3], [1, 2, 3], ordered=True),
            "nullable": pd.array([1, None, 3, 4], dtype="Int16"),
            "maybe": pd.array([True, None, False, True], dtype="boolean"),
            "string": pd.array(["x", None, "y", "z"], dtype="string"),
            "day": days,
            "berlin": days.tz_localize("Europe/Berlin"),
            "hours": days - days[0],
        }
    )
    frame["text"] = frame["text"].astype(str(frame["text"].dtype))
    return frame


INDICES = {
    "numbers": lambda pd: pd.RangeIndex(4),
    "labels": lambda pd: pd.Index(list("wxyz"), name="patient"),
    "levels": lambda pd: pd.MultiIndex.from_product([["l", "r"], [1, 2]]),
    "times": lambda pd: pd.date_range("2024-01-01", periods=4),
}


@pytest.mark.parametrize("index", INDICES)
def test_a_frame_of_pandas(index):
    pd = pytest.importorskip("pandas")
    frame = pandas_frame().set_axis(INDICES[index](pd))
    portable = as_portable(frame)
    assert isinstance(portable, Portable) and plain(tuple(portable))
    pd.testing.assert_frame_equal(from_portable(portable), frame, check_freq=False)
    assert list(from_portable(portable).dtypes) == list(frame.dtypes)
    for name in ("category", "nullable", "berlin", "text"):
        found = from_portable(as_portable(frame[name]))
        pd.testing.assert_series_equal(found, frame[name], check_freq=False)


def test_levels_of_columns():
    pd = pytest.importorskip("pandas")
    columns = pd.MultiIndex.from_product(
        [["exam", "lab"], [1, 2]], names=["from", None]
    )
    frame = pd.DataFrame(np.eye(4), columns=columns)
    pd.testing.assert_frame_equal(from_portable(as_portable(frame)), frame)


def test_a_frame_of_polars():
    pl = pytest.importorskip("polars")
    if not hasattr(pl.DataFrame, "deserialize"):
        pytest.skip("polars before 1.0 has no binary format of its own")
    frame = pl.DataFrame(
        {
            "float": [1.5, None, 3.0],
            "text": ["a", None, "c"],
            "category": pl.Series(["u", "v", None], dtype=pl.Enum(["v", "u"])),
            "day": [datetime.date(2024, 2, 27), None, datetime.date(2024, 3, 1)],
            "list": [[1, 2], [3], None],
        }
    )
    portable = as_portable(frame)
    assert plain(tuple(portable))
    assert from_portable(portable).equals(frame)
    assert from_portable(portable).schema == frame.schema
    assert from_portable(as_portable(frame["text"])).equals(frame["text"])
    for dtype in frame.dtypes:
        assert from_portable(as_portable(dtype)) == dtype


def test_dtypes_of_pandas():
    for dtype in pandas_frame().dtypes:
        portable = as_portable(dtype)
        is_numpy = isinstance(dtype, np.dtype)
        assert (portable is dtype) == is_numpy
        assert is_numpy or from_portable(portable) == dtype


def test_everything_else_stays():
    for thing in (np.eye(2), [1], "text", None, np.dtype(float), int):
        assert as_portable(thing) is thing
