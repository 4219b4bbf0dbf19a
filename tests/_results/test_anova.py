"""The arithmetic of UC and MI, and that every module that uses it adds up."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime._results.anova import (
    include_row,
    main_effects,
    normal_interval,
    pair_effect,
    parts,
    shrinkage,
    unimodal_contribution,
)
from skdime.perturbers import MaskedTabularPerturber
from tests._data import largest, slopes

MODALITIES = {
    2: [("a", [0, 3]), ("b", [1, 2, 4])],
    3: [("a", [0, 3]), ("b", [1, 2]), ("c", [4])],
}


def interacting(X):
    return np.exp(X[:, 0] / 2) * X[:, 1] + X[:, 2] * X[:, 4]


def explainer(X, n_modalities, *, include_self, perturbers="auto", **options):
    dis = Disentangler(
        interacting,
        MODALITIES[n_modalities],
        n_references=12,
        include_self=include_self,
        random_state=0,
    )
    options = {"n_samples": 60, "random_state": 0} | options
    return LocalExplainer(dis, perturbers, **options).fit(X)


@pytest.mark.parametrize("factor", [1.0, 0.7])
def test_parts_are_shares_of_the_output_and_of_uc(factor):
    uc, mi = parts(np.array([5.0]), np.array([2.0]), factor)
    np.testing.assert_allclose([uc[0], mi[0]], [5 - 3 * factor, 3 * factor])


def test_the_factor_is_the_share_that_the_row_itself_does_not_have():
    assert shrinkage(3, 2) == (3 / 4) ** 2
    assert shrinkage(3, 3) == 3 / 4


PERTURBERS = {
    "drawn": "auto",
    "masked": [("b", MaskedTabularPerturber())],
}


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
@pytest.mark.parametrize("perturbers", PERTURBERS.values(), ids=PERTURBERS)
@pytest.mark.parametrize("n_modalities", [2, 3])
def test_a_row_among_its_references_moves_a_share_of_mi_into_uc(
    X, n_modalities, perturbers, algorithm
):
    options = {"perturbers": perturbers, "algorithm": algorithm}
    without, included = (
        explainer(X, n_modalities, include_self=s, **options).explain(X[:4])
        for s in (False, True)
    )
    factor = shrinkage(12, n_modalities)
    for name in ("coef", "target", "local_prediction", "intercept"):
        others, own = getattr(without, name), getattr(included, name)
        # length scales of bent effects and of completed contexts are optima
        close = {"rtol": 0, "atol": 1e-4 * largest(others)}
        np.testing.assert_allclose(own[:, 1], factor * others[:, 1], **close)
        np.testing.assert_allclose(own.sum(axis=1), others.sum(axis=1), **close)
    decomposition = included.decomposition
    if n_modalities == 3:
        others, decomposition = (
            explainer(X, 3, include_self=s, **options)
            .explain(X[:4], pair=("a", "b"))
            .decomposition
            for s in (False, True)
        )
        # what is the row's own has no error
        np.testing.assert_allclose(decomposition.uc_se, factor * others.uc_se)
    total = decomposition.uc + decomposition.mi
    np.testing.assert_allclose(total, decomposition.output, atol=1e-12)


@pytest.mark.parametrize("are_lines", [False, True])
@pytest.mark.parametrize("include_self", [False, True])
@pytest.mark.parametrize("n_modalities", [2, 3])
def test_the_sampling_error_is_that_of_the_reported_parts(
    X, n_modalities, include_self, are_lines
):
    exp = explainer(
        X,
        n_modalities,
        include_self=include_self,
        perturbers=slopes(MODALITIES[n_modalities]) if are_lines else "auto",
        algorithm="exhaustive",
    )
    # it is judged by all 12 tuples of references as rows
    rows = np.empty((12, 5))
    references = exp.disentangler_._references
    for m, (_, columns) in enumerate(references.modalities):
        rows[:, columns] = references.blocks[m]
    explanation = exp.explain(rows)
    squares = np.square(explanation.se_perturbations), np.square(explanation.coef)
    wrong, size = (s.sum(axis=(1, 2, 3)) for s in squares)
    expected = np.sqrt(wrong.max() / size.mean())
    error = exp._fits.sampling_error(exp._engine(0, "fit"))
    # what is missed at a row is a difference: it keeps fewer digits
    assert error == pytest.approx(expected, rel=1e-9 if are_lines else 1e-3)


# Two rows of two modalities with one output, and the mean where both are absent.
CONDITIONAL = np.array([[[5.0], [1.0]], [[2.0], [4.0]]])
BASELINE = np.array([2.0])


def test_main_effects_are_what_a_modality_adds_to_the_baseline():
    main = main_effects(CONDITIONAL, BASELINE)
    np.testing.assert_array_equal(main[..., 0], [[3, -1], [0, 2]])
    unimodal = unimodal_contribution(main, BASELINE)
    # F_1 + F_2 - F_0
    np.testing.assert_array_equal(unimodal, [[4], [4]])


def test_three_modalities_take_the_baseline_away_twice():
    conditional = np.array([[[5.0], [1.0], [7.0]]])
    main = main_effects(conditional, BASELINE)
    assert unimodal_contribution(main, BASELINE) == 5 + 1 + 7 - 2 * 2


def test_a_pair_is_what_neither_modality_adds_by_itself():
    # of the product of two columns with means 0: F_m = 0 and F_mn the product
    assert pair_effect(6.0, 0.0, 0.0, 0.0) == 6
    # of their sum: nothing
    assert pair_effect(2.0 + 3.0, 2.0, 3.0, 0.0) == 0
    assert pair_effect(9.0, 4.0, 5.0, 2.0) == 2


@pytest.mark.parametrize("factor", [1.0, 0.7])
def test_what_uc_gains_of_the_row_itself_is_divided_equally(factor):
    output, baseline, main = np.array([[9.0]]), BASELINE, np.array([[[3.0], [-1.0]]])
    found = include_row(output, baseline, main, factor)
    gain = (1 - factor) * (9 - 2)
    expected = factor * main[0, :, 0] + gain / 2
    np.testing.assert_allclose(found[0, :, 0], expected)
    uc, _ = parts(output, unimodal_contribution(main, baseline), factor)
    np.testing.assert_allclose(unimodal_contribution(found, baseline), uc)


def test_three_modalities_with_the_row_as_one_more_tuple():
    output, means, baseline = 9.0, np.array([5.0, 1.0, 7.0]), 2.0
    uc = means.sum() - 2 * baseline
    # of four tuples one is the row, which gives every mean its output
    joined, base = (3 * means + output) / 4, (3 * baseline + output) / 4
    expected = joined.sum() - 2 * base
    np.testing.assert_allclose(parts(output, uc, shrinkage(3, 3))[0], expected)


def test_two_modalities_with_the_row_among_its_references_by_their_means():
    """UC over N + 1 references, one of which is the row, is that of `parts`."""
    rng = np.random.RandomState(0)
    (x, y), first, second = rng.normal(size=2), rng.normal(size=3), rng.normal(size=3)
    uc = x * second.mean() + y * first.mean() - first.mean() * second.mean()
    a, b = np.append(first, x).mean(), np.append(second, y).mean()
    joined = x * b + y * a - a * b
    np.testing.assert_allclose(parts(x * y, uc, shrinkage(3, 2))[0], joined)


def test_intervals_of_the_normal_distribution():
    lower, upper = normal_interval(np.array([1.0, 2.0]), np.array([0.0, 0.5]), 0.95)
    np.testing.assert_allclose(upper - lower, [0, 1.959963984540054])
    np.testing.assert_allclose((lower + upper) / 2, [1, 2])
    narrow = normal_interval(2.0, 0.5, 0.6826894921370859)
    np.testing.assert_allclose(narrow, [1.5, 2.5])


@pytest.mark.parametrize("level", [0, 1, -0.5, 95])
def test_levels_that_are_no_probability(level):
    with pytest.raises(ValueError, match=f"between 0 and 1. Got {level}"):
        normal_interval(0.0, 1.0, level)
