"""Mean sizes over rows and over folds."""

import numpy as np
import pytest

from tests.displays._pictures import (
    N_ROWS,
    assert_coefficients,
    draw_table,
    explain,
    find,
    main_output,
    one_or_three_outputs,
    position,
    texts_outside,
    written,
)


@one_or_three_outputs
def test_bars_of_many_rows_show_mean_sizes(draw, explainer, explanation):
    pytest.importorskip("pandas")
    shown, c = draw("GlobalBarDisplay", max_display=5), main_output(explanation)
    every = shown.frame().rename(columns={"mean_abs": "coef"})
    frame = every[every["feature"] != "(rest)"]
    # words count as 0 in texts that do not have them
    mean_abs = np.nansum(np.abs(explanation.coef[..., c]), axis=0) / N_ROWS
    assert_coefficients(frame, mean_abs, explanation)
    assert len(frame) == 10
    widths = [bar.get_width() for axes in shown.axes_ for bar in axes.patches[:5]]
    np.testing.assert_array_equal(widths, frame["coef"])
    line = frame[frame["modality"] == "vitals"].iloc[0]
    sizes = np.abs(explanation.coef[:, 0, position(explanation, line), c])
    assert line["se"] == pytest.approx(sizes.std(ddof=1) / np.sqrt(N_ROWS))


def test_the_rest_has_a_bar_of_its_own(product_explanation, pyplot):
    pytest.importorskip("pandas")
    shown = draw_table("GlobalBarDisplay", product_explanation)
    rest = np.abs(product_explanation.rest[..., 0]).mean(axis=0)
    frame = shown.frame()
    lines = frame[frame["feature"] == "(rest)"].set_index(["part", "modality"])
    labels = [label.get_text() for label in shown.axes_[0].get_yticklabels()]
    assert labels.count("rest") == 2
    for p, (part, axes) in enumerate(zip(("uc", "mi"), shown.axes_, strict=True)):
        widths = dict(zip(lines.loc[part].index, rest[p], strict=True))
        drawn = [bar.get_width() for bar in axes.patches[-2:]]
        first = shown.feature_modalities[0]
        other = shown.feature_modalities[-1]
        np.testing.assert_allclose(drawn, [widths[first], widths[other]])
        np.testing.assert_allclose(lines.loc[part, "mean_abs"], rest[p])


def test_mean_sizes_over_folds(folds, pyplot):
    pytest.importorskip("pandas")
    shown = find("GlobalBarDisplay").from_cv_results(folds, max_display=3)
    frame = shown.frame().rename(columns={"mean_abs": "coef"})
    mean_abs = folds.mean_abs()[folds.first_runs][..., 0]
    assert_coefficients(frame, np.nanmean(mean_abs, axis=0), folds)
    assert (frame["se"].dropna() >= 0).all()
    assert texts_outside(shown.figure_) == []


def test_small_pictures_show_fewer_features_and_say_so(pyplot):
    found = explain(lambda X: X.sum(axis=1), 40, 2)
    axes = pyplot.subplots(figsize=(4, 3))[1]
    shown = draw_table("GlobalBarDisplay", found, ax=axes)
    n = len(shown.axes_[0].patches) - 2  # the rests
    assert n < 15
    assert f"{n} of 40 features" in written(shown.figure_)
    assert shown.frame()["feature"].nunique() == 15 + 1
