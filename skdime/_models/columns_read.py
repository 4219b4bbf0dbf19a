"""Which columns of X a fitted model reads, as far as its first steps prove it."""

import numpy as np
from sklearn import compose, pipeline

from skdime._models.named_columns import in_order_of_fit
from skdime._models.structure import column_owners, positions_in_fit, unwrap


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
    every = np.arange(n_columns)
    model = unwrap(model)
    steps = model.steps[:-1] if type(model) is pipeline.Pipeline else []
    # every column is its own owner, until a step mixes columns
    owners = in_order_of_fit(model, every, names)
    for _, step in steps:
        step = unwrap(step)
        following = column_owners(step, owners) if len(owners) else owners
        if following is None:
            if type(step) is compose.ColumnTransformer:
                owners = owners[_passed_on(step, len(owners))]
            break
        owners = following
    return np.isin(every, owners)


def _passed_on(transformer, n_columns):
    """Columns that a fitted ColumnTransformer gives to any of its transformers."""
    names = list(getattr(transformer, "feature_names_in_", []))
    used = [
        positions_in_fit(columns, names, n_columns)
        for _, step, columns in transformer.transformers_
        if not (isinstance(step, str) and step == "drop") and np.size(columns)
    ]
    return np.unique(np.concatenate([np.array([], dtype=int), *used]))
