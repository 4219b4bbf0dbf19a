"""Explainers of a tree, for the tools of scikit-learn."""

import numpy as np
from sklearn.base import clone
from sklearn.tree import DecisionTreeRegressor

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber
from tests._data import slopes

MODALITIES = [("exam", [0, 2]), ("lab", [1, 3])]


TREE = DecisionTreeRegressor(max_depth=4, random_state=0)


X = np.random.RandomState(0).normal(size=(60, 4)) * [1, 3, 1, 0.2]


y = X[:, 0] * X[:, 1] + X[:, 2]


def explainer_of(model=TREE, modalities=MODALITIES, perturbers=None, **options):
    """An explainer of local straight lines, which have the most parameters."""
    perturbers = slopes(modalities) if perturbers is None else perturbers
    model = clone(model, safe=False)  # set_params on the result stays there
    disentangler = Disentangler(model, modalities, n_references=8)
    options = {"n_samples": 40, "random_state": 0} | options
    return LocalExplainer(disentangler, perturbers, **options)


def named(sampler="features"):
    """Perturbers of straight lines; a name makes one a parameter."""
    first = ("exam", TabularPerturber(sampler, effects="slope"))
    return [first, *slopes(MODALITIES[1:])]
