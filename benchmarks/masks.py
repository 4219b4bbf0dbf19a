"""Model rows and errors of designed masks and weighted references.

    python benchmarks/masks.py            # some minutes
    python benchmarks/masks.py --smoke    # a short run that only shows it works

Two modalities of 16 numbers, every number kept or replaced by a typical one. The truth
is 4,000 random masks with all 100 references; errors are norms of differences of
coefficients over the norm of all of them, medians over rows. The procedure to compare
with is 1,000 random masks with all references.
"""

import argparse
from unittest import mock

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, RandomForestRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVR

from _constants import print_constants
from skdime import Disentangler, LocalExplainer
from skdime._references.designs import random_masks
from skdime.perturbers import MaskedTabularPerturber

WIDTH = 16
MODALITIES = [("a", slice(0, WIDTH)), ("b", slice(WIDTH, 2 * WIDTH))]
PERTURBERS = [(name, MaskedTabularPerturber()) for name in "ab"]


def models(n):
    X = np.random.RandomState(0).normal(size=(n, 2 * WIDTH))
    score = X.sum(axis=1) / 2 + (X[:, :WIDTH] * X[:, WIDTH:]).sum(axis=1)
    mlp = MLPClassifier(hidden_layer_sizes=(64, 32), max_iter=60, random_state=0)
    mlp.fit(X, score > 0)
    boosting = GradientBoostingClassifier(random_state=0).fit(X, score > 0)
    forest = RandomForestRegressor(50, min_samples_leaf=5, random_state=0)
    forest.fit(X, score)
    # functions, so that no shorter way through a tree is taken
    yield "MLP, log-odds", X, lambda Z: np.diff(mlp.predict_log_proba(Z), axis=1)
    yield "SVR", X, SVR(C=10).fit(X[:400], score[:400]).predict
    yield "boosting, log-odds", X, lambda Z: boosting.decision_function(Z)
    yield "forest", X, lambda Z: forest.predict(Z)


def at_random(n_features, n_runs, random_state):
    """Masks as LIME draws them, in the place of designed ones."""
    masks = random_masks(n_features, n_runs, random_state)
    masks[:2] = [[False], [True]]  # the second is the row itself
    return masks, [n_runs]


def explain(model, X, n_rows, *, random=False, seed=1, **options):
    explainer = LocalExplainer(
        Disentangler(model, MODALITIES, random_state=0),
        PERTURBERS,
        random_state=seed,
        **options,
    )
    if not random:
        fitted = explainer.fit(X)
        return fitted.explain(X[:n_rows]), fitted.n_model_rows_
    with mock.patch("skdime._surrogates.masking._masks_for", at_random):
        return explainer.fit(X).explain(X[:n_rows]), 0


def size(coef):
    return np.sqrt(np.square(coef).sum(axis=(1, 2, 3)))


def compare(name, X, model, n_rows, n_truth):
    exhaustive = {"algorithm": "exhaustive", "random": True}
    truth, _ = explain(model, X, n_rows, n_samples=n_truth, seed=9, **exhaustive)
    ways = {"1,000 random masks": {"n_samples": 1000, **exhaustive}}
    ways |= {
        f"{n} designed masks": {"n_samples": n, "algorithm": "exhaustive"}
        for n in (1000, 128)
    }
    ways |= {f"auto, tol={tol}": {"tol": tol} for tol in (0.02, 0.03, 0.05, 0.1)}
    print(f"\n{name}\n{'':<22}{'error':>8}{'rows':>10}{'fewer':>8}{'bound holds':>13}")
    most = None
    for way, options in ways.items():
        found, fitted = explain(model, X, n_rows, **options)
        error = np.median(size(found.coef - truth.coef) / size(truth.coef))
        rows = found.n_model_rows / n_rows
        most = most or rows
        held = ""
        if way.startswith("auto"):
            oracle, _ = explain(model, X, n_rows, algorithm="exhaustive")
            held = f"{holds(found, oracle):.0%} ({fitted:,} in fit)"
        print(f"{way:<22}{error:8.1%}{rows:10,.0f}{most / rows:7.1f}x  {held}")


def holds(found, oracle):
    """Share of rows, parts and modalities whose reported bound holds."""
    inside = []
    for m, name in enumerate("ab"):
        of = found.feature_modalities == name
        wrong = np.sqrt(np.square(found.coef - oracle.coef)[:, :, of].sum(axis=2))
        inside.append(wrong <= found.approximation_error[:, :, m])
    return np.mean(inside)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    print_constants(
        "_references.designs",
        "_references.levels",
        "_references.tolerance",
        "_surrogates.mask_fit",
    )
    for name, X, model in models(300 if smoke else 1500):
        compare(name, X, model, *((2, 500) if smoke else (5, 4000)))
        if smoke:
            break


if __name__ == "__main__":
    main()
