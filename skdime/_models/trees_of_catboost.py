"""Trees of CatBoost, read out of what the library writes of a model.

A row's leaf in an oblivious tree is a number whose bits are the outcomes of its splits,
the same split at every node of a depth. A category is compared with one at a time, or
replaced by statistics of the target: splits on these give None.
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skdime._models.catboost_columns import CatBoostColumns
from skdime._models.tree_format import Ensemble, Tree, centred

# Losses whose prediction is the sum itself.
_PLAIN = ("RMSE", "MAE", "MAPE", "Quantile", "Expectile", "Huber", "Lq", "MultiRMSE")
_LOG_ODDS = ("Logloss", "CrossEntropy", "MultiClass")


def read_catboost(model, method):
    """The trees behind ``model.method``, or None where it is no sum over leaves.

    Parameters
    ----------
    model : fitted estimator
        Only ``CatBoostRegressor`` and ``CatBoostClassifier``, not their subclasses, are
        read.
    method : {"predict", "log-odds"}

    Returns
    -------
    ensemble : Ensemble or None
    """
    kind = type(model)
    losses = _LOSSES.get((kind.__module__, kind.__name__, method))
    if losses is None or _loss(model) not in losses:
        return None
    description, n_features = _described(model), len(model.feature_names_)
    columns = _Columns(description["features_info"], n_features)
    if "oblivious_trees" in description:
        trees = [_oblivious(tree, columns) for tree in description["oblivious_trees"]]
    else:
        trees = [_unequal(tree, columns) for tree in description["trees"]]
    if not trees or any(tree is None for tree in trees):
        return None
    scale, bias = description["scale_and_bias"]
    for tree in trees:
        tree.value[:] *= scale
    constant = np.broadcast_to(np.asarray(bias, float), trees[0].value.shape[1]).copy()
    ensemble = Ensemble(trees, constant, n_features, np.float32, finite=False)
    if method == "log-odds" and len(constant) > 1:
        ensemble = centred(ensemble)
    if all(hashes is None for hashes in columns.hashes):
        return ensemble
    encoder, order = CatBoostColumns(columns.hashes), np.arange(n_features)
    return replace(ensemble, encoder=encoder, order=order)


def replaces_categories(model, method):
    """Whether a model is no sum over leaves because of statistics of the target.

    Parameters
    ----------
    model : fitted estimator
    method : str
    """
    kind = type(model)
    losses = _LOSSES.get((kind.__module__, kind.__name__, method))
    if losses is None or _loss(model) not in losses:
        return False
    has_categories = bool(model.get_cat_feature_indices())
    return has_categories and read_catboost(model, method) is None


def _loss(model):
    return str(model.get_all_params().get("loss_function")).partition(":")[0]


def _described(model):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        return json.loads(path.read_text())


class _Columns:
    """Columns that splits compare.

    Attributes
    ----------
    numbers : dict of int to (int, bool)
        Of each number its column, and whether it goes right where it is missing.
    categories : dict of int to int
        Of each column of categories its position among all columns.
    hashes : list of (list of int or None)
        For each column the hashes of the categories that splits compare; None of
        numbers.
    """

    def __init__(self, features, n_columns):
        self.numbers = {
            feature["feature_index"]: (
                feature["flat_feature_index"],
                feature["nan_value_treatment"] == "AsTrue",
            )
            for feature in features.get("float_features") or []
        }
        categories = features.get("categorical_features") or []
        self.categories = {
            f["feature_index"]: f["flat_feature_index"] for f in categories
        }
        self.hashes = [None] * n_columns
        for feature in categories:
            self.hashes[feature["flat_feature_index"]] = feature.get("values") or []

    def split(self, split):
        """A :class:`_Split`, or None where numbers are made of categories or texts."""
        if split["split_type"] == "FloatFeature":
            column, is_right = self.numbers[split["float_feature_index"]]
            return _Split(column, split["border"], not is_right)
        if split["split_type"] == "OneHotFeature":
            column = self.categories[split["cat_feature_index"]]
            place = self.hashes[column].index(split["value"])
            return _Split(column, 0.0, False, place)
        return None


class _Split(NamedTuple):
    """What goes left: numbers up to a threshold, or all categories but one.

    Attributes
    ----------
    column : int
    threshold : float
    missing_left : bool
    category : int or None
    """

    column: int
    threshold: float
    missing_left: bool
    category: int | None = None


def _oblivious(tree, columns):
    splits = [columns.split(split) for split in tree["splits"] or []]
    if None in splits:
        return None
    depth = len(splits)
    n_inner, n_leaves = 2**depth - 1, 2**depth
    level = np.floor(np.log2(np.arange(1, n_inner + 1))).astype(int)
    children = np.full((2, n_inner + n_leaves), -1)
    children[:, :n_inner] = 2 * np.arange(n_inner) + np.array([[1], [2]])
    at_nodes = [splits[d] for d in level] + n_leaves * [_LEAF]
    # the first split is the lowest bit of a leaf's number, and the first step to it
    steps = np.arange(n_leaves)[:, None] >> np.arange(depth)[::-1] & 1
    numbers = (steps << np.arange(depth)).sum(axis=1)
    leaf_values = np.reshape(tree["leaf_values"], (n_leaves, -1))
    value = np.zeros((len(at_nodes), leaf_values.shape[1]))
    value[n_inner:] = leaf_values[numbers]
    return _tree(*children, at_nodes, value)


def _unequal(root, columns):
    """A tree whose nodes have splits of their own."""
    nodes, children, splits = [root], [], []
    for node in nodes:  # grows while it is read
        is_leaf = "split" not in node
        splits.append(_LEAF if is_leaf else columns.split(node["split"]))
        children.append((-1, -1) if is_leaf else (len(nodes), len(nodes) + 1))
        nodes += [] if is_leaf else [node["left"], node["right"]]
    if None in splits:
        return None
    values = [np.ravel(node.get("value", 0.0)) for node in nodes]
    width = max(len(value) for value in values)
    value = np.array([np.broadcast_to(v, width) for v in values], dtype=float)
    return _tree(*np.transpose(children), splits, value)


def _tree(left, right, splits, value):
    """A tree of the common format, where one category goes left, not all others."""
    feature, threshold, missing_left, place = zip(*splits, strict=True)
    categories = {i: np.array([p]) for i, p in enumerate(place) if p is not None}
    swapped, left, right = list(categories), left.copy(), right.copy()
    left[swapped], right[swapped] = right[swapped], left[swapped]
    arrays = map(np.array, (feature, threshold, missing_left))
    return Tree(left, right, *arrays, value, categories=categories)


_LEAF = _Split(-1, 0.0, False)
_LOSSES = {
    ("catboost.core", "CatBoostRegressor", "predict"): _PLAIN,
    ("catboost.core", "CatBoostClassifier", "log-odds"): _LOG_ODDS,
}
