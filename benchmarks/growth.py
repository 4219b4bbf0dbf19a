"""What explaining costs as it grows: rows, references, features, workers, faults.

Run ``python benchmarks/growth.py``; ``--smoke`` is a small run that only shows that
everything works, ``--parts scaling soak`` picks parts. The figures in
``doc/user_guide/scale.rst`` come from here.
"""

import argparse
import importlib.util
import math
import os
import pickle
import platform
import signal
import tempfile
import threading
import time
import warnings
from pathlib import Path

import joblib
import numpy as np

from _constants import print_constants
from skdime import Disentangler, LocalExplainer, MultimodalArray, explain_batches


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def table(*lines):
    """Lines of equal columns; the first is the head."""
    shown = [[str(entry) for entry in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for line in shown:
        print("  ".join(e.rjust(w) for e, w in zip(line, widths, strict=True)))


def free(X):
    """A model that costs next to nothing, on any number of columns."""
    return X[:, 0] * X[:, -1] + X.sum(axis=1)


def looped(X):
    """A model in pure Python, which keeps one processor busy."""
    found = []
    for row in X.tolist():
        value = 0.0
        for k in range(600):
            value = 0.9 * value + row[k % len(row)] * row[0]
        found.append(value)
    return np.array(found)


def several(n_outputs):
    def model(X):
        return np.column_stack([free(X) * (c + 1) for c in range(n_outputs)])

    return model


def explainer_of(model, n_columns=8, k=2, n_references=20, n_samples=50, **options):
    modalities = [
        (f"m{i}", part.tolist())
        for i, part in enumerate(np.array_split(np.arange(n_columns), k))
    ]
    disentangler = Disentangler(
        model, modalities, n_references=n_references, random_state=0
    )
    options = {"algorithm": "exhaustive", "random_state": 0} | options
    return LocalExplainer(disentangler, n_samples=n_samples, **options)


def rows_of(n, n_columns=8, seed=0):
    return np.random.RandomState(seed).normal(size=(n, n_columns))


def timed(function, *args, repeat=1, **kwargs):
    """The shortest of the times taken, and the last result."""
    found = []
    for _ in range(repeat):
        started = time.perf_counter()
        result = function(*args, **kwargs)
        found.append(time.perf_counter() - started)
    return min(found), result


# --- workers ------------------------------------------------------------------------


def scaling(smoke):
    heading("Wall time over processes, a model in pure Python")
    n, size, repeat = (24, 3, 1) if smoke else (2400, 50, 4)
    explainer = explainer_of(looped, n_references=10, n_samples=20).fit(rows_of(200))
    X = rows_of(n, seed=1)
    shortest = {}
    for _ in range(repeat):  # in turns: others may use the machine at times
        for workers in (1, 2):
            _in_new_folder(explainer, X[:8], 2, workers)  # start them
            idle = _idle()
            seconds = _in_new_folder(explainer, X, size, workers)
            shortest[workers] = min(shortest.get(workers, (math.inf,)), (seconds, idle))
    lines = [("processes", "seconds", "times faster", "processors idle before")]
    for workers, (seconds, idle) in shortest.items():
        faster = shortest[1][0] / seconds
        lines.append((workers, f"{seconds:.2f}", f"{faster:.2f}", idle))
    table(*lines)


def _in_new_folder(explainer, X, size, workers):
    with tempfile.TemporaryDirectory() as folder:
        seconds, _ = timed(
            explain_batches, explainer, X, folder, batch_size=size, n_jobs=workers
        )
    return seconds


def _idle():
    """Share of the processors that nobody uses, over half a second."""
    try:
        first = _processor_times()
        time.sleep(0.5)
        second = _processor_times()
    except OSError:
        return "unknown"
    passed = [b - a for a, b in zip(first, second, strict=True)]
    return f"{(passed[3] + passed[4]) / sum(passed):.0%}"


def _processor_times():
    return [int(x) for x in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]


# --- soak ---------------------------------------------------------------------------


def soak(smoke):
    heading("Many rows in batches: memory and files")
    n, size = (100, 20) if smoke else (100_000, 1000)
    explainer = explainer_of(free, n_references=10, n_samples=20).fit(rows_of(500))
    memory, lines = [], [("rows", "memory in MB", "files", "left over")]
    with tempfile.TemporaryDirectory() as folder:

        def batches():
            for start in range(0, n, size):
                memory.append(_memory())
                yield rows_of(size, seed=start)

        def show(done):
            files = list(Path(folder).iterdir())
            left = [p for p in files if not p.name.startswith("batch-")]
            left = [p.name for p in left if p.name != "explainer.json"]
            left += [p.name for p in files if p.suffix == ".part"]
            held = f"{memory[done - 1]:.0f}"
            lines.append((done * size, held, len(files), len(left)))

        seconds, explained = timed(explain_batches, explainer, batches(), folder)
        assert len(explained) == n // size
        for tenth in range(1, 11):
            show(tenth * len(memory) // 10)
        seen, _ = timed(lambda: _read(explained, explainer, n // size, size))
    table(*[(rows, held) for rows, held, _, _ in lines])
    print(f"files {lines[-1][2]}, temporary files left {lines[-1][3]}")
    print(
        f"{n:,} rows in {seconds:.1f} s, {1e3 * seconds / n:.3f} ms a row, read "
        f"and checked in {seen:.1f} s"
    )
    half = len(memory) // 2
    print(
        f"median of the first half {np.median(memory[:half]):.1f} MB, of the second "
        f"{np.median(memory[half:]):.1f} MB"
    )


def _read(explained, explainer, n_batches, size):
    """Read all batches; of every tenth the first rows are explained again."""
    for batch, part in enumerate(explained):
        start = batch * size
        names = np.arange(start, start + size)
        assert (part.row_names == names).all()
        if batch % max(1, n_batches // 10) == 0:
            rows = rows_of(size, seed=start)[:20]
            expected = explainer.explain(rows).coef
            np.testing.assert_allclose(part.coef[:20], expected, rtol=1e-9, atol=1e-9)


def _memory():
    """Megabytes that this process holds."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return math.nan
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# --- growth -------------------------------------------------------------------------


def growth(smoke):
    heading("One quantity doubled at a time (algorithm='exhaustive', a free model)")
    base = {"n": 200, "n_columns": 8, "k": 2, "n_references": 20, "n_samples": 100}
    base["n_outputs"] = 1
    if smoke:
        base |= {"n": 20, "n_samples": 20}
    lines = [
        ("", "value", "model rows", "formula", "seconds", "by the line"),
    ]
    steps = {
        "rows": ("n", (1, 2, 4, 8)),
        "references": ("n_references", (1, 2, 4, 8)),
        "perturbations": ("n_samples", (1, 2, 4)),
        "features": ("n_columns", (1, 2, 4, 8)),
        "modalities": ("k", (1, 2)),
        "outputs": ("n_outputs", (1, 2, 4, 8)),
    }
    for label, (name, factors) in steps.items():
        factors = factors[:2] if smoke else factors
        measured = [_one(**(base | {name: base[name] * f})) for f in factors]
        slope, start = np.polyfit(factors, [seconds for seconds, _, _ in measured], 1)
        for factor, (seconds, rows, formula) in zip(factors, measured, strict=True):
            line = start + slope * factor
            lines.append(
                (
                    label,
                    base[name] * factor,
                    f"{rows:,}",
                    f"{formula:,}",
                    f"{seconds:.3f}",
                    f"{line:.3f}",
                )
            )
            assert rows == formula
    table(*lines)
    print("formula: n (1 + K (N + S)) model rows")


def _one(n, n_columns, k, n_references, n_samples, n_outputs):
    explainer = explainer_of(
        several(n_outputs), n_columns, k, n_references, n_samples
    ).fit(rows_of(300, n_columns))
    X = rows_of(n, n_columns, seed=1)
    seconds, explanation = timed(explainer.explain, X, repeat=3)
    return seconds, explanation.n_model_rows, n * (1 + k * (n_references + n_samples))


# --- a million rows -----------------------------------------------------------------


def million(smoke):
    heading("A million rows of a model of 1 ms a row, from the measured parts")
    n, size = (10, 5) if smoke else (1000, 500)
    options = {"n_references": 100, "n_samples": 100 if smoke else 1000}
    lines = [
        (
            "algorithm",
            "model rows a row",
            "own ms a row",
            "ms a batch",
            "1 worker",
            "8",
            "64",
            "fit",
        ),
    ]
    for algorithm in ("exhaustive", "auto"):
        explainer = explainer_of(_smooth, algorithm=algorithm, **options)
        explainer.fit(rows_of(500))
        X = rows_of(n, seed=1)
        seconds, explanation = timed(explainer.explain, X)
        per_row = explanation.n_model_rows / n
        own = seconds / n
        handed = _hand_out(explainer, X[:size])
        n_batches = 1e6 / size
        days = [
            (1e6 * (per_row * 1e-3 + own) / w + n_batches * handed) / 86400
            for w in (1, 8, 64)
        ]
        lines.append(
            (
                algorithm,
                f"{per_row:.0f}",
                f"{1e3 * own:.2f}",
                f"{1e3 * handed:.1f}",
                *(f"{d:.2f} days" for d in days),
                f"{explainer.n_model_rows_ * 1e-3 / 60:.1f} min",
            )
        )
    table(*lines)
    print(
        "days = (n (rows a row * 1 ms + own) / workers + batches * ms a batch), of "
        f"{size} rows"
    )


def own_work(smoke):
    heading("Time of skdime itself, with models that cost next to nothing")
    n_fit, n = (30, 1) if smoke else (200, 10)
    lines = [("modalities", "rows", "model rows", "seconds", "expected", "us per row")]
    for name, (model, X) in _cheap_models(n_fit).items():
        disentangler = Disentangler(model, random_state=0)
        explainer = LocalExplainer(disentangler, random_state=0).fit(X)
        expected = explainer.cost(X[:n]).seconds
        seconds, found = timed(explainer.explain, X[:n])
        per_row = f"{1e6 * seconds / found.n_model_rows:.0f}"
        numbers = f"{found.n_model_rows:,}", f"{seconds:.2f}", f"{expected:.2f}"
        lines.append((name, n, *numbers, per_row))
    table(*lines)


def _cheap_models(n):
    rng = np.random.RandomState(0)
    numbers = rng.normal(size=(n, 5))
    words = np.array(["fever", "cough", "pain", "calm", "night", "severe", "walk"])
    notes = [" ".join(rng.choice(words, size)) for size in rng.randint(10, 40, n)]
    series, images = rng.normal(size=(n, 3, 200)), rng.uniform(size=(n, 32, 32))
    other = rng.normal(size=(n, 10))
    kinds = {
        "table, table": (other, lambda cells: np.sin(cells[:, 0])),
        "table, text": (notes, lambda cells: np.array(["fever" in c for c in cells])),
        "table, series": (series, lambda cells: cells[:, 0, 50:80].mean(axis=1)),
        "table, image": (images, lambda cells: cells[:, :8, :8].mean(axis=(1, 2))),
    }
    return {
        name: (
            lambda X, read=read: X["numbers"][:, 0] * read(X["other"]),
            MultimodalArray(numbers=numbers, other=cells),
        )
        for name, (cells, read) in kinds.items()
    }


def _smooth(X):
    """Smooth in all columns, with interactions: no structure is known."""
    return np.tanh(X[:, 0] * X[:, -1] + 0.3 * X.sum(axis=1)) + 0.5 * X[:, 1] * X[:, 4]


def _hand_out(explainer, X):
    """Seconds of the parent for a batch: the name of its rows, and its transport."""
    from skdime._estimators.batch_files import fingerprint

    seconds, _ = timed(fingerprint, X, repeat=3)
    dumped, _ = timed(pickle.dumps, (explainer, X), repeat=3)
    return seconds + dumped


# --- faults -------------------------------------------------------------------------


def faults(smoke):
    heading("A cluster of worker processes, one of them killed")
    if importlib.util.find_spec("distributed") is None:
        print("distributed is not installed")
        return
    from distributed import Client, LocalCluster

    n = 24 if smoke else 120
    explainer = explainer_of(looped, n_references=10, n_samples=20).fit(rows_of(200))
    X = rows_of(n, seed=1)
    expected = explainer.explain(X).coef
    lines = [("", "seconds", "same numbers")]
    n_workers = 2 if smoke else 3
    options = {"threads_per_worker": 1, "dashboard_address": None}
    runs = ["undisturbed", "one killed after a third"]
    for label in runs[1:] if smoke else runs:
        with (
            LocalCluster(
                n_workers, processes=True, silence_logs=50, **options
            ) as cluster,
            Client(cluster) as client,
            tempfile.TemporaryDirectory() as folder,
            joblib.parallel_config("dask"),
        ):
            victim = min(client.run(os.getpid).values())
            if label != "undisturbed":
                threading.Thread(
                    target=_kill_after, args=(folder, n // 9, victim), daemon=True
                ).start()
            seconds, explained = timed(
                explain_batches, explainer, X, folder, batch_size=3
            )
            coef = explained.concatenate().coef
            alive = client.run(os.getpid).values()
            assert (victim not in alive) == (label != "undisturbed")
        same = np.allclose(coef, expected, rtol=1e-10, atol=1e-12)
        lines.append((label, f"{seconds:.2f}", same))
    table(*lines)


def _kill_after(folder, n_files, process):
    while len(list(Path(folder).glob("*.npz"))) < n_files:
        time.sleep(0.005)
    os.kill(process, signal.SIGKILL)


PARTS = {
    "scaling": scaling,
    "soak": soak,
    "growth": growth,
    "own_work": own_work,
    "million": million,
    "faults": faults,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="small and quick")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    args = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)
    print(f"Python {platform.python_version()}, {joblib.cpu_count()} processors")
    print_constants(
        "_models.calls", "_estimators.batches", "_estimators.predicted_cost"
    )
    for name in args.parts:
        PARTS[name](args.smoke)


if __name__ == "__main__":
    main()
