"""Explanation and Decomposition: names, choices, tables, files."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from skdime import Disentangler, Explanation, LocalExplainer

MODALITIES = [("a", [0, 3]), ("b", [1, 2, 4])]


def model(X):
    """Three outputs."""
    X = np.asarray(X)
    return np.column_stack([X[:, 0] * X[:, 1], X.sum(axis=1), X[:, 0] ** 2])


def explain(f, X, rows, modalities=MODALITIES):
    dis = Disentangler(f, modalities, n_references=5, random_state=0)
    return LocalExplainer(dis, n_samples=20, random_state=0).fit(X).explain(rows)


@pytest.fixture(scope="module")
def explanation(X):
    """Four rows, two modalities, five features, three outputs."""
    return explain(model, X, X[:4])


@pytest.fixture(scope="module")
def single(X):
    """Four rows of a model with one output."""
    return explain(lambda X: np.asarray(X)[:, 0] * np.asarray(X)[:, 1], X, X[:4])


@pytest.fixture
def with_index(X):
    """The same rows explained as a pandas frame with a given index."""
    pd = pytest.importorskip("pandas")

    def build(index):
        frame = pd.DataFrame(X, columns=list("vwxyz"), index=index)
        return explain(model, frame, frame.iloc[:4])

    return build


# --- shapes and names ---------------------------------------------------------------


def test_shapes(explanation):
    assert explanation.coef.shape == explanation.se.shape == (4, 2, 5, 3)
    for name in ("intercept", "r2", "local_prediction", "target"):
        assert getattr(explanation, name).shape == (4, 2, 2, 3), name
    assert explanation.effective_samples.shape == (4, 2)
    assert explanation.feature_values.shape == (4, 5)
    assert len(explanation) == 4


def test_the_axis_of_outputs_is_always_there(single):
    assert single.coef.shape == (4, 2, 5, 1)
    assert single.target.shape == (4, 2, 2, 1)


def test_names(explanation):
    assert explanation.feature_names.tolist() == ["x0", "x3", "x1", "x2", "x4"]
    assert explanation.feature_modalities.tolist() == ["a", "a", "b", "b", "b"]
    assert explanation.modality_names.tolist() == ["a", "b"]
    assert explanation.output_names.tolist() == ["output0", "output1", "output2"]
    assert explanation.row_names.tolist() == [0, 1, 2, 3]
    assert explanation.unit == "model output"


def test_feature_values_are_those_of_the_rows(explanation, X):
    order = [0, 3, 1, 2, 4]
    np.testing.assert_array_equal(
        explanation.feature_values.astype(float), X[:4, order]
    )


def test_arrays_hold_neither_model_nor_references(explanation, X):
    values = {**vars(explanation), **vars(explanation.decomposition)}
    values.pop("decomposition")
    assert values.pop("inputs") == {}
    for name, value in values.items():
        if value is None:
            continue
        assert isinstance(value, (np.ndarray, str, int, float)), name
        assert np.ndim(value) == 0 or len(value) != 5 or "feature" in name, name


# --- sel ----------------------------------------------------------------------------


def test_sel_without_arguments_is_everything(explanation):
    np.testing.assert_array_equal(explanation.sel(), explanation.coef)


@pytest.mark.parametrize(
    "choice, index",
    [
        ({"row": 2}, np.s_[2]),
        ({"part": "mi"}, np.s_[:, 1]),
        ({"modality": "b"}, np.s_[:, :, 2:]),
        ({"feature": "x3"}, np.s_[:, :, 1]),
        ({"output": "output2"}, np.s_[..., 2]),
        ({"part": "uc", "modality": "b", "feature": "x4"}, np.s_[:, 0, 4]),
        ({"row": 1, "part": "mi", "feature": "x1", "output": "output1"}, (1, 1, 2, 1)),
    ],
)
def test_sel(explanation, choice, index):
    np.testing.assert_array_equal(explanation.sel(**choice), explanation.coef[index])


def test_sel_takes_labels_that_are_no_strings(X):
    forest = RandomForestClassifier(n_estimators=2, random_state=0)
    forest.fit(X, np.digitize(X[:, 0], [-1, 1]) * 10)
    explanation = explain(forest.predict_proba, X, X[:2])
    assert explanation.output_names.tolist() == ["output0", "output1", "output2"]
    dis = Disentangler(forest, MODALITIES, n_references=5)
    exp = LocalExplainer(dis, n_samples=20).fit(X, np.digitize(X[:, 0], [-1, 1]) * 10)
    explanation = exp.explain(X[:2])
    np.testing.assert_array_equal(explanation.sel(output=10), explanation.coef[..., 1])


@pytest.mark.parametrize(
    "choice, known",
    [
        ({"row": 7}, r"row 7 is unknown; known are \[0, 1, 2, 3\]"),
        ({"part": "UC"}, r"part 'UC' is unknown; known are \['uc', 'mi'\]"),
        ({"modality": "c"}, r"modality 'c' is unknown; known are \['a', 'b'\]"),
        ({"feature": "x9"}, r"feature 'x9' is unknown; known are \['x0', 'x3', 'x1'"),
        ({"modality": "a", "feature": "x1"}, r"known are \['x0', 'x3'\]"),
        ({"output": "yes"}, r"output 'yes' is unknown; known are \['output0'"),
    ],
)
def test_sel_lists_the_names_it_knows(explanation, choice, known):
    with pytest.raises(KeyError, match=known):
        explanation.sel(**choice)


def test_a_feature_in_two_modalities_needs_its_modality(X):
    from skdime.perturbers import TabularPerturber

    dis = Disentangler(model, MODALITIES, n_references=5)
    perturbers = [
        ("a", TabularPerturber(groups={"all": ["x0", "x3"]})),
        ("b", TabularPerturber(groups={"all": ["x1", "x2"]})),
    ]
    exp = LocalExplainer(dis, perturbers, n_samples=20).fit(X)
    explanation = exp.explain(X[:1])
    with pytest.raises(KeyError, match=r"'all' occurs in the modalities \['a', 'b'\]"):
        explanation.sel(feature="all")
    np.testing.assert_array_equal(
        explanation.sel(feature="all", modality="b"), explanation.coef[:, :, 1]
    )


def test_find(explanation):
    assert explanation.find(row=3) == 3
    assert explanation.find(feature="x2") == 3
    assert explanation.find(output="output1") == 1


# --- top and mean_abs ---------------------------------------------------------------


def test_mean_abs(explanation):
    expected = np.abs(explanation.coef).mean(axis=0)
    np.testing.assert_array_equal(explanation.mean_abs(), expected)


def test_top_of_a_row(explanation):
    top = explanation.top(20, row=2)
    sizes = np.sort(np.abs(explanation.coef[2]).ravel())[::-1]
    assert min(effect.coef for effect in top) < 0
    np.testing.assert_array_equal([abs(effect.coef) for effect in top], sizes[:20])
    for effect in top:
        names = {name: getattr(effect, name) for name in ("part", "modality")}
        names |= {name: getattr(effect, name) for name in ("feature", "output")}
        assert explanation.sel(row=2, **names) == effect.coef


def test_top_carries_the_standard_error(explanation):
    effect = explanation.top(1, row=2, part="mi")[0]
    f, c = (
        explanation.find(feature=effect.feature),
        explanation.find(output=effect.output),
    )
    assert effect.se == explanation.se[2, 1, f, c]


def test_top_over_rows_ranks_by_mean_size(explanation):
    top = explanation.top(3, part="uc", output="output0")
    sizes = np.sort(explanation.mean_abs()[0, :, 0])[::-1]
    np.testing.assert_array_equal([effect.coef for effect in top], sizes[:3])
    assert {(effect.part, effect.output) for effect in top} == {("uc", "output0")}
    se = explanation.se[:, 0, explanation.find(feature=top[0].feature), 0]
    assert top[0].se == pytest.approx(se.mean())


def test_top_of_more_than_there_are(explanation):
    assert len(explanation.top(1000)) == 2 * 5 * 3


# --- slicing ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows, positions",
    [
        (1, [1]),
        (-1, [3]),
        (slice(1, 3), [1, 2]),
        ([3, 0], [3, 0]),
        (np.array([True, False, False, True]), [0, 3]),
    ],
)
def test_getitem(explanation, rows, positions):
    part = explanation[rows]
    assert part.row_names.tolist() == positions
    for name in ("coef", "se", "r2", "target", "effective_samples", "feature_values"):
        expected = getattr(explanation, name)[positions]
        np.testing.assert_array_equal(getattr(part, name), expected, err_msg=name)
    np.testing.assert_array_equal(
        part.decomposition.main, explanation.decomposition.main[positions]
    )
    np.testing.assert_array_equal(
        part.decomposition.baseline, explanation.decomposition.baseline
    )


def test_getitem_beyond_the_rows(explanation):
    with pytest.raises(IndexError):
        explanation[4]


def test_iterating_gives_explanations_of_one_row(explanation):
    assert [part.row_names.tolist() for part in explanation] == [[0], [1], [2], [3]]


# --- tables -------------------------------------------------------------------------


def test_to_frame_is_tidy(explanation):
    pytest.importorskip("pandas")
    frame = explanation.to_frame()
    assert len(frame) == explanation.coef.size + explanation.rest.size
    columns = ["row", "part", "modality", "feature", "output"]
    sources = ["se_references", "se_perturbations", "se_approximation"]
    assert frame.columns.tolist() == [*columns, "value", "coef", "se", *sources]
    together = np.sqrt(np.square(frame[sources]).sum(axis=1, skipna=False))
    np.testing.assert_allclose(frame["se"], together)
    assert not frame.duplicated(columns).any()
    line = frame.set_index(columns).loc[(2, "mi", "b", "x4", "output1")]
    assert line["coef"] == explanation.coef[2, 1, 4, 1]
    assert line["se"] == explanation.se[2, 1, 4, 1]
    assert line["value"] == explanation.feature_values[2, 4]


def test_to_frame_of_a_decomposition_is_tidy(explanation):
    pytest.importorskip("pandas")
    parts = explanation.decomposition
    frame = parts.to_frame().set_index(["row", "output", "term"])
    terms = ["output", "baseline", "uc", "mi", "main: a", "main: b"]
    assert frame.loc[(1, "output2")].index.tolist() == terms
    row, se = frame.loc[(1, "output2")].to_numpy().T
    expected = [parts.output[1, 2], parts.baseline[2], parts.uc[1, 2], parts.mi[1, 2]]
    np.testing.assert_array_equal(row, [*expected, *parts.main[1, :, 2]])
    expected = [0, parts.baseline_se[2], parts.uc_se[1, 2], parts.mi_se[1, 2]]
    np.testing.assert_array_equal(se, [*expected, *parts.main_se[1, :, 2]])


def test_rows_have_the_names_of_the_index(with_index, X):
    names = [f"case {i}" for i in range(len(X))]
    explanation = with_index(names)
    assert explanation.row_names.tolist() == names[:4]
    np.testing.assert_array_equal(explanation.sel(row="case 2"), explanation.coef[2])
    frames = explanation.to_frame(), explanation.decomposition.to_frame()
    for frame in frames:
        assert frame["row"].unique().tolist() == names[:4]


def test_rows_of_a_multiindex(with_index):
    pd = pytest.importorskip("pandas")
    index = pd.MultiIndex.from_product([range(6), list("abcdefghij")])
    explanation = with_index(index)
    np.testing.assert_array_equal(explanation.sel(row=(0, "c")), explanation.coef[2])
    assert "(0, 'c')" in repr(explanation[2])


@pytest.mark.parametrize("kind", ["ns", "us", "zoned", "durations"])
def test_rows_of_times(with_index, kind):
    pd = pytest.importorskip("pandas")
    index = pd.date_range("2020-01-01", periods=60)
    if kind == "durations":
        index = index - index[0]
    elif kind == "zoned":
        index = index.tz_localize("UTC")
    else:
        index = index.as_unit(kind)
    explanation = with_index(index)
    np.testing.assert_array_equal(explanation.sel(row=index[2]), explanation.coef[2])


# --- files --------------------------------------------------------------------------


def assert_same(one, other):
    for name in one.__dataclass_fields__:
        if name == "decomposition":
            continue
        np.testing.assert_array_equal(
            getattr(one, name), getattr(other, name), err_msg=name
        )
    for name in one.decomposition.__dataclass_fields__:
        np.testing.assert_array_equal(
            getattr(one.decomposition, name),
            getattr(other.decomposition, name),
            err_msg=name,
        )


def test_save_and_load(explanation, tmp_path):
    explanation.save(tmp_path / "x.npz")
    loaded = Explanation.load(tmp_path / "x.npz")
    assert_same(loaded, explanation)
    assert repr(loaded) == repr(explanation)


def test_a_loaded_part_can_be_saved_again(explanation, tmp_path):
    explanation[1:3].save(tmp_path / "x.npz")
    loaded = Explanation.load(tmp_path / "x.npz")
    loaded[:1].save(tmp_path / "y.npz")
    assert_same(Explanation.load(tmp_path / "y.npz"), explanation[1])


@pytest.mark.parametrize("kind", ["text", "mixed", "dates", "multi"])
def test_saved_rows_are_found_by_name(with_index, tmp_path, kind):
    pd = pytest.importorskip("pandas")
    index = {
        "text": [f"case {i}" for i in range(60)],
        "mixed": ["first", 2, None, *range(3, 60)],
        "dates": pd.date_range("2020-01-01", periods=60),
        "multi": pd.MultiIndex.from_product([range(6), list("abcdefghij")]),
    }[kind]
    explanation = with_index(index)
    explanation.save(tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as stored:
        assert all(not array.dtype.hasobject for array in stored.values())
    loaded = Explanation.load(tmp_path / "x.npz")
    np.testing.assert_array_equal(loaded.coef, explanation.coef)
    np.testing.assert_array_equal(loaded.sel(row=index[1]), explanation.coef[1])


def test_load_refuses_an_archive_of_something_else(tmp_path):
    np.savez(tmp_path / "x.npz", coef=np.zeros(3))
    with pytest.raises(ValueError, match=r"x\.npz is not a file written by"):
        Explanation.load(tmp_path / "x.npz")


def test_load_refuses_another_format(explanation, tmp_path):
    explanation.save(tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as stored:
        arrays = dict(stored)
    meta = str(arrays["meta"]).replace("skdime.Explanation/3", "skdime.Explanation/9")
    np.savez(tmp_path / "y.npz", **(arrays | {"meta": np.array(meta)}))
    with pytest.raises(ValueError, match=r"format 'skdime\.Explanation/9', and this"):
        Explanation.load(tmp_path / "y.npz")


def test_load_refuses_pickled_objects(explanation, tmp_path):
    explanation.save(tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as stored:
        arrays = dict(stored)
    arrays["coef"] = arrays["coef"].astype(object)
    np.savez(tmp_path / "y.npz", **arrays)
    with pytest.raises(ValueError, match=r"y\.npz is not a file written by"):
        Explanation.load(tmp_path / "y.npz")


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK\x03\x04cut"])
def test_load_refuses_any_other_file(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"x\.npz is not a file written by"):
        Explanation.load(tmp_path / "x.npz")


def test_load_of_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        Explanation.load(tmp_path / "x.npz")


# --- what a person reads ------------------------------------------------------------


def test_repr_of_a_row_adds_up(single):
    part = single[2]
    text, values = repr(part), part.decomposition
    assert "Explanation of 1 row against 5 reference rows: 5 features" in text
    assert "in 2 modalities, 1 output" in text
    assert "unit: model output" in text
    assert f"{part.n_model_rows:,} model rows" in text
    for value in (values.output, values.uc, values.mi, values.baseline):
        assert f"{value.item():.4g}" in text
    for value in values.main.ravel():
        assert f"{value:+.4g}" in text


def test_repr_of_a_row_names_the_strongest_features_and_the_fit(single):
    part = single[2]
    text = repr(part)
    for p, name in enumerate(("uc", "mi")):
        effect = part.top(1, part=name, row=2)[0]
        assert f"{effect.modality}/{effect.feature} {effect.coef:+.3g}" in text
        for m, modality in enumerate(part.modality_names):
            assert f"{modality} {part.r2[0, p, m, 0]:.2f}" in text


def test_repr_of_rows_gives_mean_sizes(single):
    text, values = repr(single), single.decomposition
    assert "Explanation of 4 rows" in text
    assert f"MI {np.abs(values.mi).mean():.4g}" in text
    effect = single.top(1, part="mi")[0]
    assert f"{effect.modality}/{effect.feature} {effect.coef:.3g}" in text


def test_repr_of_a_part_that_does_not_vary(X):
    explanation = explain(lambda X: np.asarray(X).sum(axis=1), X, X[:1])
    assert "MI does not vary with any feature" in repr(explanation)


def test_repr_of_many_outputs_is_short(X):
    explanation = explain(lambda X: np.repeat(np.asarray(X), 4, axis=1), X, X[:2])
    assert len(repr(explanation).splitlines()) < 10
    assert "20 outputs" in repr(explanation)


def test_repr_of_a_decomposition(explanation):
    text = repr(explanation.decomposition)
    assert "Decomposition of 4 rows against 5 reference rows, unit: model" in text
    for c, name in enumerate(explanation.output_names):
        assert f"{name}: baseline {explanation.decomposition.baseline[c]:.4g}" in text


def test_getitem_of_a_decomposition(explanation):
    parts = explanation.decomposition
    some = parts[[2, 0]]
    assert len(some) == 2
    assert some.row_names.tolist() == [2, 0]
    for name in ("output", "uc", "mi", "main", "uc_se", "mi_se", "main_se"):
        expected = getattr(parts, name)[[2, 0]]
        np.testing.assert_array_equal(getattr(some, name), expected, err_msg=name)


def test_results_can_be_compared_and_hashed(explanation):
    other = explanation[:]
    for one, two in [
        (explanation, other),
        (explanation.decomposition, other.decomposition),
    ]:
        assert one == one
        assert isinstance(one == two, bool)
        assert len({one, one}) == 1


def test_what_arithmetic_leaves_is_not_among_the_strongest(single):
    part = single[:1]
    coef = part.coef.copy()
    coef[0, 0, :, 0] = [1.0, 1e-7, 0.0, -2.0, 1e-3]
    shown = repr(replace(part, coef=coef)).split("\n")
    (strongest,) = [line for line in shown if "UC strongest" in line]
    features = strongest.partition(":")[2].partition("(R2")[0]
    assert features.count(",") == 2 and "e-07" not in features
    coef[0, 0, 4, 0] = 0.0
    shown = repr(replace(part, coef=coef)).split("\n")
    (strongest,) = [line for line in shown if "UC strongest" in line]
    assert strongest.partition("(R2")[0].count(",") == 1
