"""Messages without the words and numbers of rows."""

import numpy as np
import pytest
import scipy.sparse as sp

from skdime import MultimodalArray
from skdime._rows.redaction import HIDDEN, redacted

MESSAGE = "could not convert 'Cedar-tree 57.25': 3 of the rows; cedarwood at 1e3"
EXPECTED = (
    f"could not convert '{HIDDEN}-tree {HIDDEN}': 3 of the rows; cedarwood at 1e3"
)
WORDS = ["ash, CEDAR", "elm"]
NUMBERS = np.array([57.25, -8.0])


def test_words_and_numbers_of_keys():
    rows = MultimodalArray(note=WORDS, number=NUMBERS)
    assert redacted(MESSAGE, [rows]) == EXPECTED


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_words_and_numbers_of_frames(library):
    library = pytest.importorskip(library)
    frame = library.DataFrame({"note": WORDS, "number": NUMBERS})
    assert redacted(MESSAGE, [frame]) == EXPECTED


def test_words_and_numbers_of_arrays():
    rows = np.array([["ash", 57.25], ["cedar", None]], dtype=object)
    assert redacted(MESSAGE, [rows]) == EXPECTED
    texts = np.array([["ash", "57.25"], ["cedar", "x"]])
    assert redacted(MESSAGE, [texts, NUMBERS[:, None]]) == EXPECTED
    series = [np.array([1.0, 57.25]), ["cedar", "x"]]
    assert redacted(MESSAGE, [series]) == EXPECTED


def test_numbers_are_those_as_messages_write_them():
    rows = sp.csr_matrix(np.array([[1000.0, 0.0], [2 / 3, 0.0]]))
    found = redacted("at 1e3 and 0.6666667, not at 0.667 or x1", [rows])
    assert found == f"at {HIDDEN} and {HIDDEN}, not at 0.667 or x1"


def test_without_rows_nothing_is_left_out():
    assert redacted(MESSAGE, []) == MESSAGE
