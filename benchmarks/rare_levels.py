"""Coefficients where combinations of rare flags and counts decide, against exact ones.

    python benchmarks/rare_levels.py            # about 3 minutes
    python benchmarks/rare_levels.py --smoke

The first modality has flags and counts, which few rows have together; the second one
has two numbers. Half of the explained rows have the flags, or most of them. The truth
is a sum over all combinations of the values of the first modality and all coalitions of
its features. Of the last problem two flags are one feature. Errors are root mean
squares, `rms z` those in standard errors; beside it the share of coefficients off by
more than three, and the largest. `no error`: the share of coefficients that are off
beside a standard error of 0.
"""

import argparse
import warnings
from itertools import product
from math import comb

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from _constants import print_constants
from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber

N_POOL, N_EXPLAINED, N_REFERENCES = 4000, 12, 100


def flags(rng, n, shares):
    return (rng.uniform(size=(n, len(shares))) < shares).astype(float)


def counts(rng, n, mean, n_columns, most):
    return rng.poisson(mean, (n, n_columns)).clip(0, most).astype(float)


def numbers(rng, n):
    return rng.normal(size=(n, 2))


def three_flags(rng, n):
    return [flags(rng, n, [0.05] * 3), counts(rng, n, 2, 1, 5), numbers(rng, n)]


def of_three_flags(X):
    together = X[:, 0] * X[:, 1] * X[:, 2]
    return together * (1 + 0.5 * X[:, 4]) + 0.2 * X[:, 3] + X[:, 5]


def two_flags(rng, n):
    return [flags(rng, n, [0.06, 0.2]), counts(rng, n, 2, 2, 5), numbers(rng, n)]


def of_two_flags(X):
    together = 2 * X[:, 0] * X[:, 1]
    return together * (1 + 0.5 * X[:, 4]) + 0.2 * X[:, 2] * X[:, 3] + X[:, 5]


def compared(rng, n):
    return [counts(rng, n, 3, 4, 8), numbers(rng, n)]


def of_compared(X):
    larger = 2.0 * (X[:, 0] > X[:, 1])
    return larger * (1 + 0.5 * X[:, 4]) + 0.2 * X[:, 3] + X[:, 5]


def equal(rng, n):
    return [flags(rng, n, [0.08]), counts(rng, n, 3, 3, 8), numbers(rng, n)]


def of_equal(X):
    same = 2.0 * (X[:, 1] == X[:, 2]) * X[:, 0]
    return same * (1 + 0.5 * X[:, 4]) + 0.2 * X[:, 3] + X[:, 5]


def seven_flags(rng, n):
    return [flags(rng, n, np.linspace(0.03, 0.3, 7)), numbers(rng, n)]


def of_seven_flags(X):
    weights = np.random.RandomState(3).normal(size=(7, 7))
    pairs = ((X[:, :7] @ weights) * X[:, :7]).sum(axis=1)
    return np.tanh(0.5 * pairs * (1 + 0.5 * X[:, 7])) + X[:, 8]


def in_group(rng, n):
    return [flags(rng, n, [0.06, 0.1, 0.06, 0.2]), numbers(rng, n)]


def of_group(X):
    together = 3 * X[:, 0] * X[:, 2] * (1 + 0.5 * X[:, 4])
    return together + 0.5 * X[:, 1] * X[:, 3] + X[:, 5]


def of_at_least_two(X):
    return 2.0 * (X[:, :7].sum(axis=1) >= 2) * (1 + 0.5 * X[:, 7]) + X[:, 8]


def forest():
    X = np.hstack(seven_flags(np.random.RandomState(9), 2000))
    model = RandomForestRegressor(40, min_samples_leaf=3, random_state=0)
    return model.fit(X, of_seven_flags(X)).predict


PROBLEMS = {
    "three flags": (three_flags, lambda: of_three_flags),
    "two flags": (two_flags, lambda: of_two_flags),
    "compared": (compared, lambda: of_compared),
    "equal": (equal, lambda: of_equal),
    "seven flags": (seven_flags, lambda: of_seven_flags),
    "forest": (seven_flags, forest),
    "at least two": (seven_flags, lambda: of_at_least_two),
    "in a group": (in_group, lambda: of_group),
}
# Columns that are one feature together.
GROUPS = {"in a group": {"group": [0, 1]}}


def true_coefficients(model, X, features, row, references):
    """Shapley values of UC and MI over features, each of some of the first columns."""
    levels, shares = [], []
    for columns in features:
        values, times = np.unique(X[:, columns], axis=0, return_counts=True)
        levels.append([*values, row[columns]])  # the row's own values at the end
        shares.append(np.append(times / len(X), 0.0))
    own = np.concatenate(features)
    grid = np.array([np.concatenate(each) for each in product(*levels)])
    hybrids = np.tile(references, (len(grid), 1))
    hybrids[:, own] = np.repeat(grid, len(references), axis=0)
    uc = model(hybrids).reshape(len(grid), -1).mean(axis=1)
    in_row = np.tile(row, (len(grid), 1))
    in_row[:, own] = grid
    return np.array(
        [shapley(part, shares) for part in (uc, model(in_row) - uc)],
    )


def shapley(outputs, shares):
    """From outputs at all combinations of values; the last one is the row's."""
    n = len(shares)
    outputs, mean = outputs.reshape([len(each) for each in shares]), {}
    for kept in product((False, True), repeat=n):
        value = outputs
        for is_kept, share in zip(kept[::-1], shares[::-1], strict=True):
            value = value[..., -1] if is_kept else value @ share
        mean[kept] = value
    values = np.zeros(n)
    for kept, value in mean.items():
        for j in np.flatnonzero(np.logical_not(kept)):
            more = (*kept[:j], True, *kept[j + 1 :])
            values[j] += (mean[more] - value) / (n * comb(n - 1, sum(kept)))
    return values


def errors(name, n, seed):
    """Errors of coefficients of the first modality and their standard errors."""
    draw, build = PROBLEMS[name]
    model, parts = build(), draw(np.random.RandomState(1000 + seed), n)
    X, n_own = np.hstack(parts), sum(part.shape[1] for part in parts[:-1])
    pool = draw(np.random.RandomState(5000 + seed), N_POOL)
    first, pool = pool[0].sum(axis=1), np.hstack(pool)
    half = N_EXPLAINED // 2
    rows = pool[np.r_[np.argsort(-first, kind="stable")[:half], :half]]
    modalities = {"a": range(n_own), "b": range(n_own, X.shape[1])}
    modalities = {key: list(columns) for key, columns in modalities.items()}
    n_references = None if n <= N_REFERENCES else N_REFERENCES
    dis = Disentangler(model, modalities, n_references=n_references, random_state=seed)
    perturber = TabularPerturber(groups=GROUPS.get(name))
    # trees would be summed exactly
    explainer = LocalExplainer(
        dis, {"a": perturber}, algorithm="draws", random_state=seed
    )
    found = explainer.fit(X).explain(rows)
    references = explainer.disentangler_.references_
    together = [j for group in GROUPS.get(name, {}).values() for j in group]
    features = [*GROUPS.get(name, {}).values()]
    features += [[j] for j in range(n_own) if j not in together]
    true = [true_coefficients(model, X, features, row, references) for row in rows]
    own = found.feature_modalities == "a"
    se = np.hypot(found.se_perturbations, found.se_approximation)[:, :, own, 0]
    return found.coef[:, :, own, 0] - true, se, np.abs(true).max()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--only", nargs="*", choices=PROBLEMS, default=list(PROBLEMS))
    arguments = parser.parse_args()
    print_constants("_surrogates.unseen_combinations", "perturbers._spread")
    names, sizes, n_seeds = arguments.only, [100, 500], 6
    if arguments.smoke:
        names, sizes, n_seeds = ["three flags"], [100], 1
    warnings.simplefilter("ignore", UserWarning)
    print(f"{'':<12} rows     UC     MI  rms z  more than 3   most  no error")
    for name, n in product(names, sizes):
        wrong, se, size = zip(
            *(errors(name, n, s) for s in range(n_seeds)), strict=True
        )
        wrong, se, size = np.concatenate(wrong), np.concatenate(se), max(size)
        z = np.abs(wrong) / np.maximum(se, 1e-5 * size)
        uc, mi = np.sqrt(np.square(wrong).mean(axis=(0, 2)))
        silent = (se <= 1e-9 * size) & (np.abs(wrong) > 1e-3 * size)
        print(
            f"{name:<12} {n:>4}  {uc:.4f} {mi:.4f}  {np.sqrt(np.square(z).mean()):5.2f}"
            f"  {(z > 3).mean():>11.1%}  {z.max():>5.1f}  {silent.mean():>8.1%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
