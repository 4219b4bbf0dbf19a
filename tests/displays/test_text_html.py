"""A text as markup."""

import numpy as np
import pytest

from skdime import displays
from tests.displays._pictures import main_output


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


def test_markup_takes_names_of_colours(notes, pyplot):
    markup = displays.TextHTML.from_explanation(notes, palette=["tab:blue", "red"])
    assert "rgba(255, 0, 0" in markup
    with pytest.raises(ValueError, match="must have 2 colours"):
        displays.TextHTML.from_explanation(notes, palette=["red", "blue", "green"])
