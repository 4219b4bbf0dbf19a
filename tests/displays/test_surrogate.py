"""Targets against the surrogates' values."""

import numpy as np
import pytest

from tests.displays._pictures import main_output, one_or_three_outputs


@one_or_three_outputs
def test_surrogates_stand_against_their_targets(draw, explainer, explanation):
    pytest.importorskip("pandas")
    frame, c = draw("SurrogateDisplay").frame(), main_output(explanation)
    for name in ("target", "local_prediction", "r2"):
        expected = getattr(explanation, name)[..., c].ravel()
        np.testing.assert_array_equal(frame[name], expected)
