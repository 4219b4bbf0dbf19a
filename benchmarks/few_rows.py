"""Errors of coefficients against few training rows, between whose values models step.

    python benchmarks/few_rows.py            # nine models, 60 and 250 rows, 12 minutes
    python benchmarks/few_rows.py --smoke

Two modalities of two measurements of tumours each; all rows of ``fit`` are references,
so that only perturbations leave an error. The twelve explained rows have other values
than these. The truth has all coalitions of columns; with 250 rows, 24 partners for
each value. `rms z` is the root mean square of errors in standard errors; beside it the
share of coefficients that are off by more than three, and the largest. Two models
step across columns: the product of a column with the integer part of the sum of two
others, and the rounded sum of all columns. Of two others few combinations of values,
which draws may not have, decide: columns of a few values are compared, and the product
of two is the exponent.
"""

import argparse
import warnings
from itertools import product

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from _constants import print_constants
from skdime import Disentangler, LocalExplainer

COLUMNS = ["mean radius", "mean texture", "worst area", "worst concavity"]
MODALITIES = {"mean": [0, 1], "worst": [2, 3]}
N_FITTED, N_EXPLAINED, N_PARTNERS = 400, 12, 24


class Function:
    """A function of standardised columns, as a model."""

    def __init__(self, outputs):
        self.outputs = outputs

    def fit(self, X, y):
        self.scaler = StandardScaler().fit(X)
        return self

    def predict(self, X):
        return self.outputs(self.scaler.transform(X))


MODELS = {
    "30 trees": lambda: GradientBoostingClassifier(n_estimators=30, random_state=0),
    "200 trees": lambda: GradientBoostingClassifier(n_estimators=200, random_state=0),
    "forest": lambda: RandomForestClassifier(60, min_samples_leaf=3, random_state=0),
    "network": lambda: make_pipeline(
        StandardScaler(),
        MLPClassifier((20,), alpha=0.1, max_iter=1000, random_state=0),
    ),
    "kernel": lambda: make_pipeline(StandardScaler(), SVR()),
    "floor": lambda: Function(lambda Z: np.floor(Z[:, 0] + Z[:, 1]) * Z[:, 2]),
    "rounded": lambda: Function(lambda Z: np.round(Z.sum(axis=1))),
    "counts": lambda: Function(
        lambda Z: 2.0 * (Z[:, 0] > Z[:, 1]) * (1 + (Z[:, 2] > Z[:, 3]))
    ),
    "exponent": lambda: Function(lambda Z: np.exp(Z[:, 0] * Z[:, 1]) + Z[:, 2]),
}
# Models whose columns are rounded to a few values.
OF_COUNTS = {"counts"}


def pairs_of(first, second):
    """Values of two columns, and their weights: all, or some where these are many."""
    (a, of_a), (b, of_b) = (np.unique(x, return_counts=True) for x in (first, second))
    if len(a) * len(b) <= 5000:
        weights = np.outer(of_a, of_b).ravel()
        return np.array(list(product(a, b))), weights / weights.sum()
    mixed = np.random.RandomState(0).permutation(second)
    shifted = np.concatenate([np.roll(mixed, i) for i in range(N_PARTNERS)])
    pairs = np.column_stack([np.tile(first, N_PARTNERS), shifted])
    return pairs, np.full(len(pairs), 1 / len(pairs))


def uc_and_mi(function, X, row, own, values, weights):
    """Means of UC and MI over values of a modality's columns, in the row's context."""
    others = np.setdiff1d(np.arange(4), own)
    hybrids = np.empty((len(values) * len(X), 4))
    hybrids[:, own] = np.repeat(values, len(X), axis=0)
    hybrids[:, others] = np.tile(X[:, others], (len(values), 1))
    uc = weights @ function(hybrids).reshape(len(values), -1).mean(axis=1)
    in_row = np.tile(row, (len(values), 1))
    in_row[:, own] = values
    return np.array([uc, weights @ function(in_row) - uc])


def true_coefficients(function, X, row):
    """Shapley values of UC and MI over the columns of each modality, (2, 4)."""
    coef = np.empty((2, 4))
    for own in MODALITIES.values():
        drawn, same = X[:, own].T, row[own][:, None]
        v = {
            (i, j): uc_and_mi(function, X, row, own, *pairs_of(first, second))
            for i, first in enumerate((drawn[0], same[0]))
            for j, second in enumerate((drawn[1], same[1]))
        }
        coef[:, own[0]] = (v[1, 0] - v[0, 0] + v[1, 1] - v[0, 1]) / 2
        coef[:, own[1]] = (v[0, 1] - v[0, 0] + v[1, 1] - v[1, 0]) / 2
    return coef


def standardised_errors(model, X, rows, n_seeds):
    """Errors in standard errors, (n_seeds, n_rows, 2, 4), and errors in output's sd."""
    is_classifier = hasattr(model, "predict_proba")
    function = (lambda X: model.predict_proba(X)[:, 1]) if is_classifier else None
    function = function or model.predict
    true = np.array([true_coefficients(function, X, row) for row in rows])
    z, wrong = [], []
    for seed in range(n_seeds):
        disentangler = Disentangler(function, MODALITIES, n_references=None)
        explainer = LocalExplainer(disentangler, algorithm="draws", random_state=seed)
        explanation = explainer.fit(X).explain(rows)
        wrong.append(explanation.coef[..., 0] - true)
        se = np.maximum(explanation.se[..., 0], 1e-6 * np.abs(true).max())
        z.append(wrong[-1] / se)
    return np.array(z), np.array(wrong) / function(X).std()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--only", nargs="*", choices=MODELS, default=list(MODELS))
    arguments = parser.parse_args()
    print_constants("_surrogates.between_values", "_surrogates.unseen_combinations")
    names, sizes, n_seeds = arguments.only, [60, 250], 4
    if arguments.smoke:
        names, sizes, n_seeds = ["30 trees"], [60], 1
    data = load_breast_cancer(as_frame=True)
    X, y = data.data[COLUMNS].to_numpy(), data.target.to_numpy()
    counts = np.round(StandardScaler().fit_transform(X)).clip(-1, 4)
    warnings.simplefilter("ignore", UserWarning)  # on steps that surrogates smear
    print(f"{'':<10} rows  part  error  rms z  off by more than 3   most")
    for name, n in product(names, sizes):
        given = counts if name in OF_COUNTS else X
        model = MODELS[name]().fit(given[:N_FITTED], y[:N_FITTED])
        rows = given[N_FITTED : N_FITTED + N_EXPLAINED]
        z, wrong = standardised_errors(model, given[:n], rows, n_seeds)
        for part, label in enumerate(("UC", "MI")):
            own, error = np.abs(z[:, :, part]), wrong[:, :, part]
            print(
                f"{name:<10} {n:>4}  {label}    {np.sqrt(np.square(error).mean()):.3f}"
                f"  {np.sqrt(np.square(own).mean()):>5.2f}  {(own > 3).mean():>18.1%}"
                f"  {own.max():>5.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
