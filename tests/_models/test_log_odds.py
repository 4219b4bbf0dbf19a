"""Log-odds of probabilities, and how they move with the clip."""

import numpy as np
import pytest

from skdime._models import log_odds as module
from skdime._models.log_odds import LOGIT_CLIP, log_odds, slopes_by_clip

ONE = np.array([[0.0], [1e-9], [0.3], [1 - 1e-5], [1.0]])
SEVERAL = np.array([[0.0, 0.0, 1.0], [0.2, 0.8, 0.0], [0.2, 0.3, 0.5], [1, 0, 0]])


def test_log_odds_count_what_is_clipped():
    values, n_clipped = log_odds(ONE)
    assert n_clipped == 3
    assert values[2, 0] == pytest.approx(np.log(3 / 7))
    assert values[0, 0] == pytest.approx(-values[4, 0])


def test_log_ratios_are_centred():
    values, n_clipped = log_odds(SEVERAL)
    assert n_clipped == 7
    np.testing.assert_allclose(values.sum(axis=1), 0, atol=1e-12)
    assert values[2, 0] - values[2, 1] == pytest.approx(np.log(2 / 3))


@pytest.mark.parametrize("probabilities", [ONE, SEVERAL], ids=["one", "several"])
def test_slopes_are_what_another_clip_would_change(probabilities, monkeypatch):
    before, _ = log_odds(probabilities)
    slopes = slopes_by_clip(before)
    monkeypatch.setattr(module, "LOGIT_CLIP", LOGIT_CLIP / np.e)
    after, _ = log_odds(probabilities)
    np.testing.assert_allclose(after - before, slopes, atol=2e-6)
    assert (slopes != 0).any() and (slopes == 0).any()
