"""One format for the trees of all libraries."""

from dataclasses import dataclass, field, replace

import numpy as np


@dataclass(frozen=True)
class Tree:
    """One binary tree; a row goes left where its feature is at most the threshold.

    At nodes with categories it goes left where its feature, rounded down, is one of
    them.

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
    categories : dict of int to ndarray of int
        By node what goes left, for nodes that compare no threshold.
    """

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray
    output: int = 0
    categories: dict = field(default_factory=dict)


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
    truncated : tuple of int
        Columns whose values are cut off to integers, towards zero.
    encoder : fitted transformer or None
        What the model itself encodes its input by, column by column, before it
        compares.
    order : ndarray of int of shape (n_features,) or None
        The column of the model's input that each encoded column comes from.
    """

    trees: list
    constant: np.ndarray
    n_features: int
    dtype: type = np.float32
    finite: bool | str = True
    truncated: tuple = ()
    encoder: object = None
    order: np.ndarray | None = None


def complement(ensemble, whole):
    """The trees whose sum is `whole` less the sum of others.

    Parameters
    ----------
    ensemble : Ensemble
    whole : float

    Returns
    -------
    ensemble : Ensemble
    """
    trees = [replace(tree, value=-tree.value) for tree in ensemble.trees]
    return replace(ensemble, trees=trees, constant=whole - ensemble.constant)


def centred(ensemble):
    """The trees whose sums are those of others less their mean over all outputs.

    Of the margins of a softmax these are the centred log-ratios of its probabilities.

    Parameters
    ----------
    ensemble : Ensemble

    Returns
    -------
    ensemble : Ensemble
    """
    n_outputs = len(ensemble.constant)
    shares = np.eye(n_outputs) - 1 / n_outputs
    trees = []
    for tree in ensemble.trees:
        of_tree = shares[tree.output : tree.output + tree.value.shape[1]]
        trees.append(replace(tree, value=tree.value @ of_tree, output=0))
    return replace(ensemble, trees=trees, constant=ensemble.constant @ shares)


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
        is_full = n_nodes > max_bytes // 2**11
        if not groups or is_full or tree.output != groups[-1][0].output:
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
    tests : ndarray of int of shape (n_tests,)
        Nodes that compare thresholds, ordered by feature, then by threshold.
    categories : dict of int to ndarray of int
        What goes left at the other nodes that have children.
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
        self.categories = {
            rank[node + root]: values
            for tree, root in rooted
            for node, values in tree.categories.items()
        }
        ordered = np.setdiff1d(inner, list(self.categories))
        order = np.lexsort((self.threshold[ordered], self.feature[ordered]))
        self.tests = ordered[order]
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
