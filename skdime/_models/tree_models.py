"""Trees read out of fitted scikit-learn models, in one format for all of them.

Only outputs that are a sum over the leaves of trees are read: the leaf a row falls in
adds its value, and nothing is done to the sum afterwards. Everything else gives None.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)
from sklearn.utils.validation import check_is_fitted


@dataclass(frozen=True)
class Tree:
    """One binary tree; a row goes left where its feature is at most the threshold.

    Attributes
    ----------
    left, right : ndarray of int of shape (n_nodes,)
        Children; node 0 is the root.
    feature : ndarray of int of shape (n_nodes,)
        The column that a node compares, -1 at leaves.
    threshold : ndarray of shape (n_nodes,)
    missing_left : ndarray of bool of shape (n_nodes,)
        Whether a missing value goes left.
    value : ndarray of shape (n_nodes, n_values)
        What a leaf adds to the output.
    output : int
        The first of the `n_values` outputs it is added to.
    """

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray
    output: int = 0


@dataclass(frozen=True)
class Ensemble:
    """Trees whose sum, added to a constant, is the output of a model.

    Attributes
    ----------
    trees : list of Tree
        Ordered by `output`.
    constant : ndarray of shape (n_outputs,)
    n_features : int
    dtype : type
        What the model casts its input to before it compares.
    finite : bool or "allow-nan"
        What the model demands of its input, as in ``check_array``.
    """

    trees: list
    constant: np.ndarray
    n_features: int
    dtype: type = np.float32
    finite: bool | str = True


def read_ensemble(model, method):
    """The trees behind ``model.method``, or None where it is no sum over leaves.

    Parameters
    ----------
    model : fitted estimator
        Only scikit-learn's own classes, not their subclasses, are read.
    method : {"decision_function", "predict_proba", "predict"}

    Returns
    -------
    ensemble : Ensemble or None
        With the columns of ``skdime._models.response.Response``: of a binary
        classifier, and of a binary target of several, that of ``classes_[1]`` only.
    """
    while type(model) is FrozenEstimator:
        model = model.estimator
    reader = _READERS.get((type(model), method))
    if reader is None:
        return None
    check_is_fitted(model)
    return reader(model)


def _read_tree(model):
    return _average(model, [model])


def _read_forest(model):
    return _average(model, model.estimators_)


def _average(model, estimators):
    trees = [
        _from_sklearn(e, _leaf_outputs(e) / len(estimators), 0) for e in estimators
    ]
    constant = np.zeros(trees[0].value.shape[1])
    finite = "allow-nan" if _accepts_nan(estimators[0]) else True
    return Ensemble(trees, constant, model.n_features_in_, finite=finite)


def _leaf_outputs(estimator):
    """What a single tree predicts in each node: (n_nodes, n_outputs)."""
    value = estimator.tree_.value
    if not hasattr(estimator, "classes_"):
        return value[:, :, 0]
    shares = [
        value[:, target, :n_classes]
        for target, n_classes in enumerate(np.atleast_1d(estimator.n_classes_))
    ]
    return np.hstack([s[:, 1:] if s.shape[1] == 2 else s for s in shares])


def _from_sklearn(estimator, value, output):
    nodes = estimator.tree_
    return Tree(
        nodes.children_left,
        nodes.children_right,
        np.where(nodes.children_left < 0, -1, nodes.feature),
        nodes.threshold,
        nodes.missing_go_to_left.astype(bool),
        value,
        output,
    )


def _read_boosting(model):
    constant = _initial_output(model)
    if constant is None:
        return None
    trees = [
        _from_sklearn(e, model.learning_rate * e.tree_.value[:, 0], output)
        for output, stages in enumerate(model.estimators_.T)
        for e in stages
    ]
    return Ensemble(trees, constant, model.n_features_in_)


def _read_hist(model):
    predictors, constant, is_plain = _hist_parts(model)
    if not is_plain:
        return None
    trees = [
        _from_hist(predictor.nodes, output)
        for output, stages in enumerate(zip(*predictors, strict=True))
        for predictor in stages
    ]
    return Ensemble(trees, constant, model.n_features_in_, np.float64, finite=False)


def _read_hist_regressor(model):
    return _read_hist(model) if _has_identity_link(model) else None


def _from_hist(nodes, output):
    is_leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        nodes["left"].astype(np.intp),
        nodes["right"].astype(np.intp),
        np.where(is_leaf, -1, nodes["feature_idx"]),
        nodes["num_threshold"].astype(float),
        nodes["missing_go_to_left"].astype(bool),
        nodes["value"].astype(float)[:, None],
        output,
    )


# ---- private attributes of scikit-learn's estimators: here and nowhere else ----


def _accepts_nan(tree):
    return tree._support_missing_values(np.empty((0, 0)))


def _initial_output(model):
    """What gradient boosting starts from, or None where that depends on the row."""
    init = model.init_
    is_constant = (
        (isinstance(init, str) and init == "zero")
        or type(init) is DummyRegressor
        or (type(init) is DummyClassifier and init.strategy != "stratified")
    )
    if not is_constant:
        return None
    row = np.zeros((1, model.n_features_in_), dtype=np.float32)
    return model._raw_predict_init(row)[0]


def _hist_parts(model):
    """Predictors by iteration and class, the constant, whether all splits are plain."""
    predictors = model._predictors
    is_plain = model._preprocessor is None and not any(
        tree.nodes["is_categorical"].any() for stage in predictors for tree in stage
    )
    return predictors, np.ravel(model._baseline_prediction), is_plain


def _has_identity_link(model):
    return type(model._loss.link).__name__ == "IdentityLink"


# --------------------------------------------------------------------------------

_READERS = {
    (DecisionTreeClassifier, "predict_proba"): _read_tree,
    (DecisionTreeRegressor, "predict"): _read_tree,
    (ExtraTreeClassifier, "predict_proba"): _read_tree,
    (ExtraTreeRegressor, "predict"): _read_tree,
    (RandomForestClassifier, "predict_proba"): _read_forest,
    (RandomForestRegressor, "predict"): _read_forest,
    (ExtraTreesClassifier, "predict_proba"): _read_forest,
    (ExtraTreesRegressor, "predict"): _read_forest,
    (GradientBoostingClassifier, "decision_function"): _read_boosting,
    (GradientBoostingRegressor, "predict"): _read_boosting,
    (HistGradientBoostingClassifier, "decision_function"): _read_hist,
    (HistGradientBoostingRegressor, "predict"): _read_hist_regressor,
}


def in_blocks(trees, max_bytes):
    """Cut trees that are ordered by `output` into blocks, within a share of memory.

    Parameters
    ----------
    trees : list of Tree
    max_bytes : int

    Returns
    -------
    blocks : list of Block
    """
    groups, n_nodes = [], 0
    for tree in trees:
        n_nodes += len(tree.feature)
        if (
            not groups
            or n_nodes > max_bytes // 2**11
            or tree.output != groups[-1][0].output
        ):
            groups.append([])
            n_nodes = len(tree.feature)
        groups[-1].append(tree)
    return [Block(group) for group in groups]


class Block:
    """Trees of one output in common arrays, with the nodes ordered by depth.

    Parameters
    ----------
    trees : list of Tree

    Attributes
    ----------
    left, right, parent : ndarray of int of shape (n_nodes,)
    feature, threshold, missing_left : ndarray of shape (n_nodes,)
    level_ends : ndarray of int of shape (max_depth + 1,)
        Where in the order of nodes each depth ends.
    tests : ndarray of int of shape (n_nodes - n_leaves,)
        Nodes that have children, ordered by feature, then by threshold.
    leaves : ndarray of int of shape (n_leaves,)
        The leaves from left to right, tree by tree.
    value : ndarray of shape (n_leaves, n_values)
    outputs : slice
        Outputs that the values are added to.
    n_trees : int
    """

    def __init__(self, trees):
        roots = np.cumsum([0, *(len(tree.feature) for tree in trees[:-1])])
        rooted = list(zip(trees, roots, strict=True))
        left = np.concatenate([tree.left + root for tree, root in rooted])
        right = np.concatenate([tree.right + root for tree, root in rooted])
        feature, threshold, missing_left, value = (
            np.concatenate([getattr(tree, name) for tree in trees])
            for name in ("feature", "threshold", "missing_left", "value")
        )
        order, self.level_ends = _by_depth(roots, left, right, feature >= 0)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        self.left, self.right = rank[left[order]], rank[right[order]]
        self.feature, self.threshold = feature[order], threshold[order]
        self.missing_left = missing_left[order]
        inner = np.flatnonzero(self.feature >= 0)
        self.parent = np.zeros_like(order)
        self.parent[self.left[inner]] = self.parent[self.right[inner]] = inner
        self.tests = inner[np.lexsort((self.threshold[inner], self.feature[inner]))]
        leaves = np.flatnonzero(feature < 0)
        self.leaves, self.value = rank[leaves], value[leaves]
        self.outputs = slice(trees[0].output, trees[0].output + value.shape[1])
        self.n_trees = len(trees)


def _by_depth(level, left, right, is_inner):
    """Nodes from those of `level` downwards by depth, and where each depth ends."""
    levels = []
    while len(level):
        levels.append(level)
        inner = level[is_inner[level]]
        level = np.concatenate([left[inner], right[inner]])
    return np.concatenate(levels), np.cumsum([len(level) for level in levels])
