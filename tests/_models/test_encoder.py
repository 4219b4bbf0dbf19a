"""Blocks encoded by themselves are columns of the whole rows encoded."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVR

from skdime import Disentangler
from skdime._models.encoder import Encoder
from skdime._rows.modalities import split

# Numbers in columns 0 and 2, codes of three categories in column 1.
X = np.random.RandomState(0).normal(size=(12, 3))
X[:, 1] = np.arange(12) % 3
MODALITIES = [("a", np.array([2, 1])), ("b", np.array([0]))]
COLUMNS = [columns for _, columns in MODALITIES]
# The scaled columns 0 and 2, then one column for each category.
OWNERS = np.array([1, 0, 0, 0, 0])


def encoder(last="passthrough"):
    columns = ColumnTransformer(
        [("scale", StandardScaler(), [0, 2]), ("codes", OneHotEncoder(), [1])],
        sparse_threshold=0,
    )
    steps = make_pipeline(columns, last).fit(X)
    return Encoder(steps, COLUMNS, OWNERS, split(X[:1], MODALITIES))


def test_columns_belong_to_their_modality():
    first, second = encoder().columns_out
    assert_array_equal(first, [1, 2, 3, 4])
    assert_array_equal(second, [0])


@pytest.mark.parametrize("batch_rows", [None, 1, 5, 12, 100])
def test_blocks_are_those_of_the_whole_rows(batch_rows):
    one = encoder()
    found, n_encoded = one.encode(split(X, MODALITIES), batch_rows)
    assert n_encoded == 2 * len(X)
    whole = one.steps.transform(X)
    for block, columns in zip(found, one.columns_out, strict=True):
        assert_array_equal(block, whole[:, columns])


def test_blocks_may_have_different_numbers_of_rows():
    one = encoder()
    first, second = split(X, MODALITIES)
    found, n_encoded = one.encode([first[:5], second[7:]])
    assert n_encoded == 5 + 5
    whole = one.steps.transform(X)
    assert_array_equal(found[0], whole[:5, 1:])
    assert_array_equal(found[1], whole[7:, :1])


def test_no_more_rows_than_told_go_through_the_steps_at_once():
    sizes = []

    def spy(rows):
        sizes.append(len(rows))
        return rows

    one = encoder(FunctionTransformer(spy))
    sizes.clear()
    one.encode(split(X, MODALITIES), 5)
    assert sizes == [5, 5, 2] * 2


@pytest.mark.parametrize("batch_rows", [None, 4])
def test_a_row_that_the_steps_fail_on_is_named(batch_rows):
    rows = X.copy()
    rows[9, 1] = 7.0  # a category that fit has not seen
    with pytest.raises(ValueError, match="unknown categories") as caught:
        encoder().encode(split(rows, MODALITIES), batch_rows)
    assert "row 9 of these, counted from 0" in caught.value.__notes__[0]


def test_an_error_that_no_single_row_makes_has_no_note():
    def refuse_many(rows):
        if len(rows) > 1:
            raise RuntimeError("one at a time")
        return rows

    one = encoder()
    one.steps.steps[-1] = ("last", FunctionTransformer(refuse_many).fit(X))
    with pytest.raises(RuntimeError, match="one at a time") as caught:
        one.encode(split(X, MODALITIES))
    assert not getattr(caught.value, "__notes__", [])


class Lengths(TransformerMixin, BaseEstimator):
    """A slow transformer of users, which counts the rows that it is given."""

    transforms_row_by_row = True
    n_rows = 0

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        type(self).n_rows += len(X)
        return np.array([[len(text), text.count("a")] for text in np.ravel(X)])


class NotMarked(Lengths):
    transforms_row_by_row = False


@pytest.mark.parametrize("kind", [Lengths, NotMarked])
def test_a_transformer_that_is_marked_encodes_each_cell_once(kind):
    pd = pytest.importorskip("pandas")
    texts = ["a", "ab", "aba", "b", "abaa", "bb"] * 3
    frame = pd.DataFrame({"text": texts, "number": np.arange(18.0)})
    y = frame["number"] * frame["text"].str.len()
    columns = make_column_transformer(
        (kind(), ["text"]), remainder="passthrough", verbose_feature_names_out=False
    )
    model = FrozenEstimator(make_pipeline(columns, SVR(C=10)).fit(frame, y))
    kind.n_rows = 0
    dis = Disentangler(model, [("text", ["text"]), ("number", ["number"])])
    parts = dis.set_params(n_references=None).fit(frame).decompose(frame)
    if kind is Lengths:
        # six texts, one to fill up each row whose numbers are encoded, and the rows
        # that fit evaluates by the model itself
        assert kind.n_rows <= 6 + 18 + 8
        assert parts.n_encodings == 0
    else:
        assert kind.n_rows >= 18 * 18
    assert_allclose(parts.output[:, 0], model.predict(frame))
