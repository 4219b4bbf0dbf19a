"""Time between calls of the model, for models that take next to none themselves.

    python benchmarks/own_time.py            # half a minute
    python benchmarks/own_time.py --smoke    # a short run that only shows it works

``table``: a perceptron on ten numbers. ``texts``: a perceptron on five numbers and the
words of a note, of which an explained row has 6 to 14. Processor seconds of ``fit`` on
1,000 rows and of ``explain``; those of the model are measured in the same run, when it
is called. ``own`` is the rest per explained row, ``fit`` included; ``at 20 us`` is what
the ratio to the bare model on as many rows would be if it took 20 microseconds a row.
"""

import argparse
import warnings
from time import process_time

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neural_network import MLPRegressor

from _constants import print_constants
from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.datasets import make_records

N_FIT = 1000


def timed(model, spent):
    """A model that counts its rows and its seconds in a dict."""

    def counted(X):
        started = process_time()
        outputs = model(X)
        spent["seconds"] += process_time() - started
        spent["rows"] += len(outputs)
        return outputs

    return counted


def table():
    X = np.random.RandomState(0).normal(size=(2 * N_FIT, 10))
    y = np.tanh(X[:, 0] * X[:, 5]) + X[:, 1] ** 2 + X[:, 7]
    network = MLPRegressor(hidden_layer_sizes=(32,), max_iter=300, random_state=0).fit(
        X[:N_FIT], y[:N_FIT]
    )
    return network.predict, X, [("a", range(5)), ("b", range(5, 10))]


def texts():
    records = make_records(2 * N_FIT, random_state=0)
    labs, notes = records.data["labs"], records.data["note"]
    words = TfidfVectorizer().fit(notes[:N_FIT])

    def joined(labs, notes):
        return np.hstack([labs, 3 * words.transform(notes).toarray()])

    network = MLPRegressor(hidden_layer_sizes=(20,), max_iter=150, random_state=0)
    network.fit(joined(labs[:N_FIT], notes[:N_FIT]), records.target[:N_FIT])
    X = MultimodalArray(labs=labs, note=notes)
    return lambda X: network.predict(joined(X["labs"], X["note"])), X, None


def measure(make, n):
    model, X, modalities = make()
    spent = dict.fromkeys(("rows", "seconds"), 0)
    model = timed(model, spent)
    started = process_time()
    explainer = LocalExplainer(Disentangler(model, modalities), random_state=0)
    explainer.fit(X[:N_FIT])
    fitted = process_time()
    explainer.explain(X[N_FIT : N_FIT + n])
    fit, explain = fitted - started, process_time() - fitted
    rows, seconds = spent["rows"], spent["seconds"]
    own, slow = fit + explain - seconds, 20e-6 * rows
    print(
        f"{make.__name__:>8}{n:7,}{rows:12,}{fit:7.2f}{explain:9.2f}"
        f"{seconds:8.2f}{1e6 * seconds / rows:8.1f}"
        f"{1e3 * own / n:9.1f}{(own + slow) / slow:10.2f}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    warnings.simplefilter("ignore", ConvergenceWarning)
    print_constants("_surrogates.mask_tuning", "_surrogates.kernel_tuning")
    head = "rows  model rows    fit  explain   model  us/row  own (ms)  at 20 us"
    print(f"{'':11}{head}")
    for make, sizes in ((table, (100, 1000)), (texts, (10, 100))):
        for n in sizes[:1] if smoke else sizes:
            measure(make, n)


if __name__ == "__main__":
    main()
