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
    n = coef.shape[1]
    np.testing.assert_array_equal(shown.values[:, :n], np.nan_to_num(coef))
    assert shown.feature_names[0] == f"{SCRIPT}: {CLOSING}"
    rests = [f"{name}: rest" for name in explanation.modality_names]
    assert shown.feature_names[n : n + 4] == rests
    rest = explanation.rest[:, ["uc", "mi"].index(part)]
    np.testing.assert_array_equal(shown.values[:, n : n + 4], rest)
    expected = explanation.decomposition.baseline if part == "uc" else [0, 0]
    base = np.tile(expected, (3, 1))
    np.testing.assert_allclose(shown.base_values, base, atol=1e-12)
    assert (shown.feature_names[-1] == "MI, counted again") == (part == "mi")
    assert shown.output_names == ["no", SCRIPT]


def test_one_output_and_one_modality_for_shap(explanation):
    pytest.importorskip("shap")
    shown = explanation.to_shap("mi", modality="ecg", output="no")
    coef = explanation.sel(part="mi", modality="ecg", output="no")
    np.testing.assert_array_equal(shown.values[:, :2], coef)
    np.testing.assert_allclose(shown.base_values, 0, atol=1e-12)
    ends = shown.values.sum(axis=1)
    np.testing.assert_allclose(ends, explanation.decomposition.mi[:, 0])
    assert shown.feature_names == ["ecg: II[0:6]", "ecg: II[6:12]", "ecg: rest"]


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
    with pytest.raises(ImportError, match=r"needs shap.*pip install 'skdime\[shap\]'"):
        explanation.to_shap()


def shares_of(explanation):
    """The same, as if MI were divided among the features of all modalities."""
    coef = np.nan_to_num(explanation.coef)
    coef[:, 1] += (explanation.decomposition.mi - coef[:, 1].sum(axis=1))[:, None] / 11
    return replace(explanation, coef=coef, attribution="shapley")


def test_shares_of_all_features_need_no_rest_for_shap(explanation):
    pytest.importorskip("shap")
    shares = shares_of(explanation)
    shown = shares.to_shap("mi")
    np.testing.assert_allclose(shown.values.sum(axis=1), shares.decomposition.mi)
    np.testing.assert_allclose(shown.base_values, 0, atol=1e-12)
    assert len(shown.feature_names) == 11
    part = shares.to_shap("mi", modality="note")
    ends = part.base_values + part.values.sum(axis=1)
    np.testing.assert_allclose(ends, shares.decomposition.mi)
    np.testing.assert_array_equal(part.values, shares.sel(part="mi", modality="note"))


@pytest.mark.slow  # imports shap, and draws
@pytest.mark.parametrize("attribution", ["dime", "shapley"])
@pytest.mark.parametrize("part", ["uc", "mi"])
def test_plots_of_shap_draw_what_is_handed_over(explanation, pyplot, part, attribution):
    shap = pytest.importorskip("shap")
    if attribution == "shapley":
        explanation = shares_of(explanation)
    shown = explanation.to_shap(part, output="no")
    shap.plots.waterfall(shown[0], max_display=20, show=False)
    labels = [text.get_text() for text in pyplot.gcf().axes[0].get_yticklabels()]
    rests = [name for name in shown.feature_names if name.endswith(": rest")]
    assert bool(rests) == (part == "uc" or attribution == "dime")
    assert all(any(rest in label for label in labels) for rest in rests)
    pyplot.figure()
    shap.plots.beeswarm(shown, max_display=20, show=False)
    labels = [text.get_text() for text in pyplot.gca().get_yticklabels()]
    assert set(shown.feature_names) == set(labels)
