"""What explaining is expected to cost, against what it takes."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._references import reference_table
from tests._data import THREE, TWO, Counter, explainer_of, slopes

pytestmark = pytest.mark.filterwarnings("ignore:budget=")

RNG = np.random.RandomState(0)
TABLE = RNG.normal(size=(150, 5))
TARGET = TABLE[:, 0] * TABLE[:, 2] + np.tanh(TABLE[:, 1] + TABLE[:, 3])
WORDS = np.array(["ash", "birch", "cedar", "elm", "fir", "oak", "pine", "yew", "box"])
MIXED = MultimodalArray(
    note=[" ".join(RNG.choice(WORDS, size=12)) for _ in range(150)],
    title=[" ".join(RNG.choice(WORDS, size=4)) for _ in range(150)],
    series=RNG.normal(size=(150, 1, 40)),
    table=RNG.normal(size=(150, 3)),
)
ESTIMATORS = {
    "linear": Ridge(),
    "boosting": GradientBoostingRegressor(n_estimators=40, random_state=0),
    "forest": RandomForestRegressor(15, random_state=0),
    "network": MLPRegressor(
        hidden_layer_sizes=20, max_iter=300, random_state=0, tol=1e-2
    ),
    "support vectors": SVR(C=3),
}


def count(texts, word):
    return np.array([text.count(word) for text in texts], dtype=float)


def of_mixed(X):
    """Jumps and products of texts, of a series and of a table, where there are any."""
    total = X["table"][:, 0]
    for key in set(X) & {"note", "title"}:
        ash, elm = count(X[key], "ash"), count(X[key], "elm")
        total = total + ash * X["table"][:, 1] + np.minimum(ash, elm) * total
    if "series" in X:
        peak = X["series"][:, 0, :20].max(axis=1)
        total = total + peak * X["table"][:, 2] + X["series"][:, 0, 30:].mean(axis=1)
    return total


def problem(name, split=TWO):
    """A function whose rows are counted, its rows and modalities."""
    if name in ESTIMATORS:
        model = clone(ESTIMATORS[name]).fit(TABLE, TARGET)
        return Counter(model.predict), TABLE, split
    keys = [*name.split(), "table"]
    return Counter(of_mixed), MultimodalArray({key: MIXED[key] for key in keys}), None


# --- rows -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [*ESTIMATORS, "note", "title", "series", "note series"]
)
def test_rows_are_expected_after_fit(name):
    model, X, modalities = problem(name)
    options = {"n_references": 60, "n_samples": 300}
    explainer = explainer_of(model, modalities, **options).fit(X)
    some = X[: 20 if name in ESTIMATORS else 6]
    told = explainer.cost(some)
    model.rows = 0
    explainer.explain(some)
    assert model.rows / 1.35 <= told.expected_explain_rows <= 1.35 * model.rows
    assert model.rows <= told.explain_rows


@pytest.mark.parametrize("name", ["linear", "boosting", "forest"])
@pytest.mark.parametrize("split", [TWO, THREE], ids=["two", "three"])
def test_rows_of_fitted_models_are_expected_before_fit(name, split):
    model = clone(ESTIMATORS[name]).fit(TABLE, TARGET)
    explainer = explainer_of(FrozenEstimator(model), split, n_samples=300)
    told = explainer.cost(TABLE[:4], n_fit=150)
    found = explainer.fit(TABLE).explain(TABLE[:4])
    assert told.expected_fit_rows == pytest.approx(explainer.n_model_rows_, abs=1)
    assert told.expected_explain_rows == found.n_model_rows
    assert told.expected_fit_rows < 0.1 * told.fit_rows


def test_rows_of_trees_with_all_references_are_expected_before_fit():
    model = clone(ESTIMATORS["forest"]).fit(TABLE, TARGET)
    explainer = explainer_of(FrozenEstimator(model), TWO, n_references=None)
    told = explainer.cost(TABLE[:4], n_fit=150)
    found = explainer.fit(TABLE).explain(TABLE[:4])
    assert told.expected_fit_rows == explainer.n_model_rows_
    assert told.expected_explain_rows == found.n_model_rows == 4


@pytest.mark.parametrize("n_references", [30, None])
def test_rows_of_a_fitted_disentangler_are_expected_before_fit(n_references):
    model = clone(ESTIMATORS["forest"]).fit(TABLE, TARGET)
    dis = Disentangler(
        FrozenEstimator(model), TWO, n_references=n_references, random_state=0
    ).fit(TABLE)
    explainer = LocalExplainer(FrozenEstimator(dis), random_state=0)
    told = explainer.cost(TABLE[:4])
    assert told.expected_fit_rows == explainer.fit(TABLE).n_model_rows_ == 0
    after, found = explainer.cost(TABLE[:4]), explainer.explain(TABLE[:4])
    assert told.expected_explain_rows == told.explain_rows == found.n_model_rows
    assert errors_told(told) == pytest.approx(errors_told(after))


def test_a_disentangler_that_is_not_fitted_may_be_frozen():
    explainer = LocalExplainer(FrozenEstimator(Disentangler(Ridge(), TWO)))
    assert explainer.cost(TABLE[:4]).explain_rows == 4 * (1 + 2 * 100 + 2 * 500)


def test_rows_of_texts_of_trees_are_expected():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(TABLE[:, :2], columns=["age", "dose"])
    frame["note"] = MIXED["note"]
    first = make_column_transformer(
        (CountVectorizer(), "note"), ("passthrough", ["age", "dose"])
    )
    target = TABLE[:, 0] * count(frame["note"], "ash")
    model = make_pipeline(first, RandomForestRegressor(10, random_state=0))
    model.fit(frame, target)
    modalities = {"note": ["note"], "numbers": ["age", "dose"]}
    explainer = explainer_of(FrozenEstimator(model), modalities)
    before = explainer.cost(frame[:5], n_fit=150)
    after = explainer.fit(frame).cost(frame[:5])
    found = explainer.explain(frame[:5])
    assert after.expected_explain_rows == found.n_model_rows
    # whether rows with every word removed are the same is not known before
    most = found.n_model_rows + 5 * 100
    assert found.n_model_rows <= before.expected_explain_rows <= most


def test_models_that_are_fitted_only_then_are_expected_to_have_no_structure():
    unfitted = explainer_of(clone(ESTIMATORS["forest"]), TWO)
    function = explainer_of(lambda X: X[:, 0], TWO)
    frozen = explainer_of(FrozenEstimator(clone(ESTIMATORS["forest"])), TWO)
    told = [e.cost(TABLE[:4], n_fit=150) for e in (unfitted, frozen, function)]
    assert repr(told[0]) == repr(told[1]) == repr(told[2])


def test_rows_of_fit_are_bounded_whatever_the_attribution():
    explainer = explainer_of(problem("boosting")[0], TWO, attribution="shapley")
    told = explainer.cost(TABLE[:1], n_fit=150)
    assert explainer.fit(TABLE).n_model_rows_ == told.fit_rows


# --- calls ----------------------------------------------------------------------------

WAYS = {
    "draws": {},
    "coalitions": {"algorithm": "coalitions"},
    "few coalitions": {"algorithm": "coalitions", "n_samples": 60},
    "budget": {"budget": 600},
    "small budget": {"budget": 260},
    "shapley": {"attribution": "shapley"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["boosting", "series"])
def test_calls_are_bounded(name, way):
    model, X, modalities = problem(name)
    options = {"n_references": 40, "n_samples": 200} | WAYS[way]
    explainer = explainer_of(model, modalities, **options).fit(X)
    n = 1 if "budget" in options else 3
    told = explainer.cost(X[:n]).calls
    model.calls = 0
    explainer.explain(X[:n])
    assert model.calls <= told <= 2 * model.calls + 4


# --- errors ---------------------------------------------------------------------------


def errors_told(cost):
    return np.array([cost.expected_uc_se, cost.expected_coef_se])


@pytest.mark.parametrize("name", [*ESTIMATORS, "note", "series", "note series"])
def test_errors_are_expected(name):
    model, X, modalities = problem(name)
    explainer = explainer_of(model, modalities, n_references=60, n_samples=300)
    before = errors_told(explainer.cost(X[:6], n_fit=150))
    after = errors_told(explainer.fit(X).cost(X[:6]))
    explanation = explainer.explain(X[:6])
    left = errors_told(explainer.cost(X[:9], explained=explanation))
    deviation = explanation.decomposition.output.std()
    squares = explanation.decomposition.uc_se**2, explanation.se**2
    found = np.sqrt([np.nanmean(each) for each in squares]) / deviation
    if name == "linear":
        np.testing.assert_allclose([after, left, found], 0, atol=1e-6)
        return
    assert (found / 2 <= left).all() and (left <= 2 * found).all()
    assert (left / 3 <= after).all() and (after <= 3 * left).all()
    assert (left / 6 <= before).all() and (before <= 6 * left).all()


@pytest.mark.parametrize("n_references", [20, 80])
def test_errors_of_uc_are_told_after_fit(n_references):
    model, X, modalities = problem("boosting")
    explainer = explainer_of(model, modalities, n_references=n_references).fit(X)
    told, explanation = explainer.cost(X[:30]), explainer.explain(X[:30])
    left = explainer.cost(X[:30], explained=explanation)
    assert told.expected_uc_se == pytest.approx(left.expected_uc_se, rel=0.35)


def test_errors_fall_with_a_budget():
    model, X, modalities = problem("support vectors")
    before, left = [], []
    for budget in (250, 600):
        explainer = explainer_of(model, modalities, budget=budget)
        before.append(errors_told(explainer.cost(X[:1], n_fit=150)))
        explanation = explainer.fit(X).explain(X[:1])
        left.append(errors_told(explainer.cost(X[:1], explained=explanation)))
    assert (before[1] < before[0]).all() and (left[1] < left[0]).all()
    ratio = np.array(before) / left
    assert (ratio > 1 / 5).all() and (ratio < 5).all()


def test_rules_of_errors_know_of_references_without_any():
    model = problem("boosting")[0]
    every = explainer_of(model, TWO, n_references=None).cost(TABLE, n_fit=150)
    some = explainer_of(model, TWO, n_references=75).cost(TABLE, n_fit=150)
    more = explainer_of(model, TWO, n_references=75).cost(TABLE, n_fit=10_000)
    average = explainer_of(model, TWO, references="average").cost(TABLE)
    assert every.expected_uc_se == average.expected_uc_se == 0
    assert 0 < some.expected_uc_se < 0.75 * more.expected_uc_se
    assert every.expected_coef_se < some.expected_coef_se < more.expected_coef_se


def test_errors_of_a_single_reference_are_in_deviations_of_explained_rows():
    model, X, modalities = problem("boosting")
    explainer = explainer_of(model, modalities, references="average").fit(X)
    explanation = explainer.explain(X[:9])
    told = errors_told(explainer.cost(X, explained=explanation))
    deviation = explanation.decomposition.output.std()
    found = np.sqrt(np.nanmean(explanation.se**2)) / deviation
    np.testing.assert_allclose(told, [0, found])


def test_errors_of_several_outputs_are_means_of_their_squares(monkeypatch):
    def of(*slopes):
        return lambda X: np.column_stack(
            [s * X[:, 0] * X[:, 2] + X[:, 1] for s in slopes]
        )

    options = {"n_references": 30, "n_samples": 150}
    every = [explainer_of(of(*s), TWO, **options) for s in ([1], [3], [1, 3])]
    first, second, both = (errors_told(e.fit(TABLE).cost(TABLE[:3])) for e in every)
    np.testing.assert_allclose(both**2, (first**2 + second**2) / 2, rtol=0.1)
    monkeypatch.setattr(reference_table, "TOGETHER", 1)  # one output at a time
    np.testing.assert_allclose(errors_told(every[2].cost(TABLE[:3])), both)


def test_errors_of_slopes_are_expected():
    model, X, modalities = problem("boosting")
    options = {"perturbers": slopes(TWO), "n_references": 60, "n_samples": 300}
    explainer = explainer_of(model, modalities, **options).fit(X)
    told = errors_told(explainer.cost(X[:9]))
    left = errors_told(explainer.cost(X[:9], explained=explainer.explain(X[:9])))
    assert (left / 2 <= told).all() and (told <= 2 * left).all()
