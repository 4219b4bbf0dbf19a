"""Coefficients of trees equal Shapley values by their definition."""

from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdime import Disentangler, LocalExplainer
from skdime._surrogates.leaf_fits import LeafFits
from skdime._surrogates.leaf_pairs import LeafPairs
from skdime.metrics import fidelity
from skdime.perturbers import TabularPerturber

TWO = [("a", [0, 3, 4]), ("b", [1, 2])]
THREE = [("a", [0, 3]), ("b", [1]), ("c", [2, 4])]
N_ROWS = 7


@pytest.fixture(scope="module")
def X():
    rng = np.random.RandomState(0)
    return np.round(rng.normal(size=(N_ROWS, 5)) + rng.normal(size=(N_ROWS, 1)), 2)


@pytest.fixture(scope="module")
def forest():
    """Of two outputs, grown on more rows than there are references."""
    X = np.random.RandomState(1).normal(size=(200, 5))
    y = np.column_stack([X[:, 0] * X[:, 1] + X[:, 3] * X[:, 4], X[:, 2] * X[:, 0]])
    return RandomForestRegressor(4, max_depth=5, random_state=0).fit(X, y)


def explainer(model, modalities, effects="shapley", perturbers=None, **options):
    options = {"n_references": None, "random_state": 0} | options
    dis = Disentangler(FrozenEstimator(model), modalities, **options)
    named = {name: TabularPerturber(effects=effects) for name, _ in modalities}
    named |= perturbers or {}
    return LocalExplainer(dis, list(named.items()), n_samples=20, random_state=0)


def grid(blocks):
    """Every combination of one row of each block, side by side."""
    at = np.array(list(product(*[range(len(block)) for block in blocks])))
    return np.hstack([block[at[:, k]] for k, block in enumerate(blocks)])


def mean_output(output, X, x, present, units, references):
    """The mean output where some units of columns are those of `x`.

    The columns of a unit come together, from `references` where it is one of the
    modalities that are absent as a whole, else from `X`.
    """
    blocks, order = [], []
    for columns, whole in units:
        source = references if whole else X
        fixed = set(columns) <= present
        blocks.append(x[None, columns] if fixed else source[:, columns])
        order += columns
    rows = grid(blocks)
    hybrids = np.empty((len(rows), len(x)))
    hybrids[:, order] = rows
    return output(hybrids).mean(axis=0)


def by_definition(output, X, x, columns, m, features, references, effects, others):
    """Coefficients of UC and of the output, each (n_features, n_outputs)."""
    own = [([columns[m][j] for j in f], False) for f in features]
    whole = [(list(c), True) for o, c in enumerate(columns) if o != m]
    context = {j for o in others for j in columns[o]}
    found = []
    for always in (set(), context):

        def value(chosen, always=always):
            present = always | {j for g in chosen for j in own[g][0]}
            return mean_output(output, X, x, present, own + whole, references)

        d, rows = len(own), []
        for g in range(d):
            rest = [h for h in range(d) if h != g]
            sizes = [0] if effects == "main" else range(d)
            weight = {
                s: 1.0 if effects == "main" else 1 / d / comb(d - 1, s) for s in sizes
            }
            rows.append(
                sum(
                    weight[s] * (value({*chosen, g}) - value(set(chosen)))
                    for s in sizes
                    for chosen in combinations(rest, s)
                )
            )
        found.append(np.array(rows))
    return found


def check(exp, output, X, rows, features=None):
    assert [type(family) for family in exp._fits.families] == [LeafFits]
    explanation = exp.explain(rows)
    assert explanation.n_model_rows == len(rows)
    modalities = exp.disentangler_.modalities_
    columns = [c.tolist() for _, c in modalities]
    references = exp.disentangler_.references_
    effects = exp.perturbers_[0][1].effects
    for m, (name, _) in enumerate(modalities):
        parts = features or [[j] for j in range(len(columns[m]))]
        coef = explanation.coef[:, :, explanation.feature_modalities == name]
        others = set(range(len(columns))) - {m}
        for i, x in enumerate(np.asarray(rows)):
            unimodal, whole = by_definition(
                output, X, x, columns, m, parts, references, effects, others
            )
            expected = np.stack([unimodal, whole - unimodal])
            np.testing.assert_allclose(coef[i], expected, rtol=0, atol=1e-12)
    return explanation


@pytest.mark.parametrize("effects", ["shapley", "main"])
@pytest.mark.parametrize("modalities", [TWO, THREE], ids=["two", "three"])
def test_coefficients_are_those_of_the_definition(forest, X, modalities, effects):
    exp = explainer(forest, modalities, effects).fit(X)
    explanation = check(exp, forest.predict, X, X[:2] + 0.1)
    assert not explanation.se.any()
    assert ((explanation.r2 == 1) | np.isnan(explanation.r2)).all()


def test_columns_of_a_group_come_together(forest, X):
    grouped = TabularPerturber(effects="shapley", groups={"pair": ["x0", "x4"]})
    exp = explainer(forest, TWO, perturbers={"a": grouped}).fit(X)
    explanation = exp.explain(X[:2])
    found = explanation.coef[:, :, explanation.feature_modalities == "a"]
    names = explanation.feature_names[explanation.feature_modalities == "a"].tolist()
    features = {"pair": [0, 2], "x3": [1]}
    columns, references = [c for _, c in TWO], exp.disentangler_.references_
    for i, x in enumerate(X[:2]):
        unimodal, whole = by_definition(
            forest.predict, X, x, columns, 0, [*features.values()], references, "", {1}
        )
        expected = np.stack([unimodal, whole - unimodal])
        order = [names.index(name) for name in features]
        np.testing.assert_allclose(found[i][:, order], expected, atol=1e-12)


def test_columns_that_are_encoded(X):
    coded = X.copy()
    coded[:, 3], coded[:, 1] = np.arange(N_ROWS) % 3, np.arange(N_ROWS) % 2
    steps = [("n", StandardScaler(), [0, 2, 4]), ("c", OneHotEncoder(), [1, 3])]
    forest = RandomForestClassifier(5, max_depth=4, random_state=0)
    model = make_pipeline(ColumnTransformer(steps), forest)
    model.fit(coded, coded[:, 0] * (coded[:, 3] - 1) + coded[:, 1] > 0)
    exp = explainer(model, TWO).fit(coded)
    check(exp, lambda rows: model.predict_proba(rows)[:, 1:], coded, coded[:3])


def test_missing_values_and_categories(X):
    rng = np.random.RandomState(2)
    many = rng.normal(size=(200, 5))
    many[:, 1], many[rng.rand(200) < 0.3, 0] = rng.randint(4, size=200), np.nan
    model = HistGradientBoostingRegressor(max_iter=8, categorical_features=[1])
    y = np.nan_to_num(many[:, 0], nan=2.0) * (many[:, 1] % 2) + many[:, 2] * many[:, 3]
    model.fit(many, y)
    few = many[:N_ROWS]
    assert np.isnan(few[:, 0]).any()
    exp = explainer(model, TWO).fit(few)
    check(exp, lambda rows: model.predict(rows)[:, None], few, few[-3:])


def test_sums_over_a_modality_leave_the_rest(forest, X):
    exp = explainer(forest, TWO).fit(X)
    explanation = exp.explain(X)
    parts = explanation.decomposition
    for m in range(2):
        own = explanation.feature_modalities == TWO[m][0]
        sums = explanation.coef[:, :, own].sum(axis=2)
        rest = (explanation.target - explanation.local_prediction)[:, :, m]
        whole = np.stack([parts.main[:, m], parts.mi], axis=1)
        np.testing.assert_allclose(sums + rest, whole, atol=1e-12)
    # of a modality of one column, drawn alone and as a row, nothing is left
    single = explainer(forest, THREE).fit(X).explain(X)
    rest = single.target - single.local_prediction
    np.testing.assert_allclose(rest[:, 0, 1], 0, atol=1e-12)


def test_a_pair_of_three_modalities(forest, X):
    exp = explainer(forest, THREE).fit(X)
    explanation = exp.explain(X[:2], pair=("a", "c"))
    columns, references = [c for _, c in THREE], exp.disentangler_.references_
    for m, other, name in ((0, 2, "a"), (2, 0, "c")):
        found = explanation.coef[:, :, explanation.feature_modalities == name]
        features = [[j] for j in range(len(columns[m]))]
        for i, x in enumerate(X[:2]):
            unimodal, whole = by_definition(
                forest.predict, X, x, columns, m, features, references, "", {other}
            )
            expected = np.stack([unimodal, whole - unimodal])
            np.testing.assert_allclose(found[i], expected, atol=1e-12)


def test_standard_errors_over_references(forest, X):
    exp = explainer(forest, TWO, n_references=5).fit(X)
    explanation, x = exp.explain(X[:1]), X[0]
    columns, references = [c for _, c in TWO], exp.disentangler_.references_
    for m, features in ((0, [[0], [1], [2]]), (1, [[0], [1]])):
        by_reference = [
            by_definition(
                forest.predict, X, x, columns, m, features, r[None], "", {1 - m}
            )[0]
            for r in references
        ]
        expected = np.std(by_reference, axis=0, ddof=1) * np.sqrt((1 - 5 / 7) / 5)
        own = explanation.feature_modalities == TWO[m][0]
        for part in range(2):
            found = explanation.se_references[0, part, own]
            np.testing.assert_allclose(found, expected, atol=1e-12)


def test_memory_and_order_of_rows_do_not_matter(forest, X):
    explained = explainer(forest, TWO, n_references=5).fit(X).explain(X)
    small = explainer(forest, TWO, n_references=5, max_memory=3000).fit(X)
    some = small.explain(X[[4, 1]])
    np.testing.assert_allclose(some.coef, explained.coef[[4, 1]], atol=1e-14)
    np.testing.assert_allclose(some.se, explained.se[[4, 1]], atol=1e-14)


def test_some_of_the_outputs(forest, X):
    exp = explainer(forest, TWO, n_references=5).fit(X)
    whole, second = exp.explain(X), exp.explain(X, outputs=[1])
    np.testing.assert_array_equal(second.coef, whole.coef[..., [1]])
    np.testing.assert_array_equal(second.se, whole.se[..., [1]])


def test_a_column_that_no_tree_tests_has_exactly_no_effect(X):
    model = RandomForestRegressor(3, random_state=0).fit(X * [1, 1, 1, 0, 1], X[:, 0])
    coef = explainer(model, TWO, n_references=5).fit(X).explain(X).coef
    assert not coef[:, :, 1].any()


def test_weighted_references_have_no_sums_over_leaves(forest, X):
    options = {"n_references": 4, "reference_weights": "calibrated"}
    weighted = Disentangler(FrozenEstimator(forest), TWO, **options).fit(X)
    assert not LeafFits.suits(weighted._references)
    assert LeafFits.suits(
        weighted.set_params(reference_weights="uniform").fit(X)._references
    )


def pairs_by_definition(output, X, x, columns, pair, references):
    """Effects of single columns of two modalities, (d_1, d_2, n_outputs)."""
    own = [([j], False) for m in pair for j in columns[m]]
    whole = [(list(c), True) for o, c in enumerate(columns) if o not in pair]

    def value(present):
        return mean_output(output, X, x, present, own + whole, references)

    def subsets(m, without):
        rest = [j for j in columns[m] if j != without]
        d = len(columns[m])
        for s in range(d):
            for chosen in combinations(rest, s):
                yield set(chosen), 1 / d / comb(d - 1, s)

    def effect(i, j):
        return sum(
            one
            * other
            * (
                value(S | U | {i, j})
                - value(S | U | {i})
                - value(S | U | {j})
                + value(S | U)
            )
            for S, one in subsets(pair[0], i)
            for U, other in subsets(pair[1], j)
        )

    return np.array(
        [[effect(i, j) for j in columns[pair[1]]] for i in columns[pair[0]]]
    )


@pytest.mark.parametrize(("modalities", "pair"), [(TWO, (0, 1)), (THREE, (0, 2))])
def test_pairs_are_those_of_the_definition(forest, X, modalities, pair):
    exp = explainer(forest, modalities).fit(X)
    (family,) = exp._fits.families
    engine, columns = exp._engine(0, "pairs"), [c for _, c in modalities]
    ((rows, (coef, se, r2)),) = LeafPairs(family, pair).fit(engine, X[:2])
    assert rows == slice(0, 2)
    assert not se.any()
    assert (r2 == 1).all()
    references = exp.disentangler_.references_
    for i, x in enumerate(X[:2]):
        expected = pairs_by_definition(forest.predict, X, x, columns, pair, references)
        np.testing.assert_allclose(coef[i], expected, atol=1e-12)


def test_errors_of_pairs_over_references_of_the_others(forest, X):
    exp = explainer(forest, THREE, n_references=5).fit(X)
    engine, columns = exp._engine(0, "pairs"), [c for _, c in THREE]
    (family,) = exp._fits.families
    ((_, (_, se, _)),) = LeafPairs(family, (0, 1)).fit(engine, X[:1])
    by_reference = [
        pairs_by_definition(forest.predict, X, X[0], columns, (0, 1), r[None])
        for r in exp.disentangler_.references_
    ]
    expected = np.std(by_reference, axis=0, ddof=1) * np.sqrt((1 - 5 / 7) / 5)
    np.testing.assert_allclose(se[0], expected, atol=1e-12)


def test_pairs_of_an_explainer(forest, X):
    exp = explainer(forest, TWO).fit(X)
    pairs, explanation = exp.explain_pairs(X), exp.explain(X)
    assert pairs.n_model_rows == len(X)
    # they add up to what independent columns leave of MI
    sums = pairs.coef.sum(axis=(1, 2)) + pairs.rest
    np.testing.assert_allclose(sums, explanation.decomposition.mi, atol=1e-12)


@pytest.mark.parametrize("modalities", [TWO, THREE], ids=["two", "three"])
def test_fresh_draws_are_predicted_without_error(forest, X, modalities):
    exp = explainer(forest, modalities, n_references=5).fit(X)
    found = fidelity(exp, X[:3], n_samples=20, random_state=0)
    np.testing.assert_allclose(found[~np.isnan(found)], 1.0, atol=1e-12)
    assert exp.score(X[:3]) == 1.0
