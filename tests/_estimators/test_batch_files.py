"""explain_batches: its folder, what it continues, and what does not belong there."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.base import clone

from skdime import (
    Disentangler,
    LocalExplainer,
    explain_batches,
)
from tests._data import assert_same_numbers
from tests._estimators._in_batches import Model, explainer_of


@pytest.fixture
def explainer(X):
    return explainer_of(Model(), X)


def model_of(explainer):
    return explainer.disentangler_.estimator_


def batch_files(folder):
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("batch-"))


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
    assert_same_numbers(again.concatenate(), explainer.explain(X[:20]))


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
    assert_same_numbers(explained.concatenate(), expected)


PROGRAM = """
import signal, sys, time
import numpy as np
from skdime import Disentangler, LocalExplainer, explain_batches

def model(X):
    if len(sys.argv) > 2:
        time.sleep(0.02)
    return X[:, 0] * X[:, 1] + X[:, 2]

if __name__ == "__main__":
    # a shell lets what it runs in the background ignore this signal
    signal.signal(signal.SIGINT, signal.default_int_handler)
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
    assert_same_numbers(again.concatenate(), explainer.explain(X))


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
