"""How often intervals hold true values, and how far off UC, MI and coefficients are.

    python benchmarks/intervals.py            # all models, 60 seeds, some minutes
    python benchmarks/intervals.py --smoke    # a short run that only shows it works

Each seed draws new references and perturbations. The truth is known by hand for the
additive, product and bilinear models, and comes from all rows as references and many
perturbations for the neural network. Intervals have a nominal level of 95 %.
"""

import argparse

import numpy as np
from scipy.stats import norm
from sklearn.neural_network import MLPRegressor

from skdime import Disentangler, LocalExplainer

WIDTH = 5
MODALITIES = [("a", list(range(WIDTH))), ("b", list(range(WIDTH, 2 * WIDTH)))]
LEVEL = 0.95
WAYS = [("exhaustive", "uniform"), ("auto", "uniform"), ("auto", "calibrated")]


def rows(n, seed):
    return np.random.RandomState(seed).normal(size=(n, 2 * WIDTH))


def additive(X):
    return np.sin(X).sum(axis=1) + 0.3 * (X**3).sum(axis=1)


def product(X):
    return X[:, 0] * X[:, WIDTH]


def bilinear(X):
    return X.sum(axis=1) + (X[:, :WIDTH] * X[:, WIDTH:]).sum(axis=1)


def network(pool):
    target = np.tanh(bilinear(pool) / 3)
    model = MLPRegressor(hidden_layer_sizes=(32, 16), max_iter=300, random_state=0)
    return model.fit(pool, target).predict


def truth(model, pool, explained, n_samples):
    """UC, MI and coefficients with all rows as references and many perturbations."""
    dis = Disentangler(model, MODALITIES, n_references=None)
    explainer = LocalExplainer(
        dis, algorithm="exhaustive", n_samples=n_samples, random_state=10**6
    )
    return explainer.fit(pool).explain(explained)


def compared(explanation, expected):
    """Of UC, MI and coefficients: the share that intervals hold, and squared errors."""
    reach = norm.ppf((1 + LEVEL) / 2)
    ours, true = explanation.decomposition, expected.decomposition
    rounding = 1e-9 * np.abs(true.output).max()
    values = {
        "UC": (ours.uc, ours.uc_se, true.uc),
        "MI": (ours.mi, ours.mi_se, true.mi),
        "main effects": (ours.main, ours.main_se, true.main),
    }
    for p, part in enumerate(["UC", "MI"]):
        values[f"coefficients of {part}"] = (
            explanation.coef[:, p],
            explanation.se[:, p],
            expected.coef[:, p],
        )
    return {
        name: (
            np.mean(np.abs(found - known) <= reach * se + rounding),
            np.mean(np.square(found - known)),
        )
        for name, (found, se, known) in values.items()
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    n_pool, n_seeds, n_truth = (300, 3, 1000) if smoke else (1000, 60, 8000)
    pool, explained = rows(n_pool, 0), rows(10, 1)
    models = {
        "additive": additive,
        "product": product,
        "bilinear": bilinear,
        "network": network(pool),
    }
    for name, model in models.items():
        expected = truth(model, pool, explained, n_truth)
        for algorithm, weights in WAYS:
            found = []
            for seed in range(n_seeds):
                explainer = LocalExplainer(
                    Disentangler(
                        model,
                        MODALITIES,
                        n_references=100,
                        reference_weights=weights,
                    ),
                    algorithm=algorithm,
                    random_state=seed,
                ).fit(pool)
                found.append(compared(explainer.explain(explained), expected))
            print(f"{name}, {algorithm}, {weights} references")
            for what in found[0]:
                shares, errors = np.transpose([each[what] for each in found])
                print(
                    f"    {what:<20} covered {shares.mean():6.1%}   root mean square "
                    f"error {np.sqrt(errors.mean()):.4f}"
                )


if __name__ == "__main__":
    main()
