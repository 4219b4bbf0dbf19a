"""Stability of repeated explanations: tiny cases by hand, stable and unstable."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import spearmanr, t

from skdime import Disentangler, LocalExplainer
from skdime.metrics import (
    coefficient_stability_index,
    dispersion,
    rank_correlation,
    resampled_interval,
    resampled_se,
    sign_agreement,
    stability,
    top_k_overlap,
    variable_stability_index,
)

# small settings, which the explainer rightly complains of
pytestmark = pytest.mark.filterwarnings(
    "ignore:Too few perturbations lie near", "ignore:(UC|MI|UC and MI) (of|compare)"
)

# Three runs of four features; every pair can be compared by eye.
RUNS = np.array([[4.0, -3.0, 2.0, 1.0], [-4.0, -3.0, 2.0, 1.0], [1.0, 2.0, 3.0, 0.0]])


def test_by_hand():
    # ranks of |coef|: (4 3 2 1), (4 3 2 1), (2 3 4 1); runs 1 and 3 differ by
    # d = (2, 0, -2, 0), so that rho = 1 - 6 * 8 / (4 * 15) = 0.2
    assert rank_correlation(RUNS) == pytest.approx((1 + 0.2 + 0.2) / 3)
    # equal signs: 3 of 4; (+ -) of the first and third: 4 and 2 agree; second: 2 only
    assert sign_agreement(RUNS) == pytest.approx((3 / 4 + 2 / 4 + 1 / 4) / 3)
    # top 2: {0, 1}, {0, 1}, {2, 1}
    assert top_k_overlap(RUNS, k=2) == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert variable_stability_index(RUNS, k=2) == pytest.approx(200 / 3)
    variances = np.array([49 / 3, 25 / 3, 1 / 3, 1 / 3])
    squares = np.array([33, 22, 17, 2]) / 3
    expected = np.sqrt(variances.sum() / squares.sum())
    assert dispersion(RUNS) == pytest.approx(expected)


def test_csi_by_hand():
    # intervals +-1.96: (0, 3) and (3, 0) meet only when half widths add up to 3
    coef = [[0.0, 0.0], [3.0, 10.0], [6.0, 0.0]]
    se = np.ones((3, 2))
    # feature 0: 0-3 meet, 3-6 meet, 0-6 do not; feature 1: only the outer two meet
    found = coefficient_stability_index(coef, se)
    assert found == pytest.approx(100 * np.mean([2 / 3, 1 / 3]))
    assert coefficient_stability_index(coef, 10 * se) == 100
    assert coefficient_stability_index(coef, 0.01 * se, level=0.5) == pytest.approx(
        100 * 1 / 6
    )


def test_rank_correlation_is_spearman_with_ties():
    rng = np.random.RandomState(0)
    values = rng.randint(0, 4, size=(2, 12)).astype(float)
    expected = spearmanr(np.abs(values[0]), np.abs(values[1])).statistic
    assert rank_correlation(values) == pytest.approx(expected)


def test_axes_between_runs_and_features_are_kept():
    rng = np.random.RandomState(0)
    values = rng.normal(size=(3, 5, 2, 4))
    for measure in (rank_correlation, sign_agreement, top_k_overlap, dispersion):
        found = measure(values)
        assert found.shape == (5, 2)
        assert found[3, 1] == pytest.approx(measure(values[:, 3, 1]))


def test_missing_features_do_not_count():
    values = RUNS.copy()
    values[2, 3] = np.nan
    known = [measure(RUNS[:2]) for measure in (rank_correlation, sign_agreement)]
    assert known == [1, 0.75]
    # the third run has three features: ranks (3 2 1) of the others against (1 2 3)
    assert rank_correlation(values) == pytest.approx((1 - 1 - 1) / 3)
    assert sign_agreement(values) == pytest.approx((3 / 4 + 2 / 3 + 1 / 3) / 3)
    assert top_k_overlap(values, k=2) == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert top_k_overlap(values, k=3) == 1  # with three features there is no choice
    # the last feature has two runs, 1 and 1
    variances, squares = [49 / 3, 25 / 3, 1 / 3, 0], [11, 22 / 3, 17 / 3, 1]
    expected = np.sqrt(np.sum(variances) / np.sum(squares))
    assert dispersion(values) == pytest.approx(expected)


def test_nothing_to_compare_is_nan():
    unknown = np.array([[1.0, np.nan], [np.nan, 2.0]])
    for measure in (rank_correlation, sign_agreement, dispersion):
        assert np.isnan(measure(unknown))
    assert np.isnan(rank_correlation([[1.0], [2.0]]))  # one feature has no order
    assert np.isnan(rank_correlation([[1.0, 1.0], [1.0, 2.0]]))  # nor have equal ones
    assert np.isnan(top_k_overlap(RUNS, k=4))
    assert np.isnan(dispersion(np.zeros((2, 3))))


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="two or more runs"):
        rank_correlation([[1.0, 2.0]])
    with pytest.raises(ValueError, match="`k` must be an integer"):
        top_k_overlap(RUNS, k=0)
    with pytest.raises(ValueError, match="`se` must have the shape"):
        coefficient_stability_index(RUNS, RUNS[:, :2])
    with pytest.raises(ValueError, match="`level`"):
        resampled_interval(RUNS, 3, 1, level=95)
    with pytest.raises(ValueError, match="two or more explanations"):
        stability([])


def test_corrected_error_by_hand():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    variance = 5 / 3
    assert resampled_se(values, 75, 25) == pytest.approx(
        np.sqrt((1 / 4 + 1 / 3) * variance)
    )
    low, high = resampled_interval(values, 75, 25, level=0.9)
    reach = t.ppf(0.95, 3) * np.sqrt((1 / 4 + 1 / 3) * variance)
    assert (low, high) == pytest.approx((2.5 - reach, 2.5 + reach))
    some = np.array([[1.0, np.nan], [2.0, 5.0], [3.0, np.nan], [np.nan, np.nan]])
    assert resampled_se(some, 75, 25)[0] == pytest.approx(np.sqrt(1 / 3 + 1 / 3))
    assert np.isnan(resampled_se(some, 75, 25)[1])


@pytest.fixture(scope="module")
def runs():
    """Explanations by few and by many perturbations, five seeds each."""
    X = np.random.RandomState(0).normal(size=(200, 6))

    def model(X):
        waves = X + 2 * np.sin(3 * X)
        a, b = waves[:, :3] @ [3, 2, 1], waves[:, 3:] @ [1, 2, 3]
        return a + b + a * b

    dis = Disentangler(
        model, [("a", [0, 1, 2]), ("b", [3, 4, 5])], n_references=50, random_state=0
    )
    return {
        n_samples: [
            LocalExplainer(dis, n_samples=n_samples, random_state=seed)
            .fit(X)
            .explain(X[:10])
            for seed in range(4)
        ]
        for n_samples in (10, 200)
    }


@pytest.mark.slow
def test_stable_and_unstable_are_told_apart(runs):
    unstable, stable = (stability(runs[n], k=1).mean() for n in (10, 200))
    for measure in ("rank_correlation", "sign_agreement", "top_k_overlap"):
        assert (stable[measure] > unstable[measure]).all(), measure
    assert (stable["dispersion"] < unstable["dispersion"] / 2).all()
    assert (stable["rank_correlation"] > 0.8).all()
    assert (unstable["rank_correlation"] < 0.7).all()


def test_identical_runs_agree_entirely(runs):
    same = stability([runs[200][0]] * 3, k=1).mean()
    for measure in ("rank_correlation", "sign_agreement", "top_k_overlap"):
        np.testing.assert_allclose(same[measure], 1)
    np.testing.assert_allclose(same["coefficient_stability"], 100)
    np.testing.assert_allclose(same["dispersion"], 0, atol=1e-12)


def test_stability_is_that_of_its_arrays(runs):
    found = stability(runs[10], k=1)
    coef = np.stack([run.coef for run in runs[10]])
    se = np.stack([run.se for run in runs[10]])
    mine = coef[:, 4, 1, 3:, 0]  # MI of the second modality in one row
    assert found.rank_correlation[4, 1, 1, 0] == pytest.approx(rank_correlation(mine))
    assert found.dispersion[4, 1, 1, 0] == pytest.approx(dispersion(mine))
    assert found.coefficient_stability[4, 1, 1, 0] == pytest.approx(
        coefficient_stability_index(mine, se[:, 4, 1, 3:, 0])
    )
    assert "uc of a: rank correlation" in repr(found)


def test_features_are_joined_by_name(runs):
    first, second = runs[200][:2]
    order = np.array([1, 0, 2, 5, 4, 3])
    fields = ("coef", "se_references", "se_perturbations", "se_approximation")
    shuffled = dataclasses.replace(
        second,
        feature_names=second.feature_names[order],
        **{name: getattr(second, name)[:, :, order] for name in fields},
    )
    expected, found = stability([first, second]), stability([first, shuffled])
    np.testing.assert_allclose(found.rank_correlation, expected.rank_correlation)
    np.testing.assert_allclose(found.dispersion, expected.dispersion)


def test_a_part_that_does_not_vary_has_no_stability():
    X = np.random.RandomState(0).normal(size=(80, 4))
    dis = Disentangler(lambda X: X @ [1.0, 2, 3, 4], [("a", [0, 1]), ("b", [2, 3])])
    runs = [
        LocalExplainer(dis, n_samples=50, random_state=seed).fit(X).explain(X[:5])
        for seed in range(3)
    ]
    means = stability(runs, k=1).mean()
    for name in ("rank_correlation", "sign_agreement", "top_k_overlap", "dispersion"):
        assert np.isfinite(means[name][0]).all(), name
        assert np.isnan(means[name][1]).all(), name  # MI is rounding errors


def test_other_rows_are_refused(runs):
    with pytest.raises(ValueError, match="the same rows"):
        stability([runs[10][0], runs[10][1][::-1]])


def test_frame(runs):
    pytest.importorskip("pandas")
    found = stability(runs[10], k=1)
    frame = found.to_frame().set_index(["part", "modality", "output"])
    assert len(frame) == 4
    assert frame.loc[("mi", "b", "output"), "dispersion"] == pytest.approx(
        found.mean()["dispersion"][1, 1, 0]
    )


def test_one_explanation_is_not_several(runs):
    with pytest.raises(TypeError, match=r"list of two or more.*Got one Explanation"):
        stability(runs[10][0])


@pytest.mark.parametrize("level", [0, 1, 2, -0.5])
def test_level_of_csi(level):
    with pytest.raises(ValueError, match="`level` must be between 0 and 1"):
        coefficient_stability_index(np.ones((2, 3)), np.ones((2, 3)), level)


def test_ties_share_the_places_of_the_top():
    # three features tie for the second place of two
    tied = [[3.0, 1.0, 1.0, 1.0], [3.0, 1.0, 1.0, 1.0]]
    assert top_k_overlap(tied, k=2) == pytest.approx(1)
    assert top_k_overlap([tied[0], [3.0, 1.0, 0.0, 0.0]], k=2) == pytest.approx(
        (1 + 1 / 3) / 2
    )
    # the order of features does not matter
    for order in ([3, 2, 1, 0], [1, 0, 3, 2]):
        other = np.array([tied[0], [3.0, 1.0, 0.0, 0.0]])[:, order]
        assert top_k_overlap(other, k=2) == pytest.approx(2 / 3)


def test_zeros_are_never_at_the_top():
    zeros = np.zeros(5)
    one = np.array([0.0, 0, 7, 0, 0])
    assert np.isnan(top_k_overlap([zeros, zeros], k=2))
    assert top_k_overlap([zeros, one], k=2) == 0
    assert top_k_overlap([one, 2 * one], k=2) == 1
    assert top_k_overlap([one, [1.0, 0, 7, 0, 0]], k=2) == 0.5


def test_signs_of_what_is_not_read_do_not_disagree():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200, 4))
    dis = Disentangler(  # the last column is not read
        lambda X: X[:, 0] * X[:, 2] + X[:, 1],
        [("a", [0, 1]), ("b", [2, 3])],
        random_state=0,
    )
    runs = [
        LocalExplainer(dis, n_samples=50, random_state=seed).fit(X).explain(X[:5])
        for seed in range(3)
    ]
    agreement = stability(runs).sign_agreement
    np.testing.assert_array_equal(agreement[~np.isnan(agreement)], 1)


def test_exact_coefficients_overlap_up_to_rounding():
    coef = np.array([[0.1 + 0.2, 5.0], [0.3, 5.0 + 1e-6]])
    csi = coefficient_stability_index(coef, np.zeros_like(coef))
    assert csi == 50
