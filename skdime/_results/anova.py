r"""The arithmetic of UC and MI, as functions of arrays.

Notation of the user guide: ``M`` the model's output, :math:`F_m(x)` its mean over
the references when only modality m is taken from x, :math:`F_0` its mean when none
is. Arrays end with the axis of outputs.
"""

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm


def main_effects(conditional, baseline):
    """Main effect of every modality, ``g_m = F_m - F_0``.

    Parameters
    ----------
    conditional : ndarray of shape (n_rows, n_modalities, n_outputs)
        ``F_m(x)``.
    baseline : ndarray of shape (n_outputs,)
        ``F_0``.

    References
    ----------
    The functional ANOVA, Hoeffding (1948), with modalities as factors.
    """
    return conditional - baseline


def unimodal_contribution(main, baseline):
    """``UC = F_0 + sum_m g_m = sum_m F_m - (K - 1) F_0``.

    References
    ----------
    Lyu et al., DIME, AIES 2022, Theorem 1, for two modalities.
    """
    return baseline + main.sum(axis=1)


def parts(output, unimodal, factor):
    """UC and MI of outputs: ``MI = a (M - F)`` and ``UC = M - MI``.

    Their coefficients are those of `output` and `unimodal` in the same proportion,
    because a surrogate is linear in its target.

    Parameters
    ----------
    output : ndarray
        The model's output ``M``.
    unimodal : ndarray of the shape of `output`
        UC, or any function that differs from it by a constant, where the row is not
        one of its references.
    factor : float
        On MI, from :func:`shrinkage`; 1 unless the row is one of its references.

    Returns
    -------
    uc, mi : ndarray of the shape of `output`
    """
    mi = factor * (output - unimodal)
    return output - mi, mi


def pair_effect(pair, first, second, baseline):
    """Interaction of two modalities, ``g_mn = F_mn - F_m - F_n + F_0``.

    Parameters
    ----------
    pair : ndarray
        ``F_mn(x)``, or the outputs that it is the mean of.
    first, second, baseline : ndarray
        ``F_m(x)``, ``F_n(x)`` and ``F_0``, or the outputs that they are means of.

    References
    ----------
    The functional ANOVA, Hoeffding (1948), with modalities as factors.
    """
    return pair - first - second + baseline


def shrinkage(n_references, n_modalities):
    """Factor on MI when the explained row joins its own references.

    With x among ``N + 1`` references every mean over references gets the share
    ``1 / (N + 1)`` of the model's output itself, which moves that share of MI into
    UC: ``MI' = a MI`` and ``UC' = M - a MI``. For two modalities, where the baseline
    is a mean over all pairs, ``a = (N / (N + 1))**2``; for more, where it is a mean
    over tuples, ``a = N / (N + 1)``. Pairs and what is beyond them get the same
    factor, because the share of the output cancels out of ``F_mn - F_m - F_n + F_0``.
    """
    share = n_references / (n_references + 1)
    return share**2 if n_modalities == 2 else share


def include_row(output, baseline, main, factor):
    """Main effects after the explained row has joined the references.

    What UC gains, ``(1 - factor) MI``, comes from the model's output at x as a whole;
    it is divided equally among the modalities.
    """
    n_modalities = main.shape[1]
    gain = (1 - factor) * (output - baseline)[:, None, :] / n_modalities
    return factor * main + gain


def normal_interval(values, se, level):
    """Values give or take a quantile of the normal distribution times ``se``.

    Raises
    ------
    ValueError
        If `level` is no probability.
    """
    return interval_of(values, se, level, norm.ppf)


def interval_of(values, se, level, quantile):
    """Values give or take a quantile, as a function of probabilities, times ``se``."""
    if not 0 < level < 1:
        raise ValueError(f"`level` must be between 0 and 1. Got {level!r:.60} instead.")
    reach = quantile((1 + level) / 2) * se
    return values - reach, values + reach


def share_interval(share, se, level):
    """Confidence intervals of shares, which are between 0 and 1.

    Normal on the scale of log-odds, because shares scatter more upwards where they are
    small; on their own scale, and cut, where 0 or 1 is within two standard errors.
    """
    low, high = normal_interval(share, se, level)
    low, high = np.maximum(low, 0), np.minimum(high, 1)
    inside = (share > 2 * se) & (share < 1 - 2 * se)
    odds = logit(np.where(inside, share, 0.5))
    spread = se / np.where(inside, share * (1 - share), 1)
    bounds = map(expit, normal_interval(odds, spread, level))
    return tuple(
        np.where(inside, bound, cut)
        for bound, cut in zip(bounds, (low, high), strict=True)
    )
