"""Error against model rows, beside the estimators that one would take instead.

    python benchmarks/cost.py            # half an hour or more
    python benchmarks/cost.py --many     # 1,000 rows, about as long
    python benchmarks/cost.py --shapley  # attribution="shapley", a minute
    python benchmarks/cost.py --expected # errors that cost() expects, two minutes
    python benchmarks/cost.py --smoke    # a short run that only shows it works

One row is explained, and `rows` is the most that the model sees, ``fit`` included. The
truth are Shapley values of UC and MI from all coalitions of a modality's features,
means over the training rows as references. Error: norm of the difference over all
coefficients of UC and MI, relative to their norm; a mean over explained rows.

Other packages explain one function at a time. They get the four games that hold UC and
MI of two modalities (a modality's features with the other modality from references, or
as in the row), a quarter of the rows for each, and the number of contexts in a value of
a game (1, 3, 10, 30 or 100) that makes their error smallest. MI is a difference of two
games with the same contexts. Of 1,000 rows, explained with one ``fit``, `rows` is the
number of model rows a row, ``fit`` included; other packages share nothing between rows.
The error is told against Shapley values with the same references, and with all rows.
"average" compares with one average row, whose truth is the explanation from all masks.
Parts of SHAP values are compared with those of all coalitions of all features, means
over 4,000 hybrids of rows. Errors that ``cost`` expects before and after ``fit``
stand beside root mean square standard errors of 16 rows (one with a budget), all in
standard deviations of the output.
"""

import argparse
import contextlib
import io
import warnings
from itertools import product
from math import comb
from time import process_time

import numpy as np

from _constants import print_constants
from coefficients import PROBLEMS, exact
from skdime import Disentangler, LocalExplainer
from skdime.perturbers import MaskedTabularPerturber, TabularPerturber

CONTEXTS = 1, 3, 10, 30, 100
SIZES = 250, 1_000, 4_000
# Other packages take longer, and are asked for fewer rows.
N_OF_OTHERS = 3
# References, perturbations and algorithm for many rows: 250 and 404 model rows a row,
# 500 times fewer than the 202,000 of the published procedure, and the defaults.
MANY = (
    (30, 80, "draws"),
    (100, 87, "draws"),
    (30, 90, "coalitions"),
    (100, 500, "draws"),
)


# --- skdime -------------------------------------------------------------------------


def explained(model, X, n_first, row, perturbers="auto", references="sample", **given):
    """Coefficients (2, n_columns), their errors, and the model rows in all."""
    modalities = [("first", slice(0, n_first)), ("second", slice(n_first, None))]
    explainer = LocalExplainer(
        Disentangler(model, modalities, references=references, random_state=0),
        perturbers,
        random_state=0,
        **given,
    ).fit(X)
    found = explainer.explain(row[None])
    errors = np.sqrt(
        np.square([found.se_references, found.se_perturbations]).sum(axis=0)
    )
    n_model_rows = explainer.n_model_rows_ + found.n_model_rows
    return found.coef[0, ..., 0], errors[0, ..., 0], n_model_rows


def slopes(model, X, n_first, row):
    """The published procedure: straight lines from every hybrid row."""
    lines = {name: TabularPerturber(effects="slope") for name in ("first", "second")}
    options = {"algorithm": "exhaustive", "n_samples": 1_000}
    return explained(model, X, n_first, row, lines, **options)


def every_mask(model, X, n_first, row):
    masks = {name: MaskedTabularPerturber() for name in ("first", "second")}
    options = {"references": "average", "algorithm": "exhaustive"}
    return explained(model, X, n_first, row, masks, **options)[0]


# --- others -------------------------------------------------------------------------


class Game:
    """Values of coalitions of some columns, means over contexts.

    Parameters
    ----------
    contexts : ndarray of shape (n_contexts, n_columns)
        What stands for features outside of a coalition, and for other columns.
    """

    def __init__(self, model, row, own, contexts):
        self.model, self.row, self.own, self.contexts = model, row, own, contexts

    def __call__(self, coalitions):
        coalitions = np.atleast_2d(coalitions).astype(bool)
        hybrids = np.repeat(self.contexts[None], len(coalitions), axis=0)
        kept = np.where(coalitions[:, None], self.row[self.own], hybrids[..., self.own])
        hybrids[..., self.own] = kept
        outputs = self.model(hybrids.reshape(-1, hybrids.shape[2]))
        return outputs.reshape(len(coalitions), -1).mean(axis=1)


def of_games(estimate, model, X, n_first, row, n_values, n_contexts, seed):
    """UC and MI of all columns by an estimator of the Shapley values of one game."""
    rng = np.random.RandomState(seed)
    tuples = X[rng.choice(len(X), n_contexts)]
    drawn = np.column_stack([rng.choice(column, n_contexts) for column in X.T])
    columns = np.arange(X.shape[1])
    found = np.zeros((2, X.shape[1]))
    for own in columns[:n_first], columns[n_first:]:
        for held, others in enumerate((tuples, np.tile(row, (n_contexts, 1)))):
            contexts = others.copy()
            contexts[:, own] = drawn[:, own]
            game = Game(model, row, own, contexts)
            found[held, own] = estimate(game, len(own), n_values, seed)
    return np.stack([found[0], found[1] - found[0]])


def shap_kernel(game, d, n_values, seed):
    import shap

    np.random.seed(seed)
    explainer = shap.KernelExplainer(game, np.zeros((1, d)))
    options = {"nsamples": n_values - 2, "l1_reg": False, "silent": True}
    return explainer.shap_values(np.ones((1, d)), **options)[0]


def shap_permutation(game, d, n_values, seed):
    import shap

    explainer = shap.PermutationExplainer(game, np.zeros((1, d)), seed=seed)
    return explainer(np.ones((1, d)), max_evals=n_values, silent=True).values[0]


def of_shapiq(name, **options):
    def estimate(game, d, n_values, seed):
        from shapiq import approximator

        made = getattr(approximator, name)(n=d, random_state=seed, **options)
        return made.approximate(n_values, game).get_n_order_values(1)

    return estimate


OTHERS = {
    "shap, permutations": shap_permutation,
    "shap, kernel": shap_kernel,
    "shapiq, kernel in pairs": of_shapiq("KernelSHAP", pairing_trick=True),
    "shapiq, SVARM": of_shapiq("SVARM"),
}


def best(estimate, model, X, n_first, rows, truth, size, seeds):
    """Least mean error over the numbers of contexts."""
    errors = [np.inf]
    for n_contexts in CONTEXTS:
        n_values = size // (4 * n_contexts)
        if n_values < 2 * max(n_first, X.shape[1] - n_first) + 3:
            continue
        found = [
            of_games(estimate, model, X, n_first, row, n_values, n_contexts, seed)
            for row in rows
            for seed in range(seeds)
        ]
        errors.append(error(found, np.repeat(truth, seeds, axis=0)).mean())
    return min(errors)


# --- comparison -----------------------------------------------------------------------


def error(found, truth):
    off, size = (np.sqrt(np.square(a).sum(axis=(1, 2))) for a in (found - truth, truth))
    return off / size


def exact_values(model, X, n_first, rows, n_draws=3_000):
    """Those with all rows of `X` as references, as many as there are draws."""
    rng = np.random.RandomState(5)
    references = X[rng.permutation(len(X))]
    return np.array(
        [exact(model, X, references, row, n_first, n_draws, rng) for row in rows]
    )


def compare(name, sizes, n_rows, seeds):
    build, n_draws = PROBLEMS[name]
    model, X, n_first = build(np.random.RandomState(0))
    problem = model, X, n_first
    rows = X[np.linspace(0, len(X) - 1, n_rows).astype(int)]
    truth = exact_values(*problem, rows, max(n_draws, 3_000))
    ours = [
        [explained(*problem, row, budget=size)[:2] for row in rows] for size in sizes
    ]
    ours = np.array(ours)
    line(name, "skdime, budget", [error(coef, truth).mean() for coef in ours[:, :, 0]])
    off = np.square(ours[:, :, 0] - truth).mean(axis=(1, 2, 3))
    expected = np.square(ours[:, :, 1]).mean(axis=(1, 2, 3))
    line(name, "its error over its standard error", np.sqrt(off / expected))
    few = rows[:N_OF_OTHERS], truth[:N_OF_OTHERS]
    for other, estimate in OTHERS.items():
        errors = [best(estimate, *problem, *few, s, seeds) for s in sizes]
        line(name, other, errors)
    coef, _, n_model_rows = zip(*(slopes(*problem, r) for r in rows), strict=True)
    pairs = zip(map(np.ravel, coef), map(np.ravel, truth), strict=True)
    r = np.mean([np.corrcoef(*pair)[0, 1] for pair in pairs])
    print(
        f"| {name} | straight lines, {n_model_rows[0]:,} rows | "
        f"{error(np.array(coef), truth).mean():.3f}, r {r:.2f} |",
        flush=True,
    )
    if n_first == X.shape[1] - n_first == 8:
        of_masks = np.array([every_mask(*problem, r) for r in rows])
        options = {"references": "average"}
        found = [
            [explained(*problem, r, budget=size, **options)[0] for r in rows]
            for size in sizes
        ]
        errors = [error(f, of_masks).mean() for f in found]
        line(name, "skdime, budget, one average row", errors)


def shapley_parts(model, X, n_first, row):
    """UC and MI (2, n_columns) as parts of the SHAP values, from all coalitions."""
    rng = np.random.RandomState(1)
    rows = [rng.choice(len(X), 4_000) for _ in range(2)]
    absent = np.hstack([X[rows[0], :n_first], X[rows[1], n_first:]])
    columns = np.arange(X.shape[1])
    first, second = columns[:n_first], columns[n_first:]
    whole = all_coalitions(model, absent, row, columns)
    parts = (all_coalitions(model, absent, row, own) for own in (first, second))
    uc = np.concatenate(list(parts))
    return np.stack([uc, whole - uc])


def all_coalitions(model, absent, row, players):
    """Shapley values of some columns, the others from rows without any of the row."""
    d, values = len(players), np.zeros(len(players))
    for kept in map(np.array, product((False, True), repeat=d)):
        hybrids, size = absent.copy(), kept.sum()
        hybrids[:, players[kept]] = row[players[kept]]
        gain = 1 / (max(size, 1) * comb(d, size))
        loss = -1 / (max(d - size, 1) * comb(d, size))
        values += np.where(kept, gain, loss) * model(hybrids).mean()
    return values


def compare_shapley(name, n_rows):
    """Errors of ``attribution="shapley"``, of few columns."""
    build, _ = PROBLEMS[name]
    model, X, n_first = build(np.random.RandomState(0))
    rows = X[np.linspace(0, len(X) - 1, n_rows).astype(int)]
    truth = np.array([shapley_parts(model, X, n_first, row) for row in rows])
    modalities = [("first", slice(0, n_first)), ("second", slice(n_first, None))]
    explainer = LocalExplainer(
        Disentangler(model, modalities, random_state=0),
        attribution="shapley",
        random_state=0,
    ).fit(X)
    found = explainer.explain(rows)
    wrong = found.coef[..., 0] - truth
    ratio = np.sqrt(np.square(wrong).mean() / np.square(found.se).mean())
    n = f"{explainer.n_model_rows_:,} + {found.n_model_rows // n_rows:,} a row"
    mean = error(found.coef[..., 0], truth).mean()
    print(f"| {name} | skdime, shapley | {n} | {mean:.3f} | {ratio:.2f} |", flush=True)


def compare_expected(name, n_rows, budgets):
    """Standard errors of UC and of coefficients: expected and found."""
    build, _ = PROBLEMS[name]
    model, X, n_first = build(np.random.RandomState(0))
    rows = X[np.linspace(0, len(X) - 1, n_rows).astype(int)]
    modalities = [("first", slice(0, n_first)), ("second", slice(n_first, None))]
    for budget in budgets:
        explainer = LocalExplainer(
            Disentangler(model, modalities, random_state=0),
            budget=budget,
            random_state=0,
        )
        some = rows if budget is None else rows[:1]
        before = explainer.cost(some, n_fit=len(X))
        after = explainer.fit(X).cost(some)
        left = explainer.cost(some, explained=explainer.explain(some))
        way = "default" if budget is None else f"budget {budget:,}"
        for number in ("uc", "coef"):
            told = [
                getattr(each, f"expected_{number}_se") for each in (left, before, after)
            ]
            shown = " | ".join(f"{error:.4f}" for error in told)
            print(f"| {name} | {way} | {number} | {shown} |", flush=True)


def of_one_fit(model, X, rows, n_first, n_references, n_samples, algorithm):
    """Explanation of all rows, references, model rows a row and seconds of one fit."""
    modalities = [("first", slice(0, n_first)), ("second", slice(n_first, None))]
    started = process_time()
    explainer = LocalExplainer(
        Disentangler(model, modalities, n_references=n_references, random_state=0),
        algorithm=algorithm,
        n_samples=n_samples,
        random_state=0,
    ).fit(X)
    explanation = explainer.explain(rows)
    seconds = process_time() - started
    n = (explainer.n_model_rows_ + explanation.n_model_rows) // len(rows)
    return explanation, np.asarray(explainer.disentangler_.references_), n, seconds


def compare_many(name, n_rows, n_measured):
    """Model rows a row, and errors, where many rows are explained by one fit."""
    build, _ = PROBLEMS[name]
    model, X, n_first = build(np.random.RandomState(0))
    rows = X[np.random.RandomState(1).choice(len(X), n_rows)]
    some = rows[:n_measured]
    of_all, of_these = exact_values(model, X, n_first, some), {}
    for options in MANY:
        explained = of_one_fit(model, X, rows, n_first, *options)
        explanation, references, n, seconds = explained
        n_references, n_samples, algorithm = options
        if n_references not in of_these:
            rng = np.random.RandomState(1)
            of_these[n_references] = np.array(
                [exact(model, X, references, row, n_first, 3_000, rng) for row in some]
            )
        found = explanation.coef[:n_measured, ..., 0]
        missed = (error(found, of_these[n_references]), error(found, of_all))
        told = " | ".join(f"{errors.mean():.3f}" for errors in missed)
        alone = f"{timed(model, rows, n):.1f} of the model alone"
        way = f"{algorithm}, {n_references} references, n_samples={n_samples}"
        print(
            f"| {name} | {way} | {n:,} | {told} | {seconds:.1f}, {alone} |", flush=True
        )
    for other, estimate in OTHERS.items():
        least = best(estimate, model, X, n_first, some, of_all, n, 2)
        print(f"| {name} | {other} | {n:,} | | {least:.3f} | |", flush=True)


def timed(model, rows, n_times):
    """Seconds of the bare model for so many times as many rows."""
    started = process_time()
    model(np.tile(rows, (10, 1)))
    return (process_time() - started) * n_times / 10


def line(name, way, errors):
    shown = (f"{e:.3f}" if np.isfinite(e) else "" for e in errors)
    print(f"| {name} | {way} | {' | '.join(shown)} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--only", choices=PROBLEMS)
    parser.add_argument("--many", action="store_true", help="explain 1,000 rows")
    parser.add_argument("--shapley", action="store_true", help="parts of SHAP values")
    parser.add_argument("--expected", action="store_true", help="errors expected")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # of large errors: they are the point
    print_constants(
        "_estimators.budget",
        "_estimators.expected_errors",
        "_surrogates.bent_surrogate",
        "_surrogates.row_coalitions",
    )
    sizes = SIZES[:1] if arguments.smoke else SIZES
    if arguments.smoke:
        OTHERS = {"shap, kernel": shap_kernel}
    chosen = [arguments.only or "bike 3 + 2"]
    chosen = chosen if arguments.smoke or arguments.only else list(PROBLEMS)
    if arguments.many or arguments.smoke:
        print(
            "| problem | way | rows | error | of all rows | seconds |\n"
            "|---|---|---|---|---|---|"
        )
        for problem in chosen:
            with contextlib.redirect_stderr(io.StringIO()):
                compare_many(problem, *((4, 2) if arguments.smoke else (1_000, 6)))
    if arguments.shapley or arguments.smoke:
        print(
            "| problem | way | rows | error | over its error |\n|---|---|---|---|---|"
        )
        for problem in (p for p in chosen if "8 + 8" not in p):
            compare_shapley(problem, 1 if arguments.smoke else 3)
    if arguments.expected or arguments.smoke:
        print(
            "| problem | way | of | left | before fit | after |\n"
            "|---|---|---|---|---|---|"
        )
        budgets = (None, 250) if arguments.smoke else (None, *SIZES)
        for problem in chosen:
            compare_expected(problem, 2 if arguments.smoke else 16, budgets)
    if arguments.many or arguments.shapley or arguments.expected:
        raise SystemExit
    print(f"| problem | way | {' | '.join(f'{size:,} rows' for size in sizes)} |")
    print(f"|---|---|{'---|' * len(sizes)}")
    for problem in chosen:
        with contextlib.redirect_stderr(io.StringIO()):  # progress of other packages
            compare(problem, sizes, *((1, 1) if arguments.smoke else (8, 2)))
