"""Long lists in messages."""

import numpy as np

from skdime._utils.listed import count, listed


def test_all_of_a_few():
    assert listed(["a", "b"]) == "'a', 'b'"
    assert listed([]) == ""


def test_the_first_of_many():
    assert listed(list("abcdefg")) == "'a', 'b', 'c', 'd', 'e', ..."
    assert listed(np.arange(3, 9), n=2, write=str) == "3, 4, ..."


def test_as_many_as_are_written_out():
    assert listed(list("abcde")) == "'a', 'b', 'c', 'd', 'e'"


def test_things_are_counted_in_the_singular_and_the_plural():
    assert count(1, "row") == "1 row"
    assert count(0, "row") == "0 rows"
    assert count(1234, "row") == "1,234 rows"
    assert count(2, "modality") == "2 modalities"
    assert count(3, "array") == "3 arrays"
