"""Scores of sets of modalities as bars."""

from dataclasses import replace

import numpy as np
import pytest

from skdime.displays import ModalityWorthDisplay
from tests.displays._pictures import LONG, fitted, product, texts_outside, written


def test_scores_are_drawn_from_none_to_all(draw, worth):
    shown = draw("ModalityWorthDisplay", level=0.8)
    assert shown.sets == worth.sets
    low, high = worth.interval("score", 0.8)
    np.testing.assert_array_equal(shown.low, low)
    np.testing.assert_array_equal(shown.high, high)
    widths = [bar.get_width() for bar in shown.ax_.patches]
    np.testing.assert_allclose(widths, worth.score)
    assert "none" in written(shown.figure_) and "m0 + m1 + m2" in written(shown.figure_)
    frame = pytest.importorskip("pandas") and shown.frame()
    assert frame["modalities"].tolist()[:2] == ["none", "m0"]
    assert worth.plot(level=0.8).frame().equals(frame)


def test_the_best_sets_are_drawn_and_none_and_all(draw, worth):
    shown = draw("ModalityWorthDisplay", max_display=2)
    assert shown.sets[0] == () and shown.sets[-1] == ("m0", "m1", "m2")
    between = np.sort(worth.score[1:-1])[-2:]
    np.testing.assert_allclose(np.sort(shown.score[1:-1]), between)


def test_a_disentangler_is_scored_and_drawn(pyplot, worth):
    explainer, X = fitted(product, 6, 3)
    shown = ModalityWorthDisplay.from_estimator(
        explainer.disentangler_, X, product(X), scoring="r2"
    )
    np.testing.assert_array_equal(shown.score, worth.score)
    assert "r2 of 30 rows" in written(shown.figure_).replace("\n", " ")


def test_unknown_errors_and_long_names(pyplot, worth):
    names = [f"{i} {LONG}" for i in range(3)]
    unknown = np.full_like(worth.score_se, np.nan)
    long = replace(worth, modality_names=np.array(names), score_se=unknown)
    assert long.sets[-1] == tuple(names)
    assert texts_outside(ModalityWorthDisplay.from_worth(long).figure_) == []


def test_other_things_are_no_worth(pyplot, explainer):
    with pytest.raises(TypeError, match=r"use ModalityWorthDisplay\.from_estimator"):
        ModalityWorthDisplay.from_worth(explainer)
