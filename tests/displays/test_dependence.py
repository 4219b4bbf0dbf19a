"""A feature's coefficients against its values."""

import numpy as np
import pytest

from skdime import displays
from tests.displays._pictures import main_output, written


@pytest.mark.parametrize("part", ["uc", "mi"])
def test_dependence_shows_one_feature(draw, explanation, part):
    pytest.importorskip("pandas")
    f = explanation.find(modality="vitals", feature="x0")
    p, c = ["uc", "mi"].index(part), main_output(explanation)
    frame = draw("DependenceDisplay", part=part).frame()
    np.testing.assert_array_equal(frame["coef"], explanation.coef[:, p, f, c])
    np.testing.assert_array_equal(frame["se"], explanation.se[:, p, f, c])
    np.testing.assert_array_equal(frame["color"], explanation.coef[:, 1 - p, f, c])
    assert frame["value"].tolist() == explanation.feature_values[:, f].tolist()


def test_dependence_is_coloured_by_another_modality(draw, explanation):
    pytest.importorskip("pandas")
    f = explanation.find(modality="vitals", feature="x1")
    frame = draw("DependenceDisplay", color_by=("vitals", "x1")).frame()
    assert frame["color"].tolist() == explanation.feature_values[:, f].tolist()


def test_dependence_on_a_word_that_some_rows_have(notes, pyplot):
    shown = displays.DependenceDisplay.from_explanation(notes, ("note", "fever"))
    frame = shown.frame()
    has = ~np.isnan(notes.coef[:, 0, notes.find(modality="note", feature="fever"), 0])
    assert frame["row"].tolist() == notes.row_names[has].tolist()
    assert 0 < len(frame) < len(notes)
    assert f"{len(notes) - len(frame)} without the feature left out" in written(
        shown.figure_
    )
