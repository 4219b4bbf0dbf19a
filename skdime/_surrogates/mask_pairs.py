"""Effects of pairs of features of two modalities, one of which at least is masked.

Masks of both modalities are evaluated together, each in four combinations of the mask
and its complement. Columns of tables are replaced by draws from the data. With three or
more modalities the others come from references in turn. There are twice as many points
until standard errors are small, or there are `n_samples` of them.
"""

import numpy as np

from skdime._models.calls import rows_within
from skdime._references.designs import folded_masks
from skdime._rows.containers import cells, n_rows, row_bytes, stack, take
from skdime._rows.modalities import split
from skdime._surrogates.masked_hybrids import HybridRows, outputs_of
from skdime._surrogates.product_surrogate import ProductSurrogate
from skdime._utils.names import telling_modality
from skdime._utils.random import balanced
from skdime._utils.rounding import SINGLE_PRECISION

# Points at first; from fewer, variances and errors cannot be told.
_FIRST = 64
# Signs of the four combinations in the double difference.
_SIGNS = np.array([1, -1, -1, 1]) / 4
# More outputs than this share the variances of one surrogate.
_MOST_TUNED = 10


class MaskedSide:
    """One row of a masked modality.

    Parameters
    ----------
    name : str
        Of the modality, for messages.
    perturber : MaskPerturber
    block : container of one row
    row : int
    """

    def __init__(self, name, perturber, block, row):
        self.name, self.perturber, self.block, self.row = name, perturber, block, row
        with telling_modality(name, row):
            cell = cells(block)[0]
            self.names = perturber.features(cell)
            inert = perturber.inert(cell) if self.names else np.empty(0, bool)
        self.active = np.flatnonzero(~inert)

    def masked(self, masks, _):
        """The row under masks of its active features."""
        every = np.ones((len(masks), len(self.names)), dtype=bool)
        every[:, self.active] = masks
        with telling_modality(self.name, self.row):
            return self.perturber.perturb_row(self.block, every)


class TableSide:
    """One row of a table, whose columns are replaced by draws.

    Parameters
    ----------
    perturber : TabularPerturber
    block : container of one row
    """

    def __init__(self, perturber, block):
        self.perturber, self.names = perturber, perturber.feature_names_
        self.active = np.arange(len(self.names))
        self._every = stack([block, perturber.draws_])
        self._n_draws = n_rows(perturber.draws_)

    def masked(self, masks, points):
        """The row with columns of a draw, which is another one for each point."""
        is_present = masks[:, self.perturber.features_]
        draws = 1 + np.asarray(points) % self._n_draws
        rows = np.where(is_present, 0, draws[:, None])
        return self.perturber.recombined(self._every, rows)


class MaskPairs:
    """Effects of pairs of features of two modalities.

    Parameters
    ----------
    references : References
    perturbers : list of (str, perturber)
        Of all modalities, fitted.
    pair : (int, int)
        Positions of the two.
    positions : list of callable
        For both, positions of a row's features on the axis of the result.
    shape : (int, int)
        Lengths of the axes of the result.
    n_samples : int
        Points of a row, at most; each takes four model rows.
    tol : Tolerance
        Error of the effects relative to their size that may remain. What references
        leave is not compared with: standard errors of pairs do not hold it.
    seed : int
    """

    def __init__(
        self, references, perturbers, pair, positions, shape, n_samples, tol, seed
    ):
        self.references, self.perturbers = references, perturbers
        self.pair, self.positions, self.shape = pair, positions, shape
        self.most, self.tol, self.seed = n_samples, tol, seed

    def cost(self, engine, X):
        """What the rows take, at most."""
        need = engine.need((4 * self.most * n_rows(X), 1), row_bytes(X), n_rows(X))
        return need.until_accurate(4 * min(_FIRST, self.most) * n_rows(X))

    def fit(self, engine, X):
        """Effects of pairs, row by row.

        Yields
        ------
        rows : slice
        effects : tuple of ndarray
            Coefficients and standard errors of shape (1, d_1, d_2, n_outputs), and R2
            of shape (1, n_outputs); nan where the row has no such features.
        """
        blocks = split(X, self.references.modalities)
        for row in range(n_rows(X)):
            own = [take(block, [row]) for block in blocks]
            yield slice(row, row + 1), self._row(engine, own, row)

    def _row(self, engine, blocks, row):
        sides = [self._side(m, blocks[m], row) for m in self.pair]
        n_outputs = self.references.n_outputs
        coef, se = (np.full((1, *self.shape, n_outputs), np.nan) for _ in range(2))
        places = [
            place(side.names) for place, side in zip(self.positions, sides, strict=True)
        ]
        coef[(0, *np.ix_(*places))] = se[(0, *np.ix_(*places))] = 0
        r2 = np.full((1, n_outputs), np.nan)
        if all(len(side.active) for side in sides):
            active = [
                place[side.active] for place, side in zip(places, sides, strict=True)
            ]
            cells_of_row = (0, *np.ix_(*active))
            effects = self._active(engine, blocks, sides)
            coef[cells_of_row], se[cells_of_row], r2[0] = effects
        return coef, se, r2

    def _side(self, m, block, row):
        name, perturber = self.perturbers[m]
        if perturber.masks_rows:
            return MaskedSide(name, perturber, block, row)
        return TableSide(perturber, block)

    def _active(self, engine, blocks, sides):
        """Effects of the features whose replacement changes anything."""
        random_state = np.random.RandomState([self.seed, *self.pair])
        masks = [np.empty((0, len(side.active)), dtype=bool) for side in sides]
        outputs = np.empty((4, 0, self.references.n_outputs))
        n = min(_FIRST, self.most)
        while True:
            start = len(masks[0])
            new = [self._new_masks(side, n, start, random_state) for side in sides]
            values = self._evaluated(engine, blocks, sides, new, start, random_state)
            masks = [np.vstack(both) for both in zip(masks, new, strict=True)]
            outputs = np.concatenate([outputs, values], axis=1)
            effects = self._effects(masks, outputs)
            if n == self.most or self._is_accurate(*effects[:2]):
                return effects
            n = min(2 * n, self.most)

    def _new_masks(self, side, n, start, random_state):
        """Masks up to `n` of them; the first one has all features as in the row."""
        masks = folded_masks(len(side.active), n - start, "shapley", random_state)
        if not start:
            masks[0] = True
        return masks

    def _evaluated(self, engine, blocks, sides, masks, start, random_state):
        """Outputs of the four combinations: (4, n_points, n_outputs)."""
        n = len(masks[0])
        points = start + np.arange(n)
        context = balanced(len(self.references), n, random_state)
        first, second = masks
        both = (
            np.vstack([first, ~first, first, ~first]),
            np.vstack([second, second, ~second, ~second]),
        )
        context, points = np.tile(context, 4), np.tile(points, 4)

        def compose(some):
            blocks = [
                None if m in self.pair else take(block, context[some])
                for m, block in enumerate(self.references.blocks)
            ]
            for m, side, side_masks in zip(self.pair, sides, both, strict=True):
                blocks[m] = side.masked(side_masks[some], points[some])
            return blocks

        most = rows_within(engine.max_memory, 4 * row_bytes(self.references.rows) + 8)
        (outputs,) = outputs_of(engine, [HybridRows(compose, 4 * n)], most)
        return outputs.reshape(4, n, -1)

    def _effects(self, masks, outputs):
        differences = np.tensordot(_SIGNS, outputs, axes=1)
        size = np.abs(outputs).max(axis=(0, 1))
        varies = np.abs(differences).max(axis=0) > SINGLE_PRECISION * size
        n_first, n_second = (mask.shape[1] for mask in masks)
        coef, se = np.zeros((2, n_first, n_second, len(varies)))
        r2 = np.full(len(varies), np.nan)
        for some in _groups(np.flatnonzero(varies)):
            signs = (np.where(mask, 1.0, -1.0) for mask in masks)
            fit = ProductSurrogate(*signs, differences[:, some])
            coef[..., some], se[..., some] = fit.coef, fit.se
            total = np.square(differences[:, some]).sum(axis=0)
            r2[some] = 1 - np.square(fit.left_out).sum(axis=0) / total
        return coef, se, r2

    def _is_accurate(self, coef, se):
        allowed = self.tol.relative**2 * np.square(coef).sum(axis=(0, 1))
        return bool((np.square(se).sum(axis=(0, 1)) <= allowed).all())


def _groups(outputs):
    """Positions of outputs that share a surrogate: each has its own if they are few."""
    if len(outputs) <= _MOST_TUNED:
        return list(outputs[:, None])
    return [outputs]
