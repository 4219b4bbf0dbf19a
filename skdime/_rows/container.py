"""The contract of classes that stand for one kind of container each."""

from typing import NamedTuple


class Schema(NamedTuple):
    """What a model rests on.

    Attributes
    ----------
    container : Container
        What stands for its kind.
    dtypes : dtype, list of dtype, frozenset or dict
        Dtype or dtypes; of a list the kinds of its items, of a MultimodalArray the
        schema under each key.
    layout : tuple, list or None
        Shape of a row of an array, names of the columns of a frame, keys of a
        MultimodalArray.
    """

    container: object
    dtypes: object
    layout: object = None


class Container:
    """Operations on one kind of container.

    A new kind is a subclass and one line in :mod:`skdime._rows.registry`. It has the
    operations of :mod:`skdime._rows.containers` that its kind allows: lists and series,
    for example, lie under keys and have no columns to select. Three more:

    - ``as_fitted(name, fitted, X)`` returns rows in the dtypes of the :class:`Schema`
      `fitted`, or raises an error about what `name` was fitted on;
    - ``scale(column)`` and ``as_numbers(column)`` are those of
      :mod:`skdime._rows.values`, for what is a single column.

    Here are the answers of kinds that have nothing special.

    Attributes
    ----------
    kind : str
        "array", "list", "sparse matrix", "data frame", "series" or "MultimodalArray".
    name : str
        Library and kind, for messages.
    """

    kind = ""
    name = ""

    def n_rows(self, X):
        return X.shape[0]

    def is_dense_numeric(self, X):
        return False

    def is_categorical(self, X):
        return False

    def row_labels(self, X):
        return None

    def with_fresh_labels(self, X):
        return X

    def shared_objects(self, X):
        return []
