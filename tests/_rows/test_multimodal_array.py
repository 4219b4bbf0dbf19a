"""MultimodalArray: a container of rows in its own right, in scikit-learn and here."""

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from joblib import Parallel, delayed, parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.frozen import FrozenEstimator
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
from skdime._rows.validation import check_rows
from skdime._utils.from_sklearn import _safe_indexing

N = 12
WORDS = ["cat", "dog on mat", "", "two cats", "a dog", "where"]


@pytest.fixture
def X():
    """Row i can be told from what lies under any key."""
    rng = np.random.RandomState(0)
    return MultimodalArray(
        {
            "image": rng.randint(0, 256, size=(N, 4, 4, 3)).astype(np.uint8),
            "question": [f"{i} {WORDS[i % 6]}" for i in range(N)],
            "ecg": [rng.normal(size=(2, 3 + i % 5)) for i in range(N)],
            "vitals": rng.normal(size=(N, 3)),
        }
    )


def means(X):
    """One number for each modality of a row."""
    return np.column_stack(
        [
            X["image"].mean(axis=(1, 2, 3)) / 100,
            [len(text) for text in X["question"]],
            [series[0].max() for series in X["ecg"]],
            X["vitals"] @ [1.0, -2.0, 0.5],
        ]
    )


def interacting(X):
    image, question, ecg, vitals = means(X).T
    return np.column_stack([image * question + ecg * vitals, np.sin(image + ecg)])


def additive(X):
    return means(X) @ [1.0, 2.0, 3.0, 4.0]


class Ranker(ClassifierMixin, BaseEstimator):
    """A model of several kinds of rows; insists on the kinds it was fitted on."""

    def __init__(self, C=1.0):
        self.C = C

    def fit(self, X, y):
        assert isinstance(X, MultimodalArray)
        self.kinds_ = [type(held) for held in X.values()]
        self.model_ = LogisticRegression(C=self.C).fit(means(X), y)
        self.classes_ = self.model_.classes_
        return self

    def decision_function(self, X):
        assert [type(held) for held in X.values()] == self.kinds_
        scores = means(X)
        return self.model_.decision_function(scores) + scores[:, 0] * scores[:, 1]

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 0).astype(int)]


@pytest.fixture
def y(X):
    return (np.arange(N) % 3 > 0).astype(int)


def assert_rows(part, X, rows):
    """`part` holds the given rows of `X`, of every key, in the same kind."""
    assert isinstance(part, MultimodalArray)
    assert part.shape == (len(rows), 4)
    assert list(part.keys()) == list(X.keys())
    for key in ("image", "vitals"):
        assert part[key].dtype == X[key].dtype
        assert_array_equal(part[key], X[key][rows])
    assert part["question"] == [X["question"][row] for row in rows]
    assert isinstance(part["ecg"], list)
    for series, row in zip(part["ecg"], rows, strict=True):
        assert_array_equal(series, X["ecg"][row])


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
        model.fit(X, y)
        dis = Disentangler(model, random_state=0).fit(X, y)
        found = dis.decompose(X)
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


TWO = [("seen", ["image", "ecg"]), ("told", ["question", "vitals"])]
THREE = [("image", "image"), ("words", ["question"]), ("body", [2, 3])]


class TestDisentangler:
    @pytest.mark.parametrize("modalities", [None, TWO, THREE])
    def test_uc_and_mi_add_up(self, X, modalities):
        found = Disentangler(interacting, modalities, random_state=0).fit(X)
        found = found.decompose(X)
        assert_allclose(found.output, interacting(X))
        assert_allclose(found.uc + found.mi, found.output)
        assert np.abs(found.mi).max() > 0.1

    @pytest.mark.parametrize("modalities", [None, TWO, THREE])
    def test_an_additive_model_has_no_interaction(self, X, modalities):
        found = Disentangler(additive, modalities, random_state=0).fit(X).decompose(X)
        assert_allclose(found.mi, 0, atol=1e-10)

    def test_main_effects_are_means_over_the_others(self, X):
        dis = Disentangler(interacting, TWO, n_references=None).fit(X)
        row = X[[5]]
        told = X[range(N)]
        same = [0] * N
        hybrids = MultimodalArray(
            image=row["image"][same],
            question=told["question"],
            ecg=row["ecg"] * N,
            vitals=told["vitals"],
        )
        expected = interacting(hybrids).mean(axis=0) - dis.baseline_
        assert_allclose(dis.decompose(row).main[0, 0], expected)

    def test_two_modalities_by_brute_force(self, X):
        dis = Disentangler(interacting, TWO, n_references=None).fit(X)
        i, j = np.divmod(np.arange(N * N), N)
        seen, told = X[i], X[j]
        pairs = interacting(
            MultimodalArray(
                image=seen["image"],
                question=told["question"],
                ecg=seen["ecg"],
                vitals=told["vitals"],
            )
        ).reshape(N, N, 2)
        uc = pairs.mean(axis=1) + pairs.mean(axis=0) - pairs.mean(axis=(0, 1))
        assert_allclose(dis.decompose(X).uc, uc)

    def test_names(self, X):
        dis = Disentangler(additive, random_state=0).fit(X)
        assert [name for name, _ in dis.modalities_] == list(X.keys())
        assert dis.n_features_in_ == 4
        assert dis.feature_names_in_.tolist() == list(X.keys())
        assert isinstance(dis.references_, MultimodalArray)

    @pytest.mark.parametrize(
        "columns",
        [
            (["image", "ecg"], ["question", "vitals"]),
            ([0, 2], [1, 3]),
            (np.array([0, -2]), slice(1, None, 2)),
            ([True, False, True, False], lambda X: ["question", "vitals"]),
        ],
    )
    def test_ways_to_say_which_keys(self, X, columns):
        pairs = list(zip(["seen", "told"], columns, strict=True))
        found = Disentangler(interacting, pairs, random_state=0).fit(X).transform(X)
        expected = Disentangler(interacting, TWO, random_state=0).fit(X).transform(X)
        assert_array_equal(found, expected)

    @pytest.mark.parametrize("method", ["threading", "loky"])
    def test_jobs_and_batches_make_no_difference(self, X, method):
        one = Disentangler(interacting, random_state=0).fit(X).transform(X)
        few = Disentangler(interacting, random_state=0, n_jobs=2, max_memory=20_000)
        with parallel_config(method):
            assert_allclose(few.fit(X).transform(X), one, rtol=1e-12)

    def test_a_fitted_model(self, X, y):
        model = Ranker().fit(X, y)
        found = Disentangler(FrozenEstimator(model), TWO).fit(X).decompose(X)
        assert_allclose(found.output[:, 0], model.decision_function(X))

    def test_a_regressor(self, X, y):
        class Regressor(RegressorMixin, BaseEstimator):
            def fit(self, X, y):
                self.scale_ = y.mean()
                return self

            def predict(self, X):
                return self.scale_ * additive(X)

        found = Disentangler(Regressor(), TWO).fit(X, y).decompose(X)
        assert_allclose(found.mi, 0, atol=1e-9)

    def test_a_row_gives_the_same_alone(self, X):
        dis = Disentangler(interacting, TWO, random_state=0).fit(X)
        assert_allclose(dis.transform(X[4]), dis.transform(X)[[4]])


class TestRowsUnlikeThoseInFit:
    @pytest.fixture
    def fitted(self, X):
        estimator = BaseEstimator()
        check_rows(estimator, X, reset=True)
        return estimator

    def test_same_keys_in_another_order(self, X, fitted):
        turned = MultimodalArray({key: X[key] for key in reversed(list(X))})
        assert_rows(check_rows(fitted, turned, reset=False), X, range(N))

    def test_series_of_other_lengths_pass(self, X, fitted):
        longer = MultimodalArray(X, ecg=[np.zeros((2, 50))] * N)
        assert check_rows(fitted, longer, reset=False)["ecg"][0].shape == (2, 50)

    def test_integers_for_floats_pass_as_floats(self, X, fitted):
        whole = MultimodalArray(X, vitals=np.ones((N, 3), dtype=np.int32))
        assert check_rows(fitted, whole, reset=False)["vitals"].dtype == np.float64

    @pytest.mark.parametrize("keys", [["image", "ecg"], ["image"]])
    def test_missing_keys(self, X, fitted, keys):
        with pytest.raises(ValueError, match=r"fitted on the keys.*now given.*'image'"):
            check_rows(
                fitted, MultimodalArray({key: X[key] for key in keys}), reset=False
            )

    def test_a_new_key(self, X, fitted):
        with pytest.raises(ValueError, match="'sound'"):
            check_rows(fitted, MultimodalArray(X, sound=[0] * N), reset=False)

    @pytest.mark.parametrize(
        ("key", "rows", "error", "message"),
        [
            (
                "image",
                np.zeros((N, 4, 5, 3), dtype=np.uint8),
                ValueError,
                r"rows of shape \(4, 4, 3\).*rows of shape \(4, 5, 3\)",
            ),
            ("image", np.zeros((N, 4, 4, 3)), TypeError, "dtype uint8.*float64"),
            ("vitals", np.zeros((N, 2)), ValueError, r"\(3,\).*\(2,\)"),
            ("vitals", [[0.0] * 3] * N, TypeError, "numpy array.*given a list"),
            ("question", np.array(["a"] * N), TypeError, "list.*given a numpy array"),
            ("question", [np.zeros(3)] * N, TypeError, "text.*array with 1 dim"),
            ("question", ["a"] * (N - 1) + [7], TypeError, "text.*int"),
            ("ecg", [np.zeros(3)] * N, TypeError, "2 dimension.*array with 1 dim"),
            ("ecg", np.zeros((N, 2, 3)), TypeError, "list.*given a numpy array"),
        ],
    )
    def test_the_key_is_named(self, X, fitted, key, rows, error, message):
        with pytest.raises(error, match=f"under the key '{key}'.*{message}"):
            check_rows(fitted, MultimodalArray(X, **{key: rows}), reset=False)

    def test_sparse_columns(self):
        estimator = BaseEstimator()
        X = MultimodalArray(a=sp.csr_matrix(np.eye(3)), b=[1, 2, 3])
        check_rows(estimator, X, reset=True)
        other = MultimodalArray(X, a=sp.csr_matrix(np.ones((3, 2))))
        with pytest.raises(ValueError, match=r"under the key 'a'.*\(3,\).*\(2,\)"):
            check_rows(estimator, other, reset=False)

    @pytest.mark.parametrize("library", ["pandas", "polars"])
    def test_frames_under_a_key(self, library):
        frames = pytest.importorskip(library)
        table = frames.DataFrame({"age": [1, 2, 3]})
        X = MultimodalArray(table=table, text=table["age"])
        estimator = BaseEstimator()
        check_rows(estimator, X, reset=True)
        for changed, message in [
            ({"table": frames.DataFrame({"years": [1, 2, 3]})}, "'years'.*'age'"),
            ({"table": frames.DataFrame({"age": [0.5, 2, 3]})}, "age: .*loat64"),
            ({"text": frames.Series([0.5, 1, 2])}, "loat64"),
            ({"table": table["age"]}, "data frame.*series"),
        ]:
            with pytest.raises((TypeError, ValueError), match=message):
                check_rows(estimator, MultimodalArray(X, **changed), reset=False)

    def test_another_container(self, X):
        dis = Disentangler(additive, random_state=0).fit(X)
        with pytest.raises(TypeError, match=r"a MultimodalArray.*type ndarray"):
            dis.transform(np.zeros((N, 4)))
        table = Disentangler(lambda X: X[:, 0], random_state=0).fit(np.eye(3))
        with pytest.raises(TypeError, match=r"on a numpy array.*MultimodalArray"):
            table.transform(X)

    def test_no_rows(self, X):
        with pytest.raises(ValueError, match="0 sample"):
            Disentangler(additive).fit(X[:0])
        with pytest.raises(ValueError, match="At least 2 rows"):
            Disentangler(additive).fit(X[:1])

    def test_unknown_key_in_modalities(self, X):
        with pytest.raises(ValueError, match=r"'sound'.*keys \['image', 'question'"):
            Disentangler(additive, [("a", ["sound"]), ("b", [1, 2, 3])]).fit(X)

    def test_one_key(self, X):
        with pytest.raises(ValueError, match="at least 2 modalities"):
            Disentangler(additive).fit(MultimodalArray(image=X["image"]))

    def test_a_key_in_no_modality(self, X):
        with pytest.raises(ValueError, match=r"'vitals'.*in no modality"):
            Disentangler(additive, [("a", [0]), ("b", [1, 2])]).fit(X)
