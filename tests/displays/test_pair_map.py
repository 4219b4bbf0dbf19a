"""Words beside the map that each of them lights up."""

from dataclasses import replace

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import SeriesPerturber
from tests.displays._pictures import beyond, find, texts_of, written


@pytest.fixture
def display(pyplot):
    return find("PairMapDisplay")


def test_the_strongest_words_have_a_panel_each(display, seen):
    explanation, pairs = seen
    row = pairs.row_names[1]
    shown = display.from_explanation(explanation, pairs, row=row, max_display=2)
    sizes = np.nansum(np.abs(pairs.coef[1, :, :, 0]), axis=0)
    strongest = np.argsort(-sizes, kind="stable")[: len(shown.word_names)]
    assert shown.word_names.tolist() == pairs.second_names[strongest].tolist()
    assert shown.modality_names == ("question", "scene")
    assert len(shown.axes_) == 1 + len(shown.word_names)
    titles = [axes.get_title(loc="left") for axes in shown.axes_]
    assert titles[0] == "scene"
    for title, name in zip(titles[1:], shown.word_names, strict=True):
        assert title.startswith(f"{name}: ")


def test_regions_have_the_effect_of_their_pair(display, seen):
    explanation, pairs = seen
    shown = display.from_explanation(explanation, pairs, max_display=1)
    word = pairs.second_names.tolist().index(shown.word_names[0])
    labels = explanation.inputs["scene"].labels[0]
    names = explanation.feature_names[labels]
    painted = shown.axes_[1].images[1].get_array()
    expected = [
        [pairs.sel(row=0, first=name, output="output")[word] for name in line]
        for line in names
    ]
    np.testing.assert_allclose(painted, expected, atol=1e-6)
    assert shown.limit == pytest.approx(np.abs(painted).max())
    low, high = shown.axes_[1].images[1].get_clim()
    assert (low, high) == (-shown.limit, shown.limit)


def test_what_is_not_resolved_is_not_coloured(display, seen):
    explanation, pairs = seen
    unsure = pairs.coef.copy()
    unsure[:, 0] = np.inf  # the first region
    shown = display.from_explanation(explanation, replace(pairs, se=np.abs(unsure)))
    assert not shown.resolved.any()
    half = np.abs(pairs.coef) / 4
    half[:, 0] *= 4
    shown = display.from_explanation(explanation, replace(pairs, se=half))
    first = shown.feature_names.tolist().index(pairs.first_names[0])
    assert not shown.resolved[:, first].any()
    others = np.delete(shown.resolved, first, axis=1)
    np.testing.assert_array_equal(others, np.delete(shown.coef, first, axis=1))
    assert "Not coloured" in written(shown.figure_).replace("\n", " ")


def test_words_that_light_up_nothing_have_no_panel(display, seen):
    explanation, pairs = seen
    shown = display.from_explanation(explanation, pairs)
    assert set(shown.word_names) <= {"left", "right"}
    assert shown.n_words == 3


def test_the_title_adds_up_to_mi(display, seen):
    explanation, pairs = seen
    shown = display.from_explanation(explanation, pairs)
    assert shown.total + shown.rest == pytest.approx(pairs.mi[0, 0])
    assert "with the rest" in written(shown.figure_).replace("\n", " ")


def test_frame_has_the_pairs_shown(display, seen):
    pytest.importorskip("pandas")
    explanation, pairs = seen
    shown = display.from_explanation(explanation, pairs)
    frame = shown.frame()
    assert list(frame) == ["question", "scene", "coef", "se"]
    line = frame.iloc[1]
    expected = pairs.sel(row=0, first=line["scene"], second=line["question"])
    assert line["coef"] == pytest.approx(expected[0], abs=1e-9)


@pytest.mark.parametrize("size", [(4, 3), (14, 9)])
def test_texts_have_room(display, seen, pyplot, size):
    figure, axes = pyplot.subplots(figsize=size)
    display.from_explanation(*seen, ax=axes)
    assert beyond(figure) == []
    assert min(text.get_fontsize() for text in texts_of(figure)) > 5


def test_images_are_in_rows_where_there_is_room(display, seen, pyplot):
    """In a square as many rows as columns."""
    axes = pyplot.subplots(figsize=(6, 7))[1]
    shown = display.from_explanation(*seen, ax=axes)
    boxes = [axes.get_position() for axes in shown.axes_]
    assert len({round(box.y0, 3) for box in boxes}) > 1


@pytest.fixture(scope="module")
def monitored():
    """A table beside a series of two channels."""
    rng = np.random.RandomState(0)
    rows = MultimodalArray(
        chart=rng.normal(size=(30, 2)),
        ecg=rng.normal(size=(30, 2, 12)),
        age=np.arange(30.0)[:, None],
    )

    def model(X):
        return X["chart"][:, 0] * X["ecg"][:, 1, :6].mean(axis=1) + X["age"][:, 0]

    perturbers = [("ecg", SeriesPerturber(n_segments=2))]
    dis = Disentangler(model, n_references=20, random_state=0)
    explainer = LocalExplainer(dis, perturbers, n_samples=100, random_state=0).fit(rows)
    return explainer, rows


def test_a_table_beside_a_series(display, monitored):
    explainer, rows = monitored
    shown = display.from_estimator(explainer, rows, row=2, modalities=("chart", "ecg"))
    assert shown.kind == "series"
    assert shown.axes_.shape == (2, len(shown.word_names))
    assert shown.word_names[0] == "x0"
    lit = [len(axes.patches) for axes in shown.axes_[:, 0]]
    assert lit == [2, 2]
    colours = [axes.patches[0].get_facecolor()[3] for axes in shown.axes_[:, 0]]
    assert colours[1] > colours[0]
    assert beyond(shown.figure_) == []


def test_two_tables_have_no_map(display, monitored):
    explainer, rows = monitored
    explanation = explainer.explain(rows[:1])
    pairs = explainer.explain_pairs(rows[:1], ("chart", "ecg"))
    without = type(pairs)(
        **{**vars(pairs), "modality_names": np.array(["chart", "age"])}
    )
    with pytest.raises(ValueError, match="must be an image or a series"):
        display.from_explanation(explanation, without)
    with pytest.raises(TypeError, match="`explanation` must be an Explanation"):
        display.from_explanation(pairs, pairs)
