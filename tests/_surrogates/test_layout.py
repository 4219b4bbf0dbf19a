"""Where rows' features stand on an axis, and what the rows hold of them."""

import numpy as np
import pytest

from skdime._results.inputs import ModalityInput, stacked
from skdime._rows.multimodal_array import MultimodalArray
from skdime._surrogates.layout import contents, layout_of_columns, layout_of_rows
from skdime._surrogates.local_fits import by_part
from skdime.perturbers import MaskPerturber, TabularPerturber


class Letters(MaskPerturber):
    """Features are the different letters of a text, in order."""

    kind = "text"

    def features(self, cell):
        return sorted(set(cell.replace(" ", "")))

    def perturb(self, cell, masks):
        names = self.features(cell)
        gone = [
            {n for n, keep in zip(names, mask, strict=True) if not keep}
            for mask in masks
        ]
        return ["".join("-" if c in some else c for c in cell) for some in gone]

    def labels(self, cell):
        names = self.features(cell)
        return np.array([-1 if c == " " else names.index(c) for c in cell], dtype=int)

    def describe(self, cell):
        return [f"{name} x{cell.count(name)}" for name in self.features(cell)]


class Nameless(Letters):
    """Features that are no sets of characters."""

    def labels(self, cell):
        return None


def blocks(texts):
    table = np.arange(2.0 * len(texts)).reshape(-1, 2)
    return [table, MultimodalArray(word=texts), MultimodalArray(other=texts[::-1])]


@pytest.fixture
def perturbers():
    """A table between two modalities of texts, in the order (text, table, text)."""
    table, first, second = blocks(["ab", "b c", "a"])
    names = np.array(["u", "v"])
    tabular = TabularPerturber().fit(
        table, n_samples=4, feature_names=names, random_state=np.random.RandomState(0)
    )
    return [
        ("word", Letters().fit(first)),
        ("table", tabular),
        ("other", Letters().fit(second)),
    ]


@pytest.fixture
def given():
    """Rows to explain, in the order of `perturbers`."""
    table, first, second = blocks(["ca", "", "dd a"])
    return [first, table, second]


def test_columns_are_those_of_fit_and_one_for_others(perturbers):
    layout = layout_of_columns(perturbers)
    letters = ["a", "b", "c", "<other>"]
    assert sorted(layout.names[:3]) == letters[:3]
    assert layout.names[3:].tolist() == [
        "<other>",
        "u",
        "v",
        *layout.names[:3],
        "<other>",
    ]
    expected = 4 * ["word"] + 2 * ["table"] + 4 * ["other"]
    assert layout.modalities.tolist() == expected
    assert len(layout) == 10


def test_columns_of_features(perturbers):
    layout = layout_of_columns(perturbers)
    names = layout.names.tolist()
    for m, start in ((0, 0), (2, 6)):
        positions = layout.positions(m, ["c", "z", "a", "y"])
        expected = [names.index("c"), 3, names.index("a"), 3]
        np.testing.assert_array_equal(positions, start + np.array(expected))
        assert layout.positions(m, []).shape == (0,)
    assert layout.positions(1, None) == layout.whole(1) == slice(4, 6)


def test_the_union_is_in_order_of_first_appearance(perturbers, given):
    layout = layout_of_rows(perturbers, given)
    assert layout.names.tolist() == ["a", "c", "d", "u", "v", "a", "d", "c"]
    np.testing.assert_array_equal(layout.positions(0, ["c", "a"]), [1, 0])
    np.testing.assert_array_equal(layout.positions(2, ["c", "a"]), [7, 5])
    assert layout.positions(2, []).dtype.kind == "i"
    assert layout.positions(1) == slice(3, 5)


def test_a_modality_without_features(perturbers):
    layout = layout_of_rows(
        perturbers, [*blocks(["", " "])[1::-1], blocks(["a", "b"])[2]]
    )
    assert layout.names.tolist() == ["u", "v", "b", "a"]
    assert layout.whole(0) == slice(0, 0)


def test_rows_are_described_where_they_have_features(perturbers, given):
    layout = layout_of_rows(perturbers, given)
    values, _ = contents(layout, perturbers, given, np.arange(len(layout)))
    assert values[0].tolist()[:3] == ["a x1", "c x1", ""]
    assert values[1].tolist()[:3] == ["", "", ""]
    assert values[2].tolist()[:3] == ["a x1", "", "d x2"]
    np.testing.assert_array_equal(values[:, 3:5], perturbers[1][1].describe(given[1]))
    assert values[2].tolist()[5:] == ["a x1", "", "c x1"]


def test_inputs_have_labels_on_the_whole_axis(perturbers, given):
    layout = layout_of_rows(perturbers, given)
    _, inputs = contents(layout, perturbers, given, np.arange(len(layout)))
    assert list(inputs) == ["word", "other"]
    assert inputs["word"].kind == "text"
    assert inputs["word"].values.tolist() == ["ca", "", "dd a"]
    labels = [[1, 0, -1, -1], [-1, -1, -1, -1], [2, 2, -1, 0]]
    np.testing.assert_array_equal(inputs["word"].labels, labels)
    labels = [[6, 6, -1, 5], [-1, -1, -1, -1], [7, 5, -1, -1]]
    np.testing.assert_array_equal(inputs["other"].labels, labels)


def test_features_that_are_no_parts_have_no_input(perturbers, given):
    perturbers[0] = ("word", Nameless().fit(given[0]))
    layout = layout_of_rows(perturbers, given)
    _, inputs = contents(layout, perturbers, given, np.arange(len(layout)))
    assert list(inputs) == ["other"]


# --- elements -----------------------------------------------------------------------


def coefficients(n_rows, n_features, n_outputs=2):
    size = (n_rows, 2, n_features, n_outputs)
    return np.random.RandomState(0).normal(size=size)


def test_coefficients_are_divided_by_the_number_of_elements():
    labels = np.array([[0, 2, 2, -1], [1, 1, 1, 1]])
    coef = coefficients(2, 3)
    coef[0, :, 1] = coef[1, :, 0] = coef[1, :, 2] = np.nan
    spread = ModalityInput("text", np.array(["abcd", "efgh"]), labels).expand(coef)
    assert spread.shape == (2, 2, 4, 2)
    np.testing.assert_allclose(spread[0, :, 0], coef[0, :, 0])
    np.testing.assert_allclose(spread[0, :, 1], coef[0, :, 2] / 2)
    np.testing.assert_array_equal(spread[0, :, 3], np.zeros((2, 2)))
    np.testing.assert_allclose(spread[1].sum(axis=1), coef[1, :, 1])


@pytest.mark.parametrize("shape", [(7,), (2, 9), (4, 5)])
def test_elements_of_a_feature_add_up_to_its_coefficient(shape):
    rng = np.random.RandomState(0)
    labels = rng.randint(-1, 4, size=(3, *shape))
    coef = coefficients(3, 4)
    spread = ModalityInput("image", np.zeros((3, *shape)), labels).expand(coef)
    assert spread.shape == (3, 2, *shape, 2)
    for row, feature in np.ndindex(3, 4):
        here = labels[row] == feature
        if here.any():
            np.testing.assert_allclose(
                spread[row][:, here].sum(axis=1), coef[row, :, feature]
            )
        assert not spread[row][:, labels[row] == -1].any()


def test_series_of_unequal_length_end_in_nan():
    series = [np.arange(6.0).reshape(2, 3), np.arange(4).reshape(2, 2)]
    labels = [np.zeros((2, 3), dtype=int), np.ones((2, 2), dtype=int)]
    held = stacked("series", series, labels)
    assert held.values.shape == held.labels.shape == (2, 2, 3)
    np.testing.assert_array_equal(held.values[1, :, 2], [np.nan, np.nan])
    np.testing.assert_array_equal(held.values[1, :, :2], series[1])
    np.testing.assert_array_equal(held.labels[1], [[1, 1, -1], [1, 1, -1]])
    assert held.labels.dtype.kind == "i"


def test_images_keep_their_dtype():
    images = [np.full((3, 4, 3), 200, dtype=np.uint8)] * 2
    held = stacked("image", images, [np.zeros((3, 4), dtype=int)] * 2)
    assert held.values.dtype == np.uint8
    assert held.values.shape == (2, 3, 4, 3)


def test_images_of_unequal_size_are_filled_up():
    images = [np.full((2, 4), 200, dtype=np.uint8), np.full((3, 1), 7, dtype=np.uint8)]
    held = stacked("image", images, [np.zeros(i.shape, dtype=int) for i in images])
    assert held.values.shape == (2, 3, 4)
    np.testing.assert_array_equal(held.values[1, :, 0], [7, 7, 7])
    assert np.isnan(held.values[1, :, 1:]).all()
    assert (held.labels[1, :, 1:] == -1).all()


def test_no_elements_at_all():
    held = stacked("text", ["", ""], [np.empty(0, dtype=int)] * 2)
    assert held.values.tolist() == ["", ""]
    assert held.expand(coefficients(2, 3)).shape == (2, 2, 0, 2)


def test_rows_of_an_input():
    held = stacked("text", ["ab", "c"], [np.array([0, 1]), np.array([2])])
    one = held[np.array([1])]
    assert (one.kind, one.values.tolist()) == ("text", ["c"])
    np.testing.assert_array_equal(one.labels, [[2, -1]])


def test_parts_stand_after_rows():
    values = np.arange(2 * 3 * 4).reshape(2, 3, 4)  # targets: UC and MI of two outputs
    parted = by_part(values)
    assert parted.shape == (2, 2, 3, 2)
    np.testing.assert_array_equal(parted[:, 0], values[:, :, :2])
    np.testing.assert_array_equal(parted[:, 1], values[:, :, 2:])
    assert by_part(np.empty((1, 0, 4))).shape == (1, 2, 0, 2)
    assert by_part(np.empty((5, 4))).shape == (5, 2, 2)
