"""Errors of explanations within a budget of model rows, all in.

    python benchmarks/budget.py            # about 5 minutes
    python benchmarks/budget.py --smoke    # a short run that only shows it works

One row is explained; `budget` is the most model rows of fit and explain together. Two
tables of eight columns each. With references="sample" exact Shapley values are the
truth, means over the references of the explainer (benchmarks/kernel.py). With "average"
it is the explanation from all 256 masks of a modality. Error: norm of the difference
over all coefficients, relative to the norm of these; median over rows. se:
root mean square error over root mean square standard error, below 1 on the safe side.
"""

import argparse
import warnings

import numpy as np

from _constants import print_constants
from kernel import boosting, exact, forest, network
from skdime import Disentangler, LocalExplainer
from skdime.perturbers import MaskedTabularPerturber

N_FIRST = 8
MODALITIES = [("first", slice(0, N_FIRST)), ("second", slice(N_FIRST, None))]
PROBLEMS = {"network": network, "forest": forest, "boosting": boosting}


def explained(model, X, row, seed=0, perturbers="auto", references="sample", **options):
    """The explanation, the explainer, and the model rows of both."""
    explainer = LocalExplainer(
        Disentangler(model, MODALITIES, references=references, random_state=seed),
        perturbers,
        random_state=seed,
        **options,
    ).fit(X)
    found = explainer.explain(row)
    return found, explainer, explainer.n_model_rows_ + found.n_model_rows


def against_sample(model, X, row, budget):
    """Coefficients, errors and exact values of a row; model rows."""
    found, explainer, n_model_rows = explained(model, X, row, budget=budget)
    references = np.asarray(explainer.disentangler_.references_)
    rng = np.random.RandomState(1)
    truth = exact(model, X, references, row[0], N_FIRST, 500, rng)
    return found.coef[0, ..., 0], found.se_perturbations[0, ..., 0], truth, n_model_rows


def against_average(model, X, row, budget):
    """The same where one average row stands in for what is absent."""
    options = {"references": "average"}
    found, _, n_model_rows = explained(model, X, row, budget=budget, **options)
    masks = [(name, MaskedTabularPerturber()) for name, _ in MODALITIES]
    every, *_ = explained(
        model, X, row, perturbers=masks, algorithm="exhaustive", **options
    )
    errors = found.se_perturbations + found.se_approximation
    return found.coef[0, ..., 0], errors[0, ..., 0], every.coef[0, ..., 0], n_model_rows


def compare(problem, budgets, n_rows):
    model, X, _ = PROBLEMS[problem](np.random.RandomState(0))
    rows = [X[[i]] for i in np.linspace(0, len(X) - 1, n_rows).astype(int)]
    for name, compared in (("sample", against_sample), ("average", against_average)):
        for budget in budgets:
            found = [compared(model, X, row, budget) for row in rows]
            coef, se, truth, n_model_rows = map(np.array, zip(*found, strict=True))
            off = np.square(coef - truth).sum(axis=(1, 2))
            error = np.median(np.sqrt(off / np.square(truth).sum(axis=(1, 2))))
            size = np.sqrt(np.square(se).mean())
            ratio = np.sqrt(np.square(coef - truth).mean()) / size if size else 0.0
            print(
                f"| {problem} | {name} | {budget:,} | {n_model_rows.max():,} | "
                f"{error:.3f} | {ratio:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    warnings.simplefilter("ignore")  # of large errors: they are the point
    print_constants("_estimators.budget", "_surrogates.row_coalitions")
    print("| model | references | budget | model rows | error | se |")
    print("|---|---|---|---|---|---|")
    for problem in ["boosting"] if smoke else PROBLEMS:
        compare(problem, *(([250], 1) if smoke else ([250, 512, 1_000], 2)))
