"""Trees of models that add up other models: bagging, voting, stacking.

What they return is a linear function of what their members return, and so a sum over
the leaves of all members. Only scikit-learn's own classes are read.
"""

from dataclasses import replace

import numpy as np

from skdime._models.side_by_side import SideBySide
from skdime._models.sklearn_classes import sklearn_class
from skdime._models.tree_format import Ensemble

_LINEAR_REGRESSORS = (
    "linear_model.ElasticNet",
    "linear_model.ElasticNetCV",
    "linear_model.Lasso",
    "linear_model.LassoCV",
    "linear_model.LinearRegression",
    "linear_model.Ridge",
    "linear_model.RidgeCV",
)
_LINEAR_CLASSIFIERS = (
    "linear_model.LogisticRegression",
    "linear_model.LogisticRegressionCV",
    "linear_model.RidgeClassifier",
    "linear_model.RidgeClassifierCV",
)


def read_combination(model, method, read):
    """The trees of all members of ``model``, or None where it is no sum over leaves.

    Parameters
    ----------
    model : fitted estimator
    method : {"decision_function", "predict_proba", "predict"}
    read : callable
        Returns the trees of a member, of a member and its method, or None.

    Returns
    -------
    ensemble : Ensemble or None
    """
    if type(model) is SideBySide:
        return _side_by_side(model, read)
    combine = _READERS.get((sklearn_class(model), method))
    return None if combine is None else combine(model, method, read)


def _bagging(model, method, read):
    members = [read(member, method) for member in model.estimators_]
    if None in members:
        return None
    if method == "predict_proba" and not all(
        np.array_equal(member.classes_, np.arange(len(model.classes_)))
        for member in model.estimators_
    ):
        return None  # a member that has not seen all classes
    columns, n_features = model.estimators_features_, model.n_features_in_
    members = [
        _on_columns(member, some, n_features)
        for member, some in zip(members, columns, strict=True)
    ]
    return _averaged(members, np.ones(len(members)))


def _voting(model, method, read):
    if method == "predict_proba" and model.voting != "soft":
        return None
    members = [read(member, method) for member in model.estimators_]
    if None in members:
        return None
    weights = np.ones(len(model.estimators)) if model.weights is None else model.weights
    has_member = [member != "drop" for _, member in model.estimators]
    return _averaged(members, np.asarray(weights)[has_member])


def _stacking(model, method, read):
    last = model.final_estimator_
    linear = _LINEAR_REGRESSORS if method == "predict" else _LINEAR_CLASSIFIERS
    if sklearn_class(last) not in linear or model.passthrough:
        return None
    members = [
        read(member, name)
        for member, name in zip(model.estimators_, model.stack_method_, strict=True)
    ]
    if None in members:
        return None
    slopes = np.atleast_2d(last.coef_)
    widths = [len(member.constant) for member in members]
    if sum(widths) != slopes.shape[1]:
        return None
    matrices = np.split(slopes, np.cumsum(widths)[:-1], axis=1)
    return _combined(members, matrices, np.broadcast_to(last.intercept_, len(slopes)))


def _side_by_side(model, read):
    responses = model.first, model.second
    if any(r.link != "identity" or r.of_first for r in responses):
        return None
    members = [read(response.model, response.method) for response in responses]
    if None in members:
        return None
    # of a binary classifier only the second class is an output
    n = responses[0].n_outputs
    one, other = (np.eye(len(member.constant))[-n:] for member in members)
    nothing = np.zeros_like(one)
    matrices = [np.vstack([one, nothing, -one]), np.vstack([0 * other, other, other])]
    return _combined(members, matrices, 0.0)


def _averaged(members, weights):
    shares = np.asarray(weights, dtype=float) / np.sum(weights)
    matrices = [share * np.eye(len(members[0].constant)) for share in shares]
    return _combined(members, matrices, 0.0)


def _combined(members, matrices, constant):
    """The sum of the outputs of members, each multiplied by a matrix.

    None where members cast rows in different ways before they compare.
    """
    first = members[0]
    checks = {(str(m.dtype), m.n_features, m.truncated) for m in members}
    if len(checks) > 1 or any(member.encoder is not None for member in members):
        return None
    trees = []
    for member, matrix in zip(members, matrices, strict=True):
        constant = constant + matrix @ member.constant
        for tree in member.trees:
            outputs = slice(tree.output, tree.output + tree.value.shape[1])
            value = tree.value @ matrix[:, outputs].T
            trees.append(replace(tree, value=value, output=0))
    # what one member refuses, the model refuses
    finite = next((m.finite for m in members if m.finite is True), first.finite)
    return Ensemble(
        trees, constant, first.n_features, first.dtype, finite, first.truncated
    )


def _on_columns(member, columns, n_features):
    """The same trees, of a model that reads only some columns of its input."""
    columns = np.asarray(columns)
    trees = [
        replace(tree, feature=np.where(tree.feature < 0, -1, columns[tree.feature]))
        for tree in member.trees
    ]
    truncated = tuple(columns[list(member.truncated)])
    return replace(member, trees=trees, n_features=n_features, truncated=truncated)


_READERS = {
    ("ensemble.BaggingClassifier", "predict_proba"): _bagging,
    ("ensemble.BaggingRegressor", "predict"): _bagging,
    ("ensemble.StackingClassifier", "decision_function"): _stacking,
    ("ensemble.StackingRegressor", "predict"): _stacking,
    ("ensemble.VotingClassifier", "predict_proba"): _voting,
    ("ensemble.VotingRegressor", "predict"): _voting,
}
