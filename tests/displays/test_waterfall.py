"""One column from the average to the output: steps, what they are made of, sums."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils import Bunch

from skdime import Disentangler, LocalExplainer
from skdime._results.fields import PER_FEATURE
from skdime.displays._waterfall_parts import _inner_labels
from tests.displays._pictures import beyond, draw_table, explain, texts_of, written


@pytest.fixture(scope="module")
def two_outputs(X):
    dis = Disentangler(
        lambda X: np.column_stack([X[:, 0] * X[:, 1], X.prod(axis=1) + 5]),
        [("a", [0, 3]), ("b", [1, 2]), ("c", [4])],
        n_references=5,
        random_state=0,
    )
    return LocalExplainer(dis, n_samples=20, random_state=0).fit(X)


@pytest.fixture(scope="module")
def found(two_outputs, X):
    return two_outputs.explain(X[:5])


@pytest.fixture
def display(pyplot):
    """The one display there is; its class needs matplotlib only to draw."""
    from skdime.displays import WaterfallDisplay

    return WaterfallDisplay


def arrows(axes):
    """Start and end of every arrow, from top to bottom."""
    ends = [patch.get_xy() for patch in axes.patches if len(patch.get_xy()) == 6]
    return [(corners[0, 0], corners[2, 0]) for corners in ends]


def blocks(bars):
    """Each step with what it is opened into, by modality where MI starts anew."""
    for i, step in enumerate(bars):
        if step.level == 1:
            inner = []
            for bar in bars[i + 1 :]:
                if bar.level < 2:
                    break
                inner.append(bar)
            for modality in dict.fromkeys(bar.modality for bar in inner):
                yield step, [bar for bar in inner if bar.modality == modality]


def test_steps_add_up_to_the_output(display, found):
    shown = display.from_explanation(found, row=2, output="output0")
    values = found.decomposition
    assert shown.steps.names == ["baseline", "a", "b", "c", "mi", "output"]
    assert shown.steps.effects[0] == values.baseline[0]
    np.testing.assert_array_equal(shown.steps.effects[1:4], values.main[2, :, 0])
    assert shown.steps.effects[:-1].sum() == pytest.approx(values.output[2, 0])
    assert shown.steps.effects[-1] == values.output[2, 0]


def test_every_arrow_is_drawn_from_where_the_last_one_ended(display, found):
    shown = display.from_explanation(found, row=2)
    bars = [bar for bar in shown.bars if bar.level]
    drawn = arrows(shown.ax_)
    assert len(drawn) == len(bars)
    expected = [(bar.start, bar.start + bar.effect) for bar in bars]
    np.testing.assert_allclose(drawn, expected)
    steps = [bar for bar in bars if bar.level == 1]
    assert steps[0].start == shown.steps.effects[0]
    for step, following in pairwise(steps):
        assert following.start == pytest.approx(step.start + step.effect)
    assert steps[-1].start + steps[-1].effect == pytest.approx(shown.steps.effects[-1])


@pytest.mark.parametrize("max_display", [1, 2, 10])
def test_what_a_step_is_opened_into_adds_up_to_it(
    product_explanation, display, monkeypatch, max_display
):
    """For two modalities MI, too, from the side of each modality."""
    monkeypatch.setattr(display, "plot", lambda self, **options: self)
    for row in range(3):
        shown = draw_table(
            "WaterfallDisplay", product_explanation, row=row, max_display=max_display
        )
        opened = list(blocks(shown.bars))
        assert opened
        # what is thinner than a line has no bar
        width = np.ptp(np.cumsum(shown.steps.effects[:-1]))
        for step, bars in opened:
            assert bars[0].start == step.start
            assert sum(bar.effect for bar in bars) == pytest.approx(
                step.effect, abs=6e-4 * width
            )
            for bar, following in pairwise(bars):
                assert following.start == pytest.approx(bar.start + bar.effect)
            n_others = sum(bar.kind == "others" for bar in bars)
            assert n_others <= 1
            assert sum(bar.kind == "rest" for bar in bars) <= 1


def test_features_are_the_strongest_ones(display, found):
    shown = display.from_explanation(found, row=1, output="output1", max_display=2)
    for part in ("uc", "mi"):
        top = found.top(2, row=1, part=part, output="output1")
        drawn = [b for b in shown.bars if b.kind == "feature" and b.part == part]
        assert drawn
        strongest = {(e.modality, e.feature): e for e in top}
        for bar in drawn:
            effect = strongest[bar.modality, bar.name]
            assert (bar.effect, bar.se) == (effect.coef, effect.se)


def test_features_are_written_with_their_values(display, found):
    shown = display.from_explanation(found, row=1, output="output1")
    labels = [label.get_text() for label in shown.ax_.get_yticklabels()]
    for bar, label in zip(shown.bars, labels, strict=True):
        if bar.kind == "feature":
            head = f"{bar.modality}: " if bar.part == "mi" else ""
            assert label.startswith(f"{head}{bar.name} = {float(bar.value):.3g}")
    assert labels[0] == "average output"
    assert labels[-1] == "this row's output"
    assert "only together (MI)" in labels


def test_what_is_folded_has_its_number(explained, pyplot):
    """A text, a series, a table and an image: 40 features take few bars."""
    shown = draw_table("WaterfallDisplay", explained["row"], output="output0")
    row, bars = explained["row"], shown.bars
    assert len(bars) < 25
    for step, block in blocks(bars):
        own = row.feature_modalities == block[0].modality
        n_features = (own & ~np.isnan(row.coef[0, 0, :, 0])).sum()
        n_shown = sum(bar.kind == "feature" for bar in block)
        written = [bar.name for bar in block if " more" in bar.name]
        if n_shown < n_features:
            assert written[0].startswith(f"{n_features - n_shown:,} more")
        else:
            assert not written
        effects = sum(bar.effect for bar in block)
        assert effects == pytest.approx(step.effect, abs=0.01 * abs(step.effect) + 0.01)


def test_a_step_of_one_feature_is_not_opened(many, pyplot):
    """It would be drawn twice; with a rest it is opened."""
    main = many.decomposition.main
    coef = np.stack([main, np.zeros_like(main)], axis=1)
    shown = draw_table("WaterfallDisplay", replace(many, coef=coef), max_display=9)
    assert {bar.level for bar in shown.bars} == {0, 1}
    assert len(shown.bars) == 12
    shown = draw_table("WaterfallDisplay", replace(many, coef=0.5 * coef))
    kinds = {bar.kind for bar in shown.bars if bar.level == 2}
    assert kinds == {"feature", "rest"}


def test_mi_is_opened_into_pairs_of_features(product_explanation, pairs, pyplot):
    row = pairs.row_names[2]
    shown = draw_table(
        "WaterfallDisplay", product_explanation, row=row, pairs=pairs, max_display=2
    )
    ((step, block),) = [each for each in blocks(shown.bars) if each[0].part == "mi"]
    top = pairs.top(2, row=row)
    names = [bar.name for bar in block[:2]]
    assert names == [f"{e.first} \N{MULTIPLICATION SIGN} {e.second}" for e in top]
    assert [bar.effect for bar in block[:2]] == [e.coef for e in top]
    assert "2 more" in block[2].name
    assert sum(bar.effect for bar in block) == pytest.approx(step.effect, abs=1e-3)


def test_pairs_of_another_model(product_explanation, wards, pairs, pyplot):
    with pytest.raises(ValueError, match="`pairs` must be of the same model"):
        draw_table("WaterfallDisplay", wards, pairs=pairs)
    with pytest.raises(ValueError, match=r"`pairs` has no row 1\."):
        draw_table("WaterfallDisplay", product_explanation, row=1, pairs=pairs[[0]])
    with pytest.raises(TypeError, match="`pairs` must be a PairExplanation"):
        draw_table("WaterfallDisplay", product_explanation, pairs=product_explanation)


def test_whiskers_are_two_standard_errors(display, found):
    shown = display.from_explanation(found, row=2)
    whiskers = shown.ax_.containers[0].lines[2][0].get_segments()
    bars = [b for b in shown.bars if b.kind != "output" and b.se > 0]
    assert any(bar.level == 2 for bar in bars)
    expected = [
        (bar.start + bar.effect - 2 * bar.se, bar.start + bar.effect + 2 * bar.se)
        for bar in bars
    ]
    np.testing.assert_allclose(np.array(whiskers)[:, :, 0], expected)


def test_average_and_output_are_marks_without_a_length(display, found):
    """A bar would have to start at 0, which may be far away."""
    shown = display.from_explanation(found, row=2)
    marks = [line.get_xdata() for line in shown.ax_.lines if line.get_lw() > 2]
    effects = shown.steps.effects
    np.testing.assert_allclose(marks, [[effects[0]] * 2, [effects[-1]] * 2])


def test_the_title_adds_up(display, found):
    shown = display.from_explanation(found, row=2, output="output1")
    values = found.decomposition
    (title,) = [t.get_text() for t in shown._panels.head.texts]
    numbers = title.partition(": ")[2].replace("\N{MINUS SIGN}", "-").split()
    output, uc, mi = (float(numbers[i]) for i in (0, 3, 6))
    expected = values.output[2, 1], values.uc[2, 1], values.mi[2, 1]
    np.testing.assert_allclose((output, uc, mi), expected, rtol=1e-2)


def test_the_largest_output_is_shown_unless_told_otherwise(display, found):
    row = int(np.argmax(found.decomposition.output @ [-1, 1]))
    assert display.from_explanation(found, row=row).output_name == "output1"
    shown = display.from_explanation(found, row=row, output="output0")
    assert "output0" in written(shown.figure_)


def test_small_modalities_are_summed_up(display, found):
    shown = display.from_explanation(found, row=0, max_display=1)
    assert shown.steps.names[2:3] == ["2 others, each"]
    assert len(shown.steps.names) == 5
    assert shown.steps.effects[:-1].sum() == pytest.approx(shown.steps.effects[-1])


def test_frame_has_what_is_drawn(display, found):
    pytest.importorskip("pandas")
    shown = display.from_explanation(found, row=0)
    frame = shown.frame()
    assert len(frame) == len(shown.ax_.get_yticklabels())
    steps = frame[frame["level"] < 2]
    np.testing.assert_array_equal(steps["effect"], shown.steps.effects)
    starts = [start for start, _ in arrows(shown.ax_)]
    np.testing.assert_allclose(frame.loc[frame["level"] > 0, "start"], starts)


def test_it_takes_the_place_of_an_axis_in_a_grid(display, found, pyplot):
    figure, (left, right) = pyplot.subplots(1, 2)
    shown = display.from_explanation(found, ax=left)
    assert shown.figure_ is figure
    assert shown.ax_ in figure.axes
    assert not left.has_data()
    assert not right.has_data()


def test_an_axis_that_is_in_no_grid(display, found, pyplot):
    axes = pyplot.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match=r"`ax` must come from plt\.subplots"):
        display.from_explanation(found, ax=axes)


def test_an_unknown_row_or_output(display, found):
    with pytest.raises(KeyError, match=r"row 9 is unknown; known are \[0, 1, 2"):
        display.from_explanation(found, row=9)
    with pytest.raises(KeyError, match=r"known are \['output0', 'output1'\]"):
        display.from_explanation(found, output="yes")


def test_numbers_of_bars_stand_beside_the_axis(product_explanation, pyplot):
    """There they are on no bar and no name, whatever the size of the picture."""
    shown = draw_table("WaterfallDisplay", product_explanation)
    shown.figure_.draw_without_rendering()
    axes = shown.ax_
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
    values = replace(found.decomposition, output_names=names, unit="probability")
    return replace(found, decomposition=values)


def test_what_is_no_probability_is_shaded(wards, product_explanation, pyplot):
    values = wards.decomposition
    far = replace(wards, decomposition=replace(values, mi_se=values.mi_se + 1))
    shown = draw_table("WaterfallDisplay", far, output="ward")
    low, high = shown.ax_.get_xlim()
    assert low < 0 and high > 1
    spans = [patch.get_extents() for patch in shown.ax_.patches][-2:]
    edges = [shown.ax_.transData.inverted().transform(span)[:, 0] for span in spans]
    np.testing.assert_allclose(edges, [[low, 0], [1, high]], atol=1e-9)
    assert "there is no probability" in written(shown.figure_).replace("\n", " ")
    other = draw_table("WaterfallDisplay", product_explanation)
    assert "probability" not in written(other.figure_)


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
    axes = shown.ax_
    assert len(axes.texts) > 1
    for texts in (axes.get_yticklabels(), axes.texts):
        boxes = [text.get_window_extent() for text in texts]
        for upper, lower in pairwise(boxes):
            assert lower.y1 < upper.y0 + 0.5  # of a pixel
    assert min(text.get_fontsize() for text in texts_of(shown.figure_)) > 5


def test_a_small_waterfall_shows_fewer_modalities(many, pyplot):
    ax = pyplot.subplots(figsize=(4, 2))[1]
    shown = draw_table("WaterfallDisplay", many, max_display=9, ax=ax)
    assert "others, each on its own" in written(shown.figure_)
    drawn = arrows(shown.ax_)
    values = many.decomposition
    moved = sum(end - start for start, end in drawn[:-1])
    assert len(drawn) < 10
    assert moved == pytest.approx(values.main[0, :, 0].sum())
    assert beyond(shown.figure_) == []


def test_orders_of_a_waterfall(product_explanation, pyplot):
    listed = draw_table("WaterfallDisplay", product_explanation, order=["x3", "x0"])
    for part in ("uc", "mi"):
        blocks = [block for block in listed.blocks if block.part == part]
        assert [f.name for block in blocks for f in block.features] == ["x0", "x3"]
    by_mi = draw_table("WaterfallDisplay", product_explanation, order="given").blocks
    names = [f.name for block in by_mi if block.part == "uc" for f in block.features]
    assert names == sorted(names)


@pytest.mark.parametrize("max_display", [1, 2, 6])
def test_mi_that_is_divided_among_all_features_starts_once(
    display, two_outputs, X, max_display
):
    explainer = clone(two_outputs).set_params(attribution="shapley").fit(X)
    shares = explainer.explain(X[:2])
    shown = display.from_explanation(shares, output="output1", max_display=max_display)
    bars = shown.bars
    (at,) = (i for i, bar in enumerate(bars) if bar.name == "mi")
    step, inner = bars[at], bars[at + 1 : -1]
    features = [bar for bar in inner if bar.kind == "feature"]
    assert 0 < len(features) <= max_display
    owners = dict(zip(shares.feature_names, shares.feature_modalities, strict=True))
    assert [bar.modality for bar in features] == [owners[f.name] for f in features]
    for bar, following in pairwise([step, *inner]):
        start = bar.start if bar is step else bar.start + bar.effect
        assert following.start == pytest.approx(start)
    end = inner[-1].start + inner[-1].effect
    assert end == pytest.approx(step.start + step.effect)
    texts = [text.get_text() for text in texts_of(shown.figure_)]
    assert not any("start anew" in text for text in texts)


def test_every_modality_that_counts_is_opened_in_both_parts(many, pyplot):
    """Also one whose effect is spread over features that are all too thin to see."""
    main, shape = many.decomposition.main, many.coef.shape
    shares = np.full((40, 1), 1 / 40)
    owners = np.repeat(many.modality_names[[0]], 40)
    others = many.modality_names[1:]
    names = np.array([f"w{i}" for i in range(40)] + [f"{name} 0" for name in others])
    mi = np.abs(main).max(axis=1) * 3
    values = replace(many.decomposition, mi=mi, output=many.decomposition.uc + mi)
    coef = np.zeros((shape[0], 2, len(names), 1))
    coef[:, 0, :40] = main[:, :1] * shares
    coef[:, 1, :40] = mi[:, None] * shares
    coef[:, 0, 40:], coef[:, 1, 40:] = main[:, 1:], mi[:, None]
    spread = replace(
        many,
        **dict.fromkeys(PER_FEATURE, np.zeros_like(coef)) | {"coef": coef},
        decomposition=values,
        feature_names=names,
        feature_modalities=np.concatenate([owners, others]),
        feature_values=np.full((shape[0], len(names)), "1"),
    )
    shown = draw_table("WaterfallDisplay", spread, max_display=20)
    opened = {bar.modality for bar in shown.bars if bar.level == 2 and bar.part == "mi"}
    assert opened == set(many.modality_names)
    of_words = [bar for bar in shown.bars if bar.modality == owners[0]]
    assert any(bar.name == "39 more" for bar in of_words)


def test_short_names_leave_room_for_what_the_row_holds():
    bars = [
        Bunch(part="uc", kind="feature", modality="image", name="r3c2", value=value)
        for value in ("rows 6-7, columns 4-5", "rows 0-1, columns 0-1")
    ]
    whole = [f"{bar.name} = {bar.value}" for bar in bars]
    assert _inner_labels(bars, 30) == whole
    assert all(len(label) <= 20 for label in _inner_labels(bars, 20))
