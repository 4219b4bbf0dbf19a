"""Labels are not explained as quantities: scores instead, an error, or a word."""

import warnings
from functools import partial

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, ClusterMixin, RegressorMixin
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdime import Disentangler

TWO = [("a", [0, 1]), ("b", [2, 3])]
X = np.random.RandomState(0).normal(size=(60, 4))
Y = np.digitize(X[:, 0] + X[:, 2], [-0.5, 0.5])
CLASSIFIER = LogisticRegression().fit(X, Y)
CLUSTERS = KMeans(3, n_init=1, random_state=0).fit(X)


class WrongOrder(BaseEstimator, ClassifierMixin):
    """Its mixin comes last, and its tags are lost."""

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def predict_proba(self, X):
        return self.model_.predict_proba(X)


class OnlyLabels(BaseEstimator):
    """Nothing but its classes tells what it predicts."""

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)


class ClustersInWrongOrder(BaseEstimator, ClusterMixin):
    def fit(self, X, y=None):
        self.labels_ = CLUSTERS.labels_
        return self

    def predict(self, X):
        return CLUSTERS.predict(X)


class RegressorInWrongOrder(BaseEstimator, RegressorMixin):
    """A regressor of a library whose regressors have an empty list of classes."""

    classes_ = ()

    def fit(self, X, y):
        self.model_ = Ridge().fit(X, y)
        return self

    def predict(self, X):
        return self.model_.predict(X)


@pytest.mark.parametrize(
    "model",
    [
        WrongOrder(),
        make_pipeline(StandardScaler(), WrongOrder()),
        GaussianMixture(3, random_state=0),
        BayesianGaussianMixture(n_components=3, random_state=0),
    ],
)
def test_probabilities_are_preferred_to_labels(model):
    fitted = model.fit(X, Y)
    parts = Disentangler(FrozenEstimator(fitted), TWO).fit(X).decompose(X[:5])
    np.testing.assert_allclose(parts.output, fitted.predict_proba(X[:5]))
    assert parts.unit == "probability"


@pytest.mark.parametrize("model", [OnlyLabels(), CLUSTERS, ClustersInWrongOrder()])
def test_models_without_scores_are_refused(model):
    with pytest.raises(ValueError, match="gives no real-valued output"):
        Disentangler(FrozenEstimator(model.fit(X, Y)), TWO).fit(X)


@pytest.mark.parametrize(
    "function, instead",
    [
        (CLASSIFIER.predict, "decision_function or predict_proba"),
        (partial(CLASSIFIER.predict), "decision_function or predict_proba"),
        (FrozenEstimator(CLASSIFIER).predict, "decision_function or predict_proba"),
        (make_pipeline(StandardScaler(), CLASSIFIER).predict, "decision_function or"),
        (GaussianMixture(2).fit(X).predict, "Pass its predict_proba"),
        (IsolationForest(n_estimators=3).fit(X).predict, "Pass its decision_function"),
        (CLUSTERS.predict, "a callable that returns scores"),
    ],
)
def test_the_method_that_predicts_labels_is_refused(function, instead):
    with pytest.raises(ValueError, match=f"returns labels, .*{instead}"):
        Disentangler(function, TWO).fit(X)


@pytest.mark.parametrize(
    "function",
    [
        lambda X: CLASSIFIER.predict(X),
        lambda X: CLASSIFIER.predict(X)[:, None],
        lambda X: CLASSIFIER.predict(X).tolist(),
        lambda X: X[:, 0] > 0,
    ],
)
def test_integers_of_a_function_are_told(function):
    with pytest.warns(UserWarning, match="are integers, and are explained as quanti"):
        Disentangler(function, TWO).fit(X)


def test_labels_that_are_asked_for_are_told():
    dis = Disentangler(FrozenEstimator(CLASSIFIER), TWO, response_method="predict")
    with pytest.warns(UserWarning, match="the labels of FrozenEstimator as quantities"):
        dis.fit(X)


@pytest.mark.parametrize(
    "model",
    [
        lambda X: CLASSIFIER.predict(X).astype(float),
        CLASSIFIER.predict_proba,
        Ridge().fit(X, Y).predict,
        FrozenEstimator(Ridge().fit(X, Y)),
        FrozenEstimator(RegressorInWrongOrder().fit(X, Y)),
        FrozenEstimator(IsolationForest(n_estimators=3).fit(X)),
    ],
)
def test_quantities_are_explained_without_a_word(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="UC and MI compare")
        warnings.filterwarnings("ignore", message="`estimator` is the method predict")
        Disentangler(model, TWO).fit(X)
