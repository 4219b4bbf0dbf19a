"""Masks of rows' own features: which are evaluated, and what changes no number."""

import numpy as np
import pytest

from skdime._references.designs import all_masks
from tests._data import assert_same_numbers
from tests._surrogates._masked import (
    HALVES,
    Columns,
    brute_force,
    explainer,
    features_of,
    models,
    rows,
    saturated,
    values_of,
)

PER_FEATURE = ["coef", "se_references", "se_perturbations", "se_approximation"]


class Recorder:
    """A model that remembers the rows it was called with."""

    def __init__(self, function):
        self.function = function
        self.clear()

    def __call__(self, X):
        self.calls.append(np.array(X))
        return self.function(X)

    def __deepcopy__(self, memo):
        return self

    def clear(self):
        self.calls = []

    @property
    def rows(self):
        return np.concatenate(self.calls)

    def masks(self, x, columns, replacement):
        """Masks of `x` in its own context that were evaluated, without `x` itself."""
        others = np.setdiff1d(np.arange(len(x)), columns)
        kept = self.rows == x
        masked = (kept | (self.rows == replacement)).all(axis=1)
        found = kept[:, others].all(axis=1) & masked & ~kept.all(axis=1)
        return kept[found][:, columns]


def test_few_features_get_all_masks_once():
    seen, X, x = Recorder(saturated), rows(), rows(1, seed=3)
    a, b = [0, 2, 4], [1]
    rest = [c for c in range(24) if c not in a + b]
    modalities = [("a", a), ("b", b), ("other", rest)]
    exp = explainer(seen, X, modalities, algorithm="auto", n_samples=100)
    seen.clear()
    explanation = exp.explain(x)
    few = np.append(features_of(explanation, 0), features_of(explanation, 1))
    assert not explanation.se_perturbations[:, :, few].any()
    assert not explanation.se_approximation[:, :, few].any()
    assert explanation.se_approximation[:, :, features_of(explanation, 2)].all()
    for columns in (a, b):
        masks = seen.masks(x[0], columns, X.mean(axis=0))
        assert len(masks) == len(np.unique(masks, axis=0)) == 2 ** len(columns) - 1


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
@pytest.mark.parametrize("effects", ["shapley", "banzhaf"])
def test_no_row_is_evaluated_twice(algorithm, effects):
    """Neither masked rows nor those as they are, or with everything replaced."""
    seen, X = Recorder(saturated), rows()
    masked = [(name, Columns(effects)) for name, _ in HALVES]
    options = {"n_samples": 40, "n_references": 12, "algorithm": algorithm}
    exp = explainer(seen, X, HALVES, masked, **options)
    seen.clear()
    explanation = exp.explain(rows(3, seed=3))
    assert (
        len(np.unique(seen.rows, axis=0)) == len(seen.rows) == explanation.n_model_rows
    )


def test_rows_that_are_all_replaced_are_evaluated_once_in_fit():
    """The mean replaces every column, whatever the row: the same for all rows."""
    seen, X = Recorder(saturated), rows()
    exp = explainer(seen, X, HALVES, algorithm="auto", n_references=12)
    mean = X.mean(axis=0)
    replaced = [(seen.rows[:, at] == mean[at]).all(axis=1).sum() for _, at in HALVES]
    assert replaced == [12, 12]
    seen.clear()
    exp.explain(rows(4, seed=3))
    replaced = [(seen.rows[:, at] == mean[at]).all(axis=1).sum() for _, at in HALVES]
    assert replaced == [4, 4]  # in the own context of each row


def test_model_rows_are_counted():
    seen = Recorder(saturated)
    X = rows()
    exp = explainer(seen, X, HALVES, algorithm="auto", n_references=40)
    assert exp.n_model_rows_ == len(seen.rows)
    seen.clear()
    assert exp.explain(X[:3]).n_model_rows == len(seen.rows)


# --- guarantees ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted():
    X = rows()
    options = {"n_references": 40, "n_samples": 128, "algorithm": "auto"}
    exp = explainer(models()["mlp"], X, HALVES, **options)
    return exp, exp.explain(X[:9])


def test_rows_do_not_depend_on_each_other(fitted):
    exp, all_rows = fitted
    X = rows()[:9]
    assert_same_numbers(exp.explain(X[::-1]), all_rows[::-1], 1e-8)
    assert_same_numbers(exp.explain(X[[4, 4]]), all_rows[[4, 4]], 1e-8)
    assert_same_numbers(exp.explain(X[7:8]), all_rows[[7]], 1e-8)


def test_transform_is_explain_in_two_dimensions(fitted):
    exp, explanation = fitted
    X = rows()[:9]
    found = exp.transform(X)
    np.testing.assert_allclose(found, explanation.coef.reshape(9, -1), atol=1e-10)
    names = exp.get_feature_names_out()
    assert names[0] == "uc__a__x0"
    assert len(names) == found.shape[1]


@pytest.mark.parametrize("max_memory", [1, 20_000])
def test_memory_changes_no_number(fitted, max_memory):
    X = rows()
    options = {"n_references": 40, "n_samples": 128, "algorithm": "auto"}
    little = explainer(models()["mlp"], X, HALVES, max_memory=max_memory, **options)
    assert_same_numbers(little.explain(X[:2]), fitted[1][:2], 1e-8)


def test_workers_change_no_number(fitted):
    X = rows()
    options = {"n_references": 40, "n_samples": 128, "algorithm": "auto"}
    two = explainer(models()["mlp"], X, HALVES, max_memory=100_000, n_jobs=2, **options)
    assert_same_numbers(two.explain(X[:9]), fitted[1], 1e-8)


def test_an_integer_seed_repeats_numbers(fitted):
    X = rows()
    state = np.random.get_state()[1].copy()
    options = {"n_references": 40, "n_samples": 128, "algorithm": "auto"}
    again = explainer(models()["mlp"], X, HALVES, **options)
    assert_same_numbers(again.explain(X[:9]), fitted[1], 1e-8)
    other = explainer(models()["mlp"], X, HALVES, **(options | {"random_state": 1}))
    assert np.abs(other.explain(X[:9]).coef - fitted[1].coef).max() > 1e-6
    np.testing.assert_array_equal(state, np.random.get_state()[1])


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_inert_features_are_never_evaluated(algorithm):
    X = rows()
    x = rows(1, seed=3)
    inert = [0, 2, 6]
    x[:, inert] = X.mean(axis=0)[inert]
    seen = Recorder(saturated)
    exp = explainer(seen, X, HALVES, n_samples=512, algorithm=algorithm, n_references=8)
    seen.clear()
    explanation = exp.explain(x)
    position = [HALVES[0][1].index(column) for column in inert]
    for name in PER_FEATURE:
        assert not getattr(explanation, name)[:, :, position].any()
    assert (explanation.coef[:, 0, features_of(explanation, 1)] != 0).all()
    masks = seen.masks(x[0], HALVES[0][1], X.mean(axis=0))
    assert masks[:, position].all()
    assert 0 < len(masks) < 2**9
    assert len(np.unique(masks, axis=0)) == len(masks)
    if algorithm == "exhaustive":  # 9 of 12 features: all of their masks
        assert len(masks) == 2**9 - 1


def test_coefficients_without_an_inert_feature_are_those_of_the_others(assert_close):
    X = rows()
    modalities = [("a", list(range(6))), ("b", list(range(6, 24)))]
    x = X[:1].copy()
    x[:, 0] = X.mean(axis=0)[0]
    coef = explainer(saturated, X, modalities, n_samples=32).explain(x).coef
    masks = np.insert(all_masks(5), 0, True, axis=1)
    exp = explainer(saturated, X, modalities)
    for p, y in enumerate(brute_force(exp, saturated, X, x[0], 0, masks)):
        assert_close(coef[0, p, 1:6], values_of(y, "shapley"))


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_a_row_like_its_replacement_has_constant_surrogates(algorithm):
    X = rows()
    x = X[:2].copy()
    x[0, HALVES[0][1]] = X.mean(axis=0)[HALVES[0][1]]
    exp = explainer(saturated, X, HALVES, algorithm=algorithm, n_references=30)
    explanation = exp.explain(x)
    assert not explanation.coef[0, :, features_of(explanation, 0)].any()
    np.testing.assert_allclose(
        explanation.intercept[0, :, 0], explanation.target[0, :, 0], atol=1e-10
    )
    np.testing.assert_allclose(
        explanation.local_prediction[0, :, 0], explanation.target[0, :, 0], atol=1e-10
    )
    assert np.isnan(explanation.r2[0, :, 0]).all()
    assert explanation.effective_samples[0, 0] == 0
    assert_same_numbers(exp.explain(x[1:]), explanation[[1]], 1e-8)


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
@pytest.mark.parametrize("n_samples", [2, 3, 9, 23])
def test_fewer_masks_than_twice_the_features(algorithm, n_samples):
    X = rows()
    exp = explainer(
        saturated, X, HALVES, n_samples=n_samples, algorithm=algorithm, n_references=30
    )
    explanation = exp.explain(X[:2])
    assert np.isfinite(explanation.coef).all()
    assert np.isfinite(explanation.se).all()
    assert (explanation.effective_samples <= n_samples).all()


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
@pytest.mark.parametrize("n_samples", [20, 100, 1000])
def test_cost_bounds_model_rows(algorithm, n_samples):
    X = rows()
    exp = explainer(
        saturated, X, HALVES, algorithm=algorithm, n_samples=n_samples, n_references=30
    )
    cost = exp.cost(X[:3])
    assert exp.n_model_rows_ <= cost.fit_rows
    found = exp.explain(X[:3]).n_model_rows
    assert found <= cost.explain_rows
    if algorithm == "exhaustive":
        assert cost.explain_rows <= 1.5 * found
