"""Masks of rows' own features: their surrogates, their errors, what they cost."""

import warnings

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.neural_network import MLPRegressor

from skdime import Disentangler, LocalExplainer, MultimodalArray
from skdime._references.designs import mask_sequence, random_masks
from skdime.perturbers import MaskPerturber, TabularPerturber

AB = [("a", [0]), ("b", [1])]
# The columns of a modality need not be neighbours.
HALVES = [("a", list(range(0, 24, 2))), ("b", list(range(1, 24, 2)))]
PER_FEATURE = ["coef", "se_references", "se_perturbations", "se_approximation"]
PER_MODALITY = ["intercept", "local_prediction", "r2", "approximation_error"]


class Columns(MaskPerturber):
    """Features are the columns of a table; their mean replaces them."""

    def learn(self, rows, column_names, random_state):
        self.names_ = [str(name) for name in column_names]
        self.mean_ = np.mean(rows, axis=0)

    def features(self, cell):
        return self.names_

    def perturb(self, cell, masks):
        kept = np.where(masks, cell, self.mean_)
        return kept if np.ndim(cell) else kept[:, 0]


class Tokens(MaskPerturber):
    """Features are the elements of a set; they are taken out."""

    def features(self, cell):
        return sorted(cell)

    def perturb(self, cell, masks):
        names = sorted(cell)
        return [
            frozenset(n for n, keep in zip(names, m, strict=True) if keep)
            for m in masks
        ]


class Words(MaskPerturber):
    """Features are the words of a text by their place; a dot replaces them."""

    kind = "text"

    def features(self, cell):
        return [f"{word}@{place}" for place, word in enumerate(cell.split())]

    def perturb(self, cell, masks):
        words = np.array(cell.split(), dtype=object)
        return [" ".join(np.where(mask, words, ".")) for mask in masks]

    def labels(self, cell):
        spaces = np.array([letter == " " for letter in cell], dtype=bool)
        return np.where(spaces, -1, np.cumsum(spaces))

    def column_names(self, names):
        return [name.partition("@")[0] for name in names]


def explainer(model, X, modalities, perturbers=None, *, n_references=12, **options):
    """A fitted explainer of a callable or fitted model, all modalities masked."""
    inner = {
        name: options.pop(name)
        for name in ("include_self", "max_memory", "response_method", "link")
        if name in options
    }
    dis = Disentangler(model, modalities, n_references=n_references, **inner)
    if perturbers is None:
        perturbers = [(name, Columns()) for name, _ in modalities]
    defaults = {"algorithm": "exhaustive", "n_samples": 64, "random_state": 0}
    return LocalExplainer(dis, perturbers, **(defaults | options)).fit(X)


def shrinkage_of_one(alpha=1e-3):
    """A ridge's shrinkage where one feature has the masks 0 and 1.

    Their distances are 1 and 0, the width is 3/4, and a slope is the covariance of
    mask and output over the mask's variance p (1 - p) plus alpha / 4.
    """
    p = 1 / (1 + np.exp(-1 / (2 * 0.75**2)))
    return p * (1 - p) / (p * (1 - p) + alpha / 4)


class Ridge:
    """Weighted ridge of outputs on masks, without anything of skdime."""

    def __init__(self, masks, y, alpha=1e-3, width=None):
        d = masks.shape[1]
        width = width or 0.75 * np.sqrt(d)
        weights = np.exp(-(d - masks.sum(axis=1)) / (2 * width**2))
        weights = weights / weights.sum()
        mean = weights @ masks
        centred = masks - mean
        gram = centred.T @ (weights[:, None] * centred) + alpha / 4 * np.eye(d)
        moved = y - weights @ y
        self.coef = np.linalg.solve(gram, centred.T @ (weights[:, None] * moved))
        self.intercept = weights @ y - mean @ self.coef
        self.prediction = self.intercept + self.coef.sum(axis=0)
        residuals = moved - centred @ self.coef
        total = weights @ moved**2
        self.r2 = 1 - weights @ residuals**2 / np.where(total > 0, total, 1)


def masks_of(exp, d):
    return mask_sequence(d, exp.n_samples, exp._fits.families[-1].seed)[0]


def brute_force(exp, output, X, x, m, masks):
    """UC and MI of a row whose modality m is masked, by all references: (n, C) each.

    Two modalities only; X are the rows given to fit, which replace by their means.
    """
    columns = [positions for _, positions in exp.disentangler_.modalities_]
    references = exp.disentangler_.references_
    rows = np.repeat(x[None], len(masks), axis=0)
    rows[:, columns[m]] = np.where(masks, x[columns[m]], X[:, columns[m]].mean(axis=0))

    def mean_with_references(rows, kept):
        hybrids = np.repeat(rows, len(references), axis=0)
        others = np.tile(references, (len(rows), 1))
        hybrids[:, columns[1 - kept]] = others[:, columns[1 - kept]]
        values = output(hybrids)
        return values.reshape(len(rows), len(references), -1).mean(axis=1)

    other = mean_with_references(x[None], 1 - m)
    baseline = mean_with_references(references, m).mean(axis=0)
    unimodal = mean_with_references(rows, m) + other - baseline
    return unimodal, output(rows).reshape(unimodal.shape) - unimodal


def features_of(explanation, m):
    name = explanation.modality_names[m]
    return np.flatnonzero(explanation.feature_modalities == name)


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


# --- auto: some of them, with an error that is told --------------------------------


def rows(n=120, n_columns=24, seed=0):
    return np.random.RandomState(seed).normal(size=(n, n_columns))


_WEIGHTS = rows(12, 12, seed=5) / 6


def bilinear(X):
    a, b = X[:, ::2], X[:, 1::2]
    return np.einsum("ni,ij,nj->n", a, _WEIGHTS, b) + a[:, 0] * a[:, 1] + b[:, 2]


def saturated(X):
    return np.tanh(bilinear(X))


@pytest.fixture(scope="module")
def models():
    X = rows(1500, seed=1)
    y = 2 * bilinear(X)
    mlp = MLPRegressor(
        hidden_layer_sizes=(24,), max_iter=60, tol=1, random_state=0
    ).fit(X, y)
    boosting = HistGradientBoostingRegressor(max_iter=40, random_state=0).fit(X, y)
    return {
        "tanh": saturated,
        "mlp": FrozenEstimator(mlp),
        "boosting": lambda X: boosting.predict(X),
        "two outputs": lambda X: np.column_stack(
            [saturated(X), X[:, 0] * mlp.predict(X)]
        ),
    }


NAMES = ["tanh", "mlp", "boosting", "two outputs"]


@pytest.fixture(scope="module", params=NAMES)
def compared(request, models):
    """The same rows explained from everything, and from what auto evaluates."""
    X, f = rows(), models[request.param]
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


class Recorder:
    """A model that remembers the rows it was called with."""

    def __init__(self, function):
        self.function = function
        self.clear()

    def __call__(self, X):
        self.calls.append(np.array(X))
        return self.function(X)

    def __deepcopy__(self, memo):
        return self

    def clear(self):
        self.calls = []

    @property
    def rows(self):
        return np.concatenate(self.calls)

    def masks(self, x, columns, replacement):
        """Masks of `x` in its own context that were evaluated, without `x` itself."""
        others = np.setdiff1d(np.arange(len(x)), columns)
        kept = self.rows == x
        masked = (kept | (self.rows == replacement)).all(axis=1)
        found = kept[:, others].all(axis=1) & masked & ~kept.all(axis=1)
        return kept[found][:, columns]


def test_few_features_get_all_masks_once():
    seen, X, x = Recorder(saturated), rows(), rows(1, seed=3)
    a, b = [0, 2, 4, 6, 8], [1]
    rest = [c for c in range(24) if c not in a + b]
    modalities = [("a", a), ("b", b), ("rest", rest)]
    exp = explainer(seen, X, modalities, algorithm="auto", n_samples=32)
    seen.clear()
    explanation = exp.explain(x)
    few = np.append(features_of(explanation, 0), features_of(explanation, 1))
    assert not explanation.se_perturbations[:, :, few].any()
    assert not explanation.se_approximation[:, :, few].any()
    assert explanation.se_perturbations[:, :, features_of(explanation, 2)].all()
    for columns in (a, b):
        masks = seen.masks(x[0], columns, X.mean(axis=0))
        assert len(masks) == len(np.unique(masks, axis=0)) == 2 ** len(columns) - 1


def test_model_rows_are_counted():
    seen = Recorder(saturated)
    X = rows()
    exp = explainer(seen, X, HALVES, algorithm="auto", n_references=40)
    assert exp.n_model_rows_ == len(seen.rows)
    seen.clear()
    assert exp.explain(X[:3]).n_model_rows == len(seen.rows)


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


# --- guarantees ---------------------------------------------------------------------


def fields(explanation):
    return {name: getattr(explanation, name) for name in PER_FEATURE + PER_MODALITY}


def assert_same(found, expected, rows=slice(None)):
    for name, values in fields(expected).items():
        np.testing.assert_allclose(
            fields(found)[name], values[rows], rtol=1e-8, atol=1e-10, err_msg=name
        )


@pytest.fixture(scope="module")
def fitted(models):
    X = rows()
    options = {"n_references": 40, "n_samples": 128, "algorithm": "auto"}
    exp = explainer(models["mlp"], X, HALVES, **options)
    return exp, exp.explain(X[:9])


def test_rows_do_not_depend_on_each_other(fitted):
    exp, all_rows = fitted
    X = rows()[:9]
    assert_same(exp.explain(X[::-1]), all_rows, slice(None, None, -1))
    assert_same(exp.explain(X[[4, 4]]), all_rows, [4, 4])
    assert_same(exp.explain(X[7:8]), all_rows, [7])


def test_transform_is_explain_in_two_dimensions(fitted):
    exp, explanation = fitted
    X = rows()[:9]
    found = exp.transform(X)
    np.testing.assert_allclose(found, explanation.coef.reshape(9, -1), atol=1e-10)
    names = exp.get_feature_names_out()
    assert names[0] == "uc__a__x0"
    assert len(names) == found.shape[1]


@pytest.mark.parametrize("max_memory", [1, 20_000])
def test_memory_changes_no_number(models, fitted, max_memory):
    X = rows()
    options = {"n_references": 40, "n_samples": 128, "algorithm": "auto"}
    little = explainer(models["mlp"], X, HALVES, max_memory=max_memory, **options)
    assert_same(little.explain(X[:2]), fitted[1], slice(2))


def test_workers_change_no_number(models, fitted):
    X = rows()
    options = {"n_references": 40, "n_samples": 128, "algorithm": "auto"}
    two = explainer(models["mlp"], X, HALVES, max_memory=100_000, n_jobs=2, **options)
    assert_same(two.explain(X[:9]), fitted[1])


def test_an_integer_seed_repeats_numbers(models, fitted):
    X = rows()
    state = np.random.get_state()[1].copy()
    options = {"n_references": 40, "n_samples": 128, "algorithm": "auto"}
    again = explainer(models["mlp"], X, HALVES, **options)
    assert_same(again.explain(X[:9]), fitted[1])
    other = explainer(models["mlp"], X, HALVES, **(options | {"random_state": 1}))
    assert np.abs(other.explain(X[:9]).coef - fitted[1].coef).max() > 1e-6
    np.testing.assert_array_equal(state, np.random.get_state()[1])


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_inert_features_are_never_evaluated(algorithm):
    X = rows()
    x = rows(1, seed=3)
    inert = [0, 2, 6]
    x[:, inert] = X.mean(axis=0)[inert]
    seen = Recorder(saturated)
    exp = explainer(seen, X, HALVES, n_samples=512, algorithm=algorithm, n_references=8)
    seen.clear()
    explanation = exp.explain(x)
    position = [HALVES[0][1].index(column) for column in inert]
    for name in PER_FEATURE:
        assert not getattr(explanation, name)[:, :, position].any()
    assert (explanation.coef[:, 0, features_of(explanation, 1)] != 0).all()
    masks = seen.masks(x[0], HALVES[0][1], X.mean(axis=0))
    assert masks[:, position].all()
    assert 0 < len(masks) < 2**9
    assert len(np.unique(masks, axis=0)) == len(masks)
    if algorithm == "exhaustive":  # 9 of 12 features: all of their masks
        assert len(masks) == 2**9 - 1


def test_coefficients_without_an_inert_feature_are_those_of_the_others(assert_close):
    X = rows()
    x = X[:1].copy()
    x[:, 0] = X.mean(axis=0)[0]
    exp = explainer(saturated, X, HALVES, n_samples=100)
    coef, masks = exp.explain(x).coef, masks_of(exp, 11)
    whole = np.insert(masks, 0, True, axis=1)
    for p, y in enumerate(brute_force(exp, saturated, X, x[0], 0, whole)):
        assert_close(coef[0, p, 1:12], Ridge(masks, y).coef)


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_a_row_like_its_replacement_has_constant_surrogates(algorithm):
    X = rows()
    x = X[:2].copy()
    x[0, HALVES[0][1]] = X.mean(axis=0)[HALVES[0][1]]
    exp = explainer(saturated, X, HALVES, algorithm=algorithm, n_references=30)
    explanation = exp.explain(x)
    assert not explanation.coef[0, :, features_of(explanation, 0)].any()
    np.testing.assert_allclose(
        explanation.intercept[0, :, 0], explanation.target[0, :, 0], atol=1e-10
    )
    np.testing.assert_allclose(
        explanation.local_prediction[0, :, 0], explanation.target[0, :, 0], atol=1e-10
    )
    assert np.isnan(explanation.r2[0, :, 0]).all()
    assert explanation.effective_samples[0, 0] == 0
    assert_same(exp.explain(x[1:]), explanation, [1])


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
@pytest.mark.parametrize("n_samples", [2, 3, 9, 23])
def test_fewer_masks_than_twice_the_features(algorithm, n_samples):
    X = rows()
    exp = explainer(
        saturated, X, HALVES, n_samples=n_samples, algorithm=algorithm, n_references=30
    )
    explanation = exp.explain(X[:2])
    assert np.isfinite(explanation.coef).all()
    assert np.isfinite(explanation.se).all()
    assert (explanation.effective_samples <= n_samples).all()


def test_masks_are_shared_by_rows_with_equally_many_features():
    X = rows()
    seen = Recorder(saturated)
    exp = explainer(seen, X, HALVES, n_samples=64, n_references=4)
    kept = []
    for x in rows(2, seed=3):
        seen.clear()
        exp.explain(x[None])
        kept.append(seen.masks(x, HALVES[0][1], X.mean(axis=0)))
    np.testing.assert_array_equal(*kept)
    expected = masks_of(exp, 12)
    np.testing.assert_array_equal(kept[0], expected[~expected.all(axis=1)])


# --- rows with features of their own ------------------------------------------------

VALUES = {"a": 1.0, "b": -2.0, "c": 0.5, "d": 4.0, "e": 3.0}


def total(cell):
    return sum(VALUES.get(token, 0.0) for token in cell)


def of_tokens(X):
    """Sum of the tokens' values, times the number of the row, and both alone."""
    sums = np.array([total(cell) for cell in X["tokens"]])
    return sums * (1 + X["number"][:, 0]) + X["number"].sum(axis=1)


def token_rows():
    sets = [{"a", "b"}, {"b", "c", "d"}, {"a"}, set(), {"d", "a"}, {"c"}]
    numbers = np.array([[1.0], [2.0], [-1.0], [0.5], [3.0], [-2.5]])
    return MultimodalArray(tokens=[frozenset(s) for s in sets], number=numbers)


TOKENS = [("tokens", ["tokens"]), ("number", ["number"])]


def token_explainer(**options):
    perturbers = [("tokens", Tokens()), ("number", Columns())]
    options = {"n_references": None, "alpha": 1e-13} | options
    return explainer(of_tokens, token_rows(), TOKENS, perturbers, **options)


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_the_feature_axis_is_the_union_over_rows(algorithm):
    X = token_rows()
    explanation = token_explainer(algorithm=algorithm).explain(X)
    assert explanation.feature_names.tolist() == ["a", "b", "c", "d", "number"]
    assert explanation.feature_modalities.tolist() == 4 * ["tokens"] + ["number"]
    here = X["number"][:, 0]
    mean = here.mean()
    for i, cell in enumerate(X["tokens"]):
        for f, name in enumerate("abcd"):
            coef = explanation.coef[i, :, f, 0]
            if name in cell:
                expected = [VALUES[name] * (1 + mean), VALUES[name] * (here[i] - mean)]
                np.testing.assert_allclose(coef, expected, atol=1e-9)
                assert explanation.feature_values[i, f] == name
            else:
                assert np.isnan(coef).all()
                assert explanation.feature_values[i, f] == ""
    assert np.isnan(explanation.se[3, :, :4]).all()
    assert np.isfinite(explanation.intercept).all()
    np.testing.assert_allclose(
        explanation.intercept[3, :, 0], explanation.target[3, :, 0]
    )


def test_the_union_is_that_of_the_explained_rows():
    explanation = token_explainer().explain(token_rows()[[5, 2]])
    assert explanation.feature_names.tolist() == ["c", "a", "number"]


def test_transform_has_fixed_columns_and_one_for_others():
    X = token_rows()
    exp = token_explainer()
    names = exp.get_feature_names_out()
    assert names[:6].tolist() == [
        f"uc__{name}"
        for name in [
            "tokens__a",
            "tokens__b",
            "tokens__c",
            "tokens__d",
            "tokens__<other>",
        ]
    ] + ["uc__number__number"]
    new = MultimodalArray(
        tokens=[frozenset("aez"), frozenset("e")], number=np.array([[1.0], [2.0]])
    )
    columns = exp.transform(new).reshape(2, 2, 6)
    assert not columns[:, :, 1:4].any()
    assert not columns[1, :, 0].any()
    mean = X["number"].mean()
    uc = VALUES["e"] * (1 + mean)
    np.testing.assert_allclose(columns[:, 0, 4], [uc, uc], atol=1e-9)
    for some in (X, new):
        explained = np.nansum(exp.explain(some).coef, axis=2)[..., 0]
        transformed = exp.transform(some).reshape(len(some), 2, -1).sum(axis=2)
        np.testing.assert_allclose(transformed, explained, atol=1e-9)


def test_other_features_than_all_rows_had_are_an_error():
    X = MultimodalArray(tokens=4 * [frozenset("ab")], number=np.arange(4.0)[:, None])
    exp = explainer(of_tokens, X, TOKENS, [("tokens", Tokens()), ("number", Columns())])
    new = MultimodalArray(tokens=[frozenset("ac")], number=np.array([[1.0]]))
    with pytest.raises(ValueError, match=r"features \['c'\], which no row had in fit"):
        exp.transform(new)
    assert exp.explain(new).feature_names.tolist() == ["a", "c", "number"]


TEXTS = ["it is cold", "is it very very cold", "warm", "", "it was warm and dry", "no"]
SCORES = {"cold": -2.0, "warm": 3.0, "very": 0.5, "not": 1.0, "dry": 1.5}


def of_texts(X):
    sums = np.array(
        [sum(SCORES.get(w, 0.0) for w in text.split()) for text in X["text"]]
    )
    both = sums * X["table"][:, 0] + sums + X["table"] @ [1.0, -2.0]
    return np.column_stack([both, sums**2])


def text_rows():
    table = np.random.RandomState(0).normal(size=(6, 2))
    return MultimodalArray(text=TEXTS, table=table)


TEXT_AND_TABLE = [("text", ["text"]), ("table", ["table"])]


def text_explainer(**options):
    options = {"n_references": None, "n_samples": 200} | options
    perturbers = [("text", Words()), ("table", TabularPerturber())]
    return explainer(of_texts, text_rows(), TEXT_AND_TABLE, perturbers, **options)


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
def test_masks_beside_a_table(algorithm):
    X = text_rows()
    exp = text_explainer(algorithm=algorithm, alpha=1e-13)
    explanation = exp.explain(X)
    table = features_of(explanation, 1)
    assert np.isfinite(explanation.coef[:, :, table]).all()
    mean = X["table"][:, 0].mean()
    names = explanation.feature_names.tolist()
    very = [names.index("very@2"), names.index("very@3")]
    expected = [0.5 * (1 + mean), 0.5 * (X["table"][1, 0] - mean)]
    for f in very:
        np.testing.assert_allclose(explanation.coef[1, :, f, 0], expected, atol=1e-9)
    # the second output is a function of the text alone
    assert np.nanmax(np.abs(explanation.coef[:, 1, :, 1])) < 1e-9
    columns = exp.transform(X)
    assert columns.shape == (6, len(exp.get_feature_names_out()))
    sums = columns.reshape(6, 2, -1, 2).sum(axis=2)
    np.testing.assert_allclose(sums, np.nansum(explanation.coef, axis=2), atol=1e-9)


def test_inputs_tell_where_features_lie():
    explanation = text_explainer().explain(text_rows())
    assert list(explanation.inputs) == ["text"]
    shown = explanation.inputs["text"]
    assert shown.values.tolist() == TEXTS
    spread = explanation.expand("text")
    assert spread.shape == (6, 2, len(TEXTS[1]), 2)
    for i, text in enumerate(TEXTS):
        start = 0
        for place, word in enumerate(text.split()):
            start = text.index(word, start)
            f = explanation.feature_names.tolist().index(f"{word}@{place}")
            letters = slice(start, start + len(word))
            assert (shown.labels[i, letters] == f).all()
            np.testing.assert_allclose(
                spread[i, :, letters].sum(axis=1), explanation.coef[i, :, f]
            )
            start += len(word)
        known = np.nansum(explanation.coef[i, :, features_of(explanation, 0)], axis=0)
        np.testing.assert_allclose(spread[i].sum(axis=1), known, atol=1e-12)


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


@pytest.mark.parametrize("algorithm", ["auto", "exhaustive"])
@pytest.mark.parametrize("n_samples", [20, 100, 1000])
def test_cost_bounds_model_rows(algorithm, n_samples):
    X = rows()
    exp = explainer(
        saturated, X, HALVES, algorithm=algorithm, n_samples=n_samples, n_references=30
    )
    cost = exp.cost(X[:3])
    assert exp.n_model_rows_ <= cost.fit_rows
    found = exp.explain(X[:3]).n_model_rows
    assert found <= cost.explain_rows
    if algorithm == "exhaustive":
        assert cost.explain_rows <= 1.5 * found


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
