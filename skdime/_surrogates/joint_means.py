"""Means of the kernel's terms over the data, of features that are several columns.

The basis of a single column is centred, so that its terms have a known mean. Those of
columns that are drawn together have the mean of their product over the rows given to
``fit``.
"""

import numpy as np
from sklearn.utils import gen_batches

from skdime._surrogates.anova_kernel import Pieces, Terms

# Numbers of a table of terms: the data are gone through in batches.
_TOGETHER = 2**21


class JointMeans:
    """Means over the data of the terms of every feature of a modality.

    Parameters
    ----------
    perturber : TabularPerturber
        Fitted.
    spline : Spline

    Attributes
    ----------
    columns : list of ndarray of int
        Of every feature.
    data : dict of int to Pieces
        Rows of ``fit``, by features of several columns; other columns are empty.
    squared_errors : dict of int to float
        Of a mean over these rows, in variances of what it is a mean of.
    """

    def __init__(self, perturber, spline):
        self.columns, self.data, self.squared_errors = [], {}, {}
        for g in range(perturber.features_.max() + 1):
            self.columns.append(perturber.columns_of(g))
            if len(self.columns[g]) > 1:
                joint, functions, lines = perturber.joint_functions(g, spline)
                n = len(joint.values)
                features = [np.empty((n, 0))] * len(perturber.features_)
                all_lines = np.zeros((n, len(features)))
                all_lines[:, joint.columns] = lines
                for j, of_column in zip(joint.columns, functions, strict=True):
                    features[j] = of_column
                self.data[g] = Pieces(features, all_lines)
                self.squared_errors[g] = joint.share_left_out / n

    @property
    def n_bytes(self):
        """Bytes of the rows' basis functions."""
        every = [f for pieces in self.data.values() for f in pieces.features]
        return sum(functions.nbytes for functions in every)

    def __call__(self, kernel, m, points):
        """Means of the terms of every feature between the data and points.

        Parameters
        ----------
        kernel : AnovaKernel
        m : int
            Position of the modality in the kernel.
        points : Pieces

        Returns
        -------
        means : list of Terms
            Arrays of shape (n_points,).
        """
        of_single = Terms(np.zeros(len(points)), np.ones(len(points)))
        return [
            self._mean(kernel, m, points, g) if g in self.data else of_single
            for g in range(len(self.columns))
        ]

    def _mean(self, kernel, m, points, g):
        data, total = self.data[g], np.zeros((2, len(points)))
        for batch in gen_batches(len(data), max(1, _TOGETHER // len(points))):
            terms = kernel.terms(m, data[batch], points, self.columns[g])
            total += [values.sum(axis=0) for values in terms]
        return Terms(*(total / len(data)))
