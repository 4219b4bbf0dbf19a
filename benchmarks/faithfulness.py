"""Deletion and insertion: how faithful rankings by the default explanation are.

    python benchmarks/faithfulness.py            # two models on real tables, a minute
    python benchmarks/faithfulness.py --smoke    # a short run that only shows it works

The area between insertion and deletion, of UC and of MI, for the default explanation,
for that from all model rows, for a ranking by chance and for the reverse one. By chance
the area is 0 on average. Errors are standard errors over rows.
"""

import argparse
from dataclasses import replace

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from _constants import print_constants
from skdime import Disentangler, LocalExplainer
from skdime.metrics import faithfulness_curves


def cases():
    """Name, model, rows and modalities."""
    X, y = load_diabetes(return_X_y=True)
    svr = make_pipeline(StandardScaler(), SVR(C=100)).fit(X, y)
    yield "diabetes, SVR", svr, X, [("exam", slice(0, 4)), ("serum", slice(4, 10))]
    X, y = load_breast_cancer(return_X_y=True)
    mlp = MLPClassifier((50,), max_iter=300, random_state=0)
    mlp = make_pipeline(StandardScaler(), mlp).fit(X, y)
    yield "cancer, MLP", mlp, X, [("means", slice(0, 10)), ("others", slice(10, 30))]


def rankings(explainers, rows):
    """Explanations by name; only their coefficients count."""
    default, exhaustive = (explainer.explain(rows) for explainer in explainers)
    chance = np.random.RandomState(0).normal(size=default.coef.shape)
    return {
        "default": default,
        "exhaustive": exhaustive,
        "by chance": replace(default, coef=chance),
        "reverse": replace(default, coef=-default.coef),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    print_constants("perturbers._design")
    n_rows, n_samples, n_references = (2, 30, 10) if smoke else (60, 1000, 100)
    for name, model, X, modalities in cases():
        link = "logit" if hasattr(model, "predict_proba") else "identity"
        dis = Disentangler(
            FrozenEstimator(model), modalities, n_references=n_references, link=link
        )
        explainers = [
            LocalExplainer(
                dis, algorithm=algorithm, n_samples=n_samples, random_state=0
            ).fit(X)
            for algorithm in ("auto", "exhaustive")
        ]
        rows = X[np.random.RandomState(1).permutation(len(X))[:n_rows]]
        for ranking, explanation in rankings(explainers, rows).items():
            # one explainer evaluates them all, so that only the order differs
            curves = faithfulness_curves(
                explainers[1], rows, explanation, random_state=0
            )
            mean, se = curves.mean_gain()
            shown = "   ".join(
                f"{part} of {modality} {mean[p, m, 0]:8.4f} +- {se[p, m, 0]:.4f}"
                for p, part in enumerate(("UC", "MI"))
                for m, modality in enumerate(curves.modality_names)
            )
            print(f"{name:<14} {ranking:<11} {shown}", flush=True)


if __name__ == "__main__":
    main()
