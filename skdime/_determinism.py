"""Whether a model gives the same output for the same row."""

import numpy as np

from skdime._containers import n_rows, take
from skdime._cost import N_CHECKED
from skdime._warnings import warn

# Outputs that differ by less, relative to their size, differ by rounding.
_ROUNDING = 1e-4


def warn_if_not_deterministic(engine, references):
    """Evaluate some reference rows twice, and warn if the outputs differ.

    Models whose structure is known are deterministic, and not evaluated.

    Parameters
    ----------
    engine : Engine
    references : list of blocks
        For each modality its references.
    """
    if engine.plan.additive or engine.plan.trees is not None:
        return
    n = min(N_CHECKED, n_rows(references[0]))
    rows = [take(block, np.arange(n)) for block in references]
    first, second = engine(rows), engine(rows)
    gap = np.abs(first - second).max(axis=1)
    differ = gap > _ROUNDING * max(np.abs(first).max(), np.finfo(float).tiny)
    if differ.any():
        warn(
            f"The model is not deterministic: evaluated twice, {differ.sum()} of {n} "
            f"reference rows got outputs that differ, by up to {gap.max():.3g}. UC, MI "
            "and their standard errors then hold this noise, too. Switch off dropout "
            "and sampling (as eval() does in torch), or give the model a seed."
        )
