"""MultimodalArray: a container of rows in its own right, and in scikit-learn."""

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from joblib import Parallel, delayed
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ShuffleSplit,
    cross_val_predict,
    cross_validate,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import indexable

from skdime import Disentangler, MultimodalArray
from skdime._utils.from_sklearn import _safe_indexing
from tests._rows._mixed import N, Ranker, assert_rows, labels, means, mixed_rows


@pytest.fixture
def X():
    return mixed_rows()


@pytest.fixture
def y():
    return labels()


class TestContainer:
    def test_shape(self, X):
        assert X.shape == (N, 4)
        assert len(X) == N
        assert X.ndim == 2

    def test_is_like_a_dict(self, X):
        keys = ["image", "question", "ecg", "vitals"]
        assert list(X.keys()) == list(X) == keys
        assert [key for key, _ in X.items()] == keys
        assert X["question"] is dict(X)["question"] is list(X.values())[1]
        assert "ecg" in X
        assert "sound" not in X

    def test_nothing_is_copied(self, X):
        image = np.zeros((3, 2))
        assert MultimodalArray(image=image)["image"] is image

    def test_keywords_add_to_the_dict(self, X):
        more = MultimodalArray(X, age=np.arange(N))
        assert more.shape == (N, 5)
        assert more["ecg"] is X["ecg"]

    def test_a_keyword_may_be_called_data(self):
        assert list(MultimodalArray(data=[1, 2]).keys()) == ["data"]

    @pytest.mark.parametrize(
        ("key", "rows"),
        [
            (slice(2, 5), [2, 3, 4]),
            (slice(None, None, -4), [11, 7, 3]),
            (np.array([4, 4, 0]), [4, 4, 0]),
            ([1, -1], [1, 11]),
            (np.arange(N) % 5 == 1, [1, 6, 11]),
            ([i == 3 for i in range(N)], [3]),
            ([], []),
            (7, [7]),
            (np.int64(-2), [10]),
            ((np.array([2, 3]), ...), [2, 3]),
        ],
    )
    def test_rows(self, X, key, rows):
        assert_rows(X[key], X, rows)

    def test_rows_and_keys_at_once(self, X):
        part = X[[3, 1], [2, 0]]
        assert list(part.keys()) == ["ecg", "image"]
        assert_array_equal(part["image"], X["image"][[3, 1]])

    @pytest.mark.parametrize("key", [N, -N - 1, [0, N], np.ones(N - 1, dtype=bool)])
    def test_rows_that_are_not_there(self, X, key):
        with pytest.raises(IndexError):
            X[key]

    @pytest.mark.parametrize("key", [0.5, [0.0, 1.0], [["a"]], None, [[0], [1]]])
    def test_what_is_no_index(self, X, key):
        with pytest.raises(IndexError, match="indexed by a key, or by rows"):
            X[key]

    def test_unknown_key(self, X):
        with pytest.raises(KeyError, match=r"'sound' is no key.*'image', 'question'"):
            X["sound"]

    def test_sparse_becomes_csr(self):
        X = MultimodalArray(words=sp.coo_matrix(np.eye(3)), age=np.arange(3))
        assert X["words"].format == "csr"
        assert_array_equal(X[[2, 0]]["words"].toarray(), np.eye(3)[[2, 0]])
        assert_array_equal(X[[2, 0]]["age"], [2, 0])

    def test_repr_tells_what_is_under_each_key(self, X):
        shown = repr(X)
        assert "12 rows" in shown
        assert "image: numpy array of shape (12, 4, 4, 3), uint8" in shown
        assert "question: list of 12" in shown

    def test_is_no_single_array(self, X):
        with pytest.raises(TypeError, match=r"no single array.*'image'"):
            np.asarray(X)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_and_series_stay_what_they_are(library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({"age": [1, 2, 3], "sex": ["f", "m", "f"]})
    X = MultimodalArray(table=frame, sex=frame["sex"], rank=[0, 1, 2])
    part = X[[2, 0]]
    assert type(part["table"]) is type(frame)
    assert type(part["sex"]) is type(frame["sex"])
    assert part["table"]["age"].to_list() == [3, 1]
    assert part["sex"].to_list() == ["f", "f"]
    assert part["sex"].name == "sex"


class TestWrongInput:
    def test_unequal_lengths(self):
        with pytest.raises(ValueError, match=r"same number of rows.*'a': 3, 'b': 2"):
            MultimodalArray(a=np.zeros((3, 2)), b=["x", "y"])

    @pytest.mark.parametrize("data", [None, {}])
    def test_no_keys(self, data):
        with pytest.raises(ValueError, match="at least one modality"):
            MultimodalArray(data)

    @pytest.mark.parametrize("data", [np.zeros((2, 2)), [("a", [1])], "text"])
    def test_no_dict(self, data):
        with pytest.raises(TypeError, match="takes a dict from names"):
            MultimodalArray(data)

    @pytest.mark.parametrize("key", [0, None, ("a", "b")])
    def test_keys_that_are_no_strings(self, key):
        with pytest.raises(TypeError, match="must be strings"):
            MultimodalArray({key: [1, 2]})

    @pytest.mark.parametrize(
        "rows", ["what is it?", 3, None, (1, 2), {"x": 1}, np.array(3.0), range(2)]
    )
    def test_what_holds_no_rows(self, rows):
        with pytest.raises(TypeError, match=r"'a' is an .*, which is no container"):
            MultimodalArray(a=rows)


class TestInScikitLearn:
    def test_indexable(self, X, y):
        same, _ = indexable(X, y)
        assert same is X

    def test_unequal_length_of_y(self, X, y):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            indexable(X, y[:-1])

    @pytest.mark.parametrize("rows", [[3, 1], slice(1, 3), np.arange(N) > 8])
    def test_safe_indexing(self, X, rows):
        assert_rows(_safe_indexing(X, rows), X, np.arange(N)[rows].tolist())

    def test_safe_indexing_of_columns(self, X):
        part = _safe_indexing(X, [1, 3], axis=1)
        assert list(part.keys()) == ["question", "vitals"]

    def test_train_test_split(self, X):
        train, test, _, rows = train_test_split(X, np.arange(N), random_state=0)
        assert len(train) == 9
        assert_rows(test, X, rows.tolist())

    @pytest.mark.parametrize("splitter", [KFold(3), ShuffleSplit(3, random_state=0)])
    def test_splitters(self, X, splitter):
        for train, test in splitter.split(X):
            assert len(X[train]) + len(X[test]) == N

    def test_cross_validate_equals_the_same_by_hand(self, X, y):
        found = cross_val_predict(Ranker(), X, y, cv=KFold(3))
        for train, test in KFold(3).split(np.arange(N)):
            assert_array_equal(
                found[test], Ranker().fit(X[train], y[train]).predict(X[test])
            )

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_cross_validate_of_a_disentangler(self, X, y, n_jobs):
        dis = Disentangler(Ranker(), random_state=0)
        found = cross_validate(
            dis,
            X,
            y,
            cv=KFold(3),
            scoring=lambda fitted, X, y: fitted.transform(X).sum(),
            n_jobs=n_jobs,
            error_score="raise",
        )
        for (train, test), score in zip(
            KFold(3).split(y), found["test_score"], strict=True
        ):
            model = Ranker().fit(X[train], y[train])
            # UC + MI is the output
            assert_allclose(score, model.decision_function(X[test]).sum())

    def test_grid_search(self, X, y):
        search = GridSearchCV(Ranker(), {"C": [1e-3, 1.0]}, cv=2, error_score="raise")
        assert search.fit(X, y).predict(X).shape == (N,)

    def test_pipeline(self, X, y):
        model = make_pipeline(FunctionTransformer(means), LogisticRegression())
        dis = Disentangler(model, random_state=0).fit(X, y)
        found, model = dis.decompose(X), dis.estimator_
        assert_allclose(found.output[:, 0], model.decision_function(X))
        # linear in numbers of one modality each
        assert_allclose(found.mi, 0, atol=1e-9)

    def test_function_transformer_alone(self, X):
        assert_rows(FunctionTransformer().fit(X).transform(X), X, range(N))

    @pytest.mark.parametrize(
        "copied", [copy.copy, copy.deepcopy, lambda X: pickle.loads(pickle.dumps(X))]
    )
    def test_copies(self, X, copied):
        assert_rows(copied(X), X, range(N))

    def test_clone(self, X):
        assert_rows(clone(X, safe=False), X, range(N))

    def test_workers(self, X):
        parts = Parallel(n_jobs=2)(delayed(_half)(X, half) for half in (0, 1))
        assert_rows(parts[0], X, range(6))
        assert_rows(parts[1], X, range(6, N))


def _half(X, half):
    return X[half * 6 : (half + 1) * 6]
