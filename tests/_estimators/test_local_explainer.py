"""LocalExplainer and TabularPerturber: coefficients, their identities, their cost."""

import inspect
import pickle
import tracemalloc
import warnings

import joblib
import numpy as np
import pytest
from scipy.stats import zscore
from sklearn import config_context
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier

from skdime import Disentangler, LocalExplainer
from skdime._models.determinism import checked_rows
from skdime.perturbers import LocalDesign, NeighbourhoodPerturber, TabularPerturber

AB = [("a", [0]), ("b", [1])]


def fit_explainer(estimator, X, modalities, y=None, *, n_references=6, **options):
    """A fitted explainer; options of the disentangler are told by their names."""
    names = {*inspect.signature(Disentangler).parameters} - {"n_jobs", "random_state"}
    inner = {name: options.pop(name) for name in names if name in options}
    dis = Disentangler(estimator, modalities, n_references=n_references, **inner)
    defaults = {"n_samples": 40, "algorithm": "exhaustive", "random_state": 0}
    return LocalExplainer(dis, **(defaults | options)).fit(X, y)


def hybrids(exp, x, m):
    """The row `x` with its modality m replaced by each of the draws."""
    rows = np.repeat(x[None], exp.n_samples, axis=0)
    rows[:, exp.disentangler_.modalities_[m][1]] = exp.perturbers_[m][1].draws_
    return rows


class Reference:
    """The surrogate of numeric columns, by scikit-learn's Ridge.

    ``alpha`` penalises the slopes of regressors in units of the draws' spread while
    weights sum to 1: what Ridge does when it is given these regressors and weights.
    """

    def __init__(self, training, draws, x, width=None, alpha=1e-3):
        centre, scale = training.mean(axis=0), training.std(axis=0)
        width = width or 0.75 * np.sqrt(training.shape[1])
        distance = (((draws - x) / scale) ** 2).sum(axis=1)
        weights = np.exp(-distance / (2 * width**2))
        self.weights = weights / weights.sum()
        self.centre, self.x, self.alpha = centre, x, alpha
        self.spread = draws.std(axis=0)
        self.design = (draws - centre) / self.spread

    def fit(self, y, keep=slice(None)):
        ridge = Ridge(alpha=self.alpha)
        return ridge.fit(self.design[keep], y[keep], sample_weight=self.weights[keep])

    def coef(self, y):
        """Shape (n_features, n_outputs) for y of shape (n_samples, n_outputs)."""
        contrast = (self.x - self.centre) / self.spread
        return np.array([self.fit(column).coef_ * contrast for column in y.T]).T

    def intercept(self, y):
        return np.array([self.fit(column).intercept_ for column in y.T])

    def _r2(self, y, residuals):
        mean = self.weights @ y
        return 1 - self.weights @ residuals**2 / (self.weights @ (y - mean) ** 2)

    def r2(self, y):
        return self._r2(y, y - self.fit(y).predict(self.design))

    def r2_left_out(self, y):
        residuals = np.empty(len(y))
        for p in range(len(y)):
            others = np.arange(len(y)) != p
            predicted = self.fit(y, others).predict(self.design[[p]])
            residuals[p] = y[p] - predicted[0]
        return self._r2(y, residuals)


def reference(exp, X, x, m, **options):
    columns = exp.disentangler_.modalities_[m][1]
    draws = exp.perturbers_[m][1].draws_
    return Reference(X[:, columns], draws, x[columns], **options)


def features_of(exp, m):
    """Positions of the features of modality m along the axis of features."""
    name = exp.disentangler_.modalities_[m][0]
    explained = exp.get_feature_names_out()[: len(exp.get_feature_names_out()) // 2]
    n_outputs = len(exp.disentangler_.output_names_)
    mine = [n.startswith(f"uc__{name}__") for n in explained[::n_outputs]]
    return np.flatnonzero(mine)


# --- the three identities and the ridge ---------------------------------------------


@pytest.fixture(params=["two", "three"])
def fitted(request, model, X):
    modalities = request.getfixturevalue(request.param)
    return fit_explainer(
        model.estimator, X, modalities, n_references=6, **model.options
    )


def test_coefficients_add_up_to_those_of_the_model(fitted, model, X, assert_close):
    explanation = fitted.explain(X[:2])
    for i in range(2):
        for m in range(len(explanation.modality_names)):
            y = model.output(hybrids(fitted, X[i], m))
            both = explanation.coef[i].sum(axis=0)[features_of(fitted, m)]
            assert_close(both, reference(fitted, X, X[i], m).coef(y), scale=y)


def test_surrogates_are_ridges_of_uc_and_mi_of_the_perturbed_row(
    fitted, X, assert_close
):
    explanation = fitted.explain(X[:2])
    for m in range(len(explanation.modality_names)):
        parts = fitted.disentangler_.decompose(hybrids(fitted, X[1], m))
        ridge = reference(fitted, X, X[1], m)
        for p, y in enumerate([parts.uc, parts.mi]):
            coef = explanation.coef[1, p, features_of(fitted, m)]
            assert_close(coef, ridge.coef(y), scale=parts.output)
            intercept = explanation.intercept[1, p, m]
            assert_close(intercept, ridge.intercept(y), scale=parts.output)


def test_uc_coefficients_are_means_over_references(fitted, model, X, assert_close):
    explanation = fitted.explain(X[:1])
    dis = fitted.disentangler_
    for m in range(len(explanation.modality_names)):
        single = []
        for members in dis._references.tuples.T:
            x = X[0].copy()
            for (_, columns), member in zip(dis.modalities_, members, strict=True):
                x[columns] = dis.references_[member, columns]
            y = model.output(hybrids(fitted, x, m))
            single.append(reference(fitted, X, X[0], m).coef(y))
        features = features_of(fitted, m)
        se = np.std(single, axis=0, ddof=1) / np.sqrt(len(single))
        if len(dis.modalities_) == 2:  # drawn without replacement
            se *= np.sqrt(1 - len(single) / len(X))
        assert_close(explanation.coef[0, 0, features], np.mean(single, axis=0), scale=y)
        for part in range(2):
            assert_close(explanation.se_references[0, part, features], se, scale=y)


def test_coefficients_do_not_depend_on_the_baseline(X, two):
    def f(X):
        return X[:, 0] * X[:, 1] + X[:, 2]

    exp = fit_explainer(f, X, two)
    before = exp.explain(X[:3])
    exp.disentangler_.baseline_ += 100
    after = exp.explain(X[:3])
    np.testing.assert_allclose(after.coef, before.coef, atol=1e-11)
    np.testing.assert_allclose(after.target[:, 0], before.target[:, 0] - 100)
    np.testing.assert_allclose(after.intercept[:, 0], before.intercept[:, 0] - 100)


@pytest.mark.parametrize("options", [{"kernel_width": 0.7}, {"alpha": 0.5}])
def test_kernel_width_and_alpha(X, two, options, assert_close):
    exp = fit_explainer(lambda X: np.exp(X[:, 0]) * X[:, 1], X, two, **options)
    options = {"width" if k == "kernel_width" else k: v for k, v in options.items()}
    for m in range(2):
        y = np.exp(hybrids(exp, X[0], m)[:, :1]) * hybrids(exp, X[0], m)[:, 1:2]
        both = exp.explain(X[:1]).coef[0].sum(axis=0)[features_of(exp, m)]
        assert_close(both, reference(exp, X, X[0], m, **options).coef(y))


def test_intercept_and_coefficients_add_up_to_the_local_prediction(
    fitted, X, assert_close
):
    explanation = fitted.explain(X[:4])
    for m, name in enumerate(explanation.modality_names):
        mine = explanation.feature_modalities == name
        total = explanation.intercept[:, :, m] + explanation.coef[:, :, mine].sum(2)
        assert_close(total, explanation.local_prediction[:, :, m], 1e-12)


def test_target_is_uc_and_mi(fitted, X, assert_close):
    explanation = fitted.explain(X[:4])
    parts = fitted.disentangler_.decompose(X[:4])
    for m in range(len(explanation.modality_names)):
        assert_close(explanation.target[:, 0, m], parts.uc, scale=parts.output)
        assert_close(explanation.target[:, 1, m], parts.mi, scale=parts.output)


def test_r2_is_the_weighted_share_of_variation(X, two):
    exp = fit_explainer(lambda X: np.exp(X[:, 0]) * X[:, 1], X, two)
    r2 = exp.explain(X[:1]).r2[0, ..., 0]
    for m in range(2):
        parts = exp.disentangler_.decompose(hybrids(exp, X[0], m))
        ridge = reference(exp, X, X[0], m)
        assert r2[0, m] == pytest.approx(ridge.r2(parts.uc[:, 0]))
        assert r2[1, m] == pytest.approx(ridge.r2(parts.mi[:, 0]))


def test_effective_samples_are_kishs(X, two):
    exp = fit_explainer(lambda X: X[:, 0], X, two)
    effective = exp.explain(X[:3]).effective_samples
    for i in range(3):
        for m in range(2):
            weights = reference(exp, X, X[i], m).weights
            assert effective[i, m] == pytest.approx(1 / (weights**2).sum())


def test_include_self_moves_a_share_of_mi_into_uc(X, two, assert_close):
    def f(X):
        return np.exp(X[:, 0]) * X[:, 1]

    exp = fit_explainer(f, X, two, include_self=True)
    explanation = exp.explain(X[:1])
    without = fit_explainer(f, X, two).explain(X[:1])
    share = (6 / 7) ** 2
    assert_close(explanation.coef[:, 1], share * without.coef[:, 1])
    assert_close(explanation.se_references, share * without.se_references)
    for m in range(2):
        parts = exp.disentangler_.decompose(hybrids(exp, X[0], m))
        coef = explanation.coef[0, :, features_of(exp, m)].swapaxes(0, 1)
        ridge = reference(exp, X, X[0], m)
        assert_close(coef[0], ridge.coef(parts.uc))
        assert_close(coef[1], ridge.coef(parts.mi))


# --- models whose explanation is known ----------------------------------------------


def test_linear_model(X, two):
    linear = LinearRegression().fit(X, X @ [1, -2, 3, 0.5, 0.2] + 1)
    exp = fit_explainer(FrozenEstimator(linear), X, two, n_samples=200)
    explanation = exp.explain(X[:5])
    columns = np.concatenate([columns for _, columns in two])
    expected = (linear.coef_ * (X[:5] - X.mean(axis=0)))[:, columns]
    # the ridge shrinks by about alpha over the weighted variance of a regressor
    np.testing.assert_allclose(explanation.coef[:, 0, :, 0], expected, rtol=0.01)
    np.testing.assert_allclose(explanation.coef[:, 1], 0, atol=1e-12)
    np.testing.assert_allclose(explanation.se_references, 0, atol=1e-12)
    assert np.isnan(explanation.r2[:, 1]).all()  # MI does not vary


def pearson(coef, truth):
    """Mean over rows of the correlation over features."""
    return np.mean(np.mean(zscore(coef, axis=1) * zscore(truth, axis=1), axis=1))


def first_modality(exp, rows):
    """Coefficients of UC and of MI of the first half of the columns."""
    coef = exp.transform(rows).reshape(len(rows), 2, -1)
    return np.moveaxis(coef[:, :, : coef.shape[2] // 2], 1, 0)


def test_exact_bilinear_model():
    # The paper's synthetic model without a network in between.
    def f(X):
        return X.sum(axis=1) + (X[:, :10] * X[:, 10:]).sum(axis=1)

    found = []
    for seed in range(5):
        rng = np.random.RandomState(seed)
        X, rows = rng.normal(size=(2000, 20)), rng.normal(size=(1000, 20))
        exp = fit_explainer(
            f,
            X,
            [("one", slice(0, 10)), ("two", slice(10, 20))],
            n_references=100,
            n_samples=200,
            random_state=seed,
        )
        d1, d2 = rows[:, :10], rows[:, 10:]
        found.append(
            [
                [pearson(coef, truth) for truth in (d1, d2, d1 * d2)]
                for coef in first_modality(exp, rows)
            ]
        )
    uc, mi = np.mean(found, axis=0)
    assert uc[0] >= 0.99
    assert np.abs(uc[1:]).max() <= 0.07
    assert mi[2] >= 0.99
    assert np.abs(mi[:2]).max() <= 0.07


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:.*were clipped:UserWarning")
def test_synthetic_experiment_of_the_paper():
    # Smaller than published: 6,000 training rows; see examples/plot_paper_synthetic.py.
    rng = np.random.RandomState(0)
    X = rng.normal(size=(6200, 20))
    score = X.sum(axis=1) + (X[:, :10] * X[:, 10:]).sum(axis=1)
    train, test = X[:6000], X[6000:]
    mlp = MLPClassifier((100,), learning_rate_init=0.005, max_iter=30, random_state=0)
    mlp.fit(train, score[:6000] > 0)
    assert mlp.score(test, score[6000:] > 0) > 0.9
    exp = fit_explainer(
        FrozenEstimator(mlp),
        train,
        [("one", slice(0, 10)), ("two", slice(10, 20))],
        link="logit",
        n_references=50,
        n_samples=300,
    )
    d1, d2 = test[:, :10], test[:, 10:]
    uc, mi = coef = first_modality(exp, test)
    lime = coef.sum(axis=0)
    assert pearson(uc, d1) > 0.97
    assert max(abs(pearson(uc, d2)), abs(pearson(uc, d1 * d2))) < 0.1
    assert pearson(mi, d1 * d2) > 0.85
    assert max(abs(pearson(mi, d1)), abs(pearson(mi, d2))) < 0.1
    # what the two parts disentangle: plain LIME shows a mixture of both
    assert 0.4 < pearson(lime, d1 * d2) < pearson(lime, d1) < 0.9


# --- score --------------------------------------------------------------------------


def test_score_is_the_r2_of_really_refitted_surrogates(X, two):
    def f(X):
        return np.exp(X[:, 0]) * X[:, 1] + X[:, 2] ** 2

    exp = fit_explainer(f, X, two, n_samples=15)
    expected = []
    for i in range(2):
        for m in range(2):
            parts = exp.disentangler_.decompose(hybrids(exp, X[i], m))
            ridge = reference(exp, X, X[i], m)
            expected += [ridge.r2_left_out(y[:, 0]) for y in (parts.uc, parts.mi)]
    assert exp.score(X[:2]) == pytest.approx(np.mean(expected), rel=1e-9)


def test_score_of_a_linear_model_is_one(X, two):
    exp = fit_explainer(lambda X: X.sum(axis=1), X, two, n_samples=100)
    assert exp.score(X) == pytest.approx(1, abs=1e-4)


def test_score_is_below_the_r2_of_the_fit(X, two):
    exp = fit_explainer(lambda X: np.exp(X[:, 0]) * X[:, 1], X, two)
    assert exp.score(X[:5]) < exp.explain(X[:5]).r2.mean()


def test_score_of_a_constant_model_is_unknown(X, two):
    assert np.isnan(fit_explainer(lambda X: np.ones(len(X)), X, two).score(X[:2]))


# --- the same numbers in every way --------------------------------------------------


@pytest.fixture
def forest(X, labels, two):
    from sklearn.ensemble import RandomForestClassifier

    estimator = RandomForestClassifier(n_estimators=3, random_state=0)
    return fit_explainer(estimator, X, two, labels)


def test_one_row_or_many(forest, X, assert_close):
    single = np.vstack([forest.transform(X[i : i + 1]) for i in range(5)])
    assert_close(single, forest.transform(X)[:5], 1e-12)


def test_any_order_of_rows(forest, X, assert_close):
    order = np.random.RandomState(0).permutation(len(X))
    assert_close(forest.transform(X[order]), forest.transform(X)[order], 1e-12)


@pytest.mark.parametrize("max_memory", [1, 5000, 50_000])
def test_any_batch_size(X, two, max_memory, assert_close):
    def f(X):
        return np.exp(X[:, 0]) * X[:, 1]

    large = fit_explainer(f, X, two, n_samples=15)
    small = fit_explainer(f, X, two, n_samples=15, max_memory=max_memory)
    one, other = large.explain(X[:3]), small.explain(X[:3])
    for name in ("coef", "se", "intercept", "local_prediction", "effective_samples"):
        assert_close(getattr(other, name), getattr(one, name), 1e-12)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_any_number_of_workers(forest, X, labels, backend):
    with joblib.parallel_backend(backend):
        parallel = clone(forest).set_params(
            n_jobs=2, disentangler__n_jobs=2, disentangler__max_memory=40_000
        )
        coef = parallel.fit(X, labels).transform(X[:5])
    np.testing.assert_allclose(coef, forest.transform(X[:5]), atol=1e-13)


def test_pickled_and_loaded(forest, X):
    loaded = pickle.loads(pickle.dumps(forest))
    np.testing.assert_array_equal(loaded.transform(X[:5]), forest.transform(X[:5]))


def test_refitted(forest, X, labels):
    before = forest.transform(X[:5])
    np.testing.assert_array_equal(forest.fit(X, labels).transform(X[:5]), before)


def test_transform_is_the_coefficients_of_explain(fitted, X):
    coef = fitted.explain(X[:3]).coef
    np.testing.assert_allclose(fitted.transform(X[:3]), coef.reshape(3, -1), atol=1e-12)


def test_explaining_writes_no_state(forest, X):
    before = pickle.dumps(forest)
    forest.explain(X[:3])
    forest.score(X[:3])
    forest.cost(X[:3])
    assert pickle.dumps(forest) == before


def test_global_generator_is_untouched(X, two):
    before = np.random.get_state()
    for sampler in ("features", "rows", "lime"):
        perturbers = [("a", TabularPerturber(sampler))]
        fit_explainer(lambda X: X[:, 0], X, two, perturbers=perturbers).explain(X[:1])
    after = np.random.get_state()
    np.testing.assert_array_equal(after[1], before[1])
    assert after[2:] == before[2:]


def test_the_seed_reaches_references_and_draws(X, two):
    one, same, other = (
        fit_explainer(lambda X: X[:, 0], X, two, random_state=seed)
        for seed in (1, 1, 2)
    )
    for drawn in (
        lambda exp: exp.perturbers_[0][1].draws_,
        lambda exp: exp.disentangler_.references_,
    ):
        np.testing.assert_array_equal(drawn(one), drawn(same))
        assert not np.array_equal(drawn(one), drawn(other))


def test_the_seed_of_the_disentangler_is_kept(X, two):
    dis = Disentangler(LinearRegression(), two, n_references=6, random_state=7)
    exp = LocalExplainer(dis, n_samples=5, random_state=0).fit(X, X[:, 0])
    np.testing.assert_array_equal(
        exp.disentangler_.references_, dis.fit(X, X[:, 0]).references_
    )


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


def test_published_procedure_costs_far_more():
    from skdime._estimators.cost import published_rows

    assert published_rows(1, 2, 100, 1000) == 202_000


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


# --- perturbed values ---------------------------------------------------------------


@pytest.fixture
def frame():
    """A pandas frame with numbers, categories and missing values of both kinds."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    n = 60
    return pd.DataFrame(
        {
            "float": rng.normal(size=n),
            "float32": rng.normal(size=n).astype(np.float32),
            "missing": np.where(rng.rand(n) < 0.3, np.nan, rng.normal(size=n)),
            "int": rng.randint(5, size=n),
            "bool": rng.rand(n) < 0.5,
            "category": pd.Categorical(
                rng.choice(list("uvw"), size=n), categories=list("uvwx")
            ),
            "text": rng.choice(["left", "right"], size=n),
            "date": pd.date_range("2020-01-01", periods=n),
            "zoned": pd.date_range("2020-01-01", periods=n, tz="UTC"),
            "nullable": pd.array([1, None, 3] * (n // 3), dtype="Int64"),
            "nullable float": pd.array([1.5, None, 3.5] * (n // 3), dtype="Float64"),
            "maybe": pd.array([True, False, None] * (n // 3), dtype="boolean"),
            "x": rng.normal(size=n),
        }
    )


@pytest.mark.parametrize("sampler", ["features", "rows"])
def test_draws_occur_in_the_data_with_their_dtypes(frame, sampler):
    columns = [name for name in frame.columns if name != "x"]

    def f(X):
        assert X.dtypes.equals(frame.dtypes)
        return X["float"].to_numpy() * X["x"].to_numpy()

    exp = fit_explainer(
        f,
        frame,
        [("rest", columns), ("x", ["x"])],
        perturbers=[("rest", TabularPerturber(sampler))],
        n_samples=90,
    )
    draws = exp.perturbers_[0][1].draws_
    for name in columns:
        assert set(draws[name].dropna()) <= set(frame[name].dropna())
        assert draws[name].isna().any() == frame[name].isna().any()
    assert np.isfinite(exp.transform(frame[:3])).all()


def test_every_value_is_drawn_equally_often(X, two):
    exp = fit_explainer(lambda X: X[:, 0], X, two, n_samples=2 * len(X))
    draws = exp.perturbers_[0][1].draws_
    np.testing.assert_array_equal(
        np.sort(draws[:, 0]), np.sort(np.repeat(X[:, two[0][1][0]], 2))
    )


def test_rows_are_drawn_whole(X, two):
    perturbers = [("b", TabularPerturber("rows"))]
    exp = fit_explainer(lambda X: X[:, 0], X, two, perturbers=perturbers)
    rows = {tuple(row) for row in X[:, two[1][1]]}
    assert {tuple(row) for row in exp.perturbers_[1][1].draws_} <= rows


def test_features_are_drawn_apart(X, two):
    exp = fit_explainer(lambda X: X[:, 0], X, two)
    rows = {tuple(row) for row in X[:, two[1][1]]}
    assert not {tuple(row) for row in exp.perturbers_[1][1].draws_} <= rows


@pytest.mark.parametrize("sampler", ["features", "rows", "lime"])
def test_groups_are_drawn_jointly(sampler):
    X = np.random.RandomState(0).normal(size=(200, 3))
    X[:, 1] = X[:, 0]
    perturber = TabularPerturber(sampler, groups={"pair": [0, 1]})
    exp = fit_explainer(
        lambda X: X.prod(axis=1),
        X,
        [("a", [0, 1]), ("b", [2])],
        perturbers=[("a", perturber)],
    )
    draws = exp.perturbers_[0][1].draws_
    quartile = np.searchsorted(np.quantile(X[:, 0], [0.25, 0.5, 0.75]), draws)
    np.testing.assert_array_equal(quartile[:, 0], quartile[:, 1])


def test_a_group_has_one_coefficient(X):
    modalities = [("a", [0, 1, 2]), ("b", [3, 4])]
    perturber = TabularPerturber(groups={"pair": ["x2", 0]})
    exp = fit_explainer(
        lambda X: X @ [1, 2, 3, 0, 0],
        X,
        modalities,
        perturbers=[("a", perturber)],
        n_samples=300,
    )
    explanation = exp.explain(X[:4])
    assert explanation.feature_names.tolist() == ["pair", "x1", "x3", "x4"]
    departure = X[:4] - X.mean(axis=0)
    expected = departure[:, 0] + 3 * departure[:, 2]
    np.testing.assert_allclose(explanation.coef[:, 0, 0, 0], expected, atol=0.02)
    texts = explanation.feature_values[:, 0]
    assert texts.tolist() == [f"{row[0]}, {row[2]}" for row in X[:4]]


def test_a_category_counts_against_its_share(frame):
    # Additive: 2 for category u. Typical is "u with the share that it has".
    def f(X):
        return 2.0 * (X["text"] == "left").to_numpy() + X["x"].to_numpy()

    rows = frame[["text", "x"]]
    exp = fit_explainer(f, rows, [("a", ["text"]), ("b", ["x"])], n_samples=300)
    explanation = exp.explain(rows[:10])
    share = (rows["text"] == "left").mean()
    expected = 2 * ((rows["text"][:10] == "left") - share)
    np.testing.assert_allclose(explanation.coef[:, 0, 0, 0], expected, rtol=0.02)
    np.testing.assert_allclose(
        explanation.local_prediction[:, 0, 0], explanation.target[:, 0, 0], atol=0.02
    )
    assert explanation.feature_values[:, 0].tolist() == rows["text"][:10].tolist()


def test_missing_numbers_are_values(frame):
    # Additive: 3 if missing, else the value. Typical is the mean of the present ones
    # and as much missingness as there is.
    def f(X):
        return X["missing"].fillna(3.0).to_numpy() + X["x"].to_numpy()

    rows = frame[["missing", "x"]]
    exp = fit_explainer(f, rows, [("a", ["missing"]), ("b", ["x"])], n_samples=600)
    values = rows["missing"]
    share, mean = values.isna().mean(), values.mean()
    effect = np.where(values.isna(), 3 - mean, values - mean)
    expected = effect - share * (3 - mean)
    coef = exp.explain(rows).coef[:, 0, 0, 0]
    np.testing.assert_allclose(coef, expected, atol=0.03)


def test_distance_of_categories_and_of_missing_numbers(frame):
    # a category differs by 0 or 1; so does missing from present
    names = ["missing", "text", "x"]
    exp = fit_explainer(
        lambda X: X["x"].to_numpy(), frame[names], [("a", names[:2]), ("b", ["x"])]
    )
    draws = exp.perturbers_[0][1].draws_
    spread = frame["missing"].std(ddof=0)
    effective = exp.explain(frame[names][:6]).effective_samples[:, 0]
    for i in range(6):
        x = frame.iloc[i]
        number = ((draws["missing"] - x["missing"]) / spread) ** 2
        number[draws["missing"].isna() != np.isnan(x["missing"])] = 1
        distance = number.fillna(0) + (draws["text"] != x["text"])
        weights = np.exp(-distance / (2 * 0.75**2 * 2))
        assert effective[i] == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


def test_a_number_missing_where_none_was_has_no_known_effect(X, two):
    exp = fit_explainer(lambda X: np.nan_to_num(X).sum(axis=1), X, two)
    row = X[:1].copy()
    row[0, two[1][1][0]] = np.nan
    with pytest.warns(UserWarning, match="b/x1 = 'nan'"):
        coef = exp.explain(row).coef[0, 0, :, 0]
    np.testing.assert_array_equal(np.isnan(coef), [False, False, True, False, False])


def test_a_category_that_no_row_had_has_no_known_effect(frame):
    pd = pytest.importorskip("pandas")

    def f(X):
        return (X["float"] + (X["category"] == "u")).to_numpy() * X["x"].to_numpy()

    columns = ["float", "category", "x"]
    exp = fit_explainer(
        f, frame[columns], [("a", columns[:2]), ("b", ["x"])], n_samples=90
    )
    row = frame[columns].iloc[[0]].copy()
    row["category"] = pd.Categorical(["x"], categories=list("uvwx"))
    with pytest.warns(UserWarning, match="coefficients are nan: a/category = 'x'"):
        explanation = exp.explain(row)
    unknown = np.isnan(explanation.coef[0, :, :, 0])
    np.testing.assert_array_equal(unknown, [[False, True, False]] * 2)


@pytest.mark.parametrize("sampler", ["features", "rows", "lime"])
def test_a_constant_column_has_no_effect(sampler):
    # 0.1 has no exact mean: the standard deviation comes out as 1e-17
    rng = np.random.RandomState(0)
    X = np.column_stack([np.full(1000, 0.1), rng.normal(size=(1000, 2))])
    exp = fit_explainer(
        lambda X: X[:, 1] * (1 + X[:, 2]),
        X,
        [("a", [0, 1]), ("b", [2])],
        perturbers=[("a", TabularPerturber(sampler))],
        n_samples=200,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # 0.2 was never drawn
        same, other = exp.explain([[0.1, 1.0, 1.0], [0.2, 1.0, 1.0]])
    for explanation in (same, other):
        constant, varying = explanation.coef[0, 0, :2, 0]
        assert abs(constant) < 1e-8 or np.isnan(constant)
        assert 0.5 < varying < 2
    # the kernel goes on telling near draws from far ones
    np.testing.assert_allclose(other.effective_samples, same.effective_samples)


@pytest.mark.parametrize("categorical", [["x1"], [0], "from_dtype"])
def test_categorical_features(X, categorical):
    X = X.copy()
    X[:, 1] = np.arange(len(X)) % 3
    exp = fit_explainer(
        lambda X: (X[:, 1] == 1) * 1.0,
        X,
        [("a", [1, 2]), ("b", [0, 3, 4])],
        perturbers=[("a", TabularPerturber(categorical_features=categorical))],
        n_samples=180,
    )
    found = exp.perturbers_[0][1].categorical_
    coef = exp.transform(X[1:2])[0, 0]
    if categorical == "from_dtype":
        assert found.tolist() == [False, False]
        assert abs(coef) < 0.1  # no linear trend over 0, 1, 2
    else:
        assert found.tolist() == [True, False]
        assert coef == pytest.approx(2 / 3, rel=0.02)


@pytest.mark.parametrize(
    "name, categorical",
    [
        ("float", False),
        ("int", False),
        ("date", False),
        ("zoned", False),
        ("nullable", False),
        ("nullable float", False),
        ("bool", True),
        ("category", True),
        ("text", True),
        ("maybe", True),
    ],
)
def test_kinds_of_pandas_columns(frame, name, categorical):
    exp = fit_explainer(
        lambda X: X["x"].to_numpy(), frame[[name, "x"]], [("a", [name]), ("b", ["x"])]
    )
    assert exp.perturbers_[0][1].categorical_.tolist() == [categorical]
    assert np.isfinite(exp.transform(frame[[name, "x"]])).all()


def test_polars_frames_give_the_numbers_of_pandas_frames(frame):
    pl = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    names = ["missing", "int", "text", "date", "x"]
    other = pl.from_pandas(frame[names])

    def f(X):
        values = np.nan_to_num(X["missing"].to_numpy()) + X["int"].to_numpy()
        return values * X["x"].to_numpy()

    coef = [
        fit_explainer(f, rows, [("a", names[:-1]), ("b", ["x"])]).transform(rows[:5])
        for rows in (frame[names], other)
    ]
    np.testing.assert_allclose(*coef, atol=1e-9)


def test_sparse_rows_give_the_same_numbers(X, two):
    sparse = pytest.importorskip("scipy.sparse")
    X = np.where(X > 0, X, 0)
    dense = fit_explainer(lambda X: X[:, 0] * X[:, 1], X, two)
    exp = fit_explainer(
        lambda S: S.toarray()[:, 0] * S.toarray()[:, 1], sparse.csr_array(X), two
    )
    np.testing.assert_allclose(
        exp.transform(sparse.csr_array(X[:5])), dense.transform(X[:5]), atol=1e-13
    )


def test_fewer_perturbations_than_features(X):
    exp = fit_explainer(
        lambda X: X[:, 0] * X[:, 4], X, [("a", [0, 1, 2, 3]), ("b", [4])], n_samples=3
    )
    explanation = exp.explain(X[:2])
    assert np.isfinite(explanation.coef).all()


def test_a_row_far_from_every_draw(X, two):
    exp = fit_explainer(lambda X: np.tanh(X[:, 0] * X[:, 1]), X, two)
    row = X[:1].copy()
    row[0, two[0][1][0]] = 1e160
    assert np.isfinite(exp.explain(row).r2).all()


def test_ten_modalities_of_one_column(assert_close):
    X = np.random.RandomState(0).normal(size=(50, 10))
    exp = fit_explainer(lambda X: X.prod(axis=1), X, None)
    for m in range(10):
        y = hybrids(exp, X[0], m).prod(axis=1)[:, None]
        both = exp.explain(X[:1]).coef[0, :, m].sum(axis=0)
        assert_close(both, reference(exp, X, X[0], m).coef(y)[0])


def test_a_constant_model_has_no_effects(X, two):
    exp = fit_explainer(lambda X: np.full(len(X), 7.0), X, two)
    explanation = exp.explain(X[:2])
    np.testing.assert_allclose(explanation.coef, 0, atol=1e-13)
    assert np.isnan(explanation.r2).all()


# --- LIME's own recipe --------------------------------------------------------------


def test_lime_sampler_is_limes_ridge_on_bins(X, assert_close):
    def f(X):
        return np.exp(X[:, 0]) * X[:, 3] + X[:, 1]

    modalities = [("a", [0, 1, 2]), ("b", [3, 4])]
    perturbers = [("a", TabularPerturber("lime"))]
    exp = fit_explainer(f, X, modalities, perturbers=perturbers, n_samples=200)
    draws = exp.perturbers_[0][1].draws_
    edges = np.quantile(X[:, :3], [0.25, 0.5, 0.75], axis=0)
    same = np.column_stack(
        [
            np.searchsorted(edges[:, j], draws[:, j])
            == np.searchsorted(edges[:, j], X[0, j])
            for j in range(3)
        ]
    )
    distance = np.sqrt((~same).sum(axis=1))
    weights = np.sqrt(np.exp(-(distance**2) / (np.sqrt(3) * 0.75) ** 2))
    ridge = Ridge(alpha=1).fit(same, f(hybrids(exp, X[0], 0)), sample_weight=weights)
    explanation = exp.explain(X[:1])
    assert_close(explanation.coef[0].sum(axis=0)[:3, 0], ridge.coef_)
    assert_close(explanation.intercept[0, :, 0].sum(axis=0), [ridge.intercept_])


def test_lime_draws_stay_in_the_data(X):
    # a truncated normal within the bin; integers take the values of the bin
    ints = np.random.RandomState(0).randint(7, size=(60, 2))
    for rows in (X[:, :2], ints):
        exp = fit_explainer(
            lambda X: X[:, 0] * 1.0,
            rows,
            AB,
            perturbers=[("a", TabularPerturber("lime"))],
            n_samples=500,
        )
        draws = exp.perturbers_[0][1].draws_
        assert draws.dtype == rows.dtype
        assert rows[:, 0].min() <= draws.min() <= draws.max() <= rows[:, 0].max()
        edges = np.quantile(rows[:, 0], [0.25, 0.5, 0.75])
        shares = [
            np.bincount(np.searchsorted(edges, values), minlength=4) / len(values)
            for values in (draws[:, 0], rows[:, 0])
        ]
        np.testing.assert_allclose(*shares, atol=0.1)
    assert set(draws[:, 0]) <= set(ints[:, 0])


@pytest.mark.parametrize("dtype", ["float32", "Float64", "double[pyarrow]"])
def test_lime_sampler_keeps_the_dtype_of_frames(frame, dtype):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    rows = frame[["float", "x"]].astype({"float": dtype})

    def f(X):
        assert X.dtypes.equals(rows.dtypes)
        return X["float"].to_numpy(dtype=float) * X["x"].to_numpy()

    exp = fit_explainer(
        f,
        rows,
        [("a", ["float"]), ("b", ["x"])],
        perturbers=[("a", TabularPerturber("lime"))],
    )
    assert np.isfinite(exp.transform(rows[:3])).all()


@pytest.mark.parametrize("name", ["missing", "nullable"])
def test_lime_sampler_refuses_missing_numbers(frame, name):
    # LIME has no bin for them; without an error the coefficient is 0 for every row
    with pytest.raises(ValueError, match=r"missing|NaN"):
        fit_explainer(
            lambda X: X["x"].to_numpy(),
            frame[[name, "x"]],
            [("a", [name]), ("b", ["x"])],
            perturbers=[("a", TabularPerturber("lime"))],
        )


def test_lime_package_gives_the_same_within_its_own_spread():
    lime_tabular = pytest.importorskip("lime.lime_tabular")
    rng = np.random.RandomState(0)
    X = rng.normal(size=(300, 6))
    X[:, 1] = rng.randint(6, size=300)
    x = np.array([[0.5, 4.0, -1.0, 1.0, 1.2, -0.7]])

    def f(X):
        product = X[:, 2] * X[:, 3] * X[:, 5]
        return np.tanh(X[:, 0] + X[:, 1] * X[:, 4] / 3) + product + np.abs(X[:, 2])

    def with_the_second_modality_held(Z):
        return f(np.hstack([Z, np.repeat(x[:, 4:], len(Z), axis=0)]))

    ours, theirs = [], []
    for seed in range(10):
        exp = fit_explainer(
            f,
            X,
            [("one", [0, 1, 2, 3]), ("two", [4, 5])],
            perturbers=[("one", TabularPerturber("lime"))],
            n_samples=1000,
            random_state=seed,
        )
        ours.append(exp.explain(x).coef[0].sum(axis=0)[:4, 0])
        explainer = lime_tabular.LimeTabularExplainer(
            X[:, :4],
            mode="regression",
            feature_selection="none",
            discretize_continuous=True,
            random_state=seed,
        )
        explanation = explainer.explain_instance(
            x[0, :4], with_the_second_modality_held, num_features=4, num_samples=1000
        )
        theirs.append([coef for _, coef in sorted(explanation.local_exp[1])])
    difference = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
    assert (np.abs(difference) < np.std(theirs, axis=0)).all()


# --- parameters and the model -------------------------------------------------------


def test_parameters_of_perturbers_are_reachable(X, two):
    dis = Disentangler(lambda X: X[:, 0] * X[:, 1], two)
    exp = LocalExplainer(dis, [("b", TabularPerturber())])
    assert exp.get_params()["b__sampler"] == "features"
    exp.set_params(b__sampler="rows", disentangler__n_references=4)
    assert exp.perturbers[0][1].sampler == "rows"
    assert exp.disentangler.n_references == 4
    exp.set_params(b=TabularPerturber("lime"))
    assert exp.get_params()["b__sampler"] == "lime"


def test_clones_share_no_perturber():
    exp = LocalExplainer(Disentangler(np.sum), [("b", TabularPerturber("rows"))])
    copy = clone(exp)
    assert copy.perturbers[0][1] is not exp.perturbers[0][1]
    assert copy.perturbers[0][1].sampler == "rows"


def test_fit_leaves_the_given_perturber_alone(X, two):
    given = TabularPerturber()
    fit_explainer(lambda X: X[:, 0], X, two, perturbers=[("b", given)])
    assert not hasattr(given, "draws_")


def test_grid_search_over_a_perturber(X, two):
    dis = Disentangler(lambda X: X[:, 0] * X[:, 1], two, n_references=5)
    exp = LocalExplainer(dis, [("a", TabularPerturber())], n_samples=20, random_state=0)
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
    exp = LocalExplainer(FrozenEstimator(dis), n_samples=5)
    for other in (frame[list("zyxwv")], frame[list("vw")]):
        with pytest.raises((ValueError, TypeError), match="fit"):
            exp.fit(other)


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
            typical=0 * ones,
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
