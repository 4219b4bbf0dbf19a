"""Columns of a table kept, or replaced by one value of the data."""

import datetime

import numpy as np
import pytest
import scipy.sparse as sp

from skdime import MultimodalArray
from skdime._rows.containers import cells
from skdime.perturbers import MaskedTabularPerturber, TabularPerturber

# Medians 3, 30 and 0.
X = np.array([[1, 30, 0], [3, 90, 7], [9, 20, 0]])
MASKS = np.array([[1, 1, 1], [1, 0, 0], [0, 1, 1], [0, 0, 0]], dtype=bool)
PERTURBED = [[9, 20, 0], [9, 30, 0], [3, 20, 0], [3, 30, 0]]


def test_columns_are_kept_or_have_the_median():
    perturber = MaskedTabularPerturber().fit(X, ["a", "b", "c"])
    np.testing.assert_array_equal(perturber.replacement_, [[3, 30, 0]])
    found = perturber.perturb_row(X[[2]], MASKS)
    np.testing.assert_array_equal(found, PERTURBED)
    assert found.dtype == X.dtype
    assert perturber.feature_names_.tolist() == ["a", "b", "c"]
    assert perturber.features(X[0]) == ["a", "b", "c"]


def test_cells_are_perturbed_like_rows():
    perturber = MaskedTabularPerturber().fit(X)
    np.testing.assert_array_equal(perturber.perturb(X[2], MASKS), PERTURBED)
    assert perturber.inert(X[2]).tolist() == [False, False, True]
    assert perturber.describe(X[2]) == ["9", "20", "0"]
    assert perturber.features(X[2]) == ["x0", "x1", "x2"]
    assert perturber.labels(X[2]) is None and perturber.kind is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5.0, 1.0, 2.0], 2.0),
        ([4.0, 1.0, 2.0, 3.0], 2.0),
        ([3.0, 4.0, 1.0, 2.0], 3.0),
        ([1.0, 2.0, 3.0, 4.0, 1e9], 3.0),
        ([0.0, 1.0, 1.0], 1.0),
        ([7.0], 7.0),
        ([np.nan, np.nan, np.nan, 5.0, 6.0, 8.0], 6.0),
        ([np.inf, 5.0, 6.0, 8.0, -np.inf], 6.0),
        ([1e18, 1e18 + 256, 1e18 + 1024], 1e18 + 256),
        ([np.nan, np.nan], np.nan),
    ],
    ids=str,
)
def test_replacement_of_a_number(values, expected):
    column = np.array(values)[:, None]
    perturber = MaskedTabularPerturber().fit(column)
    np.testing.assert_array_equal(perturber.replacement_, [[expected]])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["b", "a", "a", "c"], "a"),
        (["b", None, None, "c"], None),
        ([2, 2, 9, 50, 60], 2),
        ([True, False, True], True),
    ],
    ids=str,
)
def test_replacement_of_a_category(values, expected):
    column = np.array(values, dtype=object)[:, None]
    perturber = MaskedTabularPerturber(categorical_features=[0]).fit(column)
    assert perturber.replacement_.tolist() == [[expected]]
    assert type(perturber.replacement_[0, 0]) is type(expected)
    assert perturber.categorical_.tolist() == [True]


def test_values_of_a_group_are_from_one_row():
    # one-hot: the medians alone, (0, 0, 0), are none of the rows
    one_hot = np.repeat(np.eye(3), [2, 4, 3], axis=0)
    alone = MaskedTabularPerturber().fit(one_hot)
    np.testing.assert_array_equal(alone.replacement_, [[0, 0, 0]])
    together = MaskedTabularPerturber(groups={"colour": [0, 1, 2]}).fit(one_hot)
    np.testing.assert_array_equal(together.replacement_, [[0, 1, 0]])
    found = together.perturb_row(one_hot[[0]], np.array([[True], [False]]))
    np.testing.assert_array_equal(found, [[1, 0, 0], [0, 1, 0]])


def test_columns_of_a_group_count_alike_whatever_their_unit():
    # sums of distances 3, 2, 3 and 3000, 4000, 5000; divided by their means 8/3 and
    # 4000 and added: 1.875, 1.75, 2.375. In plain numbers the first row would win
    rows = np.array([[0.0, 1000.0], [1.0, 0.0], [2.0, 3000.0]])
    perturber = MaskedTabularPerturber(groups={"g": [0, 1]}).fit(rows)
    np.testing.assert_array_equal(perturber.replacement_, rows[[1]])


def test_groups_of_numbers_and_categories():
    rows = np.array(
        [[1.0, "x"], [2.0, "y"], [2.1, "x"], [3.0, "x"], [np.nan, "x"]], dtype=object
    )
    perturber = MaskedTabularPerturber(groups={"g": [0, 1]}).fit(rows)
    assert perturber.replacement_.tolist() == [[2.1, "x"]]
    assert perturber.feature_names_.tolist() == ["g"]
    assert perturber.describe(rows[0]) == ["1.0, x"]
    # a group is without effect if all of its columns are
    assert perturber.inert(rows[2]).tolist() == [True]
    assert perturber.inert(np.array([2.1, "y"], dtype=object)).tolist() == [False]


def test_groups_stand_at_their_first_column():
    perturber = MaskedTabularPerturber(groups={"g": ["c", 0]})
    perturber.fit(X, ["a", "b", "c"])
    assert perturber.feature_names_.tolist() == ["g", "b"]
    found = perturber.perturb_row(X[[1]], np.array([[True, False], [False, True]]))
    # sums of distances by a are 10, 8, 14, by c 7, 14, 7; divided by their means
    # 32/3 and 28/3 and added: 1.6875, 2.25, 2.0625
    np.testing.assert_array_equal(perturber.replacement_, [[1, 30, 0]])
    np.testing.assert_array_equal(found, [[3, 30, 7], [1, 90, 0]])


def test_sparse_rows_stay_sparse():
    rows = sp.csr_matrix(X)
    perturber = MaskedTabularPerturber().fit(rows)
    found = perturber.perturb_row(rows[[2]], MASKS)
    assert sp.issparse(found) and found.format == "csr" and found.dtype == X.dtype
    np.testing.assert_array_equal(found.toarray(), PERTURBED)
    assert perturber.inert(X[2]).tolist() == [False, False, True]


def pandas_frame(pd):
    times = pd.to_datetime(["2024-01-03", "2024-01-01", None]).tz_localize("UTC")
    return pd.DataFrame(
        {
            "float": [0.1, np.nan, 0.3],
            "int": np.array([7, 5, 6], dtype="int8"),
            "nullable": pd.array([2**53 + 1, None, 2**53 + 3], dtype="Int64"),
            "bool": [True, False, True],
            "category": pd.Categorical(["u", "v", "v"], categories=["w", "v", "u"]),
            "text": ["s", "s", None],
            "object": pd.Series(["p", 1, 1], dtype=object),
            "time": times,
            "lasting": pd.to_timedelta([3, 1, 2], unit="h"),
        },
        index=[5, 6, 7],
    )


def polars_frame(pl):
    days = [datetime.date(2024, 1, 3), datetime.date(2024, 1, 1), None]
    return pl.DataFrame(
        {
            "float": [0.1, None, 0.3],
            "int": pl.Series([7, 5, 6], dtype=pl.Int8),
            "nullable": [2**53 + 1, None, 2**53 + 3],
            "bool": [True, False, True],
            "category": pl.Series(["u", "v", "v"], dtype=pl.Enum(["w", "v", "u"])),
            "text": ["s", "s", None],
            "time": days,
        }
    )


# Of each column the row that holds its replacement.
REPLACEMENT = {
    "float": 0,
    "int": 2,
    "nullable": 0,
    "bool": 0,
    "category": 1,
    "text": 0,
    "object": 1,
    "time": 0,
    "lasting": 2,
}
FRAMES = {"pandas": pandas_frame, "polars": polars_frame}


def same(one, other):
    """Whether two items are equal; all kinds of missing ones are."""
    missing = [
        item is None or str(item) in ("nan", "NaT", "<NA>") for item in (one, other)
    ]
    return missing[0] == missing[1] and (missing[0] or one == other)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("row", [0, 1, 2])
def test_values_and_dtypes_of_frames_are_never_cast(library, row):
    frame = FRAMES[library](pytest.importorskip(library))
    names = list(frame.columns)
    perturber = MaskedTabularPerturber().fit(frame, np.array(names))
    masks = np.vstack([np.eye(len(names)), np.zeros((1, len(names)))]).astype(bool)
    found = perturber.perturb_row(frame[row : row + 1], masks)
    assert list(found.columns) == names and len(found) == len(masks)
    assert list(found.dtypes) == list(frame.dtypes)
    for j, name in enumerate(names):
        original = list(frame[name])
        for kept, item in zip(masks[:, j], list(found[name]), strict=True):
            source = row if kept else REPLACEMENT[name]
            assert same(item, original[source]), (name, item, original[source])


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_inert_columns_and_texts_of_frames(library):
    frame = FRAMES[library](pytest.importorskip(library))
    names = list(frame.columns)
    perturber = MaskedTabularPerturber().fit(frame, np.array(names))
    for row, cell in enumerate(cells(frame)):
        expected = [
            same(list(frame[name])[row], list(frame[name])[REPLACEMENT[name]])
            for name in names
        ]
        assert perturber.inert(cell).tolist() == expected
    texts = dict(zip(names, perturber.describe(cells(frame)[0]), strict=True))
    assert texts["int"] == "7" and texts["float"] == "0.1" and texts["bool"] == "True"
    assert texts["nullable"] == str(2**53 + 1)
    assert texts["time"].startswith("2024-01-03")


def test_whole_numbers_of_a_frame_are_described_as_such():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5]})
    perturber = MaskedTabularPerturber().fit(frame, np.array(["a", "b"]))
    assert perturber.describe(cells(frame)[2]) == ["3", "2.5"]


# Tables under a key of a MultimodalArray


def test_a_table_under_a_key():
    data = MultimodalArray(labs=X)
    perturber = MaskedTabularPerturber().fit(data, np.array(["labs"]))
    assert perturber.feature_names_.tolist() == ["x0", "x1", "x2"]
    found = perturber.perturb_row(data[[2]], MASKS)
    np.testing.assert_array_equal(found["labs"], PERTURBED)
    assert perturber.inert(X[2]).tolist() == [False, False, True]


@pytest.mark.parametrize(
    "items",
    [[1, 5, 2], np.array([1, 5, 2]), ["a", "b", "b"]],
    ids=["list", "array", "texts"],
)
def test_single_values_under_a_key(items):
    data = MultimodalArray(age=items)
    perturber = MaskedTabularPerturber().fit(data, np.array(["age"]))
    assert perturber.feature_names_.tolist() == ["age"]
    found = perturber.perturb_row(data[[1]], np.array([[True], [False]]))
    assert type(found["age"]) is type(items)
    assert list(found["age"]) == [items[1], items[2]]


def test_a_frame_under_a_key():
    pd = pytest.importorskip("pandas")
    data = MultimodalArray(labs=pd.DataFrame(X, columns=list("abc")))
    perturber = MaskedTabularPerturber().fit(data, np.array(["labs"]))
    assert perturber.feature_names_.tolist() == ["a", "b", "c"]
    found = perturber.perturb_row(data[[2]], MASKS)["labs"]
    np.testing.assert_array_equal(found.to_numpy(), PERTURBED)


@pytest.mark.parametrize(
    "rows", [X, X[:, 0], X[:, 0].tolist()], ids=["2-D", "1-D", "list"]
)
def test_tabular_perturber_draws_tables_under_a_key(rows):
    data = MultimodalArray(labs=rows)
    plain = np.reshape(rows, (3, -1))
    names = np.array([f"x{j}" for j in range(plain.shape[1])])
    seen = [
        TabularPerturber().fit(table, 30, columns, np.random.RandomState(0))
        for table, columns in [(data, np.array(["labs"])), (plain, names)]
    ]
    drawn = seen[0].draws_["labs"]
    assert type(drawn) is type(rows)
    np.testing.assert_array_equal(np.reshape(drawn, (30, -1)), seen[1].draws_)
    designs = [
        perturber.design(table, "auto", "auto")
        for perturber, table in zip(seen, [data, plain], strict=True)
    ]
    np.testing.assert_array_equal(designs[0].weights, designs[1].weights)
    np.testing.assert_array_equal(designs[0].contrast, designs[1].contrast)
    np.testing.assert_array_equal(seen[0].describe(data), plain.astype(str))
    expected = names.tolist() if plain.shape[1] > 1 else ["labs"]
    assert seen[0].feature_names_.tolist() == expected


# Errors


@pytest.mark.parametrize(
    ("options", "rows", "message"),
    [
        (
            {"categorical_features": "all"},
            X,
            "'categorical_features' parameter of Masked",
        ),
        ({"categorical_features": ["z"]}, X, "asks for column 'z'"),
        ({"groups": {"g": [0, 5]}}, X, "`groups` asks for column 5"),
        ({"groups": {"g": [0], "h": [0]}}, X, "in both 'g' and 'h'"),
        ({"groups": [[0, 1]]}, X, "`groups` must be a dict"),
        ({"groups": {"x2": [0, 1]}}, X, "which is also a column outside"),
        (
            {"categorical_features": []},
            np.array([["a"], ["b"]], dtype=object),
            "'x0' cannot be read as numbers",
        ),
        ({}, X[:, :, None], r"the modality has shape \(3, 3, 1\)"),
        ({}, MultimodalArray(a=X[:, 0], b=X[:, 1]), r"has the keys \['a', 'b'\]"),
        ({}, MultimodalArray(a=X[:, :, None]), r"the modality has shape \(3, 3, 1\)"),
    ],
)
def test_wrong_input(options, rows, message):
    with pytest.raises((ValueError, TypeError), match=message):
        MaskedTabularPerturber(**options).fit(rows)
