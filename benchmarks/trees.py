"""What explaining trees costs as rows and references grow.

Run ``python benchmarks/trees.py``; ``--smoke`` is a small run that only shows that
everything works. Seconds are processor time of the whole process, so that other work on
the machine counts little.
"""

import argparse
import resource
import time

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.frozen import FrozenEstimator

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber

N_COLUMNS = 16


def rows_of(n, seed=0):
    return np.random.RandomState(seed).normal(size=(n, N_COLUMNS))


def boosting(smoke):
    """100 trees of 31 leaves, with interactions between columns far apart."""
    X = rows_of(2_000 if smoke else 100_000, seed=1)
    y = X[:, 0] * X[:, 8] + np.sin(X[:, 1]) + X[:, 9] * X[:, 2] + 0.3 * X[:, 10] ** 2
    n_trees = 10 if smoke else 100
    model = HistGradientBoostingRegressor(max_iter=n_trees, early_stopping=False)
    return model.fit(X, y + np.random.RandomState(2).normal(size=len(y)))


def modalities(k):
    parts = np.array_split(np.arange(N_COLUMNS), k)
    return [(f"m{i}", part.tolist()) for i, part in enumerate(parts)]


def seconds(function, *args):
    started = time.process_time()
    result = function(*args)
    return time.process_time() - started, result


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def decompositions(model, sizes):
    print("\nAs many rows as references, all rows of fit\n")
    print("   K        rows  s of fit  s of decompose  s of the model   GiB more")
    for k in (2, 3):
        times = []
        for n in sizes:
            X = rows_of(n)
            dis = Disentangler(FrozenEstimator(model), modalities(k), n_references=None)
            before = peak()
            fit, _ = seconds(dis.fit, X)
            found, parts = seconds(dis.decompose, X)
            more, (alone, _) = peak() - before, seconds(model.predict, X)
            assert (parts.evaluation, parts.n_model_rows) == ("leaves", n)
            line = f"{k:4d}  {n:10,d}{fit:10.2f}{found:16.2f}{alone:16.2f}{more:11.2f}"
            print(line, flush=True)
            times.append(found)
        slope = np.polyfit(np.log(sizes[-3:]), np.log(times[-3:]), 1)[0]
        print(f"      exponent over the three largest: {slope:.2f}")


def coefficients(model, n_pool, sizes):
    print("\nExplanations with Shapley values, two modalities\n")
    print("  references        rows  s of explain  ms per row  model rows")
    for n_references in (None, 100):
        dis = Disentangler(
            FrozenEstimator(model), modalities(2), n_references=n_references
        )
        tables = [(name, TabularPerturber(effects="shapley")) for name in ("m0", "m1")]
        explainer = LocalExplainer(dis, tables, random_state=0).fit(rows_of(n_pool))
        for n in sizes:
            took, result = seconds(explainer.explain, rows_of(n, seed=3))
            print(
                f"{n_references or n_pool:12,d}{n:12,d}{took:14.2f}"
                f"{1000 * took / n:12.2f}{result.n_model_rows:12,d}",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    model = boosting(smoke)
    decompositions(
        model, (100, 200, 400) if smoke else (10**4, 10**5, 3 * 10**5, 10**6)
    )
    coefficients(model, 500 if smoke else 10**5, (1, 50) if smoke else (1, 1000, 10**4))


if __name__ == "__main__":
    main()
