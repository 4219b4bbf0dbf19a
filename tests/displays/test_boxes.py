"""Boxes of objects over a picture, coloured by the coefficients of their objects."""

import numpy as np
import pytest

from skdime import Disentangler, Explanation, LocalExplainer, MultimodalArray
from skdime.displays import BoxesDisplay
from skdime.perturbers import SetPerturber
from tests.displays._pictures import texts_outside

N = 12
BOXES = np.array([[0, 0, 0.5, 0.5], [0.25, 0.5, 1, 1], [0, 0, 0, 0]])


@pytest.fixture(scope="module")
def explanation():
    rng = np.random.RandomState(0)
    size = rng.rand(N, 3, 1) + 1
    size[:, 2] = 0  # padding
    rows = MultimodalArray(
        feats=size, boxes=np.tile(BOXES, (N, 1, 1)), t=rng.normal(size=(N, 1))
    )
    modalities = [("objects", ["feats", "boxes"]), ("t", ["t"])]
    dis = Disentangler(
        lambda X: X["feats"][:, 0, 0] - X["feats"][:, 1, 0] + X["t"][:, 0],
        modalities,
        n_references=4,
        random_state=0,
    )
    explainer = LocalExplainer(dis, [("objects", SetPerturber("zero"))], random_state=0)
    return explainer.fit(rows).explain(rows[:3])


@pytest.mark.parametrize("picture", [None, np.ones((20, 40)), np.ones((20, 40, 3))])
def test_boxes_have_the_coefficient_of_their_object(pyplot, explanation, picture):
    shown = BoxesDisplay.from_explanation(explanation, row=1, picture=picture)
    coef = explanation.sel(modality="objects")[1, :, :, 0]
    np.testing.assert_allclose(shown.painted()[:, :2], coef, atol=1e-12)
    assert np.isnan(shown.painted()[:, 2]).all()
    scale = 1 if picture is None else [40, 20, 40, 20]
    np.testing.assert_allclose(shown.boxes, BOXES * scale)
    assert shown.axes_.shape == (3,)
    # of the object without a box nothing is written
    written = {t.get_text(): t.get_position() for t in shown.axes_[0].texts}
    corners = dict(zip(shown.feature_names, (BOXES * scale)[:2, :2], strict=False))
    assert written.keys() == set(list(shown.feature_names)[:2])
    for name, corner in written.items():
        np.testing.assert_allclose(corner, corners[name])
    assert not texts_outside(shown.figure_)
    # the strongest box is drawn last
    patches = shown.axes_[1].collections[-1]
    strongest = np.argmax(np.abs(coef[0]))
    expected = (BOXES * scale)[strongest]
    drawn = patches.get_paths()[-1].get_extents().extents
    np.testing.assert_allclose(drawn, expected)


def test_boxes_in_pixels_stay_such(pyplot, explanation):
    shown = BoxesDisplay(
        values=np.array([[1, 1, 5, 4]]),
        labels=np.array([0]),
        coef=np.array([[0.5], [-0.5]]),
        feature_names=["cat"],
        modality_name="objects",
        row_name="0",
        quantity="output",
        picture=np.ones((10, 20)),
    ).plot()
    np.testing.assert_array_equal(shown.boxes, [[1, 1, 5, 4]])
    pytest.importorskip("pandas")
    assert shown.frame()["coef"].tolist() == [0.5, -0.5]


def test_pages_files_and_other_modalities(explanation, tmp_path):
    assert explanation.inputs["objects"].values.shape == (3, 3, 4)
    explanation.save(tmp_path / "x.npz")
    loaded = Explanation.load(tmp_path / "x.npz")
    np.testing.assert_array_equal(
        loaded.inputs["objects"].values, explanation.inputs["objects"].values
    )
    assert "object 1" in explanation.to_html()
    assert explanation.expand("objects").shape == (3, 2, 3, 1)
    with pytest.raises(KeyError, match="modality 't' is no set"):
        BoxesDisplay.from_explanation(explanation, modality="t")


def test_codes_have_no_boxes():
    perturber = SetPerturber()
    assert perturber.labels([1, 2, 3, 4]) is None
    assert perturber.labels("a;b") is None
    assert perturber.labels({1, 2}) is None
    assert perturber.labels(np.ones((2, 4))).tolist() == [0, 1]
    assert perturber.labels(np.ones((2, 5))) is None
    assert perturber.shown(None).shape == (0, 4)
