"""Letters that have no place in what is shown."""

import pytest

from skdime._utils.controls import plain
from skdime._utils.listed import shortened


@pytest.mark.parametrize("letter", ["\0", "\x1b", "\x7f", "\u202e", "\u2066", "\ud800"])
@pytest.mark.parametrize("shown", [plain, shortened])
def test_what_is_replaced(letter, shown):
    assert shown(f"a{letter}b") == "a\ufffdb"


def test_what_stays():
    text = "Größe\tin\n\N{SNOWMAN}, \N{HEBREW LETTER ALEF}"
    assert plain(text) == text
    assert plain(3) == "3"
