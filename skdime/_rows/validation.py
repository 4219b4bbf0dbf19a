"""Rows given to an estimator, checked once at the door and never cast."""

from collections.abc import Mapping

import numpy as np
from sklearn.utils.validation import validate_data

from skdime._rows.arrays import items_as_fitted
from skdime._rows.containers import (
    container_of,
    converted,
    is_frame,
    is_multimodal,
    n_rows,
    schema,
)
from skdime._rows.multimodal_array import MultimodalArray


def check_rows(estimator, X, *, reset):
    """Check the rows given to `estimator` and return them in their own container.

    Parameters
    ----------
    estimator : estimator
        Its ``n_features_in_`` and ``feature_names_in_`` are set (``reset=True``) or
        compared with.
    X : array-like, data frame, CSR matrix or MultimodalArray of shape \
            (n_rows, n_columns, ...)
        Data frames and what is under a key stay as they are; lists become arrays,
        other sparse formats CSR.
    reset : bool
        Whether this is ``fit``.

    Raises
    ------
    ValueError, TypeError
        If `X` has no rows, other columns, keys, dtypes or shapes of a row than in
        ``fit``, columns with the same name, or fewer than two dimensions.
    """
    if isinstance(X, Mapping) and not hasattr(X, "shape"):  # as some sparse matrices
        raise TypeError(
            f"X is a {type(X).__name__} with the keys {list(X)[:5]}, which is no "
            "container of rows. Wrap it: MultimodalArray(X), whose keys are modalities."
        )
    if len(getattr(X, "shape", ())) == 1 and hasattr(X, "to_frame"):
        raise ValueError(
            f"X is a {type(X).__name__}, which has one dimension. Expected 2D array or "
            "data frame: for one row pass X.iloc[[i]] (with double brackets) or "
            "X.to_frame().T with the dtypes of the training data."
        )
    if not reset:
        _check_kind(estimator, X)
    if is_multimodal(X):
        _check_any_rows(X)
        if reset:
            estimator.n_features_in_ = X.shape[1]
            estimator.feature_names_in_ = np.array(list(X.keys()), dtype=object)
    elif is_frame(X):
        _check_frame(X)
        validate_data(estimator, X, reset=reset, skip_check_array=True)
    else:
        _refuse_unequal(X)
        X = validate_data(
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
    else:
        X = _check_schema(estimator, X)
    return X


def feature_names_of(estimator, X):
    """Names of the columns of `X`: its own, or x0, x1, ..."""
    if is_multimodal(X):
        return np.array(list(X.keys()))
    if is_frame(X):
        return np.array([str(name) for name in X.columns])
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


def _check_frame(X):
    container_of(X)
    names = list(X.columns)
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f"X has several columns of the same name: {repeated[:5]}. Modalities are "
            "made of named columns: give every column a name of its own."
        )
    _check_any_rows(X)


def _check_any_rows(X):
    if not n_rows(X):
        raise ValueError(
            f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is "
            "required."
        )


def _check_kind(estimator, X):
    """Keys have no counterpart in any other container."""
    fitted = estimator._schema[0]
    if is_multimodal(X) != (fitted == "MultimodalArray"):
        raise TypeError(
            f"{type(estimator).__name__} was fitted on a {fitted} and is now given an "
            f"object of type {type(X).__name__}. The model must see the container it "
            "was fitted on."
        )


def _check_schema(estimator, X):
    """Compare container and dtypes with those in ``fit``; only safe casts pass."""
    fitted, name = estimator._schema, type(estimator).__name__
    if is_multimodal(X):
        return _as_fitted_keys(name, fitted[1], X)
    if fitted[0] != schema(X)[0] and "numpy array" in (fitted[0], schema(X)[0]):
        # scikit-learn has warned that names are missing, or not asked for
        X = converted(X, fitted[0], getattr(estimator, "feature_names_in_", None))
    return _as_fitted(name, fitted, X)


def _as_fitted_keys(name, fitted, X):
    """The keys in the order of ``fit``, what is under each as it was there."""
    if set(X.keys()) != set(fitted):
        raise ValueError(
            f"{name} was fitted on the keys {list(fitted)} and is now given "
            f"{list(X.keys())}. Put the same modalities into X."
        )
    return MultimodalArray(
        {
            key: _as_fitted(f"{name}, under the key {key!r},", fitted[key], X[key])
            for key in fitted
        }
    )


def _as_fitted(name, fitted, X):
    """One container as the one in ``fit``, of which `fitted` is the schema."""
    given = schema(X)
    if fitted[0] != given[0]:
        raise TypeError(
            f"{name} was fitted on a {fitted[0]} and is now given a {given[0]}. The "
            "model must see the container it was fitted on: convert X first."
        )
    if fitted[0].endswith("data frame"):
        _check_columns(name, fitted[2], given[2])
        _check_column_dtypes(name, X.columns, fitted[1], given[1])
        return X
    if fitted[0].endswith("series"):
        _check_column_dtypes(name, [X.name], fitted[1], given[1])
        return X
    if fitted[0] == "list":
        return items_as_fitted(name, fitted[1], given[1], X)
    shape = fitted[2]
    if fitted[0] == "sparse matrix":
        matrix, *shape = fitted[2]
        X = matrix(X)
    _check_row_shape(name, tuple(shape), X.shape[1:])
    return _in_dtype(name, fitted[1], X)


def _in_dtype(name, fitted, X):
    given = X.dtype
    if fitted.kind == "O":
        return X.astype(object)
    texts = {fitted.kind, given.kind} <= set("SU")
    if fitted == given or texts:
        return X
    if not np.can_cast(given, fitted, "safe"):
        raise TypeError(
            f"{name} was fitted on an array of dtype {fitted} and is now given "
            f"{given}, which would lose digits. Convert X with X.astype('{fitted}') "
            "if that is what you want."
        )
    return X.astype(fitted)


def _check_row_shape(name, fitted, given):
    if fitted == given:
        return
    raise ValueError(
        f"{name} was fitted on rows of shape {fitted} and is now given rows of shape "
        f"{given}. All rows must have one shape: cut or fill them, as for series of "
        "another length, or keep arrays of unequal shape in a list under a key of a "
        "MultimodalArray."
    )


def _check_columns(name, fitted, given):
    """Names that are no strings, which scikit-learn does not compare."""
    if fitted != given:
        raise ValueError(
            f"{name} is given the columns {given[:5]}, but was fitted on {fitted[:5]}. "
            "Columns must be the same and in the same order as they were in fit."
        )


def _check_column_dtypes(name, columns, fitted, given):
    changed = [
        f"{column!s}: {_told_apart(new, old)}"
        for column, old, new in zip(columns, fitted, given, strict=True)
        if old != new
    ]
    if changed:
        raise TypeError(
            f"{name} is given columns of other dtypes than in fit: "
            f"{'; '.join(changed[:5])}{'; ...' if len(changed) > 5 else ''}. Rows are "
            "never cast on their way to the model: convert these columns with "
            "X.astype(...) first."
        )


def _told_apart(new, old):
    """Two dtypes as text; categories that differ in their levels are spelled out."""
    same = str(new) == str(old)
    return f"{new!r} (was {old!r})" if same else f"{new} (was {old})"
