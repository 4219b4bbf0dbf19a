"""Trees of CatBoost: the sums are those of the library itself."""

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator

from skdime import Disentangler, LocalExplainer
from skdime._models.tree_sum import TreeSum

catboost = pytest.importorskip("catboost")


@pytest.fixture(scope="module")
def X():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200, 4))
    X[rng.rand(200, 4) < 0.1] = np.nan
    X[:, 3] = rng.normal(size=200)  # never missing in training
    return X


@pytest.fixture(scope="module")
def y(X):
    X = np.nan_to_num(X)
    return X[:, 0] * X[:, 1] + X[:, 2] + 0.3 * X[:, 3]


def model_of(kind, **options):
    options = {"iterations": 8, "depth": 3, "verbose": 0} | options
    make = getattr(catboost, f"CatBoost{kind}")
    return make(random_seed=0, thread_count=1, allow_writing_files=False, **options)


def sums(model, method, X):
    trees = TreeSum.from_model(model, method)
    return trees.evaluate([([0, 3], X[:, [0, 3]])], [([1, 2], X[:20][:, [1, 2]])])


def hybrids(X):
    rows = np.repeat(X, 20, axis=0)
    rows[:, [1, 2]] = np.tile(X[:20][:, [1, 2]], (len(X), 1))
    return rows


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"nan_mode": "Max"},
        {"loss_function": "MAE"},
        {"loss_function": "Quantile:alpha=0.8"},
        {"grow_policy": "Lossguide"},
        {"grow_policy": "Depthwise", "nan_mode": "Max"},
        {"depth": 1},
    ],
    ids=str,
)
def test_regressors(X, y, options):
    model = model_of("Regressor", **options).fit(X, y)
    rows = np.vstack([X[:50], 2 * np.roll(X, 3, axis=0)[:50, ::-1]])
    rows[:, 3] = np.nan_to_num(rows[:, 3])  # refused where training had none missing
    expected = model.predict(hybrids(rows)).reshape(100, 20, 1)
    np.testing.assert_allclose(sums(model, "predict", rows), expected, atol=1e-12)


def test_thresholds_are_compared_in_single_precision(X, y):
    model = model_of("Regressor").fit(X, y)
    borders = np.concatenate([np.asarray(b) for b in model.get_borders().values()])
    rows = np.nan_to_num(X[:60])
    rows[: len(borders[:60])] = borders[:60, None]
    rows[30:] += 1e-9
    expected = model.predict(hybrids(rows)).reshape(60, 20, 1)
    np.testing.assert_allclose(sums(model, "predict", rows), expected, atol=1e-12)


def test_two_targets(X, y):
    targets = np.column_stack([y, np.nan_to_num(X).sum(axis=1)])
    model = model_of("Regressor", loss_function="MultiRMSE").fit(X, targets)
    expected = model.predict(hybrids(X)).reshape(200, 20, 2)
    np.testing.assert_allclose(sums(model, "predict", X), expected, atol=1e-12)


def test_log_odds_of_two_classes(X, y):
    model = model_of("Classifier").fit(X, (y > 0).astype(int))
    shares = model.predict_proba(hybrids(X))
    expected = np.log(shares[:, 1] / shares[:, 0]).reshape(200, 20, 1)
    np.testing.assert_allclose(sums(model, "log-odds", X), expected, atol=1e-10)
    assert TreeSum.from_model(model, "predict_proba") is None


def test_log_ratios_of_three_classes(X, y):
    model = model_of("Classifier").fit(X, np.digitize(y, [-0.5, 0.5]))
    logs = np.log(model.predict_proba(hybrids(X)))
    expected = (logs - logs.mean(axis=1, keepdims=True)).reshape(200, 20, 3)
    np.testing.assert_allclose(sums(model, "log-odds", X), expected, atol=1e-10)
    against_all = model_of("Classifier", loss_function="MultiClassOneVsAll")
    against_all.fit(X, np.digitize(y, [-0.5, 0.5]))
    assert TreeSum.from_model(against_all, "log-odds") is None


def test_three_classes_are_one_target(X, y):
    model = model_of("Classifier").fit(X, np.digitize(y, [-0.5, 0.5]))
    options = {"response_method": "predict_proba", "link": "logit"}
    dis = Disentangler(FrozenEstimator(model), {"a": [0, 1], "b": [2, 3]}, **options)
    parts = dis.set_params(n_references=10, random_state=0).fit(X).decompose(X[:3])
    logs = np.log(model.predict_proba(X[:3]))
    expected = logs - logs.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(parts.output, expected, atol=1e-10)
    assert parts.unit == "centred log-ratio"


def test_none_where_the_output_is_no_plain_sum(X, y):
    poisson = model_of("Regressor", loss_function="Poisson").fit(X, np.exp(y))
    assert TreeSum.from_model(poisson, "predict") is None
    own = type("Own", (type(poisson),), {})(iterations=2, verbose=0)
    own.set_params(allow_writing_files=False).fit(X, y)
    assert TreeSum.from_model(own, "predict") is None


# --- categories -----------------------------------------------------------------------

MODALITIES = {"a": ["ward", "x"], "b": ["code", "z", "given"]}


@pytest.fixture(scope="module")
def frame(X):
    """Texts that are no ASCII, integers and truth values as categories."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(2)
    return pd.DataFrame(
        {
            "ward": rng.choice(["icu", 'Hôpital "A"', "", "2"], size=200),
            "x": X[:, 0],
            "code": rng.randint(4, size=200),
            "z": pd.array([None, *X[1:, 3]], dtype="Float64"),
            "given": rng.rand(200) < 0.5,
        }
    )


@pytest.fixture(scope="module")
def of_frame(frame):
    x = np.nan_to_num(frame["x"])
    z = frame["z"].fillna(0).to_numpy(dtype=float)
    return x * (frame["ward"] == "icu") + z * frame["code"] * frame["given"]


def coded(frame, target, kind="Regressor", **options):
    model = model_of(kind, cat_features=["ward", "code", "given"], **options)
    return model.fit(frame, target)


@pytest.mark.parametrize("policy", ["SymmetricTree", "Lossguide"])
@pytest.mark.parametrize("kind", ["Regressor", "Classifier"])
def test_categories_that_are_compared(frame, of_frame, policy, kind, monkeypatch):
    monkeypatch.setattr(TreeSum, "worthwhile", lambda *_: True)
    options, output = {"one_hot_max_size": 10, "grow_policy": policy}, {}
    target = of_frame
    if kind == "Classifier":
        target = of_frame > 0
        output = {"response_method": "predict_proba", "link": "logit"}
    model = coded(frame, target, kind, **options)
    rows = frame.iloc[:8].assign(ward=["new", *frame["ward"][1:8]])
    method = model.predict if kind == "Regressor" else model.predict_proba
    found, expected = (
        LocalExplainer(
            Disentangler(estimator, MODALITIES, n_references=None, **given),
            algorithm=algorithm,
            random_state=0,
        )
        .fit(frame)
        .explain(rows)
        for estimator, given, algorithm in (
            (FrozenEstimator(model), output, "auto"),
            (_log_odds(method) if output else method, {}, "exhaustive"),
        )
    )
    assert found.decomposition.evaluation == "leaves"
    assert "every hybrid row" not in found.decomposition.note
    assert found.n_model_rows == 8
    for name in ("main", "mi", "baseline"):
        np.testing.assert_allclose(
            getattr(found.decomposition, name),
            getattr(expected.decomposition, name),
            atol=1e-9,
        )


def _log_odds(predict_proba):
    def predict(rows):
        return np.log(np.divide(*predict_proba(rows).T[::-1]))

    return predict


def test_categories_that_statistics_replace(frame, of_frame):
    model = coded(frame, of_frame, one_hot_max_size=2)
    assert TreeSum.from_model(model, "predict") is None
    dis = Disentangler(FrozenEstimator(model), MODALITIES, random_state=0).fit(frame)
    found = dis.decompose(frame[:3])
    assert found.evaluation == "rows"
    assert "CatBoostRegressor replaces categories by statistics" in found.note
    assert "one_hot_max_size" in repr(found)


def test_categories_whose_splits_are_not_used(frame):
    options = {"one_hot_max_size": 2, "iterations": 3, "depth": 1}
    model = coded(frame, np.nan_to_num(frame["x"]), **options)
    dis = Disentangler(FrozenEstimator(model), MODALITIES, random_state=0).fit(frame)
    assert dis._plans["best"].trees is not None
    assert not dis._plans["best"].note
