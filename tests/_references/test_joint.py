"""UC as the best additive approximation on the joint distribution of modalities."""

import pickle

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skdime import Disentangler
from skdime._references.joint import AdditiveFit
from skdime._results.decomposition import Decomposition
from skdime.metrics import (
    additive_gap,
    interaction_share,
    modality_worth,
    shapley_interaction_share,
)


def correlated(n, r, seed=0):
    first, second = np.random.RandomState(seed).normal(size=(2, n))
    return np.column_stack([first, r * first + np.sqrt(1 - r**2) * second])


def bilinear(X):
    return X[:, 0] + X[:, 0] * X[:, 1]


def truth(X, r):
    """UC of :func:`bilinear`, from Hermite polynomials of correlated normal columns."""
    squares = np.square(X).sum(axis=1) - 2
    return X[:, 0] + r + r / (1 + r**2) * squares


def fitted(r=0.8, model=bilinear, **options):
    defaults = {"n_references": 60, "distribution": "joint", "random_state": 0}
    return Disentangler(model, **(defaults | options)).fit(correlated(300, r))


@pytest.fixture(scope="module")
def joint():
    return fitted()


@pytest.fixture(scope="module")
def ratio(joint):
    return joint._references.ratio


ROWS = correlated(50, 0.8, seed=1)


def test_uc_of_correlated_modalities_is_that_of_the_formula(joint):
    parts = joint.decompose(ROWS)
    error = parts.uc[:, 0] - truth(ROWS, 0.8)
    spread = parts.output.std()
    assert np.sqrt(np.square(error).mean()) < 0.15 * spread
    assert (np.abs(error) < 3 * parts.uc_se[:, 0]).mean() > 0.9
    product = fitted(distribution="product").decompose(ROWS).uc[:, 0]
    assert np.sqrt(np.square(product - truth(ROWS, 0.8)).mean()) > 0.6 * spread
    np.testing.assert_allclose(parts.uc + parts.mi, parts.output)
    np.testing.assert_allclose(parts.baseline + parts.main.sum(axis=1), parts.uc)
    assert parts.n_model_rows == 50 * (1 + 2 * 60)


def test_additive_models_have_no_interaction_whatever_depends():
    dis = fitted(0.9, lambda X: X[:, 0] ** 3 - np.exp(X[:, 1]))
    parts = dis.decompose(ROWS)
    np.testing.assert_allclose(parts.mi, 0, atol=1e-9)
    np.testing.assert_allclose(parts.uc_se, 0, atol=1e-9)
    effect = dis.references_[:, 0] ** 3
    np.testing.assert_allclose(parts.main[:, 0, 0], ROWS[:, 0] ** 3 - effect.mean())


def test_independent_modalities_have_the_answer_of_the_product():
    options = {"n_references": 100}
    joint, product = (
        fitted(0, distribution=d, **options).decompose(ROWS)
        for d in ("joint", "product")
    )
    difference = np.abs(joint.uc - product.uc)
    assert (difference < 2 * joint.uc_se).mean() > 0.95
    assert np.sqrt(np.square(difference).mean()) < 0.15 * product.output.std()


def test_a_modality_without_variation_depends_on_none():
    X = np.column_stack([correlated(40, 0)[:, 0], np.ones(40)])
    options = {"n_references": 18, "random_state": 0}  # too few for strata
    joint, product = (
        Disentangler(bilinear, distribution=d, **options).fit(X).decompose(X[:5])
        for d in ("joint", "product")
    )
    for name in ("uc", "main", "baseline"):
        found, expected = getattr(joint, name), getattr(product, name)
        np.testing.assert_allclose(found, expected, atol=1e-12)
    # of a population, and not of 40 rows, 18 of which are references
    expected = np.sqrt(40 / 22) * product.main_se
    np.testing.assert_allclose(joint.main_se, expected, atol=1e-12)


def by_hand(weights, outputs, n_iterations=500):
    """Effects by iteration, as the normal equations are written."""
    first, second = np.zeros((2, len(outputs)))
    for _ in range(n_iterations):
        first = np.average(outputs - second, axis=1, weights=weights)
        second = np.average(outputs - first[:, None], axis=0, weights=weights)
    return first, second


def test_effects_are_those_of_iterated_weighted_means(joint, ratio):
    R, fit = joint.references_, joint._references.additive_fit
    log_odds, _ = ratio.pairs(0, *(ratio.features(m, R[:, [m]]) for m in (0, 1)))
    weights = np.exp(np.minimum(log_odds, np.quantile(log_odds, 0.995)))
    outputs = R[:, :1] + R[:, :1] * R[:, 1]
    first, second = by_hand(weights, outputs)
    sums = fit.effects[0, :, 0][:, None] + fit.effects[1, :, 0]
    np.testing.assert_allclose(sums, first[:, None] + second, atol=1e-8)
    assert joint.baseline_ == pytest.approx(first.mean() + second.mean())
    row = ROWS[:1]
    odds, _ = ratio.pairs(
        0, *(ratio.features(m, X[:, [m]]) for m, X in [(0, row), (1, R)])
    )
    weights = np.exp(np.minimum(odds[0], fit.largest))
    effect = np.average(row[0, 0] * (1 + R[:, 1]) - second, weights=weights)
    main = joint.decompose(row).main[0, 0, 0]
    assert main == pytest.approx(effect - first.mean())


def influences_on_uc(references):
    own = references.influence
    total = -own
    for m in (0, 1):
        block = ROWS[:3, [m]]
        outputs = by_modality(m, references.rows)
        total = total + references.additive_fit.conditional(m, block, outputs)[1]
    return total


def by_modality(m, R):
    """Outputs of three rows of modality `m` with references."""
    row = ROWS[:3, [m]]
    outputs = R[:, 0] + R[:, 0] * row if m else row * (1 + R[:, 1])
    return outputs[:, :, None]


def uc_of(fit, R):
    baseline = fit.baseline[0]
    means = [fit.conditional(m, ROWS[:3, [m]], by_modality(m, R))[0] for m in (0, 1)]
    return sum(means) - baseline


def test_influences_are_what_leaving_a_reference_out_changes(joint):
    references = joint._references
    fit, R, n = references.additive_fit, references.rows, 60
    influences = influences_on_uc(references)[:, :n, 0]
    table = R[:, :1] + R[:, :1] * R[:, 1]
    left = []
    for k in range(n):
        some = np.arange(n) != k
        blocks = [R[some][:, [m]] for m in (0, 1)]
        outputs = table[some][:, some][..., None]
        without = AdditiveFit.of_references(fit.ratio, blocks, outputs)
        left.append(uc_of(without, R[some])[:, 0])
    changes = (n - 1) * (uc_of(fit, R)[:, 0] - np.array(left)).T
    for change, influence in zip(changes, influences, strict=True):
        assert np.corrcoef(change, influence)[0, 1] > 0.97
        assert change.std() == pytest.approx(influence.std(), rel=0.15)


def test_influences_of_the_ratio_are_derivatives(monkeypatch):
    monkeypatch.setattr("skdime._references.joint._CLIPPED", 0.0)
    references = fitted()._references
    fit, R, step = references.additive_fit, references.rows, 1e-4
    expected = influences_on_uc(references)[:, 60:, 0]
    blocks, table = [R[:, [m]] for m in (0, 1)], R[:, :1] + R[:, :1] * R[:, 1]
    for column in range(expected.shape[1]):
        changed = pickle.loads(pickle.dumps(fit.ratio))
        changed._parameters = changed._parameters + step * fit.ratio.root[:, column]
        moved = AdditiveFit.of_references(changed, blocks, table[..., None])
        slope = (uc_of(moved, R) - uc_of(fit, R))[:, 0] / step
        np.testing.assert_allclose(slope, expected[:, column], rtol=0.01, atol=1e-4)


def test_several_outputs_are_those_of_each(joint):
    both = fitted(model=lambda X: np.column_stack([bilinear(X), X[:, 1] * bilinear(X)]))
    parts, single = both.decompose(ROWS[:4]), joint.decompose(ROWS[:4])
    for name in ("uc", "main", "uc_se", "main_se", "baseline", "baseline_se"):
        found = getattr(parts, name)[..., :1]
        np.testing.assert_allclose(found, getattr(single, name))
    second = both.decompose(ROWS[:4], outputs=[1])
    np.testing.assert_allclose(second.uc, parts.uc[:, 1:])
    np.testing.assert_allclose(second.uc_se, parts.uc_se[:, 1:])


def test_rows_are_explained_alike_in_any_company(joint):
    one = joint.decompose(ROWS[3:4])
    np.testing.assert_allclose(joint.decompose(ROWS).uc[3:4], one.uc, rtol=1e-10)
    np.testing.assert_allclose(joint.transform(ROWS[3:4]), np.hstack([one.uc, one.mi]))
    again = pickle.loads(pickle.dumps(joint)).decompose(ROWS[3:4])
    np.testing.assert_array_equal(again.uc, one.uc)
    pairs = joint.decompose(ROWS[3:4], pairs=True)
    np.testing.assert_array_equal(pairs.pairs[:, 0], one.mi)


def test_errors_are_those_of_a_population_also_of_all_rows(joint):
    every = fitted(n_references=None)
    parts, some = every.decompose(ROWS[:5]), joint.decompose(ROWS[:5])
    assert 0 < parts.uc_se.mean() < 0.9 * some.uc_se.mean()


def test_results_say_which_distribution_they_are_of(joint, tmp_path):
    parts, product = joint.decompose(ROWS[:2]), fitted(distribution="product")
    assert "60 reference rows, joint distribution, unit" in repr(parts)
    parts.save(tmp_path / "parts")
    assert Decomposition.load(tmp_path / "parts").distribution == "joint"
    product = product.decompose(ROWS[:2])
    assert "distribution" not in repr(product)
    for join in (parts.concatenate, parts.__sub__):
        with pytest.raises(ValueError, match=r"same distribution.*joint.*product"):
            join(product)
    assert len(parts.concatenate(parts)) == 4


def test_what_rests_on_effects_alone_goes_with_the_joint_distribution(joint):
    gap = additive_gap(joint, ROWS, bilinear(ROWS), scoring="r2")
    assert gap.score == 1 and 0.9 < gap.additive_score < 0.99
    assert shapley_interaction_share(joint, ROWS).shape == (50, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda dis: dis.summarize(ROWS),
        lambda dis: interaction_share(dis.decompose(ROWS)),
        lambda dis: modality_worth(dis, ROWS, bilinear(ROWS)),
    ],
)
def test_what_needs_independent_modalities_is_refused(joint, call):
    with pytest.raises(ValueError, match="distribution='product'"):
        call(joint)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"modalities": {"a": [0], "b": [1], "c": [2]}}, "two modalities, got 3"),
        ({"references": "average"}, "does not go with references='average'"),
        ({"reference_weights": "calibrated"}, "with reference_weights='calibrated'"),
        ({"include_self": True}, "with include_self=True"),
        ({"n_references": "auto"}, "with n_references='auto'.*number up to 500"),
        ({"remainder": "hold"}, "with remainder='hold'"),
        ({"references": np.zeros((3, 3))}, "30 rows or more.*got 1"),
        ({"n_references": None}, "501 of which are 251,001 pairs"),
    ],
)
def test_what_does_not_go_with_the_joint_distribution(options, message):
    modalities = {"a": [0], "b": [1] if "remainder" in options else [1, 2]}
    dis = Disentangler(Ridge(), modalities, distribution="joint")
    dis.set_params(**options)
    X = np.random.RandomState(0).normal(size=(501, 3))
    with pytest.raises(ValueError, match=message):
        dis.fit(X, X[:, 0])


def test_modalities_that_determine_each_other_are_warned_of():
    with pytest.warns(UserWarning, match="nearly determine each other"):
        dis = fitted(0.999, n_references=150)
    parts = dis.decompose(ROWS[:1])
    assert "UC and MI rest on few hybrids" in repr(parts)
    assert "extrapolation" not in repr(parts)
    with pytest.warns(UserWarning, match="hardly determined by the data"):
        assert dis.hybrid_auc_ > 0.925


def checkered(n):
    """A dependence that no power of a number expresses."""
    first, second = np.random.RandomState(0).normal(size=(2, n))
    sign = np.sign(np.sin(4 * first))
    return np.column_stack([first, sign * np.abs(second)])


def test_a_dependence_that_weights_do_not_describe_is_warned_of():
    dis = Disentangler(bilinear, distribution="joint", n_references=30, random_state=0)
    with pytest.warns(UserWarning, match="still told from real ones with an AUC of 0"):
        dis.fit(checkered(400))
    note = "partly those of distribution='product'"
    assert note in repr(dis.decompose(ROWS[:1])) and note in dis._references.ratio.note


def test_a_curved_dependence_is_described():
    first, other = np.random.RandomState(0).normal(size=(2, 500))
    X = np.column_stack([first, 0.8 * (first**2 - 1) / np.sqrt(2) + 0.6 * other])
    joint, product = (
        Disentangler(bilinear, distribution=d, random_state=0).fit(X).decompose(X)
        for d in ("joint", "product")
    )
    # x (x^2 - 1) is a function of the first modality
    assert np.square(joint.mi).mean() < 0.5 * np.square(product.mi).mean()


def test_references_that_were_forgotten_leave_no_fit(joint):
    dis = pickle.loads(pickle.dumps(joint)).forget()
    assert dis._references.additive_fit is None and dis._references.ratio is None
