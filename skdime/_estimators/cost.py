"""How many rows the model will see, counted before it sees any."""

import math
from typing import NamedTuple

from skdime._models.calls import rows_in_a_call, rows_within
from skdime._models.determinism import checked_rows
from skdime._surrogates.neighbourhood import numbers_per_draw


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
        Time the model needs for `explain_rows`, from the rows it saw in ``fit``, or by
        a rule of thumb for sums over trees, which need none; nan before ``fit``.
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
    n_features,
    n_outputs=1,
    baseline_rows=None,
    rows_of=math.prod,
    seconds_per_row=math.nan,
    extra_rows=0,
    n_jobs=1,
    n_masked=0,
    probe_rows=0,
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
    n_features : int
        Number of columns.
    n_outputs : int, default=1
        Number of outputs.
    baseline_rows : int or None, default=None
        Rows that the baseline takes in ``fit``; None is all pairs of references, or
        as many tuples for three and more modalities.
    rows_of : callable, default=math.prod
        Model rows that a grid of a given shape costs.
    seconds_per_row : float, default=nan
        Time that the model needs for a row.
    extra_rows : int, default=0
        Rows that ``fit`` spends besides, where `baseline_rows` is None: those that a
        classifier is asked to label, and a pilot; otherwise they are among these.
    n_jobs : int, default=1
        Workers, which share `max_memory`.
    n_masked : int, default=0
        Modalities whose rows are masked: their perturbations are a row's own, and
        each is evaluated with references when the row is explained.
    probe_rows : int, default=0
        Rows that ``fit`` spends on each of these.

    Returns
    -------
    cost : Cost
    """
    if baseline_rows is None:
        baseline_rows = n_references ** (2 if n_modalities == 2 else 1)
        baseline_rows += checked_rows(n_references) + extra_rows
    n_drawn = n_modalities - n_masked
    fit_rows = baseline_rows + n_drawn * rows_of((n_samples, n_references))
    fit_rows += n_masked * probe_rows
    decomposed = [(n, 1)] + n_modalities * [(n, n_references)]
    masked = (n * n_samples, 1), (n * n_samples, n_references)
    explained = n_drawn * [(n, n_samples)] + n_masked * [*masked]
    rows = [rows_of(grid) for grid in decomposed + explained]
    largest = max(max(rows), n_samples * n_references, n_references**2)
    batch = min(max_memory, int(2 * row_bytes * largest))
    table = 3 * 8 * n_outputs * n_samples * n_references
    pairs = min(max_memory, 8 * 4 * n_outputs * n_references**2)
    row = 8 * n_samples * numbers_per_draw(n_features, n_outputs, n_modalities)
    working = 2 * min(n * row, max(max_memory, row))
    results = 8 * 8 * n * n_modalities * n_outputs
    in_a_call = rows_in_a_call(max_memory, row_bytes, n_jobs)
    batches = len(decomposed) * [
        rows_within(max_memory, 8 * 4 * n_outputs * n_references)
    ] + len(explained) * [rows_within(max_memory, row)]
    calls = [
        _n_calls(total, -(-n // batch), in_a_call)
        for total, batch in zip(rows, batches, strict=True)
    ]
    return Cost(
        fit_rows,
        sum(rows),
        sum(calls),
        batch + (n_modalities + 1) * table + pairs + working + results,
        sum(rows) * seconds_per_row,
    )


def _n_calls(rows, n_batches, in_a_call):
    """Calls for so many rows: every batch of explained rows begins with a new one."""
    return min(rows, n_batches * -(-rows // (n_batches * in_a_call)))


def published_rows(n_rows, n_modalities, n_references, n_samples):
    """The published procedure: all anew for each row, ``K S (N + 1)`` rows each."""
    return n_rows * n_modalities * n_samples * (n_references + 1)
