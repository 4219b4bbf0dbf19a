"""Differences of explanations and decompositions of the same rows."""

from dataclasses import replace

import numpy as np
import pytest

from skdime import Disentangler
from tests._data import AB, TWO, explainer_of, product
from tests._results.test_concatenation import explanation_of

ROWS = np.random.RandomState(0).normal(size=(40, 5))


def before(X):
    return X[:, 0] * X[:, 1] + X[:, 2]


def after(X):
    return 2 * X[:, 0] * X[:, 1] - X[:, 3]


@pytest.fixture(scope="module")
def both():
    return [
        explainer_of(model, TWO, n_references=8, n_samples=30)
        .fit(ROWS)
        .explain(ROWS[:5])
        for model in (before, after)
    ]


def test_differences_are_those_of_the_difference_of_models(both):
    def change(X):
        return after(X) - before(X)

    dis = Disentangler(change, TWO, n_references=8, random_state=0)
    # the seed that an explainer gives to its disentangler
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max)
    expected = dis.set_params(random_state=seed).fit(ROWS).decompose(ROWS[:5])
    found = (both[1] - both[0]).decomposition
    for name in ("output", "baseline", "uc", "mi", "main"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name))
    # errors are never smaller than those of the difference
    for name in ("uc_se", "mi_se", "main_se", "baseline_se"):
        assert (getattr(found, name) >= getattr(expected, name) - 1e-12).all()


def test_numbers_of_a_difference(both):
    first, second = both
    found = second - first
    np.testing.assert_array_equal(found.coef, second.coef - first.coef)
    np.testing.assert_array_equal(found.target, second.target - first.target)
    for name in ("se_references", "se_perturbations", "se_approximation"):
        expected = getattr(second, name) + getattr(first, name)
        np.testing.assert_array_equal(getattr(found, name), expected)
    np.testing.assert_array_equal(found.r2, np.fmin(first.r2, second.r2))
    assert found.n_model_rows == first.n_model_rows + second.n_model_rows
    assert found.unit == "model output, difference"
    assert "UC strongest" in repr(found)
    values = found.decomposition
    np.testing.assert_allclose(values.uc + values.mi, values.output)
    nothing = second - second
    assert not nothing.coef.any() and not nothing.decomposition.output.any()


def test_features_in_another_order_are_joined_by_name():
    one = explanation_of(["mild", "pain"])
    two = explanation_of(["pain", "mild"], seed=1)
    texts = {"note": one.inputs["note"]}
    found = replace(one, inputs=texts) - replace(two, inputs=texts)
    for word in ("mild", "pain", "x1"):
        expected = one.sel(feature=word) - two.sel(feature=word)
        np.testing.assert_array_equal(found.sel(feature=word), expected)


def test_baselines_of_their_own(both):
    first, second = both
    mixed = first[:2].concatenate(second[2:])
    assert mixed.decomposition.baseline.shape == (5, 1)
    values = (mixed - first).decomposition
    np.testing.assert_array_equal(values.baseline[:2], 0)
    change = second.decomposition.baseline - first.decomposition.baseline
    np.testing.assert_allclose(values.baseline[2:], np.tile(change, (3, 1)))


def renamed(explanation, **names):
    values = replace(explanation.decomposition, **names)
    return replace(explanation, decomposition=values)


def test_what_has_no_difference(both):
    first, second = both
    with pytest.raises(ValueError, match=r"the same row_names; got \[0, .* fit these"):
        first - second[1:]
    with pytest.raises(ValueError, match="the same output_names"):
        first - renamed(second, output_names=np.array(["risk"]))
    with pytest.raises(ValueError, match="the same unit; got"):
        first - renamed(second, unit="log-odds")
    with pytest.raises(ValueError, match="against the average row have no difference"):
        first - renamed(second, references="average")
    others = replace(second, feature_names=np.array([*"vwxyz"]))
    with pytest.raises(ValueError, match=r"only one of both .*Use the same perturbers"):
        first - others
    values = second.feature_values.copy()
    values[3, 0] = "7"
    with pytest.raises(ValueError, match=r"Rows \[3\] hold other values"):
        first - replace(second, feature_values=values)
    with pytest.raises(TypeError):
        first - first.decomposition
    with pytest.raises(TypeError):
        first - 1


def test_decompositions_with_pairs():
    dis = Disentangler(product, AB, n_references=5, random_state=0).fit(ROWS[:, :2])
    pairs, plain = (dis.decompose(ROWS[:3, :2], pairs=p) for p in (True, False))
    assert not (pairs - pairs).pairs.any()
    np.testing.assert_array_equal((pairs - pairs).pairs_se, 2 * pairs.pairs_se)
    with pytest.raises(ValueError, match="One of the two has pairs"):
        pairs - plain
    joined = plain.concatenate(plain)
    assert len(joined) == 6 and joined.baseline.shape == (1,)
