"""Warnings that point at the user's line, however deep below it they arise."""

import pytest
from joblib import Parallel, delayed

from skdime._utils.warn import warn


def test_the_line_is_that_of_the_caller():
    with pytest.warns(UserWarning, match="mind this") as caught:
        warn("mind this")
    assert caught[0].filename == __file__


def test_libraries_between_are_passed_over():
    with pytest.warns(UserWarning) as caught:
        Parallel(n_jobs=1)(delayed(warn)(text) for text in ["one", "two"])
    assert {warning.filename for warning in caught} == {__file__}
