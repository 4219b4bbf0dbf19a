"""Rows in a MultimodalArray are explained like the same rows in one table."""

import numpy as np
import pytest
import scipy.sparse as sp
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.frozen import FrozenEstimator

from skdime import Disentangler, MultimodalArray
from skdime._rows.validation import check_rows
from tests._rows._mixed import N, Ranker, assert_rows, labels, means, mixed_rows


@pytest.fixture
def X():
    return mixed_rows()


@pytest.fixture
def y():
    return labels()


def interacting(X):
    image, question, ecg, vitals = means(X).T
    return np.column_stack([image * question + ecg * vitals, np.sin(image + ecg)])


def additive(X):
    return means(X) @ [1.0, 2.0, 3.0, 4.0]


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
        with pytest.raises(ValueError, match="X has no rows"):
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
        with pytest.raises(ValueError, match=r"'vitals' belongs to no modality"):
            Disentangler(additive, [("a", [0]), ("b", [1, 2])]).fit(X)


def test_a_dict_of_rows_is_taken_for_a_multimodal_array():
    rows = {"a": np.arange(8.0)[:, None], "b": np.arange(8.0)[::-1]}

    def model(X):
        return X["a"][:, 0] * X["b"]

    dis = Disentangler(model, random_state=0).fit(rows)
    found = dis.decompose({"b": rows["b"], "a": rows["a"]})
    expected = dis.decompose(MultimodalArray(rows))
    assert_array_equal(found.mi, expected.mi)
    assert_array_equal(found.output[:, 0], model(rows))
