"""A batch of which some rows cannot be explained: which these are, and the others."""

from functools import partial

import numpy as np

from skdime._estimators.batch_file import RowFailure
from skdime._estimators.explained_rows import explained_rows
from skdime._results.concatenation import blank, concatenated
from skdime._rows.containers import n_rows, take
from skdime._rows.redaction import redacted


def explain_others(explainer, batch, rows, names, error, outputs=None):
    """Explain the rows of a batch that can be, after all of them together could not.

    Parameters
    ----------
    explainer : LocalExplainer
        Fitted.
    batch : int
        Number of the batch.
    rows : container of rows
    names : ndarray of shape (n_rows,)
    error : Exception
        What was raised for all rows together.
    outputs : str, int or array-like, default=None
        As of ``LocalExplainer.explain``.

    Returns
    -------
    explanation : Explanation
        nan in rows that fail.
    failures : list of RowFailure

    Raises
    ------
    Exception
        `error`, if every row fails.
    """
    explain = partial(explained_rows, explainer, outputs=outputs)
    everything = np.arange(n_rows(rows))
    explained, errors = _by_halves(explain, rows, names, everything, error)
    if not explained:
        if len(errors) > 1:
            error.add_note(
                "explain_batches: every row of the batch fails, one by one as well."
            )
        raise error
    positions, parts = map(list, zip(*explained, strict=True))
    if failing := sorted(errors):
        positions.append(failing)
        parts.append(blank(parts[0], names[failing]))
    explanation = concatenated(parts)[np.argsort(np.concatenate(positions))]
    data = [rows, *_data_of(explainer)]
    failures = [
        RowFailure(batch, row, str(names[row]), _error_text(errors[row], data))
        for row in failing
    ]
    return explanation, failures


def _data_of(explainer):
    """What hybrid rows take from, beside the explained row."""
    drawn = [
        getattr(each, name, None)
        for _, each in explainer.perturbers_
        for name in ("draws_", "points_")
    ]
    references = explainer.disentangler_.references_
    return [references, *(draws for draws in drawn if draws is not None)]


def _by_halves(explain, rows, names, positions, error):
    """Explain halves of rows of which some fail, down to the rows themselves.

    Returns
    -------
    explained : list of (ndarray of int, Explanation)
    errors : dict of int to Exception
    """
    if len(positions) == 1:
        return [], {int(positions[0]): error}
    explained, errors = [], {}
    for half in np.array_split(positions, 2):
        try:
            explanation = explain(take(rows, half), row_names=names[half])
            explained.append((half, explanation))
        except Exception as failure:
            others, failed = _by_halves(explain, rows, names, half, failure)
            explained += others
            errors |= failed
    return explained, errors


def _error_text(error, data):
    # a model may put its whole input into a message, and files hold one for each row
    text = redacted(f"{error!s:.2000}", data)
    return f"{type(error).__name__}: {text:.300}"
