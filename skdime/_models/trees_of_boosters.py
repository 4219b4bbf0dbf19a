"""Trees of LightGBM and XGBoost, read out of what these libraries write of a model.

Neither library is imported: only a fitted model of theirs leads here. As for
scikit-learn's trees, what is no plain sum over leaves gives None.
"""

import json
import math
from contextlib import suppress
from dataclasses import replace

import numpy as np
from scipy.special import logit

from skdime._models.tree_format import Ensemble, Tree, centred

# Objectives whose prediction is the sum itself.
_LIGHTGBM_PLAIN = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")
_XGBOOST_PLAIN = (
    "reg:squarederror",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
)


def read_booster(model, method):
    """The trees behind ``model.method``, or None where it is no sum over leaves.

    Parameters
    ----------
    model : fitted estimator
        Only the regressors and classifiers of both libraries, with those of random
        forests, are read, not their subclasses.
    method : {"predict", "decision_function", "log-odds"}
        ``"log-odds"`` stands for the log-odds of the probabilities of two classes, and
        for the centred log-ratios of those of more.
        XGBoost rounds probabilities to single precision, which moves their log-odds
        away from the sum: by 2e-5 at a probability of 0.997.

    Returns
    -------
    ensemble : Ensemble or None
    """
    library, _, _ = type(model).__module__.partition(".")
    reader = _READERS.get((library, type(model).__name__, method))
    return None if reader is None else reader(model)


def largest_sum(ensemble):
    """A bound on the absolute value of what the trees add up to, (n_outputs,)."""
    least, most = ensemble.constant.copy(), ensemble.constant.copy()
    for tree in ensemble.trees:
        outputs = slice(tree.output, tree.output + tree.value.shape[1])
        of_leaves = tree.value[tree.feature < 0]
        least[outputs] += of_leaves.min(axis=0)
        most[outputs] += of_leaves.max(axis=0)
    return np.maximum(-least, most)


# --- LightGBM -------------------------------------------------------------------------


def _lightgbm_regressor(model):
    return _read_lightgbm(model, lambda objective: 1.0 * (objective in _LIGHTGBM_PLAIN))


def _lightgbm_margin(model):
    return _read_lightgbm(model, lambda objective: 1.0)


def _lightgbm_log_odds(model):
    ensemble = _read_lightgbm(model, _steepness)
    return centred(ensemble) if ensemble and len(ensemble.constant) > 1 else ensemble


def _steepness(objective):
    """What log-odds or log-ratios are of the sum: a factor, 0 where they are not."""
    name, _, parameter = (objective or "").partition(" sigmoid:")
    if name.partition(" ")[0] == "multiclass":
        return 1.0
    return float(parameter) if name == "binary" and parameter else 0.0


def _read_lightgbm(model, factor_of):
    dump = model.booster_.dump_model()
    factor = factor_of(dump.get("objective"))  # none if it is a function
    if not factor:
        return None
    n_outputs = dump["num_tree_per_iteration"]
    if dump["average_output"]:
        factor = factor * n_outputs / len(dump["tree_info"])
    trees = [
        _lightgbm_tree(tree["tree_structure"], factor, tree["tree_index"] % n_outputs)
        for tree in dump["tree_info"]
    ]
    if not trees or any(tree is None for tree in trees):
        return None
    trees.sort(key=lambda tree: tree.output)
    # arrays of integers are cast to single precision, floats stay as they are
    dtype = [np.float32, np.float64]
    constant = np.zeros(n_outputs)
    n_features = model.n_features_in_
    columns = {t.feature[node] for t in trees for node in t.categories}
    return Ensemble(trees, constant, n_features, dtype, False, tuple(sorted(columns)))


def _lightgbm_tree(root, factor, output):
    nodes, children = [root], []
    for node in nodes:  # grows while it is read
        inner = "split_feature" in node
        children.append((len(nodes), len(nodes) + 1) if inner else (-1, -1))
        if inner:
            nodes += [node["left_child"], node["right_child"]]
    if not all(map(_is_plain_of_lightgbm, nodes)):
        return None
    left, right = np.array(children).T
    categories = {
        i: np.array(node["threshold"].split("||"), dtype=int)
        for i, node in enumerate(nodes)
        if node.get("decision_type") == "=="
    }
    thresholds = [
        0.0 if i in categories else node.get("threshold", 0.0)
        for i, node in enumerate(nodes)
    ]
    threshold = np.array(thresholds, dtype=float)
    # what is missing is 0 to splits on features that never were, and no category
    has_missing = [
        i in categories or node.get("missing_type") == "NaN"
        for i, node in enumerate(nodes)
    ]
    default_left = [
        i not in categories and node.get("default_left", False)
        for i, node in enumerate(nodes)
    ]
    return Tree(
        left,
        right,
        np.array([node.get("split_feature", -1) for node in nodes]),
        threshold,
        np.where(has_missing, default_left, threshold >= 0),
        factor * np.array([[node.get("leaf_value", 0.0)] for node in nodes]),
        output,
        categories,
    )


def _is_plain_of_lightgbm(node):
    if "split_feature" not in node:
        return "leaf_coeff" not in node
    is_number = node["decision_type"] == "<="
    return not is_number or node["missing_type"] in ("NaN", "None")


# --- XGBoost --------------------------------------------------------------------------


def _xgboost_regressor(model):
    return _read_xgboost(model, _XGBOOST_PLAIN)


def _xgboost_log_odds(model):
    several = _read_xgboost(model, ("multi:softprob",))
    if several:
        return centred(several)
    ensemble = _read_xgboost(model, ("binary:logistic",))
    # what the sum begins with is written as a probability
    return ensemble and replace(ensemble, constant=logit(ensemble.constant))


def _read_xgboost(model, objectives):
    booster = model.get_booster()
    if model.missing is not None and not math.isnan(model.missing):
        return None
    with suppress(AttributeError):  # there is none if it was not stopped early
        booster = booster[: model.best_iteration + 1]
    learner = json.loads(booster.save_raw("json"))["learner"]
    boosted = learner["gradient_booster"]
    is_summed = learner["objective"]["name"] in objectives
    if not is_summed or boosted["name"] != "gbtree":
        return None
    boosted = boosted["model"]
    trees = [
        _xgboost_tree(tree, output)
        for output, tree in zip(boosted["tree_info"], boosted["trees"], strict=True)
    ]
    if not trees or any(tree is None for tree in trees):
        return None
    trees.sort(key=lambda tree: tree.output)
    n_outputs = max(1, trees[-1].output + 1)
    constant = json.loads(learner["learner_model_param"]["base_score"])
    constant = np.broadcast_to(np.ravel(constant), n_outputs).astype(float)
    return Ensemble(trees, constant, model.n_features_in_, np.float32, finite=False)


def _xgboost_tree(tree, output):
    if int(tree["tree_param"]["size_leaf_vector"]) > 1:
        return None
    left, right = (np.array(tree[f"{side}_children"]) for side in ("left", "right"))
    is_leaf = left < 0
    condition = np.array(tree["split_conditions"], dtype=np.float32)
    default_left = np.array(tree["default_left"], dtype=bool)
    categories = _xgboost_categories(tree)
    # here categories of a set go left, there they go right
    swapped = list(categories)
    left[swapped], right[swapped] = right[swapped], left[swapped]
    default_left[swapped] = ~default_left[swapped]
    return Tree(
        left,
        right,
        np.where(is_leaf, -1, tree["split_indices"]),
        # left is where it is less: at most the number before
        np.nextafter(condition, np.float32(-np.inf)),
        default_left,
        condition.astype(float)[:, None],
        output,
        categories,
    )


def _xgboost_categories(tree):
    segments = zip(
        tree["categories_nodes"],
        tree["categories_segments"],
        tree["categories_sizes"],
        strict=True,
    )
    return {
        node: np.array(tree["categories"][start : start + size], dtype=int)
        for node, start, size in segments
    }


_READERS = {
    ("lightgbm", "LGBMClassifier", "decision_function"): _lightgbm_margin,
    ("lightgbm", "LGBMClassifier", "log-odds"): _lightgbm_log_odds,
    ("lightgbm", "LGBMRegressor", "predict"): _lightgbm_regressor,
    ("xgboost", "XGBClassifier", "log-odds"): _xgboost_log_odds,
    ("xgboost", "XGBRFClassifier", "log-odds"): _xgboost_log_odds,
    ("xgboost", "XGBRegressor", "predict"): _xgboost_regressor,
    ("xgboost", "XGBRFRegressor", "predict"): _xgboost_regressor,
}
