"""Explanations of different rows as one."""

from dataclasses import replace

import numpy as np
import pytest

from skdime import Decomposition, Explanation
from skdime._results.concatenation import blank, concatenated
from skdime._results.fields import NUMBERS, PER_FEATURE, PER_MODALITY
from skdime._results.inputs import ModalityInput


def explanation_of(words, n_rows=2, size=3, seed=0, n_model_rows=10, first_row=0):
    """A table of two columns, a text of some words and an image of some size."""
    rng = np.random.RandomState(seed)
    names = ["x0", "x1", *words, "left", "right"]
    owners = ["table"] * 2 + ["note"] * len(words) + ["scan"] * 2

    def normal(*shape):
        return rng.normal(size=(n_rows, *shape))

    decomposition = Decomposition(
        output=normal(1),
        baseline=np.array([0.5]),
        uc=normal(1),
        mi=normal(1),
        main=normal(3, 1),
        baseline_se=np.array([0.1]),
        uc_se=normal(1),
        mi_se=normal(1),
        main_se=normal(3, 1),
        row_names=np.arange(first_row, first_row + n_rows),
        modality_names=np.array(["table", "note", "scan"]),
        output_names=np.array(["risk"]),
        unit="probability",
        n_model_rows=n_model_rows,
        clipped_share=0.25,
    )
    labels = np.repeat(np.arange(2, 2 + len(words)), 4)[None].repeat(n_rows, axis=0)
    pixels = np.full((n_rows, size, size), len(names) - 2)
    pixels[:, :, 1:] += 1
    return Explanation(
        **{name: normal(2, len(names), 1) for name in PER_FEATURE},
        **{name: normal(2, 3, 1) for name in PER_MODALITY},
        effective_samples=normal(3),
        decomposition=decomposition,
        feature_names=np.array(names),
        feature_modalities=np.array(owners),
        feature_values=np.array([names] * n_rows),
        inputs={
            "note": ModalityInput("text", np.array(["".join(words)] * n_rows), labels),
            "scan": ModalityInput(
                "image", rng.randint(256, size=pixels.shape).astype(np.uint8), pixels
            ),
        },
        n_model_rows=n_model_rows,
    )


def assert_equal(actual, expected):
    for name in expected.__dataclass_fields__:
        one, two = getattr(actual, name), getattr(expected, name)
        if isinstance(two, Decomposition):
            assert_equal(one, two)
        elif isinstance(two, dict):
            assert list(one) == list(two)
            for key, part in two.items():
                np.testing.assert_array_equal(one[key].values, part.values)
                np.testing.assert_array_equal(one[key].labels, part.labels)
                assert (one[key].kind, one[key].axes) == (part.kind, part.axes)
        elif two is not None:
            np.testing.assert_array_equal(one, two, err_msg=name)


def test_parts_of_an_explanation_are_it_again():
    whole = explanation_of(["mild", "pain"], n_rows=4)
    parts = [whole[:1], whole[1:]]
    joined = concatenated(parts)
    assert joined.n_model_rows == 2 * whole.n_model_rows
    assert joined.decomposition.n_model_rows == 2 * whole.decomposition.n_model_rows
    one = replace(joined.decomposition, n_model_rows=10)
    assert_equal(replace(joined, n_model_rows=10, decomposition=one), whole)


def test_each_row_keeps_its_own_features():
    first = explanation_of(["mild", "pain"])
    second = explanation_of(["fast", "mild", "rash"], first_row=2, seed=1)
    joined = concatenated([first, second])
    words = ["mild", "pain", "fast", "rash"]
    assert joined.feature_names.tolist() == ["x0", "x1", *words, "left", "right"]
    assert joined.row_names.tolist() == [0, 1, 2, 3]
    for word in words:
        for part, rows in ((first, slice(0, 2)), (second, slice(2, 4))):
            shown = joined[rows].sel(feature=word)
            if word in part.feature_names:
                np.testing.assert_array_equal(shown, part.sel(feature=word))
            else:
                assert np.isnan(shown).all()
    # every element still belongs to the feature of its name
    for row, part in ((0, first), (3, second)):
        labels = joined.inputs["note"].labels[row]
        expected = part.inputs["note"].labels[0]
        assert (labels[len(expected) :] == -1).all()
        np.testing.assert_array_equal(
            joined.feature_names[labels[: len(expected)]], part.feature_names[expected]
        )


def test_images_of_other_sizes_are_filled_up_with_nan():
    small, large = explanation_of(["mild"], size=2), explanation_of(["mild"], size=3)
    scan = concatenated([small, large]).inputs["scan"]
    assert scan.values.shape == (4, 3, 3)
    values = small.inputs["scan"].values
    np.testing.assert_array_equal(scan.values[:2, :2, :2], values)
    assert np.isnan(scan.values[:2, 2]).all() and (scan.labels[:2, 2] == -1).all()
    assert not np.isnan(scan.values[2:]).any()


def test_axes_that_differ_are_left_out():
    first, second = (explanation_of(["mild"], first_row=i) for i in (0, 2))
    turned = replace(second.inputs["scan"], axes=(1, 0))
    second = replace(second, inputs=second.inputs | {"scan": turned})
    assert concatenated([second, second]).inputs["scan"].axes == (1, 0)
    assert concatenated([first, second]).inputs["scan"].axes is None


def test_the_clipped_share_is_that_of_all_model_rows():
    first = explanation_of(["mild"], n_model_rows=30)
    second = explanation_of(["mild"], n_model_rows=10)
    values = replace(second.decomposition, clipped_share=0.75)
    joined = concatenated([first, replace(second, decomposition=values)])
    assert joined.decomposition.clipped_share == pytest.approx(0.375)


def test_names_of_rows_keep_their_kind():
    first, second = explanation_of(["mild"]), explanation_of(["mild"])
    for names, expected in (
        (np.array([2.5, 3.5]), [0.0, 1.0, 2.5, 3.5]),
        (np.array(["a", "b"]), [0, 1, "a", "b"]),
    ):
        values = replace(second.decomposition, row_names=names)
        joined = concatenated([first, replace(second, decomposition=values)])
        assert joined.row_names.tolist() == expected


@pytest.mark.parametrize("name", ["modality_names", "output_names"])
def test_other_names_are_refused(name):
    first = explanation_of(["mild"])
    others = np.array([f"{label}s" for label in getattr(first, name)])
    values = replace(first.decomposition, **{name: others})
    with pytest.raises(ValueError, match=f"the same {name}; got .* and .*s'"):
        concatenated([first, replace(first, decomposition=values)])


def test_blank_rows_have_names_and_no_numbers():
    explained = explanation_of(["mild", "pain"])
    rows = blank(explained, np.array([7, 8, 9]))
    assert rows.row_names.tolist() == [7, 8, 9]
    assert (rows.n_model_rows, rows.decomposition.n_model_rows) == (0, 0)
    for name in NUMBERS:
        assert np.isnan(getattr(rows, name)).all()
    for name in ("output", "uc", "mi", "main", "uc_se", "mi_se", "main_se"):
        assert np.isnan(getattr(rows.decomposition, name)).all()
    np.testing.assert_array_equal(rows.decomposition.baseline, [0.5])
    assert (rows.feature_values == "").all()
    assert (rows.inputs["note"].values == "").all()
    assert not rows.inputs["scan"].values.any()
    assert all((part.labels == -1).all() for part in rows.inputs.values())
    joined = concatenated([rows, explained])
    np.testing.assert_array_equal(joined.coef[3:], explained.coef)


def test_notes_of_all_parts_are_kept():
    parts = [explanation_of(["mild"], first_row=2 * i) for i in range(5)]
    parts = [
        replace(part, decomposition=replace(part.decomposition, note=note))
        for part, note in zip(parts, ["", "a", "b", "c", "d"], strict=True)
    ]
    assert concatenated(parts[:3]).decomposition.note == "a; b"
    assert concatenated(parts).decomposition.note == "a; b; c; and 1 like these"
