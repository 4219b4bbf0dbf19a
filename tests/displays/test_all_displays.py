"""Every display: its texts are read, and it leaves the session alone."""

import numpy as np
import pytest

from tests.displays._pictures import (
    DRAWN,
    LONG,
    N_ROWS,
    OF_EXPLANATIONS,
    OF_ROWS,
    OF_TABLES,
    beyond,
    draw_table,
    explain,
    find,
    model,
    product,
    texts_of,
    texts_outside,
    written,
)

WITH_PANELS = ["BeeswarmDisplay", "GlobalBarDisplay", "SurrogateDisplay"]

ORDERED = [
    "BeeswarmDisplay",
    "GlobalBarDisplay",
    "ModalityShareDisplay",
    "WaterfallDisplay",
]


# Of three outputs, whose names and notes are longer, every display is looked at below.
@pytest.mark.parametrize("explainer", [model], indirect=True)
@pytest.mark.parametrize("name", ["ModalityShareDisplay", "WaterfallDisplay"])
def test_texts_stay_inside(draw, explainer, name):
    assert texts_outside(draw(name).figure_) == []


@pytest.mark.parametrize("name", DRAWN)
def test_a_display_makes_one_figure_and_can_draw_another(draw, pyplot, name):
    pytest.importorskip("pandas")
    shown = draw(name)
    first, frame = shown.figure_, shown.frame()
    assert pyplot.get_fignums() == [first.number]
    assert shown.plot() is shown
    assert shown.figure_ is not first
    assert frame.equals(shown.frame())
    assert texts_outside(shown.figure_) == []


@pytest.mark.parametrize("name", DRAWN)
def test_an_axis_that_is_given_is_drawn_on(draw, pyplot, name):
    other = pyplot.figure()
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(18, 8), layout="constrained")
    pyplot.figure(other.number)
    before = pyplot.get_fignums(), dict(pyplot.rcParams), pyplot.isinteractive()
    shown = draw(name, ax=left)
    after = pyplot.get_fignums(), dict(pyplot.rcParams), pyplot.isinteractive()
    assert after == before
    assert pyplot.gcf() is other
    assert not other.axes
    assert shown.figure_ is figure
    drawn = [axes for axes in figure.axes if axes is not right]
    assert any(axes.has_data() or axes.patches for axes in drawn)
    assert not right.has_data()
    assert texts_outside(figure) == []


@pytest.mark.parametrize("name", OF_EXPLANATIONS)
def test_from_estimator_explains_and_draws(
    explainer, rows, explained, pyplot, monkeypatch, name
):
    pytest.importorskip("pandas")
    options, display = OF_EXPLANATIONS[name], find(name)
    asked = []

    def explain(X):
        asked.append(X)
        return explained["row" if name in OF_ROWS else "rows"]

    monkeypatch.setattr(explainer, "explain", explain)
    if name in OF_ROWS:
        shown = display.from_estimator(explainer, rows, row=2, **options)
    else:
        shown = display.from_estimator(explainer, rows[:N_ROWS], **options)
    assert shown.figure_.axes
    (given,), expected = asked, rows[[2]] if name in OF_ROWS else rows[:N_ROWS]
    assert list(given["note"]) == list(expected["note"])
    np.testing.assert_array_equal(given["vitals"], expected["vitals"])
    monkeypatch.setattr(display, "plot", lambda self, *args, **kwargs: self)
    one = explained["row" if name in OF_ROWS else "rows"]
    expected = display.from_explanation(one, **options).frame()
    assert shown.frame().equals(expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_TABLES)
def test_long_names_stay_inside(table, pyplot, name):
    names = [f"{i} {LONG}" for i in range(4)]
    explanation = table(names, [f"one {LONG}", f"two {LONG}"])
    assert texts_outside(draw_table(name, explanation).figure_) == []


@pytest.mark.parametrize("name", OF_TABLES)
def test_one_feature(table, pyplot, name):
    """One feature of each of two modalities, and where it can be told only one."""
    only = {"max_display": 1} if name != "DependenceDisplay" else {}
    shown = draw_table(name, table(["bmi", "age"], ["a", "b"]), **only)
    assert texts_outside(shown.figure_) == []
    assert len(shown.frame())


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_TABLES)
def test_many_features_and_outputs(table, pyplot, name):
    names = [f"x{i}" for i in range(40)]
    explanation = table(names, [f"m{i}" for i in range(12)], outputs=3)
    shown = draw_table(name, explanation, max_display=8)
    assert texts_outside(shown.figure_) == []
    frame = shown.frame()
    if name in ("BeeswarmDisplay", "GlobalBarDisplay"):
        features = frame[frame["feature"].isin(names)]
        assert features["feature"].nunique() == 8


@pytest.mark.parametrize("name", [*OF_EXPLANATIONS, "TextHTML"])
def test_an_explainer_is_no_explanation(explainer, name, pyplot):
    with pytest.raises(TypeError, match=rf"use {name}\.from_estimator\(explainer, X\)"):
        find(name).from_explanation(explainer, **OF_EXPLANATIONS.get(name, {}))


@pytest.mark.parametrize("name", [n for n in OF_EXPLANATIONS if n[:4] != "Moda"])
def test_an_unknown_output(draw, name):
    with pytest.raises(KeyError, match="'none of them' is unknown; known are"):
        draw(name, output="none of them")


@pytest.mark.parametrize("name", [*OF_ROWS, "TextHTML"])
def test_an_unknown_row(explanation, pyplot, name):
    with pytest.raises(KeyError, match=r"row 99 is unknown; known are \[0, 1"):
        find(name).from_explanation(explanation, row=99)


@pytest.mark.parametrize(
    "name", [n for n in DRAWN if n != "ContributionScatterDisplay"]
)
@pytest.mark.parametrize("wrong", [0, 2.5])
def test_max_display_is_a_number_of_things(draw, name, wrong):
    with pytest.raises(ValueError, match=r"`max_display` must be an integer of at"):
        draw(name, max_display=wrong)


@pytest.mark.parametrize(
    "name",
    [
        "BeeswarmDisplay",
        "GlobalBarDisplay",
        "StabilityDisplay",
        "CostErrorDisplay",
        "ModalityShareDisplay",
    ],
)
def test_an_unknown_order(draw, name):
    with pytest.raises(ValueError, match=r"`order` must be .*'biggest' instead"):
        draw(name, order="biggest")


@pytest.mark.parametrize("name", ["BeeswarmDisplay", "GlobalBarDisplay"])
def test_features_that_are_listed(draw, name):
    listed = [("vitals", "x1"), ("vitals", "x0")]
    assert draw(name, order=listed).feature_names.tolist() == ["x1", "x0"]
    with pytest.raises(KeyError, match=r"feature 'x9' is unknown; known are"):
        draw(name, order=["x9"])


def test_other_wrong_arguments(draw, folds):
    with pytest.raises(ValueError, match=r"`part` must be 'uc' or 'mi'\. Got 'ui'"):
        draw("DependenceDisplay", part="ui")
    with pytest.raises(ValueError, match=r"`kind` must be one of .*Got 'line'"):
        draw("StabilityDisplay", kind="line")
    with pytest.raises(KeyError, match="row 99 is unknown"):
        draw("StabilityDisplay", row=99)
    with pytest.raises(KeyError, match="output 'z' is unknown"):
        draw("StabilityDisplay", output="z")
    display = find("CostErrorDisplay")
    with pytest.raises(ValueError, match="must be equally long"):
        display.from_arrays([1, 2], [0.1])
    with pytest.raises(ValueError, match="`cost` must be positive"):
        display.from_arrays([0, 2], [0.1, 0.2])


@pytest.mark.parametrize("name", ["TextDisplay", "StabilityDisplay"])
def test_panels_need_a_place_in_a_grid(draw, pyplot, name):
    axes = pyplot.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match=r"`ax` must come from plt\.subplots"):
        draw(name, ax=axes)


@pytest.mark.parametrize("name", ["SurrogateDisplay", "ContributionScatterDisplay"])
def test_a_constant_model_is_not_enlarged(constant, pyplot, name):
    shown = draw_table(name, constant)
    axes = shown.ax_ if hasattr(shown, "ax_") else shown.axes_[0]
    assert np.ptp(axes.get_xlim()) > 1e-3


@pytest.mark.parametrize("name", [*OF_TABLES, "TextDisplay", "TextHTML"])
def test_no_rows(product_explanation, notes, pyplot, name):
    nothing = (notes if name.startswith("Text") else product_explanation)[[]]
    with pytest.raises(ValueError, match="`explanation` has no rows"):
        draw_table(name, nothing)


def test_what_is_left_out_is_counted(many, pyplot):
    for name in ("BeeswarmDisplay", "GlobalBarDisplay"):
        assert "4 of 9 features" in written(
            draw_table(name, many, max_display=4).figure_
        )
    shown = draw_table("WaterfallDisplay", many, max_display=4)
    assert "5 others" in written(shown.figure_)
    shown = draw_table("SurrogateDisplay", many, max_display=4)
    assert "4 of 9 modalities" in written(shown.figure_)


def test_one_modality_alone_is_not_summed_up(product_explanation, many, pyplot):
    shown = draw_table("ModalityShareDisplay", product_explanation, max_display=1)
    assert shown.term_names == ["m0", "m1", "MI"]
    assert (
        draw_table("ModalityShareDisplay", many, max_display=7).term_names[-2]
        == "2 others"
    )
    steps = draw_table("WaterfallDisplay", product_explanation, max_display=1).steps
    assert steps.names == ["baseline", "m0", "m1", "mi", "output"]


@pytest.mark.parametrize("name", WITH_PANELS)
def test_axes_have_their_quantity(product_explanation, pyplot, name):
    shown = draw_table(name, product_explanation)
    own = [axes.get_xlabel() for axes in shown.axes_]
    labels = own if any(own) else [shown._panels.label.get_text()]
    assert all("model output" in label for label in labels)


# A constrained layout gives room in the same way at any size: the smaller one below.
@pytest.mark.slow
@pytest.mark.parametrize("layout", [None, "tight"])
@pytest.mark.parametrize("name", OF_TABLES)
def test_texts_have_room_on_any_axis(product_explanation, pyplot, name, layout):
    figure, axes = pyplot.subplots(layout=layout)
    assert draw_table(name, product_explanation, ax=axes).figure_ is figure
    assert beyond(figure) == []


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("name", OF_TABLES)
def test_small_pictures_are_legible(product_explanation, pyplot, name, layout):
    figure, axes = pyplot.subplots(figsize=(4, 3), layout=layout)
    draw_table(name, product_explanation, ax=axes)
    assert beyond(figure) == []
    assert min(text.get_fontsize() for text in texts_of(figure)) > 5


def test_powers_of_ten_are_in_the_names_of_axes(pyplot):
    found = explain(lambda X: 1e12 * np.tanh(product(X)), 4, 2)
    for name in ("ContributionScatterDisplay", "SurrogateDisplay"):
        shown = draw_table(name, found)
        shown.figure_.draw_without_rendering()
        axes = shown.figure_.axes
        offsets = [a.offsetText for x in axes for a in (x.xaxis, x.yaxis)]
        assert not any(text.get_visible() and text.get_text() for text in offsets)
        assert "1e1" in written(shown.figure_)


@pytest.mark.parametrize("name", OF_TABLES)
def test_an_axis_is_drawn_on_once(product_explanation, pyplot, name):
    axes = pyplot.subplots()[1]
    draw_table(name, product_explanation, ax=axes)
    with pytest.raises(ValueError, match="`ax` must be empty"):
        draw_table(name, product_explanation, ax=axes)


@pytest.mark.parametrize("name", OF_TABLES)
def test_what_is_no_axis(product_explanation, pyplot, name):
    figure, axes = pyplot.subplots(2)
    with pytest.raises(TypeError, match=r"`ax` must be one .* array of shape \(2,\)"):
        draw_table(name, product_explanation, ax=axes)
    with pytest.raises(TypeError, match=r"a Figure; pass what its add_subplot\(\)"):
        draw_table(name, product_explanation, ax=figure)
    with pytest.raises(TypeError, match="`ax` must be one matplotlib Axes, got 'x'"):
        draw_table(name, product_explanation, ax="x")


@pytest.mark.parametrize("name", OF_TABLES)
def test_palettes_that_are_none(product_explanation, pyplot, name):
    with pytest.raises(TypeError, match="`palette` must be a list of colours"):
        draw_table(name, product_explanation, palette="viridis")
    for wrong in (["red"], []):
        with pytest.raises(ValueError, match="`palette` must have at least 2 colours"):
            draw_table(name, product_explanation, palette=wrong)
    with pytest.raises(ValueError, match="`palette` holds 'no such', which is no colo"):
        draw_table(name, product_explanation, palette=["red", "no such"])


@pytest.mark.parametrize("name", ORDERED)
def test_wrong_orders(product_explanation, pyplot, name):
    known = "output" if name == "ModalityShareDisplay" else "x1"
    for wrong in (None, 3):
        with pytest.raises(TypeError, match=rf"`order` must be one of .*Got {wrong}"):
            draw_table(name, product_explanation, order=wrong)
    with pytest.raises(ValueError, match=r"`order` must be .* Got an empty list"):
        draw_table(name, product_explanation, order=[])
    with pytest.raises(ValueError, match="each of them once"):
        draw_table(name, product_explanation, order=[known, known])


@pytest.mark.parametrize("name", OF_TABLES)
def test_true_is_no_number(product_explanation, pyplot, name):
    if name in ("ContributionScatterDisplay", *ORDERED, "SurrogateDisplay"):
        with pytest.raises(ValueError, match="`max_display` must be an integer"):
            draw_table(name, product_explanation, max_display=True)
