"""Trees of LightGBM and XGBoost: the sums are those of the libraries themselves."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from skdime import Disentangler
from skdime._models.tree_sum import TreeSum

N_ROWS = 300


@pytest.fixture(scope="module")
def X():
    """Numbers, codes and missing values."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(N_ROWS, 5))
    X[:, 3] = rng.randint(4, size=N_ROWS)
    X[rng.rand(N_ROWS, 5) < 0.1] = np.nan
    X[:, 4] = rng.normal(size=N_ROWS)  # never missing in training
    return X


@pytest.fixture(scope="module")
def y(X):
    X = np.nan_to_num(X)
    return X[:, 0] * X[:, 1] + X[:, 2] * (X[:, 3] > 1) + 0.3 * X[:, 4] + 5


@pytest.fixture(scope="module")
def unseen():
    """Rows with missing values in every column, zeros, and very large numbers."""
    rng = np.random.RandomState(1)
    rows = 2 * rng.normal(size=(N_ROWS, 5))
    rows[rng.rand(N_ROWS, 5) < 0.1] = np.nan
    rows[rng.rand(N_ROWS, 5) < 0.05] = 0
    rows[rng.rand(N_ROWS, 5) < 0.02] = 1e30
    return rows


def sums(model, method, rows):
    """What the trees add up to, over a grid of single rows and columns of them."""
    trees = TreeSum.from_model(model, method)
    first, second = [0, 3], [1, 2, 4]
    return trees.evaluate([(first, rows[:, first])], [(second, rows[:20][:, second])])


def hybrids(rows):
    """All combinations of columns 0 and 3 with the others of the first 20 rows."""
    composed = np.repeat(rows, 20, axis=0)
    composed[:, [1, 2, 4]] = np.tile(rows[:20][:, [1, 2, 4]], (len(rows), 1))
    return composed


def lightgbm_model(kind, **options):
    lightgbm = pytest.importorskip("lightgbm")
    options = {"n_estimators": 20, "min_child_samples": 5, "verbose": -1} | options
    return getattr(lightgbm, f"LGBM{kind}")(random_state=0, n_jobs=1, **options)


def xgboost_model(kind, **options):
    xgboost = pytest.importorskip("xgboost")
    options = {"n_estimators": 20, "max_depth": 4} | options
    return getattr(xgboost, f"XGB{kind}")(random_state=0, n_jobs=1, **options)


# --- LightGBM -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"objective": "l1"},
        {"objective": "huber"},
        {"objective": "quantile", "alpha": 0.8},
        {"boosting_type": "dart"},
        {"boosting_type": "goss"},
        {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        {"num_leaves": 2},
        {"min_child_samples": 1000},  # no split at all
        {"use_missing": False},
    ],
    ids=str,
)
def test_lightgbm_regressors(X, y, unseen, options):
    model = lightgbm_model("Regressor", **options).fit(X, y)
    expected = model.predict(hybrids(unseen)).reshape(N_ROWS, 20, 1)
    found = sums(model, "predict", unseen)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.filterwarnings("ignore:.*eval_set.*")
def test_lightgbm_stopped_early(X, y, unseen):
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm_model("Regressor", n_estimators=200, learning_rate=0.5)
    stop = lightgbm.early_stopping(3, verbose=False)
    model.fit(X[:200], y[:200], eval_set=[(X[200:], y[200:])], callbacks=[stop])
    assert model.best_iteration_ < 200
    expected = model.predict(hybrids(unseen)).reshape(N_ROWS, 20, 1)
    np.testing.assert_allclose(sums(model, "predict", unseen), expected, rtol=1e-12)


def test_lightgbm_casts_integers_to_single_precision():
    # 2**24 + 1 is no number of single precision
    rows = 2**24 + np.arange(40)[:, None] * np.ones((1, 5), dtype=int)
    rows = rows.astype(np.int64)
    model = lightgbm_model("Regressor", min_child_samples=1)
    model.fit(rows, np.arange(40.0))
    expected = model.predict(hybrids(rows)).reshape(40, 20, 1)
    np.testing.assert_allclose(sums(model, "predict", rows), expected, rtol=1e-12)


@pytest.mark.parametrize("options", [{}, {"sigmoid": 2.5}, {"is_unbalance": True}])
def test_lightgbm_margins_are_log_odds(X, y, unseen, options):
    model = lightgbm_model("Classifier", **options).fit(X, y > 5)
    probability = model.predict_proba(hybrids(unseen))
    expected = np.log(probability[:, 1] / probability[:, 0])
    found = sums(model, "log-odds", unseen)
    np.testing.assert_allclose(
        found, expected.reshape(N_ROWS, 20, 1), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("edges", [[5], [4, 6]], ids=["two classes", "three"])
def test_lightgbm_margins(X, y, unseen, edges):
    model = lightgbm_model("Classifier").fit(X, np.digitize(y, edges))
    expected = model.predict(hybrids(unseen), raw_score=True).reshape(N_ROWS, 20, -1)
    found = sums(model, "decision_function", unseen)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {"objective": "poisson"},
        {"objective": "tweedie"},
        {"objective": lambda y, found: (found - y, np.ones(len(y)))},
        {"reg_sqrt": True},
        {"linear_tree": True},
        {"zero_as_missing": True},
    ],
    ids=lambda options: "-".join(options),
)
def test_lightgbm_that_is_no_plain_sum(X, y, options):
    model = lightgbm_model("Regressor", **options).fit(X, np.abs(y))
    assert TreeSum.from_model(model, "predict") is None


def test_lightgbm_with_categories(X, y, unseen):
    y = y + 3 * (np.nan_to_num(X[:, 3]) % 2)
    model = lightgbm_model("Regressor", min_data_per_group=5)
    model.fit(X, y, categorical_feature=[3])
    rows = unseen.copy()
    # codes, some of which training did not have, and what is cut off to a code
    rows[:, 3] = np.random.RandomState(2).randint(-4, 14, N_ROWS) / 2
    rows[::9, 3] = np.nan
    trees = TreeSum.from_model(model, "predict")
    assert any(block.categories for block in trees.blocks)
    expected = model.predict(hybrids(rows)).reshape(N_ROWS, 20, 1)
    found = sums(model, "predict", rows)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_subclasses_are_not_read(X, y):
    for model in (lightgbm_model("Regressor"), xgboost_model("Regressor")):
        own = type("Own", (type(model),), {})()
        own.set_params(n_estimators=2).fit(X, y)
        assert TreeSum.from_model(own, "predict") is None


# --- XGBoost --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"objective": "reg:absoluteerror"},
        {"objective": "reg:pseudohubererror"},
        {"objective": "reg:quantileerror", "quantile_alpha": 0.8},
        {"tree_method": "exact"},
        {"grow_policy": "lossguide", "max_leaves": 5},
        {"num_parallel_tree": 3, "subsample": 0.5},
        {"base_score": 2.5},
        {"max_depth": 1},
        {"gamma": 1e6},  # no split at all
    ],
    ids=str,
)
def test_xgboost_regressors(X, y, unseen, options):
    model = xgboost_model("Regressor", **options).fit(X, y)
    # thresholds are numbers of single precision: try these numbers themselves
    rows = np.vstack([unseen[:150], X[:150].astype(np.float32)])
    expected = model.predict(hybrids(rows)).reshape(N_ROWS, 20, 1)
    np.testing.assert_allclose(
        sums(model, "predict", rows), expected, rtol=2e-6, atol=1e-5
    )


def test_xgboost_left_is_strictly_less(y):
    rows = np.tile(np.arange(6, dtype=float)[:, None], (50, 5))
    model = xgboost_model("Regressor", tree_method="exact").fit(rows, rows[:, 0] ** 2)
    thresholds = model.get_booster().trees_to_dataframe()["Split"].dropna()
    rows[: len(thresholds)] = thresholds.to_numpy()[:300, None]
    expected = model.predict(hybrids(rows)).reshape(300, 20, 1)
    np.testing.assert_allclose(
        sums(model, "predict", rows), expected, rtol=2e-6, atol=1e-5
    )


def test_xgboost_stopped_early(X, y, unseen):
    model = xgboost_model("Regressor", n_estimators=200, early_stopping_rounds=3)
    model.fit(X[:200], y[:200], eval_set=[(X[200:], y[200:])], verbose=False)
    assert model.best_iteration < 199
    expected = model.predict(hybrids(unseen)).reshape(N_ROWS, 20, 1)
    np.testing.assert_allclose(
        sums(model, "predict", unseen), expected, rtol=2e-6, atol=1e-5
    )


def test_xgboost_of_two_targets(X, y, unseen):
    targets = np.column_stack([y, np.nan_to_num(X).sum(axis=1)])
    model = xgboost_model("Regressor").fit(X, targets)
    expected = model.predict(hybrids(unseen)).reshape(N_ROWS, 20, 2)
    found = sums(model, "predict", unseen)
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"objective": "count:poisson"},
        {"objective": "reg:logistic"},
        {"booster": "dart"},
        {"booster": "gblinear"},
        {"missing": -1.0},
        {"multi_strategy": "multi_output_tree"},
    ],
    ids=str,
)
def test_xgboost_that_is_no_plain_sum(X, y, options):
    options = {"tree_method": "hist"} | options
    if options.get("booster") == "gblinear":
        del options["tree_method"]
    several = options.get("multi_strategy") is not None
    target = (y - y.min()) / (y.max() - y.min())
    target = np.column_stack([target, target**2]) if several else target
    if options.get("booster") == "gblinear":
        options["max_depth"] = None
    model = xgboost_model("Regressor", **options).fit(np.nan_to_num(X), target)
    assert TreeSum.from_model(model, "predict") is None


@pytest.mark.parametrize("kind", ["Classifier", "RFClassifier"])
@pytest.mark.parametrize(
    "options", [{}, {"base_score": 0.3}, {"scale_pos_weight": 4}], ids=str
)
def test_xgboost_margins_are_log_odds(X, y, unseen, kind, options):
    model = xgboost_model(kind, **options).fit(X, (y > 5).astype(int))
    rows, found = hybrids(unseen), sums(model, "log-odds", unseen)
    margin = model.predict(rows, output_margin=True).reshape(N_ROWS, 20, 1)
    np.testing.assert_allclose(found, margin, rtol=2e-6, atol=1e-5)
    # probabilities of single precision are 6e-8 off where they are about 1
    probability = model.predict_proba(rows)[:, 1].astype(float)
    expected = np.log(probability) - np.log1p(-probability)
    rounding = 1.2e-7 / (probability * (1 - probability)) + 1e-5
    assert (np.abs(found.ravel() - expected) <= rounding).all()


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lightgbm_model, "Classifier"),
        (xgboost_model, "Classifier"),
        (xgboost_model, "RFClassifier"),
    ],
)
def test_margins_of_three_classes_are_log_ratios(X, y, unseen, make, kind):
    model = make(kind).fit(X, np.digitize(y, [4, 6]))
    logs = np.log(model.predict_proba(hybrids(unseen)).astype(float))
    expected = logs - logs.mean(axis=1, keepdims=True)
    found = sums(model, "log-odds", unseen)
    rounding = 1e-5 if make is xgboost_model else 1e-9
    np.testing.assert_allclose(found, expected.reshape(N_ROWS, 20, 3), atol=rounding)


def test_one_against_all_of_lightgbm_is_no_sum(X, y):
    model = lightgbm_model("Classifier", objective="multiclassova")
    model.fit(X, np.digitize(y, [4, 6]))
    assert TreeSum.from_model(model, "log-odds") is None


def test_xgboost_of_another_loss_is_no_sum(X, y):
    hinge = xgboost_model("Classifier", objective="binary:hinge")
    hinge.fit(X, (y > 5).astype(int))
    assert TreeSum.from_model(hinge, "log-odds") is None
    two = xgboost_model("Classifier").fit(X, (y > 5).astype(int))
    assert TreeSum.from_model(two, "predict_proba") is None


@pytest.mark.parametrize("max_cat_to_onehot", [1, 100])
def test_xgboost_with_categories(X, y, unseen, max_cat_to_onehot):
    options = {"enable_categorical": True, "max_cat_to_onehot": max_cat_to_onehot}
    options["feature_types"] = ["q", "q", "q", "c", "q"]
    model = xgboost_model("Regressor", **options)
    model.fit(X, y + 3 * (np.nan_to_num(X[:, 3]) % 2))
    rows = unseen.copy()
    rows[:, 3] = np.random.RandomState(2).randint(4, size=N_ROWS)
    rows[::9, 3] = np.nan
    trees = TreeSum.from_model(model, "predict")
    assert any(block.categories for block in trees.blocks)
    expected = model.predict(hybrids(rows)).reshape(N_ROWS, 20, 1)
    found = sums(model, "predict", rows)
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-5)


def test_xgboost_forests(X, y, unseen):
    model = xgboost_model("RFRegressor").fit(X, y)
    expected = model.predict(hybrids(unseen)).reshape(N_ROWS, 20, 1)
    found = sums(model, "predict", unseen)
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-5)


# --- decompositions -------------------------------------------------------------------

MODALITIES = [("a", [0, 3]), ("b", [1, 2, 4])]


@pytest.mark.parametrize("make", [lightgbm_model, xgboost_model])
@pytest.mark.parametrize("kind", ["array", "pandas"])
def test_decompositions_are_those_of_the_model(X, y, make, kind, monkeypatch):
    monkeypatch.setattr(TreeSum, "worthwhile", lambda *_: True)
    rows = X
    if kind == "pandas":
        rows = pytest.importorskip("pandas").DataFrame(X, columns=list("vwxyz"))
    model = make("Regressor").fit(rows, y)
    found, expected = (
        Disentangler(given, MODALITIES, n_references=15, random_state=0)
        .fit(rows)
        .decompose(rows[:7])
        for given in (FrozenEstimator(model), lambda rows: model.predict(rows))
    )
    assert found.n_model_rows == 7
    assert expected.n_model_rows == 7 * (1 + 2 * 15)
    for name in ("output", "main", "mi", "baseline", "uc_se"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), atol=2e-5
        )


@pytest.mark.filterwarnings("ignore:.*were clipped")
@pytest.mark.parametrize("steep", [False, True])
@pytest.mark.parametrize("make", [lightgbm_model, xgboost_model])
@pytest.mark.parametrize("edges", [[5], [4, 6]], ids=["two", "three"])
def test_log_odds_are_summed_where_none_can_be_clipped(
    X, y, make, steep, edges, monkeypatch
):
    monkeypatch.setattr(TreeSum, "worthwhile", lambda *_: True)
    y = np.digitize(y, edges)
    model = make("Classifier", learning_rate=0.5 if steep else 0.05)
    options = {"response_method": "predict_proba", "link": "logit"}
    dis = Disentangler(model, MODALITIES, n_references=15, random_state=0, **options)
    if steep:
        dis.set_params(estimator__n_estimators=200)
    direct = clone(dis).fit(X, y)
    direct._plans["best"] = direct._plans["direct"]
    dis.fit(X, y)
    assert (dis._plans["best"].trees is None) == steep
    found, expected = dis.decompose(X[:7]), direct.decompose(X[:7])
    rounding = 1e-5 if make is xgboost_model else 1e-9
    np.testing.assert_allclose(found.main, expected.main, atol=rounding)
    np.testing.assert_allclose(found.mi, expected.mi, atol=rounding)
    assert ("may be clipped" in dis._plans["best"].note) == steep
    if not steep:
        assert found.n_model_rows == 7
