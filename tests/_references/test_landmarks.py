"""Explanations from few model rows, against those from all of them."""

from functools import cache

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from skdime.perturbers import TabularPerturber
from tests._data import Counter, assert_same_numbers, explainer_of, slopes

pytestmark = pytest.mark.usefixtures("one_thread")

N_FEATURES = 8  # of each of two modalities
TWO = [("a", slice(N_FEATURES)), ("b", slice(N_FEATURES, None))]
THREE = [("a", slice(4)), ("b", slice(4, 10)), ("c", slice(10, None))]
MODELS = ("mlp", "svm", "tanh")


def draw(n_rows, seed):
    rng = np.random.RandomState(seed)
    return rng.normal(size=(n_rows, 2 * N_FEATURES)) + 0.4 * rng.normal(
        size=(n_rows, 1)
    )


X, ROWS = draw(600, 0), draw(30, 1)
MIXING = np.random.RandomState(2).normal(size=(N_FEATURES, N_FEATURES)) / 4
SLOPES = np.random.RandomState(3).normal(size=2 * N_FEATURES) / 2


def product(X):
    """Bilinear: what the columns are is a sum of few fixed directions."""
    a, b = X[:, :N_FEATURES], X[:, N_FEATURES:]
    return ((a @ MIXING) * b).sum(axis=1) + X @ SLOPES


def tanh(X):
    """Not of low rank."""
    a, b = X[:, :N_FEATURES], X[:, N_FEATURES:]
    return np.tanh(X @ SLOPES) + np.tanh(((a @ MIXING) * b).sum(axis=1) / 2)


def two_outputs(X):
    return np.column_stack([tanh(X), 3 * product(X)])


def labels(X):
    score = tanh(X) + product(X) / 2
    return score > np.median(score)


@cache
def mlp():
    with pytest.warns(ConvergenceWarning):
        model = MLPClassifier((16,), max_iter=40, random_state=0).fit(X, labels(X))
    (first, second), (shift, offset) = model.coefs_, model.intercepts_

    def logits(X):
        return (np.maximum(X @ first + shift, 0) @ second + offset)[:, 0]

    return logits


@cache
def model_of(name):
    if name == "svm":
        return FrozenEstimator(SVC(gamma=0.03).fit(X[:200], labels(X[:200])))
    if name == "mlp":
        return mlp()
    return {"tanh": tanh, "product": product, "two outputs": two_outputs}[name]


def fit(model, modalities=TWO, rows=X, **options):
    options = {"n_references": 60, "n_samples": 500} | options
    options.setdefault("perturbers", slopes(modalities))
    return explainer_of(model, modalities, **options).fit(rows)


@cache
def explainer(name, algorithm="auto", tol="auto"):
    return fit(model_of(name), algorithm=algorithm, tol=tol)


@cache
def explained(name, algorithm="auto", tol="auto"):
    return explainer(name, algorithm, tol).explain(ROWS)


def norm(coef):
    """Over parts, features and outputs: one number for each row."""
    return np.sqrt(np.nansum(np.square(coef), axis=(1, 2, 3)))


def relative_error(found, expected):
    return norm(found.coef - expected.coef) / norm(expected.coef)


def true_errors(found, expected):
    """In the shape of ``approximation_error``."""
    wrong = np.nan_to_num(found.coef - expected.coef)
    return np.stack(
        [
            np.sqrt(np.square(wrong[:, :, found.feature_modalities == name]).sum(2))
            for name in found.modality_names
        ],
        axis=2,
    )


def covered(found, expected):
    rounding = 1e-12 * norm(expected.coef)[:, None, None, None]
    return true_errors(found, expected) <= found.approximation_error + rounding


# --- errors ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_errors_at_the_default_tolerance(name):
    found, expected = explained(name), explained(name, "exhaustive")
    assert np.median(relative_error(found, expected)) <= 0.05
    assert found.n_model_rows <= expected.n_model_rows
    rows = [explainer(name, way).n_model_rows_ for way in ("auto", "exhaustive")]
    assert 2 * rows[0] < rows[1]


def test_a_small_part_is_as_accurate_as_a_large_one():
    def mostly_additive(X):
        return 4 * np.sin(X).sum(axis=1) + tanh(X)

    found, expected = (
        fit(mostly_additive, algorithm=algorithm).explain(ROWS)
        for algorithm in ("auto", "exhaustive")
    )
    uc, mi = (norm(expected.coef[:, [p]]) for p in (0, 1))
    assert np.median(mi / uc) < 0.2
    wrong = norm((found.coef - expected.coef)[:, [1]])
    assert np.median(wrong / mi) < 0.1


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("tol", [0.2, 0.02, 0.005])
def test_errors_are_about_the_tolerance(name, tol):
    error = relative_error(explained(name, tol=tol), explained(name, "exhaustive"))
    assert np.median(error) <= tol
    assert np.quantile(error, 0.9) <= 2.5 * tol


@pytest.mark.slow
@pytest.mark.parametrize("name", [*MODELS, "two outputs"])
def test_a_tiny_tolerance_evaluates_everything(name, assert_close):
    found, expected = explained(name, tol=1e-9), explained(name, "exhaustive")
    for array in ("coef", "intercept", "local_prediction"):
        assert_close(getattr(found, array), getattr(expected, array), 1e-8)
    # the spread over references may come from columns completed to within tol
    assert_close(found.se_references, expected.se_references, 1e-5)
    np.testing.assert_allclose(found.r2, expected.r2, atol=1e-8)
    assert found.n_model_rows == expected.n_model_rows
    assert not found.approximation_error.any()


def test_few_directions_are_found_exactly():
    found, expected = explained("product"), explained("product", "exhaustive")
    assert relative_error(found, expected).max() < 1e-4
    first_landmarks = 2 * 32 * len(ROWS)
    decomposed = found.decomposition.n_model_rows
    assert found.n_model_rows == decomposed + first_landmarks


def test_reported_errors_cover_true_ones():
    shares = {
        (name, tol): covered(explained(name, tol=tol), explained(name, "exhaustive"))
        for name in MODELS
        for tol in (0.2, 0.05, 0.02)
    }
    everything = np.concatenate([share.ravel() for share in shares.values()])
    assert everything.mean() >= 0.9
    for share in shares.values():  # and for either part by itself
        assert share.mean(axis=(0, 2, 3)).min() >= 0.8


def test_reported_errors_are_not_much_too_large():
    for name in MODELS:
        found = explained(name)
        errors = true_errors(found, explained(name, "exhaustive"))
        assert np.median(found.approximation_error) < 10 * np.median(errors)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("part", [0, 1])
def test_standard_errors_of_completion_are_those_of_each_coefficient(name, part):
    found, expected = explained(name), explained(name, "exhaustive")
    wrong = (found.coef - expected.coef)[:, part]
    relative = wrong / found.se_approximation[:, part]
    assert 0.5 <= np.sqrt(np.mean(np.square(relative))) <= 1.4
    assert (np.abs(relative) < 1.96).mean() >= 0.88


def test_exhaustive_explanations_report_no_error():
    assert not explained("tanh", "exhaustive").approximation_error.any()


def test_a_smaller_tolerance_takes_more_rows():
    rows = [explained("tanh", tol=tol).n_model_rows for tol in (0.5, 0.1, 0.005)]
    assert rows[0] < rows[1] < rows[2]
    rows = [explainer("tanh", tol=tol).n_model_rows_ for tol in (0.2, 0.02, 0.005)]
    assert rows[0] < rows[1] < rows[2]


def test_decompositions_are_exact(assert_close):
    found = explained("tanh").decomposition
    expected = explained("tanh", "exhaustive").decomposition
    for name in ("output", "baseline", "uc", "mi", "main", "uc_se"):
        assert_close(getattr(found, name), getattr(expected, name), 1e-12)


# --- identities -----------------------------------------------------------------------


def test_parts_add_up_to_the_surrogate_of_the_model(assert_close):
    # completion is exact here, so the model's surrogate is known
    found, expected = explained("product"), explained("product", "exhaustive")
    assert_close(found.coef.sum(axis=1), expected.coef.sum(axis=1), 1e-4)


def test_intercept_and_coefficients_add_up_to_the_local_prediction(assert_close):
    found = explained("tanh")
    for m, name in enumerate(found.modality_names):
        mine = found.feature_modalities == name
        total = found.intercept[:, :, m] + found.coef[:, :, mine].sum(axis=2)
        assert_close(total, found.local_prediction[:, :, m], 1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_standard_errors(name):
    found, expected = explained(name), explained(name, "exhaustive")
    np.testing.assert_array_equal(found.se_references[:, 0], found.se_references[:, 1])
    difference = found.se_references - expected.se_references
    wrong = norm(difference) / norm(expected.se_references)
    assert np.median(wrong) <= 0.1


def test_transform_gives_the_coefficients_of_explain(assert_close):
    exp = explainer("tanh")
    coef = explained("tanh").coef
    assert_close(exp.transform(ROWS), coef.reshape(len(ROWS), -1), 1e-12)


def test_score_is_that_of_all_rows():
    found, expected = explainer("tanh"), explainer("tanh", "exhaustive")
    assert found.score(ROWS) == pytest.approx(expected.score(ROWS), abs=0.03)


# --- what a row gets does not depend on others ----------------------------------------


@pytest.mark.parametrize("i", [0, 7, 29])
def test_a_row_alone(i):
    alone = explainer("tanh").explain(ROWS[i : i + 1])
    assert_same_numbers(alone, explained("tanh")[i], 1e-9)


def test_rows_of_single_explanations_add_up():
    exp = explainer("tanh")
    alone = sum(exp.explain(ROWS[[i]]).n_model_rows for i in range(len(ROWS)))
    assert alone == explained("tanh").n_model_rows


def test_any_order():
    order = np.random.RandomState(0).permutation(len(ROWS))
    assert_same_numbers(
        explainer("tanh").explain(ROWS[order]), explained("tanh")[order], 1e-9
    )


def test_more_rows_do_not_change_the_others():
    more = np.concatenate([draw(20, 5), ROWS, 3 * draw(20, 6)])
    assert_same_numbers(explainer("tanh").explain(more)[20:50], explained("tanh"), 1e-9)


@pytest.mark.parametrize("max_memory", [300_000, 2_000_000])
def test_any_memory(max_memory):
    exp = fit(tanh, max_memory=max_memory)
    engine = exp.disentangler_._engine(None)
    assert exp._fits.families[0]._batch_size(engine, ROWS, 500) < len(ROWS)
    found = exp.explain(ROWS)
    assert_same_numbers(found, explained("tanh"), 1e-9)
    assert found.n_model_rows == explained("tanh").n_model_rows


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_any_number_of_workers(n_jobs):
    exp = fit(tanh, n_jobs=n_jobs, max_memory=2_000_000)
    found = exp.explain(ROWS)
    assert_same_numbers(found, explained("tanh"), 1e-9)
    assert found.n_model_rows == explained("tanh").n_model_rows


# --- model rows -----------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
@pytest.mark.parametrize("modalities", [TWO, THREE], ids=["two", "three"])
@pytest.mark.parametrize("tol", [0.2, 0.01])
def test_rows_are_counted_and_never_more_than_told(modalities, algorithm, tol):
    model = Counter(tanh)
    exp = fit(model, modalities, algorithm=algorithm, tol=tol)
    assert exp.n_model_rows_ == model.rows
    cost = exp.cost(ROWS)
    assert exp.n_model_rows_ <= cost.fit_rows
    for call in (exp.explain, exp.transform, exp.score):
        model.rows = 0
        result = call(ROWS)
        assert model.rows <= cost.explain_rows
        if call == exp.explain:
            assert result.n_model_rows == model.rows


@pytest.mark.parametrize(
    "model, n_rows, factor", [(product, 1, 4), (product, 100, 75), (tanh, 100, 75)]
)
def test_rows_against_the_published_procedure(model, n_rows, factor):
    model = Counter(model)
    exp = fit(model, n_references=100, n_samples=1000)
    exp.explain(draw(n_rows, 4))
    # both modalities anew for each row: a sample by itself and with every reference
    published = n_rows * 2 * 1000 * (100 + 1)
    assert published >= factor * model.rows


def test_small_tables_are_evaluated_in_full():
    exp = fit(tanh, n_references=12, n_samples=60)
    assert exp.n_model_rows_ == exp.cost(ROWS).fit_rows
    assert not exp.explain(ROWS[:2]).approximation_error.any()


# --- other settings -------------------------------------------------------------------


def both(model, modalities=TWO, rows=X, explain=ROWS, **options):
    return [
        fit(model, modalities, rows, algorithm=algorithm, **options).explain(explain)
        for algorithm in ("auto", "exhaustive")
    ]


def assert_approximates(found, expected, tol=0.05):
    assert np.median(relative_error(found, expected)) <= tol
    assert covered(found, expected).mean() >= 0.9
    assert found.n_model_rows <= expected.n_model_rows


@pytest.mark.parametrize("name", ["tanh", "mlp"])
def test_include_self(name):
    found, expected = both(model_of(name), include_self=True)
    assert_approximates(found, expected)


def test_include_self_moves_interaction_alone(assert_close):
    without = explained("product")
    included = fit(product, include_self=True).explain(ROWS)
    share = (60 / 61) ** 2
    assert_close(included.coef[:, 1], share * without.coef[:, 1], 1e-4)
    assert_close(included.coef.sum(axis=1), without.coef.sum(axis=1), 1e-4)
    assert_close(included.se_references, share * without.se_references, 1e-4)


def test_three_modalities():
    assert_approximates(*both(tanh, THREE))


def test_several_outputs():
    found, expected = both(two_outputs)
    assert found.approximation_error.shape == (len(ROWS), 2, 2, 2)
    assert_approximates(found, expected)


def test_many_outputs():
    mixing = np.random.RandomState(0).normal(size=(2, 12))
    found, expected = both(lambda X: two_outputs(X) @ mixing)
    assert_approximates(found, expected)


@pytest.mark.parametrize("sampler", ["features", "rows", "lime"])
def test_samplers(sampler):
    perturbers = [(name, TabularPerturber(sampler, effects="slope")) for name in "ab"]
    # LIME's bins are many steps: no draw tells much of another
    allowed = 0.2 if sampler == "lime" else 0.15
    assert_approximates(*both(tanh, perturbers=perturbers, tol=0.15), tol=allowed)


def with_codes(rows, seed):
    """Columns 0 and 8 hold codes of four and three categories."""
    rows, rng = rows.copy(), np.random.RandomState(seed)
    rows[:, 0] = rng.choice(4, p=[0.4, 0.3, 0.2, 0.1], size=len(rows))
    rows[:, 8] = rng.randint(3, size=len(rows))
    return rows


def of_codes(X):
    effect = np.array([0.0, 2.0, -1.0, 1.0])[X[:, 0].astype(int) % 4]
    return tanh(X) + effect * (X[:, 8] == 1) + effect * X[:, 9]


CATEGORIES = [
    ("a", TabularPerturber(effects="slope", categorical_features=[0])),
    ("b", TabularPerturber(effects="slope", categorical_features=[0])),
]


def test_categories():
    rows, explain = with_codes(X, 0), with_codes(ROWS, 1)
    assert_approximates(
        *both(of_codes, rows=rows, explain=explain, perturbers=CATEGORIES)
    )


def test_values_that_are_never_drawn():
    rows, explain = with_codes(X, 0), with_codes(ROWS, 1)
    explain[0, 0] = 7
    exp = fit(of_codes, rows=rows, perturbers=CATEGORIES)
    with pytest.warns(UserWarning, match="No perturbation contains"):
        found = exp.explain(explain)
    unknown = np.isnan(found.coef)
    assert unknown[0, :, 0].all()
    assert unknown.sum() == 2
    np.testing.assert_array_equal(np.isnan(found.se_references), unknown)
    assert np.isfinite(found.approximation_error).all()
    assert_same_numbers(exp.explain(explain[1:]), found[1:], 1e-9)


def test_a_modality_that_is_ignored():
    found = fit(lambda X: np.sin(X[:, 0]) * X[:, 1]).explain(ROWS)
    mine = found.feature_modalities == "a"
    scale = np.abs(found.coef).max()
    np.testing.assert_allclose(found.coef[:, :, ~mine], 0, atol=1e-6 * scale)
    np.testing.assert_allclose(found.coef[:, 1], 0, atol=1e-5 * scale)
    np.testing.assert_allclose(found.se_references, 0, atol=1e-5 * scale)
    np.testing.assert_allclose(found.approximation_error, 0, atol=1e-4 * scale)


def test_a_constant_model():
    found = fit(lambda X: np.full(len(X), 7.0)).explain(ROWS)
    np.testing.assert_allclose(found.coef, 0, atol=1e-12)
    np.testing.assert_allclose(found.se_references, 0, atol=1e-12)
    np.testing.assert_allclose(found.approximation_error, 0, atol=1e-12)
    assert np.isnan(found.r2).all()


def rare(rows, share, seed):
    """Column 8 is a flag that few rows have."""
    rows = rows.copy()
    rows[:, 8] = np.random.RandomState(seed).uniform(size=len(rows)) < share
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.01, 0.03, 0.08])
def test_a_rare_flag_that_interacts(share):
    def model(X):
        return X[:, 0] + X[:, 9] + 3 * X[:, 1] * X[:, 8]

    explain, within = rare(ROWS, 0.5, 1), []
    for seed in range(5):
        found, expected = both(
            model, rows=rare(X, share, seed), explain=explain, tol=0.2
        )
        within.append(covered(found, expected))
    assert np.mean(within) >= 0.9


@pytest.mark.parametrize("share", [0.01, 0.03, 0.08])
def test_explanations_of_a_rare_flag(share):
    def model(X):
        return X[:, 0] + X[:, 9] + 3 * X[:, 1] * X[:, 8]

    explain = rare(ROWS, 0.5, 1)
    found, expected = both(model, rows=rare(X, share, 0), explain=explain)
    assert np.median(relative_error(found, expected)) <= 0.05
