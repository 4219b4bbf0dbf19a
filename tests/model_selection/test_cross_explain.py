"""Explanations over folds against loops written by hand."""

import warnings

import numpy as np
import pytest
from scipy.stats import t as student
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.tree import DecisionTreeRegressor

from skdime import Disentangler, LocalExplainer
from skdime.metrics import jackknife_se, stability
from skdime.model_selection import cross_explain
from skdime.perturbers import TabularPerturber
from tests.model_selection._diabetes import LINES, explainer_of
from tests.model_selection._folds import cross_of, explanation_of

# small settings, which the explainer rightly complains of
pytestmark = pytest.mark.filterwarnings(
    "ignore:Too few perturbations lie near", "ignore:(UC|MI|UC and MI) (of|compare)"
)


def test_common_rows_are_a_loop_by_hand(data, tree):
    X, y, common = data
    cross = cross_explain(
        tree, X, y, cv=KFold(3), X_common=common, return_estimator=True
    )
    assert cross.coef.shape == (3, 6, 2, 10, 1)
    for fold, (train, _) in enumerate(KFold(3).split(X)):
        seeded = clone(cross.estimators[fold])  # with the seeds of the fold
        by_hand = seeded.fit(X[train], y[train]).explain(common)
        np.testing.assert_array_equal(cross.coef[fold], by_hand.coef)
        np.testing.assert_array_equal(cross.se[fold], by_hand.se)
        np.testing.assert_array_equal(cross.r2[fold], by_hand.r2)
        values = by_hand.decomposition
        np.testing.assert_array_equal(cross.baseline[fold], values.baseline)
        np.testing.assert_array_equal(cross.uc[fold], values.uc)
        np.testing.assert_array_equal(cross.mi[fold], values.mi)
        np.testing.assert_array_equal(cross.main[fold], values.main)
    assert cross.fold.tolist() == [0, 1, 2]
    assert cross.n_train.tolist() == [100] * 3 and cross.n_test.tolist() == [50] * 3
    np.testing.assert_allclose(cross.mean(), cross.coef.mean(axis=0))
    np.testing.assert_allclose(
        cross.overlap, [[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]]
    )
    # the jackknife that leaves out groups: (J - 1)^2 / J times the variance
    se = np.sqrt(4 / 3 * cross.coef.var(axis=0, ddof=1))
    np.testing.assert_allclose(cross.mean_se(), se)
    reach = student.ppf(0.95, 2) * se
    np.testing.assert_allclose(
        cross.interval(0.9), [cross.mean() - reach, cross.mean() + reach]
    )
    np.testing.assert_allclose(cross.mean_abs(), np.abs(cross.coef).mean(axis=1))


def test_left_out_rows_are_a_loop_by_hand(data, tree):
    X, y, _ = data
    cv = KFold(3, shuffle=True, random_state=1)
    cross = cross_explain(tree, X, y, cv=cv, return_estimator=True)
    for fold, (train, test) in enumerate(cv.split(X)):
        by_hand = clone(cross.estimators[fold]).fit(X[train], y[train]).explain(X[test])
        np.testing.assert_array_equal(cross.coef[fold, test], by_hand.coef)
        assert np.isnan(cross.coef[fold, train]).all()
        assert np.isnan(cross.uc[fold, train]).all()
    assert np.isfinite(cross.mean()).all()  # every row was left out once
    assert np.isnan(cross.mean_se()).all()  # and no row twice
    with pytest.raises(ValueError, match="X_common"):
        cross.stability()
    assert cross.stability(of="mean_abs").rank_correlation.shape == (1, 2, 2, 1)


def test_repeated_folds_explain_rows_again(data, tree):
    X, y, _ = data
    cv = RepeatedKFold(n_splits=3, n_repeats=2, random_state=0)
    cross = cross_explain(tree, X[:60], y[:60], cv=cv)
    assert (np.isfinite(cross.coef[..., 0, 0, 0]).sum(axis=0) == 2).all()
    assert np.isfinite(cross.mean_se()).all()
    two = cross.coef[:, 7][np.isfinite(cross.coef[:, 7, 0, 0, 0])]
    first, second = np.flatnonzero(np.isfinite(cross.coef[:, 7, 0, 0, 0]))
    apart = 1 - cross.overlap[first, second]
    assert 0.2 < apart < 0.5
    expected = two.std(axis=0, ddof=1) * np.sqrt(1 / apart - 1 / 2)
    np.testing.assert_allclose(cross.mean_se()[7], expected)
    assert np.isfinite(cross.stability().dispersion).all()


@pytest.mark.slow
def test_results_do_not_depend_on_jobs(data, tree):
    X, y, common = data
    forest = explainer_of(
        RandomForestRegressor(5, max_depth=3, random_state=0), random_state=None
    )
    options = {"cv": 3, "X_common": common, "n_reference_draws": 2, "n_seeds": 2}
    one, two = (
        cross_explain(forest, X, y, n_jobs=n_jobs, random_state=5, **options)
        for n_jobs in (1, 2)
    )
    for name in ("coef", "se", "baseline", "main"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-9)
    other = cross_explain(forest, X, y, random_state=6, **options)
    assert not np.array_equal(other.coef, one.coef)


def test_further_draws_change_one_thing_each(data, tree):
    X, y, common = data
    # perturbations are drawn for lines; sums over a tree's leaves need none
    explainer = clone(tree).set_params(perturbers=LINES)
    cross = cross_explain(
        explainer, X, y, cv=2, X_common=common, n_reference_draws=3, n_seeds=2,
        return_estimator=True, random_state=0,
    )  # fmt: skip
    runs = list(zip(cross.fold, cross.reference_draw, cross.seed, strict=True))
    first = [(0, 0, 0), (1, 0, 0)]
    references = [(f, d, 0) for d in (1, 2) for f in (0, 1)]
    assert runs == [*first, *references, (0, 0, 1), (1, 0, 1)]
    assert cross.first_runs.tolist() == [0, 1]
    # the model's output is the same in all runs of a fold
    output = cross.uc + cross.mi
    for run in range(2, 8):
        np.testing.assert_allclose(output[run], output[cross.fold[run]])
    # other references move UC, other perturbations do not
    np.testing.assert_array_equal(cross.uc[6], cross.uc[0])
    assert (cross.uc[2] != cross.uc[0]).all()
    assert not np.array_equal(cross.coef[6], cross.coef[0])
    # references alone: the same perturbations
    fitted = cross.estimators[0]
    dis = clone(fitted.disentangler_)
    dis.set_params(estimator=FrozenEstimator(fitted.disentangler_.estimator_))
    again = clone(fitted).set_params(disentangler=dis).fit(X[75:], y[75:])
    for (_, one), (_, other) in zip(fitted.perturbers_, again.perturbers_, strict=True):
        np.testing.assert_array_equal(one.draws_, other.draws_)
    np.testing.assert_array_equal(again.explain(common).coef, cross.coef[0])


def test_model_is_fitted_once_a_fold(data):
    X, y, common = data

    class Counting(DecisionTreeRegressor):
        n_fits = 0

        def fit(self, X, y):
            Counting.n_fits += 1
            return super().fit(X, y)

    explainer = explainer_of(Counting(max_depth=3, random_state=0))
    cross_explain(
        explainer, X, y, cv=2, X_common=common, n_reference_draws=2, n_seeds=3
    )
    assert Counting.n_fits == 2


@pytest.mark.slow
def test_sources_are_told_apart(data):
    X, y, common = data
    draws = {"cv": 3, "X_common": common, "n_reference_draws": 3, "n_seeds": 3}
    # a model that is not refitted and additive: only perturbations matter, and none of
    # them to a straight line
    line = FrozenEstimator(LinearRegression().fit(X, y))
    found = cross_explain(explainer_of(line), X, y, random_state=0, **draws)
    of_line = found.variance_components()
    size = np.abs(found.coef).max()
    assert of_line.sampling.max() < (1e-3 * size) ** 2

    # a wiggly function that is not refitted: few perturbations are most of it
    def wiggly(X):
        return np.sin(60 * X).sum(axis=1)

    found = cross_explain(explainer_of(wiggly, 30), X, random_state=0, **draws)
    sd = found.variance_components().sd()
    assert (sd["sampling"][0] > 3 * sd["references"][0]).all()
    # a deep tree with many references and perturbations: the data are most of it
    deep = explainer_of(DecisionTreeRegressor(random_state=0), 300)
    deep.set_params(disentangler__n_references=None)
    draws |= {"n_reference_draws": 2, "n_seeds": 2}
    found = cross_explain(deep, X, y, random_state=0, **draws)
    sd = found.variance_components().sd()
    assert sd["data"].sum() > 2 * sd["sampling"].sum()
    assert (sd["references"] < 1e-6).all()  # all rows, however they are drawn
    assert "data" in repr(found.variance_components())


@pytest.mark.slow
def test_what_folds_share_is_no_variation_of_the_data():
    """The same rows in every fold, and nothing to train: only what is drawn varies."""
    X = np.random.RandomState(0).normal(size=(400, 4))

    def wiggly(X):
        return X[:, 0] * X[:, 2] + np.sin(3 * X[:, 1])

    dis = Disentangler(wiggly, [("a", [0, 1]), ("b", [2, 3])], n_references=30)
    explainer = LocalExplainer(dis, n_samples=60, random_state=0)
    every = np.arange(400)
    found = cross_explain(
        explainer, X, cv=[(every, every[:20])] * 6, n_reference_draws=6, n_seeds=6
    ).variance_components()
    drawn = np.nanmean(found.references + found.sampling)
    assert np.nanmean(found.total) == pytest.approx(drawn, rel=0.25)
    assert abs(np.nanmean(found.data)) < 0.25 * np.nanmean(found.total)


@pytest.mark.parametrize("kind", ["masks", "ranges", "lists"])
def test_rows_of_folds_in_any_form(data, tree, kind):
    X, y, common = data
    rows = np.arange(len(X))
    halves = [(rows < 75, rows >= 75), (rows >= 75, rows < 75)]
    if kind == "ranges":
        halves = [(range(75), range(75, len(X))), (range(75, len(X)), range(75))]
    if kind == "lists":
        halves = [tuple(np.flatnonzero(part).tolist() for part in h) for h in halves]
    found = cross_explain(tree, X, y, cv=halves, X_common=common)
    expected = cross_explain(
        tree, X, y, cv=[(rows[:75], rows[75:]), (rows[75:], rows[:75])], X_common=common
    )
    np.testing.assert_array_equal(found.coef, expected.coef)
    np.testing.assert_array_equal(found.mean_se(), expected.mean_se())
    assert found.n_train.tolist() == [75, len(X) - 75]


def test_no_fold(data, tree):
    X, y, _ = data
    with pytest.raises(ValueError, match="`cv` gave no fold"):
        cross_explain(tree, X, y, cv=[])


def test_warnings_name_rows_by_their_place_among_all(data):
    X, y, _ = data
    far = X.copy()
    far[140] = 50.0
    explainer = explainer_of(Ridge(), perturbers=LINES).set_params(kernel_width=0.3)
    with pytest.warns(UserWarning, match=r"rows .*\b140\b"):
        cross_explain(explainer, far, y, cv=[(range(100), range(138, 142))])


def test_components_by_hand():
    from skdime.model_selection._components import components

    # folds 0 and 10, references +-1 in both, seeds 0 and 4 in both
    coef = np.array([[0.0], [10.0], [2.0], [12.0], [4.0], [14.0]])
    fold = np.array([0, 1, 0, 1, 0, 1])
    draw, seed = np.array([0, 0, 1, 1, 0, 0]), np.array([0, 0, 0, 0, 1, 1])
    # a quarter of the training rows is not common
    data, references, sampling, total = components(coef, fold, draw, seed, 0.25)
    assert (references, sampling) == (2, 8)
    assert data == (50 - 2 - 8) / 0.25
    assert total == data + 2 + 8
    data, references, sampling, total = components(
        coef[:2], fold[:2], draw[:2], seed[:2], 1.0
    )
    assert np.isnan(references) and np.isnan(sampling) and data == total == 50


def test_stability_of_sources(data):
    X, y, common = data
    explainer = explainer_of(DecisionTreeRegressor(random_state=0), 100)
    cross = cross_explain(
        explainer, X, y, cv=3, X_common=common, n_reference_draws=2, random_state=0
    )
    folds, references = cross.stability(), cross.stability("references")
    assert folds.n_runs == 3 and references.n_runs == 2
    # other training rows change a deep tree more than other references do
    assert references.mean()["dispersion"].mean() < folds.mean()["dispersion"].mean()
    fitted = cross_explain(
        explainer, X, y, cv=3, X_common=common, random_state=0, return_estimator=True
    ).estimators
    # the folds' own draws are those that they have without further ones
    expected = stability([each.explain(common) for each in fitted])
    np.testing.assert_array_equal(folds.rank_correlation, expected.rank_correlation)
    np.testing.assert_array_equal(folds.dispersion, expected.dispersion)
    with pytest.raises(ValueError, match="n_seeds of 2 or more"):
        cross.stability("sampling")
    with pytest.raises(ValueError, match="`source` must be one of"):
        cross.stability("noise")


@pytest.mark.slow
def test_stable_and_unstable_models_are_told_apart(data):
    X, y, common = data
    found = {
        name: cross_explain(explainer_of(model, 300), X, y, cv=4, X_common=common)
        for name, model in [
            ("line", Ridge()),
            ("tree", DecisionTreeRegressor(random_state=0)),
        ]
    }
    line, deep = (found[name].stability().mean() for name in ("line", "tree"))
    assert (line["dispersion"][0] < deep["dispersion"][0]).all()
    assert (line["rank_correlation"][0] > deep["rank_correlation"][0]).all()


def test_frozen_disentangler_varies_by_perturbations_only(data):
    X, y, common = data
    dis = explainer_of(DecisionTreeRegressor(max_depth=3, random_state=0)).disentangler
    frozen = FrozenEstimator(dis.set_params(random_state=0).fit(X, y))
    explainer = LocalExplainer(frozen, LINES, n_samples=50, random_state=0)
    cross = cross_explain(explainer, X, y, cv=2, X_common=common, n_seeds=2)
    assert len(cross.fold) == 4
    for run in range(1, 4):
        np.testing.assert_array_equal(cross.uc[run], cross.uc[0])
        assert not np.array_equal(cross.coef[run], cross.coef[0])
    with pytest.raises(ValueError, match="frozen"):
        cross_explain(explainer, X, y, n_reference_draws=2)


def test_classifiers_get_stratified_folds():
    X, y = load_iris(return_X_y=True)
    dis = Disentangler(
        LogisticRegression(C=0.1),
        [("sepal", [0, 1]), ("petal", [2, 3])],
        n_references=20,
    )
    explainer = LocalExplainer(dis, n_samples=30, random_state=0)
    cross = cross_explain(explainer, X, y, cv=3)
    for fold, (_, test) in enumerate(StratifiedKFold(3).split(X, y)):
        explained = np.flatnonzero(np.isfinite(cross.coef[fold, :, 0, 0, 0]))
        assert explained.tolist() == test.tolist()
    assert cross.coef.shape[-1] == 3


def test_groups_and_parameters_of_fit(data):
    X, y, _ = data
    groups = np.arange(len(X)) % 5

    class Weighted(LinearRegression):
        def fit(self, X, y, sample_weight=None):
            assert len(sample_weight) == len(X)
            assert set(sample_weight) <= set(range(5))
            self.left_out_ = set(range(5)) - set(sample_weight)
            return super().fit(X, y)

    cross = cross_explain(
        explainer_of(Weighted()), X, y, cv=GroupKFold(5), groups=groups,
        params={"sample_weight": groups}, return_estimator=True,
    )  # fmt: skip
    left_out = [e.disentangler_.estimator_.left_out_ for e in cross.estimators]
    assert sorted(map(tuple, left_out)) == [(g,) for g in range(5)]


def test_missing_classes_are_joined_by_name():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(90, 3))
    y = np.repeat(["p", "q", "r"], 30)
    forest = RandomForestClassifier(5, random_state=0)
    dis = Disentangler(forest, [("a", [0]), ("b", [1, 2])], n_references=10)
    explainer = LocalExplainer(dis, n_samples=20, random_state=0)
    folds = [(np.arange(60), np.arange(60, 90)), (np.arange(90), np.arange(60, 90))]
    with pytest.warns(UserWarning, match="Folds have different outputs"):
        cross = cross_explain(explainer, X, y, cv=folds, return_estimator=True)
    assert cross.output_names.tolist() == ["q", "p", "r"]
    by_hand = clone(cross.estimators[1]).fit(X, y).explain(X[60:])
    assert by_hand.output_names.tolist() == ["p", "q", "r"]
    np.testing.assert_array_equal(cross.coef[1, 60:], by_hand.coef[..., [1, 0, 2]])
    assert np.isnan(cross.coef[0, 60:, ..., 1:]).all()
    assert (
        np.isnan(cross.baseline[0, 1:]).all()
        and np.isfinite(cross.baseline[:, 0]).all()
    )


def test_frames_keep_their_names(data):
    pd = pytest.importorskip("pandas")
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X, y = X[:90], y[:90]
    X.index = [f"patient {i}" for i in range(90)]
    X["sex"] = pd.Categorical(np.where(X["sex"] > 0, "f", "m"))

    def numbers(X):
        return X["bmi"] * X["s5"] * 1000 + (X["sex"] == "f")

    explainer = explainer_of(numbers)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", ".*feature names")
        cross = cross_explain(explainer, X, y, cv=3)
    assert cross.row_names.tolist() == X.index.tolist()
    assert cross.feature_names.tolist() == X.columns.tolist()
    frame = cross.to_frame()
    assert len(frame) == 90 * 2 * 10
    one = frame.query("row == 'patient 40' and part == 'mi' and feature == 's5'")
    assert one["fold"].item() == 1
    assert one["coef"].item() == cross.coef[1, 40, 1, 8, 0]


def test_wrong_input_is_named(data):
    X, y, _ = data
    with pytest.raises(TypeError, match="must be a LocalExplainer, got a Linear"):
        cross_explain(LinearRegression(), X, y)
    with pytest.raises(ValueError, match="`n_seeds` must be an integer"):
        cross_explain(explainer_of(LinearRegression()), X, y, n_seeds=0)


# --- intervals and components against models of fresh samples -------------------------


FOLDS = {
    "five folds": KFold(5, shuffle=True, random_state=0),
    "ten folds": KFold(10, shuffle=True, random_state=0),
    "random halves": ShuffleSplit(12, test_size=0.5, random_state=0),
    "repeated": RepeatedKFold(n_splits=4, n_repeats=4, random_state=0),
}


@pytest.mark.parametrize("kind", FOLDS)
def test_intervals_over_folds_hold_what_models_of_other_samples_say(kind):
    """Means of training rows, known to vary by 1 / n_train between fresh samples."""
    rng, hit, share = np.random.RandomState(0), [], []
    for _ in range(200):
        values = rng.standard_t(6, size=60) * np.sqrt(4 / 6)
        trains = [train for train, _ in FOLDS[kind].split(values)]
        means = [values[train].mean() for train in trains]
        explanations = [explanation_of([[[mean], [mean]]]) for mean in means]
        rows = [np.array([0])] * len(trains)
        cross = cross_of(explanations, rows, trains, 60, common=True)
        low, high = (bound[0, 0, 0, 0] for bound in cross.interval())
        hit.append(low <= 0 <= high)
        data = cross.variance_components().data[0, 0, 0, 0]
        share.append(data * len(trains[0]))
    assert 0.9 <= np.mean(hit) <= 0.98
    assert np.mean(share) == pytest.approx(1, rel=0.15)


def test_folds_without_common_rows_are_independent_samples():
    values = np.array([1.0, 2.0, 6.0])
    usual = values.std(ddof=1) / np.sqrt(3)
    assert jackknife_se(values, np.eye(3)) == pytest.approx(usual)
    # the same rows everywhere: what differs was drawn, independently
    assert jackknife_se(values, np.ones((3, 3))) == pytest.approx(usual)


def test_overlap_counts_for_the_folds_with_a_value():
    overlap = np.array([[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]])
    values = np.array([[1.0, 1], [3, np.nan], [np.nan, 3]])
    se = jackknife_se(values, overlap)
    np.testing.assert_allclose(np.square(se), [2 * (2 - 0.5), 2 * (1 - 0.5)])
    assert np.isnan(jackknife_se([[1.0], [np.nan], [np.nan]], overlap)).all()


@pytest.mark.slow
@pytest.mark.parametrize("same_rows", [True, False])
def test_intervals_of_coefficients_hold_those_of_the_population(same_rows):
    """A linear model: E of a coefficient is slope times distance from the mean."""
    beta, common = (
        np.array([2.0, 0, -1, 0.5]),
        np.array([[1.5, 1, -1, 1], [0, -2, 1, 1]]),
    )
    hit, hit_size = [], []
    for seed in range(20):
        rng = np.random.RandomState(seed)
        X = rng.normal(size=(100, 4))
        y = X @ beta + 3 * rng.normal(size=100)
        modalities = [("a", [0, 1]), ("b", [2, 3])]
        dis = Disentangler(LinearRegression(), modalities, n_references=None)
        slopes = [(m, TabularPerturber(effects="slope")) for m in "ab"]
        explainer = LocalExplainer(
            dis, slopes, n_samples=20, alpha=1e-9, random_state=seed
        )
        rows = {"X_common": common} if same_rows else {}
        cross = cross_explain(explainer, X, y, cv=5, **rows)
        if same_rows:
            low, high = (bound[:, 0, :, 0] for bound in cross.interval())
            hit.append((low <= common * beta) & (common * beta <= high))
        else:  # of a standard normal column, with slopes far from 0
            size, se = cross.mean_abs().mean(axis=0)[0, :, 0], cross.mean_abs_se()
            miss = np.abs(size - np.abs(beta) * np.sqrt(2 / np.pi))[[0, 2]]
            hit_size.append(miss <= student.ppf(0.975, 4) * se[0, [0, 2], 0])
    assert np.mean(hit if same_rows else hit_size) >= 0.85
