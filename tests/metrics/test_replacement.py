"""Sensitivity to replacements, on coefficients whose signs are known."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.metrics import replacement_sensitivity
from skdime.perturbers import TextPerturber

TOKENS = {"remove": None, "mask": "[M]", "other": "zz"}


def model(X):
    """Words count 1 and masks 3; "stay" counts 10, whatever replaces other words."""
    texts = X["text"]
    words = np.array([len(text.split()) for text in texts])
    masks = np.array([text.count("[M]") for text in texts])
    stay = np.array([text.count("stay") for text in texts])
    return words + 2.0 * masks + 9 * stay + X["number"]


@pytest.fixture(scope="module")
def explanations():
    texts = ["stay here", "go there", "stay there"] * 5
    X = MultimodalArray(text=texts, number=np.arange(15.0))
    found = {}
    for name, token in TOKENS.items():
        dis = Disentangler(model, n_references=None, random_state=0)
        perturbers = [("text", TextPerturber(mask_token=token))]
        explainer = LocalExplainer(dis, perturbers, n_samples=100, random_state=0)
        found[name] = explainer.fit(X).explain(X[:2])
    return found


def test_coefficients_and_signs_are_compared(explanations):
    found = replacement_sensitivity(explanations, modality="text")
    assert found.replacement_names.tolist() == list(TOKENS)
    names = found.feature_names.tolist()
    stay, here = (found.coef[:, 0, 0, names.index(w), 0] for w in ("stay", "here"))
    # each is replaced by nothing, by a mask of 3, and by a word of 1
    assert_allclose(stay, [10, 7, 9], atol=0.05)
    assert_allclose(here, [1, -2, 0], atol=0.05)
    both = np.array([stay, here])
    deviation = both - both.mean(axis=1, keepdims=True)
    expected = np.sqrt(np.square(deviation).mean(axis=1).sum())
    expected /= np.linalg.norm(both.mean(axis=1))
    assert_allclose(found.sensitivity[0, 0, 0], expected)
    weights = np.abs(both).mean(axis=1)
    assert_allclose(found.sign_agreement[0, 0, 0], weights[0] / weights.sum())


def test_the_same_explanation_is_not_sensitive(explanations):
    found = replacement_sensitivity(
        {"a": explanations["mask"], "b": explanations["mask"]}
    )
    assert_allclose(found.sensitivity, 0, atol=1e-12)
    assert_allclose(found.sign_agreement, 1)
    assert "number" in found.feature_modalities


@pytest.mark.parametrize(
    "change, error, message",
    [
        (lambda e: {"one": e["mask"]}, ValueError, "two or more Explanations"),
        (lambda e: [e["mask"], e["mask"]], ValueError, "must be a dict"),
        (lambda e: {"a": e["mask"], "b": e["mask"][[0]]}, ValueError, "other rows"),
        (
            lambda e: {"a": e["mask"], "b": e["mask"][[1, 0]]},
            ValueError,
            "outputs differ",
        ),
        (lambda e: {"a": e["mask"], "b": 3}, TypeError, "must be an Explanation"),
    ],
)
def test_what_cannot_be_compared_is_told(explanations, change, error, message):
    with pytest.raises(error, match=message):
        replacement_sensitivity(change(explanations))


def test_an_unknown_modality_is_told(explanations):
    with pytest.raises(ValueError, match=r"one of \['text', 'number'\]; got 'image'"):
        replacement_sensitivity(explanations, modality="image")
