"""Lists of bars: where bars lie on their tracks, and the markup of an item."""

from html import escape
from math import isfinite
from typing import NamedTuple

import numpy as np

from skdime._results.page.numbers import number_writer, ticks

# So many colours of modalities are in parts.css.
N_COLOURS = 6
TOTAL, INTERACTION = "sd-total", "sd-mi"


class Bar(NamedTuple):
    """A number and its bar; places are percentages of the width of the track.

    Attributes
    ----------
    number : str
    error : str
        The standard error, empty where there is none.
    end : float or None
        Where the bar ends; None draws nothing.
    reach : float or None
        Two standard errors, which whiskers reach to both sides of the end.
    start : float or None
        Where the bar starts.
    """

    number: str = ""
    error: str = ""
    end: float | None = None
    reach: float | None = None
    start: float | None = None


class Name(NamedTuple):
    """What an item is called, in full for who points at it, and its class of colour."""

    text: str = ""
    title: str = ""
    kind: str = ""


class BarList(NamedTuple):
    """Bars on tracks of one scale.

    Attributes
    ----------
    bars : list
        A :class:`Bar` for each item, or one for UC and one for MI.
    origin : float or None
        Where zero is; None where the tracks do not reach it.
    ticks : list of (str, float)
        Texts and places of round numbers along the tracks.
    rests : list
        For each modality bars of what its features leave of UC and of MI.
    """

    bars: list
    origin: float | None
    ticks: list
    rests: list = []


_NO_NAME, _NO_BAR = Name(), Bar()


class Scale:
    """Places and texts of the bars of one list.

    Parameters
    ----------
    points : array-like of float
        The tracks lie between the smallest and the largest of these.
    sizes, totals : array-like of float
        Numbers that are written; see ``number_writer``.
    from_zero : bool, default=False
        Whether tracks start at zero exactly.
    """

    def __init__(self, points, sizes, totals=(), *, from_zero=False):
        self._write = number_writer(sizes, totals)
        points = np.asarray(points, dtype=float)
        points = points[np.isfinite(points)]
        low, high = (points.min(), points.max()) if len(points) else (0.0, 0.0)
        # whiskers and marks at the ends stay whole
        pad = 0.03 * (high - low) or 1.0
        self._low, self._high = float(low - pad), float(high + pad)
        if from_zero:
            self._low = 0.0

    def bar(self, value, error=None, *, end=None, start=0.0, signed=False):
        """The bar of a value, from `start` to `end`, by default the value itself."""
        end = self._place(value if end is None else end)
        has_whisker = end is not None and error and isfinite(error)
        whisker = 200 * error / (self._high - self._low) if has_whisker else 0
        return Bar(
            self._write(value, signed),
            "" if error is None else self._write(error),
            end,
            round(whisker, 2) or None,
            self._place(start),
        )

    def list_of(self, bars, rests=()):
        """The list of these bars."""
        origin = self._place(0.0) if self._low < 0 < self._high else None
        return BarList(bars, origin, ticks(self._low, self._high), list(rests))

    def _place(self, value):
        share = (value - self._low) / (self._high - self._low)
        return round(100 * share, 2) if isfinite(share) else None


def colour(m):
    """The class of the colour of a modality."""
    return f"sd-m{m % N_COLOURS}"


def strip(pieces, mark):
    """A single line with all steps: those up end at the mark, those down start there.

    Parameters
    ----------
    pieces : list of (str, float, float, str)
        Class of colour, start and end in percent, and what it says, of each step.
    mark : float or None
        Where the row's output is, in percent.
    """
    drawn = [
        f"<i class='sd-piece {kind}{' sd-back' * (end < start)}' "
        f"title='{escape(text)}'{_between(start, end)}></i>"
        for kind, start, end, text in pieces
    ]
    drawn.append(f"<i class='sd-mark'{_between(mark, mark)}></i>")
    return f"<p class='sd-strip' aria-hidden='true'>{''.join(drawn)}</p>"


def step_item(name=_NO_NAME, bar=_NO_BAR, origin=None):
    """One line with one bar; without arguments the shape that the script fills."""
    return (
        f"<li class='sd-step {name.kind}'>{_named(name)}{_track(bar, origin)}"
        f"{_number(bar)}</li>"
    )


def feature_item(name=_NO_NAME, value="", bars=(_NO_BAR, _NO_BAR), origin=None):
    """One line with a bar for UC and one for MI; see :func:`step_item`."""
    parts = (
        f"<span class='sd-part'><span class='sd-tag'>{tag}</span>"
        f"{_track(bar, origin)}{_number(bar)}</span>"
        for tag, bar in zip(("UC", "MI"), bars, strict=True)
    )
    return (
        f"<li class='sd-feature {name.kind}'>{_named(name, value)}{''.join(parts)}</li>"
    )


def _named(name, value=None):
    after = "" if value is None else _slot(value, "sd-value")
    return (
        f"<span class='sd-name' title='{escape(name.title)}'>"
        f"<i class='sd-swatch'></i>{_slot(name.text, tag='bdi')}{after}</span>"
    )


def _number(bar):
    error = f"± {bar.error}" if bar.error else ""
    return (
        f"<span class='sd-number'>{_slot(bar.number)} {_slot(error, 'sd-error')}</span>"
    )


def _slot(text, kind="sd-word", tag="span"):
    """A text of an item; the script finds its place by the attribute."""
    return f"<{tag} class='{kind}' data-text>{escape(text)}</{tag}>"


def _track(bar, origin):
    end, reach = bar.end, bar.reach
    whisker = (None, None) if reach is None else (end - reach, end + reach)
    pieces = ("sd-bar", bar.start, end), ("sd-origin", origin, origin)
    drawn = (
        f"<i class='{name}'{_between(*places)}></i>"
        for name, *places in (*pieces, ("sd-whisker", *whisker))
    )
    return f"<span class='sd-track' aria-hidden='true'>{''.join(drawn)}</span>"


def _between(start, end):
    if start is None or end is None:
        return " hidden"
    return f" style='left:{min(start, end):.2f}%;width:{abs(end - start):.2f}%'"
