"""Sums of trees equal the model's own output on every hybrid row."""

import pickle
import tracemalloc

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from skdime._models.log_odds import log_odds
from skdime._models.response import Response
from skdime._models.tree_sum import TreeSum
from skdime._models.trees_of_sklearn import read_sklearn

N_FEATURES = 6
TWO = [[4, 0, 2], [1, 3, 5]]
THREE = [[4, 0], [2], [1, 3, 5]]


def draw(n_rows, seed, missing=0.0):
    rng = np.random.RandomState(seed)
    X = np.round(rng.normal(size=(n_rows, N_FEATURES)), 2)
    X[rng.uniform(size=X.shape) < missing] = np.nan
    return X


def target(X, kind):
    X = np.nan_to_num(X)
    score = X[:, 0] * X[:, 1] + X[:, 2] - X[:, 3] * X[:, 4] + 0.3 * X[:, 5]
    targets = {
        "regression": score,
        "two outputs": np.column_stack([score, X[:, 0] - X[:, 5]]),
        "positive": np.exp(score / 3),
        "binary": np.where(score > 0.1, "yes", "no"),
        "classes": np.digitize(score, [-0.7, 0.6]),
        "two targets": np.column_stack([score > 0, np.digitize(score, [-1, 1])]),
        "one class": np.zeros(len(X), dtype=int),
    }
    return targets[kind]


def fitted(model, kind, missing=0.0, n_rows=300):
    X = draw(n_rows, 0, missing)
    return model.fit(X, target(X, kind))


def sources(groups, on_axis_1, X0, X1):
    """Parts of both axes, for modalities in `groups`, those `on_axis_1` from X1."""
    parts = [], []
    for m, columns in enumerate(groups):
        X = X1 if m in on_axis_1 else X0
        parts[m in on_axis_1].append((np.array(columns), X[:, columns]))
    return parts


def by_model(model, method, groups, on_axis_1, X0, X1):
    hybrids = np.repeat(X0[:, None], len(X1), axis=1)
    for m in on_axis_1:
        hybrids[:, :, groups[m]] = X1[:, groups[m]]
    outputs = Response(model, method)(hybrids.reshape(-1, N_FEATURES))
    return outputs.reshape(len(X0), len(X1), -1)


def assert_equal(actual, expected):
    assert actual.shape == expected.shape
    scale = max(np.abs(expected).max(), 1e-300)
    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-10 * scale)


def check(model, method, groups=TWO, on_axis_1=(1,), X0=None, X1=None):
    X0 = draw(37, 1) if X0 is None else X0
    X1 = draw(70, 2) if X1 is None else X1
    trees = TreeSum.from_model(model, method)
    parts = sources(groups, on_axis_1, X0, X1)
    expected = by_model(model, method, groups, on_axis_1, X0, X1)
    assert_equal(trees.evaluate(*parts), expected)
    assert_equal(trees.mean(*parts), expected.mean(axis=1))


FOREST = {"n_estimators": 7, "random_state": 0}
HIST = {"max_iter": 6, "min_samples_leaf": 5, "random_state": 0}
BOOST = {"n_estimators": 15, "random_state": 0}

SUPPORTED = [
    (DecisionTreeRegressor(random_state=0), "predict", "regression"),
    (DecisionTreeRegressor(max_depth=3), "predict", "two outputs"),
    (DecisionTreeRegressor(criterion="absolute_error"), "predict", "regression"),
    (ExtraTreeRegressor(random_state=0), "predict", "regression"),
    (DecisionTreeClassifier(random_state=0), "predict_proba", "binary"),
    (DecisionTreeClassifier(max_depth=4), "predict_proba", "classes"),
    (DecisionTreeClassifier(max_depth=4), "predict_proba", "two targets"),
    (DecisionTreeClassifier(), "predict_proba", "one class"),
    (ExtraTreeClassifier(random_state=0), "predict_proba", "classes"),
    (RandomForestRegressor(**FOREST), "predict", "regression"),
    (RandomForestRegressor(max_depth=5, **FOREST), "predict", "two outputs"),
    (RandomForestClassifier(**FOREST), "predict_proba", "binary"),
    (RandomForestClassifier(max_depth=5, **FOREST), "predict_proba", "classes"),
    (RandomForestClassifier(**FOREST), "predict_proba", "two targets"),
    (ExtraTreesRegressor(**FOREST), "predict", "regression"),
    (ExtraTreesClassifier(bootstrap=True, **FOREST), "predict_proba", "classes"),
    (GradientBoostingRegressor(**BOOST), "predict", "regression"),
    (GradientBoostingRegressor(loss="huber", **BOOST), "predict", "regression"),
    (GradientBoostingRegressor(loss="quantile", **BOOST), "predict", "regression"),
    (GradientBoostingRegressor(init="zero", **BOOST), "predict", "regression"),
    (
        GradientBoostingRegressor(init=DummyRegressor(strategy="median"), **BOOST),
        "predict",
        "regression",
    ),
    (GradientBoostingClassifier(**BOOST), "decision_function", "binary"),
    (
        GradientBoostingClassifier(loss="exponential", **BOOST),
        "decision_function",
        "binary",
    ),
    (GradientBoostingClassifier(**BOOST), "decision_function", "classes"),
    (
        GradientBoostingClassifier(init=DummyClassifier(strategy="uniform"), **BOOST),
        "decision_function",
        "classes",
    ),
    (HistGradientBoostingRegressor(**HIST), "predict", "regression"),
    (
        HistGradientBoostingRegressor(loss="absolute_error", **HIST),
        "predict",
        "regression",
    ),
    (HistGradientBoostingClassifier(**HIST), "decision_function", "binary"),
    (HistGradientBoostingClassifier(**HIST), "decision_function", "classes"),
]


@pytest.mark.parametrize(
    ("model", "method", "kind"),
    SUPPORTED,
    ids=[f"{type(model).__name__}-{kind}" for model, _, kind in SUPPORTED],
)
def test_equals_model_on_all_hybrids(model, method, kind):
    check(fitted(model, kind), method)


@pytest.mark.parametrize(
    ("groups", "on_axis_1"),
    [(TWO, [0]), (TWO, [1]), (THREE, [0]), (THREE, [1, 2]), (THREE, [0, 2])],
)
@pytest.mark.parametrize("max_leaf_nodes", [6, None])
def test_any_placement_of_the_modalities(groups, on_axis_1, max_leaf_nodes):
    forest = RandomForestRegressor(max_leaf_nodes=max_leaf_nodes, **FOREST)
    model = fitted(forest, "regression")
    check(model, "predict", groups, on_axis_1)
    check(model, "predict", groups, on_axis_1, X0=draw(90, 1), X1=draw(3, 2))


@pytest.mark.parametrize("max_leaf_nodes", [6, None])
def test_all_modalities_on_one_axis(max_leaf_nodes):
    forest = RandomForestRegressor(max_leaf_nodes=max_leaf_nodes, **FOREST)
    model = fitted(forest, "regression")
    trees = TreeSum.from_model(model, "predict")
    X = draw(80, 1)
    parts, nothing = sources(TWO, [], X, X)
    expected = model.predict(X)
    assert_equal(trees.evaluate(parts, nothing), expected[:, None, None])
    assert_equal(trees.evaluate(nothing, parts), expected[None, :, None])
    assert_equal(trees.mean(parts, nothing), expected[:, None])
    assert_equal(trees.mean(nothing, parts), expected.mean()[None, None])


def test_deep_forest():
    forest = RandomForestRegressor(20, random_state=0)
    model = fitted(forest, "regression", n_rows=1500)
    check(model, "predict", X0=draw(40, 1), X1=draw(100, 2))


def test_trees_without_a_split():
    model = fitted(GradientBoostingRegressor(n_estimators=3, max_depth=1), "regression")
    check(model, "predict")
    model = DecisionTreeRegressor().fit(draw(9, 0), np.full(9, 2.5))
    check(model, "predict")


@pytest.mark.parametrize(
    "model",
    [DecisionTreeRegressor(), HistGradientBoostingRegressor(**HIST)],
    ids=["float32", "float64"],
)
def test_values_at_thresholds_go_the_way_the_model_sends_them(model):
    model = fitted(model, "regression")
    ensemble = read_sklearn(model, "predict")
    X = draw(200, 3)
    for tree in ensemble.trees:
        for feature in range(N_FEATURES):
            at = tree.threshold[tree.feature == feature][:60]
            near = np.concatenate([at, np.nextafter(at, -9), np.nextafter(at, 9), at])
            near[-len(at) :] = near[-len(at) :].astype(np.float32)
            X[: min(len(near), 200), feature] = near[:200]
    check(model, "predict", X0=X[:100], X1=X[100:])
    check(model, "predict", X0=X[100:], X1=X[:100])


MISSING = [
    (DecisionTreeRegressor(max_depth=6), "predict", "regression"),
    (RandomForestRegressor(**FOREST), "predict", "regression"),
    (RandomForestClassifier(**FOREST), "predict_proba", "classes"),
    (ExtraTreesRegressor(**FOREST), "predict", "regression"),
    (HistGradientBoostingRegressor(**HIST), "predict", "regression"),
    (HistGradientBoostingClassifier(**HIST), "decision_function", "classes"),
]


@pytest.mark.parametrize("in_training", [0.0, 0.3])
@pytest.mark.parametrize(
    ("model", "method", "kind"),
    MISSING,
    ids=[type(model).__name__ for model, *_ in MISSING],
)
def test_missing_values(model, method, kind, in_training):
    model = fitted(model, kind, missing=in_training)
    check(model, method, X0=draw(50, 1, missing=0.2), X1=draw(60, 2, missing=0.2))


def test_a_column_with_nothing_but_missing_values():
    model = fitted(HistGradientBoostingRegressor(**HIST), "regression", missing=0.3)
    X0, X1 = draw(20, 1), draw(30, 2)
    X0[:, 0] = X1[:, 1] = np.nan
    check(model, "predict", X0=X0, X1=X1)


def test_infinite_values_where_the_model_takes_them():
    model = fitted(HistGradientBoostingRegressor(**HIST), "regression")
    X0, X1 = draw(20, 1), draw(30, 2)
    X0[::3, 0], X1[::4, 1] = np.inf, -np.inf
    check(model, "predict", X0=X0, X1=X1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_refuses_what_the_model_refuses(bad):
    model = fitted(GradientBoostingRegressor(**BOOST), "regression")
    X = draw(20, 1)
    X[3, 0] = bad
    with pytest.raises(ValueError) as of_model:
        model.predict(X)
    trees = TreeSum.from_model(model, "predict")
    with pytest.raises(ValueError) as of_trees:
        trees.evaluate(*sources(TWO, [1], X, X))
    assert str(of_trees.value).splitlines()[0] == str(of_model.value).splitlines()[0]


@pytest.mark.parametrize(
    "parts",
    [[([0, 1], 2)], [([0, 1, 2, 3, 4, 5], 6)], [([0, 1, 4], 3), ([4, 5], 2)]],
    ids=["missing", "on both axes", "twice on one"],
)
def test_every_column_must_be_in_one_part(parts):
    trees = TreeSum.from_model(fitted(DecisionTreeRegressor(), "regression"), "predict")
    parts0 = [(np.array(columns), np.zeros((3, width))) for columns, width in parts]
    parts1 = [(np.array([2, 3]), np.zeros((4, 2)))]
    with pytest.raises(ValueError, match="must be in one part"):
        trees.evaluate(parts0, parts1)


@pytest.mark.parametrize("max_bytes", [2**14, 2**17])
@pytest.mark.parametrize("max_leaf_nodes", [8, None])
def test_tiles_and_blocks_do_not_matter(max_bytes, max_leaf_nodes):
    forest = RandomForestClassifier(max_leaf_nodes=max_leaf_nodes, **FOREST)
    model = fitted(forest, "classes")
    parts = sources(TWO, [1], draw(60, 1), draw(133, 2))
    whole = TreeSum.from_model(model, "predict_proba")
    cut = TreeSum.from_model(model, "predict_proba", max_bytes=max_bytes)
    assert cut.tile_rows < 60 < whole.tile_rows
    assert len(cut.blocks) > len(whole.blocks)
    assert_equal(cut.evaluate(*parts), whole.evaluate(*parts))
    assert_equal(cut.mean(*parts), whole.mean(*parts))


def test_long_axes():
    model = fitted(GradientBoostingRegressor(**BOOST), "regression")
    check(model, "predict", X0=draw(1100, 1), X1=draw(5, 2))
    check(model, "predict", X0=draw(5, 1), X1=draw(1100, 2))


def test_without_numpys_count_of_bits(monkeypatch):
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    check(fitted(RandomForestRegressor(**FOREST), "regression"), "predict")


def test_frozen_models_are_unwrapped():
    model = fitted(RandomForestRegressor(**FOREST), "regression")
    check(FrozenEstimator(FrozenEstimator(model)), "predict")


def test_learning_rate_is_read_like_predict_reads_it():
    model = fitted(GradientBoostingRegressor(**BOOST), "regression")
    check(model.set_params(learning_rate=0.5), "predict")


@pytest.mark.parametrize("kind", ["binary", "classes"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: GradientBoostingClassifier(**BOOST),
        lambda: HistGradientBoostingClassifier(**HIST),
    ],
    ids=["boosting", "hist"],
)
def test_log_odds_and_log_ratios_of_boosted_probabilities(make, kind):
    model, X0, X1 = fitted(make(), kind), draw(37, 1), draw(70, 2)
    probabilities = by_model(model, "predict_proba", TWO, (1,), X0, X1)
    expected, _ = log_odds(probabilities.reshape(37 * 70, -1))
    expected = expected.reshape(probabilities.shape)
    trees = TreeSum.from_model(model, "log-odds")
    assert_equal(trees.evaluate(*sources(TWO, (1,), X0, X1)), expected)


class Doubled(RandomForestRegressor):
    def predict(self, X):
        return 2 * super().predict(X)


class OneMoreDummy(DummyRegressor):
    def predict(self, X):
        return np.asarray(X)[:, 0]


UNSUPPORTED = {
    "subclass": (Doubled(**FOREST), "predict", "regression"),
    "labels": (RandomForestClassifier(**FOREST), "predict", "classes"),
    "log": (DecisionTreeClassifier(), "predict_log_proba", "binary"),
    "boosted shares": (GradientBoostingClassifier(**BOOST), "predict_proba", "binary"),
    "hist shares": (HistGradientBoostingClassifier(**HIST), "predict_proba", "binary"),
    "boosted labels": (GradientBoostingClassifier(**BOOST), "predict", "classes"),
    "poisson": (
        HistGradientBoostingRegressor(loss="poisson", **HIST),
        "predict",
        "positive",
    ),
    "gamma": (
        HistGradientBoostingRegressor(loss="gamma", **HIST),
        "predict",
        "positive",
    ),
    "init": (
        GradientBoostingRegressor(init=LinearRegression(), **BOOST),
        "predict",
        "regression",
    ),
    "init of a classifier": (
        GradientBoostingClassifier(init=LogisticRegression(), **BOOST),
        "decision_function",
        "binary",
    ),
    "random init": (
        GradientBoostingClassifier(init=DummyClassifier(strategy="stratified")),
        "decision_function",
        "binary",
    ),
    "subclass as init": (
        GradientBoostingRegressor(init=OneMoreDummy(), **BOOST),
        "predict",
        "regression",
    ),
    "pipeline": (
        make_pipeline(StandardScaler(), DecisionTreeRegressor()),
        "predict",
        "regression",
    ),
    "weighted median": (AdaBoostRegressor(n_estimators=3), "predict", "regression"),
    "outliers": (IsolationForest(n_estimators=3), "decision_function", "regression"),
    "linear": (LinearRegression(), "predict", "regression"),
}


@pytest.mark.parametrize(
    ("model", "method", "kind"), UNSUPPORTED.values(), ids=UNSUPPORTED
)
def test_none_where_the_output_is_not_a_sum_over_leaves(model, method, kind):
    X = draw(80, 0)
    assert TreeSum.from_model(model.fit(X, target(X, kind)), method) is None


@pytest.mark.parametrize("model", [np.sum, BaseEstimator(), None])
def test_none_for_what_is_no_model(model):
    assert TreeSum.from_model(model, "callable") is None


def test_unfitted_models_say_so():
    with pytest.raises(NotFittedError):
        TreeSum.from_model(DecisionTreeRegressor(), "predict")


def test_pickles():
    trees = TreeSum.from_model(
        fitted(RandomForestRegressor(**FOREST), "regression"), "predict"
    )
    parts = sources(TWO, [1], draw(20, 1), draw(30, 2))
    copy = pickle.loads(pickle.dumps(trees))
    np.testing.assert_array_equal(copy.evaluate(*parts), trees.evaluate(*parts))


def test_counts_of_trees_and_leaves():
    forest = fitted(RandomForestRegressor(**FOREST), "regression")
    trees = TreeSum.from_model(forest, "predict")
    assert trees.n_trees == 7
    assert trees.n_leaves == sum(tree.get_n_leaves() for tree in forest.estimators_)


def peak_of(function, *arguments):
    tracemalloc.start()
    try:
        function(*arguments)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("max_leaf_nodes", [8, None])
def test_memory_is_bounded(max_leaf_nodes):
    forest = RandomForestRegressor(20, max_leaf_nodes=max_leaf_nodes, random_state=0)
    model = fitted(forest, "regression", n_rows=1000)
    trees = TreeSum.from_model(model, "predict", max_bytes=2**23)
    references = sources(TWO, [1], draw(200, 1), draw(20_000, 2))  # a grid of 32 MB
    assert peak_of(trees.mean, *references) < 2**23
    grid = sources(TWO, [1], draw(200, 1), draw(1500, 2))
    assert peak_of(trees.evaluate, *grid) < 200 * 1500 * 8 + 2**24


def test_worthwhile_on_large_grids_of_deep_trees_only():
    deep = fitted(RandomForestRegressor(**FOREST), "regression", n_rows=1500)
    trees = TreeSum.from_model(deep, "predict")
    assert not trees.worthwhile(1, 1)
    assert not trees.worthwhile(20, 1)
    assert trees.worthwhile(1000, 1000)
