"""What notebooks show of an explanation."""

import re
from dataclasses import replace
from html import escape

import numpy as np
import pytest

from skdime._utils.names import usual_output
from tests._results._explained import SCRIPT, TOKEN, Page, explanation_of

_DRAWN = ("section", "figure", "figcaption", "img", "svg", "rect", "path", "polyline")


@pytest.fixture(scope="module")
def explanation():
    return explanation_of(np.random.RandomState(0))


def test_a_notebook_shows_names_as_text(explanation):
    shown = explanation._repr_html_() + explanation[0]._repr_html_()
    tags = {tag for tag, _ in Page(shown).tags}
    assert tags <= {
        *["div", "style", "p", "strong", "ol", "li", "span", "i", "bdi"],
        *_DRAWN,
    }
    assert escape(SCRIPT) in shown
    assert escape(f"case 0 {TOKEN}") in shown


def test_a_notebook_shows_the_numbers(explanation):
    one = replace(explanation[1], inputs={})
    text = re.sub("<style>.*?</style>|<[^>]*>", "|", one._repr_html_(), flags=re.DOTALL)
    shown = [number for number in map(number_in, text.split("|")) if number is not None]
    values, c = one.decomposition, int(one.decomposition.output[0].argmax())
    steps = [
        *(values.baseline[c], values.baseline_se[c]),
        *np.column_stack([values.main[0, :, c], values.main_se[0, :, c]]).ravel(),
        *(values.uc[0, c], values.uc_se[0, c], values.mi[0, c], values.mi_se[0, c]),
        values.output[0, c],
    ]
    np.testing.assert_allclose(shown[: len(steps)], steps, atol=6e-4)
    strongest = np.argsort(-np.nan_to_num(np.abs(one.coef[0, :, :, c])).sum(axis=0))[:5]
    expected = np.stack(
        [one.coef[0, :, strongest, c], one.se[0, :, strongest, c]], axis=-1
    )
    rest = one.rest[0, :, :, c].T.ravel()
    shown = shown[len(steps) :]
    np.testing.assert_allclose(shown[: expected.size], expected.ravel(), atol=6e-4)
    np.testing.assert_allclose(shown[expected.size :], rest, atol=6e-4)


def test_a_notebook_shows_means_over_rows_and_the_strongest_features():
    many = explanation_of(np.random.RandomState(1), n_rows=60, n_columns=3)
    text = re.sub(
        "<style>.*?</style>|<[^>]*>", "|", many._repr_html_(), flags=re.DOTALL
    )
    values, c = many.decomposition, usual_output(many.decomposition.output)
    words = [word.strip() for word in text.split("|") if word.strip()]
    assert words[0] == "60 rows"

    mean = many.mean_abs()[..., c]
    order = np.argsort(-mean.sum(axis=0), kind="stable")[:10]

    numbers = [n for n in map(number_in, words) if n is not None]
    sizes = np.abs(np.column_stack([values.main[..., c], values.mi[:, c]])).mean(axis=0)
    np.testing.assert_allclose(numbers[:5], sizes, atol=6e-4)
    np.testing.assert_allclose(numbers[5:25], mean[:, order].T.ravel(), atol=6e-4)
    # what only some texts have is told, and weighs by how often it occurs
    assert "(20 of 60 rows)" in text


def number_in(text):
    found = re.fullmatch(r"[ ±]*([−+]?[0-9.]+) *", text)  # noqa: RUF001
    return found and float(found[1].replace("\N{MINUS SIGN}", "-"))


def test_bars_lie_within_their_track(explanation):
    shown = explanation._repr_html_() + explanation[0]._repr_html_()
    for place in re.findall(r"style='left:(.*?)%(?:;width:(.*?)%)?'", shown):
        left, width = float(place[0]), float(place[1] or 0)
        assert -0.01 <= left <= left + width <= 100.01


def test_a_notebook_has_texts_series_and_images(explanation):
    markup = explanation[:1]._repr_html_()
    page = Page(markup)
    tags = [(tag, attrs.get("class", "")) for tag, attrs in page.tags]
    assert sum(kind == "sd-text" for _, kind in tags) == 2  # UC, MI
    assert sum(kind == "sd-series" for _, kind in tags) == 2
    assert sum(kind == "sd-over" for _, kind in tags) == 2
    assert not [tag for tag, _ in tags if tag in ("script", "iframe")]
    texts = re.findall("<p class='sd-text'.*?</p>", markup, flags=re.DOTALL)
    tags = [attrs for text in texts for _, attrs in Page(text).tags if "style" in attrs]
    tokens = [attrs["style"] for attrs in tags]
    mine = explanation.feature_modalities == "note"
    coef = np.nan_to_num(explanation.coef[0, :, mine, 0])
    assert len(tokens) == np.count_nonzero(coef)
    # the token of the largest effect is the strongest colour there is
    assert {"--share:1.000", "--share:-1.000"} & set(tokens)
    assert all(
        attrs["class"] == ("sd-down" if "-" in attrs["style"][8:] else "sd-up")
        for attrs in tags
    )
