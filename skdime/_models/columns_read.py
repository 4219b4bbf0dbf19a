"""Which columns of X a fitted model reads and uses, as far as it can be proved."""

import numpy as np

from skdime._models.named_columns import in_order_of_fit
from skdime._models.replaced import replaced_method
from skdime._models.sklearn_classes import sklearn_class
from skdime._models.structure import (
    column_owners,
    linear_inputs_used,
    positions_in_fit,
    unwrap,
)
from skdime._models.tree_sum import tree_inputs_used


def columns_read(model, n_columns, names=None):
    """Which columns can reach the output of a fitted model.

    Columns that a :class:`~sklearn.compose.ColumnTransformer` drops, or a selector of
    features leaves out, cannot.

    Parameters
    ----------
    model : fitted estimator or callable
    n_columns : int
    names : list, default=None
        Names of the columns, where rows are a frame.

    Returns
    -------
    read : ndarray of bool of shape (n_columns,)
        All True where nothing is proved.
    """
    owners, _ = _owners_behind_steps(unwrap(model), n_columns, names)
    return np.isin(np.arange(n_columns), owners)


def columns_used(model, n_columns, names=None):
    """Which of the columns that a fitted model reads can change its output.

    A linear model multiplies some by 0, and trees compare some in no split. What their
    values are is not seen, so that nothing of the kind is proved of functions: those
    that were never seen to change an output may do so in other rows.

    Parameters
    ----------
    model, n_columns, names
        As of :func:`columns_read`.

    Returns
    -------
    used : ndarray of bool of shape (n_columns,)
        All True where nothing is proved.
    """
    fitted = unwrap(model)
    owners, last = _owners_behind_steps(fitted, n_columns, names)
    if last is not None and replaced_method(model) is None:
        inputs = linear_inputs_used(last)
        if inputs is None:
            inputs = tree_inputs_used(last)
        if inputs is not None and len(inputs) == len(owners):
            owners = owners[inputs]
    return np.isin(np.arange(n_columns), owners)


def _owners_behind_steps(model, n_columns, names):
    """The columns that inputs of the last step come from, and this step.

    Where a step mixes columns there is no such step, and the columns are those that the
    step is given.
    """
    # every column is its own owner, until a step mixes columns
    owners = in_order_of_fit(model, np.arange(n_columns), names)
    if sklearn_class(model) != "pipeline.Pipeline":
        return owners, model
    for _, step in model.steps[:-1]:
        step = unwrap(step)
        following = column_owners(step, owners) if len(owners) else owners
        if following is None:
            if sklearn_class(step) == "compose.ColumnTransformer":
                owners = owners[_passed_on(step, len(owners))]
            return owners, None
        owners = following
    return owners, model.steps[-1][1]


def _passed_on(transformer, n_columns):
    """Columns that a fitted ColumnTransformer gives to any of its transformers."""
    names = list(getattr(transformer, "feature_names_in_", []))
    columns_of_steps = [
        positions_in_fit(columns, names, n_columns)
        for _, step, columns in transformer.transformers_
        if not (isinstance(step, str) and step == "drop") and np.size(columns)
    ]
    return np.unique(np.concatenate([np.array([], dtype=int), *columns_of_steps]))
