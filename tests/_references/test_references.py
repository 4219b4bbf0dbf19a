"""References: one object that all rooms above are handed."""

import dataclasses
import pickle

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression

from skdime import Disentangler, LocalExplainer
from skdime._models.tree_sum import TreeSum
from skdime._references.references import References
from skdime.perturbers import MaskedTabularPerturber


def interacting(X):
    return np.exp(X[:, 0] / 2) * X[:, 1] + X[:, 2] * X[:, 4]


@pytest.fixture
def fitted(X, three):
    return Disentangler(interacting, three, n_references=9, random_state=0).fit(X)


def tuples_of(references):
    """Each tuple as a row of the model's input."""
    rows = np.empty((len(references), 5))
    for m, (_, columns) in enumerate(references.modalities):
        rows[:, columns] = references.blocks[m]
    return rows


def test_references_cannot_be_changed(fitted):
    with pytest.raises(dataclasses.FrozenInstanceError):
        fitted._references.factor = 0.5


def test_blocks_are_in_the_order_of_the_tuples(fitted):
    references = fitted._references
    for m, (_, columns) in enumerate(references.modalities):
        rows = fitted.references_[references.tuples[m]]
        np.testing.assert_array_equal(references.blocks[m], rows[:, columns])


@pytest.mark.parametrize("chosen", [None, [5, 0]])
def test_outputs_are_those_of_single_tuples(fitted, X, three, chosen):
    references = fitted._references
    way = fitted._engine(None).way((4, len(references)))
    block = X[:4, three[1][1]]
    outputs = references.outputs(way, {1: block}, chosen)
    for j, row in enumerate(tuples_of(references)[chosen or slice(None)]):
        hybrids = np.tile(row, (4, 1))
        hybrids[:, three[1][1]] = block
        np.testing.assert_allclose(outputs[:, j, 0], interacting(hybrids))


def test_draws_replace_a_modality_of_every_row(fitted, X, three):
    references = fitted._references
    blocks = [X[:4, columns] for _, columns in three]
    draws = X[10:17, three[0][1]]
    way = fitted._engine(None).way((4, 7))
    outputs = references.over_draws(way, blocks, 0, draws)
    for p, draw in enumerate(draws):
        hybrids = X[:4].copy()
        hybrids[:, three[0][1]] = draw
        np.testing.assert_allclose(outputs[:, p, 0], interacting(hybrids))


def test_rows_in_their_own_context_have_the_models_output(fitted, X, three):
    blocks = [X[:4, columns] for _, columns in three]
    way = fitted._engine(None).way((4, 1))
    outputs = fitted._references.in_context(way, blocks)
    np.testing.assert_array_equal(outputs[:, 0], interacting(X[:4]))


def test_a_pickle_has_the_references_once(X, three):
    fitted = Disentangler(LinearRegression(), three, n_references=9, random_state=0)
    references = fitted.fit(X, X[:, 0])._references
    assert len(references.blocks) == 3  # made on first use
    copy = pickle.loads(pickle.dumps(fitted))
    assert copy._references.rows is copy.references_
    assert "blocks" not in vars(copy._references)
    for m, block in enumerate(copy._references.blocks):
        np.testing.assert_array_equal(block, references.blocks[m])


def test_surrogates_share_the_references_of_the_disentangler(X, two):
    dis = Disentangler(interacting, two, n_references=9, random_state=0)
    perturbers = [("a", MaskedTabularPerturber())]
    exp = LocalExplainer(dis, perturbers, n_samples=30, random_state=0).fit(X)
    for family in exp._fits.families:
        assert family.references is exp.disentangler_._references


def test_references_of_a_size_have_no_rows(three):
    assert len(References.of_size(7, three)) == 7


@pytest.mark.parametrize("pair", [None, ("a", "b")])
@pytest.mark.parametrize("masked", [False, True])
def test_little_memory_does_not_change_the_way(X, three, masked, pair, monkeypatch):
    monkeypatch.setattr(TreeSum, "worthwhile", lambda _, a, b: a * b > 100)
    forest = RandomForestRegressor(4, max_depth=4, random_state=0)
    forest.fit(X, interacting(X))
    perturbers = [("a", MaskedTabularPerturber())] if masked else "auto"
    little, plenty = (
        LocalExplainer(
            Disentangler(
                FrozenEstimator(forest),
                three,
                n_references=12,
                max_memory=max_memory,
                random_state=0,
            ),
            perturbers,
            n_samples=40,
            random_state=0,
        )
        .fit(X)
        .explain(X[:5], pair=pair)
        for max_memory in (3_000, 2**28)
    )
    assert little.n_model_rows == plenty.n_model_rows
    np.testing.assert_allclose(little.coef, plenty.coef, atol=1e-10)
