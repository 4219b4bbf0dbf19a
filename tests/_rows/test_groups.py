"""Rows of groups that a column tells."""

import numpy as np
import pytest

from skdime._rows.groups import rows_by_group


def test_rows_of_every_group_in_the_order_of_names():
    found = rows_by_group(5, ["b", "a", None, "b", np.nan])
    assert list(found) == ["<missing>", "a", "b"]
    assert [rows.tolist() for rows in found.values()] == [[2, 4], [1], [0, 3]]


@pytest.mark.parametrize("library, name", [("pandas", "Series"), ("polars", "Series")])
def test_columns_of_frames_are_groups(library, name):
    column = getattr(pytest.importorskip(library), name)([1, 2, 1])
    assert rows_by_group(3, column)["1"].tolist() == [0, 2]


def test_what_are_no_groups():
    with pytest.raises(ValueError, match="It has 2 entries, and there are 3 rows"):
        rows_by_group(3, ["a", "b"])
    with pytest.raises(ValueError, match=r"from 2 to 50 groups. Got 1: \['a'\]"):
        rows_by_group(2, ["a", "a"])
    with pytest.raises(ValueError, match=r"Got 60.*Cut numbers into intervals"):
        rows_by_group(60, range(60))
    with pytest.raises(ValueError, match=r"at least 2 rows. The groups \['b'\]"):
        rows_by_group(3, ["a", "a", "b"], least=2)
