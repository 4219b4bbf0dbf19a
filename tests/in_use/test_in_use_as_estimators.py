"""Explainers as estimators: output, copies, parameters, metadata, representation."""

import copy
import html
import pickle

import joblib
import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import (
    make_column_selector,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    StandardScaler,
)

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber
from tests.in_use._tree import MODALITIES, TREE, X, explainer_of, named, y

weight = np.arange(len(X)) + 1.0


@pytest.fixture
def disentangler():
    return Disentangler(TREE, MODALITIES, n_references=8, random_state=1).fit(X, y)


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
        name for name in params if "__" not in name and name not in ("exam", "lab")
    }
    fitted = explainer.fit(X, y)
    assert fitted.disentangler_.estimator_[-1].alpha == 7.0
    assert len(fitted.disentangler_.references_) == 3
    assert dict(fitted.perturbers_)["exam"].feature_names_.tolist() == ["both"]
    # fit changes no parameter
    assert "draws_" not in vars(explainer.perturbers[0][1])
    assert not hasattr(explainer.disentangler, "estimator_")


@pytest.mark.parametrize("name", ["kernelwidth", "ward__sampler", "exam__kind"])
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
        perturbers=[("c", TabularPerturber("rows", effects="slope"))],
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
