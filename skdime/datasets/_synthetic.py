"""The synthetic task of the DIME paper."""

from numbers import Integral

import numpy as np

from skdime._utils.annotations import Floats, Integers, Seed
from skdime._utils.from_sklearn import Interval
from skdime._utils.parameters import validate_params
from skdime._utils.random import own_random_state

# Points as near to the boundary as this are left out.
_MARGIN = 0.01


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_features": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_bilinear(
    n_samples: int = 1000, n_features: int = 10, random_state: Seed = None
) -> tuple[Floats, Integers]:
    """Simulate two modalities whose sum and products determine a label.

    Every value is standard normal. With :math:`d_1, d_2` the rows of the two
    modalities, the score is :math:`s = \\sum_f d_{1f} + \\sum_f d_{2f} + \\sum_f
    d_{1f} d_{2f}` and the label is whether it is positive. So in the score feature f
    of the first modality carries :math:`d_{1f}` on its own (UC) and :math:`d_{1f}
    d_{2f}` in combination (MI). Points with :math:`|s| < 0.01` do not occur.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    n_features : int, default=10
        Number of features of each modality.
    random_state : int, RandomState instance or None, default=None
        Determines the data.

    Returns
    -------
    X : ndarray of float of shape (n_samples, 2 * n_features)
        The columns of the first modality, then those of the second.
    y : ndarray of int of shape (n_samples,)
        1 where the score is positive, otherwise 0.

    References
    ----------
    .. [1] Lyu, Liang, Deng, Salakhutdinov, Morency. "DIME: Fine-grained
       Interpretations of Multimodal Models via Disentangled Local Explanations",
       AIES 2022. :doi:`10.1145/3514094.3534148`

    Examples
    --------
    >>> from skdime.datasets import make_bilinear
    >>> X, y = make_bilinear(n_samples=5, random_state=0)
    >>> X.shape, y
    ((5, 20), array([1, 0, 0, 0, 1]))
    """
    random_state = own_random_state(random_state)
    X = random_state.normal(size=(n_samples, 2 * n_features))
    score = _score(X)
    while (near := np.abs(score) < _MARGIN).any():
        X[near] = random_state.normal(size=(near.sum(), 2 * n_features))
        score = _score(X)
    return X, (score > 0).astype(int)


def _score(X):
    first, second = np.split(X, 2, axis=1)
    return (first + second + first * second).sum(axis=1)
