"""Names of rows by what they hold, and rows that occur for the first time."""

import numpy as np
import pytest
import scipy.sparse as sp

from skdime import MultimodalArray
from skdime._rows.fingerprint import distinct_rows, fingerprint

TABLE = np.arange(6.0).reshape(3, 2)


def frame_of(library, **columns):
    return pytest.importorskip(library).DataFrame(columns)


ROWS = {
    "array": TABLE,
    "integers": TABLE.astype(int),
    "shape": TABLE.reshape(2, 3),
    "texts": np.array([["a"], ["b"], ["c"]]),
    "sparse": sp.csr_matrix(TABLE),
    "series": MultimodalArray(ecg=[np.arange(3.0), np.arange(2.0)]),
    "other key": MultimodalArray(eeg=[np.arange(3.0), np.arange(2.0)]),
    "cut elsewhere": MultimodalArray(ecg=[np.arange(2.0), np.arange(3.0)]),
    "objects": np.array([[None, "a"], [1.0, b"a"]], dtype=object),
}


def test_rows_that_differ_have_other_names():
    assert len({fingerprint(rows) for rows in ROWS.values()}) == len(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_the_same_rows_have_the_same_name(name):
    rows = ROWS[name]
    assert fingerprint(rows[:]) == fingerprint(rows)
    assert fingerprint(rows[:1]) != fingerprint(rows)


def test_layout_makes_no_difference():
    expected = fingerprint(TABLE)
    assert fingerprint(np.asfortranarray(TABLE)) == expected
    assert fingerprint(np.repeat(TABLE, 2, axis=0)[::2]) == expected
    summed = sp.csr_matrix(([1.0, 2.0], [0, 0], [0, 2]), shape=(1, 2))
    assert fingerprint(summed) == fingerprint(sp.csr_matrix([[3.0, 0.0]]))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames(library):
    one = frame_of(library, a=[1, 2], b=["x", None])
    assert fingerprint(one) == fingerprint(frame_of(library, a=[1, 2], b=["x", None]))
    for other in ({"a": [1, 2], "c": ["x", None]}, {"a": [1, 3], "b": ["x", None]}):
        assert fingerprint(frame_of(library, **other)) != fingerprint(one)


NUMBERS = np.array([[1.0, np.nan], [2, 3], [1, np.nan], [2, 4], [2, 3]])


def test_repeated_rows_count_once():
    assert distinct_rows(NUMBERS).tolist() == [0, 1, 3]


def test_repeated_rows_of_a_frame():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": ["u", "v", "u", "u"], "b": [1, 1, 1, None]})
    assert distinct_rows(frame.set_index(np.arange(4))).tolist() == [0, 1, 3]


def test_rows_under_keys_are_equal_if_they_are_under_every_key():
    rows = MultimodalArray(a=["u", "u", "u"], b=[np.zeros(2), np.ones(2), np.zeros(2)])
    assert distinct_rows(rows).tolist() == [0, 1]
