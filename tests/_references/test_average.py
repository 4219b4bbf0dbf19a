"""The average row, column by column."""

import numpy as np
import pytest
import scipy.sparse as sp

from skdime import MultimodalArray
from skdime._references.average import average_row
from tests._data import TWO, positions_of

RNG = np.random.RandomState(0)
TEXTS = ["where is the cat", "what is this thing", "how many are there", "who is there"]


def average(X):
    """The average of rows of which every column is a modality."""
    return average_row(X, [(str(j), np.array([j])) for j in range(X.shape[1])])


def test_numbers_have_the_middle_value_that_occurs():
    X = RNG.normal(size=(11, 5))
    np.testing.assert_array_equal(
        average_row(X, positions_of(TWO)), np.median(X, axis=0)[None]
    )
    even = average(np.array([[1, 8], [2, 8], [7, 9], [9, 9]]))
    assert even[0, 0] in (2, 7)
    assert even.dtype.kind == "i"


def test_columns_of_a_frame_keep_their_dtypes():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "number": [3, 1, 2],
            "gap": [np.nan, 5.0, np.nan],
            "level": pd.Categorical(["b", "a", "b"], categories=["a", "b", "c"]),
            "word": ["u", "v", "v"],
            "text": TEXTS[:3],
            "series": [np.arange(3.0) + i for i in range(3)],
            "flag": [True, False, True],
        }
    )
    row = average(frame)
    assert row.dtypes.equals(frame.dtypes)
    assert row.drop(columns="series").iloc[0].tolist() == [2, 5, "b", "v", "", True]
    np.testing.assert_array_equal(row["series"][0], [1, 2, 3])


def test_columns_of_a_polars_frame():
    pl = pytest.importorskip("polars")
    row = average(pl.DataFrame({"number": [3, 1, 2], "word": ["u", "v", "v"]}))
    assert row.rows() == [(2, "v")]


def test_what_lies_under_keys():
    images = RNG.randint(0, 255, size=(4, 3, 2)).astype(np.uint8)
    rows = average(
        MultimodalArray(
            image=images,
            text=TEXTS,
            table=np.array([[1.0, 5], [2, 5], [2, 6], [7, 8]]),
            pairs=[[1.5, 3.0], [2.5, 5.0], [1.5, 3.0], [2.5, 5.0]],
            word=["a", "b", "b", "c"],
            codes=[{"E11", "I10"}, {"I10"}, {"E78", "E11"}, {"J45"}],
            number=np.array([1.0, 2, 2, 5]),
        )
    )
    np.testing.assert_array_equal(rows["image"][0], np.rint(images.mean(axis=0)))
    assert rows["image"].dtype == np.uint8
    assert rows["text"] == [""]
    np.testing.assert_array_equal(rows["table"], [[2, 5]])
    assert rows["pairs"] == [[2.0, 4.0]]
    assert rows["word"] == ["b"]
    assert rows["codes"] == [set()]
    np.testing.assert_array_equal(rows["number"], [2])


def test_channels_of_a_collection_of_series():
    X = RNG.normal(size=(6, 2, 5))
    np.testing.assert_allclose(average(X), X.mean(axis=0, keepdims=True))


def test_a_sparse_matrix():
    dense = np.array([[0, 1.0], [0, 2], [5, 3]])
    row = average(sp.csr_matrix(dense))
    np.testing.assert_array_equal(row.toarray(), [[0, 2]])


def test_series_of_unequal_length_have_no_mean():
    rows = MultimodalArray(a=[np.zeros(2), np.zeros(3)], b=[1.0, 2.0])
    with pytest.raises(ValueError, match="unequal shape") as error:
        average(rows)
    assert "modality '0'" in error.value.__notes__[0]
