"""Rows within a budget: hybrids of their own, effects over further rows."""

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator

from skdime import Disentangler, LocalExplainer
from skdime._references.hybrids import Hybrids
from tests._data import TWO, explainer_of

pytestmark = pytest.mark.filterwarnings("ignore:budget=")


def additive(X):
    return np.sin(2 * X[:, 0]) + X[:, 1] ** 2 + np.abs(X[:, 3])


def product(X):
    return (1 + X[:, 0]) * (2 + np.tanh(X[:, 1]))


def effects_of_product(X, row):
    """Mean output, both main effects, UC, MI over all rows of X."""
    first, second = 1 + X[:, 0], 2 + np.tanh(X[:, 1])
    a, b = 1 + row[0], 2 + np.tanh(row[1])
    baseline = first.mean() * second.mean()
    main = (a - first.mean()) * second.mean(), first.mean() * (b - second.mean())
    mi = (a - first.mean()) * (b - second.mean())
    return np.array([baseline, *main, baseline + sum(main), mi])


def effects(decomposition):
    """The same of all rows, and their standard errors."""
    d = decomposition
    values = np.column_stack([d.baseline, d.main[..., 0], d.uc, d.mi])
    errors = np.column_stack([d.baseline_se, d.main_se[..., 0], d.uc_se, d.mi_se])
    return values, errors


@pytest.mark.parametrize("n", [60, 400])
def test_effects_are_those_over_all_rows(n):
    X = np.random.RandomState(1).exponential(size=(n, 5))
    explainer = explainer_of(product, TWO, budget=750).fit(X)
    d = explainer.explain(X[:2]).decomposition
    expected = np.array([effects_of_product(X, row) for row in X[:2]])
    values, errors = effects(d)
    np.testing.assert_allclose(values, expected, atol=0.05)
    assert (np.abs(values - expected) <= 3 * errors + 2e-3).all()
    of_references = explainer.disentangler_.decompose(X[:2])
    assert errors[:, 3].mean() < of_references.uc_se.mean() / 3


def test_an_additive_model_has_no_interaction(X):
    explainer = explainer_of(additive, TWO, budget=700).fit(X)
    explanation = explainer.explain(X[:2])
    d = explanation.decomposition
    np.testing.assert_allclose(d.mi, 0, atol=0.02)
    np.testing.assert_allclose(d.uc + d.mi, d.output)
    np.testing.assert_allclose(
        d.baseline[:, 0] + d.main[..., 0].sum(axis=1), d.uc[:, 0]
    )
    np.testing.assert_allclose(explanation.rest, 0, atol=0.05)


def test_references_of_a_frozen_disentangler_stay_what_they_are(X):
    dis = Disentangler(product, TWO, n_references=20, random_state=0).fit(X[:30])
    explainer = LocalExplainer(FrozenEstimator(dis), budget=400, random_state=0)
    d = explainer.fit(X[30:]).explain(X[:2]).decomposition
    np.testing.assert_allclose(d.uc, dis.decompose(X[:2]).uc)
    assert d.baseline.shape == (1,)


@pytest.mark.slow
def test_rows_do_not_depend_on_their_order(X):
    explainer = explainer_of(product, TWO, budget=900).fit(X)
    forward, backward = explainer.explain(X[:3]), explainer.explain(X[2::-1])
    np.testing.assert_allclose(forward.coef, backward.coef[::-1], atol=1e-6)
    np.testing.assert_allclose(
        forward.decomposition.mi, backward.decomposition.mi[::-1], atol=1e-6
    )


def test_chosen_hybrids_keep_their_pieces():
    rng = np.random.RandomState(0)
    known = [np.arange(4)[:, None], np.arange(3)[:, None]]
    first = Hybrids(known, np.array([[3, 0], [0, 2]]), np.zeros(2), np.zeros(2) > 0)
    further = [np.arange(20)[:, None], np.arange(9)[:, None]]
    members = np.column_stack([rng.randint(20, size=15), rng.randint(9, size=15)])
    others = Hybrids(further, members, np.zeros(15), np.zeros(15) > 0)
    chosen = np.array([14, 3, 7])
    both = first.with_chosen(others, chosen)
    for m in range(2):
        np.testing.assert_array_equal(
            both.sources(m),
            np.vstack([first.sources(m), others.sources(m)[chosen]]),
        )
        assert len(both.pieces[m]) <= len(known[m]) + 3
    np.testing.assert_array_equal(both.varied[2:], -1)


def few_hybrids(X):
    """What a flag does that hardly any hybrid of a row has beside larger numbers."""
    return 3 * X[:, 2] * (X[:, 0] > X[:, 1]) * (1 + 0.5 * X[:, 4]) + X[:, 5]


def test_no_coefficient_is_known_better_than_what_is_not_explained():
    rng = np.random.RandomState(1000)
    X = np.round(rng.normal(size=(400, 6)), 1)
    X[:, 2:4] = rng.uniform(size=(400, 2)) < 0.06
    modalities = {"a": [0, 1, 2, 3], "b": [4, 5]}
    for seed in range(3):
        dis = Disentangler(few_hybrids, modalities, random_state=seed)
        explainer = LocalExplainer(dis, budget=1_000, random_state=seed).fit(X)
        found = explainer.explain(X[:4])
        se = found.se_perturbations[:, 0, :4, 0]
        assert (se > 0).all()  # nor that of the flag that does nothing
        assert (se.max(axis=1) <= 100 * se.min(axis=1)).all()
