"""Groups of columns between which a model has little interaction."""

from dataclasses import dataclass
from itertools import combinations
from types import SimpleNamespace

import numpy as np
from sklearn.cluster import SpectralClustering

from skdime._models.response import Response
from skdime._results.page.tables import Section
from skdime._results.plotted import Plotted
from skdime._results.stored import Stored
from skdime._results.tabulated import Tabulated
from skdime._rows.containers import is_frame, is_multimodal, join, n_rows, take
from skdime._rows.modalities import split
from skdime._rows.validation import feature_names_of, from_mapping
from skdime._utils.annotations import DataFrame, Floats, Model, Names, Rows, Seed
from skdime._utils.checks import check_count
from skdime._utils.listed import listed
from skdime._utils.optional import optional_module
from skdime._utils.random import own_random_state

# Share of the mean interaction that counts for none.
_LEAST = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class ModalityProposal(Stored, Tabulated, Plotted):
    """Groups of columns, as returned by ``find_modalities``.

    Attributes
    ----------
    group : ndarray of int of shape (n_columns,)
        Group of each column.
    columns : ndarray of shape (n_columns,)
        Names of the columns, or their positions in an array.
    interaction : ndarray of shape (n_columns, n_columns)
        Variance of the output that depends on both columns together, as a share of the
        output's variance; 0 on the diagonal.
    column_names : ndarray of str of shape (n_columns,)
        Names along both axes.
    between : float
        Share of all that is in `interaction` that lies between groups; nan where there
        is none.

    See Also
    --------
    skdime.displays.IntervalDisplay.from_result : Draws it, as `plot` does.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime.model_selection import find_modalities
    >>> X = np.random.RandomState(0).normal(size=(200, 3))
    >>> proposal = find_modalities(X, lambda X: X[:, 0] * X[:, 2] + X[:, 1])
    >>> proposal.modalities, round(proposal.between, 6)
    ([('group 1', [0, 2]), ('group 2', [1])], 0.0)
    """

    _axes = {
        **dict.fromkeys(("group", "columns", "column_names"), ("all",)),
        "interaction": ("all", "others"),
    }
    _display = "IntervalDisplay", "from_result"

    group: np.ndarray
    columns: np.ndarray
    interaction: Floats
    column_names: Names
    between: float

    @property
    def modalities(self) -> list[tuple[str, list]]:
        """Names and columns of the groups, as a Disentangler takes them."""
        return [
            (f"group {g + 1}", self.columns[self.group == g].tolist())
            for g in range(self.group.max() + 1)
        ]

    def to_frame(self) -> DataFrame:
        """A tidy pandas frame: one line for each pair of columns.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``first``, ``second``, ``interaction`` and ``same_group``; the
            largest interactions come first.
        """
        pd = optional_module("pandas", "pandas")

        first, second = self._pairs()
        return pd.DataFrame(
            {
                "first": self.column_names[first],
                "second": self.column_names[second],
                "interaction": self.interaction[first, second],
                "same_group": self.group[first] == self.group[second],
            }
        )

    def _pairs(self):
        """Positions of the two columns of every pair, the largest interaction first."""
        first, second = np.triu_indices(len(self.columns), 1)
        order = np.argsort(-self.interaction[first, second], kind="stable")
        return first[order], second[order]

    def _intervals(self, most):
        first, second = (places[:most] for places in self._pairs())
        same = self.group[first] == self.group[second]
        groups = [f"group {g + 1}" for g in self.group[first]]
        nothing = np.full(len(first), np.nan)
        return {
            "value": self.interaction[first, second],
            "low": nothing,
            "high": nothing,
            "names": [
                f"{name}{', between groups' * (not inside)}"
                for name, inside in zip(
                    self._names_of_pairs(first, second), same, strict=True
                )
            ],
            "groups": np.where(same, groups, "MI").tolist(),
            "title": "Columns that interact, coloured by group",
            "quantity": "share of the output's variance",
            "whiskers": "",
        }

    def _names_of_pairs(self, first, second):
        pairs = zip(self.column_names[first], self.column_names[second], strict=True)
        return [f"{one} & {other}" for one, other in pairs]

    def _sections(self, most):
        first, second = (places[:most] for places in self._pairs())
        groups = [
            [name, ", ".join(map(str, columns))] for name, columns in self.modalities
        ]
        shares = self.interaction[first, second]
        names = self._names_of_pairs(first, second)
        pairs = [[n, f"{s:.1%}"] for n, s in zip(names, shares, strict=True)]
        return [
            Section("Groups", "", ["group", "columns"], groups),
            Section("Interactions", "", ["pair", "share of the variance"], pairs),
        ]

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
    keys = names if named else np.arange(n_columns)
    return ModalityProposal(
        groups,
        keys,
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
