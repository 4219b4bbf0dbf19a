"""Equally long arrays and lists, one for each modality, as one container of rows."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from contextlib import suppress
from typing import Any, overload

import numpy as np
import scipy.sparse as sp

from skdime._rows.arrays import without_mask
from skdime._rows.registry import find_container
from skdime._utils.listed import listed, shortened

# Keys that are printed.
_MOST_LINES = 20


class MultimodalArray:
    """Rows that combine arrays and lists of any shape: images, texts, series, tables.

    A thin dict of equally long arrays and lists that is cut by rows like one array,
    so that :func:`~sklearn.model_selection.train_test_split`,
    :func:`~sklearn.model_selection.cross_validate` and
    :class:`~sklearn.model_selection.GridSearchCV` take it as X. The model finds under
    every key the kind that was put there: a list stays a list, an array an array, a
    data frame a data frame.

    Parameters
    ----------
    data : dict or MultimodalArray, default=None
        From names of modalities to their rows. Rows are numpy arrays of any shape
        (n_rows, ...), lists (of texts, of arrays of unequal length, of anything),
        pandas or polars data frames and series, or sparse matrices, which become CSR.
        Nothing is copied. An array of shape (n_rows, n_columns) is a table. Series are
        an array of shape (n_rows, n_channels, n_timepoints), ``array[:, None]`` for
        one channel, or a list of arrays of shape (n_timepoints,).
    **more : array, list, data frame, series or sparse matrix
        The same, by keyword; it takes the place of what `data` has under the key.

    Attributes
    ----------
    shape : tuple of int
        Number of rows and number of keys.
    ndim : int
        Always 2.

    Raises
    ------
    ValueError
        If there are no keys, or the rows are not equally long.
    TypeError
        If a key is no string, or what is under it no container of rows.

    See Also
    --------
    Disentangler : Takes it as X; keys are columns in ``modalities``.

    Examples
    --------
    >>> import numpy as np
    >>> from skdime import MultimodalArray
    >>> X = MultimodalArray(
    ...     image=np.zeros((3, 8, 8)),
    ...     question=["what is it?", "where?", "how many?"],
    ... )
    >>> X.shape
    (3, 2)
    >>> X[1:]["question"]
    ['where?', 'how many?']
    >>> X[np.array([True, False, True])]
    MultimodalArray of 2 rows:
      image: numpy array of shape (2, 8, 8), float64
      question: list of 2
    """

    ndim = 2

    def __init__(
        self, data: Mapping[str, Any] | MultimodalArray | None = None, /, **more: Any
    ) -> None:
        if data is not None and not isinstance(data, (Mapping, MultimodalArray)):
            raise TypeError(
                f"MultimodalArray takes a dict from names of modalities to their rows, "
                f"got {type(data).__name__}. Write MultimodalArray(name=rows, ...)."
            )
        # the class that an estimator was given rows in, and the model gets them in
        self._mapping = getattr(data, "_mapping", None)
        data = {**dict(data or {}), **more}
        self._data = {key: _checked(key, rows) for key, rows in data.items()}
        self._n_rows = _common_length(self._data)

    @property
    def shape(self) -> tuple[int, int]:
        return self._n_rows, len(self._data)

    def _like(self, data):
        """Other rows, for the same model."""
        rows = MultimodalArray(data)
        rows._mapping = self._mapping
        return rows

    def _as_given(self):
        """The rows in the class that they were given in, or as they are."""
        if self._mapping is None:
            return self
        data = dict(self._data)
        for build in (self._mapping, lambda items: self._mapping(**items)):
            # some take a dict, some keywords, and files cannot be made of either
            with suppress(Exception):
                return build(data)
        return data

    def keys(self) -> KeysView[str]:
        """Name the modalities.

        Returns
        -------
        keys : dict view of str
            In the order in which they were put in.
        """
        return self._data.keys()

    def values(self) -> ValuesView[Any]:
        """List the rows of every modality.

        Returns
        -------
        values : dict view of array, list, data frame, series or CSR matrix
            As they were put in, in the order of :meth:`keys`.
        """
        return self._data.values()

    def items(self) -> ItemsView[str, Any]:
        """Pair names with rows.

        Returns
        -------
        items : dict view of (str, array, list, data frame, series or CSR matrix)
            In the order of :meth:`keys`.
        """
        return self._data.items()

    def __len__(self) -> int:
        return self._n_rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __contains__(self, key: object) -> bool:
        return key in self._data

    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def __getitem__(self, key: Any) -> MultimodalArray: ...

    def __getitem__(self, key):
        if isinstance(key, str):
            return self._under(key)
        if isinstance(key, tuple):  # scikit-learn asks for X[rows, ...]
            key, columns = key
            return (self if columns is Ellipsis else self._select(columns))[key]
        rows = np.arange(self._n_rows)[_as_rows(key)]
        rows_by_key = {key: find_container(v).take(v, rows) for key, v in self.items()}
        return self._like(rows_by_key)

    def _under(self, key):
        if key not in self._data:
            keys = listed(list(self._data))
            raise KeyError(f"{key!r:.60} is no key; the keys are [{keys}]")
        return self._data[key]

    def _select(self, columns):
        names = np.array(list(self._data), dtype=object)
        columns = np.atleast_1d(names[columns])
        return self._like({name: self._data[name] for name in columns})

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "A MultimodalArray is no single array. The model must read its modalities "
            f"by name, X[{next(iter(self._data))!r:.60}], before it computes."
        )

    def __repr__(self):
        lines = [
            f"  {shortened(key)}: {_described(rows)}"
            for key, rows in self._data.items()
        ]
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES:] = [f"  and {len(lines) - _MOST_LINES} keys more"]
        return "\n".join([f"MultimodalArray of {self._n_rows} rows:", *lines])


def _checked(key, rows):
    if not isinstance(key, str):
        raise TypeError(
            f"The keys of a MultimodalArray must be strings, got {key!r:.60} of type "
            f"{type(key).__name__}. Name the modality."
        )
    rows = rows.tocsr() if sp.issparse(rows) else without_mask(rows)
    if find_container(rows) is None or getattr(rows, "shape", None) == ():
        raise TypeError(
            f"Under the key {key!r:.60} is an object of type {type(rows).__name__}, "
            "which "
            "is no container of rows. Pass a numpy array, a list, a data frame, a "
            "series or a sparse matrix with one item for each row, as in list(rows) or "
            "np.asarray(rows)."
        )
    return rows


def _common_length(data):
    if not data:
        raise ValueError(
            "A MultimodalArray needs at least one modality, got none. Pass a dict from "
            "names to arrays or lists."
        )
    lengths = {key: find_container(rows).n_rows(rows) for key, rows in data.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"All modalities must have the same number of rows, got {lengths}. "
            "Leave out the rows that lack a modality, or fill them."
        )
    return next(iter(lengths.values()))


def _as_rows(key):
    """A row, rows, a mask or a slice, as what numpy takes and keeps an axis."""
    if isinstance(key, slice):
        return key
    rows = np.atleast_1d(np.asarray(key))
    if not rows.size and rows.dtype.kind == "f":
        return rows.astype(int)
    if rows.dtype.kind not in "iub" or rows.ndim > 1:
        raise IndexError(
            "A MultimodalArray is indexed by a key, or by rows: an integer, integers, "
            f"a slice or a mask; got {key!r:.60}."
        )
    return rows


def _described(rows):
    container = find_container(rows)
    if container.kind == "list":
        return f"list of {len(rows)}"
    dtype = f", {rows.dtype}" if container.kind in ("array", "sparse matrix") else ""
    return f"{container.name} of shape {rows.shape}{dtype}"
