"""Masks of rows' own features: their surrogates and errors."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import Ridge as SklearnRidge

from skdime import Disentangler, LocalExplainer
from skdime._references.designs import random_masks
from tests._surrogates._masked import (
    HALVES,
    Columns,
    Ridge,
    brute_force,
    explainer,
    features_of,
    masks_of,
    models,
    rows,
    saturated,
)

AB = [("a", [0]), ("b", [1])]


def shrinkage_of_one(alpha=1e-3):
    """A ridge's shrinkage where one feature has the masks 0 and 1.

    Their distances are 1 and 0, the width is 3/4, and a slope is the covariance of
    mask and output over the mask's variance p (1 - p) plus alpha / 4.
    """
    p = 1 / (1 + np.exp(-1 / (2 * 0.75**2)))
    return p * (1 - p) / (p * (1 - p) + alpha / 4)


# --- exhaustive: all masks with all references --------------------------------------


def test_surrogates_are_ridges_of_uc_and_mi(model, X, two, assert_close):
    exp = explainer(model.estimator, X, two, **model.options)
    explanation = exp.explain(X[:2])
    for i, m in np.ndindex(2, 2):
        columns = exp.disentangler_.modalities_[m][1]
        masks = masks_of(exp, len(columns))
        parts = brute_force(exp, model.output, X, X[i], m, masks)
        scale = np.add(*parts)
        for p, y in enumerate(parts):
            ridge = Ridge(masks, y)
            coef = explanation.coef[i, p, features_of(explanation, m)]
            assert_close(coef, ridge.coef, scale=scale)
            assert_close(explanation.intercept[i, p, m], ridge.intercept, scale=scale)
            predicted = explanation.local_prediction[i, p, m]
            assert_close(predicted, ridge.prediction, scale=scale)
            varies = np.ptp(y, axis=0) > 1e-8 * np.abs(scale).max()
            r2 = np.where(varies, ridge.r2, np.nan)
            np.testing.assert_allclose(explanation.r2[i, p, m], r2, atol=1e-6)
        both = explanation.coef[i].sum(axis=0)[features_of(explanation, m)]
        assert_close(both, Ridge(masks, scale).coef, scale=scale)


@pytest.mark.parametrize("options", [{"kernel_width": 1.5}, {"alpha": 0.3}])
@pytest.mark.parametrize("n_samples", [24, 100])
def test_more_features_than_have_all_masks(options, n_samples, assert_close):
    X = rows()
    exp = explainer(saturated, X, HALVES, n_samples=n_samples, **options)
    explanation = exp.explain(X[:2])
    options = {name.replace("kernel_", ""): value for name, value in options.items()}
    masks = masks_of(exp, 12)
    for i, m, p in np.ndindex(2, 2, 2):
        y = brute_force(exp, saturated, X, X[i], m, masks)[p]
        coef = explanation.coef[i, p, features_of(explanation, m)]
        assert_close(coef, Ridge(masks, y, **options).coef)


@pytest.mark.parametrize("include_self", [False, True])
@pytest.mark.parametrize("modalities", ["two", "three"])
def test_parts_are_those_of_the_perturbed_row(
    modalities, include_self, request, X, assert_close
):
    modalities = request.getfixturevalue(modalities)

    def f(X):
        return np.column_stack([X[:, 0] * X[:, 1] * X[:, 4], np.sin(X).sum(axis=1)])

    exp = explainer(f, X, modalities, include_self=include_self)
    explanation = exp.explain(X[:2])
    for i, m in np.ndindex(2, len(modalities)):
        columns = modalities[m][1]
        masks = masks_of(exp, len(columns))
        perturbed = np.repeat(X[[i]], len(masks), axis=0)
        perturbed[:, columns] = np.where(masks, X[i, columns], X[:, columns].mean(0))
        parts = exp.disentangler_.decompose(perturbed)
        for p, y in enumerate([parts.uc, parts.mi]):
            coef = explanation.coef[i, p, features_of(explanation, m)]
            ridge = Ridge(masks, y)
            assert_close(coef, ridge.coef, scale=parts.output)
            intercept = explanation.intercept[i, p, m]
            assert_close(intercept, ridge.intercept, scale=parts.output)


def test_a_product_by_hand():
    rng = np.random.RandomState(0)
    X = rng.normal([2.0, -1.0], size=(20, 2))
    x = np.array([[3.0, 4.0]])
    exp = explainer(lambda X: X[:, 0] * X[:, 1], X, AB, n_references=None)
    a, b = X.mean(axis=0)
    # UC is a' b + a b' - a b in means a and b, MI the product of the deviations
    uc, mi = [(3 - a) * b, (4 - b) * a], 2 * [(3 - a) * (4 - b)]
    expected = shrinkage_of_one() * np.array([uc, mi])
    np.testing.assert_allclose(exp.explain(x).coef[0, :, :, 0], expected, rtol=1e-10)


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_an_additive_model_has_no_interaction(algorithm, assert_close):
    X = rows()
    slopes = np.arange(24) - 7.5

    def f(X):
        return X @ slopes

    exp = explainer(
        f, X, HALVES, algorithm=algorithm, alpha=1e-13, n_references=40, n_samples=300
    )
    explanation = exp.explain(X[:3])
    order = np.concatenate([columns for _, columns in HALVES])
    expected = ((X[:3] - X.mean(axis=0)) * slopes)[:, order]
    assert_close(explanation.coef[:, 0, :, 0], expected, 1e-9)
    assert_close(explanation.coef[:, 1], 0, 1e-10, scale=f(X))


NAMES = ["tanh", "mlp", "boosting", "two outputs"]


@pytest.fixture(scope="module", params=NAMES)
def compared(request):
    """The same rows explained from everything, and from what auto evaluates."""
    X, f = rows(), models()[request.param]
    options = {"n_references": 60, "n_samples": 256}
    truth = explainer(f, X, HALVES, **options).explain(X[:16])
    return truth, explainer(f, X, HALVES, algorithm="auto", **options).explain(X[:16])


def norms(values):
    """Over features, outputs and parts of every row."""
    return np.sqrt(np.square(values).sum(axis=(1, 2, 3)))


def test_auto_keeps_the_tolerance(compared):
    truth, found = compared
    wrong = norms(found.coef - truth.coef) / norms(truth.coef)
    assert np.mean(wrong <= 0.05) >= 0.8
    assert wrong.max() <= 0.1


def test_auto_takes_fewer_rows(compared):
    truth, found = compared
    assert found.n_model_rows < 0.75 * truth.n_model_rows


def test_errors_cover_the_difference(compared):
    truth, found = compared
    assert not truth.approximation_error.any()
    for m in range(2):
        here = features_of(truth, m)
        missed = found.coef[:, :, here] - truth.coef[:, :, here]
        wrong = np.sqrt(np.square(missed).sum(axis=2))
        assert np.mean(wrong <= found.approximation_error[:, :, m] + 1e-12) >= 0.9
        typical = np.sqrt(np.square(found.se_approximation[:, :, here]).sum(axis=2))
        assert 0.4 < np.sqrt(np.square(wrong).sum() / np.square(typical).sum()) < 2


def test_intercepts_and_predictions_are_as_accurate(compared):
    truth, found = compared
    size = norms(truth.coef)[:, None, None, None]
    for name in ("intercept", "local_prediction"):
        wrong = np.abs(getattr(found, name) - getattr(truth, name)) / size
        assert np.mean(wrong < 0.1) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["uniform", "calibrated"])
def test_standard_errors_over_references_are_those_of_all(weights):
    """Few references with weights lie close to the mean; all of them do not."""
    X = np.random.RandomState(0).normal(size=(400, 8))
    modalities = [("a", [0, 1, 2, 3]), ("b", [4, 5, 6, 7])]

    def model(X):
        return X[:, 0] + (X[:, :4] * X[:, 4:]).sum(axis=1)

    dis = Disentangler(model, modalities, reference_weights=weights, random_state=0)
    perturbers = [("a", Columns()), ("b", Columns())]
    found, expected = (
        LocalExplainer(dis, perturbers, algorithm=algorithm, random_state=0)
        .fit(X)
        .explain(X[:6])
        for algorithm in ("auto", "exhaustive")
    )
    assert found.n_model_rows < expected.n_model_rows / 2
    ratio = found.se_references / expected.se_references
    assert 0.8 < np.median(ratio) < 1.6
    # and they are about as large as coefficients differ over references
    coef = [
        LocalExplainer(dis, perturbers, random_state=0)
        .set_params(disentangler__random_state=seed)
        .fit(X)
        .explain(X[:6])
        .coef
        for seed in range(10)
    ]
    truth = np.sqrt(np.var(coef, axis=0, ddof=1).mean())
    assert 0.6 < np.sqrt(np.square(found.se).mean()) / truth < 1.9


def test_what_references_add_to_all_masks_is_known():
    X = rows()

    def f(X):
        return saturated(X) + 100 * X[:, 1]

    options = {"n_references": 60, "n_samples": 256}
    truth = explainer(f, X, HALVES, **options).explain(X[:4])
    found = explainer(f, X, HALVES, algorithm="auto", **options).explain(X[:4])
    for name in ("intercept", "local_prediction"):
        wrong = getattr(found, name)[:, :, 0] - getattr(truth, name)[:, :, 0]
        assert np.abs(wrong).max() < 0.5  # where the tanh has a range of 2


def test_what_no_probe_did_is_noticed():
    """In few rows the model reads columns that it reads in no other row."""

    def f(X):
        rare = 3 * (X[:, 2] > 2) * X[:, 3]
        return X[:, 0] * X[:, 1] + rare

    X = rows()
    X[:, 2] = np.minimum(X[:, 2], 1.5)
    x = rows(4, seed=3)
    x[:2, 2] = 2.5
    options = {"n_references": 60, "n_samples": 256}
    truth = explainer(f, X, HALVES, **options).explain(x)
    found = explainer(f, X, HALVES, algorithm="auto", **options).explain(x)
    wrong = norms(found.coef - truth.coef) / norms(truth.coef)
    assert wrong.max() < 0.05
    assert found.n_model_rows < 0.5 * truth.n_model_rows


def test_fewer_rows_than_random_masks_and_no_larger_error():
    """Truth are all masks of one modality, with all references."""
    X, x = rows(), rows(1, seed=3)[0]
    every = explainer(saturated, X, HALVES, n_references=60, n_samples=4096)
    truth = every.explain(x[None])
    sampled = explainer(
        saturated, X, HALVES, n_references=60, n_samples=1000, algorithm="auto"
    )
    found = sampled.explain(x[None])
    random = np.empty_like(truth.coef)
    for m in range(2):
        masks = random_masks(12, 1000, m)
        parts = brute_force(every, saturated, X, x, m, masks)
        coef = [Ridge(masks, y).coef for y in parts]
        random[0, :, features_of(truth, m)] = np.swapaxes(coef, 0, 1)
    assert 8 * found.n_model_rows <= 2 * 1000 * 61
    assert norms(found.coef - truth.coef) <= norms(random - truth.coef)


def test_score_is_the_mean_of_left_out_r2():
    X = rows()
    exp = explainer(saturated, X, HALVES, n_samples=48)
    masks = masks_of(exp, 12)
    weights = np.exp(-(12 - masks.sum(axis=1)) / (2 * 0.75**2 * 12))
    weights = weights / weights.sum()
    r2 = []
    for m in range(2):
        for y in brute_force(exp, saturated, X, X[0], m, masks):
            predicted = np.empty_like(y)
            for p in range(len(y)):
                others = np.arange(len(y)) != p
                ridge = SklearnRidge(alpha=1e-3 / 4)
                ridge.fit(masks[others], y[others], sample_weight=weights[others])
                predicted[p] = ridge.predict(masks[[p]])
            lost, total = (
                weights @ (y - predicted) ** 2,
                weights @ (y - weights @ y) ** 2,
            )
            r2.append(1 - lost / total)
    assert exp.score(X[:1]) == pytest.approx(np.mean(r2), rel=1e-8)


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
