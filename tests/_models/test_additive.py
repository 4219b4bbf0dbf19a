"""Additive models are recognised, and no others are."""

import inspect

import numpy as np
import pytest
from sklearn.base import (
    clone,
    is_classifier,
)
from sklearn.compose import (
    TransformedTargetRegressor,
)
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.feature_selection import (
    SelectKBest,
    VarianceThreshold,
    f_regression,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    ElasticNetCV,
    GammaRegressor,
    HuberRegressor,
    Lars,
    Lasso,
    LassoCV,
    LassoLars,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    OrthogonalMatchingPursuit,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    RidgeClassifier,
    RidgeClassifierCV,
    RidgeCV,
    SGDClassifier,
    SGDRegressor,
    TheilSenRegressor,
)
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import (
    BernoulliNB,
    CategoricalNB,
    ComplementNB,
    GaussianNB,
    MultinomialNB,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR

from skdime import Disentangler
from skdime._models.response import Response
from skdime._models.structure import is_additive
from skdime._references.plan import best_plan
from skdime._rows.modalities import split
from tests._models._structures import (
    TABLE,
    TWO,
    BySize,
    Y,
    best,
    columns_transformed,
    direct,
    evaluate,
)

# --- additive models ------------------------------------------------------------------
X_NUMBERS = np.random.RandomState(1).normal(size=(80, 5)) + 2


X_COUNTS = np.random.RandomState(2).poisson(1.0, size=(80, 5))


LABELS = np.digitize(X_NUMBERS[:, 0] * X_NUMBERS[:, 1], [3.0, 5.0])


TARGET = X_NUMBERS[:, 0] * X_NUMBERS[:, 1] + X_NUMBERS[:, 2]


FIVE = [("a", [0, 3]), ("b", [1, 2, 4])]


REGRESSORS = [
    ARDRegression(),
    BayesianRidge(),
    ElasticNet(0.1),
    ElasticNetCV(),
    HuberRegressor(),
    Lars(),
    Lasso(0.1),
    LassoCV(),
    LassoLars(0.01),
    LinearRegression(),
    OrthogonalMatchingPursuit(n_nonzero_coefs=3),
    QuantileRegressor(alpha=0.01),
    Ridge(),
    RidgeCV(),
    SGDRegressor(random_state=0),
    TheilSenRegressor(random_state=0, max_subpopulation=200),
    LinearSVR(random_state=0),
    make_pipeline(StandardScaler(), Ridge()),
    make_pipeline(
        RobustScaler(), MaxAbsScaler(), SelectKBest(f_regression, k=3), Lasso()
    ),
    make_pipeline(StandardScaler(), PCA(3, whiten=True), LinearRegression()),
    make_pipeline(TruncatedSVD(3), StandardScaler(), Ridge()),
    make_pipeline(PCA(4), VarianceThreshold(), "passthrough", Ridge()),
    FrozenEstimator(Ridge().fit(X_NUMBERS, TARGET)),
    GridSearchCV(make_pipeline(PCA(), Ridge()), {"pca__n_components": [2, 3]}, cv=2),
]


CLASSIFIERS = [
    LinearDiscriminantAnalysis(),
    LogisticRegression(),
    LogisticRegressionCV(Cs=2, cv=2),
    Perceptron(),
    RidgeClassifier(),
    RidgeClassifierCV(),
    SGDClassifier(loss="log_loss", random_state=0),
    LinearSVC(random_state=0),
    make_pipeline(StandardScaler(), PCA(3), LogisticRegression()),
]


NAIVE_BAYES = [
    BernoulliNB(),
    BernoulliNB(binarize=1.5),
    CategoricalNB(min_categories=12),
    ComplementNB(),
    ComplementNB(norm=True),
    GaussianNB(),
    MultinomialNB(),
]


def interaction(model, X, method):
    """MI of a model by evaluating it on every hybrid row, relative to its outputs."""
    dis = Disentangler(getattr(model, method), FIVE, n_references=12, random_state=0)
    parts = dis.fit(X).decompose(X[:20])
    return np.abs(parts.mi).max() / np.abs(parts.output).max()


def name_of(value):
    return " ".join(str(value).split())[:40] if hasattr(value, "fit") else None


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning:sklearn")
@pytest.mark.parametrize("model", REGRESSORS, ids=name_of)
def test_additive_regressors(model):
    model = model.fit(X_NUMBERS, TARGET)
    assert is_additive(model, "predict")
    assert interaction(model, X_NUMBERS, "predict") < 1e-12


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning:sklearn")
@pytest.mark.parametrize("labels", [LABELS > 0, LABELS], ids=["two", "three"])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=name_of)
def test_additive_margins(model, labels):
    model = model.fit(X_NUMBERS, labels)
    assert is_additive(model, "decision_function")
    assert interaction(model, X_NUMBERS, "decision_function") < 1e-12


@pytest.mark.parametrize("model", NAIVE_BAYES, ids=name_of)
def test_joint_log_likelihood_of_naive_bayes(model):
    model = model.fit(X_COUNTS, LABELS)
    assert is_additive(model, "predict_joint_log_proba")
    assert interaction(model, X_COUNTS, "predict_joint_log_proba") < 1e-12


@pytest.mark.parametrize("model", NAIVE_BAYES, ids=name_of)
def test_joint_log_likelihood_as_the_output(model, assert_close):
    dis = Disentangler(
        model,
        FIVE,
        response_method="predict_joint_log_proba",
        n_references=12,
        random_state=0,
    ).fit(X_COUNTS, LABELS)
    parts = dis.decompose(X_COUNTS)
    assert_close(parts.output, dis.estimator_.predict_joint_log_proba(X_COUNTS))
    np.testing.assert_allclose(parts.mi, 0, atol=1e-12 * np.abs(parts.output).max())
    assert dis.output_names_.tolist() == ["0", "1", "2"]
    assert dis.unit_ == "joint log-probability"


def searched(model):
    return GridSearchCV(model, {}, cv=2)


@pytest.mark.parametrize(
    "model, additive",
    [
        (make_pipeline(StandardScaler(), GaussianNB()), True),
        (make_pipeline("passthrough", make_pipeline(GaussianNB())), True),
        (searched(make_pipeline(MaxAbsScaler(), GaussianNB())), True),
        (make_pipeline(MaxAbsScaler(), searched(MultinomialNB())), True),
        (make_pipeline(PCA(3), make_pipeline(StandardScaler(), GaussianNB())), False),
        (searched(make_pipeline(PCA(3), GaussianNB())), False),
    ],
    ids=name_of,
)
@pytest.mark.parametrize("frozen", [False, True])
def test_joint_log_likelihood_behind_first_steps(model, additive, frozen):
    model = clone(model).fit(X_COUNTS, LABELS)
    steps = getattr(model, "best_estimator_", model)
    last = steps[-1]
    while hasattr(last, "steps") or hasattr(last, "best_estimator_"):
        last = getattr(last, "best_estimator_", None) or last[-1]
    encoded = steps[:-1].transform(X_COUNTS)
    if type(steps[-1]) is Pipeline and len(steps[-1]) > 1:
        encoded = steps[-1][:-1].transform(encoded)
    parts = (
        Disentangler(
            FrozenEstimator(model) if frozen else model,
            FIVE,
            response_method="predict_joint_log_proba",
            n_references=12,
            random_state=0,
        )
        .fit(X_COUNTS, LABELS)
        .decompose(X_COUNTS)
    )
    expected = last.predict_joint_log_proba(encoded)
    np.testing.assert_allclose(parts.output, expected, rtol=1e-10)
    smallest = 1e-12 * np.abs(parts.output).max()
    assert (np.abs(parts.mi).max() < smallest) == additive


class OwnRidge(Ridge):
    """A subclass, which could do anything."""


class OwnPca(PCA):
    """A subclass, which could do anything."""


NOT_ADDITIVE = [
    (SVR(), "predict"),
    (PoissonRegressor(), "predict"),
    (GammaRegressor(), "predict"),
    (OwnRidge(), "predict"),
    (make_pipeline(OwnPca(2), Ridge()), "predict"),
    (make_pipeline(BySize(), Ridge()), "predict"),
    (make_pipeline(FunctionTransformer(np.log), Ridge()), "predict"),
    (make_pipeline(PolynomialFeatures(), Ridge()), "predict"),
    (make_pipeline(Normalizer(), Ridge()), "predict"),
    (
        make_pipeline(PCA(3), QuantileTransformer(n_quantiles=20), Ridge()),
        "predict",
    ),
    (make_pipeline(PCA(3), MinMaxScaler(clip=True), Ridge()), "predict"),
    (
        TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp),
        "predict",
    ),
    (SVC(), "decision_function"),
    (QuadraticDiscriminantAnalysis(), "decision_function"),
    (LogisticRegression(), "predict_proba"),
    (LogisticRegression(), "predict_log_proba"),
    (LogisticRegression(), "predict"),
    (RidgeClassifier(), "predict"),
    (LinearDiscriminantAnalysis(), "predict_proba"),
    (GaussianNB(), "predict_proba"),
    (GaussianNB(), "predict_log_proba"),
]


@pytest.mark.parametrize(
    "model, method", NOT_ADDITIVE, ids=[f"{name_of(m)} {p}" for m, p in NOT_ADDITIVE]
)
def test_not_known_to_be_additive(model, method):
    y = LABELS if is_classifier(model) else TARGET - TARGET.min() + 1
    assert not is_additive(model.fit(np.abs(X_NUMBERS), y), method)


@pytest.mark.parametrize("mix", [PCA(3), TruncatedSVD(3)], ids=name_of)
@pytest.mark.parametrize("model", [GaussianNB(), BernoulliNB()], ids=name_of)
def test_naive_bayes_of_a_mixture_is_not_additive(mix, model):
    pipeline = make_pipeline(mix, model).fit(X_NUMBERS, LABELS)
    assert not is_additive(pipeline, "predict_joint_log_proba")


def test_a_scaler_that_clips_a_mixture_is_not_additive():
    if "clip" not in inspect.signature(MaxAbsScaler).parameters:
        pytest.skip("MaxAbsScaler does not clip")
    model = make_pipeline(PCA(3), MaxAbsScaler(clip=True), Ridge())
    model.fit(X_NUMBERS[:20], TARGET[:20])
    assert not is_additive(model, "predict")


def test_an_additive_model_behind_an_encoder_is_additive():
    steps = columns_transformed(
        (PolynomialFeatures(), [0, 3, 5]),
        (SplineTransformer(), [1]),
        (OneHotEncoder(), [2, 4]),
    )
    model = make_pipeline(steps, Ridge()).fit(TABLE, Y)
    plan = best(model, TABLE, TWO)
    assert plan.encoder is not None
    assert plan.additive
    np.testing.assert_allclose(
        evaluate(plan, TABLE, TWO), direct(model, TABLE, TWO), atol=1e-10
    )


@pytest.mark.parametrize("link", ["logit"])
def test_a_link_undoes_additivity(link):
    columns = [columns for _, columns in TWO]
    model = LogisticRegression().fit(TABLE, Y > 0)
    response = Response(model, "predict_proba", link)
    assert not best_plan(response, columns, split(TABLE, TWO)).additive
