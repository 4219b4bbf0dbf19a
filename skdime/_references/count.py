"""How many references the wanted standard error needs, from a small pilot."""

import numpy as np

from skdime._references.baseline import baseline_rows
from skdime._references.references import References
from skdime._references.strata import draw_references
from skdime._references.tuples import orders_of_strata
from skdime._references.weighting import sample_variance
from skdime._rows.containers import n_rows, take
from skdime._rows.modalities import split

# References and rows of the pilot: a standard deviation from 64 of them is itself known
# to 1 / sqrt(2 * 64) = 9 %.
_PILOT = 64
_PROBES = 16
# With 16 a standard error is known to 18 %; 1,024 make the baseline a million pairs.
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
    drawn = draw_references(X, modalities, _PILOT, random_state)
    left = np.setdiff1d(np.arange(n_rows(X)), drawn.positions)
    order = np.concatenate([drawn.positions, random_state.permutation(left)])
    pilot = References.combined(take(X, drawn.positions), modalities, random_state)
    pilot = pilot.with_baseline(engine)
    influence = -(len(modalities) - 1) * pilot.influence
    way = engine.way((_PROBES, len(pilot)))
    for m, block in enumerate(split(take(X, order[-_PROBES:]), modalities)):
        influence = influence + pilot.outputs(way, {m: block})
    output = engine(split(take(X, order[: _PILOT + _PROBES]), modalities))
    orders = orders_of_strata(pilot.tuples, drawn.order)
    variance = sample_variance(influence, 1, orders).max(axis=0)
    varies = variance > 1e-20 * np.square(output).max(axis=0)
    spread = np.maximum(output.var(axis=0), 1e-12 * np.square(output).max(axis=0))
    # an event that no row of the pilot has may occur in hybrids of them
    spread = np.where(spread > 0, spread, variance)
    relative = np.divide(variance, spread, out=np.zeros_like(spread), where=varies)
    needed = relative.max() / tol**2
    if len(modalities) == 2:
        needed /= 1 + needed / len(order)
    return int(np.ceil(needed))


def pilot_references(n):
    """Rows that the pilot looks at, of `n` to draw from."""
    return min(n, _PILOT + _PROBES)


def pilot_rows(n, n_modalities):
    """Model rows that the pilot takes for `n` rows to draw from."""
    n_pilot, n_probes = min(_PILOT, n), min(_PROBES, n)
    pairs = baseline_rows(n_pilot, n_modalities)
    return pairs + n_modalities * n_probes * n_pilot + pilot_references(n)
