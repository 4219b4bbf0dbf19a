"""Sums of trees of models that combine others, and of splits on categories."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdime import Disentangler
from skdime._models.tree_sum import TreeSum

MODALITIES = [("a", [0, 2, 3]), ("b", [1, 4, 5])]
HIST = {"max_iter": 8, "min_samples_leaf": 5, "random_state": 0}
CODED = {"categorical_features": [3, 5], **HIST}
SMALL = {"n_estimators": 4, "max_depth": 4, "random_state": 0}
FOREST, EXTRA = RandomForestRegressor(**SMALL), ExtraTreesRegressor(**SMALL)
BOOSTING = GradientBoostingRegressor(n_estimators=6, random_state=0)
FORESTS = [("a", RandomForestClassifier(**SMALL)), ("b", ExtraTreesClassifier(**SMALL))]
TREE = DecisionTreeClassifier(max_depth=4, random_state=0)

MODELS = {
    "bagging": (
        BaggingRegressor(DecisionTreeRegressor(max_depth=4), 5, max_features=4),
        "predict",
        "number",
    ),
    "bagged boosting": (
        BaggingRegressor(HistGradientBoostingRegressor(**HIST), 2),
        "predict",
        "number",
    ),
    "bagged trees": (BaggingClassifier(TREE, 5), "predict_proba", "three"),
    "bagged forests": (
        BaggingClassifier(RandomForestClassifier(**SMALL), 3),
        "predict_proba",
        "two",
    ),
    "voting": (
        VotingRegressor(
            [("a", FOREST), ("b", EXTRA), ("x", "drop"), ("c", BOOSTING)],
            weights=[1, 2, 9, 3],
        ),
        "predict",
        "number",
    ),
    "soft voting": (VotingClassifier(FORESTS, voting="soft"), "predict_proba", "three"),
    "weighted voting": (
        VotingClassifier(FORESTS, voting="soft", weights=[0.2, 0.5]),
        "predict_proba",
        "two",
    ),
    "stacking": (
        StackingRegressor([("a", FOREST), ("b", BOOSTING)], RidgeCV(), cv=2),
        "predict",
        "number",
    ),
    "stacked classifiers": (
        StackingClassifier(FORESTS, cv=2),
        "decision_function",
        "three",
    ),
    "stacked, two classes": (
        StackingClassifier(FORESTS, cv=2),
        "decision_function",
        "two",
    ),
    "categories": (HistGradientBoostingRegressor(**CODED), "predict", "number"),
    "categories, stopped early": (
        HistGradientBoostingRegressor(early_stopping=True, **CODED),
        "predict",
        "number",
    ),
    "categories, two classes": (
        HistGradientBoostingClassifier(**CODED),
        "decision_function",
        "two",
    ),
    "categories, three classes": (
        HistGradientBoostingClassifier(**CODED),
        "decision_function",
        "three",
    ),
}


@pytest.fixture(scope="module")
def X():
    """Numbers, and codes of nine and of forty categories."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 6))
    X[:, 3], X[:, 5] = rng.randint(9, size=300), rng.randint(40, size=300)
    return X


@pytest.fixture(scope="module")
def targets(X):
    effect = np.isin(X[:, 3], [1, 4, 6]) * X[:, 2] + np.sin(7 * X[:, 5])
    y = X[:, 0] * X[:, 1] + effect
    return {"number": y, "two": y > 0, "three": np.digitize(y, [-0.3, 0.8])}


@pytest.fixture(scope="module")
def unseen():
    """Rows with categories that training did not have."""
    rng = np.random.RandomState(1)
    rows = 2 * rng.normal(size=(60, 6))
    rows[:, 3], rows[:, 5] = rng.randint(-2, 14, 60), rng.randint(-2, 50, 60)
    return rows


def with_missing(X, seed=0):
    X = X.copy()
    X[np.random.RandomState(seed).rand(*X.shape) < 0.07] = np.nan
    return X


def outputs(model, method, rows):
    values = getattr(model, method)(rows).reshape(len(rows), -1)
    two = method == "predict_proba" and values.shape[1] == 2
    return values[:, 1:] if two else values


@pytest.mark.parametrize("name", MODELS)
def test_sums_are_the_outputs_of_the_model(X, targets, unseen, name):
    model, method, kind = MODELS[name]
    model = clone(model)
    if "random_state" in model.get_params(deep=False):
        model.set_params(random_state=0)
    takes_missing = name.startswith(("categories", "bag"))
    if takes_missing:
        X, unseen = with_missing(X), with_missing(unseen, 1)
    model.fit(X, targets[kind])
    trees = TreeSum.from_model(model, method)
    encoded, order = unseen, np.arange(6)
    if trees.encoder is not None:
        encoded, order = trees.encoder.transform(unseen), trees.order
        assert any(block.categories for block in trees.blocks)
    first, second = [0, 3, 4], [1, 2, 5]
    found = trees.evaluate(
        [(first, encoded[:, first])], [(second, encoded[:20][:, second])]
    )
    hybrids = np.repeat(unseen, 20, axis=0)
    hybrids[:, order[second]] = np.tile(unseen[:20][:, order[second]], (60, 1))
    expected = outputs(model, method, hybrids).reshape(60, 20, -1)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


class OtherVoting(VotingRegressor):
    """May do anything."""


NO_SUMS = {
    "member": VotingRegressor([("a", FOREST), ("b", LinearRegression())]),
    "casts": VotingRegressor(
        [("a", FOREST), ("b", HistGradientBoostingRegressor(**HIST))]
    ),
    "encoder": BaggingRegressor(HistGradientBoostingRegressor(**CODED), 2),
    "subclass": OtherVoting([("a", FOREST)]),
    "last step": StackingRegressor([("a", FOREST)], SVR(), cv=2),
    "columns": StackingRegressor([("a", FOREST)], cv=2, passthrough=True),
}


@pytest.mark.parametrize("name", NO_SUMS)
def test_none_where_the_combination_is_no_sum(X, targets, name):
    model = clone(NO_SUMS[name]).fit(X, targets["number"])
    assert TreeSum.from_model(model, "predict") is None


def test_none_for_votes_and_for_members_that_lack_a_class(X, targets):
    votes = VotingClassifier(FORESTS).fit(X, targets["three"])
    assert TreeSum.from_model(votes, "predict_proba") is None
    bagging = BaggingClassifier(TREE, 3, random_state=0).fit(X, targets["three"])
    bagging.estimators_[1].classes_ = np.array([0, 2])
    assert TreeSum.from_model(bagging, "predict_proba") is None


def test_members_with_another_method_are_not_summed(X, targets):
    model = VotingRegressor([("a", clone(FOREST))]).fit(X, targets["number"])
    member = model.estimators_[0]
    member.predict = lambda rows: RandomForestRegressor.predict(member, rows) + 1
    dis = Disentangler(FrozenEstimator(model), MODALITIES, n_references=8).fit(X)
    assert dis._plans["best"].trees is None
    assert "RandomForestRegressor.predict" in dis.decompose(X[:2]).note


def log_odds(model, rows):
    shares = model.predict_proba(rows)
    return (np.log(shares[:, 1]) - np.log(shares[:, 0]))[:, None]


@pytest.mark.parametrize(
    "model",
    [
        HistGradientBoostingClassifier(**HIST),
        GradientBoostingClassifier(n_estimators=6, random_state=0),
    ],
)
def test_log_odds_of_boosting(X, targets, unseen, model):
    model = clone(model).fit(X, targets["two"])
    trees = TreeSum.from_model(model, "log-odds")
    found = trees.evaluate([(np.arange(6), unseen)], [])[:, 0]
    np.testing.assert_allclose(found, log_odds(model, unseen), atol=1e-10)
    model.fit(X, targets["three"])
    trees = TreeSum.from_model(model, "log-odds")
    found = trees.evaluate([(np.arange(6), unseen)], [])[:, 0]
    logs = np.log(model.predict_proba(unseen))
    expected = logs - logs.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_log_odds_of_another_loss_are_not_read(X, targets):
    model = GradientBoostingClassifier(loss="exponential", n_estimators=3)
    assert TreeSum.from_model(model.fit(X, targets["two"]), "log-odds") is None


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_of_categories_in_frames(X, targets, library, monkeypatch):
    frames = pytest.importorskip(library)
    monkeypatch.setattr(TreeSum, "worthwhile", lambda *_: True)
    frame = frames.DataFrame({name: X[:, j] for j, name in enumerate("uvwxyz")})
    letters = [chr(97 + int(code)) for code in X[:, 3]]
    if library == "pandas":
        frame["x"] = frames.Categorical(letters)
    else:
        column = frames.Series("x", letters, dtype=frames.Enum(sorted({*letters})))
        frame = frame.with_columns(column)
    model = HistGradientBoostingRegressor(categorical_features="from_dtype", **HIST)
    model.fit(frame, targets["number"])
    found, expected = (
        Disentangler(given, MODALITIES, n_references=8, random_state=0)
        .fit(frame)
        .decompose(frame[:7])
        for given in (FrozenEstimator(model), model.predict)
    )
    assert (found.evaluation, found.n_model_rows) == ("leaves", 7)
    for name in ("main", "uc", "mi", "uc_se", "baseline"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), atol=1e-12
        )
