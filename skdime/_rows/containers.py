"""What a container of rows can do, whatever library it comes from.

Rows are taken, columns are selected, and blocks of columns are joined again into
the container that the model was fitted on. What a row holds is taken out as a cell
and put back. The columns of a MultimodalArray are its keys.
"""

import numpy as np

from skdime._rows.multimodal import Multimodal
from skdime._rows.multimodal_array import MultimodalArray
from skdime._rows.registry import find_container

_MULTIMODAL = Multimodal()


def container_of(X):
    """What stands for the kind of container of `X`; `TypeError` where it is none."""
    container = _container_or_none(X)
    if container is None:
        raise TypeError(
            f"X is of type {type(X).__name__}, which is no container of rows that "
            f"skdime knows.{_advice(X)} Pass a numpy array, a pandas or polars data "
            "frame, a CSR matrix, a MultimodalArray or a dict of these."
        )
    return container


def _advice(X):
    """How an object of another library becomes one that skdime knows."""
    library = type(X).__module__.partition(".")[0]
    if library == "polars":
        return " Collect it first: X.collect()."
    if library.startswith("dask"):
        return " Compute it first, X.compute(), or explain it with explain_batches."
    if library == "pyarrow":
        return " Convert it first: X.to_pandas(), or polars.from_arrow(X)."
    return ""


def _container_or_none(X):
    return _MULTIMODAL if is_multimodal(X) else find_container(X)


def kind_of(X):
    """What kind of container `X` is, as "data frame"; None if it is no container."""
    container = _container_or_none(X)
    return None if container is None else container.kind


def is_frame(X):
    """Whether `X` is a data frame."""
    return kind_of(X) == "data frame"


def column_names(X):
    """Names of the columns of a data frame as a list; None of all else."""
    return list(X.columns) if is_frame(X) else None


def is_multimodal(X):
    """Whether `X` is a MultimodalArray."""
    return isinstance(X, MultimodalArray)


def is_categorical(X):
    """Whether `X` is one column that can hold certain values only."""
    return container_of(X).is_categorical(X)


def is_dense_numeric(X):
    """Whether `X` is a table of nothing but numbers and booleans, none of it sparse."""
    return container_of(X).is_dense_numeric(X)


def as_floats(X):
    """A table that :func:`is_dense_numeric` as float64 array, missing values as nan."""
    return container_of(X).as_floats(X)


def shared_objects(X):
    """Lists of the objects that rows hold, which rows taken from others share."""
    return container_of(X).shared_objects(X)


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


def row_labels(X, start=0):
    """What names the rows: the index of a pandas frame, or `start`, `start` + 1, ..."""
    labels = container_of(X).row_labels(X)
    return np.arange(start, start + n_rows(X)) if labels is None else labels


def schema(X):
    """What the model rests on, a :class:`~skdime._rows.container.Schema`."""
    return container_of(X).schema(X)


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
