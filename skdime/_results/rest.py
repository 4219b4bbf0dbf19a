"""What coefficients leave of the effects that they add up to: an entry of its own."""

from math import floor, log10

import numpy as np

from skdime._results.noise import explanation_scale, without_noise
from skdime._utils.missing import nan_mean

#: Stands for a feature; no word of a text and hardly any column is written like it.
REST = "(rest)"


def effects_of(explanation):
    """What the coefficients of each modality add up to, but for a rest.

    Parameters
    ----------
    explanation : Explanation

    Returns
    -------
    effects : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
        Main effects of the modalities, and MI, which every modality explains. Where MI
        is divided among the features of all modalities, the share of each.
    """
    main, mi = explanation.decomposition.main, explanation.decomposition.mi
    if explanation.attribution == "shapley":
        shares = sums_of(explanation)[:, 1]
        rest = (mi - shares.sum(axis=1))[:, None] / shares.shape[1]
        return np.stack([main, shares + rest], axis=1)
    return np.stack([main, np.broadcast_to(mi[:, None], main.shape)], axis=1)


def sums_of(explanation):
    """Sums of the coefficients of each modality.

    Parameters
    ----------
    explanation : Explanation

    Returns
    -------
    sums : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
    """
    owners, coef = explanation.feature_modalities, np.nan_to_num(explanation.coef)
    names = explanation.modality_names
    sums = [coef[:, :, owners == name].sum(axis=2) for name in names]
    return np.stack(sums, axis=2)


def rest_of(explanation):
    """Effects less sums of coefficients, 0 where that is rounding.

    Parameters
    ----------
    explanation : Explanation

    Returns
    -------
    rest : ndarray of shape (n_rows, 2, n_modalities, n_outputs)
    """
    rest = effects_of(explanation) - sums_of(explanation)
    return without_noise(rest, explanation_scale(explanation))


def describe_sums(explanation, p, c):
    """Sizes and texts of what the coefficients of each modality add up to.

    Parameters
    ----------
    explanation : Explanation
        Of one row, or of several for means of absolute rests.
    p, c : int
        Positions of the part and of the output.

    Returns
    -------
    sizes : ndarray of shape (n_modalities,)
    texts : list of str
    """
    rests = rest_of(explanation)[:, p, :, c]
    if len(explanation) > 1:
        means = nan_mean(np.abs(rests))
        return means, [f"{rest:.3g}" for rest in means]
    effects, sums = (of(explanation)[0, p, :, c] for of in (effects_of, sums_of))
    write = _writer([effects, sums])
    numbers = zip(sums, rests[0], effects, strict=True)
    texts = [f"{write(s)} and rest {write(r)} = {write(e)}" for s, r, e in numbers]
    return sizes_of_part(explanation, p, c), texts


def sizes_of_part(explanation, p, c):
    """How much of UC or MI each modality explains, over rows.

    Every modality explains the same MI: there the sums of its coefficients tell.

    Parameters
    ----------
    explanation : Explanation
    p, c : int
        Positions of the part and of the output.

    Returns
    -------
    sizes : ndarray of shape (n_modalities,)
    """
    parts = sums_of(explanation) if p else effects_of(explanation)
    return nan_mean(np.abs(parts[:, p, :, c]))


def _writer(numbers):
    """Writes numbers with the decimals that the largest needs for four digits."""
    size = np.nan_to_num(np.abs(numbers)).max(initial=0)
    if not 1e-4 <= size < 1e6:
        return "{:+.4g}".format
    return f"{{:+z.{max(0, 3 - floor(log10(size)))}f}}".format
