"""One progress bar over model rows."""

import sys

import pytest

from skdime._utils.progress import Progress


@pytest.fixture
def without_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)


def lines_of(capsys):
    return capsys.readouterr().err.splitlines()


def test_a_line_at_every_tenth(without_tqdm, capsys):
    progress = Progress(1000, "explain", verbose=1)
    for _ in range(50):
        progress.update(20)
    progress.close()
    lines = lines_of(capsys)
    assert len(lines) == 10
    assert lines[0] == "explain: 100 of at most 1,000 model rows"
    assert lines[-1].startswith("explain: 1,000 of")


def test_fewer_rows_than_expected(without_tqdm, capsys):
    progress = Progress(1000, "fit", verbose=1)
    progress.update(5)
    progress.close()
    assert lines_of(capsys) == ["fit: 5 of at most 1,000 model rows"]


@pytest.mark.parametrize(("total", "verbose"), [(10, 0), (0, 1)])
def test_nothing_is_shown(without_tqdm, capsys, total, verbose):
    progress = Progress(total, "fit", verbose)
    progress.update(total)
    progress.close()
    assert progress.done == total
    assert not lines_of(capsys)


def test_a_bar_ends_with_the_rows_that_were_needed(capsys):
    pytest.importorskip("tqdm")
    progress = Progress(1000, "explain", verbose=1)
    progress.update(300)
    progress.close()
    assert "300/300" in capsys.readouterr().err
