"""Whether a model gives the same output for the same row, and leaves the row alone."""

import joblib
import numpy as np

from skdime._rows.cells import copied
from skdime._rows.containers import n_rows, shared_objects, take
from skdime._utils.warn import warn

# References that `fit` evaluates twice: few, because they cost rows of every model.
N_CHECKED = 8
# Outputs that differ by less, relative to their variation or their size, differ by
# rounding.
_VARIATION, _SIZE = 1e-4, 1e-6


def check_model(engine, references):
    """Evaluate some reference rows twice, and warn if the outputs differ.

    Models whose structure is known are deterministic, and not evaluated.

    Parameters
    ----------
    engine : Engine
    references : list of blocks
        For each modality its references.

    Raises
    ------
    ValueError
        If the model changes rows in place: hybrids share the items of lists.
    """
    if engine.plan.deterministic:
        return
    n = min(N_CHECKED, n_rows(references[0]))
    rows = copied([take(block, np.arange(n)) for block in references])
    before = _digest(rows)
    first, second = engine(rows), engine(rows)
    if _digest(rows) != before:
        raise ValueError(
            "The model changes the rows that it is given in place, so that the same "
            "rows are others at the next call. Copy what is changed before: "
            "sorted(item) for item.sort(), item * 2 for item *= 2, copy.deepcopy(item) "
            "in general."
        )
    others = differing(first, second)
    if others.any():
        warn(
            f"The model is not deterministic: evaluated twice, {others.sum()} of {n} "
            "reference rows got outputs that differ, by up to "
            f"{np.abs(first - second).max():.3g}. UC, MI and their standard errors "
            "then hold this noise, too. Switch off dropout and sampling (as eval() "
            "does in torch), or give the model a seed."
        )


def checked_rows(n_references):
    """Rows that ``fit`` spends on whether the model is deterministic."""
    return 2 * min(N_CHECKED, n_references)


def differing(output, again):
    """Which rows' outputs differ by more than rounding.

    Parameters
    ----------
    output, again : ndarray of shape (n_samples, n_outputs)

    Returns
    -------
    ndarray of bool of shape (n_samples,)
    """
    allowed = _VARIATION * np.ptp(output, axis=0).max() + _SIZE * np.abs(output).max()
    return np.abs(output - again).max(axis=1) > allowed


def _digest(rows):
    """What tells whether shared items have changed; None where that cannot be told."""
    try:
        return joblib.hash([items for block in rows for items in shared_objects(block)])
    except Exception:  # of whatever kind users' objects raise
        return None
