"""Groups of columns, against models whose interactions are known."""

from itertools import chain

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from skdime import Disentangler, MultimodalArray
from skdime.model_selection import find_modalities
from tests._data import Counter

ROWS = np.random.RandomState(0).normal(size=(300, 6))


def three_pairs(X):
    first, second = X[:, 0] * X[:, 4], np.maximum(X[:, 1], X[:, 5])
    return first + 3 * second + 2 * X[:, 2] * X[:, 3]


def groups_of(proposal):
    return [columns for _, columns in proposal.modalities]


def test_columns_that_interact_are_together():
    found = find_modalities(ROWS, three_pairs, n_modalities=3, random_state=0)
    assert groups_of(found) == [[0, 4], [1, 5], [2, 3]]
    assert found.between < 1e-9
    two = find_modalities(ROWS, three_pairs, random_state=0)
    pairs = [{0, 4}, {1, 5}, {2, 3}]
    for group in map(set, groups_of(two)):
        assert all(pair <= group or not pair & group for pair in pairs)
    # and are modalities without MI
    dis = Disentangler(three_pairs, found.modalities, n_references=20).fit(ROWS)
    np.testing.assert_allclose(dis.decompose(ROWS[:5]).mi, 0, atol=1e-9)


def test_shares_of_interactions_are_those_of_the_anova():
    """The product of two standard normal columns has variance 1."""

    def model(X):
        return X[:, 0] + X[:, 1] * X[:, 2] + 0.5 * X[:, 3] * X[:, 4] * X[:, 5]

    found = find_modalities(ROWS, model, n_samples=20_000, random_state=0)
    variance = 1 + 1 + 0.25
    expected = np.zeros((6, 6))
    expected[1, 2] = 1 / variance
    # a pair has all terms that contain it, of any order
    expected[[3, 3, 4], [4, 5, 5]] = 0.25 / variance
    np.testing.assert_allclose(found.interaction, expected + expected.T, atol=0.06)
    assert found.interaction[0].max() < 1e-12


def test_the_model_is_evaluated_as_often_as_announced():
    counter = Counter(three_pairs)
    find_modalities(ROWS, counter, n_samples=10, random_state=0)
    assert counter.rows == 10 * (6 * 7 // 2 + 1)


def test_additive_models_have_any_groups():
    found = find_modalities(ROWS, lambda X: X.sum(axis=1), random_state=0)
    assert sorted(chain(*groups_of(found))) == list(range(6))
    assert np.isnan(found.between) or found.between <= 1
    assert not (found.interaction > 1e-12).any()


def test_frames_and_classes():
    pytest.importorskip("pandas")
    X, y = load_iris(return_X_y=True, as_frame=True)
    forest = RandomForestClassifier(10, random_state=0).fit(X, y)
    found = find_modalities(X, forest, random_state=0)
    assert found.column_names.tolist() == X.columns.tolist()
    assert sorted(chain(*groups_of(found))) == sorted(X.columns)
    assert "2 groups of 4 columns" in repr(found)
    frozen = FrozenEstimator(forest)
    fitted = Disentangler(frozen, found.modalities, n_references=5).fit(X, y)
    assert [name for name, _ in fitted.modalities_] == ["group 1", "group 2"]
    same = find_modalities(X, forest, random_state=0)
    np.testing.assert_array_equal(same.interaction, found.interaction)


def test_keys_of_multimodal_rows():
    rows = MultimodalArray({"a": ROWS[:, :1], "b": ROWS[:, 1:3], "c": ROWS[:, 3:]})

    def model(X):
        return X["a"][:, 0] * X["c"][:, 0] + X["b"][:, 0]

    found = find_modalities(rows, model, random_state=0)
    assert groups_of(found) == [["a", "c"], ["b"]]


def test_what_cannot_be_grouped():
    with pytest.raises(ValueError, match=r"at most the number of columns, 6\. Got 7"):
        find_modalities(ROWS, three_pairs, n_modalities=7)
    with pytest.raises(ValueError, match="`n_samples` must be an integer"):
        find_modalities(ROWS, three_pairs, n_samples=1)
    with pytest.raises(NotFittedError):
        find_modalities(ROWS, RandomForestClassifier())
