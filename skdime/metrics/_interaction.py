"""How much of a model's output is interaction between modalities."""

from dataclasses import dataclass

import numpy as np

from skdime._results.decomposition import Decomposition, with_only_pair
from skdime._utils.annotations import DataFrame
from skdime._utils.listed import first_lines, listed, shortened
from skdime._utils.rounding import DIFFERENCES_OF_MEANS


@dataclass(frozen=True, eq=False, repr=False)
class InteractionShare:
    """Shares of the output's variation, as returned by ``interaction_share``.

    Attributes
    ----------
    interaction : ndarray of shape (n_outputs,)
        Share of MI: 0 for an additive model, 1 for one that only interacts.
    main : ndarray of shape (n_modalities, n_outputs)
        Shares of the main effects; with `interaction` they add up to 1.
    pairs : ndarray of shape (n_pairs, n_outputs) or None
        Shares of the interactions of two modalities; None where the decomposition has
        no pairs.
    involved : ndarray of shape (n_modalities, n_outputs) or None
        For each modality the sum of the shares of its pairs.
    higher : ndarray of shape (n_outputs,) or None
        Share of what only three or more modalities do together.
    modality_names, output_names : ndarray of str
        Names along the axes.
    pair_names : ndarray of str of shape (n_pairs, 2) or None
        The two modalities of each pair.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler
    >>> from skdime.metrics import interaction_share
    >>> X = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    >>> dis = Disentangler(lambda X: X[:, 0] + X[:, 0] * X[:, 1]).fit(X)
    >>> share = interaction_share(dis.decompose(X))
    >>> share
    InteractionShare: shares of the variation of the output
      output: interaction 50.0%, main: x0 50.0%, main: x1 0.0%
    >>> share.interaction
    array([0.5])
    """

    interaction: np.ndarray
    main: np.ndarray
    pairs: np.ndarray | None
    involved: np.ndarray | None
    higher: np.ndarray | None
    modality_names: np.ndarray
    output_names: np.ndarray
    pair_names: np.ndarray | None

    def to_frame(self) -> DataFrame:
        """A tidy pandas frame: one line an output and term.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``output``, ``term`` (``interaction``, ``main: name``, ``pair: name
            x name``, ``higher``) and ``share``.
        """
        import pandas as pd

        lines = [
            {"output": output, "term": term, "share": values[c]}
            for c, output in enumerate(self.output_names)
            for term, values in self._terms()
        ]
        return pd.DataFrame(lines)

    def __repr__(self):
        lines = ["InteractionShare: shares of the variation of the output"]
        terms = self._terms()
        for c, output in enumerate(self.output_names):
            shares = listed(
                [f"{term} {values[c]:.1%}" for term, values in terms], 20, str
            )
            lines.append(f"  {shortened(output)}: {shares}")
        return first_lines(lines)

    def _terms(self):
        terms = [("interaction", self.interaction)]
        for name, values in zip(self.modality_names, self.main, strict=True):
            terms.append((f"main: {name}", values))
        if self.pairs is not None and len(self.modality_names) > 2:
            for (one, two), values in zip(self.pair_names, self.pairs, strict=True):
                terms.append((f"pair: {one} x {two}", values))
            terms.append(("higher", self.higher))
        return terms


def interaction_share(decomposition: Decomposition) -> InteractionShare:
    r"""How much of the output's variation is interaction between modalities.

    With main effects :math:`g_m` and interaction MI, and means over the rows,

    .. math:: \mathrm{share}(MI) = \frac{\overline{MI^2}}
        {\sum_m \overline{g_m^2} + \overline{MI^2}}

    and likewise for every main effect, every pair and what is beyond pairs, with the
    same denominator. From every mean of squares the mean squared standard error is
    taken off, which is what the choice of references alone would make of an effect of
    0. It is 0 for an additive model and for one that uses one modality
    only, and 1 for XOR across modalities. Where modalities are independent of each
    other in the rows, the terms are orthogonal, the denominator is the variance of the
    output, and shares of pairs and of higher orders add up to that of MI: these are
    Sobol indices with modalities as factors. Otherwise they need not add up.

    Parameters
    ----------
    decomposition : Decomposition
        Of the rows that means are taken over. From ``decompose(X, pairs=True)`` pairs
        and higher orders get shares, too; with two modalities the pair is MI.

    Returns
    -------
    share : InteractionShare
        Shares by output, modality and pair; nan for outputs that do not vary.

    See Also
    --------
    shapley_interaction_share : A score of single rows.
    additive_gap : What the interaction is worth in terms of a score.

    References
    ----------
    Sobol. "Sensitivity estimates for nonlinear mathematical models", Mathematical
    Modelling and Computational Experiments 1 (1993).

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import Disentangler
    >>> from skdime.metrics import interaction_share
    >>> X = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    >>> modalities = [("a", [0]), ("b", [1])]
    >>> xor = Disentangler(lambda X: X[:, 0] * X[:, 1], modalities).fit(X)
    >>> interaction_share(xor.decompose(X))
    InteractionShare: shares of the variation of the output
      output: interaction 100.0%, main: a 0.0%, main: b 0.0%
    """
    if hasattr(decomposition, "decomposition"):  # of an explanation
        decomposition = decomposition.decomposition
    if not hasattr(decomposition, "main"):
        raise TypeError(
            "`decomposition` must be what Disentangler.decompose returned, got a "
            f"{type(decomposition).__name__}."
        )
    main = _mean_square(decomposition.main, decomposition.main_se)
    interaction = _mean_square(decomposition.mi, decomposition.mi_se)
    total = main.sum(axis=0) + interaction
    rounding = DIFFERENCES_OF_MEANS * np.abs(decomposition.output).max(axis=0)

    def share(values):
        varies = total > rounding**2
        return np.where(varies, values / np.where(varies, total, 1), np.nan)

    if decomposition.pairs is None and len(decomposition.modality_names) == 2:
        decomposition = with_only_pair(decomposition)
    names, pairs, involved, higher = decomposition.pair_names, None, None, None
    if decomposition.pairs is not None:
        pairs = share(_mean_square(decomposition.pairs, decomposition.pairs_se))
        higher = share(_mean_square(decomposition.higher, decomposition.higher_se))
        is_in = decomposition.modality_names[:, None, None] == names
        involved = is_in.any(axis=2) @ pairs
    return InteractionShare(
        interaction=share(interaction),
        main=share(main),
        pairs=pairs,
        involved=involved,
        higher=higher,
        modality_names=decomposition.modality_names,
        output_names=decomposition.output_names,
        pair_names=names,
    )


def _mean_square(values, se):
    """Mean over rows of squared effects, without what chance adds to it."""
    return np.maximum((np.square(values) - np.square(se)).mean(axis=0), 0)
