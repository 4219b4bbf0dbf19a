"""How much of MI in log-odds is due to the clip of probabilities of 0 and 1."""

import numpy as np

from skdime._models.log_odds import LOGIT_CLIP
from skdime._utils.listed import count
from skdime._utils.warn import warn

# A tenth of the clip is as good a choice as the clip itself.
_FINER = 0.1
# MI that moves by less is within what users would call the same number.
_LEAST = 0.05


def note_of_clip(mi, mi_by_clip):
    """What a result tells of MI that depends on the clip; empty where it does not.

    Warns of it, too.

    Parameters
    ----------
    mi : ndarray of shape (n_rows, n_outputs)
    mi_by_clip : ndarray of shape (n_rows, n_outputs) or None
        How it moves where the clip is divided by e.
    """
    if mi_by_clip is None:
        return ""
    moved = -np.log(_FINER) * mi_by_clip
    size = np.sqrt(np.square(mi).mean(axis=0))
    much = np.abs(moved) > _LEAST * size
    if not much.any():
        return ""
    n_rows = int(much.any(axis=1).sum())
    share = np.sqrt(np.square(moved).mean(axis=0)) / np.where(size > 0, size, 1)
    note = (
        "MI depends on the clip of probabilities of 0 and 1: at "
        f"{_FINER * LOGIT_CLIP:g} instead of {LOGIT_CLIP:g} it would change in "
        f"{n_rows} of {count(len(mi), 'row')}, by up to {np.abs(moved).max():.2g} "
        f"and by {share.max():.0%} of MI (root mean squares)"
    )
    warn(
        f"{note}. Explain probabilities (link='identity'), or a model that stays away "
        "from 0 and 1, such as a forest with more rows in a leaf."
    )
    return note
