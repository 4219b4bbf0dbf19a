"""Images as colours, and PNG."""

import numpy as np
import pytest

from skdime._results.pixels import as_colours, png
from tests._results._png import pixels_of


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3), (3, 5, 4), (1, 1), (5, 1, 3)])
def test_png_holds_the_bytes_of_the_image(shape):
    image = np.random.RandomState(0).randint(256, size=shape).astype(np.uint8)
    drawn = pixels_of(png(as_colours(image)))
    np.testing.assert_array_equal(drawn.reshape(shape), image)


def test_colours_of_other_kinds_of_numbers():
    np.testing.assert_array_equal(
        as_colours(np.array([[0.0, 0.25, 1]])), [[0, 0.25, 1]]
    )
    np.testing.assert_array_equal(as_colours(np.array([[-1.0, 0, 1]])), [[0, 0.5, 1]])
    np.testing.assert_array_equal(as_colours(np.array([[0, 2, 4]])), [[0, 0.5, 1]])
    np.testing.assert_array_equal(as_colours(np.array([[[0.0, 1]]])), [[0.5]])
    np.testing.assert_array_equal(as_colours(np.array([[7.0, 7]])), [[0, 0]])
