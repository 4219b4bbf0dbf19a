"""Panels have room for their texts, and leave everything else where it is."""

import numpy as np
import pytest

from skdime.displays import (
    ContributionScatterDisplay,
    DependenceDisplay,
    GlobalBarDisplay,
)
from tests.displays._pictures import beyond, draw_table


def bars():
    """A display of two panels."""
    return GlobalBarDisplay(
        size=np.array([[0.3, 0.1], [0.0, 0.2]]),
        se=np.full((2, 2), 0.02),
        feature_names=["bmi", "glucose"],
        feature_modalities=["exam", "serum"],
        modality_names=["exam", "serum"],
        quantity="probability",
        over="7 rows",
    )


def dots():
    """A display of one axis with a scale of colours beside it."""
    return DependenceDisplay(
        values=["21", "25", "31"],
        coef=np.array([-0.1, 0.0, 0.2]),
        se=np.full(3, 0.01),
        color_values=np.array([0.1, -0.1, 0.0]),
        row_names=range(3),
        feature_name="exam: bmi",
        color_name="MI",
        coef_name="UC",
    )


def scatter():
    """A display of one axis."""
    return ContributionScatterDisplay(
        uc=np.array([0.4, 0.6]),
        mi=np.array([0.1, -0.2]),
        baseline=0.5,
        row_names=["ann", "ben"],
        quantity="probability",
    )


def extent(figure, axes):
    """What axes take with their texts, in shares of the figure."""
    from matplotlib.transforms import Bbox

    figure.draw_without_rendering()
    boxes = [a.get_tightbbox() for a in axes if a.get_tightbbox() is not None]
    return Bbox.union(boxes).transformed(figure.transFigure.inverted())


@pytest.mark.parametrize("make", [bars, dots, scatter])
def test_a_display_ends_half_way_to_its_neighbours(pyplot, make):
    figure, axes = pyplot.subplots(2, 2, figsize=(12, 8))
    places = [ax.get_position() for ax in axes.ravel()]
    make().plot(axes[0, 1])
    others = [axes[0, 0], axes[1, 0], axes[1, 1]]
    own = [ax for ax in figure.axes if ax not in others and ax.axison]
    box = extent(figure, own)
    middles = [
        (places[0].x1 + places[1].x0) / 2,
        (places[1].y0 + places[3].y1) / 2,
    ]
    assert (box.min >= np.array(middles) - 1e-3).all()
    assert (box.max <= 1).all()
    for ax, i in zip(others, [0, 2, 3], strict=True):
        np.testing.assert_array_equal(ax.get_position().extents, places[i].extents)
        assert ax.get_in_layout()


@pytest.mark.parametrize("make", [bars, dots, scatter])
def test_a_title_of_the_figure_is_left_free(pyplot, make):
    figure, axes = pyplot.subplots(figsize=(7, 5))
    title = figure.suptitle("A title of two lines,\nboth of which are read")
    make().plot(axes)
    top = extent(figure, [ax for ax in figure.axes if ax.axison]).y1
    lowest = title.get_window_extent().transformed(figure.transFigure.inverted()).y0
    assert top <= lowest + 1e-3


@pytest.mark.parametrize("make", [bars, dots, scatter])
def test_panels_follow_a_grid_that_is_changed_later(pyplot, make):
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 5))
    shown = make().plot(left)
    right.plot([1, 2])
    figure.subplots_adjust(left=0.1, right=0.5)
    drawn = shown.axes_ if hasattr(shown, "axes_") else [shown.ax_]
    assert extent(figure, drawn).x1 < right.get_position().x0 + 0.05
    figure.tight_layout()
    assert extent(figure, drawn).x1 < right.get_position().x0
    assert extent(figure, figure.axes).x1 <= 1 + 1e-3


@pytest.mark.parametrize("make", [bars, dots, scatter])
def test_a_display_in_a_subfigure(pyplot, make):
    whole = pyplot.figure(figsize=(12, 5))
    left, right = whole.subfigures(1, 2)
    right.subplots().plot([1, 2])
    shown = make().plot(left.subplots())
    assert shown.figure_ is left
    box = extent(whole, [ax for ax in left.axes if ax.axison])
    assert box.x1 <= 0.5 + 1e-3
    assert (box.min >= -1e-3).all()


def test_a_layout_that_cannot_be_changed(pyplot):
    figure, (left, right) = pyplot.subplots(1, 2, layout="tight")
    figure.colorbar(right.imshow([[1, 2]]))
    with pytest.raises(ValueError, match="make the figure with layout='constrained'"):
        bars().plot(left)


def test_the_first_figure_is_made_outside_of_a_context_of_settings(pyplot, monkeypatch):
    """A backend that is loaded with it turns itself on in the settings."""
    import matplotlib as mpl

    figure = pyplot.figure

    def first_figure(*args, **kwargs):
        mpl.interactive(True)
        return figure(*args, **kwargs)

    monkeypatch.setattr(pyplot, "figure", first_figure)
    try:
        bars().plot()
        assert mpl.is_interactive()
    finally:
        mpl.interactive(False)


def test_displays_share_a_figure_without_a_layout(product_explanation, pyplot):
    figure, axes = pyplot.subplots(2, 2, figsize=(13, 10))
    axes[1, 1].plot([1, 2])
    before = axes[1, 1].get_position().extents
    for i, name in enumerate(["WaterfallDisplay", "BeeswarmDisplay"]):
        draw_table(name, product_explanation, ax=axes[0, i])
    draw_table("ContributionScatterDisplay", product_explanation, ax=axes[1, 0])
    np.testing.assert_array_equal(axes[1, 1].get_position().extents, before)
    assert beyond(figure) == []
