"""Modalities, models, explainers and comparisons that several test modules share."""

import inspect
import json
from dataclasses import fields

import numpy as np

from skdime import Disentangler, LocalExplainer
from skdime._results.storage import write_arrays
from skdime.perturbers import TabularPerturber

# The columns of a modality need not be neighbours; every test of values runs on these.
TWO = [("a", [0, 3]), ("b", [1, 2, 4])]
THREE = [("a", [0, 3]), ("b", [1, 2]), ("c", [4])]
# One column each.
AB = [("a", [0]), ("b", [1])]
ABC = [*AB, ("c", [2])]


def positions_of(modalities):
    """Modalities as they are after ``fit``: columns as arrays of positions."""
    return [(name, np.array(columns)) for name, columns in modalities]


def product(X):
    """The product of the first two columns of an array or frame."""
    X = np.asarray(X, dtype=float)
    return X[:, 0] * X[:, 1]


class Counter:
    """A model that counts its rows and calls."""

    def __init__(self, model):
        self.model = model
        self.rows = self.calls = 0

    def __call__(self, X):
        self.rows += len(X)
        self.calls += 1
        return self.model(X)

    def __deepcopy__(self, memo):
        return self  # estimators are cloned; the count is that of all


def parameters_of(estimator):
    return set(inspect.signature(estimator).parameters)


def slopes(modalities, **options):
    """Perturbers of tables whose coefficients are those of local straight lines."""
    names = [name for name, _ in modalities]
    return [(name, TabularPerturber(effects="slope", **options)) for name in names]


def explainer_of(model, modalities=None, perturbers="auto", **options):
    """An explainer that is not fitted; what both estimators take is the explainer's."""
    inner = parameters_of(Disentangler) - parameters_of(LocalExplainer)
    outer = {name: options.pop(name) for name in set(options) - inner}
    disentangler = Disentangler(model, modalities, **options)
    return LocalExplainer(disentangler, perturbers, **({"random_state": 0} | outer))


def numbers_of(explanation):
    """All numbers of an explanation and of its decomposition, by name."""
    parts = {"": explanation, "decomposition.": explanation.decomposition}
    arrays = {
        prefix + field.name: getattr(part, field.name)
        for prefix, part in parts.items()
        for field in fields(part)
    }
    return {
        name: array
        for name, array in arrays.items()
        if getattr(array, "dtype", np.dtype(object)).kind == "f"
    }


def assert_same_numbers(found, expected, tolerance=1e-10):
    """Equal explanations, each number up to a share of the largest of its kind."""
    expected = numbers_of(expected)
    rounding = np.finfo(float).eps * largest(expected["coef"])
    for name, array in numbers_of(found).items():
        # errors of coefficients that are next to none are rounding of coefficients
        like = [name, "coef"] if name.startswith("se_") else [name]
        allowed = tolerance * max(largest(expected[n]) for n in like) + rounding
        np.testing.assert_allclose(
            array, expected[name], rtol=0, atol=allowed, err_msg=name
        )


def largest(array):
    return np.abs(np.nan_to_num(array)).max(initial=0)


def altered(path, change):
    """Write the file of a result again with other arrays, and a sum that fits them.

    Parameters
    ----------
    path : path-like
    change : callable
        Changes the description and the arrays in place.
    """
    with np.load(path) as archive:
        arrays = dict(archive)
    meta = json.loads(str(arrays.pop("meta")))
    meta.pop("sha256")
    change(meta, arrays)
    write_arrays(path, meta, arrays)


def line_and_product(X):
    """UC is linear, MI the product of the first of each modality, of three columns."""
    return X[:, :3] @ [4, 2, 1] + X[:, 3:] @ [1, 0, -1] + 3 * X[:, 0] * X[:, 3]
