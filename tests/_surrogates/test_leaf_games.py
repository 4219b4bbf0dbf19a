"""Parts of SHAP values of trees equal those over all coalitions and those of shap."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdime._surrogates.leaf_games import LeafGames
from tests._surrogates._games import hybrids_of, parts_by_coalitions
from tests._surrogates.test_games import SPLITS, assert_adds_up, columns_of, explainer


@pytest.fixture(scope="module")
def X():
    return np.random.RandomState(0).normal(size=(150, 8))


@pytest.fixture(scope="module")
def forest(X):
    y = np.column_stack([X[:, :4].prod(axis=1) + X[:, 4], X[:, 5] * X[:, 6] * X[:, 0]])
    forest = RandomForestRegressor(4, max_depth=5, random_state=0)
    return make_pipeline(StandardScaler(), forest).fit(X, y)


def fitted(forest, X, split, **options):
    exp = explainer(FrozenEstimator(forest), SPLITS[split], X, **options)
    assert isinstance(exp._fits.families[0], LeafGames) != ("algorithm" in options)
    return exp


def over_all(exp):
    """All combinations of references of three modalities, as rows of an array."""
    rows = exp.disentangler_.references_
    at = np.indices((len(rows),) * 3).reshape(3, -1)
    points = np.empty((at.shape[1], rows.shape[1]))
    for part, chosen in zip(columns_of(exp), at, strict=True):
        points[:, part] = rows[chosen][:, part]
    return points


@pytest.mark.parametrize("split", SPLITS)
def test_values_by_definition(forest, X, split):
    exp = fitted(forest, X, split, n_references=4)
    points = hybrids_of(exp) if split == "two" else over_all(exp)
    explanation = exp.explain(X[:2])
    for row, x in enumerate(X[:2]):
        expected = parts_by_coalitions(forest.predict, x, points, columns_of(exp))
        expected = expected[:, np.concatenate(columns_of(exp))]
        np.testing.assert_allclose(explanation.coef[row], expected, rtol=0, atol=1e-10)
    assert_adds_up(explanation)
    assert not explanation.se_perturbations.any()
    np.testing.assert_array_equal(explanation.r2[~np.isnan(explanation.r2)], 1.0)


def test_all_rows_as_references_leave_no_error(forest, X):
    few, all_rows = X[:6], {"n_references": None}
    exp = explainer(FrozenEstimator(forest), SPLITS["two"], few, **all_rows)
    explanation = exp.explain(X[7:8])
    expected = parts_by_coalitions(
        forest.predict, X[7], hybrids_of(exp), columns_of(exp)
    )[:, np.concatenate(columns_of(exp))]
    np.testing.assert_allclose(explanation.coef[0], expected, rtol=0, atol=1e-10)
    assert not explanation.se.any()


def test_standard_errors_are_those_of_all_coalitions(forest, X):
    exact = fitted(forest, X, "two").explain(X[:2])
    found = fitted(forest, X, "two", algorithm="exhaustive").explain(X[:2])
    np.testing.assert_allclose(found.coef, exact.coef, rtol=0, atol=1e-10)
    np.testing.assert_allclose(
        found.se_references, exact.se_references, rtol=0, atol=1e-10
    )
    assert found.se_references.max() > 0.01


def test_pair_of_three_modalities(forest, X):
    exp = fitted(forest, X, "three", n_references=4)
    explanation = exp.explain(X[:1], pair=("a", "c"))
    expected = parts_by_coalitions(
        forest.predict, X[0], over_all(exp), columns_of(exp), players=(0, 2)
    )
    order = np.concatenate([columns_of(exp)[m] for m in (0, 2)])
    np.testing.assert_allclose(
        explanation.coef[0], expected[:, order], rtol=0, atol=1e-10
    )


def test_some_of_the_outputs(forest, X):
    exp = fitted(forest, X, "two")
    both, one = exp.explain(X[:3]), exp.explain(X[:3], outputs=[1])
    np.testing.assert_allclose(one.coef, both.coef[..., [1]], atol=1e-12)
    np.testing.assert_allclose(one.se, both.se[..., [1]], atol=1e-12)


def test_groups_of_columns_are_one_feature(forest, X):
    from skdime.perturbers import TabularPerturber

    grouped = TabularPerturber(groups={"both": [0, 1]})
    exp = fitted(forest, X, "two", n_references=4, perturbers=[("a", grouped)])
    explanation = exp.explain(X[:1])
    assert_adds_up(explanation)
    slow = fitted(
        forest,
        X,
        "two",
        n_references=4,
        perturbers=[("a", grouped)],
        algorithm="exhaustive",
    )
    np.testing.assert_allclose(
        slow.explain(X[:1]).coef, explanation.coef, rtol=0, atol=1e-10
    )


@pytest.mark.slow  # imports shap
def test_uc_and_mi_together_are_the_values_of_shap(forest, X):
    shap = pytest.importorskip("shap")
    exp = fitted(forest, X, "two", n_references=9)
    scaler, trees = forest[0], forest[1]
    background = scaler.transform(hybrids_of(exp))
    tree_explainer = shap.TreeExplainer(
        trees, background, feature_perturbation="interventional"
    )
    rows = scaler.transform(X[20:30])
    expected = tree_explainer.shap_values(rows, check_additivity=False)
    found = exp.explain(X[20:30]).coef.sum(axis=1)
    order = np.concatenate(columns_of(exp))
    np.testing.assert_allclose(found, expected[:, order], rtol=0, atol=1e-6)
