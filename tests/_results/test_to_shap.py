"""The bridge to shap."""

from dataclasses import replace

import numpy as np
import pytest

from tests._results._explained import CLOSING, SCRIPT, explanation_of


@pytest.fixture(scope="module")
def explanation():
    return explanation_of(np.random.RandomState(0))


@pytest.mark.parametrize("part", ["uc", "mi"])
def test_plots_of_shap_end_at_the_part(explanation, part):
    pytest.importorskip("shap")
    shown = explanation.to_shap(part)
    ends = shown.base_values + shown.values.sum(axis=1)
    np.testing.assert_allclose(ends, getattr(explanation.decomposition, part))
    coef = explanation.sel(part=part)
    np.testing.assert_array_equal(shown.values, np.nan_to_num(coef))
    assert shown.feature_names[0] == f"{SCRIPT}: {CLOSING}"
    assert shown.output_names == ["no", SCRIPT]


def test_one_output_and_one_modality_for_shap(explanation):
    pytest.importorskip("shap")
    shown = explanation.to_shap("mi", modality="ecg", output="no")
    coef = explanation.sel(part="mi", modality="ecg", output="no")
    np.testing.assert_array_equal(shown.values, coef)
    base = explanation.decomposition.mi[:, 0] - coef.sum(axis=1)
    np.testing.assert_allclose(shown.base_values, base)
    assert shown.feature_names == ["ecg: II[0:6]", "ecg: II[6:12]"]


def test_numbers_stay_numbers_for_shap(explanation):
    pytest.importorskip("shap")
    values = explanation.feature_values.astype(object)
    values[:, 0] = ["1.5", "2", "nan"]
    shown = replace(explanation, feature_values=values.astype(str)).to_shap()
    assert shown.data[:2, 0].tolist() == [1.5, 2.0]
    assert shown.data[0, 1] == "v1"


def test_wrong_names_for_shap(explanation):
    pytest.importorskip("shap")
    with pytest.raises(ValueError, match="`part` must be 'uc' or 'mi'"):
        explanation.to_shap("both")
    with pytest.raises(KeyError, match="known are"):
        explanation.to_shap(output="maybe")
    with pytest.raises(KeyError, match="known are"):
        explanation.to_shap(modality="ECG")


def test_shap_is_named_where_it_is_missing(explanation, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "shap", None)
    with pytest.raises(ImportError, match="pip install shap"):
        explanation.to_shap()
