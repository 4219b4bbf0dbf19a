"""How often intervals of a nominal 95 % hold the truth: thirteen models, and folds.

    python benchmarks/interval_coverage.py              # all, about 6 minutes
    python benchmarks/interval_coverage.py --only three --seeds 20
    python benchmarks/interval_coverage.py --smoke      # only shows that it works

Each seed draws other references and perturbations from a pool of 400 rows. The truth
has all of them as references: UC, MI, main effects and pairs over all their
combinations, coefficients over all coalitions of columns, words or segments. A third of
the explained rows have the rare flag, level, word or spike. Over folds each seed draws
other rows, and the truth is known in closed form.

Cells are shares of intervals that hold the truth. Below the table stands where they are
less or more than asked for: ``ratio`` is the root mean square error over the root mean
square standard error, ``+- 0`` counts what is wrong beside a standard error of 0.
"""

import argparse
import warnings
from time import process_time

import numpy as np
from scipy.stats import norm
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from _constants import print_constants
from _problems import FOLDS, PROBLEMS
from _truth import (
    columns_drawn,
    masked,
    n_rounds_of,
    true_coefficients,
    true_parts,
)
from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.model_selection import cross_explain
from skdime.perturbers import TabularPerturber

LEVEL, ASKED = 0.95, (0.90, 0.98)
N_POOL, N_EXPLAINED, N_SEEDS = 400, 9, 60
# Fewer perturbations than by default take a third of the time to tune kernels on, and
# leave the larger part of errors to references.
N_SAMPLES = 200
RARE = 1 / 3
QUANTITIES = ["UC", "MI", "main effects", "pairs", "UC coef", "MI coef"]


class Tally:
    """Errors and standard errors of one quantity, over seeds."""

    def __init__(self):
        self.wrong, self.se, self.exact = [], [], 0.0

    def add(self, found, se, true):
        # errors of rounding, relative to the output that they are in, do not count
        exact = 1e-6 * np.abs(true).max(axis=tuple(range(true.ndim - 1)))
        wrong, exact = np.abs(found - true), np.broadcast_to(exact, true.shape)
        counts = ~np.isnan(wrong) & ((wrong > exact) | (se > exact))
        size = exact[counts]  # in units of outputs, which may be of several scales
        size[size == 0] = 1
        self.wrong.append(wrong[counts] / size)
        self.se.append(se[counts] / size)

    def results(self):
        """Share held, ratio of errors, and how many are wrong beside an error of 0."""
        wrong, se = np.concatenate(self.wrong), np.concatenate(self.se)
        if not wrong.size:
            return None
        held = wrong <= norm.ppf((1 + LEVEL) / 2) * se
        ratio = np.sqrt(np.square(wrong).mean() / max(np.square(se).mean(), 1e-300))
        return held.mean(), ratio, int((~held & (se < 1)).sum())


def explainer_of(problem, seed):
    """With the defaults of skdime, but for the number of perturbations."""
    model, modalities = lambda X: problem.model(dict(X.items())), None
    if problem.fitted is not None:
        model, modalities = FrozenEstimator(problem.fitted), {"a": [0, 1], "b": [2, 3]}
    disentangler = Disentangler(model, modalities)
    return LocalExplainer(
        disentangler, problem.perturbers, n_samples=N_SAMPLES, random_state=seed
    )


def rows_of(problem, blocks):
    """The container that skdime is given."""
    if problem.fitted is not None:
        return np.hstack(list(blocks.values()))
    return MultimodalArray(blocks)


def truth_of(problem, pool, explained, explainer):
    """True values by quantity; coefficients by modality and feature."""
    parts = true_parts(problem, pool, explained)
    coefficients = {}
    for name, perturber in explainer.perturbers_:
        for i, cell in enumerate(explained[name]):
            if perturber.masks_rows:
                features = list(perturber.features(cell))
                n_rounds, cells_of = 1, masked(cell, perturber, N_POOL)
            else:
                features = list(perturber.feature_names_)
                n_rounds = n_rounds_of(pool)
                cells_of = columns_drawn(cell, pool[name], n_rounds)
            row = {m: block[i : i + 1] for m, block in explained.items()}
            given = problem, pool, row, name, cells_of, len(features), n_rounds
            coefficients[name, i] = features, true_coefficients(*given)
    return parts, coefficients


def explained_errors(tallies, explainer, X, parts, coefficients):
    """Add what one explainer says of the rows."""
    explanation = explainer.explain(X)
    ours = explanation.decomposition
    if "pairs" in parts:
        ours = explainer.disentangler_.decompose(X, pairs=True)
        tallies["pairs"].add(ours.pairs, ours.pairs_se, parts["pairs"])
    tallies["UC"].add(ours.uc, ours.uc_se, parts["UC"])
    tallies["MI"].add(ours.mi, ours.mi_se, parts["MI"])
    tallies["main effects"].add(ours.main, ours.main_se, parts["main effects"])
    true = np.full_like(explanation.coef, np.nan)
    names = explanation.feature_names.tolist(), explanation.feature_modalities.tolist()
    position = {pair: j for j, pair in enumerate(zip(*names, strict=True))}
    for (modality, i), (features, values) in coefficients.items():
        chosen = [position[feature, modality] for feature in features]
        true[i][:, chosen] = values
    for part, name in enumerate(["UC coef", "MI coef"]):
        values = explanation.coef[:, part], explanation.se[:, part], true[:, part]
        moved = [np.where(np.isnan(true[:, part]), np.nan, each) for each in values]
        tallies[name].add(moved[0], moved[1], np.nan_to_num(moved[2]))


def study(problem, n_seeds):
    """Tallies of all quantities over seeds."""
    pool = problem.draw(N_POOL, np.random.RandomState(0), None)
    explained = problem.draw(N_EXPLAINED, np.random.RandomState(1), RARE)
    fitted_on, X = rows_of(problem, pool), rows_of(problem, explained)
    tallies = {name: Tally() for name in QUANTITIES}
    truth = None
    for seed in range(n_seeds):
        explainer = explainer_of(problem, seed).fit(fitted_on)
        if truth is None:
            truth = truth_of(problem, pool, explained, explainer)
        explained_errors(tallies, explainer, X, *truth)
    return {name: tally for name, tally in tallies.items() if tally.wrong}


def with_product(X):
    return np.column_stack([X, X[:, 0] * X[:, 2]])


def study_of_folds(draw, n_seeds):
    """Intervals over five folds, of coefficients of models of 100 rows.

    Columns have mean 0, so that the product of two is all interaction: each of its
    factors has all of it, and UC has the slopes of the columns.
    """
    slopes, product = np.array([2.0, 0.0, -1.0, 0.5]), 1.0
    common = draw(6, np.random.RandomState(1), RARE)
    uc = common * slopes
    mi = product * (common[:, [0]] * common[:, [2]]) * np.array([1, 0, 1, 0])
    true, tallies = np.stack([uc, mi], axis=1), {}
    modalities = {"a": [0, 1], "b": [2, 3]}
    straight = dict.fromkeys(modalities, TabularPerturber(effects="slope"))
    model = make_pipeline(FunctionTransformer(with_product), LinearRegression())
    options = {"n_samples": 60, "alpha": 1e-9}
    tallies = {"UC coef": Tally(), "MI coef": Tally()}
    for seed in range(n_seeds):
        rng = np.random.RandomState(seed)
        X = draw(100, rng, None)
        y = X @ slopes + product * X[:, 0] * X[:, 2] + 2 * rng.normal(size=100)
        disentangler = Disentangler(model, modalities, n_references=40)
        explainer = LocalExplainer(disentangler, straight, random_state=seed, **options)
        cross = cross_explain(explainer, X, y, cv=5, X_common=common)
        low, high = cross.interval(LEVEL)
        se = (high - low)[..., 0] / (2 * norm.ppf((1 + LEVEL) / 2))
        for part, name in enumerate(tallies):
            values = cross.mean()[:, part], se[:, part, :, None]
            tallies[name].add(*values, true[:, part, :, None])
    return tallies


def report(name, tallies, seconds):
    """A line of the table; returns what is outside of what is asked for."""
    results = {what: tally.results() for what, tally in tallies.items()}
    line, outside = [], []
    for what in QUANTITIES:
        each = results.get(what)
        line.append("     -" if each is None else f"{each[0]:6.1%}")
        if each is not None and (not ASKED[0] <= each[0] <= ASKED[1] or each[2]):
            outside.append((name, what, each))
    print(
        f"{name:<16}"
        + "  ".join(f"{cell:>12}" for cell in line)
        + f"  {seconds:5.0f} s",
        flush=True,
    )
    return outside


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--only", nargs="*", choices=[*PROBLEMS, *FOLDS])
    parser.add_argument("--seeds", type=int, default=N_SEEDS)
    arguments = parser.parse_args()
    chosen, n_seeds = arguments.only or [*PROBLEMS, *FOLDS], arguments.seeds
    if arguments.smoke:
        chosen, n_seeds = ["three"], 2
    print_constants("_references.weighting", "_references.strata")
    print(f"{'':<16}" + "  ".join(f"{what:>12}" for what in QUANTITIES))
    outside = []
    warnings.simplefilter("ignore", UserWarning)  # on fits that are poor by design
    for name in chosen:
        start = process_time()
        if name in PROBLEMS:
            tallies = study(PROBLEMS[name](), n_seeds)
        else:
            tallies = study_of_folds(FOLDS[name], n_seeds)
        outside += report(name, tallies, process_time() - start)
    for name, what, (held, ratio, n_zeros) in outside:
        print(f"{name}, {what}: {held:.1%}, ratio {ratio:.2f}, +- 0: {n_zeros}")


if __name__ == "__main__":
    main()
