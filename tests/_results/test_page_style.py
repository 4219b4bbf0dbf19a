"""Colours stand in one place of the page, and are those of the displays."""

import re
from importlib.resources import files

import pytest

from skdime._results.page.bars import N_COLOURS, colour
from skdime._results.page.sections import TITLES
from skdime._results.page.template import template
from skdime.displays import _style

STYLE = template("parts.css")
VARIABLES = dict(re.findall(r"(--[\w-]+): ([^;]+);", STYLE.partition("}")[0]))


def test_colours_are_those_of_the_displays():
    assert len(_style.PALETTE) == N_COLOURS
    for m, expected in enumerate(_style.PALETTE):
        assert VARIABLES[f"--m{m}"] == expected
        assert f".{colour(m)} {{ --colour: var(--m{m}); }}" in STYLE
    assert VARIABLES["--mi"] == _style.INTERACTION
    assert (VARIABLES["--low"], VARIABLES["--high"]) == (_style.LOW, _style.HIGH)


def test_titles_are_those_of_the_displays():
    assert tuple(_style.PART_TITLES.values()) == TITLES


def test_letters_are_as_legible_as_in_displays():
    expected = f"{_style.STRONGEST_TINT:.0%}"
    assert VARIABLES["--strongest-of-letters"] == expected


@pytest.mark.parametrize("name", ["parts.css", "page.css", "report.js", "report.html"])
def test_no_other_place_has_a_colour_of_its_own(name):
    text = template(name)
    if name == "parts.css":
        text = text.partition("}")[2]
    colours = set(_style.PALETTE) | {_style.INTERACTION}
    assert not [c for c in colours if c.lower() in text.lower()]


def test_no_module_of_the_page_has_a_colour():
    for path in files("skdime._results.page").iterdir():
        if path.name.endswith(".py"):
            assert not re.findall(r"#[0-9A-Fa-f]{6}\b|rgba?\(", path.read_text("utf-8"))
