"""Hollow bars: with them, the bars of a modality add up."""

import pytest

from tests.displays._pictures import draw_table, written


@pytest.mark.parametrize("max_display", [1, 2, 10])
def test_all_bars_of_a_modality_add_up(product_explanation, pyplot, max_display):
    """In UC to what it adds on its own, in MI to MI: nothing is hidden."""
    bar = draw_table(
        "BarDisplay", product_explanation, row=2, max_display=max_display
    ).frame()
    fall = draw_table(
        "WaterfallDisplay", product_explanation, row=2, max_display=max_display
    ).frame()
    fall = fall.rename(columns={"panel": "part", "effect": "coef"})
    values = product_explanation.decomposition
    for frame in (bar, fall):
        small = 1e-3 * frame["coef"].abs().max()
        for m, modality in enumerate(values.modality_names):
            own = frame[frame["modality"] == modality].groupby("part")["coef"].sum()
            expected = {"uc": values.main[2, m, 0], "mi": values.mi[2, 0]}
            for part in own.index.intersection(["uc", "mi"]):
                # what is too small to be seen has no bar
                assert own[part] == pytest.approx(expected[part], abs=small)


def test_what_is_typical_is_the_intercept(product_explanation, pyplot):
    frame = draw_table("BarDisplay", product_explanation, row=1).frame()
    typical = frame[frame.iloc[:, 2] == "all typical"].set_index(["part", "modality"])
    values = product_explanation.decomposition
    for m, modality in enumerate(product_explanation.modality_names):
        start = values.uc[1, 0] - values.main[1, m, 0]
        intercept = product_explanation.intercept[1, :, m, 0]
        assert typical.loc["uc", modality]["coef"] == pytest.approx(
            intercept[0] - start
        )
        assert typical.loc["mi", modality]["coef"] == pytest.approx(intercept[1])


def test_the_hollow_bars_are_explained(product_explanation, pyplot):
    for name in ("BarDisplay", "WaterfallDisplay"):
        text = written(draw_table(name, product_explanation).figure_).replace("\n", " ")
        assert "all typical" in text
        assert "add up to" in text
