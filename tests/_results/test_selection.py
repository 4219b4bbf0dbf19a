"""Coefficients by name, and the largest of them."""

from dataclasses import replace

import numpy as np
import pytest

from skdime import Decomposition, Explanation
from skdime._results.fields import PER_FEATURE, PER_MODALITY
from skdime._results.selection import features_of, outputs_of, strongest


@pytest.fixture
def explanation():
    """Two rows of a table with numbers as names and of a text; ties and nan."""
    coef = np.zeros((2, 2, 4, 2))
    coef[0, 0, :, 0], coef[0, 1, :, 0] = [1, -3, np.nan, 2], [0, 3, np.nan, -5]
    coef[1, 0, :, 0], coef[1, 1, :, 0] = [1, 1, 8, np.nan], [1, 1, -4, np.nan]
    coef[..., 1] = coef[..., 0] / 10
    zeros = np.zeros((2, 2))
    decomposition = Decomposition(
        **dict.fromkeys(["output", "uc", "mi", "uc_se", "mi_se"], zeros),
        **dict.fromkeys(["main", "main_se"], np.zeros((2, 2, 2))),
        **dict.fromkeys(["baseline", "baseline_se"], np.zeros(2)),
        row_names=np.array(["p", "q"]),
        modality_names=np.array(["1", "note"]),
        output_names=np.array([0, 1]),
        unit="days",
    )
    errors = {name: np.abs(coef) / 2 for name in PER_FEATURE[1:]}
    return Explanation(
        coef=coef,
        **errors,
        **dict.fromkeys(PER_MODALITY, np.zeros((2, 2, 2, 2))),
        effective_samples=zeros,
        decomposition=decomposition,
        feature_names=np.array(["0", "1", "1", "rash"]),
        feature_modalities=np.array(["1", "1", "note", "note"]),
        feature_values=np.full((2, 4), ""),
    )


def test_positions(explanation):
    assert features_of(explanation).tolist() == [0, 1, 2, 3]
    assert features_of(explanation, "note").tolist() == [2, 3]
    assert outputs_of(explanation).tolist() == [0, 1]
    assert outputs_of(explanation, 1).tolist() == [1]
    assert explanation.find(feature="1", modality="note") == 2
    assert explanation.find(row="q") == explanation.find(output=1) == 1


def test_names_that_are_numbers_need_no_quotes(explanation):
    assert explanation.find(feature=0) == 0
    assert explanation.find(feature=1, modality=1) == 1
    assert features_of(explanation, 1).tolist() == [0, 1]
    np.testing.assert_array_equal(
        explanation.sel(feature=0), explanation.sel(feature="0")
    )


def test_a_name_in_several_modalities_needs_one(explanation):
    with pytest.raises(KeyError, match=r"occurs in the modalities \['1', 'note'\]"):
        explanation.sel(feature="1")
    with pytest.raises(KeyError, match=r"feature 'x' is unknown; known are \['1', 'r"):
        explanation.sel(feature="x", modality="note")


def test_the_strongest_come_first_and_equal_ones_in_order(explanation):
    effects = strongest(explanation, 9, "p", None, 0)
    assert [(e.part, e.feature, e.coef) for e in effects] == [
        ("mi", "rash", -5),
        ("uc", "1", -3),
        ("mi", "1", 3),
        ("uc", "rash", 2),
        ("uc", "0", 1),
        ("mi", "0", 0),
    ]
    assert [e.modality for e in effects[:2]] == ["note", "1"]
    errors = [e.se for e in effects]
    np.testing.assert_allclose(errors, [np.sqrt(3) * abs(e.coef) / 2 for e in effects])


def test_over_rows_a_feature_weighs_by_how_many_rows_have_it(explanation):
    effects = strongest(explanation, 3, None, "uc", 0)
    # the word with 8 is in one of two rows, the column with -3 and 1 in both
    assert [(e.modality, e.feature, e.coef) for e in effects] == [
        ("note", "1", 4),
        ("1", "1", 2),
        ("1", "0", 1),
    ]
    assert effects[0].se == pytest.approx(np.sqrt(3) * 8 / 2 / 2)


def test_rows_that_were_not_explained_do_not_count(explanation):
    coef = explanation.coef.copy()
    coef[0] = np.nan
    mean = replace(explanation, coef=coef).mean_abs()
    np.testing.assert_array_equal(mean, np.abs(coef[1]))  # nan for "rash"


def test_both_outputs_are_ranked_together(explanation):
    effects = strongest(explanation, 3, "q", "mi", None)
    assert [(e.output, e.coef) for e in effects] == [("0", -4), ("0", 1), ("0", 1)]
