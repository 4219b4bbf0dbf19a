"""A model that fails where it is told to, and its explainer."""

import numpy as np

from skdime import Disentangler, LocalExplainer
from tests._data import TWO, slopes


class Model:
    """Counts its calls; fails where a limit is passed."""

    def __init__(self, limit=np.inf):
        self.limit = limit
        self.rows = 0

    def __call__(self, X):
        X = np.asarray(X)
        self.rows += len(X)
        if (X[:, 0] > self.limit).any():
            raise RuntimeError("out of range")
        return X[:, 0] * X[:, 1] + X[:, 2] * (X[:, 3] - X[:, 4])


def explainer_of(model, X, **options):
    dis = Disentangler(model, TWO, n_references=8, random_state=0)
    options = {"n_samples": 30, "random_state": 0} | options
    # straight lines are the same to the last bit, whatever rows are beside them
    explainer = LocalExplainer(dis, slopes(TWO), **options).fit(X)
    explainer.disentangler_.estimator_.rows = 0  # what fit has taken
    return explainer


def batch_files(folder):
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("batch-"))
