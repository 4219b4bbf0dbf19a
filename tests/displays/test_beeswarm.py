"""One dot for every row and feature."""

import numpy as np
import pytest

from skdime import displays
from tests.displays._pictures import (
    assert_coefficients,
    draw_table,
    main_output,
    one_or_three_outputs,
)


@one_or_three_outputs
def test_swarms_show_the_coefficient_of_every_row(draw, explainer, explanation):
    pytest.importorskip("pandas")
    shown, c = draw("BeeswarmDisplay"), main_output(explanation)
    frame = shown.frame()
    for row, lines in frame.groupby("row"):
        assert_coefficients(lines, explanation.coef[row, ..., c], explanation)
    drawn = sum(
        len(dots.get_offsets()) for axes in shown.axes_ for dots in axes.collections
    )
    assert drawn == frame["coef"].notna().sum()


@pytest.mark.parametrize("size", [(4, 3), (14, 9), None])
@pytest.mark.parametrize("layout", [None, "constrained"])
def test_no_dot_of_a_swarm_is_cut(pyplot, layout, size):
    names = [f"measurement {i}" for i in range(4)]
    shown = displays.BeeswarmDisplay(
        coef=np.linspace(-1, 1, 48).reshape(6, 2, 4),
        feature_values=np.arange(24.0).reshape(6, 4),
        feature_names=names,
        feature_modalities=["examination"] * 4,
        row_names=range(6),
        quantity="risk",
    )
    with pyplot.rc_context({"font.size": 14}):
        shown.plot(size and pyplot.subplots(figsize=size, layout=layout)[1])
    shown.figure_.draw_without_rendering()
    limits = {axes.get_xlim() for axes in shown.axes_}
    assert len(limits) == 1
    for axes in shown.axes_:
        box = axes.get_window_extent()
        for dots in axes.collections:
            centres = axes.transData.transform(dots.get_offsets())
            radius = np.sqrt(dots.get_sizes().max()) / 2 * shown.figure_.dpi / 72
            assert (centres - radius >= box.min).all()
            assert (centres + radius <= box.max).all()


def test_dots_shrink_with_the_letters(product_explanation, pyplot):
    def diameter(axes):
        shown = draw_table("BeeswarmDisplay", product_explanation, ax=axes)
        return np.sqrt(shown.axes_[0].collections[0].get_sizes()[0])

    small, large = (pyplot.subplots(figsize=size)[1] for size in ((4, 3), (8, 6)))
    assert diameter(small) < 0.8 * diameter(large)
