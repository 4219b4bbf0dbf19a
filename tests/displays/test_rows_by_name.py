"""Rows by label and by position, in every display of one row."""

from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from tests.displays._pictures import OF_ROWS, find, texts_of

pytestmark = pytest.mark.usefixtures("pyplot")


def named(explanation, names):
    labels = np.empty(len(names), dtype=object)
    labels[:] = names
    decomposition = replace(explanation.decomposition, row_names=labels)
    return replace(explanation, decomposition=decomposition)


@pytest.mark.parametrize("name", OF_ROWS)
def test_a_row_is_given_by_its_label_or_its_position(name, explanation):
    labels = [("ward A", i) for i in range(6)]  # levels of an index
    explanation = named(explanation, labels)
    of_label, of_position = (
        find(name).from_explanation(explanation, row=row) for row in (labels[2], 2)
    )
    for picture in (of_label, of_position):
        assert "('ward A', 2)" in words_of(picture)
    assert of_label.frame().equals(of_position.frame())
    with pytest.raises(KeyError, match="row 'nobody' is unknown"):
        find(name).from_explanation(explanation, row="nobody")


def words_of(picture):
    return " ".join(text.get_text() for text in texts_of(picture.figure_))


def test_a_frame_with_levels_of_rows_and_columns():
    pd = pytest.importorskip("pandas")
    rows = pd.MultiIndex.from_product([["left", "right"], range(15)])
    columns = pd.MultiIndex.from_product([["exam", "lab"], ["first", "second"]])
    numbers = np.random.RandomState(0).normal(size=(30, 4))
    X = pd.DataFrame(numbers, index=rows, columns=columns)

    def model(X):
        return (X[("exam", "first")] * X[("lab", "second")]).to_numpy()

    modalities = {"exam": "exam", "lab": "lab"}
    disentangler = Disentangler(model, modalities, n_references=20, random_state=0)
    explainer = LocalExplainer(disentangler, n_samples=40, random_state=0).fit(X)
    explanation = explainer.explain(X[14:16])
    assert explanation.row_names.tolist() == [("left", 14), ("right", 0)]
    assert explanation.feature_names.tolist()[:2] == ["exam/first", "exam/second"]
    for row in (("right", 0), 1):
        display = explanation.plot(row=row)
        assert "('right', 0)" in words_of(display)
    pairs = explainer.explain_pairs(X[14:16])
    of_label, of_position = pairs.plot(row=("right", 0)), pairs.plot(row=1)
    assert of_label.frame().equals(of_position.frame())
    assert "('right', 0)" in unescape(explanation[1]._repr_html_())
    assert "right" in explanation.to_html()
    assert set(explanation.to_frame()["row"]) == {("left", 14), ("right", 0)}
