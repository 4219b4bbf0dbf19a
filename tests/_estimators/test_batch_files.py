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
from tests._estimators._in_batches import Model, batch_files, explainer_of


@pytest.fixture
def explainer(X):
    return explainer_of(Model(), X)


def model_of(explainer):
    return explainer.disentangler_.estimator_


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


@pytest.mark.slow
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
    old = folder / f"batch-00009-0123456789abcdef.npz.{'0' * 32}.part"
    old.write_bytes(b"half")
    os.utime(old, (0, 0))
    subprocess.run(command, check=True, timeout=60)
    files = list(folder.glob("batch-*.npz"))
    assert len(files) == 30  # and nothing that is half written
    assert not old.exists()
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
        with pytest.raises(OSError) as caught:
            explain_batches(explainer, [X[:2], X[2:4], X[4:60]], tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    (note,) = caught.value.__notes__
    assert "batch 2 could not be written" in note and str(tmp_path) in note
    assert batch_files(tmp_path) == [path.name for path in explained.paths]
    assert not list(tmp_path.glob("*.part"))
    again = explain_batches(explainer, [X[:2], X[2:4], X[4:60]], tmp_path)
    assert_same_numbers(again.concatenate(), explainer.explain(X))


def cut(content):
    return content[:-100]


def empty(content):
    return b""


def flipped(content):
    # single bits may be those of dates or statistics, which nobody reads
    first, last = len(content) // 4, len(content) // 2
    middle = bytes(byte ^ 16 for byte in content[first:last])
    return content[:first] + middle + content[last:]


@pytest.mark.parametrize("damage", [cut, empty, flipped])
@pytest.mark.parametrize("format", ["npz", "parquet"])
def test_a_file_that_was_damaged_is_explained_again(
    explainer, X, tmp_path, damage, format
):
    if format == "parquet":
        pytest.importorskip("pandas")
        pytest.importorskip("pyarrow")
    options = {"batch_size": 2, "format": format}
    explained = explain_batches(explainer, X[:6], tmp_path, **options)
    expected, path = explained.concatenate(), explained.paths[1]
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    with pytest.raises(ValueError) as raised:
        explained.concatenate()
    assert "call it again with the same arguments" in "".join(raised.value.__notes__)
    with pytest.warns(UserWarning, match=f"{path} is damaged or incomplete; its batch"):
        again = explain_batches(explainer, X[:6], tmp_path, **options)
    assert path.read_bytes() == whole
    if format == "npz":
        assert_same_numbers(again.concatenate(), expected)
    else:
        assert again.concatenate().equals(expected)


@pytest.mark.parametrize("format", ["npz", "parquet"])
def test_any_byte_that_was_altered(explainer, X, tmp_path, format):
    pytest.importorskip("pandas")  # frames are compared
    if format == "parquet":
        pytest.importorskip("pyarrow")
    explained = explain_batches(explainer, X[:2], tmp_path, batch_size=2, format=format)
    expected, path = explained[0], explained.paths[0]
    whole, rng = path.read_bytes(), np.random.RandomState(0)
    n_refused = 0
    for place in rng.randint(len(whole), size=60):
        altered = bytearray(whole)
        altered[place] ^= 1 << rng.randint(8)
        path.write_bytes(bytes(altered))
        try:  # refused, or not a byte of what is read
            found = explained[0]
        except ValueError:
            n_refused += 1
        else:
            same = found.equals if format == "parquet" else found.to_frame().equals
            assert same(expected if format == "parquet" else expected.to_frame())
    assert n_refused > 20


@pytest.mark.parametrize("format", ["npz", "parquet"])
def test_two_files_that_were_swapped(explainer, X, tmp_path, format):
    if format == "parquet":
        pytest.importorskip("pandas")
        pytest.importorskip("pyarrow")
    options = {"batch_size": 2, "format": format}
    explained = explain_batches(explainer, X[:6], tmp_path, **options)
    one, other = explained.paths[:2]
    contents = one.read_bytes(), other.read_bytes()
    one.write_bytes(contents[1])
    other.write_bytes(contents[0])
    for call in (
        explained.concatenate,
        lambda: explain_batches(explainer, X[:6], tmp_path, **options),
    ):
        with pytest.raises(ValueError, match=r"written for batch 1 .* not for batch 0"):
            call()
    assert (one.read_bytes(), other.read_bytes()) == contents[::-1]


def test_a_file_of_another_run_with_the_same_name(explainer, X, tmp_path):
    def other(X):
        return 5 * X[:, 0]

    here, there = tmp_path / "here", tmp_path / "there"
    explained = explain_batches(explainer, X[:6], here, batch_size=2)
    changed = clone(explainer).set_params(disentangler__estimator=other).fit(X)
    foreign = explain_batches(changed, X[:6], there, batch_size=2).paths[1]
    assert foreign.name == explained.paths[1].name
    explained.paths[1].write_bytes(foreign.read_bytes())
    with pytest.raises(ValueError, match=r"is not what its name says.*delete it"):
        explain_batches(explainer, X[:6], here, batch_size=2)
    with pytest.raises(ValueError, match="is not what its name says"):
        explained[1]
    explainer.explain(X[2:4]).save(explained.paths[1])
    with pytest.raises(ValueError, match="written for no call of explain_batches"):
        explained[1]


def test_only_files_of_its_own_are_removed(explainer, X, tmp_path):
    digits = "0" * 32
    own = [
        f"batch-00001-0123456789abcdef.npz.{digits}.part",
        f"batch-00001-0123456789abcdef.errors.json.{digits}.part",
        f"explainer.json.{digits}.part",
    ]
    foreign = [
        "thesis.part",
        "batch-1.npz.part",
        f"batch-00001-0123456789abcdef.csv.{digits}.part",
        f"copy-of-explainer.json.{digits}.part",
        "batch-00001-0123456789abcdef.npz.0.part",
    ]
    just_now = f"batch-00002-0123456789abcdef.npz.{digits}.part"
    for name in [*own, *foreign, just_now]:
        (tmp_path / name).write_bytes(b"half")
        if name != just_now:
            os.utime(tmp_path / name, (0, 0))
    explain_batches(explainer, X[:4], tmp_path, batch_size=2)
    left = {path.name for path in tmp_path.glob("*.part")}
    assert left == {*foreign, just_now}


@pytest.mark.slow
def test_two_processes_at_once(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    folder = tmp_path / "batches"
    command = [sys.executable, str(tmp_path / "program.py"), str(folder)]
    running = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in running] == [0, 0]
    assert len(list(folder.glob("batch-*.npz"))) == 30
    assert not list(folder.glob("*.part"))


def test_errors_that_are_missing_are_found_again(X, tmp_path):
    explainer = explainer_of(Model(), X)
    rows = X[:4].copy()
    rows[1, 0] = 50.0
    model_of(explainer).limit = 40
    explained = explain_batches(explainer, rows, tmp_path, on_error="nan")
    failures = explained.failures
    assert len(failures) == 1
    errors = tmp_path / explained.paths[0].name.replace(".npz", ".errors.json")
    content = errors.read_bytes()
    for altered in (content[:-2], b"[]", b""):
        errors.write_bytes(altered)
        with pytest.raises(ValueError, match="explain_batches again"):
            _ = explained.failures
    errors.unlink()
    with pytest.raises(ValueError, match="explain_batches again"):
        _ = explained.failures
    with pytest.warns(UserWarning, match="damaged or incomplete"):
        again = explain_batches(explainer, rows, tmp_path, on_error="nan")
    assert again.failures == failures


def test_a_file_is_no_folder(explainer, X, tmp_path):
    path = tmp_path / "file"
    path.write_text("mine")
    for folder in (path, path / "inside"):
        with pytest.raises(NotADirectoryError, match="`folder` must be a folder"):
            explain_batches(explainer, X, folder)
    assert path.read_text() == "mine"


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
    with pytest.raises(ValueError, match="its model gave other outputs in fit"):
        explain_batches(changed, X[:8], tmp_path, batch_size=2)


def test_a_model_that_changed_after_fit(explainer, X, tmp_path):
    explain_batches(explainer, X[:4], tmp_path, batch_size=2)

    class Other(Model):
        def __call__(self, X):
            return 2 * super().__call__(X)

    model_of(explainer).__class__ = Other
    with pytest.raises(ValueError, match="row 0 of the first batch now gives other"):
        explain_batches(explainer, X[:8], tmp_path, batch_size=2)


@pytest.mark.parametrize("mended", [False, True])
def test_the_identity_is_checked_where_the_first_rows_fail(X, tmp_path, mended):
    def explainer_failing(sign, limit):
        class Signed(Model):
            def __call__(self, X):
                return sign * super().__call__(X)

        explainer = explainer_of(Signed(), X)
        model_of(explainer).limit = limit
        return explainer

    rows = X[:20].copy()
    rows[:12, 0] = 50.0  # all of the first batch, and more than are tried
    options = {"batch_size": 12, "on_error": "nan"}
    with pytest.raises(RuntimeError, match="out of range"):
        explain_batches(explainer_failing(1, 40), rows, tmp_path, **options)
    limit = np.inf if mended else 40
    with pytest.raises(ValueError, match="its model gave other outputs in fit"):
        explain_batches(explainer_failing(-1, limit), rows, tmp_path, **options)
    again = explain_batches(explainer_failing(1, np.inf), rows, tmp_path, **options)
    assert np.isfinite(again.concatenate().coef).all()


def test_the_row_that_was_explained_is_explained_again(X, tmp_path):
    explainer = explainer_of(Model(), X)
    rows = X[:8].copy()
    rows[:2, 0] = 50.0
    model_of(explainer).limit = 40
    explain_batches(explainer, rows, tmp_path, batch_size=4, on_error="nan")

    class Mended(Model):
        def __call__(self, X):
            return 2 * super().__call__(X)

    model_of(explainer).__class__ = Mended
    model_of(explainer).limit = np.inf
    with pytest.raises(ValueError, match="row 2 of the first batch now gives other"):
        explain_batches(explainer, rows, tmp_path, batch_size=4)


def test_other_training_rows(explainer, X, tmp_path):
    explain_batches(explainer, X[:4], tmp_path, batch_size=2)
    with pytest.raises(ValueError, match="it was fitted on other rows"):
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


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"format": "other"}', pytest.param(10**5 * "[", id="deep")],
)
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
