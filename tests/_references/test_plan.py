"""Shorter ways to the model's outputs: the same numbers, and no row too many.

Longer than other modules: every part asks the same twenty models.
"""

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeRegressor

from skdime import Disentangler, LocalExplainer
from skdime._models.determinism import checked_rows
from skdime._models.tree_sum import TreeSum
from tests._by_hand import decomposed
from tests._data import slopes

pytestmark = pytest.mark.usefixtures("one_thread")

N_REFERENCES, N_SAMPLES = 20, 30
PARTS = ("uc", "mi", "main", "uc_se", "main_se")


def add_codes(X):
    """The last column holds codes of three categories."""
    X = X.copy()
    X[:, 4] = np.arange(len(X)) % 3
    return X


def encoded(last, **options):
    """A pipeline that scales columns 0 to 3 and encodes the codes in the last one."""
    steps = [("scale", StandardScaler(), [0, 1, 2, 3])]
    steps.append(("encode", OneHotEncoder(**options), [4]))
    return make_pipeline(ColumnTransformer(steps), last)


SMALL = {"n_estimators": 6, "max_depth": 4, "random_state": 0}
HIST = {"max_iter": 6, "min_samples_leaf": 4, "random_state": 0}

MODELS = {
    "linear": (LinearRegression(), "predict"),
    "two outputs": (Ridge(), "predict"),
    "margin": (LogisticRegression(), "decision_function"),
    "naive Bayes": (GaussianNB(), "predict_joint_log_proba"),
    "tree": (DecisionTreeRegressor(max_depth=5, random_state=0), "predict"),
    "forest": (RandomForestClassifier(**SMALL), "predict_proba"),
    "forest of two outputs": (RandomForestRegressor(**SMALL), "predict"),
    "extra trees": (ExtraTreesClassifier(**SMALL), "predict_proba"),
    "extra trees regressor": (ExtraTreesRegressor(**SMALL), "predict"),
    "boosting": (GradientBoostingClassifier(**SMALL), "decision_function"),
    "boosting regressor": (GradientBoostingRegressor(**SMALL), "predict"),
    "histograms": (HistGradientBoostingClassifier(**HIST), "decision_function"),
    "histograms regressor": (HistGradientBoostingRegressor(**HIST), "predict"),
    "scaled forest": (
        make_pipeline(StandardScaler(), RandomForestRegressor(**SMALL)),
        "predict",
    ),
    "one-hot forest": (encoded(RandomForestClassifier(**SMALL)), "predict_proba"),
    "one-hot boosting": (
        encoded(HistGradientBoostingRegressor(**HIST), sparse_output=False),
        "predict",
    ),
    "one-hot linear": (encoded(Ridge()), "predict"),
    "one-hot margin": (encoded(LogisticRegression()), "decision_function"),
    "one-hot SVM": (encoded(SVR()), "predict"),
    "SVM of three classes": (encoded(SVC()), "decision_function"),
}


def target_of(name, X):
    score = X[:, 0] * X[:, 1] + np.sin(X[:, 2]) * X[:, 4] + X[:, 3]
    if "two outputs" in name:
        return np.column_stack([score, np.abs(X).max(axis=1)])
    if MODELS[name][1] == "predict":
        return score
    return np.digitize(score, [-0.5, 1] if name.endswith("classes") else [0.2])


# Of a frame, models of each kind, and all that take columns by name.
ON_FRAMES = "linear", "forest", "histograms", "scaled forest", "SVM of three classes"
ON_FRAMES += tuple(name for name in MODELS if "one-hot" in name)
CASES = [("array", name) for name in MODELS] + [("frame", name) for name in ON_FRAMES]


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request):
    """A kind of container, and the name of a model."""
    return request.param


@pytest.fixture(scope="module")
def rows(case, X):
    X = add_codes(X)
    if case[0] == "array":
        return X
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(X, columns=list("vwxyz"))


@pytest.fixture(scope="module")
def fitted(case, rows):
    """A fitted model, and the output explained."""
    _, name = case
    model, method = MODELS[name]
    if "one-hot" in name and not isinstance(rows, np.ndarray):
        columns = list("vwxyz")
        steps = [
            (label, step, [columns[j] for j in chosen])
            for label, step, chosen in model[0].transformers
        ]
        model = make_pipeline(ColumnTransformer(steps), model[-1])
    model = model.fit(rows, target_of(name, np.asarray(rows)))
    return model, method


@pytest.fixture
def modalities(rows, two, three):
    """Three of an array, two of a frame: every model is asked about both."""
    return three if isinstance(rows, np.ndarray) else two


@pytest.fixture
def always_trees(monkeypatch):
    """Sums over leaves also on grids so small that the model itself is faster."""
    monkeypatch.setattr(TreeSum, "worthwhile", lambda *_: True)


def output_of(model, method):
    def output(X):
        values = getattr(model, method)(X)
        return values[:, 1] if method == "predict_proba" else values

    return output


def on_arrays(output, rows):
    """The same function of arrays, and with outputs as a matrix."""

    def on_array(X):
        if not isinstance(rows, np.ndarray):
            X = type(rows)(X, columns=rows.columns)
        return np.asarray(output(X)).reshape(len(X), -1)

    return on_array


def n_label_rows(method):
    """Of probabilities one row tells whether they are those of several labels."""
    return int(method == "predict_proba")


def disentangler(model, modalities, **options):
    options = {"n_references": N_REFERENCES, "random_state": 0} | options
    return Disentangler(model, modalities, **options)


def explainer(model, modalities, *, method="auto", algorithm="auto", **options):
    dis = disentangler(model, modalities, response_method=method, **options)
    options = {"n_samples": N_SAMPLES, "algorithm": algorithm, "random_state": 0}
    return LocalExplainer(dis, slopes(modalities), **options)


# --- the numbers of the model itself --------------------------------------------------


@pytest.mark.usefixtures("always_trees")
def test_decompositions_are_those_of_the_model(fitted, rows, modalities, assert_close):
    model, method = fitted
    frozen = FrozenEstimator(model)
    dis = disentangler(frozen, modalities, response_method=method).fit(rows)
    output, some = output_of(model, method), rows[:10]
    parts = dis.decompose(some)
    if len(modalities) == 3 and dis._plans["best"].trees is not None:
        # of trees means are taken over all combinations, of other models over tuples
        values, references = np.asarray(some), np.asarray(dis.references_)
        columns = [columns for _, columns in dis.modalities_]
        output = on_arrays(output, rows)
        orders = dis._references.leaf_means.weighting.orders
        order = None if orders is None else orders[0]
        expected = decomposed(output, values, references, columns, len(rows), order)
    else:
        plain = disentangler(output, modalities).fit(rows)
        expected = vars(plain.decompose(some))
    for name in ("output", "baseline", "baseline_se", *PARTS):
        assert_close(getattr(parts, name), expected[name], scale=expected["output"])


@pytest.mark.usefixtures("always_trees")
def test_explanations_and_scores_are_those_of_every_hybrid_row(
    fitted, rows, modalities, assert_close
):
    model, method = fitted
    ours, longest = (
        explainer(FrozenEstimator(model), modalities, method=method, algorithm=a)
        for a in ("auto", "exhaustive")
    )
    some = rows[:3]
    found, expected = (each.fit(rows).explain(some) for each in (ours, longest))
    scale = expected.decomposition.output
    for name in ("coef", "se", "intercept", "local_prediction"):
        assert_close(getattr(found, name), getattr(expected, name), scale=scale)
    np.testing.assert_allclose(found.r2, expected.r2, atol=1e-8)
    assert not found.approximation_error.any()
    # the coefficients alone, by another way
    scale, alone = np.abs(expected.coef).max(), ours.transform(some)
    np.testing.assert_allclose(alone, expected.coef.reshape(3, -1), atol=1e-10 * scale)
    assert ours.score(some) == pytest.approx(longest.score(some), abs=1e-8)


@pytest.mark.usefixtures("always_trees")
@pytest.mark.parametrize("dtype", ["Float64", "Int64", "boolean", "float32"])
def test_trees_of_frames_with_missing_values(X, two, dtype, assert_close):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("vwxyz"))
    codes = pd.Series(np.arange(60) % 2, dtype="float").astype(dtype)
    frame["v"] = frame["x"] = codes.mask(np.arange(60) % 5 == 0)
    model = HistGradientBoostingRegressor(**HIST).fit(frame, X.prod(axis=1))
    parts, expected = (
        disentangler(given, two).fit(frame).decompose(frame[:6])
        for given in (FrozenEstimator(model), model.predict)
    )
    assert_close(parts.main, expected.main, scale=expected.output)
    assert parts.n_model_rows == 6


@pytest.mark.usefixtures("always_trees")
@pytest.mark.parametrize("dtype", ["Float64", "Float32", "Int8", "UInt32", "Boolean"])
def test_trees_of_polars_frames(X, two, dtype, assert_close):
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({name: X[:, i] for i, name in enumerate("vwxyz")})
    codes = pl.Series(np.arange(60) % 2).cast(getattr(pl, dtype))
    missing = pl.Series([i if i % 5 else None for i in range(60)], dtype=pl.Int64)
    frame = frame.with_columns(v=codes, x=missing)
    model = HistGradientBoostingRegressor(**HIST).fit(frame, X.prod(axis=1))
    parts, expected = (
        disentangler(given, two).fit(frame).decompose(frame[:6])
        for given in (FrozenEstimator(model), model.predict)
    )
    assert_close(parts.main, expected.main, scale=expected.output)
    assert parts.n_model_rows == 6


def test_polars_frames_of_text_are_not_summed_over_trees(X, two):
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({name: X[:, i] for i, name in enumerate("vwxyz")})
    text = frame.with_columns(z=pl.Series(["1", "0"] * 30))
    model = HistGradientBoostingRegressor(**HIST).fit(frame, X[:, 0])
    dis = disentangler(FrozenEstimator(model), two)
    assert dis.fit(frame)._plans["best"].trees is not None
    assert dis.fit(text)._plans["best"].trees is None


@pytest.mark.parametrize("name", ["forest", "boosting"])
def test_large_grids_of_trees(X, two, name, assert_close):
    # with no word from the test on whether trees are worthwhile
    rows = np.tile(X, (10, 1)) + np.random.RandomState(1).normal(size=(600, 5))
    model, method = MODELS[name]
    model = model.fit(X, target_of(name, X))
    plain = disentangler(output_of(model, method), two, n_references=None).fit(rows)
    dis = disentangler(
        FrozenEstimator(model), two, response_method=method, n_references=None
    ).fit(rows)
    assert dis.n_model_rows_ == n_label_rows(method) + checked_rows(600)
    parts, expected = dis.decompose(rows), plain.decompose(rows)
    # F_0 of plain rows is a mean over some pairs of so many references
    moved, expected_moved = (p.main - p.main[:1] for p in (parts, expected))
    assert_close(moved, expected_moved, scale=expected.output)
    assert parts.n_model_rows == len(rows)


# --- model rows -----------------------------------------------------------------------


@pytest.mark.usefixtures("always_trees")
@pytest.mark.parametrize("name", ["forest", "boosting", "histograms", "scaled forest"])
def test_trees_need_the_explained_rows_only(X, two, three, name):
    model, method = MODELS[name]
    frozen = FrozenEstimator(model.fit(X, target_of(name, X)))
    exp = explainer(frozen, two, method=method).fit(X)
    in_fit = n_label_rows(method) + checked_rows(N_REFERENCES)
    assert exp.n_model_rows_ == in_fit
    assert exp.explain(X[:7]).n_model_rows == 7
    exp = explainer(frozen, three, method=method).fit(X)
    assert exp.n_model_rows_ == in_fit
    assert exp.explain(X[:7]).n_model_rows == 7


@pytest.mark.parametrize("name", ["linear", "margin", "naive Bayes", "one-hot linear"])
def test_additive_models_need_a_row_and_a_column_of_each_grid(X, two, name):
    X = add_codes(X)
    model, method = MODELS[name]
    frozen = FrozenEstimator(model.fit(X, target_of(name, X)))
    exp = explainer(frozen, two, method=method).fit(X)
    tables = 2 * (N_SAMPLES + N_REFERENCES)
    # five references, and a row and a column of their grid, confirm the sum
    assert exp.disentangler_.n_model_rows_ == 2 * N_REFERENCES + 3 * 5
    assert checked_rows(N_REFERENCES) >= 3 * 5
    assert exp.n_model_rows_ == 2 * N_REFERENCES + 3 * 5 + tables
    explanation = exp.explain(X[:7])
    decomposed = 7 + 2 * (7 + N_REFERENCES)
    assert explanation.decomposition.n_model_rows == decomposed
    assert explanation.n_model_rows == decomposed + 2 * (7 + N_SAMPLES)


@pytest.mark.parametrize("max_memory", [1, 3_000])
@pytest.mark.parametrize("name", ["linear", "naive Bayes", "one-hot linear"])
def test_batches_of_an_additive_model_share_its_references(X, two, name, max_memory):
    X = add_codes(X)
    model, method = MODELS[name]
    frozen = FrozenEstimator(model.fit(X, target_of(name, X)))
    small, large = (
        disentangler(frozen, two, response_method=method, max_memory=m)
        .fit(X)
        .decompose(X[:7])
        for m in (max_memory, 2**28)
    )
    # single rows need not evaluate the first reference twice
    assert small.n_model_rows <= large.n_model_rows == 7 + 2 * (7 + N_REFERENCES)
    np.testing.assert_allclose(small.main, large.main, atol=1e-12)
    np.testing.assert_allclose(small.uc_se, large.uc_se, atol=1e-12)


class Labelled(LogisticRegression):
    """Remembers the rows it sees after it was fitted."""

    seen = 0

    def predict(self, X):
        Labelled.seen += len(X)
        return super().predict(X)

    def predict_proba(self, X):
        Labelled.seen += len(X)
        return super().predict_proba(X)


def test_the_row_that_is_labelled_is_counted(X, two):
    y = (X[:, 0] > 0).astype(int)
    model = FrozenEstimator(Labelled().fit(X, y))
    Labelled.seen = 0
    dis = disentangler(model, two, response_method="predict_proba").fit(X)
    assert dis.n_model_rows_ == N_REFERENCES**2 + checked_rows(N_REFERENCES) + 1
    # LogisticRegression predicts labels from its decision function
    assert Labelled.seen == dis.n_model_rows_


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
@pytest.mark.parametrize("split", ["two", "three"])
def test_rows_of_a_callable_are_counted(X, counting, split, algorithm, request):
    modalities = request.getfixturevalue(split)
    exp = explainer(counting, modalities, algorithm=algorithm).fit(X)
    assert exp.n_model_rows_ == counting.rows
    counting.rows = 0
    explanation = exp.explain(X[:7])
    assert explanation.n_model_rows == counting.rows
    counting.rows = 0
    parts = exp.disentangler_.decompose(X[:7])
    assert parts.n_model_rows == explanation.decomposition.n_model_rows
    assert parts.n_model_rows == counting.rows


class Spy(RegressorMixin, BaseEstimator):
    """A regressor that remembers the rows of each call, and their bytes."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        self.calls_, self.bytes_ = [], []
        return self

    def predict(self, X):
        X = np.asarray(X)
        self.calls_.append(len(X))
        self.bytes_.append(X.nbytes)
        return X[:, 0] * X[:, 1] + np.abs(X).max(axis=1)

    def rows(self):
        """Rows seen since it was last asked."""
        total = sum(self.calls_)
        self.calls_.clear()
        return total


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
@pytest.mark.parametrize("split", ["two", "three"])
def test_rows_of_the_last_step_are_counted(X, split, algorithm, request):
    X = add_codes(X)
    model = encoded(Spy(), sparse_output=False).fit(X, X[:, 0])
    modalities = request.getfixturevalue(split)
    exp = explainer(FrozenEstimator(model), modalities, algorithm=algorithm).fit(X)
    assert exp.disentangler_._plans["best"].encoder is not None
    assert exp.n_model_rows_ == model[-1].rows()
    assert exp.explain(X[:7]).n_model_rows == model[-1].rows()


def test_blocks_are_encoded_once(X, two, monkeypatch):
    seen = []
    transform = StandardScaler.transform

    def counted(self, X, *args, **kwargs):
        seen.append(len(X))
        return transform(self, X, *args, **kwargs)

    model = make_pipeline(StandardScaler(), SVR()).fit(X, X[:, 0])
    monkeypatch.setattr(StandardScaler, "transform", counted)
    exp = explainer(FrozenEstimator(model), two).fit(X)
    assert sum(seen) <= 2 * (3 * N_REFERENCES + N_SAMPLES)
    seen.clear()
    exp.explain(X[:7])
    assert sum(seen) <= 2 * (3 * 7 + 2 * N_REFERENCES + N_SAMPLES)


# --- calls and memory -----------------------------------------------------------------


@pytest.mark.parametrize("split", ["two", "three"])
def test_a_grid_is_one_call_when_memory_allows(X, split, request):
    spy = Spy().fit(X)
    modalities = request.getfixturevalue(split)
    exp = explainer(FrozenEstimator(spy), modalities).fit(X)
    # the references are looked at together, alone and in two parts
    assert len(spy.calls_) == 1 + len(modalities) + 1 + 3
    spy.calls_.clear()
    exp.explain(X[:7])
    assert len(spy.calls_) == 1 + 2 * len(modalities)


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("max_memory", [1, 4_000, 20_000])
def test_calls_stay_within_memory(X, two, max_memory, n_jobs):
    spy = Spy().fit(X)
    frozen = FrozenEstimator(spy)
    exp = explainer(frozen, two, max_memory=max_memory).set_params(n_jobs=n_jobs)
    exp.fit(X).explain(X[:7])
    # half of the memory is for the blocks that a batch is joined from
    assert max(spy.bytes_) <= max(max_memory // 2, X[:1].nbytes)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_calls_are_few(X, two, n_jobs):
    spy = Spy().fit(X)
    dis = disentangler(FrozenEstimator(spy), two, max_memory=20_000, n_jobs=n_jobs)
    dis.fit(X)
    full = 20_000 // (2 * X[:1].nbytes * (n_jobs or 1))
    assert len(spy.calls_) == -(-(N_REFERENCES**2) // full) + 1 + 3
    spy.calls_.clear()
    dis.decompose(X[:30])
    assert len(spy.calls_) == 1 + 2 * -(-30 * N_REFERENCES // full)


def test_a_frames_rows_stay_within_memory(X, two):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("vwxyz"))
    seen = []

    def model(rows):
        seen.append(int(rows.memory_usage(index=False, deep=True).sum()))
        return rows["v"].to_numpy() * rows["w"].to_numpy()

    exp = explainer(model, two, max_memory=8_000).fit(frame)
    exp.explain(frame[:7])
    assert 4_000 * 0.9 <= max(seen) <= 8_000


@pytest.mark.parametrize("n_jobs", [2, 4])
def test_workers_share_the_memory(X, two, n_jobs):
    spy = Spy().fit(X)
    exp = explainer(FrozenEstimator(spy), two, max_memory=8_000)
    exp.set_params(n_jobs=n_jobs, disentangler__n_jobs=n_jobs).fit(X).explain(X[:7])
    # the joined rows and the blocks they are joined from exist side by side
    assert n_jobs * 2 * max(spy.bytes_) <= 8_000


def test_encoding_stays_within_memory(X, monkeypatch):
    seen = []
    transform = StandardScaler.transform

    def counted(self, X, *args, **kwargs):
        seen.append(X.nbytes)
        return transform(self, X, *args, **kwargs)

    X, max_memory = np.tile(X, 10), 4_000
    modalities = [("a", slice(20)), ("b", slice(20, None))]
    model = make_pipeline(StandardScaler(), SVR()).fit(X, X[:, 0])
    monkeypatch.setattr(StandardScaler, "transform", counted)
    dis = disentangler(FrozenEstimator(model), modalities, n_references=5)
    dis.set_params(max_memory=max_memory).fit(X).decompose(X)
    assert max(seen) <= max_memory


@pytest.mark.parametrize("kind", ["array", "sparse", "pandas", "polars"])
def test_encoding_in_batches_gives_the_same(X, two, kind):
    X = add_codes(X)
    model = encoded(SVR(), sparse_output=kind == "sparse")
    model[0].sparse_threshold = float(kind == "sparse")
    if kind in ("pandas", "polars"):
        frames = pytest.importorskip(kind)
        rows = frames.DataFrame({name: X[:, i] for i, name in enumerate("vwxyz")})
        model[0].set_output(transform=kind)
        model.fit(rows, X[:, 0])
    else:
        rows = X
        model.fit(rows, X[:, 0] * X[:, 1])
    small, large = (
        disentangler(FrozenEstimator(model), two, max_memory=m).fit(rows)
        for m in (1_000, 2**28)
    )
    assert small._plans["best"].encoder is not None
    small, large = small.decompose(rows[:7]), large.decompose(rows[:7])
    np.testing.assert_allclose(small.main, large.main, atol=1e-12)


# --- workers --------------------------------------------------------------------------


def workers(backend):
    """A context in which joblib uses this backend."""
    # joblib before 1.3 has another name for it
    configure = getattr(joblib, "parallel_config", None) or joblib.parallel_backend
    return configure(backend, n_jobs=2)


@pytest.mark.slow
@pytest.mark.usefixtures("always_trees")
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_workers_give_the_same(X, two, backend, assert_close):
    X = add_codes(X)
    for name in ("linear", "forest", "one-hot SVM"):
        model, method = MODELS[name]
        frozen = FrozenEstimator(model.fit(X, target_of(name, X)))
        exp = explainer(frozen, two, method=method, max_memory=40_000)
        expected = exp.fit(X).explain(X[:7])
        with workers(backend):
            found = exp.fit(X).explain(X[:7])
        assert_close(found.coef, expected.coef)
        assert_close(found.se_references, expected.se_references, scale=expected.coef)
        assert found.n_model_rows == expected.n_model_rows
