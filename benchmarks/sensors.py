"""Model rows that an explained row takes, of MiniRocket on two sensors.

    python benchmarks/sensors.py            # two minutes; needs aeon
    python benchmarks/sensors.py --smoke    # a short run that only shows it works

An accelerometer and a gyroscope of three channels each (BasicMotions, which comes with
aeon), and default settings of MiniRocket and of skdime; all 40 rows of the training
data are references. Its outputs are 0 or 1, so that masks change them in steps.
``thorough`` has up to 4,000 masks a row; errors are norms of differences to it over its
norms, ``se`` what standard errors make of them.
"""

import argparse
import warnings
from time import process_time

import numpy as np
from aeon.classification.convolution_based import MiniRocketClassifier
from aeon.datasets import load_basic_motions
from sklearn.frozen import FrozenEstimator

from _constants import print_constants
from skdime import Disentangler, LocalExplainer

SENSORS = [("accelerometer", [0, 1, 2]), ("gyroscope", [3, 4, 5])]


def explained(model, X, rows, **options):
    """Explanation of rows, and processor seconds a row."""
    dis = Disentangler(FrozenEstimator(model), SENSORS, n_references=len(X))
    explainer = LocalExplainer(dis, random_state=0, **options).fit(X)
    started = process_time()
    found = explainer.explain(rows)
    return found, (process_time() - started) / len(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    warnings.simplefilter("ignore", UserWarning)
    print_constants("_surrogates.masking", "_references.nested_pairs")
    X, y = load_basic_motions(split="train")
    X = X.astype(np.float32)
    rows = load_basic_motions(split="test")[0].astype(np.float32)
    rows = rows[:: 40 if smoke else 10]
    model = MiniRocketClassifier(n_kernels=84 if smoke else 10_000, random_state=0)
    model.fit(X, y)
    found, seconds = explained(model, X, rows)
    n_masks = 400 if smoke else 4000
    thorough, _ = explained(model, X, rows, n_samples=n_masks, tol=1e-6)
    differences = thorough.coef, found.coef - thorough.coef, found.se_approximation
    size, error, se = (
        np.sqrt(np.square(values).sum(axis=(0, 2, 3))) for values in differences
    )
    print("      model rows a row  thorough   error      se   cpu s")
    for p, part in enumerate(("UC", "MI")):
        print(
            f"{part:6}{found.n_model_rows / len(rows):16,.0f}"
            f"{thorough.n_model_rows / len(rows):10,.0f}"
            f"{error[p] / size[p]:8.2f}{se[p] / size[p]:8.2f}{seconds:8.1f}"
        )


if __name__ == "__main__":
    main()
