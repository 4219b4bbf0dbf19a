"""Points of tables: rare values more often than in the data, and what they show."""

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime.perturbers import TabularPerturber
from skdime.perturbers._spread import spread_rows

N, N_POINTS = 400, 800
EVERY = np.arange(N)
TWO = {"a": [0, 1, 2], "b": [3]}


def spread(values, pool=EVERY):
    """Values of points that are spread, and of the others before and after."""
    random_state = np.random.RandomState(0)
    rows = random_state.choice(pool, size=N_POINTS)
    found = spread_rows([values], pool, rows, random_state)
    is_spread = np.arange(N_POINTS) % 8 == 7
    np.testing.assert_array_equal(found[~is_spread], rows[~is_spread])
    return values[found[is_spread]]


def test_every_level_is_as_frequent_as_any_other():
    values = np.zeros(N)
    values[:3], values[3:20] = 2.0, 1.0
    _, counts = np.unique(spread(values), return_counts=True)
    assert sorted(counts) == [33, 33, 34]


def test_codes_of_categories_are_levels():
    values = np.arange(N) % 5
    values[7] = 5
    assert np.unique(spread(values)).tolist() == [0, 1, 2, 3, 4, 5]


def test_numbers_have_tails_frequent_values_and_missing_ones():
    values = np.random.RandomState(0).permutation(N).astype(float)
    values[:40], values[40:50] = -1.0, np.nan
    others = np.sort(values[50:])
    found = spread(values)
    is_zero, is_missing = found == -1, np.isnan(found)
    low, high = others[35], others[-35]
    is_low, is_high = ~is_zero & (found < low), found >= high
    is_other = ~(is_zero | is_missing | is_low | is_high)
    kinds = is_zero, is_missing, is_low, is_high, is_other
    assert all(abs(kind.mean() - 0.2) < 0.02 for kind in kinds)


def test_only_rows_of_the_pool_are_taken():
    values = np.zeros(N)
    values[:3] = 1.0
    pool = np.r_[2:N]
    random_state = np.random.RandomState(0)
    found = spread_rows([values], pool, pool[:200], random_state)
    assert 2 in found and found.min() == 2


def test_a_constant_column_stays_as_it_is():
    rows = np.arange(20)
    assert spread_rows([np.ones(N)], EVERY, rows, np.random.RandomState(0)) is rows


def test_of_many_rows_some_are_looked_at():
    values = np.zeros(100_000)
    values[::50] = 1.0
    random_state = np.random.RandomState(0)
    every = np.arange(len(values))
    found = spread_rows([values], every, every[:80], random_state)
    assert values[found[7::8]].mean() == 0.5


def test_columns_of_one_feature_have_combinations_of_their_groups():
    """Two flags and the tails of a number: half without the tails."""
    rng = np.random.RandomState(0)
    one, other = (rng.uniform(size=N) < share for share in (0.5, 0.05))
    number = rng.normal(size=N)
    every = np.arange(N_POINTS) % N
    found = spread_rows([one, other, number], EVERY, every, rng)[7::8]
    low, high = np.sort(number)[[39, 360]]
    where = np.digitize(number, [low + 1e-9, high - 1e-9])
    kinds, counts = np.unique(6 * one + 3 * other + where, return_counts=True)
    assert counts.min() < 3 and counts.max() > 100
    _, of_found = np.unique((6 * one + 3 * other + where)[found], return_counts=True)
    assert len(of_found) == len(kinds)
    n_kinds = np.bincount(2 * (kinds // 6) + kinds % 6 // 3)
    _, of_flags = np.unique((2 * one + other)[found], return_counts=True)
    expected = len(found) / 2 * (n_kinds / len(kinds) + 1 / 4)
    np.testing.assert_allclose(of_flags, expected, atol=3)


def test_of_many_combinations_each_column_has_its_turn():
    rng = np.random.RandomState(0)
    columns = [rng.randint(20, size=N).astype(float) for _ in range(3)]
    columns[0][:4] = 20.0
    found = spread_rows(columns, EVERY, np.arange(N_POINTS) % N, rng)[7::8]
    # a third of the points has each of 21 values as often as any other
    assert abs((columns[0][found] == 20).sum() - len(found) / 3 / 21) <= 2


def test_of_many_combinations_those_without_tails_have_half():
    rng = np.random.RandomState(0)
    numbers = [rng.normal(size=N) for _ in range(3)]
    flags = [(rng.uniform(size=N) < share).astype(float) for share in (0.3, 0.2)]
    flags[0][:2] = flags[1][:2] = 1.0
    columns = [*numbers, *flags]
    found = spread_rows(columns, EVERY, np.arange(N_POINTS) % N, rng)[7::8]
    both = flags[0] * flags[1]
    assert both.mean() < 0.1
    assert both[found].mean() > 0.5 / 4


def test_slopes_have_values_as_often_as_the_data():
    X = np.zeros((N, 2))
    X[:20] = 1.0
    perturber = TabularPerturber(effects="slope")
    names = np.array(["x0", "x1"])
    perturber.fit(X, N_POINTS, names, np.random.RandomState(0))
    np.testing.assert_array_equal(perturber.points_, perturber.draws_)
    assert perturber.points_.mean() == pytest.approx(0.05)


def test_columns_of_one_feature_are_from_the_same_row():
    X = np.random.RandomState(0).normal(size=(N, 2))
    X[:, 1] = X[:, 0] ** 2
    perturber = TabularPerturber(groups={"all": [0, 1]})
    names = np.array(["x0", "x1"])
    perturber.fit(X, N_POINTS, names, np.random.RandomState(0))
    assert (perturber.points_ != perturber.draws_).any()
    for rows in (perturber.points_, perturber.draws_):
        np.testing.assert_array_equal(rows[:, 1], rows[:, 0] ** 2)


def flag(rng, n, share):
    return (rng.uniform(size=n) < share).astype(float)


def with_missing(rng, n, share):
    return np.where(rng.uniform(size=n) < share, np.nan, rng.normal(size=n))


def amounts(rng, n, share):
    return flag(rng, n, share) * rng.gamma(2, 50, n)


KINDS = {
    "flags": (flag, lambda v: v),
    "missing": (with_missing, np.isnan),
    "amounts": (amounts, lambda v: v > 0),
    "tail": (lambda rng, n, share: rng.normal(size=n), lambda v: v > 1.6),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(2))
def test_products_of_rare_values_are_seen(kind, seed):
    """Shapley values of a product of two columns by hand: halves of the product."""
    draw, rare = KINDS[kind]
    rng, n = np.random.RandomState(seed), 200
    columns = flag(rng, n, 0.05), draw(rng, n, 0.05), flag(rng, n, 0.2)
    X = np.column_stack([*columns, rng.normal(size=n)])

    def model(X):
        return 3 * X[:, 0] * rare(X[:, 1]) * (1 + 0.5 * X[:, 3]) + X[:, 2]

    is_rare = np.asarray(rare(X[:, 1]), dtype=float)
    value = X[np.argmax(is_rare), 1]
    rows = np.array([[1, value, 1, 0.5], [1, X[np.argmin(is_rare), 1], 0, 0.5]])
    disentangler = Disentangler(model, TWO, n_references=None)
    explainer = LocalExplainer(disentangler, algorithm="draws", random_state=0)
    found = explainer.fit(X).explain(rows)
    p, q, size = X[:, 0].mean(), is_rare.mean(), 3 * (1 + 0.5 * X[:, 3].mean())
    for i, is_present in enumerate((1, 0)):
        first = size * (1 - p) * (is_present + q) / 2
        second = size * (is_present - q) * (1 + p) / 2
        wrong = np.abs(found.coef[i, 0, :2, 0] - [first, second])
        se = found.se_perturbations[i, 0, :2, 0]
        assert (wrong <= 3 * se + 0.02 * size).all()
        assert (wrong <= 0.2 * size).all()
