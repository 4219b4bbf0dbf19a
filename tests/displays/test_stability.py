"""Coefficients and ranks over folds."""

import numpy as np
import pytest

from tests.displays._pictures import assert_coefficients, find


def test_folds_are_dots_and_ranks(folds, pyplot):
    pytest.importorskip("pandas")
    display = find("StabilityDisplay")
    shown = display.from_cv_results(folds, max_display=3)
    frame = shown.frame()
    assert frame["repeat"].nunique() == 3
    sizes = np.abs(folds.coef[..., 0])
    known = ~np.isnan(sizes)
    sums = np.where(known, sizes, 0).sum(axis=1)
    mean_abs = sums / np.maximum(known.sum(axis=1), 1)
    for repeat, lines in frame.groupby("repeat"):
        lines = lines.dropna()
        assert_coefficients(lines, mean_abs[repeat], folds)
        largest = lines[(lines["rank"] == 1) & (lines["part"] == "uc")]
        if len(largest):
            assert largest["coef"].item() == mean_abs[repeat, 0].max()
    one = display.from_cv_results(folds, row=folds.row_names[1], kind="rank")
    lines = one.frame().query("repeat == 2").dropna()
    assert_coefficients(lines, folds.coef[2, 1, ..., 0], folds)
