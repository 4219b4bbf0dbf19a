"""Coefficients are as accurate for small outputs and small MI as for large ones."""

import numpy as np
import pytest
from numpy.linalg import norm

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import SeriesPerturber

N, ROWS = 240, slice(0, 12)
RNG = np.random.RandomState(0)
NUMBERS = RNG.normal(size=(N, 3))
WORDS = np.array(["fever", "pain", "cough", "mild", "severe", "night", "no"])
NOTES = [" ".join(RNG.permutation(WORDS)[:5]) for _ in range(N)]
SERIES = RNG.normal(size=(N, 1, 24))
TABLE = RNG.normal(size=(N, 3))
# What a modality holds, its perturber, and the feature that counts.
MODALITIES = {
    "table": (TABLE, "auto", "x0"),
    "text": (NOTES, "auto", "fever"),
    "series": (SERIES, {"cell": SeriesPerturber(n_segments=6)}, None),
}


def effect(cells):
    """What a cell adds on its own: of a wave, a word, or the second segment."""
    if isinstance(cells, list):
        return np.array(["fever" in cell.split() for cell in cells], dtype=float)
    if cells.ndim == 3:
        return cells[:, 0, 4:8].mean(axis=1)
    return np.sin(2 * cells[:, 0])


def other_effect(cells):
    """Another one, of an output that is beside."""
    if isinstance(cells, list):
        return np.array([2 * ("pain" in c) - ("cough" in c) for c in cells], float)
    if cells.ndim == 3:
        return cells[:, 0, 8:12].mean(axis=1)
    return np.cos(cells[:, 1])


def small_beside_large(X):
    """The second output is a product; the first has a scale of 10,000."""
    first, second = X["numbers"][:, 0], X["numbers"][:, 1]
    large = other_effect(X["cell"]) * (1 + np.tanh(second))
    return np.column_stack([1e4 * large, effect(X["cell"]) * first])


def small_interaction(X):
    """MI is less than a tenth of all effects."""
    first, second = X["numbers"][:, 0], X["numbers"][:, 1]
    own = 8 * other_effect(X["cell"]) + 8 * second
    return own + 0.2 * effect(X["cell"]) * first


def explained(kind, model):
    """Coefficients of the modality, of shape (n_rows, 2, n_features, n_outputs)."""
    cells, perturbers, _ = MODALITIES[kind]
    X = MultimodalArray(cell=cells, numbers=NUMBERS)
    explainer = LocalExplainer(Disentangler(model), perturbers, random_state=0).fit(X)
    found = explainer.explain(X[ROWS])
    own = found.feature_modalities == "cell"
    drawn = explainer.disentangler_.references_["numbers"][:, 0].mean()
    return np.nan_to_num(found.coef[:, :, own]), found.feature_names[own], drawn


def product_coefficients(kind, names, drawn):
    """UC and MI of the feature that is multiplied, by hand; all others are 0."""
    cells = MODALITIES[kind][0]
    absent = {"table": effect(cells).mean(), "text": 0.0, "series": 0.0}[kind]
    if kind == "series":
        absent = effect(SERIES.mean(axis=0, keepdims=True))[0]
    moved = (effect(cells) - absent)[ROWS]
    expected = np.zeros((len(moved), 2, len(names)))
    feature = 1 if kind == "series" else names.tolist().index(MODALITIES[kind][2])
    expected[:, 0, feature] = moved * drawn
    expected[:, 1, feature] = moved * (NUMBERS[ROWS, 0] - drawn)
    return expected


@pytest.mark.parametrize("kind", MODALITIES)
def test_a_small_output_beside_a_large_one(kind):
    coef, names, drawn = explained(kind, small_beside_large)
    expected = product_coefficients(kind, names, drawn)
    # of all rows that have the feature, tol is 5 % of both parts' norm
    wrong, size = (
        norm(coef[..., 1] - expected, axis=(1, 2)),
        norm(expected, axis=(1, 2)),
    )
    assert norm(wrong) <= 0.05 * norm(size)
    assert (wrong <= 0.05 * size + 0.05 * size.mean()).all()


@pytest.mark.parametrize("kind", MODALITIES)
def test_mi_that_is_a_small_part(kind):
    coef, names, drawn = explained(kind, small_interaction)
    expected = 0.2 * product_coefficients(kind, names, drawn)[:, 1]
    found = coef[:, 1, :, 0]
    size = norm(expected, axis=1)
    assert size.max() < 0.1 * norm(coef[:, 0, :, 0], axis=1).max()
    strong = size > 0.25 * size.max()
    assert strong.sum() >= 3
    wrong = norm(found - expected, axis=1)
    assert (wrong <= 0.25 * size)[strong].all()
    strongest = np.abs(found).argmax(axis=1)
    np.testing.assert_array_equal(strongest[strong], np.abs(expected).argmax(1)[strong])
