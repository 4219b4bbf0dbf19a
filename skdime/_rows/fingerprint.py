"""Rows by what they hold: a name of theirs, and which occur for the first time."""

import hashlib

import joblib
import numpy as np

from skdime._rows.containers import (
    column,
    is_frame,
    is_multimodal,
    kind_of,
    n_rows,
    take,
)


def fingerprint(rows):
    """A name of rows by what they hold, the same in every process and layout.

    Parameters
    ----------
    rows : container of rows

    Returns
    -------
    name : str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for piece in _pieces(rows):
        digest.update(len(piece).to_bytes(8, "little"))
        digest.update(piece)
    return digest.hexdigest()


def distinct_rows(rows):
    """Positions of rows that hold what no row before them holds.

    Parameters
    ----------
    rows : container of rows

    Returns
    -------
    positions : ndarray of int
        Ascending.
    """
    names = [fingerprint(take(rows, [i])) for i in range(n_rows(rows))]
    return np.sort(np.unique(names, return_index=True)[1])


def _pieces(rows):
    if is_multimodal(rows):
        for key, part in rows.items():
            yield key.encode()
            yield from _pieces(part)
    elif is_frame(rows):
        for position, name in enumerate(rows.columns):
            yield str(name).encode()
            yield from _pieces(np.asarray(column(rows, position)))
    elif kind_of(rows) == "sparse matrix":
        rows = rows.tocsr().copy()
        rows.sum_duplicates()
        yield from _pieces(rows.data)
        for part in (rows.indices, rows.indptr):
            yield from _pieces(part.astype(np.int64))
        yield str(rows.shape).encode()
    elif isinstance(rows, list):
        yield str(len(rows)).encode()
        for item in rows:
            yield from _pieces_of_item(item)
    else:
        array = np.asarray(rows)
        yield f"{array.dtype} {array.shape}".encode()
        if array.dtype.hasobject:
            for item in array.ravel():
                yield from _pieces_of_item(item)
        else:
            yield np.ascontiguousarray(array).tobytes()


def _pieces_of_item(item):
    if isinstance(item, np.ndarray):
        yield from _pieces(item)
    elif item is None or isinstance(item, (str, bytes, bool, int, float)):
        yield repr(item).encode()
    else:
        yield joblib.hash(item).encode()
