"""Explainers inside the tools of scikit-learn: every way of use is one test."""

import joblib
import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import (
    ColumnTransformer,
    TransformedTargetRegressor,
)
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostRegressor,
    GradientBoostingRegressor,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_score,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    Normalizer,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber
from tests.in_use._tree import MODALITIES, TREE, X, explainer_of, named, y

# --- searches over the explainer's own parameters -------------------------------------
GRIDS = {
    "kernel width": {"kernel_width": [0.5, 2.0, "auto"]},
    "samples": {"n_samples": [10, 40]},
    "penalty": {"alpha": ["auto", 1.0]},
    "references": {"disentangler__n_references": [2, None]},
    "sampler": {"exam__sampler": ["features", "rows"]},
    "perturber": {
        "exam": [
            TabularPerturber("rows", effects="slope"),
            TabularPerturber("features"),
        ]
    },
    "depth of the model": {"disentangler__estimator__max_depth": [1, 3]},
    "two at once": {"kernel_width": [0.5, 2.0], "exam__sampler": ["features", "rows"]},
}


@pytest.mark.parametrize("kind", GRIDS)
def test_grid_search_by_score(kind):
    folds = KFold(3)
    search = GridSearchCV(explainer_of(perturbers=named()), GRIDS[kind], cv=folds)
    search.fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert scores.max() == search.best_score_ <= 1
    # the same by hand
    best = explainer_of(perturbers=named()).set_params(**search.best_params_)
    by_hand = [
        clone(best).fit(X[train], y[train]).score(X[test])
        for train, test in folds.split(X)
    ]
    np.testing.assert_allclose(search.best_score_, np.mean(by_hand), rtol=1e-10)
    np.testing.assert_array_equal(
        search.transform(X[:3]), clone(best).fit(X, y).transform(X[:3])
    )


def test_randomized_search_by_score():
    search = RandomizedSearchCV(
        explainer_of(perturbers=named()),
        {
            "kernel_width": loguniform(0.3, 3),
            "n_samples": [20, 40],
            "disentangler__n_references": [4, 8],
            "exam__sampler": ["features", "rows"],
        },
        n_iter=4,
        cv=2,
        random_state=0,
    )
    search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert set(search.best_params_) == {
        "kernel_width",
        "n_samples",
        "disentangler__n_references",
        "exam__sampler",
    }


def test_a_search_needs_no_target_when_the_model_is_frozen():
    model = FrozenEstimator(clone(TREE).fit(X, y))
    search = GridSearchCV(explainer_of(model), {"kernel_width": [0.5, 2.0]}, cv=2)
    search.fit(X)
    assert search.best_estimator_.disentangler_.estimator_.estimator is model.estimator


def test_a_search_over_workers_gives_the_same():
    searches = [
        GridSearchCV(explainer_of(), GRIDS["kernel width"], cv=2, n_jobs=n_jobs)
        for n_jobs in (1, 2)
    ]
    one, two = (search.fit(X, y).cv_results_["mean_test_score"] for search in searches)
    np.testing.assert_allclose(one, two, rtol=1e-10)


def test_cross_validation_of_the_score():
    scores = cross_val_score(explainer_of(), X, y, cv=3)
    assert scores.shape == (3,)
    assert (scores <= 1).all()
    found = cross_validate(explainer_of(), X, y, cv=3, return_estimator=True)
    np.testing.assert_array_equal(found["test_score"], scores)
    shapes = {explainer.transform(X[:2]).shape for explainer in found["estimator"]}
    assert shapes == {(2, 8)}


# --- in pipelines, before and after other steps ---------------------------------------


def test_after_a_scaler():
    pipeline = make_pipeline(StandardScaler(), explainer_of()).fit(X, y)
    names = [f"{p}__{m}" for p in ("uc", "mi") for m in ("exam", "lab")]
    expected = [
        f"{name}__x{i}" for name in names for i in ((0, 2), (1, 3))["lab" in name]
    ]
    assert pipeline.get_feature_names_out().tolist() == expected
    Z = StandardScaler().fit_transform(X)
    alone = explainer_of().fit(Z, y)
    np.testing.assert_array_equal(pipeline.transform(X), alone.transform(Z))
    assert pipeline.score(X) == alone.score(Z)


def test_a_search_over_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), explainer_of(perturbers=named()))
    grid = {
        "localexplainer__kernel_width": [0.5, 2.0],
        "localexplainer__exam__sampler": ["features", "rows"],
        "standardscaler__with_mean": [True, False],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_explanations_as_features_of_clusters():
    kmeans = KMeans(3, n_init=2, random_state=0)
    pipeline = make_pipeline(explainer_of(), StandardScaler(), kmeans).fit(X, y)
    features = explainer_of().fit(X, y).transform(X)
    expected = clone(kmeans).fit(StandardScaler().fit_transform(features))
    np.testing.assert_array_equal(pipeline.predict(X), expected.labels_)


def test_explanations_as_features_of_a_second_model():
    # whether the sign of x0 * x1 is positive is a matter of interaction
    answer = (X[:, 0] * X[:, 1] > 0).astype(int)
    explainer = explainer_of(lambda X: X[:, 0] * X[:, 1] + X[:, 2] - X[:, 3])
    second = make_pipeline(StandardScaler(), LogisticRegression())
    assert cross_val_score(second, X, answer, cv=3).mean() < 0.7
    pipeline = make_pipeline(explainer, *(step for _, step in second.steps))
    assert cross_val_score(pipeline, X, answer, cv=3).mean() > 0.8
    pipeline.fit(X, answer)
    assert pipeline[-1].coef_.shape == (1, 8)
    assert pipeline[:-1].get_feature_names_out().tolist()[:2] == [
        "uc__exam__x0",
        "uc__exam__x2",
    ]


def test_values_of_a_disentangler_as_features():
    disentangler = Disentangler(TREE, MODALITIES, n_references=8, random_state=0)
    pipeline = make_pipeline(disentangler, Ridge()).fit(X, y)
    # UC + MI is the tree's prediction
    np.testing.assert_allclose(
        pipeline[0].transform(X).sum(axis=1), clone(TREE).fit(X, y).predict(X)
    )
    assert pipeline.score(X, y) > 0.5


def test_out_of_fold_explanations():
    folds = KFold(4, shuffle=True, random_state=0)
    coef = np.full((len(X), 2, 4, 1), np.nan)
    for train, test in folds.split(X):
        explanation = explainer_of().fit(X[train], y[train]).explain(X[test])
        coef[test] = explanation.coef
    assert np.isfinite(coef).all()
    # the same from what scikit-learn keeps of a cross-validation
    kept = cross_validate(
        explainer_of(), X, y, cv=folds, return_estimator=True, return_indices=True
    )
    for explainer, rows in zip(kept["estimator"], kept["indices"]["test"], strict=True):
        np.testing.assert_array_equal(explainer.explain(X[rows]).coef, coef[rows])


def test_out_of_fold_explanations_of_a_frame(frame):
    rows = []
    for train, test in KFold(3).split(frame):
        explainer = explainer_of().fit(frame.iloc[train], y[train])
        rows += explainer.explain(frame.iloc[test]).row_names.tolist()
    assert rows == frame.index.tolist()


# --- frozen estimators ----------------------------------------------------------------


def test_a_frozen_model():
    model = clone(TREE).fit(X, y)
    frozen = explainer_of(FrozenEstimator(model)).fit(X)
    np.testing.assert_array_equal(
        frozen.transform(X[:5]), explainer_of().fit(X, y).transform(X[:5])
    )
    assert clone(frozen).fit(X).disentangler_.estimator_.estimator is model


@pytest.fixture
def disentangler():
    return Disentangler(TREE, MODALITIES, n_references=8, random_state=1).fit(X, y)


def test_a_frozen_disentangler(disentangler):
    before = joblib.hash(disentangler)
    frozen = LocalExplainer(
        FrozenEstimator(disentangler), n_samples=40, random_state=0
    ).fit(X)
    anew = LocalExplainer(disentangler, n_samples=40, random_state=0).fit(X, y)
    one, other = frozen.explain(X[:5]), anew.explain(X[:5])
    np.testing.assert_array_equal(one.coef, other.coef)
    np.testing.assert_array_equal(one.decomposition.uc, other.decomposition.uc)
    # what the disentangler has cost already is not counted again
    spent = anew.n_model_rows_ - disentangler.n_model_rows_
    assert frozen.n_model_rows_ == spent
    assert joblib.hash(disentangler) == before
    assert clone(frozen).disentangler.estimator is disentangler


def test_a_search_with_a_frozen_disentangler(disentangler):
    explainer = LocalExplainer(FrozenEstimator(disentangler))
    search = GridSearchCV(explainer, {"n_samples": [20, 40]}, cv=2).fit(X)
    assert search.best_estimator_.disentangler_.estimator is disentangler


def test_a_frozen_explainer():
    explainer = explainer_of().fit(X, y)
    expected = explainer.transform(X[:5])
    frozen = FrozenEstimator(explainer)
    pipeline = make_pipeline(frozen, KMeans(2, n_init=1, random_state=0)).fit(X)
    np.testing.assert_array_equal(pipeline[0].transform(X[:5]), expected)
    np.testing.assert_array_equal(explainer.transform(X[:5]), expected)
    assert clone(frozen).estimator is explainer
    np.testing.assert_array_equal(
        frozen.explain(X[:5]).coef, explainer.explain(X[:5]).coef
    )
    names = make_pipeline(frozen, StandardScaler()).fit(X).get_feature_names_out()
    assert names.tolist() == explainer.get_feature_names_out().tolist()


# --- models whose inside is known give what a function gives that hides it ------------
POSITIVE = np.exp(y / 4)


MANY = np.digitize(y, [-1, 1])


LABELS = np.column_stack([y > 0, X[:, 0] > 0, X[:, 3] > 0]).astype(int)


REST = {"remainder": "passthrough"}


INSIDES = {
    "line": (Ridge(), y),
    "lines": (Ridge(), np.column_stack([y, X[:, 0] ** 2])),
    "line after log": (
        TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp),
        POSITIVE,
    ),
    "exponential of a line": (PoissonRegressor(), POSITIVE),
    "line of norms": (make_pipeline(Normalizer(), Ridge()), y),
    "line of products": (make_pipeline(PolynomialFeatures(2), Ridge()), y),
    "line of components": (make_pipeline(PCA(2), Ridge()), y),
    "line of splines": (make_pipeline(SplineTransformer(), Ridge()), y),
    "line of sums": (
        make_pipeline(FunctionTransformer(np.cumsum, kw_args={"axis": 1}), Ridge()),
        y,
    ),
    "search": (GridSearchCV(Ridge(), {"alpha": [1, 10]}, cv=2), y),
    "vote": (VotingRegressor([("tree", TREE), ("line", Ridge())]), y),
    "kernel": (make_pipeline(StandardScaler(), SVR()), y),
    "kernel of columns": (
        make_pipeline(
            ColumnTransformer([("scaled", StandardScaler(), [3, 0])], **REST),
            SVR(),
        ),
        y,
    ),
    "kernel across": (
        make_pipeline(ColumnTransformer([("pca", PCA(2), [0, 1, 2])], **REST), SVR()),
        y,
    ),
    "tree of bins": (make_pipeline(Binarizer(), TREE), y),
    "boosting on a line": (
        GradientBoostingRegressor(n_estimators=3, init=Ridge(), random_state=0),
        y,
    ),
    "median of trees": (AdaBoostRegressor(n_estimators=3, random_state=0), y),
    "decisions": (LogisticRegression(), MANY),
    "probabilities": (GaussianNB(), MANY),
    "calibrated": (CalibratedClassifierCV(LinearSVC(), cv=2), MANY),
    "labels": (OneVsRestClassifier(LogisticRegression()), LABELS),
    "one against one": (SVC(decision_function_shape="ovo"), MANY),
}


@pytest.mark.parametrize("kind", INSIDES)
def test_a_model_gives_what_a_function_gives_that_hides_it(kind):
    model, target = INSIDES[kind]
    model = clone(model).fit(X, target)
    explainer = explainer_of(FrozenEstimator(model), n_samples=60).fit(X)
    respond = getattr(model, explainer.disentangler_.response_method_)
    hidden = explainer_of(lambda X: respond(X), n_samples=60).fit(X)
    found, expected = explainer.explain(X[:5]), hidden.explain(X[:5])
    size = np.abs(expected.coef).max()
    for name in ("coef", "se", "intercept", "local_prediction"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), atol=1e-9 * size
        )
    found, expected = found.decomposition, expected.decomposition
    for name in ("output", "baseline", "uc", "mi", "main", "uc_se", "main_se"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), atol=1e-9 * size
        )


@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba"])
def test_the_logit_of_a_model_and_of_a_function_that_hides_it(method):
    model = GaussianNB().fit(X, MANY)
    link = "logit" if method == "predict_proba" else "identity"
    params = {"disentangler__response_method": method, "disentangler__link": link}
    explainer = explainer_of(FrozenEstimator(model)).set_params(**params).fit(X)
    hidden = explainer_of(lambda X: getattr(model, method)(X))
    hidden.set_params(disentangler__link=link).fit(X)
    np.testing.assert_allclose(
        explainer.transform(X[:5]), hidden.transform(X[:5]), atol=1e-9
    )
