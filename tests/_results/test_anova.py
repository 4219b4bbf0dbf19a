"""The arithmetic of UC and MI, and that every module that uses it adds up."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime._results.anova import parts, shrinkage
from skdime.perturbers import MaskedTabularPerturber

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
        np.testing.assert_allclose(own[:, 1], factor * others[:, 1], atol=1e-9)
        np.testing.assert_allclose(own.sum(axis=1), others.sum(axis=1), atol=1e-9)
    decomposition = included.decomposition
    if n_modalities == 3:
        pair = explainer(X, 3, include_self=True, **options).explain(
            X[:4], pair=("a", "b")
        )
        decomposition = pair.decomposition
        errors = np.sqrt(np.square(decomposition.main_se).sum(axis=1))
        np.testing.assert_allclose(decomposition.uc_se, errors)
    total = decomposition.uc + decomposition.mi
    np.testing.assert_allclose(total, decomposition.output, atol=1e-12)


@pytest.mark.parametrize("include_self", [False, True])
@pytest.mark.parametrize("n_modalities", [2, 3])
def test_the_sampling_error_is_that_of_the_reported_parts(
    X, n_modalities, include_self
):
    exp = explainer(X, n_modalities, include_self=include_self, algorithm="exhaustive")
    # it is judged by all 12 tuples of references as rows
    rows = np.empty((12, 5))
    references = exp.disentangler_._references
    for m, (_, columns) in enumerate(references.modalities):
        rows[:, columns] = references.blocks[m]
    explanation = exp.explain(rows)
    squares = np.square(explanation.se_perturbations), np.square(explanation.coef)
    wrong, size = (s.sum(axis=(1, 2, 3)) for s in squares)
    expected = np.sqrt(wrong.max() / size.mean())
    assert exp._fits.sampling_error() == pytest.approx(expected, rel=1e-9)
