"""Errors and intervals of UC on the joint distribution of modalities.

    python benchmarks/joint.py            # everything, some minutes
    python benchmarks/joint.py --smoke    # a short run that only shows it works

Each seed draws new training rows, references and explained rows. The truth refers to
the population: of normal columns by Hermite polynomials, of a curved dependence by
iteration on a grid. Intervals have a nominal level of 95 %.
"""

import argparse
import warnings

import numpy as np

from _constants import print_constants
from skdime import Disentangler


def normal(n, r, n_columns, rng):
    """Two modalities whose first columns have the correlation r."""
    first, second = rng.normal(size=(2, n, n_columns))
    second[:, 0] = r * first[:, 0] + np.sqrt(1 - r**2) * second[:, 0]
    return np.hstack([first, second])


def curved(n, r, n_columns, rng):
    """The same, with the square of the first column for this column."""
    first, second = rng.normal(size=(2, n, n_columns))
    square = (first[:, 0] ** 2 - 1) / np.sqrt(2)
    second[:, 0] = r * square + np.sqrt(1 - r**2) * second[:, 0]
    return np.hstack([first, second])


def model(X):
    return X[:, 0] + X[:, 0] * X[:, X.shape[1] // 2]


def truth_of_normal(x, z, r):
    return x + r + r / (1 + r**2) * (x**2 - 1 + z**2 - 1)


def truth_of_curved(x, z, r):
    """By iterated conditional means on a grid."""
    points = np.linspace(-4, 4, 161)
    far = np.linspace(-5, 12, 341)
    mean, variance = r * (points**2 - 1) / np.sqrt(2), 1 - r**2
    density = np.exp(-((far - mean[:, None]) ** 2) / (2 * variance))
    density *= np.exp(-(points**2) / 2)[:, None]
    of_first, of_second = density.sum(axis=1) + 1e-300, density.sum(axis=0) + 1e-300
    outputs, second = points[:, None] * (1 + far), np.zeros(len(far))
    for _ in range(300):
        first = (density * (outputs - second)).sum(axis=1) / of_first
        second = (density * (outputs - first[:, None])).sum(axis=0) / of_second
    return np.interp(x, points, first) + np.interp(z, far, second)


# Seeds whose areas are computed, which takes longer than all else.
N_AREAS = 2
CASES = {"normal": (normal, truth_of_normal), "curved": (curved, truth_of_curved)}


def uc(distribution, X, rows, n_references, seed):
    n = X.shape[1] // 2
    modalities = {"first": list(range(n)), "second": list(range(n, 2 * n))}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        dis = Disentangler(
            model,
            modalities,
            n_references=n_references,
            distribution=distribution,
            random_state=seed,
        ).fit(X)
        return dis, dis.decompose(rows)


def auc_of(disentangler):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return disentangler.hybrid_auc_


def errors(case, n_columns, n_rows, n_references, r, seed):
    """Areas before and after weighting, errors relative to the output, coverage."""
    draw, truth = CASES[case]
    rng = np.random.RandomState(seed)
    X, rows = draw(n_rows, r, n_columns, rng), draw(200, r, n_columns, rng)
    expected = truth(rows[:, 0], rows[:, n_columns], r)
    spread = model(rows).std()
    _, product = uc("product", X, rows, n_references, seed)
    dis, parts = uc("joint", X, rows, n_references, seed)
    auc = auc_of(dis) if seed < N_AREAS else np.nan
    error = parts.uc[:, 0] - expected
    held = np.abs(error) <= 1.96 * parts.uc_se[:, 0]
    sizes = product.uc[:, 0] - expected, error, parts.uc_se
    roots = [np.sqrt(np.square(size).mean()) / spread for size in sizes]
    return [auc, dis._references.ratio.auc_after, *roots, held.mean()]


def print_errors(case, n_columns, n_rows, n_references, n_seeds, correlations):
    print(
        f"\n{case}, {n_columns} column(s) a modality, {n_rows} training rows, "
        f"{n_references} references, {n_seeds} seeds"
    )
    names = f"{'r':>6}{'AUC':>7}{'after':>7}{'product':>10}{'joint':>9}{'se':>9}"
    print(f"{names}{'covered':>10}")
    for r in correlations:
        sizes = case, n_columns, n_rows, n_references, r
        found = [errors(*sizes, seed) for seed in range(n_seeds)]
        auc, after, product, error, se, held = np.nanmean(found, axis=0)
        numbers = f"{auc:7.2f}{after:7.2f}{product:10.2f}{error:9.3f}{se:9.3f}"
        print(f"{r:6.2f}{numbers}{held:10.0%}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--only", choices=["one", "five", "few", "curved"])
    arguments = parser.parse_args()
    print_constants("_references.density_ratio", "_references.joint")
    runs = {
        "one": ("normal", 1, 1000, 200),
        "five": ("normal", 5, 1000, 200),
        "few": ("normal", 5, 300, 100),
        "curved": ("curved", 1, 1000, 200),
    }
    correlations = [0.0, 0.5, 0.8, 0.9, 0.95, 0.98]
    for name, run in runs.items():
        if arguments.smoke and name == "one":
            print_errors("normal", 1, 100, 40, 2, [0.8])
        elif not arguments.smoke and arguments.only in (None, name):
            print_errors(*run, 10, correlations)
