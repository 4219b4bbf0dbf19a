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
ALGORITHMS, WEIGHTS = ("exhaustive", "auto"), ("uniform", "calibrated")


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


def explanations(model, pool, explained, algorithm, weights, n_seeds):
    """One explanation for each seed: references and perturbations are drawn anew."""
    dis = Disentangler(model, MODALITIES, n_references=100, reference_weights=weights)
    explainer = LocalExplainer(dis, algorithm=algorithm)
    for seed in range(n_seeds):
        yield explainer.set_params(random_state=seed).fit(pool).explain(explained)


def report(found, expected):
    compare = [compared(each, expected) for each in found]
    for what in compare[0]:
        shares, errors = np.transpose([each[what] for each in compare])
        print(
            f"    {what:<20} covered {shares.mean():6.1%}   root mean square "
            f"error {np.sqrt(errors.mean()):.4f}"
        )


def report_completion(exhaustive, auto):
    """What completing brings, relative to ``se_approximation``; nothing if exact."""
    pairs = list(zip(exhaustive, auto, strict=True))
    wrong = np.array([two.coef - one.coef for one, two in pairs])
    se = np.array([two.se_approximation for _, two in pairs])
    if se.any():
        relative = wrong / np.maximum(se, np.finfo(float).tiny)
        print(
            f"    auto - exhaustive    covered {(np.abs(relative) < 1.96).mean():6.1%}"
            f"   root mean square over se "
            f"{np.sqrt(np.square(wrong).mean() / np.square(se).mean()):.2f}"
        )


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
        for weights in WEIGHTS:
            found = []
            for algorithm in ALGORITHMS:
                print(f"{name}, {algorithm}, {weights} references")
                chosen = model, pool, explained, algorithm, weights, n_seeds
                found.append(list(explanations(*chosen)))
                report(found[-1], expected)
            report_completion(*found)


if __name__ == "__main__":
    main()
