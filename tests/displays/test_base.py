"""Displays hold numbers; a picture shows as many of them as there is room for."""

from dataclasses import fields

import numpy as np
import pytest

from tests.displays._pictures import beyond, draw_table, explain, written

pytest.importorskip("pandas")

OF_FEATURES = ["BeeswarmDisplay", "GlobalBarDisplay"]


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


def test_numbers_of_a_waterfall_do_not_depend_on_the_picture(wide, pyplot):
    shown = draw_table("WaterfallDisplay", wide, max_display=15)
    frame = shown.frame()
    assert shown.plot(pyplot.subplots(figsize=(4, 3))[1]) is shown
    assert len(shown.ax_.get_yticklabels()) < len(frame)
    assert shown.frame().equals(frame)
    assert numbers_of(shown).frame().equals(frame)


@pytest.mark.parametrize("size", [(4, 3), (5, 6)])
def test_bars_of_a_small_waterfall_add_up(wide, pyplot, size):
    """Features without room are in the bar of what is not shown."""
    ax = pyplot.subplots(figsize=size)[1]
    shown = draw_table("WaterfallDisplay", wide, row=1, max_display=20, ax=ax)
    arrows = [patch.get_xy() for patch in shown.ax_.patches]
    assert len(arrows) > 3
    step_start = step_end = inner_end = None
    for corners in arrows:
        is_step = np.ptp(corners[:, 1]) > 0.6
        if is_step or corners[0, 0] == step_start:
            # what a step is opened into ends where the step does
            assert inner_end is None or inner_end == pytest.approx(step_end, abs=0.02)
            inner_end = None
        if is_step:
            step_start, step_end = corners[0, 0], corners[2, 0]
        else:
            inner_end = corners[2, 0]
