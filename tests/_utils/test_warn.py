"""Warnings that point at the user's line, however deep below it they arise."""

import warnings

import pytest
from joblib import Parallel, delayed

from skdime._utils.warn import told_first, told_once, warn


def test_the_line_is_that_of_the_caller():
    with pytest.warns(UserWarning, match="mind this") as caught:
        warn("mind this")
    assert caught[0].filename == __file__


def test_libraries_between_are_passed_over():
    with pytest.warns(UserWarning) as caught:
        Parallel(n_jobs=1)(delayed(warn)(text) for text in ["one", "two"])
    assert {warning.filename for warning in caught} == {__file__}


def test_warnings_of_runs_that_are_alike_are_one():
    with pytest.warns(UserWarning) as caught, told_once():
        for n in (3, 4):
            warn(f"{n} rows (0, {n}) are odd")
        warn("something else")
    told = [str(warning.message) for warning in caught]
    assert told == [
        "3 rows (0, 3) are odd (2 such warnings, of which this is the first.)",
        "something else",
    ]
    assert {warning.filename for warning in caught} == {__file__}


def test_filters_of_the_user_hold():
    with warnings.catch_warnings(), pytest.raises(UserWarning, match="first"):
        warnings.simplefilter("error")
        with told_once():
            warn("first")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        with told_once():
            warn("ignored")
    assert not caught


def test_later_runs_do_not_repeat_what_was_told():
    told = set()
    with pytest.warns(UserWarning) as caught:
        for n in range(3):
            with told_first(told):
                warn(f"{n} rows (0, {n}, ...) are odd")
        with pytest.raises(ValueError), told_first(told):
            warn("before the error")
            raise ValueError
    assert [str(warning.message) for warning in caught] == [
        "0 rows (0, 0, ...) are odd (Later ones like this are left out.)",
        "before the error (Later ones like this are left out.)",
    ]
    assert {warning.filename for warning in caught} == {__file__}
