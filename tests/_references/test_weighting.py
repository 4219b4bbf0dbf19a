"""Means that stand for all rows: ridge regression and its jackknife, by refits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge

from skdime._references.weighting import Weighting, standard_error

# In units of standardised features; slopes are free enough not to raise it here.
PENALTY = 3.0


def features(n_references=40, n_features=3):
    rng = np.random.RandomState(0)
    return 0.3 + rng.normal(size=(n_references, n_features))


def outputs(n_references=40, n_rows=2, n_outputs=2):
    return np.random.RandomState(1).normal(size=(n_rows, n_references, n_outputs))


def regression_estimate(Z, y):
    """The mean output over all rows, whose features have the mean 0."""
    return Ridge(alpha=PENALTY).fit(Z, y).intercept_


@pytest.mark.parametrize("nothing", [None, np.empty((5, 0))])
def test_without_features_all_count_alike(nothing):
    weighting, y = Weighting(5, nothing), outputs(5)
    assert_allclose(weighting.weights, np.full(5, 0.2))
    assert_allclose(weighting.mean(y), y.mean(axis=1))
    assert_allclose(weighting.residuals(y), y - y.mean(axis=1, keepdims=True))


def test_one_feature_by_hand():
    z = features(40, 1)
    centred = z[:, 0] - z.mean()
    expected = 1 / 40 - centred * z.mean() / (centred @ centred + PENALTY)
    assert_allclose(Weighting(40, z).weights, expected)


def test_means_are_the_regression_estimate():
    Z, y = features(), outputs()
    weighting = Weighting(40, Z)
    assert weighting.weights.sum() == pytest.approx(1)
    expected = [[regression_estimate(Z, column) for column in row.T] for row in y]
    assert_allclose(weighting.mean(y), expected)
    # of weights that do not depend on the outputs
    assert_allclose(weighting.mean(y), np.einsum("ijc,j->ic", y, weighting.weights))


def test_weighted_features_are_nearer_to_their_mean_over_all_rows():
    Z = features()
    weighted = Weighting(40, Z).weights @ Z
    assert (np.abs(weighted) < 0.2 * np.abs(Z.mean(axis=0))).all()


def test_residuals_are_what_leaving_a_reference_out_would_change():
    Z, y = features(), outputs(n_rows=1, n_outputs=1)[0, :, 0]
    expected = []
    for j in range(40):
        rest = np.arange(40) != j
        without = regression_estimate(Z[rest], y[rest])
        expected.append(40 * (regression_estimate(Z, y) - without))
    found = Weighting(40, Z).residuals(y[None, :, None])
    assert_allclose(found[0, :, 0], expected)


def test_residuals_of_outputs_that_features_explain_are_small():
    Z = features(400)
    y = (Z @ [1.0, -2.0, 0.5])[None, :, None]
    assert np.abs(Weighting(400, Z).residuals(y)).max() < 0.1 * np.ptp(y)


@pytest.mark.parametrize("n_features", [1, 3, 20, 60])
def test_slopes_use_up_a_fifth_of_the_references_at_most(n_features):
    Z = features(40, n_features)
    weighting, rows = Weighting(40, Z), np.eye(40)[None]
    # fitted values are linear in outputs; the trace of that map counts its freedom
    left = weighting._directions
    freedom = np.trace(left @ np.diag(weighting._shares) @ left.T)
    assert freedom <= 0.2 * 40
    assert np.isfinite(weighting.residuals(rows)).all()
    if n_features <= 3:
        squares = np.linalg.svd(Z - Z.mean(axis=0), compute_uv=False) ** 2
        assert freedom == pytest.approx((squares / (squares + PENALTY)).sum())


def test_standard_error_by_definition():
    influence = outputs(7)
    expected = influence.std(axis=1, ddof=1) / np.sqrt(7)
    assert_allclose(standard_error(influence, 1, Weighting(7)), expected)
    moved = np.moveaxis(influence, 1, 0)
    assert_allclose(standard_error(moved, 0, Weighting(7)), expected)


def test_references_that_are_a_part_of_the_rows_leave_less_error():
    influence = outputs(7)
    drawn = standard_error(influence, 1, Weighting(7))
    half = standard_error(influence, 1, Weighting(7, n_rows=14))
    assert_allclose(half, np.sqrt(0.5) * drawn)
    assert not standard_error(influence, 1, Weighting(7, n_rows=7)).any()


def test_one_reference_has_no_standard_error():
    found = standard_error(outputs(1), 1, Weighting(1))
    assert found.shape == (2, 2)
    assert np.isnan(found).all()


def test_fewer_references_stand_for_the_same_rows():
    weighting = Weighting(40, features(), n_rows=50)
    some = weighting.of_some(10)
    assert weighting.finite_correction == pytest.approx(np.sqrt(1 / 5))
    assert some.finite_correction == weighting.finite_correction
    assert_allclose(some.weights, np.full(10, 0.1))


@pytest.mark.parametrize("n_orders", [1, 3])
def test_what_is_between_strata_is_in_no_variance(n_orders):
    rng, n = np.random.RandomState(0), 300
    orders = np.array([rng.permutation(n) for _ in range(n_orders)])
    trends = np.argsort(orders, axis=1) / n  # rising from stratum to stratum
    noise = 0.1 * rng.normal(size=(20, n, 2))
    outputs = noise + np.square(trends).sum(axis=0)[:, None]
    weighting = Weighting(n, orders=orders)
    within = np.square(weighting.deviations(outputs)).sum(axis=1) / (n - 1)
    assert_allclose(within.mean(), 0.01, rtol=0.15)
    error = standard_error(outputs, 1, weighting)
    # that of tuples is an estimate, and no less than a quarter
    least = 0.0 if n_orders == 1 else outputs.var(axis=1).mean() / 4
    assert_allclose(np.square(error).mean(), max(0.01, least) / n, rtol=0.1)
    assert outputs.var(axis=1).min() > 0.08
    plain = Weighting(n)
    assert_allclose(plain.deviations(outputs), plain.residuals(outputs))


def test_orders_of_evenly_spaced_references():
    orders = np.array([[3, 0, 2, 1, 5, 4], [5, 4, 3, 2, 1, 0]])
    weighting = Weighting(6, orders=orders)
    # of references 0, 2 and 5, which are second, third and fifth in the first order
    assert weighting.orders_of(3).tolist() == [[0, 1, 2], [2, 1, 0]]
    assert weighting.orders_of(6) is orders
    assert Weighting(6).orders_of(3) is None
    assert weighting.of_some(3).orders.tolist() == [[0, 1, 2], [2, 1, 0]]
    assert weighting.of_population().orders is None
