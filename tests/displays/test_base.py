"""Displays hold numbers; a picture shows as many of them as there is room for."""

from dataclasses import fields

import numpy as np
import pytest

from tests.displays._pictures import beyond, draw_table, explain, written

pytest.importorskip("pandas")

OF_FEATURES = ["BarDisplay", "BeeswarmDisplay", "GlobalBarDisplay", "WaterfallDisplay"]


@pytest.fixture(scope="module")
def wide():
    """Two modalities of twenty features each, which interact."""
    return explain(lambda X: X.sum(axis=1) + X[:, 0] * X[:, 30], 40, 2)


def numbers_of(display):
    """A display with the same numbers that was never drawn."""
    names = [field.name for field in fields(display) if field.init]
    return type(display)(**{name: getattr(display, name) for name in names})


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_FEATURES)
def test_numbers_do_not_depend_on_the_picture(wide, pyplot, name):
    shown = draw_table(name, wide, max_display=15)
    ax = pyplot.subplots(figsize=(4, 3))[1]
    assert draw_table(name, wide, max_display=15, ax=ax).frame().equals(shown.frame())
    pyplot.close("all")
    assert numbers_of(shown).frame().equals(shown.frame())
    assert not pyplot.get_fignums()


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_FEATURES)
def test_a_second_picture_may_be_smaller(wide, pyplot, name):
    shown = draw_table(name, wide, max_display=15)
    frame = shown.frame()
    large = sum(len(axes.get_yticklabels()) for axes in shown.axes_)
    first = shown.figure_
    assert "15 of 40 features" in written(first)
    assert shown.plot(pyplot.subplots(figsize=(4, 3))[1]) is shown
    small = sum(len(axes.get_yticklabels()) for axes in shown.axes_)
    assert small < large
    assert "of 40 features" in written(shown.figure_)
    assert "15 of 40 features" not in written(shown.figure_)
    assert beyond(shown.figure_) == []
    assert shown.frame().equals(frame)
    assert (
        shown.plot().figure_.get_size_inches().tolist()
        == first.get_size_inches().tolist()
    )


@pytest.mark.parametrize("size", [(4, 3), (6, 3), (8, 5)])
def test_bars_of_a_small_picture_add_up(wide, pyplot, size):
    """Features without room are in the hollow bar of their modality."""
    ax = pyplot.subplots(figsize=size)[1]
    shown = draw_table("BarDisplay", wide, row=1, max_display=40, ax=ax)
    values = wide.decomposition
    for axes, total in zip(
        shown.axes_, [values.main[1, :, 0], values.mi[1]], strict=True
    ):
        sums = dict.fromkeys(shown.modality_names, 0.0)
        labels = [label.get_text() for label in shown.axes_[0].get_yticklabels()]
        assert len(labels) < 40
        for label, bar in zip(labels, axes.patches, strict=True):
            sums[label.partition(":")[0]] += bar.get_width()
        expected = np.broadcast_to(total, 2)
        largest = max(abs(bar.get_width()) for bar in axes.patches)
        np.testing.assert_allclose(list(sums.values()), expected, atol=1e-3 * largest)


def test_bars_of_a_small_waterfall_add_up(wide, pyplot):
    ax = pyplot.subplots(figsize=(5, 6))[1]
    shown = draw_table("WaterfallDisplay", wide, row=1, max_display=20, ax=ax)
    axes = shown.axes_[1]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    widths = [bar.get_width() for bar in axes.patches]
    assert any(label.endswith(": rest") for label in labels)
    for m, name in enumerate(["m0", "m1"]):
        own = [w for w, t in zip(widths, labels, strict=True) if t.startswith(name)]
        if own:
            assert sum(own) == pytest.approx(wide.decomposition.main[1, m, 0], abs=1e-3)
