"""Methods replaced on a fitted model: its outputs, not those of its class, count."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from skdime import Disentangler
from skdime._models.replaced import replaced_method

TWO = [("a", [0, 1]), ("b", [2, 3])]
RNG = np.random.RandomState(0)
X = RNG.normal(size=(60, 4))
Y = X[:, 0] + X[:, 1] * X[:, 2]
LABELS = (Y > 0).astype(int)
FOREST = RandomForestRegressor(5, random_state=0).fit(X, Y)
SCALED = make_pipeline(StandardScaler(), SVR()).fit(X, Y)


def replace_method(owner, name):
    own = getattr(owner, name)
    setattr(owner, name, lambda Z, **_: np.exp(np.clip(own(Z), -1, 1)))


def linear():
    model = LinearRegression().fit(X, Y)
    replace_method(model, "predict")
    return model, "LinearRegression.predict"


def margin():
    model = LogisticRegression().fit(X, LABELS)
    replace_method(model, "decision_function")
    return model, "LogisticRegression.decision_function"


def forest():
    model = RandomForestRegressor(5, random_state=0).fit(X, Y)
    replace_method(model, "predict")
    return model, "RandomForestRegressor.predict"


def tree_of_a_forest():
    model = RandomForestRegressor(5, random_state=0).fit(X, Y)
    replace_method(model.estimators_[2], "predict")
    return model, "DecisionTreeRegressor.predict"


def pipeline():
    model = make_pipeline(StandardScaler(), SVR()).fit(X, Y)
    replace_method(model, "predict")
    return model, "Pipeline.predict"


def last_step():
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(X, Y)
    replace_method(model[-1], "predict")
    return model, "LinearRegression.predict"


def first_step():
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(X, Y)
    replace_method(model[0], "transform")
    return model, "StandardScaler.transform"


def search():
    model = GridSearchCV(LinearRegression(), {}, cv=2).fit(X, Y)
    replace_method(model, "predict")
    return model, "GridSearchCV.predict"


def by_hand(model, references, rows, method):
    """UC over all pairs of references."""
    output, n = getattr(model, method), len(references)
    i, j = np.divmod(np.arange(n * n), n)
    baseline = output(np.hstack([references[i, :2], references[j, 2:]])).mean()
    first, second = [], []
    for x in np.repeat(rows[:, None], n, axis=1):
        first.append(output(np.hstack([x[:, :2], references[:, 2:]])))
        second.append(output(np.hstack([references[:, :2], x[:, 2:]])))
    return np.mean(first, axis=1) + np.mean(second, axis=1) - baseline


@pytest.mark.parametrize(
    "make",
    [linear, margin, forest, tree_of_a_forest, pipeline, last_step, first_step, search],
)
def test_uc_is_that_of_the_outputs_and_the_result_says_why(make):
    model, name = make()
    method = name.partition(".")[2] if make is margin else "predict"
    assert replaced_method(FrozenEstimator(model)) == name
    dis = Disentangler(FrozenEstimator(model), TWO, n_references=20, random_state=0)
    parts = dis.fit(X).decompose(X[:4])
    expected = by_hand(model, dis.references_, X[:4], method)
    np.testing.assert_allclose(parts.uc[:, 0], expected, atol=1e-12)
    assert f"{name} was replaced on the fitted model" in repr(parts)
    assert parts[:2].note == parts.note


@pytest.mark.parametrize(
    "model",
    [
        LinearRegression(),
        RandomForestRegressor(3),
        RandomForestClassifier(3),
        GridSearchCV(SVR(kernel=lambda A, B: A @ B.T), {}, cv=2),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
)
def test_models_as_they_were_fitted_have_no_replaced_method(model):
    model = clone(model).fit(X, LABELS)
    model.predict(X)
    assert replaced_method(FrozenEstimator(model)) is None


@pytest.mark.parametrize(
    "model, owner, name",
    [
        (FOREST, RandomForestRegressor, "predict"),
        (LinearRegression().fit(X, Y), LinearRegression, "predict"),
    ],
)
def test_a_shortcut_that_differs_on_the_references_is_dropped(
    model, owner, name, monkeypatch
):
    own = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda self, Z: np.exp(own(self, Z)))
    dis = Disentangler(FrozenEstimator(model), TWO, n_references=20, random_state=0)
    parts = dis.fit(X).decompose(X[:4])
    expected = by_hand(model, dis.references_, X[:4], name)
    np.testing.assert_allclose(parts.uc[:, 0], expected, atol=1e-12)
    assert "differs from its outputs on reference rows" in repr(parts)


def test_an_encoder_that_the_model_does_not_use_is_dropped(monkeypatch):
    own = SCALED.predict(X)
    # a pipeline that leaves its first step out
    monkeypatch.setattr(
        "sklearn.pipeline.Pipeline.predict", lambda self, Z: self[-1].predict(Z)
    )
    assert not np.allclose(SCALED.predict(X), own)
    dis = Disentangler(FrozenEstimator(SCALED), TWO, n_references=20, random_state=0)
    parts = dis.fit(X).decompose(X[:4])
    expected = by_hand(SCALED, dis.references_, X[:4], "predict")
    np.testing.assert_allclose(parts.uc[:, 0], expected, atol=1e-12)
    assert "differs from its outputs" in parts.note


def test_models_that_are_what_they_seem_have_no_note():
    dis = Disentangler(FrozenEstimator(FOREST), TWO, n_references=20)
    parts = dis.fit(X).decompose(X[:2])
    assert parts.note == ""
    assert "Note" not in repr(parts)
