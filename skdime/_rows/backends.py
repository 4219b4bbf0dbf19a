"""Which operations fit a container: those of arrays, lists, frames or series."""

import numpy as np
import scipy.sparse as sp

from skdime._rows.arrays import _Array, _List, _Sparse
from skdime._rows.frames import _Pandas, _Polars


class _Series:
    """Series of pandas and polars: data frames of one column in all but name."""

    n_rows = _Array.n_rows

    @classmethod
    def take(cls, X, rows):
        return cls._of_frame("take", X, rows)

    @classmethod
    def stack(cls, blocks):
        frames = [block.to_frame("") for block in blocks]
        return cls._renamed(backend_of(frames[0]).stack(frames), blocks[0])

    @classmethod
    def with_cells(cls, X, cells):
        return cls._of_frame("with_cells", X, cells)

    @staticmethod
    def cells(X):
        frame = X.to_frame("")
        return backend_of(frame).cells(frame)

    @staticmethod
    def row_bytes(X):
        frame = X.to_frame("")
        return backend_of(frame).row_bytes(frame)

    @staticmethod
    def schema(X):
        library = backend_of(X.to_frame("")).__name__.strip("_").lower()
        return f"{library} series", [X.dtype], None

    @classmethod
    def _of_frame(cls, operation, X, argument):
        frame = X.to_frame("")
        return cls._renamed(getattr(backend_of(frame), operation)(frame, argument), X)

    @staticmethod
    def _renamed(frame, X):
        return backend_of(frame).column(frame, 0).rename(X.name)


def backend_of(X):
    """The operations that fit the type of `X`, or None when there are none."""
    if isinstance(X, np.ndarray):
        return _Array
    if isinstance(X, list):
        return _List
    if sp.issparse(X):
        return _Sparse
    library = type(X).__module__.partition(".")[0]
    if hasattr(X, "iloc") and hasattr(X, "columns"):
        return _Pandas
    if library == "polars" and hasattr(X, "columns") and hasattr(X, "shape"):
        return _Polars
    if library in ("pandas", "polars") and hasattr(X, "to_frame"):
        return _Series
    return None
