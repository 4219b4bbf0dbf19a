"""One call for a fitted model: the numbers of the estimators, the model as it is."""

import warnings

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import FunctionTransformer

import skdime
from skdime import Disentangler, LocalExplainer
from tests._data import TWO, assert_same_numbers, product

X = np.random.RandomState(0).normal(size=(80, 5))
y = X[:, 0] * X[:, 1] + X[:, 2]


@pytest.fixture(scope="module")
def forest():
    return RandomForestRegressor(5, random_state=0).fit(X[:60], y[:60])


def test_it_is_the_frozen_model_in_the_two_estimators(forest):
    disentangler = Disentangler(FrozenEstimator(forest), TWO, n_references=20)
    explainer = LocalExplainer(disentangler, random_state=0).fit(X[:60])
    options = {"n_references": 20, "random_state": 0}
    found = skdime.explain(forest, X[:60], TWO, rows=X[60:], **options)
    assert_same_numbers(found, explainer.explain(X[60:]))
    np.testing.assert_allclose(found.decomposition.output[:, 0], forest.predict(X[60:]))


def test_rows_are_those_of_X_unless_given(forest):
    found = skdime.explain(forest, X[:4], TWO, random_state=0)
    np.testing.assert_allclose(found.decomposition.output[:, 0], forest.predict(X[:4]))


def test_parameters_reach_both_estimators():
    model = LogisticRegression().fit(X, y > 0)
    found = skdime.explain(
        model,
        X,
        {"a": [0, 3], "b": [1]},
        rows=X[:3],
        remainder="b",
        response_method="predict_proba",
        link="logit",
        perturbers={"a": skdime.perturbers.TabularPerturber(groups={"both": [0, 1]})},
        outputs="predicted",
        budget=2000,
        random_state=0,
    )
    assert found.unit == "log-odds"
    assert found.feature_names.tolist() == ["both", "x1", "x2", "x4"]
    assert found.decomposition.row_outputs is not None


def test_a_function():
    found = skdime.explain(product, X[:, :2], rows=X[:2, :2], random_state=0)
    np.testing.assert_allclose(found.decomposition.output[:, 0], product(X[:2]))


def test_a_model_that_is_not_fitted():
    with pytest.raises(NotFittedError, match=r"LinearRegression is not fitted.*fit\("):
        skdime.explain(LinearRegression(), X, TWO)


def test_an_explainer_is_no_model():
    with pytest.raises(TypeError, match="Disentangler, which explains a model itself"):
        skdime.explain(Disentangler(product), X)


class TestFitSaysThatItRefits:
    def test_disentangler(self, forest):
        with pytest.warns(UserWarning, match=r"Forest.* is fitted already.*explain\("):
            disentangler = Disentangler(forest, TWO, n_references=5).fit(X, y)
        assert disentangler.estimator_ is not forest

    def test_local_explainer(self, forest):
        disentangler = Disentangler(forest, TWO, n_references=5)
        with pytest.warns(UserWarning, match="is fitted already") as caught:
            LocalExplainer(disentangler, random_state=0).fit(X, y)
        assert sum("fitted already" in str(each.message) for each in caught) == 1
        assert caught[0].filename == __file__

    @pytest.mark.parametrize(
        "model",
        [
            LinearRegression(),
            FrozenEstimator(LinearRegression().fit(X, y)),
            FrozenEstimator(FunctionTransformer()),
            product,
        ],
    )
    def test_nothing_where_nothing_is_refitted(self, model):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            skdime._models.model.warn_if_refitted(model)
