"""What a column does between the values of draws: steps are told from curves."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime._surrogates.between_values import most_smeared, nearest, squared_misses


def missed(draws, effects, rows, at_row, *, sd=0.0):
    """Errors of one target, from its effect at the draws."""
    rows = np.asarray(rows, dtype=float)
    groups = nearest(draws, rows)
    effects = groups.means(effects[None, :, None])
    at_row = np.reshape(at_row, (-1, 1)).astype(float)
    variance = np.full_like(at_row, sd**2)
    squared = squared_misses(groups, rows, effects, at_row, variance)
    return np.sqrt(squared[:, 0])


@pytest.fixture
def draws():
    """Values 0 to 9, twenty draws of each, in no order, and some missing."""
    values = np.repeat(np.arange(10.0), 20)
    return np.r_[np.random.RandomState(0).permutation(values), np.nan, np.nan]


def test_nearest_draws_by_hand():
    draws = np.r_[np.repeat([1.0, 2.0, 3.0, 4.0], 10), np.nan]
    groups = nearest(draws, np.array([2.5, 2.0, 0.0, 5.0]))
    expected = [[1, 2, 3, 4], [1, 2, 2, 3], [0, 0, 1, 2], [3, 4, 0, 0]]
    counts = [[10] * 4, [10] * 4, [0, 0, 10, 10], [10, 10, 0, 0]]
    assert np.array_equal(groups.values, expected)
    assert np.array_equal(groups.counts, counts)


def test_few_draws_of_the_same_value_are_below():
    groups = nearest(np.arange(200.0), np.array([50.0]))
    assert np.array_equal(groups.values, [[35.5, 45.5, 55.5, 65.5]])


def test_of_few_draws_fewer_are_near():
    groups = nearest(np.arange(40.0), np.array([9.5]))
    assert np.array_equal(groups.counts, [[2, 2, 2, 2]])


def test_step_between_two_values(draws):
    # at 4.25 a step between 4 and 5 is at the height of 4 with probability 3/4
    error = missed(draws, 1.0 * (draws > 4.5), [4.25], [0.25])
    assert error == pytest.approx(np.sqrt(0.25 * 0.75))


def test_nothing_is_missed_at_values_of_draws_and_away_from_the_step(draws):
    rows = np.array([4.0, 5.0, 2.5, 7.5])
    assert missed(draws, 1.0 * (draws > 4.5), rows, rows > 4.5) == pytest.approx(0)


def test_straight_lines_are_followed_and_go_on(draws):
    rows = np.array([-3.0, 0.5, 4.2, 12.0])
    assert missed(draws, 2 * draws, rows, 2 * rows) == pytest.approx(0, abs=1e-6)


def test_what_leaves_the_line_is_missed(draws):
    assert missed(draws, 2 * draws, [4.5, 12.0], [9.3, 20.0]) == pytest.approx([0.3, 4])


def test_a_smooth_surrogate_misses_what_it_smears_at_the_nearest_draws(draws):
    residuals = np.where(draws == 4, 0.3, np.where(draws == 5, -0.2, 0.1))
    groups = nearest(draws, np.array([4.5, 7.5]))
    most = most_smeared(groups, np.square(residuals)[None, :, None])
    np.testing.assert_allclose(np.sqrt(most[:, 0]), [0.9, 0.3])


def test_chance_is_no_step(draws):
    noise = np.random.RandomState(0).normal(size=len(draws))
    rows = np.linspace(0.2, 8.8, 30)
    errors = missed(draws, noise, rows, np.zeros(30), sd=1.0)
    assert np.median(errors) == 0
    assert np.mean(errors**2) < 1 / 20


def stepping(X):
    """Steps of two columns that meet: seen by one of them at a time only."""
    return np.logical_or(X[:, 0] > 0.52, X[:, 1] > 0.52) * (1.0 + X[:, 2])


def exact(X, row):
    """UC of both columns of the first modality against all rows."""
    low, high = (X[:, :2] > 0.52).mean(axis=0), row[:2] > 0.52
    none = 1 - np.prod(1 - low)
    alone = [max(h, other) for h, other in zip(high, low[::-1], strict=True)]
    both = float(high.any())
    of_first = (alone[0] - none + both - alone[1]) / 2
    of_second = (alone[1] - none + both - alone[0]) / 2
    return np.array([of_first, of_second]) * (1 + X[:, 2].mean())


def test_errors_cover_steps_between_few_training_values():
    rng = np.random.RandomState(0)
    # no training value between .4 and .6, in which the rows lie
    X = np.column_stack([rng.permutation(np.r_[0:0.4:20j, 0.6:1:20j]) for _ in "ab"])
    X = np.column_stack([X, rng.normal(size=(40, 2))])
    rows = np.array([[0.51, 0.53, 0, 0], [0.45, 0.58, 1, 0], [0.55, 0.55, 0, 0]])
    disentangler = Disentangler(
        stepping, [("a", [0, 1]), ("b", [2, 3])], n_references=None
    )
    explainer = LocalExplainer(disentangler, algorithm="draws", random_state=0).fit(X)
    explanation = explainer.explain(rows)
    truth = np.array([exact(X, row) for row in rows])
    coef, se = explanation.coef[:, 0, :2, 0], explanation.se[:, 0, :2, 0]
    assert np.abs(coef - truth).max() > 0.1
    assert (np.abs(coef - truth) < 3 * se).all()


def test_a_smooth_model_keeps_small_errors():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 4))

    def smooth(X):
        return np.sin(X[:, 0] + X[:, 1]) + X[:, 0] * X[:, 2]

    disentangler = Disentangler(
        smooth, [("a", [0, 1]), ("b", [2, 3])], n_references=None
    )
    explainer = LocalExplainer(disentangler, algorithm="draws", random_state=0).fit(X)
    se = explainer.explain(rng.normal(size=(20, 4))).se
    assert np.median(se) < 0.02


@pytest.mark.parametrize("n_levels", [3, 1000])
@pytest.mark.parametrize("n_rows", [1, 6])
def test_means_over_groups_one_by_one(n_levels, n_rows):
    """Groups of many equal draws, and of few."""
    rng = np.random.RandomState(0)
    draws = np.r_[rng.randint(n_levels, size=200) * 1.0, np.nan]
    groups = nearest(draws, np.r_[draws[:4], -1.0, 2.5])
    values = rng.normal(size=(n_rows, 201, 2))
    means = groups.means(values)
    assert means.shape == (6, 4, 2)
    for i, g in np.ndindex(6, 4):
        some = groups.order[groups.start[i, g] : groups.stop[i, g]]
        mean = values[i % n_rows, some].mean(axis=0) if len(some) else [0, 0]
        np.testing.assert_allclose(means[i, g], mean, atol=1e-12)
