"""Progress of explainers: counted to what was needed, and without an effect."""

import re
import sys

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge

from skdime._models.tree_sum import TreeSum
from skdime.perturbers import MaskedTabularPerturber, TabularPerturber
from tests._data import Counter
from tests._estimators._counted import explainer, interacting

LINEAR, FOREST = Ridge(), RandomForestRegressor(5, max_depth=4, random_state=0)


@pytest.fixture
def model():
    return Counter(interacting)


LINE = re.compile(r"^LocalExplainer\.(\w+): ([\d,]+) of at most ([\d,]+) model rows$")


def lines(text):
    """(task, rows done, rows at most) of every line; nothing else may be there."""
    matches = [LINE.match(line) for line in text.splitlines()]
    assert all(matches), text
    return [
        (m[1], *(int(number.replace(",", "")) for number in m.group(2, 3)))
        for m in matches
    ]


@pytest.fixture(params=["tqdm", "lines"])
def shown(request, monkeypatch):
    if request.param == "lines":
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    else:
        pytest.importorskip("tqdm")
    return request.param


@pytest.mark.usefixtures("shown")
def test_nothing_is_shown_by_default(X, two, model, capfd):
    exp = explainer(model, two).fit(X)
    exp.explain(X)
    exp.transform(X)
    exp.score(X)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("task", ["fit", "explain", "transform", "score"])
def test_every_task_shows_its_rows(X, two, model, shown, task, capsys):
    exp = explainer(model, two, verbose=1, algorithm="exhaustive").fit(X)
    if task != "fit":
        capsys.readouterr()
        getattr(exp, task)(X)
    out, err = capsys.readouterr()
    assert out == ""
    assert f"LocalExplainer.{task}: " in err
    assert "rows" in err


def test_one_bar_for_each_call(X, two, model, capsys):
    pytest.importorskip("tqdm")
    exp = explainer(model, two, verbose=1).fit(X)
    capsys.readouterr()
    exp.explain(X)
    exp.explain(X)
    err = capsys.readouterr().err
    last = [bar for bar in err.replace("\r", "\n").splitlines() if "100%" in bar]
    assert err.count("\n") == 2  # a bar ends with the only end of a line
    assert len(last) >= 2
    assert "6.30k/6.30k" in last[-1]


def test_a_bar_ends_with_the_rows_that_were_needed(X, two, capsys):
    pytest.importorskip("tqdm")
    rows = np.tile(X, (2, 1))
    exp = explainer(
        lambda X: X[:, 0] * X[:, 1],
        two,
        n_samples=400,
        n_references=40,
        max_memory=100_000,
        verbose=1,
    ).fit(rows)
    capsys.readouterr()
    explanation = exp.explain(rows)
    assert explanation.n_model_rows < exp.cost(rows).explain_rows
    done = f"{explanation.n_model_rows / 1000:.1f}k"
    assert f"100%|██████████| {done}/{done}" in capsys.readouterr().err


@pytest.mark.usefixtures("no_tqdm")
@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("max_memory", [10_000, 2**28])
def test_lines_count_to_the_total(X, two, model, n_jobs, max_memory, capsys):
    options = {"algorithm": "exhaustive", "max_memory": max_memory, "n_jobs": n_jobs}
    exp = explainer(model, two, verbose=1, **options).fit(X)
    capsys.readouterr()
    explanation = exp.explain(X)
    found = lines(capsys.readouterr().err)
    assert {task for task, _, _ in found} == {"explain"}
    assert {total for _, _, total in found} == {explanation.n_model_rows}
    done = [rows for _, rows, _ in found]
    assert done == sorted(set(done))
    assert done[-1] == explanation.n_model_rows
    assert len(done) == 10 if max_memory == 10_000 else len(done) <= 10


@pytest.mark.usefixtures("no_tqdm")
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_lines_end_with_the_rows_that_were_needed(X, two, n_jobs, capsys):
    rows = np.tile(X, (2, 1))
    exp = explainer(
        lambda X: X[:, 0] * X[:, 1],
        two,
        n_samples=400,
        n_references=40,
        max_memory=100_000,
        n_jobs=n_jobs,
        verbose=1,
    ).fit(rows)
    capsys.readouterr()
    explanation = exp.explain(rows)
    _, done, total = lines(capsys.readouterr().err)[-1]
    assert done == explanation.n_model_rows
    assert total == exp.cost(rows).explain_rows


@pytest.mark.usefixtures("no_tqdm")
def test_lines_of_fit_count_to_the_total(X, two, model, capsys):
    exp = explainer(model, two, verbose=1, algorithm="exhaustive").fit(X)
    found = lines(capsys.readouterr().err)
    own = exp.n_model_rows_ - exp.disentangler_.n_model_rows_
    assert {total for _, _, total in found} == {own}
    assert found[-1][1] == own


@pytest.mark.usefixtures("no_tqdm")
@pytest.mark.parametrize("task", ["transform", "score"])
def test_lines_of_an_additive_model_count_to_the_total(X, two, task, capsys):
    exp = explainer(LINEAR, two, verbose=1).fit(X, X[:, 0])
    capsys.readouterr()
    getattr(exp, task)(X)
    _, done, total = lines(capsys.readouterr().err)[-1]
    assert done == total


@pytest.mark.usefixtures("no_tqdm")
@pytest.mark.parametrize("perturber", [TabularPerturber(), MaskedTabularPerturber()])
def test_lines_of_a_pair_count_to_the_total(X, three, model, perturber, capsys):
    names = [name for name, _ in three]
    perturbers = [(name, perturber) for name in names]
    options = {"perturbers": perturbers, "algorithm": "exhaustive", "verbose": 1}
    exp = explainer(model, three, **options).fit(X)
    capsys.readouterr()
    explanation = exp.explain(X[:5], pair=(names[0], names[2]))
    _, done, total = lines(capsys.readouterr().err)[-1]
    assert done == explanation.n_model_rows
    if perturber.masks_rows:  # contexts of a pair that others share are counted twice
        assert done <= total <= 1.05 * done
    else:
        assert done == total


@pytest.mark.usefixtures("no_tqdm")
def test_there_are_no_more_rows_than_told_where_effects_bend(X, three, model, capsys):
    names = [name for name, _ in three]
    perturbers = [(name, TabularPerturber(effects="main")) for name in names]
    exp = explainer(model, three, perturbers=perturbers, verbose=1).fit(X)
    exp.transform(X[:5])
    exp.score(X[:5])
    exp.explain(X[:5])
    exp.explain(X[:5], pair=(names[0], names[2]))
    found = lines(capsys.readouterr().err)
    assert {task for task, _, _ in found} == {"fit", "transform", "score", "explain"}
    assert all(done <= total for _, done, total in found)


@pytest.mark.usefixtures("no_tqdm")
def test_nothing_is_shown_where_no_row_is_needed(X, two, capsys, monkeypatch):
    monkeypatch.setattr(TreeSum, "worthwhile", lambda *_: True)
    explainer(FOREST, two, verbose=1).fit(X, X[:, 0])
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("shown")
def test_an_error_of_the_model_ends_the_bar(X, two, capsys):
    calls = []

    def model(X):
        calls.append(len(X))
        if len(calls) > 12:  # in the fit of the surrogates
            raise RuntimeError("no more")
        return X[:, 0]

    exp = explainer(model, two, verbose=1, max_memory=8_000, algorithm="exhaustive")
    with pytest.raises(RuntimeError, match="no more"):
        exp.fit(X)
    assert capsys.readouterr().err.endswith("\n")


@pytest.mark.parametrize("verbose", [0, 1])
def test_progress_does_not_change_results(X, two, model, verbose):
    exp = explainer(model, two, verbose=verbose, max_memory=8_000).fit(X)
    plain = explainer(model, two).fit(X)
    np.testing.assert_allclose(exp.transform(X), plain.transform(X), atol=1e-12)
