"""Columns completed from landmarks: what is exact, what is estimated, how well."""

import numpy as np
import pytest

from skdime._references import completion
from skdime._references.completion import (
    Completion,
    choose_landmarks,
    linear_trend,
)

N_SAMPLES, N_LANDMARKS = 120, 40


@pytest.fixture(scope="module")
def regressors():
    return np.random.RandomState(0).normal(size=(N_SAMPLES, 3))


def spanned(regressors, n_columns, seed, *, slopes=1.0):
    """Three fixed directions, a constant and a linear trend, mixed at random."""
    directions = np.random.RandomState(1).normal(size=(len(regressors), 3))
    rng = np.random.RandomState(seed)
    columns = directions @ rng.normal(size=(3, n_columns)) + rng.normal(size=n_columns)
    trend = regressors @ rng.normal(size=(3, n_columns))
    return (columns + slopes * trend)[:, :, None]


def smooth(regressors, n_columns, seed, n_outputs=1):
    """Smooth nonlinear functions of the draws, a few of one family."""
    rng = np.random.RandomState(seed)
    columns = np.zeros((len(regressors), n_columns, n_outputs))
    for _ in range(3):
        slopes = rng.normal(size=(regressors.shape[1], n_columns * n_outputs))
        shift, height = rng.normal(size=(2, n_columns, n_outputs))
        inner = (regressors @ slopes).reshape(columns.shape)
        columns += height * np.tanh(0.7 * inner + shift)
    return columns


def complete(columns, regressors, n_landmarks=N_LANDMARKS):
    order = choose_landmarks(
        columns, linear_trend(regressors), np.random.RandomState(0)
    )
    made = Completion(columns, linear_trend(regressors), order, n_landmarks)
    return made, made.level(n_landmarks)


def at_landmarks(level, columns):
    """Values of columns in the order in which rows are completed."""
    return np.swapaxes(columns[level.chosen], 0, 1)


def slopes_of(regressors, n_rows):
    """Local slopes around some of the draws, times a contrast: a row's operator."""
    operators = []
    for row in regressors[:n_rows]:
        weights = np.exp(-np.square(regressors - row).sum(axis=1) / 4)
        weights /= weights.sum()
        centred = regressors - weights @ regressors
        gram = centred.T @ (weights[:, None] * centred) + 1e-3 * np.eye(len(row))
        solved = np.linalg.solve(gram, (weights[:, None] * centred).T)
        operators.append(row[:, None] * solved)
    return np.array(operators)


def errors_and_bounds(level, columns, operators):
    """Norm of the errors of coefficients, one column for each operator."""
    completed, residuals = level.complete(at_landmarks(level, columns))
    wrong = completed - np.swapaxes(columns, 0, 1)
    errors = np.sqrt(np.square(operators @ wrong).sum(axis=1))
    estimate = level.coefficient_error(operators, residuals)
    return errors, estimate.expected, estimate.bound


# --- what is exact --------------------------------------------------------------------


@pytest.mark.parametrize("n_known", [8, 20])
def test_what_known_columns_and_a_trend_span_is_completed(regressors, n_known):
    # eight columns do not hold all slopes of the trend: the regressors do
    _, level = complete(spanned(regressors, n_known, 2), regressors)
    new = spanned(regressors, 30, 3)
    completed, residuals = level.complete(at_landmarks(level, new))
    np.testing.assert_allclose(completed, np.swapaxes(new, 0, 1), atol=1e-3)
    assert residuals.max() < 1e-3


def test_directions_alone_are_completed_without_a_trend(regressors):
    # fewer numbers than columns: the known columns are not independent
    known = spanned(regressors, 12, 2, slopes=0)
    assert np.linalg.matrix_rank(known[:, :, 0]) < 12
    _, level = complete(known, regressors)
    new = spanned(regressors, 30, 3, slopes=0)
    completed, _ = level.complete(at_landmarks(level, new))
    np.testing.assert_allclose(completed, np.swapaxes(new, 0, 1), atol=1e-3)


def test_values_at_landmarks_are_returned_as_they_are(regressors):
    _, level = complete(smooth(regressors, 12, 2, n_outputs=2), regressors)
    values = np.random.RandomState(3).normal(size=(5, N_LANDMARKS, 2))
    completed, _ = level.complete(values)
    assert completed.shape == (5, N_SAMPLES, 2)
    np.testing.assert_array_equal(completed[:, level.chosen], values)


def test_rows_are_completed_each_by_itself(regressors):
    _, level = complete(smooth(regressors, 12, 2), regressors)
    values = at_landmarks(level, smooth(regressors, 6, 3))
    together, residuals = level.complete(values)
    alone, residual = level.complete(values[4:5])
    np.testing.assert_allclose(alone, together[4:5], rtol=0, atol=1e-12)
    np.testing.assert_allclose(residual, residuals[4:5], rtol=1e-10)


def test_outputs_are_completed_each_by_itself(regressors):
    known = smooth(regressors, 12, 2, n_outputs=3)
    new = smooth(regressors, 4, 3, n_outputs=3)
    order = choose_landmarks(known, linear_trend(regressors), np.random.RandomState(0))
    completed, residuals = _completed(known, regressors, order, new)
    for c in range(3):
        alone, residual = _completed(
            known[:, :, [c]], regressors, order, new[:, :, [c]]
        )
        np.testing.assert_allclose(alone, completed[:, :, [c]], rtol=0, atol=1e-10)
        np.testing.assert_allclose(residual, residuals[:, [c]], rtol=1e-8)


def _completed(known, regressors, order, new):
    level = Completion(known, linear_trend(regressors), order, N_LANDMARKS).level(
        N_LANDMARKS
    )
    return level.complete(at_landmarks(level, new))


def test_many_outputs_are_tuned_a_few_at_a_time(regressors, monkeypatch):
    known = smooth(regressors, 12, 2, n_outputs=7)
    trend = linear_trend(regressors)
    order = choose_landmarks(known, trend, np.random.RandomState(0))
    expected = Completion(known, trend, order, N_LANDMARKS)
    monkeypatch.setattr(completion, "_TOGETHER", 2 * known[:, :, 0].size)
    few = Completion(known, trend, order, N_LANDMARKS)
    np.testing.assert_array_equal(few.weights, expected.weights)
    assert len(np.unique(expected.weights, axis=0)) > 1
    monkeypatch.undo()
    level = expected.level(N_LANDMARKS)
    monkeypatch.setattr(completion, "_TOGETHER", 2 * known[:, :, 0].size)
    by_few = few.level(N_LANDMARKS)
    np.testing.assert_allclose(by_few.errors, level.errors, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(by_few.residuals, level.residuals, rtol=1e-9)


def test_some_of_the_outputs(regressors):
    known = smooth(regressors, 12, 2, n_outputs=3)
    made, level = complete(known, regressors)
    some = level.of_outputs(np.array([2, 0]))
    values = np.random.RandomState(3).normal(size=(5, N_LANDMARKS, 3))
    for ours, all_of_them in zip(
        some.complete(values[..., [2, 0]]), level.complete(values), strict=True
    ):
        np.testing.assert_allclose(ours, all_of_them[..., [2, 0]], atol=1e-12)
    np.testing.assert_array_equal(some.errors, level.errors[..., [2, 0]])
    np.testing.assert_array_equal(some.residuals, level.residuals[:, [2, 0]])
    later = made.of_outputs(np.array([2, 0])).level(N_LANDMARKS)
    np.testing.assert_allclose(later.errors, some.errors, atol=1e-12)


@pytest.mark.parametrize("factor", [1e-9, 1e9])
def test_the_unit_of_the_outputs_does_not_matter(regressors, factor):
    known, new = smooth(regressors, 12, 2), smooth(regressors, 5, 3)
    order = choose_landmarks(known, linear_trend(regressors), np.random.RandomState(0))
    expected, residuals = _completed(known, regressors, order, new)
    found, scaled = _completed(factor * known, regressors, order, factor * new)
    np.testing.assert_allclose(found / factor, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(scaled / factor, residuals, rtol=1e-7)


# --- the formulas ---------------------------------------------------------------------


def textbook(made, level):
    """Mean and covariance of columns over the draws, and the variance of the noise.

    Kriging with the empirical covariance of the known columns and that of a linear
    trend with random slopes, in units of the mean variance of a draw.
    """
    known, (trend, noise) = made.columns[0], made.weights[0]
    covariance = np.cov(known)
    unit = np.trace(covariance) / len(covariance)
    directions = made.trend
    covariance = covariance / unit
    covariance += trend * directions @ directions.T
    return known.mean(axis=1), covariance, noise


def kriging(mean, covariance, noise, where, values):
    inner = covariance[np.ix_(where, where)] + noise * np.eye(len(where))
    weights = np.linalg.solve(inner, values - mean[where])
    return mean + covariance[:, where] @ weights


@pytest.mark.parametrize("family", [smooth, spanned])
def test_completion_is_kriging(regressors, family):
    made, level = complete(family(regressors, 10, 2), regressors)
    new = family(regressors, 5, 3)
    completed, _ = level.complete(at_landmarks(level, new))
    others = np.setdiff1d(np.arange(N_SAMPLES), level.chosen)
    for i in range(5):
        expected = kriging(
            *textbook(made, level), level.chosen, new[level.chosen, i, 0]
        )
        np.testing.assert_allclose(
            completed[i, others, 0], expected[others], rtol=0, atol=1e-6
        )


def test_residuals_are_those_of_leaving_a_landmark_out(regressors):
    made, level = complete(smooth(regressors, 10, 2), regressors)
    model = textbook(made, level)
    values = smooth(regressors, 1, 3)[level.chosen, 0, 0]
    residuals = []
    for i, left_out in enumerate(level.chosen):
        others = np.arange(N_LANDMARKS) != i
        fitted = kriging(*model, level.chosen[others], values[others])
        residuals.append(values[i] - fitted[left_out])
    deviation = values - level.mean[level.chosen, 0]
    _, explained = level.kriging.predict(deviation[None, :, None])
    left_out = level.kriging.left_out(explained)
    np.testing.assert_allclose(left_out[0, :, 0], residuals, atol=1e-8)
    _, size = level.complete(values[None, :, None])
    assert size[0, 0] == pytest.approx(np.sqrt(np.mean(np.square(residuals))))


def test_errors_of_known_columns_are_those_of_leaving_their_fold_out(regressors):
    known = smooth(regressors, 12, 2)
    made, level = complete(known, regressors)
    folds = np.arange(12) % 6
    for fold in range(6):
        fewer = Completion(
            known[:, folds != fold],
            linear_trend(regressors),
            made.order,
            N_LANDMARKS,
        )
        fewer.weights = made.weights
        left_out = known[:, folds == fold]
        other = fewer.level(N_LANDMARKS)
        completed, residuals = other.complete(at_landmarks(other, left_out))
        errors = np.swapaxes(completed, 0, 1) - left_out
        np.testing.assert_allclose(level.errors[:, folds == fold], errors, atol=1e-10)
        np.testing.assert_allclose(level.residuals[folds == fold], residuals)


def test_weights_are_those_that_complete_known_columns_best(regressors):
    known = smooth(regressors, 12, 2)
    made, level = complete(known, regressors)
    lost = np.square(level.errors).sum()
    for trend, noise in [(0.0, 1e-6), (0.1, 1e-1), (1e-2, 1e-3)]:
        made.weights = np.array([[trend, noise]])
        other = made.level(N_LANDMARKS)
        assert lost <= np.square(other.errors).sum() * (1 + 1e-12)


# --- landmarks ------------------------------------------------------------------------


@pytest.mark.parametrize("n_columns, n_outputs", [(1, 1), (10, 1), (30, 5)])
def test_landmarks_are_a_permutation(regressors, n_columns, n_outputs):
    columns = smooth(regressors, n_columns, 2, n_outputs)
    orders = [
        choose_landmarks(columns, linear_trend(regressors), np.random.RandomState(seed))
        for seed in (0, 0, 1)
    ]
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(N_SAMPLES))
    np.testing.assert_array_equal(*orders[:2])
    assert (orders[0] != orders[2]).any()  # what no column tells apart is shuffled


def test_landmarks_do_not_depend_on_global_generators(regressors):
    columns = smooth(regressors, 30, 2, n_outputs=5)
    np.random.seed(0)
    first = choose_landmarks(
        columns, linear_trend(regressors), np.random.RandomState(0)
    )
    np.random.seed(1)
    second = choose_landmarks(
        columns, linear_trend(regressors), np.random.RandomState(0)
    )
    np.testing.assert_array_equal(first, second)


def test_draws_that_only_some_columns_know_of_are_landmarks(regressors):
    special = [3, 50, 70, 111]
    columns = np.zeros((N_SAMPLES, 8, 1))
    columns[special] = np.random.RandomState(0).normal(size=(4, 8, 1))
    order = choose_landmarks(
        columns, linear_trend(regressors), np.random.RandomState(0)
    )
    assert set(special) <= set(order[:8].tolist())


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_landmarks_of_constants(value):
    columns = np.full((N_SAMPLES, 5, 1), value)
    order = choose_landmarks(columns, np.zeros((N_SAMPLES, 2)), np.random.RandomState())
    np.testing.assert_array_equal(np.sort(order), np.arange(N_SAMPLES))


# --- estimated errors -----------------------------------------------------------------


@pytest.mark.parametrize("n_landmarks", [32, 64])
@pytest.mark.parametrize("n_known", [12, 24])
def test_bounds_cover_the_errors(n_known, n_landmarks):
    covered, looseness = [], []
    for seed in range(4):
        regressors = np.random.RandomState(seed).normal(size=(300, 4))
        columns = smooth(regressors, n_known + 150, 10 + seed)
        known, new = columns[:, :n_known], columns[:, n_known:]
        _, level = complete(known, regressors, n_landmarks)
        errors, _, bounds = errors_and_bounds(level, new, slopes_of(regressors, 150))
        covered.append(errors <= bounds)
        looseness.append(np.median(bounds) / np.median(errors))
    assert np.mean(covered) >= 0.9
    assert np.median(looseness) < 8


def test_expected_errors_have_the_size_of_errors():
    regressors = np.random.RandomState(0).normal(size=(300, 4))
    columns = smooth(regressors, 24 + 150, 1)
    _, level = complete(columns[:, :24], regressors, 64)
    errors, expected, bounds = errors_and_bounds(
        level, columns[:, 24:], slopes_of(regressors, 150)
    )
    assert 0.25 < np.median(errors) / np.median(expected) < 4
    assert (expected <= bounds).all()


def test_errors_shrink_with_landmarks():
    regressors = np.random.RandomState(0).normal(size=(300, 4))
    columns = smooth(regressors, 24 + 50, 1)
    made, _ = complete(columns[:, :24], regressors, 64)
    operators = slopes_of(regressors, 50)
    found = [
        errors_and_bounds(made.level(q), columns[:, 24:], operators)
        for q in (16, 32, 64, 128, 256)
    ]
    errors, expected, _ = np.median(found, axis=2)[:, :, 0].T
    assert (np.diff(errors) < 0).all()
    assert (np.diff(expected) < 0).all()


def test_errors_scale_with_the_outputs(regressors):
    columns = smooth(regressors, 17, 2)
    operators = slopes_of(regressors, 5)
    order = choose_landmarks(
        columns[:, :12], linear_trend(regressors), np.random.RandomState(0)
    )
    found = []
    for factor in (1.0, 1e6):
        known, new = factor * columns[:, :12], factor * columns[:, 12:]
        level = Completion(known, linear_trend(regressors), order, N_LANDMARKS).level(
            N_LANDMARKS
        )
        _, expected, bounds = errors_and_bounds(level, new, operators)
        found.append(np.array([expected, bounds]) / factor)
    np.testing.assert_allclose(*found, rtol=1e-6)


def test_one_operator_may_serve_all_rows(regressors):
    _, level = complete(smooth(regressors, 12, 2), regressors)
    operators = slopes_of(regressors, 1)
    _, residuals = level.complete(at_landmarks(level, smooth(regressors, 6, 3)))
    shared = level.coefficient_error(operators, residuals)
    each = level.coefficient_error(np.repeat(operators, 6, axis=0), residuals)
    for found, expected in zip(shared, each, strict=True):
        np.testing.assert_allclose(found, expected)


def test_columns_in_a_mean(regressors):
    # a weighted mean over all columns is completed as all of them are
    known, new = smooth(regressors, 12, 2), smooth(regressors, 5, 3)
    _, level = complete(known, regressors)
    weights = np.array([0.3, -0.1, 0.2, 0.05, 0.0])  # the known ones have the rest
    values = level.combined(new[level.chosen], weights)
    completed, _ = level.complete(values)
    each, _ = level.complete(at_landmarks(level, new))
    rest = (1 - weights.sum()) * level.mean
    expected = rest + np.einsum("jpc,j->pc", each, weights)
    np.testing.assert_allclose(completed[0], expected, atol=1e-10)


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_constant_columns_have_no_error(regressors, value):
    known = np.full((N_SAMPLES, 12, 1), value)
    _, level = complete(known, regressors)
    operators = slopes_of(regressors, 4)
    errors, expected, bounds = errors_and_bounds(level, known[:, :4], operators)
    np.testing.assert_allclose([errors, expected, bounds], 0, atol=1e-13)


def test_constants_of_different_height_have_no_error(regressors):
    heights = np.random.RandomState(2).normal(size=16)
    columns = np.tile(heights, (N_SAMPLES, 1))[:, :, None]
    _, level = complete(columns[:, :12], regressors)
    operators = slopes_of(regressors, 4)
    errors, expected, bounds = errors_and_bounds(level, columns[:, 12:], operators)
    np.testing.assert_allclose([errors, expected, bounds], 0, atol=1e-5)


@pytest.mark.parametrize("known", ["constant", "alike", "of one kind"])
def test_columns_unlike_any_that_is_known(known):
    # as a rare flag, or a category, makes them
    regressors = np.random.RandomState(0).normal(size=(300, 4))
    kind = np.tanh(regressors[:, :1] * regressors[:, 1:2])[:, :, None]
    heights = {"constant": [0.0], "alike": [1.0], "of one kind": range(12)}[known]
    columns = np.repeat(kind, 12, axis=1) * np.resize(heights, 12)[:, None]
    _, level = complete(columns, regressors, 32)
    new = smooth(regressors, 100, 3)
    errors, _, bounds = errors_and_bounds(level, new, slopes_of(regressors, 100))
    assert (errors <= bounds).mean() >= 0.9
