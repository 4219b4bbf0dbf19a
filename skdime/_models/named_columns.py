"""Models that find the columns of a data frame by name, in any order and among others.

A fitted ColumnTransformer does. Other estimators of scikit-learn that were fitted on a
frame refuse another order, and a model without names takes rows as they come.
"""

import numpy as np

from skdime._models.sklearn_classes import sklearn_class
from skdime._models.structure import unwrap


def takes_any_order(model):
    """Whether nothing in a model refuses a frame of other columns or in other order.

    Parameters
    ----------
    model : fitted estimator or callable
    """
    first = _first_step(model)
    return _finds_by_name(first) or not hasattr(first, "feature_names_in_")


def names_searched(model):
    """Names of the columns in the order of ``fit``, of a model that finds them by name.

    Parameters
    ----------
    model : fitted estimator or callable

    Returns
    -------
    names : list or None
    """
    first = _first_step(model)
    if not _finds_by_name(first) or not hasattr(first, "feature_names_in_"):
        return None
    return first.feature_names_in_.tolist()


def in_order_of_fit(model, owners, names):
    """What columns of a frame belong to, in the order in which the model knows them.

    Parameters
    ----------
    model : fitted estimator
    owners : ndarray of int of shape (n_columns,)
        Of the columns of the frame.
    names : list or None
        Names of the columns; None where rows are no frame.

    Returns
    -------
    owners : ndarray of int
        -1 for a column that the frame does not have, which the model cannot read.
    """
    searched = None if names is None else names_searched(model)
    if searched is None:
        return owners
    owner_of = dict(zip(names, owners.tolist(), strict=True))
    return np.array([owner_of.get(name, -1) for name in searched])


def _first_step(model):
    model = unwrap(model)
    while sklearn_class(model) == "pipeline.Pipeline":
        model = unwrap(model.steps[0][1])
    return model


def _finds_by_name(model):
    return sklearn_class(model) == "compose.ColumnTransformer"
