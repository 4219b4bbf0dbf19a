"""Tables of results in a notebook and on a page."""

import re
from html import unescape

import numpy as np
import pytest

from skdime import Disentangler, LocalExplainer
from skdime.metrics import (
    additive_gap,
    faithfulness_curves,
    interaction_regions,
    replacement_sensitivity,
    stability,
)
from skdime.model_selection import VarianceComponents, compare
from tests._results._explained import Page

MODALITIES = {"a <b>": [0, 1], "b": [2, 3]}
X = np.random.RandomState(0).normal(size=(60, 4))


def model(X):
    return 3 * X[:, 0] + X[:, 1] * X[:, 2]


@pytest.fixture(scope="module")
def explainer():
    disentangler = Disentangler(model, MODALITIES, n_references=20, random_state=0)
    return LocalExplainer(disentangler, n_samples=40, random_state=0).fit(X)


@pytest.fixture(scope="module")
def results(explainer):
    """One of each kind, by the name of its class."""
    explanation = explainer.explain(X[:12])
    variances = [np.ones((3, 2, 2, 1)) * scale for scale in (1, 4, np.nan, 5)]
    names = np.array(["a <b>", "b"]), np.array(["a <b>", "b"]), np.array(["output"])
    each = [
        explanation.decomposition,
        explanation.decomposition[1],
        explainer.explain_pairs(X[:3]),
        stability([explanation, explanation], k=1),
        VarianceComponents(*variances, *names),
        faithfulness_curves(explainer, X[:3], random_state=0),
        additive_gap(explainer.disentangler_, X, model(X)),
        replacement_sensitivity({"one": explanation, "other": explanation}),
        compare([explainer, explainer], X[:3]),
        interaction_regions(explainer.explain(X[:30])),
    ]
    return {f"{type(r).__name__} {i}": r for i, r in enumerate(each)}


def cells(markup):
    """The texts of all cells, line by line."""
    lines = re.findall(r"<tr>(.*?)</tr>", markup)
    texts = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", line) for line in lines]
    return [[unescape(re.sub("<.*?>", "", cell)) for cell in line] for line in texts]


@pytest.mark.parametrize("i", range(10))
def test_results_are_tables_in_a_notebook(results, i):
    result = list(results.values())[i]
    markup = result._repr_html_()
    tags = {tag for tag, _ in Page(markup).tags}
    assert {"table", "td"} <= tags
    assert not tags & {"script", "b", "html", "body"}
    assert len({len(line) for line in cells(markup)}) <= 2  # tables of two widths


def test_a_row_of_a_decomposition_has_all_its_terms(results):
    values = results["Decomposition 1"]
    lines = dict(cells(values._repr_html_())[1:])
    assert lines["UC"].startswith(f"{values.uc[0, 0]:.4g} ± ")
    assert lines["output"] == f"{values.output[0, 0]:.4g}"
    assert lines["main: a <b>"].startswith(f"{values.main[0, 0, 0]:.4g}")


def test_rows_of_a_decomposition_come_after_means(results):
    values = results["Decomposition 0"]
    shown = cells(values._repr_html_())
    means = {line[0]: line[1] for line in shown if len(line) == 2}
    assert means["MI"] == f"{np.abs(values.mi).mean():.4g}"
    rows = [line for line in shown if len(line) > 2]
    assert rows[0] == ["row", "output", "baseline", "a <b>", "b", "UC", "MI"]
    assert len(rows) == 1 + 10  # of 12
    page = cells(values.to_html())
    rows = [line for line in page if len(line) > 2]
    numbers = np.array(
        [[n.replace("\N{MINUS SIGN}", "-") for n in r] for r in rows[1:]]
    )
    np.testing.assert_allclose(numbers[:, 6].astype(float), values.mi[:, 0], atol=1e-3)


def test_a_page_is_written(results, tmp_path):
    for name in ("Decomposition 0", "PairExplanation 2"):
        result = results[name]
        assert result.to_html(tmp_path / "page.html") is None
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert page == result.to_html()
        assert page.startswith("<!DOCTYPE html>")
        assert "&lt;b&gt;" in page and "<b>" not in page


def test_pairs_are_those_of_top(results):
    pairs = results["PairExplanation 2"]
    shown = cells(pairs._repr_html_())
    assert shown[0][:2] == ["a <b>", "b"]
    found = [tuple(line[:2]) for line in shown[1:]]
    assert found == [(e.first, e.second) for e in pairs.top(10)]


def test_frames_of_scores_and_replacements(results):
    pytest.importorskip("pandas")
    gap = results["AdditiveGap 6"]
    assert gap.to_frame()["value"].tolist() == list(gap)
    replaced = results["ReplacementSensitivity 7"]
    frame = replaced.to_frame()
    assert len(frame) == replaced.coef.size
    assert set(frame["replacement"]) == {"one", "other"}
    assert repr(replaced).splitlines()[1] == "  UC: sensitivity 0, same sign 100%"


def test_every_result_is_drawn_in_its_own_display(explainer, results):
    pytest.importorskip("matplotlib")
    import matplotlib.pyplot as plt

    explanation = explainer.explain(X[:3])
    drawn = {
        "GlobalBarDisplay": explanation.plot(max_display=2),
        "WaterfallDisplay": explanation.plot(row=1),
        "ModalityShareDisplay": results["Decomposition 0"].plot(),
        "PairHeatmapDisplay": results["PairExplanation 2"].plot(),
        "VarianceComponentsDisplay": results["VarianceComponents 4"].plot(),
        "ComparisonDisplay": results["Comparison 8"].plot(),
    }
    assert [type(display).__name__ for display in drawn.values()] == list(drawn)
    assert type(explanation[2].plot()).__name__ == "WaterfallDisplay"
    plt.close("all")
