"""From the average to the output: steps, features, numbers, room for rows."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from tests.displays._pictures import beyond, draw_table, explain, texts_of, written


@pytest.fixture(scope="module")
def explainer(X):
    dis = Disentangler(
        lambda X: np.column_stack([X[:, 0] * X[:, 1], X.prod(axis=1) + 5]),
        [("a", [0, 3]), ("b", [1, 2]), ("c", [4])],
        n_references=5,
        random_state=0,
    )
    return LocalExplainer(dis, n_samples=20, random_state=0).fit(X)


@pytest.fixture
def display(pyplot):
    """The one display there is; its class needs matplotlib only to draw."""
    from skdime.displays import WaterfallDisplay

    return WaterfallDisplay


def bars(axes):
    """Left end and width of every bar."""
    return [(patch.get_x(), patch.get_width()) for patch in axes.patches]


def test_steps_add_up_to_the_output(display, explainer, X):
    shown = display.from_estimator(explainer, X, row=2, output="output0")
    values = explainer.explain(X[2:3]).decomposition
    assert shown.steps.names == ["baseline", "a", "b", "c", "mi", "output"]
    assert shown.steps.effects[0] == values.baseline[0]
    np.testing.assert_array_equal(shown.steps.effects[1:4], values.main[0, :, 0])
    assert shown.steps.effects[:-1].sum() == pytest.approx(values.output[0, 0])
    assert shown.steps.effects[-1] == values.output[0, 0]


def test_every_step_starts_where_the_last_one_ended(display, explainer, X):
    shown = display.from_estimator(explainer, X, row=2)
    drawn = bars(shown.axes_[0])
    starts = [left for left, _ in drawn]
    ends = [left + width for left, width in drawn]
    np.testing.assert_allclose(starts[0], shown.steps.effects[0])
    np.testing.assert_allclose(starts[1:], ends[:-1])
    np.testing.assert_allclose(ends[-1], shown.steps.effects[-1])


def test_average_and_output_are_marks_without_a_length(display, explainer, X):
    """A bar would have to start at 0, which may be far away."""
    shown = display.from_estimator(explainer, X, row=2)
    marks = [line.get_xdata() for line in shown.axes_[0].lines if line.get_lw() > 2]
    effects = shown.steps.effects
    np.testing.assert_allclose(marks, [[effects[0]] * 2, [effects[-1]] * 2])


def test_features_are_the_strongest_ones(display, explainer, X):
    explanation = explainer.explain(X[:3])
    shown = display.from_explanation(
        explanation, row=1, output="output1", max_display=2
    )
    for axes, part in zip(shown.axes_[1:], ("uc", "mi"), strict=True):
        top = explanation.top(2, row=1, part=part, output="output1")
        widths = [w for _, w in bars(axes)]
        np.testing.assert_allclose(widths[:2], [e.coef for e in top])
        labels = [label.get_text() for label in axes.get_yticklabels()]
        for label, effect in zip(labels[:2], top, strict=True):
            assert label.startswith(f"{effect.modality}: {effect.feature} = ")


def test_the_largest_output_is_shown_unless_told_otherwise(display, explainer, X):
    row = int(np.argmax(explainer.explain(X).decomposition.output @ [-1, 1]))
    assert display.from_estimator(explainer, X, row=row).output_name == "output1"
    shown = display.from_estimator(explainer, X, row=row, output="output0")
    assert "output0" in shown.axes_[0].get_xlabel()


def test_small_modalities_are_summed_up(display, explainer, X):
    shown = display.from_estimator(explainer, X, row=0, max_display=1)
    assert shown.steps.names[2:3] == ["2 others, each"]
    assert len(shown.steps.names) == 5
    assert shown.steps.effects[:-1].sum() == pytest.approx(shown.steps.effects[-1])


def test_frame_has_what_is_drawn(display, explainer, X):
    pytest.importorskip("pandas")
    shown = display.from_estimator(explainer, X, row=0)
    frame = shown.frame()
    steps = frame[frame["panel"] == "steps"]
    np.testing.assert_array_equal(steps["effect"], shown.steps.effects)
    assert set(frame["panel"]) == {"steps", "uc", "mi"}


def test_it_takes_the_place_of_an_axis_in_a_grid(display, explainer, X, pyplot):
    figure, (left, right) = pyplot.subplots(1, 2)
    shown = display.from_estimator(explainer, X, ax=left)
    assert shown.figure_ is figure
    assert set(shown.axes_) < set(figure.axes)
    assert not left.has_data()
    assert not right.has_data()


def test_an_axis_that_is_in_no_grid(display, explainer, X, pyplot):
    axes = pyplot.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match=r"`ax` must come from plt\.subplots"):
        display.from_estimator(explainer, X, ax=axes)


def test_an_unknown_row_or_output(display, explainer, X):
    explanation = explainer.explain(X[:3])
    with pytest.raises(KeyError, match=r"row 9 is unknown; known are \[0, 1, 2\]"):
        display.from_explanation(explanation, row=9)
    with pytest.raises(KeyError, match=r"known are \['output0', 'output1'\]"):
        display.from_explanation(explanation, output="yes")


def test_numbers_of_steps_stand_beside_the_axis(product_explanation, pyplot):
    """There they are on no bar and no name, whatever the size of the picture."""
    shown = draw_table("WaterfallDisplay", product_explanation)
    shown.figure_.draw_without_rendering()
    for axes in shown.axes_:
        right = axes.get_window_extent().x1
        boxes = [text.get_window_extent() for text in axes.texts]
        assert len(boxes) == len(axes.get_yticklabels())
        assert all(box.x0 > right for box in boxes)
        assert max(box.x1 for box in boxes) <= shown.figure_.bbox.width


@pytest.fixture(scope="module")
def wards():
    """A classifier of three classes, one of which has a long name."""

    def fractions(X):
        terms = X[:, ::2].sum(axis=1), X[:, 0] * X[:, 5], X[:, 7]
        scores = np.exp(np.column_stack(terms))
        return scores / scores.sum(axis=1, keepdims=True)

    found = explain(fractions, 8, 2, ["examination", "laboratory"])
    names = np.array(["intensive care unit", "ward", "home"])
    values = replace(
        found.decomposition, output_names=names, unit="predicted probability"
    )
    return replace(found, decomposition=values)


@pytest.mark.slow
# The long name needs the more room; the short one is drawn where there is least.
@pytest.mark.parametrize(
    ("output", "layout", "size"),
    [
        *product(["intensive care unit"], [None, "constrained"], [(4, 3), (5.5, 4)]),
        ("intensive care unit", None, (14, 9)),
        ("intensive care unit", None, None),
        ("ward", None, (4, 3)),
        ("ward", "constrained", (4, 3)),
    ],
)
def test_rows_of_a_waterfall_keep_apart(wards, pyplot, output, layout, size):
    """Also where long names of outputs take the room of rows."""
    ax = size and pyplot.subplots(figsize=size, layout=layout)[1]
    shown = draw_table("WaterfallDisplay", wards, ax=ax, output=output)
    assert beyond(shown.figure_) == []
    for axes in shown.axes_:
        assert len(axes.texts) > 1
        for texts in (axes.get_yticklabels(), axes.texts):
            boxes = [text.get_window_extent() for text in texts]
            for upper, lower in pairwise(boxes):
                assert lower.y1 < upper.y0 + 0.5  # of a pixel
    assert min(text.get_fontsize() for text in texts_of(shown.figure_)) > 5


def test_a_small_waterfall_shows_fewer_modalities(many, pyplot):
    ax = pyplot.subplots(figsize=(4, 3))[1]
    shown = draw_table("WaterfallDisplay", many, max_display=9, ax=ax)
    assert "others, each on its own" in written(shown.figure_)
    values = many.decomposition
    assert shown.steps.effects[1:-2].sum() == pytest.approx(values.main[0, :, 0].sum())
    assert beyond(shown.figure_) == []


def test_orders_of_a_waterfall(product_explanation, pyplot):
    given = draw_table("WaterfallDisplay", product_explanation, order=["x3", "x0"])
    for part in ("uc", "mi"):
        assert [f.name for f in given.features[part]] == ["x3", "x0"]
    by_mi = draw_table("WaterfallDisplay", product_explanation, order="mi").features
    names = [[f.name for f in by_mi[part]] for part in ("uc", "mi")]
    assert names[0] == names[1]
