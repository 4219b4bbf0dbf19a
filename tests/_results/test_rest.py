"""Coefficients and the rest add up to main effects and to MI, in every form."""

import re
from dataclasses import replace

import numpy as np
import pytest

from skdime._results.rest import REST
from tests._results._explained import explanation_of


@pytest.fixture(scope="module")
def explanation():
    """A table, a text, a series and an image; random numbers that do not add up."""
    return explanation_of(np.random.RandomState(0))


def test_coefficients_and_rest_add_up(explanation):
    values, coef = explanation.decomposition, np.nan_to_num(explanation.coef)
    for m, name in enumerate(explanation.modality_names):
        mine = explanation.feature_modalities == name
        total = coef[:, :, mine].sum(axis=2) + explanation.rest[:, :, m]
        np.testing.assert_allclose(total[:, 0], values.main[:, m])
        np.testing.assert_allclose(total[:, 1], values.mi)


def test_a_rest_of_rounding_is_zero(explanation):
    values = explanation.decomposition
    coef = np.zeros_like(explanation.coef)
    owners = explanation.feature_modalities.tolist()
    for m, name in enumerate(explanation.modality_names):
        coef[:, 0, owners.index(name)] = values.main[:, m] * (1 + 1e-16)
        coef[:, 1, owners.index(name)] = values.mi + 1e-16
    assert not replace(explanation, coef=coef).rest.any()


def test_lines_of_a_frame_add_up(explanation):
    pytest.importorskip("pandas")
    frame = explanation.to_frame().fillna({"coef": 0})
    keys = ["row", "part", "modality", "output"]
    sums = frame.groupby(keys, sort=False)["coef"].sum()
    values = explanation.decomposition
    for (row, part, modality, output), total in sums.items():
        i, c = explanation.find(row=row), explanation.find(output=output)
        m = explanation.modality_names.tolist().index(modality)
        expected = values.main[i, m, c] if part == "uc" else values.mi[i, c]
        assert total == pytest.approx(expected)


def test_a_frame_has_the_rest_of_a_modality_after_its_features(explanation):
    pytest.importorskip("pandas")
    frame = explanation[:1].to_frame()
    frame = frame[(frame["part"] == "mi") & (frame["output"] == "no")]
    assert (frame["feature"] == REST).sum() == len(explanation.modality_names)
    assert not frame["modality"].duplicated(keep="last")[frame["feature"] == REST].any()
    assert frame.loc[frame["feature"] == REST, "se"].isna().all()
    others = frame[frame["feature"] != REST]
    assert others["feature"].tolist() == explanation.feature_names.tolist()


def test_text_of_a_row_closes(explanation):
    text = repr(explanation[1])
    lines = [line for line in text.splitlines() if " adds up: " in line]
    assert len(lines) == text.count(" strongest: ") > 0
    for line in lines:
        sums = re.findall(r"(\S+) and rest (\S+) = ([^,\s]+)", line)
        assert len(sums) == len(explanation.modality_names)
        for features, rest, total in np.array(sums, dtype=float):
            assert features + rest == pytest.approx(total, abs=2e-3)


def test_text_of_rows_has_mean_sizes_of_the_rest(explanation):
    means = np.abs(explanation.rest[..., 0]).mean(axis=0)
    for part, of_part in zip(("UC", "MI"), means, strict=True):
        lines = re.findall(rf"  {part} mean size of the rest: .*", repr(explanation))
        assert f"note {of_part[1]:.3g}" in lines[0]
