"""Which rows are references, how many are drawn, and what each of them counts."""

from typing import NamedTuple

import numpy as np

from skdime._references.average import average_row
from skdime._references.count import (
    LEAST_REFERENCES,
    MOST_REFERENCES,
    needed_references,
)
from skdime._references.strata import draw_references
from skdime._references.tuples import orders_of_strata
from skdime._references.weighting import MOST_EVALUATED, Weighting
from skdime._rows.containers import (
    column,
    is_multimodal,
    kind_of,
    n_rows,
    select,
    take,
)
from skdime._rows.fingerprint import distinct_rows
from skdime._rows.validation import check_rows
from skdime._rows.values import as_labels, as_numbers, is_number
from skdime._utils.names import noting
from skdime._utils.rounding import DOUBLE_PRECISION
from skdime._utils.warn import warn

# Fewer references are worth a warning: their standard errors are known to 16 % at best.
_FEW = 20
# Categories of a smaller share tell too little about a mean.
_LEAST_SHARE = 0.05


class ReferenceRows(NamedTuple):
    """The rows that stand in for absent modalities.

    Attributes
    ----------
    rows : container of rows
    kind : {"sample", "average", "rows"}
        Drawn from the rows given to ``fit``, their average, or those of the user.
    positions : ndarray of int of shape (n_references,) or None
        Of a sample where its rows are among all.
    order : ndarray of int of shape (n_references,) or None
        A sample in the order of strata, where it was drawn in such.
    converged : bool
        Whether a sample is as large as `tol` asks for.
    """

    rows: object
    kind: str
    positions: np.ndarray | None = None
    order: np.ndarray | None = None
    converged: bool = True


def kind_of_references(references):
    """What the `references` of a Disentangler are: "sample", "average" or "rows"."""
    return references if isinstance(references, str) else "rows"


def choose_references(disentangler, engine, X, modalities, random_state):
    """The reference rows that the parameters of a Disentangler ask for.

    Parameters
    ----------
    disentangler : Disentangler
        Has the schema of `X`.
    engine : Engine
        Evaluates a pilot for ``n_references="auto"``.
    X : container of rows
        Those given to ``fit``.
    modalities : list of (str, ndarray of int)
    random_state : RandomState

    Returns
    -------
    references : ReferenceRows
    """
    kind = kind_of_references(disentangler.references)
    if kind != "sample" and disentangler.reference_weights != "uniform":
        raise ValueError(
            "reference_weights='calibrated' makes a sample like all rows given to fit, "
            f"but references={kind!r:.60} are no sample. Set "
            "reference_weights='uniform', or references='sample'."
        )
    if kind == "average":
        return ReferenceRows(average_row(X, modalities), kind)
    if kind == "rows":
        with noting("This is about the parameter `references`, not about X."):
            rows = check_rows(disentangler, disentangler.references, reset=False)
        return ReferenceRows(take(rows, distinct_rows(rows)), kind)
    if n_rows(X) < 2:
        raise ValueError(
            f"At least 2 rows are needed as references, got n_samples = {n_rows(X)}. "
            "Pass more rows to fit, or rows of your own as `references`."
        )
    count, converged = count_references(
        disentangler.n_references, engine, X, modalities, disentangler.tol, random_state
    )
    drawn = draw_references(X, modalities, count, random_state)
    return ReferenceRows(take(X, drawn.positions), kind, *drawn, converged)


def count_references(wanted, engine, X, modalities, tol, random_state):
    """Number of references, and whether they are as many as `tol` asks for.

    Parameters
    ----------
    wanted : int, "auto" or None
    engine : Engine
        Evaluates a pilot for "auto".
    X : container of rows
        Rows to draw from.
    modalities : list of (str, ndarray of int)
    tol : float
    random_state : RandomState

    Returns
    -------
    count : int or None
        None for all rows.
    converged : bool
    """
    if wanted != "auto":
        _warn_if_few(wanted, n_rows(X))
        return wanted, True
    needed = needed_references(engine, X, modalities, tol, random_state)
    available = min(MOST_REFERENCES, n_rows(X))
    if needed > available:
        warn(
            f"A standard error of tol={tol:g} would need {needed:,} references; "
            f"{available:,} are drawn. Choose a larger tol, give n_references a "
            "number, or pass more rows to fit."
        )
    return max(LEAST_REFERENCES, min(needed, available)), needed <= available


def weigh_references(how, X, chosen, references):
    """For each modality the weights of the tuples that stand for all others.

    Parameters
    ----------
    how : {"uniform", "calibrated"}
    X : container of rows
        Rows that references were drawn from.
    chosen : ReferenceRows
    references : References

    Returns
    -------
    weightings : list of Weighting
        One and the same for three and more modalities, so that an additive model
        stays without interaction.
    """
    n, n_modalities = len(references), len(references.modalities)
    # tuples of all rows are still a sample of all combinations: of three and more
    # modalities, or of two whose mean output is one over tuples
    stands_for = np.inf
    if references.is_complete:
        stands_for = n
    elif not references.baseline_of_tuples:
        stands_for = n_rows(X)
    orders = orders_of_strata(references.tuples, chosen.order)
    if how == "uniform" or n == n_rows(X) or n > MOST_EVALUATED:
        return [Weighting(n, None, stands_for, orders)] * n_modalities
    features = [
        _reference_features(select(X, columns), chosen.positions[order])
        for (_, columns), order in zip(
            references.modalities, references.tuples, strict=True
        )
    ]
    if n_modalities > 2:
        weighting = Weighting(n, np.hstack(features), orders=orders)
        return [weighting] * n_modalities
    return [Weighting(n, part, stands_for, orders) for part in reversed(features)]


def _warn_if_few(wanted, n):
    if wanted is not None and wanted < min(_FEW, n):
        warn(
            f"UC and MI compare with {wanted} references only; their standard errors "
            f"say what that costs. Set n_references to {_FEW} or more."
        )
    elif n < _FEW:
        warn(
            f"UC and MI compare with {n} references only, all rows that fit was given. "
            f"Pass {_FEW} rows or more, best those that the model was trained on."
        )


def _reference_features(block, rows):
    """Features of the references of one modality, of mean 0 and variance 1 over all.

    Parameters
    ----------
    block : container of rows
        The modality's columns in all rows.
    rows : ndarray of int of shape (n_references,)
        Positions of the references.

    Returns
    -------
    features : ndarray of shape (n_references, n_features)
        Numbers, missing ones at their mean, and indicators of frequent categories;
        none for series, texts, images and sparse columns.
    """
    tables = block.values() if is_multimodal(block) else [block]
    features = [np.empty((len(rows), 0))]
    for table in tables:
        if kind_of(table) in ("array", "data frame") and len(table.shape) == 2:
            n_columns = table.shape[1]
            features += [_features(column(table, j), rows) for j in range(n_columns)]
    return np.hstack(features)


def _features(values, rows):
    if is_number(values):
        numbers = as_numbers(values)
        finite = np.where(np.isfinite(numbers), numbers, np.nan)
        if np.isnan(finite).all():
            return np.empty((len(rows), 0))
        columns = np.nan_to_num(finite, nan=np.nanmean(finite))[:, None]
        return _standardised(columns, rows)
    try:
        labels = as_labels(values)
    except ValueError:  # cells that hold arrays
        return np.empty((len(rows), 0))
    names, codes = np.unique([str(label) for label in labels], return_inverse=True)
    shares = np.bincount(codes) / len(codes)
    frequent = np.flatnonzero((shares >= _LEAST_SHARE) & (len(names) > 1))
    return _standardised((codes[:, None] == frequent).astype(float), rows)


def _standardised(values, rows):
    spread = values.std(axis=0)
    varied = spread > DOUBLE_PRECISION * np.abs(values).max(axis=0, initial=1.0)
    centred = (values - values.mean(axis=0))[:, varied]
    return centred[rows] / spread[varied]
