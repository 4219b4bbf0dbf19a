"""The Gaussian process over masks and contexts: its values, tuning and errors."""

import numpy as np
import pytest
from scipy.optimize import check_grad, minimize

from skdime._references.designs import all_masks, all_pairs, drawn_pairs
from skdime._surrogates.contexts import Contexts, similarities
from skdime._surrogates.mask_kernel import MaskKernel
from skdime._surrogates.mask_surrogate import MaskSurrogate, mask_surrogate
from skdime._surrogates.mask_tuning import (
    _LEAST_GAIN,
    LEAST_NOISE,
    _density,
    _Pairs,
    _search,
    inverse,
)
from skdime._surrogates.mask_values import closed_form, regression
from tests._surrogates._masked import values_of

EFFECTS = ["shapley", "banzhaf"]
D, N = 6, 8


def signs(masks):
    return np.where(masks, 1.0, -1.0)


def contexts_of(seed=0, may_be_equal=False):
    """Eight references and the row's own context."""
    rng = np.random.RandomState(seed)
    values, differences = rng.normal(size=(N + 1, 2)), rng.normal(size=(N + 1, 1))
    is_reference = np.arange(N + 1) < N
    return Contexts(
        similarities(values, differences, is_reference),
        np.append(np.full(N, 1 / N), 0.0),
        np.append(np.zeros(N), 1.0),
        may_be_equal,
    )


@pytest.fixture(scope="module")
def surrogate():
    rng = np.random.RandomState(0)
    masks, at = rng.choice([-1.0, 1.0], size=(80, D)), rng.randint(N + 1, size=80)
    scale = 1 + 0.3 * np.arange(N + 1)
    outputs = np.tanh(masks[:, :3].sum(axis=1)) * scale[at] + masks[:, 3]
    return MaskSurrogate(masks, at, outputs[:, None], contexts_of(), rng)


@pytest.mark.parametrize("effects", EFFECTS)
def test_values_are_those_of_the_predictions(effects, surrogate):
    """Of all masks, by definition; a prediction is half of the pair's difference."""
    operators = surrogate.operators(effects)
    for context in (surrogate.contexts.of_references, surrogate.contexts.of_row):
        predicted = surrogate.predictions(signs(all_masks(D)), context[None])[0]
        weights = surrogate.weights(operators, context)
        found = weights @ (surrogate.targets * surrogate.unit)
        np.testing.assert_allclose(found, values_of(predicted, effects), atol=1e-8)


def test_values_by_context_have_the_means_of_contexts(surrogate):
    operators = surrogate.operators("shapley")
    by_context = surrogate.by_context(operators)
    weights = surrogate.weights(operators, surrogate.contexts.of_references)
    expected = weights @ (surrogate.targets * surrogate.unit)
    mean = np.einsum("ijc,j->ic", by_context, surrogate.contexts.of_references)
    np.testing.assert_allclose(mean, expected, atol=1e-8)


def test_residuals_are_those_of_pairs_left_out(surrogate):
    """Against regressions without each of some pairs, of the same variances."""
    kernel, variances = surrogate.kernel, surrogate.variances
    masks = surrogate.masks
    covariance = variances.first * kernel.first(masks, masks)
    covariance += variances.higher * kernel.higher(masks, masks)
    covariance *= surrogate.alike[surrogate.at]
    covariance += variances.noise * np.eye(len(masks))
    for p in (0, 7, 31):
        others = np.arange(len(masks)) != p
        solved = np.linalg.solve(
            covariance[np.ix_(others, others)], surrogate.targets[others]
        )
        left_out = surrogate.targets[p] - covariance[p, others] @ solved
        found = surrogate.left_out[p] / surrogate.unit
        np.testing.assert_allclose(found, left_out, rtol=1e-6, atol=1e-9)


def test_the_kernel_is_the_sum_over_odd_sets():
    relevance = np.random.RandomState(0).dirichlet(np.ones(5))
    kernel, masks = MaskKernel(relevance), signs(all_masks(5))
    rho = np.tanh(np.minimum(1.5 * relevance, 2))
    expected = np.zeros((32, 32))
    for members in all_masks(5):
        if members.sum() % 2 and members.sum() > 1:
            products = masks[:, members].prod(axis=1)
            expected += rho[members].prod() * np.outer(products, products)
    found = kernel.higher(masks, masks)
    np.testing.assert_allclose(found, expected / expected[0, 0], atol=1e-9)
    np.testing.assert_allclose(found.diagonal(), 1)
    np.testing.assert_allclose(kernel.first(masks, masks).diagonal(), 1)


@pytest.fixture
def pairs():
    """Pairs of the kernel's own kind, and logarithms of variances."""
    rng = np.random.RandomState(0)
    kernel, masks = MaskKernel(np.full(D, 1 / D)), rng.choice([-1.0, 1.0], (30, D))
    at = rng.randint(N + 1, size=30)
    alike = [similarity[np.ix_(at, at)] for similarity in contexts_of().similarities]
    of_masks = kernel.first(masks, masks), kernel.higher(masks, masks)
    return _Pairs(np.stack(of_masks), np.stack(alike), rng.normal(size=(30, 2)))


CENTRE = np.log([0.7, 0.2, 0.2, 0.2, 0.2, 0.01])
LOGS = np.log([0.5, 0.2, 0.3, 0.1, 0.4, 0.05])


def test_gradient_of_the_likelihood(pairs):
    size = np.linalg.norm(_density(LOGS, pairs, np.zeros(6)).gradient)
    wrong = check_grad(
        lambda logs: _density(logs, pairs, np.zeros(6)).loss,
        lambda logs: _density(logs, pairs, np.zeros(6)).gradient,
        LOGS,
    )
    assert wrong < 1e-4 * size


def test_curvature_is_the_average_information(pairs):
    found = _density(LOGS, pairs, np.zeros(6)).curvature
    derivatives = [*pairs.derivatives(np.exp(LOGS)), np.exp(LOGS[-1]) * np.eye(30)]
    covariance = derivatives[0] + derivatives[1] + derivatives[-1]
    inverted = np.linalg.inv(covariance + LEAST_NOISE * np.eye(30))
    solved = inverted @ pairs.differences
    expected = [
        [0.5 * np.vdot(solved, a @ inverted @ b @ solved) for a in derivatives]
        for b in derivatives
    ]
    np.testing.assert_allclose(found, np.array(expected) + np.eye(6) / 25, rtol=1e-8)


def test_few_steps_find_about_the_best_variances(pairs):
    """Of pairs that have the kernel's own covariance, for both starts."""
    derivatives = pairs.derivatives(np.exp(LOGS))
    covariance = derivatives[0] + derivatives[1] + np.exp(LOGS[-1]) * np.eye(30)
    for seed in range(5):
        normal = np.random.RandomState(seed).normal(size=(30, 2))
        drawn = pairs._replace(differences=np.linalg.cholesky(covariance) @ normal)
        best = minimize(
            lambda logs, to: _density(logs, to, CENTRE).loss, LOGS, (drawn,)
        )
        for start in (LOGS, CENTRE):
            logs, loss = _search(start, drawn)
            assert loss == _density(logs, drawn, CENTRE).loss
            assert loss < best.fun + _LEAST_GAIN


def test_two_features_have_no_higher_odd_orders():
    """What rounding leaves of them is not scaled up to variance 1."""
    kernel, masks = MaskKernel(np.array([0.3, 0.7])), signs(all_masks(2))
    assert not kernel.higher(masks, masks).any()
    assert not kernel.higher_values(masks).any()


def test_inverses_of_covariances():
    A = np.random.RandomState(0).normal(size=(6, 9))
    matrix = A @ A.T
    inverted, log_determinant = inverse(matrix.copy())
    np.testing.assert_allclose(inverted @ matrix, np.eye(6), atol=1e-10)
    assert log_determinant == pytest.approx(np.linalg.slogdet(matrix)[1])
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        inverse(-matrix)


def test_equal_contexts_are_told_from_different_ones():
    rng = np.random.RandomState(0)
    masks, at = rng.choice([-1.0, 1.0], size=(120, D)), rng.randint(N + 1, size=120)
    contexts = contexts_of(may_be_equal=True)
    alone = masks[:, :2].sum(axis=1)
    together = alone + 0.8 * masks[:, 3] * (at < 4)
    for outputs, is_equal in ((alone, True), (together, False)):
        found = mask_surrogate(masks, at, outputs[:, None], contexts, rng)
        assert (not found.contexts.similarities) == is_equal


@pytest.mark.parametrize("effects", EFFECTS)
def test_values_in_closed_form(effects):
    outputs = np.random.RandomState(0).normal(size=(2**D, 3))
    masks = all_pairs(D)
    position = masks @ (1 << np.arange(D))
    halves = (outputs[position] - outputs[2**D - 1 - position]) / 2
    operator, of_whole = closed_form(masks, effects)
    found = operator @ halves + np.outer(of_whole, (outputs[-1] - outputs[0]) / 2)
    np.testing.assert_allclose(found, values_of(outputs, effects), atol=1e-12)


@pytest.mark.parametrize("effects", EFFECTS)
def test_values_by_regression_converge(effects):
    outputs = np.random.RandomState(0).normal(size=(2**D, 1))
    outputs += all_masks(D)[:, :1]
    masks, counts = drawn_pairs(D, 40_000, effects, 0)
    position = masks @ (1 << np.arange(D))
    halves = (outputs[position] - outputs[2**D - 1 - position]) / 2
    operator, of_whole = regression(masks, counts, effects)
    whole = (outputs[-1] - outputs[0]) / 2
    found = operator @ halves + np.outer(of_whole, whole)
    np.testing.assert_allclose(found, values_of(outputs, effects), atol=0.02)
    if effects == "shapley":
        np.testing.assert_allclose(found.sum(axis=0), 2 * whole)
