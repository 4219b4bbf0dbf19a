"""Features that masks take out, their explainers, and their values by definition."""

from functools import cache

import numpy as np
from scipy.special import factorial
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPRegressor

from skdime._references.designs import all_masks
from skdime.perturbers import MaskPerturber
from tests._data import explainer_of

# The columns of a modality need not be neighbours.
HALVES = [("a", list(range(0, 24, 2))), ("b", list(range(1, 24, 2)))]


class Columns(MaskPerturber):
    """Features are the columns of a table; their mean replaces them."""

    def learn(self, rows, column_names, random_state):
        self.names_ = [str(name) for name in column_names]
        self.mean_ = np.mean(rows, axis=0)

    def features(self, cell):
        return self.names_

    def perturb(self, cell, masks):
        kept = np.where(masks, cell, self.mean_)
        return kept if np.ndim(cell) else kept[:, 0]


def explainer(model, X, modalities, perturbers=None, **options):
    """A fitted explainer of a callable or fitted model, all modalities masked."""
    if perturbers is None:
        perturbers = [(name, Columns()) for name, _ in modalities]
    defaults = {"algorithm": "exhaustive", "n_samples": 64, "n_references": 12}
    return explainer_of(model, modalities, perturbers, **(defaults | options)).fit(X)


def values_of(outputs, effects):
    """Values of features by definition, from the outputs of all masks.

    Parameters
    ----------
    outputs : ndarray of shape (2 ** d, n_outputs)
        In the order of ``all_masks(d)``.
    effects : {"shapley", "banzhaf"}
    """
    d = int(np.log2(len(outputs)))
    masks = all_masks(d)
    values = np.empty((d, outputs.shape[1]))
    for i in range(d):
        without = np.flatnonzero(~masks[:, i])
        gains = outputs[without + 2**i] - outputs[without]
        size = masks[without].sum(axis=1)
        weights = np.full(len(without), 0.5 ** (d - 1))
        if effects == "shapley":
            weights = factorial(size) * factorial(d - 1 - size) / factorial(d)
        values[i] = weights @ gains
    return values


def brute_force(exp, output, X, x, m, masks):
    """UC and MI of a row whose modality m is masked, by all references: (n, C) each.

    Two modalities only; X are the rows given to fit, which replace by their means.
    """
    columns = [positions for _, positions in exp.disentangler_.modalities_]
    references = exp.disentangler_.references_
    rows = np.repeat(x[None], len(masks), axis=0)
    rows[:, columns[m]] = np.where(masks, x[columns[m]], X[:, columns[m]].mean(axis=0))

    def mean_with_references(rows, kept):
        hybrids = np.repeat(rows, len(references), axis=0)
        others = np.tile(references, (len(rows), 1))
        hybrids[:, columns[1 - kept]] = others[:, columns[1 - kept]]
        values = output(hybrids)
        return values.reshape(len(rows), len(references), -1).mean(axis=1)

    other = mean_with_references(x[None], 1 - m)
    baseline = mean_with_references(references, m).mean(axis=0)
    unimodal = mean_with_references(rows, m) + other - baseline
    return unimodal, output(rows).reshape(unimodal.shape) - unimodal


def features_of(explanation, m):
    name = explanation.modality_names[m]
    return np.flatnonzero(explanation.feature_modalities == name)


def rows(n=120, n_columns=24, seed=0):
    return np.random.RandomState(seed).normal(size=(n, n_columns))


_WEIGHTS = rows(12, 12, seed=5) / 6


def bilinear(X):
    a, b = X[:, ::2], X[:, 1::2]
    return np.einsum("ni,ij,nj->n", a, _WEIGHTS, b) + a[:, 0] * a[:, 1] + b[:, 2]


def saturated(X):
    return np.tanh(bilinear(X))


@cache
def models():
    """Fitted once."""
    X = rows(1500, seed=1)
    y = 2 * bilinear(X)
    mlp = MLPRegressor(
        hidden_layer_sizes=(24,), max_iter=60, tol=1, random_state=0
    ).fit(X, y)
    boosting = HistGradientBoostingRegressor(max_iter=40, random_state=0).fit(X, y)
    return {
        "tanh": saturated,
        "mlp": FrozenEstimator(mlp),
        "boosting": lambda X: boosting.predict(X),
        "two outputs": lambda X: np.column_stack(
            [saturated(X), X[:, 0] * mlp.predict(X)]
        ),
    }


VALUES = {"a": 1.0, "b": -2.0, "c": 0.5, "d": 4.0, "e": 3.0}


def total(cell):
    return sum(VALUES.get(token, 0.0) for token in cell)
