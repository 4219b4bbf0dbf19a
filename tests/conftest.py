"""Models, data and fixtures that several test modules share."""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from threadpoolctl import threadpool_limits

# Worker processes, which get this path, import the functions of test modules by name.
sys.path.append(str(Path(__file__).parents[1]))

from skdime import Disentangler, LocalExplainer
from skdime._references import references
from tests._data import THREE, TWO, product


def pytest_report_header(config):
    if config.option.markexpr.strip() != "not slow":
        return None
    folders = {arg.rstrip("/") for arg in config.args}
    if folders == {"tests/in_use", "tests/_estimators", "tests/_results"}:
        return "skdime: as users call it, two to four minutes; more by: pytest"
    if folders == {"tests"}:
        return "skdime: the fast tests, five to ten minutes; all by: pytest -m ''"
    return None


class Model(NamedTuple):
    """A fitted model, how to explain it, and what must come out, shape (n, C)."""

    estimator: object
    options: dict
    output: callable


def _positive(probabilities):
    return probabilities[:, 1:]


def _log_odds(probabilities):
    return np.log(probabilities[:, 1:] / probabilities[:, :1])


def _centred_log_ratios(probabilities):
    logs = np.log(probabilities)
    return logs - logs.mean(axis=1, keepdims=True)


def _interacting(X):
    """Two outputs with interactions within and between the columns."""
    first = X[:, 0] * X[:, 1] + np.sin(X[:, 2] + X[:, 3]) * X[:, 4]
    return np.column_stack([first, np.abs(X).max(axis=1)])


@pytest.fixture(scope="session")
def X():
    """Sixty rows of five correlated numbers."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 5)) + 0.5 * rng.normal(size=(60, 1))
    X.setflags(write=False)  # shared by all tests
    return X


@pytest.fixture
def frame(X):
    """The rows of `X` as a pandas frame."""
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(X, columns=list("vwxyz"))


@pytest.fixture(scope="session")
def labels(X):
    """Two classes that no additive model separates."""
    return np.where(X[:, 0] * X[:, 1] + X[:, 2] + X[:, 3] > 0, "yes", "no")


@pytest.fixture(scope="session")
def two():
    """Two modalities over the columns of `X`."""
    return TWO


@pytest.fixture(scope="session")
def three():
    """Three modalities over the columns of `X`."""
    return THREE


@pytest.fixture(
    scope="session",
    params=[
        "mlp",
        "mlp-logit",
        "forest",
        "boosting",
        "logistic",
        "linear",
        "pipeline",
        "multiclass",
        "multiclass-logit",
        "regressor",
        "callable",
    ],
)
def model(request, X, labels):
    """One fitted model of every kind, with its outputs computed without skdime."""
    three_classes = np.digitize(X[:, 0] * X[:, 1] + X[:, 2], [-0.5, 0.5])
    mlp = MLPClassifier((8,), max_iter=30, tol=1, random_state=0)
    forest = RandomForestClassifier(n_estimators=5, max_depth=4, random_state=0)
    estimator, y, options, output = {
        "mlp": (mlp, labels, {}, lambda m, X: _positive(m.predict_proba(X))),
        "mlp-logit": (
            mlp,
            labels,
            {"link": "logit"},
            lambda m, X: _log_odds(m.predict_proba(X)),
        ),
        "forest": (forest, labels, {}, lambda m, X: _positive(m.predict_proba(X))),
        "boosting": (
            GradientBoostingClassifier(n_estimators=10, random_state=0),
            labels,
            {},
            lambda m, X: m.decision_function(X)[:, None],
        ),
        "logistic": (
            LogisticRegression(),
            labels,
            {"response_method": "predict_proba"},
            lambda m, X: _positive(m.predict_proba(X)),
        ),
        "linear": (
            LogisticRegression(),
            labels,
            {},
            lambda m, X: m.decision_function(X)[:, None],
        ),
        "pipeline": (
            make_pipeline(StandardScaler(), SVR()),
            X.prod(axis=1),
            {},
            lambda m, X: m.predict(X)[:, None],
        ),
        "multiclass": (forest, three_classes, {}, lambda m, X: m.predict_proba(X)),
        "multiclass-logit": (
            mlp,
            three_classes,
            {"link": "logit"},
            lambda m, X: _centred_log_ratios(m.predict_proba(X)),
        ),
        "regressor": (SVR(), X.prod(axis=1), {}, lambda m, X: m.predict(X)[:, None]),
        "callable": (None, None, {}, lambda m, X: _interacting(X)),
    }[request.param]
    if estimator is None:
        return Model(_interacting, options, _interacting)
    frozen = FrozenEstimator(estimator.fit(X, y))
    return Model(frozen, options, lambda X: output(frozen.estimator, X))


@pytest.fixture(params=[Disentangler, LocalExplainer])
def build(request, two):
    """Either estimator, and the method that is asked for results."""

    def f(model=product, modalities=two, **options):
        dis = Disentangler(model, modalities, n_references=5, **options)
        if request.param is Disentangler:
            return dis
        return LocalExplainer(dis, n_samples=10, random_state=0)

    return f


@pytest.fixture
def assert_close():
    """Equality to 1e-10, relative to the largest number expected or to `scale`."""

    def check(actual, expected, tolerance=1e-10, scale=0):
        scale = max(np.abs(expected).max(), np.abs(scale).max())
        np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale)

    return check


@pytest.fixture
def counting():
    """A model ``f`` that remembers how many rows it was called with: ``f.rows``."""

    def f(X):
        f.rows += len(X)
        return X[:, 0] * X[:, 1] + X[:, -1]

    f.rows = 0
    return f


@pytest.fixture(scope="module")
def one_thread():
    """Models and matrices of tests are small; threads would wait for each other."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def hybrids_unseen(monkeypatch):
    """No classifier tells hybrids from rows, which takes longer than all else.

    For tests that fit many times to modalities that depend on each other.
    """
    monkeypatch.setattr(references, "look_dependent", lambda blocks: False)


@pytest.fixture
def no_tqdm(monkeypatch):
    """As if tqdm were not installed."""
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)


@pytest.fixture
def pyplot():
    """Matplotlib without a display; its figures are closed before and after."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.close("all")
    yield plt
    plt.close("all")
