"""Outputs with rare, sharp steps: what completing from few model rows costs there.

    python benchmarks/steps.py            # three seeds, some minutes
    python benchmarks/steps.py --smoke    # a short run that only shows it works

1,000 rows with 2.5 % positives; log-odds of a random forest, hidden in a function so
that no sum over its leaves is taken, and of nearest neighbours. The error is that of
`auto` against `exhaustive` with the same seed, relative to the norm of a row's
coefficients; `covered` is how often the reported bound holds.
"""

import argparse
import warnings

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier

from _constants import print_constants
from skdime import Disentangler, LocalExplainer

MODALITIES = [("a", slice(0, 5)), ("b", slice(5, 10))]


def data(n, seed):
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n, 10))
    score = X[:, 0] * X[:, 5] + X[:, 1] + X[:, 6] + rng.normal(size=n) / 2
    return X, (score > np.quantile(score, 0.975)).astype(int)


def log_odds(model):
    def function(X):
        share = np.clip(model.predict_proba(X)[:, 1], 1e-6, 1 - 1e-6)
        return np.log(share / (1 - share))

    return function


def norms(coef, explanation):
    """Of each modality's coefficients: (n_rows, 2, n_modalities, n_outputs)."""
    owners = explanation.feature_modalities
    squares = [
        np.square(coef[:, :, owners == name]).sum(axis=2)
        for name in explanation.modality_names
    ]
    return np.sqrt(np.stack(squares, axis=2))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    print_constants(
        "_references.completion",
        "_references.landmarks",
        "_references.tolerance",
    )
    warnings.simplefilter("ignore", UserWarning)  # no straight line fits a step
    n, n_rows, n_samples, seeds = (300, 5, 200, 1) if smoke else (1000, 60, 1000, 3)
    models = {
        "forest": lambda: RandomForestClassifier(random_state=0),
        "neighbours": lambda: KNeighborsClassifier(15),
    }
    for name, make in models.items():
        for seed in range(seeds):
            X, y = data(n, seed)
            dis = Disentangler(log_odds(make().fit(X, y)), MODALITIES)
            auto, exhaustive = (
                LocalExplainer(
                    dis, algorithm=algorithm, n_samples=n_samples, random_state=seed
                )
                .fit(X)
                .explain(X[:n_rows])
                for algorithm in ("auto", "exhaustive")
            )
            wrong = norms(auto.coef - exhaustive.coef, auto)
            size = norms(exhaustive.coef, auto)
            error = np.sqrt(
                np.square(wrong).sum(axis=(1, 2, 3))
                / np.square(size).sum(axis=(1, 2, 3))
            )
            rounding = 1e-9 * size.max()
            held = (wrong <= auto.approximation_error + rounding).mean()
            print(
                f"{name:<11} seed {seed}   error: median {np.median(error):.3f}, 90 % "
                f"{np.quantile(error, 0.9):.3f}, largest {error.max():.3f}   covered "
                f"{held:.1%}   model rows {auto.n_model_rows:,} of "
                f"{exhaustive.n_model_rows:,}",
                flush=True,
            )


if __name__ == "__main__":
    main()
