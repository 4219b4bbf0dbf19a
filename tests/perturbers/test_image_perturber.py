"""Images with segments replaced, against arrays written by hand."""

import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skdime import MultimodalArray
from skdime.perturbers import ImagePerturber

GREY = np.array(
    [
        [0, 2, 10, 10],
        [4, 6, 10, 30],
        [1, 1, 7, 7],
        [1, 1, 7, 9],
    ],
    dtype=np.uint8,
)
QUARTERS = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]])
# means are 3, 15, 1 and 7.5, which is rounded to an even number
MEANS = np.array([3, 15, 1, 8], dtype=np.uint8)[QUARTERS]
# red is GREY, green its double, blue 0
COLOURS = np.stack([GREY, 2 * GREY, np.zeros_like(GREY)], axis=-1)
# where the image has its colours, and how it looks then
LAYOUTS = {-1: COLOURS, 0: np.ascontiguousarray(np.moveaxis(COLOURS, -1, 0))}
ALL, NONE = [True] * 4, [False] * 4


def quarters(**params):
    return ImagePerturber((2, 2), **params)


def colours_last(images, channel_axis):
    return np.moveaxis(images, 1, -1) if channel_axis == 0 else images


def fitted(images, **params):
    return ImagePerturber(**params).fit(MultimodalArray({"image": images}))


def test_grid():
    perturber = quarters()
    assert perturber.features(GREY) == ["r0c0", "r0c1", "r1c0", "r1c1"]
    np.testing.assert_array_equal(perturber.labels(GREY), QUARTERS)
    assert perturber.describe(GREY) == [
        "rows 0-1, columns 0-1",
        "rows 0-1, columns 2-3",
        "rows 2-3, columns 0-1",
        "rows 2-3, columns 2-3",
    ]
    assert perturber.kind == "image"


@pytest.mark.parametrize(
    "shape, n_segments, expected",
    [
        # floor(2 i / 5) = 0 0 0 1 1
        ((1, 5), (1, 2), [[0, 0, 0, 1, 1]]),
        ((3, 2), (3, 1), [[0, 0], [1, 1], [2, 2]]),
        # floor(2 i / 3) = 0 0 1
        ((3, 4), (2, 2), [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3]]),
    ],
)
def test_the_grid_is_relative_to_the_size(shape, n_segments, expected):
    labels = ImagePerturber(n_segments).labels(np.zeros(shape))
    np.testing.assert_array_equal(labels, expected)


def test_perturb_replaces_what_is_not_kept():
    masks = [ALL, NONE, [True, False, True, True], [False, True, True, False]]
    perturbed = quarters().perturb(GREY, masks)
    assert perturbed.dtype == np.uint8
    expected = [
        GREY,
        MEANS,
        [[0, 2, 15, 15], [4, 6, 15, 15], [1, 1, 7, 7], [1, 1, 7, 9]],
        [[3, 3, 10, 10], [3, 3, 10, 30], [1, 1, 8, 8], [1, 1, 8, 8]],
    ]
    np.testing.assert_array_equal(perturbed, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_are_not_rounded(dtype):
    perturbed = quarters().perturb(GREY.astype(dtype), [NONE])
    assert perturbed.dtype == dtype
    np.testing.assert_array_equal(perturbed[0, 2:, 2:], np.full((2, 2), 7.5))


def test_two_values():
    image = np.array([[True, True, False, True]])
    perturbed = ImagePerturber((1, 2)).perturb(image, [[False, False]])
    assert perturbed.dtype == bool
    np.testing.assert_array_equal(perturbed, [[[True, True, False, False]]])


@pytest.mark.parametrize("channel_axis", LAYOUTS)
def test_colours(channel_axis):
    image, perturber = LAYOUTS[channel_axis], quarters(channel_axis=channel_axis)
    perturbed = perturber.perturb(image, [ALL, NONE, [False, True, True, True]])
    assert perturbed.dtype == np.uint8
    assert perturbed.shape == (3, *image.shape)
    np.testing.assert_array_equal(perturbed[0], image)
    perturbed = colours_last(perturbed, channel_axis)
    np.testing.assert_array_equal(perturbed[1, ..., 0], MEANS)
    # twice 3, 15, 1 and 7.5
    green = np.array([6, 30, 2, 15])[QUARTERS]
    np.testing.assert_array_equal(perturbed[1, ..., 1], green)
    np.testing.assert_array_equal(perturbed[1, ..., 2], np.zeros((4, 4)))
    np.testing.assert_array_equal(perturbed[2, :2, :2], np.full((2, 2, 3), [3, 6, 0]))
    np.testing.assert_array_equal(perturbed[2, 2:], COLOURS[2:])
    np.testing.assert_array_equal(perturbed[2, :, 2:], COLOURS[:, 2:])
    np.testing.assert_array_equal(perturber.shown(image), COLOURS)
    np.testing.assert_array_equal(perturber.labels(image), QUARTERS)


def slic(image):
    """Stands for any segmenter: dark and light, numbered 3 and 7."""
    grey = image if image.ndim == 2 else image[..., 0]
    return np.where(grey < 5, 3, 7)


@pytest.mark.parametrize("channel_axis", [-1, 0])
@pytest.mark.parametrize("segmenter", ["grid", slic])
@pytest.mark.parametrize("replacement", ["mean", "blur", "reference", 4])
def test_layouts_are_equivalent(channel_axis, segmenter, replacement):
    """A grey image is a colour image of one colour, or of three equal ones."""
    images = GREY, GREY.T, GREY[::-1]
    params = {"segmenter": segmenter, "replacement": replacement}
    grey = fitted(np.array(images), n_segments=(2, 2), **params)
    masks = np.random.RandomState(0).rand(5, len(grey.features(GREY))) < 0.5
    expected = grey.perturb(GREY, masks)
    for n_colours in (1, 3):
        rows = np.stack([np.stack(images)] * n_colours, axis=channel_axis)
        if channel_axis == 0:
            rows = rows.swapaxes(0, 1)
        colour = clone(grey).set_params(channel_axis=channel_axis)
        colour.fit(MultimodalArray({"image": rows}))
        assert colour.features(rows[0]) == grey.features(GREY)
        np.testing.assert_array_equal(colour.inert(rows[0]), grey.inert(GREY))
        perturbed = colours_last(colour.perturb(rows[0], masks), channel_axis)
        for c in range(n_colours):
            np.testing.assert_array_equal(perturbed[..., c], expected)


def gaussian(extent, sigma):
    """Weights of a Gaussian over pixels that are mirrored at the edges, by formula."""
    weights = np.zeros((extent, extent))
    radius = int(4 * sigma + 0.5)
    for i in range(extent):
        for k in range(-radius, radius + 1):
            mirrored = (i + k) % (2 * extent)
            j = min(mirrored, 2 * extent - 1 - mirrored)
            weights[i, j] += np.exp(-(k**2) / (2 * sigma**2))
    return weights / weights.sum(axis=1, keepdims=True)


def test_blur():
    image = np.random.RandomState(0).rand(6, 4)
    perturber = ImagePerturber((2, 4), replacement="blur")
    kept = [True] * 7 + [False]
    # segments of 3 rows and 1 column
    blurred = gaussian(6, 3.0) @ image @ gaussian(4, 1.0).T
    (perturbed,) = perturber.perturb(image, [[False] * 8])
    np.testing.assert_allclose(perturbed, blurred, rtol=1e-12)
    (perturbed,) = perturber.perturb(image, [kept])
    expected = image.copy()
    expected[3:, 3] = blurred[3:, 3]
    np.testing.assert_allclose(perturbed, expected, rtol=1e-12)


@pytest.mark.parametrize("channel_axis", LAYOUTS)
def test_blur_does_not_mix_colours(channel_axis):
    perturber = quarters(channel_axis=channel_axis, replacement="blur")
    perturbed = perturber.perturb(LAYOUTS[channel_axis].astype(float), [NONE])
    perturbed = colours_last(perturbed, channel_axis)[0]
    (red,) = quarters(replacement="blur").perturb(GREY.astype(float), [NONE])
    np.testing.assert_allclose(perturbed, red[..., None] * [1, 2, 0], rtol=1e-12)


@pytest.mark.parametrize(
    "replacement, expected",
    [(0, [0, 0, 0]), (2.6, [3, 3, 3]), ((1, 2, 300), [1, 2, 255]), ([-4, 0, 7], None)],
)
def test_constant(replacement, expected):
    expected = [0, 0, 7] if expected is None else expected
    for channel_axis, image in LAYOUTS.items():
        perturber = quarters(channel_axis=channel_axis, replacement=replacement)
        perturbed = perturber.perturb(image, [NONE])
        assert perturbed.dtype == np.uint8
        perturbed = colours_last(perturbed, channel_axis)[0]
        np.testing.assert_array_equal(perturbed, np.full((4, 4, 3), expected))


def test_constant_of_grey_images():
    for replacement in (9, (9,), np.float32(9)):
        perturbed = quarters(replacement=replacement).perturb(GREY, [NONE])
        np.testing.assert_array_equal(perturbed, np.full((1, 4, 4), 9))


def test_constant_of_other_colours():
    for image, channel_axis in ((GREY, None), (COLOURS, -1)):
        perturber = quarters(replacement=(1, 2), channel_axis=channel_axis)
        n_colours = "1 colour" if image is GREY else "3 colours"
        with pytest.raises(ValueError, match=f"2 values, but an image has {n_colours}"):
            perturber.perturb(image, [NONE])


def test_what_the_dtype_cannot_hold():
    perturber = quarters(replacement=np.nan)
    with pytest.raises(ValueError, match="NaN or infinity cannot be held"):
        perturber.perturb(GREY, [NONE])
    assert np.isnan(perturber.perturb(GREY.astype(float), [NONE])).all()


@pytest.mark.parametrize("channel_axis", LAYOUTS)
def test_reference(channel_axis):
    image = LAYOUTS[channel_axis]
    rows = np.stack([np.zeros_like(image), image, image])
    perturber = fitted(
        rows, n_segments=(2, 2), channel_axis=channel_axis, replacement="reference"
    )
    np.testing.assert_allclose(perturber.replacement_, image * (2 / 3), rtol=1e-12)
    (perturbed,) = perturber.perturb(image, [[True, False, True, True]])
    perturbed = colours_last(perturbed[None], channel_axis)[0]
    # two thirds of 10 and 30
    np.testing.assert_array_equal(perturbed[:2, 2:, 0], [[7, 7], [7, 20]])
    np.testing.assert_array_equal(perturbed[2:], COLOURS[2:])


def test_reference_of_other_sizes():
    with pytest.raises(NotFittedError):
        quarters(replacement="reference").perturb(GREY, [NONE])
    with pytest.raises(ValueError, match=r"shapes \[\(2, 4\), \(4, 4\)\].*one size"):
        fitted([GREY, GREY[:2]], replacement="reference")
    perturber = fitted([GREY], n_segments=(2, 2), replacement="reference")
    with pytest.raises(ValueError, match=r"shape \(2, 4\).*has \(4, 4\)"):
        perturber.perturb(GREY[:2], [NONE])


def test_any_segmenter():
    perturber = ImagePerturber(segmenter=slic)
    expected = [[0, 0, 1, 1], [0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]]
    np.testing.assert_array_equal(perturber.labels(GREY), expected)
    assert perturber.features(GREY) == ["segment 3", "segment 7"]
    assert perturber.describe(GREY) == [
        "rows 0-3, columns 0-1",
        "rows 0-3, columns 1-3",
    ]
    # light ones: 6 10 10 10 30 7 7 7 9 are 96 together, divided by 9
    (perturbed,) = perturber.perturb(GREY, [[True, False]])
    np.testing.assert_array_equal(perturbed, np.where(expected, 11, GREY))


def test_segmenters_get_colours_last():
    seen = []
    perturber = ImagePerturber(
        channel_axis=0, segmenter=lambda image: seen.append(image) or QUARTERS
    )
    perturber.labels(LAYOUTS[0])
    np.testing.assert_array_equal(seen[0], COLOURS)


def test_pixels_of_no_segment_never_change():
    labels = np.where(GREY > 9, -5, np.where(GREY < 5, 0, 1))
    perturber = ImagePerturber(segmenter=lambda image: labels, replacement=200)
    assert perturber.features(GREY) == ["segment 0", "segment 1"]
    np.testing.assert_array_equal(
        perturber.labels(GREY),
        [[0, 0, -1, -1], [0, 1, -1, -1], [0, 0, 1, 1], [0, 0, 1, 1]],
    )
    (perturbed,) = perturber.perturb(GREY, [[True, False]])
    expected = GREY.copy()
    expected[1, 1] = 200
    expected[2:, 2:] = 200
    np.testing.assert_array_equal(perturbed, expected)
    mean = clone(perturber).set_params(replacement="mean")
    (perturbed,) = mean.perturb(GREY, [[True, False]])
    # 6, 7, 7, 7 and 9 have mean 7.2
    expected[expected == 200] = 7
    np.testing.assert_array_equal(perturbed, expected)
    assert perturber.inert(np.full_like(GREY, 200)).tolist() == [True, True]


@pytest.mark.parametrize(
    "found, message",
    [
        (np.zeros((4, 4), dtype=int), r"found 1 segment in"),
        (np.full((4, 4), -1), r"found 0 segments in"),
        (np.where(QUARTERS > 0, -1, 0), r"found 1 segment in"),
        (
            np.stack([QUARTERS] * 3, axis=-1),
            r"shape \(4, 4, 3\) for an image of 4",
        ),
        (QUARTERS[:2], r"shape \(2, 4\) .*must return an array of shape \(4, 4\)"),
        (QUARTERS / 2, "dtype float64"),
        (None, r"shape \(\)"),
    ],
)
def test_what_are_no_segments(found, message):
    perturber = ImagePerturber(segmenter=lambda image: found)
    with pytest.raises(ValueError, match=message):
        perturber.features(GREY)


def test_labels_that_are_true_or_false():
    perturber = ImagePerturber(segmenter=lambda image: image > 5)
    assert perturber.features(GREY) == ["segment 0", "segment 1"]


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
@pytest.mark.parametrize("segmenter", ["slic", "quickshift", "felzenszwalb"])
def test_segmenters_of_scikit_image(segmenter, dtype):
    pytest.importorskip("skimage")
    image = np.zeros((32, 32, 3), dtype=dtype)
    image[:, 16:] = 255 if dtype == np.uint8 else 1
    for given, channel_axis in ((image, -1), (image[..., 0], None), (image.T, 0)):
        perturber = ImagePerturber(segmenter=segmenter, channel_axis=channel_axis)
        labels = perturber.labels(given)
        halves = labels.T if channel_axis == 0 else labels
        dark, light = (set(half.ravel()) for half in (halves[:, :16], halves[:, 16:]))
        assert dark.isdisjoint(light)
        assert dark | light == set(range(len(perturber.features(given))))
        assert perturber.inert(given).all()  # segments have one colour


def test_slic_looks_for_as_many_segments_as_the_grid_has():
    pytest.importorskip("skimage")
    image = np.add.outer(np.arange(40), np.arange(40)) / 80
    for n_segments in ((2, 2), (4, 5)):
        labels = ImagePerturber(n_segments, segmenter="slic").labels(image)
        assert labels.max() + 1 == pytest.approx(np.prod(n_segments), rel=0.3)


@pytest.mark.parametrize("segmenter", ["slic", "quickshift", "felzenszwalb"])
def test_scikit_image_is_not_installed(segmenter, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(
        ImportError, match=rf"{segmenter}.*pip install 'skdime\[images\]'"
    ):
        ImagePerturber(segmenter=segmenter).features(GREY)


def test_inert():
    # the third quarter is 1 everywhere
    assert quarters().inert(GREY).tolist() == [False, False, True, False]
    assert quarters(replacement=7).inert(GREY).tolist() == [False] * 4
    tenth = np.full((6, 6), 0.1)  # a sum of many would be off by rounding
    assert quarters().inert(tenth).all()
    tenth[0, 0] = np.nan
    assert quarters(replacement=np.nan).inert(tenth).tolist() == [False] * 4
    tenth[:3, :3] = np.nan
    assert quarters(replacement=np.nan).inert(tenth).tolist() == [True] + [False] * 3


@pytest.mark.parametrize("channel_axis", LAYOUTS)
def test_inert_in_all_colours(channel_axis):
    image = np.ones_like(COLOURS)
    image[0, 0, 2] = 9
    image = np.moveaxis(image, -1, channel_axis)
    perturber = quarters(channel_axis=channel_axis)
    assert perturber.inert(image).tolist() == [False, True, True, True]
    assert perturber.inert(image.astype(float)).tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    "shape, channel_axis, message",
    [
        ((3, 4, 4), None, "channel_axis=-1 if colours come last, 0 if first"),
        ((4, 4), -1, "Pass channel_axis=None for grey"),
        ((4, 4), 0, "Pass channel_axis=None for grey"),
        ((16,), None, "one image per row"),
        ((2, 3, 4, 4), 0, "one image per row"),
        ((), None, "one image per row"),
    ],
)
def test_layouts_are_never_guessed(shape, channel_axis, message):
    with pytest.raises(ValueError, match=message) as error:
        ImagePerturber(channel_axis=channel_axis).features(np.zeros(shape))
    assert f"shape {shape}" in str(error.value)


def test_images_hold_numbers():
    with pytest.raises(ValueError, match="dtype <U1; ImagePerturber needs numbers"):
        ImagePerturber().features(np.full((4, 4), "a"))


def test_images_smaller_than_the_grid():
    for shape in ((3, 4), (4, 3)):
        with pytest.raises(ValueError, match="too few pixels"):
            ImagePerturber((4, 4)).features(np.zeros(shape))


@pytest.mark.parametrize(
    "params, message",
    [
        ({"n_segments": (1, 1)}, r"at least 2 segments.*Got \(1, 1\)"),
        ({"n_segments": (0, 4)}, r"Got \(0, 4\)"),
        ({"n_segments": (-2, -2)}, r"Got \(-2, -2\)"),
        ({"n_segments": 4}, "must be a pair of integers.*Got 4"),
        ({"n_segments": (2.0, 2.0)}, "must be a pair of integers"),
        ({"n_segments": (2, 2, 2)}, "must be a pair of integers"),
        ({"segmenter": "squares"}, "'slic'.*or a callable. Got 'squares'"),
        ({"segmenter": None}, "Got None"),
        ({"channel_axis": 1}, "'channel_axis'.*Got 1"),
        ({"replacement": "median"}, "'mean', 'blur', 'reference'.*Got 'median'"),
        ({"replacement": None}, "Got None"),
        ({"replacement": ("mean",)}, r"Got \('mean',\)"),
        ({"replacement": ()}, r"Got \(\)"),
        ({"replacement": [[1, 2], [3, 4]]}, "a number for each colour"),
    ],
)
def test_parameters_are_checked_in_fit(params, message):
    with pytest.raises(ValueError, match=message):
        fitted(GREY[None], **params)


def test_images_of_unequal_size():
    rows = MultimodalArray({"image": [GREY, GREY[:2, :3]]})
    perturber = quarters().fit(rows)
    assert perturber.feature_names_.tolist() == ["r0c0", "r0c1", "r1c0", "r1c1"]
    perturbed = perturber.perturb_row(rows[[1]], np.array([ALL, NONE]))
    assert len(perturbed) == 2
    # columns 0 and 1 are one segment, rows 0 and 1 are two
    np.testing.assert_array_equal(perturbed["image"][0], GREY[:2, :3])
    np.testing.assert_array_equal(perturbed["image"][1], [[1, 1, 10], [5, 5, 10]])
    assert perturbed["image"][1].dtype == np.uint8


def test_rows_keep_their_container():
    rows = MultimodalArray({"image": np.stack([LAYOUTS[0]] * 2)})
    perturber = quarters(channel_axis=0).fit(rows)
    perturbed = perturber.perturb_row(rows[[0]], np.array([ALL, NONE, ALL]))
    assert perturbed["image"].shape == (3, 3, 4, 4)
    assert perturbed["image"].dtype == np.uint8
    np.testing.assert_array_equal(perturbed["image"][1, 0], MEANS)


@pytest.mark.parametrize("value", [300, -5, (0, 256, 0)])
def test_replacements_that_images_cannot_have(value):
    images = np.zeros((2, 4, 4, 3), dtype=np.uint8)
    perturber = ImagePerturber((2, 2), channel_axis=-1, replacement=value)
    with pytest.raises(ValueError, match=r"0 to 255 for images of dtype uint8. Got"):
        perturber.fit(images)
    # of floats nothing is known
    assert perturber.fit(images.astype(float))


@pytest.mark.parametrize("value", [0, 255, 127.5, (0, 255, 9)])
def test_replacements_that_images_can_have(value):
    images = np.zeros((2, 4, 4, 3), dtype=np.uint8)
    ImagePerturber((2, 2), channel_axis=-1, replacement=value).fit(images)


def test_infinity_is_refused():
    images = np.zeros((3, 4, 4))
    perturber = ImagePerturber((2, 2)).fit(images)
    images[1, 2, 3] = -np.inf
    with pytest.raises(ValueError, match="An image holds infinity"):
        ImagePerturber((2, 2)).fit(images)
    with pytest.raises(ValueError, match="An image holds infinity"):
        perturber.perturb(images[1], np.ones((1, 4), dtype=bool))


class Picture:
    """As those of Pillow: made an array by numpy, and none itself."""

    def __array__(self, dtype=None, copy=None):
        return np.zeros((8, 8), dtype=np.uint8)


@pytest.mark.parametrize(
    ("image", "name"), [(Picture(), "Picture"), (np.zeros((8, 8)).tolist(), "list")]
)
def test_pictures_that_are_no_arrays_are_refused(image, name):
    with pytest.raises(TypeError, match=rf"type {name}.*np\.asarray\(image\) for"):
        ImagePerturber((2, 2)).fit(MultimodalArray(scan=[image] * 3))
