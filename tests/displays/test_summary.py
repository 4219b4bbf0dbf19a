"""Shares of the variation of an output as bars."""

from dataclasses import replace

import numpy as np
import pytest

from skdime.displays import ModalitySummaryDisplay
from tests.displays._pictures import LONG, fitted, product, texts_outside, written


def test_terms_are_drawn_with_their_intervals(draw, summary):
    shown = draw("ModalitySummaryDisplay", level=0.8)
    assert shown.term_names[:4] == ["m0", "m1", "m2", "m0 & m1"]
    assert shown.term_names[-2:] == ["three or more", "MI"]
    assert shown.share[0] == summary.main[0, 0]
    assert shown.share[-1] == summary.interaction[0]
    low, high = summary.interval("pairs", 0.8)
    assert (shown.low[3], shown.high[3]) == (low[0, 0], high[0, 0])
    widths = [bar.get_width() for bar in shown.ax_.patches]
    np.testing.assert_allclose(widths, shown.share)
    assert "80 %\nconfidence intervals" in written(shown.figure_)


def test_the_largest_terms_are_drawn_and_mi(draw, summary):
    shown = draw("ModalitySummaryDisplay", max_display=2)
    assert shown.term_names[-1] == "MI" and len(shown.term_names) == 3
    every = [*summary.main[:, 0], *summary.pairs[:, 0], summary.higher[0]]
    np.testing.assert_allclose(np.sort(shown.share[:2]), np.sort(every)[-2:])


def test_a_summary_draws_itself_and_a_disentangler_its_own(pyplot, summary):
    shown = summary.plot()
    assert isinstance(shown, ModalitySummaryDisplay)
    explainer, X = fitted(product, 6, 3)
    own = ModalitySummaryDisplay.from_estimator(explainer.disentangler_, X)
    np.testing.assert_array_equal(own.share, shown.share)


def test_the_output_that_varies_most_is_drawn(pyplot, summary):
    two = {
        name: np.repeat(getattr(summary, name), 2, axis=-1)
        for name in ("main", "main_se", "pairs", "pairs_se", "higher", "higher_se")
    }
    names = ("interaction", "interaction_se", "involved", "involved_se")
    two |= {name: np.repeat(getattr(summary, name), 2, axis=-1) for name in names}
    two = replace(
        summary, **two, spread=np.array([1.0, 2.0]), output_names=np.array(["a", "b"])
    )
    text = written(two.plot().figure_).replace("\n", " ")
    assert "'b'" in text and "varies most of 2 outputs" in text
    assert "varies most" not in written(two.plot(output="a").figure_)
    with pytest.raises(KeyError, match="'c' is unknown"):
        two.plot(output="c")


def test_long_names_stay_inside(pyplot, summary):
    names = [f"{i} {LONG}" for i in range(3)]
    pairs = [[f"{i} {LONG}", f"{i + 1} {LONG}"] for i in range(3)]
    long = replace(summary, modality_names=np.array(names), pair_names=np.array(pairs))
    assert texts_outside(long.plot().figure_) == []


def test_other_things_are_no_summary(pyplot, explainer):
    with pytest.raises(TypeError, match=r"use ModalitySummaryDisplay\.from_estimator"):
        ModalitySummaryDisplay.from_summary(explainer)
