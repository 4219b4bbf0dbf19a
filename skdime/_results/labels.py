"""Which feature each element of a series, text or image belongs to."""

import numpy as np


def runs(labels):
    """Start, end and label of each stretch of equal labels, in order.

    Parameters
    ----------
    labels : array-like of int of shape (n_elements,)

    Returns
    -------
    runs : list of (int, int, int)
    """
    labels = np.asarray(labels)
    if not len(labels):
        return []
    cuts = (np.flatnonzero(np.diff(labels)) + 1).tolist()
    starts, ends = [0, *cuts], [*cuts, len(labels)]
    return list(zip(starts, ends, labels[starts].tolist(), strict=True))


def channel_name(c, labels, feature_names):
    """The channel as features are named after it, such as ``II`` of ``II[0:50]``."""
    names = {str(feature_names[f]) for f in np.unique(labels[labels >= 0])}
    owners = {name.rpartition("[")[0].strip() for name in names}
    owner = owners.pop() if len(owners) == 1 else ""
    return owner or f"channel {c}"
