"""Pages and notebook cells stay small, and say what is left out."""

from dataclasses import replace

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._results.page import extent
from skdime.displays import TextHTML
from skdime.perturbers import TextPerturber
from tests._results._explained import Page, explanation_of


@pytest.fixture(scope="module")
def book():
    """The explanation of a text of a megabyte, with 100 features."""
    rng = np.random.RandomState(0)
    words = np.array(["ash", "birch", "cedar", "elm", "fir", "oak"])
    texts = [" ".join(words[rng.randint(6, size=200_000)]), "ash", "elm oak"]
    X = MultimodalArray(note=texts, age=np.arange(3.0))

    def model(X):
        return np.array([text.count("ash") for text in X["note"]]) + X["age"]

    dis = Disentangler(model, n_references=2, random_state=0)
    perturbers = [("note", TextPerturber())]
    explainer = LocalExplainer(dis, perturbers, n_samples=8, random_state=0)
    return explainer.fit(X[1:]).explain(X[:1])


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_text_of_a_megabyte(book):
    text = book.inputs["note"].values[0]
    assert len(text) > 900_000
    for page in (book._repr_html_(), TextHTML.from_explanation(book)):
        assert len(page) < 300_000
        assert f"{len(text):,} characters" in page
    report = book.to_html()
    assert len(report) < 400_000
    assert f"Of {len(text):,} characters those around the strongest" in report


def wide(n_rows, n_columns, n_outputs):
    outputs = [f"class {c}" for c in range(n_outputs)]
    rng = np.random.RandomState(0)
    explanation = explanation_of(rng, n_rows, outputs, n_columns)
    return replace(explanation, inputs={})


def test_many_outputs_and_features():
    explanation = wide(2, 600, 21)
    page = Page(explanation.to_html())
    data = page.data()
    sizes = np.abs(explanation.decomposition.output).mean(axis=0)
    largest = np.sort(np.argsort(-sizes)[: extent.MOST_OUTPUTS])
    assert data["outputs"] == [f"probability of class {c}" for c in largest]
    assert data["start"] == int(
        np.bincount(
            explanation.decomposition.output[:, largest].argmax(axis=1)
        ).argmax()
    )
    row = data["rows"][0]
    assert len(row["features"]) == extent.MOST_FEATURES == len(data["all"]["features"])
    coef = np.nan_to_num(np.abs(explanation.coef[0][..., largest])).max(axis=(0, 2))
    assert set(row["features"]) == set(
        np.argsort(-coef)[: extent.MOST_FEATURES].tolist()
    )
    (about,) = [
        text
        for (_, attrs), text in zip(page.tags, page.texts, strict=True)
        if attrs.get("id") == "about"
    ]
    assert "the largest 20 of 21 outputs" in about
    assert "607 features, of each row the strongest 500," in about
    assert about.endswith(" MB")


def test_many_rows(monkeypatch):
    explanation = wide(6, 4, 2)
    monkeypatch.setattr(extent, "MOST_NUMBERS", 4 * 11 * 2)
    page = explanation.to_html()
    assert len(Page(page).data()["rows"]) == 4
    assert "The first 4 of 6 rows can be picked here" in page


def test_large_pictures(monkeypatch):
    explanation = explanation_of(np.random.RandomState(0))
    monkeypatch.setattr(extent, "MOST_BYTES_OF_DRAWINGS", 10)
    page = explanation.to_html()
    assert page.count("<template id='drawings-") == 1
    assert "The first 1 of 3 rows can be picked here" in page


# Names that try to turn round or to hide what stands beside them.
NAMES = {
    "override": "a\u202egnp.exe",
    "isolate": "a\u2067b",
    "null": "a\0b",
    "escape": "a\x1b[31m",
    "surrogate": "a\ud83cb",
}


@pytest.mark.parametrize("name", NAMES)
def test_controls_in_names_and_texts_are_replaced(name):
    text = NAMES[name]
    explanation = explanation_of(np.random.RandomState(0), outputs=("no", text))
    values = explanation.decomposition
    modalities = np.array([text, *values.modality_names[1:]])
    note = explanation.inputs["note"]
    explanation = replace(
        explanation,
        decomposition=replace(
            values,
            modality_names=modalities,
            row_names=np.array([text] * 3),
            unit=text,
        ),
        feature_modalities=np.array(
            [text] * 4 + ["note"] * 3 + ["ecg"] * 2 + ["scan"] * 2
        ),
        feature_names=np.array([text, *explanation.feature_names[1:]]),
        inputs={"note": replace(note, values=np.array([text] * 3, dtype=object))},
    )
    pages = [
        explanation._repr_html_(),
        explanation.to_html(),
        str(TextHTML.from_explanation(explanation)),
    ]
    for page in pages:
        page.encode("utf-8")
        for letter in set(text) - set("abgnp.ex[31m"):
            assert letter not in page
        assert "\N{REPLACEMENT CHARACTER}" in page


def test_names_from_right_to_left_keep_to_themselves():
    arabic = "\u0639\u0645\u0631"
    explanation = explanation_of(np.random.RandomState(0), outputs=("no", arabic))
    names = np.array([arabic, *explanation.feature_names[1:]])
    explanation = replace(explanation, feature_names=names)
    notebook = explanation._repr_html_()
    names = Page(notebook).texts_of("bdi")
    assert any(f"\u2068{arabic}\u2069" in name for name in names)
    assert (
        f"probability of \u2068{arabic}\u2069"
        in Page(explanation.to_html()).data()["outputs"]
    )
