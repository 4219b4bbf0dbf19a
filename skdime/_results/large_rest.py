"""A large rest of coefficients in words: where it is, why, and what to do."""

from typing import NamedTuple

import numpy as np

from skdime._results.fields import PARTS
from skdime._results.rest import effects_of, rest_of
from skdime._utils.listed import listed
from skdime._utils.missing import nan_mean

# Of the effect that coefficients are to add up to: with a larger rest they mislead.
_MOST = 1 / 3
# Of all effects of a row: a rest of what hardly matters is no reason for words.
_LEAST = 1 / 10
# A share beyond says no more than that there is hardly an effect.
_LARGEST = 100
_REPLACED = (
    "replacing all its features does not lead to the average",
    "Read its coefficients as changes from the replacement, or try another `{option}` "
    "of the {perturber}",
)
_REASONS = {
    "table": (
        "coefficients compare with the average of each column by itself, the baseline "
        "with whole rows",
        "Put columns that depend on each other together, by `groups` of the "
        "TabularPerturber",
    ),
    "others": (
        "MI also holds the interaction of the other modalities",
        "decompose(X, pairs=True) and explainer.explain(X, pair=(one, two)) take pairs "
        "apart",
    ),
    "missed": (
        "the surrogate does not reach the output of the row itself",
        "Try a larger n_samples or a smaller tol",
    ),
}
_R2 = "R2, the fit to perturbed rows, does not count it."
_OPTIONS = {
    "text": ("mask_token", "TextPerturber"),
    "series": ("replacement", "SeriesPerturber"),
    "image": ("replacement", "ImagePerturber"),
    "set": ("replacement", "SetPerturber"),
}


class LargeRest(NamedTuple):
    """The rest of one modality in UC or MI.

    Attributes
    ----------
    part : {"uc", "mi"}
    modality : str
    share : float
        Of the size of the effect, at most 100.
    reason, remedy : str
    """

    part: str
    modality: str
    share: float
    reason: str
    remedy: str


def large_rests(explanation, c):
    """Rests that are large beside what coefficients are to add up to.

    Parameters
    ----------
    explanation : Explanation
        Of several rows, means over them count.
    c : int
        Position of the output.

    Returns
    -------
    rests : list of LargeRest
    """
    effects, rests = (of(explanation)[..., c] for of in (effects_of, rest_of))
    size, rest = (nan_mean(np.abs(part)) for part in (effects, rests))
    values = explanation.decomposition
    moved = np.abs(values.main[..., c]).sum(axis=1) + np.abs(values.mi[:, c])
    main_se, mi_se = values.main_se[..., c], values.mi_se[:, c]
    errors = np.stack([main_se, np.broadcast_to(mi_se[:, None], main_se.shape)], axis=1)
    least = np.maximum(_LEAST * nan_mean(moved), 2 * nan_mean(errors))
    places = np.argwhere((rest > _MOST * size) & (rest > least))
    names = explanation.modality_names.tolist()
    return [
        LargeRest(
            PARTS[p],
            names[m],
            float(rest[p, m] / max(size[p, m], rest[p, m] / _LARGEST)),
            *_why(explanation, effects, p, m, c),
        )
        for p, m in places.tolist()
    ]


def note_of_rests(rests):
    """Two sentences for each reason; empty where no rest is large.

    Parameters
    ----------
    rests : list of LargeRest

    Returns
    -------
    note : str
    """
    notes = []
    for reason, remedy in dict.fromkeys((r.reason, r.remedy) for r in rests):
        of_reason = [r for r in rests if r.reason == reason and r.remedy == remedy]
        where = [
            f"{_share_in_words(r.share)} {r.part.upper()} of {r.modality}"
            for r in of_reason
        ]
        notes.append(f"{listed(where, write=str)}, because {reason}. {remedy}.")
    if not notes:
        return ""
    return f"Large rest: {' '.join(notes)} {_R2}"


def caption_of_rests(rests):
    """The same below a picture, which says less."""
    captions = []
    for reason in dict.fromkeys(r.reason for r in rests):
        names = dict.fromkeys(r.modality for r in rests if r.reason == reason)
        captions.append(f"Large rest of {listed(list(names), write=str)}: {reason}.")
    return " ".join(captions)


def _share_in_words(share):
    return f"{share:.0%} of" if share < _LARGEST else f"{_LARGEST} times or more the"


def _why(explanation, effects, p, m, c):
    """Reason and remedy: what the rest is mostly made of."""
    at = slice(None), p, m, c
    start = explanation.intercept[at] - (explanation.target[at] - effects[:, p, m])
    missed = explanation.target[at] - explanation.local_prediction[at]
    if nan_mean(np.abs(missed)) > nan_mean(np.abs(start)):
        return _REASONS["missed"]
    if p and len(explanation.modality_names) > 2:
        return _REASONS["others"]
    name = explanation.modality_names[m]
    if name not in explanation.inputs:
        return _REASONS["table"]
    reason, remedy = _REPLACED
    option, perturber = _OPTIONS[explanation.inputs[name].kind]
    return reason, remedy.format(option=option, perturber=perturber)
