"""Disentangler: the numbers, and that nothing but the model and the data makes them."""

import joblib
import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge

from skdime import Disentangler
from skdime._models.determinism import checked_rows
from tests._by_hand import brute_force_tuples, compose, decomposed, tuples_of
from tests._data import AB, ABC, product


def brute_force_two(output, x, references, modalities):
    """Main effects, baseline and output from the definition, one row a call."""
    first = [output(compose([x, r], modalities)) for r in references]
    second = [output(compose([r, x], modalities)) for r in references]
    baseline = [
        output(compose([r, s], modalities)) for r in references for s in references
    ]
    baseline = np.mean(baseline, axis=0)[0]
    main = [np.mean(values, axis=0)[0] - baseline for values in (first, second)]
    return np.array(main), baseline, output(x[None])[0]


# --- values -------------------------------------------------------------------------


def test_two_modalities_match_brute_force(model, X, two, assert_close):
    dis = Disentangler(
        model.estimator, two, n_references=6, random_state=1, **model.options
    ).fit(X)
    parts = dis.decompose(X[:3])
    for i in range(3):
        main, baseline, output = brute_force_two(
            model.output, X[i], dis.references_, two
        )
        uc = baseline + main.sum(axis=0)
        assert_close(parts.main[i], main, scale=output)
        assert_close(parts.baseline, baseline, scale=output)
        assert_close(parts.uc[i], uc, scale=output)
        assert_close(parts.mi[i], output - uc, scale=output)


def test_three_modalities_match_brute_force(model, X, three, assert_close):
    dis = Disentangler(
        model.estimator, three, n_references=6, random_state=1, **model.options
    ).fit(X)
    parts = dis.decompose(X[:3])
    if dis._references.leaf_means is not None:
        columns = [columns for _, columns in dis.modalities_]
        expected = decomposed(model.output, X[:3], dis.references_, columns, len(X))
        for name, values in expected.items():
            assert_close(getattr(parts, name), values, scale=parts.output)
        return
    for i in range(3):
        main, baseline, output = brute_force_tuples(
            model.output, X[i], tuples_of(dis), three
        )
        uc = baseline + main.sum(axis=0)
        assert_close(parts.main[i], main, scale=output)
        assert_close(parts.baseline, baseline, scale=output)
        assert_close(parts.uc[i], uc, scale=output)
        assert_close(parts.mi[i], output - uc, scale=output)


@pytest.mark.parametrize("include_self", [False, True])
@pytest.mark.parametrize("split", ["two", "three"])
def test_parts_add_up_to_the_output(
    model, X, split, include_self, assert_close, request
):
    dis = Disentangler(
        model.estimator,
        request.getfixturevalue(split),
        n_references=5,
        include_self=include_self,
        random_state=0,
        **model.options,
    ).fit(X)
    parts = dis.decompose(X)
    assert_close(parts.output, model.output(X), 1e-13)
    assert_close(parts.uc + parts.mi, parts.output, 1e-13)
    assert_close(parts.baseline + parts.main.sum(axis=1), parts.uc, 1e-13)


def test_transform_is_uc_then_mi(model, X, two):
    dis = Disentangler(
        model.estimator, two, n_references=5, random_state=0, **model.options
    ).fit(X)
    parts = dis.decompose(X[:4])
    np.testing.assert_array_equal(dis.transform(X[:4]), np.hstack([parts.uc, parts.mi]))


@pytest.mark.parametrize("n_modalities", [2, 3, 4])
def test_additive_model_has_no_interaction(n_modalities):
    def additive(X):
        return np.sin(X[:, 0]) + X[:, 1] ** 2 + np.exp(X[:, 2]) + np.abs(X[:, 3])

    X = np.random.RandomState(0).normal(size=(50, 4))
    modalities = [(f"m{i}", [i]) for i in range(n_modalities - 1)]
    modalities.append(("other", slice(n_modalities - 1, None)))
    dis = Disentangler(additive, modalities, n_references=20, random_state=0).fit(X)
    np.testing.assert_allclose(dis.decompose(X).mi, 0, atol=1e-13)


def test_logistic_regression_is_additive_in_its_decision_function(X, labels, two):
    dis = Disentangler(LogisticRegression(), two, random_state=0).fit(X, labels)
    np.testing.assert_allclose(dis.decompose(X).mi, 0, atol=1e-13)


@pytest.mark.parametrize("modalities, rounding", [(AB, 1e-14), (ABC, 0)])
def test_an_ignored_modality_has_no_main_effect(modalities, rounding):
    def ignores_the_first(X):
        return np.exp(X[:, 1:]).sum(axis=1)

    X = np.random.RandomState(0).normal(size=(50, len(modalities)))
    dis = Disentangler(ignores_the_first, modalities, n_references=30).fit(X)
    assert np.abs(dis.decompose(X).main[:, 0]).max() <= rounding


def test_product_by_hand():
    X = np.random.RandomState(0).normal(1, 2, size=(40, 2))
    dis = Disentangler(product, AB, n_references=10, random_state=0).fit(X)
    one, two = dis.references_.mean(axis=0)
    parts = dis.decompose(X)
    np.testing.assert_allclose(parts.baseline, one * two)
    np.testing.assert_allclose(parts.main[:, 0, 0], (X[:, 0] - one) * two)
    np.testing.assert_allclose(parts.main[:, 1, 0], one * (X[:, 1] - two))
    np.testing.assert_allclose(parts.mi[:, 0], (X[:, 0] - one) * (X[:, 1] - two))


def test_three_modalities_by_hand():
    # With the second modality a and the third b in every reference, no mean depends
    # on how the references are combined: F_1 = x1 (1 + a + ab), and so on.
    def f(X):
        return X[:, 0] + X[:, 0] * X[:, 1] + X[:, 0] * X[:, 1] * X[:, 2]

    a, b = 0.5, -3.0
    rng = np.random.RandomState(0)
    references = np.column_stack([rng.normal(size=20), np.full(20, a), np.full(20, b)])
    dis = Disentangler(f, ABC, n_references=None, random_state=0).fit(references)
    mean = references[:, 0].mean()
    x1, x2, x3 = X = rng.normal(size=(3, 8))
    parts = dis.decompose(X.T)
    baseline = mean * (1 + a + a * b)
    main = [
        x1 * (1 + a + a * b) - baseline,
        mean * (1 + x2 + x2 * b) - baseline,
        mean * (1 + a + a * x3) - baseline,
    ]
    np.testing.assert_allclose(parts.baseline, baseline)
    np.testing.assert_allclose(parts.main[..., 0].T, main)
    np.testing.assert_allclose(parts.mi[:, 0], f(X.T) - baseline - sum(main))


def test_three_modalities_approach_their_anova():
    # Independent columns of mean 0: UC is x1, and everything else is interaction.
    def f(X):
        return X[:, 0] + X[:, 0] * X[:, 1] + X[:, 0] * X[:, 1] * X[:, 2]

    X = np.random.RandomState(0).normal(size=(40_000, 3))
    X -= X.mean(axis=0)
    dis = Disentangler(f, ABC, n_references=None, random_state=0).fit(X)
    parts = dis.decompose(X[:20])
    np.testing.assert_allclose(parts.uc[:, 0], X[:20, 0], atol=0.05)
    np.testing.assert_allclose(parts.mi[:, 0], (f(X) - X[:, 0])[:20], atol=0.05)


@pytest.mark.parametrize("n_references", [2, 7])
def test_include_self_adds_the_row_to_the_references(
    model, X, two, n_references, assert_close
):
    dis = Disentangler(
        model.estimator,
        two,
        n_references=n_references,
        include_self=True,
        random_state=0,
        **model.options,
    ).fit(X)
    parts = dis.decompose(X[:2])
    for i in range(2):
        main, baseline, output = brute_force_two(
            model.output, X[i], np.vstack([dis.references_, X[i]]), two
        )
        uc = baseline + main.sum(axis=0)
        assert_close(parts.uc[i], uc, scale=output)
        assert_close(parts.mi[i], output - uc, scale=output)


def test_what_include_self_moves_is_divided_equally(X, three, assert_close):
    without, included = (
        Disentangler(
            lambda X: np.exp(X[:, 0]) * X[:, 1] * X[:, 4],
            three,
            n_references=5,
            include_self=include_self,
            random_state=0,
        )
        .fit(X)
        .decompose(X)
        for include_self in (False, True)
    )
    share = 5 / 6
    moved = (1 - share) * (without.output - without.baseline) / 3
    assert_close(included.main, share * without.main + moved[:, None])
    assert_close(included.mi, share * without.mi)


def test_include_self_adds_the_row_as_one_more_tuple(model, X, three, assert_close):
    dis = Disentangler(
        model.estimator,
        three,
        n_references=5,
        include_self=True,
        random_state=0,
        **model.options,
    ).fit(X)
    tuples = [*tuples_of(dis), [X[0]] * 3]
    main, baseline, _ = brute_force_tuples(model.output, X[0], tuples, three)
    assert_close(dis.decompose(X[:1]).uc[0], baseline + main.sum(axis=0))


# --- the same numbers in every way --------------------------------------------------


@pytest.fixture
def fitted(model, X, three):
    return Disentangler(
        model.estimator, three, n_references=7, random_state=3, **model.options
    ).fit(X)


def test_one_row_or_many(fitted, X, assert_close):
    single = np.vstack([fitted.transform(X[i : i + 1]) for i in range(6)])
    assert_close(single, fitted.transform(X)[:6], 1e-12)


def test_any_order_of_rows(fitted, X, assert_close):
    order = np.random.RandomState(0).permutation(len(X))
    assert_close(fitted.transform(X[order]), fitted.transform(X)[order], 1e-12)


@pytest.mark.parametrize("max_memory", [1, 500, 5000])
def test_any_batch_size(fitted, X, max_memory, assert_close):
    rows = X[:2]
    small = clone(fitted).set_params(max_memory=max_memory).fit(X)
    assert_close(small.baseline_, fitted.baseline_, 1e-12)
    assert_close(small.transform(rows), fitted.transform(rows), 1e-12)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_any_number_of_workers(X, two, backend):
    forest = RandomForestClassifier(n_estimators=3, random_state=0)
    dis = Disentangler(forest, two, max_memory=20_000, random_state=0)
    expected = dis.fit(X, X[:, 0] > 0).transform(X[:5])
    with joblib.parallel_backend(backend):
        actual = dis.set_params(n_jobs=2).fit(X, X[:, 0] > 0).transform(X[:5])
    np.testing.assert_array_equal(actual, expected)


def test_batches_are_as_small_as_max_memory_asks(X, two):
    sizes = []

    def f(X):
        sizes.append(len(X))
        return X[:, 0]

    max_memory = 40 * X[0].nbytes
    Disentangler(f, two, max_memory=max_memory).fit(X).transform(X)
    assert 1 < max(sizes) <= 40


def test_a_model_may_reuse_its_output_buffer(X, two):
    buffer = np.empty(len(X) ** 2)

    def reuses(X):
        np.multiply(X[:, 0], X[:, 1], out=buffer[: len(X)])
        return buffer[: len(X)]

    dis = Disentangler(reuses, two, max_memory=20_000, random_state=0).fit(X)
    expected = Disentangler(product, two, random_state=0).fit(X)
    np.testing.assert_array_equal(dis.transform(X), expected.transform(X))


def test_a_model_may_overwrite_its_input(X, two):
    def overwrites(X):
        output = product(X)
        X[:] = 0
        return output

    given = X.copy()
    dis = Disentangler(overwrites, two, random_state=0).fit(given)
    expected = Disentangler(product, two, random_state=0).fit(X).transform(X)
    np.testing.assert_array_equal(dis.transform(given), expected)
    np.testing.assert_array_equal(given, X)


def test_global_generator_is_untouched(X, two):
    before = np.random.get_state()
    Disentangler(product, two, n_references=5, random_state=0).fit(X).transform(X)
    after = np.random.get_state()
    np.testing.assert_array_equal(after[1], before[1])
    assert after[2:] == before[2:]


def test_seeds_draw_different_references(X, two):
    one, other = (
        Disentangler(product, two, n_references=5, random_state=seed).fit(X)
        for seed in (0, 1)
    )
    assert not np.array_equal(one.references_, other.references_)


# --- rows the model sees ------------------------------------------------------------


@pytest.mark.parametrize("modalities, baseline", [(AB, 36), (ABC, 6)])
def test_rows_are_counted(counting, modalities, baseline):
    X = np.random.RandomState(0).normal(size=(20, len(modalities)))
    dis = Disentangler(counting, modalities, n_references=6).fit(X)
    baseline += checked_rows(6)
    assert counting.rows == dis.n_model_rows_ == baseline
    counting.rows = 0
    parts = dis.decompose(X[:5])
    expected = 5 * (1 + len(modalities) * 6)
    assert counting.rows == parts.n_model_rows == expected
    assert dis.n_model_rows_ == baseline  # no state is written outside fit


@pytest.mark.parametrize("n_references", [None, 500])
def test_references_are_all_rows_at_most(X, two, n_references):
    dis = Disentangler(product, two, n_references=n_references).fit(X)
    np.testing.assert_array_equal(dis.references_, X)


def test_references_are_different_rows_of_the_data(X, two):
    dis = Disentangler(product, two, n_references=40, random_state=0).fit(X)
    positions = [int(np.flatnonzero((r == X).all(axis=1))[0]) for r in dis.references_]
    assert len(set(positions)) == 40


def test_every_tuple_member_is_used_once(X, three):
    dis = Disentangler(product, three, n_references=9, random_state=0).fit(X)
    np.testing.assert_array_equal(
        np.sort(dis._references.tuples, axis=1), [np.arange(9)] * 3
    )
    assert not np.array_equal(dis._references.tuples[0], dis._references.tuples[1])


# --- the model ----------------------------------------------------------------------


def test_a_frozen_estimator_is_kept(X, labels, two):
    fitted = LogisticRegression().fit(X, labels)
    frozen = FrozenEstimator(fitted)
    dis = Disentangler(frozen, two).fit(X)
    assert dis.estimator_.estimator is fitted


def test_a_bare_estimator_is_cloned_and_refitted(X, two):
    fitted = Ridge().fit(X, X[:, 0])
    before = fitted.coef_.copy()
    dis = Disentangler(fitted, two).fit(X, X[:, 1])
    assert dis.estimator_ is not fitted
    np.testing.assert_array_equal(fitted.coef_, before)
    np.testing.assert_allclose(dis.estimator_.coef_, Ridge().fit(X, X[:, 1]).coef_)


def test_fit_parameters_reach_the_estimator(X, two):
    weight = np.arange(len(X)) + 1.0
    expected = Ridge().fit(X, X[:, 0], sample_weight=weight).coef_
    dis = Disentangler(Ridge(), two).fit(X, X[:, 0], sample_weight=weight)
    np.testing.assert_array_equal(dis.estimator_.coef_, expected)


def test_metadata_routing(X, two):
    weight = np.arange(len(X)) + 1.0
    expected = Ridge().fit(X, X[:, 0], sample_weight=weight).coef_
    with config_context(enable_metadata_routing=True):
        ridge = Ridge().set_fit_request(sample_weight=True)
        dis = Disentangler(ridge, two).fit(X, X[:, 0], sample_weight=weight)
        np.testing.assert_array_equal(dis.estimator_.coef_, expected)
        ridge.set_fit_request(sample_weight=False)
        dis = Disentangler(ridge, two)
        with pytest.raises(TypeError, match="sample_weight"):
            dis.fit(X, X[:, 0], sample_weight=weight)


# --- intervals ------------------------------------------------------------------------


def test_intervals_are_standard_errors_to_both_sides(X, two):
    found = Disentangler(lambda X: X[:, 0] * X[:, 1], two, random_state=0).fit(X)
    found = found.decompose(X[:3])
    for name in ("uc", "mi", "main", "baseline"):
        low, high = found.interval(name, level=0.95)
        reach = 1.959964 * getattr(found, f"{name}_se")
        np.testing.assert_allclose(high - getattr(found, name), reach, rtol=1e-6)
        np.testing.assert_allclose(getattr(found, name) - low, reach, rtol=1e-6)
    with pytest.raises(ValueError, match=r"`name` must be one of .*'uc'.*'pairs'"):
        found.interval("pairs")
    with pytest.raises(ValueError, match="`level` must be between 0 and 1"):
        found.interval("uc", level=95)
