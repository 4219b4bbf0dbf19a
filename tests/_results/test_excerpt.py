"""Long texts cut to what is around their strongest tokens."""

import numpy as np
import pytest

from skdime._results.excerpt import MOST_CHARACTERS, excerpt
from skdime._results.labels import runs


def text_of(n_tokens, token="word", unit=" "):
    """Equal tokens, each a feature of its own."""
    text = unit.join([token] * n_tokens)
    labels = np.full(len(text), -1)
    for i in range(n_tokens):
        start = i * (len(token) + len(unit))
        labels[start : start + len(token)] = i
    return text, labels


def test_a_short_text_is_whole():
    text, labels = text_of(5)
    padded = np.append(labels, [-1] * 9)
    shown, kept = excerpt(text, padded, np.ones(5))
    assert shown == text
    np.testing.assert_array_equal(kept, labels)


def test_a_long_text_shows_its_strongest_tokens():
    text, labels = text_of(40_000)
    sizes = np.zeros(40_000)
    strong = [10, 20_000, 39_990]
    sizes[strong] = 3, 2, 1
    shown, kept = excerpt(text, labels, sizes)
    assert len(kept) == len(shown) < MOST_CHARACTERS + 2_000
    assert set(strong) <= set(kept.tolist())
    for start, stop, label in runs(kept):
        assert label < 0 or shown[start:stop] == "word"
    # what is left out and what is shown are the text
    numbers = [
        int(part.replace(",", "")) for part in shown.split() if part[0].isdigit()
    ]
    of_text = len(shown.replace(" … ", "")) - sum(
        len(f"{number:,} characters") for number in numbers
    )
    assert of_text + sum(numbers) == pytest.approx(len(text), abs=10)


def test_a_token_without_end_is_cut():
    shown, kept = excerpt("x" * 10**6, np.zeros(10**6, dtype=int), np.ones(1))
    assert len(shown) < 500
    assert shown.endswith("characters … ")
    assert kept[0] == 0 and kept[-1] == -1


def test_a_long_text_without_tokens():
    shown, kept = excerpt("x" * 9_000, np.full(9_000, -1), np.empty(0))
    assert shown == f"{'x' * MOST_CHARACTERS} … 5,000 characters … "
    assert (kept == -1).all()


def test_neighbours_of_one_feature_are_one_piece():
    text, labels = text_of(20_000)
    shown, kept = excerpt(text, np.where(labels >= 0, 0, -1), np.ones(1))
    assert len(shown) < MOST_CHARACTERS + 500
    assert len([run for run in runs(kept) if run[2] == 0]) == 1
