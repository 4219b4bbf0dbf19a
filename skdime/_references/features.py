"""Numbers that tell references apart, standardised by all rows they are drawn from."""

import numpy as np

from skdime._rows.containers import column, is_multimodal
from skdime._rows.values import as_labels, as_numbers, is_number

# Categories of a smaller share tell too little about a mean.
_LEAST_SHARE = 0.05


def reference_features(block, rows):
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
    if is_multimodal(block):
        parts = [v for v in block.values() if len(getattr(v, "shape", ())) == 2]
    else:
        parts = [block] if len(block.shape) == 2 else []
    found = [np.empty((len(rows), 0))]
    for part in parts:
        if not hasattr(part, "indptr"):
            found += [_features(column(part, j), rows) for j in range(part.shape[1])]
    return np.hstack(found)


def _features(values, rows):
    if is_number(values):
        numbers = as_numbers(values)
        known = np.where(np.isfinite(numbers), numbers, np.nan)
        if np.isnan(known).all():
            return np.empty((len(rows), 0))
        return _standardised(np.nan_to_num(known, nan=np.nanmean(known))[:, None], rows)
    try:
        labels = as_labels(values)
    except ValueError:  # cells that hold arrays
        return np.empty((len(rows), 0))
    names, codes = np.unique([str(label) for label in labels], return_inverse=True)
    shares = np.bincount(codes) / len(codes)
    frequent = np.flatnonzero(shares >= _LEAST_SHARE) if len(names) > 1 else []
    return _standardised(
        (codes[:, None] == np.array(frequent, int)).astype(float), rows
    )


def _standardised(values, rows):
    spread = values.std(axis=0)
    varied = spread > 1e-12 * np.abs(values).max(axis=0, initial=1.0)
    centred = (values - values.mean(axis=0))[:, varied]
    return centred[rows] / spread[varied]
