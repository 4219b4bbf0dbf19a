"""Coefficients of tables whose modalities depend on each other."""

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._results.explanation import Explanation
from skdime.metrics import fidelity
from skdime.perturbers import TabularPerturber

R = 0.8
MODALITIES = {"first": [0, 1], "second": [2]}


def rows(n, seed):
    first, own, other = np.random.RandomState(seed).normal(size=(3, n))
    return np.column_stack([first, own, R * first + np.sqrt(1 - R**2) * other])


def model(X):
    return X[:, 0] + 2 * X[:, 1] + X[:, 0] * X[:, 2]


def effects(X):
    """Of every column on UC; see the tests of the joint distribution."""
    slope = R / (1 + R**2)
    of_first, of_second = slope * (np.square(X[:, [0, 2]]).T - 1)
    return np.column_stack([X[:, 0] + of_first, 2 * X[:, 1], of_second])


TRAINING, ROWS = rows(400, 0), rows(12, 1)


def explainer(perturbers="auto", **options):
    dis = Disentangler(
        model, MODALITIES, distribution="joint", n_references=60, random_state=0
    )
    options = {"n_samples": 150, "random_state": 0} | options
    return LocalExplainer(dis, perturbers, **options)


@pytest.fixture(scope="module")
def fitted():
    return explainer().fit(TRAINING)


@pytest.fixture(scope="module")
def explanation(fitted):
    return fitted.explain(ROWS)


def test_coefficients_of_uc_are_those_of_the_formula(explanation):
    expected = effects(ROWS) - effects(TRAINING).mean(axis=0)
    error = explanation.coef[:, 0, :, 0] - expected
    spread = model(ROWS).std()
    assert np.sqrt(np.square(error).mean(axis=0)).max() < 0.12 * spread
    assert (np.abs(error) < 3 * explanation.se[:, 0, :, 0] + 1e-6).mean() > 0.85


def test_coefficients_add_up_to_main_effects(explanation):
    parts = explanation.decomposition
    total = explanation.coef[:, 0, :2, 0].sum(axis=1)
    # but for a constant: the mean over draws is 0, or that over references
    main = parts.main[:, 0, 0]
    np.testing.assert_allclose(total - total.mean(), main - main.mean(), atol=0.15)
    # both parts are those of the output in the context of the row
    whole = explanation.coef.sum(axis=1)[:, 1, 0]
    expected = 2 * (ROWS[:, 1] - TRAINING[:, 1].mean())
    np.testing.assert_allclose(whole, expected, atol=0.1)


def test_errors_over_references_are_those_of_main_effects(explanation):
    # of a single column, whose coefficient is the main effect but for its mean
    se = explanation.se_references[:, 0, 2, 0]
    main_se = explanation.decomposition.main_se[:, 1, 0]
    assert np.corrcoef(se, main_se)[0, 1] > 0.8
    # which is that of a sample of a population, and not of rows in strata
    assert 0.3 < np.median(se / main_se) < 1


def test_cost_tells_what_it_takes(fitted, explanation):
    before = explainer().cost(ROWS, n_fit=400)
    assert before.expected_fit_rows == before.fit_rows == fitted.n_model_rows_
    assert before.explain_rows == explanation.n_model_rows
    assert fitted.cost(ROWS).explain_rows == explanation.n_model_rows


def test_straight_lines_and_scores(fitted):
    slopes = dict.fromkeys(MODALITIES, TabularPerturber(effects="slope"))
    lines = explainer(slopes).fit(TRAINING)
    coef = lines.explain(ROWS).coef[:, 0, 1, 0]
    expected = 2 * (ROWS[:, 1] - TRAINING[:, 1].mean())
    np.testing.assert_allclose(coef, expected, atol=0.3)
    assert fitted.score(ROWS) > 0.9
    assert fidelity(fitted, ROWS).min() > 0.8


def test_results_say_so(explanation, tmp_path):
    assert "60 reference rows, joint distribution: 3 features" in repr(explanation)
    assert "60 reference rows, joint distribution" in explanation.to_html()
    explanation.save(tmp_path / "joint")
    again = Explanation.load(tmp_path / "joint")
    assert again.decomposition.distribution == "joint"


@pytest.mark.parametrize(
    "options, message",
    [
        ({"budget": 5000}, "They do not go with budget"),
        ({"algorithm": "coalitions"}, "with algorithm='coalitions'"),
        ({"attribution": "shapley"}, "with attribution='shapley'"),
    ],
)
def test_what_weighs_references_alike_is_refused(fitted, options, message):
    asked = explainer(**options)
    with pytest.raises(ValueError, match=message):
        asked.cost(TRAINING)
    asked.set_params(disentangler=FrozenEstimator(fitted.disentangler_))
    with pytest.raises(ValueError, match=message):
        asked.fit(TRAINING)


def test_masks_and_pairs_are_refused(fitted):
    X = MultimodalArray(
        note=[f"pain number {i}" for i in range(40)], lab=np.arange(40.0)[:, None]
    )
    dis = Disentangler(lambda X: X["lab"][:, 0], distribution="joint")
    with pytest.raises(ValueError, match="with the TextPerturber of modality 'note'"):
        LocalExplainer(dis).fit(X)
    with pytest.raises(ValueError, match="explain_pairs needs a Disentangler with"):
        fitted.explain_pairs(ROWS)
