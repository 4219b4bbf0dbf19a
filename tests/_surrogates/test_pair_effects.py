"""Effects of pairs of features, one of each of two modalities."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer, PairExplanation
from skdime.perturbers import TabularPerturber
from tests._data import slopes

TABLES = [("a", [0, 1, 2]), ("b", [3, 4, 5])]
THREE = [*TABLES, ("c", [6])]
WEIGHTS = np.random.RandomState(5).normal(size=(3, 3))


@pytest.fixture(scope="module")
def X():
    X = np.random.RandomState(0).normal(size=(500, 7))
    X.setflags(write=False)
    return X


def pairs_of(model, X, rows, modalities=TABLES, names=None, **parameters):
    parameters = {"n_samples": 300, "random_state": 0} | parameters
    disentangler = Disentangler(model, modalities, random_state=0)
    explainer = LocalExplainer(disentangler, **parameters).fit(X)
    return explainer, explainer.explain_pairs(rows, names)


def bilinear(X):
    return X[:, 0] - X[:, 4] + np.einsum("ni,ij,nj->n", X[:, :3], WEIGHTS, X[:, 3:6])


def test_a_bilinear_model(X):
    Z, centred = X[:, :6], X - X.mean(axis=0)
    explainer, found = pairs_of(bilinear, Z, Z[:6])
    expected = centred[:6, :3, None] * WEIGHTS * centred[:6, None, 3:6]
    size = np.abs(expected).max()
    np.testing.assert_allclose(found.coef[..., 0], expected, atol=0.01 * size)
    np.testing.assert_allclose(found.r2, 1, atol=1e-3)
    assert found.n_model_rows == explainer.explain(Z[:6]).n_model_rows


def test_shapes_that_bend_and_steps(X):
    def model(X):
        return np.sin(2 * X[:, 0]) * X[:, 3] + (X[:, 1] > 0) * (X[:, 4] > 0.5) + X[:, 2]

    _, found = pairs_of(model, X[:, :6], X[:10, :6])
    expected = np.zeros((10, 3, 3))
    for i, first, j, second in (
        (0, np.sin(2 * X[:, 0]), 0, X[:, 3]),
        (1, 1.0 * (X[:, 1] > 0), 1, 1.0 * (X[:, 4] > 0.5)),
    ):
        expected[:, i, j] = (first - first.mean())[:10] * (second - second.mean())[:10]
    coef = found.coef[..., 0]
    assert np.corrcoef(coef.ravel(), expected.ravel())[0, 1] > 0.99
    inside = np.abs(coef - expected) <= 1.96 * found.se[..., 0] + 0.01
    assert inside.mean() > 0.9


def test_an_additive_model_has_no_pairs(X):
    _, found = pairs_of(lambda X: np.exp(X[:, 0]) + X[:, 4] ** 2, X[:, :6], X[:4, :6])
    np.testing.assert_allclose(found.coef, 0, atol=1e-5)
    assert np.isnan(found.r2).all()


def test_sums_are_coefficients_of_mi(X):
    Z = X[:, :6]
    explainer, found = pairs_of(bilinear, Z, Z[:6])
    coef = explainer.explain(Z[:6]).sel(part="mi", modality="a")[..., 0]
    # the features of b are drawn from all rows here, and from references there
    size = np.abs(coef).mean()
    np.testing.assert_allclose(found.coef[..., 0].sum(axis=2), coef, atol=0.6 * size)
    rest = found.mi - found.coef.sum(axis=(1, 2))
    np.testing.assert_allclose(found.rest, rest)


def test_two_of_three_modalities(X):
    def model(X):
        return X[:, 0] * X[:, 3] + X[:, 0] * X[:, 6] + X[:, 1] * X[:, 3] * X[:, 6]

    explainer, found = pairs_of(model, X, X[:6], THREE, ("b", "a"))
    assert found.modality_names.tolist() == ["b", "a"]
    centred = X - X.mean(axis=0)
    expected = np.zeros((6, 3, 3))
    expected[:, 0, 0] = centred[:6, 0] * centred[:6, 3]
    expected[:, 0, 1] = centred[:6, 3] * centred[:6, 1] * X[:, 6].mean()
    np.testing.assert_allclose(found.coef[..., 0], expected, atol=0.1)
    assert np.isnan(found.rest).all()
    with pytest.raises(ValueError, match="`modalities` must be the names of two"):
        explainer.explain_pairs(X[:1])


def test_selection_names_and_files(X, tmp_path):
    def model(X):
        return np.column_stack([X[:, 0] * X[:, 3], 2 * X[:, 1] * X[:, 4]])

    _, found = pairs_of(model, X[:, :6], X[:3, :6], n_samples=100)
    assert len(found) == 3
    strongest = found.top(1, output=found.output_names[1])[0]
    assert strongest[:2] == ("x1", "x4")
    chosen = found.sel(row=1, first="x0", second="x3", output=found.output_names[0])
    assert chosen == found.coef[1, 0, 0, 0]
    frame = found.to_frame()
    assert list(frame) == ["row", "a", "b", "output", "coef", "se"]
    assert len(frame) == found.coef.size
    np.testing.assert_array_equal(found[[2, 0]].coef, found.coef[[2, 0]])
    low, high = found.interval()
    # some errors are as small as the rounding of the coefficients
    np.testing.assert_allclose(high - low, 2 * 1.959964 * found.se, atol=1e-14)
    found.save(tmp_path / "pairs")
    loaded = PairExplanation.load(tmp_path / "pairs")
    np.testing.assert_array_equal(loaded.coef, found.coef)
    assert repr(loaded) == repr(found)
    assert "x0 x x3" in repr(found[0])
    with pytest.raises(KeyError, match="known are"):
        found.sel(first="x9")


def test_what_has_no_pairs_yet(X):
    explainer = LocalExplainer(
        Disentangler(bilinear, TABLES, n_references=10), slopes(TABLES), n_samples=50
    ).fit(X[:, :6])
    with pytest.raises(ValueError, match="effects='shapley' or 'main'"):
        explainer.explain_pairs(X[:2, :6])
    bent = [(name, TabularPerturber()) for name, _ in TABLES]
    explainer.set_params(perturbers=bent, algorithm="coalitions").fit(X[:, :6])
    with pytest.raises(ValueError, match="set algorithm='draws'"):
        explainer.explain_pairs(X[:2, :6])
