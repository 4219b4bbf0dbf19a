"""Two rows of two channels, and perturbers of them."""

import numpy as np

from skdime.perturbers import SeriesPerturber

# Two rows, two channels, four time points.
X = np.array(
    [
        [[1.0, 2.0, 3.0, 4.0], [10.0, 10.0, 20.0, 20.0]],
        [[3.0, 4.0, 7.0, 8.0], [30.0, 30.0, 0.0, 0.0]],
    ]
)
# Means by channel and time point.
MEAN = np.array([[2.0, 3.0, 5.0, 6.0], [20.0, 20.0, 10.0, 10.0]])
# Keeps everything; the first half of the second channel; nothing.
MASKS = np.array([[1, 1, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0]], dtype=bool)
ONE_KEPT = np.array([[2.0, 3.0, 5.0, 6.0], [10.0, 10.0, 10.0, 10.0]])


def halves(**options):
    return SeriesPerturber(n_segments=2, **options)


def flat(length, n=1):
    return np.zeros((n, 1, length))


# Rows of different length
UNEQUAL = [np.array([[0.0, 1, 2, 3, 4]]), np.array([[0.0, 10, 20]])]
