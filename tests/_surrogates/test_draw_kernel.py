"""Coefficients that bend, from draws that all rows share."""

from itertools import product
from math import comb

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from skdime import Disentangler, LocalExplainer
from skdime.metrics import fidelity
from skdime.perturbers import TabularPerturber
from tests._data import TWO

GROUPS = [np.array(columns) for _, columns in TWO]


@pytest.fixture(scope="module")
def X():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(400, 5))
    X[:, 2] = rng.randint(6, size=400)
    X[:, 3] = rng.exponential(size=400) * 1000
    X.setflags(write=False)
    return X


def explained(model, X, rows, modalities=TWO, effects="shapley", **parameters):
    perturbers = [(name, TabularPerturber(effects=effects)) for name, _ in modalities]
    options = {"n_references": parameters.pop("n_references", 60), "random_state": 0}
    parameters = {"n_samples": 300, "random_state": 0} | parameters
    disentangler = Disentangler(model, modalities, **options)
    explainer = LocalExplainer(disentangler, perturbers, **parameters).fit(X)
    assert explainer.algorithm_ == "draws"
    return explainer, explainer.explain(rows)


def additive(X):
    return np.sin(2 * X[:, 0]) + X[:, 1] ** 2 + np.sqrt(X[:, 3]) / 10 + (X[:, 2] == 3)


def interacting(X):
    return (
        X[:, 0] * X[:, 3] / 1000
        + np.maximum(X[:, 1], 0) * (X[:, 2] > 2)
        + np.sin(X[:, 0]) * (X[:, 4] + X[:, 1])
    )


def shapley_values(model, X, references, row, own, n_draws=3000):
    """(2, n_features): UC and MI of a modality, by all of its coalitions."""
    rng = np.random.RandomState(0)
    others = np.setdiff1d(np.arange(X.shape[1]), own)
    drawn = np.column_stack([rng.choice(column, size=n_draws) for column in X.T])
    tuples = np.tile(references, (-(-n_draws // len(references)), 1))[:n_draws]
    values, d = np.zeros((2, len(own))), len(own)
    for context, part in ((tuples, 0), (np.tile(row, (n_draws, 1)), 1)):
        drawn[:, others] = context[:, others]
        for kept in map(np.array, product((False, True), repeat=d)):
            hybrids = drawn.copy()
            hybrids[:, own[kept]] = row[own[kept]]
            size = kept.sum()
            gain = 1 / (max(size, 1) * comb(d, size))
            loss = -1 / (max(d - size, 1) * comb(d, size))
            values[part] += np.where(kept, gain, loss) * model(hybrids).mean()
    return np.stack([values[0], values[1] - values[0]])


def test_an_additive_model_of_any_shape(X):
    _, found = explained(additive, X, X[:6])
    shapes = np.column_stack(
        [
            np.sin(2 * X[:, 0]),
            np.sqrt(X[:, 3]) / 10,
            X[:, 1] ** 2,
            X[:, 2] == 3,
            np.zeros(len(X)),
        ]
    )
    expected = (shapes - shapes.mean(axis=0))[:6]
    np.testing.assert_allclose(found.coef[:, 0, :, 0], expected, atol=0.02)
    np.testing.assert_allclose(found.coef[:, 1], 0, atol=1e-6)
    assert (found.r2[:, 0] > 0.99).all()
    assert np.isnan(found.r2[:, 1]).all()


def test_a_linear_model(X):
    slopes = np.array([1.0, -2.0, 0.5, 0.003, 4.0])
    _, found = explained(lambda X: X @ slopes, X, X[:6])
    order = [0, 3, 1, 2, 4]
    expected = (slopes * (X[:6] - X.mean(axis=0)))[:, order]
    size = np.abs(expected).max()
    np.testing.assert_allclose(found.coef[:, 0, :, 0], expected, atol=1e-4 * size)


@pytest.mark.slow
def test_shapley_values_of_all_coalitions(X):
    rows = X[:4]
    explainer, found = explained(interacting, X, rows, n_samples=400)
    references = explainer.disentangler_.references_
    expected = np.array(
        [
            np.hstack(
                [shapley_values(interacting, X, references, r, g) for g in GROUPS]
            )
            for r in rows
        ]
    )
    off = found.coef[..., 0] - expected
    assert np.linalg.norm(off) < 0.08 * np.linalg.norm(expected)
    r = np.corrcoef(found.coef[..., 0].ravel(), expected.ravel())[0, 1]
    assert r > 0.99


@pytest.mark.slow
def test_own_effects_leave_interactions_out(X):
    def model(X):
        return X[:, 0] ** 2 + X[:, 1] * X[:, 4]

    centred = X - X.mean(axis=0)
    _, main = explained(model, X, X[:5], effects="main")
    _, shapley = explained(model, X, X[:5])
    of_x4 = X[:, 1].mean() * centred[:5, 4]
    assert main.sel(part="uc", feature="x4")[:, 0] == pytest.approx(of_x4, abs=0.05)
    share = (X[:5, 1] * X[:5, 4] - X[:5, 1] * X[:, 4].mean() + of_x4) / 2
    found = shapley.sel(part="uc", feature="x4")[:, 0]
    assert found == pytest.approx(share, abs=0.1)


def test_coefficients_add_up_to_effects(X):
    _, found = explained(interacting, X, X[:20], n_references=None)
    for m, (name, _) in enumerate(TWO):
        mine = found.feature_modalities == name
        sums = found.coef[:, :, mine].sum(axis=2)
        size = np.abs(sums).mean()
        # all rows are references; columns are drawn apart from one another
        np.testing.assert_allclose(
            sums[:, 0], found.decomposition.main[:, m], atol=0.3 * size
        )
        np.testing.assert_allclose(
            found.rest[:, 0, m], found.decomposition.main[:, m] - sums[:, 0]
        )
        np.testing.assert_allclose(
            found.rest[:, 1, m], found.decomposition.mi - sums[:, 1]
        )
        predicted = found.intercept[:, :, m] + sums
        np.testing.assert_allclose(predicted, found.local_prediction[:, :, m])
    np.testing.assert_allclose(found.local_prediction, found.target, atol=0.05 * size)


def test_a_step_between_two_draws_is_seen_by_the_row(X):
    Z = X.copy()
    Z[:, 0] = np.linspace(-1, 1, len(Z))
    at = Z[201, 0] - 1e-4  # just beyond the step, where all draws nearby are before

    def model(Z):
        return 1.0 * (Z[:, 0] > at) + Z[:, 1]

    rows = Z[[201]].copy()
    _, found = explained(model, Z, rows, n_samples=60)
    coef, se = found.coef[0, 0, 0, 0], found.se[0, 0, 0, 0]
    truth = 1 - (Z[:, 0] > at).mean()
    assert abs(coef - truth) < 2 * se + 0.02


def test_a_level_of_one_row_has_a_coefficient():
    rng = np.random.RandomState(0)
    Z = np.column_stack([rng.normal(size=300), rng.normal(size=300), np.zeros(300)])
    Z[7, 2] = 1.0  # a flag that one row has
    modalities = [("a", [0]), ("b", [1, 2])]
    _, found = explained(lambda X: X[:, 0] + 3 * X[:, 2], Z, Z[[7]], modalities)
    coef, se = found.sel(feature="x2")[0, 0, 0], found.se[0, 0, 2, 0]
    assert np.isfinite(coef)
    assert abs(coef - 3 * (1 - 1 / 300)) < 2 * se + 0.05


def test_missing_values_and_constant_columns(X):
    Z = X.copy()
    Z[::7, 0] = np.nan
    Z[:, 4] = 2.0

    def model(Z):
        return np.where(np.isnan(Z[:, 0]), 5.0, Z[:, 0]) + Z[:, 1] * Z[:, 4]

    _, found = explained(model, Z, Z[:8])
    filled = np.where(np.isnan(Z[:, 0]), 5.0, Z[:, 0])
    expected = filled[:8] - filled.mean()
    uc = found.sel(part="uc", feature="x0")[:, 0]
    np.testing.assert_allclose(uc, expected, atol=0.05)
    assert (found.sel(feature="x4") == 0).all()


def test_three_modalities_and_several_outputs(X):
    modalities = [("a", [0]), ("b", [1, 2]), ("c", [3, 4])]

    def model(X):
        return np.column_stack([X[:, 0] + 1e4 * X[:, 1] * X[:, 4], X[:, 0] * X[:, 4]])

    _, found = explained(model, X, X[:5], modalities)
    centred = X - X.mean(axis=0)
    alone = 1e4 * X[:, 4].mean() * centred[:5, 1]
    uc = found.sel(part="uc", feature="x1", output=found.output_names[0])
    np.testing.assert_allclose(uc, alone, atol=2 * 1.96 * found.se[:, 0, 1, 0].max())
    with_x4 = centred[:5, 0] * X[:5, 4]
    both = found.coef[:, :, 0, 1].sum(axis=1)
    np.testing.assert_allclose(both, with_x4, atol=0.02)


@pytest.mark.slow
def test_intervals_cover_what_draws_leave_open(X):
    inside = []
    for seed in range(4):
        explainer, found = explained(
            interacting, X, X[:3], n_samples=150, random_state=seed
        )
        references = explainer.disentangler_.references_
        for i in range(3):
            truth = [
                shapley_values(interacting, X, references, X[i], g) for g in GROUPS
            ]
            off = np.abs(found.coef[i, ..., 0] - np.hstack(truth))
            se = np.hypot(found.se_perturbations, found.se_approximation)[i, ..., 0]
            inside.append(off <= 1.96 * se + 0.02 * np.abs(truth[0]).max())
    assert np.mean(inside) > 0.8  # of 12 rows


def test_numbers_do_not_depend_on_rows_beside(X):
    explainer, found = explained(interacting, X, X[:6])
    scale = np.abs(found.coef).max()
    np.testing.assert_allclose(
        explainer.explain(X[[4, 2]]).coef, found.coef[[4, 2]], atol=1e-9 * scale
    )
    transformed = explainer.transform(X[:6]).reshape(6, 2, -1)
    np.testing.assert_allclose(transformed, found.coef[..., 0], atol=1e-9 * scale)


def test_fidelity_is_that_of_draws_left_out(X):
    explainer, found = explained(interacting, X, X[:4], algorithm="draws")
    fresh = fidelity(explainer, X[:4], n_samples=200, random_state=0)
    np.testing.assert_allclose(fresh, found.r2, atol=0.1)


def test_coalitions_are_for_budgets_and_those_who_ask(X):
    perturbers = [(name, TabularPerturber()) for name, _ in TWO]
    explainer = LocalExplainer(
        Disentangler(interacting, TWO, n_references=20),
        perturbers,
        n_samples=60,
        random_state=0,
    )
    assert explainer.fit(X).algorithm_ == "draws"
    explainer.set_params(algorithm="coalitions")
    assert explainer.fit(X).algorithm_ == "coalitions"
    explainer.set_params(algorithm="auto", budget=1000)
    assert explainer.fit(X).algorithm_ == "coalitions"


@pytest.mark.slow
def test_exhaustive_is_what_completion_approximates(X):
    perturbers = [(name, TabularPerturber()) for name, _ in TWO]
    found = []
    for algorithm in ("exhaustive", "draws"):
        explainer = LocalExplainer(
            Disentangler(interacting, TWO, n_references=60, random_state=0),
            perturbers,
            n_samples=300,
            algorithm=algorithm,
            random_state=0,
        ).fit(X)
        found.append(explainer.explain(X[:4]))
    assert (found[0].se_approximation == 0).all()
    off = np.linalg.norm(found[1].coef - found[0].coef)
    assert off < 0.05 * np.linalg.norm(found[0].coef)


def test_columns_that_a_pipeline_drops_have_exactly_no_effect(X):
    keep = ColumnTransformer([("keep", StandardScaler(), [0, 1, 4])])
    model = make_pipeline(keep, SVR()).fit(X, interacting(X))
    _, found = explained(FrozenEstimator(model), X, X[:3], n_samples=60)
    assert (found.sel(feature="x2") == 0).all()
    assert (found.sel(feature="x3") == 0).all()
    assert (found.se[:, :, [1, 3]] == 0).all()
    assert (found.sel(part="uc", feature="x1") != 0).all()


@pytest.mark.parametrize("position", [0, 122])
def test_errors_of_a_row_unlike_all_draws_are_not_those_of_draws(position):
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), SVC()).fit(X, y).decision_function
    first, second, row = np.arange(10), np.arange(10, 30), X[position]
    dis = Disentangler(model, [("a", first), ("b", second)], random_state=0)
    explanation = LocalExplainer(dis, random_state=0).fit(X).explain(row[None])
    # Shapley values of UC, the other modality and what is absent drawn from the data
    rng, values = np.random.RandomState(0), []
    for _ in range(600):
        order = rng.permutation(second)
        hybrids = np.tile(X[rng.randint(len(X))], (21, 1))
        hybrids[:, second] = X[rng.randint(len(X), size=20), second]
        for i, column in enumerate(order):
            hybrids[i + 1 :, column] = row[column]
        gains = np.empty(20)
        gains[order - 10] = np.diff(model(hybrids))
        values.append(gains)
    truth, noise = np.mean(values, axis=0), np.std(values, axis=0) / np.sqrt(600)
    coef, se = explanation.coef[0, 0, 10:, 0], explanation.se[0, 0, 10:, 0]
    assert np.sqrt(np.mean(np.square(coef - truth) / (se**2 + noise**2))) < 1.5


def test_a_row_is_explained_alone_as_among_others():
    X = np.random.RandomState(0).normal(size=(400, 4))

    def smooth(X):
        return X[:, 0] / (1 + X[:, 0] * X[:, 0]) * X[:, 2] + X[:, 1]

    modalities = [("a", [0, 1]), ("b", [2, 3])]
    explainer, among_others = explained(smooth, X, X[:30], modalities, n_samples=1000)
    alone = np.concatenate([explainer.explain(X[[i]]).coef for i in range(10)])
    np.testing.assert_allclose(alone, among_others.coef[:10], rtol=0, atol=1e-10)
    reverse = explainer.explain(X[:30][::-1]).coef[::-1]
    np.testing.assert_allclose(reverse, among_others.coef, rtol=0, atol=1e-10)
