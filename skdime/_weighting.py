r"""Means over references that stand for all rows they were drawn from.

References are a sample, and their own means differ from those of the rows given to
``fit``. What an output owes to this can be predicted where it depends on a reference
about linearly: with features :math:`\varphi_j` of the references, whose mean
:math:`\mu` over all rows is known, the regression estimate of the mean output is

.. math:: \bar y + \hat\beta^\top (\mu - \bar\varphi), \qquad
   \hat\beta = (\Phi_c^\top \Phi_c + \lambda I)^{-1} \Phi_c^\top y,

:math:`\Phi_c` being centred. It is linear in y: a mean with weights that do not depend
on the model, so that one set of them serves every row and output.

References
----------
Deville and Särndal, Calibration estimators in survey sampling, J. Am. Stat. Assoc. 87
(1992). As control variates for explanations: Goldwasser and Hooker, arXiv:2310.07672.
"""

import numpy as np

# The least penalty, for standardised features.
_PENALTY = 3.0
# Slopes are shrunk until they use up no more than this share of the references.
_MOST_FREEDOM = 0.2


class Weighting:
    """References with weights of sum 1, and what is left of outputs beside features.

    Parameters
    ----------
    n_references : int
    features : ndarray of shape (n_references, n_features), default=None
        Standardised by mean and standard deviation of all rows. None weights all
        references alike.

    Attributes
    ----------
    weights : ndarray of shape (n_references,)
    freedom : float
        Degrees of freedom that slopes on the features use up.
    """

    def __init__(self, n_references, features=None):
        self.weights = np.full(n_references, 1 / n_references)
        self.freedom = 0.0
        self._left = None
        if features is None or not features.size:
            return
        mean = features.mean(axis=0)
        left, sizes, right = np.linalg.svd(features - mean, full_matrices=False)
        penalty = _penalty(sizes**2, _MOST_FREEDOM * n_references)
        self.freedom = _freedom(sizes**2, penalty)
        self._left, self._kept = left, sizes**2 / (sizes**2 + penalty)
        slopes = sizes / (sizes**2 + penalty)
        self.weights = self.weights - left @ (slopes * (right @ mean))

    def mean(self, outputs):
        """Means over axis 1, that of references."""
        if self._left is None:
            return outputs.mean(axis=1)
        return np.einsum("nj...,j->n...", outputs, self.weights)

    def residuals(self, outputs):
        """What features do not explain: outputs (n_rows, n_references, ...) alike."""
        if self._left is None:
            return outputs - outputs.mean(axis=1, keepdims=True)
        moved = np.moveaxis(outputs, 1, -1)
        centred = moved - moved.mean(axis=-1, keepdims=True)
        explained = ((centred @ self._left) * self._kept) @ self._left.T
        return np.moveaxis(centred - explained, -1, 1)


def _freedom(squares, penalty):
    return float((squares / (squares + penalty)).sum())


def _penalty(squares, most):
    """The least penalty, or what leaves slopes no more freedom than `most`."""
    penalty = _PENALTY
    while _freedom(squares, penalty) > most:
        penalty *= 1.5
    return penalty
