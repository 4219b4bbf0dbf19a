"""Perturbers of a neighbourhood that users write: explained, scored and measured."""

import warnings

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime.metrics import faithfulness_curves, fidelity, infidelity, max_sensitivity
from skdime.model_selection import (
    cross_explain,
    fidelity_scorer,
    stability_scorer,
    trust_scorer,
)
from skdime.perturbers import (
    LocalDesign,
    MaskedTabularPerturber,
    NeighbourhoodPerturber,
    TabularPerturber,
    TextPerturber,
)


def circle(X):
    return np.hstack([np.sin(X), np.cos(X)])


class AnglePerturber(NeighbourhoodPerturber):
    """The perturber of the docstring: sine and cosine are regressors of one feature."""

    def fit(self, X, n_samples, feature_names, random_state):
        self.feature_names_ = feature_names
        self.draws_ = X[random_state.randint(len(X), size=n_samples)]
        self.average_ = circle(X).mean(axis=0)
        return self

    def design(self, X, kernel_width, alpha):
        return LocalDesign(
            regressors=self.draw_features()[None],
            weights=np.ones((len(X), len(self.draws_))),
            average=np.tile(self.average_, (len(X), 1)),
            contrast=circle(X) - self.average_,
            penalty=np.full((len(X), 2), 1e-6),
            features=np.array([0, 0]),
        )

    def draw_features(self):
        return circle(self.draws_)

    def describe(self, X):
        return X.astype(str)


class SumAndRest(NeighbourhoodPerturber):
    """Three columns in two features: the sum of the outer ones, and the middle one."""

    def fit(self, X, n_samples, feature_names, random_state):
        self.feature_names_ = np.array(["outer", "middle"])
        self.draws_ = X[random_state.randint(len(X), size=n_samples)]
        self.average_ = self._features(X).mean(axis=0)
        return self

    def design(self, X, kernel_width, alpha):
        return LocalDesign(
            regressors=self.draw_features()[None],
            weights=np.ones((len(X), len(self.draws_))),
            average=np.tile(self.average_, (len(X), 1)),
            contrast=self._features(X) - self.average_,
            penalty=np.full((len(X), 2), 1e-9),
            features=np.array([0, 1]),
        )

    def draw_features(self):
        return self._features(self.draws_)

    def describe(self, X):
        return self._features(X).astype(str)

    def _features(self, X):
        return np.column_stack([X[:, 0] + X[:, 2], X[:, 1]])


class SumAndRestWithColumns(SumAndRest):
    def columns_of(self, feature):
        return np.array([[0, 2], [1]][feature])


def wind_and_load(X):
    """UC of the wind is a cosine; its interaction with the load is a sine."""
    return 2 * np.cos(X[:, 0]) + np.sin(X[:, 0]) * X[:, 1] + X[:, 1]


@pytest.fixture(scope="module")
def rows():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.uniform(-3, 3, size=200), rng.normal(size=(200, 2))])
    return X - [0, *X[:, 1:].mean(axis=0)]


@pytest.fixture(scope="module")
def explainer(rows):
    dis = Disentangler(
        wind_and_load,
        [("wind", [0]), ("load", [1, 2])],
        n_references=None,
        random_state=0,
    )
    return LocalExplainer(
        dis, [("wind", AnglePerturber())], n_samples=300, random_state=0
    ).fit(rows)


def test_it_is_explained_and_scored(explainer, rows):
    explanation = explainer.explain(rows[:10])
    wind = explanation.sel(part="uc", modality="wind")[:, 0, 0]
    expected = 2 * np.cos(rows[:10, 0]) - 2 * np.cos(rows[:, 0]).mean()
    np.testing.assert_allclose(wind, expected, atol=1e-3)
    assert explanation.r2[:, 0, 0].min() > 0.999
    assert explainer.score(rows[:10]) > 0.99
    np.testing.assert_allclose(
        explainer.transform(rows[:10]), explanation.coef.reshape(10, -1)
    )


def test_fidelity_is_1_where_the_regressors_are_those_of_the_model(explainer, rows):
    found = fidelity(explainer, rows[:10], random_state=0)
    assert found[:, :, 0].min() > 0.999
    assert found[:, 0, 1].min() > 0.99  # UC of the load is its mean times the wind's


def test_fidelity_shows_regressors_that_do_not_suit(rows):
    dis = Disentangler(lambda X: np.sin(6 * X[:, 0]), n_references=50, random_state=0)
    explainer = LocalExplainer(
        dis, [("x0", AnglePerturber())], n_samples=300, random_state=0
    )
    found = fidelity(explainer.fit(rows), rows[:10], random_state=0)
    assert found[:, 0, 0].max() < 0.5


@pytest.mark.slow
def test_scorers(explainer, rows):
    assert fidelity_scorer(explainer, rows[:10]) > 0.99
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert 0 < stability_scorer(explainer, rows[:10], n_runs=2) <= 1
    assert 0 < trust_scorer(explainer, rows[:10], n_runs=2) <= 1


def test_curves_replace_the_angle(explainer, rows):
    curves = faithfulness_curves(explainer, rows[:3], n_draws=200, random_state=0)
    # with the one feature replaced, UC is that of an average wind
    whole, without = curves.deletion[:, 0, 0, :2, 0].T
    expected = 2 * np.cos(rows[:3, 0]) - 2 * np.cos(rows[:, 0]).mean()
    np.testing.assert_allclose(whole - without, expected, atol=1e-9)
    assert np.isfinite(infidelity(explainer, rows[:3], n_draws=200)[:, 0]).all()
    assert np.isfinite(max_sensitivity(explainer, rows[:3], n_draws=2)[:, 0]).all()


def test_folds(explainer, rows):
    cross = cross_explain(explainer, rows, cv=2, X_common=rows[:3])
    assert np.isfinite(cross.coef).all()


def of_features(perturber, X):
    dis = Disentangler(
        lambda X: X @ [1.0, 2, 1, 5], [("a", [0, 1, 2]), ("b", [3])], n_references=None
    )
    return LocalExplainer(dis, [("a", perturber)], n_samples=200, random_state=0).fit(X)


def test_columns_of_features_are_replaced_together():
    X = np.random.RandomState(0).normal(size=(60, 4))
    X -= X.mean(axis=0)
    explainer = of_features(SumAndRestWithColumns(), X)
    row = np.array([[2.0, 1.0, 3.0, 0.0]])  # the outer ones make 5, the middle one 2
    curves = faithfulness_curves(explainer, row, n_draws=60, random_state=0)
    np.testing.assert_allclose(curves.deletion[0, 0, 0, :3, 0], [7, 2, 0], atol=1e-9)


def test_features_without_columns_name_the_method_to_write():
    X = np.random.RandomState(0).normal(size=(60, 4))
    explainer = of_features(SumAndRest(), X)
    with pytest.raises(ValueError, match=r"SumAndRest\.columns_of gives \[None"):
        faithfulness_curves(explainer, X[:1], n_draws=5)


class WithStoredRegressors(AnglePerturber):
    """Stores what it makes of its draws, which fresh draws do not change."""

    def fit(self, X, n_samples, feature_names, random_state):
        super().fit(X, n_samples, feature_names, random_state)
        self.stored_ = circle(self.draws_)
        return self

    def draw_features(self):
        return self.stored_


def test_stored_regressors_need_a_way_to_redraw():
    X = np.random.RandomState(0).normal(size=(60, 2))
    dis = Disentangler(lambda X: X[:, 0], [("a", [0]), ("b", [1])])
    for n_samples in (40, 1000):
        explainer = LocalExplainer(
            dis, {"a": WithStoredRegressors()}, n_samples=n_samples
        ).fit(X)
        with pytest.raises(NotImplementedError, match=r"Implement WithStored.*redraw"):
            fidelity(explainer, X[:1])


def test_fresh_draws_of_an_own_perturber_are_read_by_the_scale_of_fit():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 3))
    perturber = SumAndRest().fit(X, 50, np.array(["a", "b", "c"]), rng)
    fresh = perturber.redraw(X[:10] + 5, 80, rng)
    assert len(fresh.draws_) == 49
    assert (fresh.draws_ > 1).any() and not (perturber.draws_ > 4).any()
    assert fresh.average_ is perturber.average_


class Shared(SumAndRest):
    def columns_of(self, feature):
        return [0, 1]


def test_a_column_of_two_features_is_refused():
    X = np.random.RandomState(0).normal(size=(60, 4))
    with pytest.raises(ValueError, match=r"must belong to one feature"):
        faithfulness_curves(of_features(Shared(), X), X[:1], n_draws=5)


def test_both_families_say_whether_they_mask():
    assert MaskedTabularPerturber.masks_rows and TextPerturber.masks_rows
    assert not TabularPerturber.masks_rows and not AnglePerturber.masks_rows


def test_columns_of_a_table():
    names = np.array(["u", "v", "w"])
    options = {"n_samples": 5, "random_state": np.random.RandomState(0)}
    X = np.arange(12.0).reshape(4, 3)
    grouped = TabularPerturber(groups={"uw": [0, 2]}).fit(
        X, feature_names=names, **options
    )
    assert [grouped.columns_of(f).tolist() for f in range(2)] == [[0, 2], [1]]
    # of a perturber that says nothing: one feature has all, and each its own
    one = AnglePerturber().fit(X, feature_names=names[:1], **options)
    assert one.columns_of(0).tolist() == [0, 1, 2]
    each = AnglePerturber().fit(X, feature_names=names, **options)
    assert [each.columns_of(f).tolist() for f in range(3)] == [[0], [1], [2]]
    assert SumAndRest().fit(X, feature_names=names, **options).columns_of(0) is None


@pytest.mark.parametrize("sampler", ["features", "rows", "lime"])
def test_redraw_changes_the_draws_only(sampler):
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.normal(size=50), rng.randint(3, size=50)])
    perturber = TabularPerturber(
        sampler, effects="slope", categorical_features=[1]
    ).fit(X, n_samples=20, feature_names=np.array(["u", "v"]), random_state=rng)
    before = perturber.design(X[:2], "auto", "auto")
    fresh = perturber.redraw(X[:10] + np.array([0.5, 0]), 30, rng)
    assert fresh.draws_.shape == (30, 2)
    after = fresh.design(X[:2], "auto", "auto")
    assert after.regressors.shape[1] == after.weights.shape[1] == 30
    np.testing.assert_array_equal(after.average, before.average)
    again = perturber.design(X[:2], "auto", "auto")
    np.testing.assert_array_equal(again.regressors, before.regressors)


def test_redraw_leaves_out_missing_numbers_that_no_regressor_stands_for():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(50, 1))
    perturber = TabularPerturber(sampler="rows", effects="slope").fit(
        X, n_samples=20, feature_names=np.array(["u"]), random_state=rng
    )
    X[::2] = np.nan
    fresh = perturber.redraw(X, 40, rng)
    assert 0 < len(fresh.draws_) < 40 and not np.isnan(fresh.draws_).any()
