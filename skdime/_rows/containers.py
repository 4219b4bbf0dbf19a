"""What a container of rows can do, whatever library it comes from.

Rows are taken, columns are selected, and blocks of columns are joined again into
the container that the model was fitted on. What a row holds is taken out as a cell
and put back. The columns of a MultimodalArray are its keys.
"""

import sys

import numpy as np

from skdime._rows.backends import backend_of
from skdime._rows.multimodal_array import MultimodalArray


class _Multimodal:
    """Containers of containers: what lies under a key is left to its own type."""

    @staticmethod
    def n_rows(X):
        return len(X)

    @staticmethod
    def take(X, rows):
        return X[rows]

    @staticmethod
    def select(X, columns):
        keys = list(X.keys())
        chosen = [keys[position] for position in np.arange(len(keys))[columns]]
        return MultimodalArray({key: X[key] for key in chosen})

    @staticmethod
    def join(blocks, columns):
        found = [
            (position, key, _with_fresh_index(rows))
            for block, positions in zip(blocks, columns, strict=True)
            for position, (key, rows) in zip(positions, block.items(), strict=True)
        ]
        found.sort(key=lambda entry: entry[0])
        return MultimodalArray({key: rows for _, key, rows in found})

    @staticmethod
    def stack(blocks):
        return MultimodalArray(
            {key: stack([block[key] for block in blocks]) for key in blocks[0]}
        )

    @staticmethod
    def column(X, position):
        return list(X.values())[position]

    @staticmethod
    def cells(X):
        held = [cells(rows) for rows in X.values()]
        return held[0] if len(held) == 1 else list(zip(*held, strict=True))

    @staticmethod
    def with_cells(X, replaced):
        held = [replaced]
        if X.shape[1] > 1:
            held = [[cell[k] for cell in replaced] for k in range(X.shape[1])]
        return MultimodalArray(
            {
                key: with_cells(rows, items)
                for (key, rows), items in zip(X.items(), held, strict=True)
            }
        )

    @staticmethod
    def row_bytes(X):
        return sum(map(row_bytes, X.values()))

    @staticmethod
    def schema(X):
        held = {key: schema(rows) for key, rows in X.items()}
        return "MultimodalArray", held, list(held)


def _with_fresh_index(rows):
    """pandas aligns by labels, and those of a hybrid come from different rows."""
    return rows.reset_index(drop=True) if hasattr(rows, "reset_index") else rows


def container_of(X):
    """The operations that fit the type of `X`; `TypeError` when there are none."""
    found = _Multimodal if is_multimodal(X) else backend_of(X)
    if found is None:
        raise TypeError(
            f"X is of type {type(X).__name__}, which is no container of rows that "
            "skdime knows. Pass a numpy array, a pandas or polars data frame, a CSR "
            "matrix or a MultimodalArray."
        )
    return found


def is_frame(X):
    """Whether `X` is a pandas or polars data frame."""
    return not isinstance(X, np.ndarray) and hasattr(X, "columns")


def is_multimodal(X):
    """Whether `X` is a MultimodalArray."""
    return isinstance(X, MultimodalArray)


def is_categorical(X):
    """Whether `X` is one column that can hold certain values only."""
    if is_multimodal(X) and X.shape[1] == 1:
        (X,) = X.values()
    if is_frame(X) and X.shape[1] == 1:
        X = column(X, 0)
    return hasattr(getattr(X, "dtype", None), "categories")


def n_rows(X):
    """Number of rows of any container."""
    return container_of(X).n_rows(X)


def take(X, rows):
    """The given rows of `X`, in that order, in a container of the same type."""
    return container_of(X).take(X, rows)


def select(X, columns):
    """The given columns of `X` by position, in a container of the same type."""
    return container_of(X).select(X, columns)


def join(blocks, columns):
    """Put blocks of columns side by side, each column back at its position.

    Parameters
    ----------
    blocks : list of containers
        Equally long, all of the same type.
    columns : list of ndarray of int
        For each block, the positions of its columns in the result. Together they
        hold every position once.
    """
    return container_of(blocks[0]).join(blocks, columns)


def stack(blocks):
    """One container with the rows of several of the same type, in order."""
    return container_of(blocks[0]).stack(blocks)


def column(X, position):
    """One column, as the one-dimensional object of its own library."""
    return container_of(X).column(X, position)


def with_values(X, values):
    """A container of one column, with other numbers in it and the same dtype."""
    return container_of(X).with_values(X, values)


def cells(X):
    """What each row of `X` holds, as a sequence of one cell per row.

    Returns
    -------
    cells : sequence of length n_rows
        Of one column its items: texts, numbers, arrays (also for series in the cells
        of a frame), any objects. Of several columns of a table one-dimensional arrays,
        float64 if all columns of a frame are numeric. Of an array with three or more
        dimensions the arrays ``X[i]``. Of several keys of a MultimodalArray tuples.
    """
    return container_of(X).cells(X)


def with_cells(X, cells):
    """A container like `X` that holds other cells.

    Parameters
    ----------
    X : container of rows
        Gives type, columns and dtypes; not the number of rows.
    cells : sequence of cells
        As from :func:`cells`.

    Raises
    ------
    ValueError
        If the cells have another shape, or values that the dtype cannot hold.
    """
    return container_of(X).with_cells(X, cells)


def row_bytes(X):
    """Bytes that one row takes, on average."""
    return float(container_of(X).row_bytes(X))


def row_labels(X):
    """What names the rows: the index of a pandas frame, or 0, 1, 2, ..."""
    index = getattr(X, "index", None)
    if is_frame(X) and index is not None:
        labels = np.empty(len(index), dtype=object)
        labels[:] = index.tolist()
        plain = np.asarray(index)
        return plain if plain.ndim == 1 and plain.dtype.kind in "biufU" else labels
    return np.arange(n_rows(X))


def schema(X):
    """What the model rests on: kind of container, dtype or dtypes, and layout.

    The layout is the names of the columns of a frame, the shape of a row of an array,
    the keys of a MultimodalArray, whose dtypes are one schema for each key. Of a list
    the dtypes are the kinds of its items.
    """
    return container_of(X).schema(X)


def converted(X, library, names):
    """An array as a data frame or a data frame as an array, as far as that goes.

    Parameters
    ----------
    X : numpy array or data frame
    library : str
        The first entry of the :func:`schema` wanted.
    names : ndarray of str or None
        Names of the columns of a frame.
    """
    if library == "numpy array" and is_frame(X):
        return X.to_numpy()
    if names is not None and X.ndim == 2 and library.endswith("data frame"):
        frames = sys.modules[library.partition(" ")[0]]
        return frames.DataFrame({name: X[:, i] for i, name in enumerate(names)})
    return X


def first_failing(function, rows):
    """Position of the first row that a function of rows fails on by itself, or None.

    It is found by halving: of many rows, few are tried.
    """
    start, stop = 0, n_rows(rows)
    while stop - start > 1:
        middle = (start + stop) // 2
        if _fails(function, rows, start, middle):
            stop = middle
        else:
            start = middle
    return start if _fails(function, rows, start, stop) else None


def _fails(function, rows, start, stop):
    try:
        function(take(rows, np.arange(start, stop)))
    except Exception:
        return True
    return False
