"""What rows are encoded to: every distinct row once, remembered within a bound."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b

import joblib
import numpy as np

from skdime._rows.containers import cells, n_rows, row_bytes, stack, take


@dataclass(frozen=True, eq=False)
class _Batch:
    """Rows that were encoded together."""

    rows: object
    names: list
    n_bytes: float


class Encodings:
    """The encodings of rows, each distinct one computed once.

    Copies and pickles are empty: everything can be computed again.

    Parameters
    ----------
    max_memory : int
        Bytes of encodings that are remembered; those that were not used for longest are
        forgotten first.
    """

    def __init__(self, max_memory):
        self.max_memory = max_memory
        self._lock = threading.Lock()
        self._place = {}  # name of a row -> batch, position in it
        self._batches = OrderedDict()  # the one that was not used for longest is first
        self._n_bytes = 0

    def __reduce__(self):
        return Encodings, (self.max_memory,)

    def __call__(self, encode, rows, most=None):
        """The encodings of rows.

        Parameters
        ----------
        encode : callable
            From a container of rows to a container of as many rows, the same function
            in every call. What it makes of a row must not depend on other rows.
        rows : container of rows
        most : int, default=None
            Rows that the function is given at once; None is all.

        Returns
        -------
        encodings : container of rows
            One for each row, in order.
        n_encoded : int
            Rows that the function was given.
        """
        names = row_names(rows)
        first = {}
        for position, name in enumerate(names):
            first.setdefault(name, position)
        place = self._remembered(first)
        new = [name for name in first if name not in place]
        most = most or max(len(new), 1)
        for start in range(0, len(new), most):
            some = new[start : start + most]
            encoded = _encoded(encode, take(rows, [first[name] for name in some]))
            batch = _Batch(encoded, some, len(some) * row_bytes(encoded))
            place |= self._remember(batch)
        return _gathered([place[name] for name in names]), len(new)

    def _remembered(self, names):
        with self._lock:
            place = {name: self._place[name] for name in names if name in self._place}
            for batch in {id(batch): batch for batch, _ in place.values()}.values():
                self._batches.move_to_end(id(batch))
        return place

    def _remember(self, batch):
        place = {name: (batch, i) for i, name in enumerate(batch.names)}
        with self._lock:
            if batch.n_bytes <= self.max_memory:
                self._place |= place
                self._batches[id(batch)] = batch
                self._n_bytes += batch.n_bytes
            while self._n_bytes > self.max_memory:
                self._forget(self._batches.popitem(last=False)[1])
        return place

    def _forget(self, batch):
        self._n_bytes -= batch.n_bytes
        for name in batch.names:
            # another thread may have encoded the same row
            if self._place[name][0] is batch:
                del self._place[name]


def _encoded(encode, rows):
    encoded = encode(rows)
    if n_rows(encoded) != n_rows(rows):
        raise ValueError(
            f"An encoder was given {n_rows(rows)} rows and returned "
            f"{n_rows(encoded)}. It must return one encoding for every row."
        )
    return encoded


def row_names(rows):
    """A name for every row by what it holds: equal rows have the same.

    Parameters
    ----------
    rows : container of rows

    Returns
    -------
    names : list of bytes or str
    """
    if isinstance(rows, np.ndarray) and not rows.dtype.hasobject:
        salt = f"{rows.dtype} {rows.shape[1:]}".encode()
        return [blake2b(salt + row.tobytes(), digest_size=16).digest() for row in rows]
    return list(map(_name_of_cell, cells(rows)))


def _name_of_cell(cell):
    if isinstance(cell, np.ndarray) and not cell.dtype.hasobject:
        return row_names(cell[None])[0]
    # a text is its own name, which no digest of bytes equals
    return cell if isinstance(cell, str) else joblib.hash(cell).encode()


def _gathered(places):
    """One container of the rows at these places, in order."""
    batches, rows_of = {}, {}
    for row, (batch, position) in enumerate(places):
        batches[id(batch)] = batch
        rows_of.setdefault(id(batch), []).append((row, position))
    parts, order = [], []
    for key, batch in batches.items():
        rows, positions = zip(*rows_of[key], strict=True)
        parts.append(take(batch.rows, np.array(positions)))
        order += rows
    if len(parts) == 1:
        return parts[0]
    return take(stack(parts), np.argsort(order))
