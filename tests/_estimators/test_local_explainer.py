"""LocalExplainer: coefficients, their identities, models whose explanation is known."""

import pickle

import joblib
import numpy as np
import pytest
from scipy.stats import zscore
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPClassifier

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber
from tests._by_hand import fit_explainer, hybrids, over_combinations, reference
from tests._data import product


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
        expected = np.mean(single, axis=0)
        if len(dis.modalities_) > 2 and dis._references.leaf_means is not None:
            # of trees the means are those over all combinations, not over tuples
            columns = [columns for _, columns in dis.modalities_]
            rows, references = hybrids(fitted, X[0], m), dis.references_
            y, _ = over_combinations(model.output, rows, references, columns, {m})
            expected = reference(fitted, X, X[0], m).coef(y)
        assert_close(explanation.coef[0, 0, features], expected, scale=y)
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
        perturbers = [("a", TabularPerturber(sampler, effects="slope"))]
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


def test_modalities_and_perturbers_as_dicts():
    X = np.random.RandomState(0).normal(size=(30, 4))

    def fitted(modalities, perturbers):
        dis = Disentangler(product, modalities, n_references=5, random_state=0)
        explainer = LocalExplainer(dis, perturbers, n_samples=20, random_state=0)
        return clone(explainer).set_params(a__categorical_features=[1]).fit(X)

    as_dict = {"a": TabularPerturber()}
    by_dict = fitted({"a": [0, 3], "b": range(1, 3)}, as_dict)
    by_list = fitted([("a", [0, 3]), ("b", [1, 2])], list(as_dict.items()))
    assert type(by_dict.perturbers) is dict
    assert by_dict.get_params()["a__categorical_features"] == [1]
    assert by_dict.get_params(deep=False).keys() == by_list.get_params(False).keys()
    assert "range(1, 3)" in by_dict.disentangler._repr_html_()
    np.testing.assert_array_equal(
        by_dict.explain(X[:2]).coef, by_list.explain(X[:2]).coef
    )
    assert as_dict["a"].categorical_features == "from_dtype"
    replaced = by_dict.set_params(a=TabularPerturber("rows"))
    assert replaced.perturbers["a"].sampler == "rows"
