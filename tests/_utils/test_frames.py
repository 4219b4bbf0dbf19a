"""Frames of arrays."""

import numpy as np
import pytest

from skdime._utils.frames import long_frame

pytest.importorskip("pandas")


def test_a_frame_of_arrays_has_one_line_an_entry():
    axes = [{"part": ["uc", "mi"]}, {"name": ["a", "b"], "kind": ["x", "y"]}]
    frame = long_frame(axes, n=[1, 2], value=np.eye(2))
    assert list(frame) == ["part", "name", "kind", "n", "value"]
    assert frame["kind"].tolist() == ["x", "y", "x", "y"]
    assert frame["part"].tolist() == ["uc", "uc", "mi", "mi"]
    assert frame["n"].tolist() == [1, 2, 1, 2]
    assert frame["value"].tolist() == [1, 0, 0, 1]


def test_texts_that_are_no_unicode_stay_what_they_are():
    frame = long_frame([{"name": np.array(["a\ud800", "b"])}], value=[1.0, 2.0])
    assert frame["name"].tolist() == ["a\ud800", "b"]
    assert frame["value"].dtype == float
