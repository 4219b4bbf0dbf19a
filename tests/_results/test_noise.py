"""What rounding leaves of larger numbers counts as 0, in pictures and frames."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime._results.noise import (
    explanation_scale,
    explanation_without_noise,
    without_noise,
)


@pytest.fixture(scope="module")
def explanation():
    """The second modality does nothing, and the sums leave a rest of it."""
    X = np.random.RandomState(0).normal(size=(30, 4))

    def model(X):
        return 1000 / 3 + X[:, 0] / 3 + X[:, 1] * X[:, 0]

    disentangler = Disentangler(
        model, [("a", [0, 1]), ("b", [2, 3])], n_references=7, random_state=0
    )
    explainer = LocalExplainer(disentangler, n_samples=40, random_state=0).fit(X)
    return explainer.explain(X[:5])


def test_small_numbers_count_as_zero_only_beside_large_ones():
    values = without_noise([1e-16, -1e-16, 1e-9, np.nan], [1.0, 1e-16, 1.0, 1.0])
    np.testing.assert_array_equal(values, [0, -1e-16, 1e-9, np.nan])


def test_the_scale_is_each_outputs_own(explanation):
    largest = np.abs(explanation.decomposition.output).max()
    assert explanation_scale(explanation) == pytest.approx([largest])
    assert explanation_scale(explanation[[]]).shape == (1,)


def test_noise_is_cleared_and_nothing_else(explanation):
    clean = explanation_without_noise(explanation)
    idle = explanation.feature_modalities == "b"
    assert (clean.coef[:, :, idle] == 0).all()
    kept, given = (e.coef[:, 0, ~idle] for e in (clean, explanation))
    np.testing.assert_array_equal(kept, given)
    assert (clean.decomposition.main[:, 1] == 0).all()
    assert (clean.decomposition.mi == 0).all()
    for name in ("intercept", "local_prediction", "target"):
        np.testing.assert_allclose(
            getattr(clean, name), getattr(explanation, name), atol=1e-9
        )


def test_printed_summaries_say_zero_for_what_rounding_leaves():
    X = np.random.RandomState(0).normal(size=(60, 4))
    disentangler = Disentangler(
        lambda X: 0.1 * X @ [1, 2, 3, 4] + 0.3,
        {"a": [0, 1], "b": [2, 3]},
        random_state=0,
    )
    explainer = LocalExplainer(disentangler, random_state=0).fit(X)
    for row in X[:5]:
        assert " + MI 0 " in repr(explainer.explain(row[None]))
