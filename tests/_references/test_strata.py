"""References are drawn in strata, and errors know of them and of what is rare."""

import weakref

import numpy as np
import pytest

from skdime import Disentangler, MultimodalArray
from skdime._references.strata import (
    _in_proportion,
    draw_references,
    order_of_strata,
)
from skdime._references.weighting import (
    Weighting,
    are_few,
    effective_number,
    standard_error,
)


def flagged(n_flagged, n=1000):
    """A flag that a few rows have, and numbers."""
    rng = np.random.RandomState(0)
    flag = np.zeros(n)
    flag[rng.choice(n, n_flagged, replace=False)] = 1
    return np.column_stack([flag, rng.normal(size=(n, 3))])


MODALITIES = [("a", np.array([0, 1])), ("b", np.array([2, 3]))]


def order_of(blocks, n_references, n=1000):
    found = order_of_strata(blocks, np.arange(n), n_references)
    return None if found is None else found[0]


def test_levels_that_a_sample_may_miss_come_before_all_else():
    X = flagged(10)
    flag = np.flatnonzero(X[:, 0])
    # the last, because rows without any come first
    assert sorted(order_of([X[:, :1]], 100)[-10:]) == sorted(flag)
    # expected in more than five references, or in less than half of one
    assert order_of([flagged(200)[:, :1]], 100) is None
    assert order_of([X[:, :1]], 10) is None
    # rows with the flag are in no tail, however large their numbers are
    order = order_of([X[:, :2], X[:, 2:]], 100)
    assert sorted(order[:10]) == sorted(flag)


def test_tails_of_numbers():
    x = np.random.RandomState(0).lognormal(size=(1000, 1))
    np.testing.assert_array_equal(order_of([x], 100), np.argsort(x[:, 0]))
    # each row is where its most unusual value is, missing ones among them; the numbers
    # of the second column fall
    two = np.array([[0.0, 5.0], [1.0, 9.0], [2.0, 1.0], [3.0, 4.0], [np.nan, 2.0]])
    middle = np.linspace(0.5, 2.5, 25)[:, None]
    two = np.vstack([two, np.hstack([middle, middle + 2])])
    order = order_of([two], 30, n=30)
    place = np.argsort(order)
    assert place[1] < place[2] and place[4] < place[2]
    assert place[0] < place[3]


def test_levels_of_any_container():
    pd = pytest.importorskip("pandas")
    X = flagged(10)
    kind = np.where(X[:, 0] == 1, "rare", "usual")
    frame = pd.DataFrame({"kind": kind, "x": X[:, 1]})
    frame["category"] = frame["kind"].astype("category")
    expected = np.flatnonzero(X[:, 0])
    for block in (frame[["kind"]], frame[["category"]], MultimodalArray(a=X[:, :1])):
        assert sorted(order_of([block], 100)[-10:]) == sorted(expected)
    texts = MultimodalArray(notes=[f"note {i}" for i in range(1000)])
    assert order_of([texts], 100) is None


def test_every_row_is_drawn_with_the_same_probability():
    rng, times = np.random.RandomState(0), np.zeros(110)
    X = np.column_stack([np.repeat([0, 3, 5], [100, 4, 6]), rng.lognormal(size=110)])
    usual = X[:100, 1]  # rows without a rare level
    tail = np.append(usual > np.sort(usual)[-10], np.zeros(10, dtype=bool))
    for _ in range(3000):
        drawn = draw_references(X, [("all", np.arange(2))], 25, rng)
        assert len(set(drawn.positions.tolist())) == 25
        assert drawn.order is not None
        assert (X[drawn.positions, 0] == 3).sum() <= 2
        assert 1 <= tail[drawn.positions].sum() <= 4
        times[drawn.positions] += 1
    np.testing.assert_allclose(times / 3000, 25 / 110, atol=0.04)


@pytest.mark.parametrize("n_references", [10, 1000, None])
def test_without_strata(n_references):
    X = flagged(10)
    if n_references == 10:
        X = X[:, :1]
    drawn = draw_references(X, [("a", [0])], n_references, np.random.RandomState(0))
    assert drawn.order is None
    assert (np.diff(drawn.positions) > 0).all()
    assert len(drawn.positions) == (n_references or 1000)


def test_of_many_rows_some_are_put_in_order():
    X = np.arange(50_000.0)[:, None]
    drawn = draw_references(X, [("a", [0])], 100, np.random.RandomState(0))
    assert len(np.unique(drawn.positions)) == 100
    # one of each hundredth, but for what 10,000 rows drawn at random are off
    assert np.abs(drawn.positions / 500 - np.arange(100) - 0.5).max() < 2
    assert drawn.order.tolist() == list(range(100))


def skewed_product(Z):
    """A product whose factors are skewed."""
    return Z[:, 0] * Z[:, 2] + Z[:, 1]


def test_strata_make_errors_of_skewed_columns_smaller_and_intervals_know():
    rng = np.random.RandomState(0)
    X = rng.lognormal(size=(800, 4))
    rows, hit, error, se = X[:8], [], [], []
    mean = X.mean(axis=0)
    uc = rows[:, 0] * mean[2] + mean[0] * rows[:, 2] - mean[0] * mean[2] + rows[:, 1]
    for seed in range(40):
        dis = Disentangler(skewed_product, MODALITIES, random_state=seed)
        parts = dis.fit(X).decompose(rows)
        error.append(parts.uc[:, 0] - uc)
        se.append(parts.uc_se[:, 0])
    hit = np.abs(error) <= 1.96 * np.array(se)
    assert 0.88 <= hit.mean() <= 0.99
    # of a simple random sample of 100 rows: both means err by sd / 10
    both = np.array([X[:, 2].std() * rows[:, 0], X[:, 0].std() * rows[:, 2]])
    simple = np.sqrt(np.square(both).sum(axis=0) / 100)
    assert np.sqrt(np.square(error).mean()) < 0.75 * np.sqrt(np.square(simple).mean())


def rare_flag(Z):
    """What the flag does depends on a number of the other modality."""
    return 3 * Z[:, 0] * (1 + Z[:, 2])


@pytest.mark.parametrize("n_flagged", [10, 20, 50])
def test_errors_of_a_rare_flag_hold_what_it_does(n_flagged):
    X, hit, zero = flagged(n_flagged), [], []
    rows = X[np.r_[np.flatnonzero(X[:, 0])[:3], :10]]
    share, mean = X[:, 0].mean(), X[:, 2].mean()
    alone = 3 * rows[:, 0] * (1 + mean) + 3 * share * (1 + rows[:, 2])
    uc = alone - 3 * share * (1 + mean)
    for seed in range(40):
        dis = Disentangler(rare_flag, [("a", [0, 1]), ("b", [2, 3])], random_state=seed)
        parts = dis.fit(X).decompose(rows)
        error, se = np.abs(parts.uc[:, 0] - uc), parts.uc_se[:, 0]
        hit.append(error <= 1.96 * se)
        zero.append((se < 1e-9) & (error > 1e-6))
    assert not np.any(zero)
    assert np.mean(hit) >= 0.88


def test_few_informative_references_have_a_larger_error():
    one = np.zeros((1, 100))
    one[0, 7] = 1
    plain = one.std(axis=1, ddof=1) / 10
    assert standard_error(one, 1, Weighting(100))[0] / plain == pytest.approx(
        1 + 2 - 0.4, rel=0.02
    )
    half = np.tile([0.0, 1.0], 50)[None]
    assert standard_error(half, 1, Weighting(100)) == pytest.approx(
        half.std(axis=1, ddof=1) / 10
    )


def test_the_effective_number_is_that_of_references_that_contribute():
    some = np.zeros((1, 1000))
    some[0, ::250] = [1, -1, 1, -1]
    assert effective_number(some, 1)[0] == pytest.approx(4)
    assert effective_number(np.ones((1, 50)), 1)[0] == 0
    numbers = np.array([0.0, 4.0, 5.0, 40.0])
    assert are_few(numbers, 100).tolist() == [False, True, False, False]
    assert not are_few(numbers, 20).any()


def test_results_say_on_how_few_references_an_error_rests():
    X = flagged(10)
    dis = Disentangler(rare_flag, [("a", [0, 1]), ("b", [2, 3])], random_state=0)
    rows = X[X[:, 0] == 0][:4]
    text = repr(dis.fit(X).decompose(rows))
    # one of 100 references has the flag, whose effect is about 0 in one of the rows
    assert dis.references_[:, 0].sum() == 1
    assert "rests on few references in 3 of 4 rows, effectively 1.1 or more" in text
    every = Disentangler(rare_flag, [("a", [0, 1]), ("b", [2, 3])], n_references=None)
    assert "few references" not in repr(every.fit(X).decompose(rows))
    usual = Disentangler(lambda Z: Z[:, 1] * Z[:, 2], dis.modalities, random_state=0)
    assert "few references" not in repr(usual.fit(X).decompose(rows))


def test_blocks_are_looked_at_one_after_the_other():
    X, made = flagged(20), []

    def blocks():
        for columns in (slice(0, 2), slice(2, None)):
            assert not any(block() is not None for block in made)
            block = X[:, columns].copy()
            made.append(weakref.ref(block))
            yield block
            del block

    expected = order_of([X[:, :2], X[:, 2:]], 100)
    assert expected is not None
    np.testing.assert_array_equal(order_of(blocks(), 100), expected)


def test_no_frequent_level_is_missing():
    """17 of 300 rows have a flag; once in 180 draws none of 100 references had it."""
    rng = np.random.RandomState(1)
    columns = []
    for _ in range(3):
        columns += [rng.uniform(size=300) < 0.05, rng.normal(size=300)]
    X = np.column_stack(columns).astype(float)
    assert X[:, 4].sum() == 17
    modalities = [("a", [0, 1]), ("b", [2, 3]), ("c", [4, 5])]
    for seed in range(40):
        random_state = np.random.RandomState(seed)
        chosen = draw_references(X, modalities, 100, random_state).positions
        counts, expected = X[chosen][:, ::2].sum(axis=0), X[:, ::2].mean(axis=0) * 100
        spread = np.sqrt(expected * (1 - expected / 100))
        assert (np.abs(counts - expected) <= 2 * spread).all()


def test_samples_are_rejected_until_levels_are_in_proportion():
    levels = np.repeat(np.array([0, 1], dtype=np.int8), [80, 20])
    samples = [np.arange(50), np.arange(20, 70), np.arange(0, 100, 2), np.arange(50)]
    drawn = iter(samples)
    chosen = _in_proportion(lambda: next(drawn), [levels])
    np.testing.assert_array_equal(chosen, samples[2])
    assert len(list(drawn)) == 1  # the first that is in proportion is taken
    never = _in_proportion(lambda: samples[0], [levels])
    np.testing.assert_array_equal(never, samples[0])
    np.testing.assert_array_equal(_in_proportion(lambda: samples[1], []), samples[1])
