"""Columns that a fitted pipeline drops, and their coefficients, which are exactly 0."""

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Lasso, LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdime import Disentangler, LocalExplainer
from skdime._models.columns_read import columns_read, columns_used
from skdime.perturbers import MaskedTabularPerturber, TabularPerturber

N = 80
X = np.random.RandomState(0).normal(size=(N, 5))
X[:, 4] = np.arange(N) % 3
Y = X[:, 0] + 3 * X[:, 1] + X[:, 2]

DROP = make_column_transformer((StandardScaler(), [0, 1]), (OneHotEncoder(), [4]))
MIX = make_column_transformer((PCA(1), [0, 2]), ("drop", [1]), remainder="passthrough")


class Own(StandardScaler):
    """A subclass may do anything."""


@pytest.mark.parametrize(
    "model, read",
    [
        (make_pipeline(DROP, LinearRegression()), [0, 1, 4]),
        (make_pipeline(StandardScaler(), DROP, LinearRegression()), [0, 1, 4]),
        (make_pipeline(MIX, LinearRegression()), [0, 2, 3, 4]),
        (make_pipeline(SelectKBest(f_regression, k=2), LinearRegression()), [0, 1]),
        (make_pipeline(PCA(2), LinearRegression()), range(5)),
        (make_pipeline(Own(), LinearRegression()), range(5)),
        (LinearRegression(), range(5)),
    ],
)
def test_columns_read(model, read):
    model.fit(X, Y)
    assert np.flatnonzero(columns_read(model, 5)).tolist() == list(read)


def test_a_function_may_read_all_columns():
    assert columns_read(lambda X: X[:, 0], 3).all()
    assert columns_used(lambda X: X[:, 0], 3).all()


CLASSES = (Y.mean() < Y).astype(int)
USED = [
    (make_pipeline(StandardScaler(), Lasso(1.0)), [1]),
    (make_pipeline(DROP, Lasso(1.0)), [1]),
    (Lasso(1.0), [1]),
    (make_pipeline(PCA(2), Lasso(1.0)), range(5)),
    (LinearSVC(C=0.02, penalty="l1", dual=False), [1]),
    (DecisionTreeRegressor(max_depth=1), [1]),
    (make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=1)), [1]),
    (GradientBoostingClassifier(n_estimators=2, max_depth=1), [1]),
    (
        HistGradientBoostingClassifier(
            max_iter=2, max_depth=1, min_samples_leaf=5, categorical_features=[4]
        ),
        [1],
    ),
    (KNeighborsRegressor(), range(5)),
]


@pytest.mark.parametrize("model, used", USED)
def test_columns_used(model, used):
    y = CLASSES if is_classifier(model) else Y
    model.fit(X, y)
    found = columns_used(model, 5)
    assert np.flatnonzero(found).tolist() == list(used)
    output = getattr(model, "predict_proba", model.predict)
    changed = np.where(found, X, X[::-1])
    np.testing.assert_array_equal(output(changed), output(X))


def test_nothing_is_proved_of_a_replaced_method():
    model = Lasso(1.0).fit(X, Y)
    assert not columns_used(model, 5).all()
    model.predict = lambda X: X[:, 0]
    assert columns_used(model, 5).all()


@pytest.mark.parametrize("attribution", ["dime", "shapley"])
@pytest.mark.parametrize("algorithm", ["draws", "coalitions"])
def test_columns_that_are_not_used_are_exactly_0(attribution, algorithm):
    model = make_pipeline(StandardScaler(), Lasso(1.0)).fit(X, Y)
    dis = Disentangler(
        FrozenEstimator(model), [("one", [0, 1]), ("two", [2, 3, 4])], n_references=None
    )
    explainer = LocalExplainer(
        dis, n_samples=60, attribution=attribution, algorithm=algorithm, random_state=0
    )
    found = explainer.fit(X).explain(X[:3])
    assert not found.coef[:, :, [0, 2, 3, 4]].any()
    assert not found.se[:, :, [0, 2, 3, 4]].any()
    own = found.decomposition.main[:, 0]
    np.testing.assert_allclose(found.sel(part="uc", feature="x1"), own, atol=1e-2)


@pytest.mark.parametrize(
    "perturber",
    [
        TabularPerturber(effects="slope"),
        TabularPerturber(effects="shapley"),
        MaskedTabularPerturber(),
    ],
)
def test_dropped_columns_are_exactly_0(perturber):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcde"))
    frame["note"] = [f"case {i}" for i in range(N)]  # levels that no draw repeats
    numbers = make_column_transformer((StandardScaler(), ["a", "b", "c"]))
    model = make_pipeline(numbers, RandomForestRegressor(5, random_state=0))
    modalities = [("one", ["a", "d", "note"]), ("two", ["b", "c", "e"])]
    dis = Disentangler(model, modalities, n_references=10, random_state=0)
    perturbers = [(name, perturber) for name, _ in modalities]
    explainer = LocalExplainer(dis, perturbers, n_samples=100, random_state=0)
    found = explainer.fit(frame, Y).explain(frame[:4])
    for feature in ("d", "note", "e"):
        at = found.feature_names == feature
        assert (found.coef[:, :, at] == 0).all()
        assert (found.se[:, :, at] == 0).all()
    assert (np.abs(found.sel(part="uc", feature="b")) > 0.1).any()
