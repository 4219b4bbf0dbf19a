"""Numbers and choices that functions are given."""

import numpy as np
import pytest

from skdime._utils.checks import check_choice, check_count


@pytest.mark.parametrize("number", [1, 7, np.int64(3)])
def test_whole_numbers_are_counts(number):
    check_count("n_draws", number)


@pytest.mark.parametrize("number", [0, -1, 2.0, "3", None, True])
def test_other_values_are_no_counts(number):
    with pytest.raises(ValueError, match=f"`n_draws` must be .* 1. Got {number!r}"):
        check_count("n_draws", number)


def test_a_count_may_have_to_be_larger():
    check_count("n_runs", 2, least=2)
    with pytest.raises(ValueError, match=r"at least 2\. Got 1 instead"):
        check_count("n_runs", 1, least=2)


def test_choices():
    check_choice("of", "rows", ("rows", "mean_abs"))
    with pytest.raises(ValueError, match=r"`of` must be one of \['rows'\]. Got 'x'"):
        check_choice("of", "x", ("rows",))
