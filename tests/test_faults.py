"""Models that misbehave: what is told, what is kept, and nothing silent."""

import os
import threading

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from skdime import Disentangler, LocalExplainer, MultimodalArray, explain_batches
from skdime._rows.redaction import HIDDEN
from tests._data import TWO

BACKENDS = [None, "threading", "loky"]


class Model:
    """Well-behaved until it is told what to do to rows, or in which call."""

    def __init__(self, fault=None):
        self.fault = fault

    def __call__(self, X):
        X = np.asarray(X)
        output = X[:, 0] * X[:, 1] + X[:, 2] * (X[:, 3] - X[:, 4])
        return output if self.fault is None else self.fault(X, output)


def explainer_of(X, n_jobs=None, **options):
    """Fitted while the model was well."""
    options = {"n_references": 8, "max_memory": 8_000} | options
    dis = Disentangler(Model(), TWO, random_state=0, n_jobs=n_jobs, **options)
    return LocalExplainer(dis, n_samples=30, n_jobs=n_jobs, random_state=0).fit(X)


def falls_ill(explainer, fault):
    explainer.disentangler_.estimator_.fault = fault
    return explainer


def raises_above(limit):
    def fault(X, output):
        if (X[:, 0] > limit).any():
            raise KeyError("no such dose")
        return output

    return fault


def notes_of(error):
    return "\n".join(getattr(error, "__notes__", []))


# --- the model raises ---------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_error_of_the_model_says_what_it_was_given(X, backend):
    explainer = explainer_of(X, n_jobs=None if backend is None else 2)
    rows = X[:12].copy()
    rows[7, 0] = 50.0
    falls_ill(explainer, raises_above(40))
    with (
        joblib.parallel_config(backend or "sequential"),
        pytest.raises(KeyError, match="no such dose") as caught,
    ):
        explainer.explain(rows)
    notes = notes_of(caught.value)
    assert "received a numpy array of shape (" in notes
    assert "(float64)" in notes
    # in the decomposition axis 0 has the explained rows in order
    assert "combines row 7 of these with row 0 of the others" in notes


def test_an_error_names_columns_and_dtypes_of_a_frame(X):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("vwxyz"))
    explainer = explainer_of(frame)
    falls_ill(explainer, raises_above(-9))
    with pytest.raises(KeyError) as caught:
        explainer.explain(frame[:3])
    assert "pandas data frame of shape (" in notes_of(caught.value)
    assert "'v': 'float64', 'w': 'float64'" in notes_of(caught.value)


def test_an_error_in_fit(X):
    def model(X):
        raise ZeroDivisionError("nothing to divide by")

    with pytest.raises(ZeroDivisionError) as caught:
        Disentangler(model, TWO, n_references=5).fit(X)
    assert "numpy array of shape (5, 5)" in notes_of(caught.value)


def test_an_error_of_the_estimator_in_fit(X):
    texts = np.array([["note of a patient " * 500, "short"]] * 20, dtype=object)
    texts = np.hstack([X[:20, :1].astype(object), texts])
    with pytest.raises(ValueError, match="could not convert string") as caught:
        Disentangler(LinearRegression(), n_references=5).fit(texts, np.arange(20.0))
    assert len(str(caught.value)) < 150
    notes = notes_of(caught.value)
    assert "LinearRegression.fit" in notes and "numpy array of shape (20, 3)" in notes
    assert "pipeline" in notes


def test_an_error_of_the_model_quotes_little_of_a_row():
    notes = np.array([f"note {i} of a patient " * 400 for i in range(20)], dtype=object)
    rows = MultimodalArray(note=notes.tolist(), age=np.arange(20.0))

    def model(X):
        for note in X["note"]:
            if "short" not in note:
                raise KeyError(f"cannot read {note!r}, which is long")
        return X["age"]

    with pytest.raises(KeyError, match=r"cannot read .*, which is long") as caught:
        Disentangler(model, n_references=5).fit(rows)
    assert len(str(caught.value)) < 200
    assert len(notes_of(caught.value)) < 500


def test_a_model_that_takes_few_rows_only(X):
    def fault(X, output):
        if len(X) > 20:
            raise MemoryError("too many rows")
        return output

    explainer = falls_ill(explainer_of(X, max_memory=10**6), fault)
    with pytest.raises(MemoryError) as caught:
        explainer.explain(X[:30])
    assert "None of these rows fails on its own" in notes_of(caught.value)


def test_an_error_of_the_model_keeps_its_cause(X):
    def fault(X, output):
        try:
            {}["key"]
        except KeyError as error:
            raise ConnectionError("the service does not answer") from error

    explainer = falls_ill(explainer_of(X), fault)
    with pytest.raises(ConnectionError) as caught:
        explainer.explain(X[:3])
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_failing_explainer_can_be_used_again(X):
    explainer = explainer_of(X)
    expected = explainer.explain(X[:4])
    falls_ill(explainer, raises_above(-9))
    with pytest.raises(KeyError):
        explainer.explain(X[:4])
    falls_ill(explainer, None)
    np.testing.assert_array_equal(explainer.explain(X[:4]).coef, expected.coef)


# --- NaN, other shapes, late --------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_no_number_late(X, bad):
    rows = X[:9].copy()
    rows[4, 0] = 50.0
    explainer = explainer_of(X)
    falls_ill(explainer, lambda X, output: np.where(X[:, 0] > 40, bad, output))
    with pytest.raises(ValueError, match="NaN or infinity for 1 of 9 rows") as e:
        explainer.explain(rows)
    assert "first at position 4" in str(e.value)
    assert "combines row 4 of these" in notes_of(e.value)


@pytest.mark.parametrize(
    "fault, words",
    [
        (lambda X, output: output[:-1], "given 5 rows and returned an array of shape"),
        (lambda X, output: output.sum(), "must return shape"),
        (lambda X, output: None, "must return shape"),
        (lambda X, output: output.astype(str), "must be numbers"),
        (lambda X, output: np.stack([output] * 2, axis=1), "2 output.* and 1 before"),
    ],
    ids=["rows", "scalar", "none", "text", "columns"],
)
def test_another_shape_late(X, fault, words):
    explainer = falls_ill(explainer_of(X), fault)
    with pytest.raises(ValueError, match=words):
        explainer.explain(X[:5])
    with pytest.raises(ValueError, match=words):
        explainer.disentangler_.decompose(X[:5])


def test_fewer_outputs_late_are_not_stretched(X):
    # one column fits into an array of three by broadcasting
    def three(X):
        return np.asarray(X)[:, :3] * (1 if three.well else np.nan)

    three.well = True

    def model(X):
        return three(X) if three.well else np.asarray(X)[:, :1]

    dis = Disentangler(model, TWO, n_references=6, random_state=0).fit(X)
    explainer = LocalExplainer(dis, n_samples=10, random_state=0).fit(X)
    for estimator in (dis, explainer.disentangler_):
        assert len(estimator.output_names_) == 3
    three.well = False
    with pytest.raises(ValueError, match=r"1 output per row and 3 before"):
        dis.decompose(X[:4])
    with pytest.raises(ValueError, match=r"1 output per row and 3 before"):
        explainer.explain(X[:4])


def test_other_outputs_in_the_second_batch(X):
    calls = []

    def model(X):
        calls.append(len(X))
        output = np.asarray(X)[:, :2]
        return output if len(calls) == 1 else output[:, :1]

    dis = Disentangler(model, TWO, n_references=10, max_memory=2_000)
    with pytest.raises(ValueError, match=r"1 output per row and 2 before"):
        dis.fit(X)
    assert len(calls) >= 2


# --- batches ------------------------------------------------------------------------


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_names_the_batch_and_keeps_the_others(X, tmp_path, n_jobs):
    rows = X[:20].copy()
    rows[13, 0] = 50.0
    explainer = falls_ill(explainer_of(X), raises_above(40))
    with pytest.raises(KeyError) as caught:
        explain_batches(explainer, rows, tmp_path, batch_size=4, n_jobs=n_jobs)
    notes = notes_of(caught.value)
    assert "batch 3, rows 12 to 15" in notes
    assert f"kept in {tmp_path}" in notes
    finished = list(tmp_path.glob("*.npz"))
    assert len(finished) >= (3 if n_jobs == 1 else 1)
    falls_ill(explainer, None)  # mended: the call goes on
    explained = explain_batches(explainer, rows, tmp_path, batch_size=4)
    assert set(finished) < set(explained.paths)
    expected = explainer.explain(rows)
    np.testing.assert_allclose(explained.concatenate().coef, expected.coef, rtol=1e-9)


@pytest.mark.parametrize("fails", [[13], [0], [0, 1, 19], [4, 5, 6]])
@pytest.mark.parametrize("kind", ["raise", "nan"])
def test_rows_that_fail_are_nan_and_reported(X, tmp_path, fails, kind):
    rows = X[:20].copy()
    rows[fails, 0] = 50.0

    def nan_above(X, output):
        return np.where(X[:, 0] > 40, np.nan, output)

    explainer = explainer_of(X)
    expected = explainer.explain(rows)
    falls_ill(explainer, raises_above(40) if kind == "raise" else nan_above)
    explained = explain_batches(explainer, rows, tmp_path, batch_size=4, on_error="nan")
    whole = explained.concatenate()
    well = np.setdiff1d(np.arange(20), fails)
    np.testing.assert_allclose(whole.coef[well], expected.coef[well], rtol=1e-9)
    np.testing.assert_allclose(
        whole.decomposition.uc[well], expected.decomposition.uc[well], rtol=1e-9
    )
    for values in (whole.coef, whole.se, whole.r2, whole.decomposition.output):
        assert np.isnan(values[fails]).all()
    assert whole.row_names.tolist() == list(range(20))
    assert [failure.row for failure in explained.failures] == [str(i) for i in fails]
    assert [4 * f.batch + f.position for f in explained.failures] == fails
    message = "no such dose" if kind == "raise" else "NaN or infinity"
    assert all(message in failure.error for failure in explained.failures)
    # reported again by the call that only reads
    again = explain_batches(explainer, rows, tmp_path, batch_size=4, on_error="nan")
    assert again.failures == explained.failures


def test_files_hold_no_word_of_rows_that_fail(tmp_path):
    secrets = [f"secret{i}" for i in range(9)]
    rng = np.random.RandomState(0)
    notes = np.array([" ".join(rng.permutation(secrets)[:4]) for _ in range(20)])
    X = MultimodalArray(note=notes, dose=rng.normal(size=20))

    class Quoting(Model):
        def __call__(self, X):
            lengths = np.array([len(note) for note in X["note"]])
            return lengths * X["dose"] if self.fault is None else self.fault(X, lengths)

    def fault(X, lengths):
        if (X["dose"] > 9).any():
            raise ValueError(f"a dose of {X['dose'][0]} with {list(X['note'])!r}")
        return lengths * X["dose"]

    dis = Disentangler(Quoting(), n_references=4, random_state=0)
    explainer = LocalExplainer(dis, n_samples=8, random_state=0).fit(X)
    falls_ill(explainer, fault)
    rows = X[:3]
    rows["dose"][1] = 77.125
    explained = explain_batches(explainer, rows, tmp_path, on_error="nan")
    (failure,) = explained.failures
    assert failure.error.startswith(f"ValueError: a dose of {HIDDEN} with")
    for path in tmp_path.glob("*.json"):
        assert "secret" not in path.read_text() and "77.125" not in path.read_text()


def test_rows_that_fail_keep_their_names(X, tmp_path):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        X.copy(), columns=list("vwxyz"), index=[f"c{i}" for i in range(60)]
    )
    frame.iloc[2, 0] = 50.0
    explainer = falls_ill(explainer_of(frame[10:]), raises_above(40))
    explained = explain_batches(explainer, frame[:4], tmp_path, on_error="nan")
    assert explained[0].row_names.tolist() == ["c0", "c1", "c2", "c3"]
    assert [failure.row for failure in explained.failures] == ["c2"]
    assert np.isnan(explained[0].sel(row="c2")).all()
    assert np.isfinite(explained[0].sel(row="c3")).all()


def test_a_model_that_always_fails_is_no_row_that_fails(X, tmp_path):
    explainer = falls_ill(explainer_of(X), raises_above(-9))
    with pytest.raises(KeyError) as caught:
        explain_batches(explainer, X[:8], tmp_path, batch_size=4, on_error="nan")
    assert "every row of the batch fails" in notes_of(caught.value)
    assert not list(tmp_path.glob("*.npz"))


def test_a_model_that_is_not_deterministic(X, tmp_path):
    rng = np.random.RandomState(0)
    explainer = falls_ill(
        explainer_of(X), lambda X, output: output + rng.normal(size=len(X))
    )
    with pytest.warns(UserWarning, match="not deterministic: one row, explained twice"):
        explain_batches(explainer, X[:4], tmp_path, batch_size=2)
    with pytest.raises(ValueError, match="or the model is not deterministic"):
        explain_batches(explainer, X[:4], tmp_path, batch_size=2)


def test_a_deterministic_model_is_not_suspected(X, tmp_path, recwarn):
    explain_batches(explainer_of(X), X[:4], tmp_path, batch_size=2)
    assert not [w for w in recwarn if "deterministic" in str(w.message)]


@pytest.mark.slow
def test_a_worker_dies(X, tmp_path):
    marker = tmp_path / "died"

    def fault(X, output):
        import os
        import signal

        # in a worker, once, on the rows of a late batch
        if os.getpid() != parent and (X[:, 0] == late).any() and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return output

    parent, late = os.getpid(), X[17, 0]
    explainer = explainer_of(X[20:])
    expected = explainer.explain(X[:20])
    falls_ill(explainer, fault)
    folder = tmp_path / "batches"
    with pytest.raises(joblib.externals.loky.process_executor.TerminatedWorkerError):
        explain_batches(explainer, X[:20], folder, batch_size=2, n_jobs=2)
    finished = {p: p.stat().st_ino for p in folder.glob("*.npz")}
    assert finished
    explained = explain_batches(explainer, X[:20], folder, batch_size=2, n_jobs=2)
    assert len(explained) == 10
    assert all(p.stat().st_ino == held for p, held in finished.items())
    np.testing.assert_allclose(
        explained.concatenate().coef, expected.coef, rtol=1e-9, atol=1e-12
    )


# --- a model that two threads must not call -----------------------------------------


@pytest.mark.slow
def test_a_model_that_is_not_safe_in_threads_is_safe_in_processes(X, tmp_path):
    class Unsafe(Model):
        busy = None

        def __call__(self, X):
            if self.busy is not None and self.busy != threading.get_ident():
                raise RuntimeError("called by two threads")
            self.busy = threading.get_ident()
            output = super().__call__(X)
            self.busy = None
            return output

    dis = Disentangler(Unsafe(), TWO, n_references=8, random_state=0)
    explainer = LocalExplainer(dis, n_samples=20, random_state=0).fit(X)
    expected = clone(explainer).fit(X).explain(X[:8])
    explained = explain_batches(explainer, X[:8], tmp_path, batch_size=2, n_jobs=2)
    np.testing.assert_allclose(
        explained.concatenate().coef, expected.coef, rtol=1e-9, atol=1e-12
    )


def test_a_model_that_changes_its_input(X):
    def fault(X, output):
        X[:] = 0
        return output

    explainer = explainer_of(X)
    expected = explainer.explain(X[:5])
    rows, before = X[:5].copy(), X[:5].copy()
    actual = falls_ill(explainer, fault).explain(rows)
    np.testing.assert_array_equal(rows, before)
    np.testing.assert_array_equal(actual.coef, expected.coef)


def test_a_model_that_hands_out_the_same_buffer(X):
    buffer = np.empty(10_000)

    def fault(X, output):
        buffer[: len(X)] = output
        return buffer[: len(X)]

    explainer = explainer_of(X)
    expected = explainer.explain(X[:5])
    actual = falls_ill(explainer, fault).explain(X[:5])
    np.testing.assert_array_equal(actual.coef, expected.coef)


def test_the_row_that_the_first_steps_of_a_pipeline_fail_on_is_told():
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"ward": rng.choice(list("ABC"), 60), "age": rng.normal(size=60)})
    encode = make_column_transformer(
        (OneHotEncoder(), ["ward"]), remainder="passthrough"
    )
    dis = Disentangler(make_pipeline(encode, Ridge()), n_references=20, random_state=0)
    dis.fit(X, X["age"])
    rows = X[:5].copy()
    rows.loc[3, "ward"] = "Z"
    with pytest.raises(ValueError, match="unknown categories") as caught:
        dis.decompose(rows)
    assert "is row 3 of these" in notes_of(caught.value)


def test_masked_outputs_are_refused(X):
    def model(X):
        return np.ma.masked_greater(X[:, 0], -10)

    with pytest.raises(ValueError, match=r"masked array with \d+ masked.*filled"):
        Disentangler(model, TWO, n_references=5).fit(X)
