"""How often intervals hold true values, and how far off UC, MI and coefficients are.

    python benchmarks/intervals.py            # everything, some minutes
    python benchmarks/intervals.py --smoke    # a short run that only shows it works

Each seed draws new references and perturbations. The truth has all rows as references,
and many perturbations. Intervals have a nominal level of 95 %.
"""

import argparse

import numpy as np
from scipy.stats import norm
from sklearn.neural_network import MLPRegressor

from _constants import print_constants
from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import MaskedTabularPerturber

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


def series_and_table(n, seed):
    rng = np.random.RandomState(seed)
    return MultimodalArray(
        series=rng.normal(size=(n, 2, 60)), table=rows(n, seed)[:, :3]
    )


WORDS = np.array(["no", "mild", "severe", "fever", "cough", "pain", "at", "night"])


def text_and_table(n, seed):
    rng = np.random.RandomState(seed)
    notes = [" ".join(rng.permutation(WORDS)[:5]) for _ in range(n)]
    return MultimodalArray(note=notes, table=rows(n, seed)[:, :3])


def of_series(X):
    bumps = 3 * X["series"][:, :, 12:18].mean(axis=2)
    a, b = X["table"][:, 0], X["table"][:, 1]
    return bumps[:, 0] * a + bumps[:, 1] + np.tanh(bumps[:, 1] * b)


def of_text(X):
    severe, fever = (
        np.array([word in note.split() for note in X["note"]], dtype=float)
        for word in ("severe", "fever")
    )
    a, b = X["table"][:, 0], X["table"][:, 1]
    return 2 * severe * a + fever + np.tanh(fever * b + severe)


def explainer_of(model, modalities, perturbers, **params):
    """With the parameters of both estimators."""
    names = ("n_references", "reference_weights")
    inner = {name: params.pop(name) for name in names if name in params}
    dis = Disentangler(model, modalities, **inner)
    return LocalExplainer(dis, perturbers, **params)


def compared(explanation, expected):
    """Of UC, MI and coefficients: the share that intervals hold, and squared errors."""
    ours, true = explanation.decomposition, expected.decomposition
    exact = 1e-6 * np.abs(true.output).max()
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
    return {name: covered(*each, exact) for name, each in values.items()}


def covered(found, se, true, exact=0.0):
    """Values held by intervals, values in all, and the mean squared error.

    What has neither an error nor a standard error is exact and does not count, nor does
    what a row does not have.
    """
    wrong = np.abs(found - true)
    counts = ~np.isnan(wrong) & ((wrong > exact) | (se > exact))
    held = wrong[counts] <= norm.ppf((1 + LEVEL) / 2) * se[counts] + exact / 1000
    return held.sum(), counts.sum(), np.nanmean(np.square(wrong))


def explanations(explainer, pool, explained, n_seeds):
    """One explanation for each seed: references and perturbations are drawn anew."""
    for seed in range(n_seeds):
        yield explainer.set_params(random_state=seed).fit(pool).explain(explained)


def report(found, expected):
    compare = [compared(each, expected) for each in found]
    for what in compare[0]:
        held, counts, errors = np.transpose([each[what] for each in compare])
        share = f"{held.sum() / counts.sum():6.1%}" if counts.sum() else " exact"
        print(
            f"    {what:<20} covered {share} of {counts.sum():6.0f}   root mean square "
            f"error {np.sqrt(errors.mean()):.4f}"
        )


def report_completion(exhaustive, auto):
    """What completing brings, relative to ``se_approximation``; nothing if exact."""
    one, two = (np.array([e.coef for e in side]) for side in (exhaustive, auto))
    se = np.array([each.se_approximation for each in auto])
    held, counts, square = covered(two, se, one, 1e-6 * np.nanmax(np.abs(one)))
    if counts:
        ratio = np.sqrt(square / np.nanmean(np.square(se)))
        print(
            f"    auto - exhaustive    covered {held / counts:6.1%} of {counts:6.0f}   "
            f"root mean square over that of se {ratio:.2f}"
        )


def study(name, model, pool, explained, n_seeds, n_truth, modalities, perturbers):
    """Both algorithms, with uniform and with calibrated references."""
    given = model, modalities, perturbers
    all_rows = {"n_references": None, "n_samples": n_truth, "random_state": 10**6}
    exact = explainer_of(*given, algorithm="exhaustive", **all_rows)
    expected = exact.fit(pool).explain(explained)
    for weights in WEIGHTS:
        found = []
        for algorithm in ALGORITHMS:
            print(f"{name}, {algorithm}, {weights} references", flush=True)
            options = {"reference_weights": weights, "algorithm": algorithm}
            explainer = explainer_of(*given, n_references=100, **options)
            found.append(list(explanations(explainer, pool, explained, n_seeds)))
            report(found[-1], expected)
        report_completion(*found)


def pools(n_seeds):
    """UC where references are a good part of the rows, or all of them."""
    pool, explained = rows(120, 0), rows(20, 1)
    truth = Disentangler(bilinear, MODALITIES, n_references=None).fit(pool)
    truth = truth.decompose(explained)
    for n_references in (30, 60, 110, 119, 120):
        for weights in WEIGHTS:
            parts = [
                Disentangler(
                    bilinear,
                    MODALITIES,
                    n_references=n_references,
                    reference_weights=weights,
                    random_state=seed,
                )
                .fit(pool)
                .decompose(explained)
                for seed in range(n_seeds)
            ]
            found, se = (
                np.array([getattr(each, name) for each in parts])
                for name in ("uc", "uc_se")
            )
            held, counts, square = covered(found, se, truth.uc, 1e-9)
            print(
                f"{n_references:>4} of 120 rows, {weights:<10} UC covered "
                + (f"{held / counts:6.1%}" if counts else " exact")
                + f"   root mean square error {np.sqrt(square):.4f}, standard error "
                f"{np.sqrt(np.square(se).mean()):.4f}"
            )


def correlated(n, seed):
    """Three columns in each modality, correlated in pairs."""
    rng = np.random.RandomState(seed)
    first = rng.normal(size=(n, 3))
    second = 0.45 * first + np.sqrt(1 - 0.45**2) * rng.normal(size=(n, 3))
    return np.hstack([first, second])


def linear_in_each(X):
    return X.sum(axis=1) + (X[:, :3] * X[:, 3:]).sum(axis=1)


def steps(X):
    return ((X[:, :3] > 0) * (X[:, 3:] > 0.5)).sum(axis=1) + (X > 0).sum(axis=1) / 2


def weights(n_rows, n_seeds):
    """Errors of UC with uniform and calibrated references, by their number."""
    pool, explained = correlated(n_rows, 0), correlated(30, 1)
    modalities = [("a", [0, 1, 2]), ("b", [3, 4, 5])]
    models = {
        "linear in each modality": linear_in_each,
        "tanh of it": lambda X: np.tanh(linear_in_each(X) / 3),
        "a sum of steps": steps,
    }
    for name, model in models.items():
        truth = Disentangler(model, modalities, n_references=None).fit(pool)
        truth = truth.decompose(explained)
        for how in WEIGHTS:
            line = []
            for n_references in (50, 100, 200):
                parts = [
                    Disentangler(
                        model,
                        modalities,
                        n_references=n_references,
                        reference_weights=how,
                        random_state=seed,
                    )
                    .fit(pool)
                    .decompose(explained)
                    for seed in range(n_seeds)
                ]
                found, se = (
                    np.array([getattr(each, field) for each in parts])
                    for field in ("uc", "uc_se")
                )
                held, counts, square = covered(found, se, truth.uc)
                error = np.sqrt(square) / truth.output.std()
                line.append(f"{error:6.1%} ({held / counts:.0%} covered)")
            print(f"{name:<24} {how:<11} {'   '.join(line)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--only", choices=["tables", "masks", "pools", "weights"])
    arguments = parser.parse_args()
    smoke, only = arguments.smoke, arguments.only
    print_constants(
        "_references.choice",
        "_references.completion",
        "_references.weighting",
    )
    n_pool, n_seeds, n_truth = (60, 2, 50) if smoke else (1000, 60, 8000)
    pool, explained = rows(n_pool, 0), rows(1 if smoke else 10, 1)
    tables = {"additive": additive, "product": product, "bilinear": bilinear}
    tables = {"product": product} if smoke else tables | {"network": network(pool)}
    if only in (None, "tables"):
        for name, model in tables.items():
            study(name, model, pool, explained, n_seeds, n_truth, MODALITIES, "auto")
    if only in (None, "masks"):
        masked = [(name, MaskedTabularPerturber()) for name, _ in MODALITIES]
        for name, model in tables.items():
            sizes = n_seeds, 2**WIDTH
            study(f"masked {name}", model, pool, explained, *sizes, MODALITIES, masked)
        for name, model, draw in [
            ("series", of_series, series_and_table),
            ("text", of_text, text_and_table),
        ]:
            sizes = min(n_seeds, 30), min(n_truth, 1000)
            data = draw(n_pool // 2, 0), draw(len(explained), 1)
            study(name, model, *data, *sizes, None, "auto")
    if only in (None, "pools"):
        pools(n_seeds)
    if only in (None, "weights"):
        weights(2 * n_pool, min(n_seeds, 20))


if __name__ == "__main__":
    main()
