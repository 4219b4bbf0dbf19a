"""Shapley interactions of modalities, of rows or of a data set."""

from itertools import combinations
from math import comb
from typing import Literal

import numpy as np

from skdime._models.log_odds import LOG_ODDS, LOG_RATIOS
from skdime._rows.validation import check_rows
from skdime._utils.annotations import Floats, Rows
from skdime._utils.checks import check_choice
from skdime._utils.rounding import DIFFERENCES_OF_MEANS
from skdime.metrics._checks import fitted_disentangler
from skdime.metrics._coalition_values import coalition_values
from skdime.metrics._fitted import FittedDisentangler, FittedExplainer

# What the output of the second of two classes exceeds where it is predicted.
_THRESHOLDS = {
    "probability": 0.5,
    "decision function": 0.0,
    LOG_ODDS: 0.0,
    LOG_RATIOS: 0.0,
}


def shapley_interaction_share(
    disentangler: FittedDisentangler | FittedExplainer,
    X: Rows,
    *,
    over: Literal["rows", "data"] = "rows",
) -> Floats:
    r"""Compute InterSHAP: the share of interactions between modalities.

    Modalities are the players of a game whose value is :math:`F_T(x)`, the mean output
    with the modalities T from the row and the others from references. With their
    Shapley values :math:`\phi_i` and Shapley interactions

    .. math:: \phi_{ij} = \sum_{T \not\ni i, j} \frac{|T|! \, (K - |T| - 2)!}
        {2 \, (K - 1)!} \bigl(F_{Tij} - F_{Ti} - F_{Tj} + F_T\bigr)

    and :math:`\phi_{ii} = \phi_i - \sum_{j \neq i} \phi_{ij}`, the share is
    :math:`\sum_{i \neq j} |\phi_{ij}| / \sum_{i, j} |\phi_{ij}|`. For an additive model
    it is 0. For XOR of two modalities it is 1; for XOR of more it stays below (0.75
    for three), because the index spreads an interaction of three over pairs and single
    modalities. :func:`interaction_share` is close to 1 there, as far as the references
    allow.

    Parameters
    ----------
    disentangler : Disentangler
        Fitted.
    X : container of rows of shape (n_rows, n_columns)
        Rows to judge. Each costs up to :math:`2^K` times the number of references in
        model rows.
    over : {"rows", "data"}, default="rows"
        ``"rows"`` gives every row a share. ``"data"`` gives the published score of a
        data set, whose :math:`\phi_{ij}` are means over rows before absolute values are
        taken: what has one sign in some rows and the other in others cancels. Of a
        classifier they are those of the predicted class.

    Returns
    -------
    share : ndarray of shape (n_rows, n_outputs), or (n_outputs,) over the data
        nan where nothing varies. Over the data a classifier has one share.

    References
    ----------
    Wenderoth, Hemker, Simidjievski, Jamnik. "Measuring cross-modal interactions in
    multimodal models", AAAI 2025 (InterSHAP), there on the probability of the predicted
    class; the index is that of Grabisch and Roubens (1999).

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler
    >>> from skdime.metrics import shapley_interaction_share
    >>> X = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    >>> xor = Disentangler(lambda X: X[:, 0] * X[:, 1], [("a", [0]), ("b", [1])])
    >>> shapley_interaction_share(xor.fit(X), X).ravel()
    array([1., 1., 1., 1.])

    Over the data the published score is about the class that is predicted:

    >>> from sklearn.tree import DecisionTreeClassifier
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> xor = Disentangler(tree, [("a", [0]), ("b", [1])]).fit(X, X.prod(axis=1))
    >>> shapley_interaction_share(xor, X, over="data")
    array([1.])
    """
    check_choice("over", over, ("rows", "data"))
    disentangler = fitted_disentangler(disentangler)
    n_modalities = len(disentangler.modalities_)
    X = check_rows(disentangler, X, reset=False)
    if n_modalities <= 3:
        values = _from_pairs(disentangler, X)
    else:
        values = coalition_values(disentangler, X, n_groups=0).mean
    matrix = _interactions(values, n_modalities)
    if over == "data":
        matrix = _of_predicted_class(matrix, values[-1], disentangler.unit_)
        matrix = matrix.mean(axis=2, keepdims=True)
        return _share(matrix, values)[0]
    return _share(matrix, values)


def _from_pairs(disentangler, X):
    """Value of every set of modalities, by a binary code: (2**K, n_rows, n_outputs).

    Of three modalities at most, these are sums of main effects and pairs.
    """
    parts = disentangler.decompose(X, pairs=True)
    n_modalities = parts.main.shape[1]
    values = np.empty((2**n_modalities, *parts.output.shape))
    values[:] = parts.baseline
    terms = {(m,): parts.main[:, m] for m in range(n_modalities)}
    pairs = combinations(range(n_modalities), 2)
    terms |= {pair: parts.pairs[:, p] for p, pair in enumerate(pairs)}
    for members, term in terms.items():
        member_bits = sum(1 << m for m in members)
        for code in range(2**n_modalities):
            if code & member_bits == member_bits:
                values[code] += term
    values[-1] = parts.output
    return values


def _interactions(values, n_modalities):
    """Shapley interactions of every two modalities, main effects on the diagonal."""
    matrix = np.zeros((n_modalities, n_modalities, *values.shape[1:]))
    for i, j in combinations(range(n_modalities), 2):
        matrix[i, j] = matrix[j, i] = _interaction_index(values, (i, j)) / 2
    for i in range(n_modalities):
        matrix[i, i] = _interaction_index(values, (i,)) - matrix[i].sum(axis=0)
    return matrix


def _interaction_index(values, players):
    """Shapley's interaction index; of a single player the Shapley value."""
    n_players = len(values).bit_length() - 1
    change = values.reshape(*[2] * n_players, *values.shape[1:])
    for player in players:
        # the last axis is that of player 0, the lowest bit of a coalition's code
        change = np.diff(change, axis=n_players - 1 - player)
    n_others = n_players - len(players)
    sizes = map(int.bit_count, range(2**n_others))
    weights = [1 / comb(n_others, size) / (n_others + 1) for size in sizes]
    return np.tensordot(weights, change.reshape(-1, *values.shape[1:]), axes=1)


def _of_predicted_class(matrix, output, unit):
    """Interactions of one output a row, that of its predicted class."""
    if unit not in _THRESHOLDS:
        return matrix
    if output.shape[1] == 1:
        return np.where(output > _THRESHOLDS[unit], 1, -1) * matrix
    predicted = output.argmax(axis=1)
    return matrix[:, :, np.arange(len(output)), predicted][..., None]


def _share(matrix, values):
    sizes = np.abs(matrix)
    total = sizes.sum(axis=(0, 1))
    between = total - np.einsum("iinc->nc", sizes)
    largest = np.abs(values).max(axis=0)
    if total.shape != largest.shape:  # of means over rows, or of one class
        largest = largest.max()
    varies = total > DIFFERENCES_OF_MEANS * largest
    return np.where(varies, between / np.where(varies, total, 1), np.nan)
