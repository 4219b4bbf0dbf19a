"""Whether a model's output for a row depends on this row alone, and leaves it alone."""

from typing import NamedTuple

import joblib
import numpy as np

from skdime._rows.cells import copied, has_missing
from skdime._rows.containers import cells, n_rows, shared_objects, take
from skdime._utils.warn import warn

# References that `fit` evaluates twice: few, because they cost rows of every model.
N_CHECKED = 8
# References among which those with missing values are looked for.
MOST_SEARCHED = 256
# Outputs that differ by less, relative to their variation or their size, differ by
# rounding.
_VARIATION, _SIZE = 1e-4, 1e-6
# The same rows in calls of other sizes take other paths through float32 arithmetic.
_VARIATION_OF_CALLS, _SIZE_OF_CALLS = 1e-3, 1e-5
# What rounding is of outputs that are next to nothing beside the largest one.
_SIZE_OF_LARGEST = 1e-9

FAILS_IN_OTHER_COMPANY = (
    "The model evaluated {} rows together, but fails on one of them alone, or on some "
    "of them. Explanations call the model on batches of any size. Switch batch "
    "statistics off (as eval() does in torch)."
)


class Check(NamedTuple):
    """What two looks at the same rows say of a model.

    Attributes
    ----------
    confirmed : bool
        Whether the ways of the plan give the model's outputs.
    deterministic : bool
        Whether the same call gives the same outputs.
    """

    confirmed: bool = True
    deterministic: bool = True


def check_model(engine, direct, references):
    """Look at some reference rows twice, the second time in other company.

    The first look is at all of them together, by the shortest way that the plan
    allows. The second is at one of them alone and at the rest in two parts, in
    reversed order, by the model itself. Only where the two differ, further calls tell
    why.

    Parameters
    ----------
    engine : Engine
        Has the ways that the plan allows.
    direct : Engine
        Evaluates every row by the model.
    references : list of blocks
        For each modality its references, or other rows where these are few.

    Returns
    -------
    check : Check

    Raises
    ------
    ValueError
        If the model changes rows in place, because hybrids share the items of lists,
        or if outputs depend on the rows beside them in a call.

    Warns
    -----
    UserWarning
        If the same call gives other outputs.
    """
    n = max(1, engine.plan.n_comparable(checked_rows(n_rows(references[0]))))
    positions = _checked_positions(references, n)
    rows = copied([take(block, positions) for block in references])
    before = _digest(rows)
    first, apart = engine.by_shortest_way(rows), _in_other_company(direct, rows)
    if _digest(rows) != before:
        raise ValueError(
            "The model changes the rows that it is given in place, so that the same "
            "rows are others at the next call. Copy what is changed before: "
            "sorted(item) for item.sort(), item * 2 for item *= 2, copy.deepcopy(item) "
            "in general."
        )
    if not differing_calls(first, apart).any():
        return Check()
    return _explained(direct, rows, apart)


def checked_rows(n_references):
    """Rows that ``fit`` spends on whether outputs depend on the row alone."""
    return 2 * min(N_CHECKED, n_references)


def differing(output, again, variation=_VARIATION, size=_SIZE):
    """Which rows' outputs differ by more than rounding.

    Parameters
    ----------
    output, again : ndarray of shape (n_samples, n_outputs)
    variation, size : float
        What rounding is at most, relative to the range of each output and to its
        largest absolute value.

    Returns
    -------
    ndarray of bool of shape (n_samples,)
    """
    sizes = np.abs(output).max(axis=0)
    allowed = variation * np.ptp(output, axis=0) + size * sizes
    allowed = np.maximum(allowed, _SIZE_OF_LARGEST * sizes.max())
    return (np.abs(output - again) > allowed).any(axis=1)


def differing_calls(output, again):
    """Which rows' outputs differ by more than rounding in calls of other sizes."""
    size = max(_SIZE_OF_CALLS, 4 * _precision(output))
    return differing(output, again, _VARIATION_OF_CALLS, size)


def _precision(output):
    """Spacing of bfloat16 at 1 where that holds all outputs, and 0 elsewhere."""
    bits = np.asarray(output, dtype=np.float32)
    is_exact = bits == output
    return 2.0**-8 if (is_exact & (bits.view(np.uint32) % 2**16 == 0)).all() else 0.0


def _checked_positions(references, n):
    """References to look at: half of them with missing values, if there are any.

    Models fill in missing values with means of the rows of the call.
    """
    searched = min(MOST_SEARCHED, n_rows(references[0]))
    incomplete = np.zeros(searched, dtype=bool)
    for block in references:
        some = take(block, np.arange(searched))
        incomplete |= np.fromiter(map(has_missing, cells(some)), bool, searched)
    first = np.flatnonzero(incomplete)[: n // 2]
    rest = np.setdiff1d(np.arange(n_rows(references[0])), first)
    return np.sort(np.concatenate([first, rest[: n - len(first)]]))


def _in_other_company(direct, rows):
    """Outputs of the first row alone, and of the others in two parts, reversed."""
    n = n_rows(rows[0])
    calls = [np.array([0]), *np.array_split(np.arange(n - 1, 0, -1), 2)]
    calls = [positions for positions in calls if len(positions)]
    try:
        outputs = [direct([take(block, some) for block in rows]) for some in calls]
    except Exception as error:
        error.add_note(FAILS_IN_OTHER_COMPANY.format(n))
        raise
    return np.concatenate(outputs)[np.argsort(np.concatenate(calls))]


def _explained(direct, rows, apart):
    """What two looks that differ say of the model.

    Warns or raises where it is the model that gives other outputs.
    """
    together = direct(rows)
    others = differing_calls(together, apart)
    if not others.any():
        return Check(confirmed=False)
    again = direct(rows)
    if differing(together, again).any():
        warn(
            f"The model is not deterministic: evaluated twice, "
            f"{differing(together, again).sum()} of {len(again)} reference rows got "
            f"outputs that differ, by up to {np.abs(together - again).max():.3g}. UC, "
            "MI and their standard errors then hold this noise, too. No further rows "
            "are evaluated to bring errors below `tol`. Switch off dropout and "
            "sampling (as eval() does in torch)."
        )
        return Check(deterministic=False)
    row = np.abs(together - apart).max(axis=1).argmax()
    output = np.abs(together - apart)[row].argmax()
    company = "alone" if row == 0 else "in a smaller call, in reversed order"
    raise ValueError(
        f"The model's output for a row depends on the rows beside it: {others.sum()} "
        f"of {len(apart)} reference rows got other outputs in another call. One of "
        f"them got {together[row, output]:.4g} among {len(apart)} rows and "
        f"{apart[row, output]:.4g} {company}. Explanations call the model on batches "
        "of any size and order, so that there is no output of a row to explain. Take "
        "means, ranks, scales, paddings and encodings from the training rows, as "
        "fitted transformers in a pipeline do, not from the rows of the call; switch "
        "batch statistics off (as eval() does in torch)."
    )


def _digest(rows):
    """What tells whether shared items have changed; None where that cannot be told."""
    try:
        return joblib.hash([items for block in rows for items in shared_objects(block)])
    except Exception:  # of whatever kind users' objects raise
        return None
