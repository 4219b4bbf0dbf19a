"""What stands in for absent modalities: a sample, the average row, one's own rows."""

from itertools import product as combinations
from pickle import dumps, loads

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from skdime import Disentangler, Explanation, LocalExplainer, MultimodalArray
from skdime._results.concatenation import concatenated
from skdime.metrics import max_sensitivity
from skdime.model_selection import cross_explain, stability_scorer
from skdime.perturbers import MaskedTabularPerturber, TabularPerturber
from tests._by_hand import brute_force_tuples
from tests._data import (
    AB,
    THREE,
    TWO,
    Counter,
    assert_same_numbers,
    explainer_of,
    product,
)


def interacting(X):
    return X[:, 0] * X[:, 1] + np.tanh(X[:, 2] * X[:, 4] + X[:, 3])


def column(X):
    return interacting(X)[:, None]


@pytest.fixture(params=[TWO, THREE], ids=["two", "three"])
def modalities(request):
    return request.param


# --- values ---------------------------------------------------------------------------


@pytest.mark.parametrize("references", ["average", "one", "three"])
def test_effects_match_brute_force_over_all_combinations(
    X, modalities, references, assert_close
):
    rows = {"average": np.median(X[:59], axis=0)[None], "one": X[7:8], "three": X[3:6]}
    own = rows[references]
    given = references if references == "average" else np.vstack([own, own[:1]])
    dis = Disentangler(interacting, modalities, references=given, random_state=0)
    parts = dis.fit(X[:59]).decompose(X[:2])
    np.testing.assert_array_equal(dis.references_, own)
    for i in range(2):
        tuples = list(combinations(own, repeat=len(modalities)))
        main, baseline, _ = brute_force_tuples(column, X[i], tuples, modalities)
        assert_close(parts.main[i], main)
        assert_close(parts.baseline, baseline)
    for errors in (parts.uc_se, parts.main_se, parts.baseline_se):
        np.testing.assert_array_equal(errors, 0)


def test_a_product_against_a_single_row_by_hand():
    X, own = np.random.RandomState(0).normal(size=(30, 2)), np.array([[2.0, -3.0]])
    parts = Disentangler(product, AB, references=own).fit(X).decompose(X)
    np.testing.assert_allclose(parts.baseline, -6)
    np.testing.assert_allclose(parts.mi[:, 0], (X[:, 0] - 2) * (X[:, 1] + 3))


def test_rows_of_ones_own_are_as_all_rows_given_to_fit(X, modalities):
    own = Disentangler(interacting, modalities, references=X[:4], random_state=0)
    drawn = Disentangler(interacting, modalities, n_references=None, random_state=0)
    parts, expected = own.fit(X).decompose(X), drawn.fit(X[:4]).decompose(X)
    if len(modalities) == 2:  # of three, four rows are combined in 64 ways instead of 4
        np.testing.assert_allclose(parts.uc, expected.uc, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(parts.output, expected.output)


def test_many_rows_of_ones_own_are_a_sample_of_combinations_of_three(X):
    dis = Disentangler(interacting, THREE, references=X, random_state=0).fit(X)
    drawn = Disentangler(interacting, THREE, n_references=None, random_state=0).fit(X)
    assert_same_numbers_of_rows(dis.decompose(X[:3]), drawn.decompose(X[:3]))


def assert_same_numbers_of_rows(found, expected):
    for name in ("uc", "mi", "main", "uc_se", "main_se", "baseline_se"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert (found.uc_se > 0).all()


def test_the_model_is_trained_on_the_rows_given_to_fit(X, two):
    y = X @ [1.0, 2, 3, 4, 5]
    dis = Disentangler(LinearRegression(), two, references=X[:1] + 10).fit(X, y)
    np.testing.assert_allclose(dis.estimator_.coef_, [1, 2, 3, 4, 5])
    np.testing.assert_allclose(dis.baseline_, y[:1] + 150)


def test_a_single_row_of_ones_own_beside_a_single_training_row(X, two):
    dis = Disentangler(interacting, two, references=X[:1]).fit(X[1:2])
    np.testing.assert_allclose(dis.baseline_, interacting(X[:1]))


@pytest.mark.parametrize("references", ["average", "one"])
def test_a_model_that_reads_other_rows_of_a_call_is_refused(X, two, references):
    dis = Disentangler(
        lambda X: X[:, 0] - X[:, 0].mean(),
        two,
        references=X[:1] if references == "one" else references,
    )
    with pytest.raises(ValueError, match="depends on the rows beside it"):
        dis.fit(X)


def test_an_empty_text_is_the_average_text():
    rows = MultimodalArray(
        note=["no fever since monday", "a cough at night", "none of it at all"],
        table=np.array([[1.0], [2.0], [3.0]]),
    )

    def model(X):
        return np.array([len(text) for text in X["note"]]) * X["table"][:, 0]

    parts = Disentangler(model, references="average").fit(rows).decompose(rows)
    np.testing.assert_allclose(parts.baseline, 0)
    np.testing.assert_allclose(parts.main[:, 0, 0], 2 * np.array([21, 16, 17]))
    np.testing.assert_allclose(parts.main[:, 1], 0)


# --- model rows -----------------------------------------------------------------------


def test_one_reference_costs_one_model_row_a_mean(X, modalities):
    model = Counter(interacting)
    dis = Disentangler(model, modalities, references="average").fit(X)
    # the baseline, and eight rows twice to see that outputs depend on the row alone
    assert dis.n_model_rows_ == model.rows == 1 + 2 * 8
    model.rows = 0
    parts = dis.decompose(X[:7])
    assert parts.n_model_rows == model.rows == 7 * (1 + len(modalities))


@pytest.mark.parametrize("references", ["average", "three"])
def test_cost_counts_the_references_there_will_be(X, modalities, references):
    model = Counter(interacting)
    explainer = explainer_of(
        model,
        modalities,
        references=X[3:6] if references == "three" else references,
        n_samples=40,
        algorithm="exhaustive",
    )
    before = explainer.cost(X)
    assert model.rows == 0
    assert before.fit_rows == explainer.fit(X).n_model_rows_ == model.rows
    model.rows = 0
    explanation = explainer.explain(X)
    told = explainer.cost(X).explain_rows
    assert before.explain_rows == told == explanation.n_model_rows == model.rows


# --- explanations ---------------------------------------------------------------------


def test_shapley_values_of_a_linear_model_are_slopes_whatever_the_references(X, two):
    slopes = np.array([1.0, -2, 3, 0.5, 0])
    explainer = explainer_of(
        lambda X: X @ slopes,
        two,
        [(name, TabularPerturber(effects="shapley")) for name, _ in two],
        references="average",
        n_samples=100,
    )
    explanation = explainer.fit(X).explain(X[:3])
    order = np.concatenate([columns for _, columns in two])
    np.testing.assert_array_equal(explanation.se_references, 0)
    expected = ((X[:3] - X.mean(axis=0)) * slopes)[:, order]
    found = explanation.coef[:, 0, :, 0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.02)
    np.testing.assert_allclose(explanation.coef[:, 1], 0, atol=0.02)


@pytest.fixture(scope="module")
def explained(X):
    """Explanations against the average row, and the explainer."""
    explainer = explainer_of(interacting, TWO, references="average", n_samples=50)
    return explainer.fit(X), explainer.explain(X[:3])


def test_results_say_what_they_compare_with(explained, X, tmp_path):
    _, explanation = explained
    values = explanation.decomposition
    assert (values.references, values.n_references) == ("average", 1)
    assert "of 3 rows against the average row" in repr(explanation)
    assert "of 3 rows against the average row" in repr(values)
    assert "compared with the average row" in explanation.to_html()
    assert "baseline: output of the average row" in explanation[0]._repr_html_()
    explanation.save(tmp_path / "explanation")
    loaded = Explanation.load(tmp_path / "explanation").decomposition
    assert (loaded.references, loaded.n_references) == ("average", 1)
    own = Disentangler(interacting, TWO, references=X[:2]).fit(X).decompose(X)
    assert "against 2 rows of your own" in repr(own[:4])
    drawn = Disentangler(interacting, TWO, n_references=40).fit(X).decompose(X)
    assert "against 40 reference rows" in repr(drawn)


def test_pictures_say_where_they_start(explained, pyplot):
    from skdime.displays import ContributionScatterDisplay, WaterfallDisplay

    display = WaterfallDisplay.from_explanation(explained[1])
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels[0].replace("\n", " ") == "output of the average row"
    display = ContributionScatterDisplay.from_explanation(explained[1])
    texts = [text.get_text().strip() for text in display.ax_.texts]
    assert "output of the average row" in texts


def test_explanations_against_other_references_are_not_joined(explained, X):
    other = explainer_of(interacting, TWO, references=X[:1], n_samples=50).fit(X)
    with pytest.raises(ValueError, match="the average row and 1 row of your own"):
        concatenated([explained[1], other.explain(X[:1])])


# --- estimators and their tools -------------------------------------------------------


def test_clones_and_copies_explain_alike(X, two):
    explainer = explainer_of(interacting, two, references=X[:2], n_samples=50)
    np.testing.assert_array_equal(
        explainer.get_params()["disentangler__references"], X[:2]
    )
    expected = explainer.fit(X).explain(X[:2])
    assert_same_numbers(clone(explainer).fit(X).explain(X[:2]), expected)
    assert_same_numbers(loads(dumps(explainer)).explain(X[:2]), expected)
    explainer.set_params(disentangler__references="average")
    assert len(explainer.fit(X).disentangler_.references_) == 1


def test_rows_of_a_frame_must_be_as_those_of_fit(X, two):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("vwxyz"))
    dis = Disentangler(lambda X: X["v"] * X["w"], two, references=frame.iloc[:1])
    np.testing.assert_allclose(dis.fit(frame).baseline_, X[0, 0] * X[0, 1])
    dis.set_params(references=frame.iloc[:1, :4])
    with pytest.raises(ValueError, match="feature names") as error:
        dis.fit(frame)
    assert "`references`" in error.value.__notes__[0]


def test_other_words_are_refused(X, two):
    with pytest.raises(ValueError, match="'references' parameter of Disentangler"):
        Disentangler(interacting, two, references="mean").fit(X)


def test_only_a_sample_is_calibrated(X, two):
    dis = Disentangler(
        interacting, two, references="average", reference_weights="calibrated"
    )
    with pytest.raises(ValueError, match="reference_weights='calibrated'"):
        dis.fit(X)


def test_cross_explain_takes_the_average_of_each_fold(X, two):
    explainer = explainer_of(interacting, two, references="average", n_samples=40)
    cross = cross_explain(explainer, X, cv=2, X_common=X[:2])
    # of 30 values in order, the middle one that comes first in the data
    halves = [
        MaskedTabularPerturber().fit(half).replacement_ for half in (X[30:], X[:30])
    ]
    np.testing.assert_allclose(cross.baseline, [interacting(half) for half in halves])
    with pytest.raises(ValueError, match=r"n_reference_draws=2.*no sample"):
        cross_explain(explainer, X, cv=2, n_reference_draws=2)


def test_what_draws_references_anew_refuses_those_that_are_no_sample(explained, X):
    with pytest.raises(ValueError, match=r"stability_scorer.*no sample"):
        stability_scorer(explained[0], X)
    with pytest.raises(ValueError, match="single reference"):
        max_sensitivity(explained[0], X[:2])


def test_a_frozen_model_takes_rows_that_it_was_not_trained_on(X, two):
    explainer = LocalExplainer(
        Disentangler(interacting, two, references=X[:1]), n_samples=40, random_state=0
    )
    parts = explainer.fit(X[1:]).explain(X[:1]).decomposition
    np.testing.assert_allclose(parts.mi, 0, atol=1e-12)  # it is the reference itself
