"""Trees of CatBoost, read out of what the library writes of a model.

A row's leaf in an oblivious tree is a number whose bits are the outcomes of its splits,
the same split at every node of a depth. Splits on categories, which CatBoost replaces
by statistics of the target, give None.
"""

import json
import tempfile
from pathlib import Path

import numpy as np

from skdime._models.tree_format import Ensemble, Tree

# Losses whose prediction is the sum itself.
_PLAIN = ("RMSE", "MAE", "MAPE", "Quantile", "Expectile", "Huber", "Lq", "MultiRMSE")
_BINARY = ("Logloss", "CrossEntropy")


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
    description = _described(model)
    columns = _columns(description["features_info"])
    if "oblivious_trees" in description:
        trees = [_oblivious(tree, columns) for tree in description["oblivious_trees"]]
    else:
        trees = [_unequal(tree, columns) for tree in description["trees"]]
    if columns is None or not trees or any(tree is None for tree in trees):
        return None
    scale, bias = description["scale_and_bias"]
    for tree in trees:
        tree.value[:] *= scale
    constant = np.broadcast_to(np.asarray(bias, float), trees[0].value.shape[1]).copy()
    n_features = len(model.feature_names_)
    return Ensemble(trees, constant, n_features, np.float32, finite=False)


def _loss(model):
    return str(model.get_all_params().get("loss_function")).partition(":")[0]


def _described(model):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        return json.loads(path.read_text())


def _columns(features):
    """Of each number its column, and whether it goes right where it is missing."""
    if features.get("categorical_features") or features.get("text_features"):
        return None
    return {
        feature["feature_index"]: (
            feature["flat_feature_index"],
            feature["nan_value_treatment"] == "AsTrue",
        )
        for feature in features["float_features"]
    }


def _split(split, columns):
    """Column, threshold and whether missing values go left; None for other splits."""
    if columns is None or split["split_type"] != "FloatFeature":
        return None
    column, is_right = columns[split["float_feature_index"]]
    return column, split["border"], not is_right


def _oblivious(tree, columns):
    splits = [_split(split, columns) for split in tree["splits"] or []]
    if None in splits:
        return None
    depth = len(splits)
    n_inner, n_leaves = 2**depth - 1, 2**depth
    level = np.floor(np.log2(np.arange(1, n_inner + 1))).astype(int)
    children = np.full((2, n_inner + n_leaves), -1)
    children[:, :n_inner] = 2 * np.arange(n_inner) + np.array([[1], [2]])
    feature = np.full(n_inner + n_leaves, -1)
    threshold, missing_left = np.zeros(len(feature)), np.zeros(len(feature), dtype=bool)
    for name, array in enumerate((feature, threshold, missing_left)):
        array[:n_inner] = [splits[d][name] for d in level]
    # the first split is the lowest bit of a leaf's number, and the first step to it
    steps = np.arange(n_leaves)[:, None] >> np.arange(depth)[::-1] & 1
    numbers = (steps << np.arange(depth)).sum(axis=1)
    leaf_values = np.reshape(tree["leaf_values"], (n_leaves, -1))
    value = np.zeros((len(feature), leaf_values.shape[1]))
    value[n_inner:] = leaf_values[numbers]
    return Tree(*children, feature, threshold, missing_left, value)


def _unequal(root, columns):
    """A tree whose nodes have splits of their own."""
    nodes, lines = [root], []
    for node in nodes:  # grows while it is read
        if "split" not in node:
            lines.append((-1, -1, -1, 0.0, False))
            continue
        split = _split(node["split"], columns)
        if split is None:
            return None
        lines.append((len(nodes), len(nodes) + 1, *split))
        nodes += [node["left"], node["right"]]
    values = [np.ravel(node.get("value", 0.0)) for node in nodes]
    width = max(len(value) for value in values)
    value = np.array([np.broadcast_to(v, width) for v in values], dtype=float)
    return Tree(*map(np.array, zip(*lines, strict=True)), value)


_LOSSES = {
    ("catboost.core", "CatBoostRegressor", "predict"): _PLAIN,
    ("catboost.core", "CatBoostClassifier", "log-odds"): _BINARY,
}
