"""The features of one row."""

import numpy as np
import pytest

from tests.displays._pictures import (
    assert_coefficients,
    draw_table,
    find,
    main_output,
    one_or_three_outputs,
    position,
)


def test_the_named_row_is_shown(explainer, rows, pyplot):
    shown = find("BarDisplay").from_estimator(explainer, rows, row=-1)
    assert shown.row_name == str(len(rows) - 1)
    titles = [text.get_text() for axes in shown.figure_.axes for text in axes.texts]
    assert any(f"Row {len(rows) - 1}:" in title for title in titles)


@one_or_three_outputs
def test_bars_show_coefficients(draw, explainer, explanation):
    pytest.importorskip("pandas")
    shown, c = draw("BarDisplay", row=3, max_display=4), main_output(explanation, 3)
    every = shown.frame()
    widths = [bar.get_width() for axes in shown.axes_ for bar in axes.patches]
    drawn = [every[every["part"] == part]["coef"] for part in ("uc", "mi")]
    np.testing.assert_array_equal(widths, np.concatenate(drawn))
    frame = every[every["se"].notna()]
    assert_coefficients(frame, explanation.coef[3, ..., c], explanation)
    features = [position(explanation, line) for _, line in frame.iterrows()]
    se = explanation.se[3, [0] * 4 + [1] * 4, features, c]
    np.testing.assert_array_equal(frame["se"], se)
    sizes = np.abs(explanation.coef[3, ..., c]).sum(axis=0)
    largest = np.argsort(-np.nan_to_num(sizes), kind="stable")[:4]
    assert features == [*largest, *largest]


def test_the_same_feature_named_in_two_ways(product_explanation, pyplot):
    with pytest.raises(ValueError, match="each of them once"):
        draw_table("BarDisplay", product_explanation, order=["x0", ("m0", "x0")])
