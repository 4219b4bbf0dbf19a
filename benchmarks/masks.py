"""Model rows and errors of masks: values against exact ones.

    python benchmarks/masks.py            # some minutes
    python benchmarks/masks.py --smoke    # a short run that only shows it works

A modality of features that are kept or replaced stands beside three numbers. The
problems: few words and groups of words; a pair of words of the row that counts with
three references in a hundred; max-pooling over sixty values; a saturated sum; a forest
on texts; convolutions over segments of a series. Exact values are sums over all masks,
in closed form or evaluated. Errors are norms of differences over norms, root mean
squares over rows; ``covered`` is the share of intervals of a nominal 95 % that hold the
exact values for the references drawn, ``zeros`` counts coefficients of 0 +- 0 that are
not 0.
"""

import argparse
from math import factorial
from time import process_time

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.ensemble import RandomForestRegressor

from _constants import print_constants
from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._references.designs import all_masks
from skdime._surrogates.mask_values import closed_form
from skdime.perturbers import MaskPerturber

EFFECTS = "shapley", "banzhaf"


class Zeros(MaskPerturber):
    """Features are the numbers of a row; 0 replaces them."""

    def features(self, cell):
        return [f"x{i}" for i in range(len(cell))]

    def perturb(self, cell, masks):
        return np.where(masks, cell, 0.0)


class Problem:
    """Outputs for rows of features and numbers, and the values of one row's features.

    ``values(effects, numbers)`` has shape (n_features, n_contexts).
    """

    def __init__(self, row, outputs, values, perturber=Zeros):
        self.row, self.outputs, self.values = row, outputs, values
        self.perturber = perturber


def of_statistics(row, statistics, weights, values):
    """Statistics of the features that are kept, weighted by the numbers beside them."""
    return Problem(
        row,
        lambda X: (statistics(X["kept"]) * weights(X["beside"])).sum(axis=1),
        lambda effects, numbers: values[effects] @ weights(numbers).T,
    )


def same(values):
    return dict.fromkeys(EFFECTS, values)


def sparse(seed):
    """Four single features, a pair and a triple among 24."""
    statistics = np.zeros((24, 4))
    statistics[0, 0], statistics[1, 0], statistics[4, 2] = 2, -1, 1.5
    statistics[[2, 3], 1] = 0.5
    values = {e: statistics.copy() for e in EFFECTS}
    for effects, share in (("shapley", 1 / 3), ("banzhaf", 1 / 4)):
        values[effects][[5, 6, 7], 3] = share

    def of(Z):
        pair, triple = Z[:, 2] * Z[:, 3], Z[:, 5] * Z[:, 6] * Z[:, 7]
        return np.column_stack([2 * Z[:, 0] - Z[:, 1], pair, 1.5 * Z[:, 4], triple])

    def weights(B):
        ones = np.ones(len(B))
        return np.column_stack([ones, 1 + B[:, 0], B[:, 1] > 0, ones])

    return of_statistics(np.ones(24), of, weights, values)


def rare_pair(seed):
    """Two features together count where the number is among the largest 3 %."""
    rng = np.random.RandomState(seed)
    slopes = 0.3 * rng.randn(40) / (1 + np.arange(40) / 3)
    slopes[[5, 9]] = 0
    values = np.zeros((40, 3))
    values[:, 0], values[[5, 9], 1], values[5, 2] = slopes, 0.5, 1

    def of(Z):
        return np.column_stack([Z @ slopes, Z[:, 5] * Z[:, 9], Z[:, 5]])

    def weights(B):
        ones = np.ones(len(B))
        return np.column_stack([ones, 4 * (B[:, 0] > 1.88), 0.2 * ones])

    return of_statistics(np.ones(40), of, weights, same(values))


def max_pooling(seed):
    """The largest of sixty values, and whether any is large."""
    rng = np.random.RandomState(seed)
    x = 0.1 * np.abs(rng.randn(60))
    x[rng.choice(60, 3, replace=False)] = 1 + 0.5 * rng.rand(3)
    is_large = (x > 0.9).astype(float)
    of_max = {"shapley": _shapley_of_max, "banzhaf": _banzhaf_of_max}
    values = {e: np.column_stack([f(x), f(is_large), x]) for e, f in of_max.items()}

    def of(Z):
        return np.column_stack([Z.max(axis=1), (Z > 0.9).any(axis=1), Z.sum(axis=1)])

    def weights(B):
        ones = np.ones(len(B))
        return np.column_stack([1 + 0.5 * (B[:, 0] > 0), B[:, 1] > 1, 0.05 * ones])

    return of_statistics(x, of, weights, values)


def _shapley_of_max(x):
    order, steps = np.argsort(x), np.diff(np.append(0, np.sort(x)))
    values = np.empty(len(x))
    values[order] = np.cumsum(steps / np.arange(len(x), 0, -1))
    return values


def _banzhaf_of_max(x):
    """The k-th largest of the others is the largest with probability 2 ** -k."""
    values = np.empty(len(x))
    for i in range(len(x)):
        others = np.append(np.sort(np.delete(x, i))[::-1], 0)
        law = 0.5 ** np.append(np.arange(1, len(x)), len(x) - 1)
        values[i] = np.maximum(x[i] - others, 0) @ law
    return values


def by_all_masks(row, outputs):
    """A problem whose exact values come from all masks in every context."""
    d = len(row)
    masks = all_masks(d)

    def values(effects, numbers):
        half = masks[2 ** (d - 1) : -1]
        operator, of_whole = closed_form(half, effects)
        exact = np.empty((d, len(numbers)))
        for j, beside in enumerate(numbers):
            rows = {"kept": masks * row, "beside": np.tile(beside, (2**d, 1))}
            y = outputs(rows)
            differences = (y[2 ** (d - 1) :] - y[2 ** (d - 1) - 1 :: -1]) / 2
            exact[:, j] = operator @ differences[:-1] + of_whole * differences[-1]
        return exact

    return Problem(row, outputs, values)


def saturated(seed):
    """The hyperbolic tangent of a sum of fourteen features and the numbers."""
    rng = np.random.RandomState(seed)
    slopes = 3 * rng.randn(14) / np.sqrt(14)

    def outputs(X):
        B = X["beside"]
        inner = X["kept"] @ slopes - slopes.sum() / 2
        return np.tanh(inner + 1.5 * B[:, 0] + B[:, 1] * B[:, 2])

    return by_all_masks(np.ones(14), outputs)


def convolutions(seed):
    """Shares of positive convolutions over twelve segments; numbers are their bias."""
    rng = np.random.RandomState(seed)
    series = np.repeat(rng.randn(12), 5) + 0.3 * rng.randn(60)
    kernels = rng.randn(20, 9)
    kernels -= kernels.mean(axis=1, keepdims=True)
    biases, slopes = rng.randn(3, 20), rng.randn(20)

    def outputs(X):
        rows = np.repeat(X["kept"], 5, axis=1) * series
        convolved = sliding_window_view(rows, 9, axis=1) @ kernels.T
        moved = convolved + (X["beside"] @ biases)[:, None]
        return np.tanh((moved > 0).mean(axis=1) @ slopes)

    return by_all_masks(np.ones(12), outputs)


def forest(seed):
    """A forest on 60 words of which the row has 25, and on three numbers."""
    rng = np.random.RandomState(seed)
    words, numbers = rng.rand(2500, 60) < 0.25, rng.randn(2500, 3)
    y = words @ (rng.randn(60) * (rng.rand(60) < 0.4))
    y = y + 2 * (words[:, :3].sum(axis=1) > 1) * numbers[:, 0]
    y = y + (numbers[:, 1] > 0) * words[:, 5:9].sum(axis=1) + numbers[:, 2]
    model = RandomForestRegressor(60, min_samples_leaf=3, random_state=0)
    model.fit(np.hstack([words, numbers]), y)
    row = (np.arange(60) < 25).astype(float)
    trees = [estimator.tree_ for estimator in model.estimators_]

    def outputs(X):
        return model.predict(np.hstack([X["kept"], X["beside"]]))

    def values(effects, numbers):
        exact = np.zeros((60, len(numbers)))
        for tree in trees:
            every = np.ones(len(numbers)) / len(trees)
            _add_leaves(exact, tree, 0, set(), set(), every, row, numbers, effects)
        return exact

    return Problem(row, outputs, values)


def _add_leaves(exact, tree, node, kept, replaced, share, row, numbers, effects):
    """Values of a leaf: the words that must be kept, and those that must not be."""
    if not share.any():
        return
    a, b, left = len(kept), len(replaced), tree.children_left[node]
    right, column = tree.children_right[node], tree.feature[node]
    rest = row, numbers, effects
    if left < 0:
        value = tree.value[node].ravel()[0] * share
        signs = [(kept, 1, a, b), (replaced, -1, b, a)]
        for members, sign, own, other in signs:
            for word in members:
                weight = 0.5 ** (a + b - 1)
                if effects == "shapley":
                    weight = factorial(own - 1) * factorial(other) / factorial(a + b)
                exact[word] += sign * weight * value
    elif column >= len(row):
        below = np.float32(numbers[:, column - len(row)]) <= tree.threshold[node]
        for child, some in ((left, below), (right, ~below)):
            _add_leaves(exact, tree, child, kept, replaced, share * some, *rest)
    else:
        if column not in kept:
            more = replaced | ({column} if row[column] else set())
            _add_leaves(exact, tree, left, kept, more, share, *rest)
        if row[column] and column not in replaced:
            _add_leaves(exact, tree, right, kept | {column}, replaced, share, *rest)


PROBLEMS = [sparse, rare_pair, max_pooling, saturated, forest, convolutions]


def explain(problem, seed, effects, n_samples, tol):
    """One row, and the exact values of UC and MI."""
    rng = np.random.RandomState(100 + seed)
    n, d = 300, len(problem.row)
    kept = problem.row * (rng.rand(n, d) < 0.5)
    X = MultimodalArray(kept=kept, beside=rng.randn(n, 3))
    x = MultimodalArray(kept=problem.row[None], beside=rng.randn(1, 3))
    dis = Disentangler(problem.outputs, random_state=seed)
    perturber = problem.perturber(effects)
    explainer = LocalExplainer(
        dis, [("kept", perturber)], n_samples=n_samples, tol=tol, random_state=seed
    ).fit(X)
    started = process_time()
    found = explainer.explain(x)
    seconds = process_time() - started
    references = explainer.disentangler_.references_["beside"]
    values = problem.values(effects, np.vstack([references, x["beside"]]))
    uc = values[:, :-1].mean(axis=1)
    own = found.feature_modalities == "kept"
    return found, own, np.stack([uc, values[:, -1] - uc]), seconds


def compare(make, effects, n_samples, tol, n_seeds):
    squares, scales, inside, zeros, rows, seconds = [], [], [], 0, [], []
    for seed in range(n_seeds):
        found, own, exact, spent = explain(make(seed), seed, effects, n_samples, tol)
        coef = found.coef[0, :, own, 0].T
        se = found.se_approximation[0, :, own, 0].T
        wrong = np.abs(coef - exact)
        squares.append(np.square(wrong).sum(axis=1))
        scales.append(np.square(exact).sum(axis=1))
        inside.append(wrong <= 1.96 * se + 1e-3 * np.abs(exact).max())
        zeros += ((coef == 0) & (se == 0) & (np.abs(exact) > 1e-9)).sum()
        rows.append(found.n_model_rows)
        seconds.append(spent)
    uc, mi = np.sqrt(np.sum(squares, axis=0) / np.sum(scales, axis=0))
    covered = np.mean(np.concatenate(inside, axis=1))
    print(
        f"{make.__name__:13}{effects:9}{n_samples:7,} {tol:5g}{np.mean(rows):7,.0f}"
        f"{uc:8.3f}{mi:8.3f}{covered:9.1%}{zeros:6d}{np.mean(seconds):8.2f}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    print_constants(
        "_references.designs",
        "_references.nested_pairs",
        "_surrogates.mask_surrogate",
        "_surrogates.mask_tuning",
    )
    print(
        f"{'':13}effects  n_samples tol   rows      UC      MI  covered zeros   cpu s"
    )
    for make in PROBLEMS[:2] if smoke else PROBLEMS:
        for effects in EFFECTS:
            for n_samples in (400,) if smoke else (500, 1000):
                compare(make, effects, n_samples, 1e-6, 1 if smoke else 4)
        compare(make, "shapley", 1000, 0.05, 1 if smoke else 4)


if __name__ == "__main__":
    main()
