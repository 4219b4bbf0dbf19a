"""Shares of modalities and of MI."""

import numpy as np
import pytest

from tests.displays._pictures import draw_table, one_or_three_outputs, written


@one_or_three_outputs
def test_shares_are_of_mean_sizes(draw, explainer, explanation):
    pytest.importorskip("pandas")
    frame, values = draw("ModalityShareDisplay").frame(), explanation.decomposition
    for c, output in enumerate(values.output_names):
        lines = frame[frame["output"] == output]
        sizes = np.abs(values.main[:, :, c]).mean(axis=0)
        sizes = [*sizes, np.abs(values.mi[:, c]).mean()]
        assert lines["term"].tolist() == ["note", "ecg", "vitals", "image", "MI"]
        np.testing.assert_allclose(lines["mean_abs"], sizes)
        np.testing.assert_allclose(lines["share"], sizes / np.sum(sizes))


def test_smaller_modalities_are_one_share(draw, explanation):
    pytest.importorskip("pandas")
    frame = draw("ModalityShareDisplay", max_display=2).frame()
    lines = frame[frame["output"] == explanation.output_names[0]]
    assert lines["term"].tolist()[2:] == ["2 others", "MI"]
    every = np.abs(explanation.decomposition.main[..., 0]).mean(axis=0).sum()
    assert lines["mean_abs"][:3].sum() == pytest.approx(every)


def test_shares_of_a_constant_model(constant, pyplot):
    assert "no variation" in written(
        draw_table("ModalityShareDisplay", constant).figure_
    )
