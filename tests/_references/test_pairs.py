"""Pairs of modalities and what is beyond them, for three and more modalities."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from skdime import Disentangler, LocalExplainer
from skdime._references.effects import effects_of_pair
from skdime.perturbers import MaskedTabularPerturber
from tests._by_hand import compose, error_over_tuples, tuples_of
from tests._data import ABC


def brute_force(output, dis, x, modalities):
    """For every set of present modalities the outputs with each tuple of references."""
    tuples = tuples_of(dis)
    every = range(len(modalities))
    return {
        present: np.array(
            [
                output(
                    compose([x if m in present else t[m] for m in every], modalities)
                )
                for t in tuples
            ]
        )[:, 0]
        for size in range(3)
        for present in combinations(every, size)
    }


# --- values ---------------------------------------------------------------------------


@pytest.mark.parametrize("include_self", [False, True])
def test_pairs_match_brute_force(model, X, three, include_self, assert_close):
    dis = Disentangler(
        model.estimator,
        three,
        n_references=6,
        include_self=include_self,
        random_state=1,
        **model.options,
    ).fit(X)
    if dis._references.leaf_means is not None:
        # tuples are those of models without structure; see test_leaf_means for trees
        dis = clone(dis).set_params(estimator=model.output, response_method="auto")
        dis = dis.set_params(link="identity").fit(X)
    parts = dis.decompose(X[:3], pairs=True)
    factor, tuples = 6 / 7 if include_self else 1, dis._references.tuples
    for i in range(3):
        f = brute_force(model.output, dis, X[i], three)
        scale = np.abs(parts.output[i])
        higher = -sum(f[m,] for m in range(3)) + 2 * f[()]
        for p, (m, n) in enumerate(combinations(range(3), 2)):
            effect = f[m, n] - f[m,] - f[n,] + f[()]
            higher = higher - effect
            expected = factor * effect.mean(axis=0)
            assert_close(parts.pairs[i, p], expected, scale=scale)
            expected = factor * error_over_tuples(effect, tuples)
            assert_close(parts.pairs_se[i, p], expected, scale=scale)
        whole = factor * (parts.output[i] + higher.mean(axis=0))
        assert_close(parts.higher[i], whole, scale=scale)
        expected = factor * error_over_tuples(higher, tuples)
        assert_close(parts.higher_se[i], expected, scale=scale)


@pytest.mark.parametrize("include_self", [False, True])
@pytest.mark.parametrize("n_modalities", [2, 3, 5])
def test_parts_add_up_to_the_output(n_modalities, include_self):
    def f(X):
        return np.column_stack([np.exp(X).prod(axis=1), np.abs(X).max(axis=1)])

    X = np.random.RandomState(0).normal(size=(30, n_modalities))
    dis = Disentangler(f, n_references=8, include_self=include_self, random_state=0)
    parts = dis.fit(X).decompose(X, pairs=True)
    n_pairs = n_modalities * (n_modalities - 1) // 2
    assert parts.pairs.shape == parts.pairs_se.shape == (30, n_pairs, 2)
    assert parts.higher.shape == parts.higher_se.shape == (30, 2)
    together = parts.baseline + parts.main.sum(axis=1) + parts.pairs.sum(axis=1)
    np.testing.assert_allclose(together + parts.higher, f(X), rtol=1e-12)
    mi = parts.pairs.sum(axis=1) + parts.higher
    np.testing.assert_allclose(mi, parts.mi, atol=1e-12 * np.abs(f(X)).max())


def test_a_share_of_the_row_itself_shrinks_pairs():
    # with x as one more tuple every mean has the share 1 / (N + 1) of the output
    def f(X):
        return X.prod(axis=1)

    X = np.random.RandomState(0).normal(1, 1, size=(20, 3))
    plain, included = (
        Disentangler(f, ABC, n_references=4, include_self=s, random_state=0)
        .fit(X)
        .decompose(X, pairs=True)
        for s in (False, True)
    )
    for name in ("pairs", "higher", "pairs_se", "higher_se"):
        expected = 4 / 5 * getattr(plain, name)
        np.testing.assert_allclose(getattr(included, name), expected, atol=1e-12)


def test_a_known_anova_is_recovered_within_standard_errors():
    # With a = 1 + u, b = v - 2 and c independent, u, v and c of mean 0,
    # a + ab + abc = -1 + (-u + v - 2c) + (uv - 2uc + vc) + uvc.
    def f(X):
        a, b, c = X.T
        return a + a * b + a * b * c

    rng = np.random.RandomState(0)
    X = rng.normal([1, -2, 0], 1, size=(3000, 3))
    rows = rng.normal([1, -2, 0], 1, size=(40, 3))
    u, v, c = rows[:, 0] - 1, rows[:, 1] + 2, rows[:, 2]
    main = np.column_stack([-u, v, -2 * c])
    pairs = np.column_stack([u * v, -2 * u * c, v * c])
    found = [
        Disentangler(f, ABC, n_references=200, random_state=seed)
        .fit(X)
        .decompose(rows, pairs=True)
        for seed in range(10)
    ]
    for name, truth in (("main", main), ("pairs", pairs), ("higher", u * v * c)):
        values = np.array([getattr(parts, name) for parts in found])[..., 0]
        errors = np.array([getattr(parts, f"{name}_se") for parts in found])[..., 0]
        # pool means of the training rows are within 0.06 of the true ones
        z = (values - truth) / np.hypot(errors, 0.06)
        assert np.abs(z).mean() < 1.2, name
        assert (np.abs(z) < 3).mean() > 0.96, name
    assert [tuple(pair) for pair in found[0].pair_names] == [
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    ]


def test_standard_errors_are_the_spread_over_reference_draws():
    def f(X):
        a, b, c = X.T
        return a * b + np.sin(b * c) + a * b * c

    X = np.random.RandomState(0).normal(0.5, 1, size=(4000, 3))
    rows = np.random.RandomState(1).normal(0.5, 1.5, size=(20, 3))
    draws = [
        Disentangler(f, ABC, n_references=60, random_state=seed)
        .fit(X)
        .decompose(rows, pairs=True)
        for seed in range(120)
    ]
    for name in ("pairs", "higher"):
        spread = np.std([getattr(parts, name) for parts in draws], axis=0)
        claimed = np.mean([getattr(parts, f"{name}_se") for parts in draws], axis=0)
        assert claimed.mean() == pytest.approx(spread.mean(), rel=0.25), name


def test_a_model_of_pairs_has_nothing_of_higher_order():
    # whatever the references, and however few: the tuples are the same in all terms
    def f(X):
        a, b, c = X.T
        return np.exp(a + b) + np.maximum(b, c) + np.sin(a * c)

    X = np.random.RandomState(0).normal(size=(30, 3))
    dis = Disentangler(f, ABC, n_references=3, random_state=0).fit(X)
    parts = dis.decompose(X, pairs=True)
    np.testing.assert_allclose(parts.higher, 0, atol=1e-13)
    np.testing.assert_allclose(parts.higher_se, 0, atol=1e-13)
    assert np.abs(parts.pairs).max() > 1


def test_modalities_that_do_not_interact_have_no_pair():
    def f(X):
        return np.exp(X[:, 0] + X[:, 2]) + np.sin(X[:, 1])

    X = np.random.RandomState(0).normal(size=(30, 3))
    dis = Disentangler(f, ABC, n_references=7, random_state=0).fit(X)
    parts = dis.decompose(X, pairs=True)
    np.testing.assert_allclose(parts.pairs[:, [0, 2]], 0, atol=1e-13)
    np.testing.assert_allclose(parts.pairs_se[:, [0, 2]], 0, atol=1e-13)
    np.testing.assert_allclose(parts.pairs[:, 1], parts.mi, atol=1e-13)


@pytest.mark.parametrize("max_memory", [1, 3_000, 2**28])
def test_any_batch_size(X, three, max_memory):
    def f(X):
        return np.exp(X[:, 0]) * X[:, 1] * X[:, 4] + X[:, 2]

    options = {"n_references": 7, "random_state": 0}
    small, large = (
        Disentangler(f, three, max_memory=m, **options)
        .fit(X)
        .decompose(X[:9], pairs=True)
        for m in (max_memory, 2**28)
    )
    for name in ("pairs", "higher", "pairs_se", "higher_se"):
        np.testing.assert_allclose(
            getattr(small, name), getattr(large, name), atol=1e-12
        )


def test_a_context_of_two_modalities_averages_the_third(X, three):
    def f(X):
        return X @ [1.0, 10, 100, 1000, 10_000]

    dis = Disentangler(f, three, n_references=4, random_state=0).fit(X)
    engine = dis._engine(None)
    blocks = [X[:3, [0, 3]], X[:3, [1, 2]], X[5:8, [4]]]
    way = engine.way((3, 4))
    outputs = dis._references.in_context(way, blocks, (0, 2))
    assert outputs.shape == (3, 1)
    others = dis.references_.mean(axis=0)
    for i in range(3):
        x = X[i, 0] + 1000 * X[i, 3] + 10_000 * X[5 + i, 4]
        expected = x + 10 * others[1] + 100 * others[2]
        np.testing.assert_allclose(outputs[i, 0], expected)


# --- features of a pair ---------------------------------------------------------------


ABC_ROWS = [("a", [0, 1]), ("b", [2, 3]), ("c", [4, 5])]


def known_pairs(X):
    """Features 0 and 1 of a meet 2 and 3 of b; a and c, and all three, interact too."""
    a, b, c = X[:, :2], X[:, 2:4], X[:, 4:]
    pair = a[:, 0] * b[:, 0] + 2 * a[:, 1] * b[:, 1]
    return a[:, 0] + pair + a[:, 0] * c[:, 0] + a[:, 1] * b[:, 0] * c[:, 1]


@pytest.mark.parametrize("masked", [False, True])
def test_features_of_a_pair(masked):
    rows = np.random.RandomState(0).normal(size=(1500, 6))
    rows -= rows.mean(axis=0)
    named = [(name, MaskedTabularPerturber()) for name in "ab"] if masked else "auto"
    explainer = LocalExplainer(
        Disentangler(known_pairs, ABC_ROWS, n_references=300, random_state=0),
        named,
        n_samples=500,
        random_state=0,
    ).fit(rows)
    x = rows[:4]
    found = explainer.explain(x, pair=("b", "a"))
    assert found.feature_names.tolist() == ["x0", "x1", "x2", "x3"]
    assert found.modality_names.tolist() == ["a", "b"]
    first, second = x[:, 0] * x[:, 2], 2 * x[:, 1] * x[:, 3]
    expected = np.stack([first, second, first, second], axis=1)
    # a value that occurs is near the mean, where tables compare with the mean itself
    reach = 4 * found.se[:, 1, :, 0] + (0.3 if masked else 0.05)
    assert (np.abs(found.coef[:, 1, :, 0] - expected) <= reach).all()
    values = found.decomposition
    np.testing.assert_allclose(values.uc + values.mi, values.output)
    wrong = np.abs(values.mi[:, 0] - first - second)
    assert (wrong <= 4 * values.mi_se[:, 0]).all()
    with pytest.raises(ValueError, match="two different modalities"):
        explainer.explain(x, pair=("a", "z"))


def test_two_modalities_are_no_pair(X, two):
    explainer = LocalExplainer(
        Disentangler(lambda X: X[:, 0], two, n_references=30), n_samples=20
    ).fit(X)
    with pytest.raises(ValueError, match="two of three or more"):
        explainer.explain(X[:2], pair=("a", "b"))


# --- two modalities -------------------------------------------------------------------


@pytest.mark.parametrize("include_self", [False, True])
def test_of_two_modalities_the_only_pair_is_mi(X, two, include_self):
    def f(X):
        return X[:, 0] * X[:, 1]

    dis = Disentangler(f, two, n_references=5, include_self=include_self).fit(X)
    parts, plain = dis.decompose(X, pairs=True), dis.decompose(X)
    np.testing.assert_array_equal(parts.pairs[:, 0], parts.mi)
    np.testing.assert_array_equal(parts.pairs_se[:, 0], parts.mi_se)
    assert not parts.higher.any()
    assert not parts.higher_se.any()
    assert parts.pair_names.tolist() == [["a", "b"]]
    assert parts.n_model_rows == plain.n_model_rows


# --- model rows -----------------------------------------------------------------------


@pytest.mark.parametrize("n_modalities", [3, 4])
def test_a_pair_costs_a_row_for_each_reference(n_modalities):
    seen = []

    def f(X):
        seen.append(len(X))
        return X.prod(axis=1)

    X = np.random.RandomState(0).normal(size=(30, n_modalities))
    dis = Disentangler(f, n_references=8).fit(X)
    seen.clear()
    parts = dis.decompose(X, pairs=True)
    n_pairs = n_modalities * (n_modalities - 1) // 2
    assert parts.n_model_rows == 30 * (1 + (n_modalities + n_pairs) * 8) == sum(seen)


def test_pairs_are_not_evaluated_unless_asked_for(X, three):
    dis = Disentangler(lambda X: X.prod(axis=1), three, n_references=8).fit(X)
    parts = dis.decompose(X)
    assert parts.n_model_rows == len(X) * (1 + 3 * 8)
    for name in ("pairs", "higher", "pairs_se", "higher_se", "pair_names"):
        assert getattr(parts, name) is None


def test_an_additive_model_has_no_pairs_and_needs_no_rows_for_them(X, three):
    model = LinearRegression().fit(X, X[:, 0])
    dis = Disentangler(FrozenEstimator(model), three, n_references=8).fit(X)
    parts, plain = dis.decompose(X, pairs=True), dis.decompose(X)
    assert not parts.pairs.any()
    assert not parts.pairs_se.any()
    np.testing.assert_array_equal(parts.higher, plain.mi)
    assert parts.n_model_rows == plain.n_model_rows


def test_shorter_ways_give_the_same_pairs(X, three, assert_close):
    model = make_pipeline(StandardScaler(), SVR()).fit(X, X.prod(axis=1))
    found, expected = (
        Disentangler(given, three, n_references=9, random_state=0)
        .fit(X)
        .decompose(X[:7], pairs=True)
        for given in (FrozenEstimator(model), model.predict)
    )
    for name in ("pairs", "higher", "pairs_se", "higher_se"):
        assert_close(
            getattr(found, name), getattr(expected, name), scale=expected.output
        )


# --- the result -----------------------------------------------------------------------


@pytest.fixture
def parts(X, three):
    dis = Disentangler(
        lambda X: np.column_stack([X.prod(axis=1), X[:, 0] * X[:, 1]]),
        three,
        n_references=5,
        random_state=0,
    ).fit(X)
    return dis.decompose(X, pairs=True)


@pytest.mark.parametrize("rows", [3, slice(2, 5), [4, 1], np.arange(60) > 50])
def test_rows_of_a_decomposition(parts, rows):
    some = parts[rows]
    positions = np.atleast_1d(np.arange(60)[rows])
    for name in ("pairs", "higher", "pairs_se", "higher_se", "mi", "row_names"):
        np.testing.assert_array_equal(
            getattr(some, name), getattr(parts, name)[positions]
        )
    np.testing.assert_array_equal(some.pair_names, parts.pair_names)


def test_frame(parts):
    pytest.importorskip("pandas")
    frame = parts.to_frame().set_index(["row", "output", "term"])
    shown = frame.loc[(7, "output1")]
    for p, term in enumerate(["pair: a & b", "pair: a & c", "pair: b & c"]):
        assert shown.loc[term, "value"] == parts.pairs[7, p, 1]
        assert shown.loc[term, "se"] == parts.pairs_se[7, p, 1]
    assert shown.loc["higher", "value"] == parts.higher[7, 1]
    assert shown.loc["higher", "se"] == parts.higher_se[7, 1]
    terms = shown["value"]
    others = terms.drop(["output", "uc", "mi"])
    assert others.sum() == pytest.approx(terms["output"])


def test_repr(parts):
    line = repr(parts).splitlines()[1]
    size = np.abs(parts.pairs[:, 1, 0]).mean()
    assert f"a & c {size:.4g}" in line
    assert f"higher {np.abs(parts.higher[:, 0]).mean():.4g}" in line


# --- errors of UC of a pair, and of modalities that depend on each other --------------


COPIES = {
    "a b + c": lambda Z: Z[:, 0] * Z[:, 1] + Z[:, 2],
    "(a - b) c": lambda Z: (Z[:, 0] - Z[:, 1]) * Z[:, 2],
    "a b c": lambda Z: Z[:, 0] * Z[:, 1] * Z[:, 2],
}


def uc_of(model, X, rows):
    """UC over the product of the modalities' own distributions; linear in each."""
    mean = X.mean(axis=0)
    alone = []
    for m in range(3):
        hybrids = np.tile(mean, (len(rows), 1))
        hybrids[:, m] = rows[:, m]
        alone.append(model(hybrids))
    return sum(alone) - 2 * model(mean[None])


def ratio(errors, se):
    """Root mean square error over the standard error that was told."""
    return np.sqrt(np.mean(np.square(errors)) / np.mean(np.square(se)))


@pytest.mark.usefixtures("hybrids_unseen")
@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("copies", [True, False])
def test_errors_of_three_modalities_are_the_spread_over_references(name, copies):
    rng, model = np.random.RandomState(0), COPIES[name]
    shared = rng.normal(size=400)
    X = 1 + rng.normal(size=(400, 3))
    if copies:
        X = 1 + np.c_[shared, shared, shared + 0.5 * rng.normal(size=400)]
    rows = X[:10]
    errors, se, baseline = [], [], []
    for seed in range(60):
        dis = Disentangler(model, n_references=60, random_state=seed).fit(X)
        parts = dis.decompose(rows)
        errors.append(parts.uc[:, 0] - uc_of(model, X, rows))
        se.append(parts.uc_se[:, 0])
        miss = dis.baseline_ - model(X.mean(axis=0)[None])
        baseline.append([*miss, *dis.baseline_se_])
    # shrunk towards independence: modalities that cancel leave some of it; and strata
    # take from what copies have in common, too
    assert 0.4 <= ratio(errors, se) <= 1.25
    assert 0.4 <= ratio(*np.transpose(baseline)) <= 1.25
    assert 0.88 <= np.mean(np.abs(errors) <= 1.96 * np.array(se)) <= 0.99


def test_errors_of_uc_of_a_pair_are_the_spread_over_references():
    rng = np.random.RandomState(0)
    X = rng.normal(loc=[1, 2, 0], size=(400, 3))
    mean, rows = X.mean(axis=0), X[:10]

    def model(Z):
        return Z[:, 0] * Z[:, 1] + 2 * Z[:, 2] + Z[:, 1] * Z[:, 2]

    a, b, c = rows[:, 0], rows[:, 1], mean[2]
    uc = a * mean[1] + mean[0] * b - mean[0] * mean[1] + 2 * c + b * c
    errors, se = [], []
    for seed in range(60):
        dis = Disentangler(model, n_references=60, random_state=seed).fit(X)
        effects = dis._references.effects(dis._engine(None), rows, pairs=True)
        pair = effects_of_pair(effects, dis.baseline_, (0, 1))
        errors.append((dis.baseline_ + pair.main.sum(axis=1))[:, 0] - uc)
        se.append(pair.pairs_uc_se[:, 0, 0])
    assert 0.6 <= ratio(errors, se) <= 1.25
    assert 0.88 <= np.mean(np.abs(errors) <= 1.96 * np.array(se)) <= 0.99
