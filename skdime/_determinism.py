"""Whether a model gives the same output for the same row."""

import warnings

import numpy as np

from skdime._containers import take

# Outputs that differ by less, relative to their size, differ by rounding.
_ROUNDING = 1e-4


def warn_if_not_deterministic(engine, references):
    """Evaluate one reference row twice, and warn if the outputs differ.

    Models whose structure is known are deterministic, and not evaluated.

    Parameters
    ----------
    engine : Engine
    references : list of blocks
        For each modality its references.
    """
    if engine.plan.additive or engine.plan.trees is not None:
        return
    row = [take(block, [0]) for block in references]
    first, second = engine(row), engine(row)
    gap = np.abs(first - second).max()
    if gap > _ROUNDING * max(np.abs(first).max(), np.finfo(float).tiny):
        warnings.warn(
            f"The model is not deterministic: it gave outputs that differ by {gap:.3g} "
            "for the same row. UC, MI and their standard errors then hold its noise, "
            "too. Switch off dropout and sampling (as eval() does in torch), or give "
            "the model a seed.",
            UserWarning,
            stacklevel=4,
        )
