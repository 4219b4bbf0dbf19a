"""Rows given to an estimator, checked once at the door and never cast."""

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import validate_data

from skdime._rows.arrays import without_mask
from skdime._rows.containers import (
    container_of,
    is_frame,
    is_multimodal,
    kind_of,
    n_rows,
    schema,
    select,
)
from skdime._rows.multimodal_array import MultimodalArray
from skdime._rows.records import from_records, is_records
from skdime._utils.listed import listed, shortened
from skdime._utils.names import column_text


def check_rows(estimator, X, *, reset):
    """Check the rows given to `estimator` and return them in their own container.

    Parameters
    ----------
    estimator : estimator
        Its ``n_features_in_`` and ``feature_names_in_`` are set (``reset=True``) or
        compared with.
    X : array-like, data frame, CSR matrix, dict or MultimodalArray of shape \
            (n_rows, n_columns, ...)
        Data frames and what is under a key stay as they are; lists become arrays,
        other sparse formats CSR, a dict a MultimodalArray, masked entries of arrays
        nan. A list of dicts is a frame as in ``fit``.
    reset : bool
        Whether this is ``fit``. Otherwise the columns of a frame are aligned by name if
        `estimator` has ``_takes_any_order``.

    Raises
    ------
    ValueError, TypeError
        If `X` has no rows, other columns, keys, dtypes or shapes of a row than in
        ``fit``, columns with the same name, or fewer than two dimensions.
    """
    if is_model(X):
        raise TypeError(
            f"X must be rows. Got a {type(X).__name__} instead, which is a model or a "
            f"function. {type(estimator).__name__} has its model as an argument of its "
            "own: pass rows alone to its methods."
        )
    if is_records(X):
        X = _from_records(estimator, X, reset)
    X = from_mapping(without_mask(X))
    if kind_of(X) == "series":
        raise ValueError(
            f"X is a {type(X).__name__}, which has one dimension. Expected 2D array or "
            "data frame: for one row pass X.iloc[[i]] (with double brackets) or "
            "X.to_frame().T with the dtypes of the training data."
        )
    if not reset:
        _check_kind(estimator, X)
    if kind_of(X) is None and hasattr(type(X), "columns"):
        # scikit-learn would make an array of a frame that nobody has registered
        container_of(X)
    if is_multimodal(X):
        _check_any_rows(X)
        if reset:
            estimator.n_features_in_ = X.shape[1]
            estimator.feature_names_in_ = np.array(list(X.keys()), dtype=object)
    elif is_frame(X):
        _check_frame(X)
        if not reset and getattr(estimator, "_takes_any_order", False):
            X = _in_order(X, estimator._schema)
        _validate(estimator, X, reset=reset, skip_check_array=True)
    else:
        _refuse_unequal(X)
        _refuse_what_is_quoted(X)
        X = _validate(
            estimator,
            X,
            reset=reset,
            dtype=None,
            accept_sparse="csr",
            ensure_all_finite=False,
            allow_nd=True,
        )
    if reset:
        estimator._schema = schema(X)
        estimator._mapping = X._mapping if is_multimodal(X) else None
    else:
        X = _as_fitted(estimator, X)
    return X


def is_model(value):
    """Whether something is called for outputs, and is no container of rows.

    Frames come first: they have an attribute for every column.
    """
    methods = callable(value) or hasattr(value, "predict") or hasattr(value, "fit")
    return kind_of(value) is None and methods


def _from_records(estimator, X, reset):
    """A list of dicts as the frame of ``fit``."""
    if reset or estimator._schema.container.kind != "data frame":
        raise TypeError(
            "X is a list of dicts, which has a meaning only where `fit` was given a "
            "data frame. Pass one: pandas.DataFrame(X)."
        )
    return from_records(X, estimator._schema)


def from_mapping(X):
    """A dict of rows as MultimodalArray; everything else as it is."""
    if isinstance(X, Mapping) and not sp.issparse(X):  # some formats are dicts, too
        if all(value is None or np.isscalar(value) for value in X.values()):
            raise TypeError(
                "X is a dict of single values, which is one row. Pass a list of dicts, "
                "[X], where `fit` was given a data frame, and else a list or an array "
                "under each key, with one item for each row."
            )
        rows = MultimodalArray(X)
        rows._mapping = type(X)
        return rows
    return X


def feature_names_of(estimator, X):
    """Names of the columns of `X`: its own, or x0, x1, ..."""
    if is_multimodal(X):
        return np.array(list(X.keys()))
    if is_frame(X):
        return np.array([column_text(name) for name in X.columns])
    return np.array([f"x{i}" for i in range(estimator.n_features_in_)])


def _refuse_unequal(X):
    """Lists of arrays of unequal shape are no array, and what numpy says is no help."""
    if not isinstance(X, (list, tuple)):
        return
    shapes = {np.shape(item) for item in X if hasattr(item, "shape")}
    if not shapes:
        shapes = {len(item) for item in X if isinstance(item, (list, tuple))}
    if len(shapes) > 1:
        raise ValueError(
            f"X is a {type(X).__name__} of arrays or lists of unequal shape, such as "
            f"{sorted(shapes)[:3]}, which make no single array. If each is what one "
            "row holds for a modality, as series of unequal length do, keep them in a "
            "list under a key: MultimodalArray(name=X, other=...)."
        )


def _validate(estimator, X, **options):
    """As scikit-learn does it, with long names cut in its messages."""
    try:
        return validate_data(estimator, X, **options)
    except ValueError as error:
        lines = str(error).rstrip("\n").split("\n")
        if "in the same order" in lines[-1]:
            lines.append("Pass X[train.columns], in the order of the frame of `fit`.")
            error.args = ("\n".join(lines),)
        if any(line.startswith("- ") for line in lines):
            error.args = ("\n".join([lines[0], *map(shortened, lines[1:])]),)
        raise


def _refuse_what_is_quoted(X):
    """Refuse what scikit-learn refuses as well, with all of X in the message."""
    is_array = hasattr(X, "dtype") and hasattr(X, "ndim")
    array = X if is_array else np.asarray(X)
    if getattr(array.dtype, "kind", None) == "c":
        raise ValueError(
            "Complex data not supported. Give X the real and the imaginary parts as "
            "columns of their own."
        )
    if not array.ndim and not is_array:
        container_of(X)
    if array.ndim < 2 and not sp.issparse(X):
        what = "1D array" if array.ndim else "scalar array"
        raise ValueError(
            f"Expected 2D array, got {what} instead: X has shape {array.shape}. "
            "Reshape your data either using array.reshape(-1, 1) if your data has a "
            "single feature or array.reshape(1, -1) if it contains a single sample."
        )
    _check_any_rows(array)


def _check_frame(X):
    names = list(X.columns)
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f"X has several columns of the same name: [{listed(repeated)}]. Modalities "
            "are made of named columns: give every column a name of its own."
        )
    _check_any_rows(X)


def _in_order(X, fitted):
    """The columns of ``fit``, by name, of a frame that has all of them and others."""
    if fitted.container.kind != "data frame":
        return X
    names = list(X.columns)
    if names == fitted.layout or not set(fitted.layout) <= set(names):
        return X
    return select(X, [names.index(name) for name in fitted.layout])


def _check_any_rows(X):
    if not n_rows(X):
        raise ValueError(
            f"X has no rows (shape={X.shape}), but at least 1 is needed. Pass rows."
        )


def _check_kind(estimator, X):
    """Keys have no counterpart in any other container."""
    fitted = estimator._schema.container
    if is_multimodal(X) != (fitted.kind == "MultimodalArray"):
        raise TypeError(
            f"{type(estimator).__name__} was fitted on a {fitted.name} and is now "
            f"given an object of type {type(X).__name__}. The model must see the "
            "container it was fitted on."
        )


def _as_fitted(estimator, X):
    """Rows in container and dtypes as those in ``fit``; only safe casts pass."""
    fitted, name = estimator._schema, type(estimator).__name__
    if is_multimodal(X):
        rows = _keys_as_fitted(name, fitted.dtypes, X)
        rows._mapping = estimator._mapping
        return rows
    # scikit-learn has warned that names are missing, or not asked for
    names = getattr(estimator, "feature_names_in_", None)
    return _container_as_fitted(name, fitted, _converted(X, fitted.container, names))


def _converted(X, container, names):
    """An array as a data frame, or a data frame as an array, as far as that goes."""
    kinds = kind_of(X), container.kind
    if kinds == ("data frame", "array"):
        return X.to_numpy()
    if kinds == ("array", "data frame") and names is not None and X.ndim == 2:
        return container.of_array(X, names)
    return X


def _keys_as_fitted(name, fitted, X):
    """The keys in the order of ``fit``, what is under each as it was there."""
    if set(X.keys()) != set(fitted):
        raise ValueError(
            f"{name} was fitted on the keys [{listed(list(fitted))}] and is now given "
            f"[{listed(list(X.keys()))}]. Put the same modalities into X."
        )
    as_fitted = {}
    for key, schema_of_key in fitted.items():
        place = f"{name}, under the key {key!r:.60},"
        as_fitted[key] = _container_as_fitted(place, schema_of_key, X[key])
    return MultimodalArray(as_fitted)


def _container_as_fitted(name, fitted, X):
    """One container as the one in ``fit``, of which `fitted` is the schema."""
    container = container_of(X)
    if container.name != fitted.container.name:
        raise TypeError(
            f"{name} was fitted on a {fitted.container.name} and is now given a "
            f"{container.name}. The model must see the container it was fitted on: "
            "convert X first."
        )
    return container.as_fitted(name, fitted, X)
