"""How much of a model's output is interaction between modalities."""

from dataclasses import dataclass

import numpy as np

from skdime._results.decomposition import Decomposition, with_only_pair
from skdime._utils.annotations import DataFrame
from skdime._utils.listed import first_lines, listed, shortened
from skdime._utils.rounding import DIFFERENCES_OF_MEANS

_BY_PAIR = ("pairs", "pairs_se", "involved", "involved_se", "higher", "higher_se")
# Share of the largest possible error of a mean square that errors of effects, which
# have the same references, amount to: at most .30 for six models of two to four
# columns, sums, products and probabilities of them, and 30 to 300 rows.
_ALIKE = 0.3


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
    interaction_se, main_se, pairs_se, involved_se, higher_se : ndarray or None
        Standard errors of the shares, because rows and references are samples; nan
        for a single row.
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
      output: interaction 50.0% +- 0.0%, main: x0 50.0% +- 0.0%, main: x1 0.0% +- 0.0%
    >>> share.interaction
    array([0.5])
    """

    interaction: np.ndarray
    main: np.ndarray
    pairs: np.ndarray | None
    involved: np.ndarray | None
    higher: np.ndarray | None
    interaction_se: np.ndarray
    main_se: np.ndarray
    pairs_se: np.ndarray | None
    involved_se: np.ndarray | None
    higher_se: np.ndarray | None
    modality_names: np.ndarray
    output_names: np.ndarray
    pair_names: np.ndarray | None

    def to_frame(self) -> DataFrame:
        """A tidy pandas frame: one line an output and term.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``output``, ``term`` (``interaction``, ``main: name``, ``pair: name
            x name``, ``higher``), ``share`` and ``se``.
        """
        import pandas as pd

        lines = [
            {"output": output, "term": term, "share": values[c], "se": se[c]}
            for c, output in enumerate(self.output_names)
            for term, values, se in self._terms()
        ]
        return pd.DataFrame(lines)

    def __repr__(self):
        lines = ["InteractionShare: shares of the variation of the output"]
        for c, output in enumerate(self.output_names):
            shares = listed(
                [
                    f"{term} {values[c]:.1%} +- {se[c]:.1%}"
                    for term, values, se in self._terms()
                ],
                20,
                str,
            )
            lines.append(f"  {shortened(output)}: {shares}")
        return first_lines(lines)

    def _terms(self):
        """Name, shares and standard errors of every term."""
        yield "interaction", self.interaction, self.interaction_se
        for m, name in enumerate(self.modality_names):
            yield f"main: {name}", self.main[m], self.main_se[m]
        if self.pairs is not None and len(self.modality_names) > 2:
            for p, (one, two) in enumerate(self.pair_names):
                yield f"pair: {one} x {two}", self.pairs[p], self.pairs_se[p]
            yield "higher", self.higher, self.higher_se


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

    Standard errors have two parts: the rows are a sample, which the jackknife that
    leaves out one row tells, and the references are one, which the standard errors of
    the effects tell. These share references, so that their errors are neither
    independent nor all of the same sign: the second part is what it would be for
    independent ones, or 0.3 times the most that it can be, whichever is larger.

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
      output: interaction 100.0% +- 0.0%, main: a 0.0% +- 0.0%, main: b 0.0% +- 0.0%
    """
    if hasattr(decomposition, "decomposition"):  # of an explanation
        decomposition = decomposition.decomposition
    if not hasattr(decomposition, "main"):
        raise TypeError(
            "`decomposition` must be what Disentangler.decompose returned, got a "
            f"{type(decomposition).__name__}."
        )
    if decomposition.pairs is None and len(decomposition.modality_names) == 2:
        decomposition = with_only_pair(decomposition)
    shares = _Shares(decomposition)
    names, by_pair = decomposition.pair_names, dict.fromkeys(_BY_PAIR)
    if decomposition.pairs is not None:
        is_in = (decomposition.modality_names[:, None, None] == names).any(axis=2)
        by_pair["pairs"], by_pair["pairs_se"] = shares.of("pairs")
        by_pair["involved"], by_pair["involved_se"] = shares.of("pairs", is_in)
        (by_pair["higher"],), (by_pair["higher_se"],) = shares.of("higher")
    (interaction,), (interaction_se,) = shares.of("mi")
    main, main_se = shares.of("main")
    return InteractionShare(
        interaction=interaction,
        main=main,
        interaction_se=interaction_se,
        main_se=main_se,
        **by_pair,
        modality_names=decomposition.modality_names,
        output_names=decomposition.output_names,
        pair_names=names,
    )


class _Shares:
    """Shares of mean squares in that of main effects and MI together.

    Parameters
    ----------
    decomposition : Decomposition
    """

    def __init__(self, decomposition):
        self._parts = decomposition
        squares = self._squares("main"), self._squares("mi")
        self._whole = np.concatenate(squares, axis=1)
        rounding = DIFFERENCES_OF_MEANS * np.abs(decomposition.output).max(axis=0)
        self._total = _mean(self._whole).sum(axis=0)
        self._varies = self._total > rounding**2

    def of(self, name, combined=None):
        """Shares of the terms of a name, and their standard errors.

        Parameters
        ----------
        name : {"main", "mi", "pairs", "higher"}
        combined : ndarray of shape (n_sums, n_terms), default=None
            Which terms are added up.

        Returns
        -------
        shares, se : ndarray of shape (n_terms, n_outputs)
        """
        squares = self._squares(name)
        combined = np.eye(squares.shape[1]) if combined is None else combined
        share = self._share(combined @ _mean(squares), self._total)
        variance = self._of_rows(squares, combined, share)
        variance = variance + np.square(self._of_references(name, combined, share))
        return share, np.where(self._varies, np.sqrt(variance), np.nan)

    def _share(self, part, total):
        return np.where(self._varies, part / np.where(total > 0, total, 1), np.nan)

    def _of_rows(self, squares, combined, share):
        """Variance by the jackknife over rows."""
        n = len(squares)
        if n == 1:
            return np.full_like(share, np.nan)
        part = combined @ np.maximum(_without_each(squares), 0)
        total = np.maximum(_without_each(self._whole), 0).sum(axis=1)
        left = self._share(part, total[:, None])
        return (n - 1) * left.var(axis=0)

    def _of_references(self, name, combined, share):
        """Standard error from those of effects, whose errors are partly alike."""
        parts = self._parts
        effects, se = self._terms(name)
        slopes = np.einsum("st,itc->itsc", combined, effects)
        own = (slopes * se[:, :, None]) if name in ("pairs", "higher") else None
        # an error of a main effect is one of MI with the other sign
        error = -share * (parts.main - parts.mi[:, None])[:, :, None]
        if name == "main":
            error = error + slopes
        if name == "mi":
            error = error - slopes
        error = error * parts.main_se[:, :, None]
        if own is not None:
            error = np.concatenate([error, own], axis=1)
        independent = np.sqrt(np.square(error).sum(axis=(0, 1)))
        most = np.sqrt(np.square(np.abs(error).sum(axis=0)).sum(axis=0))
        slope = 2 / (len(error) * np.where(self._varies, self._total, 1))
        return slope * np.maximum(independent, _ALIKE * most)

    def _terms(self, name):
        """Effects and standard errors of shape (n_rows, n_terms, n_outputs)."""
        values, se = getattr(self._parts, name), getattr(self._parts, f"{name}_se")
        return (values, se) if values.ndim == 3 else (values[:, None], se[:, None])

    def _squares(self, name):
        """Squared effects, without what chance adds to them."""
        values, se = self._terms(name)
        return np.square(values) - np.square(se)


def _mean(squares):
    return np.maximum(squares.mean(axis=0), 0)


def _without_each(squares):
    """Means over all rows but one, for each row."""
    return (squares.sum(axis=0) - squares) / (len(squares) - 1)
