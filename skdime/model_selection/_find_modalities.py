"""Groups of columns between which a model has little interaction."""

from dataclasses import dataclass
from itertools import combinations
from types import SimpleNamespace

import numpy as np
from sklearn.cluster import SpectralClustering

from skdime._models.response import Response
from skdime._rows.containers import is_frame, is_multimodal, join, n_rows, take
from skdime._rows.modalities import split
from skdime._rows.validation import feature_names_of, from_mapping
from skdime._utils.annotations import Floats, Model, Names, Rows, Seed
from skdime._utils.checks import check_count
from skdime._utils.listed import listed
from skdime._utils.random import own_random_state

# Share of the mean interaction that counts for none.
_LEAST = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class ModalityProposal:
    """Groups of columns, as returned by ``find_modalities``.

    Attributes
    ----------
    modalities : list of (str, list of str)
        Names and columns of the groups, as a Disentangler takes them. Columns of
        arrays are positions.
    interaction : ndarray of shape (n_columns, n_columns)
        Variance of the output that depends on both columns together, as a share of the
        output's variance; 0 on the diagonal.
    column_names : ndarray of str of shape (n_columns,)
        Names along both axes.
    between : float
        Share of all that is in `interaction` that lies between groups; nan where there
        is none.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime.model_selection import find_modalities
    >>> X = np.random.RandomState(0).normal(size=(200, 3))
    >>> proposal = find_modalities(X, lambda X: X[:, 0] * X[:, 2] + X[:, 1])
    >>> proposal.modalities, round(proposal.between, 6)
    ([('group 1', [0, 2]), ('group 2', [1])], 0.0)
    """

    modalities: list
    interaction: Floats
    column_names: Names
    between: float

    def __repr__(self):
        lines = [
            f"ModalityProposal: {len(self.modalities)} groups of "
            f"{len(self.column_names)} columns, {self.between:.1%} of the interaction "
            "of pairs of columns is between them"
        ]
        lines += [
            f"  {name}: {listed(cols, 10, str)}" for name, cols in self.modalities
        ]
        return "\n".join(lines)


def find_modalities(
    X: Rows,
    estimator: Model,
    *,
    n_modalities: int = 2,
    n_samples: int = 200,
    response_method: str = "auto",
    random_state: Seed = None,
) -> ModalityProposal:
    r"""Propose modalities of a table: groups of columns with little MI between them.

    UC and MI need modalities, and some tables have none that are given. Columns which
    the model combines belong together: a decomposition by the groups proposed here has
    little MI, so that most can be said of each group on its own.

    Parameters
    ----------
    X : container of rows of shape (n_rows, n_columns)
        Of which pairs are drawn.
    estimator : fitted estimator or callable
        A fitted scikit-learn estimator, or a callable that takes rows.
    n_modalities : int, default=2
        How many groups.
    n_samples : int, default=200
        Pairs of rows. The model is evaluated on
        ``n_samples * (n_columns * (n_columns + 1) / 2 + 1)`` rows.
    response_method : str, default="auto"
        As in :class:`~skdime.Disentangler`.
    random_state : int, RandomState instance or None, default=None
        Determines the pairs.

    Returns
    -------
    proposal : ModalityProposal
        Its ``modalities`` are an argument of a Disentangler. Columns that interact
        with none can be in any group.

    Notes
    -----
    For rows x and z, and columns i and j, :math:`\Delta` is the output at x, less those
    with one of the columns taken from z, plus that with both. A quarter of its mean
    square is the variance of all terms of the functional ANOVA that contain both
    columns, where columns are independent. Groups minimise the normalised cut: the sum
    between groups in proportion to what the columns of each group have in all. The sum
    alone would separate single columns, which have least in common with the others.

    References
    ----------
    Shi, Malik. "Normalized cuts and image segmentation", IEEE Transactions on Pattern
    Analysis and Machine Intelligence 22 (2000).

    Liu, Owen. "Estimating mean dimensionality of analysis of variance
    decompositions", Journal of the American Statistical Association 101 (2006).

    Examples
    --------
    >>> import numpy as np
    >>> from skdime.model_selection import find_modalities
    >>> X = np.random.RandomState(0).normal(size=(200, 4))
    >>> def model(X):
    ...     return X[:, 0] * X[:, 3] + np.sin(X[:, 1] + X[:, 2])
    >>> proposal = find_modalities(X, model, random_state=0)
    >>> proposal
    ModalityProposal: 2 groups of 4 columns, 0.0% of the interaction of pairs of ...
      group 1: 0, 3
      group 2: 1, 2
    >>> proposal.modalities
    [('group 1', [0, 3]), ('group 2', [1, 2])]
    """
    X = from_mapping(X)
    X = np.asarray(X) if isinstance(X, (list, tuple)) else X
    check_count("n_samples", n_samples, least=2)
    check_count("n_modalities", n_modalities, least=2)
    response = Response(estimator, response_method)
    names, n_columns = _names(X), X.shape[1]
    columns = [(name, np.array([i])) for i, name in enumerate(names)]
    if n_modalities > n_columns:
        raise ValueError(
            f"`n_modalities` must be at most the number of columns, {n_columns}. Got "
            f"{n_modalities}."
        )
    interaction = _interaction(response, X, columns, n_samples, random_state)
    groups = _groups(interaction, n_modalities)
    between = interaction[groups[:, None] != groups].sum()
    total = interaction.sum()
    named = is_frame(X) or is_multimodal(X)
    keys = names.tolist() if named else list(range(n_columns))
    return ModalityProposal(
        [
            (f"group {g + 1}", [keys[i] for i in np.flatnonzero(groups == g)])
            for g in range(n_modalities)
        ],
        interaction,
        names,
        float(between / total) if total > 0 else np.nan,
    )


def _names(X):
    """Names of the columns: their own, or x0, x1, ..."""
    return feature_names_of(SimpleNamespace(n_features_in_=X.shape[1]), X)


def _interaction(response, X, columns, n_samples, random_state):
    """Variance of what depends on two columns together, of every two columns."""
    random_state = own_random_state(random_state)
    n, positions = n_rows(X), [cols for _, cols in columns]
    first, second = random_state.randint(n, size=(2, n_samples))
    own, other = (split(take(X, rows), columns) for rows in (first, second))

    def outputs(*replaced):
        blocks = [other[i] if i in replaced else own[i] for i in range(len(columns))]
        return response(join(blocks, positions))

    plain, n_columns = outputs(), len(columns)
    one = [outputs(i) for i in range(n_columns)]
    variance = plain.var(axis=0)
    interaction = np.zeros((n_columns, n_columns))
    for i, j in combinations(range(n_columns), 2):
        change = plain - one[i] - one[j] + outputs(i, j)
        share = np.square(change).mean(axis=0) / np.where(variance > 0, variance, 1)
        interaction[i, j] = interaction[j, i] = share.mean() / 4
    return interaction


def _groups(interaction, n_groups):
    """The group of every column, numbered by first appearance."""
    # without any interaction a column would be in no graph
    affinity = interaction + max(_LEAST * interaction.mean(), _LEAST)
    clustering = SpectralClustering(
        n_groups, affinity="precomputed", assign_labels="cluster_qr", random_state=0
    )
    groups = clustering.fit_predict(affinity).tolist()
    order = list(dict.fromkeys(groups))
    return np.array([order.index(group) for group in groups])
