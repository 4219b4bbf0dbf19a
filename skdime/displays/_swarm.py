"""Places of dots that would lie on one another."""

import numpy as np

# How far from its line a dot may be, in distances of lines.
BAND = 0.38


def spread(values, width, height, band=BAND):
    """Offsets that keep dots of similar values apart, as far as they are crowded.

    Parameters
    ----------
    values : ndarray of float of shape (n_dots,)
        Where the dots are along their line.
    width : float
        Diameter of a dot, in the unit of the values.
    height : float
        Diameter of a dot across the line, in the unit of the offsets.
    band : float, default=0.38
        Largest size of an offset.

    Returns
    -------
    offsets : ndarray of float of shape (n_dots,)
    """
    offsets = np.zeros(len(values))
    places = np.floor((values - np.min(values, initial=np.inf)) / width).astype(int)
    for place in np.unique(places):
        (members,) = np.nonzero(places == place)
        n = len(members)
        step = min(1.2 * height, 2 * band / max(1, n - 1))
        offsets[members] = step * (np.arange(n) - (n - 1) / 2)
    return offsets
