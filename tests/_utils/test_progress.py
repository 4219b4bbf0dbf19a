"""Rows counted towards a total, as a bar of tqdm or as lines without it."""

import pytest

from skdime._utils.progress import Progress


def lines(capsys):
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


@pytest.mark.usefixtures("no_tqdm")
def test_a_line_at_every_tenth(capsys):
    progress = Progress(1000, "explain", verbose=1)
    for _ in range(40):
        progress.update(25)
    progress.close()
    assert lines(capsys) == [
        f"explain: {rows:,} of at most 1,000 model rows"
        for rows in range(100, 1001, 100)
    ]


@pytest.mark.usefixtures("no_tqdm")
def test_several_tenths_at_once_are_one_line(capsys):
    progress = Progress(1000, "fit", verbose=1)
    progress.update(99)
    assert lines(capsys) == []
    progress.update(451)
    assert lines(capsys) == ["fit: 550 of at most 1,000 model rows"]


@pytest.mark.usefixtures("no_tqdm")
def test_fewer_rows_than_expected_are_told_at_the_end(capsys):
    progress = Progress(1000, "fit", verbose=1)
    progress.update(120)
    progress.update(30)
    lines(capsys)
    progress.close()
    assert lines(capsys) == ["fit: 150 of at most 1,000 model rows"]


@pytest.mark.usefixtures("no_tqdm")
@pytest.mark.parametrize("total, verbose", [(1000, 0), (0, 1), (0, 0)])
def test_nothing_is_shown(total, verbose, capsys):
    progress = Progress(total, "fit", verbose)
    progress.update(total)
    progress.close()
    assert progress.n_done == total
    assert lines(capsys) == []


def test_a_bar_where_tqdm_is(capsys):
    pytest.importorskip("tqdm")
    progress = Progress(4000, "explain", verbose=1)
    progress.update(1000)
    progress.update(500)
    progress.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    last = err.replace("\r", "\n").splitlines()[-1]
    assert last.startswith("explain: 100%")
    assert "1.50k/1.50k" in last  # fewer rows than expected were enough
    assert progress.n_done == 1500
