"""Rows at the door: compared with those in ``fit``, never cast silently."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skdime._rows.validation import check_rows


class TestRowsUnlikeThoseInFit:
    @pytest.mark.parametrize("shape", [(4, 3, 8), (4, 3, 7, 1), (4, 3)])
    def test_series_of_another_length(self, shape):
        estimator = BaseEstimator()
        check_rows(estimator, np.zeros((5, 3, 7)), reset=True)
        with pytest.raises(ValueError, match=r"shape \(3, 7\).*now given.*shape \(3"):
            check_rows(estimator, np.zeros(shape), reset=False)

    def test_other_number_of_channels(self):
        estimator = BaseEstimator()
        check_rows(estimator, np.zeros((5, 3, 7)), reset=True)
        with pytest.raises(ValueError, match=r"2 features.*expecting 3"):
            check_rows(estimator, np.zeros((5, 2, 7)), reset=False)
