"""Lists of any objects behind the operations of a container.

What each operation means is said in :mod:`skdime._rows.containers`, where it is called.
"""

import numpy as np

from skdime._rows.cells import MOST_WEIGHED, as_arrays, is_missing, item_bytes, like
from skdime._rows.container import Container, Schema
from skdime._utils.listed import count

# What `kind_of_item` calls None, nan, NA and NaT.
MISSING = "missing"


class List(Container):
    """Lists: texts, arrays of unequal length, or any other objects; one column."""

    kind = name = "list"

    def n_rows(self, X):
        return len(X)

    def take(self, X, rows):
        return [X[row] for row in rows]

    def stack(self, blocks):
        return [item for block in blocks for item in block]

    def cells(self, X):
        return as_arrays(X)

    def with_cells(self, X, cells):
        return like(cells, X)

    def row_bytes(self, X):
        sample = X[:MOST_WEIGHED]
        return sum(map(item_bytes, sample)) / max(len(sample), 1)

    def schema(self, X):
        return Schema(self, frozenset(map(kind_of_item, X)))

    def as_fitted(self, name, fitted, X):
        return items_as_fitted(name, fitted.dtypes, self.schema(X).dtypes, X)

    def shared_objects(self, X):
        return [X]


def kind_of_item(item):
    """What an item of a list is: a name, and the dtype of an array or None.

    All missing markers are one kind, which goes by `MISSING`.
    """
    if isinstance(item, str):
        return "text", None
    (item,) = as_arrays([item])
    if isinstance(item, np.ndarray):
        dtype = np.dtype(item.dtype.kind) if item.dtype.kind in "SU" else item.dtype
        return f"array with {count(item.ndim, 'dimension')}", dtype
    if is_missing(item):
        return MISSING, None
    return type(item).__name__, None


def items_as_fitted(name, fitted, kinds, X):
    """A list as the one in ``fit``: arrays by the rule that is for a single one.

    Parameters
    ----------
    name : str
        What was fitted, for the message.
    fitted, kinds : frozenset of (str, dtype or None)
        Kinds of items of the list in ``fit`` and of this one.
    X : list

    Returns
    -------
    X : list
        Arrays in the dtype they had, where that loses no digits.
    """
    dtypes = {}
    for kind, dtype in fitted:
        dtypes.setdefault(kind, set()).add(dtype)
    # a missing item is no item of another kind
    targets = {(MISSING, None): None}
    for kind, dtype in kinds - targets.keys():
        allowed = dtypes.get(kind, ())
        if dtype not in allowed and not any(_is_safe(dtype, d) for d in allowed):
            raise TypeError(
                f"{name} was fitted on a list of {_kinds_text(fitted)} and is now "
                "given a list with items of another kind: "
                f"{_kinds_text([(kind, dtype)])}. The model must see the kind of items "
                "it was fitted on: convert them, as with [item.astype(...) for item in "
                "items] for arrays of another dtype."
            )
        only = next(iter(allowed)) if len(allowed) == 1 else dtype
        targets[kind, dtype] = only if only != dtype else None
    if not any(targets.values()):
        return X
    target_of = [targets[kind_of_item(item)] for item in X]
    return [
        item if dtype is None else np.asarray(item).astype(dtype)
        for item, dtype in zip(X, target_of, strict=True)
    ]


def _is_safe(dtype, other):
    return dtype is not None and np.can_cast(dtype, other, "safe")


def _kinds_text(kinds):
    texts = {kind if dtype is None else f"{kind} of {dtype}" for kind, dtype in kinds}
    return " and ".join(sorted(texts))
