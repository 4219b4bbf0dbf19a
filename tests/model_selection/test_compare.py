"""Two models, explained as one with their difference."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeRegressor

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._estimators.disentangler_fitting import with_model
from skdime._models.side_by_side import SideBySide
from skdime.model_selection import compare
from tests._data import AB, slopes
from tests.displays._pictures import make_explainer, make_rows, model
from tests.model_selection._diabetes import explainer_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:Too few perturbations lie near",
    "ignore:(UC|MI|UC and MI) (of|compare)",
    "ignore:.*were clipped",
)
ROWS = np.random.RandomState(0).normal(size=(200, 2))


def old(X):
    return X[:, 0] + X[:, 0] * X[:, 1]


def new(X):
    return X[:, 0] + 3 * X[:, 1] + X[:, 0] * X[:, 1]


def explainer(function, seed=0, n_references=30, perturbers="auto"):
    dis = Disentangler(function, AB, n_references=n_references, random_state=seed)
    return LocalExplainer(dis, perturbers, n_samples=60, random_state=0)


@pytest.fixture(scope="module")
def comparison():
    explainers = {"old": explainer(old).fit(ROWS), "new": explainer(new).fit(ROWS)}
    return compare(explainers, ROWS[:12])


def test_values_are_those_of_both_explainers(comparison):
    for found, function in ((comparison.first, old), (comparison.second, new)):
        expected = explainer(function).fit(ROWS).explain(ROWS[:12])
        for name in ("output", "baseline", "uc", "mi", "main", "uc_se", "main_se"):
            np.testing.assert_allclose(
                getattr(found.decomposition, name),
                getattr(expected.decomposition, name),
                atol=1e-9,
            )
        np.testing.assert_allclose(found.coef, expected.coef, atol=0.02)


def test_only_what_changed_is_a_change(comparison):
    change = comparison.change.decomposition
    np.testing.assert_array_equal(change.main[:, 0], 0)
    np.testing.assert_array_equal(change.mi, 0)
    # 3 b on its own, less its mean over all rows, up to the standard error
    expected = 3 * (ROWS[:12, 1] - ROWS[:, 1].mean())
    error = np.abs(change.main[:, 1, 0] - expected)
    assert (error < 3 * change.main_se[:, 1, 0]).all()
    assert (change.main_se[:, 1] > 0).all() and (change.main_se[:, 0] == 0).all()
    coef = comparison.change.sel(part="uc", feature="x1")
    np.testing.assert_allclose(coef[:, 0], expected, atol=0.9)


def test_coefficients_of_the_difference_are_differences(comparison):
    expected = comparison.second.coef - comparison.first.coef
    np.testing.assert_allclose(comparison.change.coef, expected, atol=0.02)


def test_errors_are_smaller_than_those_of_two_explanations(comparison):
    apart = [explainer(each).fit(ROWS).explain(ROWS[:12]) for each in (old, new)]
    difference = apart[1] - apart[0]
    paired, bound = comparison.change, difference
    assert (paired.decomposition.mi_se < 0.9 * bound.decomposition.mi_se).all()


@pytest.mark.slow
def test_errors_tell_how_far_other_references_are():
    truth = (
        explainer(old, n_references=None).fit(ROWS),
        explainer(new, 0, None).fit(ROWS),
    )
    truth = compare(truth, ROWS[:4]).change.decomposition
    squares = []
    for seed in range(25):
        one, two = explainer(old, seed), explainer(new, seed + 100)
        found = compare([one.fit(ROWS), two.fit(ROWS)], ROWS[:4]).change.decomposition
        squares.append(((found.main - truth.main)[:, 1] / found.main_se[:, 1]) ** 2)
    assert 0.5 < np.mean(squares) < 1.8


def test_tables_and_lines(comparison):
    pytest.importorskip("pandas")
    terms = comparison.modalities().set_index("term")
    assert terms.index.tolist() == ["a", "b", "MI"]
    assert terms["established"].tolist() == [False, True, False]
    main = np.abs(comparison.second.decomposition.main[:, 1, 0]).mean()
    assert terms.loc["b", "new"] == pytest.approx(main)
    frame = comparison.to_frame()
    first = frame.iloc[0]
    assert (first["part"], first["feature"]) == ("uc", "x1")
    assert first["established"] and first["new"] > 5 * first["old"] + 1
    mean, se = comparison.mean_abs_change()
    assert (first["change"], first["se"]) == (mean[0, 1, 0], se[0, 1, 0])
    text = repr(comparison)
    assert text.startswith("Comparison of old and new over 12 rows, unit: model")
    line = next(line for line in text.splitlines() if "b on its own" in line)
    assert f"-> {main:.3g}, " in line and line.endswith(" *")
    assert "MI of a/x0" in text and text.count(" *\n") == 2  # of b and x1


def test_mean_changes_by_hand(comparison):
    coef, se = comparison.change.coef, comparison.change.se
    mean, error = comparison.mean_abs_change()
    np.testing.assert_allclose(mean, np.abs(coef).mean(axis=0))
    expected = np.abs(coef).var(axis=0, ddof=1) / 12 + np.square(se.mean(axis=0))
    np.testing.assert_allclose(np.square(error), expected)


def test_trees_are_summed_over_their_leaves(data):
    X, y, common = data
    trees = [
        explainer_of(DecisionTreeRegressor(max_depth=depth, random_state=0)).fit(X, y)
        for depth in (3, 5)
    ]
    found = compare(trees, common)
    responses = [each.disentangler_._plans["direct"].response for each in trees]
    both, _ = with_model(trees[0].disentangler_, SideBySide(*responses))
    assert both._plans["best"].trees is not None
    # the rows themselves, and those that the proof is checked on
    assert found.n_model_rows < 20 * 20 + len(common)
    outputs = [each.disentangler_.estimator_.predict(common) for each in trees]
    np.testing.assert_allclose(
        found.change.decomposition.output[:, 0], outputs[1] - outputs[0]
    )
    first = trees[0].explain(common).decomposition
    np.testing.assert_allclose(found.first.decomposition.main, first.main)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_classes_of_forests_and_of_other_models(n_classes):
    X, y = load_iris(return_X_y=True)
    X, y = X[y < n_classes], y[y < n_classes]
    modalities = [("sepal", [0, 1]), ("petal", [2, 3])]
    forest = RandomForestClassifier(5, max_depth=2, random_state=0)
    other = clone(forest).set_params(random_state=1, max_depth=3)
    line = GaussianNB() if n_classes == 2 else other
    explainers = [
        LocalExplainer(
            Disentangler(each, modalities, n_references=10, random_state=0,
                         response_method="predict_proba"),
            n_samples=30, random_state=0,
        ).fit(X, y)
        for each in (forest, line)
    ]  # fmt: skip
    found = compare(explainers, X[::25])
    names = explainers[0].disentangler_.output_names_
    assert found.change.output_names.tolist() == names.tolist()
    assert found.change.unit == "probability"
    for part, fitted in zip((found.first, found.second), explainers, strict=True):
        expected = fitted.disentangler_.decompose(X[::25])
        np.testing.assert_allclose(part.decomposition.output, expected.output)
    same = explainers[0].disentangler_.decompose(X[::25])
    np.testing.assert_allclose(found.first.decomposition.uc, same.uc, atol=1e-12)


def test_log_odds_and_average_references():
    X, y = load_iris(return_X_y=True)
    X, y = X[50:], y[50:]
    for options in ({"link": "logit"}, {"references": "average"}):
        explainers = [
            LocalExplainer(
                Disentangler(
                    RandomForestClassifier(5, max_depth=depth, random_state=0),
                    [("sepal", [0, 1]), ("petal", [2, 3])], random_state=0,
                    **({"n_references": 10} if "link" in options else {}), **options,
                ),
                slopes([("sepal", 0), ("petal", 0)]), n_samples=30, random_state=0,
            ).fit(X, y)
            for depth in (2, 3)
        ]  # fmt: skip
        found = compare(explainers, X[::20])
        expected = [each.disentangler_.decompose(X[::20]) for each in explainers]
        np.testing.assert_allclose(found.first.decomposition.uc, expected[0].uc)
        np.testing.assert_allclose(
            found.change.decomposition.output, expected[1].output - expected[0].output
        )


def test_texts_series_and_images():
    def louder(X):
        return model(X) + X["vitals"][:, 2]

    rows = make_rows(12)
    explainers = [make_explainer(each).fit(rows) for each in (model, louder)]
    found = compare(explainers, rows[:2])
    assert isinstance(rows, MultimodalArray)
    change = found.change.decomposition
    np.testing.assert_allclose(change.mi, 0, atol=1e-9)
    expected = rows["vitals"][:2, 2] - change.baseline
    np.testing.assert_allclose(change.main[:, 2, 0], expected)
    notes = found.change.sel(modality="note")
    np.testing.assert_allclose(np.nan_to_num(notes), 0, atol=1e-6)


def test_what_cannot_be_compared():
    fitted = explainer(old).fit(ROWS)
    with pytest.raises(ValueError, match=r"must be two fitted explainers.*Got 1"):
        compare({"one": fitted}, ROWS)
    with pytest.raises(TypeError, match="got a LinearRegression"):
        compare([fitted, LinearRegression()], ROWS)
    other = [("a", [1]), ("b", [0])]
    dis = Disentangler(old, other, n_references=5)
    with pytest.raises(ValueError, match="need the same modalities; got"):
        compare([fitted, LocalExplainer(dis, n_samples=30).fit(ROWS)], ROWS)
    dis = Disentangler(lambda X: X[:, :2], AB, n_references=5)
    with pytest.raises(ValueError, match="need the same outputs; got"):
        compare([fitted, LocalExplainer(dis, n_samples=30).fit(ROWS)], ROWS)


@pytest.mark.slow
def test_budgets_and_columns_that_stay():
    budgeted = []
    for function in (old, new):
        dis = Disentangler(function, AB, random_state=0)
        fitted = LocalExplainer(dis, budget=800, random_state=0).fit(ROWS)
        budgeted.append(fitted)
    found = compare(budgeted, ROWS[:3])
    expected = 3 * (ROWS[:3, 1] - found.change.decomposition.baseline[0] / 3)
    np.testing.assert_allclose(found.change.decomposition.main[:, 1, 0], expected)
    rows = np.column_stack([ROWS, np.arange(200) % 2])
    held = []
    for function in (old, new):
        dis = Disentangler(
            function, AB, remainder="hold", n_references=10, random_state=0
        )
        held.append(LocalExplainer(dis, n_samples=40, random_state=0).fit(rows))
    found = compare(held, rows[:4])
    np.testing.assert_allclose(found.change.decomposition.mi, 0, atol=1e-9)
    output = new(rows[:4]) - old(rows[:4])
    np.testing.assert_allclose(found.change.decomposition.output[:, 0], output)


def test_forgotten_references_are_asked_for():
    forgetful, other = explainer(old).fit(ROWS), explainer(new).fit(ROWS)
    forgetful.forget()
    with pytest.raises(NotFittedError, match="The reference rows are gone"):
        compare([forgetful, other], ROWS[:2])
    # those of the second are not needed
    found = compare([other, forgetful], ROWS[:2])
    assert found.names == ("first", "second")


def test_errors_of_trees_include_that_of_the_draws():
    """Averages of columns are those of draws; `explain` has those of all rows."""
    X = np.random.RandomState(0).gamma(2, 1, size=(300, 4))
    modalities = {"a": [0, 1], "b": [2, 3]}
    y = X[:, 0] * X[:, 2] + X[:, 1] + X[:, 3]
    missed, errors = [], []
    for seed in range(4):
        explainers = {}
        for depth in (3, 4):
            tree = DecisionTreeRegressor(max_depth=depth, random_state=0)
            dis = Disentangler(tree, modalities, n_references=30, random_state=seed)
            explainer = LocalExplainer(dis, n_samples=100, random_state=seed)
            explainers[str(depth)] = explainer.fit(X, y)
        found = compare(explainers, X[:6]).first
        expected = explainers["3"].explain(X[:6])
        assert not expected.se_perturbations.any()
        missed.append(found.coef - expected.coef)
        errors.append(found.se_perturbations)
    missed, errors = np.array(missed), np.array(errors)
    assert (np.abs(missed) <= 1.96 * errors + 1e-9).mean() > 0.8
    assert 0.5 < np.sqrt(np.square(missed).mean() / np.square(errors).mean()) < 1.5
