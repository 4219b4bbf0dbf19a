"""Stretches of time: where series are cut, by a segmenter and for unequal lengths."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans

from skdime import MultimodalArray
from skdime.perturbers import SeriesPerturber
from tests.perturbers._series import UNEQUAL, X, flat, halves


@pytest.mark.parametrize(
    ("n_timepoints", "n_segments", "starts"),
    [(10, 5, [0, 2, 4, 6, 8]), (7, 3, [0, 2, 4]), (5, 5, [0, 1, 2, 3, 4])],
)
def test_uniform_segments(n_timepoints, n_segments, starts):
    series = flat(n_timepoints)
    perturber = SeriesPerturber(n_segments).fit(series)
    (labels,) = perturber.labels(series[0])
    assert np.flatnonzero(np.diff(labels, prepend=-1)).tolist() == starts
    assert labels[-1] == n_segments - 1


# Change points that are given or learned
@pytest.mark.parametrize(
    "points", [[3, 4], [0, 3, 4], [3, 4, 6], (0, 3, 4, 6), np.array([3, 4])]
)
def test_change_points_are_where_segments_begin(points):
    perturber = SeriesPerturber(segments=points).fit(flat(6))
    assert perturber.feature_names_.tolist() == ["[0:3]", "[3:4]", "[4:6]"]


def test_a_segment_may_be_a_whole_channel():
    perturber = SeriesPerturber(n_segments=1).fit(X)
    assert perturber.feature_names_.tolist() == ["x0[0:4]", "x1[0:4]"]
    assert SeriesPerturber(segments=[]).fit(X).labels(X[0])[:, 0].tolist() == [0, 1]


class Jumps(BaseEstimator):
    """A detector: changes of the first channel that are larger than a threshold."""

    def __init__(self, threshold=1.0, labels=False):
        self.threshold = threshold
        self.labels = labels

    def fit(self, signal):
        self.n_fitted_ = len(signal)
        return self

    def predict(self, signal):
        jumps = np.abs(np.diff(signal[:, 0], prepend=signal[0, 0])) > self.threshold
        return np.cumsum(jumps) % 2 if self.labels else np.flatnonzero(jumps)


# The mean jumps at 2 and at 5; single rows jump elsewhere too.
LEVELS = np.array([0.0, 0, 4, 4, 4, 0, 0])


JUMPING = np.stack([LEVELS + 5 * (np.arange(7) == 3), LEVELS - 5 * (np.arange(7) == 3)])


@pytest.mark.parametrize(
    "segmenter",
    [
        Jumps(),
        Jumps(labels=True),
        lambda signal: Jumps().predict(signal),
        lambda signal: [2, 5, len(signal)],
        lambda signal: list("aabbbaa"),
        KMeans(2, n_init=1),
    ],
    ids=["points", "labels", "callable", "to the end", "texts", "clusterer"],
)
def test_segments_are_learned_from_the_mean(segmenter):
    perturber = SeriesPerturber(segments=segmenter)
    perturber.fit(JUMPING, random_state=0)
    assert perturber.feature_names_.tolist() == ["[0:2]", "[2:5]", "[5:7]"]


def test_the_segmenter_itself_stays_as_it_was():
    jumps = Jumps()
    perturber = clone(SeriesPerturber(segments=jumps)).fit(JUMPING)
    assert not hasattr(jumps, "n_fitted_")
    assert not hasattr(perturber.segments, "n_fitted_")


class Drawing(BaseEstimator):
    """A segmenter that cuts at random, and offers no more than fit_predict."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, signal):
        raise AssertionError("fit_predict is all that may be called")

    def fit_predict(self, signal):
        return [np.random.RandomState(self.random_state).randint(1, len(signal))]


def test_a_segmenter_that_draws_is_seeded():
    rows = flat(1000)
    first, again, other = (
        SeriesPerturber(segments=Drawing()).fit(rows, random_state=seed)
        for seed in (0, 0, 1)
    )
    assert first.feature_names_.tolist() == again.feature_names_.tolist()
    assert first.feature_names_.tolist() != other.feature_names_.tolist()
    own = SeriesPerturber(segments=Drawing(random_state=3))
    cut = np.random.RandomState(3).randint(1, 1000)
    assert own.fit(rows).features(rows[0])[0] == f"[0:{cut}]"


def test_detectors_of_ruptures_are_asked_for_the_number_of_segments():
    ruptures = pytest.importorskip("ruptures")
    detector = ruptures.Dynp(model="l2", min_size=1, jump=1)
    for n_segments, expected in [(3, ["[0:2]", "[2:5]", "[5:7]"]), (2, None)]:
        perturber = SeriesPerturber(n_segments, segments=detector).fit(JUMPING)
        assert len(perturber.feature_names_) == n_segments
        assert expected is None or perturber.feature_names_.tolist() == expected


@pytest.mark.parametrize(
    ("name", "options", "n_channels"),
    [
        ("BinSegmenter", {"n_cps": 1, "jump": 1}, 1),
        ("GreedyGaussianSegmenter", {"k_max": 1}, 2),
    ],
)
def test_segmenters_of_aeon_are_told_which_axis_is_time(name, options, n_channels):
    segmentation = pytest.importorskip("aeon.segmentation")
    noise = np.random.RandomState(0).normal(scale=0.1, size=(2, n_channels, 60))
    rows = noise + np.repeat([0.0, 5.0], [24, 36])
    segmenter = getattr(segmentation, name)(**options)
    perturber = SeriesPerturber(segments=segmenter).fit(rows, random_state=0)
    assert perturber.labels(rows[0])[0].tolist() == [0] * 24 + [1] * 36


def test_unequal_lengths_are_cut_at_relative_positions():
    perturber = halves().fit(MultimodalArray(s=UNEQUAL))
    assert perturber.feature_names_.tolist() == ["1/2", "2/2"]
    assert perturber.labels(UNEQUAL[0]).tolist() == [[0, 0, 1, 1, 1]]
    assert perturber.labels(UNEQUAL[1]).tolist() == [[0, 1, 1]]
    assert perturber.features(UNEQUAL[1]) == ["1/2", "2/2"]
    two = [np.vstack([row, row]) for row in UNEQUAL]
    named = halves().fit(MultimodalArray(s=two)).feature_names_
    assert named.tolist() == ["ch0 1/2", "ch0 2/2", "ch1 1/2", "ch1 2/2"]


def test_means_of_unequal_lengths_are_at_relative_positions():
    perturber = halves().fit(MultimodalArray(s=UNEQUAL))
    # the second row at the length of the first: 0, 5, 10, 15, 20
    np.testing.assert_allclose(perturber.replacement_, [[0, 3, 6, 9, 12]])
    nothing = np.array([[False, False]])
    np.testing.assert_allclose(perturber.perturb(UNEQUAL[1], nothing), [[[0, 6, 12]]])
    # any other length, seven points here, is read at relative positions too
    longer = np.zeros((1, 7))
    np.testing.assert_allclose(
        perturber.perturb(longer, nothing), [[[0, 2, 4, 6, 8, 10, 12]]]
    )


def test_rows_of_unequal_length_are_perturbed_in_their_container():
    data = MultimodalArray(s=UNEQUAL)
    perturber = halves().fit(data)
    found = perturber.perturb_row(data[[1]], np.array([[True, True], [True, False]]))
    np.testing.assert_allclose(found["s"], [[[0, 10, 20]], [[0, 6, 12]]])


def test_learned_segments_are_relative_for_unequal_lengths():
    data = MultimodalArray(s=[np.arange(8.0), np.arange(4.0)])
    perturber = SeriesPerturber(segments=lambda signal: [6]).fit(data)
    assert perturber.labels(np.zeros(8)).tolist() == [[0] * 6 + [1] * 2]
    assert perturber.labels(np.zeros(4)).tolist() == [[0] * 3 + [1]]


class Penalised(BaseEstimator):
    """As detectors of ruptures that take no number of change points."""

    def fit(self, signal):
        return self

    def predict(self, pen):
        return [len(str(pen))]


def test_a_detector_with_a_penalty_goes_into_a_callable():
    message = r"Penalised .*segments=lambda signal: Penalised\(...\).fit_predict"
    with pytest.raises(TypeError, match=message):
        SeriesPerturber(segments=Penalised()).fit(JUMPING)
    ruptures = pytest.importorskip("ruptures")
    with pytest.raises(TypeError, match="The detector Pelt cannot be asked"):
        SeriesPerturber(segments=ruptures.Pelt()).fit(JUMPING)
    detector = ruptures.Pelt(model="l2", min_size=1, jump=1)
    wrapped = SeriesPerturber(segments=lambda s: detector.fit_predict(s, pen=1.0))
    found = wrapped.fit(JUMPING).feature_names_.tolist()
    assert found == ["[0:2]", "[2:5]", "[5:7]"]


def test_time_first_arrays_are_told_where_time_is():
    with pytest.raises(ValueError, match=r"X\.transpose\(0, 2, 1\)"):
        SeriesPerturber().fit(np.zeros((5, 40, 3)))
