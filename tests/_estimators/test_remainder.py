"""Columns of no modality: refused, kept as in the row, or added to a modality."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.metrics import additive_gap, fidelity
from skdime.perturbers import TabularPerturber, TextPerturber

WORDS = ["ash", "birch", "cedar", "elm", "fir", "oak"]
TWO = [("a", [0]), ("b", [1])]


def model(X):
    a, b, c = X.T
    return np.column_stack([a * b * c + c, np.sin(a + c) + b])


def rows(n=12):
    X = np.random.RandomState(0).normal(size=(n, 3))
    X[:, 2] = np.arange(n) % 3
    return X


def with_third(value):
    """The model of two columns that is left where the third one holds a value."""

    def of_two(X):
        return model(np.column_stack([X, np.full(len(X), value)]))

    return of_two


@pytest.fixture(scope="module")
def X():
    return rows()


def test_rows_are_those_of_the_model_with_their_own_values(X):
    dis = Disentangler(model, TWO, remainder="hold", n_references=None, random_state=0)
    found = dis.fit(X).decompose(X)
    assert_allclose(found.output, model(X))
    for value in range(3):
        own = X[:, 2] == value
        other = Disentangler(with_third(value), n_references=None).fit(X[:, :2])
        expected = other.decompose(X[own, :2])
        means = found.baseline[own][:, None] + found.main[own]
        assert_allclose(means, expected.baseline + expected.main)


def test_an_additive_model_has_no_interaction(X):
    def additive(X):
        return X[:, 0] + np.square(X[:, 1]) + X[:, 2]

    dis = Disentangler(additive, TWO, remainder="hold", random_state=0)
    assert_allclose(dis.fit(X).decompose(X).mi, 0, atol=1e-12)


def test_baseline_is_the_mean_over_tuples_with_the_rows_own_value(X):
    dis = Disentangler(model, TWO, remainder="hold", n_references=8, random_state=0)
    dis.fit(X)
    found = dis.decompose(X[:4])
    a, b = (block[:, 0] for block in dis._references.blocks)
    assert sorted(a) == sorted(dis.references_[:, 0])
    assert not np.array_equal(a, dis.references_[:, 0]) or not np.array_equal(
        b, dis.references_[:, 1]
    )
    for row in range(4):
        own = np.full(8, X[row, 2])
        expected = model(np.column_stack([a, b, own])).mean(axis=0)
        assert_allclose(found.baseline[row], expected)
        alone = np.column_stack([np.full(8, X[row, 0]), b, own])
        main = model(alone).mean(axis=0) - expected
        assert_allclose(found.main[row, 0], main)
    assert_allclose(found.baseline + found.main.sum(axis=1), found.uc)
    assert found.baseline_se.shape == found.uc.shape
    # three values, each with a baseline of 8 rows
    assert found.n_model_rows == 3 * 8 + 4 * (1 + 2 * 8)


def test_explanations_are_those_of_the_model_with_the_rows_own_value(X):
    params = {"n_samples": 60, "algorithm": "exhaustive", "random_state": 0}
    dis = Disentangler(model, TWO, remainder="hold", n_references=None, random_state=0)
    # straight lines have a closed form, and are the same to rounding
    perturbers = [(name, TabularPerturber(effects="slope")) for name in "ab"]
    explainer = LocalExplainer(dis, perturbers, **params).fit(X)
    found = explainer.explain(X[:5])
    for row in range(5):
        other = Disentangler(with_third(X[row, 2]), n_references=None, random_state=0)
        other = LocalExplainer(
            other.set_params(modalities=TWO), perturbers, **params
        ).fit(X[:, :2])
        expected = other.explain(X[[row], :2])
        assert_allclose(found.coef[row], expected.coef[0], atol=1e-8)
    assert found.feature_modalities.tolist() == ["a", "b"]
    assert_array_equal(found.row_names, np.arange(5))
    coef = explainer.transform(X[:5])
    assert_allclose(coef, found.coef.reshape(5, -1), atol=1e-8)
    assert 0 < explainer.score(X[:5]) <= 1
    cost = explainer.cost(X[:5])
    assert found.n_model_rows <= cost.explain_rows


def test_outputs_can_be_chosen_where_columns_stay(X):
    dis = Disentangler(model, TWO, remainder="hold", n_references=5, random_state=0)
    dis.fit(X)
    whole, found = dis.decompose(X[:6]), dis.decompose(X[:6], outputs="predicted")
    largest = whole.output.argmax(axis=1)
    assert_allclose(found.mi[:, 0], whole.mi[np.arange(6), largest])
    chosen = dis.decompose(X[:6], outputs=np.tile([[1]], (6, 1)))
    assert_allclose(chosen.mi, whole.mi[:, [1]])


def test_an_answer_of_a_generative_model_stays_with_its_row():
    rng = np.random.RandomState(0)
    texts = [" ".join(rng.permutation(WORDS)[:3]) for _ in range(10)]
    X = MultimodalArray(
        image=rng.normal(size=(10, 2)), question=texts, answer=[t[:3] for t in texts]
    )

    def score(X):
        """How well an answer fits, as the log-probability of a language model does."""
        seen = X["image"].sum(axis=1)
        pairs = zip(X["question"], X["answer"], strict=True)
        fits = np.array([answer in question for question, answer in pairs])
        return fits * (1 + seen)

    modalities = [("image", ["image"]), ("question", ["question"])]
    dis = Disentangler(score, modalities, remainder="hold", n_references=6)
    explainer = LocalExplainer(dis, [("question", TextPerturber())], random_state=0)
    found = explainer.fit(X).explain(X[:2])
    assert_allclose(found.decomposition.output[:, 0], score(X[:2]))
    word = texts[0].split()[0]
    uc = found.sel(part="uc", feature=word, row=0)
    assert uc[0] == pytest.approx(score(X[:1])[0] / (1 + X["image"][0].sum()), abs=1.5)
    strongest = found.top(1, row=0, part="uc")[0]
    assert strongest.feature == word


@pytest.mark.parametrize("container", ["frame", "array"])
def test_the_name_of_a_modality_adds_the_rest_to_it(X, container):
    if container == "frame":
        pd = pytest.importorskip("pandas")
        X = pd.DataFrame(X, columns=["u", "v", "w"])

    def of_array(X):
        return model(np.asarray(X))

    found, expected = (
        Disentangler(of_array, modalities, remainder=rest, random_state=0).fit(X)
        for modalities, rest in ((TWO, "b"), ([("a", [0]), ("b", [1, 2])], "error"))
    )
    assert_array_equal(found.modalities_[1][1], [1, 2])
    assert_allclose(found.decompose(X).uc, expected.decompose(X).uc)


def test_nothing_changes_where_every_column_has_a_modality(X):
    whole = [("a", [0]), ("b", [1, 2])]
    held = Disentangler(model, whole, remainder="hold", random_state=0).fit(X)
    usual = Disentangler(model, whole, random_state=0).fit(X)
    assert_array_equal(held.decompose(X).uc, usual.decompose(X).uc)
    assert held.decompose(X).baseline.ndim == 1


def test_wrong_remainders_are_told(X):
    with pytest.raises(ValueError, match=r"to no modality.*set remainder='hold'"):
        Disentangler(model, TWO).fit(X)
    with pytest.raises(ValueError, match=r"name of a modality, one of \['a', 'b'\]"):
        Disentangler(model, TWO, remainder="c").fit(X)
    with pytest.raises(ValueError, match="reference_weights='calibrated' weighs"):
        Disentangler(model, TWO, remainder="hold", reference_weights="calibrated").fit(
            X
        )
    dis = Disentangler(model, TWO, remainder="hold", random_state=0)
    explainer = LocalExplainer(dis, n_samples=20, random_state=0).fit(X)
    with pytest.raises(ValueError, match="cannot keep columns of no modality"):
        fidelity(explainer, X[:2])
    with pytest.raises(ValueError, match="cannot keep columns of no modality"):
        additive_gap(explainer.disentangler_, X, X[:, 0])
