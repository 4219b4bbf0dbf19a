"""Texts, series and images, coloured by coefficients."""

import re

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray, displays
from skdime.perturbers import TextPerturber
from tests.displays._pictures import (
    assert_coefficients,
    draw_table,
    find,
    main_output,
    written,
)


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


@pytest.mark.parametrize(
    ("name", "modality"),
    [("TextDisplay", "note"), ("SeriesDisplay", "ecg"), ("ImageDisplay", "image")],
)
def test_sums_of_the_modality_are_in_the_titles(draw, explanation, name, modality):
    shown, c = draw(name, row=4, max_display=1), main_output(explanation, 4)
    m = explanation.modality_names.tolist().index(modality)
    values = explanation.decomposition
    expected = [values.main[4, m, c], values.mi[4, c]]
    np.testing.assert_allclose(np.sum(shown.sums, axis=1), expected)
    np.testing.assert_array_equal(shown.sums[:, 1], explanation.rest[4, :, m, c])
    text = written(shown.figure_).replace("\n", " ").replace("\N{MINUS SIGN}", "-")
    sums = re.findall(
        r"([-+]?[\d.,]+)\sand\srest\s([-+]?[\d.,]+)\s=\s([-+]?[\d.,]+)", text
    )
    assert len(sums) == 2
    for (features, rest, total), effect in zip(sums, expected, strict=True):
        assert float(features) + float(rest) == pytest.approx(float(total), abs=2e-3)
        assert float(total) == pytest.approx(effect, abs=1e-2)


@pytest.mark.parametrize("name", ["TextDisplay", "SeriesDisplay", "ImageDisplay"])
def test_a_modality_of_another_kind(draw, table, name):
    with pytest.raises(KeyError, match="modality 'vitals' is no"):
        draw(name, modality="vitals")
    with pytest.raises(ValueError, match="has no modality of the kind"):
        find(name).from_explanation(table(["bmi", "age"], ["exam", "history"]))


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
    frame = draw_table("WaterfallDisplay", found, row=1).frame()
    assert (frame[frame["level"] == 2]["modality"] == "age").all()


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
