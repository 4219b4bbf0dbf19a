"""What a row's bars leave out: without it, they do not add up."""

import numpy as np
from sklearn.utils import Bunch

from skdime._results.fields import PARTS
from skdime._results.noise import explanation_scale, without_noise
from skdime.displays._words import counted, shorten

TYPICAL, REST, MISFIT = "all typical", "rest", "misfit"
# A rest smaller than this share of the largest bar would be thinner than its edge.
_SMALL = 1e-4


def remainders(row_explanation, c, positions, parts=PARTS):
    """What else the modalities of drawn features add, on their own and together.

    Parameters
    ----------
    row_explanation : Explanation
        Of one row.
    c : int
        Position of the output.
    positions : ndarray of int
        Positions of the features drawn.
    parts : sequence of {"uc", "mi"}, default=("uc", "mi")
        Those that are drawn.

    Returns
    -------
    rests : list of Bunch
        ``modality``, ``name``, ``effects``, one for each part, and ``n_features``, how
        many it sums up: the value with all of a modality's features typical, and what
        comes from features that are not drawn and from what surrogates miss. With
        the coefficients drawn they are the modality's main effect in UC, and MI.
    """
    owners = row_explanation.modality_names.tolist()
    drawn_owners = set(row_explanation.feature_modalities[positions].tolist())
    scale = explanation_scale(row_explanation)[c]
    reach = _smallest_bar(row_explanation.coef[0, :, positions, c])
    rests, parts = [], [PARTS.index(part) for part in parts]
    for m in sorted(map(owners.index, drawn_owners)):
        typical = without_noise(_typical(row_explanation, m, c), scale)[parts]
        n, coef, misfit = _not_drawn(row_explanation, m, c, positions)
        has_misfit = bool((np.abs(misfit[parts]) > reach).any())
        others = without_noise(coef + misfit, scale)[parts]
        rests += _bars(owners[m], typical, n, has_misfit, others, reach)
    return rests


def fewer_rests(rests, coef, modalities, n_drawn, merged):
    """The same where only the first features are drawn.

    Parameters
    ----------
    rests : list of Bunch
        As :func:`remainders` returns it for all features.
    coef : ndarray of shape (n_parts, n_features)
        Coefficients of all features.
    modalities : sequence of str of length n_features
        Their modalities.
    n_drawn : int
        How many of them are drawn.
    merged : bool
        Whether a modality has one bar for all of it, where there is little room.
    """
    coef, modalities = np.nan_to_num(coef), np.asarray(modalities)
    if n_drawn == len(modalities) and not merged:
        return rests
    reach, fewer = _smallest_bar(coef[:, :n_drawn]), []
    for modality in dict.fromkeys(rest.modality for rest in rests):
        if modality not in modalities[:n_drawn]:
            continue
        own = [rest for rest in rests if rest.modality == modality]
        others = [rest for rest in own if rest.name != TYPICAL]
        typical = sum(np.asarray(r.effects) for r in own if r.name == TYPICAL)
        left_out = np.flatnonzero(modalities == modality)
        left_out = left_out[left_out >= n_drawn]
        n = len(left_out) + sum(rest.get("n_features", 0) for rest in others)
        effects = coef[:, left_out].sum(axis=1)
        effects = effects + sum(np.asarray(rest.effects) for rest in others)
        has_misfit = any(MISFIT in rest.name for rest in others)
        fewer += _bars(modality, typical, n, has_misfit, effects, reach, merged)
    return fewer


def _bars(modality, typical, n_features, has_misfit, effects, reach, merged=False):
    """The bars of one modality; what is typical has one whatever its size."""
    words = [counted(n_features, "other")] * (n_features > 0) + [MISFIT] * has_misfit
    entries = [(TYPICAL, typical, 0), (", ".join(words), effects, n_features)]
    if merged:
        entries = [(REST, typical + effects, n_features)]
    return [
        Bunch(modality=modality, name=name, effects=values, n_features=n)
        for name, values, n in entries
        if name == TYPICAL or (np.abs(values) > reach).any()
    ]


def _smallest_bar(coef):
    return _SMALL * np.nan_to_num(np.abs(coef)).max(initial=0.0)


def _typical(row_explanation, m, c):
    """Both parts where the features of a modality are typical, less what else is."""
    values = row_explanation.decomposition
    without = values.uc[0, c] - values.main[0, m, c]
    return row_explanation.intercept[0, :, m, c] - [without, 0.0]


def _not_drawn(row_explanation, m, c, positions):
    """Number and sums of a modality's features not drawn, and what lines miss."""
    names = row_explanation.modality_names
    own = np.flatnonzero(row_explanation.feature_modalities == names[m])
    coef = row_explanation.coef[0, :, np.setdiff1d(own, positions), c]
    coef = coef[~np.isnan(coef).all(axis=1)]
    misfit = row_explanation.target - row_explanation.local_prediction
    return len(coef), np.nan_to_num(coef).sum(axis=0), misfit[0, :, m, c]


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
