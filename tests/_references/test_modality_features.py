"""Numbers that stand for modalities of any kind."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp

from skdime import MultimodalArray
from skdime._references.modality_features import ModalityFeatures, modality_features
from skdime._rows.containers import take


def test_few_numbers_are_standardised():
    values = np.random.RandomState(0).normal(2, 3, size=(50, 3))
    found = modality_features(values, 8)
    np.testing.assert_allclose(found, (values - values.mean(0)) / values.std(0))


def test_many_numbers_are_principal_components():
    rng = np.random.RandomState(0)
    factor = rng.normal(size=(200, 1))
    values = factor + 0.1 * rng.normal(size=(200, 30))
    found = modality_features(values, 4)
    assert found.shape == (200, 4)
    assert abs(np.corrcoef(found[:, 0], factor[:, 0])[0, 1]) > 0.99
    sparse = modality_features(sp.csr_matrix(values), 4)
    assert abs(np.corrcoef(sparse[:, 0], factor[:, 0])[0, 1]) > 0.99


def test_missing_numbers_and_constants():
    values = np.array([[1.0, 7.0], [np.nan, 7.0], [3.0, 7.0], [np.nan, 7.0]])
    found = modality_features(values, 8)
    assert found.shape == (4, 2)  # the number, and whether it is missing
    np.testing.assert_allclose(found[:, 1], [-1, 1, -1, 1])
    assert modality_features(np.ones((4, 2)), 8).shape == (4, 0)


WORD = np.arange(40) % 2 == 0


def notes():
    rng = np.random.RandomState(0)
    return [f"{'severe' if w else 'mild'} pain {rng.randint(9)}" for w in WORD]


def frame():
    pd = pytest.importorskip("pandas")
    return pd.DataFrame({"ward": np.where(WORD, "surgical", "medical"), "age": 1.0})


KINDS = [
    notes,
    lambda: MultimodalArray(note=notes()),
    frame,
    lambda: [{"a", "b"} if w else {"b"} for w in WORD],
    lambda: [["x9", "y1"] if w else ["y1"] for w in WORD],
    lambda: np.where(WORD[:, None, None], 1.0, 0.0) * np.ones((40, 2, 5)),
    lambda: [np.ones(3 + w) for w in WORD],
    lambda: np.where(WORD, "yes", "no").astype(object)[:, None],
]


@pytest.mark.parametrize("make", KINDS)
def test_what_tells_rows_apart_is_in_the_features_of_every_kind(make):
    found = modality_features(make(), 4)
    assert len(found) == 40 and found.shape[1] >= 1
    assert np.abs(np.corrcoef(found.T, WORD)[-1, :-1]).max() > 0.9


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("n_most", [1, 8])
def test_a_row_has_the_same_features_in_any_company(make, n_most):
    block = make()
    features = ModalityFeatures(block, n_most)
    some = pickle.loads(pickle.dumps(features))(take(block, [7, 3]))
    np.testing.assert_allclose(some, features(block)[[7, 3]], atol=1e-10)
    again = modality_features(block, n_most)
    np.testing.assert_array_equal(features(block), again)


def test_texts_without_words():
    assert modality_features(["", ""], 4).shape == (2, 0)


@pytest.mark.parametrize(
    "block",
    [
        [object(), object(), object()],
        [{"a": 1}, {"b": 2}, {}],
        [None, np.ones(3), np.ones((2, 2))],
        [["a", 1], [2.0], []],
        [b"x", b"y", None],
        np.array(["2020-01-01", "NaT", "2021-05-05"], dtype="datetime64[D]")[:, None],
        np.array([[1 + 2j], [3j], [0]]),
        np.full((3, 2), np.nan),
        np.array([["x", 1.0], [None, 2.0], ["y", np.inf]], dtype=object),
    ],
)
def test_odd_cells_are_no_error(block):
    found = modality_features(block, 4)
    assert len(found) == 3 and np.isfinite(found).all()


def test_wide_tables_and_large_arrays_are_read_in_part():
    rng = np.random.RandomState(0)
    for block in (rng.normal(size=(40, 5000)), rng.normal(size=(40, 30, 90, 3))):
        assert modality_features(block, 4).shape == (40, 4)
