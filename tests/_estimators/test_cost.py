"""What explaining costs, told before it is spent."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import SVR

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._estimators.predicted_cost import SECONDS_OF_MASKS, SECONDS_OF_TABLES
from skdime._models.response_method import label_rows
from skdime._models.tree_sum import TreeSum
from skdime.perturbers import (
    ImagePerturber,
    MaskedTabularPerturber,
    SeriesPerturber,
    TabularPerturber,
    TextPerturber,
)
from tests._data import TWO, Counter, assert_same_numbers, explainer_of, slopes
from tests._estimators._counted import explainer, interacting


@pytest.fixture
def model():
    return Counter(interacting)


# --- rows -----------------------------------------------------------------------------


@pytest.mark.parametrize("n_references", [2, 12, 60, 100, None])
@pytest.mark.parametrize("split", ["two", "three"])
def test_rows_of_exhaustive_explanations_are_known(
    X, model, split, n_references, request
):
    modalities = request.getfixturevalue(split)
    exp = explainer(
        model, modalities, n_references=n_references, algorithm="exhaustive"
    )
    before = exp.cost(X, n_fit=len(X))
    assert model.rows == 0
    exp.fit(X)
    assert before.fit_rows == exp.n_model_rows_ == model.rows
    model.rows = 0
    after = exp.cost(X)
    assert model.rows == 0
    explanation = exp.explain(X)
    for cost in (before, after):
        assert cost.explain_rows == explanation.n_model_rows == model.rows
    assert before.fit_rows == after.fit_rows


def test_rows_of_a_frame(X, two):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("vwxyz"))
    exp = explainer(lambda X: X["v"] * X["w"], two, algorithm="exhaustive")
    before = exp.cost(frame)
    assert before.fit_rows == exp.fit(frame).n_model_rows_
    assert before.explain_rows == exp.explain(frame).n_model_rows


def test_rows_of_a_frozen_disentangler_are_not_spent_again(X, two, model):
    dis = Disentangler(model, two, n_references=12, random_state=0).fit(X)
    exp = LocalExplainer(
        FrozenEstimator(dis), n_samples=40, algorithm="exhaustive", random_state=0
    ).fit(X)
    assert exp.cost(X).fit_rows == exp.n_model_rows_ == 2 * 40 * 12


def test_rows_depend_on_the_number_of_rows(X, two, model):
    exp = explainer(model, two, algorithm="exhaustive").fit(X)
    for n_rows in (1, 2, 60):
        assert exp.cost(X[:n_rows]).explain_rows == n_rows * (1 + 2 * 12 + 2 * 40)


def test_approximate_explanations_take_at_most_the_rows_of_exhaustive_ones(X, two):
    rows = np.tile(X, (5, 1))
    exp = explainer(SVR(), two, n_samples=400, n_references=60)
    exp.fit(rows, rows.prod(axis=1))
    exhaustive = clone(exp).set_params(algorithm="exhaustive")
    assert exp.cost(rows)[:2] == exhaustive.cost(rows)[:2]
    assert exp.n_model_rows_ < exp.cost(rows).fit_rows
    assert exp.explain(rows[:9]).n_model_rows < exp.cost(rows[:9]).explain_rows


LINEAR, FOREST = Ridge(), RandomForestRegressor(5, max_depth=4, random_state=0)


@pytest.mark.parametrize("estimator", [LINEAR, FOREST], ids=["linear", "forest"])
@pytest.mark.parametrize("split", ["two", "three"])
def test_rows_of_shorter_ways_are_known_after_fit(
    X, estimator, split, request, monkeypatch
):
    monkeypatch.setattr(TreeSum, "worthwhile", lambda *_: True)
    exp = explainer(estimator, request.getfixturevalue(split)).fit(X, X[:, 0])
    cost = exp.cost(X)
    assert cost.fit_rows == exp.n_model_rows_
    assert cost.explain_rows == exp.explain(X).n_model_rows
    assert cost.explain_rows < len(X) * (1 + 2 * 12)


@pytest.mark.parametrize("estimator", [LINEAR, FOREST], ids=["linear", "forest"])
@pytest.mark.parametrize("max_memory", [2_000, 10_000])
def test_little_memory_does_not_make_shorter_ways_longer(
    X, two, estimator, max_memory, monkeypatch
):
    # sums over trees pay on large grids
    monkeypatch.setattr(TreeSum, "worthwhile", lambda _, a, b: a * b > 700)
    exp = explainer(estimator, two, max_memory=max_memory).fit(X, X[:, 0])
    cost = exp.cost(X)
    assert exp.n_model_rows_ <= cost.fit_rows
    assert exp.explain(X).n_model_rows <= cost.explain_rows


def test_rows_of_an_exhaustive_explanation_of_a_linear_model(X, two):
    exp = explainer(LINEAR, two, algorithm="exhaustive").fit(X, X[:, 0])
    assert exp.cost(X).fit_rows == exp.n_model_rows_


def test_rows_of_a_classifier_of_which_one_is_labelled(X, two):
    exp = explainer(LogisticRegression(), two)
    plain = exp.cost(X)
    exp.set_params(disentangler__response_method="predict_proba")
    labelled = exp.cost(X)
    assert labelled.fit_rows == plain.fit_rows + 1
    assert labelled.explain_rows == plain.explain_rows


@pytest.mark.parametrize(
    "model, method, expected",
    [
        (LogisticRegression(), "auto", 0),  # its decision function tells the number
        (LogisticRegression(), "predict_proba", 1),
        (LogisticRegression(), "predict_log_proba", 1),
        (RandomForestClassifier(), "auto", 1),
        (RandomForestRegressor(), "auto", 0),
        (len, "auto", 0),
    ],
)
def test_probabilities_of_classifiers_need_a_labelled_row(model, method, expected):
    assert label_rows(model, method) == expected


def test_classifiers_of_several_targets_need_no_labelled_row(X):
    y = (X[:, :2] > 0).astype(int)
    forest = RandomForestClassifier(2, random_state=0).fit(X, y)
    assert label_rows(forest, "predict_proba") == 0


WORDS = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
]
RNG = np.random.RandomState(0)
IMAGES = RNG.randint(1, 255, size=(40, 12, 12, 3))
IMAGES[:2] = 0
# texts differ in length, and one has no word; the image is of one colour in one row
KINDS = {
    "drawn": (TabularPerturber(), RNG.normal(size=(40, 3))),
    "masked": (MaskedTabularPerturber(), RNG.normal(size=(40, 3))),
    "series": (SeriesPerturber(n_segments=7), RNG.normal(size=(40, 2, 30))),
    "text": (
        TextPerturber(),
        [" ".join(RNG.choice(WORDS, size=i % 9)) for i in range(40)],
    ),
    "image": (
        ImagePerturber(channel_axis=-1),
        RNG.randint(1, 255, size=(40, 12, 12, 3))
        * (np.arange(40) > 1)[:, None, None, None],
    ),
}


def sizes_of(rows):
    """A number for each row of any kind."""
    if isinstance(rows, list):
        return np.array([len(text) for text in rows])
    return np.asarray(rows, float).reshape(len(rows), -1)[:, ::2].mean(axis=1)


@pytest.mark.parametrize("n_samples", [20, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_rows_told_are_rows_seen_whatever_the_modality(kind, n_samples):
    perturber, values = KINDS[kind]
    modalities = kind, "table"
    rows = MultimodalArray({kind: values, "table": RNG.normal(size=(40, 2))})
    dis = Disentangler(
        lambda X: np.prod([sizes_of(X[key]) for key in modalities], axis=0),
        n_references=12,
        random_state=0,
    )
    exp = LocalExplainer(
        dis,
        [(kind, perturber)],
        n_samples=n_samples,
        algorithm="exhaustive",
        random_state=0,
    )
    before = exp.cost(rows)
    # what the rows become that are all replaced may be the same for all of them
    assert 0 <= before.fit_rows - exp.fit(rows).n_model_rows_ <= 12
    assert before.fit_rows == exp.cost(rows).fit_rows
    explanation = exp.explain(rows[:6])
    assert exp.cost(rows[:6]).explain_rows == explanation.n_model_rows
    assert before.explain_rows >= exp.cost(rows).explain_rows


# --- what is to be expected ---------------------------------------------------------


def test_the_rows_to_explain_are_no_training_rows(X, two, model):
    exp = explainer(model, two, n_references=20)
    cost = exp.cost(X[:1])
    assert cost.fit_rows == exp.cost(X).fit_rows == exp.fit(X).n_model_rows_
    assert exp.cost(X[:1]).fit_rows == cost.fit_rows
    few = explainer(model, two, n_references=20).cost(X[:1], n_fit=10)
    assert (
        few.fit_rows == explainer(model, two, n_references=20).fit(X[:10]).n_model_rows_
    )


def test_phases_add_up_to_the_whole(X, three, model):
    exp = explainer(model, three, n_references=30, n_samples=300)
    for cost in (exp.cost(X), exp.fit(X).cost(X)):
        for method in ("fit", "explain"):
            phases = [phase for phase in cost.phases if phase.method == method]
            totals = (
                getattr(cost, f"{method}_rows"),
                getattr(cost, f"expected_{method}_rows"),
            )
            assert totals[0] == sum(phase.most_rows for phase in phases)
            assert totals[1] == sum(phase.expected_rows for phase in phases)
    assert cost.expected_fit_rows == exp.n_model_rows_


@pytest.mark.parametrize("estimator", ["smooth", "jumps"])
def test_expected_rows_are_closer_than_the_most(X, two, estimator):
    rows = np.tile(X, (5, 1))
    if estimator == "smooth":
        model = SVR().fit(rows, np.tanh(rows.sum(axis=1))).predict
    else:
        model = RandomForestRegressor(5, random_state=0).fit(rows, rows[:, 0]).predict
    exp = explainer(model, two, n_samples=400, n_references=60)
    before = exp.cost(rows[:8])
    assert exp.fit(rows).n_model_rows_ <= before.fit_rows
    found = exp.explain(rows[:8]).n_model_rows
    cost = exp.cost(rows[:8])
    assert 0.4 * found <= before.expected_explain_rows <= 2.5 * found
    assert 0.7 * found <= cost.expected_explain_rows <= 1.75 * found


def test_fit_tells_easy_models_from_hard_ones(two):
    rows = np.random.RandomState(1).normal(size=(80, 5))
    shares, sizes = {}, {"n_samples": 300, "n_references": 50}
    for name, model in {
        "easy": lambda X: X[:, 0] * X[:, 3] + X[:, 1],
        "hard": lambda X: np.sign(np.sin(5 * X[:, 0] * X[:, 3]) + X[:, 1]),
    }.items():
        exp = explainer(Counter(model), two, perturbers=slopes(two), **sizes).fit(rows)
        exp.disentangler_.estimator_.rows = 0
        told = exp.cost(rows[:10])
        assert exp.disentangler_.estimator_.rows == 0
        found = exp.explain(rows[:10]).n_model_rows
        assert told.expected_explain_rows == pytest.approx(found, rel=0.4)
        shares[name] = found / told.explain_rows
    assert 1.5 * shares["easy"] < shares["hard"]


def test_what_an_explanation_took_is_expected_of_other_rows(X, two):
    rows = np.tile(X, (5, 1))
    model = SVR().fit(rows, np.tanh(rows.sum(axis=1))).predict
    exp = explainer(model, two, n_samples=400, n_references=60).fit(rows)
    some = exp.explain(rows[:20])
    told = exp.cost(rows[20:50], explained=some)
    assert told.expected_explain_rows == round(30 * some.n_model_rows / 20)
    assert told.seconds == pytest.approx(
        told.expected_explain_rows
        / exp.cost(rows).expected_explain_rows
        * exp.cost(rows).seconds
    )


def test_rows_of_exhaustive_explanations_are_expected(X, two, model):
    exp = explainer(model, two, algorithm="exhaustive")
    cost = exp.cost(X)
    assert cost.expected_explain_rows == cost.explain_rows
    assert cost.expected_fit_rows == cost.fit_rows


# --- calls, bytes, seconds ------------------------------------------------------------


@pytest.mark.parametrize("split", ["two", "three"])
def test_calls(X, model, split, request):
    modalities = request.getfixturevalue(split)
    exp = explainer(model, modalities, algorithm="exhaustive").fit(X)
    model.calls = 0
    exp.explain(X)
    assert exp.cost(X).calls == model.calls == 1 + 2 * len(modalities)


def test_calls_of_little_memory(X, two, model):
    options = {"n_samples": 200, "max_memory": 100_000}
    exp = explainer(model, two, algorithm="exhaustive", **options).fit(X)
    model.calls = 0
    exp.explain(X)
    told = exp.cost(X).calls
    assert model.calls / 2 <= told <= 2 * model.calls


@pytest.mark.parametrize("kind", ["drawn", "text"])
def test_no_call_has_more_rows_than_batch_size(kind):
    perturber, values = KINDS[kind]
    lengths = []

    def model(X):
        lengths.append(len(X))
        return sizes_of(X[kind]) * sizes_of(X["table"])

    rows = MultimodalArray({kind: values, "table": RNG.normal(size=(40, 2))})
    one, other = (
        explainer_of(
            model, None, [(kind, perturber)], n_samples=40, batch_size=batch_size
        )
        for batch_size in (7, None)
    )
    assert one.cost(rows).calls > other.cost(rows).calls
    found = one.fit(rows).explain(rows[:3])
    assert max(lengths) == 7
    assert_same_numbers(found, other.fit(rows).explain(rows[:3]))


def test_steps_double_so_that_calls_are_few(X, two, model):
    rows = np.tile(X, (5, 1))
    exp = explainer(model, two, n_samples=300, n_references=100).fit(rows)
    # checks and F_0; 12 references and landmarks, then 24, 48, 96, 100 of either
    assert model.calls <= 5 + 2 * (2 + 4)
    for n in (1, 30):  # rows go on together
        model.calls = 0
        exp.explain(rows[:n])
        # the rows, two means; 32 landmarks, 64, 128, all of either
        assert model.calls <= 3 + 2 * 4


def test_calls_of_workers(X, two, model):
    sizes = {"n_references": 60, "n_samples": 40, "max_memory": 2**14}
    alone, together = (
        explainer(model, two, n_jobs=n_jobs, **sizes).fit(X).cost(X[:8]).calls
        for n_jobs in (1, 2)
    )
    # 2**14 bytes are 204 rows of 40 bytes beside their blocks, or 102 for each of two;
    # surrogates are fitted row by row
    assert alone == 1 + 2 * (3 + 8)
    assert together == 1 + 2 * (5 + 8)


def test_seconds_are_known_after_fit(X, two, model):
    exp = explainer(model, two)
    assert np.isnan(exp.cost(X).seconds)
    exp.fit(X)
    few, many = exp.cost(X[:2]).seconds, exp.cost(X).seconds
    assert 0 < few < many < 60
    assert many == pytest.approx(30 * few, rel=1e-6)


@pytest.mark.parametrize("split", ["two", "three"])
@pytest.mark.parametrize("estimator", [LINEAR, SVR()], ids=["linear", "svr"])
def test_seconds_of_estimators(X, estimator, split, request):
    exp = explainer(estimator, request.getfixturevalue(split)).fit(X, X[:, 0])
    assert 0 < exp.cost(X).seconds < 60


def test_seconds_of_trees(X, two, monkeypatch):
    monkeypatch.setattr(TreeSum, "worthwhile", lambda *_: True)
    exp = explainer(FOREST, two).fit(X, X[:, 0])
    assert 0 < exp.cost(X).seconds < 60


def test_seconds_hold_the_work_of_skdime(X, two, model):
    """Composing masks takes longer than a model that costs next to nothing."""
    of_tables = explainer(model, two).fit(X).cost(X)
    masked = explainer(model, two, perturbers=[("a", MaskedTabularPerturber())])
    of_masks = masked.fit(X).cost(X)
    per_row = [c.seconds / c.expected_explain_rows for c in (of_tables, of_masks)]
    assert per_row[0] > SECONDS_OF_TABLES
    assert per_row[1] > SECONDS_OF_MASKS


def test_asking_for_the_cost_changes_nothing(X, two, model):
    exp = explainer(model, two)
    exp.cost(X)
    assert not [name for name in vars(exp) if name.endswith("_")]
    coef = exp.fit(X).transform(X[:3])
    exp.cost(X)
    np.testing.assert_array_equal(exp.transform(X[:3]), coef)
    assert exp.n_model_rows_ == exp.fit(X).n_model_rows_


def test_what_is_printed(X):
    explainer = LocalExplainer(Disentangler(lambda X: X[:, 0], TWO), random_state=0)
    before, after = explainer.cost(X), explainer.fit(X).cost(X[:2])
    lines = repr(before).splitlines()
    names = [line.split()[0] for line in lines[1:-2]]
    of_fit = ["fit", "checks", "baseline", "coefficients"]
    assert names == [*of_fit, "explain", "decomposition", "coefficients"]
    assert lines[1].split() == [
        "fit",
        f"{before.expected_fit_rows:,}",
        f"{before.fit_rows:,}",
    ]
    assert "about" not in repr(before) and "s" in repr(after).partition("about")[2]
    assert f"UC and MI {before.expected_uc_se:.2g}, coefficients" in lines[-1]
    html = after._repr_html_()
    assert f"{after.explain_rows:,}" in html and "standard deviations of" in html
