r"""Shapley values of UC and of the output of trees, absent features from references.

Let v(S) be the mean output where the features in S are as in the row and all others
come from references, those of one modality from one and the same reference and those of
different modalities from independent ones. The values of the output are the Shapley
values of v over all features, which are the model's interventional SHAP values [2]_;
those of UC are the Shapley values of v restricted to the features of each modality.

With a row x and a reference r of a modality, let A be the features whose conditions of
a leaf x meets and r does not, and B those for which it is the other way round. Where a
condition is met by neither, the leaf is never reached. If every feature is present
with probability t, the leaf's conditions on the modality hold with probability
:math:`t^{|A|} (1 - t)^{|B|}`, and the Shapley value is the integral over t of the
derivative by the presence of a feature [1]_. Means over references are sums over
distinct sets of conditions met, so that the time grows with rows plus references.

References
----------
.. [1] Owen. "Multilinear extensions of games", Management Science 18 (1972).
.. [2] Lundberg et al. "From local explanations to global understanding with explainable
   AI for trees", Nature Machine Intelligence 2 (2020).
"""

import numpy as np


def interventional_values(met, met_by_references, values):
    """Shapley values of UC and of the output, for sums over leaves.

    Parameters
    ----------
    met : list of ndarray of bool of shape (n_features, n_leaves, n_rows)
        For each modality, which conditions of leaves on each feature rows meet. What
        has no condition is met.
    met_by_references : list of ndarray of bool of shape (n_features, n_leaves, n)
        The same of references.
    values : ndarray of shape (n_leaves, n_outputs)

    Returns
    -------
    unimodal, whole : list of ndarray of shape (n_rows, n_features, n_outputs)
        For each modality the values of UC and of the output.
    """
    n_rows, n_outputs = met[0].shape[2], values.shape[1]
    unimodal, whole = (
        [np.zeros((n_rows, len(part), n_outputs)) for part in met] for _ in range(2)
    )
    for leaf, value in enumerate(values):
        pairs = zip(met, met_by_references, strict=True)
        games = [_Game(rows[:, leaf], others[:, leaf]) for rows, others in pairs]
        n_tested = sum(len(game.tested) for game in games)
        if not n_tested or not value.any():
            continue
        nodes, weights = np.polynomial.legendre.leggauss((n_tested + 1) // 2)
        integrals = [game.at((nodes + 1) / 2) for game in games]
        for m, game in enumerate(games):
            _, changes = integrals[m]
            others = [o for o in range(len(games)) if o != m]
            share = np.prod([games[o].share for o in others])
            in_context = np.prod(
                [integrals[o][0][games[o].of_row] for o in others], axis=0
            )
            own = changes @ (weights / 2)
            joint = np.einsum(
                "rgt,rt->rg", changes[game.of_row], in_context * weights / 2
            )
            at = slice(None), game.tested
            unimodal[m][at] += share * own[game.of_row][..., None] * value
            whole[m][at] += joint[..., None] * value
    return unimodal, whole


class _Game:
    """The conditions of one leaf on the features of one modality.

    Attributes
    ----------
    tested : ndarray of int
        Features that the leaf has conditions on that anyone does not meet.
    share : float
        Share of references that meet all conditions.
    of_row : ndarray of int of shape (n_rows,)
        The kind of each row; rows of a kind meet the same conditions.
    """

    def __init__(self, met, met_by_references):
        is_met = met.all(axis=1) & met_by_references.all(axis=1)
        self.tested = np.flatnonzero(~is_met)
        self._kinds, self.of_row = _distinct(met[self.tested])
        self._references, of_reference = _distinct(met_by_references[self.tested])
        counts = np.bincount(of_reference, minlength=len(self._references))
        self._shares = counts / counts.sum()
        self.share = self._shares @ self._references.all(axis=1)

    def at(self, t):
        """Probability that the conditions hold, and its change by each feature.

        Parameters
        ----------
        t : ndarray of shape (n_nodes,)
            Probability that a feature is as in the row.

        Returns
        -------
        probability : ndarray of shape (n_kinds, n_nodes)
        changes : ndarray of shape (n_kinds, n_tested, n_nodes)
        """
        rows, references = self._kinds[:, None], self._references[None]
        share = self._shares * (rows | references).all(axis=2)
        from_row, from_reference = rows & ~references, ~rows & references
        n_row = from_row.sum(axis=2)[..., None]
        n_reference = from_reference.sum(axis=2)[..., None]
        present, absent = t**n_row, (1 - t) ** n_reference
        probability = np.einsum("rj,rjt,rjt->rt", share, present, absent)
        by_row = share[..., None] * t ** np.maximum(n_row - 1, 0) * absent
        by_reference = (
            share[..., None] * present * (1 - t) ** np.maximum(n_reference - 1, 0)
        )
        changes = np.einsum("rjg,rjt->rgt", from_row, by_row)
        changes -= np.einsum("rjg,rjt->rgt", from_reference, by_reference)
        return probability, changes


def _distinct(met):
    """Distinct columns of `met` as rows, and which is whose."""
    octets = np.packbits(met, axis=0)
    if not len(octets):
        return np.ones((1, 0), dtype=bool), np.zeros(met.shape[1], dtype=int)
    kinds = np.ascontiguousarray(octets.T).view(f"V{len(octets)}").ravel()
    _, first, which = np.unique(kinds, return_index=True, return_inverse=True)
    return met[:, first].T, which.reshape(-1)
