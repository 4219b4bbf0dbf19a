"""Outlines of regions: filled again they are the regions."""

import re

import numpy as np
import pytest

from skdime._results.page.outlines import outlines


def filled(path, shape):
    """Pixels inside a path, by how often it winds around their centres."""
    winding = np.zeros(shape, dtype=int)
    for loop in re.findall("M[^z]*z", path):
        x, y = map(int, re.match(r"M(\d+),(\d+)", loop).groups())
        steps = [(axis, int(n)) for axis, n in re.findall(r"([hv])(-?\d+)", loop)]
        x_first, y_first = x, y
        for axis, n in steps:
            if axis == "v":
                winding[min(y, y + n) : max(y, y + n), x:] += np.sign(n)
            x, y = (x + n, y) if axis == "h" else (x, y + n)
        winding[min(y, y_first) : max(y, y_first), x:] += np.sign(y_first - y)
        assert x == x_first or y == y_first
    return winding != 0


def assert_filled_again(labels):
    found = outlines(labels)
    assert list(found) == sorted(set(labels[labels >= 0].tolist()))
    for label, path in found.items():
        np.testing.assert_array_equal(filled(path, labels.shape), labels == label)


@pytest.mark.parametrize("seed", range(20))
def test_any_regions(seed):
    rng = np.random.RandomState(seed)
    shape = rng.randint(1, 9, size=2)
    assert_filled_again(rng.randint(-1, 1 + rng.randint(1, 5), size=shape))


def test_a_region_with_a_hole_and_parts_that_touch_at_a_corner():
    labels = np.zeros((6, 6), dtype=int)
    labels[1:4, 1:4] = 1
    labels[2, 2] = 0
    labels[4, 4] = 1
    assert_filled_again(labels)


def test_a_rectangle_has_four_corners():
    assert outlines(np.full((2, 3), 7)) == {7: "M0,0h3v2h-3z"}


def test_no_region():
    assert outlines(np.full((2, 3), -1)) == {}
