"""Mean absolute coefficients by group."""

from dataclasses import replace

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime.metrics import group_mean_abs


def model(X):
    return X[:, 0] + X[:, 0] * X[:, 2] + X[:, 3]


@pytest.fixture(scope="module")
def explained():
    rng = np.random.RandomState(0)
    X, groups = rng.normal(size=(200, 4)), np.repeat(["A", "B"], 100)
    X[groups == "B", 0] *= 3
    dis = Disentangler(model, {"a": [0, 1], "b": [2, 3]}, n_references=50)
    explainer = LocalExplainer(dis, n_samples=60, random_state=0).fit(X)
    return explainer.explain(X), groups


def test_means_are_those_of_the_rows_of_a_group(explained):
    explanation, groups = explained
    found = group_mean_abs(explanation, groups)
    of_group = explanation[np.flatnonzero(groups == "B")]
    np.testing.assert_allclose(found.mean[1], of_group.mean_abs())
    of_rows = np.abs(of_group.coef).var(axis=0, ddof=1) / 100
    expected = np.sqrt(of_rows + of_group.se.mean(axis=0) ** 2)
    np.testing.assert_allclose(found.se[1], expected)
    assert found.group_names == ["A", "B"] and found.n_rows.tolist() == [100, 100]


def test_what_differs_is_established_and_what_does_not_is_not(explained):
    explanation, groups = explained
    difference, low, high = group_mean_abs(explanation, groups).difference("A", "B")
    assert low[0, 0, 0] > 0.3  # UC of x0: its mean size is three times as large
    assert low[1, 0, 0] > 0 and low[1, 2, 0] > 0  # MI of x0 with x2
    assert low[0, 3, 0] < 0 < high[0, 3, 0]  # x3 has the same spread
    np.testing.assert_allclose(difference[:, 1], 0, atol=0.05)  # x1 has no effect


def test_intervals_of_differences_cover():
    rng, hits = np.random.RandomState(0), []
    dis = Disentangler(lambda X: 2 * X[:, 0] + X[:, 1], {"a": [0], "b": [1]})
    explainer = LocalExplainer(dis, n_samples=30, random_state=0)
    explainer.fit(rng.normal(size=(300, 2)))
    groups = np.repeat(["A", "B"], 40)
    for _ in range(40):
        X = rng.normal(size=(80, 2))
        X[groups == "B", 0] *= 2
        means = group_mean_abs(explainer.explain(X), groups)
        _, low, high = means.difference("A", "B")
        expected = 2 * np.sqrt(2 / np.pi)  # E|2 x| of a normal column
        hits.append(low[0, 0, 0] <= expected <= high[0, 0, 0])
    assert np.mean(hits) >= 0.85


def test_print_and_frames(explained):
    pytest.importorskip("pandas")
    explanation, groups = explained
    found = group_mean_abs(explanation, groups)
    head, first, *_ = repr(found).split("\n")
    assert head == "GroupMeans of A (100 rows), B (100 rows)"
    assert first.startswith("  UC a/x0, output: ")
    markup = found._repr_html_()
    assert f"{found.mean[1, 0, 0, 0]:.3g} ± {found.se[1, 0, 0, 0]:.2g}" in markup
    frame = found.to_frame().set_index(["group", "part", "feature"])
    assert frame.loc[("B", "mi", "x2"), "mean_abs"] == found.mean[1, 1, 2, 0]
    differences = found.differences("A", "B", 0.8).set_index(["part", "feature"])
    _, low, _ = found.difference("A", "B", 0.8)
    assert differences.loc[("uc", "x3"), "low"] == low[0, 3, 0]


def test_features_that_a_group_lacks_are_unknown(explained):
    explanation, groups = explained
    coef = explanation.coef.copy()
    coef[groups == "A", :, 0] = np.nan
    found = group_mean_abs(replace(explanation, coef=coef), groups)
    assert np.isnan(found.mean[0, :, 0]).all() and not np.isnan(found.mean[1]).any()
    assert np.isnan(found.difference("A", "B")[0][:, 0]).all()


def test_wrong_arguments(explained):
    explanation, groups = explained
    with pytest.raises(TypeError, match="`explanation` must be an Explanation"):
        group_mean_abs(explanation.decomposition, groups)
    with pytest.raises(ValueError, match="`group` must be"):
        group_mean_abs(explanation, groups).difference("A", "C")
