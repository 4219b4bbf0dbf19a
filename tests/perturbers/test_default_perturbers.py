"""Which perturber an unnamed modality gets, and what is refused rather than guessed."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, MultimodalArray

N = 40
RNG = np.random.RandomState(0)
NOTES = [f"case {i} has fever and cough" for i in range(N)]


def first(X):
    return X["t"][:, 0]


def explainer(**options):
    dis = Disentangler(first, n_references=20, random_state=0)
    return LocalExplainer(dis, n_samples=50, random_state=0, **options)


def kinds(**modality):
    X = MultimodalArray(t=RNG.normal(size=(N, 2)), **modality)
    fitted = explainer().fit(X)
    return [type(perturber).__name__ for _, perturber in fitted.perturbers_]


@pytest.mark.parametrize(
    "rows, kind",
    [
        (NOTES, "TextPerturber"),
        (["ill", "well"] * (N // 2), "TabularPerturber"),
        (RNG.normal(size=(N, 2, 30)), "SeriesPerturber"),
        ([RNG.normal(size=20 + i) for i in range(N)], "SeriesPerturber"),
        (RNG.normal(size=(N, 12)), "TabularPerturber"),
        (RNG.normal(size=N), "TabularPerturber"),
    ],
)
def test_by_what_the_cells_hold(rows, kind):
    assert kinds(m=rows) == ["TabularPerturber", kind]


@pytest.mark.parametrize("shape", [(N, 8, 8), (N, 8, 8, 3)])
def test_images_have_to_be_named(shape):
    images = RNG.randint(0, 255, size=shape).astype(np.uint8)
    with pytest.raises(ValueError, match=r"uint8. If they are images, name an Image"):
        kinds(m=images)


def test_texts_of_a_category_are_categories():
    pd = pytest.importorskip("pandas")
    notes = pd.Series(NOTES).astype("category")
    assert kinds(m=notes) == ["TabularPerturber", "TabularPerturber"]


def test_a_text_may_be_missing_where_none_was_in_fit():
    X = MultimodalArray(t=RNG.normal(size=(N, 2)), note=NOTES)
    fitted = explainer().fit(X)
    rows = MultimodalArray(t=X["t"][:2], note=[NOTES[0], None])
    found = fitted.explain(rows)
    note = found.feature_modalities == "note"
    assert np.isfinite(found.coef[0, :, note]).all()
    assert np.isnan(found.coef[1, :, note]).all()
