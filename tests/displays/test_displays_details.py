"""Displays: what adds up, which names and numbers are shown, where there is room."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray, displays
from skdime.perturbers import TextPerturber

pytest.importorskip("pandas")

OF_TABLES = {
    "BarDisplay": {},
    "BeeswarmDisplay": {},
    "ContributionScatterDisplay": {},
    "DependenceDisplay": {"feature": "x0"},
    "GlobalBarDisplay": {},
    "ModalityShareDisplay": {},
    "SurrogateDisplay": {},
    "WaterfallDisplay": {},
}
WITH_PANELS = ["BarDisplay", "BeeswarmDisplay", "GlobalBarDisplay", "SurrogateDisplay"]


def product(X):
    return np.exp(X[:, 0]) * (1 + X[:, 3]) + np.tanh(X).sum(axis=1)


def explain(model, n_features, n_modalities, names=None, n_rows=6):
    """Rows of a table explained, its columns divided among modalities."""
    X = np.random.RandomState(0).normal(size=(30, n_features))
    columns = np.array_split(np.arange(n_features), n_modalities)
    names = names or [f"m{i}" for i in range(n_modalities)]
    disentangler = Disentangler(
        model, list(zip(names, columns, strict=True)), n_references=6, random_state=0
    )
    explainer = LocalExplainer(disentangler, n_samples=60, random_state=0)
    return explainer.fit(X).explain(X[:n_rows])


@pytest.fixture(scope="module")
def explanation():
    """A product of two modalities of two features each."""
    return explain(product, 4, 2)


@pytest.fixture(scope="module")
def constant():
    """A model that always says 5."""
    return explain(lambda X: np.full(len(X), 5.0), 4, 2)


@pytest.fixture(scope="module")
def many():
    """Nine modalities, more than there are colours."""
    return explain(lambda X: X @ np.arange(1, 10.0), 9, 9)


@pytest.fixture(scope="module")
def notes():
    """Texts in which a word may be missing."""
    X = MultimodalArray(
        note=[
            ["no pain", "fever and pain", "fever", "cough", "sleep"][i % 5]
            for i in range(20)
        ],
        age=np.arange(20.0)[:, None],
    )

    def model(X):
        fever = np.array(["fever" in note for note in X["note"]], dtype=float)
        return fever * X["age"][:, 0] + 3 * fever

    disentangler = Disentangler(model, n_references=8, random_state=0)
    texts = [("note", TextPerturber())]
    return LocalExplainer(disentangler, texts, random_state=0).fit(X).explain(X[:10])


def draw(name, explanation, **options):
    """A display of an explanation of a table."""
    display = getattr(displays, name)
    return display.from_explanation(explanation, **OF_TABLES.get(name, {}), **options)


def written(figure):
    """All texts of a figure, in one."""
    from matplotlib.text import Text

    return "\n".join(t.get_text() for t in figure.findobj(Text) if t.get_visible())


def beyond(figure):
    """Texts beyond the edges of the saved picture, and texts on one another."""
    figure.canvas.draw()
    width, height = figure.bbox.size
    shown = [(t, t.get_window_extent()) for t in _texts(figure)]
    outside = [
        t.get_text()
        for t, box in shown
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    return outside + [
        (one.get_text(), other.get_text())
        for i, (one, box) in enumerate(shown)
        for other, place in shown[i + 1 :]
        if _common(box, place)
    ]


def _texts(figure):
    """What is written: of ticks only those between the ends of their axis."""
    from matplotlib.text import Text

    hidden = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not axes.axison or not low <= tick.get_loc() <= high:
                    hidden |= {tick.label1, tick.label2}
            hidden |= set() if axes.axison else {axis.label}
    found = [t for t in figure.findobj(Text) if t.get_visible() and t not in hidden]
    return [t for t in found if t.get_text().strip()]


def _common(one, other):
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return width > 3 and height > 3


# --- what adds up


@pytest.mark.parametrize("max_display", [1, 2, 10])
def test_all_bars_of_a_modality_add_up(explanation, pyplot, max_display):
    """In UC to what it adds on its own, in MI to MI: nothing is hidden."""
    bar = draw("BarDisplay", explanation, row=2, max_display=max_display).frame()
    fall = draw("WaterfallDisplay", explanation, row=2, max_display=max_display).frame()
    fall = fall.rename(columns={"panel": "part", "effect": "coef"})
    values = explanation.decomposition
    for frame in (bar, fall):
        small = 1e-3 * frame["coef"].abs().max()
        for m, modality in enumerate(values.modality_names):
            own = frame[frame["modality"] == modality].groupby("part")["coef"].sum()
            expected = {"uc": values.main[2, m, 0], "mi": values.mi[2, 0]}
            for part in own.index.intersection(["uc", "mi"]):
                # what is too small to be seen has no bar
                assert own[part] == pytest.approx(expected[part], abs=small)


def test_what_is_typical_is_the_intercept(explanation, pyplot):
    frame = draw("BarDisplay", explanation, row=1).frame()
    typical = frame[frame.iloc[:, 2] == "all typical"].set_index(["part", "modality"])
    values = explanation.decomposition
    for m, modality in enumerate(explanation.modality_names):
        start = values.uc[1, 0] - values.main[1, m, 0]
        intercept = explanation.intercept[1, :, m, 0]
        assert typical.loc["uc", modality]["coef"] == pytest.approx(
            intercept[0] - start
        )
        assert typical.loc["mi", modality]["coef"] == pytest.approx(intercept[1])


def test_the_hollow_bars_are_explained(explanation, pyplot):
    for name in ("BarDisplay", "WaterfallDisplay"):
        text = written(draw(name, explanation).figure_).replace("\n", " ")
        assert "all typical" in text
        assert "add up to" in text


@pytest.mark.parametrize(
    "changes, totals",
    [
        ([1.58, -0.25, 2.47], [1e6, 1e6 + 3.8]),
        ([192.3, -7.0, 74.25], [12326.25, 12585.8]),
        ([0.066, 0.524, -0.008], [0.3225, 0.9045]),
        ([2e12, -3e11], [1e12, 2.7e12]),
        ([2e-13, -3e-14], [1e-13, 2.7e-13]),
    ],
)
def test_written_numbers_have_the_same_decimals_and_add_up(changes, totals):
    from skdime.displays._words import Writer

    write = Writer(changes, totals)
    texts = [write(totals[0]), *(write(v, signed=True) for v in changes)]
    numbers = [float(t.replace(",", "").replace("\N{MINUS SIGN}", "-")) for t in texts]
    decimals = {len(text.partition(".")[2]) for text in texts}
    assert len(decimals) == 1
    unit = 10.0**write.power
    end = (totals[0] + sum(changes)) / unit
    assert sum(numbers) == pytest.approx(end, abs=len(texts) * 10.0 ** -decimals.pop())
    largest = max(changes, key=abs) / unit
    assert f"{abs(largest):.3g}"[:4] in write(max(changes, key=abs)).replace(",", "")


def test_numbers_of_steps_stand_beside_the_axis(explanation, pyplot):
    """There they are on no bar and no name, whatever the size of the picture."""
    shown = draw("WaterfallDisplay", explanation)
    shown.figure_.canvas.draw()
    for axes in shown.axes_:
        right = axes.get_window_extent().x1
        boxes = [text.get_window_extent() for text in axes.texts]
        assert len(boxes) == len(axes.get_yticklabels())
        assert all(box.x0 > right for box in boxes)
        assert max(box.x1 for box in boxes) <= shown.figure_.bbox.width


# --- what rounding leaves


def test_noise_has_no_colour(pyplot):
    disentangler = Disentangler(
        lambda X: X["age"][:, 0] / 3 + 100 / 3, n_references=7, random_state=0
    )
    rows = MultimodalArray(note=["a b", "c d"] * 10, age=np.arange(20.0)[:, None])
    texts = [("note", TextPerturber())]
    explainer = LocalExplainer(disentangler, texts, random_state=0)
    found = explainer.fit(rows).explain(rows[:3])
    shown = displays.TextDisplay.from_explanation(found)
    assert shown.limit == 1
    assert (shown.coef == 0).all()
    assert "all coefficients are 0" in written(shown.figure_)
    assert (
        "rgba(213, 94, 0, 0.6" not in displays.TextHTML.from_explanation(found)[:-200]
    )
    frame = draw("WaterfallDisplay", found, row=1).frame()
    assert (frame[frame["panel"] != "steps"]["modality"] == "age").all()


@pytest.mark.parametrize("name", ["SurrogateDisplay", "ContributionScatterDisplay"])
def test_a_constant_model_is_not_enlarged(constant, pyplot, name):
    shown = draw(name, constant)
    axes = shown.ax_ if hasattr(shown, "ax_") else shown.axes_[0]
    assert np.ptp(axes.get_xlim()) > 1e-3


def test_shares_of_a_constant_model(constant, pyplot):
    assert "no variation" in written(draw("ModalityShareDisplay", constant).figure_)


# --- rows without a value


def test_dependence_on_a_word_that_some_rows_have(notes, pyplot):
    shown = displays.DependenceDisplay.from_explanation(notes, ("note", "fever"))
    frame = shown.frame()
    has = ~np.isnan(notes.coef[:, 0, notes.find(modality="note", feature="fever"), 0])
    assert frame["row"].tolist() == notes.row_names[has].tolist()
    assert 0 < len(frame) < len(notes)
    assert f"{len(notes) - len(frame)} without the feature left out" in written(
        shown.figure_
    )


def test_words_among_numbers_have_a_place_of_their_own(pyplot):
    values = ["0", "1", "2", "3+", "3+", "unknown"]
    shown = displays.DependenceDisplay(
        values=values,
        coef=np.arange(6.0),
        se=np.full(6, 0.1),
        color_values=np.arange(6.0),
        row_names=range(6),
        feature_name="stage",
        color_name="MI",
        coef_name="UC",
    ).plot()
    places = [dots.get_offsets() for dots in shown.ax_.collections][-1]
    assert len(places) == len(shown.frame()) == 6
    x = np.asarray(places)[:, 0]
    assert x[:3].tolist() == [0, 1, 2]
    assert (x[3:] > 2).all()
    labels = [label.get_text() for label in shown.ax_.get_xticklabels()]
    assert labels[-2:] == ["3+", "unknown"]


def test_dots_stay_beside_their_own_line():
    from skdime.displays._places import BAND, spread

    assert np.ptp(spread(np.array([1.0, 1.0]), 0.1, 0.1)) < 0.2
    assert (spread(np.array([0.0, 5.0, 9.0]), 0.1, 0.1) == 0).all()
    crowd = spread(np.ones(1000), 0.1, 0.1)
    assert np.abs(crowd).max() <= BAND + 1e-9
    assert spread(np.array([]), 0.1, 0.1).shape == (0,)


@pytest.mark.parametrize("name", [*OF_TABLES, "TextDisplay", "TextHTML"])
def test_no_rows(explanation, notes, pyplot, name):
    nothing = (notes if name.startswith("Text") else explanation)[[]]
    with pytest.raises(ValueError, match="`explanation` has no rows"):
        draw(name, nothing)


# --- names


def test_names_that_differ_at_their_ends_stay_different(pyplot):
    names = [f"systolic_blood_pressure_measured_in_mm_of_mercury_{i}" for i in range(9)]
    disentangler = Disentangler(
        lambda X: X.to_numpy().sum(axis=1), [("a", [0, 1, 2, 3]), ("b", slice(4, 9))]
    )
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(np.random.RandomState(0).normal(size=(20, 9)), columns=names)
    found = LocalExplainer(disentangler, n_samples=40, random_state=0).fit(X).explain(X)
    for name in ("GlobalBarDisplay", "BeeswarmDisplay", "BarDisplay"):
        axes = draw(name, found).axes_[0]
        labels = [label.get_text() for label in axes.get_yticklabels()]
        assert len(set(labels)) == len(labels)
    wide = pyplot.figure(figsize=(20, 9), layout="constrained").add_subplot()
    axes = draw("GlobalBarDisplay", found, ax=wide).axes_[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert set(names) < set(labels)


def test_equal_names_are_numbered_only_where_cutting_made_them_equal():
    from skdime.displays._words import cut, shorten_all

    assert cut("a" * 50, 11) == "aaaaaa…aaaa"
    middle = [f"{'a' * 20}{i}{'b' * 20}" for i in range(2)]
    names = shorten_all([*middle, "c", "c"], 11)
    assert len(set(names)) == 3
    assert names[2:] == ["c", "c"]


def test_a_value_that_the_name_says_is_left_out(notes, pyplot):
    axes = draw("BarDisplay", notes, row=1).axes_[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert "note: fever" in labels
    assert not any("fever = fever" in label for label in labels)


def test_channels_are_called_as_in_the_names_of_features(pyplot):
    shown = displays.SeriesDisplay(
        values=np.zeros((2, 4)),
        labels=[[0, 0, 1, 1], [2, 2, 2, 2]],
        coef=np.ones((2, 3)),
        feature_names=["pulse[0:2]", "pulse[2:4]", "spo2[0:4]"],
        modality_name="vitals",
        row_name="7",
        quantity="risk",
    ).plot()
    assert [axes.get_ylabel() for axes in shown.axes_[:, 0]] == ["pulse", "spo2"]


def test_what_is_left_out_is_counted(many, pyplot):
    for name in ("BarDisplay", "BeeswarmDisplay", "GlobalBarDisplay"):
        assert "4 of 9 features" in written(draw(name, many, max_display=4).figure_)
    shown = draw("WaterfallDisplay", many, max_display=4)
    assert "4 of 9 features" in written(shown.figure_)
    shown = draw("SurrogateDisplay", many, max_display=4)
    assert "4 of 9 modalities" in written(shown.figure_)


def test_one_modality_alone_is_not_summed_up(explanation, many, pyplot):
    shown = draw("ModalityShareDisplay", explanation, max_display=1)
    assert shown.term_names == ["m0", "m1", "MI"]
    assert (
        draw("ModalityShareDisplay", many, max_display=7).term_names[-2] == "2 others"
    )
    steps = draw("WaterfallDisplay", explanation, max_display=1).steps
    assert steps.names == ["baseline", "m0", "m1", "mi", "output"]


@pytest.mark.parametrize("name", WITH_PANELS)
def test_axes_have_their_quantity(explanation, pyplot, name):
    shown = draw(name, explanation)
    own = [axes.get_xlabel() for axes in shown.axes_]
    labels = own if any(own) else [shown._panels.label.get_text()]
    assert all("model output" in label for label in labels)


# --- colours


def test_a_modality_has_one_colour_in_all_displays(many, pyplot):
    """Also where the display shows fewer modalities."""
    from matplotlib.colors import to_rgba

    share = draw("ModalityShareDisplay", many, max_display=3)
    bars = draw("GlobalBarDisplay", many)
    dots = draw("SurrogateDisplay", many, max_display=3)
    of_bars = {
        name: (bar.get_facecolor(), bar.get_hatch())
        for name, bar in zip(
            bars.feature_modalities, bars.axes_[0].patches, strict=True
        )
    }
    assert len(set(of_bars.values())) == 9
    for name, drawn in zip(share.term_names[:3], share._bars[:3], strict=True):
        assert (drawn[0].get_facecolor(), drawn[0].get_hatch()) == of_bars[name]
    for name, drawn in zip(dots.shown_names, dots._dots[0], strict=True):
        assert to_rgba(drawn.get_facecolor()[0], 1) == of_bars[name][0]


def contrast(one, other):
    """Ratio of luminances as WCAG defines it."""
    from matplotlib.colors import to_rgb

    def luminance(colour):
        rgb = np.array(to_rgb(colour))
        linear = np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_whiskers_are_seen_on_every_colour(explanation, pyplot):
    from skdime.displays._style import INTERACTION, PALETTE, RIM, WHISKER

    for ground in (*PALETTE, INTERACTION, "white", "black"):
        assert max(contrast(ground, WHISKER), contrast(ground, RIM)) > 3
    lines = [c for c in draw("BarDisplay", explanation).axes_[0].collections]
    assert any(line.get_path_effects() for line in lines)


def test_the_scale_of_an_image_is_on_the_same_grey(pyplot):
    with pyplot.style.context("dark_background"):
        shown = displays.ImageDisplay(
            values=np.linspace(0, 1, 64).reshape(8, 8),
            labels=np.repeat([[0] * 4 + [1] * 4], 8, axis=0),
            coef=[[0.3, -0.1], [0.0, 0.2]],
            feature_names=["left", "right"],
            modality_name="scan",
            row_name="7",
            quantity="risk",
        ).plot()
        grey = np.mean(shown.axes_[1].images[0].get_array())
        ground = shown._panels.scale.get_facecolor()
    np.testing.assert_allclose(ground[:3], grey, atol=0.01)


# --- room


@pytest.mark.parametrize("layout", [None, "constrained", "tight"])
@pytest.mark.parametrize("name", OF_TABLES)
def test_texts_have_room_on_any_axis(explanation, pyplot, name, layout):
    figure, axes = pyplot.subplots(layout=layout)
    assert draw(name, explanation, ax=axes).figure_ is figure
    assert beyond(figure) == []


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("name", OF_TABLES)
def test_small_pictures_are_legible(explanation, pyplot, name, layout):
    figure, axes = pyplot.subplots(figsize=(4, 3), layout=layout)
    draw(name, explanation, ax=axes)
    assert beyond(figure) == []
    assert min(text.get_fontsize() for text in _texts(figure)) > 5


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


@pytest.mark.parametrize("size", [(4, 3), (5.5, 4), (14, 9), None])
@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("output", ["intensive care unit", "ward"])
def test_rows_of_a_waterfall_keep_apart(wards, pyplot, output, layout, size):
    """Also where long names of outputs take the room of rows."""
    ax = size and pyplot.subplots(figsize=size, layout=layout)[1]
    shown = draw("WaterfallDisplay", wards, ax=ax, output=output)
    assert beyond(shown.figure_) == []
    for axes in shown.axes_:
        assert len(axes.texts) > 1
        for texts in (axes.get_yticklabels(), axes.texts):
            boxes = [text.get_window_extent() for text in texts]
            for upper, lower in pairwise(boxes):
                assert lower.y1 < upper.y0 + 0.5  # of a pixel
    assert min(text.get_fontsize() for text in _texts(shown.figure_)) > 5


def test_a_small_waterfall_shows_fewer_modalities(many, pyplot):
    ax = pyplot.subplots(figsize=(4, 3))[1]
    shown = draw("WaterfallDisplay", many, max_display=9, ax=ax)
    assert "others, each on its own" in written(shown.figure_)
    values = many.decomposition
    assert shown.steps.effects[1:-2].sum() == pytest.approx(values.main[0, :, 0].sum())
    assert beyond(shown.figure_) == []


@pytest.mark.parametrize("size", [(4, 3), (14, 9), None])
@pytest.mark.parametrize("layout", [None, "constrained"])
def test_no_dot_of_a_swarm_is_cut(pyplot, layout, size):
    names = [f"measurement {i}" for i in range(4)]
    shown = displays.BeeswarmDisplay(
        coef=np.linspace(-1, 1, 48).reshape(6, 2, 4),
        feature_values=np.arange(24.0).reshape(6, 4),
        feature_names=names,
        feature_modalities=["examination"] * 4,
        row_names=range(6),
        quantity="risk",
    )
    with pyplot.rc_context({"font.size": 14}):
        shown.plot(size and pyplot.subplots(figsize=size, layout=layout)[1])
    shown.figure_.canvas.draw()
    limits = {axes.get_xlim() for axes in shown.axes_}
    assert len(limits) == 1
    for axes in shown.axes_:
        box = axes.get_window_extent()
        for dots in axes.collections:
            centres = axes.transData.transform(dots.get_offsets())
            radius = np.sqrt(dots.get_sizes().max()) / 2 * shown.figure_.dpi / 72
            assert (centres - radius >= box.min).all()
            assert (centres + radius <= box.max).all()


def test_small_pictures_show_fewer_features_and_say_so(pyplot):
    found = explain(lambda X: X.sum(axis=1), 40, 2)
    axes = pyplot.subplots(figsize=(4, 3))[1]
    shown = draw("GlobalBarDisplay", found, ax=axes)
    n = len(shown.axes_[0].patches)
    assert n < 15
    assert f"{n} of 40 features" in written(shown.figure_)
    assert shown.frame()["feature"].nunique() == 15


def test_displays_share_a_figure_without_a_layout(explanation, pyplot):
    figure, axes = pyplot.subplots(2, 2, figsize=(13, 10))
    axes[1, 1].plot([1, 2])
    before = axes[1, 1].get_position().extents
    for ax, name in zip(axes.ravel(), ["BarDisplay", "BeeswarmDisplay"], strict=False):
        draw(name, explanation, ax=ax)
    draw("ContributionScatterDisplay", explanation, ax=axes[1, 0])
    np.testing.assert_array_equal(axes[1, 1].get_position().extents, before)
    assert beyond(figure) == []


def test_powers_of_ten_are_in_the_names_of_axes(pyplot):
    found = explain(lambda X: 1e12 * np.tanh(product(X)), 4, 2)
    for name in ("BarDisplay", "ContributionScatterDisplay", "SurrogateDisplay"):
        shown = draw(name, found)
        shown.figure_.canvas.draw()
        axes = shown.figure_.axes
        offsets = [a.offsetText for x in axes for a in (x.xaxis, x.yaxis)]
        assert not any(text.get_visible() and text.get_text() for text in offsets)
        assert "1e1" in written(shown.figure_)


# --- messages


@pytest.mark.parametrize("name", OF_TABLES)
def test_an_axis_is_drawn_on_once(explanation, pyplot, name):
    axes = pyplot.subplots()[1]
    draw(name, explanation, ax=axes)
    with pytest.raises(ValueError, match="`ax` must be empty"):
        draw(name, explanation, ax=axes)


@pytest.mark.parametrize("name", OF_TABLES)
def test_what_is_no_axis(explanation, pyplot, name):
    figure, axes = pyplot.subplots(2)
    with pytest.raises(TypeError, match=r"`ax` must be one .* array of shape \(2,\)"):
        draw(name, explanation, ax=axes)
    with pytest.raises(TypeError, match=r"a Figure; pass what its add_subplot\(\)"):
        draw(name, explanation, ax=figure)
    with pytest.raises(TypeError, match="`ax` must be one matplotlib Axes, got 'x'"):
        draw(name, explanation, ax="x")


@pytest.mark.parametrize("name", OF_TABLES)
def test_palettes_that_are_none(explanation, pyplot, name):
    with pytest.raises(TypeError, match="`palette` must be a list of colours"):
        draw(name, explanation, palette="viridis")
    for wrong in (["red"], []):
        with pytest.raises(ValueError, match="`palette` must have at least 2 colours"):
            draw(name, explanation, palette=wrong)
    with pytest.raises(ValueError, match="`palette` holds 'no such', which is no colo"):
        draw(name, explanation, palette=["red", "no such"])


def test_markup_takes_names_of_colours(notes, pyplot):
    markup = displays.TextHTML.from_explanation(notes, palette=["tab:blue", "red"])
    assert "rgba(255, 0, 0" in markup
    with pytest.raises(ValueError, match="must have 2 colours"):
        displays.TextHTML.from_explanation(notes, palette=["red", "blue", "green"])


ORDERED = [
    "BarDisplay",
    "BeeswarmDisplay",
    "GlobalBarDisplay",
    "ModalityShareDisplay",
    "WaterfallDisplay",
]


@pytest.mark.parametrize("name", ORDERED)
def test_wrong_orders(explanation, pyplot, name):
    known = "output" if name == "ModalityShareDisplay" else "x1"
    for wrong in (None, 3):
        with pytest.raises(TypeError, match=rf"`order` must be one of .*Got {wrong}"):
            draw(name, explanation, order=wrong)
    with pytest.raises(ValueError, match=r"`order` must be .* Got an empty list"):
        draw(name, explanation, order=[])
    with pytest.raises(ValueError, match="each of them once"):
        draw(name, explanation, order=[known, known])


def test_the_same_feature_named_in_two_ways(explanation, pyplot):
    with pytest.raises(ValueError, match="each of them once"):
        draw("BarDisplay", explanation, order=["x0", ("m0", "x0")])


@pytest.mark.parametrize("name", OF_TABLES)
def test_true_is_no_number(explanation, pyplot, name):
    if name in ("ContributionScatterDisplay", *ORDERED, "SurrogateDisplay"):
        with pytest.raises(ValueError, match="`max_display` must be an integer"):
            draw(name, explanation, max_display=True)


def test_orders_of_a_waterfall(explanation, pyplot):
    given = draw("WaterfallDisplay", explanation, order=["x3", "x0"])
    for part in ("uc", "mi"):
        assert [f.name for f in given.features[part]] == ["x3", "x0"]
    by_mi = draw("WaterfallDisplay", explanation, order="mi").features
    names = [[f.name for f in by_mi[part]] for part in ("uc", "mi")]
    assert names[0] == names[1]


# --- cost against error


def test_lines_and_bands_are_explained(pyplot):
    display = displays.CostErrorDisplay
    shown = display.from_arrays([10, 10, 100], [0.3, 0.1, 0.02])
    assert "line: median of runs, band: smallest to largest" in written(shown.figure_)
    shown = display.from_arrays([10, 100], [0.3, 0.02])
    assert "median" not in written(shown.figure_)


def test_exact_runs_stand_at_zero(pyplot):
    shown = displays.CostErrorDisplay.from_arrays([10, 100, 1000], [0.3, 0.02, 0.0])
    low, high = shown.ax_.get_ylim()
    assert -0.02 < low < 0 < high
    assert (shown.ax_.get_yticks() >= 0).all()


@pytest.mark.parametrize("size", [(4, 3), (14, 9), None])
@pytest.mark.parametrize("cost", [(150, 600), (121, 133), (30, 480)])
def test_minor_ticks_are_as_small_as_major_ones_and_keep_apart(pyplot, cost, size):
    cost = np.geomspace(*cost, 4)
    ax = size and pyplot.subplots(figsize=size)[1]
    shown = displays.CostErrorDisplay.from_arrays(cost, cost[::-1] / 1000, ax=ax)
    shown.figure_.canvas.draw()
    for axis in (shown.ax_.xaxis, shown.ax_.yaxis):
        labels = axis.get_ticklabels(which="both")
        assert len({label.get_fontsize() for label in labels}) == 1
    shown_at = sorted(
        (
            label.get_window_extent()
            for label in shown.ax_.get_xticklabels(which="both")
            if label.get_text() and cost[0] <= label.get_position()[0] <= cost[-1]
        ),
        key=lambda box: box.x0,
    )
    assert shown_at
    for left, right in pairwise(shown_at):
        assert left.x1 < right.x0
