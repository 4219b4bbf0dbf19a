"""A budget of model rows: never exceeded, and what it buys."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime.perturbers import MaskedTabularPerturber, TabularPerturber
from tests._data import THREE, TWO, Counter, assert_same_numbers, explainer_of

SLOPES = np.array([1.0, -2, 3, 0.5, 0])


def linear(X):
    return X @ SLOPES


def interacting(X):
    return X[:, 0] * X[:, 1] + np.tanh(X[:, 2] + X[:, 4]) + np.abs(X[:, 3])


@pytest.fixture(params=[TWO, THREE], ids=["two", "three"])
def modalities(request):
    return request.param


# Errors are large where budgets are small.
pytestmark = pytest.mark.filterwarnings("ignore:budget=")


@pytest.mark.parametrize("references", ["sample", "average"])
@pytest.mark.parametrize("budget, n", [(250, 1), (700, 3)])
def test_a_budget_is_never_exceeded(X, modalities, references, budget, n):
    model = Counter(interacting)
    explainer = explainer_of(model, modalities, references=references, budget=budget)
    told = explainer.cost(X[:n], n_fit=len(X))
    assert model.rows == 0
    explainer.fit(X)
    assert model.rows == explainer.n_model_rows_ == told.fit_rows
    explanation = explainer.explain(X[:n])
    assert model.rows == explainer.n_model_rows_ + explanation.n_model_rows <= budget
    assert told.fit_rows + told.explain_rows <= budget
    assert explanation.n_model_rows <= explainer.cost(X[:n]).explain_rows
    assert np.isfinite(explanation.coef).all()


WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]
RNG = np.random.RandomState(0)
PATIENTS = MultimodalArray(
    note=[" ".join(RNG.choice(WORDS, size=8)) for _ in range(40)],
    ecg=RNG.normal(size=(40, 1, 40)),
    table=RNG.normal(size=(40, 3)),
)


class Ward:
    """A model of the patients, of some of their modalities, that counts its rows."""

    def __init__(self, keys):
        self.keys, self.rows = keys, 0
        self.patients = MultimodalArray({key: PATIENTS[key] for key in keys})

    def __call__(self, X):
        self.rows += X.shape[0]
        words = np.array([t.count("alpha") - t.count("eta") for t in X["note"]])
        risk = words * X["ecg"].mean(axis=(1, 2))
        return risk + X["table"][:, :2].prod(axis=1) if "table" in self.keys else risk

    def __deepcopy__(self, memo):
        return self


@pytest.mark.parametrize("keys", [("note", "ecg"), ("note", "ecg", "table")])
@pytest.mark.parametrize("references", ["sample", "average"])
@pytest.mark.parametrize("budget, n", [(250, 1), (900, 2)])
def test_texts_and_series_stay_within_a_budget(keys, references, budget, n):
    model = Ward(keys)
    dis = Disentangler(model, references=references)
    explainer = LocalExplainer(dis, budget=budget, random_state=0)
    told = explainer.cost(model.patients[:n], n_fit=40)
    assert model.rows == 0
    explanation = explainer.fit(model.patients).explain(model.patients[:n])
    assert model.rows == explainer.n_model_rows_ + explanation.n_model_rows <= budget
    assert explainer.n_model_rows_ <= told.fit_rows
    assert explanation.n_model_rows <= explainer.cost(model.patients[:n]).explain_rows


def test_most_of_a_budget_is_used(X, two):
    model = Counter(interacting)
    explainer_of(model, two, budget=400).fit(X).explain(X[:1])
    assert model.rows > 390


def test_a_budget_for_a_pair(X):
    model = Counter(interacting)
    explainer = explainer_of(model, THREE, budget=600).fit(X)
    told = explainer.cost(X[:1])
    assert told.expected_explain_rows == told.explain_rows
    explainer.explain(X[:1], pair=("a", "b"))
    assert 500 < model.rows <= 600


def test_250_rows_give_the_slopes_of_a_linear_model(X, modalities):
    explainer = explainer_of(linear, modalities, budget=250).fit(X)
    explanation = explainer.explain(X[:1])
    order = np.concatenate([columns for _, columns in modalities])
    expected = ((X[0] - X.mean(axis=0)) * SLOPES)[order]
    np.testing.assert_allclose(explanation.coef[0, 0, :, 0], expected, atol=1e-3)
    np.testing.assert_allclose(explanation.coef[0, 1], 0, atol=1e-3)


@pytest.mark.slow
def test_errors_cover_what_a_larger_budget_would_change(X, two):
    few, many = (
        explainer_of(interacting, two, budget=budget, n_samples=300, n_references=20)
        .fit(X)
        .explain(X[4:6])
        for budget in (300, 1_500)
    )
    assert few.n_model_rows < 600 < many.n_model_rows
    assert (np.abs(few.coef - many.coef) <= 4 * few.se + 0.05).all()
    assert np.linalg.norm(few.se) > np.linalg.norm(many.se)


def test_the_average_row_is_explained_exactly_where_masks_are_few(X, two):
    explanation = (
        explainer_of(interacting, two, references="average", budget=512)
        .fit(X)
        .explain(X[:2])
    )
    exact = explainer_of(
        interacting,
        two,
        [(name, MaskedTabularPerturber()) for name, _ in two],
        references="average",
        algorithm="exhaustive",
    )
    expected = exact.fit(X).explain(X[:2])
    np.testing.assert_allclose(explanation.coef, expected.coef, atol=1e-10)
    np.testing.assert_array_equal(explanation.se, 0)


def test_a_small_budget_is_told_the_least_before_any_row_is_spent(X, two):
    model = Counter(interacting)
    explainer = explainer_of(model, two, budget=40)
    with pytest.raises(ValueError, match="budget=40 is too small") as error:
        explainer.fit(X)
    assert model.rows == 0
    least = int(str(error.value).split("Set a budget of ")[1].split(" or")[0])
    assert least < 250
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        explainer.set_params(budget=least).fit(X).explain(X[:1])
    assert model.rows <= least


def test_too_many_rows_are_told_how_many_are_affordable(X, two):
    explainer = explainer_of(interacting, two, budget=250).fit(X)
    with pytest.raises(ValueError, match=r"explain (\d+) rows? at a time"):
        explainer.explain(X)


def test_errors_that_exceed_coefficients_are_warned_of(X, two):
    rng = np.random.RandomState(0)
    hidden = rng.normal(size=(5, 40))

    def rough(X):
        return np.sin(20 * X @ hidden).sum(axis=1)

    explainer = explainer_of(rough, two, budget=250).fit(X)
    with pytest.warns(UserWarning, match="standard errors that exceed"):
        explainer.explain(X[:1])


def test_perturbers_with_shared_draws_are_refused(X, two):
    explainer = explainer_of(
        interacting, two, [("a", TabularPerturber(effects="slope"))], budget=1_000
    )
    with pytest.raises(ValueError, match=r"modality 'a'.*no small budget"):
        explainer.fit(X)


def test_a_frozen_disentangler_has_been_paid_for(X, two):
    model = Counter(interacting)
    dis = Disentangler(model, two, n_references=20, random_state=0).fit(X)
    model.rows = 0
    explainer = LocalExplainer(FrozenEstimator(dis), budget=250, random_state=0)
    explainer.fit(X).explain(X[:2])
    assert 200 < model.rows <= 250


def test_transform_stays_within_the_budget_too(X, two):
    model = Counter(interacting)
    explainer = explainer_of(model, two, budget=500).fit(X)
    coef = explainer.transform(X[:2])
    assert model.rows <= 500
    assert coef.shape == (2, 10)


def test_outputs_of_every_row_share_the_budget(X, two, labels):
    model = Counter(lambda X: np.column_stack([interacting(X), linear(X), X[:, 0]]))
    explainer = explainer_of(model, two, budget=900).fit(X)
    explainer.explain(X[:3], outputs="predicted")
    assert model.rows <= 900


def test_an_estimator_that_is_trained_by_fit(X, two, labels):
    explainer = explainer_of(
        LogisticRegression(), two, budget=300, response_method="predict_proba"
    )
    fitted = clone(explainer).fit(X, labels)
    explanation = fitted.explain(X[:1])
    assert fitted.n_model_rows_ + explanation.n_model_rows <= 300
    assert_same_numbers(clone(explainer).fit(X, labels).explain(X[:1]), explanation)
