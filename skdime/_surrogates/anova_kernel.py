r"""The kernel of the surrogate: own effects, lines, interactions of all orders.

Over the columns j of all modalities, with :math:`k_j` of
:mod:`skdime.perturbers._bases` and :math:`\ell_j` the standardised number,

.. math:: K(p, q) = c + \sum_j \left( b\, \ell_j(p) \ell_j(q)
   + (s_j - r_j) k_j(p, q) \right) + \prod_j \left( 1 + r_j k_j(p, q) \right) - 1 .

Where a column of both points comes from the explained row, :math:`k_j` has an
indicator beside it, in the sum and in the product: what is peculiar to the row's own
value (a rare level, a code among numbers) is not spread to its neighbours, and not
missed because no shared point has it. Draws do not have it, so that it averages to
zero, too.

The level c and straight lines are practically free, :math:`s_j` is the variance of a
column's own effect, and the product holds the interactions of any two or more columns,
within a modality and across. Both the sum and the product split into terms of single
modalities, :class:`Terms`.

References
----------
Duvenaud, Nickisch, Rasmussen. "Additive Gaussian processes", NeurIPS 2011.
Durrande, Ginsbourger, Roustant, Carraro. "ANOVA kernels and RKHS of zero mean functions
for model-based sensitivity analysis", J. Multivar. Anal. 115 (2013).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# Prior variances of straight lines and of the level, for outputs of variance 1: so
# large that data alone decide. Larger ones cost digits of the Cholesky factor.
LINE = 100.0
LEVEL = 10.0
# Prior variances of what is peculiar to the row's values: alone, and as a factor. Ten
# times smaller ones missed rare values with a small error, ten times larger ones
# doubled the errors of smooth models.
_PECULIAR, _PECULIAR_FACTOR = 0.05, 0.005
# The same for a row among shared draws, relative to the variances of the column: what
# its own output deviates belongs to columns that are rough rather than to straight
# lines. From 0.1 to 1 nothing changed; without it a step between two draws was missed.
OWN_VALUE = 0.1


@dataclass(frozen=True)
class Pieces:
    """Pieces of one modality as the kernel sees them.

    Attributes
    ----------
    features : list of ndarray of shape (n_pieces, n_functions)
        Basis functions of every column.
    lines : ndarray of shape (n_pieces, n_columns)
        Standardised numbers, 0 for categories.
    from_row : ndarray of bool of shape (n_pieces, n_columns), default=None
        Whether columns come from the explained row; None where none does.
    """

    features: list
    lines: np.ndarray
    from_row: np.ndarray | None = None

    def __len__(self):
        return len(self.lines)

    def __getitem__(self, positions):
        return Pieces([f[positions] for f in self.features], self.lines[positions])

    def recombined(self, rows):
        """Pieces whose columns come from different ones, rows (n, n_columns)."""
        columns = range(len(self.features))
        features = [self.features[j][rows[:, j]] for j in columns]
        lines, from_row = (
            None if values is None else np.take_along_axis(values, rows, axis=0)
            for values in (self.lines, self.from_row)
        )
        return Pieces(features, lines, from_row)

    @staticmethod
    def joined(parts):
        """Pieces one after another."""
        features = zip(*(part.features for part in parts), strict=True)
        lines = np.concatenate([part.lines for part in parts])
        from_row = None
        if any(part.from_row is not None for part in parts):
            from_row = np.zeros(lines.shape, dtype=bool)
            start = 0
            for part in parts:
                if part.from_row is not None:
                    from_row[start : start + len(part)] = part.from_row
                start += len(part)
        return Pieces([np.concatenate(blocks) for blocks in features], lines, from_row)


class Terms(NamedTuple):
    """The terms of some columns between pieces.

    Attributes
    ----------
    additive, product : ndarray of shape (n_pieces, n_others)
        The sum of additive terms, and the product of factors.
    """

    additive: np.ndarray
    product: np.ndarray


@dataclass(frozen=True)
class AnovaKernel:
    """The kernel with its variances, for outputs of variance 1.

    Attributes
    ----------
    own_variances, interaction_variances : list of ndarray of shape (n_columns,)
        :math:`s_j` and :math:`r_j`, for each modality.
    noise : float
        Variance of what no such function explains.
    """

    own_variances: list
    interaction_variances: list
    noise: float

    def terms(self, m, a, b, columns=None):
        """Terms of columns of modality m between pieces a and b, of all by default."""
        columns = range(a.lines.shape[1]) if columns is None else columns
        additive = LINE * (a.lines[:, columns] @ b.lines[:, columns].T)
        product = np.ones_like(additive)
        for j in columns:
            gram = a.features[j] @ b.features[j].T
            additive += (
                self.own_variances[m][j] - self.interaction_variances[m][j]
            ) * gram
            gram *= self.interaction_variances[m][j]
            if a.from_row is not None and b.from_row is not None:
                same = np.outer(a.from_row[:, j], b.from_row[:, j])
                additive += (_PECULIAR - _PECULIAR_FACTOR) * same
                gram += _PECULIAR_FACTOR * same
            gram += 1
            product *= gram
        return Terms(additive, product)

    def column_variances(self, m):
        """Variances of the columns' functions, their own and in interactions."""
        return self.own_variances[m] + self.interaction_variances[m]

    def own_functions(self, m, pieces, j):
        """Functions whose products are the kernel of a column's own effect.

        Returns
        -------
        functions : ndarray of shape (n_pieces, 1 + n_functions)
        """
        line = np.sqrt(LINE) * pieces.lines[:, j : j + 1]
        bent = np.sqrt(self.own_variances[m][j]) * pieces.features[j]
        return np.hstack([line, bent])

    def first_order(self, m, a, b):
        """What single columns give to the product of the factors of modality m."""
        variances = self.interaction_variances[m]
        return sum(
            r * f @ g.T
            for r, f, g in zip(variances, a.features, b.features, strict=True)
        )

    def variances(self, m, pieces, columns, may_matter):
        """Terms of columns of modality m between each row and itself.

        No draw has what is peculiar to the values of a row.

        Parameters
        ----------
        m : int
        pieces : Pieces
            The rows.
        columns : sequence of int
        may_matter : ndarray of bool of shape (n_pieces, n_columns)
            Which of their values may have an effect.

        Returns
        -------
        terms : Terms
            Arrays of shape (n_pieces,).
        """
        additive = LINE * np.square(pieces.lines[:, columns]).sum(axis=1)
        product = np.ones_like(additive)
        for j in columns:
            gram = np.square(pieces.features[j]).sum(axis=1)
            gram += OWN_VALUE * may_matter[:, j]
            additive += (
                self.own_variances[m][j] - self.interaction_variances[m][j]
            ) * gram
            product *= 1 + self.interaction_variances[m][j] * gram
        return Terms(additive, product)


def covariance(terms):
    """Covariance of outputs from the terms of all modalities.

    Parameters
    ----------
    terms : iterable of Terms
        Of the same pairs of points.
    """
    total, product = LEVEL - 1, 1.0
    for of_modality in terms:
        total = total + of_modality.additive
        product = product * of_modality.product
    return total + product
