"""Cost against error."""

from itertools import pairwise

import numpy as np
import pytest

from skdime import displays
from tests.displays._pictures import find, texts_outside, written


def test_costs_have_their_median_error(pyplot):
    pytest.importorskip("pandas")
    shown = find("CostErrorDisplay").from_arrays(
        [10, 10, 10, 100], [0.3, 0.1, 0.5, 0.0], cost_name="rows"
    )
    expected = [[10, 0.3, 0.1, 0.5], [100, 0.0, 0.0, 0.0]]
    names = ["cost", "median", "low", "high"]
    np.testing.assert_array_equal(shown.frame()[names], expected)
    assert texts_outside(shown.figure_) == []


def test_lines_and_bands_are_explained(pyplot):
    display = displays.CostErrorDisplay
    shown = display.from_arrays([10, 10, 100], [0.3, 0.1, 0.02])
    assert "line: median of runs, band: smallest to largest" in written(shown.figure_)
    shown = display.from_arrays([10, 100], [0.3, 0.02])
    assert "median" not in written(shown.figure_)


def test_exact_runs_stand_at_zero(pyplot):
    shown = displays.CostErrorDisplay.from_arrays([10, 100, 1000], [0.3, 0.02, 0.0])
    low, high = shown.ax_.get_ylim()
    assert -0.02 < low < 0 < high
    assert (shown.ax_.get_yticks() >= 0).all()


@pytest.mark.parametrize("size", [(4, 3), (14, 9), None])
@pytest.mark.parametrize("cost", [(150, 600), (121, 133), (30, 480)])
def test_minor_ticks_are_as_small_as_major_ones_and_keep_apart(pyplot, cost, size):
    cost = np.geomspace(*cost, 4)
    ax = size and pyplot.subplots(figsize=size)[1]
    shown = displays.CostErrorDisplay.from_arrays(cost, cost[::-1] / 1000, ax=ax)
    shown.figure_.draw_without_rendering()
    for axis in (shown.ax_.xaxis, shown.ax_.yaxis):
        labels = axis.get_ticklabels(which="both")
        assert len({label.get_fontsize() for label in labels}) == 1
    shown_at = sorted(
        (
            label.get_window_extent()
            for label in shown.ax_.get_xticklabels(which="both")
            if label.get_text() and cost[0] <= label.get_position()[0] <= cost[-1]
        ),
        key=lambda box: box.x0,
    )
    assert shown_at
    for left, right in pairwise(shown_at):
        assert left.x1 < right.x0
