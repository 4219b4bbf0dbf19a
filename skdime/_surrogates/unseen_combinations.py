r"""Errors of coefficients because no draw has some combinations of values.

Draws that are left out tell how well such draws are predicted, but not what the model
makes of a combination that none of them has: five of one count beside five of another.
The kernel tells how far a coefficient may depend on these, as its variance given all
draws. Its unit is what is missed of combinations that are left out with all draws that
have them: draws of the same values would tell each other.

The prior variance of a coefficient follows from :math:`\varphi_g = \sum_{T \ni g} f_T /
|T|`, where :math:`f_T` are the effects of sets of features, independent and of variance
:math:`\prod_{i \in T} a_i`:

.. math:: \mathrm{var}\, \varphi_g = a_g \int_0^1 \int_0^1 \prod_{h \ne g} (1 + s t\,
   a_h)\, ds\, dt .
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from skdime._surrogates.shapley_operators import integrated, shares

# Of points with no more different values than this share of them, most have others of
# the same values.
_SHARE_OF_VALUES = 0.5
# What is missed rests on few draws if it is this share of the variation at least, and
# its effective number is smaller.
_LEAST_MISSED, _FEW = 0.01, 5


class Together(NamedTuple):
    """What is missed of points that are left out with all points of their values.

    With weights alpha of points in a surrogate, the sum of ``values * alpha[rows] *
    alpha[columns]`` is a mean square, in units of what is expected.

    Attributes
    ----------
    rows, columns : ndarray of int of shape (n_products,)
    values : ndarray of shape (n_products,)
    repeat : bool
        Whether most points have others of the same values.
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    repeat: bool


def left_out_together(pieces, inverse):
    """What is missed of points that are left out with all points of their values.

    Parameters
    ----------
    pieces : Pieces
        The points.
    inverse : ndarray of shape (n_points, n_points)
        Of their covariance.

    Returns
    -------
    together : Together
    """
    values = np.hstack([pieces.lines, *pieces.features])
    _, group = np.unique(values, axis=0, return_inverse=True)
    sizes = np.bincount(group.ravel())
    order, ends = np.argsort(group.ravel(), kind="stable"), np.cumsum(sizes)[:-1]
    groups, products = np.split(order, ends), []
    for members in groups:
        among = np.linalg.inv(inverse[np.ix_(members, members)])
        products.append(among.ravel() / (len(members) * len(groups)))
    rows = np.concatenate([np.repeat(members, len(members)) for members in groups])
    columns = np.concatenate([np.tile(members, len(members)) for members in groups])
    repeat = len(groups) <= _SHARE_OF_VALUES * len(values)
    return Together(rows, columns, np.concatenate(products), repeat)


def coefficient_variances(present, absent, *, main=False):
    """Prior variances of the coefficients of features, but for additive terms.

    Parameters
    ----------
    present, absent : ndarray of shape (n_features, n_rows)
        Factors of the covariance of each row's output with itself, and their means over
        the data.
    main : bool, default=False
        Whether coefficients are own effects.

    Returns
    -------
    variances : ndarray of shape (n_features, n_rows)
    """
    own = present - absent
    if main:
        return own
    return own * integrated(lambda t: shares(absent + t * own, absent), len(present))


def squared_errors(together, alpha, variances):
    """Squared errors of coefficients.

    Parameters
    ----------
    together : Together
    alpha : ndarray of shape (n_rows, n_points, n_targets)
        Weights of the points in the surrogates.
    variances : ndarray of shape (n_rows, n_features)
        Of the coefficients, given all points.

    Returns
    -------
    squared : ndarray of shape (n_rows, n_features, n_targets)
    """
    n_points, at = alpha.shape[1], (together.rows, together.columns)
    missed = csr_array((together.values, at), shape=(n_points, n_points))
    by_point = np.moveaxis(alpha, 1, 0)
    products = missed @ by_point.reshape(n_points, -1)
    scale = (by_point * products.reshape(by_point.shape)).sum(axis=0)
    return variances[:, :, None] * scale[:, None]


def rest_on_few(squares, total):
    """Whether a few draws make most of what is missed of all.

    Others like these may be missing: how far draws are missed says little then.

    Parameters
    ----------
    squares : ndarray of shape (n_rows, n_samples, n_targets)
        Squared residuals of draws left out.
    total : ndarray of shape (n_rows, n_targets)
        Variation of the targets.

    Returns
    -------
    rest_on_few : ndarray of bool of shape (n_rows, n_targets)
    """
    missed = squares.sum(axis=1)
    is_much = missed > _LEAST_MISSED * squares.shape[1] * total
    return is_much & (np.square(missed) < _FEW * np.square(squares).sum(axis=1))
