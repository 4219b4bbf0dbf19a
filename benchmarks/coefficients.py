"""Errors of coefficients that bend, against exact Shapley values.

    python benchmarks/coefficients.py            # about 5 minutes
    python benchmarks/coefficients.py --smoke    # a short run that only shows it works
    python benchmarks/coefficients.py --seeds 50 # only intervals of draws, over seeds

Exact values are sums over all coalitions of a modality's features, the others drawn
from the data, the other modality from the references of the explainer. Error: norm of
the difference over all coefficients of a row, relative to the norm of these; a mean
over rows and seeds. r: correlation over the features of both parts. se: root mean
square error over root mean square standard error, below 1 on the safe side. Covered:
coefficients within 1.96 standard errors. Beside it the local straight line, which
answers another question: a slope times the distance from the mean. "draws" are those
that all rows share, "coalitions" hybrids of each row.
"""

import argparse
import warnings
from itertools import product
from math import comb
from time import process_time

import numpy as np
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from _constants import print_constants
from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber


def bike(rng):
    """Simulated bike sharing: hour, working day, month beside temperature, humidity."""
    n = 2000
    X = np.column_stack(
        [
            rng.randint(24, size=n),
            rng.randint(2, size=n),
            rng.randint(1, 13, size=n),
            rng.uniform(-5, 35, size=n),
            rng.uniform(20, 100, size=n),
        ]
    )

    def rentals(X):
        hour, works, month, temperature, humidity = np.asarray(X).T
        peak = np.exp(-(((hour - 8) / 1.5) ** 2)) + 1.2 * np.exp(
            -(((hour - 18) / 2) ** 2)
        )
        noon = np.exp(-(((hour - 14) / 3.5) ** 2))
        weather = 0.4 * np.sin(month / 2) - ((temperature - 22) / 15) ** 2
        weather = weather - 0.01 * humidity + 0.8 * noon * (temperature > 15)
        return works * peak * 2 + (1 - works) * noon * 1.5 + weather

    return rentals, X, 3


def network(rng):
    X = rng.normal(size=(3000, 16))
    score = X[:, :8].sum(axis=1) / 2 + (X[:, :8] * X[:, 8:]).sum(axis=1)
    model = MLPClassifier((32, 16), max_iter=60, random_state=0).fit(X, score > 0)
    return lambda X: np.diff(model.predict_log_proba(X), axis=1)[:, 0], X, 8


def forest(rng):
    X = rng.normal(size=(3000, 16))
    score = X[:, 0] + X[:, 8] + 2 * X[:, 1] * X[:, 9]
    model = RandomForestRegressor(50, min_samples_leaf=5, random_state=0)
    return model.fit(X, score).predict, X, 8


def boosting(rng):
    X = rng.normal(size=(3000, 16))
    score = X[:, 0] + X[:, 8] + 2 * X[:, 1] * X[:, 9]
    model = HistGradientBoostingClassifier(random_state=0).fit(X, score > 0)
    return model.decision_function, X, 8


def diabetes(rng):
    X, y = load_diabetes(return_X_y=True)
    X = X[:, [2, 3, 0, 4, 5, 7, 8, 9]]
    model = HistGradientBoostingRegressor(max_iter=60, random_state=0).fit(X, y)
    return model.predict, X, 3


def wine(rng):
    X, y = load_wine(return_X_y=True)
    X = X[:, :9]
    model = make_pipeline(StandardScaler(), SVC(random_state=0)).fit(X, y == 1)
    return model.decision_function, X, 4


# Draws of the exact values that intervals are compared with, as a multiple.
_MORE = 10

PROBLEMS = {
    "bike 3 + 2": (bike, 20_000),
    "network 8 + 8": (network, 4_000),
    "forest 8 + 8": (forest, 1_000),
    "boosting 8 + 8": (boosting, 4_000),
    "diabetes 3 + 5": (diabetes, 8_000),
    "wine 4 + 5": (wine, 8_000),
}


def shapley_values(model, X, references, row, own, n_draws, rng):
    """(2, n_features): UC and MI of the features of one modality."""
    others = np.setdiff1d(np.arange(X.shape[1]), own)
    # each value of a column as often as any other: what columns add has no noise
    n_rounds = -(-n_draws // len(X))
    drawn = np.column_stack(
        [
            np.concatenate([rng.permutation(column) for _ in range(n_rounds)])[:n_draws]
            for column in X.T
        ]
    )
    tuples = np.tile(references, (-(-n_draws // len(references)), 1))[:n_draws]
    values = np.zeros((2, len(own)))
    for held, context in enumerate((tuples, np.tile(row, (n_draws, 1)))):
        drawn[:, others] = context[:, others]
        for kept in map(np.array, product((False, True), repeat=len(own))):
            hybrids = drawn.copy()
            hybrids[:, own[kept]] = row[own[kept]]
            size, d = kept.sum(), len(own)
            gain = 1 / (max(size, 1) * comb(d, size))
            loss = -1 / (max(d - size, 1) * comb(d, size))
            values[held] += np.where(kept, gain, loss) * model(hybrids).mean()
    return np.stack([values[0], values[1] - values[0]])


def exact(model, X, references, row, n_first, n_draws, rng):
    """(2, n_columns): UC and MI of all columns."""
    groups = np.arange(n_first), np.arange(n_first, X.shape[1])
    parts = [shapley_values(model, X, references, row, g, n_draws, rng) for g in groups]
    return np.hstack(parts)


def explained(model, X, rows, n_first, way, n_samples, seed):
    """Coefficients and errors (n_rows, 2, n_columns), references, rows and seconds."""
    effects = "slope" if way == "slope" else "shapley"
    names = ("first", slice(0, n_first)), ("second", slice(n_first, X.shape[1]))
    perturbers = [(name, TabularPerturber(effects=effects)) for name, _ in names]
    explainer = LocalExplainer(
        Disentangler(model, names, random_state=0),
        perturbers,
        n_samples=n_samples,
        algorithm="coalitions" if way == "coalitions" else "draws",
        # of coalitions as many hybrids as there may be
        tol=1e-9 if way == "coalitions" else "auto",
        random_state=seed,
    ).fit(X)
    started = process_time()
    found = explainer.explain(rows)
    seconds = (process_time() - started) / len(rows)
    references = np.asarray(explainer.disentangler_.references_)
    return found, references, explainer.n_model_rows_, seconds


def compare(name, n_rows, n_seeds, sizes):
    build, n_draws = PROBLEMS[name]
    model, X, n_first = build(np.random.RandomState(0))
    rows = X[np.linspace(0, len(X) - 1, n_rows).astype(int)]
    truth = None
    ways = [("slope", 1000), ("draws", 500), *(("coalitions", n) for n in sizes)]
    for way, n_samples in ways:
        lines = []
        for seed in range(n_seeds):
            found, references, fit_rows, seconds = explained(
                model, X, rows, n_first, way, n_samples, seed
            )
            if truth is None:
                rng = np.random.RandomState(1)
                truth = np.array(
                    [
                        exact(model, X, references, r, n_first, n_draws, rng)
                        for r in rows
                    ]
                )
            coef = found.coef[..., 0]
            se = np.hypot(found.se_perturbations, found.se_approximation)[..., 0]
            lines.append(measures(coef, se, truth))
        error, r, ratio, covered = np.mean(lines, axis=0)
        print(
            f"| {name} | {way} {n_samples:,} | {fit_rows:,} | "
            f"{found.n_model_rows / n_rows:,.0f} | {error:.3f} | {r:.3f} | "
            f"{ratio:.2f} | {covered:.2f} | {1000 * seconds:.0f} |",
            flush=True,
        )


def intervals(name, n_rows, n_seeds):
    """How often 95 % intervals of defaults hold over seeds, by part of the output."""
    build, n_draws = PROBLEMS[name]
    model, X, n_first = build(np.random.RandomState(0))
    # whole rounds of the data, and more of them than errors are compared with
    n_draws = len(X) * -(-_MORE * n_draws // len(X))
    rows = X[np.linspace(0, len(X) - 1, n_rows).astype(int)]
    truth, lines = None, []
    for seed in range(n_seeds):
        found, references, *_ = explained(model, X, rows, n_first, "draws", 500, seed)
        if truth is None:
            rng = np.random.RandomState(1)
            truth = np.array(
                [exact(model, X, references, r, n_first, n_draws, rng) for r in rows]
            )
        coef = found.coef[..., 0]
        se = np.hypot(found.se_perturbations, found.se_approximation)[..., 0]
        # a thousandth of the largest coefficient: the noise of the exact values
        noise = 1e-3 * np.abs(truth).max(axis=(1, 2), keepdims=True)
        off = np.abs(coef - truth)
        held = (off <= 1.96 * se + noise).mean(axis=(0, 2))
        ratio = np.sqrt(np.square(off).mean() / np.square(se).mean())
        lines.append([*held, ratio])
    uc, mi, ratio = np.mean(lines, axis=0)
    print(f"| {name} | {uc:.3f} | {mi:.3f} | {ratio:.2f} |", flush=True)


def measures(coef, se, truth):
    """Error, correlation, error over standard error, share covered: means over rows."""
    off = coef - truth
    norms = np.sqrt(np.square(off).sum(axis=(1, 2)) / np.square(truth).sum(axis=(1, 2)))
    r = [
        np.corrcoef(c.ravel(), t.ravel())[0, 1]
        for c, t in zip(coef, truth, strict=True)
    ]
    ratio = np.sqrt(np.square(off).mean() / np.square(se).mean())
    # a thousandth of the largest coefficient: the noise of the exact values
    noise = 1e-3 * np.abs(truth).max(axis=(1, 2), keepdims=True)
    return norms.mean(), np.mean(r), ratio, (np.abs(off) <= 1.96 * se + noise).mean()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--seeds", type=int, help="intervals over so many seeds")
    parser.add_argument("--problems", nargs="+", default=list(PROBLEMS))
    options = parser.parse_args()
    smoke = options.smoke
    warnings.simplefilter("ignore")  # of surrogates that fit badly: they are the point
    print_constants(
        "_surrogates.anova_kernel",
        "_surrogates.coalitions",
        "_surrogates.draw_kernel",
        "_surrogates.kernel_tuning",
        "_surrogates.output_surrogate",
    )
    if options.seeds:
        print("| problem | UC holds | MI holds | error / se |\n|---|---|---|---|")
        for problem in options.problems:
            intervals(problem, 3, options.seeds)
        raise SystemExit
    print("| problem | way, samples | rows of fit | rows per row | error | r | se | ")
    print("|---|---|---|---|---|---|---|---|---|")
    for problem in ["bike 3 + 2"] if smoke else options.problems:
        compare(problem, *((2, 1, [50]) if smoke else (3, 1, [50, 200])))
