"""An explainer is a classifier or a regressor where its model is."""

import numpy as np
import pytest
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score

from skdime import Disentangler, LocalExplainer, MultimodalArray
from tests._data import product

X = np.random.RandomState(0).normal(size=(90, 3))
Y = np.where(X[:, 0] + X[:, 1] * X[:, 2] > 0, "yes", "no")
METHODS = ["predict", "predict_proba", "decision_function"]


def build(estimator, around):
    disentangler = Disentangler(estimator, n_references=20, random_state=0)
    if around is Disentangler:
        return disentangler
    # of the fewest perturbations, which play no part here
    return LocalExplainer(disentangler, n_samples=20, random_state=0)


@pytest.fixture(params=[Disentangler, LocalExplainer])
def around(request):
    return request.param


def test_methods_are_those_of_the_model(around):
    estimator = build(LogisticRegression(), around).fit(X, Y)
    model = LogisticRegression().fit(X, Y)
    for name in METHODS:
        found, expected = getattr(estimator, name)(X), getattr(model, name)(X)
        np.testing.assert_array_equal(found, expected)
    assert estimator.classes_.tolist() == ["no", "yes"]
    assert is_classifier(estimator)


def test_the_score_of_a_disentangler_is_that_of_the_model():
    expected = LogisticRegression().fit(X, Y).score(X, Y)
    assert Disentangler(LogisticRegression()).fit(X, Y).score(X, Y) == expected


def test_a_search_by_the_score_of_the_model(around):
    frozen = around is LocalExplainer
    prefix = "disentangler__" if frozen else ""
    grid = {f"{prefix}estimator__C": [1e-3, 10.0]}
    search = GridSearchCV(
        build(LogisticRegression(), around), grid, scoring="roc_auc", cv=3
    ).fit(X, Y)
    model = LogisticRegression(**{"C": search.best_params_[f"{prefix}estimator__C"]})
    expected = cross_val_score(model, X, Y, scoring="roc_auc", cv=3)
    assert search.best_score_ == pytest.approx(expected.mean())


def test_a_regressor_has_no_classes(around):
    estimator = build(LinearRegression(), around)
    assert is_regressor(estimator)
    estimator.fit(X, X[:, 0])
    assert not any(hasattr(estimator, name) for name in [*METHODS[1:], "classes_"])
    with pytest.raises(AttributeError, match="has no attribute 'predict_proba'"):
        estimator.predict_proba(X)


def test_a_function_predicts_nothing(around):
    estimator = build(product, around)
    assert not any(hasattr(estimator, name) for name in METHODS)
    assert not is_classifier(estimator) and not is_regressor(estimator)


def test_before_fit(around):
    with pytest.raises(NotFittedError):
        build(FrozenEstimator(LinearRegression().fit(X, X[:, 0])), around).predict(X)


def test_of_a_frozen_disentangler():
    frozen = FrozenEstimator(Disentangler(LogisticRegression()).fit(X, Y))
    explainer = LocalExplainer(frozen, n_samples=20, random_state=0).fit(X)
    np.testing.assert_array_equal(explainer.predict(X), frozen.estimator.predict(X))


def test_rows_are_read_as_by_the_model():
    class Keys(LinearRegression):
        def fit(self, X, y):
            return super().fit(np.hstack([X["a"], X["b"]]), y)

        def predict(self, X):
            return super().predict(np.hstack([X["a"], X["b"]]))

    rows = MultimodalArray(a=X[:, :1], b=X[:, 1:])
    model = Keys().fit(rows, X[:, 0])
    disentangler = Disentangler(FrozenEstimator(model)).fit(rows)
    np.testing.assert_array_equal(disentangler.predict(rows), model.predict(rows))
