"""How many rows the model will see, counted before it sees any."""

from dataclasses import replace

import numpy as np

from skdime._estimators.cost import Cost, Phase
from skdime._estimators.expected_errors import errors_of, expected_errors
from skdime._models.calls import Need
from skdime._rows.containers import n_rows
from skdime._rows.fixed import rows_by_fixed

SURROGATES = "fit", "coefficients"
# Seconds of skdime's own work per row passed to the model, by the slower kind of its
# modalities: measured by the part `own_work` of benchmarks/growth.py, from 30 words to
# images of 50 regions, within a factor of four.
SECONDS_OF_TABLES, SECONDS_OF_MASKS = 1e-5, 1e-4


def cost_of(fits, engine, X, spent, correction, explained=None, fixed=()):
    """The cost of explaining rows with surrogates, and of fitting these.

    Parameters
    ----------
    fits : LocalFits
    engine : Engine
    X : container of rows
    spent : list of Phase
        Of fitting the disentangler.
    correction : float
        As for :func:`~skdime._estimators.expected_errors.expected_errors`.
    explained : Explanation, default=None
        Of other rows.
    fixed : ndarray of int, default=()
        Positions of the columns of no modality.

    Returns
    -------
    cost : Cost
    """
    references, to_fit = fits.references, fits.cost_of_fit(engine, X)
    decomposing, explaining = references.cost(engine, X), fits.cost(engine, X)
    if len(fixed):  # baseline and surrogates are fitted anew for each of their values
        n_groups = sum(1 for _ in rows_by_fixed(X, fixed))
        exponent = 1 if references.baseline_of_tuples else 2
        anew = n_groups * (len(references) ** exponent + to_fit.rows)
        explaining += Need(anew, expected_rows=anew)
    if not spent:  # references may have been encoded elsewhere
        to_fit += engine.encoding(len(references))
    need = decomposing + explaining
    # eight arrays of an explanation have a number by row, modality and output
    n_results = 8 * n_rows(X) * len(references.modalities) * references.n_outputs
    if explained is None:
        errors = expected_errors(fits, engine.plan, correction)
    else:
        errors = errors_of(explained, references)
        per_row = n_rows(X) / max(len(explained), 1)
        explaining = _as_typical(explaining, decomposing, explained, per_row)
    expected = explaining.expected_rows
    phases = (
        *spent,
        phase_of(*SURROGATES, to_fit),
        phase_of("explain", "decomposition", decomposing),
        phase_of("explain", "coefficients", explaining),
    )
    rows_of_fit = sum(phase.most_rows for phase in phases if phase.method == "fit")
    expected_fit = sum(phase.expected_rows for phase in phases if phase.method == "fit")
    expected += decomposing.rows
    return Cost(
        rows_of_fit,
        need.rows,
        need.calls,
        max(need.batch_bytes, to_fit.batch_bytes) + need.table_bytes + 8 * n_results,
        expected * (engine.plan.seconds_per_row + _own_seconds(fits)),
        expected_fit,
        expected,
        phases,
        *errors,
    )


def _own_seconds(fits):
    """Of skdime itself, per row passed to the model."""
    return SECONDS_OF_MASKS if fits.by_tuple else SECONDS_OF_TABLES


def _as_typical(explaining, decomposing, explained, factor):
    """What is to be expected if rows take as much as those of an explanation did."""
    rows = round(factor * explained.n_model_rows) - decomposing.rows
    encodings = round(factor * explained.n_encodings) - decomposing.expected_encodings
    return replace(
        explaining,
        expected_rows=int(np.clip(rows, 0, explaining.rows)),
        expected_encodings=int(np.clip(encodings, 0, explaining.encodings)),
    )


def phase_of(method, name, need):
    return Phase(
        method,
        name,
        need.expected_rows,
        need.rows,
        need.expected_encodings,
        need.encodings,
    )
