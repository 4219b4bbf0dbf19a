"""Models that know the names of their columns, and take columns by position."""

import re

import numpy as np

from skdime._models.determinism import N_CHECKED, differing
from skdime._models.labels import owner_of
from skdime._models.named_columns import takes_any_order
from skdime._models.nested import nested_estimators
from skdime._models.structure import unwrap
from skdime._rows.containers import is_frame, n_rows, select, take
from skdime._utils.listed import listed
from skdime._utils.warn import warn

# Names that libraries make up where a model was fitted on an array.
_MADE_UP = re.compile(r"(Column_|f|x)?\d+")
# Attributes that name the columns of the input itself.
_OF_INPUT = ("feature_name_", "feature_names_", "feature_names_in_")


def check_order_of_columns(model, X):
    """Refuse a frame that a model of scikit-learn refuses, and say what to pass.

    Parameters
    ----------
    model : fitted estimator or callable
    X : container of rows
    """
    theirs = getattr(model, "feature_names_in_", None)
    if not is_frame(X) or theirs is None or takes_any_order(model):
        return
    theirs, names = list(theirs), list(X.columns)
    if theirs == names or not set(theirs) <= set(names):
        return  # fits, or its own error names what is missing
    others = [name for name in names if name not in theirs]
    what = f"others, [{listed(others)}]" if others else "them in another order"
    raise ValueError(
        f"{type(unwrap(model)).__name__} was fitted on the columns "
        f"[{listed(theirs, 10)}] and refuses X, which has {what}. Pass "
        "X[train.columns], with the columns of the frame that it was fitted on."
    )


def check_column_names(response, X):
    """Refuse a frame whose columns are in another order than the model takes them.

    Whether names matter to the model is asked of itself: it is given some rows with
    their columns in either order. Only a model that knows the same names in another
    order is asked.

    Parameters
    ----------
    response : Response
    X : container of rows

    Returns
    -------
    n_model_rows : int
        Rows that the model has seen.

    Raises
    ------
    ValueError
        If it gives other outputs with the columns in its own order.

    Warns
    -----
    UserWarning
        If it was fitted without names, or knows others.
    """
    model = owner_of(response.model)
    if not is_frame(X) or model is None:
        return 0
    names = [_as_written(name) for name in X.columns]
    _warn_of_names(unwrap(model), names)
    for estimator in nested_estimators(model):
        for attribute, theirs in _lists_of_names(estimator, len(names)):
            if theirs != names and sorted(theirs) == sorted(names):
                order = [names.index(name) for name in theirs]
                return _compare(response, X, order, estimator, attribute)
    return 0


def _compare(response, X, order, estimator, attribute):
    rows = take(X, np.arange(min(N_CHECKED, n_rows(X))))
    try:
        in_their_order = response(select(rows, order))
    except Exception:  # models that check names themselves raise what they like
        return n_rows(rows)
    in_order_of_x = response(rows)
    if differing(in_order_of_x, in_their_order).any():
        names = [str(name) for name in X.columns]
        theirs = [names[j] for j in order]
        raise ValueError(
            f"{type(estimator).__name__} knows its columns ({attribute}) as "
            f"[{listed(theirs, 10)}], but takes them by position: given the columns "
            f"of X, [{listed(names, 10)}], in its own order, it returns other outputs. "
            "Pass X with the columns in the order that the model was fitted on."
        )
    return 2 * n_rows(rows)


def _warn_of_names(model, names):
    """As scikit-learn warns, for models of libraries that do not."""
    lists = dict(_lists_of_names(model, len(names)))
    theirs = next((lists[name] for name in _OF_INPUT if name in lists), None)
    if theirs is None or sorted(theirs) == sorted(names):
        return
    kind = type(model).__name__
    if all(map(_MADE_UP.fullmatch, theirs)):
        warn(
            f"X has feature names, but {kind} was fitted without feature names: it "
            "takes columns by position."
        )
    elif type(model).__module__.partition(".")[0] != "sklearn":
        unknown = [name for name in names if name not in theirs]
        warn(
            f"{kind} was fitted on the columns [{listed(theirs, 10)}], and X has "
            f"others, such as [{listed(unknown)}]: it takes columns by position."
        )


def _lists_of_names(estimator, n_columns):
    """Attributes of an estimator that are as many different names as columns."""
    own = vars(estimator)
    of_class = [name for name in _OF_INPUT if hasattr(type(estimator), name)]
    for attribute in [*own, *of_class]:
        value = getattr(estimator, attribute, None)
        if isinstance(value, np.ndarray) and value.ndim == 1:
            value = value.tolist()
        if not isinstance(value, (list, tuple)) or len(value) != n_columns:
            continue
        texts = [_as_written(name) for name in value if isinstance(name, str)]
        if len(set(texts)) == n_columns:
            yield attribute, texts


def _as_written(name):
    """A name as libraries write it that allow no other characters."""
    return re.sub(r"\W", "_", str(name))
