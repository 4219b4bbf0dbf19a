"""Displays: the picture shows the numbers of the explanation."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer


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
