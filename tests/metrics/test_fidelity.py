"""Fidelity: how well surrogates predict new perturbations."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from skdime import Disentangler, LocalExplainer
from skdime.metrics import fidelity
from skdime.perturbers import TabularPerturber
from tests._data import line_and_product as model
from tests._data import slopes

# small settings, which the explainer rightly complains of
pytestmark = pytest.mark.filterwarnings(
    "ignore:Too few perturbations lie near", "ignore:(UC|MI|UC and MI) (of|compare)"
)


TWO = [("a", [0, 1, 2]), ("b", [3, 4, 5])]


@pytest.fixture(scope="module")
def rows():
    X = np.random.RandomState(0).normal(size=(100, 6))
    return X - X.mean(axis=0)


def test_fidelity_is_1_for_a_line_and_low_for_what_no_line_is():
    X = np.random.RandomState(0).normal(size=(400, 4))
    modalities = [("a", [0, 1]), ("b", [2, 3])]

    def curved(X):
        return X[:, 0] + X[:, 1] + np.cos(5 * X[:, 2]) * X[:, 3]

    dis = Disentangler(curved, modalities, n_references=None, random_state=0)
    lines = slopes(modalities)
    explainer = LocalExplainer(dis, lines, n_samples=500, random_state=0).fit(X)
    found = fidelity(explainer, X[:10], random_state=0)[..., 0]
    assert (found[:, 0, 0] > 0.999).all()  # UC of a is a line
    assert np.isnan(found[:, 1]).all()  # no interaction between a and b
    assert (found[:, 0, 1] < 0.5).all()


@pytest.mark.slow
def test_fidelity_is_close_to_the_leave_one_out_score(rows):
    forest = RandomForestRegressor(n_estimators=20, min_samples_leaf=5, random_state=0)
    dis = Disentangler(forest, TWO, n_references=None, random_state=0)
    explainer = LocalExplainer(
        dis, n_samples=1000, algorithm="exhaustive", random_state=0
    ).fit(rows, model(rows))
    x = rows[:20]
    fresh = fidelity(explainer, x, n_samples=1000, random_state=0)
    assert np.nanmean(fresh) == pytest.approx(explainer.score(x), abs=0.05)
    # the part that is explained well is so on both
    r2 = explainer.explain(x).r2
    assert np.corrcoef(fresh.ravel(), r2.ravel())[0, 1] > 0.9


def test_fidelity_shows_that_few_perturbations_are_too_few(rows):
    dis = Disentangler(
        lambda X: np.sin(3 * X).sum(axis=1), TWO, n_references=50, random_state=0
    )
    few = LocalExplainer(dis, n_samples=8, random_state=0).fit(rows)
    x = rows[:20]
    fresh = fidelity(few, x, random_state=0)
    assert np.nanmean(few.explain(x).r2) > np.nanmean(fresh) + 0.3


def test_fidelity_with_missing_values_categories_and_lime():
    pd = pytest.importorskip("pandas")

    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {
            "a": rng.normal(size=200),
            "b": np.where(rng.uniform(size=200) < 0.3, np.nan, rng.normal(size=200)),
            "c": pd.Categorical(rng.choice(list("uvw"), 200)),
            "d": rng.normal(size=200),
        }
    )

    def model(X):
        return X["a"] + X["b"].fillna(3) + (X["c"] == "u") * 2 + X["d"]

    modalities = [("one", ["a", "b"]), ("two", ["c", "d"])]
    dis = Disentangler(model, modalities, n_references=None, random_state=0)
    explainer = LocalExplainer(dis, n_samples=500, random_state=0).fit(X)
    row = X[(X["c"] == "u") & X["b"].notna()][:3]
    found = fidelity(explainer, row, random_state=0)[:, 0, :, 0]
    assert (found > 0.99).all()
    lime = TabularPerturber(sampler="lime", effects="slope")
    explainer = LocalExplainer(dis, [("two", lime)], n_samples=500, random_state=0).fit(
        X
    )
    found = fidelity(explainer, row, random_state=0)[:, 0, :, 0]
    assert (found[:, 0] > 0.99).all() and (found[:, 1] > 0.3).all()


@pytest.mark.parametrize("alpha", [1e-12, 1e-15, 1e-18])
def test_fidelity_does_not_depend_on_a_penalty_that_is_as_good_as_none(alpha):
    X = np.random.RandomState(0).normal(size=(300, 4))
    modalities = [("a", [0, 1]), ("b", [2, 3])]
    dis = Disentangler(
        lambda X: X[:, 0] + np.sin(X[:, 1]) * X[:, 2] + X[:, 3] ** 3,
        modalities,
        random_state=0,
    )
    lines = slopes(modalities)
    explainer = LocalExplainer(dis, lines, n_samples=300, random_state=0)
    found, expected = (
        fidelity(explainer.set_params(alpha=a).fit(X), X[:5], random_state=0)
        for a in (alpha, 1e-9)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    with_penalty = fidelity(
        explainer.set_params(alpha=1e-3).fit(X), X[:5], random_state=0
    )
    np.testing.assert_allclose(found[:, 0], with_penalty[:, 0], atol=0.01)
