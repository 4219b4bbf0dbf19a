"""Memory against what ``cost`` promises, and time, for large input of every kind.

Run ``python benchmarks/peaks.py`` for the table of the documentation; ``--smoke`` takes
few of everything. Peaks are those of Python and numpy (tracemalloc) beyond what
X takes: in ``fit`` and in ``explain`` of some rows, beside ``cost(rows).peak_bytes``
and the `max_memory` that a warning of ``fit`` asks for.
"""

import argparse
import re
import time
import tracemalloc
import warnings

import numpy as np

from _constants import print_constants
from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import SeriesPerturber, TextPerturber


def linear(X):
    """A model of a table, with an interaction, that needs little memory itself."""
    return X[:, 0] * X[:, -1] + X[:, 1]


def outputs(n):
    def model(X):
        return (X[:, 0] * X[:, -1])[:, None] + np.arange(float(n))

    return model


def halves(n_columns):
    middle = n_columns // 2
    return [("a", slice(0, middle)), ("b", slice(middle, n_columns))]


def table(n_rows, n_columns):
    return np.random.RandomState(0).normal(size=(n_rows, n_columns))


def texts(n_rows, n_words):
    rng = np.random.RandomState(0)
    vocabulary = np.array([f"word{i}" for i in range(500)])
    notes = [
        " ".join(vocabulary[rng.randint(500, size=n_words)]) for _ in range(n_rows)
    ]
    return MultimodalArray(note=notes, age=rng.normal(size=n_rows))


def of_texts(X):
    return np.array([float(note.count("word7")) for note in X["note"]]) * X["age"]


def series(n_rows, n_channels):
    rng = np.random.RandomState(0)
    ecg = rng.normal(size=(n_rows, n_channels, 200))
    return MultimodalArray(ecg=ecg, age=rng.normal(size=n_rows))


def of_series(X):
    return X["ecg"][:, :3].mean(axis=(1, 2)) * X["age"]


def cases(scale):
    """Rows, model, modalities, perturbers and number of rows that are explained."""
    n_outputs, n = max(5, int(500 * scale)), max(100, int(400 * scale))
    yield "500 outputs", table(n, 10), outputs(n_outputs), halves(10), "auto", 10
    yield (
        "50 modalities",
        table(n, max(5, int(50 * scale))),
        linear,
        None,
        "auto",
        10,
    )
    n_words = max(100, int(20_000 * scale))
    words = [("note", TextPerturber())]
    yield "texts of 20,000 words", texts(20, n_words), of_texts, None, words, 1
    channels = [("ecg", SeriesPerturber())]
    yield (
        "100 channels",
        series(60, max(5, int(100 * scale))),
        of_series,
        None,
        channels,
        2,
    )
    n_rows, n_columns = max(100, int(1_000_000 * scale)), max(10, int(200 * scale))
    tall = table(n_rows, n_columns)
    yield "1,000,000 rows x 200 columns", tall, linear, halves(n_columns), "auto", 50
    n_columns = max(20, int(2_000 * scale))
    wide = table(n, n_columns)
    yield "2,000 columns", wide, linear, halves(n_columns), "auto", 5


def measured(function):
    """Seconds, and the most bytes that were held beyond those at the start."""
    start = time.perf_counter()
    tracemalloc.start()
    try:
        result = function()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return result, time.perf_counter() - start, peak


def measure(X, model, modalities, perturbers, n_explained, max_memory=2**26):
    """Peaks in fit and in explain, what was promised and asked for, and seconds."""
    dis = Disentangler(model, modalities, max_memory=max_memory, random_state=0)
    explainer = LocalExplainer(dis, perturbers, random_state=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _, fit_seconds, fit_peak = measured(lambda: explainer.fit(X))
    rows = X[:n_explained]
    promise = explainer.cost(rows).peak_bytes
    _, seconds, peak = measured(lambda: explainer.explain(rows))
    wanted = [re.search(r"Set it to ([\d,]+)", str(each.message)) for each in caught]
    least = max((int(each[1].replace(",", "")) for each in wanted if each), default=0)
    return fit_peak, peak, promise, least, fit_seconds, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="few of everything")
    scale = 0.001 if parser.parse_args().smoke else 1
    warnings.simplefilter("ignore")
    print_constants("_estimators.memory")
    head = "", "fit: MB", "explain: MB", "cost: MB", "asked: MB", "fit: s", "explain: s"
    print(("{:>28}" + 6 * "{:>12}").format(*head))
    for name, *case in cases(scale):
        *n_bytes, fit_seconds, seconds = measure(*case)
        numbers = *(n / 1e6 for n in n_bytes), fit_seconds, seconds
        print(f"{name:>28}" + "".join(f"{n:12.1f}" for n in numbers), flush=True)


if __name__ == "__main__":
    main()
