"""Scorers of explanations: what they prefer, and their use in searches."""

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import (
    GridSearchCV,
    cross_validate,
)
from sklearn.tree import DecisionTreeRegressor

from skdime import Disentangler, LocalExplainer
from skdime.metrics import fidelity
from skdime.model_selection import (
    fidelity_scorer,
    stability_scorer,
    trust_scorer,
)
from tests.model_selection._diabetes import LINES, explainer_of

# small settings, which the explainer rightly complains of
pytestmark = pytest.mark.filterwarnings(
    "ignore:Too few perturbations lie near", "ignore:(UC|MI|UC and MI) (of|compare)"
)


# Scorers
def test_fidelity_scorer_prefers_a_line(data):
    X, y, common = data
    line = explainer_of(LinearRegression()).fit(X, y)
    assert fidelity_scorer(line, common) == pytest.approx(1, abs=1e-3)
    tree = explainer_of(DecisionTreeRegressor(random_state=0), perturbers=LINES)
    assert fidelity_scorer(tree.fit(X, y), common) < 0.9


def test_fidelity_scorer_pools_rows(data):
    X, y, common = data
    explainer = explainer_of(DecisionTreeRegressor(max_depth=2, random_state=0))
    explainer.fit(X, y)
    single = fidelity(explainer, common[:1], random_state=0)
    assert fidelity_scorer(explainer, common[:1]) == pytest.approx(np.nanmean(single))


@pytest.mark.slow
def test_stability_scorer_tells_few_from_many_perturbations(data):
    X, _, common = data
    scores = [
        stability_scorer(
            explainer_of(wiggles, n_samples).fit(X), common, random_state=0
        )
        for n_samples in (10, 300)
    ]
    assert scores[1] > scores[0] + 0.1
    assert stability_scorer(
        explainer_of(wiggles, 10).fit(X), common, random_state=0
    ) == pytest.approx(scores[0])
    assert 0 <= stability_scorer(explainer_of(wiggles).fit(X), common, k=2) <= 1


def wiggles(X):
    waves = X + 0.05 * np.sin(50 * X)
    return waves @ np.arange(10) * (1 + 10 * waves[:, 0] + 10 * waves[:, 5])


def test_trust_is_the_worse_of_both(data):
    X, _, common = data
    explainer = explainer_of(wiggles).fit(X)
    found = trust_scorer(explainer, common, random_state=1)
    both = [
        scorer(explainer, common, random_state=1)
        for scorer in (fidelity_scorer, stability_scorer)
    ]
    assert found == min(both)


def test_scorers_work_in_searches(data):
    X, y, _ = data
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    explainer = explainer_of(tree, 30, perturbers=LINES)
    scoring = {"fidelity": fidelity_scorer, "stability": stability_scorer}
    search = GridSearchCV(
        explainer, {"kernel_width": [0.5, 4.0]}, scoring=scoring, cv=2,
        refit="fidelity",
    ).fit(X, y)  # fmt: skip
    assert np.isfinite(search.cv_results_["mean_test_fidelity"]).all()
    assert np.isfinite(search.cv_results_["mean_test_stability"]).all()
    assert search.best_estimator_.explain(X[:2]).coef.shape == (2, 2, 10, 1)
    scores = cross_validate(explainer, X, y, cv=2, scoring=trust_scorer)
    assert (scores["test_score"] <= 1).all()


def test_frozen_disentanglers_can_be_scored(data):
    X, y, common = data
    dis = explainer_of(DecisionTreeRegressor(max_depth=3, random_state=0)).disentangler
    frozen = FrozenEstimator(dis.fit(X, y))
    explainer = LocalExplainer(frozen, n_samples=50, random_state=0).fit(X)
    assert np.isfinite(trust_scorer(explainer, common))


@pytest.mark.slow
def test_scorers_see_calibrated_references():
    X = np.random.RandomState(0).normal(size=(400, 6))

    def bilinear(X):
        return (X[:, :3] * X[:, 3:]).sum(axis=1) + X[:, 0]

    scores = []
    for weights in ("uniform", "calibrated"):
        dis = Disentangler(
            bilinear,
            [("a", [0, 1, 2]), ("b", [3, 4, 5])],
            n_references=80,
            reference_weights=weights,
            random_state=0,
        )
        explainer = LocalExplainer(dis, random_state=0).fit(X)
        scores.append(stability_scorer(explainer, X[:10], n_runs=4))
    assert scores[1] > scores[0] + 0.02


def test_trust_is_what_is_known_of_it():
    X = np.random.RandomState(0).normal(size=(200, 2))
    dis = Disentangler(lambda X: X[:, 0] + X[:, 0] * X[:, 1], random_state=0)
    explainer = LocalExplainer(dis, n_samples=50, random_state=0).fit(X)
    assert np.isnan(stability_scorer(explainer, X[:5]))  # one feature a modality
    assert trust_scorer(explainer, X[:5]) == fidelity_scorer(explainer, X[:5])
