"""The ten lines of the README, and the output shown below them."""

import os
import re
import subprocess
import sys
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


@pytest.mark.slow
def test_the_first_command_leaves_a_report_and_pictures(tmp_path):
    pytest.importorskip("pandas")
    pytest.importorskip("matplotlib")
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")
    env = {name: value for name, value in os.environ.items() if name not in screens}
    script = README.parent / "examples" / "plot_quickstart.py"
    shown = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:__main__", script],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not shown.stderr
    folder = tmp_path / "skdime_quickstart"
    assert str(folder) in shown.stdout
    written = {path.name for path in folder.iterdir()}
    assert written == {"report.html", "patient.png", "all_patients.png"}
    assert all(name in shown.stdout for name in written)
    assert (folder / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert "\nNext, " in shown.stdout and "skdime.explain(" in shown.stdout


@pytest.mark.slow
def test_the_second_command_says_beforehand_how_long_it_takes():
    text = README.read_text(encoding="utf-8")
    command = re.search(r"&& \.venv/bin/pytest (.*)\n", text)[1]
    nothing = ["--collect-only", "--ignore-glob=*/test_*.py"]
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", *nothing, *command.split()],
        cwd=README.parent,
        capture_output=True,
        text=True,
    )
    assert "skdime: as users call it, two to four minutes" in shown.stdout
    assert "which takes two to four minutes" in text


def numbers(text):
    return [float(n.replace(",", "")) for n in re.findall(r"-?\d[\d,]*\.?\d*", text)]


@pytest.mark.slow
def test_the_picture_shows_what_the_first_example_finds(tmp_path):
    pytest.importorskip("pandas")
    pytest.importorskip("matplotlib")
    image = pytest.importorskip("PIL.Image")
    doc = README.parent / "doc"
    script, drawn = doc / "figures" / "waterfall.py", tmp_path / "waterfall.png"
    subprocess.run([sys.executable, script, drawn], check=True, capture_output=True)
    now, then = (
        image.open(path).info["Description"]
        for path in (drawn, doc / "_static" / "waterfall.png")
    )
    assert re.sub(r"-?\d+\.\d+", "", now) == re.sub(r"-?\d+\.\d+", "", then)
    assert numbers(now) == pytest.approx(numbers(then), rel=0.05, abs=0.1)
