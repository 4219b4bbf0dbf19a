"""What approximations may leave, for UC and MI each."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdime._references.tolerance import Tolerance


def test_a_number_is_relative_to_the_part():
    sizes = np.array([[4.0], [1.0]])
    allowed = Tolerance.of(0.1).allowed(sizes, np.array([100.0]))
    assert_allclose(allowed, 0.01 * sizes)


def test_a_part_below_a_tenth_of_all_need_not_be_resolved():
    sizes = np.array([[1.0], [1e-9]])
    allowed = Tolerance.of(0.1).allowed(sizes, np.zeros(1))
    assert_allclose(allowed, [[0.01], [0.01 * 0.01]])


@pytest.mark.parametrize("of_references, expected", [(0.0, 0.0025), (1.0, 0.25)])
def test_auto_is_half_the_error_over_references_if_that_is_more(
    of_references, expected
):
    allowed = Tolerance.of("auto").allowed(np.ones((2, 1)), np.array([of_references]))
    assert_allclose(allowed, np.full((2, 1), expected))


def test_a_single_reference_has_no_error_to_compare_with():
    allowed = Tolerance.of("auto").allowed(np.ones((2, 1)), np.array([np.nan]))
    assert_allclose(allowed, 0.0025)
