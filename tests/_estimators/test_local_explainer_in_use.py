"""LocalExplainer: what it costs, its parameters and its model."""

import tracemalloc

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

from skdime import Disentangler, LocalExplainer
from skdime._models.determinism import checked_rows
from skdime.perturbers import LocalDesign, NeighbourhoodPerturber, TabularPerturber
from tests._by_hand import fit_explainer
from tests._data import AB, assert_same_numbers, slopes

# --- cost ---------------------------------------------------------------------------


@pytest.mark.parametrize("modalities", [2, 3])
def test_cost_is_what_the_model_sees(counting, modalities):
    X = np.random.RandomState(0).normal(size=(30, modalities))
    dis = Disentangler(counting, n_references=7, random_state=0)
    exp = LocalExplainer(dis, n_samples=11, algorithm="exhaustive")
    announced = exp.cost(X)
    assert counting.rows == 0
    exp.fit(X)
    baseline = checked_rows(7) + (7**2 if modalities == 2 else 7)
    table = modalities * 7 * 11
    assert counting.rows == announced.fit_rows == exp.n_model_rows_ == baseline + table
    counting.rows = 0
    announced = exp.cost(X[:4])
    assert counting.rows == 0
    explanation = exp.explain(X[:4])
    rows = 4 * (1 + modalities * 7 + modalities * 11)
    assert counting.rows == announced.explain_rows == rows
    assert explanation.n_model_rows == rows
    assert explanation.decomposition.n_model_rows == 4 * (1 + modalities * 7)


def test_transform_and_score_see_the_neighbourhood_only(counting, X, two):
    exp = fit_explainer(counting, X, two, n_samples=11)
    for method in (exp.transform, exp.score):
        counting.rows = 0
        method(X[:4])
        assert counting.rows == 4 * 2 * 11


def test_a_frozen_disentangler_is_not_paid_for_again(counting, X, two):
    dis = Disentangler(counting, two, n_references=7).fit(X)
    exp = LocalExplainer(FrozenEstimator(dis), n_samples=11, algorithm="exhaustive")
    counting.rows = 0
    announced = exp.cost(X).fit_rows
    exp.fit(X)
    assert counting.rows == exp.n_model_rows_ == announced


@pytest.mark.parametrize("n_references", [100, 1000])
def test_peak_bytes_bounds_the_memory(n_references):
    X = np.random.RandomState(0).normal(size=(1500, 4))
    exp = LocalExplainer(
        Disentangler(
            lambda X: X[:, 0] * X[:, 2],
            [("a", [0, 1]), ("b", [2, 3])],
            n_references=n_references,
            max_memory=2**20,
        ),
        n_samples=200,
        algorithm="exhaustive",
    )
    announced = exp.cost(X).peak_bytes
    tracemalloc.start()
    exp.fit(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * announced


# --- parameters and the model -------------------------------------------------------


def test_parameters_of_perturbers_are_reachable(X, two):
    dis = Disentangler(lambda X: X[:, 0] * X[:, 1], two)
    exp = LocalExplainer(dis, [("b", TabularPerturber())])
    assert exp.get_params()["b__sampler"] == "features"
    exp.set_params(b__sampler="rows", disentangler__n_references=4)
    assert exp.perturbers[0][1].sampler == "rows"
    assert exp.disentangler.n_references == 4
    exp.set_params(b=TabularPerturber("lime", effects="slope"))
    assert exp.get_params()["b__sampler"] == "lime"


def test_clones_share_no_perturber():
    exp = LocalExplainer(
        Disentangler(np.sum), [("b", TabularPerturber("rows", effects="slope"))]
    )
    copy = clone(exp)
    assert copy.perturbers[0][1] is not exp.perturbers[0][1]
    assert copy.perturbers[0][1].sampler == "rows"


def test_fit_leaves_the_given_perturber_alone(X, two):
    given = TabularPerturber()
    fit_explainer(lambda X: X[:, 0], X, two, perturbers=[("b", given)])
    assert not hasattr(given, "draws_")


def test_grid_search_over_a_perturber(X, two):
    dis = Disentangler(lambda X: X[:, 0] * X[:, 1], two, n_references=5)
    exp = LocalExplainer(dis, slopes(two), n_samples=20, random_state=0)
    grid = {"a__sampler": ["features", "rows"], "kernel_width": [1, 2]}
    search = GridSearchCV(exp, grid, cv=2).fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_feature_names_out(X, two):
    exp = fit_explainer(lambda X: X[:, 0], X, two)
    names = ["a__x0", "a__x3", "b__x1", "b__x2", "b__x4"]
    expected = [f"{part}__{name}" for part in ("uc", "mi") for name in names]
    assert exp.get_feature_names_out().tolist() == expected


def test_feature_names_out_of_several_outputs(X, two):
    exp = fit_explainer(lambda X: X[:, :2], X, two)
    names = exp.get_feature_names_out()
    assert names[:3].tolist() == [
        "uc__a__x0__output0",
        "uc__a__x0__output1",
        "uc__a__x3__output0",
    ]
    assert exp.transform(X[:1]).shape == (1, len(names))


def test_transform_obeys_set_output(X, two):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("vwxyz"))
    exp = fit_explainer(lambda X: X["v"], frame, two)
    out = exp.set_output(transform="pandas").transform(frame)
    assert out.columns.tolist() == exp.get_feature_names_out().tolist()
    assert out.columns[0] == "uc__a__v"


def test_fit_transform_equals_fit_then_transform(X, two):
    exp = fit_explainer(lambda X: X[:, 0] * X[:, 1], X, two)
    np.testing.assert_array_equal(clone(exp).fit_transform(X), exp.transform(X))


def test_a_frozen_disentangler_is_kept(X, two):
    dis = Disentangler(lambda X: X[:, 0], two, random_state=0).fit(X)
    exp = LocalExplainer(FrozenEstimator(dis), n_samples=5, random_state=0).fit(X)
    assert exp.disentangler_.estimator is dis
    np.testing.assert_array_equal(
        exp.explain(X[:3]).decomposition.uc, dis.decompose(X[:3]).uc
    )


def test_a_frozen_disentangler_sees_the_columns_it_was_fitted_on(X, two):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("vwxyz"))
    dis = Disentangler(lambda X: X["v"], two).fit(frame)
    exp = LocalExplainer(FrozenEstimator(dis), n_samples=5, random_state=0)
    with pytest.raises((ValueError, TypeError), match="fit"):
        exp.fit(frame[list("vw")])
    found = clone(exp).fit(frame[list("zyxwv")]).explain(frame[list("xvwyz")][:2])
    expected = clone(exp).fit(frame).explain(frame[:2])
    assert_same_numbers(found, expected)


@pytest.mark.parametrize("routing", [False, True])
def test_sample_weight_reaches_the_model(X, two, routing):
    weight = np.arange(len(X)) + 1.0
    expected = Ridge().fit(X, X[:, 0], sample_weight=weight).coef_
    with config_context(enable_metadata_routing=routing):
        ridge = Ridge()
        if routing:
            ridge.set_fit_request(sample_weight=True)
        exp = LocalExplainer(Disentangler(ridge, two), n_samples=5)
        exp.fit(X, X[:, 0], sample_weight=weight)
    np.testing.assert_array_equal(exp.disentangler_.estimator_.coef_, expected)


class Doubling(NeighbourhoodPerturber):
    """The smallest perturber: one feature, which is the modality's only column."""

    def fit(self, X, n_samples, feature_names, random_state):
        self.feature_names_ = np.array([f"{name} doubled" for name in feature_names])
        self.draws_ = 2 * X[random_state.randint(len(X), size=n_samples)]
        return self

    def design(self, X, kernel_width, alpha):
        ones = np.ones((len(X), 1))
        return LocalDesign(
            regressors=self.draws_[None],
            weights=np.ones((len(X), len(self.draws_))),
            average=0 * ones,
            contrast=X,
            penalty=1e-9 * ones,
            features=np.array([0]),
        )

    def draw_features(self):
        return self.draws_

    def describe(self, X):
        return X.astype(str)


def test_a_perturber_of_ones_own():
    X = np.random.RandomState(0).normal(size=(50, 2))
    perturbers = [("a", Doubling())]
    exp = fit_explainer(lambda X: 3 * X[:, 0] + X[:, 1], X, AB, perturbers=perturbers)
    explanation = exp.explain(X[:4])
    np.testing.assert_allclose(explanation.coef[:, 0, 0, 0], 3 * X[:4, 0], rtol=1e-6)
    assert explanation.feature_names.tolist() == ["x0 doubled", "x1"]
