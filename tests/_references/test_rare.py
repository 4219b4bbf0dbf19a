"""Rare levels are in a sample of references in proportion, and errors know of them."""

import weakref

import numpy as np
import pytest

from skdime import Disentangler, MultimodalArray
from skdime._references.rare import rarest_levels
from skdime._references.tuples import draw_references
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


def test_levels_that_a_sample_may_miss():
    X = flagged(10)
    levels = rarest_levels([X[:, :2], X[:, 2:]], 100)
    assert ((levels >= 0) == (X[:, 0] == 1)).all()
    # expected in more than five references, or in less than half of one
    assert rarest_levels([flagged(200)[:, :2]], 100) is None
    assert rarest_levels([X[:, :2]], 10) is None
    assert rarest_levels([X[:, 1:]], 100) is None


def test_levels_of_any_container():
    pd = pytest.importorskip("pandas")
    X = flagged(10)
    kind = np.where(X[:, 0] == 1, "rare", "usual")
    frame = pd.DataFrame({"kind": kind, "x": X[:, 1]})
    frame["category"] = frame["kind"].astype("category")
    expected = X[:, 0] == 1
    for block in (frame[["kind"]], frame[["category"]], MultimodalArray(a=X[:, :1])):
        assert ((rarest_levels([block], 100) >= 0) == expected).all()
    texts = MultimodalArray(notes=[f"note {i}" for i in range(1000)])
    assert rarest_levels([texts], 100) is None


def test_every_row_is_drawn_with_the_same_probability():
    levels = np.repeat([-1, 3, 5], [90, 4, 6])
    rng, times = np.random.RandomState(0), np.zeros(100)
    for _ in range(3000):
        drawn = draw_references(100, 25, rng, levels)
        assert len(set(drawn.tolist())) == 25
        assert 1 <= (levels[drawn] == 3).sum() <= 2
        times[drawn] += 1
    np.testing.assert_allclose(times / 3000, 0.25, atol=0.04)


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

    expected = rarest_levels([X[:, :2], X[:, 2:]], 100)
    assert expected is not None
    np.testing.assert_array_equal(rarest_levels(blocks(), 100), expected)
