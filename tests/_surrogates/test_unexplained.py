"""Steps across columns: the kernel takes them for noise, and the row tells them."""

from itertools import product

import numpy as np
import pytest
from sklearn.svm import SVR

from skdime import Disentangler, LocalExplainer
from skdime._surrogates.unexplained import Unexplained, expected_shares
from skdime.perturbers import TabularPerturber

TWO = {"a": [0, 1], "b": [2, 3]}


def test_shares_are_half_alike_and_half_by_variance():
    features = np.array([0, 0, 1, 2])
    may_matter = np.array([[True, True, True, True], [True, False, False, True]])
    shares = expected_shares(np.array([1.0, 1.0, 6.0, 0.0]), features, may_matter)
    third = 1 / 3
    by_hand = [[third + 0.25, third + 0.75, third], [0.5 + 1, 0, 0.5 + 0]]
    np.testing.assert_allclose(shares, np.array(by_hand) / 2)


def test_nothing_is_shared_where_nothing_may_matter():
    shares = expected_shares(np.ones(2), np.array([0, 1]), np.zeros((1, 2), dtype=bool))
    assert np.array_equal(shares, [[0, 0]])


def test_squared_errors_by_hand():
    unexplained = Unexplained(0.5, np.array([0.8]), np.array([[0.25, 0.75]]))
    squared = unexplained.squared_errors(np.array([[3.0]]), np.array([[2.0]]))
    amount = 0.64 * 3 + 0.2 * 0.5 * 2
    np.testing.assert_allclose(squared[0, :, 0], [amount / 8, 3 * amount / 8])


@pytest.mark.parametrize("n_features", [2, 5])
def test_mean_square_of_shares_of_pairs(n_features):
    shares = np.zeros((0, n_features))
    for pair in product(range(n_features), repeat=2):
        if pair[0] != pair[1]:
            share = np.isin(np.arange(n_features), pair) / 2
            shares = np.vstack([shares, share])
    expected = expected_shares(
        np.ones(n_features), np.arange(n_features), np.ones((1, n_features), bool)
    )
    np.testing.assert_allclose(shares.mean(axis=0), expected[0])
    np.testing.assert_allclose(np.square(shares).mean(axis=0), expected[0] / 2)


def exact(model, X, rows):
    """UC and MI (n_rows, 2, 4) from all values of every column, all rows absent."""
    coef = np.zeros((len(rows), 2, 4))
    for columns in ([0, 1], [2, 3]):
        others = np.setdiff1d(range(4), columns)
        for i, part in product(range(len(rows)), (0, 1)):
            context = X[:, others] if part == 0 else rows[i : i + 1, others]
            values = {}
            for kept in product((False, True), repeat=2):
                own = [
                    rows[i, [c]] if is_kept else X[:, c]
                    for c, is_kept in zip(columns, kept, strict=True)
                ]
                own = np.array(list(product(*own)))
                hybrids = np.empty((len(own) * len(context), 4))
                hybrids[:, columns] = np.repeat(own, len(context), axis=0)
                hybrids[:, others] = np.tile(context, (len(own), 1))
                values[kept] = model(hybrids).mean()
            both, first, second, none = (
                values[kept]
                for kept in ((True, True), (True, False), (False, True), (False, False))
            )
            coef[i, part, columns[0]] = (both - second + first - none) / 2
            coef[i, part, columns[1]] = (both - first + second - none) / 2
    coef[:, 1] -= coef[:, 0]
    return coef


def off(model, seeds=3, n=60, **options):
    """Errors of coefficients, relative to the largest, and in standard errors."""
    rng = np.random.RandomState(1)
    X, rows = rng.normal(size=(n, 4)), rng.normal(size=(8, 4))
    truth, wrong, errors = exact(model, X, rows), [], []
    for seed in range(seeds):
        disentangler = Disentangler(model, TWO, n_references=None)
        explainer = LocalExplainer(disentangler, random_state=seed, **options).fit(X)
        found = explainer.explain(rows)
        wrong.append(found.coef[..., 0] - truth)
        errors.append(found.se[..., 0])
    wrong, errors = np.array(wrong), np.array(errors)
    size = np.abs(truth).max()
    return wrong / size, wrong / np.maximum(errors, 1e-9 * size)


STEPS = {
    "sum": lambda X: np.floor(X[:, 0] + X[:, 1]) + X[:, 2],
    "sum times the other modality": lambda X: np.floor(X[:, 0] + X[:, 1]) * X[:, 2],
    "checkers": lambda X: (np.floor(2 * X[:, 0]) + np.floor(2 * X[:, 1])) % 2 + X[:, 2],
    "all columns": lambda X: np.round(X.sum(axis=1)),
}


@pytest.mark.filterwarnings("ignore:.*fitted poorly")
@pytest.mark.parametrize("name", STEPS)
def test_steps_across_columns(name):
    wrong, in_errors = off(STEPS[name], n=150 if name == "all columns" else 60)
    assert np.sqrt(np.square(wrong).mean()) < (0.08 if name == "checkers" else 0.03)
    assert np.sqrt(np.square(in_errors).mean()) < 1
    assert np.mean(np.abs(in_errors) > 3) < 0.01


def test_steps_across_modalities_in_hybrids_of_the_row():
    wrong, in_errors = off(STEPS["all columns"], 1, n=100, algorithm="coalitions")
    assert np.sqrt(np.square(wrong).mean()) < 0.1
    assert np.sqrt(np.square(in_errors).mean()) < 2


def test_own_effects_have_no_share_of_interactions():
    X = np.random.RandomState(1).normal(size=(60, 4))
    row = np.array([[0.3, 0.9, 0.1, 0.2]])
    own = {name: TabularPerturber(effects="main") for name in TWO}
    disentangler = Disentangler(STEPS["checkers"], TWO, n_references=None)
    explainer = LocalExplainer(disentangler, own, random_state=0).fit(X)
    found = explainer.explain(row)
    of_row, of_all = np.floor(2 * row[0, 0]), np.floor(2 * X[:, [0]])
    second = np.floor(2 * X[:, 1])
    expected = ((of_row + second) % 2).mean() - ((of_all + second) % 2).mean()
    assert found.coef[0, 0, 0, 0] == pytest.approx(expected, abs=0.1)


def test_two_rare_values_that_no_draw_has_at_once():
    X = np.random.RandomState(0).normal(size=(150, 4))
    X[8:, 0] = X[:142, 1] = np.nan
    rows = np.array([[np.nan, 0.7, 1.0, 1.0], [0.7, np.nan, 1.0, 1.0]])

    def model(X):
        return 1.0 * (np.isnan(X[:, 0]) & np.isnan(X[:, 1])) + X[:, 2]

    disentangler = Disentangler(model, TWO, n_references=None)
    found = LocalExplainer(disentangler, random_state=0).fit(X).explain(rows)
    # the model is 1 with both missing; x0 is missing in the first row, x1 is not
    share = 142 / 150
    values = {"both": 0.0, "x0": share, "x1": 0.0, "none": share**2}
    first = (values["both"] - values["x1"] + values["x0"] - values["none"]) / 2
    second = (values["both"] - values["x0"] + values["x1"] - values["none"]) / 2
    np.testing.assert_allclose(found.coef[0, 0, :2, 0], [first, second], atol=0.02)
    np.testing.assert_allclose(found.coef[1, 0, :2, 0], [second, first], atol=0.02)


@pytest.mark.parametrize("seed", range(6))
def test_a_region_that_few_draws_reach_is_seen_in_every_context(seed):
    X = np.random.RandomState(250).normal(size=(150, 4))

    def factor(X):
        return 1 + (X[:, 2] > 1.2)

    def model(X):
        return 4.0 * (np.square(X[:, :2]).sum(axis=1) < 0.1) * factor(X)

    disentangler = Disentangler(model, TWO, n_references=None)
    explainer = LocalExplainer(disentangler, random_state=seed).fit(X)
    uc, mi = np.moveaxis(explainer.explain(X[:6]).coef[:, :, :2, 0], 1, 0)
    # the other modality multiplies the effects of this one
    ratio = factor(X[:6]) / factor(X).mean() - 1
    size = np.abs(uc).max()
    np.testing.assert_allclose(mi, uc * ratio[:, None], atol=0.05 * size)


@pytest.mark.filterwarnings("ignore:`estimator` is the method")
def test_errors_of_columns_beyond_the_data_may_cancel():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 4))
    y = X[:, 0] * X[:, 2] + np.sin(2 * X[:, 1]) + X[:, 3] ** 2
    model = SVR(C=1).fit(X, y + 0.3 * rng.normal(size=60)).predict
    rows = np.array([[3.0, 3.0, 0.0, 0.0], [3.0, 2.9, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]])
    disentangler = Disentangler(model, TWO, n_references=None)
    found = LocalExplainer(disentangler, random_state=0).fit(X).explain(rows)
    wrong = np.abs((found.coef[..., 0] - exact(model, X, rows)) / found.se[..., 0])
    # off by 130 without what a row beyond the data is expected to be missed by
    assert wrong[:2].max() < 20
    assert wrong[2].max() < 3


def test_what_is_missed_is_an_error_of_every_feature():
    """The kernel gives the last number no part, and draws are missed all the same."""
    X = np.random.RandomState(0).normal(size=(400, 5))

    def model(X):
        return np.floor(X[:, :3].sum(axis=1) * 3) % 2 + X[:, 4]

    dis = Disentangler(model, {"a": [0, 1, 2, 3], "b": [4]}, random_state=0)
    explainer = LocalExplainer(dis, n_samples=300, random_state=0).fit(X)
    found = explainer.explain(X[:3])
    least = np.sqrt(0.25 / 300)  # half of the outputs are 1, and none is predicted
    assert (found.se_perturbations[:, 0, :4, 0] > 0.8 * least).all()
    X[:, 3] = 1.0
    found = explainer.fit(X).explain(X[:3])
    assert not found.se_perturbations[:, :, 3].any()  # a constant is no reason
