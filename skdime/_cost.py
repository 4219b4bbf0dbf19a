"""How many rows the model will see, counted before it sees any."""

import math
from typing import NamedTuple

# Past this many rows a call has nothing left to amortise, while the model's own
# intermediate arrays go on growing.
MOST_ROWS = 16384


class Cost(NamedTuple):
    """What explaining costs, counted in rows that the model must see.

    Attributes
    ----------
    fit_rows : int
        Rows of ``fit``, spent once (the model's own training not counted).
    explain_rows : int
        Rows of ``explain(X)``.
    calls : int
        Calls of the model in ``explain(X)``, about.
    peak_bytes : int
        Most that is held at once: rows sent to the model, tables, coefficients.
    seconds : float
        Time the model needs for `explain_rows`, from the rows it saw in ``fit``; nan
        before.
    """

    fit_rows: int
    explain_rows: int
    calls: int
    peak_bytes: int
    seconds: float


def predicted_cost(
    n,
    n_modalities,
    n_references,
    n_samples,
    *,
    row_bytes,
    max_memory,
    n_outputs=1,
    with_baseline=True,
    rows_of=math.prod,
    seconds_per_row=math.nan,
):
    """The cost of fitting an explainer and explaining `n` rows.

    Parameters
    ----------
    n, n_modalities, n_references, n_samples : int
        Sizes.
    row_bytes : float
        Bytes of a row of the model's input.
    max_memory : int
        Bytes of rows that may be sent to the model at once.
    n_outputs : int, default=1
        Number of outputs.
    with_baseline : bool, default=True
        Whether ``fit`` evaluates the baseline, too.
    rows_of : callable, default=math.prod
        Model rows that a grid of a given shape costs.
    seconds_per_row : float, default=nan
        Time that the model needs for a row.

    Returns
    -------
    cost : Cost
    """
    fit_rows = n_modalities * rows_of((n_samples, n_references))
    if with_baseline:
        pairs = (n_references, n_references if n_modalities == 2 else 1)
        fit_rows += rows_of(pairs)
    grids = [(n, 1)] + n_modalities * [(n, n_references), (n, n_samples)]
    rows = [rows_of(grid) for grid in grids]
    largest = max(max(rows), n_samples * n_references, n_references**2)
    batch = min(max_memory, int(2 * row_bytes * largest))
    table = 8 * n_outputs * n_samples * n_references
    pairs = min(max_memory, 8 * 4 * n_outputs * n_references**2)
    working = min(max_memory, 8 * 14 * n * n_samples * n_modalities)
    results = 8 * 8 * n * n_modalities * n_outputs
    batch_rows = max(1, min(MOST_ROWS, int(max_memory / (2 * max(row_bytes, 1)))))
    return Cost(
        fit_rows,
        sum(rows),
        sum(-(-r // batch_rows) for r in rows),
        batch + (n_modalities + 1) * table + pairs + working + results,
        sum(rows) * seconds_per_row,
    )


def neighbourhood_rows(n_rows, n_modalities, n_samples):
    """Every perturbation of every modality in the context of every row."""
    return n_rows * n_modalities * n_samples


def published_rows(n_rows, n_modalities, n_references, n_samples):
    """The published procedure: all anew for each row, ``K S (N + 1)`` rows each."""
    return n_rows * n_modalities * n_samples * (n_references + 1)
