"""A model whose rows are counted, and its explainers."""

import numpy as np

from tests._data import explainer_of


def interacting(X):
    return X[:, 0] * X[:, 1] + np.tanh(X[:, 2] + X[:, -1])


def explainer(model, modalities, **options):
    """Unfitted, of few references and perturbations."""
    return explainer_of(
        model, modalities, **({"n_samples": 40, "n_references": 12} | options)
    )
