"""Every display: it shows the explanation's numbers and leaves the session alone."""

from io import BytesIO

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._results.noise import explanation_without_noise
from skdime.model_selection import cross_explain
from skdime.perturbers import ImagePerturber

OF_EXPLANATIONS = {
    "BarDisplay": {},
    "BeeswarmDisplay": {},
    "ContributionScatterDisplay": {},
    "DependenceDisplay": {"feature": ("vitals", "x0")},
    "GlobalBarDisplay": {},
    "ImageDisplay": {},
    "ModalityShareDisplay": {},
    "SeriesDisplay": {},
    "SurrogateDisplay": {},
    "TextDisplay": {},
    "WaterfallDisplay": {},
}
OF_ROWS = [
    name
    for name in OF_EXPLANATIONS
    if name.startswith(("Bar", "Image", "Series", "Text", "Waterfall"))
]
DRAWN = [*OF_EXPLANATIONS, "CostErrorDisplay", "StabilityDisplay"]
N_ROWS = 6
LONG = "a very long name of a measurement that no axis has room for, in $mg_{per}^{dl}$"


def model(X):
    severe = np.array(["severe" in text for text in X["note"]], dtype=float)
    bump = X["ecg"][:, 0, 5:10].mean(axis=1)
    corner = X["image"][:, :4, :4].mean(axis=(1, 2)) / 255
    return severe * (bump + corner) + X["vitals"][:, 0] * bump + X["vitals"][:, 1]


def three_outputs(X):
    first = model(X)
    return np.column_stack([first, np.sin(first), 1 - first])


def make_rows(n=30):
    rng = np.random.RandomState(0)
    words = ["pain", "cough", "severe", "mild", "<b>&"]
    return MultimodalArray(
        {
            "note": [" ".join(rng.choice(words, rng.randint(3, 8))) for _ in range(n)],
            "ecg": rng.normal(size=(n, 2, 20)).cumsum(axis=2),
            "vitals": rng.normal(size=(n, 3)),
            "image": rng.randint(0, 255, size=(n, 8, 10)).astype(np.uint8),
        }
    )


def make_explainer(function):
    disentangler = Disentangler(function, n_references=8, random_state=0)
    image = ("image", ImagePerturber((2, 2)))
    return LocalExplainer(disentangler, [image], n_samples=40, random_state=0)


@pytest.fixture(scope="module")
def rows():
    """Thirty rows of a text, a series, a table and an image."""
    return make_rows()


@pytest.fixture(scope="module", params=[model, three_outputs])
def explainer(request, rows):
    """A fitted explainer of a model with one output, and of one with three."""
    return make_explainer(request.param).fit(rows)


@pytest.fixture(scope="module")
def explanation(explainer, rows):
    """Six rows explained; displays draw 0 for what rounding has left."""
    return explanation_without_noise(explainer.explain(rows[:N_ROWS]))


@pytest.fixture(scope="module")
def folds(rows):
    """Explanations of the same rows in three folds."""
    return cross_explain(make_explainer(model), rows, cv=3, X_common=rows[:4])


@pytest.fixture
def draw(pyplot, explanation, folds):
    """Draw a display by name."""

    def draw(name, **options):
        display = find(name)
        if name == "StabilityDisplay":
            return display.from_cv_results(folds, **options)
        if name == "CostErrorDisplay":
            runs = [10, 100, 10, 100], [0.3, 0.1, 0.2, 0.02], ["a", "a", "b", "b"]
            return display.from_arrays(*runs, **options)
        return display.from_explanation(explanation, **OF_EXPLANATIONS[name], **options)

    return draw


def find(name):
    """The class of that name."""
    from skdime import displays

    return getattr(displays, name)


def main_output(explanation, row=None):
    """The output that is largest in a row, or in most rows."""
    largest = explanation.decomposition.output.argmax(axis=1)
    return largest[row] if row is not None else np.bincount(largest).argmax()


def position(explanation, line):
    """Where the feature of a line of a frame is in the explanation."""
    here = explanation.feature_names == line["feature"]
    here &= explanation.feature_modalities == line["modality"]
    (found,) = np.flatnonzero(here)
    return found


def assert_coefficients(frame, expected, explanation):
    """Each line has the number that `expected`, of shape (2, n_features), has."""
    assert len(frame)
    for _, line in frame.iterrows():
        p = ["uc", "mi"].index(line["part"])
        f = position(explanation, line)
        np.testing.assert_allclose(line["coef"], expected[p, f], rtol=1e-12)


def texts_outside(figure):
    """What is written beyond the edges of the saved picture."""
    from matplotlib.text import Text

    figure.savefig(BytesIO(), format="png", dpi=figure.dpi)
    axes_lines = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    ticks = {
        text
        for axis in axes_lines
        for text in axis.findobj(Text)
        if text is not axis.label or not axis.axes.axison
    }
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and text not in ticks
    ]
    boxes += [
        (f"ticks of {axis.get_label_text()!r}", axis.get_tightbbox())
        for axis in axes_lines
        if axis.axes.axison and axis.get_tightbbox() is not None
    ]
    assert boxes
    width, height = figure.bbox.size
    return [
        (name, box.extents.round().tolist())
        for name, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]


@pytest.mark.parametrize("name", DRAWN)
def test_a_display_makes_one_figure_and_keeps_its_texts_inside(draw, pyplot, name):
    shown = draw(name)
    assert pyplot.get_fignums() == [shown.figure_.number]
    assert texts_outside(shown.figure_) == []


@pytest.mark.parametrize("name", DRAWN)
def test_an_axis_that_is_given_is_drawn_on(draw, pyplot, name):
    other = pyplot.figure()
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(18, 8), layout="constrained")
    pyplot.figure(other.number)
    before = pyplot.get_fignums()
    shown = draw(name, ax=left)
    assert pyplot.get_fignums() == before
    assert pyplot.gcf() is other
    assert not other.axes
    assert shown.figure_ is figure
    drawn = [axes for axes in figure.axes if axes is not right]
    assert any(axes.has_data() or axes.patches for axes in drawn)
    assert not right.has_data()
    assert texts_outside(figure) == []


@pytest.mark.parametrize("name", DRAWN)
def test_settings_stay_as_they_were(draw, pyplot, name):
    before, interactive = dict(pyplot.rcParams), pyplot.isinteractive()
    draw(name, ax=pyplot.subplots(figsize=(4, 3))[1])
    assert dict(pyplot.rcParams) == before
    assert pyplot.isinteractive() == interactive


@pytest.mark.parametrize("name", DRAWN)
def test_plot_draws_the_same_again(draw, pyplot, name):
    pytest.importorskip("pandas")
    shown = draw(name)
    first, frame = shown.figure_, shown.frame()
    assert shown.plot() is shown
    assert shown.figure_ is not first
    assert frame.equals(shown.frame())


@pytest.mark.parametrize("name", OF_EXPLANATIONS)
def test_from_estimator_explains_and_draws(explainer, rows, pyplot, name):
    pytest.importorskip("pandas")
    options, display = OF_EXPLANATIONS[name], find(name)
    if name in OF_ROWS:
        shown = display.from_estimator(explainer, rows, row=2, **options)
        one = explainer.explain(rows[[2]])
    else:
        shown = display.from_estimator(explainer, rows[:N_ROWS], **options)
        one = explainer.explain(rows[:N_ROWS])
    expected = display.from_explanation(one, **options).frame()
    assert shown.frame().equals(expected)


def test_the_named_row_is_shown(explainer, rows, pyplot):
    shown = find("BarDisplay").from_estimator(explainer, rows, row=-1)
    assert shown.row_name == str(len(rows) - 1)
    titles = [text.get_text() for axes in shown.figure_.axes for text in axes.texts]
    assert any(f"Row {len(rows) - 1}:" in title for title in titles)


def test_bars_show_coefficients(draw, explanation):
    pytest.importorskip("pandas")
    shown, c = draw("BarDisplay", row=3, max_display=4), main_output(explanation, 3)
    every = shown.frame()
    widths = [bar.get_width() for axes in shown.axes_ for bar in axes.patches]
    drawn = [every[every["part"] == part]["coef"] for part in ("uc", "mi")]
    np.testing.assert_array_equal(widths, np.concatenate(drawn))
    frame = every[every["se"].notna()]
    assert_coefficients(frame, explanation.coef[3, ..., c], explanation)
    features = [position(explanation, line) for _, line in frame.iterrows()]
    se = explanation.se[3, [0] * 4 + [1] * 4, features, c]
    np.testing.assert_array_equal(frame["se"], se)
    sizes = np.abs(explanation.coef[3, ..., c]).sum(axis=0)
    largest = np.argsort(-np.nan_to_num(sizes), kind="stable")[:4]
    assert features == [*largest, *largest]


def test_bars_of_many_rows_show_mean_sizes(draw, explanation):
    pytest.importorskip("pandas")
    shown, c = draw("GlobalBarDisplay", max_display=5), main_output(explanation)
    frame = shown.frame().rename(columns={"mean_abs": "coef"})
    mean_abs = np.nanmean(np.abs(explanation.coef[..., c]), axis=0)
    assert_coefficients(frame, mean_abs, explanation)
    assert len(frame) == 10
    widths = [bar.get_width() for axes in shown.axes_ for bar in axes.patches]
    np.testing.assert_array_equal(widths, frame["coef"])
    line = frame[frame["modality"] == "vitals"].iloc[0]
    sizes = np.abs(explanation.coef[:, 0, position(explanation, line), c])
    assert line["se"] == pytest.approx(sizes.std(ddof=1) / np.sqrt(N_ROWS))


def test_swarms_show_the_coefficient_of_every_row(draw, explanation):
    pytest.importorskip("pandas")
    shown, c = draw("BeeswarmDisplay"), main_output(explanation)
    frame = shown.frame()
    for row, lines in frame.groupby("row"):
        assert_coefficients(lines, explanation.coef[row, ..., c], explanation)
    drawn = sum(
        len(dots.get_offsets()) for axes in shown.axes_ for dots in axes.collections
    )
    assert drawn == frame["coef"].notna().sum()


def test_scatter_shows_uc_and_mi(draw, explanation):
    pytest.importorskip("pandas")
    c, values = main_output(explanation), explanation.decomposition
    frame = draw("ContributionScatterDisplay").frame()
    np.testing.assert_array_equal(frame["uc"], values.uc[:, c])
    np.testing.assert_array_equal(frame["mi"], values.mi[:, c])
    alone = np.abs(values.uc[:, c] - values.baseline[c])
    share = np.abs(values.mi[:, c]) / (np.abs(values.mi[:, c]) + alone)
    np.testing.assert_allclose(frame["mi_share"], share)


def test_scatter_names_as_many_rows_as_told(draw):
    n_texts = [
        len(draw("ContributionScatterDisplay", max_display=n).ax_.texts) for n in (0, 2)
    ]
    assert n_texts[1] == n_texts[0] + 2


@pytest.mark.parametrize("part", ["uc", "mi"])
def test_dependence_shows_one_feature(draw, explanation, part):
    pytest.importorskip("pandas")
    f = explanation.find(modality="vitals", feature="x0")
    p, c = ["uc", "mi"].index(part), main_output(explanation)
    frame = draw("DependenceDisplay", part=part).frame()
    np.testing.assert_array_equal(frame["coef"], explanation.coef[:, p, f, c])
    np.testing.assert_array_equal(frame["se"], explanation.se[:, p, f, c])
    np.testing.assert_array_equal(frame["color"], explanation.coef[:, 1 - p, f, c])
    assert frame["value"].tolist() == explanation.feature_values[:, f].tolist()


def test_dependence_is_coloured_by_another_modality(draw, explanation):
    pytest.importorskip("pandas")
    f = explanation.find(modality="vitals", feature="x1")
    frame = draw("DependenceDisplay", color_by=("vitals", "x1")).frame()
    assert frame["color"].tolist() == explanation.feature_values[:, f].tolist()


def test_shares_are_of_mean_sizes(draw, explanation):
    pytest.importorskip("pandas")
    frame, values = draw("ModalityShareDisplay").frame(), explanation.decomposition
    for c, output in enumerate(values.output_names):
        lines = frame[frame["output"] == output]
        sizes = np.abs(values.main[:, :, c]).mean(axis=0)
        sizes = [*sizes, np.abs(values.mi[:, c]).mean()]
        assert lines["term"].tolist() == ["note", "ecg", "vitals", "image", "MI"]
        np.testing.assert_allclose(lines["mean_abs"], sizes)
        np.testing.assert_allclose(lines["share"], sizes / np.sum(sizes))


def test_smaller_modalities_are_one_share(draw, explanation):
    pytest.importorskip("pandas")
    frame = draw("ModalityShareDisplay", max_display=2).frame()
    lines = frame[frame["output"] == explanation.output_names[0]]
    assert lines["term"].tolist()[2:] == ["2 others", "MI"]
    every = np.abs(explanation.decomposition.main[..., 0]).mean(axis=0).sum()
    assert lines["mean_abs"][:3].sum() == pytest.approx(every)


def test_surrogates_stand_against_their_targets(draw, explanation):
    pytest.importorskip("pandas")
    frame, c = draw("SurrogateDisplay").frame(), main_output(explanation)
    for name in ("target", "local_prediction", "r2"):
        expected = getattr(explanation, name)[..., c].ravel()
        np.testing.assert_array_equal(frame[name], expected)


@pytest.mark.parametrize(
    ("name", "modality"),
    [("TextDisplay", "note"), ("SeriesDisplay", "ecg"), ("ImageDisplay", "image")],
)
def test_elements_have_the_coefficient_of_their_feature(
    draw, explanation, name, modality
):
    pytest.importorskip("pandas")
    shown, c = draw(name, row=4), main_output(explanation, 4)
    painted, held = shown.painted(), explanation.inputs[modality]
    coef, labels = explanation.coef[4, ..., c], held.labels[4]
    expected = np.where(labels >= 0, coef[:, labels], np.nan)
    np.testing.assert_array_equal(painted, expected)
    assert shown.limit == (np.nanmax(np.abs(painted)) or 1.0)
    frame = shown.frame()
    assert_coefficients(frame, explanation.coef[4, ..., c], explanation)
    assert frame["n_elements"].sum() == 2 * (held.labels[4] >= 0).sum()


@pytest.mark.parametrize("name", ["TextDisplay", "SeriesDisplay", "ImageDisplay"])
def test_only_the_largest_features_are_coloured(draw, explanation, name):
    shown = draw(name, max_display=2)
    every = np.abs(draw(name).coef).sum(axis=0)
    np.testing.assert_allclose(
        np.sort(np.abs(shown.coef).sum(axis=0)), np.sort(every)[-2:]
    )


def test_folds_are_dots_and_ranks(folds, pyplot):
    pytest.importorskip("pandas")
    display = find("StabilityDisplay")
    shown = display.from_cv_results(folds, max_display=3)
    frame = shown.frame()
    assert frame["repeat"].nunique() == 3
    sizes = np.abs(folds.coef[..., 0])
    known = ~np.isnan(sizes)
    sums = np.where(known, sizes, 0).sum(axis=1)
    mean_abs = sums / np.maximum(known.sum(axis=1), 1)
    for repeat, lines in frame.groupby("repeat"):
        lines = lines.dropna()
        assert_coefficients(lines, mean_abs[repeat], folds)
        largest = lines[(lines["rank"] == 1) & (lines["part"] == "uc")]
        if len(largest):
            assert largest["coef"].item() == mean_abs[repeat, 0].max()
    one = display.from_cv_results(folds, row=folds.row_names[1], kind="rank")
    lines = one.frame().query("repeat == 2").dropna()
    assert_coefficients(lines, folds.coef[2, 1, ..., 0], folds)


def test_mean_sizes_over_folds(folds, pyplot):
    pytest.importorskip("pandas")
    shown = find("GlobalBarDisplay").from_cv_results(folds, max_display=3)
    frame = shown.frame().rename(columns={"mean_abs": "coef"})
    mean_abs = folds.mean_abs()[folds.first_runs][..., 0]
    assert_coefficients(frame, np.nanmean(mean_abs, axis=0), folds)
    assert (frame["se"].dropna() >= 0).all()
    assert texts_outside(shown.figure_) == []


def test_costs_have_their_median_error(pyplot):
    pytest.importorskip("pandas")
    shown = find("CostErrorDisplay").from_arrays(
        [10, 10, 10, 100], [0.3, 0.1, 0.5, 0.0], cost_name="rows"
    )
    expected = [[10, 0.3, 0.1, 0.5], [100, 0.0, 0.0, 0.0]]
    names = ["cost", "median", "low", "high"]
    np.testing.assert_array_equal(shown.frame()[names], expected)
    assert texts_outside(shown.figure_) == []


def test_markup_shows_the_text_and_every_coefficient(explanation):
    from skdime.displays import TextHTML

    c = main_output(explanation, 0)
    markup = TextHTML.from_explanation(explanation)
    held = explanation.inputs["note"]
    assert "<b>" not in markup
    for label in np.unique(held.labels[0][held.labels[0] >= 0]):
        for coef in explanation.coef[0, :, label, c]:
            assert f": {coef:+.3g}" in markup
    assert markup._repr_html_() == str(markup)


def test_markup_of_an_estimator_is_saved_as_a_page(explainer, rows, tmp_path):
    from skdime.displays import TextHTML

    markup = TextHTML.from_estimator(explainer, rows, row=1)
    expected = TextHTML.from_explanation(explainer.explain(rows[[1]]))
    assert markup.count("<span") == expected.count("<span") > 2
    markup.save(tmp_path / "note.html")
    page = (tmp_path / "note.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert str(markup) in page


@pytest.fixture(scope="module")
def table():
    """A function that explains a table of so many columns and modalities."""

    def explain(names, modalities, outputs=1):
        X = np.random.RandomState(0).normal(size=(20, len(names)))
        columns = np.array_split(np.arange(len(names)), len(modalities))
        disentangler = Disentangler(
            lambda X: np.tile(np.tanh(X).sum(axis=1) ** 2, (outputs, 1)).T,
            list(zip(modalities, columns, strict=True)),
            n_references=5,
            random_state=0,
        )
        explainer = LocalExplainer(disentangler, n_samples=30, random_state=0)
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(X, columns=names)
        return explainer.fit(frame).explain(frame[:5])

    return explain


OF_TABLES = [n for n in OF_EXPLANATIONS if not n.startswith(("Image", "Ser", "Text"))]


def draw_table(name, explanation, **options):
    """A display of a table's explanation."""
    if name == "DependenceDisplay":
        options["feature"] = explanation.feature_names[0]
    return find(name).from_explanation(explanation, **options)


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


@pytest.mark.parametrize("name", OF_TABLES)
def test_many_features_and_outputs(table, pyplot, name):
    names = [f"x{i}" for i in range(40)]
    explanation = table(names, [f"m{i}" for i in range(12)], outputs=3)
    shown = draw_table(name, explanation, max_display=8)
    assert texts_outside(shown.figure_) == []
    frame = shown.frame()
    if name in ("BarDisplay", "BeeswarmDisplay", "GlobalBarDisplay"):
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


@pytest.mark.parametrize("wrong", [-1, 2.5])
def test_a_number_of_named_rows_may_be_zero_but_not_negative(draw, wrong):
    with pytest.raises(ValueError, match="`max_display` must be an integer of at"):
        draw("ContributionScatterDisplay", max_display=wrong)


@pytest.mark.parametrize(
    "name",
    [
        "BarDisplay",
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


@pytest.mark.parametrize("name", ["BarDisplay", "BeeswarmDisplay", "GlobalBarDisplay"])
def test_features_that_are_listed(draw, name):
    listed = [("vitals", "x1"), ("vitals", "x0")]
    assert draw(name, order=listed).feature_names.tolist() == ["x1", "x0"]
    with pytest.raises(KeyError, match=r"feature 'x9' is unknown; known are"):
        draw(name, order=["x9"])


@pytest.mark.parametrize("name", ["TextDisplay", "SeriesDisplay", "ImageDisplay"])
def test_a_modality_of_another_kind(draw, table, name):
    with pytest.raises(KeyError, match="modality 'vitals' is no"):
        draw(name, modality="vitals")
    with pytest.raises(ValueError, match="has no modality of the kind"):
        find(name).from_explanation(table(["bmi", "age"], ["exam", "history"]))


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


@pytest.mark.parametrize("name", ["BarDisplay", "TextDisplay", "StabilityDisplay"])
def test_panels_need_a_place_in_a_grid(draw, pyplot, name):
    axes = pyplot.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match=r"`ax` must come from plt\.subplots"):
        draw(name, ax=axes)
