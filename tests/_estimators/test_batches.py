"""explain_batches: files, continuation, joining; the same numbers as explain."""

import json
import os
import signal
import subprocess
import sys
import time
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

MODALITIES = [("a", [0, 3]), ("b", [1, 2, 4])]


class Model:
    """Counts its calls; fails where a limit is passed."""

    def __init__(self, limit=np.inf):
        self.limit = limit
        self.rows = 0

    def __call__(self, X):
        X = np.asarray(X)
        self.rows += len(X)
        if (X[:, 0] > self.limit).any():
            raise RuntimeError("out of range")
        return X[:, 0] * X[:, 1] + X[:, 2] * (X[:, 3] - X[:, 4])


def explainer_of(model, X, **options):
    dis = Disentangler(model, MODALITIES, n_references=8, random_state=0)
    options = {"n_samples": 30, "random_state": 0} | options
    explainer = LocalExplainer(dis, **options).fit(X)
    explainer.disentangler_.estimator_.rows = 0  # what fit has taken
    return explainer


@pytest.fixture
def explainer(X):
    return explainer_of(Model(), X)


def model_of(explainer):
    return explainer.disentangler_.estimator_


def numbers(explanation):
    values = explanation.decomposition
    return {
        "coef": explanation.coef,
        "se": explanation.se,
        "r2": explanation.r2,
        "intercept": explanation.intercept,
        "uc": values.uc,
        "mi": values.mi,
        "main": values.main,
    }


def assert_same(actual, expected):
    """Equal to 1e-10 of the largest number."""
    expected = numbers(expected)
    for name, array in numbers(actual).items():
        scale = np.nanmax(np.abs(expected[name]))
        np.testing.assert_allclose(
            array, expected[name], rtol=0, atol=1e-10 * scale, err_msg=name
        )


def batch_files(folder):
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("batch-"))


# --- the same numbers, however rows are given ---------------------------------------


@pytest.mark.parametrize("batch_size", [1, 7, 20, 100])
def test_as_explained_at_once(explainer, X, tmp_path, batch_size):
    explained = explain_batches(explainer, X[:20], tmp_path, batch_size=batch_size)
    assert len(explained) == len(batch_files(tmp_path)) == -(-20 // batch_size)
    assert [len(part) for part in explained][:-1] == [batch_size] * (len(explained) - 1)
    whole = explained.concatenate()
    assert_same(whole, explainer.explain(X[:20]))
    np.testing.assert_array_equal(whole.row_names, np.arange(20))
    assert whole.feature_names.tolist() == ["x0", "x3", "x1", "x2", "x4"]
    assert explained.failures == []


def test_an_iterator(explainer, X, tmp_path):
    parts = (X[start : start + 6] for start in range(0, 18, 6))
    explained = explain_batches(explainer, parts, tmp_path)
    assert_same(explained.concatenate(), explainer.explain(X[:18]))
    assert_same(explained[-1], explainer.explain(X[12:18]))
    assert [len(part) for part in explained[1:]] == [6, 6]


def test_batches_without_rows_are_left_out(explainer, X, tmp_path):
    explained = explain_batches(explainer, [X[:0], X[:4], X[:0], X[4:6]], tmp_path)
    assert [len(part) for part in explained] == [4, 2]
    assert_same(explained.concatenate(), explainer.explain(X[:6]))


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

    modalities = None if kind == "multimodal" else MODALITIES
    dis = Disentangler(model, modalities, n_references=6, random_state=0)
    explainer = LocalExplainer(dis, n_samples=16, random_state=0).fit(rows)
    some = rows[:9]
    explained = explain_batches(explainer, some, tmp_path, batch_size=4)
    expected = explainer.explain(some)
    actual = explained.concatenate()
    assert_same(actual, expected)
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
    assert_same(explained.concatenate(), explainer.explain(X[:20]))


def test_batches_are_worked_on_by_workers(X, tmp_path):
    def model(X):
        return np.full(len(X), float(os.getpid()))

    dis = Disentangler(model, MODALITIES, n_references=4)
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
    assert_same(parts[1], explainer.explain(X[3:6]))


# --- continuation -------------------------------------------------------------------


def test_finished_batches_are_not_explained_again(explainer, X, tmp_path):
    model, paid = model_of(explainer), []
    for _ in range(2):
        model.rows = 0
        first = explain_batches(explainer, X[:20], tmp_path, batch_size=5)
        paid.append(model.rows)
    one_row = explainer.explain(X[:1]).n_model_rows
    in_all = sum(part.n_model_rows for part in first)
    assert paid == [in_all + 2 * one_row, 2 * one_row]


def test_only_what_is_missing_is_explained(explainer, X, tmp_path):
    explained = explain_batches(explainer, X[:20], tmp_path, batch_size=5)
    before = {path: path.stat().st_mtime_ns for path in explained.paths}
    explained.paths[2].unlink()
    again = explain_batches(explainer, X[:20], tmp_path, batch_size=5)
    assert again.paths == explained.paths
    changed = [p for p in again.paths if p.stat().st_mtime_ns != before[p]]
    assert changed == [explained.paths[2]]
    assert_same(again.concatenate(), explainer.explain(X[:20]))


def test_an_explainer_fitted_again_continues(explainer, X, tmp_path):
    expected = explain_batches(explainer, X[:20], tmp_path, batch_size=5).paths
    again = clone(explainer).set_params(n_jobs=2, disentangler__max_memory=10**6)
    assert explain_batches(again.fit(X), X[:20], tmp_path, batch_size=5).paths == (
        expected
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_after_an_interruption(X, tmp_path, error):
    class Interrupted(Model):
        def __call__(self, X):
            if self.rows > self.limit:
                raise error("stop")
            self.rows += len(X)
            return X[:, 0] * X[:, 1]

    explainer = explainer_of(Interrupted(), X)
    expected = explainer.explain(X[:20])
    model_of(explainer).limit = model_of(explainer).rows * 0.8
    model_of(explainer).rows = 0
    with pytest.raises(error, match="stop"):
        explain_batches(explainer, X[:20], tmp_path, batch_size=2)
    finished = batch_files(tmp_path)
    assert 1 <= len(finished) < 10
    assert not list(tmp_path.glob("*.part"))
    model_of(explainer).limit = np.inf
    explained = explain_batches(explainer, X[:20], tmp_path, batch_size=2)
    assert set(finished) < set(batch_files(tmp_path))
    assert_same(explained.concatenate(), expected)


PROGRAM = """
import sys, time
import numpy as np
from skdime import Disentangler, LocalExplainer, explain_batches

def model(X):
    if len(sys.argv) > 2:
        time.sleep(0.02)
    return X[:, 0] * X[:, 1] + X[:, 2]

if __name__ == "__main__":
    X = np.random.RandomState(0).normal(size=(60, 3))
    dis = Disentangler(model, n_references=4, random_state=0)
    explainer = LocalExplainer(dis, n_samples=8, random_state=0).fit(X)
    explained = explain_batches(explainer, X, sys.argv[1], batch_size=2)
    np.save(sys.argv[1] + "/coef.npy", explained.concatenate().coef)
"""


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
def test_a_killed_process_is_continued(tmp_path, name):
    (tmp_path / "program.py").write_text(PROGRAM)
    folder = tmp_path / "batches"
    command = [sys.executable, str(tmp_path / "program.py"), str(folder)]
    running = subprocess.Popen([*command, "slowly"], stderr=subprocess.DEVNULL)
    try:
        while len(list(folder.glob("*.npz"))) < 3:
            assert running.poll() is None
            time.sleep(0.02)
    finally:
        running.send_signal(getattr(signal, name))
        running.wait(60)
    before = {p: p.stat().st_mtime_ns for p in folder.glob("*.npz")}
    assert 3 <= len(before) < 30
    (folder / "batch-00009-0123456789abcdef.npz.0.part").write_bytes(b"half")
    subprocess.run(command, check=True, timeout=60)
    files = list(folder.glob("batch-*"))
    assert len(files) == 30  # and nothing that is half written
    assert all(p.stat().st_mtime_ns == written for p, written in before.items())

    def model(X):
        return X[:, 0] * X[:, 1] + X[:, 2]

    X = np.random.RandomState(0).normal(size=(60, 3))
    dis = Disentangler(model, n_references=4, random_state=0)
    expected = LocalExplainer(dis, n_samples=8, random_state=0).fit(X).explain(X)
    np.testing.assert_allclose(np.load(folder / "coef.npy"), expected.coef, atol=1e-10)


def test_a_full_disk(explainer, X, tmp_path):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    explained = explain_batches(explainer, X[:4], tmp_path, batch_size=2)
    largest = max(path.stat().st_size for path in explained.paths)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 50, limits[1]))
    try:
        # batches of more rows do not fit any more
        with pytest.raises(OSError):
            explain_batches(explainer, [X[:2], X[2:4], X[4:60]], tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert batch_files(tmp_path) == [path.name for path in explained.paths]
    assert not list(tmp_path.glob("*.part"))
    again = explain_batches(explainer, [X[:2], X[2:4], X[4:60]], tmp_path)
    assert_same(again.concatenate(), explainer.explain(X))


def test_a_file_that_was_damaged_is_told(explainer, X, tmp_path):
    explained = explain_batches(explainer, X[:4], tmp_path, batch_size=2)
    content = explained.paths[1].read_bytes()
    explained.paths[1].write_bytes(content[:-100])
    again = explain_batches(explainer, X[:4], tmp_path, batch_size=2)
    assert len(again[0]) == 2
    with pytest.raises(ValueError, match="is not a file written by"):
        again.concatenate()


# --- what does not belong into the folder ---------------------------------------------


@pytest.mark.parametrize(
    "change, words",
    [
        ({"n_samples": 31}, "n_samples was 30 and is 31"),
        ({"disentangler__n_references": 9}, "n_references was 8 and is 9"),
        ({"random_state": 1}, "random_state was 0 and is 1"),
    ],
)
def test_other_parameters(explainer, X, tmp_path, change, words):
    explain_batches(explainer, X[:4], tmp_path, batch_size=2)
    before = batch_files(tmp_path)
    other = clone(explainer).set_params(**change).fit(X)
    with pytest.raises(ValueError, match=f"results of another explainer: .*{words}"):
        explain_batches(other, X[:8], tmp_path, batch_size=2)
    assert batch_files(tmp_path) == before


def test_another_model_with_the_same_parameters(explainer, X, tmp_path):
    explain_batches(explainer, X[:4], tmp_path, batch_size=2)

    def other(X):
        return 1.001 * X[:, 0] * X[:, 1]

    changed = clone(explainer).set_params(disentangler__estimator=other).fit(X)
    with pytest.raises(ValueError, match="row 0 of the first batch now gives other"):
        explain_batches(changed, X[:8], tmp_path, batch_size=2)


def test_other_training_rows(explainer, X, tmp_path):
    explain_batches(explainer, X[:4], tmp_path, batch_size=2)
    with pytest.raises(ValueError, match="row 0 of the first batch now gives other"):
        explain_batches(clone(explainer).fit(X[:50]), X[:4], tmp_path, batch_size=2)


def test_other_rows(explainer, X, tmp_path):
    explain_batches(explainer, X[:8], tmp_path, batch_size=2)
    changed = X[:8].copy()
    changed[5, 2] += 1e-9
    with pytest.raises(ValueError, match=r"batch-00002-.* was made of other rows"):
        explain_batches(explainer, changed, tmp_path, batch_size=2)


def test_another_batch_size(explainer, X, tmp_path):
    explain_batches(explainer, X[:8], tmp_path, batch_size=2)
    with pytest.raises(ValueError, match="was made of other rows than batch 0 now has"):
        explain_batches(explainer, X[:8], tmp_path, batch_size=3)


def test_another_format(explainer, X, tmp_path):
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    explain_batches(explainer, X[:4], tmp_path, batch_size=2)
    with pytest.raises(ValueError, match="the same `format`, or choose another folder"):
        explain_batches(explainer, X[:4], tmp_path, batch_size=2, format="parquet")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": "other"}'])
def test_a_damaged_manifest(explainer, X, tmp_path, content):
    explain_batches(explainer, X[:4], tmp_path, batch_size=2)
    (tmp_path / "explainer.json").write_text(content)
    with pytest.raises(ValueError, match="does not say which explainer"):
        explain_batches(explainer, X[:4], tmp_path, batch_size=2)


def test_a_missing_manifest(explainer, X, tmp_path):
    explain_batches(explainer, X[:4], tmp_path, batch_size=2)
    (tmp_path / "explainer.json").unlink()
    with pytest.raises(ValueError, match="does not say which explainer"):
        explain_batches(explainer, X[:4], tmp_path, batch_size=2)


def test_rows_in_another_layout_are_the_same_rows(explainer, X, tmp_path):
    first = explain_batches(explainer, X[:8], tmp_path, batch_size=2)
    again = explain_batches(explainer, np.asfortranarray(X[:8]), tmp_path, batch_size=2)
    assert again.paths == first.paths


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
    assert not np.isin(hidden, list(manifest["numbers"].values())).any()


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
    with pytest.warns(UserWarning, match="one effective perturbation") as record:
        explain_batches(explainer, X[:6], tmp_path, batch_size=3)
    told = [str(warning.message) for warning in record]
    assert any("rows 3, 4, 5" in message for message in told)
