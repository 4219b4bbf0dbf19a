"""How many references the wanted standard error needs, from a small pilot."""

import numpy as np

from skdime._conditional import conditional
from skdime._containers import take
from skdime._modalities import split
from skdime._weighting import Weighting

# References and rows of the pilot, and the most references that are drawn.
_PILOT = 64
_PROBES = 16
LEAST_REFERENCES, MOST_REFERENCES = 16, 1024


def needed_references(engine, X, modalities, tol, random_state):
    """References that UC needs to have a relative standard error of `tol`.

    A mean over N references has a standard error that falls as 1 / sqrt(N); a pilot
    tells its size. This is Stein's two-stage procedure.

    Parameters
    ----------
    engine : Engine
    X : container of rows
        Rows to draw from.
    modalities : list of (str, ndarray of int)
    tol : float
        Standard error of the sum of main effects, relative to the standard deviation
        of the output over rows; the largest over rows and outputs.
    random_state : RandomState

    Returns
    -------
    needed : int
        May be more than are worth while, and with three and more modalities more than
        there are rows.

    References
    ----------
    Stein, Ann. Math. Stat. 16 (1945); for a finite number of rows, Cochran, Sampling
    Techniques (1977), section 4.6.
    """
    order = random_state.permutation(X.shape[0])
    pilot = split(take(X, order[:_PILOT]), modalities)
    probes = split(take(X, order[-_PROBES:]), modalities)
    n_pilot = len(order[:_PILOT])
    influence = 0.0
    for m, block in enumerate(probes):
        found = conditional(engine, pilot, {m: block}, Weighting(n_pilot))
        influence = influence + found.outputs
    output = engine(probes)
    variance = influence.var(axis=1, ddof=1).max(axis=0)
    spread = np.maximum(output.var(axis=0), np.finfo(float).tiny)
    relative = np.where(variance > 1e-20 * np.square(output).max(axis=0), variance, 0.0)
    needed = (relative / spread).max() / tol**2
    if len(modalities) == 2:
        needed /= 1 + needed / len(order)
    return int(np.ceil(needed))
