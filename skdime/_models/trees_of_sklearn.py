"""Trees of fitted scikit-learn models.

Only outputs that are a sum over the leaves of trees are read: the leaf a row falls in
adds its value, and nothing is done to the sum afterwards. Everything else gives None.
"""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdime._models.sklearn_classes import sklearn_class
from skdime._models.tree_format import Ensemble, Tree, centred


def read_sklearn(model, method):
    """The trees behind ``model.method``, or None where it is no sum over leaves.

    Parameters
    ----------
    model : fitted estimator
        Only scikit-learn's own classes, not their subclasses, are read.
    method : {"decision_function", "predict_proba", "predict"}

    Returns
    -------
    ensemble : Ensemble or None
        With the columns of ``skdime._models.response.Response``: of a binary
        classifier, and of a binary target of several, that of ``classes_[1]`` only.
    """
    reader = _READERS.get((sklearn_class(model), method))
    if reader is None:
        return None
    check_is_fitted(model)
    return reader(model)


def _read_mean(model):
    """A forest, or a tree by itself: the mean of its trees."""
    estimators = getattr(model, "estimators_", [model])
    n_trees = len(estimators)
    trees = [_from_sklearn(e, _leaf_outputs(e) / n_trees, 0) for e in estimators]
    constant = np.zeros(trees[0].value.shape[1])
    finite = "allow-nan" if _accepts_nan(estimators[0]) else True
    return Ensemble(trees, constant, model.n_features_in_, finite=finite)


def _leaf_outputs(estimator):
    """What a single tree predicts in each node: (n_nodes, n_outputs)."""
    value = estimator.tree_.value
    if not hasattr(estimator, "classes_"):
        return value[:, :, 0]
    shares = [
        value[:, target, :n_classes]
        for target, n_classes in enumerate(np.atleast_1d(estimator.n_classes_))
    ]
    return np.hstack([s[:, 1:] if s.shape[1] == 2 else s for s in shares])


def _from_sklearn(estimator, value, output):
    nodes = estimator.tree_
    return Tree(
        nodes.children_left,
        nodes.children_right,
        np.where(nodes.children_left < 0, -1, nodes.feature),
        nodes.threshold,
        nodes.missing_go_to_left.astype(bool),
        value,
        output,
    )


def _read_boosting(model):
    constant = _initial_output(model)
    if constant is None:
        return None
    trees = [
        _from_sklearn(e, model.learning_rate * e.tree_.value[:, 0], output)
        for output, stages in enumerate(model.estimators_.T)
        for e in stages
    ]
    return Ensemble(trees, constant, model.n_features_in_)


def _read_hist(model):
    predictors, constant, encoder = _hist_parts(model)
    order = None
    if encoder is not None:
        # categories come first
        order = np.argsort(~model.is_categorical_, kind="stable")
    trees = [
        _from_hist(predictor, output)
        for output, stages in enumerate(zip(*predictors, strict=True))
        for predictor in stages
    ]
    return Ensemble(
        trees,
        constant,
        model.n_features_in_,
        np.float64,
        finite=False,
        encoder=encoder,
        order=order,
    )


def _read_hist_log_odds(model):
    return _log_ratios(_read_hist(model))


def _read_boosting_log_odds(model):
    return _log_ratios(_read_boosting(model)) if model.loss == "log_loss" else None


def _log_ratios(margins):
    """Log-odds of one output as they are, log-ratios of several."""
    return centred(margins) if margins and len(margins.constant) > 1 else margins


def _read_hist_regressor(model):
    return _read_hist(model) if _has_identity_link(model) else None


def _from_hist(predictor, output):
    nodes = predictor.nodes
    is_leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        nodes["left"].astype(np.intp),
        nodes["right"].astype(np.intp),
        np.where(is_leaf, -1, nodes["feature_idx"]),
        nodes["num_threshold"].astype(float),
        nodes["missing_go_to_left"].astype(bool),
        nodes["value"].astype(float)[:, None],
        output,
        {
            node: _categories_in(predictor.raw_left_cat_bitsets[bitset])
            for node, bitset in enumerate(nodes["bitset_idx"])
            if nodes["is_categorical"][node] and not is_leaf[node]
        },
    )


def _categories_in(words):
    """Positions of the bits that are set in words of 32."""
    octets = np.asarray(words, dtype="<u4").view(np.uint8)
    return np.flatnonzero(np.unpackbits(octets, bitorder="little"))


# ---- private attributes of scikit-learn's estimators: here and nowhere else ----


def _accepts_nan(tree):
    return tree._support_missing_values(np.empty((0, 0)))


def _initial_output(model):
    """What gradient boosting starts from, or None where that depends on the row."""
    init = model.init_
    is_constant = (
        (isinstance(init, str) and init == "zero")
        or sklearn_class(init) == "dummy.DummyRegressor"
        or (
            sklearn_class(init) == "dummy.DummyClassifier"
            and init.strategy != "stratified"
        )
    )
    if not is_constant:
        return None
    row = np.zeros((1, model.n_features_in_), dtype=np.float32)
    return model._raw_predict_init(row)[0]


def _hist_parts(model):
    """Predictors by iteration and class, the constant, and the encoder or None."""
    constant = np.ravel(model._baseline_prediction)
    return model._predictors, constant, model._preprocessor


def _has_identity_link(model):
    return type(model._loss.link).__name__ == "IdentityLink"


# --------------------------------------------------------------------------------

_READERS = {
    ("tree.DecisionTreeClassifier", "predict_proba"): _read_mean,
    ("tree.DecisionTreeRegressor", "predict"): _read_mean,
    ("tree.ExtraTreeClassifier", "predict_proba"): _read_mean,
    ("tree.ExtraTreeRegressor", "predict"): _read_mean,
    ("ensemble.RandomForestClassifier", "predict_proba"): _read_mean,
    ("ensemble.RandomForestRegressor", "predict"): _read_mean,
    ("ensemble.ExtraTreesClassifier", "predict_proba"): _read_mean,
    ("ensemble.ExtraTreesRegressor", "predict"): _read_mean,
    ("ensemble.GradientBoostingClassifier", "decision_function"): _read_boosting,
    ("ensemble.GradientBoostingClassifier", "log-odds"): _read_boosting_log_odds,
    ("ensemble.GradientBoostingRegressor", "predict"): _read_boosting,
    ("ensemble.HistGradientBoostingClassifier", "decision_function"): _read_hist,
    ("ensemble.HistGradientBoostingClassifier", "log-odds"): _read_hist_log_odds,
    ("ensemble.HistGradientBoostingRegressor", "predict"): _read_hist_regressor,
}
