"""Explainers inside the tools of scikit-learn: every way of use is one test."""

import copy
import html
import pickle

import joblib
import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import (
    ColumnTransformer,
    TransformedTargetRegressor,
    make_column_selector,
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
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber

MODALITIES = [("exam", [0, 2]), ("lab", [1, 3])]
TREE = DecisionTreeRegressor(max_depth=4, random_state=0)

X = np.random.RandomState(0).normal(size=(60, 4)) * [1, 3, 1, 0.2]
y = X[:, 0] * X[:, 1] + X[:, 2]
weight = np.arange(len(X)) + 1.0


def explainer_of(model=TREE, modalities=MODALITIES, perturbers="auto", **options):
    model = clone(model, safe=False)  # set_params on the result stays there
    disentangler = Disentangler(model, modalities, n_references=8)
    options = {"n_samples": 40, "random_state": 0} | options
    return LocalExplainer(disentangler, perturbers, **options)


def named(sampler="features"):
    """A perturber for one of the two modalities, which makes it a parameter."""
    return [("exam", TabularPerturber(sampler))]


@pytest.fixture
def frame():
    pd = pytest.importorskip("pandas")
    index = [f"case {i}" for i in range(len(X))]
    return pd.DataFrame(X, columns=["age", "ldl", "bmi", "hdl"], index=index)


# --- searches over the explainer's own parameters -------------------------------------

GRIDS = {
    "kernel width": {"kernel_width": [0.5, 2.0, "auto"]},
    "samples": {"n_samples": [10, 40]},
    "penalty": {"alpha": ["auto", 1.0]},
    "references": {"disentangler__n_references": [2, None]},
    "sampler": {"exam__sampler": ["features", "rows"]},
    "perturber": {"exam": [TabularPerturber("rows"), TabularPerturber("features")]},
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
    explainer = explainer_of(DecisionTreeClassifier(max_depth=4, random_state=0))
    pipeline = make_pipeline(explainer, StandardScaler(), LogisticRegression())
    assert cross_val_score(pipeline, X, answer, cv=3).mean() > 0.6
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
    explainer = LocalExplainer(FrozenEstimator(disentangler), n_samples=20)
    search = GridSearchCV(explainer, {"kernel_width": [0.5, 2.0]}, cv=2).fit(X)
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


# --- output as frames -----------------------------------------------------------------

ESTIMATORS = {
    "disentangler": Disentangler(TREE, MODALITIES, n_references=8, random_state=0),
    "explainer": explainer_of(),
    "pipeline": make_pipeline(StandardScaler(), explainer_of()),
}


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_transform_output_of_the_configuration(kind, library):
    frames = pytest.importorskip(library)
    expected = clone(ESTIMATORS[kind]).fit(X, y).transform(X[:5])
    with config_context(transform_output=library):
        estimator = clone(ESTIMATORS[kind]).fit(X, y)
        found = estimator.transform(X[:5])
    assert isinstance(found, frames.DataFrame)
    assert list(found.columns) == estimator.get_feature_names_out().tolist()
    np.testing.assert_allclose(found.to_numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_set_output(kind, library):
    frames = pytest.importorskip(library)
    expected = clone(ESTIMATORS[kind]).fit(X, y).transform(X)
    estimator = clone(ESTIMATORS[kind]).set_output(transform=library)
    found = estimator.fit_transform(X, y)
    assert isinstance(found, frames.DataFrame)
    np.testing.assert_allclose(found.to_numpy(), expected, atol=1e-12)


def test_output_as_a_frame_keeps_the_index(frame):
    explainer = explainer_of().set_output(transform="pandas").fit(frame, y)
    found = explainer.transform(frame[5:9])
    assert found.index.tolist() == ["case 5", "case 6", "case 7", "case 8"]
    assert found.columns[0] == "uc__exam__age"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_the_configuration_reaches_the_inner_model(library):
    frames = pytest.importorskip(library)
    given = frames.DataFrame({name: X[:, i] for i, name in enumerate("abcd")})
    model = make_pipeline(StandardScaler(), TREE)
    expected = explainer_of(model).fit(X, y).explain(X[:5]).coef
    with config_context(transform_output=library):
        found = explainer_of(model).fit(given, y).explain(given[:5]).coef
    np.testing.assert_allclose(found, expected, atol=1e-12)


# --- copies ---------------------------------------------------------------------------


def by_joblib(estimator, path):
    joblib.dump(estimator, path / "x.joblib")
    return joblib.load(path / "x.joblib")


COPIES = {
    "pickle": lambda estimator, path: pickle.loads(pickle.dumps(estimator)),
    "joblib": by_joblib,
    "deepcopy": lambda estimator, path: copy.deepcopy(estimator),
    "clone": lambda estimator, path: clone(estimator).fit(X, y),
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_copies_of_fitted_estimators(kind, way, tmp_path):
    estimator = clone(ESTIMATORS[kind]).fit(X, y)
    copied = COPIES[way](estimator, tmp_path)
    assert copied is not estimator
    np.testing.assert_array_equal(copied.transform(X[:5]), estimator.transform(X[:5]))


@pytest.mark.parametrize("way", ["pickle", "joblib", "deepcopy"])
def test_copies_of_results(way, tmp_path):
    explanation = explainer_of().fit(X, y).explain(X[:5])
    copied = COPIES[way](explanation, tmp_path)
    np.testing.assert_array_equal(copied.coef, explanation.coef)
    assert repr(copied) == repr(explanation)


def test_a_clone_is_not_fitted_and_has_the_same_parameters():
    fitted = explainer_of(perturbers=named("rows"), kernel_width=2.0).fit(X, y)
    cloned = clone(fitted)
    assert not [name for name in vars(cloned) if name.endswith("_")]
    assert repr(cloned) == repr(fitted)
    assert cloned.get_params().keys() == fitted.get_params().keys()
    assert cloned.get_params()["exam__sampler"] == "rows"


# --- parameters of parameters ---------------------------------------------------------


def test_nested_parameters():
    explainer = explainer_of(
        make_pipeline(StandardScaler(), Ridge()), perturbers=named()
    )
    explainer.set_params(
        n_samples=10,
        disentangler__n_references=3,
        disentangler__estimator__ridge__alpha=7.0,
        exam__sampler="rows",
        exam__groups={"both": [0, 1]},
    )
    params = explainer.get_params()
    assert params["disentangler__n_references"] == 3
    assert params["disentangler__estimator__ridge__alpha"] == 7.0
    assert params["exam__sampler"] == "rows"
    assert set(explainer.get_params(deep=False)) == {
        name for name in params if "__" not in name and name != "exam"
    }
    fitted = explainer.fit(X, y)
    assert fitted.disentangler_.estimator_[-1].alpha == 7.0
    assert len(fitted.disentangler_.references_) == 3
    assert dict(fitted.perturbers_)["exam"].feature_names_.tolist() == ["both"]
    # fit changes no parameter
    assert "draws_" not in vars(explainer.perturbers[0][1])
    assert not hasattr(explainer.disentangler, "estimator_")


@pytest.mark.parametrize("name", ["kernelwidth", "lab__sampler", "exam__kind"])
def test_unknown_parameters(name):
    with pytest.raises(ValueError, match="Invalid parameter"):
        explainer_of(perturbers=named()).set_params(**{name: 1})


# --- metadata -------------------------------------------------------------------------


def test_weights_reach_the_model():
    explainer = explainer_of(Ridge()).fit(X, y, sample_weight=weight)
    expected = Ridge().fit(X, y, sample_weight=weight).coef_
    np.testing.assert_array_equal(explainer.disentangler_.estimator_.coef_, expected)


def test_weights_reach_a_step_of_the_model():
    model = make_pipeline(StandardScaler(), Ridge())
    explainer = explainer_of(model).fit(X, y, ridge__sample_weight=weight)
    expected = clone(model).fit(X, y, ridge__sample_weight=weight)[-1].coef_
    found = explainer.disentangler_.estimator_[-1].coef_
    np.testing.assert_array_equal(found, expected)


def test_weights_reach_the_model_of_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), explainer_of(Ridge()))
    pipeline.fit(X, y, localexplainer__sample_weight=weight)
    Z = StandardScaler().fit_transform(X)
    expected = Ridge().fit(Z, y, sample_weight=weight).coef_
    found = pipeline[-1].disentangler_.estimator_.coef_
    np.testing.assert_array_equal(found, expected)


def test_routed_weights_reach_the_model():
    with config_context(enable_metadata_routing=True):
        model = Ridge().set_fit_request(sample_weight=True)
        explainer = explainer_of(model).fit(X, y, sample_weight=weight)
        expected = Ridge().fit(X, y, sample_weight=weight).coef_
        found = explainer.disentangler_.estimator_.coef_
        np.testing.assert_array_equal(found, expected)
        renamed = Ridge().set_fit_request(sample_weight="importance")
        found = explainer_of(renamed).fit(X, y, importance=weight)
        np.testing.assert_array_equal(found.disentangler_.estimator_.coef_, expected)


def test_routed_weights_reach_the_model_through_pipelines_and_searches():
    with config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = make_pipeline(scaler, Ridge().set_fit_request(sample_weight=True))
        search = GridSearchCV(explainer_of(model), {"kernel_width": [0.5, 2.0]}, cv=2)
        search.fit(X, y, sample_weight=weight)
        inner = search.best_estimator_.disentangler_.estimator_
        Z = StandardScaler().fit_transform(X)
        expected = Ridge().fit(Z, y, sample_weight=weight).coef_
        np.testing.assert_allclose(inner[-1].coef_, expected)
        found = cross_validate(
            explainer_of(model),
            X,
            y,
            params={"sample_weight": weight},
            cv=2,
            return_estimator=True,
        )
        assert np.isfinite(found["test_score"]).all()


def test_weights_that_nobody_asked_for():
    with config_context(enable_metadata_routing=True):
        with pytest.raises(ValueError, match=r"sample_weight.*not explicitly set"):
            explainer_of(Ridge()).fit(X, y, sample_weight=weight)
        ignores = Ridge().set_fit_request(sample_weight=False)
        with pytest.raises(TypeError, match="sample_weight"):
            explainer_of(ignores).fit(X, y, sample_weight=weight)


# --- representation -------------------------------------------------------------------

BY_NAME = [("exam", ["age", "bmi"]), ("lab", slice("ldl", "hdl"))]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda explainer: explainer,
        lambda explainer: explainer.disentangler,
        lambda explainer: make_pipeline(StandardScaler(), explainer),
        lambda explainer: GridSearchCV(explainer, {"n_samples": [10]}),
        lambda explainer: LocalExplainer(FrozenEstimator(explainer.disentangler)),
    ],
    ids=["explainer", "disentangler", "pipeline", "search", "frozen"],
)
def test_html_shows_modalities_and_columns(wrap):
    model = make_pipeline(StandardScaler(), Ridge())
    text = wrap(explainer_of(model, BY_NAME))._repr_html_()
    for shown in (
        "exam",
        "lab",
        "['age', 'bmi']",
        "slice('ldl', 'hdl', None)",
        "Ridge",
    ):
        assert html.escape(shown) in text or shown in text


def test_html_shows_perturbers_and_is_safe():
    explainer = explainer_of(
        lambda X: X[:, 0],
        [("a<b", lambda X: [0]), ("c", make_column_selector(dtype_include="number"))],
        perturbers=[("c", TabularPerturber("rows"))],
    )
    text = explainer._repr_html_()
    assert "TabularPerturber" in text
    assert "a&lt;b" in text
    assert "a<b" not in text
    assert "<lambda>" not in text


def test_text_representation_is_one_that_can_be_evaluated():
    explainer = explainer_of(Ridge(), perturbers=named("rows"), n_samples=10)
    again = eval(repr(explainer))
    assert repr(again) == repr(explainer)
    np.testing.assert_array_equal(
        again.fit(X, y).transform(X[:3]), explainer.fit(X, y).transform(X[:3])
    )
