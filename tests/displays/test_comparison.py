"""What changed most between two models."""

import numpy as np
import pytest

from tests.displays._pictures import find, position, written


def test_sizes_and_changes_are_those_of_the_comparison(comparison, pyplot):
    pytest.importorskip("pandas")
    shown = find("ComparisonDisplay").from_comparison(comparison, max_display=4)
    frame, (mean, se) = shown.frame(), comparison.mean_abs_change()
    assert len(frame) == 8
    for _, line in frame.iterrows():
        p, f = ["uc", "mi"].index(line["part"]), position(comparison.change, line)
        assert (line["change"], line["se"]) == (mean[p, f, 0], se[p, f, 0])
        assert line["old"] == comparison.first.mean_abs()[p, f, 0]
        assert line["new"] == comparison.second.mean_abs()[p, f, 0]
        assert line["established"] == (line["change"] > 1.96 * line["se"])
    # the vitals that only the new model reads are first
    assert frame["feature"].iloc[0] == "x2" and frame["change"].iloc[0] > 0.1
    text = written(shown.figure_)
    assert "White: old; coloured: new" in text


def test_dots_and_lines(comparison, pyplot):
    shown = find("ComparisonDisplay").from_comparison(comparison, max_display=3)
    uc = shown.axes_[0]
    lines = [line for line in uc.lines if len(set(line.get_ydata())) == 1]
    drawn = np.array([line.get_xdata() for line in lines])
    np.testing.assert_allclose(drawn, shown.coef[:, 0].T)
    styles = [line.get_linestyle() == "-" for line in lines]
    assert styles == shown.established[0].tolist()
