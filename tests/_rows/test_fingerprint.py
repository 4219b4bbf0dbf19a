"""Names of rows by what they hold."""

import numpy as np
import pytest
import scipy.sparse as sp

from skdime import MultimodalArray
from skdime._rows.fingerprint import fingerprint

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
