"""Long lists in messages."""

import numpy as np

from skdime._utils.listed import listed


def test_all_of_a_few():
    assert listed(["a", "b"]) == "'a', 'b'"
    assert listed([]) == ""


def test_the_first_of_many():
    assert listed(list("abcdefg")) == "'a', 'b', 'c', 'd', 'e', ..."
    assert listed(np.arange(3, 9), n=2, write=str) == "3, 4, ..."


def test_as_many_as_are_written_out():
    assert listed(list("abcde")) == "'a', 'b', 'c', 'd', 'e'"
