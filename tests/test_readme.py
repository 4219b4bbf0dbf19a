"""The ten lines of the README, and the output shown below them."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


def blocks(language):
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_output_is_what_the_lines_print(capsys):
    pytest.importorskip("pandas")
    (code,), (shown,) = blocks("python"), blocks("text")
    exec(compile(code, str(README), "exec"), {})
    assert numbers(capsys.readouterr().out) == pytest.approx(numbers(shown), rel=0.05)


def numbers(text):
    return [float(n.replace(",", "")) for n in re.findall(r"-?\d[\d,]*\.?\d*", text)]
