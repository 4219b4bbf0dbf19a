"""Log-odds and log-ratios of probabilities, and what clipping makes of them."""

import numpy as np
from scipy.special import softmax

# Units of what :func:`log_odds` returns.
LOG_ODDS, LOG_RATIOS = "log-odds", "centred log-ratio"
# Probabilities are moved this far from 0 and 1 before a logarithm is taken. Forests
# return exact zeros; log-odds beyond +-13.8 would drown every least-squares fit.
LOGIT_CLIP = 1e-6
LARGEST_LOG_ODDS = float(np.log1p(-LOGIT_CLIP) - np.log(LOGIT_CLIP))
CLIPPED = (
    "{:.1%} of the probabilities were within "
    f"{LOGIT_CLIP:g} of 0 or 1 and were clipped before taking log-odds. "
    "If that is many, explain probabilities (link='identity') instead."
)
# Rounding of 1 - (1 - 1e-6), and of sums of clipped probabilities, which exceed 1 by as
# many times the clip as there are classes.
_OF_LOG_ODDS, _OF_SHARES = 1e-9, 1e-4


def log_odds(probabilities):
    """Log-odds of one column, centred log-ratios of several, and how many are clipped.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_outputs)

    Returns
    -------
    values : ndarray of shape (n_rows, n_outputs)
        ``log(p / (1 - p))``, or ``log(p_c) - mean over c of log(p_c)``: the
        decision function of a softmax up to its gauge, which sums to zero.
    n_clipped : int
        Number of entries closer than ``LOGIT_CLIP`` to 0 or 1.
    """
    if probabilities.min(initial=0) < 0 or probabilities.max(initial=0) > 1 + 1e-9:
        raise ValueError(
            "link='logit' needs probabilities, but the model returned values from "
            f"{probabilities.min():.4g} to {probabilities.max():.4g}. Use "
            "link='identity' for scores."
        )
    inside = np.clip(probabilities, LOGIT_CLIP, 1 - LOGIT_CLIP)
    n_clipped = int(np.count_nonzero(inside != probabilities))
    if probabilities.shape[1] == 1:
        return np.log(inside) - np.log1p(-inside), n_clipped
    logs = np.log(inside)
    return logs - logs.mean(axis=1, keepdims=True), n_clipped


def slopes_by_clip(values):
    """Derivatives of :func:`log_odds` by the logarithm of one over the clip.

    Clipped log-odds move by one where the clip is divided by e, all others stay. What
    is linear in outputs, as UC and MI are, moves as it is composed of these slopes.

    Parameters
    ----------
    values : ndarray of shape (..., n_outputs)
        Log-odds, or centred log-ratios of all classes.

    Returns
    -------
    slopes : ndarray of shape (..., n_outputs)
    """
    if values.shape[-1] == 1:
        clipped = np.abs(values) > LARGEST_LOG_ODDS * (1 - _OF_LOG_ODDS)
        return np.where(clipped, np.sign(values), 0.0)
    clipped = softmax(values, axis=-1) < LOGIT_CLIP * (1 + _OF_SHARES)
    return clipped.mean(axis=-1, keepdims=True) - clipped
