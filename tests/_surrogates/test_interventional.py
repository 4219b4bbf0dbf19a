"""Interventional Shapley values of trees equal those over all coalitions."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from skdime._models.leaf_conditions import LeafConditions
from skdime._models.tree_sum import TreeSum
from skdime._surrogates.interventional import interventional_values, reference_kinds

SPLITS = {"two": [[0, 3, 5, 6], [1, 2, 4, 7]], "three": [[0, 3, 6], [1, 2], [4, 5, 7]]}


@pytest.fixture(scope="module")
def X():
    return np.random.RandomState(0).normal(size=(100, 8))


@pytest.fixture(scope="module")
def forest(X):
    y = np.column_stack([X[:, :4].prod(axis=1) + X[:, 4], X[:, 5] * X[:, 6] * X[:, 0]])
    return RandomForestRegressor(3, max_depth=6, random_state=0).fit(X, y)


def by_leaves(model, rows, references, columns):
    trees = TreeSum.from_model(model, "predict")
    unimodal, whole = 0.0, 0.0
    for i, block in enumerate(trees.blocks):
        met, kinds = [], []
        for part in columns:
            conditions = LeafConditions(trees, [np.array([j]) for j in part])
            met.append(conditions.met(i, [rows[:, [j]] for j in part]))
            absent = conditions.met(i, [references[:, [j]] for j in part])
            batches = np.array_split(absent, 2, axis=2)
            kinds.append(reference_kinds(batches, absent[:, :, :0]))
        parts = interventional_values(met, kinds, block.value)
        order = np.argsort(np.concatenate(columns))
        joined = [
            np.concatenate([part.coef for part in each], axis=1)[:, order]
            for each in parts
        ]
        unimodal, whole = unimodal + joined[0], whole + joined[1]
    return unimodal, whole


def values_of(output, x, references, columns):
    """v(S) of all S: absent features of a modality from one reference, each apart."""
    n, k = len(references), len(columns)
    at = np.indices([n] * k).reshape(k, -1)
    absent = np.empty((at.shape[1], len(x)))
    for part, chosen in zip(columns, at, strict=True):
        absent[:, part] = references[chosen][:, part]
    sets = np.array(list(np.ndindex(*[2] * len(x))), dtype=bool)
    rows = np.where(sets[:, None], x, absent).reshape(-1, len(x))
    means = output(rows).reshape(len(sets), len(absent), -1).mean(axis=1)
    keys = [frozenset(np.flatnonzero(chosen).tolist()) for chosen in sets]
    return dict(zip(keys, means, strict=True))


def shapley(value, features):
    d, found = len(features), []
    for g in features:
        rest = [h for h in features if h != g]
        found.append(
            sum(
                factorial(s)
                * factorial(d - s - 1)
                / factorial(d)
                * (value({*chosen, g}) - value({*chosen}))
                for s in range(d)
                for chosen in combinations(rest, s)
            )
        )
    return np.array(found)


@pytest.mark.parametrize("split", SPLITS)
def test_values_are_those_over_all_coalitions(forest, X, split):
    columns, references, rows = SPLITS[split], X[:3], X[50:52]
    unimodal, whole = by_leaves(forest, rows, references, columns)
    for i, x in enumerate(rows):
        values = values_of(forest.predict, x, references, columns)

        def value(present, values=values):
            return values[frozenset(present)]

        expected = shapley(value, list(range(8)))
        np.testing.assert_allclose(whole[i], expected, rtol=0, atol=1e-12)
        for part in columns:
            expected = shapley(value, part)
            np.testing.assert_allclose(unimodal[i, part], expected, atol=1e-12)


@pytest.mark.parametrize("split", SPLITS)
def test_sums(forest, X, split):
    columns, references = SPLITS[split], X[:5]
    unimodal, whole = by_leaves(forest, X, references, columns)
    values = [values_of(forest.predict, x, references, columns) for x in X[:3]]
    baseline = values[0][frozenset()]
    np.testing.assert_allclose(
        whole.sum(axis=1), forest.predict(X) - baseline, atol=1e-12
    )
    for part in columns:
        alone = np.array([each[frozenset(part)] for each in values])
        sums = unimodal[:3, part].sum(axis=1)
        np.testing.assert_allclose(sums, alone - baseline, atol=1e-12)


@pytest.mark.slow  # imports shap
def test_values_of_the_output_are_those_of_shap(forest, X):
    shap = pytest.importorskip("shap")
    columns, references = SPLITS["two"], X[:9]
    background = np.repeat(references, 9, axis=0)
    background[:, columns[1]] = np.tile(references[:, columns[1]], (9, 1))
    explainer = shap.TreeExplainer(
        forest, background, feature_perturbation="interventional"
    )
    expected = explainer.shap_values(X[20:30], check_additivity=False)
    _, whole = by_leaves(forest, X[20:30], references, columns)
    np.testing.assert_allclose(whole, expected, atol=1e-6)
