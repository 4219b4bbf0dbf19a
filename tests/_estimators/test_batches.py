"""explain_batches: the same numbers however rows are given, and what it refuses."""

import json
import os
import weakref

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skdime import (
    Disentangler,
    Explanation,
    LocalExplainer,
    MultimodalArray,
    explain_batches,
)
from skdime.perturbers import TextPerturber
from tests._data import TWO, assert_same_numbers
from tests._estimators._in_batches import Model, batch_files, explainer_of


@pytest.fixture
def explainer(X):
    return explainer_of(Model(), X)


# --- the same numbers, however rows are given ---------------------------------------


@pytest.mark.parametrize("batch_size", [1, 7, 20, 100])
def test_as_explained_at_once(explainer, X, tmp_path, batch_size):
    explained = explain_batches(explainer, X[:20], tmp_path, batch_size=batch_size)
    assert len(explained) == len(batch_files(tmp_path)) == -(-20 // batch_size)
    assert [len(part) for part in explained][:-1] == [batch_size] * (len(explained) - 1)
    whole = explained.concatenate()
    assert_same_numbers(whole, explainer.explain(X[:20]))
    np.testing.assert_array_equal(whole.row_names, np.arange(20))
    assert whole.feature_names.tolist() == ["x0", "x3", "x1", "x2", "x4"]
    assert explained.failures == []


def test_an_iterator(explainer, X, tmp_path):
    parts = (X[start : start + 6] for start in range(0, 18, 6))
    explained = explain_batches(explainer, parts, tmp_path)
    assert_same_numbers(explained.concatenate(), explainer.explain(X[:18]))
    assert_same_numbers(explained[-1], explainer.explain(X[12:18]))
    assert [len(part) for part in explained[1:]] == [6, 6]


def test_batches_without_rows_are_left_out(explainer, X, tmp_path):
    explained = explain_batches(explainer, [X[:0], X[:4], X[:0], X[4:6]], tmp_path)
    assert [len(part) for part in explained] == [4, 2]
    assert_same_numbers(explained.concatenate(), explainer.explain(X[:6]))


def test_nothing_to_explain(explainer, X, tmp_path):
    explained = explain_batches(explainer, [X[:0]], tmp_path)
    assert len(explained) == 0
    with pytest.raises(ValueError, match="no batch had any row"):
        explained.concatenate()


@pytest.mark.parametrize("kind", ["pandas", "polars", "csr", "multimodal"])
def test_containers(X, tmp_path, kind):
    if kind == "pandas":
        pd = pytest.importorskip("pandas")
        names = [f"case {i}" for i in range(60)]
        rows = pd.DataFrame(X, columns=list("vwxyz"), index=names)
    elif kind == "polars":
        rows = pytest.importorskip("polars").DataFrame(X, schema=list("vwxyz"))
    elif kind == "csr":
        rows = sp.csr_matrix(X * (X > 0))
    else:
        rows = MultimodalArray(
            number=X[:, 0], words=[f"w{i % 3} of" for i in range(60)]
        )

    def model(X):
        if isinstance(X, MultimodalArray):
            return X["number"] * np.array([len(text) for text in X["words"]])
        X = X.toarray() if sp.issparse(X) else np.asarray(X)
        return X[:, 0] * X[:, 1] + X[:, 4]

    modalities = None if kind == "multimodal" else TWO
    dis = Disentangler(model, modalities, n_references=6, random_state=0)
    explainer = LocalExplainer(dis, n_samples=16, random_state=0).fit(rows)
    some = rows[:9]
    explained = explain_batches(explainer, some, tmp_path, batch_size=4)
    expected = explainer.explain(some)
    actual = explained.concatenate()
    assert_same_numbers(actual, expected)
    assert actual.row_names.tolist() == expected.row_names.tolist()
    np.testing.assert_array_equal(actual.feature_values, expected.feature_values)
    for name, part in expected.inputs.items():
        np.testing.assert_array_equal(actual.inputs[name].values, part.values)
        np.testing.assert_array_equal(actual.expand(name), expected.expand(name))


def test_texts_with_words_of_their_own(tmp_path):
    words = np.array(["ash", "birch", "cedar", "elm", "fir", "oak"])
    rng = np.random.RandomState(0)
    texts = [" ".join(words[rng.permutation(6)[: 1 + i % 4]]) for i in range(12)]
    rows = MultimodalArray(text=texts, number=np.arange(12.0))

    def model(X):
        return np.array([len(t) for t in X["text"]]) * X["number"]

    dis = Disentangler(model, n_references=4, random_state=0)
    explainer = LocalExplainer(dis, [("text", TextPerturber())], random_state=0)
    expected = explainer.fit(rows).explain(rows)
    actual = explain_batches(explainer, rows, tmp_path, batch_size=5).concatenate()
    assert set(actual.feature_names) == set(expected.feature_names)
    for row in range(12):
        for name in set(expected.feature_names[expected.feature_modalities == "text"]):
            one, other = (
                e.sel(row=row, modality="text", feature=name)
                for e in (actual, expected)
            )
            np.testing.assert_allclose(one, other, atol=1e-9)
    one, other = (e.expand("text") for e in (actual, expected))
    np.testing.assert_allclose(one, other, atol=1e-9)


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_workers(explainer, X, tmp_path, backend):
    with joblib.parallel_config(backend, n_jobs=2):
        explained = explain_batches(explainer, X[:20], tmp_path, batch_size=3)
    assert_same_numbers(explained.concatenate(), explainer.explain(X[:20]))


def test_batches_are_worked_on_by_workers(X, tmp_path):
    def model(X):
        return np.full(len(X), float(os.getpid()))

    dis = Disentangler(model, TWO, n_references=4)
    explainer = LocalExplainer(dis, n_samples=4, random_state=0).fit(X)
    explained = explain_batches(explainer, X[:6], tmp_path, batch_size=2, n_jobs=2)
    assert (explained.concatenate().decomposition.output != os.getpid()).all()


def test_parquet(explainer, X, tmp_path):
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    explained = explain_batches(
        explainer, X[:9], tmp_path, batch_size=4, format="parquet"
    )
    assert all(path.suffix == ".parquet" for path in explained.paths)
    frame, expected = explained.concatenate(), explainer.explain(X[:9])
    frame = frame[frame["feature"] != "(rest)"]
    np.testing.assert_allclose(frame["coef"], expected.coef.ravel(), atol=1e-12)
    np.testing.assert_allclose(frame["se"], expected.se.ravel(), atol=1e-12)
    assert frame["row"].tolist() == np.repeat(np.arange(9), 10).tolist()
    assert frame["position"].tolist() == np.repeat([0, 1, 2, 3] * 2 + [0], 10).tolist()
    for part in ("uc", "mi"):
        lines = frame[(frame["part"] == part) & (frame["feature"] == "x0")]
        values = getattr(expected.decomposition, part)[:, 0]
        np.testing.assert_allclose(lines["target"], values, atol=1e-12)


def test_files_can_be_read_without_the_call(explainer, X, tmp_path):
    explain_batches(explainer, X[:6], tmp_path, batch_size=3)
    parts = [Explanation.load(path) for path in sorted(tmp_path.glob("*.npz"))]
    assert_same_numbers(parts[1], explainer.explain(X[3:6]))


# --- results can be shared ----------------------------------------------------------


def test_files_hold_no_reference_row(explainer, X, tmp_path):
    rows = X[:4]
    explain_batches(explainer, rows, tmp_path, batch_size=2)
    references = explainer.disentangler_.references_
    hidden = references[~np.isin(references, rows).any(axis=1)]
    assert len(hidden)
    held = b""
    for path in tmp_path.iterdir():
        if path.suffix == ".npz":
            with np.load(path) as stored:
                arrays = dict(stored)
            held += b"".join(array.tobytes() for array in arrays.values())
            for array in arrays.values():
                if array.dtype.kind == "f":
                    assert not np.isin(hidden, array).any()
        else:
            held += path.read_bytes()
    for value in hidden.ravel():
        assert value.tobytes() not in held
        for text in (repr(float(value)), f"{value:.6g}"):
            assert text.encode() not in held
            assert text.encode("utf-32-le") not in held
    manifest = json.loads((tmp_path / "explainer.json").read_text())
    numbers = [*manifest["tables"], *manifest["numbers"]]
    assert not np.isin(hidden, np.array(numbers, dtype=float)).any()


# --- wrong arguments ----------------------------------------------------------------


@pytest.mark.parametrize(
    "options, words",
    [
        ({"batch_size": 0}, "`batch_size` must be an integer of at least 1. Got 0"),
        ({"batch_size": 2.5}, "`batch_size` must be an integer"),
        ({"format": "csv"}, r"`format` must be one of \['npz', 'parquet'\]. Got 'csv'"),
        ({"on_error": "skip"}, r"`on_error` must be one of .* Got 'skip'"),
    ],
)
def test_invalid_options(explainer, X, tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        explain_batches(explainer, X, tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


def test_not_fitted(explainer, X, tmp_path):
    with pytest.raises(NotFittedError, match="LocalExplainer instance is not fitted"):
        explain_batches(clone(explainer), X, tmp_path)


@pytest.mark.parametrize("batches, words", [(3, "type int"), ([3], "X is of type int")])
def test_no_batches(explainer, tmp_path, batches, words):
    with pytest.raises(TypeError, match=words):
        explain_batches(explainer, batches, tmp_path)


def test_a_batch_of_another_shape(explainer, X, tmp_path):
    with pytest.raises(ValueError, match="X has 4 features"):
        explain_batches(explainer, [X[:4], X[4:6, :4]], tmp_path, on_error="nan")
    assert len(batch_files(tmp_path)) == 1


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_iterator_that_fails(explainer, X, tmp_path, n_jobs):
    def batches():
        for start in range(0, 20, 2):
            if start == 14:
                raise OSError("the file ends here")
            yield X[start : start + 2]

    with pytest.raises(OSError, match="the file ends here"):
        explain_batches(explainer, batches(), tmp_path, n_jobs=n_jobs)
    assert len(batch_files(tmp_path)) == 7


def test_batches_are_let_go(explainer, X, tmp_path):
    alive = []

    def batches():
        for start in range(0, 40, 2):
            assert sum(held() is not None for held in alive) <= 2
            rows = X[start : start + 2].copy()
            alive.append(weakref.ref(rows))
            yield rows

    assert len(explain_batches(explainer, batches(), tmp_path)) == 20


def test_the_warning_points_at_the_call(X, tmp_path):
    rng = np.random.RandomState(0)

    class Noisy(Model):
        def __call__(self, X):
            return rng.normal(size=len(X))

    explainer = explainer_of(Noisy(), X)
    with pytest.warns(UserWarning, match="not deterministic") as record:
        explain_batches(explainer, X[:2], tmp_path)
    assert {w.filename for w in record if "twice" in str(w.message)} == {__file__}


def test_warnings_name_rows_by_their_place_among_all(X, tmp_path):
    explainer = explainer_of(Model(), X).set_params(kernel_width=0.01).fit(X)
    with pytest.warns(UserWarning, match=r"lie near 3 rows \(0, 1, 2\)"):
        explain_batches(explainer, X[:3], tmp_path, batch_size=3)
    with pytest.warns(UserWarning, match=r"lie near 3 rows \(3, 4, 5\)"):
        explain_batches(explainer, X[:6], tmp_path, batch_size=3)


def test_what_batches_warn_of_is_told_once(X, tmp_path):
    explainer = explainer_of(Model(), X).set_params(kernel_width=0.01).fit(X)
    with pytest.warns(UserWarning, match="Too few perturbations lie near") as record:
        explain_batches(explainer, X[:9], tmp_path, batch_size=3)
    few = [str(w.message) for w in record if "Too few" in str(w.message)]
    assert len(few) == 1 and "(0, 1, 2)" in few[0] and "are left out" in few[0]
