"""Disentangler.summarize_groups: summaries of groups, and their differences."""

import numpy as np
import pytest

from skdime import Disentangler
from skdime._estimators import summarized_rows


def bilinear(X):
    return X[:, 0] + X[:, 1] + X[:, 0] * X[:, 1]


@pytest.fixture
def quick(monkeypatch):
    """Without how real hybrids are, which takes a second for each group."""
    monkeypatch.setattr(summarized_rows, "hybrid_auc", lambda blocks: 0.5)
    monkeypatch.setattr(
        summarized_rows, "explained_by_others", lambda blocks, main: None
    )


def rows_of_three_groups(seed, n_each=120):
    """The second has twice the spread: shares 1/6, 1/6, 2/3 instead of thirds."""
    X = np.random.RandomState(seed).normal(size=(3 * n_each, 2))
    groups = np.repeat(["A", "B", "C"], n_each)
    X[groups == "B"] *= 2
    return X, groups


def test_differences_of_shares_are_covered(quick):
    hits, spread, se = [], [], []
    for seed in range(30):
        X, groups = rows_of_three_groups(seed)
        pool = np.random.RandomState(1000 + seed).normal(size=(300, 2))
        dis = Disentangler(bilinear, n_references=60, random_state=seed).fit(pool)
        found = dis.summarize_groups(X, groups)
        for name, other, expected in (
            ("interaction", "B", 1 / 3),
            ("interaction", "C", 0),
            ("main", "B", -1 / 6),
            ("main", "C", 0),
        ):
            _, low, high = found.difference(name, "A", other)
            hits.append(((low <= expected) & (expected <= high)).mean())
        spread.append(found.difference("interaction", "A", "B")[0][0])
        se.append(found.difference_se["interaction"][0, 1, 0, 0])
    assert 0.88 <= np.mean(hits) <= 0.99
    assert np.mean(spread) == pytest.approx(1 / 3, abs=0.04)
    assert 0.7 < np.mean(se) / np.std(spread) < 1.4


def test_the_same_rows_differ_by_less_than_independent_references_would(quick):
    """Where most of the error is that of references, it cancels."""
    X, groups = rows_of_three_groups(0, 500)
    dis = Disentangler(bilinear, n_references=20, random_state=0).fit(X[groups == "A"])
    found = dis.summarize_groups(X, groups)
    se = found.difference_se["main"][0, 2, 0, 0]
    independent = np.hypot(found["A"].main_se[0, 0], found["C"].main_se[0, 0])
    assert se < 0.8 * independent


def test_each_group_is_summarized_as_its_rows_are(quick):
    X, groups = rows_of_three_groups(0, 40)
    dis = Disentangler(bilinear, n_references=30, random_state=0).fit(X)
    found = dis.summarize_groups(X, groups)
    assert list(found) == ["A", "B", "C"] and len(found) == 3
    alone = dis.summarize(X[groups == "B"])
    np.testing.assert_array_equal(found["B"].main, alone.main)
    np.testing.assert_array_equal(found["B"].interaction_se, alone.interaction_se)
    assert found["B"].n_rows == 40
    with pytest.raises(ValueError, match="`group` must be"):
        found["D"]
    with pytest.raises(ValueError, match="`name` must be"):
        found.difference("spread", "A", "B")
    assert "difference" not in repr(found)  # there are three


def test_print_and_frames(quick):
    pytest.importorskip("pandas")
    X, groups = rows_of_three_groups(0, 60)
    X = np.column_stack([X, X[:, 0]])
    two = groups != "C"
    dis = Disentangler(lambda X: X.prod(axis=1), n_references=30, random_state=0).fit(X)
    found = dis.summarize_groups(X[two], groups[two])
    text = repr(found).split("\n")
    assert "A (60 rows), B (60 rows)" in text[0]
    assert text[1].startswith("  interaction: A ") and "; difference " in text[1]
    assert any(line.startswith("  pair: x0 & x1: A ") for line in text)
    markup = found._repr_html_()
    assert "pair: x0 &amp; x1" in markup and f"{found['B'].higher[0]:.0%} [" in markup
    frame = found.differences(level=0.8).set_index("term")
    difference, low, high = found.difference("higher", "A", "B", 0.8)
    line = frame.loc["higher", ["difference", "low", "high"]]
    np.testing.assert_allclose(
        line.to_numpy(dtype=float), [difference[0], low[0], high[0]]
    )
    assert list(frame.index) == list(found["A"].to_frame()["term"])
    everything = found.to_frame().set_index(["group", "term"])
    assert everything.loc[("B", "interaction"), "share"] == found["B"].interaction[0]


def test_hybrids_of_a_group_may_be_foreign():
    rng = np.random.RandomState(0)
    X, groups = rng.normal(size=(120, 2)), np.repeat(["A", "B"], 60)
    X[groups == "B", 1] = X[groups == "B", 0]
    dis = Disentangler(bilinear, n_references=30, random_state=0).fit(X)
    with pytest.warns(UserWarning, match="hardly occur in the data"):
        found = dis.summarize_groups(X, groups)
    assert found["B"].hybrid_auc > 0.9 > 0.7 > found["A"].hybrid_auc
