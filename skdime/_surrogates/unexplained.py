r"""What the kernel does not explain at a row: steps across several columns.

The kernel calls noise what none of its functions follow. A model without chance has no
noise: what it deviates at a row is an interaction, such as a step in a sum of columns,
which averages to zero over each of them. Of an interaction of s features each one's
Shapley value is a share 1/s, and the others have none. Which features interact is not
known. A feature is expected to have the share :math:`p_j`, the sum of which is 1. If
they interact in pairs, its mean square is :math:`p_j / 2`: with probability
:math:`2 p_j` a feature is one of the pair, and has one half.
"""

from typing import NamedTuple

import numpy as np


class Unexplained(NamedTuple):
    """What is not explained at rows, in variances of the kernel.

    Attributes
    ----------
    noise : float
        The prior variance.
    known : ndarray of shape (n_rows,)
        Share of what the draws miss a row by that is noise.
    shares : ndarray of shape (n_rows, n_features)
        Of each feature, expected.
    """

    noise: float
    known: np.ndarray
    shares: np.ndarray

    def squared_errors(self, missed, scale):
        """Squared errors, because shares are not known, and the noise is in part.

        Parameters
        ----------
        missed : ndarray of shape (n_rows, n_targets)
            What the draws miss rows by, squared.
        scale : ndarray of shape (n_rows, n_targets)
            The targets' unit of variance.

        Returns
        -------
        squared : ndarray of shape (n_rows, n_features, n_targets)
        """
        known = self.known[:, None]
        squares = known**2 * missed + (1 - known) * self.noise * scale
        return self.shares[:, :, None] / 2 * squares[:, None]


def expected_shares(variances, features, may_matter):
    """Shares of features in what is not explained.

    One half goes to all features alike, because steps across columns may be all that a
    column does; the other half to those that the kernel has found to matter.

    Parameters
    ----------
    variances : ndarray of shape (n_columns,)
        Those of the kernel's functions of each column.
    features : ndarray of int of shape (n_columns,)
        The feature of each column.
    may_matter : ndarray of bool of shape (n_rows, n_columns)
        Which values may have an effect.

    Returns
    -------
    shares : ndarray of shape (n_rows, n_features)
        0 where no feature may matter.
    """
    of_feature = np.eye(features.max() + 1)[features]
    weights = may_matter * variances @ of_feature
    return (_shares((may_matter @ of_feature) > 0) + _shares(weights)) / 2


def _shares(weights):
    total = weights.sum(axis=1, keepdims=True)
    return weights / np.where(total > 0, total, 1)
