"""How `max_memory` is divided: what ``fit`` stores, and what goes on beside it."""

from skdime._utils.warn import warn

# Bytes beyond `max_memory` that may be taken: what tuning a kernel, completing a table
# and libraries need whatever is allowed (benchmarks/peaks.py).
SPARE = 10**8
# Share of `max_memory` that is left for rows where tables take more than all of it.
_LEAST_SHARE = 4


def memory_beside(explainer, max_memory):
    """Bytes that rows and designs may take beside what is stored.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted or being fitted.
    max_memory : int
    """
    fits = getattr(explainer, "_fits", None)
    stored = 0 if fits is None else fits.stored_bytes
    left = max(max_memory + SPARE - stored, max_memory // _LEAST_SHARE)
    return max(min(max_memory, left), 1)


def warn_of_memory(explainer, X):
    """Warn where fitting took more than is allowed, and tell what it takes.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    X : container of rows
        Given to ``fit``.
    """
    max_memory = explainer.disentangler_.max_memory
    least = explainer._fits.least_bytes(X) - SPARE
    if least > max_memory:
        warn(
            f"max_memory={max_memory:,} is too little for {explainer.n_samples_:,} "
            "perturbations with all references, columns and outputs: fit took more. "
            f"Set it to {_rounded_up(least):,} or more, or choose fewer n_samples or "
            "n_references, or outputs that matter."
        )


def _rounded_up(n_bytes):
    """To ten million, because it is an estimate."""
    return -(-int(n_bytes) // 10**7) * 10**7
