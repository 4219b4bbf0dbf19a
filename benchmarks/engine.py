"""Model rows, error and time of skdime's algorithms, beside their neighbours'.

Run ``python benchmarks/engine.py``; ``--smoke`` is a small run that only shows that
everything works, ``--models mlp svm`` picks models. lime and shap are compared with
when they are installed. The figures in ``doc/benchmarks.rst`` come from here.
"""

import argparse
import importlib.util
import platform
import time
import tracemalloc
import warnings

import joblib
import numpy as np
import pandas as pd
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from _constants import print_constants
from skdime import Disentangler, LocalExplainer

SAMPLES, REFERENCES = 1000, 100
CANCER = [("means", slice(0, 10)), ("other", slice(10, 30))]
DIABETES = [("exam", slice(0, 4)), ("serum", slice(4, 10))]


def with_text(random_state=0):
    """The cancer table with a note of a few words for each case, and its model."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X.iloc[:, :10].set_axis([f"m{i}" for i in range(10)], axis=1)
    rng = np.random.RandomState(random_state)
    words = np.array(["firm", "mobile", "painful", "irregular", "growing"])
    notes = words[(rng.randint(5, size=len(X)) + (y == 0) * rng.randint(3)) % 5]
    X["note"] = ["mass " + note for note in notes]
    text = make_column_transformer(
        (TfidfVectorizer(), "note"), remainder=StandardScaler()
    )
    modalities = [("means", list(X.columns[:10])), ("note", ["note"])]
    return make_pipeline(text, SVC()), X, y, modalities, {}


def cases():
    cancer, diabetes = load_breast_cancer(), load_diabetes()
    logit = {"response_method": "predict_proba", "link": "logit"}
    mlp = MLPClassifier((50,), max_iter=300, random_state=0)
    tables = {
        "mlp": (make_pipeline(StandardScaler(), mlp), cancer, CANCER, logit),
        "svm": (make_pipeline(StandardScaler(), SVC()), cancer, CANCER, {}),
        "svr": (
            make_pipeline(StandardScaler(), SVR(C=100)),
            diabetes,
            DIABETES,
            {},
        ),
        "forest": (RandomForestClassifier(random_state=0), cancer, CANCER, {}),
        "boosting": (GradientBoostingRegressor(random_state=0), diabetes, DIABETES, {}),
        "histogram": (
            HistGradientBoostingClassifier(random_state=0),
            cancer,
            CANCER,
            {},
        ),
        "logistic": (
            make_pipeline(StandardScaler(), LogisticRegression()),
            cancer,
            CANCER,
            {},
        ),
    }
    found = {
        name: (model, data.data, data.target, modalities, options)
        for name, (model, data, modalities, options) in tables.items()
    }
    return found | {"text": with_text()}


def build(case, algorithm, sizes, seed=0):
    model, X, y, modalities, options = case
    samples, references = sizes
    disentangler = Disentangler(
        model, modalities, n_references=references, random_state=seed, **options
    )
    explainer = LocalExplainer(
        disentangler, n_samples=samples, algorithm=algorithm, random_state=seed + 1
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (ConvergenceWarning, UserWarning))
        return explainer.fit(X, y)


def rows_to_explain(case, n):
    X = case[1]
    chosen = np.random.RandomState(5).choice(len(X), size=n)
    return X.iloc[chosen].reset_index(drop=True) if hasattr(X, "iloc") else X[chosen]


def relative_error(found, truth):
    axes = tuple(range(1, truth.ndim))
    wrong = np.sqrt(np.square(found - truth).sum(axis=axes))
    return wrong / np.sqrt(np.square(truth).sum(axis=axes))


def covered(found, truth):
    """Share of rows, parts, modalities and outputs within the reported bound."""
    inside = []
    for m, name in enumerate(found.modality_names):
        features = found.feature_modalities == name
        wrong = (found.coef - truth.coef)[:, :, features]
        norm = np.sqrt(np.square(wrong).sum(axis=2))
        rounding = 1e-12 * np.abs(truth.coef).max()
        inside.append(norm <= found.approximation_error[:, :, m] + rounding)
    return np.mean(inside)


def show(title, head, lines):
    print(f"\n{title}\n{'=' * len(title)}")
    table = [head, *[[str(cell) for cell in line] for line in lines]]
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    for line in table:
        print("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)))


def published_rows(n, n_samples, n_references):
    """Rows of the published procedure: each of two modalities anew for each row."""
    return n * 2 * n_samples * (n_references + 1)


def rows_and_error(found, sizes, counts, n_judged):
    """Rows of the published procedure over ours, and the error against the oracle."""
    lines = []
    for name, case in found.items():
        exhaustive = build(case, "exhaustive", sizes)
        again = build(case, "exhaustive", sizes, seed=7)
        auto = build(case, "auto", sizes)
        judged = rows_to_explain(case, n_judged)
        truth, other, ours = (e.explain(judged) for e in (exhaustive, again, auto))
        error = relative_error(ours.coef, truth.coef)
        between = np.median(relative_error(other.coef, truth.coef))
        for n in counts:
            rows = auto.explain(rows_to_explain(case, n)).n_model_rows
            spent = auto.n_model_rows_ + rows
            published = published_rows(n, *sizes)
            oracle = (
                exhaustive.n_model_rows_ + exhaustive.cost(judged[:1]).explain_rows * n
            )
            lines.append(
                [
                    name,
                    n,
                    f"{published:,}",
                    f"{oracle:,}",
                    f"{spent:,}",
                    f"{published / spent:.1f}",
                    f"{np.median(error):.3f}",
                    f"{np.quantile(error, 0.9):.3f}",
                    f"{between:.3f}",
                    f"{covered(ours, truth):.2f}",
                ]
            )
    show(
        f"Model rows (fit and explain) and coefficient error over {n_judged} rows",
        [
            "model",
            "rows",
            "published",
            "exhaustive",
            "auto",
            "fewer",
            "error",
            "90 %",
            "seeds",
            "covered",
        ],
        lines,
    )


def timed(function, *args):
    started = time.perf_counter()
    value = function(*args)
    return time.perf_counter() - started, value


def time_over_model(found, sizes, n, pairs):
    """Time of explain over that of the bare model on as many rows, in pairs."""
    lines = []
    for name, case in found.items():
        for algorithm in ("auto", "exhaustive"):
            explainer = build(case, algorithm, sizes)
            X = rows_to_explain(case, n)
            dis = explainer.disentangler_
            method = getattr(dis.estimator_, dis.response_method_)
            ours, bare = [], []
            for _ in range(pairs):
                seconds, explanation = timed(explainer.explain, X)
                ours.append(seconds)
                most = explainer.cost(X).explain_rows
                grid = rows_to_explain(case, min(explanation.n_model_rows, most))
                bare.append(
                    sum(
                        timed(method, grid[start : start + 16384])[0]
                        for start in range(0, len(grid), 16384)
                    )
                )
            ratio = np.median(np.array(ours) / np.array(bare))
            lines.append(
                [
                    name,
                    algorithm,
                    f"{explanation.n_model_rows:,}",
                    f"{np.median(ours):.2f}",
                    f"{np.median(bare):.2f}",
                    f"{ratio:.2f}",
                    f"{1e3 * np.median(ours) / n:.2f}",
                ]
            )
    show(
        f"Seconds of explain({n} rows) and of the bare model on as many rows",
        ["model", "algorithm", "model rows", "explain", "model", "ratio", "ms a row"],
        lines,
    )


def neighbours(found, sizes, n):
    """lime and shap on the same model and rows: rows seen and time, for `n` rows."""
    lines = []
    for name in [name for name in ("mlp", "svm", "forest") if name in found]:
        case = found[name]
        explainer = build(case, "auto", sizes)
        dis, X = explainer.disentangler_, rows_to_explain(case, n)
        model = getattr(dis.estimator_, dis.response_method_)
        seen = [0]

        def counting(rows, model=model, seen=seen):
            seen[0] += len(rows)
            values = np.asarray(model(rows))
            return values if values.ndim == 1 else values[:, -1]

        runs = {"skdime fit": lambda e=explainer, c=case: build(c, "auto", sizes)}
        runs["skdime explain"] = lambda e=explainer, X=X: e.explain(X)
        runs |= _lime(case, counting, X, sizes) | _shap(counting, X, dis)
        for label, run in runs.items():
            seen[0] = 0
            seconds, value = timed(run)
            rows = seen[0]
            if label.startswith("skdime"):
                rows = getattr(value, "n_model_rows", None) or value.n_model_rows_
            lines.append([name, label, f"{rows:,}", f"{seconds:.2f}"])
    show(f"Neighbours, {n} rows", ["model", "what", "model rows", "seconds"], lines)


def _lime(case, function, X, sizes):
    if importlib.util.find_spec("lime") is None:
        return {}
    from lime.lime_tabular import LimeTabularExplainer

    lime = LimeTabularExplainer(case[1], mode="regression", random_state=0)

    def run():
        for row in X:
            lime.explain_instance(row, function, num_samples=sizes[0])

    return {"lime (1 explanation, not two parts)": run}


def _shap(function, X, dis):
    if importlib.util.find_spec("shap") is None:
        return {}
    import shap

    references = dis.references_
    kernel = shap.KernelExplainer(function, references)
    permutation = shap.PermutationExplainer(function, references)
    return {
        "shap kernel": lambda: kernel.shap_values(X, silent=True),
        "shap permutation": lambda: permutation(X, silent=True),
    }


def growth(sizes, smoke):
    """Rows of fit and of one explained row against each size, from `cost`."""
    rng = np.random.RandomState(0)

    def f(X):
        return np.tanh(X.sum(axis=1)) * X[:, 0]

    def rows(samples, references, features, modalities):
        X = rng.normal(size=(1000, features))
        columns = np.array_split(np.arange(features), modalities)
        parts = [(f"m{i}", part) for i, part in enumerate(columns)]
        case = f, X, None, parts, {}
        explainer = build(case, "auto", (samples, references))
        n = 3 if smoke else 20
        per_row = explainer.explain(X[:n]).n_model_rows / n
        return explainer.n_model_rows_, per_row

    lines = []
    steps = {
        "samples": [(s, 100, 16, 2) for s in (250, 500, 1000, 2000)],
        "references": [(1000, r, 16, 2) for r in (25, 50, 100, 200)],
        "features": [(1000, 100, p, 2) for p in (4, 16, 64)],
        "modalities": [(1000, 100, 16, k) for k in (2, 3, 4, 8)],
    }
    for what, settings in steps.items():
        for setting in settings[:1] if smoke else settings:
            samples, references = setting[:2]
            small = samples, references
            if smoke:
                small = min(samples, sizes[0]), min(references, sizes[1])
            fit_rows, per_row = rows(*small, *setting[2:])
            lines.append(
                [what, *small, *setting[2:], f"{fit_rows:,}", f"{per_row:.0f}"]
            )
    show(
        "Growth of model rows, tanh(sum) * x0",
        ["against", "samples", "references", "features", "modalities", "fit", "a row"],
        lines,
    )


def memory(sizes, counts):
    """Peak of explain against max_memory, at ten times the rows."""
    lines = []
    case = cases()["svr"]
    for megabytes in (16, 64):
        explainer = build(case, "auto", sizes)
        explainer.disentangler_.max_memory = megabytes * 2**20
        for plan in explainer.disentangler_._plans.values():
            assert plan is not None
        for n in counts:
            X = rows_to_explain(case, n)
            tracemalloc.start()
            explanation = explainer.explain(X)
            peak = tracemalloc.get_traced_memory()[1] / 2**20
            tracemalloc.stop()
            result = sum(
                value.nbytes
                for value in vars(explanation).values()
                if isinstance(value, np.ndarray)
            )
            lines.append([megabytes, n, f"{peak:.1f}", f"{result / 2**20:.1f}"])
    show(
        "Peak memory of explain, MiB",
        ["max_memory", "rows", "peak", "of which result"],
        lines,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--models", nargs="*", choices=cases())
    options = parser.parse_args()
    found = cases()
    chosen = options.models or (["svm"] if options.smoke else found)
    found = {name: found[name] for name in chosen}
    sizes = (30, 10) if options.smoke else (SAMPLES, REFERENCES)
    print(
        f"{platform.machine()}, {joblib.cpu_count()} cores, Python "
        f"{platform.python_version()}, scikit-learn {sklearn.__version__}, numpy "
        f"{np.__version__}, pandas {pd.__version__}; {sizes[0]} perturbations, "
        f"{sizes[1]} references"
    )
    print_constants(
        "_estimators.local_surrogates",
        "_references.completion",
        "_references.landmarks",
        "_references.tolerance",
        "_surrogates.neighbourhood",
        "_surrogates.neighbourhood_cost",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        counts = (1, 3) if options.smoke else (1, 10, 100, 1000)
        rows_and_error(found, sizes, counts, n_judged=3 if options.smoke else 100)
        time_over_model(found, sizes, *((3, 1) if options.smoke else (300, 5)))
        neighbours(found, sizes, 2 if options.smoke else 20)
        growth(sizes, options.smoke)
        memory(sizes, (2, 5) if options.smoke else (300, 3000))


if __name__ == "__main__":
    main()
