"""What every result has: a frame, a picture, a file, and a page."""

import inspect
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

import skdime
from skdime import Disentangler, LocalExplainer, metrics, model_selection
from tests._data import altered

RNG = np.random.RandomState(0)
X = RNG.normal(size=(60, 4))
# what fit takes columns for is a table of words, and has no numbers to draw
NOT_RESULTS = {"ModalityDescription"}
# containers and estimators
NOT_RESULTS |= {"Disentangler", "LocalExplainer", "MultimodalArray"}


def model(X):
    return 3 * X[:, 0] + X[:, 1] * X[:, 2] + X[:, 0] * X[:, 3]


def new_model(X):
    return 2 * model(X)


def explainer_of(function):
    disentangler = Disentangler(
        function, {"a": [0, 1], "b": [2, 3]}, n_references=20, random_state=0
    )
    return LocalExplainer(disentangler, n_samples=40, random_state=0)


def public_results():
    public = {
        name: getattr(module, name)
        for module in (skdime, metrics, model_selection)
        for name in module.__all__
    }
    return sorted(
        name
        for name, each in public.items()
        if inspect.isclass(each) and name not in NOT_RESULTS
    )


@pytest.fixture(scope="module")
def results():
    """One of every class, by its name."""
    explainer = explainer_of(model).fit(X)
    dis, explanation = explainer.disentangler_, explainer.explain(X[:30])
    groups = np.repeat(["old", "new"], 15)
    few = explanation[:4]
    cross = model_selection.cross_explain(
        explainer_of(model), X, cv=2, X_common=X[:3], n_seeds=2
    )
    both = {"before": explainer, "after": explainer_of(new_model).fit(X)}
    found = [
        explanation,
        few.decomposition,
        explainer.explain_pairs(X[:3]),
        dis.summarize(X, y=model(X)),
        dis.summarize_groups(X[:30], groups),
        metrics.additive_gap(dis, X, model(X)),
        metrics.faithfulness_curves(explainer, X[:3], random_state=0),
        metrics.group_mean_abs(explanation, groups),
        metrics.interaction_regions(explanation),
        metrics.modality_worth(dis, X, model(X)),
        metrics.replacement_sensitivity({"one": few, "other": few}),
        metrics.stability([few, few], k=1),
        cross,
        cross.variance_components(),
        model_selection.compare(both, X[:5]),
        model_selection.find_modalities(X, model, random_state=0),
    ]
    return {type(result).__name__: result for result in found}


def test_every_public_result_is_tested(results):
    assert sorted(results) == public_results()


def same(one, other, name):
    """Whether two fields are equal, also those that are results."""
    if is_dataclass(other):
        for field in fields(other):
            same(getattr(one, field.name), getattr(other, field.name), field.name)
    elif isinstance(other, dict):
        assert list(one) == list(other)
        for key in other:
            same(one[key], other[key], f"{name}[{key}]")
    elif isinstance(other, tuple) and other and is_dataclass(other[0]):
        for pair in zip(one, other, strict=True):
            same(*pair, name)
    else:
        assert type(one) is type(other), name
        np.testing.assert_equal(one, other, name)


@pytest.mark.parametrize("name", public_results())
def test_files(results, name, tmp_path):
    result = results[name]
    result.save(tmp_path / "result")
    loaded = type(result).load(tmp_path / "result.npz")
    assert repr(loaded) == repr(result)
    if is_dataclass(result):
        same(loaded, result, name)
    else:
        np.testing.assert_equal(tuple(loaded), tuple(result))
        assert vars(loaded) == vars(result)


@pytest.mark.parametrize("name", public_results())
def test_frames(results, name):
    pandas = pytest.importorskip("pandas")
    frame = results[name].to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) and not frame.isna().all(axis=None)


@pytest.mark.parametrize("name", public_results())
def test_pages_and_tables(results, name):
    result = results[name]
    assert "<" in result._repr_html_()
    # a summary of four lines is not a page
    if name != "ModalitySummary":
        page = result.to_html()
        assert page.startswith("<!DOCTYPE html>") and "</html>" in page


@pytest.mark.parametrize("name", public_results())
def test_pictures(results, name):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pytest.importorskip("pandas")
    display = results[name].plot()
    assert type(display).__name__.endswith("Display")
    assert display.figure_.axes
    numbers = display.frame().select_dtypes("number")
    assert np.isfinite(numbers.to_numpy()).any()
    pyplot.close("all")


def test_numbers_drawn_are_those_of_the_result(results):
    pytest.importorskip("pandas")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    gap = results["AdditiveGap"]
    frame = gap.plot().frame()
    assert frame["value"].tolist() == list(gap)
    reach = 1.959963984540054 * gap.gap_se
    np.testing.assert_allclose(frame["high"][2], gap.gap + reach)

    groups = results["GroupSummaries"]
    frame = groups.plot().frame().set_index("name")
    for group in groups:
        line = frame.loc[f"{group}: interaction"]
        assert line["value"] == groups[group].interaction[0]
        low, high = groups[group].interval("interaction")
        assert (line["low"], line["high"]) == (low[0], high[0])

    means = results["GroupMeans"]
    frame = means.plot(max_display=2).frame()
    p, f, c = np.unravel_index(means.mean.mean(axis=0).argmax(), means.mean.shape[1:])
    assert frame["value"].tolist() == means.mean[:, p, f, c].tolist()

    proposal = results["ModalityProposal"]
    frame = proposal.plot(max_display=1).frame()
    assert frame["value"][0] == proposal.interaction.max()
    assert frame["name"][0] == " & ".join(proposal.to_frame().iloc[0, :2])

    curves = results["FaithfulnessCurves"]
    frame = curves.plot().frame().set_index(["curve", "part", "modality", "fraction"])
    whole = frame.loc["deletion", "mi", "b", 0.0]["value"]
    np.testing.assert_allclose(whole, curves.deletion[:, 1, 1, 0, 0].mean())
    pyplot.close("all")


def test_what_is_no_result_is_refused(results):
    pytest.importorskip("matplotlib")
    from skdime.displays import IntervalDisplay

    with pytest.raises(TypeError, match=r"`result` must be an AdditiveGap.*got a Comp"):
        IntervalDisplay.from_result(results["Comparison"])


@pytest.mark.parametrize(
    "change",
    [
        lambda meta, arrays: arrays.pop("first.coef"),
        lambda meta, arrays: arrays.update({"first.0.coef": np.ones(2)}),
        lambda meta, arrays: arrays.update({"third.0.coef": np.ones(2)}),
        lambda meta, arrays: meta["first"].append(meta["second"][0]),
        lambda meta, arrays: meta.update(first=3),
    ],
)
def test_results_inside_that_do_not_fit_are_refused(results, change, tmp_path):
    path = tmp_path / "result.npz"
    results["Comparison"].save(path)
    with pytest.raises((ValueError, KeyError)):
        altered(path, change)
        type(results["Comparison"]).load(path)
