"""The conditions of leaves, feature by feature.

A leaf of a tree is reached where its conditions on every feature hold. Many leaves have
conditions on few features only.
"""

import numpy as np


class LeafConditions:
    """Conditions of the leaves of a sum of trees on features of one group.

    Parameters
    ----------
    trees : TreeSum
    features : list of ndarray of int
        For each feature its columns in the trees' input.

    Attributes
    ----------
    tested : list of ndarray of bool of shape (n_leaves, n_features)
        Which features a leaf has conditions on, for each of the `blocks` of trees.
    """

    def __init__(self, trees, features):
        self.trees, self.features = trees, features
        self._views = [
            [trees.view(i, columns) for columns in features]
            for i in range(len(trees.blocks))
        ]
        self.tested = [
            np.stack([view.leaf_slot > 0 for view in views], axis=-1)
            for views in self._views
        ]

    def shares(self, values):
        """Share of rows that meet the conditions of each leaf on each feature.

        Parameters
        ----------
        values : list of ndarray of shape (n_rows, n_columns)
            For each feature.

        Returns
        -------
        shares : list of ndarray of shape (n_leaves, n_features)
            For each of the `blocks` of trees.
        """
        by_feature = [
            self.trees.shares([part])
            for part in zip(self.features, values, strict=True)
        ]
        return [np.stack(shares, axis=-1) for shares in zip(*by_feature, strict=True)]

    def met(self, i, values):
        """Which rows meet the conditions of the leaves of block `i`.

        Parameters
        ----------
        i : int
        values : list of ndarray of shape (n_rows, n_columns)
            For each feature; of few rows, because of the memory.

        Returns
        -------
        met : ndarray of bool of shape (n_features, n_leaves, n_rows)
        """
        parts = zip(self.features, values, strict=True)
        pairs = zip(self._views[i], parts, strict=True)
        return np.stack([self.trees.met(view, [part]) for view, part in pairs])
