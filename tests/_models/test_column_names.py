"""Models that know names and take positions, against frames in another order."""

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdime import Disentangler

pd = pytest.importorskip("pandas")

NAMES = ["a0", "a1", "b 0", "b1"]
TWO = [("a", ["a0", "a1"]), ("b", ["b 0", "b1"])]
FRAME = pd.DataFrame(np.random.RandomState(0).normal(size=(80, 4)), columns=NAMES)
Y = 3 * FRAME["a0"] + FRAME["a1"] * FRAME["b 0"]
OTHER = FRAME[["b1", "a1", "a0", "b 0"]]


class ByPosition(RegressorMixin, BaseEstimator):
    """Remembers names under an attribute of its own, and takes positions."""

    def fit(self, X, y):
        self.inputs_ = list(X.columns)
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        X = np.asarray(X)
        return 3 * X[:, 0] + X[:, 1] * X[:, 2]


class ByName(ByPosition):
    """Remembers names in some order, and takes columns by name."""

    def predict(self, X):
        return super().predict(X[self.inputs_])


class Wrapper(RegressorMixin, BaseEstimator):
    """Names are those of what it holds."""

    def __init__(self, inner=None):
        self.inner = inner

    def fit(self, X, y):
        self.inner_ = self.inner.fit(X, y)
        return self

    def predict(self, X):
        return self.inner_.predict(X)


def booster():
    return pytest.importorskip("lightgbm").LGBMRegressor(n_estimators=5, verbose=-1)


def search(model):
    return make_pipeline("passthrough", model)


@pytest.mark.parametrize(
    "make", [ByPosition, booster, lambda: Wrapper(booster()), lambda: search(booster())]
)
def test_columns_in_another_order_are_refused(make):
    model = make().fit(FRAME, Y)
    for estimator in (FrozenEstimator(model), model.predict):
        with pytest.raises(ValueError, match=r"knows its columns .* by position"):
            Disentangler(estimator, TWO).fit(OTHER)
        Disentangler(estimator, TWO).fit(FRAME)


def test_models_that_take_names_are_explained_in_any_order():
    parts = {}
    for name, X in (("own", FRAME), ("other", OTHER)):
        model = FrozenEstimator(ByName().fit(FRAME, Y))
        dis = Disentangler(model, TWO, n_references=None).fit(X)
        parts[name] = dis.decompose(X[:6]).main
    np.testing.assert_allclose(parts["own"], parts["other"], atol=1e-12)


def test_names_of_later_steps_are_no_names_of_columns():
    first = ColumnTransformer(
        [("some", StandardScaler(), ["b1", "a0"]), ("rest", "passthrough", ["a1"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    model = make_pipeline(first, ByPosition()).fit(FRAME, Y)
    Disentangler(FrozenEstimator(model), TWO).fit(FRAME)


def test_rows_that_names_are_asked_with_are_counted():
    model, seen = ByName().fit(FRAME, Y), []
    predict = ByName.predict

    class Counting(ByName):
        def predict(self, X):
            seen.append(len(X))
            return predict(self, X)

    counting = Counting().fit(FRAME, Y)
    dis = Disentangler(FrozenEstimator(counting), TWO, n_references=10).fit(OTHER)
    assert dis.n_model_rows_ == sum(seen)
    plain = Disentangler(FrozenEstimator(model), TWO, n_references=10).fit(FRAME)
    assert dis.n_model_rows_ == plain.n_model_rows_ + 16


def test_models_fitted_without_names_are_told():
    model = FrozenEstimator(booster().fit(FRAME.to_numpy(), Y))
    with pytest.warns(UserWarning, match="LGBMRegressor was fitted without feature na"):
        Disentangler(model, TWO).fit(FRAME)
    linear = FrozenEstimator(LinearRegression().fit(FRAME.to_numpy(), Y))
    with pytest.warns(UserWarning, match="fitted without feature names"):
        Disentangler(linear, TWO).fit(FRAME)


def test_models_fitted_on_other_names_are_told():
    model = FrozenEstimator(booster().fit(FRAME.rename(columns={"b1": "b2"}), Y))
    with pytest.warns(UserWarning, match=r"X has others, such as \['b1'\]"):
        Disentangler(model, TWO).fit(FRAME)


@pytest.mark.parametrize("make", [booster, LinearRegression, ByPosition])
def test_the_columns_of_fit_are_taken_without_a_word(make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="UC and MI compare")
        warnings.filterwarnings("ignore", category=FutureWarning)
        Disentangler(make(), TWO).fit(FRAME, Y)
        Disentangler(FrozenEstimator(make().fit(FRAME, Y)), TWO).fit(FRAME)
