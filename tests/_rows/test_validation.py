"""Rows at the door: compared with those in ``fit``, never cast silently."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
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


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_arrays_and_frames_become_what_the_model_was_fitted_on(library):
    frame = pytest.importorskip(library).DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    of_frame, of_array = BaseEstimator(), BaseEstimator()
    check_rows(of_frame, frame, reset=True)
    check_rows(of_array, frame.to_numpy(), reset=True)
    with pytest.warns(UserWarning, match="feature names"):
        X = check_rows(of_frame, np.array([[5.0, 6.0]]), reset=False)
    assert type(X) is type(frame)
    assert list(X.columns) == ["a", "b"]
    with pytest.warns(UserWarning, match="feature names"):
        X = check_rows(of_array, frame, reset=False)
    assert type(X) is np.ndarray


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_pickled_estimator_takes_the_same_container(library):
    frame = pytest.importorskip(library).DataFrame({"a": [1.0, 2.0], "b": [3, 4]})
    estimator = BaseEstimator()
    check_rows(estimator, frame, reset=True)
    again = pickle.loads(pickle.dumps(estimator))
    assert check_rows(again, frame, reset=False) is frame
    with pytest.raises(TypeError, match=f"on a {library} data frame .* sparse matrix"):
        check_rows(again, sp.csr_array(np.eye(2)), reset=False)


def test_texts_among_numbers_are_named():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"age": [40.0, 50.0], "bmi": [20.0, 30.0]})
    estimator = BaseEstimator()
    check_rows(estimator, frame, reset=True)
    frame["bmi"] = ["n/a", 30.0]
    message = r"bmi: \w+ \(was float64\), with texts such as 'n/a'.* missing values"
    with pytest.raises(TypeError, match=message):
        check_rows(estimator, frame, reset=False)
