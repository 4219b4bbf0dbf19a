"""Sums of trees on a whole grid of hybrid rows, without one call of the model.

A leaf is reached where every condition on its path holds. Each condition concerns one
column, and each column varies along one axis of the grid, so the indicator of a leaf
is a product of two: one of the row along axis 0, one of the row along axis 1,

    output[a, b] = constant + sum over leaves of value * in0[a, leaf] * in1[b, leaf].

Leaves whose paths agree in the conditions on an axis share its indicator. The distinct
indicators of an axis, its *slots*, are held as bits, 64 rows in a word: following a
path is an AND of words, a mean over any number of rows counts bits, and the sum is a
product of three matrices: slots of axis 0, values of leaves, slots of axis 1.
"""

import math

import numpy as np
from scipy import sparse
from scipy.special import logsumexp
from sklearn.utils import gen_batches

from skdime._models.structure import unwrap
from skdime._models.tree_format import complement, in_blocks
from skdime._models.tree_view import Side, View
from skdime._models.trees_of_boosters import largest_sum, read_booster
from skdime._models.trees_of_catboost import read_catboost
from skdime._models.trees_of_combinations import read_combination
from skdime._models.trees_of_sklearn import read_sklearn

# Rows along an axis that are worked on at a time, at most: `compare` counts them in
# 16-bit integers.
_TILE_ROWS = 1024
# Up to so many leaves a tree on average, dense products beat sparse ones, as measured
# on one core like the times in `_seconds`.
_SHALLOW = 64
# Outputs of models that may be sums over leaves.
_METHODS = "predict", "predict_proba", "decision_function", "log-odds"


class TreeSum:
    """A fitted ensemble of trees as a sum over leaves.

    Parameters
    ----------
    ensemble : skdime._models.tree_format.Ensemble
    max_bytes : int, default=2**27
        Memory that intermediate arrays may take.

    Attributes
    ----------
    n_leaves : int
        Leaves of all trees together.
    n_trees : int
    """

    def __init__(self, ensemble, max_bytes=2**27):
        self.constant = ensemble.constant
        self.n_features = ensemble.n_features
        self.truncated = list(ensemble.truncated)
        self.encoder, self.order = ensemble.encoder, ensemble.order
        self.input_checks = {
            "dtype": ensemble.dtype,
            "ensure_all_finite": ensemble.finite,
            "ensure_min_features": 0,
            "input_name": "X",
        }
        self.max_bytes = max_bytes
        self.blocks = in_blocks(ensemble.trees, max_bytes)
        self.n_trees = len(ensemble.trees)
        self.n_leaves = sum(len(block.leaves) for block in self.blocks)
        largest = max(len(block.feature) for block in self.blocks)
        affordable = min(2 * max_bytes // largest, math.isqrt(max_bytes // 96))
        self.tile_rows = min(_TILE_ROWS, max(1, affordable))

    @classmethod
    def from_model(cls, model, method, max_bytes=2**27, most=math.inf, first=False):
        """The sum over leaves that ``model.method`` returns, or None if it is none.

        Parameters
        ----------
        model : fitted estimator
        method : {"decision_function", "predict_proba", "predict", "log-odds"}
        max_bytes : int, default=2**27
        most : float, default=inf
            None is returned, too, where a sum could be above it in absolute value, or
            of several outputs the logarithm of one over a probability.
        first : bool, default=False
            Whether the output of a binary classifier is that of ``classes_[0]``.
        """
        model = unwrap(model)
        ensemble = _read(model, method)
        if ensemble is None or (most < math.inf and _largest(ensemble) > most):
            return None
        if first:
            ensemble = complement(ensemble, 1.0 if method == "predict_proba" else 0.0)
        return cls(ensemble, max_bytes)

    def evaluate(self, parts0, parts1):
        """Outputs on the grid of hybrid rows.

        Parameters
        ----------
        parts0, parts1 : list of (columns, block)
            What varies along an axis: positions of columns in the model's input, and
            their values, one row for each position along the axis. An axis without
            parts has length 1.

        Returns
        -------
        outputs : ndarray of shape (n_rows0, n_rows1, n_outputs)
        """
        sides = self._sides(parts0, parts1)
        self._check_parts(sides)
        return self.constant + self._products(*sides)

    def mean(self, parts0, parts1):
        """Means of the outputs on the grid over axis 1.

        Parameters
        ----------
        parts0, parts1 : list of (columns, block)
            As in `evaluate`; axis 1 may be of any length.

        Returns
        -------
        means : ndarray of shape (n_rows0, n_outputs)
        """
        self._check_parts(self._sides(parts0, parts1))
        return self.constant + self.sums(parts0, self.shares(parts1))

    def shares(self, parts):
        """Share of rows that meet the conditions of each leaf on some columns.

        Parameters
        ----------
        parts : list of (columns, block)
            Positions of columns in the model's input, and their values row by row.
            Conditions on all other columns count as met.

        Returns
        -------
        shares : list of ndarray of shape (n_leaves,)
            For each of the `blocks` of trees.
        """
        (side,) = self._sides(parts)
        views = [View(block, side) for block in self.blocks]
        counts = [0] * len(views)
        for _, X in self._tiles(side):
            for i, view in enumerate(views):
                counts[i] = counts[i] + view.reach(X).leaf_counts()
        return [count / side.n_rows for count in counts]

    def sums(self, parts, weights):
        """Sums over the leaves whose conditions on some columns a row meets.

        Parameters
        ----------
        parts : list of (columns, block)
            As for :meth:`shares`.
        weights : list of ndarray of shape (n_leaves,)
            Factors on the values of leaves, for each of the `blocks` of trees.

        Returns
        -------
        sums : ndarray of shape (n_rows, n_outputs)
            Without the constant.
        """
        (side,) = self._sides(parts)
        out = np.zeros((side.n_rows, len(self.constant)))
        views = [View(block, side) for block in self.blocks]
        for rows, X in self._tiles(side):
            for block, view, some in zip(self.blocks, views, weights, strict=True):
                tile = out[rows, block.outputs]
                _add_weighted(tile, block, view.reach(X), some, self.max_bytes)
        return out

    def products(self, parts0, parts1, weights):
        """Sums over the leaves whose conditions pairs of rows meet.

        Parameters
        ----------
        parts0, parts1 : list of (columns, block)
            As for :meth:`shares`; no column is in both.
        weights : list of ndarray of shape (n_leaves,)
            Factors on the values of leaves, for each of the `blocks` of trees.

        Returns
        -------
        products : ndarray of shape (n_rows0, n_rows1, n_outputs)
            Without the constant.
        """
        return self._products(*self._sides(parts0, parts1), weights)

    def view(self, i, columns):
        """The conditions of the leaves of block `i` on some columns."""
        (side,) = self._sides([(columns, np.empty((0, len(columns))))])
        return View(self.blocks[i], side)

    def met(self, view, parts):
        """Which rows meet the conditions of leaves on some columns.

        Parameters
        ----------
        view : View
            Of these columns, see :meth:`view`.
        parts : list of (columns, block)
            As for :meth:`shares`; of no more rows than memory allows.

        Returns
        -------
        met : ndarray of bool of shape (n_leaves, n_rows)
        """
        (side,) = self._sides(parts)
        tiles = [view.reach(X).of_leaves() for _, X in self._tiles(side)]
        return tiles[0] if len(tiles) == 1 else np.concatenate(tiles, axis=1)

    def total(self, weights):
        """The constant and the values of all leaves times `weights`, (n_outputs,)."""
        out = self.constant.copy()
        for block, some in zip(self.blocks, weights, strict=True):
            out[block.outputs] += some @ block.value
        return out

    def worthwhile(self, n_rows0, n_rows1):
        """Whether `evaluate` takes less time than the model, by a rule of thumb.

        `evaluate` costs, besides a fixed time for each leaf, each tested column and
        each row, less than the model does a hybrid row: it pays on large grids.
        `mean` takes less time than `evaluate`.

        Parameters
        ----------
        n_rows0, n_rows1 : int
            Extent of the grid.

        Returns
        -------
        worthwhile : bool
        """
        sizes = n_rows0, n_rows1, self.tile_rows
        seconds = sum(_seconds(block, *sizes) for block in self.blocks)
        return seconds < self.seconds_per_row() * n_rows0 * n_rows1

    def seconds_per_row(self):
        """Time that the model takes for one of many rows, on one core, about."""
        return 1.3e-9 * math.sqrt(self.n_leaves * self.n_trees)

    def _products(self, side0, side1, weights=None):
        out = np.zeros((side0.n_rows, side1.n_rows, len(self.constant)))
        for i, block in enumerate(self.blocks):
            value = (
                block.value if weights is None else weights[i][:, None] * block.value
            )
            view0, view1 = View(block, side0), View(block, side1)
            for rows0, X0 in self._tiles(side0):
                reach0 = view0.reach(X0)
                for rows1, X1 in self._tiles(side1):
                    tile, reaches = (
                        out[rows0, rows1, block.outputs],
                        (reach0, view1.reach(X1)),
                    )
                    _add_products(
                        tile, value, *reaches, _is_shallow(block), self.max_bytes
                    )
        return out

    def _sides(self, *parts):
        return [
            Side(p, self.n_features, self.truncated, self.input_checks) for p in parts
        ]

    def _check_parts(self, sides):
        columns = np.concatenate([side.columns for side in sides])
        times = np.bincount(columns, minlength=self.n_features)
        if (times != 1).any():
            raise ValueError(
                "Each of the model's columns must be in one part, but columns "
                f"{np.flatnonzero(times != 1).tolist()} are in none or in several."
            )

    def _tiles(self, side):
        for rows in gen_batches(side.n_rows, self.tile_rows):
            yield rows, side.take(rows)


def _largest(ensemble):
    """A bound on log-odds, or of several outputs on logarithms of one over shares."""
    sums = largest_sum(ensemble)
    return sums[0] if len(sums) == 1 else logsumexp(sums) + sums.max()


def _read(model, method):
    """The trees of a model of any library, or None."""
    model = unwrap(model)
    for reader in (read_sklearn, read_booster, read_catboost):
        ensemble = reader(model, method)
        if ensemble is not None:
            return ensemble
    return read_combination(model, method, _read)


def tree_inputs_used(model):
    """Which inputs the trees of a fitted model compare in any split.

    An output that is no sum over leaves, such as a probability of boosted trees, is a
    function of one.

    Parameters
    ----------
    model : fitted estimator

    Returns
    -------
    used : ndarray of bool of shape (n_inputs,) or None
        None where the model is no sum of trees.
    """
    for method in _METHODS:
        ensemble = _read(model, method)
        if ensemble is not None:
            tested = np.concatenate([tree.feature for tree in ensemble.trees])
            tested = np.unique(tested[tested >= 0])
            if ensemble.order is not None:
                tested = ensemble.order[tested]
            return np.isin(np.arange(ensemble.n_features), tested)
    return None


def _add_products(out, values, reach0, reach1, dense, max_bytes):
    """Add the sum over leaves of value times both indicators.

    To `out`, of shape (n_rows0, n_rows1, n_values); `values` is of shape (n_leaves,
    n_values).
    """
    # a sparse product walks over the rows of its left operand: the fewer the better
    if reach0.n_rows > reach1.n_rows:
        out, reach0, reach1 = out.swapaxes(0, 1), reach1, reach0
    counts0, counts1 = reach0.leaf_counts(), reach1.leaf_counts()
    leaves = np.flatnonzero((counts0 > 0) & (counts1 > 0))
    entries = sum(out.shape[:2]) if dense else (counts0 + counts1)[leaves]
    for some in _runs(leaves, entries, dense, max_bytes):
        left, at0 = reach0.matrix(some, dense)
        right, at1 = reach1.matrix(some, dense)
        left = left.T if dense else left.T.tocsr()
        for c, value in enumerate(values[some].T):
            shape = (left.shape[1], right.shape[0])
            tile = left @ (sparse.csr_array((value, (at0, at1)), shape=shape) @ right)
            out[:, :, c] += tile if dense else tile.toarray()


def _add_weighted(out, block, reach, weights, max_bytes):
    """Add the sum over leaves of weight times value times the indicator.

    To `out`, of shape (n_rows, n_values); `weights` is of shape (n_leaves,).
    """
    leaves = np.flatnonzero(weights)
    dense = _is_shallow(block)
    entries = reach.n_rows if dense else reach.leaf_counts()[leaves]
    for some in _runs(leaves, entries, dense, max_bytes):
        inside, at = reach.matrix(some, dense)
        value = block.value[some] * weights[some, None]
        sums = [np.bincount(at, column, inside.shape[0]) for column in value.T]
        out += inside.T @ np.stack(sums, axis=-1)


def _seconds(block, n_rows0, n_rows1, tile_rows):
    """Time that `View` and `_add_products` take, as measured on one core."""
    n_leaves, n_values = block.value.shape
    tiles0, tiles1 = (-(-n_rows // tile_rows) for n_rows in (n_rows0, n_rows1))
    n_tiles = tiles0 * (1 + tiles1)
    n_rows = n_rows0 + tiles0 * n_rows1
    work = 4e-11 * n_leaves if _is_shallow(block) else 4e-9 * block.n_trees
    overhead = 5e-4 + 4e-5 * len(np.unique(block.feature))
    reaching = overhead * n_tiles + n_leaves * (1e-7 + 4e-10 * n_rows)
    return reaching + n_rows0 * n_rows1 * n_values * work


def _is_shallow(block):
    return len(block.leaves) <= _SHALLOW * block.n_trees


def _runs(leaves, entries, dense, max_bytes):
    """Cut `leaves` where their indicators, of so many entries each, fill the memory."""
    # the operands and their product; small sparse ones stay in the processor's cache
    most = max_bytes // (32 if dense else 256)
    total = np.cumsum(np.broadcast_to(entries, len(leaves)))
    return np.split(leaves, np.flatnonzero(np.diff(total // most)) + 1)
