"""What is drawn of texts, series and images."""

from base64 import b64decode

import numpy as np

from skdime._results.inputs import ModalityInput
from skdime._results.labels import runs
from skdime._results.page.drawable import drawable
from tests._results._explained import TEXTS, explanation_of
from tests._results._png import pixels_of


def test_runs():
    assert runs([3, 3, -1, 3]) == [(0, 2, 3), (2, 3, -1), (3, 4, 3)]
    assert runs([]) == []


SIZES = np.ones(11)


def test_pieces_of_a_text_put_it_together_again():
    explanation = explanation_of(np.random.RandomState(0))
    for row, text in enumerate(TEXTS):
        drawn = drawable(
            explanation.inputs["note"], row, explanation.feature_names, SIZES
        )
        assert "".join(piece for piece, _ in drawn["pieces"]) == text


def test_a_series_ends_where_its_values_end():
    values = np.array([[[1.0, np.nan, 3.0, np.nan, np.nan]]])
    held = ModalityInput("series", values, np.array([[[0, 0, 1, -1, -1]]]))
    (channel,) = drawable(held, 0, np.array(["II[0:2]", "II[2:3]"]), None)["channels"]
    np.testing.assert_array_equal(channel["y"], [1.0, np.nan, 3.0])
    assert (channel["length"], channel["name"]) == (3, "II")
    assert channel["runs"] == [(0, 2, 0), (2, 3, 1)]


def test_a_long_series_keeps_its_extremes():
    values = np.random.RandomState(0).normal(size=(1, 1, 10_000))
    values[0, 0, [1234, 7777]] = 50, -50
    held = ModalityInput("series", values, np.zeros((1, 1, 10_000), dtype=int))
    (channel,) = drawable(held, 0, np.array(["all"]), None)["channels"]
    points = dict(zip(channel["x"], channel["y"], strict=True))
    assert len(points) <= 802
    assert (points[1234], points[7777]) == (50, -50)
    assert {0, 9999} <= set(points)
    assert channel["name"] == "channel 0"


def test_the_padding_of_a_smaller_image_is_left_out():
    image = np.full((1, 5, 6), np.nan)
    image[0, :2, :3] = [[0, 0.5, 1], [1, 1, 1]]
    labels = np.full((1, 5, 6), -1)
    labels[0, :2, :3] = [[0, 0, 1], [1, 1, 1]]
    drawn = drawable(ModalityInput("image", image, labels), 0, None, None)
    assert drawn["size"] == (2, 3)
    assert drawn["labels"].tolist() == [[0, 0, 1], [1, 1, 1]]
    assert pixels_of(b64decode(drawn["uri"].partition(",")[2])).ravel().tolist() == [
        *(0, 128, 255),
        *(255, 255, 255),
    ]


def test_a_large_image_is_drawn_with_fewer_pixels():
    held = ModalityInput("image", np.zeros((1, 100, 900)), np.zeros((1, 100, 900), int))
    drawn = drawable(held, 0, None, None)
    assert drawn["size"] == (100, 900)
    assert drawn["labels"].shape == (34, 300)
    assert not drawn["labels"].any()
