"""What a row's bars leave out: without it, they do not add up."""

import numpy as np
from sklearn.utils import Bunch

from skdime._results.noise import explanation_scale, without_noise
from skdime.displays._words import shorten

TYPICAL, REST = "all typical", "rest"
# A rest that is smaller than this share of the largest bar is not drawn.
_SMALL = 1e-4


def remainders(one, c, shown, parts=slice(None), merged=False):
    """What else the modalities of shown features add, on their own and together.

    Parameters
    ----------
    one : Explanation
        Of one row.
    c : int
        Position of the output.
    shown : ndarray of int
        Positions of the features shown.
    parts : slice, default=slice(None)
        Of UC (0) and MI (1) those that are drawn.
    merged : bool, default=False
        Whether a modality has one bar for all of it, where there is little room.

    Returns
    -------
    rests : list of Bunch
        ``modality``, ``name`` and ``effects``, one for each part: the value with all of
        a modality's features typical, and what comes from features that are not shown
        and from what straight lines miss. With the coefficients shown they are the
        modality's main effect in UC, and MI.
    """
    owners = one.modality_names.tolist()
    present = dict.fromkeys(one.feature_modalities[shown].tolist())
    scale = explanation_scale(one)[c]
    reach = _SMALL * np.nan_to_num(np.abs(one.coef[0, :, shown, c])).max(initial=0.0)
    rests = []
    for m in sorted(map(owners.index, present)):
        typical, others = _typical(one, m, c), _others(one, m, c, shown, reach, parts)
        pieces = [(TYPICAL, typical), others]
        if merged:
            pieces = [(REST, typical + others[1])]
        for name, effects in pieces:
            effects = without_noise(effects, scale)[parts]
            if name == TYPICAL or (np.abs(effects) > reach).any():
                rests.append(Bunch(modality=owners[m], name=name, effects=effects))
    return rests


def _typical(one, m, c):
    """Both parts where the features of a modality are typical, less what else is."""
    values = one.decomposition
    without = values.uc[0, c] - values.main[0, m, c]
    return one.intercept[0, :, m, c] - [without, 0.0]


def _others(one, m, c, shown, reach, parts):
    """Features of a modality that are not shown, and what straight lines miss."""
    own = np.flatnonzero(one.feature_modalities == one.modality_names[m])
    coef = one.coef[0, :, np.setdiff1d(own, shown), c]
    coef = coef[~np.isnan(coef).all(axis=1)]
    n, misfit = len(coef), (one.target - one.local_prediction)[0, :, m, c]
    words = [f"{n} other{'s' * (n > 1)}"] if n else []
    if (np.abs(misfit[parts]) > reach).any():
        words.append("misfit")
    return ", ".join(words), np.nan_to_num(coef).sum(axis=0) + misfit


def rest_labels(rests, length):
    """What the bars of :func:`remainders` are called, in about `length` letters."""
    return [
        f"{shorten(rest.modality, max(8, length - len(rest.name) - 2))}: {rest.name}"
        for rest in rests
    ]


def rest_notes(rests, long, short):
    """The notes that explain the bars of :func:`remainders`, if there are any."""
    if not rests:
        return ""
    return short if any(rest.name == REST for rest in rests) else long
