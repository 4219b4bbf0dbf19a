"""Places of dots that would touch, and of words among numbers."""

import numpy as np

from skdime import displays


def test_words_among_numbers_have_a_place_of_their_own(pyplot):
    values = ["0", "1", "2", "3+", "3+", "unknown"]
    shown = displays.DependenceDisplay(
        values=values,
        coef=np.arange(6.0),
        se=np.full(6, 0.1),
        color_values=np.arange(6.0),
        row_names=range(6),
        feature_name="stage",
        color_name="MI",
        coef_name="UC",
    ).plot()
    places = [dots.get_offsets() for dots in shown.ax_.collections][-1]
    assert len(places) == len(shown.frame()) == 6
    x = np.asarray(places)[:, 0]
    assert x[:3].tolist() == [0, 1, 2]
    assert (x[3:] > 2).all()
    labels = [label.get_text() for label in shown.ax_.get_xticklabels()]
    assert labels[-2:] == ["3+", "unknown"]


def test_dots_stay_beside_their_own_line():
    from skdime.displays._places import BAND, spread

    assert np.ptp(spread(np.array([1.0, 1.0]), 0.1, 0.1)) < 0.2
    assert (spread(np.array([0.0, 5.0, 9.0]), 0.1, 0.1) == 0).all()
    crowd = spread(np.ones(1000), 0.1, 0.1)
    assert np.abs(crowd).max() <= BAND + 1e-9
    assert spread(np.array([]), 0.1, 0.1).shape == (0,)
