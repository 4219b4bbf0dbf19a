"""Names on an axis, the output that is shown first, the row an error is about."""

import numpy as np
import pytest

from skdime._utils.names import (
    find_name,
    of_each,
    positions_of_rows,
    telling_modality,
    usual_output,
)


class TestFindName:
    def test_by_value_and_else_by_text(self):
        assert find_name(np.array(["a", "b"]), "b", "feature") == 1
        assert find_name(np.array([10, 20]), "20", "row") == 1
        assert find_name(np.array(["1", 1], dtype=object), 1, "row") == 1

    def test_rows_and_outputs_by_position_where_names_are_no_integers(self):
        names = np.array(["a", "b", "c"])
        assert [find_name(names, i, "row") for i in (0, 2, -1)] == [0, 2, 2]
        assert find_name(names, np.int64(1), "output") == 1
        for axis, name in (("row", 3), ("row", True), ("feature", 0)):
            with pytest.raises(KeyError, match="is unknown"):
                find_name(names, name, axis)

    def test_an_integer_among_integers_is_a_name(self):
        labels = np.array([50, 51, 52])
        assert find_name(labels, 51, "row") == 1
        with pytest.raises(KeyError, match=r"0 is unknown.*By position, take expl"):
            find_name(labels, 0, "row")

    def test_levels_of_an_index(self):
        labels = np.empty(2, dtype=object)
        labels[:] = [("a", 1), ("b", 2)]
        assert find_name(labels, ("b", 2), "row") == find_name(labels, 1, "row") == 1

    def test_several_of_one_name(self):
        with pytest.raises(KeyError, match=r"several, at positions \[0, 2\]"):
            find_name(np.array(["a", "b", "a"]), "a", "feature")

    def test_unknown_names_are_answered_by_the_first_five(self):
        with pytest.raises(KeyError, match=r"known are \[0, 1, 2, 3, 4, \.\.\.\]"):
            find_name(np.arange(11), "x", "row")


def test_the_usual_output_is_the_largest_in_most_rows():
    output = np.array([[0.0, 1.0], [0.2, 0.8], [0.9, 0.1]])
    assert usual_output(output) == 1
    assert usual_output(np.empty((0, 2))) == 0


def test_notes_of_errors_name_modality_and_row():
    with pytest.raises(ValueError) as caught, telling_modality("ecg", row=3):
        raise ValueError
    assert caught.value.__notes__ == [
        "This is about the modality 'ecg' in row 3 of these, counted from 0."
    ]
    with pytest.raises(ZeroDivisionError) as caught:
        list(of_each(lambda cell: 1 / cell, [1, 0]))
    assert "row 1 of these" in caught.value.__notes__[0]


def test_a_row_that_does_not_exist():
    names = np.array(["0", "1", "2"])
    assert positions_of_rows(names, [0, -1]).tolist() == [0, 2]
    with pytest.raises(IndexError, match=r"no row 400: .* position, from 0 to 2"):
        positions_of_rows(names, 400)
