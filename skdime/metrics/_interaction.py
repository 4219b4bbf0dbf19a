"""How much of a model's output is interaction between modalities."""

from skdime._references.variance_shares import VarianceShares, summary_of
from skdime._results.decomposition import Decomposition
from skdime._results.modality_summary import ModalitySummary

_JOINT = (
    "Shares of main effects, which depend on each other on the joint distribution, do "
    "not add up. Decompose the rows by a Disentangler with distribution='product', or "
    "compare the mean squares of UC and MI."
)


def interaction_share(decomposition: Decomposition) -> ModalitySummary:
    r"""Measure the share of MI in the variation of the output.

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
    Sobol indices with modalities as factors. Otherwise they need not add up, and
    ``Disentangler.summarize`` gives these shares for hybrids of the rows, in which
    modalities are independent.

    Standard errors have two parts: the rows are a sample, which the jackknife that
    leaves out one row tells, and the references are one, which the standard errors of
    the effects tell. These share references, so that their errors are neither
    independent nor all of the same sign: the second part is what it would be for
    independent ones, or 0.3 times the most that it can be, whichever is larger.
    ``Disentangler.summarize`` computes it from the outputs with single references.

    Parameters
    ----------
    decomposition : Decomposition
        Of the rows that means are taken over. From ``decompose(X, pairs=True)`` pairs
        and higher orders get shares, too; with two modalities the pair is MI.

    Returns
    -------
    share : ModalitySummary
        Shares by output, modality and pair; nan for outputs that do not vary.

    See Also
    --------
    skdime.Disentangler.summarize : The same of hybrids, with how real these are.
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
    >>> interaction_share(xor.decompose(X)).interaction
    array([1.])
    """
    if hasattr(decomposition, "decomposition"):  # of an explanation
        decomposition = decomposition.decomposition
    if not hasattr(decomposition, "main"):
        raise TypeError(
            "`decomposition` must be what Disentangler.decompose returned, got a "
            f"{type(decomposition).__name__}."
        )
    if decomposition.distribution == "joint":
        raise ValueError(_JOINT)
    return summary_of(VarianceShares(decomposition))
