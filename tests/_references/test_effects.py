"""Effects and their errors, from tuples of references one by one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression

from skdime._models.response import Response
from skdime._references.effects import effects_of, effects_of_pair, pairs_of
from skdime._references.engine import Engine
from skdime._references.plan import best_plan, direct_plan
from skdime._references.references import References
from skdime._rows.modalities import split
from tests._by_hand import brute_force_tuples, compose, error_over_tuples

MODALITIES = [("a", np.array([0, 3])), ("b", np.array([1, 2])), ("c", np.array([4]))]
COLUMNS = [columns for _, columns in MODALITIES]
FIELDS = ("output", "main", "main_se", "uc_se", "pairs", "pairs_se", "higher_se")


def interacting(X):
    both = X[:, 0] * X[:, 1] + np.sin(X[:, 2]) * X[:, 4]
    return np.column_stack([both * (1 + X[:, 3]), X[:, 4] ** 2])


@pytest.fixture
def engine():
    return Engine(direct_plan(Response(interacting), COLUMNS), 2**20)


@pytest.fixture
def references(X, engine):
    rng = np.random.RandomState(0)
    return References.combined(X[:9], MODALITIES, rng).with_baseline(engine)


def tuples_of(references):
    return [[references.rows[i] for i in members] for members in references.tuples.T]


def with_present(references, x, present):
    """Outputs of a row's modalities with every tuple, shape (n_tuples, n_outputs)."""
    rows = [
        compose([x if m in present else t[m] for m in range(3)], MODALITIES)
        for t in tuples_of(references)
    ]
    return interacting(np.concatenate(rows))


def test_pairs_are_in_the_order_of_positions():
    assert pairs_of(2) == [(0, 1)]
    assert pairs_of(4) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


def test_main_effects_and_their_errors(X, engine, references):
    found = effects_of(engine, X[20:23], references)
    assert found.pairs is found.pairs_se is found.higher_se is None
    order = references.tuples
    for i, x in enumerate(X[20:23]):
        tuples = tuples_of(references)
        main, baseline, output = brute_force_tuples(interacting, x, tuples, MODALITIES)
        assert_allclose(references.baseline, baseline, atol=1e-12)
        assert_allclose(found.output[i], output)
        assert_allclose(found.main[i], main, atol=1e-12)
        absent = with_present(references, x, ())
        singles = [with_present(references, x, (m,)) for m in range(3)]
        errors = [error_over_tuples(single - absent, order) for single in singles]
        assert_allclose(found.main_se[i], errors, atol=1e-12)
        error = error_over_tuples(sum(singles) - 2 * absent, order)
        assert_allclose(found.uc_se[i], error, atol=1e-12)


def test_pairs_and_what_is_beyond_them(X, engine, references):
    found = effects_of(engine, X[20:22], references, pairs=True)
    tuples = references.tuples
    for i, x in enumerate(X[20:22]):
        absent = with_present(references, x, ())
        first, second, third = (with_present(references, x, (m,)) for m in range(3))
        pairs = {
            pair: with_present(references, x, pair) for pair in [(0, 1), (0, 2), (1, 2)]
        }
        interactions = np.stack(
            [
                pairs[0, 1] - first - second + absent,
                pairs[0, 2] - first - third + absent,
                pairs[1, 2] - second - third + absent,
            ]
        )
        assert_allclose(found.pairs[i], interactions.mean(axis=1), atol=1e-12)
        errors = [error_over_tuples(values, tuples) for values in interactions]
        assert_allclose(found.pairs_se[i], errors, atol=1e-12)
        rest = -(first + second + third - 2 * absent) - interactions.sum(axis=0)
        assert_allclose(found.higher_se[i], error_over_tuples(rest, tuples), atol=1e-12)
        uc = [first + second - absent, first + third - absent, second + third - absent]
        errors = [error_over_tuples(values, tuples) for values in uc]
        assert_allclose(found.pairs_uc_se[i], errors, atol=1e-12)


def test_the_model_of_a_pair_is_its_output_with_the_third_averaged(
    X, engine, references
):
    effects = effects_of(engine, X[20:22], references, pairs=True)
    found = effects_of_pair(effects, references.baseline, (0, 2))
    for i, x in enumerate(X[20:22]):
        expected = with_present(references, x, (0, 2)).mean(axis=0)
        assert_allclose(found.output[i], expected)
    assert_allclose(found.main[:, [0, 2]], effects.main[:, [0, 2]])
    assert not found.main[:, 1].any()
    assert not found.main_se[:, 1].any()
    assert_allclose(found.uc_se, effects.pairs_se[:, 1])
    assert found.pairs is None


@pytest.mark.parametrize("max_memory", [1, 3_000])
def test_memory_changes_no_effect(X, engine, references, max_memory):
    expected = effects_of(engine, X[20:27], references, pairs=True)
    little = Engine(engine.plan, max_memory)
    found = effects_of(little, X[20:27], references, pairs=True)
    for name in FIELDS:
        assert_allclose(getattr(found, name), getattr(expected, name), atol=1e-12)


def test_additive_models_have_no_pairs_and_no_error_of_them(X):
    model = LinearRegression().fit(X, X[:, 0])
    plan = best_plan(Response(model), COLUMNS, split(X[:9], MODALITIES))
    engine = Engine(plan, 2**20)
    rng = np.random.RandomState(0)
    references = References.combined(X[:9], MODALITIES, rng).with_baseline(engine)
    found = effects_of(engine, X[20:24], references, pairs=True)
    assert found.pairs.shape == found.pairs_se.shape == (4, 3, 1)
    for name in ("pairs", "pairs_se", "higher_se"):
        assert not getattr(found, name).any()
    total = references.baseline + found.main.sum(axis=1)
    assert_allclose(total, found.output, atol=1e-12)
