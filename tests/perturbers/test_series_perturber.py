"""Series: what replaces a stretch of time, in every layout that series come in."""

import numpy as np
import pytest

from skdime import Disentangler, Explanation, LocalExplainer, MultimodalArray
from skdime.perturbers import SeriesPerturber
from tests.perturbers._series import MASKS, MEAN, ONE_KEPT, UNEQUAL, X, flat, halves


def test_segments_are_kept_or_have_the_mean():
    perturber = halves().fit(X)
    np.testing.assert_array_equal(perturber.replacement_, MEAN)
    expected = np.stack([X[0], ONE_KEPT, MEAN])
    np.testing.assert_array_equal(perturber.perturb(X[0], MASKS), expected)
    assert perturber.kind == "series"


def test_each_feature_has_its_stretch_of_its_channel():
    perturber = halves().fit(X)
    np.testing.assert_array_equal(perturber.labels(X[0]), [[0, 0, 1, 1], [2, 2, 3, 3]])
    assert perturber.features(X[0]) == ["x0[0:2]", "x0[2:4]", "x1[0:2]", "x1[2:4]"]
    for f, mask in enumerate(~np.eye(4, dtype=bool)):
        (changed,) = perturber.perturb(X[0], mask[None])
        replaced = perturber.labels(X[0]) == f
        np.testing.assert_array_equal(changed, np.where(replaced, MEAN, X[0]))


@pytest.mark.parametrize(
    "times, unit, cuts",
    [
        ([0.0, 0.25, 0.5, 0.75], "s", ["[0:0.5 s]", "[0.5:1 s]"]),
        ([10, 20, 30, 40], "", ["[10:30]", "[30:50]"]),
        (
            np.array(["2024-01", "2024-02", "2024-03", "2024-04"], dtype="M8[M]"),
            "",
            ["[2024-01:2024-03]", "[2024-03:2024-05]"],
        ),
        # six digits do not tell them apart
        (
            [1e6, 1e6 + 0.1, 1e6 + 0.25, 1e6 + 0.5],
            "s",
            ["[1000000.0:1000000.25 s]", "[1000000.25:1000000.75 s]"],
        ),
    ],
)
def test_names_of_channels_and_times(times, unit, cuts):
    options = {"channel_names": ["flow", "pressure"], "times": times, "time_unit": unit}
    names = halves(**options).fit(X).features(X[0])
    assert names == [channel + cut for channel in ("flow", "pressure") for cut in cuts]
    together = halves(**options, channels="together").fit(X)
    assert together.features(X[0]) == cuts


def test_channels_together_share_their_segments():
    perturber = halves(channels="together").fit(X)
    assert perturber.features(X[0]) == ["[0:2]", "[2:4]"]
    np.testing.assert_array_equal(perturber.labels(X[0]), [[0, 0, 1, 1]] * 2)
    perturbed = perturber.perturb(X[0], [[False, True], [False, False]])
    first = np.array([[True, True, False, False]] * 2)
    np.testing.assert_array_equal(perturbed[0], np.where(first, MEAN, X[0]))
    np.testing.assert_array_equal(perturbed[1], MEAN)
    assert perturber.describe(X[0]) == ["1.5, 10", "3.5, 20"]
    # a segment has an effect where any of its channels changes
    row = np.stack([MEAN[0], X[0][1]])
    row[1, :2] = MEAN[1, :2]
    assert perturber.inert(row).tolist() == [True, False]


def test_channels_together_have_the_effect_of_all_of_them():
    rng = np.random.RandomState(0)
    series = rng.normal(size=(30, 3, 8))
    rows = MultimodalArray(s=series, t=rng.normal(size=(30, 1)))
    dis = Disentangler(lambda X: X["s"].sum(axis=(1, 2)), n_references=None)
    perturbers = [("s", SeriesPerturber(2, channels="together"))]
    found = LocalExplainer(dis, perturbers, random_state=0).fit(rows).explain(rows[:3])
    change = (series - series.mean(axis=0))[:3].sum(axis=1)
    expected = change.reshape(3, 2, 4).sum(axis=2)
    uc = found.sel(part="uc", modality="s")[:, :, 0]
    np.testing.assert_allclose(uc, expected, rtol=2e-3)


def test_too_many_features_are_refused_before_any_mask_is_made():
    wide = np.zeros((2, 2052, 40), dtype=np.float32)
    with pytest.raises(ValueError, match=r"73,872 features.*channels='together'"):
        SeriesPerturber(36).fit(wide)
    assert len(SeriesPerturber(36, channels="together").fit(wide).feature_names_) == 36


# Layouts
def nested(rows, kind):
    cells = []
    for row in rows:
        cell = np.empty(len(row), dtype=object)
        cell[:] = list(row)
        cells.append(cell if kind == "object" else kind(row))
    return cells


def as_channels_first(cell):
    return np.stack([np.asarray(channel) for channel in cell])


@pytest.mark.parametrize(
    ("rows", "channel_axis", "back"),
    [
        (X, 0, np.asarray),
        (X.transpose(0, 2, 1), -1, np.transpose),
        (nested(X, tuple), 0, as_channels_first),
        (nested(X, list), -1, as_channels_first),
        (nested(X, "object"), 0, as_channels_first),
    ],
    ids=["channels first", "channels last", "tuple", "list", "object array"],
)
def test_layouts_give_the_same_values(rows, channel_axis, back):
    perturber = halves(channel_axis=channel_axis)
    data = MultimodalArray(s=rows if isinstance(rows, np.ndarray) else list(rows))
    perturber.fit(data)
    np.testing.assert_array_equal(perturber.replacement_, MEAN)
    found = perturber.perturb(rows[0], MASKS)
    assert [type(cell) for cell in found] == [type(rows[0])] * 3
    expected = [X[0], ONE_KEPT, MEAN]
    np.testing.assert_array_equal([back(cell) for cell in found], expected)
    np.testing.assert_array_equal(perturber.shown(rows[0]), X[0])
    np.testing.assert_array_equal(
        perturber.labels(rows[0]), [[0, 0, 1, 1], [2, 2, 3, 3]]
    )
    assert perturber.describe(rows[0]) == ["1.5", "3.5", "10", "20"]


def test_one_dimensional_cells_are_one_channel():
    block = X[:, 0]
    perturber = halves().fit(block, [f"t{i}" for i in range(4)])
    assert perturber.feature_names_.tolist() == ["[0:2]", "[2:4]"]
    np.testing.assert_array_equal(perturber.labels(block[0]), [[0, 0, 1, 1]])
    np.testing.assert_array_equal(perturber.shown(block[0]), [[1, 2, 3, 4]])
    found = perturber.perturb(block[0], np.array([[True, False], [False, False]]))
    np.testing.assert_array_equal(found, [[1, 2, 5, 6], [2, 3, 5, 6]])


def test_channels_that_are_columns_have_their_names():
    names = ["hip", "wrist"]
    expected = ["hip[0:2]", "hip[2:4]", "wrist[0:2]", "wrist[2:4]"]
    assert halves().fit(X, names).feature_names_.tolist() == expected
    # the columns of a time-first array are time points
    square = np.zeros((1, 2, 2))
    last = halves(channel_axis=-1).fit(square, names)
    assert last.feature_names_.tolist() == [
        "ch0[0:1]",
        "ch0[1:2]",
        "ch1[0:1]",
        "ch1[1:2]",
    ]
    # under the key of a MultimodalArray channels have no names
    numbered = halves().fit(MultimodalArray(sensor=X), ["sensor"])
    assert numbered.feature_names_[0] == "ch0[0:2]"


def test_columns_of_a_pandas_frame_as_one_series():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 3], "b": [2, 5], "c": [8, 8], "d": [9, 10]})
    perturber = halves().fit(frame, np.array(frame.columns))
    found = perturber.perturb_row(frame.iloc[[0]], np.array([[False, True]]))
    # 3.5 is rounded to the even number
    assert found.iloc[0].tolist() == [2, 4, 8, 9]
    assert (found.dtypes == frame.dtypes).all()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_arrays_in_the_cells_of_a_frame(library):
    pd = pytest.importorskip(library)
    frame = pd.DataFrame({"a": list(X[:, 0]), "b": list(X[:, 1])})
    perturber = halves().fit(frame, np.array(["a", "b"]))
    assert perturber.feature_names_.tolist() == ["a[0:2]", "a[2:4]", "b[0:2]", "b[2:4]"]
    found = perturber.perturb_row(frame[:1], MASKS)
    held = [[np.array(found[name][i]) for name in "ab"] for i in range(3)]
    np.testing.assert_array_equal(held, [X[0], ONE_KEPT, MEAN])


# Replacements
@pytest.mark.parametrize("dtype", [np.int64, np.int16, np.uint8, np.float32, np.bool_])
def test_dtypes_stay(dtype):
    rows = np.array([[[0, 1, 0, 1]], [[1, 1, 0, 0]]]).astype(dtype)
    perturber = halves().fit(rows)
    found = perturber.perturb(rows[0], ~np.eye(2, dtype=bool))
    assert found.dtype == dtype
    # means are 0.5, 1, 0, 0.5: integers are rounded, 0.5 to 0
    half = 0.5 if dtype == np.float32 else 0
    np.testing.assert_array_equal(found[:, 0], [[half, 1, 0, 1], [0, 1, 0, half]])


def test_large_integers_that_are_kept_lose_no_digit():
    rows = np.array([[[2**62 + 1, 5]], [[0, 7]]])
    found = halves().fit(rows).perturb(rows[0], np.array([[True, False]]))
    assert found.tolist() == [[[2**62 + 1, 6]]]


def test_linear_is_the_line_between_the_ends_of_a_segment():
    row = np.array([0.0, 9.0, 4.0, 1.0, 5.0, 3.0])
    perturber = halves(replacement="linear").fit(np.stack([row, row + 7]))
    assert perturber.replacement_ is None
    found = perturber.perturb(row, np.array([[False, True], [True, False]]))
    np.testing.assert_array_equal(found, [[0, 2, 4, 1, 5, 3], [0, 9, 4, 1, 2, 3]])


def test_linear_passes_over_missing_ends():
    row = np.array([np.nan, 2.0, 7.0, 4.0, np.nan, np.nan, np.nan, np.nan])
    perturber = halves(replacement="linear").fit(row[None])
    (found,) = perturber.perturb(row, np.array([[False, False]]))
    np.testing.assert_array_equal(found, [2, 2, 3, 4, *4 * [np.nan]])
    assert perturber.inert(row).tolist() == [False, True]


def test_noise_is_drawn_once_around_the_mean():
    rng = np.random.RandomState(0)
    rows = rng.normal(5, 2, size=(400, 1, 1000)) * [[1.0] * 500 + [0.0] * 500] + 1
    noisy = halves(replacement="noise").fit(rows, random_state=0)
    again = halves(replacement="noise").fit(rows, random_state=0)
    other = halves(replacement="noise").fit(rows, random_state=1)
    np.testing.assert_array_equal(noisy.replacement_, again.replacement_)
    assert (noisy.replacement_ != other.replacement_)[0, :500].all()
    drawn = noisy.replacement_[0, :500]
    assert abs(drawn.mean() - 6) < 5 * 2 / np.sqrt(500)
    assert abs(drawn.std() - 2) < 5 * 2 / np.sqrt(2 * 500)
    np.testing.assert_array_equal(noisy.replacement_[0, 500:], 1)
    masks = np.zeros((3, 2), dtype=bool)
    np.testing.assert_array_equal(
        noisy.perturb(rows[0], masks), [noisy.replacement_] * 3
    )


def test_case_is_the_real_row_closest_to_the_mean():
    # the second channel varies a thousand times as much and decides nothing more
    first = [0.0, 4.0, 1.9]
    second = [0.0, 2000.0, 3100.0]
    rows = np.array([[[a, a], [b, b]] for a, b in zip(first, second, strict=True)])
    # squared deviations by variance, means 1.967 and 1700:
    # 1.449 + 1.737, 1.548 + 0.054, 0.002 + 1.178; variances 2.669, 1.687e6
    perturber = halves(replacement="row").fit(rows)
    np.testing.assert_array_equal(perturber.replacement_, rows[2])
    assert perturber.inert(rows[2]).all()
    assert not perturber.inert(rows[0]).any()


def test_case_has_the_fewest_missing_values():
    rows = np.array([[[1.0, np.nan]], [[9.0, 9.0]], [[0.0, 0.0]], [[0.5, 0.5]]])
    perturber = halves(replacement="row").fit(rows)
    np.testing.assert_array_equal(perturber.replacement_, [[0.5, 0.5]])


def test_missing_values_are_kept_and_left_out_of_means():
    nan = np.nan
    rows = np.array([[[1.0, nan, nan, nan]], [[3.0, 4.0, nan, 2.0]]])
    perturber = halves().fit(rows)
    np.testing.assert_array_equal(perturber.replacement_, [[2, 4, nan, 2]])
    found = perturber.perturb(rows[0], np.array([[True, True], [False, False]]))
    np.testing.assert_array_equal(found[:, 0], [[1, nan, nan, nan], [2, 4, nan, 2]])
    assert perturber.describe(rows[0]) == ["1", "nan"]


def test_inert_segments_hold_what_replaces_them():
    rows = np.array([[[1.0, 2, 3, 4]], [[1.0, 2, 5, 4]]])
    perturber = halves().fit(rows)
    assert perturber.inert(rows[0]).tolist() == [True, False]
    missing = rows * [1, np.nan, 1, 1]
    assert halves().fit(missing).inert(missing[0]).tolist() == [True, False]
    # 3.4 is rounded to 3: replacing changes nothing
    whole = np.array([[[1, 3]]] * 3 + [[[9, 5]]] * 1 + [[[1, 3]]])
    assert halves().fit(whole).inert(np.array([[1, 3]])).tolist() == [False, True]


# Errors
@pytest.mark.parametrize(
    ("options", "rows", "message"),
    [
        ({"n_segments": 5}, flat(4), "4 time points cannot be cut into 5 segments"),
        ({"n_segments": 1}, flat(4), "1 channel of 1 segment make 1"),
        ({"segments": []}, flat(4), r"at least 2 features"),
        ({"n_segments": 0}, flat(4), "'n_segments' parameter of SeriesPerturber"),
        ({"n_segments": 2.0}, flat(4), "'n_segments' parameter of SeriesPerturber"),
        ({"replacement": "zero"}, flat(4), "'replacement' parameter of Series"),
        ({"channel_axis": "last"}, flat(4), "'channel_axis' parameter of Series"),
        ({"segments": 3}, flat(4), "'segments' parameter of SeriesPerturber"),
        (
            {"channel_names": ["a", "b"]},
            flat(20),
            r"has 2 names, 2 .* have 1 channel\.",
        ),
        ({"channel_names": ["a", "a"]}, X, "2 names, 1 of them different"),
        ({"times": [1, 2]}, flat(20), "has 2 points of time, but rows have 20"),
        ({"times": [1, 2, 3]}, MultimodalArray(s=UNEQUAL), "but rows have 3 to 5"),
        ({"times": [1, 3, 2, 4]}, X, "in ascending order"),
        ({"times": list("abcd")}, X, "numbers, dates or durations"),
        ({"segments": [5]}, flat(4), r"integers from 1 to 3 .* Got \[5\]"),
        ({"segments": [3, 1]}, flat(4), "in increasing order"),
        ({"segments": [2, 2]}, flat(4), "in increasing order"),
        ({"segments": [-1, 2]}, flat(4), "integers from 1 to 3"),
        ({"segments": [1.5]}, flat(4), "integers from 1 to 3"),
        ({"segments": "ab"}, flat(4), "'segments' parameter of Series"),
        ({"segments": [True, False]}, flat(4), "integers from 1 to 3"),
        ({"segments": lambda s: None}, flat(4), "segmenter .* returned None"),
        ({"segments": lambda s: [9]}, flat(4), r"segmenter .* returned \[9\]"),
        ({"segments": lambda s: [0, 1, 1]}, flat(4), "one label for each of 4"),
        ({"segments": lambda s: s}, flat(5), "must return change points"),
        ({}, np.zeros((3, 1)), "holds a float64, which is no series"),
        ({}, np.zeros((2, 3, 20, 2)), r"array of shape \(3, 20, 2\), which is no"),
        ({}, np.zeros((2, 3, 0)), "holds no time points"),
        ({}, MultimodalArray(s=["text", "more"]), "holds a str, which is no series"),
        ({}, MultimodalArray(s=[["a", "b"]]), "a list that holds 'a', which is no"),
        ({}, MultimodalArray(s=[[1.0, None]]), r"holds None.*\(None, null\) is nan"),
        ({}, MultimodalArray(s=[[[1, 2], [3]]]), "a list of unequal parts, which is"),
        ({}, MultimodalArray(s=[[]]), "holds no time points"),
        ({}, np.full((2, 20), "a", dtype=object), "real numbers, got dtype object"),
        ({}, np.zeros((2, 1, 20), dtype=complex), "real numbers, got dtype complex"),
        (
            {"segments": [1]},
            MultimodalArray(s=UNEQUAL),
            "`segments` holds change points, but rows have 3 to 5 time points",
        ),
        ({"n_segments": 4}, MultimodalArray(s=UNEQUAL), "A series of 3 time point"),
        (
            {},
            MultimodalArray(s=[np.zeros((1, 20)), np.zeros((2, 20))]),
            r"Rows have \[1, 2\] channels",
        ),
        (
            {},
            MultimodalArray(s=[(np.zeros(20), np.zeros(21))]),
            r"channels of one row must be equally long, got \[20, 21\]",
        ),
        (
            {},
            MultimodalArray(s=[(np.zeros((2, 20)), np.zeros((2, 20)))]),
            "must have one-dimensional arrays",
        ),
    ],
)
def test_wrong_input(options, rows, message):
    with pytest.raises((ValueError, TypeError), match=message):
        SeriesPerturber(**options).fit(rows)


@pytest.mark.parametrize("method", ["features", "labels", "inert", "shown", "describe"])
def test_rows_must_be_like_those_in_fit(method):
    perturber = halves().fit(X)
    with pytest.raises(ValueError, match=r"3 channels, .* fit had 2"):
        getattr(perturber, method)(np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"5 time points, .* had 4"):
        getattr(perturber, method)(np.zeros((2, 5)))
    with pytest.raises(ValueError, match=r"4 channels, .* fit had 2"):
        getattr(perturber, method)(X[0].T)


# What cannot be averaged, and what only lists hold
@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
def test_infinity_is_refused_in_fit_and_later(infinity):
    rows = X.copy()
    rows[1, 0, 2] = infinity
    with pytest.raises(ValueError, match=r"holds infinity.*by nan if it means missing"):
        halves().fit(rows)
    perturber = halves().fit(X)
    for method in ("features", "inert", "describe"):
        with pytest.raises(ValueError, match="holds infinity"):
            getattr(perturber, method)(rows[1])


# Coefficients in the shape of the cell
@pytest.mark.parametrize(
    ("rows", "channel_axis", "shape"),
    [
        (X, 0, (2, 4)),
        (X.transpose(0, 2, 1), -1, (4, 2)),
        (X[:, 0], 0, (4,)),
        (X[:, 0].tolist(), -1, (4,)),
        (X.transpose(0, 2, 1).tolist(), -1, (4, 2)),
        (nested(X, tuple), -1, (2, 4)),
    ],
)
def test_expand_has_the_shape_of_a_row(rows, channel_axis, shape, tmp_path):
    given = [rows[i % 2] for i in range(20)]
    given = np.stack(given) if isinstance(rows, np.ndarray) else given
    data = MultimodalArray(s=given, v=np.random.RandomState(0).normal(size=20))

    def model(X):
        first = [np.ravel(np.asarray(list(cell)))[0] for cell in X["s"]]
        return np.array(first) * (1 + X["v"])

    explainer = LocalExplainer(
        Disentangler(model, random_state=0),
        [("s", halves(channel_axis=channel_axis))],
        n_samples=64,
        random_state=0,
    )
    found = explainer.fit(data).explain(data[:3])
    spread = found.expand("s")
    assert spread.shape == (3, 2, *shape, 1)
    n_features = found.sel(modality="s").shape[2]
    # every feature is two points of time, of which the first of all matters
    np.testing.assert_allclose(
        spread.sum(axis=tuple(range(2, spread.ndim - 1))),
        found.sel(modality="s").sum(axis=2),
    )
    firsts = spread[(slice(None), slice(None), *(0,) * len(shape), 0)]
    np.testing.assert_allclose(firsts, found.sel(modality="s")[:, :, 0, 0] / 2)
    assert n_features == np.prod(shape) // 2
    found.save(tmp_path / "x.npz")
    loaded = Explanation.load(tmp_path / "x.npz")
    np.testing.assert_array_equal(loaded.expand("s"), spread)
    np.testing.assert_array_equal(loaded[1:2].expand("s"), spread[1:2])
    # displays draw channels one below the other
    assert loaded.inputs["s"].values.ndim == 3
