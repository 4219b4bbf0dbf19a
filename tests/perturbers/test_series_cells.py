"""Series in lists and in columns of frames: replaced values are of their kind."""

import numpy as np
import pytest

from skdime import MultimodalArray
from tests.perturbers._series import MASKS, MEAN, ONE_KEPT, X, halves


def kinds(cell):
    """The type of a cell, of what it holds, and so on."""
    if isinstance(cell, (list, tuple)):
        return type(cell).__name__, kinds(cell[0])
    return type(cell).__name__


ONE = X[:, 0]


@pytest.mark.parametrize(
    ("rows", "channel_axis", "expected"),
    [
        (ONE.tolist(), 0, ("list", "float")),
        ([tuple(row) for row in ONE.tolist()], 0, ("tuple", "float")),
        ([list(row) for row in ONE.astype("f")], 0, ("list", "float32")),
        (X.tolist(), 0, ("list", ("list", "float"))),
        (X.transpose(0, 2, 1).tolist(), -1, ("list", ("list", "float"))),
        (
            [tuple(map(tuple, row)) for row in X.tolist()],
            0,
            ("tuple", ("tuple", "float")),
        ),
    ],
)
@pytest.mark.parametrize("library", ["list", "pandas"])
def test_lists_of_numbers_stay_such(rows, channel_axis, expected, library):
    if library == "pandas":
        pd = pytest.importorskip("pandas")
        held = pd.Series(rows)
    else:
        held = rows
    given = MultimodalArray(s=held)
    perturber = halves(channel_axis=channel_axis).fit(given)
    one_channel = np.ndim(rows[0]) == 1
    masks = MASKS[:, :2] if one_channel else MASKS
    found = list(perturber.perturb_row(given[[0]], masks)["s"])
    assert [kinds(cell) for cell in found] == [expected] * 3
    wanted = np.stack([X[0], ONE_KEPT, MEAN])
    if one_channel:
        wanted = np.stack([X[0, 0], MEAN[0], MEAN[0]])
    elif channel_axis == -1:
        wanted = wanted.transpose(0, 2, 1)
    np.testing.assert_array_equal([np.array(cell) for cell in found], wanted)


def test_integers_in_lists_are_such_if_all_rows_have_nothing_else():
    half = np.array([[False, False]])
    whole = halves().fit(MultimodalArray(s=[[1, 2, 3, 4], [2, 2, 4, 9]]))
    assert whole.perturb([1, 2, 3, 4], half) == [[2, 2, 4, 6]]
    # as JSON writes it: 1 and 2 are numbers like 2.5
    mixed = halves().fit(MultimodalArray(s=[[1, 2, 3, 4], [2.5, 2, 4, 9]]))
    assert mixed.perturb([1, 2, 3, 4], half) == [[1.75, 2.0, 3.5, 6.5]]


def test_lists_in_the_columns_of_a_frame_are_channels():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": X[:, 0].tolist(), "b": X[:, 1].tolist()})
    perturber = halves().fit(frame, np.array(["a", "b"]))
    found = perturber.perturb_row(frame[:1], MASKS)
    assert [type(cell) for cell in found["a"]] == [list] * 3
    held = [[found[name][i] for name in "ab"] for i in range(3)]
    np.testing.assert_array_equal(held, [X[0], ONE_KEPT, MEAN])


def test_null_in_a_list_of_polars():
    pl = pytest.importorskip("polars")
    held = MultimodalArray(s=pl.Series([[1.0, None, 3.0]] * 3))
    with pytest.raises(TypeError, match=r"\(None, null, NA\) is nan in a series"):
        halves().fit(held)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_noise_in_columns_of_short_integers(library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({name: np.array([127, -128], np.int8) for name in "abcd"})
    perturber = halves(replacement="noise").fit(frame, random_state=0)
    found = perturber.perturb_row(frame[:1], np.zeros((1, 2), dtype=bool))
    assert [str(dtype).lower() for dtype in found.dtypes] == ["int8"] * 4
    expected = np.clip(np.rint(perturber.replacement_), -128, 127)
    np.testing.assert_array_equal(found.to_numpy(), expected)
