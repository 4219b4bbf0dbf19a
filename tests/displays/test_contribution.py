"""UC against MI."""

import numpy as np
import pytest

from tests.displays._pictures import find, main_output


def test_scatter_shows_uc_and_mi(draw, explanation):
    pytest.importorskip("pandas")
    c, values = main_output(explanation), explanation.decomposition
    frame = draw("ContributionScatterDisplay").frame()
    np.testing.assert_array_equal(frame["uc"], values.uc[:, c])
    np.testing.assert_array_equal(frame["mi"], values.mi[:, c])
    alone = np.abs(values.uc[:, c] - values.baseline[c])
    share = np.abs(values.mi[:, c]) / (np.abs(values.mi[:, c]) + alone)
    np.testing.assert_allclose(frame["mi_share"], share)


def test_scatter_names_as_many_rows_as_told(draw):
    n_texts = [
        len(draw("ContributionScatterDisplay", max_display=n).ax_.texts) for n in (0, 2)
    ]
    assert n_texts[1] == n_texts[0] + 2


def test_names_of_rows_are_on_no_dot(pyplot):
    shown = find("ContributionScatterDisplay")(
        uc=np.array([1.0, 1.08, 3.0]),
        mi=np.array([1.0, 1.0, -0.5]),
        baseline=0.5,
        row_names=["ann", "ben", "kim"],
        quantity="risk",
        n_named=3,
    ).plot(pyplot.subplots()[1])
    shown.figure_.draw_without_rendering()
    dots = shown.ax_.transData.transform(np.column_stack([shown.uc, shown.mi]))
    names = [t for t in shown.ax_.texts if t.get_text() in shown.row_names]
    assert len(names) == 2  # of the largest half of MI
    for text in names:
        assert not text.get_window_extent().count_contains(dots)


@pytest.mark.parametrize("wrong", [-1, 2.5])
def test_a_number_of_named_rows_may_be_zero_but_not_negative(draw, wrong):
    with pytest.raises(ValueError, match="`max_display` must be an integer of at"):
        draw("ContributionScatterDisplay", max_display=wrong)
