"""Disentangler: the numbers, and that nothing but the model and the data move them."""

import joblib
import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import estimator_html_repr

from skdime import Disentangler
from skdime._models.determinism import checked_rows

AB = [("a", [0]), ("b", [1])]
ABC = [("a", [0]), ("b", [1]), ("c", [2])]


def compose(sources, modalities):
    """One row, each modality from a row of its own."""
    row = np.empty_like(sources[0])
    for source, (_, columns) in zip(sources, modalities, strict=True):
        row[columns] = source[columns]
    return row[None]


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


def brute_force_tuples(output, x, tuples, modalities):
    """The same for any number of modalities, the absent ones taken from tuples."""
    baseline = np.mean([output(compose(t, modalities)) for t in tuples], axis=0)[0]
    main = []
    for m in range(len(modalities)):
        present = [[*t[:m], x, *t[m + 1 :]] for t in tuples]
        values = [output(compose(sources, modalities)) for sources in present]
        main.append(np.mean(values, axis=0)[0] - baseline)
    return np.array(main), baseline, output(x[None])[0]


def tuples_of(dis):
    """The reference rows that each tuple is made of."""
    return [
        [dis.references_[i] for i in members] for members in dis._references.tuples.T
    ]


def bilinear(X):
    return X[:, 0] * X[:, 1]


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
    modalities.append(("rest", slice(n_modalities - 1, None)))
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
    dis = Disentangler(bilinear, AB, n_references=10, random_state=0).fit(X)
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


# --- standard errors ----------------------------------------------------------------


def standard_error(influence, n_rows=np.inf):
    """Of a mean over a sample without replacement from so many rows."""
    n = len(influence)
    return np.std(influence, axis=0, ddof=1) / np.sqrt(n) * np.sqrt(1 - n / n_rows)


def test_standard_errors_of_two_modalities_by_definition(model, X, two, assert_close):
    dis = Disentangler(
        model.estimator, two, n_references=6, random_state=1, **model.options
    ).fit(X)
    parts, references = dis.decompose(X[:1]), dis.references_

    def f(one, other):
        return model.output(compose([one, other], two))[0]

    # what reference j gives to F_1(x) and F_2(x), and to F_0 by its row and column
    first = np.array([f(X[0], r) for r in references])
    second = np.array([f(r, X[0]) for r in references])
    table = np.array([[f(r, s) for s in references] for r in references])
    baseline = table.mean(axis=0) + table.mean(axis=1)
    scale = np.abs(table).max()
    assert_close(parts.baseline_se, standard_error(baseline, len(X)), scale=scale)
    uc_se = standard_error(first + second - baseline, len(X))
    assert_close(parts.uc_se[0], uc_se, scale=scale)
    assert_close(parts.mi_se[0], uc_se, scale=scale)
    main_se = [standard_error(f - baseline, len(X)) for f in (first, second)]
    assert_close(parts.main_se[0], main_se, scale=scale)


def test_standard_errors_of_three_modalities_by_definition(
    model, X, three, assert_close
):
    dis = Disentangler(
        model.estimator, three, n_references=6, random_state=1, **model.options
    ).fit(X)
    parts, tuples = dis.decompose(X[:1]), tuples_of(dis)

    def f(*sources):
        return model.output(compose(sources, three))[0]

    baseline = np.array([f(*t) for t in tuples])
    present = np.array(
        [[f(*t[:m], X[0], *t[m + 1 :]) for t in tuples] for m in range(3)]
    )
    scale = np.abs(present).max()
    assert_close(parts.baseline_se, standard_error(baseline), scale=scale)
    uc_se = standard_error(present.sum(axis=0) - 2 * baseline)
    assert_close(parts.uc_se[0], uc_se, scale=scale)
    main_se = [standard_error(values - baseline) for values in present]
    assert_close(parts.main_se[0], main_se, scale=scale)


def test_standard_errors_with_the_row_among_its_references(X, two, assert_close):
    without, included = (
        Disentangler(
            lambda X: np.exp(X[:, 0]) * X[:, 1],
            two,
            n_references=5,
            include_self=include_self,
            random_state=0,
        )
        .fit(X)
        .decompose(X)
        for include_self in (False, True)
    )
    for name in ("uc_se", "mi_se", "main_se"):
        assert_close(getattr(included, name), (5 / 6) ** 2 * getattr(without, name))


def test_standard_errors_shrink_with_the_root_of_the_references():
    X = np.random.RandomState(0).normal(1, 1, size=(100_000, 2))
    few, many = (
        Disentangler(bilinear, AB, n_references=n, random_state=0).fit(X)
        for n in (100, 1600)
    )
    few, many = few.decompose(X[:50]), many.decompose(X[:50])
    for name in ("uc_se", "mi_se", "main_se", "baseline_se"):
        ratio = getattr(few, name).mean() / getattr(many, name).mean()
        assert ratio == pytest.approx(4, rel=0.15), name


def test_all_rows_as_references_leave_no_error():
    X = np.random.RandomState(0).normal(1, 1, size=(60, 2))
    dis = Disentangler(bilinear, AB, n_references=None).fit(X)
    parts = dis.decompose(X)
    for name in ("uc_se", "mi_se", "main_se", "baseline_se"):
        assert not getattr(parts, name).any()


@pytest.mark.parametrize("n_references", [30, 50])
def test_standard_errors_where_references_are_a_good_part_of_the_rows(n_references):
    X = np.random.RandomState(0).normal(1, 1, size=(60, 2))
    truth = Disentangler(bilinear, AB, n_references=None).fit(X).decompose(X)
    found = [
        Disentangler(bilinear, AB, n_references=n_references, random_state=seed)
        .fit(X)
        .decompose(X)
        for seed in range(100)
    ]
    for name in ("uc", "main", "baseline"):
        wrong = [getattr(each, name) - getattr(truth, name) for each in found]
        claimed = [getattr(each, f"{name}_se") for each in found]
        ratio = np.sqrt(np.square(claimed).mean() / np.square(wrong).mean())
        assert ratio == pytest.approx(1, abs=0.2), name


@pytest.mark.parametrize("modalities", [AB, ABC])
def test_standard_error_of_an_additive_model_is_zero(modalities):
    X = np.random.RandomState(0).normal(size=(50, len(modalities)))
    dis = Disentangler(lambda X: np.exp(X).sum(axis=1), modalities, n_references=20)
    parts = dis.fit(X).decompose(X)
    np.testing.assert_allclose(parts.uc_se, 0, atol=1e-13)
    assert (parts.main_se > 0.01).all()


@pytest.mark.parametrize("modalities", [AB, ABC])
@pytest.mark.parametrize("include_self", [False, True])
def test_standard_errors_are_the_spread_over_reference_draws(modalities, include_self):
    def f(X):
        return X.prod(axis=1) + X[:, 0]

    X = np.random.RandomState(0).normal(1, 1, size=(4000, len(modalities)))
    if len(modalities) == 2:  # for more, dependence between modalities is not seen
        X[:, 1] += X[:, 0]
    rows = np.random.RandomState(1).normal(1, 2, size=(30, len(modalities)))
    draws = [
        Disentangler(
            f,
            modalities,
            n_references=60,
            include_self=include_self,
            random_state=seed,
        )
        .fit(X)
        .decompose(rows)
        for seed in range(150)
    ]
    for name in ("uc", "mi", "main", "baseline"):
        spread = np.std([getattr(parts, name) for parts in draws], axis=0)
        claimed = np.mean([getattr(parts, f"{name}_se") for parts in draws], axis=0)
        assert claimed.mean() == pytest.approx(spread.mean(), rel=0.25), name


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
    expected = Disentangler(bilinear, two, random_state=0).fit(X)
    np.testing.assert_array_equal(dis.transform(X), expected.transform(X))


def test_a_model_may_overwrite_its_input(X, two):
    def overwrites(X):
        product = bilinear(X)
        X[:] = 0
        return product

    given = X.copy()
    dis = Disentangler(overwrites, two, random_state=0).fit(given)
    expected = Disentangler(bilinear, two, random_state=0).fit(X).transform(X)
    np.testing.assert_array_equal(dis.transform(given), expected)
    np.testing.assert_array_equal(given, X)


def test_global_generator_is_untouched(X, two):
    before = np.random.get_state()
    Disentangler(bilinear, two, n_references=5, random_state=0).fit(X).transform(X)
    after = np.random.get_state()
    np.testing.assert_array_equal(after[1], before[1])
    assert after[2:] == before[2:]


def test_seeds_draw_different_references(X, two):
    one, other = (
        Disentangler(bilinear, two, n_references=5, random_state=seed).fit(X)
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
    dis = Disentangler(bilinear, two, n_references=n_references).fit(X)
    np.testing.assert_array_equal(dis.references_, X)


def test_references_are_different_rows_of_the_data(X, two):
    dis = Disentangler(bilinear, two, n_references=40, random_state=0).fit(X)
    positions = [int(np.flatnonzero((r == X).all(axis=1))[0]) for r in dis.references_]
    assert len(set(positions)) == 40


def test_every_tuple_member_is_used_once(X, three):
    dis = Disentangler(bilinear, three, n_references=9, random_state=0).fit(X)
    np.testing.assert_array_equal(
        np.sort(dis._references.tuples, axis=1), [np.arange(9)] * 3
    )
    assert not np.array_equal(dis._references.tuples[0], dis._references.tuples[1])


# --- outputs, names, units ----------------------------------------------------------


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "estimator, options, method, unit",
    [
        (LogisticRegression(), {}, "decision_function", "decision function"),
        (MLPClassifier(), {}, "predict_proba", "probability"),
        (
            LogisticRegression(),
            {"response_method": "predict_proba"},
            "predict_proba",
            "probability",
        ),
        (
            LogisticRegression(),
            {"response_method": "predict_proba", "link": "logit"},
            "predict_proba",
            "log-odds",
        ),
        (
            LogisticRegression(),
            {"response_method": "predict_log_proba"},
            "predict_log_proba",
            "log-probability",
        ),
    ],
)
def test_binary_classifier_has_one_output(
    X, labels, two, estimator, options, method, unit
):
    if isinstance(estimator, MLPClassifier):
        estimator.set_params(max_iter=2, tol=10, n_iter_no_change=1)
    dis = Disentangler(estimator, two, n_references=5, **options).fit(X, labels)
    assert dis.output_names_.tolist() == ["yes"]
    assert dis.response_method_ == method
    assert dis.unit_ == unit
    assert dis.get_feature_names_out().tolist() == ["uc__yes", "mi__yes"]
    assert dis.transform(X).shape == (len(X), 2)


def test_outputs_of_a_multiclass_classifier_are_its_classes(X, two):
    y = np.array(["u", "v", "w"])[np.arange(len(X)) % 3]
    dis = Disentangler(LogisticRegression(), two, n_references=5).fit(X, y)
    names = ["uc__u", "uc__v", "uc__w", "mi__u", "mi__v", "mi__w"]
    assert dis.get_feature_names_out().tolist() == names
    np.testing.assert_allclose(
        dis.decompose(X).output, dis.estimator_.decision_function(X)
    )


def test_outputs_of_a_regressor_are_its_targets(X, two):
    dis = Disentangler(LinearRegression(), two).fit(X, X[:, :2])
    assert dis.response_method_ == "predict"
    assert dis.output_names_.tolist() == ["output0", "output1"]


def test_outputs_of_a_multioutput_classifier(X, two):
    y = np.column_stack([X[:, 0] > 0, np.digitize(X[:, 1], [-0.5, 0.5])])
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    dis = Disentangler(tree, two, n_references=5).fit(X, y)
    names = ["target0_1", "target1_0", "target1_1", "target1_2"]
    assert dis.output_names_.tolist() == names
    first, second = dis.estimator_.predict_proba(X)
    np.testing.assert_array_equal(
        dis.decompose(X).output, np.hstack([first[:, 1:], second])
    )


def test_logit_of_a_multioutput_classifier_is_taken_target_by_target(X, two):
    y = np.column_stack([X[:, 0] * X[:, 1] > 0, X[:, 2] > 0]).astype(int)
    forest = RandomForestClassifier(20, min_samples_leaf=8, random_state=0)
    dis = Disentangler(
        forest, two, response_method="predict_proba", link="logit", n_references=5
    ).fit(X, y)
    expected = [np.log(p[:, 1] / p[:, 0]) for p in dis.estimator_.predict_proba(X)]
    np.testing.assert_allclose(dis.decompose(X).output, np.transpose(expected))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier((4,), max_iter=2, tol=10, n_iter_no_change=1, random_state=0),
        OneVsRestClassifier(LogisticRegression()),
    ],
)
def test_two_labels_are_two_outputs_and_no_binary_problem(X, two, estimator):
    y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)
    dis = Disentangler(
        estimator, two, response_method="predict_proba", n_references=5
    ).fit(X, y)
    np.testing.assert_allclose(dis.decompose(X).output, dis.estimator_.predict_proba(X))


def test_two_labels_are_told_from_two_classes_in_any_batch(X, two):
    # every probability is 0 or 1, so that those of many rows add up to 1
    trees = OneVsRestClassifier(DecisionTreeClassifier(random_state=0))
    y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)
    dis = Disentangler(trees, two, n_references=5, max_memory=1).fit(X, y)
    np.testing.assert_array_equal(
        dis.decompose(X).output, dis.estimator_.predict_proba(X)
    )


@pytest.mark.parametrize("n_labels", [2, 3])
def test_logit_of_labels_is_taken_label_by_label(X, two, n_labels):
    y = (X[:, :n_labels] > 0).astype(int)
    dis = Disentangler(
        OneVsRestClassifier(LogisticRegression()),
        two,
        response_method="predict_proba",
        link="logit",
        n_references=5,
    ).fit(X, y)
    probabilities = dis.estimator_.predict_proba(X)
    expected = np.log(probabilities / (1 - probabilities))
    np.testing.assert_allclose(dis.decompose(X).output, expected)


def test_one_vs_one_outputs_are_not_named_after_classes(X, two):
    y = np.array(["u", "v", "w"])[np.arange(len(X)) % 3]
    svc = SVC(decision_function_shape="ovo")
    dis = Disentangler(svc, two, n_references=5).fit(X, y)
    assert dis.transform(X).shape == (len(X), 6)  # 3 pairs of classes
    assert not set(dis.output_names_) & set("uvw")


@pytest.mark.parametrize(
    "estimator, n_classes, names",
    [
        (SVC(decision_function_shape="ovo"), 2, ["v"]),
        (OneVsRestClassifier(SVC(decision_function_shape="ovo")), 3, ["u", "v", "w"]),
    ],
)
def test_one_vs_one_inside_changes_no_name(X, two, estimator, n_classes, names):
    y = np.array(["u", "v", "w"])[np.arange(len(X)) % n_classes]
    dis = Disentangler(estimator, two, n_references=5).fit(X, y)
    assert dis.output_names_.tolist() == names


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_a_callable_may_return_a_vector_or_a_column(X, two, shape):
    dis = Disentangler(
        lambda X: bilinear(X).reshape(shape), two, n_references=5, random_state=0
    ).fit(X)
    assert dis.response_method_ == "callable"
    assert dis.output_names_.tolist() == ["output"]
    expected = Disentangler(bilinear, two, n_references=5, random_state=0).fit(X)
    np.testing.assert_array_equal(dis.transform(X), expected.transform(X))


@pytest.mark.parametrize("max_memory", [20_000, 2**28])
def test_logit_of_a_forest_is_finite_and_reports_what_it_clips(
    X, labels, two, max_memory
):
    forest = RandomForestClassifier(n_estimators=3, random_state=0)
    dis = Disentangler(forest, two, link="logit", max_memory=max_memory, random_state=0)
    with pytest.warns(UserWarning, match="were clipped before taking log-odds"):
        dis.fit(X, labels)
    hybrids = X.copy()[np.repeat(np.arange(len(X)), len(X))]
    hybrids[:, two[1][1]] = np.tile(X[:, two[1][1]], (len(X), 1))
    extreme = np.isin(dis.estimator_.predict_proba(hybrids)[:, 1], [0, 1])
    assert 0 < dis.clipped_share_ < 1
    assert dis.clipped_share_ == pytest.approx(extreme.mean())
    assert np.isfinite(dis.transform(X)).all()


def test_no_warning_and_no_share_when_nothing_is_clipped(X, labels, two, recwarn):
    dis = Disentangler(
        LogisticRegression(), two, response_method="predict_proba", link="logit"
    ).fit(X, labels)
    assert dis.clipped_share_ == 0
    assert not [w for w in recwarn if "clipped" in str(w.message)]


def test_transform_obeys_set_output(X, two):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("vwxyz"), index=np.arange(len(X)) + 100)
    dis = Disentangler(lambda X: bilinear(X.to_numpy()), two)
    out = dis.set_output(transform="pandas").fit(frame).transform(frame)
    assert out.columns.tolist() == ["uc__output", "mi__output"]
    assert out.index.equals(frame.index)


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


# --- columns and containers ---------------------------------------------------------


@pytest.mark.parametrize(
    "first, second",
    [
        ([0, 1], [2, 3, 4]),
        (slice(0, 2), slice(2, None)),
        ([True, True, False, False, False], np.array([0, 0, 1, 1, 1], dtype=bool)),
        ([-5, -4], slice(-3, None)),
        (lambda X: [0, 1], lambda X: [2, 3, 4]),
        (np.array([1, 0]), (4, 3, 2)),
    ],
)
def test_columns_of_an_array(X, first, second):
    dis = Disentangler(bilinear, [("a", first), ("b", second)]).fit(X)
    assert [sorted(columns.tolist()) for _, columns in dis.modalities_] == [
        [0, 1],
        [2, 3, 4],
    ]


@pytest.mark.parametrize(
    "first, second",
    [
        (["v", "w"], ["x", "y", "z"]),
        (slice("v", "w"), slice("x", None)),
        ([0, 1], slice(2, None)),
        (lambda X: ["v", "w"], lambda X: ["x", "y", "z"]),
    ],
)
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_of_a_frame(X, library, first, second):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({name: X[:, i] for i, name in enumerate("vwxyz")})
    dis = Disentangler(lambda X: X["v"], [("a", first), ("b", second)]).fit(frame)
    assert [columns.tolist() for _, columns in dis.modalities_] == [[0, 1], [2, 3, 4]]


def test_without_modalities_every_column_is_one(X):
    dis = Disentangler(bilinear).fit(X)
    assert [name for name, _ in dis.modalities_] == ["x0", "x1", "x2", "x3", "x4"]


def test_ten_modalities_match_brute_force(assert_close):
    def f(X):
        return (X.prod(axis=1) + X[:, 0] * X[:, 1])[:, None]

    X = np.random.RandomState(0).normal(1, 1, size=(12, 10))
    dis = Disentangler(f, n_references=5, random_state=0).fit(X)
    modalities = [(name, columns) for name, columns in dis.modalities_]
    main, baseline, _ = brute_force_tuples(f, X[0], tuples_of(dis), modalities)
    assert_close(dis.decompose(X[:1]).main[0], main)
    assert_close(dis.baseline_, baseline)


def test_channels_of_a_three_dimensional_array_are_columns():
    X = np.random.RandomState(0).normal(size=(20, 3, 7))

    def f(X):
        assert X.shape[1:] == (3, 7)
        return (X[:, 0] * X[:, 1] + X[:, 2]).sum(axis=1)

    dis = Disentangler(f, [("a", [1]), ("b", [0, 2])], random_state=0).fit(X)
    # the product's mean over references, time point by time point
    mean = X.mean(axis=0)
    mi = ((X[:, 0] - mean[0]) * (X[:, 1] - mean[1])).sum(axis=1)
    np.testing.assert_allclose(dis.decompose(X).mi[:, 0], mi, atol=1e-12)


@pytest.mark.parametrize("kind", ["csr_matrix", "csr_array", "csc_matrix"])
def test_sparse_rows_give_the_same_numbers(X, two, kind):
    sparse = pytest.importorskip("scipy.sparse")
    seen = set()

    def f(S):
        seen.add(S.format)
        return bilinear(S.toarray())

    X = np.where(X > 0, X, 0)
    S = getattr(sparse, kind)(X)
    dis = Disentangler(f, two, n_references=9, random_state=0).fit(S)
    dense = Disentangler(bilinear, two, n_references=9, random_state=0).fit(X)
    np.testing.assert_allclose(dis.transform(S), dense.transform(X), atol=1e-14)
    assert seen == {"csr"}


@pytest.fixture
def mixed_frame():
    """A pandas frame with every dtype that a table may have, missing values too."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    n = 30
    return pd.DataFrame(
        {
            "float": rng.normal(size=n),
            "float32": rng.normal(size=n).astype(np.float32),
            "missing": np.where(rng.rand(n) < 0.3, np.nan, rng.normal(size=n)),
            "int": rng.randint(5, size=n),
            "bool": rng.rand(n) < 0.5,
            "category": pd.Categorical(rng.choice(list("uvw"), size=n)),
            "text": rng.choice(["left", "right"], size=n),
            "date": pd.date_range("2020-01-01", periods=n),
            "zoned": pd.date_range("2020-01-01", periods=n, tz="UTC"),
            "nullable": pd.array([1, None, 3] * 10, dtype="Int64"),
            "maybe": pd.array([True, False, None] * 10, dtype="boolean"),
        },
        index=[f"case {i}" for i in range(n)],
    )


def test_the_model_sees_the_columns_and_dtypes_of_the_training_frame(mixed_frame):
    def f(X):
        assert X.dtypes.equals(mixed_frame.dtypes)
        assert X.columns.equals(mixed_frame.columns)
        return (X["float"] * (X["category"] == "u")).to_numpy()

    odd, even = mixed_frame.columns[::2], mixed_frame.columns[1::2]
    dis = Disentangler(f, [("odd", odd.tolist()), ("even", even.tolist())])
    parts = dis.fit(mixed_frame).decompose(mixed_frame)
    share = (mixed_frame["category"] == "u").mean()
    x = mixed_frame["float"].to_numpy()
    same = (mixed_frame["category"] == "u").to_numpy()
    mi = (x - x.mean()) * (same - share)
    np.testing.assert_allclose(parts.mi[:, 0], mi, atol=1e-14)
    assert parts.row_names.tolist() == mixed_frame.index.tolist()


def test_polars_frames_give_the_same_numbers(X, two):
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({name: X[:, i] for i, name in enumerate("vwxyz")})
    frame = frame.with_columns(c=pl.Series(["u", None] * 30, dtype=pl.Categorical))

    def f(frame):
        assert frame.schema == expected_schema
        return bilinear(frame.to_numpy()[:, :5].astype(float))

    expected_schema = frame.schema
    modalities = [("a", ["v", "y", "c"]), ("b", ["w", "x", "z"])]
    dis = Disentangler(f, modalities, n_references=9, random_state=0).fit(frame)
    expected = Disentangler(bilinear, two, n_references=9, random_state=0).fit(X)
    np.testing.assert_allclose(dis.transform(frame), expected.transform(X), atol=1e-14)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_an_array_is_read_as_the_frame_of_the_training(X, two, library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({name: X[:, i] for i, name in enumerate("vwxyz")})

    def f(X):
        assert type(X) is type(frame)
        return X["v"].to_numpy() * X["w"].to_numpy()

    dis = Disentangler(f, two, n_references=9, random_state=0).fit(frame)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        transformed = dis.transform(X)
    np.testing.assert_array_equal(transformed, dis.transform(frame))


def test_a_frame_is_read_as_the_array_of_the_training(X, two):
    pd = pytest.importorskip("pandas")
    dis = Disentangler(bilinear, two, n_references=9, random_state=0).fit(X)
    with pytest.warns(UserWarning, match="X has feature names, but Disentangler was"):
        transformed = dis.transform(pd.DataFrame(X, columns=list("vwxyz")))
    np.testing.assert_array_equal(transformed, dis.transform(X))


def test_frames_with_a_multiindex_of_columns(X, two):
    pd = pytest.importorskip("pandas")
    names = pd.MultiIndex.from_product([["s"], list("vwxyz")])
    frame = pd.DataFrame(X, columns=names)
    dis = Disentangler(lambda X: bilinear(X.to_numpy()), two, random_state=0)
    expected = Disentangler(bilinear, two, random_state=0).fit(X).transform(X)
    np.testing.assert_array_equal(dis.fit(frame).transform(frame), expected)


def test_html_names_the_modalities_and_their_columns():
    modalities = [("vitals", ["pulse"]), ("notes", lambda X: [1])]
    html = estimator_html_repr(Disentangler(LinearRegression(), modalities))
    for words in ("LinearRegression", "vitals", "pulse", "notes"):
        assert words in html


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
