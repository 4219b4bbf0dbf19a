"""Effects of pairs of features as a table of colours."""

from dataclasses import replace

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime.displays import PairHeatmapDisplay
from tests.displays._pictures import LONG, beyond, texts_of, texts_outside, written


@pytest.fixture(scope="module")
def explainer():
    """Of a model in which x1 works with x4, and x0 with x2, and nothing else."""
    X = np.random.RandomState(0).normal(size=(60, 5))
    disentangler = Disentangler(
        lambda X: np.column_stack(
            [X[:, 1] * X[:, 4] + 0.3 * X[:, 0] * X[:, 2], X[:, 0]]
        ),
        [("a", [0, 1]), ("b", [2, 3, 4])],
        n_references=10,
        random_state=0,
    )
    return LocalExplainer(disentangler, n_samples=100, random_state=0).fit(X)


@pytest.fixture(scope="module")
def rows():
    return np.random.RandomState(1).normal(size=(6, 5))


@pytest.fixture(scope="module")
def pairs(explainer, rows):
    return explainer.explain_pairs(rows)


@pytest.fixture
def noisy(pairs):
    """Pairs with standard errors of which x0 with x2 is below two."""
    se = np.abs(pairs.coef) / 4
    se[:, 0, 0] = np.abs(pairs.coef[:, 0, 0])
    return replace(pairs, se=se, rest=np.full_like(pairs.rest, 0.25))


def wide(pairs, d_1=15, d_2=30, name="x%d"):
    """Pairs of many features whose effects grow towards the last."""
    coef = np.multiply.outer(np.arange(1.0, d_1 + 1), np.arange(1.0, d_2 + 1))
    coef = np.tile(coef[..., None], (len(pairs), 1, 1, 2))
    return replace(
        pairs,
        coef=coef,
        se=coef / 10,
        first_names=np.array([name % i for i in range(d_1)]),
        second_names=np.array([name % i for i in range(d_2)]),
        first_values=np.full((len(pairs), d_1), "a long value of a category"),
        second_values=np.full((len(pairs), d_2), "0.123456789"),
    )


def cells(shown):
    """The numbers that are coloured."""
    (image,) = shown.ax_.images
    return np.ma.filled(image.get_array().astype(float), np.nan)


def names(shown):
    ticks = shown.ax_.get_yticklabels(), shown.ax_.get_xticklabels()
    return [[tick.get_text() for tick in side] for side in ticks]


def test_a_row_has_its_signed_effects_and_values(pairs, pyplot):
    pytest.importorskip("pandas")
    shown = PairHeatmapDisplay.from_pairs(pairs, row=pairs.row_names[2])
    frame = shown.frame()
    assert frame.columns.tolist() == ["a", "b", "coef", "se", "resolved"]
    for _, line in frame.iterrows():
        expected = pairs.sel(
            row=pairs.row_names[2], first=line["a"], second=line["b"], output="output0"
        )
        assert line["coef"] == expected
    # the features with the largest effects are first
    assert shown.first_names[0], shown.second_names[0] == ("x1", "x4")
    np.testing.assert_array_equal(cells(shown), shown.coef)
    value = f"{float(pairs.first_values[2, 1]):.3g}"
    assert names(shown)[0][0] == f"x1 = {value}"
    low, high = shown.ax_.images[0].get_clim()
    assert low == -high == -np.abs(shown.coef).max()


def test_rows_have_mean_absolute_effects(pairs, pyplot):
    pytest.importorskip("pandas")
    shown = PairHeatmapDisplay.from_pairs(pairs)
    means = np.abs(pairs.coef[..., 0]).mean(axis=0)
    for _, line in shown.frame().iterrows():
        i = pairs.first_names.tolist().index(line["a"])
        j = pairs.second_names.tolist().index(line["b"])
        np.testing.assert_allclose(line["mean_abs"], means[i, j])
        np.testing.assert_allclose(line["se"], pairs.se[:, i, j, 0].mean())
    assert shown.ax_.images[0].get_clim() == (0, means.max())
    assert "Mean size over 6 rows" in written(shown.figure_)


def test_zero_is_transparent_and_signs_differ(pairs, pyplot):
    for row in (None, pairs.row_names[0]):
        image = PairHeatmapDisplay.from_pairs(pairs, row=row).ax_.images[0]
        low, high = image.get_clim()
        assert image.cmap(image.norm(0.0))[3] < 0.01
        assert image.cmap(image.norm(high))[3] > 0.5
        if row is not None:
            assert image.cmap(image.norm(low))[:3] != image.cmap(image.norm(high))[:3]


def test_one_row_alone_is_signed(pairs, pyplot):
    shown = PairHeatmapDisplay.from_pairs(pairs[3])
    assert shown.row_name == str(pairs.row_names[3])
    largest = np.abs(pairs.coef[3, ..., 0]).argmax()
    assert shown.coef[0, 0] == pairs.coef[3, ..., 0].flat[largest]


def test_what_is_not_resolved_has_a_dot_and_no_number(noisy, pyplot):
    shown = PairHeatmapDisplay.from_pairs(noisy, row=noisy.row_names[0])
    i, j = list(shown.first_names).index("x0"), list(shown.second_names).index("x2")
    np.testing.assert_array_equal(np.argwhere(~shown.resolved), [[i, j]])
    (dots,) = shown.ax_.collections
    np.testing.assert_array_equal(dots.get_offsets(), [[j, i]])
    assert "Dot: below 2 standard errors" in written(shown.figure_)
    numbered = {text.get_position() for text in shown.ax_.texts if text.get_text()}
    assert (j, i) not in numbered
    assert len(numbered) == 5


def test_numbers_in_cells_are_those_of_the_cells(pairs, pyplot):
    shown = PairHeatmapDisplay.from_pairs(pairs, row=pairs.row_names[1])
    for text in shown.ax_.texts:
        j, i = text.get_position()
        number = float(text.get_text().replace("\N{MINUS SIGN}", "-"))
        assert number == pytest.approx(shown.coef[i, j], abs=1e-3)


def test_sums_of_a_row_are_written(noisy, pyplot):
    row = noisy.row_names[0]
    coef = noisy.coef[0, ..., 0]
    shown = PairHeatmapDisplay.from_pairs(noisy, row=row)
    assert shown.total == pytest.approx(coef.sum())
    assert shown.total + shown.rest == pytest.approx(coef.sum() + 0.25)
    text = written(shown.figure_)
    assert "sum of all pairs" in text
    assert "MI " in text
    fewer = written(
        PairHeatmapDisplay.from_pairs(noisy, row=row, max_display=1).figure_
    )
    assert "sum of pairs shown" in fewer
    three = replace(noisy, rest=np.full_like(noisy.rest, np.nan))
    title = PairHeatmapDisplay.from_pairs(three, row=row).ax_.get_title(loc="left")
    assert "sum of all pairs" in title
    assert "MI" not in title


def test_the_largest_features_are_shown_and_the_others_counted(pairs, pyplot):
    shown = PairHeatmapDisplay.from_pairs(wide(pairs), max_display=4)
    assert shown.first_names.tolist() == ["x14", "x13", "x12", "x11"]
    assert shown.second_names.tolist() == ["x29", "x28", "x27", "x26"]
    text = " ".join(written(shown.figure_).split())
    assert "4 of 15 features of a" in text
    assert "4 of 30 features of b" in text


def test_absent_and_constant(pairs, pyplot):
    coef = pairs.coef.copy()
    coef[:, 0] = np.nan
    shown = PairHeatmapDisplay.from_pairs(replace(pairs, coef=coef))
    assert shown.first_names.tolist() == ["x1"]
    # the second output has no interaction: no colours for what rounding has left
    shown = PairHeatmapDisplay.from_pairs(pairs, output="output1")
    assert not shown.coef.any()
    assert shown.resolved.all()


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("size", [(4, 3), (7, 5)])
def test_small_pictures_are_legible(pairs, pyplot, layout, size):
    for found, row in ((pairs, pairs.row_names[0]), (wide(pairs), None)):
        figure, axes = pyplot.subplots(figsize=size, layout=layout)
        shown = PairHeatmapDisplay.from_pairs(found, row=row, ax=axes, max_display=30)
        assert shown.figure_ is figure
        assert beyond(figure) == []
        assert min(text.get_fontsize() for text in texts_of(figure)) > 5


@pytest.mark.slow
def test_long_names_stay_inside_and_differ(pairs, pyplot):
    found = wide(pairs, name="%d " + LONG)
    for row in (None, pairs.row_names[0]):
        shown = PairHeatmapDisplay.from_pairs(found, row=row)
        assert texts_outside(shown.figure_) == []
        assert beyond(shown.figure_) == []
        for side in names(shown):
            assert len(set(side)) == 12


def test_from_estimator_explains_and_draws(explainer, rows, pairs, pyplot):
    pytest.importorskip("pandas")
    shown = PairHeatmapDisplay.from_estimator(
        explainer, rows, row=2, palette=["b", "r"]
    )
    frame = PairHeatmapDisplay.from_pairs(pairs, row=2).frame()
    assert shown.frame().equals(frame)


def test_wrong_arguments(explainer, pairs, pyplot):
    draw = PairHeatmapDisplay.from_pairs
    with pytest.raises(TypeError, match=r"`pairs` must be .* got a LocalExplainer"):
        draw(explainer)
    with pytest.raises(ValueError, match="`pairs` has no rows"):
        draw(pairs[[]])
    with pytest.raises(KeyError, match="row 'x' is unknown"):
        draw(pairs, row="x")
    with pytest.raises(KeyError, match="output 'x' is unknown"):
        draw(pairs, output="x")
    with pytest.raises(ValueError, match="`max_display` must be an integer"):
        draw(pairs, max_display=0)
    with pytest.raises(ValueError, match="`palette` must have at least 2 colours"):
        draw(pairs, row=0, palette=["red"])
    with pytest.raises(TypeError, match="`palette` must be a list of colours"):
        draw(pairs, palette="viridis")
