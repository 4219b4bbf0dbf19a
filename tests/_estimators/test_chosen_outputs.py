"""Explanations of some outputs are those outputs of the whole explanation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator

from skdime import (
    Disentangler,
    Explanation,
    LocalExplainer,
    MultimodalArray,
    explain_batches,
)
from skdime.displays import ContributionScatterDisplay, WaterfallDisplay
from skdime.perturbers import TabularPerturber, TextPerturber
from tests._data import assert_same_numbers

WORDS = ["ash", "birch", "cedar", "elm", "fir", "oak"]


class Answers:
    """Scores of five answers from two numbers and a text."""

    def __init__(self):
        self.weights = np.random.RandomState(1).normal(size=(3, 5))
        self.n_rows = 0

    def __call__(self, X):
        self.n_rows += len(X)
        numbers = X["table"] @ self.weights[:2]
        length = np.array([len(text) for text in X["text"]])[:, None] / 10
        has_elm = np.array([["elm" in text] for text in X["text"]])
        return np.tanh(numbers) + length * self.weights[2] * X["table"][:, :1] + has_elm


@pytest.fixture(scope="module")
def X():
    rng = np.random.RandomState(0)
    texts = [" ".join(rng.permutation(WORDS)[:4]) for _ in range(20)]
    return MultimodalArray(table=rng.normal(size=(20, 2)), text=texts)


def explainer_of(model, effects="slope", **params):
    dis = Disentangler(model, n_references=8, random_state=0)
    perturbers = [
        ("table", TabularPerturber(effects=effects)),
        ("text", TextPerturber()),
    ]
    return LocalExplainer(dis, perturbers, n_samples=60, random_state=0, **params)


@pytest.fixture(scope="module")
def exhaustive(X):
    return explainer_of(Answers(), algorithm="exhaustive").fit(X)


@pytest.fixture(scope="module")
def whole(exhaustive, X):
    return exhaustive.explain(X[:4])


@pytest.mark.parametrize(
    "outputs, positions",
    [
        (2, [2]),
        ("output2", [2]),
        ([4, 0], [4, 0]),
        (["output1", "output3"], [1, 3]),
        (np.array([-1]), [4]),
    ],
)
def test_some_outputs_are_those_of_the_whole(exhaustive, whole, X, outputs, positions):
    found = exhaustive.explain(X[:4], outputs=outputs)
    for name in ("coef", "se", "r2", "intercept", "local_prediction"):
        expected = getattr(whole, name)[..., positions]
        assert_allclose(getattr(found, name), expected, atol=1e-10)
    values, expected = found.decomposition, whole.decomposition
    assert_allclose(values.mi, expected.mi[:, positions])
    assert_allclose(values.baseline, expected.baseline[positions])
    assert_array_equal(found.output_names, whole.output_names[positions])
    assert values.row_outputs is None


def test_predicted_is_the_largest_output_of_every_row(exhaustive, whole, X):
    found = exhaustive.explain(X[:4], outputs="predicted")
    values, expected = found.decomposition, whole.decomposition
    largest = expected.output.argmax(axis=1)
    assert len(set(largest)) > 1
    rows = np.arange(4)
    assert_allclose(values.output[:, 0], expected.output.max(axis=1))
    assert_allclose(values.uc[:, 0], expected.uc[rows, largest])
    assert_allclose(values.baseline[:, 0], expected.baseline[largest])
    assert_array_equal(values.row_outputs[:, 0], whole.output_names[largest])
    assert values.output_names.tolist() == ["predicted"]
    for f, name in enumerate(whole.feature_names):
        column = found.feature_names.tolist().index(name)
        expected = whole.coef[rows, :, f, largest]
        assert_allclose(found.coef[:, :, column, 0], expected, atol=1e-10)
    assert_array_equal(found.row_names, whole.row_names)
    assert found.n_model_rows == whole.n_model_rows + 4


def test_every_row_may_have_outputs_of_its_own(exhaustive, whole, X):
    chosen = [["output3", "output0"], [1, 2], [3, 0], [4, 1]]
    found = exhaustive.disentangler_.decompose(X[:4], outputs=chosen, pairs=True)
    positions = np.array([[3, 0], [1, 2], [3, 0], [4, 1]])
    expected = np.take_along_axis(whole.decomposition.mi, positions, axis=1)
    assert_allclose(found.mi, expected)
    assert_allclose(found.pairs[:, 0], expected)
    assert found.output_names.tolist() == ["chosen0", "chosen1"]
    assert_array_equal(found.row_outputs, whole.output_names[positions])
    assert_allclose(found.baseline + found.main.sum(axis=1), found.uc)
    assert_array_equal(found[[2]].row_outputs, found.row_outputs[[2]])


@pytest.mark.parametrize("effects", ["slope", "shapley"])
def test_approximations_of_some_outputs_are_within_their_errors(X, effects):
    model = Answers()
    explainer = explainer_of(lambda X: model(X)[:, :2], effects).fit(X)
    whole = explainer.explain(X[:3]).coef[..., [1]]
    found = explainer.explain(X[:3], outputs=[1]).coef
    size = np.linalg.norm(np.nan_to_num(whole))
    assert np.linalg.norm(np.nan_to_num(found - whole)) < 0.2 * size


def test_no_model_row_is_spent_on_other_outputs(X):
    explainer = explainer_of(Answers()).fit(X)
    model = explainer.disentangler_.estimator_  # a clone
    before = model.n_rows
    found = explainer.explain(X[:3], outputs="predicted")
    assert found.n_model_rows == model.n_rows - before


def test_sums_over_trees_and_frozen_disentanglers(X):
    table = np.random.RandomState(0).normal(size=(120, 5))
    y = (table[:, 0] * table[:, 1] > 0).astype(int) + (table[:, 2] > 0)
    y = np.array(["none", "one", "two"])[y]
    forest = RandomForestClassifier(5, max_depth=3, random_state=0)
    modalities = [("a", [0]), ("b", [1]), ("c", [2, 3, 4])]
    dis = Disentangler(forest, modalities, n_references=30, random_state=0)
    dis = FrozenEstimator(dis.fit(table, y))
    explainer = LocalExplainer(dis, n_samples=100, random_state=0).fit(table)
    whole = dis.estimator.decompose(table[:5], pairs=True)
    found = dis.estimator.decompose(table[:5], pairs=True, outputs=["two", "none"])
    for name in ("uc", "mi", "main", "pairs", "uc_se", "main_se", "pairs_se"):
        expected = getattr(whole, name)[..., [2, 0]]
        assert_allclose(getattr(found, name), expected, atol=1e-12)
    values = explainer.explain(table[:5], outputs="predicted").decomposition
    assert_allclose(values.output[:, 0], whole.output.max(axis=1))
    pair = explainer.explain(table[:5], pair=("a", "b"), outputs=[1])
    expected = explainer.explain(table[:5], pair=("a", "b"))
    assert_allclose(pair.decomposition.mi, expected.decomposition.mi[:, [1]])


def test_own_outputs_are_saved_printed_and_drawn(exhaustive, X, tmp_path, request):
    found = exhaustive.explain(X[:4], outputs="predicted")
    names = found.decomposition.row_outputs[:, 0]
    found.save(tmp_path / "x")
    again = Explanation.load(tmp_path / "x")
    assert_array_equal(again.decomposition.row_outputs[:, 0], names)
    assert_array_equal(again.decomposition.baseline, found.decomposition.baseline)
    assert f"predicted ({names[2]}), row 2" in repr(found[[2]])
    assert "</html>" in found.to_html()
    assert "of the predicted output, mean baseline" in found._repr_html_()
    pytest.importorskip("pandas")
    frame = found.to_frame()
    assert frame.loc[frame["row"] == 1, "row_output"].unique().tolist() == [names[1]]
    frame = found.decomposition.to_frame()
    assert frame.loc[frame["row"] == 3, "row_output"].unique().tolist() == [names[3]]
    request.getfixturevalue("pyplot")
    shown = WaterfallDisplay.from_explanation(found, row=2)
    assert shown.output_name == names[2]
    assert found.decomposition.plot().output_names == ["the predicted output"]
    assert found.plot().quantity == "model output of the predicted output"
    same = found[names == names[0]]
    ContributionScatterDisplay.from_explanation(same)
    with pytest.raises(
        ValueError, match=r"baselines of their own.*outputs of their own"
    ):
        ContributionScatterDisplay.from_explanation(found)


@pytest.mark.parametrize(
    "outputs, message",
    [
        ("bird", r"asks for 'bird'. The outputs are \['output0'"),
        (5, "asks for 5. .* positions below 5"),
        ([1, 1], "asks for an output twice. To choose one for each row"),
        ([], "got an array of shape"),
        (np.zeros((3, 1), dtype=int), "one row for each of the 4 rows of X"),
        (1.5, "asks for 1.5"),
        (True, "asks for True"),
    ],
)
def test_outputs_that_there_are_not_are_told(exhaustive, X, outputs, message):
    with pytest.raises(ValueError, match=message):
        exhaustive.explain(X[:4], outputs=outputs)


@pytest.mark.parametrize("outputs", ["predicted", [1], None])
def test_batches_of_some_outputs(exhaustive, X, tmp_path, outputs):
    options = {"outputs": outputs, "batch_size": 3}
    found = explain_batches(exhaustive, X[:7], tmp_path, **options).concatenate()
    assert_same_numbers(found, exhaustive.explain(X[:7], outputs=outputs))
    other = {"outputs": [0], "batch_size": 3}
    with pytest.raises(ValueError, match=r"outputs was .* and is \[0\]"):
        explain_batches(exhaustive, X[:7], tmp_path, **other)


def test_batches_have_the_same_outputs_for_all_rows(exhaustive, X, tmp_path):
    with pytest.raises(ValueError, match="same for all rows"):
        explain_batches(exhaustive, X[:2], tmp_path, outputs=np.zeros((2, 1), int))


@pytest.fixture(scope="module")
def forest():
    table = np.random.RandomState(0).normal(size=(60, 4))
    classes = np.array(["hi", "lo", "mid"])
    y = classes[np.digitize(table[:, 0] * table[:, 2], [-0.5, 0.5])]
    model = RandomForestClassifier(5, random_state=0).fit(table, y)
    dis = Disentangler(FrozenEstimator(model), {"a": [0, 1], "b": [2, 3]})
    return LocalExplainer(dis, random_state=0).fit(table), table[:8]


class TestPairs:
    """MI of some outputs, split into pairs, is that of all outputs."""

    def test_some(self, forest):
        explainer, X = forest
        whole = explainer.explain_pairs(X)
        found = explainer.explain_pairs(X, outputs=["mid", 0])
        assert found.output_names.tolist() == ["mid", "hi"]
        assert found.row_outputs is None
        assert_allclose(found.coef, whole.coef[..., [2, 0]])
        assert_allclose(found.mi, whole.mi[:, [2, 0]])

    def test_predicted(self, forest, tmp_path, request):
        explainer, X = forest
        whole = explainer.explain_pairs(X)
        found = explainer.explain_pairs(X, outputs="predicted")
        outputs = explainer.explain(X, outputs="predicted").decomposition.row_outputs
        assert len(np.unique(outputs)) > 1
        assert_array_equal(found.row_outputs, outputs)
        largest = [whole.output_names.tolist().index(name) for name in outputs[:, 0]]
        rows = np.arange(len(X))
        assert_allclose(found.coef[..., 0], whole.coef[rows, :, :, largest])
        assert_allclose(found.se[..., 0], whole.se[rows, :, :, largest])
        assert_allclose(found.rest[:, 0], whole.rest[rows, largest], atol=1e-12)
        assert f"predicted ({outputs[3, 0]}), row 3" in repr(found[[3]])
        assert "predicted (hi in " in repr(found)
        found.save(tmp_path / "pairs")
        again = type(found).load(tmp_path / "pairs")
        assert_array_equal(again.row_outputs, outputs)
        pytest.importorskip("pandas")
        frame = found.to_frame()
        of_row = frame.loc[frame["row"] == 3, "row_output"]
        assert of_row.unique().tolist() == [outputs[3, 0]]
        request.getfixturevalue("pyplot")
        assert found.plot().quantity == "probability of the predicted class"
        one = f"probability of {str(outputs[3, 0])!r} (predicted)"
        assert found[[3]].plot().quantity == one

    def test_of_columns_that_are_held(self, forest):
        model, X = forest[0].disentangler_.estimator_, forest[1]
        dis = Disentangler(
            FrozenEstimator(model.estimator),
            {"a": [0, 1], "b": [2]},
            remainder="hold",
            n_references=8,
        )
        explainer = LocalExplainer(dis, n_samples=20, random_state=0).fit(X)
        whole = explainer.explain_pairs(X[:2])
        found = explainer.explain_pairs(X[:2], outputs=[1])
        assert_allclose(found.mi, whole.mi[:, [1]])
        assert found.coef.shape == (2, 2, 1, 1)


def test_the_other_of_two_classes_is_one_of_pos_label():
    table = np.random.RandomState(0).normal(size=(40, 2))
    model = RandomForestClassifier(2, random_state=0)
    model.fit(table, np.where(table[:, 0] > 0, "ill", "well"))
    dis = Disentangler(FrozenEstimator(model)).fit(table)
    assert dis.decompose(table[:2], outputs="well").output_names.tolist() == ["well"]
    with pytest.raises(ValueError, match=r"opposite sign\. Set pos_label='ill'"):
        dis.decompose(table[:2], outputs="ill")
    with pytest.raises(ValueError, match="only output is 'well': leave `outputs` away"):
        dis.decompose(table[:2], outputs="sick")
