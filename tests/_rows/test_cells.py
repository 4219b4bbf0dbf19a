"""What one row holds: casts that lose nothing, and objects that stay what they are."""

import numpy as np
import pytest

from skdime._rows.cells import (
    as_arrays,
    as_dtype,
    copied,
    is_missing,
    is_objects,
    item_bytes,
    items_by_column,
    like,
    objects,
    stacked,
    without_loss,
)
from skdime._rows.containers import cells, with_cells


class TestAsDtype:
    def test_floats_are_rounded_and_kept_in_range(self):
        values = as_dtype(np.array([-3.0, 1.6, 300.0]), np.dtype(np.uint8))
        assert values.dtype == np.uint8
        assert values.tolist() == [0, 2, 255]

    def test_texts_are_as_wide_as_they_need(self):
        values = as_dtype(np.array(["a", "a long text"]), np.dtype("U1"))
        assert values.tolist() == ["a", "a long text"]

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_integers_are_finite(self, value):
        with pytest.raises(ValueError, match=r"NaN or infinity.*dtype int64"):
            as_dtype(np.array([value]), np.dtype(np.int64))

    def test_booleans_are_rounded(self):
        assert as_dtype(np.array([0.2, 0.9]), np.dtype(bool)).tolist() == [False, True]


class TestWithoutLoss:
    def test_floats_may_get_shorter(self):
        values = without_loss(np.array([0.1]), np.dtype(np.float32))
        assert values.dtype == np.float32

    def test_whole_numbers_become_integers(self):
        values = without_loss(np.array([2.0, -1.0]), np.dtype(np.int8))
        assert values.dtype == np.int8
        assert values.tolist() == [2, -1]

    @pytest.mark.parametrize("value", [0.5, 128.0, -129.0])
    def test_another_value_is_refused(self, value):
        with pytest.raises(ValueError, match=f"value {value} is none that dtype int8"):
            without_loss(np.array([value]), np.dtype(np.int8))

    def test_numbers_are_no_texts(self):
        with pytest.raises(ValueError, match="replace texts"):
            without_loss(np.array([1.0]), np.dtype("U3"))

    def test_nothing_becomes_nothing_of_the_dtype(self):
        values = without_loss(np.array([]), np.dtype(np.int16))
        assert values.dtype == np.int16
        assert not len(values)


class TestStacked:
    def test_cells_of_one_shape(self):
        values = stacked([np.ones(2), np.zeros(2)], (2,), np.dtype(np.int64))
        assert values.dtype == np.int64
        assert values.tolist() == [[1, 1], [0, 0]]

    def test_no_cells(self):
        values = stacked([], (3,), np.dtype(np.float32))
        assert values.shape == (0, 3)
        assert values.dtype == np.float32

    def test_objects_are_not_cast(self):
        values = stacked([[1, "a"], [None, 2.5]], (2,), np.dtype(object))
        assert values.tolist() == [[1, "a"], [None, 2.5]]

    def test_another_shape(self):
        with pytest.raises(ValueError, match=r"shape \(3,\).*shape \(2,\)"):
            stacked([np.zeros(2), np.zeros(3)], (2,), np.dtype(float))


class TestObjects:
    def test_arrays_are_not_taken_apart(self):
        items = [np.zeros(2), np.ones(2)]
        array = objects(items)
        assert array.shape == (2,)
        assert array[1] is items[1]

    def test_one_list_for_each_column(self):
        assert items_by_column([(1, "a"), (2, "b")], 2) == [[1, 2], ["a", "b"]]
        with pytest.raises(ValueError, match=r"1 value, but X has 2 columns"):
            items_by_column([(1, "a"), (2,)], 2)

    def test_copies_share_nothing(self):
        original = [[1], np.zeros(2)]
        copy = copied(original)
        copy[0].append(2)
        copy[1][:] = 1
        assert original[0] == [1]
        assert not original[1].any()

    def test_what_cannot_be_copied_is_the_original(self):
        generator = (i for i in range(3))
        assert copied(generator) is generator

    def test_the_dtype_of_objects_is_that_of_numpy(self):
        assert is_objects(np.dtype(object))
        assert not is_objects(np.dtype(float))
        pd = pytest.importorskip("pandas")
        assert not is_objects(pd.CategoricalDtype())  # its kind is O as well


class TestSeriesInCells:
    @pytest.mark.parametrize("library", ["pandas", "polars"])
    def test_become_arrays(self, library):
        series = pytest.importorskip(library).Series([1, 2])
        first, second = as_arrays(["text", series])
        assert first == "text"
        assert type(second) is np.ndarray
        assert second.tolist() == [1, 2]

    def test_arrays_take_the_dtype_of_the_example(self):
        (item,) = like([[1.0, 2.0]], [np.zeros(5, dtype=np.int16)])
        assert item.dtype == np.int16
        assert like(["a", None], ["text"]) == ["a", None]

    def test_missing_ones_stay_missing(self):
        first, second = like([None, [1.0]], [None, np.zeros(2, dtype=np.int8)])
        assert first is None
        assert second.dtype == np.int8
        pd = pytest.importorskip("pandas")
        X = pd.DataFrame({"ecg": [np.zeros(2), None]})
        assert with_cells(X, cells(X))["ecg"][1] is None

    def test_index_and_name_of_pandas(self):
        pd = pytest.importorskip("pandas")
        example = pd.Series([1, 2], index=["u", "v"], name="lead")
        same, longer = like([[3.0, 4.0], [1.0, 2.0, 3.0]], [example])
        pd.testing.assert_series_equal(same, example + 2)
        assert longer.name == "lead"
        assert longer.index.tolist() == [0, 1, 2]

    def test_name_and_dtype_of_polars(self):
        pl = pytest.importorskip("polars")
        (item,) = like([[3.0]], [pl.Series("lead", [1], dtype=pl.Int8)])
        assert item.name == "lead"
        assert item.dtype == pl.Int8


class TestBytes:
    def test_views_count_as_what_they_show(self):
        assert item_bytes(np.zeros((10, 100))[0]) == 800

    def test_what_lists_and_arrays_of_objects_hold(self):
        array = np.zeros(1000)
        assert item_bytes([array, array]) > 16_000
        assert item_bytes(objects([array, array])) > 16_000

    def test_texts(self):
        assert item_bytes("a" * 1000) - item_bytes("") == 1000


class TestMissing:
    @pytest.mark.parametrize(
        "value", [None, np.nan, float("nan"), np.float32("nan"), np.datetime64("NaT")]
    )
    def test_markers(self, value):
        assert is_missing(value)

    @pytest.mark.parametrize(
        "value",
        [
            0,
            "",
            "nan",
            False,
            [],
            [None],
            np.zeros(2),
            np.zeros(0),
            np.array([np.nan] * 2),
        ],
    )
    def test_what_is_a_value(self, value):
        assert not is_missing(value)

    def test_markers_of_pandas(self):
        pd = pytest.importorskip("pandas")
        assert is_missing(pd.NA)
        assert is_missing(pd.NaT)
