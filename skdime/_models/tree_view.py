"""What the conditions of trees select along one axis of a grid of hybrid rows."""

from itertools import pairwise

import numpy as np
from sklearn.utils import check_array

from skdime._models.tree_bits import Reach, among, compare, packed


class Side:
    """What varies along one axis, and where each of the model's columns is in it."""

    def __init__(self, parts, n_features, truncated, checks):
        self.blocks = [block for _, block in parts]
        self.n_rows = len(self.blocks[0]) if parts else 1
        self.checks = checks
        self.columns = np.concatenate([np.empty(0, int), *(c for c, _ in parts)])
        self.position = np.full(n_features, -1)
        self.position[self.columns] = np.arange(len(self.columns))
        self.truncated = np.flatnonzero(np.isin(self.columns, truncated))

    def take(self, rows):
        if not self.blocks:
            return np.empty((1, 0))
        X = np.hstack([block[rows] for block in self.blocks])
        X = check_array(X, **self.checks)
        if len(self.truncated):
            X[:, self.truncated] = np.trunc(X[:, self.truncated])
        return X


class View:
    """The conditions of a block's trees on the columns along one axis.

    Slot 0 stands for no condition at all. The i-th node that tests a column of this
    axis has slot ``1 + 2 * i`` for what it sends to the left, of the rows that reach
    it as far as this axis is concerned, and slot ``2 + 2 * i`` for the others.
    """

    def __init__(self, block, side):
        tests_axis = np.append(side.position, -1)[block.feature] >= 0
        nodes = np.flatnonzero(tests_axis)
        slot = np.zeros(len(tests_axis), dtype=np.intp)
        slot[block.left[nodes]] = np.arange(1, 2 * len(nodes), 2)
        slot[block.right[nodes]] = np.arange(2, 2 * len(nodes) + 1, 2)
        for start, stop in pairwise(block.level_ends):
            level = slot[start:stop]
            np.copyto(level, slot[block.parent[start:stop]], where=level == 0)
        self.slot = slot[nodes]
        self.leaf_slot = slot[block.leaves]
        self.level_ends = np.searchsorted(nodes, block.level_ends)
        tests = block.tests[tests_axis[block.tests]]
        self.tests = slot[block.left[tests]] // 2
        self._set_comparisons(block, tests, side)
        self._set_categories(block, slot, side)

    def _set_comparisons(self, block, tests, side):
        self.threshold = block.threshold[tests]
        self.missing_left = block.missing_left[tests]
        feature = block.feature[tests]
        edges = np.flatnonzero(np.diff(feature, prepend=-1, append=-1))
        self.groups = [
            (side.position[feature[start]], slice(start, stop))
            for start, stop in pairwise(edges)
        ]

    def _set_categories(self, block, slot, side):
        nodes = [n for n in block.categories if side.position[block.feature[n]] >= 0]
        self.category_tests = slot[block.left[nodes]] // 2
        columns = side.position[block.feature[nodes]]
        self.category_groups = [
            (
                column,
                np.flatnonzero(columns == column),
                [block.categories[nodes[i]] for i in np.flatnonzero(columns == column)],
                block.missing_left[nodes][columns == column],
            )
            for column in np.unique(columns)
        ]

    def reach(self, X):
        """For each slot the rows of `X`, (n_rows, n_columns), that belong to it."""
        n_words = -(-len(X) // 64)
        goes_left, which = self._outcomes(X, n_words)
        bits = np.empty((1 + 2 * len(self.slot), n_words), dtype=np.uint64)
        bits[0] = packed(np.arange(64 * n_words) < len(X))
        for start, stop in pairwise([0, *self.level_ends]):
            here = bits[self.slot[start:stop]]
            left, right = (bits[i + 2 * start : i + 2 * stop : 2] for i in (1, 2))
            np.bitwise_and(here, goes_left[which[start:stop]], out=left)
            np.bitwise_xor(here, left, out=right)
        return Reach(bits, self.leaf_slot, len(X))

    def _outcomes(self, X, n_words):
        """Rows of `X` that go left in distinct tests, and the test of each node."""
        which = np.empty(len(self.slot), dtype=np.intp)
        tables, n_tables = [np.empty((0, n_words), dtype=np.uint64)], 0
        for column, group in self.groups:
            table, kind = compare(
                X[:, column], self.threshold[group], self.missing_left[group], n_words
            )
            which[self.tests[group]] = n_tables + kind
            tables.append(table)
            n_tables += len(table)
        for column, at, sets, missing_left in self.category_groups:
            which[self.category_tests[at]] = n_tables + np.arange(len(at))
            tables.append(among(X[:, column], sets, missing_left, n_words))
            n_tables += len(at)
        return np.concatenate(tables), which
