"""How often intervals of shares and worths hold the truth; how real hybrids are.

    python benchmarks/summary.py            # everything, some minutes
    python benchmarks/summary.py --smoke    # a short run that only shows it works

Each seed draws new rows, and new training rows and references. Numbers refer to the
population. The truth of shares is known by formula, that of scores from the formulas of
the means and many rows. Intervals have a nominal level of 95 %.
"""

import argparse

import numpy as np

from _constants import print_constants
from skdime import Disentangler
from skdime._estimators.summarized_rows import shares_of_rows
from skdime._references.realism import hybrid_auc
from skdime._references.variance_shares import summary_of
from skdime.metrics import modality_worth
from skdime.metrics._worth import Terms

N_POOL = 500


def rows(n, n_columns, r, seed):
    """Normal columns of variance 1 of which any two have the correlation r."""
    rng = np.random.RandomState(seed)
    common = np.sqrt(r) * rng.normal(size=(n, 1))
    return common + np.sqrt(1 - r) * rng.normal(size=(n, n_columns))


def additive(X):
    return X[:, 0] + 2 * X[:, 1]


def bilinear(X):
    return X[:, 0] + X[:, 1] + X[:, 0] * X[:, 1]


def three_way(X):
    return X[:, 0] + X[:, 1] * X[:, 2] + X.prod(axis=1)


def probability(X):
    return 1 / (1 + np.exp(-X[:, 0] - X[:, 1] - 2 * X[:, 0] * X[:, 1]))


def truth_of_probability():
    """Shares of two standard normal columns, by quadrature."""
    points, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    both = np.stack(np.meshgrid(points, points, indexing="ij"), axis=-1)
    table = probability(both.reshape(-1, 2)).reshape(80, 80)
    first, second, mean = table @ weights, weights @ table, weights @ table @ weights
    rest = table - first[:, None] - second + mean
    variances = [
        weights @ np.square(first - mean),
        weights @ np.square(second - mean),
        weights @ np.square(rest) @ weights,
    ]
    *main, interaction = np.array(variances) / sum(variances)
    return {"main": main, "interaction": [interaction]}


THIRD = 1 / 3
THIRDS = {"main": [THIRD, THIRD], "interaction": [THIRD]}
CASES = {
    "additive": (additive, 2, 0.0, {"main": [0.2, 0.8], "interaction": [0]}),
    "bilinear": (bilinear, 2, 0.0, THIRDS),
    "three-way": (
        three_way,
        3,
        0.0,
        {"main": [THIRD, 0, 0], "pairs": [0, 0, THIRD], "higher": [THIRD]},
    ),
    "correlated, r = .8": (bilinear, 2, 0.8, THIRDS),
    "training rows, r = .8": (bilinear, 2, 0.8, THIRDS),
    "probability, r = .5": (probability, 2, 0.5, truth_of_probability()),
}


def summary(case, n, seed):
    model, n_columns, r, _ = CASES[case]
    X = rows(n, n_columns, r, seed)
    pool = X if "training" in case else rows(N_POOL, n_columns, r, 10_000 + seed)
    disentangler = Disentangler(model, random_state=seed).fit(pool)
    return summary_of(shares_of_rows(disentangler, X)[0])


def print_coverage(n, n_seeds):
    print(f"\nShares of {n} rows, 100 references, {n_seeds} seeds")
    print(f"{'model':24}{'share':14}{'truth':>7}{'mean':>7}{'sd':>7}{'se':>7}  covered")
    for case, (*_, truths) in CASES.items():
        found = [summary(case, n, seed) for seed in range(n_seeds)]
        for name, expected in truths.items():
            print_covered(case, name, expected, found)


def print_covered(case, name, expected, found):
    """A line for each number: truth, mean, spread, standard error and coverage."""
    values, se = (
        np.array([np.ravel(getattr(each, name + end)) for each in found])
        for end in ("", "_se")
    )
    low, high = (
        np.array([np.ravel(each.interval(name)[end]) for each in found])
        for end in (0, 1)
    )
    covered = (low <= np.add(expected, 1e-9)) & (expected <= high + 1e-9)
    for i, true in enumerate(expected):
        numbers = true, values[:, i].mean(), values[:, i].std()
        numbers = (*numbers, np.sqrt(np.square(se[:, i]).mean()))
        texts = "".join(f"{number:7.3f}" for number in numbers)
        share = f"{covered[:, i].mean():8.0%}"
        print(f"{case:24}{name + ' ' + str(i):14}{texts}{share}", flush=True)


# Means over references by formula, for all sets of columns.
MEANS = {
    "bilinear": {
        (): lambda X: np.zeros(len(X)),
        (0,): lambda X: X[:, 0],
        (1,): lambda X: X[:, 1],
        (0, 1): bilinear,
    },
    "three-way": {
        (): lambda X: np.zeros(len(X)),
        (0,): lambda X: X[:, 0],
        (1,): lambda X: np.zeros(len(X)),
        (2,): lambda X: np.zeros(len(X)),
        (0, 1): lambda X: X[:, 0],
        (0, 2): lambda X: X[:, 0],
        (1, 2): lambda X: X[:, 1] * X[:, 2],
        (0, 1, 2): three_way,
    },
}
MEANS["correlated, r = .8"] = MEANS["bilinear"]


def with_noise(model, X, seed):
    return model(X) + np.random.RandomState(20_000 + seed).normal(size=len(X))


def print_worths(n, n_seeds):
    print(f"\nWorths (R2) of {n} rows, 100 references, {n_seeds} seeds")
    print(
        f"{'model':24}{'quantity':14}{'truth':>7}{'mean':>7}{'sd':>7}{'se':>7}  covered"
    )
    for case, means in MEANS.items():
        model, n_columns, r, _ = CASES[case]
        X = rows(200_000, n_columns, r, 0)
        y = with_noise(model, X, 0)
        scores = [1 - np.square(y - f(X)).mean() / y.var() for f in means.values()]
        terms = Terms(n_columns)
        truths = terms.named(terms.of(scores))
        found = [worth(case, n, seed) for seed in range(n_seeds)]
        for name in ("score", "loss", "shapley"):
            print_covered(case, name, truths[name], found)


def worth(case, n, seed):
    model, n_columns, r, _ = CASES[case]
    X, pool = rows(n, n_columns, r, seed), rows(N_POOL, n_columns, r, 10_000 + seed)
    disentangler = Disentangler(model, random_state=seed).fit(pool)
    return modality_worth(disentangler, X, with_noise(model, X, 1 + seed))


def print_areas(n_seeds):
    print(f"\nArea under the curve of real rows against hybrids, {n_seeds} seeds")
    print(f"{'rows':>6}{'columns':>9}{'r':>6}{'mean':>8}{'sd':>7}")
    for n in (100, 300):
        for n_columns in (1, 5):
            for r in (0, 0.5, 0.8, 0.95, 0.99):
                areas = [area(n, n_columns, r, seed) for seed in range(n_seeds)]
                numbers = f"{np.mean(areas):8.3f}{np.std(areas):7.3f}"
                print(f"{n:6}{n_columns:9}{r:6.2f}{numbers}", flush=True)


def area(n, n_columns, r, seed):
    """Of two modalities whose first columns are correlated."""
    first, second = np.random.RandomState(seed).normal(size=(2, n, n_columns))
    second[:, 0] = r * first[:, 0] + np.sqrt(1 - r**2) * second[:, 0]
    return hybrid_auc([first, second])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    print_constants("_references.realism", "_references.variance_shares")
    print_constants("metrics._coalition_values", "_models.scored_outputs")
    print_coverage(60 if smoke else 200, 2 if smoke else 100)
    print_worths(60 if smoke else 200, 2 if smoke else 100)
    if not smoke:
        print_coverage(400, 100)
        print_areas(10)
