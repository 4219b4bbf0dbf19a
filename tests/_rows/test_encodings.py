"""Every distinct row is encoded once, and no more is remembered than allowed."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdime._rows.encodings import Encodings, row_names


class Doubled:
    """Encodes numbers, and tells how many it was given in every call."""

    def __init__(self):
        self.sizes = []

    def __call__(self, rows):
        self.sizes.append(len(rows))
        return 2 * rows


NUMBERS = np.array([[3.0], [1.0], [3.0], [2.0], [1.0]])


def test_each_distinct_row_is_encoded_once_and_put_back_in_order():
    encode, encodings = Doubled(), Encodings(2**20)
    found, n_encoded = encodings(encode, NUMBERS)
    assert_array_equal(found, 2 * NUMBERS)
    assert n_encoded == 3 and encode.sizes == [3]


def test_later_calls_encode_only_what_is_new():
    encode, encodings = Doubled(), Encodings(2**20)
    encodings(encode, NUMBERS[:2])
    found, n_encoded = encodings(encode, NUMBERS)
    assert_array_equal(found, 2 * NUMBERS)
    assert n_encoded == 1 and encode.sizes == [2, 1]
    assert encodings(encode, NUMBERS[::-1])[1] == 0


def test_no_more_rows_than_told_are_encoded_at_once():
    encode = Doubled()
    found, _ = Encodings(2**20)(encode, np.arange(7.0)[:, None], most=3)
    assert_array_equal(found[:, 0], 2 * np.arange(7.0))
    assert encode.sizes == [3, 3, 1]


def test_what_was_not_used_for_longest_is_forgotten_first():
    encode, encodings = Doubled(), Encodings(2 * 8)  # two rows of one float
    one, two, three = NUMBERS[[1]], NUMBERS[[3]], NUMBERS[[0]]
    for rows in (one, two, one, three):
        encodings(encode, rows)
    assert encodings(encode, one)[1] == 0
    assert encodings(encode, two)[1] == 1
    assert encodings._n_bytes <= encodings.max_memory


def test_more_rows_than_are_remembered_are_encoded_all_the_same():
    encode, encodings = Doubled(), Encodings(8)
    found, n_encoded = encodings(encode, NUMBERS)
    assert_array_equal(found, 2 * NUMBERS)
    assert n_encoded == 3 and encodings(encode, NUMBERS)[1] == 3


@pytest.mark.parametrize(
    "rows, same",
    [
        (["a", "b", "a"], True),
        ([np.arange(3), np.arange(2), np.arange(3)], True),
        ([np.arange(3), np.arange(2), np.arange(3.0)], False),
        ([("a", 1), ("b", 1), ("a", 1)], True),
        (np.array(["ab", "b", "ab"]), True),
        (np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]]), True),
    ],
)
def test_rows_have_the_same_name_if_they_hold_the_same(rows, same):
    first, second, third = row_names(rows)
    assert first != second and (first == third) is same


def test_rows_of_frames_have_the_same_name_if_they_hold_the_same():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"t": ["x", "y", "x"], "n": [1, 1, 1]})
    for rows in (frame, pd.Series(["x y", None, "x y"])):
        first, second, third = row_names(rows)
        assert first == third != second


def test_a_text_and_an_array_of_its_letters_differ():
    assert row_names(["ab"]) != row_names([np.array(["a", "b"])])


def test_an_encoder_that_loses_rows_is_told():
    with pytest.raises(ValueError, match="given 3 rows and returned 2"):
        Encodings(2**20)(lambda rows: rows[:2], NUMBERS)


def test_pickles_are_empty():
    encode, encodings = Doubled(), Encodings(2**20)
    encodings(encode, NUMBERS)
    again = pickle.loads(pickle.dumps(encodings))
    assert again.max_memory == 2**20 and again(encode, NUMBERS)[1] == 3
