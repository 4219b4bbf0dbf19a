r"""Hybrid rows near an explained row: of which pieces they are put together.

To tell what a feature does, a hybrid keeps some features of one modality as in the
explained row (a coalition) and draws the others from the data. The other modalities are
held as in the row, or come from a tuple of references. A hybrid therefore takes one
piece of each modality, and there are far fewer pieces than hybrids: what depends on a
single modality is computed piece by piece.

A piece is a row of integers, one for each column of its modality, which tell the source
of the column: 0 for the explained row, then the draws, then the tuples of references.
Pieces and hybrids are the same for all explained rows, so that no row depends on which
others are explained.
"""

from dataclasses import dataclass

import numpy as np

from skdime._utils.random import balanced


@dataclass(frozen=True)
class Sources:
    """What columns may be taken from.

    Attributes
    ----------
    n_columns : list of int
        For each modality.
    features : dict of int to ndarray of int
        For each modality that is varied the feature of each of its columns.
    n_draws, n_tuples : int
    """

    n_columns: list
    features: dict
    n_draws: int
    n_tuples: int

    def of_tuples(self, m, tuples):
        """Pieces of modality m that come whole from tuples of references."""
        sources = 1 + self.n_draws + np.asarray(tuples)
        return np.repeat(sources[:, None], self.n_columns[m], axis=1)


@dataclass(frozen=True)
class Hybrids:
    """Hybrids and the pieces they are put together from.

    Attributes
    ----------
    pieces : list of ndarray of int of shape (n_pieces, n_columns)
        For each modality. The first ones are those of the tuples of references.
    members : ndarray of int of shape (n_hybrids, n_modalities)
        For each hybrid its piece of each modality.
    varied : ndarray of int of shape (n_hybrids,)
        The modality whose features are varied.
    in_context : ndarray of bool of shape (n_hybrids,)
        Whether the other modalities are as in the row.
    """

    pieces: list
    members: np.ndarray
    varied: np.ndarray
    in_context: np.ndarray

    def __len__(self):
        return len(self.members)

    def sources(self, m):
        """Sources of the columns of modality m, shape (n_hybrids, n_columns)."""
        return self.pieces[m][self.members[:, m]]

    def with_more(self, others):
        """These hybrids, then others whose pieces begin with those of these."""
        return Hybrids(
            others.pieces,
            np.concatenate([self.members, others.members]),
            np.concatenate([self.varied, others.varied]),
            np.concatenate([self.in_context, others.in_context]),
        )

    def with_chosen(self, others, chosen):
        """These hybrids, then some of others whose pieces begin with those of these.

        Pieces that no hybrid takes are left out. What is chosen counts for no part.

        Parameters
        ----------
        others : Hybrids
        chosen : ndarray of int
            Positions among the others.
        """
        pieces, members = [], others.members[chosen]
        for m, (own, every) in enumerate(zip(self.pieces, others.pieces, strict=True)):
            at = np.r_[: len(own), np.setdiff1d(members[:, m], np.r_[: len(own)])]
            pieces.append(every[at])
            members[:, m] = np.searchsorted(at, members[:, m])
        nothing = np.full(len(chosen), -1)
        return self.with_more(Hybrids(pieces, members, nothing, nothing < -1))


def shared_hybrids(sources, n_near, n_random, n_rows, random_state):
    """Hybrids of no explained row: near some references as rows, and of draws.

    Parameters
    ----------
    sources : Sources
    n_near, n_random : int
        Coalitions of each modality near each row, which are put into two contexts, and
        about how many other hybrids. Those near rows come first, in random order.
    n_rows : int
        References that stand in for explained rows; draws where there are too few.
    random_state : RandomState

    Returns
    -------
    hybrids : Hybrids
    """
    every = np.arange(sources.n_tuples)
    pieces = [sources.of_tuples(m, every) for m in range(len(sources.n_columns))]
    near, random = [], []
    n_varied = len(sources.features)
    for rows in _stand_ins(sources, pieces, n_rows, random_state):
        for m in sources.features:
            drawn = _coalition_pieces(sources, m, n_near, random_state)
            first = _append(pieces, m, np.where(drawn == 0, pieces[m][rows[m]], drawn))
            near += _in_both_contexts(sources, m, first, n_near, rows, random_state)
    n = -(-n_random // n_varied)
    for m in sources.features:
        draws = 1 + balanced(sources.n_draws, n, random_state)
        first = _append(pieces, m, np.repeat(draws[:, None], sources.n_columns[m], 1))
        random.append(_with_tuples(sources, m, first, n, random_state))
    order = random_state.permutation(sum(map(len, near)))
    members = np.concatenate([np.concatenate(near)[order], *random])
    return Hybrids(pieces, members, np.full(len(members), -1), np.zeros(len(members)))


def own_hybrids(sources, pieces, rows, n, random_state):
    """Hybrids of an explained row.

    Parameters
    ----------
    sources : Sources
    pieces : list of ndarray of int
        For each modality the pieces there are.
    rows : list of int
        For each modality which of them is the row's.
    n : int
        Coalitions of every modality that is varied; each is put into both contexts.
    random_state : RandomState

    Returns
    -------
    hybrids : Hybrids
        Their pieces are those there are, then the new ones.
    """
    pieces = list(pieces)
    members, varied = [], []
    for m in sources.features:
        drawn = _coalition_pieces(sources, m, n, random_state)
        first = _append(pieces, m, drawn)
        members += _in_both_contexts(sources, m, first, n, rows, random_state)
        varied.append(np.full(2 * n, m))
    in_context = np.tile(np.repeat([True, False], n), len(sources.features))
    return Hybrids(pieces, np.concatenate(members), np.concatenate(varied), in_context)


def with_row(sources, pieces):
    """Pieces, then for each modality the one that is the explained row's."""
    rows = [np.zeros((1, n), dtype=int) for n in sources.n_columns]
    return [np.vstack(both) for both in zip(pieces, rows, strict=True)]


def coalitions(n_features, n, random_state):
    r"""Random coalitions whose sizes are stratified.

    Size s of d features has a probability in proportion to
    :math:`\sqrt{1 / s + 1 / (d - s)}`: nearly all or nearly none tells most about
    single features, as in the Shapley kernel, which would leave no others.

    Parameters
    ----------
    n_features, n : int
    random_state : RandomState

    Returns
    -------
    present : ndarray of bool of shape (n, n_features)
    """
    size = np.arange(1, n_features + 1)
    law = np.sqrt(np.r_[0, 1 / size] + np.r_[1 / size[::-1], 0])
    strata = (random_state.permutation(n) + random_state.uniform(size=n)) / max(n, 1)
    sizes = np.cumsum(law / law.sum()).searchsorted(strata).clip(0, n_features)
    order = random_state.uniform(size=(n, n_features)).argsort(axis=1).argsort(axis=1)
    return order < sizes[:, None]


def _coalition_pieces(sources, m, n, random_state):
    features = sources.features[m]
    present = coalitions(features.max() + 1, n, random_state)[:, features]
    draws = balanced(sources.n_draws, n, random_state)
    return np.where(present, 0, 1 + draws[:, None])


def _stand_ins(sources, pieces, n, random_state):
    """Pieces of rows that stand in for explained ones: for each its modalities'."""
    n_modalities = len(sources.n_columns)
    if sources.n_tuples >= n:
        rows = balanced(sources.n_tuples, n, random_state)
        return np.repeat(rows[:, None], n_modalities, axis=1)
    rows = np.empty((n, n_modalities), dtype=int)
    for m, n_columns in enumerate(sources.n_columns):
        if m in sources.features:
            draws = 1 + balanced(sources.n_draws, n, random_state)
            draws = np.repeat(draws[:, None], n_columns, axis=1)
            rows[:, m] = _append(pieces, m, draws) + np.arange(n)
        else:
            rows[:, m] = balanced(sources.n_tuples, n, random_state)
    return rows


def _append(pieces, m, more):
    """Add pieces of a modality; the position of the first."""
    first = len(pieces[m])
    pieces[m] = np.vstack([pieces[m], more])
    return first


def _in_both_contexts(sources, m, first, n, rows, random_state):
    """Members of hybrids with new pieces of m and the row's others, or a tuple's."""
    members = np.empty((n, len(sources.n_columns)), dtype=int)
    members[:] = rows
    members[:, m] = first + np.arange(n)
    return [members, _with_tuples(sources, m, first, n, random_state)]


def _with_tuples(sources, m, first, n, random_state):
    members = np.empty((n, len(sources.n_columns)), dtype=int)
    members[:] = balanced(sources.n_tuples, n, random_state)[:, None]
    members[:, m] = first + np.arange(n)
    return members
