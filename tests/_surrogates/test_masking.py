"""Masks of rows' own features: their values and errors."""

import warnings

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime._references.designs import all_masks
from tests._surrogates._masked import (
    HALVES,
    Columns,
    brute_force,
    explainer,
    features_of,
    models,
    rows,
    saturated,
    values_of,
)

AB = [("a", [0]), ("b", [1])]
EFFECTS = ["shapley", "banzhaf"]


def masked_by(effects, modalities):
    return [(name, Columns(effects)) for name, _ in modalities]


# --- exhaustive: all masks with all references --------------------------------------


@pytest.mark.parametrize("effects", EFFECTS)
def test_values_are_those_of_uc_and_mi(effects, model, X, two, assert_close):
    masked = masked_by(effects, two)
    exp = explainer(model.estimator, X, two, masked, **model.options)
    explanation = exp.explain(X[:2])
    for i, m in np.ndindex(2, 2):
        columns = exp.disentangler_.modalities_[m][1]
        masks = all_masks(len(columns))
        parts = brute_force(exp, model.output, X, X[i], m, masks)
        scale = np.add(*parts)
        for p, y in enumerate(parts):
            expected, coef = values_of(y, effects), explanation.coef[i, p]
            assert_close(coef[features_of(explanation, m)], expected, scale=scale)
            intercept = y[0]
            if effects == "banzhaf":
                intercept = y.mean(axis=0) - expected.sum(axis=0) / 2
            assert_close(explanation.intercept[i, p, m], intercept, scale=scale)
            predicted = explanation.local_prediction[i, p, m]
            if effects == "shapley":
                assert_close(predicted, y[-1], scale=scale)
            varies = np.ptp(y, axis=0) > 1e-8 * np.abs(scale).max()
            r2 = explanation.r2[i, p, m]
            np.testing.assert_array_equal(r2, np.where(varies, 1, np.nan))
    assert not explanation.se_perturbations.any()
    assert not explanation.se_approximation.any()


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("include_self", [False, True])
@pytest.mark.parametrize("modalities", ["two", "three"])
def test_parts_are_those_of_the_perturbed_row(
    effects, modalities, include_self, request, X, assert_close
):
    modalities = request.getfixturevalue(modalities)

    def f(X):
        return np.column_stack([X[:, 0] * X[:, 1] * X[:, 4], np.sin(X).sum(axis=1)])

    masked = masked_by(effects, modalities)
    exp = explainer(f, X, modalities, masked, include_self=include_self)
    explanation = exp.explain(X[:2])
    for i, m in np.ndindex(2, len(modalities)):
        columns = modalities[m][1]
        masks = all_masks(len(columns))
        perturbed = np.repeat(X[[i]], len(masks), axis=0)
        perturbed[:, columns] = np.where(masks, X[i, columns], X[:, columns].mean(0))
        parts = exp.disentangler_.decompose(perturbed)
        for p, y in enumerate([parts.uc, parts.mi]):
            coef = explanation.coef[i, p, features_of(explanation, m)]
            assert_close(coef, values_of(y, effects), scale=parts.output)


@pytest.mark.parametrize("effects", EFFECTS)
def test_a_pair_is_that_of_the_model_averaged_over_the_third(effects, X, three):
    def f(X):
        return X[:, 0] * X[:, 3] * (X[:, 1] - X[:, 2] ** 2) + X[:, 4] * X[:, 1]

    masked = masked_by(effects, three)
    exp = explainer(f, X, three, masked, n_references=20)
    explanation = exp.explain(X[:1], pair=("a", "b"))
    references = exp.disentangler_._references
    columns = three[0][1]
    masks = all_masks(len(columns))

    def mean(kept):
        """Over tuples, for the columns kept by each mask, and those of the row."""
        hybrids = np.empty((len(masks), 20, X.shape[1]))
        for (_, at), block in zip(three, references.blocks, strict=True):
            hybrids[..., at] = block
        hybrids[..., kept] = X[0, kept]
        masked = np.where(masks, X[0, columns], X[:, columns].mean(axis=0))
        hybrids[..., columns] = masked[:, None]
        return f(hybrids.reshape(-1, X.shape[1])).reshape(len(masks), 20, 1).mean(1)

    unimodal, own = (values_of(mean(kept), effects) for kept in ([], three[1][1]))
    here = features_of(explanation, 0)
    np.testing.assert_allclose(explanation.coef[0, 0, here], unimodal, atol=1e-10)
    np.testing.assert_allclose(explanation.coef[0, 1, here], own - unimodal, atol=1e-10)


def test_a_product_by_hand():
    rng = np.random.RandomState(0)
    X = rng.normal([2.0, -1.0], size=(20, 2))
    x = np.array([[3.0, 4.0]])
    exp = explainer(lambda X: X[:, 0] * X[:, 1], X, AB, n_references=None)
    a, b = X.mean(axis=0)
    # UC is a' b + a b' - a b in means a and b, MI the product of the deviations
    uc, mi = [(3 - a) * b, (4 - b) * a], 2 * [(3 - a) * (4 - b)]
    np.testing.assert_allclose(exp.explain(x).coef[0, :, :, 0], [uc, mi], rtol=1e-10)


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_an_additive_model_has_no_interaction(effects, algorithm, assert_close):
    X = rows()
    slopes = np.arange(24) - 7.5

    def f(X):
        return X @ slopes

    options = {"algorithm": algorithm, "n_references": 40, "n_samples": 300}
    exp = explainer(f, X, HALVES, masked_by(effects, HALVES), **options)
    explanation = exp.explain(X[:3])
    order = np.concatenate([columns for _, columns in HALVES])
    expected = ((X[:3] - X.mean(axis=0)) * slopes)[:, order]
    # a Gaussian process leaves a millionth of the variance to noise
    allowed = 1e-3 if algorithm == "auto" else 1e-6
    assert_close(explanation.coef[:, 0, :, 0], expected, allowed)
    assert_close(explanation.coef[:, 1], 0, 1e-10, scale=f(X))
    assert np.isnan(explanation.r2[:, 1]).all()
    assert (explanation.r2[:, 0] > 0.999).all()


@pytest.mark.parametrize("effects", EFFECTS)
def test_drawn_masks_have_errors_that_cover_the_difference(effects):
    X, masked = rows(), masked_by(effects, HALVES)
    truth = explainer(saturated, X, HALVES, masked, n_samples=4096).explain(X[:3])
    drawn = explainer(saturated, X, HALVES, masked, n_samples=600).explain(X[:3])
    assert not drawn.se_approximation.any()
    wrong = np.abs(drawn.coef - truth.coef)
    assert np.mean(wrong <= 1.96 * drawn.se_perturbations) >= 0.88
    assert wrong.max() < 0.2 * np.abs(truth.coef).max()
    assert (drawn.r2 < 1).all()


# --- auto: pairs of masks, each in one context --------------------------------------

NAMES = ["tanh", "mlp", "boosting", "two outputs"]


@pytest.fixture(scope="module", params=NAMES)
def compared(request):
    """The same rows explained from everything, and from what auto evaluates."""
    X, f = rows(), models()[request.param]
    options = {"n_references": 40, "n_samples": 4096}
    truth = explainer(f, X, HALVES, **options).explain(X[:3])
    options["n_samples"] = 600
    return truth, explainer(f, X, HALVES, algorithm="auto", **options).explain(X[:3])


def norms(values):
    """Over features, outputs and parts of every row."""
    return np.sqrt(np.square(values).sum(axis=(1, 2, 3)))


@pytest.mark.slow
def test_pairs_are_close_to_everything(compared):
    truth, found = compared
    assert found.n_model_rows < 0.01 * truth.n_model_rows
    wrong = norms(found.coef - truth.coef) / norms(truth.coef)
    assert wrong.max() <= 0.25
    assert np.median(wrong) <= 0.15


def test_errors_cover_the_difference(compared):
    truth, found = compared
    assert not truth.approximation_error.any()
    assert not found.se_perturbations.any()
    wrong = np.abs(found.coef - truth.coef)
    assert np.mean(wrong <= 1.96 * found.se_approximation + 1e-12) >= 0.9
    for m in range(2):
        here = features_of(truth, m)
        missed = found.coef[:, :, here] - truth.coef[:, :, here]
        size = np.sqrt(np.square(missed).sum(axis=2))
        assert np.mean(size <= found.approximation_error[:, :, m] + 1e-12) >= 0.9
        expected = np.sqrt(np.square(found.se_approximation[:, :, here]).sum(axis=2))
        assert 0.3 < np.sqrt(np.square(size).sum() / np.square(expected).sum()) < 1.5


def test_values_add_up_to_the_difference(compared):
    truth, found = compared
    for explanation in compared:
        np.testing.assert_allclose(
            explanation.local_prediction, explanation.target, atol=1e-9
        )
    np.testing.assert_allclose(found.intercept, truth.intercept, atol=1e-9)


def test_a_larger_tolerance_takes_fewer_rows():
    X = rows()
    options = {"algorithm": "auto", "n_references": 40, "n_samples": 2000}
    spent = [
        explainer(saturated, X, HALVES, tol=tol, **options).explain(X[:1]).n_model_rows
        for tol in (0.5, 0.01)
    ]
    assert spent[0] < 0.8 * spent[1]


@pytest.mark.parametrize("effects", EFFECTS)
def test_a_pair_from_some_masks_is_close_to_that_from_all(effects, three):
    X = rows(n_columns=27)
    modalities = [
        ("a", np.arange(9)),
        ("b", np.arange(9, 18)),
        ("c", np.arange(18, 27)),
    ]

    def f(X):
        a, b, c = X[:, :9], X[:, 9:18], X[:, 18:]
        return np.tanh((a * b).sum(axis=1) / 2) + (a * c).sum(axis=1) / 3 + b[:, 0]

    masked = masked_by(effects, modalities)
    options = {"n_references": 18, "n_samples": 512}
    truth, found = (
        explainer(f, X, modalities, masked, algorithm=algorithm, **options).explain(
            X[:2], pair=("a", "b")
        )
        for algorithm in ("exhaustive", "auto")
    )
    assert norms(found.coef - truth.coef).max() < 0.3 * norms(truth.coef).max()
    wrong = np.abs(found.coef - truth.coef)
    assert np.mean(wrong <= 1.96 * found.se_approximation + 1e-12) >= 0.9


def test_many_outputs_share_a_surrogate():
    X, weights = rows(), rows(24, 12, seed=7)

    def f(X):
        return np.tanh(X @ weights / 3)

    options = {"n_references": 20, "n_samples": 400}
    truth = explainer(f, X, HALVES, **(options | {"n_samples": 4096})).explain(X[:2])
    found = explainer(f, X, HALVES, algorithm="auto", **options).explain(X[:2])
    wrong = np.abs(found.coef - truth.coef)
    assert np.mean(wrong <= 1.96 * found.se_approximation) >= 0.9
    assert norms(wrong).max() < 0.3 * norms(truth.coef).max()


def test_banzhaf_values_of_some_masks_are_close_to_those_of_all():
    X, masked = rows(), masked_by("banzhaf", HALVES)
    options = {"n_references": 40, "n_samples": 4096}
    truth = explainer(saturated, X, HALVES, masked, **options).explain(X[:2])
    options |= {"n_samples": 600, "algorithm": "auto"}
    found = explainer(saturated, X, HALVES, masked, **options).explain(X[:2])
    wrong = np.abs(found.coef - truth.coef)
    assert np.mean(wrong <= 1.96 * found.se_approximation) >= 0.9
    for name in ("intercept", "local_prediction"):
        missed = getattr(found, name) - getattr(truth, name)
        assert np.abs(missed).max() < 0.2


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["uniform", "calibrated"])
def test_standard_errors_over_references_are_those_of_all(weights):
    """Values with single references that were not evaluated are closer to the mean."""
    X = np.random.RandomState(0).normal(size=(400, 16))
    modalities = [("a", np.arange(8)), ("b", np.arange(8, 16))]

    def model(X):
        return X[:, 0] + (X[:, :8] * X[:, 8:]).sum(axis=1)

    dis = Disentangler(model, modalities, reference_weights=weights, random_state=0)
    perturbers = masked_by("shapley", modalities)
    found, expected = (
        LocalExplainer(dis, perturbers, algorithm=algorithm, random_state=0)
        .fit(X)
        .explain(X[:3])
        for algorithm in ("auto", "exhaustive")
    )
    assert found.n_model_rows < expected.n_model_rows / 2
    ratio = found.se_references / expected.se_references
    assert np.median(ratio) > 0.8
    if weights == "uniform":  # calibration explains references nearly completely here
        assert np.median(ratio) < 1.6


def test_outputs_of_single_precision_vary_by_more_than_rounding():
    X = rows()

    def f(X):
        return (X[:, ::2].sum(axis=1) + 1e4).astype(np.float32)

    exp = explainer(f, X, HALVES, algorithm="auto", n_references=20, n_samples=200)
    explanation = exp.explain(X[:2])
    assert np.isnan(explanation.r2[:, 1]).all()  # MI is nothing but rounding
    assert np.isnan(explanation.r2[:, :, 1]).all()
    assert (explanation.r2[:, 0, 0] > 0.99).all()


def test_a_modality_that_is_ignored_leaves_errors_finite():
    rng = np.random.RandomState(0)
    X = rng.randint(0, 255, size=(80, 12)).astype(float)

    def model(X):
        return X[:, :4].mean(axis=1) + X[:, 4:8].mean(axis=1) / 3

    dis = Disentangler(model, [("a", slice(0, 10)), ("b", slice(10, 12))])
    explainer = LocalExplainer(dis, [("a", Columns())], random_state=0).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = explainer.explain(X[:3])
    assert np.isfinite(found.se).all()
    assert (found.se_approximation <= 0.01 * np.abs(found.coef).max()).all()


# --- what is peculiar to the row ----------------------------------------------------


@pytest.mark.parametrize("effects", EFFECTS)
def test_a_row_that_does_far_more_than_references_leaves_uc_alone(effects):
    X = np.random.RandomState(0).normal(size=(60, 12))

    def model(X):
        alone = np.tanh(X[:, [1, 3, 8]].sum(axis=1)) + X[:, 6] * X[:, 7]
        together = X[:, 0] * X[:, 1] + X[:, 2] * X[:, 3] * X[:, 4]
        return alone + 10 * together * (X[:, 9] > 3)  # as in no reference

    modalities = [("a", np.arange(9)), ("b", np.arange(9, 12))]
    masked, options = masked_by(effects, modalities), {"n_references": 20}
    options |= {"n_samples": 300, "algorithm": "auto"}
    exp = explainer(model, X, modalities, masked, **options)
    x = X[:2].copy()
    x[:, 9] = 5
    explanation = exp.explain(x)
    for i in range(2):
        outputs = brute_force(
            exp, lambda X: model(X)[:, None], X, x[i], 0, all_masks(9)
        )
        expected = values_of(outputs[0], effects)[:, 0]
        error = explanation.coef[i, 0, :9, 0] - expected
        assert np.linalg.norm(error) < 0.02 * np.linalg.norm(expected)


def columns_with(flags, n=300, seed=0):
    """Rows whose first column is 1 in a few of them, and 12 more of noise."""
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n, 16))
    X[:, 0] = 0
    X[rng.choice(n, flags, replace=False), 0] = 1
    return X


class Absent(Columns):
    """Features are columns; 0 replaces them."""

    def learn(self, rows, column_names, random_state):
        super().learn(rows, column_names, random_state)
        self.mean_ = np.zeros(self.mean_.shape)


@pytest.mark.parametrize("seed", range(3))
def test_a_flag_of_few_rows_is_never_nothing(seed):
    """It counts with one reference in six, and no mask of other rows shows it."""
    X = columns_with(6, seed=seed)
    modalities = [("a", np.arange(13)), ("b", np.arange(13, 16))]

    def model(X):
        return X[:, 0] * (X[:, 13] > 1) + 0.3 * X[:, 1] * X[:, 14]

    dis = Disentangler(model, modalities, random_state=seed)
    exp = LocalExplainer(dis, [("a", Absent())], random_state=seed).fit(X)
    x = X[:1].copy()
    x[0, [0, 13]] = 1, 1.5
    explanation = exp.explain(x)
    share = np.mean(exp.disentangler_.references_[:, 13] > 1)
    for part, expected in (("uc", share), ("mi", 1 - share)):
        coef = explanation.sel(part=part, feature="x0")[0, 0]
        p = ["uc", "mi"].index(part)
        assert (
            abs(coef - expected) <= 2 * explanation.se_approximation[0, p, 0, 0] + 1e-3
        )
        assert coef != 0
